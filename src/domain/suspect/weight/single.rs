//! What the registries say of a claim that is suspect by itself.

use super::{About, Side, Sign, Signs, characters_apart, is_gone};
use crate::domain::claim::{Claim, Person, Subject, SubsidyKind};
use crate::domain::eligibility::evidence::{Award, AwardKind, Evidence, PersonEvidence, Standing};
use crate::domain::identity::PersonName;
use crate::domain::suspect::SuspectRule;

pub(super) fn collect(rule: SuspectRule, side: &Side<'_>, signs: &mut Signs) {
    let mut add = |sign| {
        signs.insert((sign, About::Second));
    };
    if is_gone(side.state) {
        add(Sign::Gone);
    }
    let Some(evidence) = side.evidence else { return };
    match rule {
        SuspectRule::AccountNotTaxRegistry => account(side.claim, evidence, &mut add),
        SuspectRule::PersonAlreadyAwarded => {
            let answers = evidence.persons.first().filter(|_| matches!(side.claim.subject, Subject::Graduate(_)));
            awards(side.claim, answers.and_then(|it| it.awards.value()), &mut add);
        }
        SuspectRule::EnterpriseTwice => awards(side.claim, evidence.enterprise.awards.value(), &mut add),
        SuspectRule::PersonIdentityDisagrees
        | SuspectRule::PersonTwoEnterprises
        | SuspectRule::PersonResubmitted
        | SuspectRule::PersonTwoProvinces
        | SuspectRule::WorkerBothSides => {
            for (person, answers) in concerned(side, evidence) {
                identity(side.claim, person, answers, &mut add);
            }
        }
    }
}

/// The person that the suspect is about. Of a workforce it may be any rostered worker: those whom a registry knows by another name.
fn concerned<'a>(side: &Side<'a>, evidence: &'a Evidence) -> Vec<(&'a Person, &'a PersonEvidence)> {
    if let Some(known) = side.person().zip(side.person_evidence()) {
        return vec![known];
    }
    let persons = side.claim.subject.persons().into_iter().zip(&evidence.persons);
    persons.filter(|(person, answers)| names(answers).any(|name| *name != person.name)).collect()
}

fn names(answers: &PersonEvidence) -> impl Iterator<Item = &PersonName> {
    let credential = answers.credential.value().and_then(|it| it.name.as_ref());
    let insurance = answers.contributions.value().and_then(|it| it.name.as_ref());
    credential.into_iter().chain(insurance)
}

fn identity(claim: &Claim, person: &Person, answers: &PersonEvidence, add: &mut impl FnMut(Sign)) {
    let credential = answers.credential.value().map(|it| it.name.as_ref());
    let insurance = answers.contributions.value().map(|it| it.name.as_ref());
    let said = [
        (credential, Sign::CredentialAgrees, Sign::CredentialDisagrees),
        (insurance, Sign::InsuranceAgrees, Sign::InsuranceDisagrees),
    ];
    for (name, agrees, disagrees) in said {
        match name {
            Some(Some(name)) if *name == person.name => add(agrees),
            Some(Some(name)) => {
                add(disagrees);
                if characters_apart(name.as_str(), person.name.as_str()) == Some(1) {
                    add(Sign::NameNearlySame);
                }
            }
            Some(None) => add(Sign::NumberUnknown),
            None => {}
        }
    }
    if let Some(record) = answers.contributions.value() {
        let standing = |asked: &[Standing]| {
            let mut here = record.standings.iter().filter(|(under, _)| *under == claim.enterprise);
            here.any(|(_, standing)| asked.contains(standing))
        };
        let is_paid = record.months.iter().any(|it| it.paid && it.enrolled_by == claim.enterprise);
        if standing(&[Standing::Suspended, Standing::Ended]) {
            add(Sign::ContributionsStopped);
        } else if is_paid && standing(&[Standing::Current]) {
            add(Sign::Enrolled);
        }
        if !is_paid {
            add(Sign::NotEnrolled);
        }
    }
    if let (Some(record), Subject::Graduate(_)) = (answers.employment.value(), &claim.subject) {
        let signed = record.contracts.iter().any(|it| it.enterprise == claim.enterprise);
        if !signed && record.registrations.iter().all(|it| it.enterprise != claim.enterprise) {
            add(Sign::NotEmployed);
        }
    }
}

/// The awards that exclude this one (五(一), 五(二)). The award that this very claim became is not another one.
fn awards(claim: &Claim, awards: Option<&Vec<Award>>, add: &mut impl FnMut(Sign)) {
    let Some(awards) = awards else { return };
    let (same, kinds): (AwardKind, &[AwardKind]) = match claim.subject.subsidy() {
        SubsidyKind::JobExpansion => (AwardKind::JobExpansion, &[AwardKind::JobExpansion, AwardKind::HiringSubsidy]),
        SubsidyKind::RetentionTraining => (AwardKind::RetentionTraining, &[AwardKind::RetentionTraining]),
    };
    let own = claim.claim_id.to_string();
    let excluding: Vec<&Award> = awards.iter().filter(|it| kinds.contains(&it.kind) && it.reference != own).collect();
    if excluding.is_empty() {
        return add(Sign::NoAward);
    }
    add(Sign::AwardRecorded);
    if excluding.iter().any(|it| it.kind == same) {
        add(Sign::AwardSameSubsidy);
    }
    if excluding.iter().any(|it| it.enterprise == claim.enterprise) {
        add(Sign::AwardSameEnterprise);
    }
}

/// The account against those that the tax department names (二(一)).
fn account(claim: &Claim, evidence: &Evidence, add: &mut impl FnMut(Sign)) {
    let Some(accounts) = evidence.enterprise.accounts.value() else { return };
    if let Some((registered, claimed)) = accounts.name.as_ref().zip(claim.enterprise_name.as_ref()) {
        add(if registered == claimed { Sign::TaxNameAgrees } else { Sign::TaxNameDiffers });
    }
    let known = || accounts.corporate.iter().chain(&accounts.contribution);
    let Some(claimed) = claim.account.as_ref().filter(|_| known().next().is_some()) else { return };
    if known().any(|it| it == claimed) {
        return add(Sign::AccountKnown);
    }
    add(Sign::AccountUnknown);
    if known().any(|it| characters_apart(it.as_str(), claimed.as_str()).is_some_and(|apart| apart <= 2)) {
        add(Sign::AccountNearlySame);
    }
}
