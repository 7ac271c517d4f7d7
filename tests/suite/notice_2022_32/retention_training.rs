//! Retention training, clause by clause: 一(一), 二(一)1, 四, 五(一), 六(三).

use hufu::domain::claim::DispatchSide;
use hufu::domain::eligibility::evidence::*;
use jiff::civil::date;

use super::case::*;

const MARCH: &str = "18,500.00 for 37 to Corporate 1";
const NO_ZONE: &str = "refused: COUNTY_WITHOUT_ZONE 二(一)1";
const NEITHER: &str = "refused: NEITHER_ZONE_NOR_HARD_HIT_SECTOR 一(一)";

/// An automatic claim under declarations of its own, with as many heads in every month as its number.
fn declared(declarations: Vec<Declaration>) -> Case {
    let case = Case::workforce().automatic().with(|it| it.evidence.declarations = declarations);
    (1..=12).fold(case, |case, number: i8| case.headcount(month(2022, number), number.unsigned_abs().into(), 0))
}

/// The verdict on so many heads.
fn heads(count: u32) -> String {
    let yuan = count * 500;
    let text = if yuan < 1_000 { yuan.to_string() } else { format!("{},{:03}", yuan / 1_000, yuan % 1_000) };
    format!("{text}.00 for {count} to Corporate 1")
}

#[test]
fn clause_1_1_seven_days_of_static_management_are_enough() {
    let managed =
        |day| vec![declaration(ZONE, DeclarationKind::StaticManagement, date(2022, 5, 1), Some(date(2022, 5, day)))];
    check(declared(managed(6)), NO_ZONE);
    check(declared(managed(7)), &heads(5));
    // Two short periods make no long one.
    let mut two = managed(6);
    two.extend(vec![declaration(ZONE, DeclarationKind::StaticManagement, date(2022, 5, 7), Some(date(2022, 5, 12)))]);
    check(declared(two), NO_ZONE);
}

#[test]
fn clause_1_1_what_goes_on_counts_up_to_the_day_of_decision() {
    let going_on = |from| declared(vec![declaration(ZONE, DeclarationKind::StaticManagement, from, None)]);
    let decided = |case: Case, at: &str| case.with(|it| it.evidence.decided_at = instant(at));
    check(decided(going_on(date(2022, 9, 1)), "2022-09-06T15:59:59Z"), NO_ZONE);
    check(decided(going_on(date(2022, 9, 1)), "2022-09-06T16:00:00Z"), &heads(9));
    // Days announced are not yet days managed, and a risk area announced is not yet one.
    let announced = |kind| declared(vec![declaration(ZONE, kind, date(2022, 9, 5), Some(date(2022, 9, 20)))]);
    check(decided(announced(DeclarationKind::StaticManagement), "2022-09-07T02:00:00Z"), NO_ZONE);
    check(decided(announced(DeclarationKind::RiskArea), "2022-09-04T02:00:00Z"), NO_ZONE);
    check(decided(announced(DeclarationKind::RiskArea), "2022-09-05T02:00:00Z"), &heads(9));
}

#[test]
fn clause_1_1_only_2022_counts() {
    let listed = |from, until| vec![declaration(ZONE, DeclarationKind::RiskArea, from, Some(until))];
    check(declared(listed(date(2021, 12, 1), date(2021, 12, 31))), NO_ZONE);
    check(declared(listed(date(2021, 12, 1), date(2022, 1, 1))), &heads(1));
    let at_the_end = |from| {
        declared(listed(from, date(2023, 1, 9))).with(|it| it.evidence.decided_at = instant("2023-01-10T02:00:00Z"))
    };
    check(at_the_end(date(2022, 12, 31)), &heads(12));
    check(at_the_end(date(2023, 1, 1)), NO_ZONE);
}

#[test]
fn clause_5_1_the_first_listing_of_the_year_sets_the_month() {
    let twice = vec![
        declaration(ZONE, DeclarationKind::RiskArea, date(2022, 8, 20), Some(date(2022, 8, 30))),
        declaration(ZONE, DeclarationKind::StaticManagement, date(2022, 4, 28), Some(date(2022, 5, 6))),
        declaration(ZONE, DeclarationKind::StaticManagement, date(2022, 2, 1), Some(date(2022, 2, 6))),
        declaration(QUIET, DeclarationKind::RiskArea, date(2022, 1, 5), None),
    ];
    check(declared(twice), &heads(4));
}

#[test]
fn a_declaration_for_the_city_covers_its_counties() {
    check(declared(vec![declaration("371500", DeclarationKind::RiskArea, date(2022, 6, 1), None)]), &heads(6));
    check(declared(vec![declaration("370100", DeclarationKind::RiskArea, date(2022, 6, 1), None)]), NO_ZONE);
}

#[test]
fn clause_1_1_the_five_sectors_by_their_codes() {
    let applies = |sector: &str| Case::workforce().seated(QUIET).enrollment(|it| it.sector = sector.to_owned());
    for sector in ["62", "6210", "52", "5211", "7291", "785", "7861", "56", "5611", "53", "5412", "5521"] {
        check(applies(sector), "6,000.00 for 12 to Corporate 1");
    }
    for sector in ["51", "6110", "7281", "787", "57", "6513"] {
        check(applies(sector), NEITHER);
    }
    // A division alone does not say whether the class is a travel agency.
    check(applies("72"), "unknown: sector of insurance Unrecognized");
    check(applies(""), "unknown: sector of insurance Unrecognized");
}

#[test]
fn clause_1_1_units_treated_like_enterprises() {
    let quiet = |entity_type| Case::workforce().seated(QUIET).enrollment(|it| it.entity_type = entity_type);
    let zone = |entity_type| Case::workforce().automatic().enrollment(|it| it.entity_type = entity_type);
    for entity in [
        EntityType::SocialOrganization,
        EntityType::Foundation,
        EntityType::SocialServiceInstitution,
        EntityType::LawFirm,
        EntityType::AccountingFirm,
        EntityType::IndividualBusiness,
    ] {
        check(quiet(entity), "6,000.00 for 12 to Corporate 1");
        check(zone(entity), MARCH);
    }
    check(zone(EntityType::PublicInstitution), "refused: ENTITY_NOT_COVERED 一(一)");
}

#[test]
fn clause_1_1_nobody_insured_is_nobody_to_pay_for() {
    let empty = Case::workforce().automatic().headcount(month(2022, 3), 0, 0);
    check(empty, "refused: NO_CONTRIBUTING_WORKER 一(一)");
    let silent = Case::workforce().with(|it| {
        value(&mut it.evidence.enterprise.headcounts).remove(&month(2022, 3));
    });
    check(silent, "unknown: heads of insurance NotAnswered");
    let impossible = Case::workforce().headcount(month(2022, 3), 3, 5);
    check(impossible, "unknown: heads of insurance Unrecognized");
}

#[test]
fn clause_2_1_applying_in_a_zone_county_is_paid_by_the_zone() {
    check(Case::workforce(), MARCH);
    check(Case::workforce().enrollment(|it| it.sector = "6210".to_owned()), MARCH);
    check(Case::workforce().seated(QUIET).automatic(), NO_ZONE);
}

#[test]
fn clause_4_applications_end_with_the_year() {
    check(Case::workforce().received("2022-12-31T15:59:59Z"), MARCH);
    check(Case::workforce().received("2022-12-31T16:00:00Z"), "refused: APPLIED_TOO_LATE 四");
    check(Case::workforce().automatic().received("2022-12-31T16:00:00Z"), MARCH);
}

#[test]
fn clause_5_1_whose_county_decides() {
    let split = |enrolled: &str, works: &str| {
        Case::workforce().automatic().enrollment(|it| {
            (it.enrollment_region, it.place_of_business) = (region(enrolled), region(works));
        })
    };
    check(split(ZONE, QUIET), MARCH);
    check(split(QUIET, ZONE), NO_ZONE);
    let municipal = |works: &str| split("371500", works).enrollment(|it| it.level = EnrollmentLevel::Municipal);
    check(municipal(ZONE), MARCH);
    check(municipal(QUIET), NO_ZONE);
    check(municipal("371500"), "unknown: zone of insurance Unrecognized");
}

#[test]
fn clause_5_1_a_dispatch_agency_counts_its_own_staff_where_it_works() {
    let agency = Case::workforce().enrollment(|it| it.is_dispatch_agency = true).headcount(month(2022, 3), 70, 50);
    check(agency.clone(), "10,000.00 for 20 to Corporate 1");
    check(agency.clone().automatic(), "refused: DISPATCH_AGENCY_MUST_APPLY 五(一)");
    check(agency.clone().enrollment(|it| it.place_of_business = region(QUIET)), NEITHER);
    let enrolled_elsewhere = agency.enrollment(|it| it.enrollment_region = region(QUIET));
    check(enrolled_elsewhere, "10,000.00 for 20 to Corporate 1");
}

fn agency_with(enrolled_by: u8, funded_by: u8) -> Case {
    let agency = Case::workforce().enrollment(|it| it.is_dispatch_agency = true).headcount(month(2022, 3), 70, 50);
    agency.worker(DispatchSide::Agency, 1, month(2022, 3), enrolled_by, funded_by)
}

#[test]
fn clause_5_1_a_named_worker_of_a_host_is_not_taken_away_twice() {
    check(agency_with(1, 1), "10,000.00 for 20 to Corporate 1");
    let funded_by_host = "10,000.00 for 20 to Corporate 1; not #0: WORKER_FUNDED_BY_ANOTHER 五(一)";
    check(agency_with(1, 9), funded_by_host);
    // Where the database has not counted the host's workers, the roster has.
    check(agency_with(1, 9).headcount(month(2022, 3), 21, 0), funded_by_host);
    let other_month = agency_with(1, 1).with(|it| {
        value(&mut it.evidence.persons[0].contributions).months[0].month = month(2022, 4);
    });
    check(other_month, "10,000.00 for 20 to Corporate 1; not #0: WORKER_NOT_PAID 五(一)");
}

fn host_with(enrolled_by: u8, funded_by: u8) -> Case {
    Case::workforce().worker(DispatchSide::Host, 1, month(2022, 3), enrolled_by, funded_by)
}

#[test]
fn clause_5_1_a_host_counts_whom_it_funds() {
    check(host_with(9, 1), "19,000.00 for 38 to Corporate 1");
    check(host_with(9, 9), "18,500.00 for 37 to Corporate 1; not #0: WORKER_FUNDED_BY_ANOTHER 五(一)");
    check(host_with(1, 1), "18,500.00 for 37 to Corporate 1; not #0: WORKER_ALREADY_COUNTED 五(一)");
    let unpaid = host_with(9, 1).with(|it| value(&mut it.evidence.persons[0].contributions).months[0].paid = false);
    check(unpaid, "18,500.00 for 37 to Corporate 1; not #0: WORKER_NOT_PAID 五(一)");
    let twice = host_with(9, 1).worker(DispatchSide::Host, 1, month(2022, 3), 9, 1);
    check(twice, "19,000.00 for 38 to Corporate 1; not #1: WORKER_ALREADY_COUNTED 五(一)");
    let taken = host_with(9, 1).taken(0);
    check(taken, "18,500.00 for 37 to Corporate 1; held #0: WORKER_BOTH_SIDES 五(一)");
    let unknown = host_with(9, 1).with(|it| {
        it.evidence.persons[0].contributions = Answer::Missing(MissingCause::Unavailable);
    });
    check(unknown.clone(), "unknown: worker-contributions of insurance Unavailable");
    check(unknown.taken(0), "18,500.00 for 37 to Corporate 1; held #0: WORKER_BOTH_SIDES 五(一)");
}

#[test]
fn clause_5_1_workers_sent_to_a_host_are_judged_where_the_host_works() {
    let apart = |enrolled: &str, works: &str, sent_in| {
        Case::workforce().worker(DispatchSide::Host, 1, sent_in, 9, 1).enrollment(|it| {
            (it.enrollment_region, it.place_of_business) = (region(enrolled), region(works));
        })
    };
    let own_alone = "18,500.00 for 37 to Corporate 1; not #0: NEITHER_ZONE_NOR_HARD_HIT_SECTOR 一(一)";
    check(apart(ZONE, QUIET, month(2022, 10)), own_alone);
    check(apart(QUIET, ZONE, month(2022, 3)), "500.00 for 1 to Corporate 1");
    check(apart(QUIET, QUIET, month(2022, 3)), NEITHER);
    // Each part has its own month: own staff by March, the workers by October, because catering may apply anywhere.
    let catering = apart(ZONE, QUIET, month(2022, 10)).enrollment(|it| it.sector = "62".to_owned());
    check(catering, "19,000.00 for 38 to Corporate 1");
}

#[test]
fn clause_5_1_a_host_without_own_staff_has_the_workers_it_funds() {
    let host = host_with(9, 1).headcount(month(2022, 3), 0, 0);
    check(host.clone(), "500.00 for 1 to Corporate 1");
    // A hold on the only head holds the claim: a suspect never refuses.
    check(host.clone().taken(0), "held 500.00: WORKER_BOTH_SIDES 五(一)");
    let renamed = host.with(|it| value(&mut it.evidence.persons[0].contributions).name = Some(name("王方")));
    check_findings(renamed.clone(), &["person_identity_disagrees"]);
    check(renamed, "held 500.00: PERSON_IDENTITY_DISAGREES 六(三)");
}

#[test]
fn clause_6_3_a_worker_whose_name_disagrees_is_held_alone() {
    let rename =
        |case: Case| case.with(|it| value(&mut it.evidence.persons[0].contributions).name = Some(name("王方")));
    check(rename(host_with(9, 1)), "18,500.00 for 37 to Corporate 1; held #0: PERSON_IDENTITY_DISAGREES 六(三)");
    check(rename(agency_with(1, 1)), "9,500.00 for 19 to Corporate 1; held #0: PERSON_IDENTITY_DISAGREES 六(三)");
}

#[test]
fn an_enterprise_has_retention_training_once() {
    let before = Case::workforce().awarded(AwardKind::RetentionTraining, "x");
    check_findings(before.clone(), &["enterprise_twice"]);
    check(before, "held 18,500.00: ENTERPRISE_TWICE 五(一)");
    let own = Case::workforce().claim.claim_id.to_string();
    check(Case::workforce().awarded(AwardKind::RetentionTraining, &own), MARCH);
    check(Case::workforce().awarded(AwardKind::JobExpansion, "x"), MARCH);
}

#[test]
fn everything_unknown_names_every_fact_and_its_owner() {
    let nothing = Case::workforce().with(|it| it.evidence.enterprise = EnterpriseEvidence::not_asked());
    check(
        nothing.clone(),
        "unknown: already-awarded of award-history NotAsked, entity-type of insurance NotAsked, \
         payee-account of tax-registry NotAsked, sector of insurance NotAsked, zone of insurance NotAsked",
    );
    check(nothing.received("2023-01-05T02:00:00Z"), "refused: APPLIED_TOO_LATE 四");
}
