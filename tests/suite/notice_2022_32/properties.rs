//! What holds of every decision, tried on claims and evidence put together at random.

use hufu::domain::claim::{ClaimRoute, DispatchSide};
use hufu::domain::eligibility::assess::Assessment;
use hufu::domain::eligibility::evidence::*;
use hufu::domain::eligibility::verdict::Verdict;
use jiff::civil::date;
use proptest::array::{uniform3, uniform5, uniform10};
use proptest::bool::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::case::*;

/// One in five.
fn rarely() -> impl Strategy<Value = bool> {
    weighted(0.2)
}

/// Any of the items, and the first more often than not: a claim with everything wrong says little about any single rule.
fn mostly_first<T: Clone + std::fmt::Debug + 'static>(items: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let first = vec![items[0].clone()];
    let count = items.len();
    prop_oneof![3 => Just(first), 2 => subsequence(items, 0..=count)]
}

fn graduate_case() -> impl Strategy<Value = Case> {
    let adult = Diploma { institution_kind: InstitutionKind::Adult, ..diploma(date(2022, 3, 1)) };
    let studying = Diploma { certificate_issued: false, ..diploma(date(2022, 7, 1)) };
    let diplomas = vec![diploma(date(2022, 6, 30)), adult, studying, diploma(date(2019, 6, 30))];
    let unsigned = EmploymentContract { signed: false, ..contract(date(2022, 9, 1)) };
    let contracts = vec![contract(date(2022, 8, 1)), contract(date(2021, 7, 1)), unsigned];
    let standings =
        vec![(enterprise(1), Standing::Current), (enterprise(1), Standing::Ended), (enterprise(2), Standing::Ended)];
    let papers = (mostly_first(diplomas), mostly_first(contracts), mostly_first(standings), 0_usize..=3);
    let odds =
        (uniform10(rarely()), select(vec![Some(1), Some(1), Some(2), Some(9), None]), select(vec![Some(1), None]));
    (papers, odds).prop_map(|((diplomas, contracts, standings, months), (flags, claimed, corporate))| {
        let [automatic, late, dispatched, agency, unregistered, awarded, excluded, renamed, nameless, silent] = flags;
        let mut case = Case::graduate()
            .credential(|it| it.diplomas = diplomas)
            .employment(|it| it.contracts = contracts)
            .contributions(|it| it.standings = standings)
            .contributions(|it| it.months.truncate(months))
            .accounts(corporate, Some(2))
            .with(|it| it.claim.account = claimed.map(account));
        if dispatched {
            case = case.dispatched(|it| it.person.phone = it.person.phone.take().filter(|_| !silent));
        }
        if unregistered {
            case = case.employment(|it| it.registrations.clear());
        }
        if awarded {
            case = case.awarded(if excluded { AwardKind::HiringSubsidy } else { AwardKind::RetentionTraining }, "x");
        }
        if renamed {
            case = case.credential(|it| it.name = Some(name("李铭")));
        }
        if nameless {
            case = case.contributions(|it| it.name = None);
        }
        case = case.enrollment(|it| it.is_dispatch_agency = agency);
        route(case, automatic, late)
    })
}

fn workforce_case() -> impl Strategy<Value = Case> {
    let places =
        select(vec![(ZONE, ZONE), (ZONE, ZONE), (ZONE, QUIET), (QUIET, ZONE), (QUIET, QUIET), (QUIET, "371500")]);
    let what = (
        select(vec!["62", "6513", "72"]),
        select(vec![
            EntityType::Enterprise,
            EntityType::Enterprise,
            EntityType::LawFirm,
            EntityType::PublicInstitution,
        ]),
    );
    let worker = (any::<bool>(), 1_u16..5, select(vec![1_u8, 9]), select(vec![1_u8, 9]), uniform3(rarely()));
    let heads = (0_u32..9, 0_u32..3, 0_u32..9);
    (places, what, heads, prop::collection::vec(worker, 0..4), uniform5(rarely())).prop_map(
        |((enrolled, works), (sector, entity), (march, sent, october), workers, flags)| {
            let [automatic, late, agency, municipal, awarded] = flags;
            let mut case = Case::workforce()
                .headcount(month(2022, 3), march, sent)
                .headcount(month(2022, 10), october, 0)
                .enrollment(|it| {
                    (it.enrollment_region, it.place_of_business) = (region(enrolled), region(works));
                    (it.sector, it.entity_type, it.is_dispatch_agency) = (sector.to_owned(), entity, agency);
                    it.level = if municipal { EnrollmentLevel::Municipal } else { EnrollmentLevel::County };
                });
            for (index, (is_host, number, enrolled_by, funded_by, [taken, renamed, in_october])) in
                workers.into_iter().enumerate()
            {
                let side = if is_host { DispatchSide::Host } else { DispatchSide::Agency };
                let month = month(2022, if in_october { 10 } else { 3 });
                case = case.worker(side, number, month, enrolled_by, funded_by);
                if taken {
                    case = case.taken(index);
                }
                if renamed {
                    case =
                        case.with(|it| value(&mut it.evidence.persons[index].contributions).name = Some(name("王方")));
                }
            }
            if awarded {
                case = case.awarded(AwardKind::RetentionTraining, "x");
            }
            route(case, automatic, late)
        },
    )
}

fn route(case: Case, automatic: bool, late: bool) -> Case {
    let case = if late { case.received("2023-02-01T02:00:00Z") } else { case };
    case.with(|it| it.claim.route = if automatic { ClaimRoute::Automatic } else { ClaimRoute::SelfApplied })
}

fn any_case() -> impl Strategy<Value = Case> {
    prop_oneof![graduate_case(), workforce_case()]
}

/// Takes answers away, one for each set bit.
fn forget(case: &Case, mask: u32) -> Case {
    let mut bits = (0..u32::BITS).map(|bit| mask >> bit & 1 == 1);
    let mut lost = || bits.next().unwrap();
    fn drop_if<T>(lost: bool, answer: &mut Answer<T>) {
        if lost {
            *answer = Answer::Missing(MissingCause::Stale);
        }
    }
    case.clone().with(|it| {
        let enterprise = &mut it.evidence.enterprise;
        drop_if(lost(), &mut enterprise.accounts);
        drop_if(lost(), &mut enterprise.enrollment);
        drop_if(lost(), &mut enterprise.headcounts);
        drop_if(lost(), &mut enterprise.awards);
        for person in &mut it.evidence.persons {
            drop_if(lost(), &mut person.credential);
            drop_if(lost(), &mut person.contributions);
            drop_if(lost(), &mut person.employment);
            drop_if(lost(), &mut person.awards);
        }
    })
}

/// A few answers at a time: with half of them gone, hardly anything would still be decided.
fn few_bits() -> impl Strategy<Value = u32> {
    any::<[u32; 3]>().prop_map(|[a, b, c]| a & b & c)
}

/// Changes that no decision may notice.
fn disturb(case: &Case) -> Case {
    case.clone().headcount(month(2022, 2), 1_000, 0).headcount(month(2022, 12), 1_000, 7).with(|it| {
        it.evidence.declarations.push(declaration("410105", DeclarationKind::RiskArea, date(2022, 1, 1), None));
        it.evidence.declarations.push(declaration(ZONE, DeclarationKind::RiskArea, date(2022, 9, 1), None));
        it.evidence.declarations.reverse();
        for person in &mut it.evidence.persons {
            if let Answer::Known { value, .. } = &mut person.credential {
                value.diplomas.reverse();
            }
            if let Answer::Known { value, .. } = &mut person.contributions {
                value.months.push(contribution(month(2022, 12), 7, 7));
                value.standings.push((enterprise(7), Standing::Suspended));
                value.months.reverse();
            }
            if let Answer::Known { value, .. } = &mut person.employment {
                value.contracts.push(EmploymentContract { enterprise: enterprise(7), ..contract(date(2020, 1, 1)) });
                value.contracts.reverse();
            }
        }
        it.evidence.persons.push(PersonEvidence::not_asked());
    })
}

fn codes(assessment: &Assessment) -> Vec<&str> {
    match &assessment.verdict {
        Verdict::NotEntitled { reasons } | Verdict::Held { reasons, .. } => {
            reasons.iter().map(|it| it.code.as_str()).collect()
        }
        Verdict::Entitled { .. } | Verdict::Unknown { .. } => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Knowing less may leave a claim undecided, and never decides it otherwise. A refusal may have found one reason more.
    #[test]
    fn less_knowledge_never_turns_a_verdict(case in any_case(), mask in few_bits()) {
        let (full, partial) = (case.assess(), forget(&case, mask).assess());
        match (&full.verdict, &partial.verdict) {
            (_, Verdict::Unknown { missing }) => prop_assert!(!missing.is_empty()),
            (Verdict::NotEntitled { .. }, Verdict::NotEntitled { .. }) => {
                let told = codes(&full);
                prop_assert!(codes(&partial).iter().all(|code| told.contains(code)), "{partial:?} of {full:?}");
            }
            (full, partial) => prop_assert_eq!(full, partial),
        }
        prop_assert!(partial.findings.iter().all(|rule| full.findings.contains(rule)));
    }

    #[test]
    fn what_does_not_matter_changes_nothing(case in any_case(), mask in few_bits()) {
        let case = forget(&case, mask & 0b1011);
        prop_assume!(!matches!(case.evidence.enterprise.headcounts, Answer::Missing(_)));
        prop_assert_eq!(case.assess(), disturb(&case).assess());
    }

    #[test]
    fn the_same_inputs_give_the_same_bytes(case in any_case(), mask in few_bits()) {
        let case = forget(&case, mask);
        let bytes = serde_json::to_string(&case.assess()).unwrap();
        prop_assert_eq!(&bytes, &serde_json::to_string(&case.assess()).unwrap());
        let read: Assessment = serde_json::from_str(&bytes).unwrap();
        prop_assert_eq!(bytes, serde_json::to_string(&read).unwrap());
    }

    /// Suspects flag and hold. Whoever is refused would be refused without them.
    #[test]
    fn a_suspect_never_refuses(case in any_case()) {
        let cleared = case.clone().with(|it| {
            it.claim.account = None;
            it.evidence.units_taken.clear();
            it.evidence.enterprise.awards = known(Vec::new());
            for person in &mut it.evidence.persons {
                person.awards = known(Vec::new());
                if let Answer::Known { value, .. } = &mut person.credential {
                    value.name = None;
                }
                if let Answer::Known { value, .. } = &mut person.contributions {
                    value.name = None;
                }
            }
        });
        let is_refused = |case: &Case| matches!(case.assess().verdict, Verdict::NotEntitled { .. });
        prop_assert!(!is_refused(&case) || is_refused(&cleared));
    }
}
