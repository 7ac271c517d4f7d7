//! One worker counted in two provinces, one of which has paid: both close the suspect, which is an alarm until the money is claimed back.

use hufu::proto::claims::v1::DispatchSide;
use hufu::sandbox::Running;

use super::money::{APPROVES, CONFIRMS, DRAFTS, declare_risk_area};
use super::{browse, link, links};
use crate::support::claims::workforce_of;
use crate::support::people::{firm, graduate};
use crate::support::{Database, Harness, eventually, money};

/// An agency of 茌平区 was paid; then the host in 濮阳, which really funds the worker, claims as well. Beside it a double of
/// which the later claim was withdrawn: nothing of it can be stopped any more.
async fn paid_in_two_provinces(hufu: &Harness, bureaus: &Running) {
    let (city, puyang) = (hufu.office("371500"), hufu.office("410900"));
    declare_risk_area(&city, "371503").await;
    declare_risk_area(&puyang, "410902").await;
    let host = firm("濮阳制造公司").in_region("410902").known_to(hufu);
    let agency = firm("茌平派遣公司").in_region("371503").dispatching(1).known_to(hufu).banks_with(bureaus);
    let sent = graduate("派小工").hired_by(&agency).funded_by(&host).insured_in(1..=10).known_to(hufu);
    let of_agency = workforce_of(&agency).with_worker(&sent, DispatchSide::Agency).submit(&city).await;
    city.pay(&of_agency).await;
    workforce_of(&host).with_worker(&sent, DispatchSide::Host).submit(&puyang).await;

    let [first, second] = ["聊城科技公司", "聊城贸易公司"].map(|name| firm(name).known_to(hufu));
    let first = first.banks_with(bureaus);
    let person = graduate("王小明").hired_by(&first).also_hired_by([&second]).known_to(hufu);
    let claim = person.claim().submit(&city).await;
    city.pay(&claim).await;
    let later = person.claim().by(&second).submit(&city).await;
    city.withdraw(&later.claim_id).await.unwrap();
    let weighed = async || {
        let suspects = city.suspects().await;
        (suspects.len() == 2 && suspects.iter().all(|it| it.stake.is_some())).then_some(())
    };
    eventually("the suspects are weighed", weighed).await;
}

/// Found, judged by both provinces, reopened, claimed back by two persons.
async fn the_alarm_ends_when_the_money_is_claimed_back(hufu: &Harness, bureaus: &Running) {
    paid_in_two_provinces(hufu, bureaus).await;
    let links = links(hufu, "370000", &[CONFIRMS, DRAFTS, APPROVES]).await;
    let away = link(hufu, "410000", "gao.jun", &[]).await;
    browse(hufu, "alarm.mjs", &[links, ("HUFU_AWAY", away)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_alarm_ends_when_the_money_is_claimed_back_on_sqlite() {
    money::tell(Database::Sqlite, the_alarm_ends_when_the_money_is_claimed_back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_alarm_ends_when_the_money_is_claimed_back_on_postgres() {
    money::tell(Database::Postgres, the_alarm_ends_when_the_money_is_claimed_back).await;
}
