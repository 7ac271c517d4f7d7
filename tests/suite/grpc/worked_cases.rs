//! The worked cases of the notice that one claim alone makes, from the submission to the verdict.

use hufu::config::Settings;
use hufu::proto::awardhistory::v1::AwardKind;
use hufu::proto::credential::v1::InstitutionKind;
use hufu::proto::insurance::v1::Standing;

use super::declare_risk_area;
use crate::support::claims::{state, verdict, workforce_of};
use crate::support::people::{Graduate, firm, graduate};
use crate::support::{Database, Harness, on_both_databases};

/// Submits the claim of one graduate and compares the verdict.
async fn check(hufu: &Harness, graduate: Graduate, expected: &str) {
    let claim = graduate.known_to(hufu).claim().submit(&hufu.office("371502")).await;
    assert_eq!(verdict(&claim), expected);
}

async fn case_7_who_meets_everything_is_entitled(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("鲁西软件").known_to(hufu);
    let claim = graduate("王小明").born(2000, 5, 1).hired_by(&firm).known_to(hufu).claim().submit(&county).await;
    assert_eq!(verdict(&claim), "150000 fen to the corporate account");
    assert_eq!(state(&claim), "assessed");
    assert_eq!(claim.verdict.as_ref().unwrap().sheet_version, 1);
    // Received on 2022-10-10; thirty days, counted from the day after (二(一)2).
    let due_on = claim.due_on.unwrap();
    assert_eq!((due_on.year, due_on.month, due_on.day), (2022, 11, 9));
    assert_eq!(county.suspects().await.len(), 0);
}

async fn case_8_other_schools_do_not_count(hufu: &Harness) {
    let firm = firm("鲁西软件").known_to(hufu);
    for (name, kind) in [("李成人", InstitutionKind::Adult), ("李自考", InstitutionKind::SelfStudy)] {
        let graduate = graduate(name).hired_by(&firm).with_diploma_of(kind);
        check(hufu, graduate, "not entitled: NOT_REGULAR_INSTITUTION 一(二)").await;
    }
}

async fn case_9_other_years_do_not_count(hufu: &Harness) {
    let firm = firm("鲁西软件").known_to(hufu);
    let last_year = graduate("赵早").hired_by(&firm).graduated(2021, 12, 31);
    check(hufu, last_year, "not entitled: GRADUATED_OUTSIDE_WINDOW 一(二)").await;
    let next_year = graduate("赵晚").hired_by(&firm).graduated(2023, 1, 1);
    check(hufu, next_year, "not entitled: GRADUATED_OUTSIDE_WINDOW 一(二)").await;
}

/// By the clock of China, the last moments in which one may apply, and the first in which one may not.
async fn case_10(submitted_at: &str, expected: &str) {
    let clock = |settings: &mut Settings| settings.node.story_clock = Some(submitted_at.parse().unwrap());
    Harness::tell_with(Database::Sqlite, clock, async |hufu| {
        let firm = firm("鲁西软件").known_to(hufu);
        let hired_late = graduate("王小明").hired_by(&firm).hired_on(2022, 12, 20).insured_in(12..=12);
        check(hufu, hired_late, expected).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_10_the_last_day_is_in_time() {
    case_10("2023-01-31T23:30:00+08:00", "150000 fen to the corporate account").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_10_the_day_after_is_too_late() {
    // In UTC it is still the last day.
    case_10("2023-02-01T00:00:00+08:00", "not entitled: APPLIED_TOO_LATE 四").await;
}

async fn case_11_stopped_contributions_are_held(hufu: &Harness) {
    let firm = firm("鲁西软件").known_to(hufu);
    let stopped = graduate("孙停缴").hired_by(&firm).insured_in(8..=9).with_standing(Standing::Suspended);
    check(hufu, stopped, "held: NOT_IN_GOOD_STANDING 一(二)").await;
}

async fn case_15_an_earlier_award_excludes(hufu: &Harness) {
    let firm = firm("鲁西软件").known_to(hufu);
    let awarded = graduate("周已领").hired_by(&firm).already_awarded(AwardKind::HiringSubsidy);
    check(hufu, awarded, "held: PERSON_ALREADY_AWARDED 五(二)").await;
    let suspect = hufu.office("371502").only_suspect().await;
    assert_eq!((suspect.rule.as_str(), suspect.clause.as_str()), ("person_already_awarded", "五(二)"));
    assert!(suspect.first.is_none(), "the other award is no claim of this node");
}

async fn another_name_under_the_number_is_held(hufu: &Harness) {
    let firm = firm("鲁西软件").known_to(hufu);
    let renamed = graduate("褚真名").hired_by(&firm).insured_as("褚假名");
    check(hufu, renamed, "held: PERSON_IDENTITY_DISAGREES 六(三)").await;
    assert_eq!(hufu.office("371502").only_suspect().await.rule, "person_identity_disagrees");
}

async fn case_17_another_account_is_held(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("鲁西软件").known_to(hufu);
    let graduate = graduate("吴转账").hired_by(&firm).known_to(hufu);
    let claim = graduate.claim().paid_to("62170000000000012").submit(&county).await;
    assert_eq!(verdict(&claim), "held: ACCOUNT_NOT_TAX_REGISTRY 二(二)");
    assert_eq!(county.only_suspect().await.rule, "account_not_tax_registry");
}

async fn the_tax_departments_account_may_be_named(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("鲁西软件").known_to(hufu);
    let account = firm.corporate_account.clone().unwrap();
    let claim = graduate("郑同账").hired_by(&firm).known_to(hufu).claim().paid_to(&account).submit(&county).await;
    assert_eq!(verdict(&claim), "150000 fen to the corporate account");
}

async fn case_18_the_contribution_account_stands_in(hufu: &Harness) {
    let county = hufu.office("371502");
    let only_contribution = firm("无对公户").without_corporate_account().with_contribution_account("37002000000000018");
    let firm = only_contribution.known_to(hufu);
    let claim = graduate("冯缴费").hired_by(&firm).known_to(hufu).claim().submit(&county).await;
    assert_eq!(verdict(&claim), "150000 fen to the contribution account");
    declare_risk_area(&county, "371502").await;
    let retention = workforce_of(&firm).submit(&county).await;
    assert_eq!(verdict(&retention), "held: NO_PAYEE_ACCOUNT 二(一)1");
}

on_both_databases![
    case_7_who_meets_everything_is_entitled,
    case_8_other_schools_do_not_count,
    case_9_other_years_do_not_count,
    case_11_stopped_contributions_are_held,
    case_15_an_earlier_award_excludes,
    another_name_under_the_number_is_held,
    case_17_another_account_is_held,
    the_tax_departments_account_may_be_named,
    case_18_the_contribution_account_stands_in,
];
