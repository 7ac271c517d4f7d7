//! A table for each rule, and what holds of any evidence.

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::calendar::Month;
use crate::domain::claim::*;
use crate::domain::eligibility::evidence::*;
use crate::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};

fn firm(number: u32) -> Uscc {
    Uscc::from_body(&format!("91371500{number:09}")).unwrap()
}

fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

fn known<T>(value: T) -> Answer<T> {
    let at = Timestamp::UNIX_EPOCH;
    Answer::Known { value, as_of: at, received_at: at, reference: "r".into() }
}

fn person(who: &str) -> Person {
    let resident_id = ResidentId::from_parts("371502", date(2000, 1, 1), 7).unwrap();
    Person { name: name(who), resident_id, phone: Phone::parse("13844550001").ok() }
}

/// A claim with its evidence, to be changed before it is weighed.
#[derive(Clone, Debug)]
struct Told {
    claim: Claim,
    state: ClaimState,
    evidence: Evidence,
    unit: Option<usize>,
}

impl Told {
    /// A graduate claimed by a firm; the registries have not been asked.
    fn graduate(number: u32) -> Self {
        let graduate = Graduate {
            person: person("王小明"),
            graduated_on: None,
            contract_from: None,
            contract_until: None,
            dispatch: None,
        };
        Self::new(number, Subject::Graduate(graduate), None)
    }

    fn workforce(number: u32, side: DispatchSide) -> Self {
        let roster = vec![Worker { person: person("王小明"), side }];
        Self::new(number, Subject::Workforce(Workforce { claimed_headcount: Some(20), roster }), Some(0))
    }

    fn new(number: u32, subject: Subject, unit: Option<usize>) -> Self {
        let claim = Claim {
            claim_id: ClaimId(Uuid::from_u128(u128::from(number))),
            sheet_id: "job-expansion-2022".into(),
            route: ClaimRoute::SelfApplied,
            enterprise: firm(number),
            enterprise_name: EnterpriseName::parse(&format!("聊城{number}有限公司")).ok(),
            region: Region::parse("371502").unwrap(),
            account: BankAccount::parse(&format!("62170023400012{number:05}")).ok(),
            subject,
            received_at: Timestamp::from_second(1_665_363_600 + i64::from(number) * 86_400).unwrap(),
        };
        let evidence = Evidence {
            enterprise: EnterpriseEvidence::not_asked(),
            persons: vec![PersonEvidence::not_asked()],
            declarations: Vec::new(),
            units_taken: Vec::new(),
            decided_at: Timestamp::UNIX_EPOCH,
        };
        Self { claim, state: ClaimState::Held, evidence, unit }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn person(&mut self) -> &mut PersonEvidence {
        &mut self.evidence.persons[0]
    }

    fn graduate_mut(&mut self) -> &mut Graduate {
        let Subject::Graduate(graduate) = &mut self.claim.subject else { panic!("a graduate") };
        graduate
    }

    fn paid_at(mut self, firms: &[(u32, u32)]) -> Self {
        let month = |(enrolled, funded): &(u32, u32)| ContributionMonth {
            month: Month::new(2022, 7).unwrap(),
            enrolled_by: firm(*enrolled),
            funded_by: firm(*funded),
            paid: true,
        };
        let months = firms.iter().map(month).collect();
        let record = ContributionRecord { name: Some(name("王小明")), months, standings: Vec::new() };
        self.person().contributions = known(record);
        self
    }

    fn side(&self) -> Side<'_> {
        Side { claim: &self.claim, state: self.state, evidence: Some(&self.evidence), unit: self.unit }
    }
}

fn codes(weighed: &Weighed) -> Vec<&'static str> {
    weighed.pieces.iter().map(|piece| piece.sign.code()).collect()
}

#[track_caller]
fn check(rule: SuspectRule, first: Option<&Told>, second: &Told, expected: &[&str]) -> Weighed {
    let weighed = weigh(&Pair { rule, first: first.map(Told::side), second: second.side() });
    assert_eq!(codes(&weighed), expected);
    let total: i32 = weighed.pieces.iter().map(|piece| piece.sign.points()).sum();
    assert_eq!((weighed.total, weighed.weight), (total, weight_of(total)));
    weighed
}

#[test]
fn two_enterprises_claim_one_graduate() {
    let rule = SuspectRule::PersonTwoEnterprises;
    let (one, other) = (Told::graduate(1), Told::graduate(2));
    let bare = check(rule, Some(&one), &other, &["same_resident_id", "same_name", "same_phone"]);
    assert_eq!((bare.total, bare.weight), (650, 988));
    let enrolled = other.clone().paid_at(&[(1, 1)]);
    check(rule, Some(&one), &enrolled, &["same_resident_id", "enrolled_at_one_only", "same_name", "same_phone"]);
    let changed_jobs = other.clone().paid_at(&[(1, 1), (2, 2)]);
    check(rule, Some(&one), &changed_jobs, &["same_resident_id", "same_name", "same_phone", "enrolled_at_both"]);
    let mistyped = other.clone().with(|it| {
        it.graduate_mut().person.name = name("李四");
        it.graduate_mut().person.phone = Phone::parse("13844550002").ok();
    });
    check(rule, Some(&one), &mistyped, &["same_resident_id", "phone_differs", "name_differs"]);
    let agreed = other.clone().with(|it| {
        let paper = Some("2022-1".to_owned());
        it.graduate_mut().dispatch =
            Some(DispatchPapers { host: firm(1), dispatch_agreement: paper.clone(), sharing_agreement: paper });
    });
    check(rule, Some(&one), &agreed, &["same_resident_id", "same_name", "same_phone", "dispatch_agreed"]);
    let one_paper = agreed.clone().with(|it| {
        it.graduate_mut().dispatch.as_mut().unwrap().sharing_agreement = Some(" ".into());
    });
    check(rule, Some(&one), &one_paper, &["same_resident_id", "same_name", "same_phone"]);
    let withdrawn = other.clone().with(|it| it.state = ClaimState::Withdrawn);
    check(rule, Some(&one), &withdrawn, &["same_resident_id", "same_name", "same_phone", "one_gone"]);
    let (paid, entitled) =
        (one.with(|it| it.state = ClaimState::Paid), other.with(|it| it.state = ClaimState::Assessed));
    let expected = ["same_resident_id", "same_name", "both_on_the_way", "same_phone"];
    check(rule, Some(&paid), &entitled, &expected);
}

#[test]
fn two_provinces_claim_one_graduate() {
    let rule = SuspectRule::PersonTwoProvinces;
    let one = Told::graduate(1).with(|it| it.claim.region = Region::parse("411502").unwrap());
    let other = Told::graduate(2).with(|it| {
        it.claim.account = Told::graduate(1).claim.account;
        let contracts =
            vec![EmploymentContract { enterprise: firm(1), from: date(2022, 7, 1), until: None, signed: true }];
        it.person().employment = known(EmploymentRecord { registrations: Vec::new(), contracts });
        it.person().credential = known(CredentialRecord { name: Some(name("赵六")), diplomas: Vec::new() });
    });
    let expected =
        ["same_resident_id", "credential_disagrees", "same_account", "same_name", "employed_at_one_only", "same_phone"];
    let weighed = check(rule, Some(&one), &other, &expected);
    // What a province may be told of the other's claim follows from whose data a piece is of.
    let about: Vec<About> = weighed.pieces.iter().map(|piece| piece.about).collect();
    assert_eq!(about, [About::Rule, About::Second, About::Both, About::Both, About::Both, About::Both]);
}

#[test]
fn one_enterprise_sends_a_graduate_twice() {
    let rule = SuspectRule::PersonResubmitted;
    let one = Told::graduate(1);
    let again = Told::graduate(1).with(|it| it.claim.claim_id = ClaimId(Uuid::from_u128(9)));
    check(rule, Some(&one), &again, &["same_resident_id", "same_name", "same_phone", "same_day"]);
    let later = again.with(|it| it.claim.received_at = Told::graduate(5).claim.received_at);
    check(rule, Some(&one), &later, &["same_resident_id", "same_name", "same_phone"]);
}

#[test]
fn a_graduate_served_an_excluding_subsidy() {
    let rule = SuspectRule::PersonAlreadyAwarded;
    let award = |kind, enterprise: u32, reference: &str| Award {
        kind,
        enterprise: firm(enterprise),
        region: Region::parse("371500").unwrap(),
        awarded_on: date(2022, 8, 1),
        reference: reference.into(),
    };
    let told = |awards: Vec<Award>| Told::graduate(1).with(|it| it.person().awards = known(awards));
    check(rule, None, &told(vec![award(AwardKind::HiringSubsidy, 2, "a")]), &["award_recorded"]);
    let same = told(vec![award(AwardKind::JobExpansion, 1, "a")]);
    check(rule, None, &same, &["award_recorded", "award_same_subsidy", "award_same_enterprise"]);
    let own = Told::graduate(1).claim.claim_id.to_string();
    check(rule, None, &told(vec![award(AwardKind::JobExpansion, 1, &own)]), &["no_award"]);
    check(rule, None, &told(vec![award(AwardKind::RetentionTraining, 1, "a")]), &["no_award"]);
    check(rule, None, &Told::graduate(1), &[]);
}

#[test]
fn number_and_name_disagree_with_a_registry() {
    let rule = SuspectRule::PersonIdentityDisagrees;
    let registered = |who: &str| {
        Told::graduate(1).with(|it| {
            it.person().credential = known(CredentialRecord { name: Some(name(who)), diplomas: Vec::new() });
        })
    };
    check(rule, None, &registered("赵六"), &["credential_disagrees"]);
    check(rule, None, &registered("王小朋"), &["credential_disagrees", "name_nearly_same"]);
    let half = registered("赵六").paid_at(&[(1, 1)]).with(|it| {
        let Answer::Known { value, .. } = &mut it.person().contributions else { panic!("known") };
        value.standings = vec![(firm(1), Standing::Current)];
    });
    check(rule, None, &half, &["credential_disagrees", "enrolled", "insurance_agrees"]);
    let stopped = half.with(|it| {
        let Answer::Known { value, .. } = &mut it.person().contributions else { panic!("known") };
        value.standings = vec![(firm(1), Standing::Ended)];
        value.months.clear();
        value.name = None;
        it.person().employment = known(EmploymentRecord { registrations: Vec::new(), contracts: Vec::new() });
        it.state = ClaimState::Refused;
    });
    let expected =
        ["credential_disagrees", "not_enrolled", "not_employed", "number_unknown", "contributions_stopped", "gone"];
    check(rule, None, &stopped, &expected);
    // Of a roster, whoever a registry knows by another name.
    let roster = Told::workforce(1, DispatchSide::Host).paid_at(&[(2, 1)]).with(|it| {
        it.unit = None;
        let Answer::Known { value, .. } = &mut it.person().contributions else { panic!("known") };
        value.name = Some(name("赵六"));
    });
    check(rule, None, &roster, &["insurance_disagrees", "not_enrolled"]);
}

#[test]
fn one_enterprise_claims_retention_twice() {
    let rule = SuspectRule::EnterpriseTwice;
    let told = |region: &str| {
        Told::workforce(1, DispatchSide::Host).with(|it| {
            it.unit = None;
            it.claim.region = Region::parse(region).unwrap();
            it.evidence.enterprise.enrollment = known(EnterpriseEnrollment {
                name: EnterpriseName::parse("聊城1有限公司").unwrap(),
                entity_type: EntityType::Enterprise,
                sector: "6190".into(),
                level: EnrollmentLevel::County,
                enrollment_region: Region::parse("371502").unwrap(),
                place_of_business: Region::parse("371502").unwrap(),
                is_dispatch_agency: false,
            });
        })
    };
    let later = told("371503").with(|it| {
        it.claim.received_at = Told::graduate(5).claim.received_at;
        it.claim.route = ClaimRoute::Automatic;
    });
    check(rule, Some(&told("371502")), &later, &["same_enterprise", "enrolled_elsewhere", "routes_differ"]);
    let award = Award {
        kind: AwardKind::RetentionTraining,
        enterprise: firm(1),
        region: Region::parse("410000").unwrap(),
        awarded_on: date(2022, 8, 1),
        reference: "a".into(),
    };
    let alone = told("371502").with(|it| it.evidence.enterprise.awards = known(vec![award]));
    check(rule, None, &alone, &["award_recorded", "award_same_subsidy", "award_same_enterprise"]);
}

#[test]
fn a_worker_is_counted_on_both_sides() {
    let rule = SuspectRule::WorkerBothSides;
    let host = Told::workforce(1, DispatchSide::Host).paid_at(&[(2, 1)]);
    let agency = Told::workforce(2, DispatchSide::Agency);
    let expected = ["same_resident_id", "enrolled_at_one_only", "one_side_funds", "same_name", "same_phone"];
    check(rule, Some(&host), &agency, &expected);
}

#[test]
fn an_account_is_not_the_tax_registrys() {
    let rule = SuspectRule::AccountNotTaxRegistry;
    let told = |account: &str, registered: &str| {
        Told::graduate(1).with(|it| {
            let corporate = BankAccount::parse(account).ok();
            let name = EnterpriseName::parse(registered).ok();
            it.evidence.enterprise.accounts = known(TaxAccounts { corporate, contribution: None, name });
        })
    };
    check(rule, None, &told("6222020200001234567", "别的有限公司"), &["account_unknown", "tax_name_differs"]);
    let typo = ["account_unknown", "tax_name_agrees", "account_nearly_same"];
    check(rule, None, &told("6217002340001200011", "聊城1有限公司"), &typo);
    check(rule, None, &told("6217002340001200001", "聊城1有限公司"), &["tax_name_agrees", "account_known"]);
    check(rule, None, &Told::graduate(1), &[]);
}

#[test]
fn every_sign_has_words_and_a_code_of_its_own() {
    let codes: BTreeSet<&str> = Sign::ALL.iter().map(|sign| sign.code()).collect();
    assert_eq!(codes.len(), Sign::ALL.len());
    for sign in Sign::ALL {
        assert!(!sign.zh().is_ascii() && sign.en().is_ascii() && sign.points() != 0, "{sign:?}");
    }
}

#[test]
fn a_weight_is_the_share_that_is_true_at_these_odds() {
    for (total, weight) in [
        (0, 500),
        (100, 667),
        (50, 583),
        (200, 800),
        (-100, 333),
        (-50, 417),
        (650, 988),
        (1_100, 1_000),
        (-1_100, 0),
        (i32::MAX, 1_000),
        (i32::MIN, 0),
    ] {
        assert_eq!(weight_of(total), weight, "{total}");
    }
}

/// A told claim of which the registries said something or other, in some order.
fn any_told() -> impl Strategy<Value = Told> {
    let months = proptest::collection::vec((1..4_u32, 1..4_u32), 0..5);
    let names = prop_oneof![Just(None), Just(Some("王小明")), Just(Some("王小朋")), Just(Some("赵六"))];
    let states = proptest::sample::select(ClaimState::ALL.to_vec());
    let standings = proptest::collection::vec(
        (1..4_u32, proptest::sample::select(vec![Standing::Current, Standing::Suspended, Standing::Ended])),
        0..4,
    );
    let awards = proptest::collection::vec((0..3_u8, 1..4_u32), 0..4);
    (1..4_u32, months, names, states, standings, awards).prop_map(|(number, months, who, state, standings, awards)| {
        Told::graduate(number).paid_at(&months).with(|it| {
            it.state = state;
            let Answer::Known { value, .. } = &mut it.person().contributions else { return };
            value.name = who.map(name);
            value.standings = standings.into_iter().map(|(under, standing)| (firm(under), standing)).collect();
            let award = |(kind, enterprise): (u8, u32)| Award {
                kind: [AwardKind::JobExpansion, AwardKind::HiringSubsidy, AwardKind::RetentionTraining]
                    [usize::from(kind)],
                enterprise: firm(enterprise),
                region: Region::parse("371500").unwrap(),
                awarded_on: date(2022, 8, 1),
                reference: "a".into(),
            };
            it.person().awards = known(awards.into_iter().map(award).collect());
        })
    })
}

proptest! {
    #[test]
    fn the_order_of_answers_changes_nothing(
        first in proptest::option::of(any_told()), second in any_told(), rule in 0..8_usize, seed in 0..6_usize,
    ) {
        let rule = SuspectRule::ALL[rule];
        let weighed = weigh(&Pair { rule, first: first.as_ref().map(Told::side), second: second.side() });
        let turned = |told: &Told| told.clone().with(|it| {
            let Answer::Known { value, .. } = &mut it.person().contributions else { return };
            let turns = seed.checked_rem(value.months.len()).unwrap_or(0);
            value.months.rotate_left(turns);
            value.standings.reverse();
            let Answer::Known { value, .. } = &mut it.person().awards else { return };
            value.reverse();
        });
        let (first, second) = (first.as_ref().map(turned), turned(&second));
        let again = weigh(&Pair { rule, first: first.as_ref().map(Told::side), second: second.side() });
        prop_assert_eq!(weighed, again);
    }

    #[test]
    fn a_weight_stays_within_its_bounds_and_falls_with_each_piece_taken_away(
        first in proptest::option::of(any_told()), second in any_told(), rule in 0..8_usize,
    ) {
        let rule = SuspectRule::ALL[rule];
        let weighed = weigh(&Pair { rule, first: first.as_ref().map(Told::side), second: second.side() });
        prop_assert!(weighed.weight <= 1_000);
        let points: Vec<i32> = weighed.pieces.iter().map(|piece| piece.sign.points()).collect();
        prop_assert!(points.is_sorted_by(|a, b| a >= b), "strongest first");
        for taken in points {
            let left = weight_of(weighed.total - taken);
            let (lower, upper) = if taken > 0 { (left, weighed.weight) } else { (weighed.weight, left) };
            prop_assert!(lower <= upper);
        }
    }
}
