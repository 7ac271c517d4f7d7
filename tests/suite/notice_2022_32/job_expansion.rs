//! Job expansion, clause by clause: 一(二), 二(一)2, 二(二), 四, 五(二), 六(三).

use hufu::domain::claim::Subject;
use hufu::domain::eligibility::evidence::*;
use jiff::civil::date;

use super::case::*;

const PAID: &str = "1,500.00 for 1 to Corporate 1";

fn missing<T>() -> Answer<T> {
    Answer::Missing(MissingCause::Unavailable)
}

#[test]
fn clause_1_2_hired_within_2022() {
    let hired = |day| Case::graduate().employment(|it| it.contracts = vec![contract(day)]);
    check(hired(date(2021, 12, 31)), "refused: HIRED_OUTSIDE_WINDOW 一(二)");
    check(hired(date(2022, 1, 1)), PAID);
    check(hired(date(2022, 12, 31)), PAID);
    check(hired(date(2023, 1, 1)), "refused: HIRED_OUTSIDE_WINDOW 一(二)");
    // A contract before the year does not undo one within it, and an unsigned one says nothing beside a signed one.
    check(hired(date(2022, 8, 1)).employment(|it| it.contracts.push(contract(date(2021, 7, 1)))), PAID);
    let unsigned = EmploymentContract { signed: false, ..contract(date(2021, 7, 1)) };
    check(hired(date(2022, 8, 1)).employment(|it| it.contracts.push(unsigned)), PAID);
}

#[test]
fn clause_1_2_an_employment_contract_is_signed_with_this_enterprise() {
    let without = Case::graduate().employment(|it| it.contracts.clear());
    check(without, "refused: NO_EMPLOYMENT_CONTRACT 一(二)");
    let elsewhere = Case::graduate().employment(|it| it.contracts[0].enterprise = enterprise(2));
    check(elsewhere, "refused: NO_EMPLOYMENT_CONTRACT 一(二)");
    let unsigned = Case::graduate().employment(|it| it.contracts[0].signed = false);
    check(unsigned, "refused: NO_EMPLOYMENT_CONTRACT 一(二)");
    // Without a contract the registration says when the graduate was hired.
    let registered_before = Case::graduate().employment(|it| {
        it.contracts.clear();
        it.registrations[0].registered_on = date(2021, 9, 1);
    });
    check(registered_before, "refused: HIRED_OUTSIDE_WINDOW 一(二), NO_EMPLOYMENT_CONTRACT 一(二)");
}

#[test]
fn clause_1_2_the_employment_is_registered() {
    let without = Case::graduate().employment(|it| it.registrations.clear());
    check(without, "refused: EMPLOYMENT_NOT_REGISTERED 一(二)");
    let nowhere = Case::graduate().employment(|it| {
        it.registrations.clear();
        it.contracts.clear();
    });
    check(nowhere, "refused: NO_EMPLOYMENT_CONTRACT 一(二), EMPLOYMENT_NOT_REGISTERED 一(二)");
}

#[test]
fn clause_1_2_one_month_paid_by_this_enterprise() {
    let one = Case::graduate().contributions(|it| it.months.truncate(1));
    check(one.clone(), PAID);
    let refused = "refused: CONTRIBUTIONS_TOO_SHORT 一(二)";
    check(one.clone().contributions(|it| it.months[0].paid = false), refused);
    check(one.clone().contributions(|it| it.months[0].enrolled_by = enterprise(2)), refused);
    check(one.contributions(|it| it.months.clear()), refused);
}

#[test]
fn clause_1_2_no_standing_is_no_answer_about_it() {
    let silent = Case::graduate().contributions(|it| it.standings.clear());
    check(silent, "unknown: standing of insurance NotAnswered");
    let torn = Case::graduate().contributions(|it| it.standings.push((enterprise(1), Standing::Ended)));
    check(torn, "unknown: standing of insurance Unrecognized");
    let elsewhere = Case::graduate().contributions(|it| it.standings.push((enterprise(2), Standing::Ended)));
    check(elsewhere, PAID);
}

#[test]
fn clause_1_2_one_diploma_satisfies_everything_together() {
    let adult = Diploma { institution_kind: InstitutionKind::Adult, ..diploma(date(2022, 1, 10)) };
    let with_both =
        |first: Diploma, second: Diploma| Case::graduate().credential(|it| it.diplomas = vec![first, second]);
    check(with_both(adult.clone(), diploma(date(2022, 6, 30))), PAID);
    check(with_both(diploma(date(2022, 6, 30)), adult.clone()), PAID);
    // A regular diploma of 2019 and an adult one of 2022 are two halves that make no whole.
    let of_2019 = diploma(date(2019, 6, 30));
    check(with_both(of_2019.clone(), adult.clone()), "refused: NOT_REGULAR_INSTITUTION 一(二)");
    check(with_both(adult, of_2019), "refused: NOT_REGULAR_INSTITUTION 一(二)");
}

#[test]
fn clause_1_2_the_certificate_is_in_hand() {
    let studying = Case::graduate().diploma(|it| it.certificate_issued = false);
    check(studying, "refused: CERTIFICATE_NOT_ISSUED 一(二)");
    let none = Case::graduate().credential(|it| it.diplomas.clear());
    check(none, "refused: NO_DIPLOMA 一(二)");
    let not_known = Case::graduate().credential(|it| *it = CredentialRecord { name: None, diplomas: Vec::new() });
    check(not_known.clone(), "refused: NO_DIPLOMA 一(二)");
    check_findings(not_known, &[]);
}

#[test]
fn clause_2_2_the_corporate_account_goes_first() {
    check(Case::graduate().accounts(Some(1), None), PAID);
    check(Case::graduate().with(|it| it.claim.account = None), PAID);
    let down = Case::graduate().with(|it| it.evidence.enterprise.accounts = missing());
    check(down, "unknown: payee-account of tax-registry Unavailable");
}

#[test]
fn clause_5_2_a_dispatch_agency_must_apply() {
    let agency = Case::graduate().enrollment(|it| it.is_dispatch_agency = true);
    check(agency.clone(), PAID);
    check(agency.automatic(), "refused: DISPATCH_AGENCY_MUST_APPLY 五(二)");
    let unknown = Case::graduate().with(|it| it.evidence.enterprise.enrollment = missing());
    check(unknown.clone(), PAID);
    check(unknown.automatic(), "unknown: dispatch-agency of insurance Unavailable");
}

#[test]
fn clause_5_2_a_dispatched_graduate_comes_with_papers() {
    check(Case::graduate().dispatched(|_| {}), PAID);
    let without_agreement = Case::graduate().dispatched(|it| it.dispatch.as_mut().unwrap().dispatch_agreement = None);
    check(without_agreement, "held 1,500.00: DISPATCH_AGREEMENT_MISSING 五(二)");
    let blank =
        Case::graduate().dispatched(|it| it.dispatch.as_mut().unwrap().sharing_agreement = Some("  ".to_owned()));
    check(blank, "held 1,500.00: SHARING_AGREEMENT_MISSING 五(二)");
    let incomplete = "held 1,500.00: ROSTER_INCOMPLETE 五(二)";
    check(Case::graduate().dispatched(|it| it.person.phone = None), incomplete);
    check(Case::graduate().dispatched(|it| it.contract_from = None), incomplete);
    check(Case::graduate().dispatched(|it| it.graduated_on = None), incomplete);
    // A graduate of the enterprise itself needs none of it.
    let own = Case::graduate().with(|it| {
        let Subject::Graduate(graduate) = &mut it.claim.subject else { panic!("no graduate") };
        (graduate.contract_from, graduate.graduated_on, graduate.person.phone) = (None, None, None);
    });
    check(own, PAID);
}

#[test]
fn clause_5_2_the_host_may_have_registered_a_dispatched_graduate() {
    let by_host = Case::graduate().dispatched(|_| {}).employment(|it| it.registrations[0].enterprise = enterprise(2));
    check(by_host, PAID);
    let by_stranger =
        Case::graduate().dispatched(|_| {}).employment(|it| it.registrations[0].enterprise = enterprise(3));
    check(by_stranger, "refused: EMPLOYMENT_NOT_REGISTERED 一(二)");
}

#[test]
fn clause_5_2_an_award_that_is_this_claim_is_not_another_one() {
    let own = Case::graduate().claim.claim_id.to_string();
    check(Case::graduate().awarded(AwardKind::JobExpansion, &own), PAID);
    let down = Case::graduate().with(|it| it.evidence.persons[0].awards = missing());
    check(down, "unknown: already-awarded of award-history Unavailable");
}

#[test]
fn clause_6_3_a_name_that_disagrees_holds_and_never_refuses() {
    let held = "held 1,500.00: PERSON_IDENTITY_DISAGREES 六(三)";
    let at_credential = Case::graduate().credential(|it| it.name = Some(name("李铭")));
    check_findings(at_credential.clone(), &["person_identity_disagrees"]);
    check(at_credential, held);
    check(Case::graduate().contributions(|it| it.name = Some(name("李铭"))), held);
    // A registry that does not know the number contradicts nobody.
    check(Case::graduate().contributions(|it| it.name = None), PAID);
}

#[test]
fn a_refusal_does_not_wait_for_what_cannot_change_it() {
    let adult = Case::graduate().diploma(|it| it.institution_kind = InstitutionKind::Adult);
    let others_down = adult.with(|it| {
        it.evidence.persons[0].employment = missing();
        it.evidence.persons[0].contributions = missing();
        it.evidence.persons[0].awards = missing();
        it.evidence.enterprise.accounts = missing();
    });
    check(others_down, "refused: NOT_REGULAR_INSTITUTION 一(二)");
}

#[test]
fn everything_unknown_names_every_fact_and_its_owner() {
    let nothing = Case::graduate().with(|it| {
        it.evidence.enterprise = EnterpriseEvidence::not_asked();
        it.evidence.persons.clear();
    });
    check(
        nothing,
        "unknown: already-awarded of award-history NotAsked, certificate-issued of credential NotAsked, \
         contract-signed of employment NotAsked, credential-name-differs of credential NotAsked, \
         diploma-held of credential NotAsked, employment-registered of employment NotAsked, \
         graduated-on of credential NotAsked, hired-on of employment NotAsked, \
         institution-kind of credential NotAsked, insurance-name-differs of insurance NotAsked, \
         months-paid of insurance NotAsked, payee-account of tax-registry NotAsked, standing of insurance NotAsked",
    );
}

#[test]
fn several_holds_are_all_told() {
    let case = Case::graduate()
        .contributions(|it| it.standings[0].1 = Standing::Ended)
        .awarded(AwardKind::HiringSubsidy, "x")
        .with(|it| it.claim.account = Some(account(9)));
    check(
        case,
        "held 1,500.00: NOT_IN_GOOD_STANDING 一(二), PERSON_ALREADY_AWARDED 五(二), ACCOUNT_NOT_TAX_REGISTRY 二(二)",
    );
}

#[test]
fn a_sheet_of_the_other_subsidy_decides_nothing() {
    let astray = Case::graduate().with(|it| it.claim.sheet_id = "retention-training-2022".to_owned());
    check(astray, "unknown: subject of claimant Unrecognized");
}
