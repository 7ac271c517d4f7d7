//! The worked cases, by number.

use hufu::domain::claim::{ClaimId, DispatchSide, Subject};
use hufu::domain::eligibility::evidence::*;
use hufu::domain::identity::ResidentId;
use hufu::domain::slot::{OnceKey, Precedence, slots_of};
use hufu::domain::suspect::{CollidingSlot, SlotContender, SuspectClaim, SuspectRule, rule_of_collision};
use jiff::civil::date;
use uuid::Uuid;

use super::case::*;

const CASE_7: &str = "1,500.00 for 1 to Corporate 1";

#[test]
fn case_01_a_zone_county_pays_by_the_month_of_its_first_listing() {
    check(Case::workforce().automatic(), "18,500.00 for 37 to Corporate 1");
}

/// Case 2: six days of static management, and a bookshop.
fn bookshop() -> Case {
    let six_days = declaration(QUIET, DeclarationKind::StaticManagement, date(2022, 5, 1), Some(date(2022, 5, 6)));
    let case = Case::workforce().seated(QUIET).with(|it| it.evidence.declarations.push(six_days));
    case.enrollment(|it| it.sector = "5243".to_owned()).headcount(month(2022, 5), 30, 0)
}

#[test]
fn case_02_six_days_do_not_count_and_retail_is_paid_by_the_month_of_application() {
    check(bookshop(), "6,000.00 for 12 to Corporate 1");
}

#[test]
fn case_03_a_software_firm_in_a_quiet_county_is_refused() {
    let software = bookshop().enrollment(|it| it.sector = "6513".to_owned());
    check(software, "refused: NEITHER_ZONE_NOR_HARD_HIT_SECTOR 一(一)");
}

#[test]
fn case_04_a_later_headcount_changes_nothing() {
    let shrunk = Case::workforce().automatic().headcount(month(2022, 11), 20, 0).headcount(month(2022, 12), 20, 0);
    check(shrunk, "18,500.00 for 37 to Corporate 1");
}

/// Case 5: the dispatch firm has 20 people of its own and sent 50 to the host.
fn dispatch_firm() -> Case {
    let firm = Case::workforce().seated(QUIET).enrollment(|it| it.is_dispatch_agency = true);
    firm.headcount(month(2022, 3), 70, 50).headcount(month(2022, 10), 70, 50)
}

/// Case 5: the host, with 10 people of its own and the 50 that enterprise 9 sent.
fn host() -> Case {
    let host = Case::workforce().headcount(month(2022, 3), 10, 0);
    (0..50).fold(host, |host, number| host.worker(DispatchSide::Host, number, month(2022, 3), 9, 1))
}

#[test]
fn case_05_the_host_counts_the_dispatched_workers_whom_it_funds() {
    check(dispatch_firm(), "refused: NEITHER_ZONE_NOR_HARD_HIT_SECTOR 一(一)");
    check(host(), "30,000.00 for 60 to Corporate 1");
}

#[test]
fn case_06_a_worker_on_both_rosters_stands_with_the_host_and_is_held_at_the_firm() {
    let roster = |side| Case::workforce().worker(side, 1, month(2022, 3), 1, 1).claim;
    let slots = |side| slots_of(&roster(side), "retention-training").remove(1);
    assert_eq!(slots(DispatchSide::Agency).key, slots(DispatchSide::Host).key);
    assert_eq!(slots(DispatchSide::Agency).precedence, Precedence::FirstReceipt);
    assert_eq!(slots(DispatchSide::Host).precedence, Precedence::FundingHost);
    let rule = rule_of_collision(&contender(1, ZONE), &contender(2, ZONE), CollidingSlot::Worker);
    assert_eq!(rule, SuspectRule::WorkerBothSides);

    let firm = dispatch_firm().seated(ZONE);
    let funded_by_host = firm.clone().worker(DispatchSide::Agency, 1, month(2022, 3), 1, 9).taken(0);
    check(funded_by_host, "10,000.00 for 20 to Corporate 1; held #0: WORKER_BOTH_SIDES 五(一)");
    let funded_by_firm = firm.worker(DispatchSide::Agency, 1, month(2022, 3), 1, 1).taken(0);
    check(funded_by_firm, "9,500.00 for 19 to Corporate 1; held #0: WORKER_BOTH_SIDES 五(一)");
}

#[test]
fn case_07_a_graduate_of_2022_is_worth_1500_yuan() {
    check(Case::graduate(), CASE_7);
    check(Case::graduate().automatic(), CASE_7);
}

#[test]
fn case_08_adult_education_and_self_study_are_not_regular() {
    for kind in [InstitutionKind::Adult, InstitutionKind::SelfStudy, InstitutionKind::Online] {
        let other = Case::graduate().diploma(|it| it.institution_kind = kind);
        check(other, "refused: NOT_REGULAR_INSTITUTION 一(二)");
    }
}

#[test]
fn case_09_graduated_a_day_too_early_or_too_late() {
    let graduated = |day| Case::graduate().diploma(|it| it.graduated_on = day);
    check(graduated(date(2021, 12, 31)), "refused: GRADUATED_OUTSIDE_WINDOW 一(二)");
    check(graduated(date(2022, 1, 1)), CASE_7);
    check(graduated(date(2022, 12, 31)), CASE_7);
    check(graduated(date(2023, 1, 1)), "refused: GRADUATED_OUTSIDE_WINDOW 一(二)");
}

#[test]
fn case_10_applications_are_taken_until_the_end_of_january_in_china() {
    let hired_late = Case::graduate()
        .employment(|it| {
            it.contracts = vec![contract(date(2022, 12, 20))];
            it.registrations[0].registered_on = date(2022, 12, 20);
        })
        .contributions(|it| it.months = vec![contribution(month(2022, 12), 1, 1)]);
    check(hired_late.clone().received("2023-01-31T15:59:59Z"), CASE_7);
    check(hired_late.clone().received("2023-01-31T16:00:00Z"), "refused: APPLIED_TOO_LATE 四");
    // Nobody applied, so nobody was late.
    check(hired_late.automatic().received("2023-01-31T16:00:00Z"), CASE_7);
}

#[test]
fn case_11_contributions_that_stopped_before_review_hold_the_claim() {
    for standing in [Standing::Suspended, Standing::Ended] {
        let stopped = Case::graduate().contributions(|it| it.standings[0].1 = standing);
        check(stopped, "held 1,500.00: NOT_IN_GOOD_STANDING 一(二)");
    }
}

fn contender(number: u8, county: &str) -> SlotContender {
    let claim_id = ClaimId(Uuid::from_u128(u128::from(number)));
    let received_at = instant("2022-10-09T02:00:00Z");
    SlotContender {
        claim: SuspectClaim { claim_id, region: region(county), received_at },
        enterprise: enterprise(number),
    }
}

/// How a collision at a graduate's slot is called, and the reason that the sheet holds the second claim for.
fn collision(first: (u8, &str), second: (u8, &str)) -> String {
    let contenders = [contender(first.0, first.1), contender(second.0, second.1)];
    let rule = rule_of_collision(&contenders[0], &contenders[1], CollidingSlot::Graduate);
    let reason = sheet("job-expansion-2022").reason_for(rule);
    format!("{} {} {}", rule.code(), reason.code, reason.clause)
}

#[test]
fn case_12_one_graduate_and_two_enterprises_want_one_slot() {
    let first = Case::graduate().claim;
    let second = Case::graduate().with(|it| it.claim.enterprise = enterprise(2)).claim;
    assert_eq!(slots_of(&first, "graduate-award"), slots_of(&second, "graduate-award"));
    assert_eq!(collision((1, ZONE), (2, QUIET)), "person_two_enterprises PERSON_TWO_ENTERPRISES 五(二)");
}

#[test]
fn case_14_the_same_claim_again_is_a_resubmission() {
    assert_eq!(collision((1, ZONE), (1, ZONE)), "person_resubmitted PERSON_RESUBMITTED 五(二)");
}

#[test]
fn case_15_a_hiring_subsidy_anywhere_before_holds_the_claim() {
    let held = "held 1,500.00: PERSON_ALREADY_AWARDED 五(二)";
    check(Case::graduate().awarded(AwardKind::HiringSubsidy, "x"), held);
    check(Case::graduate().awarded(AwardKind::JobExpansion, "x"), held);
    check_findings(Case::graduate().awarded(AwardKind::HiringSubsidy, "x"), &["person_already_awarded"]);
    // Retention training excludes nobody.
    check(Case::graduate().awarded(AwardKind::RetentionTraining, "x"), CASE_7);
}

#[test]
fn case_16_paid_in_shandong_and_claimed_in_henan() {
    assert_eq!(collision((1, ZONE), (2, "410105")), "person_two_provinces PERSON_TWO_PROVINCES 六(三)");
    // Not even the same enterprise may claim a graduate in two provinces.
    assert_eq!(collision((1, ZONE), (1, "410105")), "person_two_provinces PERSON_TWO_PROVINCES 六(三)");
}

#[test]
fn case_17_an_account_that_the_tax_department_does_not_name_holds_the_claim() {
    let foreign = |case: Case| case.with(|it| it.claim.account = Some(account(9)));
    check(foreign(Case::graduate()), "held 1,500.00: ACCOUNT_NOT_TAX_REGISTRY 二(二)");
    check(foreign(Case::workforce()), "held 18,500.00: ACCOUNT_NOT_TAX_REGISTRY 二(一)1");
    check_findings(foreign(Case::graduate()), &["account_not_tax_registry"]);
    // The contribution account may be paid for expansion, never for retention; and the corporate one goes first.
    let contribution = |case: Case| case.with(|it| it.claim.account = Some(account(2)));
    check(contribution(Case::graduate()), CASE_7);
    check(contribution(Case::workforce()), "held 18,500.00: ACCOUNT_NOT_TAX_REGISTRY 二(一)1");
}

#[test]
fn case_18_without_a_corporate_account_expansion_goes_to_the_contribution_account() {
    let without = |case: Case| case.accounts(None, Some(2)).with(|it| it.claim.account = None);
    check(without(Case::graduate()), "1,500.00 for 1 to Contribution 2");
    check(without(Case::workforce()), "held 18,500.00: NO_PAYEE_ACCOUNT 二(一)1");
    check(Case::graduate().accounts(None, None), "held 1,500.00: NO_PAYEE_ACCOUNT 二(二)");
    check_findings(Case::graduate().accounts(None, None), &[]);
}

#[test]
fn case_19_full_width_digits_and_a_small_x_are_the_same_person() {
    let clean = (0..1000)
        .map(|number| human(number, "李明").resident_id)
        .find(|it| it.as_str().ends_with('X'))
        .expect("one in eleven numbers ends with X");
    let widen = |it: char| char::from_u32(u32::from(it) + 0xFEE0).unwrap();
    let full_width: String = clean.as_str().chars().map(|it| if it == 'X' { 'x' } else { widen(it) }).collect();
    let key = |resident_id: ResidentId| {
        let claim = Case::graduate().with(|it| {
            let Subject::Graduate(graduate) = &mut it.claim.subject else { panic!("no graduate") };
            graduate.person.resident_id = resident_id;
        });
        slots_of(&claim.claim, "graduate-award").remove(0).key
    };
    assert_eq!(key(ResidentId::parse(&full_width).unwrap()), key(clean.clone()));
    assert_eq!(key(clean.clone()), OnceKey::Person(clean));
}
