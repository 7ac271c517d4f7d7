//! A claim that was paid and should not have been: confirmed, drafted, approved, heard, demanded and repaid, no step by one person alone
//! (六(三), I7, I8).

use hufu::domain::caller::Role;
use hufu::proto::clawback::v1 as pb;
use hufu::proto::ledger::v1 as ledger;
use hufu::proto::suspects::v1::SuspectDecision;
use hufu::sandbox::Running;
use pb::CaseStep;
use prost::Message;
use tonic::Status;

use super::privacy::Secrets;
use super::refused;
use crate::support::claims::state;
use crate::support::people::{firm, graduate};
use crate::support::{Caller, Database, Harness, fresh_request_id, money};

const SAME_PERSON: &str = "FailedPrecondition SAME_PERSON";
const ROLE_MISSING: &str = "PermissionDenied ROLE_MISSING";
const NOT_FOUND: &str = "NotFound NOT_FOUND";

/// Two claims for one graduate, the first of them paid.
struct Story {
    city: Caller,
    paid: String,
    held: String,
    suspect: String,
    secrets: Secrets,
}

impl Story {
    async fn begin(hufu: &Harness, bureaus: &Running) -> Self {
        let city = hufu.office("371500");
        let a = firm("甲公司").known_to(hufu).banks_with(bureaus);
        let b = firm("乙公司").known_to(hufu);
        let wang = graduate("王小明").hired_by(&a).also_hired_by([&b]).known_to(hufu);
        let first = wang.claim().submit(&city).await;
        let held = wang.claim().by(&b).submit(&city).await;
        let paid = city.pay(&first).await;
        let secrets = Secrets::of(&wang, a.corporate_account.as_ref().unwrap());
        let suspect = city.only_suspect().await.suspect_id;
        Self { city, paid: paid.claim_id, held: held.claim_id, suspect, secrets }
    }

    fn draft(&self, claim_id: &str, fen: i64) -> pb::DraftCaseRequest {
        pb::DraftCaseRequest {
            request_id: fresh_request_id(),
            suspect_id: self.suspect.clone(),
            claim_id: claim_id.to_owned(),
            amount_fen: fen,
            person: "zhao.min".to_owned(),
            facts: "该毕业生已由另一企业申领".to_owned(),
        }
    }

    async fn drafted(&self, request: pb::DraftCaseRequest) -> Result<pb::Case, Status> {
        Ok(self.city.clawback().draft_case(request).await?.into_inner().case.unwrap())
    }

    /// A case that another person than who confirmed the suspect drafted.
    async fn case(&self) -> pb::Case {
        self.city.judge(&self.suspect, "wang.li", SuspectDecision::Confirm).await.unwrap();
        self.drafted(self.draft(&self.paid, 0)).await.unwrap()
    }

    async fn file(&self, case: &pb::Case) -> pb::GetCaseResponse {
        read(&self.city, &case.case_id).await.unwrap()
    }
}

async fn read(caller: &Caller, case_id: &str) -> Result<pb::GetCaseResponse, Status> {
    let request = pb::GetCaseRequest { case_id: case_id.to_owned() };
    Ok(caller.clawback().get_case(request).await?.into_inner())
}

fn step(case: &pb::Case, person: &str, step: CaseStep) -> pb::AdvanceCaseRequest {
    let needs_words = matches!(
        step,
        CaseStep::RecordReply | CaseStep::Refer | CaseStep::ProposeWaiver | CaseStep::ApproveWaiver | CaseStep::Drop
    );
    pb::AdvanceCaseRequest {
        request_id: fresh_request_id(),
        case_id: case.case_id.clone(),
        version: case.version,
        person: person.to_owned(),
        step: step.into(),
        text: if needs_words { "企业无异议" } else { "" }.to_owned(),
        set_off: false,
    }
}

async fn take(caller: &Caller, request: pb::AdvanceCaseRequest) -> Result<pb::Case, Status> {
    Ok(caller.clawback().advance_case(request).await?.into_inner().case.unwrap())
}

fn repayment(case: &pb::Case, fen: i64, reference: &str) -> pb::RecordRepaymentRequest {
    pb::RecordRepaymentRequest {
        request_id: fresh_request_id(),
        case_id: case.case_id.clone(),
        amount_fen: fen,
        bank_reference: reference.to_owned(),
        person: "zhao.min".to_owned(),
    }
}

async fn repaid(caller: &Caller, request: pb::RecordRepaymentRequest) -> Result<pb::Case, Status> {
    Ok(caller.clawback().record_repayment(request).await?.into_inner().case.unwrap())
}

fn due(case: &pb::Case) -> (i32, i32, i32) {
    case.due_on.as_ref().map(|day| (day.year, day.month, day.day)).unwrap_or_default()
}

async fn only_what_is_confirmed_and_paid_is_claimed_back(hufu: &Harness, bureaus: &Running) {
    let story = Story::begin(hufu, bureaus).await;
    let refused_draft = async |claim: &str, fen| refused(story.drafted(story.draft(claim, fen)).await);
    assert_eq!(refused_draft(&story.paid, 0).await, "FailedPrecondition SUSPECT_NOT_CONFIRMED");
    story.city.judge(&story.suspect, "wang.li", SuspectDecision::Confirm).await.unwrap();
    assert_eq!(refused_draft(&story.held, 0).await, "FailedPrecondition CLAIM_NOT_PAID");
    assert_eq!(refused_draft(&story.paid, 150_001).await, "FailedPrecondition AMOUNT_EXCEEDS_PAID");
    assert_eq!(refused_draft(&story.paid, -1).await, "InvalidArgument FIELDS_INVALID");
    let draft = story.draft(&story.paid, 0);
    let elsewhere = hufu.office("371521").clawback().draft_case(draft.clone()).await;
    assert_eq!(refused(elsewhere), NOT_FOUND);
    let approver = hufu.caller("371500", &[Role::ClawbackApprove]);
    assert_eq!(refused(approver.clawback().draft_case(draft.clone()).await), ROLE_MISSING);

    let case = story.drafted(draft.clone()).await.unwrap();
    assert!(case.state() == pb::CaseState::Drafted && case.amount_fen == 150_000 && case.version == 1);
    assert_eq!((case.case_number.as_str(), case.region.as_str()), ("ZH-371502-2022-000001", "371502"));
    assert!(story.drafted(draft.clone()).await.unwrap() == case, "the answer changed");
    let other = pb::DraftCaseRequest { facts: "另有事实".to_owned(), ..draft };
    assert_eq!(refused(story.drafted(other).await), "AlreadyExists REQUEST_ID_REUSED");
    assert_eq!(refused_draft(&story.paid, 0).await, "FailedPrecondition CLAIM_HAS_CASE");
}

async fn a_case_goes_from_notice_to_the_last_fen(hufu: &Harness, bureaus: &Running) {
    let story = Story::begin(hufu, bureaus).await;
    let city = &story.city;
    let case = story.case().await;
    let file = story.file(&case).await;
    assert!(file.notice_zh.is_empty() && file.demand_zh.is_empty() && file.events.len() == 1);

    // Neither who drafted it nor who confirmed the suspect.
    for person in ["zhao.min", "wang.li"] {
        assert_eq!(refused(take(city, step(&case, person, CaseStep::Approve)).await), SAME_PERSON);
    }
    let approve = step(&case, "li.na", CaseStep::Approve);
    let noticed = take(city, approve.clone()).await.unwrap();
    assert!(noticed.state() == pb::CaseState::Noticed && due(&noticed) == (2022, 10, 15));
    assert!(take(city, approve).await.unwrap() == noticed, "the answer changed");
    assert_eq!(refused(take(city, step(&case, "li.na", CaseStep::Drop)).await), "FailedPrecondition CASE_CHANGED");
    let early = take(city, step(&noticed, "zhao.min", CaseStep::NoReply)).await;
    assert_eq!(refused(early), "FailedPrecondition REPLY_STILL_DUE");
    let early = take(city, step(&noticed, "zhao.min", CaseStep::Demand)).await;
    assert_eq!(refused(early), "FailedPrecondition STEP_NOT_ALLOWED");
    assert_eq!(refused(repaid(city, repayment(&noticed, 1, "B-0")).await), "FailedPrecondition CASE_NOT_DEMANDED");

    let heard = take(city, step(&noticed, "zhao.min", CaseStep::RecordReply)).await.unwrap();
    let demand = pb::AdvanceCaseRequest { set_off: true, ..step(&heard, "zhao.min", CaseStep::Demand) };
    let demanded = take(city, demand).await.unwrap();
    assert!(demanded.state() == pb::CaseState::Demanded && demanded.set_off && due(&demanded) == (2022, 10, 25));

    let part = repaid(city, repayment(&demanded, 50_000, "B-1")).await.unwrap();
    assert!(part.state() == pb::CaseState::Repaying && part.outstanding_fen == 100_000);
    assert_eq!(refused(repaid(city, repayment(&part, 50_000, "B-1")).await), "AlreadyExists REFERENCE_REUSED");
    let too_much = repaid(city, repayment(&part, 100_001, "B-2")).await;
    assert_eq!(refused(too_much), "FailedPrecondition REPAYMENT_EXCEEDS_OUTSTANDING");
    let last = repayment(&part, 100_000, "B-2");
    let settled = repaid(city, last.clone()).await.unwrap();
    assert!(settled.state() == pb::CaseState::Settled && settled.outstanding_fen == 0);
    assert!(repaid(city, last).await.unwrap() == settled, "the answer changed");
    check_papers(&story, &settled).await;
    check_recovery(&story, hufu).await;
}

async fn check_papers(story: &Story, case: &pb::Case) {
    let file = story.file(case).await;
    story.secrets.check("GetCase", &file.encode_to_vec());
    let steps: Vec<_> = file.events.iter().map(|it| it.step.as_str()).collect();
    assert_eq!(steps, ["draft", "approve", "record-reply", "demand", "repay", "repay"]);
    for words in [
        "ZH-371502-2022-000001",
        "甲公司",
        "该毕业生已由另一企业申领",
        "六(三)、五(二)",
        "2022年10月15日",
        "陈述、申辩",
    ] {
        assert!(file.notice_zh.contains(words), "{words}: {}", file.notice_zh);
    }
    for words in ["ZH-371502-2022-000001", "1,500.00元", "2022年10月25日", "东昌府区原支出户", "追究相应责任", "抵扣"]
    {
        assert!(file.demand_zh.contains(words), "{words}: {}", file.demand_zh);
    }
}

async fn check_recovery(story: &Story, hufu: &Harness) {
    let recovery = async |caller: &Caller| {
        let request = pb::GetRecoveryRequest { region: "371502".to_owned() };
        Ok::<_, Status>(caller.clawback().get_recovery(request).await?.into_inner().lines)
    };
    let lines = recovery(&story.city).await.unwrap();
    let found: Vec<_> =
        lines.iter().map(|it| (it.rule.as_str(), it.cases, it.demanded_fen, it.recovered_fen)).collect();
    assert_eq!(found, [("person_two_enterprises", 1, 150_000, 150_000)]);
    assert_eq!(refused(recovery(&hufu.office("371521")).await), "PermissionDenied REGION_OUTSIDE_CALLER");
    let receivable = ledger::ListAccountsRequest { kind: "receivable".to_owned(), ..Default::default() };
    let accounts = story.city.ledger().list_accounts(receivable).await.unwrap().into_inner().accounts;
    assert!(accounts.iter().all(|it| it.debit_fen == 150_000 && it.credit_fen == 150_000) && accounts.len() == 1);
}

async fn a_waiver_and_a_drop_take_two_people_and_the_right_role(hufu: &Harness, bureaus: &Running) {
    let story = Story::begin(hufu, bureaus).await;
    let (handler, approver) =
        (hufu.caller("371500", &[Role::ClawbackHandle]), hufu.caller("371500", &[Role::ClawbackApprove]));
    let case = story.case().await;
    assert_eq!(refused(take(&handler, step(&case, "li.na", CaseStep::Drop)).await), ROLE_MISSING);
    assert_eq!(refused(take(&approver, step(&case, "zhao.min", CaseStep::Drop)).await), SAME_PERSON);
    let dropped = take(&approver, step(&case, "li.na", CaseStep::Drop)).await.unwrap();
    assert!(dropped.state() == pb::CaseState::Dropped);

    let case = story.drafted(story.draft(&story.paid, 0)).await.unwrap();
    assert_eq!(case.case_number, "ZH-371502-2022-000002");
    let noticed = take(&approver, step(&case, "li.na", CaseStep::Approve)).await.unwrap();
    assert_eq!(refused(take(&approver, step(&noticed, "li.na", CaseStep::RecordReply)).await), ROLE_MISSING);
    let heard = take(&handler, step(&noticed, "zhao.min", CaseStep::RecordReply)).await.unwrap();
    let demanded = take(&handler, step(&heard, "zhao.min", CaseStep::Demand)).await.unwrap();
    let proposed = take(&handler, step(&demanded, "zhao.min", CaseStep::ProposeWaiver)).await.unwrap();
    assert_eq!(refused(take(&approver, step(&proposed, "zhao.min", CaseStep::ApproveWaiver)).await), SAME_PERSON);
    let waived = take(&approver, step(&proposed, "li.na", CaseStep::ApproveWaiver)).await.unwrap();
    assert!(waived.state() == pb::CaseState::Waived && waived.waived_fen == 150_000 && waived.outstanding_fen == 0);
    check_listed(&story, hufu).await;
    assert_eq!(state(&story.city.claim(&story.paid).await.unwrap()), "paid", "what was paid was paid");
}

async fn check_listed(story: &Story, hufu: &Harness) {
    let list = async |caller: &Caller, request: pb::ListCasesRequest| {
        Ok::<_, Status>(caller.clawback().list_cases(request).await?.into_inner())
    };
    let numbers = |page: &pb::ListCasesResponse| -> Vec<String> {
        page.cases.iter().map(|it| it.case_number.chars().skip(15).collect()).collect()
    };
    let one = pb::ListCasesRequest { page_size: 1, ..Default::default() };
    let first = list(&story.city, one.clone()).await.unwrap();
    let rest = pb::ListCasesRequest { page_token: first.next_page_token.clone(), ..one };
    let second = list(&story.city, rest).await.unwrap();
    assert_eq!([numbers(&first), numbers(&second)].concat(), ["000002", "000001"]);
    assert!(second.next_page_token.is_empty());
    let waived = pb::ListCasesRequest { state: pb::CaseState::Waived.into(), ..Default::default() };
    assert_eq!(numbers(&list(&hufu.office("371502"), waived).await.unwrap()), ["000002"]);
    let case = first.cases.first().unwrap();
    for region in ["371521", "410000"] {
        let elsewhere = hufu.office(region);
        assert!(list(&elsewhere, pb::ListCasesRequest::default()).await.unwrap().cases.is_empty());
        assert_eq!(refused(read(&elsewhere, &case.case_id).await), NOT_FOUND);
        assert_eq!(refused(take(&elsewhere, step(case, "li.na", CaseStep::Refer)).await), NOT_FOUND);
        assert_eq!(refused(repaid(&elsewhere, repayment(case, 1, "B-9")).await), NOT_FOUND);
    }
}

/// Stories in which money moves, over both databases.
macro_rules! with_money {
    ($($story:ident),+ $(,)?) => { $(
        mod $story {
            use super::{Database, money};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                money::tell(Database::Sqlite, super::$story).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                money::tell(Database::Postgres, super::$story).await;
            }
        }
    )+ };
}
pub(super) use with_money;

with_money![
    only_what_is_confirmed_and_paid_is_claimed_back,
    a_case_goes_from_notice_to_the_last_fen,
    a_waiver_and_a_drop_take_two_people_and_the_right_role,
];
