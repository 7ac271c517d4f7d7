//! The console's pages on money, over a city that has paid and claims back: the board, a case in two persons' hands, its papers to print,
//! batches, the ledger, the flow of the fund, policy sheets, the audit log.

use hufu::proto::clawback::v1 as clawback;
use hufu::proto::policy::v1 as policy;
use hufu::proto::suspects::v1::SuspectDecision;
use hufu::sandbox::Running;
use jiff::civil::date;

use super::rights::Browser;
use super::{browse, links};
use crate::support::claims::workforce_of;
use crate::support::people::{firm, graduate};
use crate::support::{Caller, Database, Harness, fresh_request_id, money, wire};
use clawback::CaseStep;
use hufu::domain::caller::Role;

pub(super) const CITY: &str = "371500";
/// Who confirms, who drafts, who approves.
pub(super) const CONFIRMS: &str = "wang.li";
pub(super) const DRAFTS: &str = "li.na";
pub(super) const APPROVES: &str = "zhao.min";

/// One graduate claimed by two enterprises, the first of which was paid; confirmed, and a case drafted.
pub(super) async fn drafted(hufu: &Harness, bureaus: &Running, region: &str, name: &str) -> clawback::Case {
    let city = hufu.office(CITY);
    let first = firm(&format!("{name}科技公司")).in_region(region).known_to(hufu).banks_with(bureaus);
    let second = firm(&format!("{name}贸易公司")).in_region(region).known_to(hufu);
    let person = graduate(name).hired_by(&first).also_hired_by([&second]).known_to(hufu);
    let claim = person.claim().submit(&city).await;
    person.claim().by(&second).submit(&city).await;
    let paid = city.pay(&claim).await;
    let is_about = |it: &hufu::proto::suspects::v1::Suspect| {
        it.first.iter().chain(&it.second).any(|side| side.claim_id == paid.claim_id)
    };
    let suspect = city.suspects().await.into_iter().find(is_about).expect("a suspect");
    city.judge(&suspect.suspect_id, CONFIRMS, SuspectDecision::Confirm).await.unwrap();
    let draft = clawback::DraftCaseRequest {
        request_id: fresh_request_id(),
        suspect_id: suspect.suspect_id,
        claim_id: paid.claim_id,
        amount_fen: 0,
        person: DRAFTS.to_owned(),
        facts: "该毕业生已由另一企业申领并发放，两户企业就业参保信息重复。".to_owned(),
    };
    city.clawback().draft_case(draft).await.unwrap().into_inner().case.unwrap()
}

async fn step(city: &Caller, case: clawback::Case, person: &str, step: CaseStep, text: &str) -> clawback::Case {
    let request = clawback::AdvanceCaseRequest {
        request_id: fresh_request_id(),
        case_id: case.case_id,
        version: case.version,
        person: person.to_owned(),
        step: step.into(),
        text: text.to_owned(),
        set_off: false,
    };
    city.clawback().advance_case(request).await.unwrap().into_inner().case.unwrap()
}

/// A case taken to its demand.
pub(super) async fn demanded(city: &Caller, case: clawback::Case) -> clawback::Case {
    let case = step(city, case, APPROVES, CaseStep::Approve, "").await;
    let case = step(city, case, DRAFTS, CaseStep::RecordReply, "企业称系误报，同意退回").await;
    step(city, case, DRAFTS, CaseStep::Demand, "").await
}

async fn repaid(city: &Caller, case: clawback::Case, fen: i64, reference: &str) -> clawback::Case {
    let request = clawback::RecordRepaymentRequest {
        request_id: fresh_request_id(),
        case_id: case.case_id,
        amount_fen: fen,
        bank_reference: reference.to_owned(),
        person: DRAFTS.to_owned(),
    };
    city.clawback().record_repayment(request).await.unwrap().into_inner().case.unwrap()
}

/// Has a place been at risk in the spring, so that its enterprises are entitled to retention training.
pub(super) async fn declare_risk_area(office: &Caller, region: &str) {
    let declaration = policy::Declaration {
        region: region.to_owned(),
        kind: policy::DeclarationKind::RiskArea.into(),
        from: Some(wire::day(date(2022, 3, 14))),
        until: Some(wire::day(date(2022, 4, 8))),
        declared_at: None,
    };
    let request = policy::DeclareRiskAreaRequest { request_id: fresh_request_id(), declaration: Some(declaration) };
    office.policy().declare_risk_area(request).await.unwrap();
}

/// A city in the middle of it: two counties and two subsidies paid, cases at several stages. Gives the case that waits for approval.
async fn city_at_work(hufu: &Harness, bureaus: &Running) -> clawback::Case {
    let city = hufu.office(CITY);
    declare_risk_area(&city, "371503").await;
    let works = firm("茌平铝业公司").in_region("371503").with_headcount(37).known_to(hufu).banks_with(bureaus);
    let claim = workforce_of(&works).submit(&city).await;
    city.pay(&claim).await;

    let settled = drafted(hufu, bureaus, "371503", "刘洋").await;
    let settled = demanded(&city, settled).await;
    repaid(&city, settled, 150_000, "R-2022-0001").await;
    let repaying = drafted(hufu, bureaus, "371502", "陈静").await;
    let repaying = demanded(&city, repaying).await;
    repaid(&city, repaying, 50_000, "R-2022-0002").await;
    let noticed = drafted(hufu, bureaus, "371502", "周磊").await;
    step(&city, noticed, APPROVES, CaseStep::Approve, "").await;
    drafted(hufu, bureaus, "371502", "王小明").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_approved_in_the_browser_by_another_person_alone() {
    money::tell(Database::Sqlite, async |hufu, bureaus| {
        let case = city_at_work(hufu, bureaus).await;
        let links = links(hufu, CITY, &[DRAFTS, APPROVES]).await;
        browse(hufu, "money.mjs", &[links, ("HUFU_CASE", case.case_id)]).await;
    })
    .await;
}

/// The same without a browser: whoever drafted is refused by the node, whatever is sent; a form sent twice is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_approval_is_refused_and_a_form_sent_twice_is_done_once() {
    money::tell(Database::Sqlite, async |hufu, bureaus| {
        let case = drafted(hufu, bureaus, "371502", "王小明").await;
        let path = format!("/console/clawback/{}", case.case_id);
        let form = format!("request_id={}&version={}&step=approve&text=", fresh_request_id(), case.version);
        let steps = format!("{path}/steps");
        let own = Browser::enter(hufu, CITY, DRAFTS, &Role::ALL).await;
        let refused = own.post(&steps, &form).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert!(refused.text.contains("同一人不能既经办又审批"), "{}", refused.text);
        // Whoever confirmed the suspect is no other pair of eyes either.
        let confirmed = Browser::enter(hufu, CITY, CONFIRMS, &Role::ALL).await;
        assert_eq!(confirmed.post(&steps, &form).await.status, 409);
        // Nor is one without the role, who is told which it takes.
        let handler = Browser::enter(hufu, CITY, APPROVES, &[Role::ClawbackHandle, Role::MoneyRead]).await;
        let refused = handler.post(&steps, &form).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("clawback.approve"), "{}", refused.text);
        // Nor does anybody of another place find the case.
        let elsewhere = Browser::enter(hufu, "371521", APPROVES, &Role::ALL).await;
        assert_eq!(elsewhere.post(&steps, &form).await.status, 404);

        let other = Browser::enter(hufu, CITY, APPROVES, &Role::ALL).await;
        let personal = format!("{form}13800000000");
        assert_eq!(other.post(&steps, &personal).await.status, 422);
        assert_eq!(other.post(&steps, &form).await.status, 303);
        assert_eq!(other.post(&steps, &form).await.status, 303, "the same form is the same request");
        let stale = format!("request_id={}&version={}&step=drop&text=x", fresh_request_id(), case.version);
        assert_eq!(other.post(&steps, &stale).await.status, 409, "seen at an earlier version");
        let page = other.get(&path).await.text;
        assert_eq!(page.matches("<strong>批准并发出告知书</strong>").count(), 1, "approved once: {page}");
        assert!(other.get(&format!("{path}/papers/notice")).await.text.contains("追回补助资金告知书"));
        assert_eq!(other.get(&format!("{path}/papers/demand")).await.status, 404, "not demanded yet");
    })
    .await;
}

/// The picture is of all months: it asks for none, says so, and keeps the one that was chosen for the other views.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_flow_of_the_fund_asks_for_no_month() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let reader = Browser::enter(hufu, CITY, APPROVES, &[Role::MoneyRead]).await;
        let month = |page: &str| page.contains("<input id=\"month\"");
        assert!(month(&reader.get("/console/ledger?month=2022-10").await.text));
        let page = reader.get("/console/ledger/flow?month=2022-10").await.text;
        assert!(!month(&page) && page.contains("不按月份筛选"), "{page}");
        assert!(page.contains("href=\"/console/ledger?month=2022-10\""), "the other views keep it: {page}");
        assert!(page.contains("<input type=\"hidden\" name=\"month\" value=\"2022-10\">"), "{page}");
    })
    .await;
}

/// A part of the first page is a part where htmx asks for it, and a page where a link leads to it; without a session it leads to the login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_the_first_page_are_fetched_by_themselves() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let reader = Browser::enter(hufu, CITY, APPROVES, &[Role::MoneyRead]).await;
        let today = reader.get("/console/today").await.text;
        for (path, id) in [("/console/today/flow", "flow"), ("/console/today/upstreams", "upstreams")] {
            let fetches = format!("hx-get=\"{path}\" ");
            assert!(today.contains(&fetches) && today.contains(&format!("href=\"{path}\"")), "{today}");
            let part = reader.get_by_htmx(path, false).await.text;
            assert!(part.starts_with("<section") && part.contains(&format!("id=\"{id}\"")), "{part}");
            assert!(!part.contains("<html") && !part.contains("<h1"), "{part}");
            for page in [reader.get(path).await.text, reader.get_by_htmx(path, true).await.text] {
                assert!(page.contains("<html") && page.contains("<h1") && page.contains(&part), "{page}");
            }
            let stranger = Browser::new(hufu).get_by_htmx(path, false).await;
            assert_eq!(
                (stranger.status.as_u16(), &stranger.headers["hx-redirect"]),
                (401, &"/console/login".parse().unwrap())
            );
        }
    })
    .await;
}
