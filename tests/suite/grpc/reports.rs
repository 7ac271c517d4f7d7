//! What offices look at each day: what falls due, and whether the other bureaus' systems answer; the same by RPC, in a shell and in the
//! console.

use hufu::domain::caller::Role;
use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::common::v1::Date;
use hufu::proto::reports::v1 as pb;
use jiff::Timestamp;
use pb::UpstreamState;

use super::refused;
use crate::support::people::{firm, graduate};
use crate::support::registries::Fault;
use crate::support::{Caller, Harness, STORY_BEGINS, eventually, on_both_databases};

async fn radar(caller: &Caller, region: &str, page_size: i32, page_token: &str) -> pb::GetRadarResponse {
    let (region, page_token) = (region.to_owned(), page_token.to_owned());
    let request = pb::GetRadarRequest { region, page_size, page_token };
    caller.reports().get_radar(request).await.unwrap().into_inner()
}

async fn upstreams(caller: &Caller) -> Vec<pb::Upstream> {
    caller.reports().list_upstreams(pb::ListUpstreamsRequest {}).await.unwrap().into_inner().upstreams
}

/// As a sentence: by day, then by place.
fn told(found: &pb::GetRadarResponse) -> (Vec<String>, Vec<String>) {
    let day = |it: &Date| format!("{:04}-{:02}-{:02}", it.year, it.month, it.day);
    let days = found.days.iter().map(|it| {
        let due_on = it.due_on.as_ref().map_or_else(|| "past".to_owned(), day);
        format!("{due_on} {} {}", it.claims, it.amount_fen)
    });
    let places = found.places.iter().map(|it| {
        let due_on = it.due_on.as_ref().map(day).unwrap();
        format!("{due_on} {} {} {} {}", it.region, it.state, it.claims, it.amount_fen)
    });
    (days.collect(), places.collect())
}

/// The claims of a story are due 30 days after it begins.
async fn what_falls_due_is_counted_by_day_and_by_county(hufu: &Harness) {
    let city = hufu.office("371500");
    let (east, west) = (firm("甲公司").known_to(hufu), firm("乙公司").in_region("371503").known_to(hufu));
    let wang = graduate("王小明").hired_by(&east).known_to(hufu).claim().submit(&city).await;
    graduate("李小红").born(1999, 3, 4).hired_by(&east).known_to(hufu).claim().submit(&city).await;
    graduate("赵小刚").born(1999, 5, 6).hired_by(&west).known_to(hufu).claim().submit(&city).await;
    city.approve(&wang).await;
    let found = radar(&city, "", 0, "").await;
    let (days, places) = told(&found);
    assert_eq!(days, ["2022-11-09 3 150000"]);
    let expected =
        ["2022-11-09 371502 approved 1 150000", "2022-11-09 371502 assessed 1 0", "2022-11-09 371503 assessed 1 0"];
    assert_eq!(places, expected);
    assert_eq!((found.today.map(|it| it.day), found.until.map(|it| it.day)), (Some(10), Some(9)));
    // Page by page it is the same, and each page has the days.
    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let page = radar(&city, "", 1, &token).await;
        let (days, places) = told(&page);
        assert_eq!((days.len(), places.len()), (1, 1));
        paged.extend(places);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, expected);
    // A county is told of its own; a token of somebody else's making is none.
    assert_eq!(told(&radar(&hufu.office("371503"), "", 0, "").await).1, expected[2..]);
    let forged = pb::GetRadarRequest { page_token: "2022-11-09".to_owned(), ..Default::default() };
    assert_eq!(refused(city.reports().get_radar(forged).await), "InvalidArgument FIELDS_INVALID");
    let elsewhere = pb::GetRadarRequest { region: "410000".to_owned(), ..Default::default() };
    assert_eq!(refused(city.reports().get_radar(elsewhere).await), "PermissionDenied REGION_OUTSIDE_CALLER");
    let others: Vec<_> = Role::ALL.into_iter().filter(|it| *it != Role::MoneyRead).collect();
    let without = hufu.caller("371500", &others).reports().get_radar(pb::GetRadarRequest::default()).await;
    assert_eq!(refused(without), "PermissionDenied ROLE_MISSING");
}

async fn a_system_that_does_not_answer_is_told(hufu: &Harness) {
    let city = hufu.office("371500");
    let of = async |owner: Owner| {
        upstreams(&city).await.into_iter().find(|it| it.upstream == owner.code()).expect("a registry")
    };
    let all: Vec<_> = upstreams(&city).await.into_iter().map(|it| it.upstream).collect();
    assert_eq!(all, Owner::UPSTREAMS.map(|it| it.code().to_owned()), "a node that moves no money asks no bank");
    let employer = firm("甲公司").known_to(hufu);
    hufu.registries.disturb(Owner::Credential, Fault::Down);
    let claim = graduate("王小明").hired_by(&employer).known_to(hufu).claim().receipt(&city).await.unwrap();
    let left_alone = eventually("the credential registry is left alone", async || {
        Some(of(Owner::Credential).await).filter(|it| it.state() == UpstreamState::LeftAlone)
    });
    let left_alone = left_alone.await;
    assert!(left_alone.answered_at.is_none(), "it never answered");
    let begin: Timestamp = STORY_BEGINS.parse().unwrap();
    assert!(left_alone.since.unwrap().seconds >= begin.as_second(), "by the node's own clock");
    let tax = of(Owner::TaxRegistry).await;
    assert!(tax.state() == UpstreamState::Asked && tax.answered_at.is_some(), "the others answer");
    hufu.registries.mend(Owner::Credential);
    city.decided(&claim.claim_id).await;
    let back = of(Owner::Credential).await;
    assert!(back.state() == UpstreamState::Asked && back.answered_at.is_some());
    let later = |a: Option<prost_types::Timestamp>, b: Option<prost_types::Timestamp>| {
        a.map(|it| (it.seconds, it.nanos)) >= b.map(|it| (it.seconds, it.nanos))
    };
    assert!(later(back.since, left_alone.since), "since it is back");
}

on_both_databases![what_falls_due_is_counted_by_day_and_by_county, a_system_that_does_not_answer_is_told];
