//! The facts of a graduate hired (一(二), 五(二)), from what the registries answered.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::evidence::{
    Answer, ContributionRecord, CredentialRecord, Diploma, EmploymentRecord, Evidence, MissingCause, PersonEvidence,
};
use super::fact::{Fact, FactState, FactValue, Facts, institution_word, standing_word};
use super::ruling::{Draft, Ruling, already_awarded, claimant_facts, rule};
use crate::domain::claim::{Claim, Graduate};
use crate::domain::identity::{PersonName, Uscc};
use crate::domain::policy::sheet::Sheet;
use crate::domain::suspect::SuspectRule;

/// Facts that are set together because they are of one paper.
type OfOnePaper = Vec<(Fact, FactState)>;

/// Judges one graduate by the sheet.
pub(super) fn draft(claim: &Claim, graduate: &Graduate, sheet: &Sheet, evidence: &Evidence) -> Draft {
    let not_asked = PersonEvidence::not_asked();
    let person = evidence.persons.first().unwrap_or(&not_asked);
    let facts = fixed_facts(claim, graduate, sheet, evidence, person);
    let ruling = best_ruling(claim, graduate, sheet, person, &facts);

    // Whoever pays must know these even though no condition of the sheet asks for them (五(二), 六(三)).
    let always = [Fact::AlreadyAwarded, Fact::CredentialNameDiffers, Fact::InsuranceNameDiffers];
    let unanswered = always.into_iter().filter(|fact| matches!(facts.get(*fact), FactState::Missing(_)));
    let blocking: BTreeSet<_> = ruling.0.blocking.iter().copied().chain(unanswered).collect();
    let mut holding = BTreeSet::new();
    if facts.get(Fact::AlreadyAwarded).is_true() {
        holding.insert(SuspectRule::PersonAlreadyAwarded);
    }
    if facts.get(Fact::CredentialNameDiffers).is_true() || facts.get(Fact::InsuranceNameDiffers).is_true() {
        holding.insert(SuspectRule::PersonIdentityDisagrees);
    }
    Draft {
        refusals: ruling.0.refusals,
        missing: blocking.into_iter().map(|fact| ruling.1.missing(fact)).collect(),
        holds: ruling.0.holds,
        units: 1,
        holding,
        ..Draft::default()
    }
}

/// One diploma and one contract must satisfy the sheet together: conditions are not met by a bit of each. When none does, the pair
/// that fails least speaks for the graduate.
fn best_ruling(
    claim: &Claim,
    graduate: &Graduate,
    sheet: &Sheet,
    person: &PersonEvidence,
    fixed: &Facts,
) -> (Ruling, Facts) {
    let hires = hires(&person.employment, claim, graduate);
    let mut best: Option<(Ruling, Facts)> = None;
    for diploma in diplomas(&person.credential) {
        for hire in &hires {
            let mut facts = fixed.clone();
            diploma.iter().chain(hire).for_each(|(fact, state)| facts.set(*fact, state.clone()));
            let ruling = rule(sheet, claim, &facts);
            if best.as_ref().is_none_or(|(least, _)| failures(&ruling) < failures(least)) {
                best = Some((ruling, facts));
            }
        }
    }
    best.unwrap_or_else(|| (rule(sheet, claim, fixed), fixed.clone()))
}

fn failures(ruling: &Ruling) -> (usize, usize, usize) {
    (ruling.refusals.len(), ruling.blocking.len(), ruling.holds.len())
}

/// The facts that do not depend on which diploma or contract is looked at.
fn fixed_facts(
    claim: &Claim,
    graduate: &Graduate,
    sheet: &Sheet,
    evidence: &Evidence,
    person: &PersonEvidence,
) -> Facts {
    let mut facts = claimant_facts(claim, evidence);
    let registered = FactState::from_answer(&person.employment, |record| {
        FactState::flag(registered_on(record, claim, graduate).is_some())
    });
    facts.set(Fact::EmploymentRegistered, registered);
    let months = FactState::from_answer(&person.contributions, |record| {
        FactState::count(months_paid(record, &claim.enterprise))
    });
    facts.set(Fact::MonthsPaid, months);
    facts.set(
        Fact::Standing,
        FactState::from_answer(&person.contributions, |record| standing(record, &claim.enterprise)),
    );
    facts.set(Fact::AlreadyAwarded, already_awarded(&person.awards, claim, sheet));

    let claimed = &graduate.person.name;
    let credential = FactState::from_answer(&person.credential, |record| differs(record.name.as_ref(), claimed));
    facts.set(Fact::CredentialNameDiffers, credential);
    let insurance = FactState::from_answer(&person.contributions, |record| differs(record.name.as_ref(), claimed));
    facts.set(Fact::InsuranceNameDiffers, insurance);
    set_dispatch_papers(&mut facts, graduate);
    facts
}

/// The papers that a dispatch agency must hand in (五(二)), as far as a claim can name them.
///
/// An end of the contract is not asked for: a contract without a fixed term has none.
fn set_dispatch_papers(facts: &mut Facts, graduate: &Graduate) {
    let is_named = |number: Option<&String>| number.is_some_and(|it| !it.trim().is_empty());
    let papers = graduate.dispatch.as_ref();
    let flags = [
        (Fact::Dispatched, papers.is_some()),
        (Fact::DispatchAgreementNamed, is_named(papers.and_then(|it| it.dispatch_agreement.as_ref()))),
        (Fact::SharingAgreementNamed, is_named(papers.and_then(|it| it.sharing_agreement.as_ref()))),
        (Fact::RosterGraduationDate, graduate.graduated_on.is_some()),
        (Fact::RosterContractStart, graduate.contract_from.is_some()),
        (Fact::RosterPhone, graduate.person.phone.is_some()),
    ];
    flags.into_iter().for_each(|(fact, flag)| facts.set(fact, FactState::flag(flag)));
}

/// The facts of each diploma, the latest first.
fn diplomas(answer: &Answer<CredentialRecord>) -> Vec<OfOnePaper> {
    let four = |states: [FactState; 4]| {
        let names = [Fact::DiplomaHeld, Fact::GraduatedOn, Fact::InstitutionKind, Fact::CertificateIssued];
        names.into_iter().zip(states).collect()
    };
    let absent = || FactState::Known(FactValue::Absent);
    let record = match answer {
        Answer::Known { value, .. } => value,
        Answer::Missing(cause) => return vec![four(std::array::from_fn(|_| FactState::Missing(*cause)))],
    };
    if record.diplomas.is_empty() {
        return vec![four([FactState::flag(false), absent(), absent(), absent()])];
    }
    let mut diplomas: Vec<&Diploma> = record.diplomas.iter().collect();
    // An order of the diplomas themselves: the registry may list them in any.
    diplomas.sort_by(|a, b| (b.graduated_on, &b.certificate_number).cmp(&(a.graduated_on, &a.certificate_number)));
    let of_one = |diploma: &Diploma| {
        four([
            FactState::flag(true),
            FactState::date(Some(diploma.graduated_on)),
            FactState::word(institution_word(diploma.institution_kind)),
            FactState::flag(diploma.certificate_issued),
        ])
    };
    diplomas.into_iter().map(of_one).collect()
}

/// The facts of each contract with the claimant, signed ones alone if there are any; without a contract, of the registration.
///
/// Any contract may be the hire: the notice says hired within the year (一(二)), not hired for the first time.
fn hires(answer: &Answer<EmploymentRecord>, claim: &Claim, graduate: &Graduate) -> Vec<OfOnePaper> {
    let two = |hired_on, signed| vec![(Fact::HiredOn, hired_on), (Fact::ContractSigned, signed)];
    let record = match answer {
        Answer::Known { value, .. } => value,
        Answer::Missing(cause) => return vec![two(FactState::Missing(*cause), FactState::Missing(*cause))],
    };
    let starts = |signed: bool| -> BTreeSet<Date> {
        let here = record.contracts.iter().filter(|it| it.enterprise == claim.enterprise && it.signed == signed);
        here.map(|it| it.from).collect()
    };
    let (is_signed, starts) = match (starts(true), starts(false)) {
        (signed, unsigned) if signed.is_empty() => (false, unsigned),
        (signed, _) => (true, signed),
    };
    if starts.is_empty() {
        return vec![two(FactState::date(registered_on(record, claim, graduate)), FactState::flag(false))];
    }
    starts.into_iter().map(|start| two(FactState::date(Some(start)), FactState::flag(is_signed))).collect()
}

/// The first registration under the claimant, or under the host that a dispatched graduate works at.
fn registered_on(record: &EmploymentRecord, claim: &Claim, graduate: &Graduate) -> Option<Date> {
    let host = graduate.dispatch.as_ref().map(|papers| &papers.host);
    let here =
        record.registrations.iter().filter(|it| it.enterprise == claim.enterprise || Some(&it.enterprise) == host);
    here.map(|it| it.registered_on).min()
}

fn months_paid(record: &ContributionRecord, enterprise: &Uscc) -> u32 {
    let here = record.months.iter().filter(|it| it.paid && it.enrolled_by == *enterprise);
    let months: BTreeSet<_> = here.map(|it| it.month).collect();
    u32::try_from(months.len()).unwrap_or(u32::MAX)
}

/// The standing under the claimant. None, or two that contradict each other, is no answer.
fn standing(record: &ContributionRecord, enterprise: &Uscc) -> FactState {
    let here = record.standings.iter().filter(|(under, _)| under == enterprise);
    let standings: BTreeSet<_> = here.map(|(_, standing)| *standing).collect();
    match (standings.first(), standings.len()) {
        (Some(standing), 1) => FactState::word(standing_word(*standing)),
        (Some(_), _) => FactState::Missing(MissingCause::Unrecognized),
        (None, _) => FactState::Missing(MissingCause::NotAnswered),
    }
}

/// A registry that does not know the number disagrees with nobody.
fn differs(registered: Option<&PersonName>, claimed: &PersonName) -> FactState {
    FactState::flag(registered.is_some_and(|name| name != claimed))
}
