//! Lists and their files, page by page over the socket: what is shown, to whom, and what is kept out of addresses.

use hufu::domain::caller::Role;

use super::rights::Browser;
use crate::support::people::{Graduate, firm, graduate};
use crate::support::{Database, Harness};

/// The two claims name the person differently, which is what is suspicious: of the other province's claim not even the name is shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_claim_elsewhere_not_even_the_masked_name_is_shown() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let home = firm("鲁西软件").known_to(hufu);
        let away = firm("濮阳软件").in_region("410902").known_to(hufu);
        let person = graduate("王小明").hired_by(&home).known_to(hufu);
        person.claim().submit(&hufu.office("371500")).await;
        let spelt = Graduate { name: "汪晓明".to_owned(), ..person };
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
