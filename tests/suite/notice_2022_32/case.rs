//! A claim with everything right, to be spoiled by a test, and verdicts in one line.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hufu::domain::calendar::Month;
use hufu::domain::claim::{
    Claim, ClaimId, ClaimRoute, DispatchPapers, DispatchSide, Graduate, Person, Subject, Worker, Workforce,
};
use hufu::domain::eligibility::assess::{Assessment, assess};
use hufu::domain::eligibility::evidence::*;
use hufu::domain::eligibility::verdict::{Reason, Verdict};
use hufu::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};
use hufu::domain::policy::sheet::{Catalog, Sheet};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

/// A county with a zone in [`Case::workforce`], and one without.
pub(super) const ZONE: &str = "371502";
pub(super) const QUIET: &str = "371521";

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) claim: Claim,
    pub(super) evidence: Evidence,
}

impl Case {
    /// Worked case 7: everything right for 1,500 yuan, applied for in October.
    pub(super) fn graduate() -> Self {
        let mut person = PersonEvidence::not_asked();
        person.credential =
            known(CredentialRecord { name: Some(name("李明")), diplomas: vec![diploma(date(2022, 6, 30))] });
        let months = (8..=10).map(|it| contribution(month(2022, it), 1, 1)).collect();
        let standings = vec![(enterprise(1), Standing::Current)];
        person.contributions = known(ContributionRecord { name: Some(name("李明")), months, standings });
        person.employment = known(EmploymentRecord {
            registrations: vec![EmploymentRegistration { enterprise: enterprise(1), registered_on: date(2022, 8, 3) }],
            contracts: vec![contract(date(2022, 8, 1))],
        });
        person.awards = known(Vec::new());
        let graduate = Graduate {
            person: human(1, "李明"),
            graduated_on: Some(date(2022, 6, 30)),
            contract_from: Some(date(2022, 8, 1)),
            contract_until: None,
            dispatch: None,
        };
        Self::of("job-expansion-2022", Subject::Graduate(graduate), vec![person])
    }

    /// Worked case 1: 18,500 yuan by the zone of March 2022, self-applied in October.
    pub(super) fn workforce() -> Self {
        let subject = Subject::Workforce(Workforce { claimed_headcount: None, roster: Vec::new() });
        let mut case = Self::of("retention-training-2022", subject, Vec::new());
        case.evidence.declarations = vec![
            declaration(ZONE, DeclarationKind::RiskArea, date(2022, 3, 14), Some(date(2022, 3, 28))),
            declaration(ZONE, DeclarationKind::StaticManagement, date(2022, 4, 2), Some(date(2022, 4, 8))),
        ];
        case.headcount(month(2022, 3), 37, 0).headcount(month(2022, 4), 45, 0).headcount(month(2022, 10), 12, 0)
    }

    fn of(sheet_id: &str, subject: Subject, persons: Vec<PersonEvidence>) -> Self {
        let accounts = TaxAccounts { corporate: Some(account(1)), contribution: Some(account(2)), name: None };
        let enrollment = EnterpriseEnrollment {
            name: EnterpriseName::parse("聊城某某有限公司").unwrap(),
            entity_type: EntityType::Enterprise,
            sector: "6513".to_owned(),
            level: EnrollmentLevel::County,
            enrollment_region: region(ZONE),
            place_of_business: region(ZONE),
            is_dispatch_agency: false,
        };
        let claim = Claim {
            claim_id: ClaimId(Uuid::from_u128(7)),
            sheet_id: sheet_id.to_owned(),
            route: ClaimRoute::SelfApplied,
            enterprise: enterprise(1),
            enterprise_name: None,
            region: region(ZONE),
            account: Some(account(1)),
            subject,
            received_at: instant("2022-10-09T02:00:00Z"),
        };
        let evidence = Evidence {
            enterprise: EnterpriseEvidence {
                accounts: known(accounts),
                enrollment: known(enrollment),
                headcounts: known(BTreeMap::new()),
                awards: known(Vec::new()),
            },
            persons,
            declarations: Vec::new(),
            units_taken: Vec::new(),
            decided_at: instant("2022-11-01T02:00:00Z"),
        };
        Self { claim, evidence }
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(super) fn automatic(self) -> Self {
        self.with(|it| it.claim.route = ClaimRoute::Automatic)
    }

    pub(super) fn received(self, at: &str) -> Self {
        self.with(|it| it.claim.received_at = instant(at))
    }

    pub(super) fn headcount(self, month: Month, contributing: u32, funded_by_hosts: u32) -> Self {
        self.with(|it| {
            value(&mut it.evidence.enterprise.headcounts).insert(month, Headcount { contributing, funded_by_hosts });
        })
    }

    pub(super) fn enrollment(self, change: impl FnOnce(&mut EnterpriseEnrollment)) -> Self {
        self.with(|it| change(value(&mut it.evidence.enterprise.enrollment)))
    }

    /// Enrolls and seats the enterprise in a county.
    pub(super) fn seated(self, county: &str) -> Self {
        self.enrollment(|it| (it.enrollment_region, it.place_of_business) = (region(county), region(county)))
    }

    pub(super) fn credential(self, change: impl FnOnce(&mut CredentialRecord)) -> Self {
        self.with(|it| change(value(&mut it.evidence.persons[0].credential)))
    }

    /// Spoils the one diploma.
    pub(super) fn diploma(self, change: impl FnOnce(&mut Diploma)) -> Self {
        self.credential(|it| change(&mut it.diplomas[0]))
    }

    pub(super) fn employment(self, change: impl FnOnce(&mut EmploymentRecord)) -> Self {
        self.with(|it| change(value(&mut it.evidence.persons[0].employment)))
    }

    pub(super) fn contributions(self, change: impl FnOnce(&mut ContributionRecord)) -> Self {
        self.with(|it| change(value(&mut it.evidence.persons[0].contributions)))
    }

    pub(super) fn awarded(self, kind: AwardKind, reference: &str) -> Self {
        let award = Award {
            kind,
            enterprise: enterprise(8),
            region: region("410100"),
            awarded_on: date(2022, 7, 1),
            reference: reference.to_owned(),
        };
        self.with(|it| match it.claim.subject {
            Subject::Graduate(_) => value(&mut it.evidence.persons[0].awards).push(award),
            Subject::Workforce(_) => value(&mut it.evidence.enterprise.awards).push(award),
        })
    }

    pub(super) fn accounts(self, corporate: Option<u8>, contribution: Option<u8>) -> Self {
        let accounts =
            TaxAccounts { corporate: corporate.map(account), contribution: contribution.map(account), name: None };
        self.with(|it| it.evidence.enterprise.accounts = known(accounts))
    }

    /// Sends the graduate to enterprise 2, with all papers.
    pub(super) fn dispatched(self, change: impl FnOnce(&mut Graduate)) -> Self {
        let mut case = self.enrollment(|it| it.is_dispatch_agency = true);
        if let Subject::Graduate(graduate) = &mut case.claim.subject {
            let named = |it: &str| Some(it.to_owned());
            graduate.dispatch = Some(DispatchPapers {
                host: enterprise(2),
                dispatch_agreement: named("派遣-2022-1"),
                sharing_agreement: named("分配-2022-1"),
            });
            change(graduate);
        }
        case
    }

    /// Adds a worker to the roster, whose contribution of one month was paid.
    pub(super) fn worker(self, side: DispatchSide, number: u16, month: Month, enrolled_by: u8, funded_by: u8) -> Self {
        self.with(|it| {
            let Subject::Workforce(workforce) = &mut it.claim.subject else { panic!("no workforce") };
            workforce.roster.push(Worker { person: human(number, "王芳"), side });
            let months = vec![contribution(month, enrolled_by, funded_by)];
            let mut person = PersonEvidence::not_asked();
            person.contributions =
                known(ContributionRecord { name: Some(name("王芳")), months, standings: Vec::new() });
            it.evidence.persons.push(person);
        })
    }

    pub(super) fn taken(self, index: usize) -> Self {
        self.with(|it| it.evidence.units_taken.push(index))
    }

    pub(super) fn assess(&self) -> Assessment {
        assess(&self.claim, sheet(&self.claim.sheet_id), &self.evidence)
    }
}

/// Holds a case to its verdict in one line.
pub(super) fn check(case: Case, expected: &str) {
    assert_eq!(said(&case.assess().verdict), expected);
}

/// Holds a case to its findings.
pub(super) fn check_findings(case: Case, expected: &[&str]) {
    let findings: Vec<_> = case.assess().findings.into_iter().map(|rule| rule.code()).collect();
    assert_eq!(findings, expected);
}

/// A verdict in one line, reasons with their clauses.
pub(super) fn said(verdict: &Verdict) -> String {
    let cite = |it: &Reason| format!("{} {}", it.code, it.clause);
    let list = |reasons: &[Reason]| reasons.iter().map(cite).collect::<Vec<_>>().join(", ");
    match verdict {
        Verdict::Entitled { amount, units, payee, uncounted } => {
            let held = |it: bool| if it { "held" } else { "not" };
            let left: Vec<_> =
                uncounted.iter().map(|it| format!("; {} #{}: {}", held(it.held), it.index, cite(&it.reason))).collect();
            let account = payee.account.as_str().chars().last().unwrap();
            format!("{} for {units} to {:?} {account}{}", amount.yuan_text(), payee.kind, left.concat())
        }
        Verdict::NotEntitled { reasons } => format!("refused: {}", list(reasons)),
        Verdict::Held { reasons, amount } => format!("held {}: {}", amount.yuan_text(), list(reasons)),
        Verdict::Unknown { missing } => {
            let missing = missing.iter().map(|it| format!("{} of {} {:?}", it.fact, it.owner.code(), it.cause));
            format!("unknown: {}", missing.collect::<Vec<_>>().join(", "))
        }
    }
}

pub(super) fn sheet(id: &str) -> &'static Sheet {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::shipped().unwrap());
    CATALOG.get(id).unwrap()
}

pub(super) fn known<T>(value: T) -> Answer<T> {
    let at = instant("2022-11-01T01:00:00Z");
    Answer::Known { value, as_of: at, received_at: at, reference: "r".to_owned() }
}

pub(super) fn value<T>(answer: &mut Answer<T>) -> &mut T {
    match answer {
        Answer::Known { value, .. } => value,
        Answer::Missing(cause) => panic!("missing: {cause:?}"),
    }
}

pub(super) fn diploma(graduated_on: Date) -> Diploma {
    Diploma {
        institution: "聊城大学".to_owned(),
        institution_kind: InstitutionKind::Regular,
        graduated_on,
        certificate_issued: true,
        certificate_number: format!("10447{graduated_on}"),
    }
}

pub(super) fn contract(from: Date) -> EmploymentContract {
    EmploymentContract { enterprise: enterprise(1), from, until: None, signed: true }
}

pub(super) fn contribution(month: Month, enrolled_by: u8, funded_by: u8) -> ContributionMonth {
    ContributionMonth { month, enrolled_by: enterprise(enrolled_by), funded_by: enterprise(funded_by), paid: true }
}

pub(super) fn declaration(county: &str, kind: DeclarationKind, from: Date, until: Option<Date>) -> Declaration {
    Declaration { region: region(county), kind, from, until }
}

pub(super) fn human(number: u16, called: &str) -> Person {
    let resident_id = ResidentId::from_parts("371502", date(2000, 1, 1), number).unwrap();
    Person { name: name(called), resident_id, phone: Some(Phone::parse("13800000000").unwrap()) }
}

pub(super) fn enterprise(number: u8) -> Uscc {
    Uscc::from_body(&format!("91371500MA3C0000{number}")).unwrap()
}

pub(super) fn account(number: u8) -> BankAccount {
    BankAccount::parse(&format!("622200000000000{number}")).unwrap()
}

pub(super) fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

pub(super) fn name(text: &str) -> PersonName {
    PersonName::parse(text).unwrap()
}

pub(super) fn month(year: i16, month: i8) -> Month {
    Month::new(year, month).unwrap()
}

pub(super) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}
