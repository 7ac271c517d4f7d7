//! What a sheet's conditions say of one set of facts, and what a claim came to before the money is looked at.

use std::collections::BTreeSet;

use super::evidence::{Answer, Award, Evidence};
use super::fact::{Fact, FactState, FactValue, Facts, entity_word};
use super::verdict::{Reason, UncountedUnit};
use crate::domain::calendar::cst_date;
use crate::domain::claim::Claim;
use crate::domain::eligibility::verdict::MissingFact;
use crate::domain::policy::predicate::Truth;
use crate::domain::policy::sheet::{Effect, Sheet};
use crate::domain::suspect::SuspectRule;

/// The sheet's conditions on one set of facts, in the sheet's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ruling {
    pub(super) refusals: Vec<Reason>,
    pub(super) holds: Vec<Reason>,
    /// The facts without which some condition cannot be judged.
    pub(super) blocking: BTreeSet<Fact>,
}

/// Asks every condition of the claim's route. Each is asked for itself, so that an unknown fact never hides a definite refusal.
pub(super) fn rule(sheet: &Sheet, claim: &Claim, facts: &Facts) -> Ruling {
    let mut ruling = Ruling::default();
    for condition in sheet.conditions.iter().filter(|condition| condition.routes.contains(&claim.route)) {
        match (condition.requirement.evaluate(facts), condition.effect) {
            (Truth::True, Effect::Refuse | Effect::Hold) => {}
            (Truth::False, Effect::Refuse) => ruling.refusals.push(condition.reason.clone()),
            (Truth::False, Effect::Hold) => ruling.holds.push(condition.reason.clone()),
            (Truth::Unknown(facts), Effect::Refuse | Effect::Hold) => ruling.blocking.extend(facts),
        }
    }
    ruling
}

/// A claim judged by its sheet, still without accounts and earlier awards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) refusals: Vec<Reason>,
    pub(super) missing: BTreeSet<MissingFact>,
    pub(super) holds: Vec<Reason>,
    /// What is paid for; when nothing but held units is left, these.
    pub(super) units: u32,
    pub(super) uncounted: Vec<UncountedUnit>,
    /// Suspects that hold the whole claim.
    pub(super) holding: BTreeSet<SuspectRule>,
    /// Suspects that hold one unit alone.
    pub(super) noted: BTreeSet<SuspectRule>,
}

/// The facts that every claim has: the day of application and what the claimant is.
pub(super) fn claimant_facts(claim: &Claim, evidence: &Evidence) -> Facts {
    let enrollment = &evidence.enterprise.enrollment;
    let mut facts = Facts::default();
    facts.set(Fact::SubmittedOn, FactState::date(Some(cst_date(claim.received_at))));
    facts.set(Fact::EntityType, FactState::from_answer(enrollment, |it| FactState::word(entity_word(it.entity_type))));
    facts.set(
        Fact::Sector,
        FactState::from_answer(enrollment, |it| FactState::Known(FactValue::Sector(it.sector.clone()))),
    );
    facts.set(Fact::DispatchAgency, FactState::from_answer(enrollment, |it| FactState::flag(it.is_dispatch_agency)));
    facts
}

/// Whether this subsidy, or one that excludes it, was had before (五(二)). The award that this very claim became is not another one.
pub(super) fn already_awarded(awards: &Answer<Vec<Award>>, claim: &Claim, sheet: &Sheet) -> FactState {
    let blocking = sheet.blocking_awards();
    let own_reference = claim.claim_id.to_string();
    FactState::from_answer(awards, |awards| {
        FactState::flag(awards.iter().any(|award| blocking.contains(&award.kind) && award.reference != own_reference))
    })
}
