//! Lists and their files, page by page over the socket: what is shown, to whom, and what is kept out of addresses.

use futures::{StreamExt, stream};
use http::{StatusCode, header};
use hufu::domain::caller::Role;
use url::form_urlencoded;

use super::rights::Browser;
use crate::support::people::{firm, graduate, numbered};
use crate::support::{Caller, Database, Harness};

/// The two claims name the person differently, which is what is suspicious: of the other province's claim not even the name is shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_claim_elsewhere_not_even_the_masked_name_is_shown() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let home = firm("鲁西软件").known_to(hufu);
        let away = firm("濮阳软件").in_region("410902").known_to(hufu);
        let person = graduate("王小明").hired_by(&home).known_to(hufu);
        person.claim().submit(&hufu.office("371500")).await;
        let mut spelt = person;
        spelt.name = "汪晓明".to_owned();
        spelt.claim().by(&away).submit(&hufu.office("410900")).await;
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
        let claimants = (0..=SHOWN_MAX).map(|at| {
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
        let all = find("").await;
        assert_eq!(all.matches("<tr data-href").count(), SHOWN_MAX);
        assert!(all.contains("符合的疑点超过200件") && all.contains("<select id=\"person-rule\""), "{all}");
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
