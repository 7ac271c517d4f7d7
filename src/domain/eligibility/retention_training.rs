//! The facts and the heads of a workforce kept (一(一), 五(一)).
//!
//! A claim has two parts, judged by two counties: the claimant's own staff, and the workers that dispatch agencies sent to it. Each part
//! is put to the sheet's conditions by itself; a refused part takes nothing from the other.

use std::collections::BTreeSet;

use super::dispatch::{self, Side};
use super::evidence::{Answer, EnrollmentLevel, EnterpriseEnrollment, Evidence, Headcount, MissingCause};
use super::fact::{Fact, FactState};
use super::ruling::{Draft, Ruling, already_awarded, claimant_facts, rule};
use super::verdict::{MissingFact, Reason, UncountedUnit};
use super::zone::{ZoneRule, onset_month};
use crate::domain::calendar::{Month, cst_date};
use crate::domain::claim::{Claim, DispatchSide, Workforce};
use crate::domain::identity::Region;
use crate::domain::identity::region::Level;
use crate::domain::policy::sheet::{Sheet, WorkforceTerms};
use crate::domain::suspect::SuspectRule;

/// What a decision on a workforce looks at.
#[derive(Clone, Copy)]
struct Case<'a> {
    claim: &'a Claim,
    workforce: &'a Workforce,
    sheet: &'a Sheet,
    terms: &'a WorkforceTerms,
    evidence: &'a Evidence,
}

/// Judges a workforce by the sheet.
pub(super) fn draft(
    claim: &Claim,
    workforce: &Workforce,
    sheet: &Sheet,
    terms: &WorkforceTerms,
    evidence: &Evidence,
) -> Draft {
    let case = Case { claim, workforce, sheet, terms, evidence };
    let mut parts = vec![case.part(DispatchSide::Agency)];
    if workforce.roster.iter().any(|worker| worker.side == DispatchSide::Host) {
        parts.push(case.part(DispatchSide::Host));
    }
    let mut draft = case.combine(parts);

    let awarded = already_awarded(&evidence.enterprise.awards, claim, sheet);
    if let FactState::Missing(cause) = awarded {
        draft.missing.insert(Fact::AlreadyAwarded.missing(cause));
    }
    if awarded.is_true() {
        draft.holding.insert(SuspectRule::EnterpriseTwice);
    }
    // It holds the one worker, not the colleagues.
    if dispatch::has_name_that_differs(workforce, evidence) {
        draft.noted.insert(SuspectRule::PersonIdentityDisagrees);
    }
    draft
}

/// One part of a claim after its conditions.
struct Part {
    ruling: Ruling,
    /// What the unknown facts of its conditions, and of its heads, are.
    missing: BTreeSet<MissingFact>,
    heads: Heads,
    /// Roster indices of its side, for the case that the whole part is refused.
    rostered: Vec<usize>,
}

/// The people of one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Heads {
    counted: u32,
    held: u32,
    uncounted: Vec<UncountedUnit>,
}

impl Case<'_> {
    /// The claimant's own staff with the agency side of the roster, or the workers sent to it with the host side.
    fn part(self, side: DispatchSide) -> Part {
        let mut facts = claimant_facts(self.claim, self.evidence);
        let county = self.deciding_county(side);
        let onset = county.map(|county| onset_month(self.zone_rule(), county, &self.evidence.declarations));
        let zone = onset.map_or_else(FactState::Missing, |onset| FactState::flag(onset.is_some()));
        facts.set(Fact::Zone, zone);
        let heads = match onset {
            // A county that was a zone is judged by its onset month on every route: whoever applies there is entitled anyway (六(一)).
            Ok(onset) => self.heads(side, onset.unwrap_or(Month::of(cst_date(self.claim.received_at)))),
            Err(cause) => Err(BTreeSet::from([Fact::Zone.missing(cause)])),
        };
        let potential = match &heads {
            Ok(heads) => FactState::count(heads.counted.saturating_add(heads.held)),
            Err(missing) => FactState::Missing(missing.first().map_or(MissingCause::NotAsked, |first| first.cause)),
        };
        facts.set(Fact::Heads, potential);

        let ruling = rule(self.sheet, self.claim, &facts);
        let asked = ruling.blocking.iter().filter(|fact| **fact != Fact::Heads);
        let mut missing: BTreeSet<_> = asked.map(|fact| facts.missing(*fact)).collect();
        let heads = heads.unwrap_or_else(|unknown| {
            missing.extend(unknown);
            Heads::default()
        });
        let of_side = self.workforce.roster.iter().enumerate().filter(|(_, worker)| worker.side == side);
        Part { ruling, missing, heads, rostered: of_side.map(|(index, _)| index).collect() }
    }

    fn zone_rule(self) -> ZoneRule {
        ZoneRule {
            window: self.sheet.window.value,
            static_management_days_min: self.terms.static_management_days_min.value,
            decided_on: cst_date(self.evidence.decided_at),
        }
    }

    /// The county by whose state the part is judged. A place that is no county decides nothing.
    fn deciding_county(self, side: DispatchSide) -> Result<Region, MissingCause> {
        let enrollment = match &self.evidence.enterprise.enrollment {
            Answer::Known { value, .. } => value,
            Answer::Missing(cause) => return Err(*cause),
        };
        let place = place_that_decides(enrollment, side);
        match place.level() {
            Level::County => Ok(place),
            Level::Municipal | Level::Province | Level::Ministry => Err(MissingCause::Unrecognized),
        }
    }

    fn heads(self, side: DispatchSide, month: Month) -> Result<Heads, BTreeSet<MissingFact>> {
        let headcount = match side {
            DispatchSide::Agency => Some(self.headcount(month)),
            DispatchSide::Host => None,
        };
        let roster = dispatch::judge(self.claim, self.workforce, self.sheet, self.evidence, side, month);
        match (headcount, roster) {
            (None, roster) => roster.map(heads_sent_here),
            (Some(Ok(headcount)), Ok(roster)) => own_heads(headcount, roster)
                .ok_or_else(|| BTreeSet::from([Fact::Heads.missing(MissingCause::Unrecognized)])),
            (Some(Ok(_)), Err(missing)) => Err(missing),
            (Some(Err(cause)), roster) => {
                let mut missing = roster.err().unwrap_or_default();
                missing.insert(Fact::Heads.missing(cause));
                Err(missing)
            }
        }
    }

    fn headcount(self, month: Month) -> Result<Headcount, MissingCause> {
        match &self.evidence.enterprise.headcounts {
            Answer::Known { value, .. } => value.get(&month).copied().ok_or(MissingCause::NotAnswered),
            Answer::Missing(cause) => Err(*cause),
        }
    }

    /// Adds the parts up. Refused is refused whatever else is unknown; all that is not refused must be known.
    fn combine(self, parts: Vec<Part>) -> Draft {
        let (refused, standing): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|part| !part.ruling.refusals.is_empty());
        let mut draft = Draft::default();
        if standing.is_empty() {
            draft.refusals = self.refusals_of_all(&refused);
            return draft;
        }
        let mut held: u32 = 0;
        for part in standing {
            draft.missing.extend(part.missing);
            draft.holds.extend(part.ruling.holds);
            draft.uncounted.extend(part.heads.uncounted);
            // Neither sum comes near the bound: both are people of one enterprise.
            draft.units = draft.units.saturating_add(part.heads.counted);
            held = held.saturating_add(part.heads.held);
        }
        draft.holds = in_sheet_order(self.sheet, draft.holds);
        for part in refused.into_iter().filter(|part| !part.rostered.is_empty()) {
            // Why each of its workers is not counted is part of the answer, so that must be known as well.
            draft.missing.extend(part.missing.iter().cloned());
            draft.uncounted.extend(part.all_uncounted());
        }
        draft.uncounted.sort_by_key(|unit| unit.index);
        if draft.units == 0 {
            // A hold on every head holds the claim: a suspect never refuses.
            draft.units = held;
            for unit in draft.uncounted.iter().filter(|unit| unit.held) {
                if !draft.holds.contains(&unit.reason) {
                    draft.holds.push(unit.reason.clone());
                }
            }
        }
        draft
    }

    /// What is told when every part is refused. That nobody was sent is no reason of its own: it would read as if nobody worked there.
    fn refusals_of_all(self, parts: &[Part]) -> Vec<Reason> {
        let own = parts.iter().take(1).flat_map(|part| part.ruling.refusals.iter());
        let about_heads: Vec<&Reason> = self
            .sheet
            .conditions
            .iter()
            .filter(|it| it.requirement.facts().contains(&Fact::Heads))
            .map(|it| &it.reason)
            .collect();
        let sent = parts.iter().skip(1).flat_map(|part| part.ruling.refusals.iter());
        let sent = sent.filter(|reason| !about_heads.contains(reason));
        in_sheet_order(self.sheet, own.chain(sent).cloned())
    }
}

impl Part {
    /// The roster of a refused part: each worker's own reason, or else the part's.
    fn all_uncounted(self) -> Vec<UncountedUnit> {
        let Some(refusal) = self.ruling.refusals.first() else { return self.heads.uncounted };
        let mut units = self.heads.uncounted;
        for index in self.rostered {
            if !units.iter().any(|unit| unit.index == index) {
                units.push(UncountedUnit { index, reason: refusal.clone(), held: false });
            }
        }
        units
    }
}

/// Whose epidemic situation decides (五(一)).
///
/// A dispatch agency's own staff and the workers sent to a host are judged by the agency's and the host's place of business; so are
/// enterprises insured at municipal level. Everybody else belongs to the county of enrollment.
fn place_that_decides(enrollment: &EnterpriseEnrollment, side: DispatchSide) -> Region {
    match (side, enrollment.level) {
        (DispatchSide::Host, EnrollmentLevel::County | EnrollmentLevel::Municipal)
        | (DispatchSide::Agency, EnrollmentLevel::Municipal) => enrollment.place_of_business,
        (DispatchSide::Agency, EnrollmentLevel::County) if enrollment.is_dispatch_agency => {
            enrollment.place_of_business
        }
        (DispatchSide::Agency, EnrollmentLevel::County) => enrollment.enrollment_region,
    }
}

fn heads_sent_here(roster: Side) -> Heads {
    let counted = u32::try_from(roster.counted.len()).unwrap_or(u32::MAX);
    Heads { counted, held: roster.held, uncounted: roster.uncounted }
}

/// The claimant's own staff: all it is enrolled for, without those whom hosts fund, without those held.
///
/// The database counts the workers whom hosts fund, and the roster may name some of them: taking both away would take the named ones
/// away twice. `None` when the numbers contradict each other, or the records of the workers that the roster names.
fn own_heads(headcount: Headcount, roster: Side) -> Option<Heads> {
    let funded_by_others = headcount.funded_by_hosts.max(roster.funded_by_others);
    let own = headcount.contributing.checked_sub(funded_by_others)?;
    let counted = own.checked_sub(roster.held)?;
    counted.checked_sub(u32::try_from(roster.counted.len()).ok()?)?;
    Some(Heads { counted, held: roster.held, uncounted: roster.uncounted })
}

/// Each reason once, in the order of the sheet's conditions.
fn in_sheet_order(sheet: &Sheet, reasons: impl IntoIterator<Item = Reason>) -> Vec<Reason> {
    let given: Vec<Reason> = reasons.into_iter().collect();
    let in_order = sheet.conditions.iter().map(|condition| &condition.reason);
    in_order.filter(|reason| given.contains(reason)).cloned().collect()
}
