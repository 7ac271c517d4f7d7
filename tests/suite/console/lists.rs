//! Lists and their files, page by page over the socket: what is shown, to whom, and what is kept out of addresses.

use futures::{StreamExt, stream};
use http::{StatusCode, header};
use hufu::domain::caller::Role;
use hufu::domain::suspect::desk::NewFact;
use hufu::proto::suspects::v1::SuspectState;
use url::form_urlencoded;

use super::rights::Browser;
use super::{browse, links};
use crate::support::people::{firm, graduate, numbered};
use crate::support::{Caller, Database, Harness, eventually, fresh_request_id};

/// One graduate claimed in two provinces, under two names.
async fn in_two_provinces(hufu: &Harness) {
    let home = firm("鲁西软件").known_to(hufu);
    let away = firm("濮阳软件").in_region("410902").known_to(hufu);
    let person = graduate("王小明").hired_by(&home).known_to(hufu);
    person.claim().submit(&hufu.office("371500")).await;
    let mut spelt = person;
    spelt.name = "汪晓明".to_owned();
    spelt.claim().by(&away).submit(&hufu.office("410900")).await;
}

/// The two claims name the person differently, which is what is suspicious: of the other province's claim not even the name is shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_claim_elsewhere_not_even_the_masked_name_is_shown() {
    Harness::tell(Database::Sqlite, async |hufu| {
        in_two_provinces(hufu).await;
        for (region, own, other) in [("370000", "王**", "汪**"), ("410000", "汪**", "王**")] {
            let reader = Browser::enter(hufu, region, "zhao.lei", &[Role::SuspectsRead]).await;
            for path in ["/console/suspects", "/console/suspects/export?format=csv"] {
                let page = reader.get(path).await.text;
                assert!(page.contains(own), "{region} {path}: {page}");
                assert!(!page.contains(other), "{region} {path}: {page}");
            }
        }
    })
    .await;
}

/// A graduate claimed by two enterprises of the city: one suspect.
async fn doubled(hufu: &Harness, city: &Caller, name: &str) {
    let (first, second) = (firm(&format!("{name}科技")).known_to(hufu), firm(&format!("{name}贸易")).known_to(hufu));
    let person = graduate(name).hired_by(&first).known_to(hufu);
    person.claim().submit(city).await;
    person.claim().by(&second).submit(city).await;
}

/// Text as it stands in an address.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Who looks at a list is on record for having read what was on it, and for nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_reads_no_suspect_that_it_does_not_show() {
    let hufu = Harness::start(Database::Sqlite).await;
    doubled(&hufu, &hufu.office("371500"), "王小明").await;
    // Nobody has taken it up within its days: it is overdue.
    let hufu = hufu.restart_on("2022-12-20T01:00:00Z").await;
    let liaocheng = hufu.office("371500");
    let reader = Browser::enter(&hufu, "371500", "zhao.lei", &[Role::SuspectsRead]).await;
    let read = async || -> Vec<String> {
        let entries = liaocheng.audit_entries().await.into_iter().filter(|it| it.person.ends_with("/zhao.lei"));
        entries.filter(|it| it.action == "suspects-read").map(|it| it.detail).collect()
    };
    for narrowed in [format!("text={}", encoded("没有这样的企业")), "rule=enterprise_twice".to_owned()] {
        let page = reader.get(&format!("/console/suspects?{narrowed}")).await.text;
        assert!(page.contains("全部未办结<span class=\"tab-count\">1</span>"), "{page}");
        assert!(!page.contains("<tr data-href"), "{page}");
        assert_eq!(read().await, Vec::<String>::new(), "{narrowed}");
    }
    assert!(reader.get("/console/suspects").await.text.contains("<tr data-href"));
    let [detail] = read().await.try_into().unwrap();
    assert!(detail.starts_with("purpose=list-suspects count=1 "), "{detail}");
    hufu.end().await;
}

/// A person of very many suspects: it is said that not all are listed, and the form to narrow them does not repeat who was looked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_found_too_often_is_narrowed() {
    const SHOWN_MAX: usize = 200;
    Harness::tell(Database::Sqlite, async |hufu| {
        let city = hufu.office("371500");
        let person = graduate("王小明").hired_by(&firm("鲁西软件"));
        // Codes of enterprises follow from their names, and some fall together.
        let claimants = (0..SHOWN_MAX * 3 / 2).map(|at| {
            let county = if at == 0 { "371503" } else { "371502" };
            person.claim().by(&firm(&numbered("公司", at)).in_region(county))
        });
        person.claim().submit(&city).await;
        stream::iter(claimants).for_each_concurrent(8, async |claim| drop(claim.submit(&city).await)).await;
        let reader = Browser::enter(hufu, "371500", "zhao.lei", &[Role::SuspectsRead]).await;
        let find = async |more: &str| {
            let form = format!("text={}{more}", encoded("王小明"));
            reader.post("/console/suspects/find", &form).await.text
        };
        // A suspect is found by a name once it was weighed.
        let all = eventually("more are found than are shown", async || {
            Some(find("").await).filter(|page| page.contains("符合的疑点超过200件"))
        })
        .await;
        assert_eq!(all.matches("<tr data-href").count(), SHOWN_MAX);
        assert!(all.contains("<select id=\"person-rule\""), "{all}");
        assert!(!all.contains("王小明"), "what was typed is not repeated: {all}");
        let narrowed = find("&region=371503&rule=person_two_enterprises").await;
        let count = narrowed.matches("<tr data-href").count();
        assert!((1..SHOWN_MAX).contains(&count) && !narrowed.contains("没有全部列出"), "{count}: {narrowed}");
    })
    .await;
}

/// A number that was typed into a search is in no page, in no address that a page leads to, and in none that leads back from the login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_number_of_a_persons_stays_in_an_address() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let number = graduate("王小明").hired_by(&firm("鲁西软件")).resident_id;
        let reader = Browser::enter(hufu, "371500", "zhao.lei", &[Role::SuspectsRead]).await;
        for text in [number.as_str().to_owned(), format!("王小明 {}", number.as_str()), "电话138 0013 8000".to_owned()]
        {
            let address = format!("/console/suspects?text={}", encoded(&text));
            let answer = reader.get(&address).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            assert_eq!(answer.headers[header::LOCATION], "/console/suspects");
            let page = reader.get("/console/suspects").await.text;
            assert!(page.contains("role=\"status\">地址和历史记录中不能有证件号码"), "{page}");
            assert!(!page.contains(&encoded(&text)) && !page.contains(&text), "{page}");
            let login = Browser::new(hufu).get(&address).await;
            assert_eq!(login.headers[header::LOCATION], "/console/login?next=%2Fconsole%2Fsuspects");
        }
    })
    .await;
}

/// Who sees the desks of both provinces says for which it acts: at many suspects at once, and where closed ones are opened again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_both_desks_acts_for_the_province_that_it_names() {
    Harness::tell(Database::Sqlite, async |hufu| {
        in_two_provinces(hufu).await;
        let ministry = Browser::enter(hufu, "000000", "gao.jun", &Role::ALL).await;
        let henan = hufu.office("410000");
        let suspect = henan.only_suspect().await.suspect_id;
        let confirm = ministry.post("/console/suspects/bulk", &format!("suspect={suspect}")).await.text;
        for province in ["370000\">山东省", "410000\">河南省"] {
            assert!(confirm.contains(&format!("<option value=\"{province}</option>")), "{confirm}");
        }
        let decide = async |province: &str| {
            let form =
                format!("suspect={suspect}&request_id={}&finding=confirm&province={province}", fresh_request_id());
            let form = format!("{form}&words={}", encoded("两省核对属实"));
            ministry.post("/console/suspects/bulk/decide", &form).await.text
        };
        assert!(decide("").await.contains("未办结"), "for neither");
        let path = format!("/console/suspects/{suspect}");
        for (province, open_ones) in [("410000", 1), ("370000", 2)] {
            assert!(decide(province).await.contains("已办结"), "{province}");
            let page = ministry.get(&path).await.text;
            assert_eq!(page.matches("有新情况，重新核实（代").count(), open_ones, "{page}");
        }
        // That which was closed first, whichever the panel is about.
        let reopen = |request_id: &str| {
            let said =
                format!("act=reopen&fact={}&province=410000&words={}", NewFact::ALL[0].code(), encoded("收到举报"));
            format!("{said}&request_id={request_id}")
        };
        assert_eq!(ministry.post(&path, &reopen("short")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(ministry.post(&path, &reopen(&fresh_request_id())).await.status, StatusCode::SEE_OTHER);
        assert!(henan.only_suspect().await.state() == SuspectState::Open, "opened again");
        assert!(hufu.office("370000").only_suspect().await.state() == SuspectState::Confirmed, "left as it was");
    })
    .await;
}

/// Two states in an address are shown as what they are, and kept when the form is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_read_as_it_is_written() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let reader = Browser::enter(hufu, "371500", "zhao.lei", &[Role::SuspectsRead, Role::AuditRead]).await;
        for address in ["/console/suspects?state=open&state=assigned", "/console/suspects?state=open%2Cassigned"] {
            let page = reader.get(address).await.text;
            assert!(page.contains("<option value=\"open,assigned\" selected>"), "{page}");
        }
        // A moment is no day: its hours would be dropped.
        for (day, status) in [("2022-10-10", 200), ("2022-10-10T09:00", 422)] {
            assert_eq!(reader.get(&format!("/console/audit?day={day}")).await.status, status, "{day}");
        }
    })
    .await;
}

/// In a browser with scripts the list is narrowed and turned over in its place, and the first page fetches its parts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_narrowed_without_leaving_the_page() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let city = hufu.office("371500");
        for name in ["王小明", "李小红"] {
            doubled(hufu, &city, name).await;
        }
        let weighed = async || city.suspects().await.iter().all(|it| it.stake.is_some()).then_some(());
        eventually("the suspects are weighed", weighed).await;
        let links = links(hufu, "371500", &["zhao.lei"]).await;
        browse(hufu, "narrowing.mjs", &[links]).await;
    })
    .await;
}
