//! What is claimed twice: the second comer is held with the first beside it, and the first is not touched (I2).

use hufu::proto::claims::v1::{Claim, ClaimState};
use hufu::proto::suspects::v1::Suspect;
use tonic::Code;

use super::{declare_risk_area, reason_of, refusal};
use crate::support::claims::{all, verdict, workforce_of};
use crate::support::people::{Firm, Graduate, firm, graduate, numbered};
use crate::support::suspects::sides;
use crate::support::{Caller, Harness, on_both_databases};

const ENTITLED: &str = "150000 fen to the corporate account";

/// The claim is exactly as it was.
async fn check_untouched(caller: &Caller, before: &Claim) {
    let now = caller.claim(&before.claim_id).await.unwrap();
    assert!(now == *before, "{} became {} at version {}", verdict(before), verdict(&now), now.version);
}

fn two_firms(hufu: &Harness) -> (Firm, Firm) {
    (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu))
}

async fn case_12_the_second_enterprise_is_held(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = two_firms(hufu);
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    let first = wang.claim().submit(&county).await;
    let second = wang.claim().by(&b).submit(&county).await;
    assert_eq!(verdict(&first), ENTITLED);
    assert_eq!(verdict(&second), "held: PERSON_TWO_ENTERPRISES 五(二)");
    check_untouched(&county, &first).await;
    let suspect = county.only_suspect().await;
    let expected = ("person_two_enterprises", "五(二)", Some(first.claim_id.as_str()), second.claim_id.as_str());
    assert_eq!(sides(&suspect), expected);
}

async fn case_13_the_same_request_is_the_same_claim(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = two_firms(hufu);
    let claim = graduate("王小明").hired_by(&a).known_to(hufu).claim().requested_as("roster-7-row-12");
    let first = claim.submit(&county).await;
    let again = claim.submit(&county).await;
    assert!(first == again, "the receipt changed");
    // Another typing of the same number is the same claim.
    let spaced = claim.clone().typed(&first_digits_apart(&claim.clone().person().resident_id));
    assert_eq!(spaced.submit(&county).await.claim_id, first.claim_id);

    let other = refusal(claim.by(&b).receipt(&county).await);
    assert_eq!(other.code(), Code::AlreadyExists);
    assert_eq!(reason_of(&other), "REQUEST_ID_REUSED");
    assert_eq!(county.suspects().await.len(), 0);
    assert_eq!(all(&county).await.len(), 1);
}

fn first_digits_apart(number: &str) -> String {
    let (region, rest) = number.split_at(6);
    format!(" {region} {rest}")
}

/// Request ids belong to the calling system: two systems may happen to choose the same.
async fn request_ids_of_two_systems_are_apart(hufu: &Harness) {
    let (a, b) = (firm("甲公司").known_to(hufu), firm("阳谷公司").in_region("371521").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu).claim().requested_as("roster-1-row-1");
    let li = graduate("李小红").hired_by(&b).known_to(hufu).claim().requested_as("roster-1-row-1");
    let wang = wang.submit(&hufu.office("371502")).await;
    let li = li.submit(&hufu.office("371521")).await;
    assert_ne!(wang.claim_id, li.claim_id);
    assert_eq!((verdict(&wang).as_str(), verdict(&li).as_str()), (ENTITLED, ENTITLED));
}

async fn case_14_a_new_request_is_a_resubmission(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("甲公司").known_to(hufu);
    let wang = graduate("王小明").hired_by(&firm).known_to(hufu);
    let first = wang.claim().submit(&county).await;
    let second = wang.claim().submit(&county).await;
    assert_eq!(verdict(&second), "held: PERSON_RESUBMITTED 五(二)");
    check_untouched(&county, &first).await;
    let suspect = county.only_suspect().await;
    let expected = ("person_resubmitted", "五(二)", Some(first.claim_id.as_str()), second.claim_id.as_str());
    assert_eq!(sides(&suspect), expected);
}

async fn case_16_two_provinces_see_one_suspect_and_little_of_each_other(hufu: &Harness) {
    let (liaocheng, puyang) = (hufu.office("371500"), hufu.office("410900"));
    let (shandong, henan) = (hufu.office("370000"), hufu.office("410000"));
    let at_home = firm("鲁西软件").known_to(hufu);
    let away = firm("濮阳软件").in_region("410902").known_to(hufu);
    let wang = graduate("王小明").hired_by(&at_home).known_to(hufu);
    let first = wang.claim().submit(&liaocheng).await;
    let second = wang.claim().by(&away).submit(&puyang).await;
    assert_eq!(verdict(&second), "held: PERSON_TWO_PROVINCES 六(三)");
    check_untouched(&shandong, &first).await;

    let (seen_in_shandong, seen_in_henan) = (shandong.only_suspect().await, henan.only_suspect().await);
    assert_eq!(seen_in_shandong.suspect_id, seen_in_henan.suspect_id);
    assert_eq!(seen_in_shandong.rule, "person_two_provinces");
    check_sides(&seen_in_shandong, (false, "371502"), (true, "410000"));
    check_sides(&seen_in_henan, (true, "370000"), (false, "410902"));
    let single = super::suspect(&henan, &seen_in_henan.suspect_id).await.unwrap();
    check_sides(&single, (true, "370000"), (false, "410902"));
    let (pulled, _) = henan.pull("").await.unwrap();
    check_sides(&pulled[0], (true, "370000"), (false, "410902"));
}

/// What a caller sees of both sides: whether each is outside, and its region as shown.
#[track_caller]
fn check_sides(suspect: &Suspect, first: (bool, &str), second: (bool, &str)) {
    for (side, (outside, region)) in [(&suspect.first, first), (&suspect.second, second)] {
        let side = side.as_ref().unwrap();
        assert_eq!((side.outside, side.region.as_str()), (outside, region));
        let details = [&side.claim_id, &side.uscc, &side.enterprise_name, &side.person_name_masked];
        let details = details.into_iter().chain([&side.resident_id_masked]);
        let received_at = side.received_at.unwrap();
        if outside {
            assert!(details.into_iter().all(String::is_empty), "another province's claim is told");
            assert!(side.state() == ClaimState::Unspecified);
            // Midnight in China is four in the afternoon in UTC: the day, and nothing of the hour.
            assert_eq!((received_at.seconds.rem_euclid(86_400), received_at.nanos), (16 * 3_600, 0));
        } else {
            assert!(details.into_iter().all(|it| !it.is_empty()), "one's own claim is kept back");
        }
    }
}

async fn case_19_another_typing_is_the_same_person(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = two_firms(hufu);
    // The check character of this number is X.
    let wang = ends_in_x(hufu, &a);
    let typed: String = wang.resident_id.as_str().chars().map(full_width).collect();
    assert!(typed.ends_with('x') && typed.starts_with('３'), "{typed}");
    let first = wang.claim().submit(&county).await;
    let second = wang.claim().by(&b).typed(&typed).submit(&county).await;
    assert_eq!(verdict(&first), ENTITLED);
    assert_eq!(verdict(&second), "held: PERSON_TWO_ENTERPRISES 五(二)");
    assert_eq!(second.resident_id_masked, first.resident_id_masked);
}

/// The first of some invented people whose number ends in X.
fn ends_in_x(hufu: &Harness, employer: &Firm) -> Graduate {
    let people = (0..).map(|index| graduate(&numbered("王", index)).hired_by(employer));
    let mut found = people.filter(|person| person.resident_id.as_str().ends_with('X'));
    found.next().unwrap().known_to(hufu)
}

fn full_width(character: char) -> char {
    match character {
        '0'..='9' => char::from_u32(u32::from(character) - u32::from('0') + u32::from('０')).unwrap(),
        'X' => 'x',
        other => other,
    }
}

async fn an_enterprise_claims_retention_once(hufu: &Harness) {
    let county = hufu.office("371502");
    declare_risk_area(&county, "371502").await;
    let firm = firm("甲公司").known_to(hufu);
    let first = workforce_of(&firm).submit(&county).await;
    let second = workforce_of(&firm).submit(&county).await;
    assert_eq!(verdict(&first), "1000000 fen to the corporate account");
    assert_eq!(verdict(&second), "held: ENTERPRISE_TWICE 五(一)");
    assert_eq!(county.only_suspect().await.rule, "enterprise_twice");
}

on_both_databases![
    case_12_the_second_enterprise_is_held,
    case_13_the_same_request_is_the_same_claim,
    request_ids_of_two_systems_are_apart,
    case_14_a_new_request_is_a_resubmission,
    case_16_two_provinces_see_one_suspect_and_little_of_each_other,
    case_19_another_typing_is_the_same_person,
    an_enterprise_claims_retention_once,
];
