//! Rostered workers of a labour dispatch: on whose side each one counts, and never on both (五(一)).

use std::collections::BTreeSet;

use super::evidence::{Answer, ContributionRecord, Evidence, MissingCause, PersonEvidence};
use super::fact::Fact;
use super::verdict::{MissingFact, Reason, UncountedUnit};
use crate::domain::calendar::Month;
use crate::domain::claim::{Claim, DispatchSide, Worker, Workforce};
use crate::domain::identity::{ResidentId, Uscc};
use crate::domain::policy::sheet::{ReasonOn, Sheet};
use crate::domain::suspect::SuspectRule;

/// The rostered workers of one side, in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Side {
    /// Indices of the workers that count.
    pub(super) counted: Vec<usize>,
    pub(super) uncounted: Vec<UncountedUnit>,
    /// Held workers that would count if the hold were lifted.
    pub(super) held: u32,
    /// Workers enrolled under the claimant whom somebody else funds. They are none of the claimant's own staff.
    pub(super) funded_by_others: u32,
}

/// Judges the workers of one side. The error lists what is missing: a headcount without one of them would be a guess.
pub(super) fn judge(
    claim: &Claim,
    workforce: &Workforce,
    sheet: &Sheet,
    evidence: &Evidence,
    side: DispatchSide,
    month: Month,
) -> Result<Side, BTreeSet<MissingFact>> {
    let mut judged = Side::default();
    let mut missing = BTreeSet::new();
    let mut listed: BTreeSet<&ResidentId> = BTreeSet::new();
    for (index, worker) in workforce.roster.iter().enumerate().filter(|(_, worker)| worker.side == side) {
        if !listed.insert(&worker.person.resident_id) {
            judged.leave_out(index, sheet.reason_on(ReasonOn::WorkerAlreadyCounted), false);
            continue;
        }
        let is_taken = evidence.units_taken.contains(&index);
        match fate(claim, worker, is_taken, evidence.persons.get(index), month) {
            Ok(fate) => judged.take(index, fate, sheet),
            Err(cause) => {
                missing.insert(Fact::WorkerContributions.missing(cause));
            }
        }
    }
    if missing.is_empty() { Ok(judged) } else { Err(missing) }
}

/// Whether the insurance database has another name for any rostered number (六(三) 身份不实).
pub(super) fn has_name_that_differs(workforce: &Workforce, evidence: &Evidence) -> bool {
    let of_workers = workforce.roster.iter().zip(&evidence.persons);
    of_workers.filter_map(|(worker, person)| Some((worker, person.contributions.value()?))).any(name_differs)
}

fn name_differs((worker, record): (&Worker, &ContributionRecord)) -> bool {
    record.name.as_ref().is_some_and(|name| *name != worker.person.name)
}

/// What becomes of one rostered worker.
struct Fate {
    outcome: Outcome,
    /// Counts, or would count if it were not held.
    counts: bool,
    is_funded_by_other: bool,
}

enum Outcome {
    Counted,
    Held(SuspectRule),
    LeftOut(ReasonOn),
}

fn fate(
    claim: &Claim,
    worker: &Worker,
    is_taken: bool,
    person: Option<&PersonEvidence>,
    month: Month,
) -> Result<Fate, MissingCause> {
    let taken = Outcome::Held(SuspectRule::WorkerBothSides);
    if is_taken && worker.side == DispatchSide::Host {
        // Whatever the record says, another claim holds the worker; it need not be known.
        return Ok(Fate { outcome: taken, counts: true, is_funded_by_other: false });
    }
    let record = match person.map(|person| &person.contributions) {
        Some(Answer::Known { value, .. }) => value,
        Some(Answer::Missing(cause)) => return Err(*cause),
        None => return Err(MissingCause::NotAsked),
    };
    let funding = Funding::of(record, month, &claim.enterprise);
    let counts = match worker.side {
        DispatchSide::Agency => funding.own_staff,
        // Enrolled under the claimant, the worker is in its own headcount already.
        DispatchSide::Host => funding.sent_here && !funding.own_staff,
    };
    let outcome = if is_taken {
        taken
    } else if worker.side == DispatchSide::Host && funding.own_staff {
        Outcome::LeftOut(ReasonOn::WorkerAlreadyCounted)
    } else if counts && name_differs((worker, record)) {
        Outcome::Held(SuspectRule::PersonIdentityDisagrees)
    } else if counts {
        Outcome::Counted
    } else if funding.is_paid {
        Outcome::LeftOut(ReasonOn::WorkerFundedByAnother)
    } else {
        Outcome::LeftOut(ReasonOn::WorkerNotPaid)
    };
    Ok(Fate { outcome, counts, is_funded_by_other: funding.sent_away && !funding.own_staff })
}

/// Who paid for a worker in one month, as seen from the claimant.
struct Funding {
    /// Enrolled and funded by the claimant (自用职工).
    own_staff: bool,
    /// Enrolled by the claimant, funded by somebody else.
    sent_away: bool,
    /// Enrolled elsewhere, funded by the claimant (用工企业实际出资).
    sent_here: bool,
    is_paid: bool,
}

impl Funding {
    fn of(record: &ContributionRecord, month: Month, claimant: &Uscc) -> Self {
        let paid = || record.months.iter().filter(|it| it.month == month && it.paid);
        let is = |enrolled_here: bool, funded_here: bool| {
            paid()
                .any(|it| (it.enrolled_by == *claimant) == enrolled_here && (it.funded_by == *claimant) == funded_here)
        };
        Self {
            own_staff: is(true, true),
            sent_away: is(true, false),
            sent_here: is(false, true),
            is_paid: paid().next().is_some(),
        }
    }
}

impl Side {
    fn take(&mut self, index: usize, fate: Fate, sheet: &Sheet) {
        self.funded_by_others = self.funded_by_others.saturating_add(u32::from(fate.is_funded_by_other));
        match fate.outcome {
            Outcome::Counted => self.counted.push(index),
            Outcome::Held(rule) => {
                self.held = self.held.saturating_add(u32::from(fate.counts));
                self.leave_out(index, sheet.reason_for(rule), true);
            }
            Outcome::LeftOut(on) => self.leave_out(index, sheet.reason_on(on), false),
        }
    }

    fn leave_out(&mut self, index: usize, reason: Reason, held: bool) {
        self.uncounted.push(UncountedUnit { index, reason, held });
    }
}
