//! Which money a suspect is about, and when time alone changes how urgent it is.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::SuspectRule;
use super::stake::{Band, Stake};
use crate::domain::calendar::{cst_date, cst_midnight};
use crate::domain::claim::ClaimState;
use crate::domain::eligibility::verdict::Verdict;
use crate::domain::money::Fen;

/// With so many days left, or more, a claim is as urgent as one without a last day; from then on more with each day.
const CALM_DAYS: i64 = 29;

/// The claim whose money it is: the one that gave rise to the suspect. Of two that met at a slot, it is the one that did not get it.
#[derive(Clone, Copy, Debug)]
pub struct Disputed<'a> {
    pub state: ClaimState,
    pub verdict: Option<&'a Verdict>,
    /// What the claim asks for, as long as nothing is decided.
    pub asked: Fen,
    /// What one head or graduate is paid; zero where the sheet is not at hand.
    pub rate: Fen,
    /// The rostered worker the suspect is about.
    pub unit: Option<usize>,
    /// Repaid, set off or given up in clawback cases.
    pub got_back: Fen,
    /// The last day on which it must be paid (二(一)2).
    pub due_on: Option<Date>,
}

/// What is at stake: the claim's money, or one worker's share of it, unless it will not be paid, or came back.
///
/// Where one of two claims is withdrawn or refused, the other is no double any more. An instruction that is out cannot be stopped: what
/// it pays must be got back.
pub fn at_stake(
    rule: SuspectRule,
    first: Option<ClaimState>,
    second: &Disputed<'_>,
    weight: u16,
    now: Timestamp,
) -> Stake {
    let is_gone = |state: ClaimState| matches!(state, ClaimState::Withdrawn | ClaimState::Refused);
    let band = if first.is_some_and(is_gone) && !paid(second.state) { Band::Nothing } else { band(second) };
    let amount = match band {
        Band::Nothing => Fen::ZERO,
        Band::Stoppable => amount(rule, second),
        Band::Recoverable => {
            amount(rule, second).checked_sub(second.got_back).filter(|left| *left > Fen::ZERO).unwrap_or(Fen::ZERO)
        }
    };
    let band = if band == Band::Recoverable && amount == Fen::ZERO { Band::Nothing } else { band };
    Stake::new(band, amount, weight, days_left(band, second.due_on, now))
}

/// The same stake on another day.
pub fn on_day(stake: Stake, due_on: Option<Date>, now: Timestamp) -> Stake {
    Stake::new(stake.band, stake.amount, stake.weight, days_left(stake.band, due_on, now))
}

/// When time alone changes the risk: at the midnights in China of the last days; `None` where it changes no more.
pub fn turns_at(band: Band, due_on: Option<Date>, now: Timestamp) -> Option<Timestamp> {
    let due_on = due_on.filter(|_| band == Band::Stoppable)?;
    let days = whole_days(cst_date(now), due_on);
    if days <= 0 {
        return None;
    }
    let first_urgent = due_on.saturating_sub(Span::new().days(CALM_DAYS.saturating_sub(1)));
    Some(cst_midnight(if days >= CALM_DAYS { first_urgent } else { cst_date(now).saturating_add(Span::new().days(1)) }))
}

/// Only what can still be stopped has a day to be stopped by.
fn days_left(band: Band, due_on: Option<Date>, now: Timestamp) -> i64 {
    match (band, due_on) {
        (Band::Stoppable, Some(due_on)) => whole_days(cst_date(now), due_on),
        (Band::Stoppable | Band::Recoverable | Band::Nothing, _) => CALM_DAYS,
    }
}

fn whole_days(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours().div_euclid(24)
}

fn paid(state: ClaimState) -> bool {
    matches!(state, ClaimState::Instructed | ClaimState::InDoubt | ClaimState::Paid)
}

fn band(claim: &Disputed<'_>) -> Band {
    match claim.state {
        ClaimState::Refused | ClaimState::Withdrawn => Band::Nothing,
        ClaimState::Assessing
        | ClaimState::Assessed
        | ClaimState::Held
        | ClaimState::Reviewed
        | ClaimState::Approved
        | ClaimState::Filed
        | ClaimState::Pooled
        | ClaimState::Funded
        | ClaimState::Returned => Band::Stoppable,
        // The other workers of the claim were paid for, this one was not.
        ClaimState::Instructed | ClaimState::InDoubt | ClaimState::Paid if is_uncounted(claim) => Band::Nothing,
        ClaimState::Instructed | ClaimState::InDoubt | ClaimState::Paid => Band::Recoverable,
    }
}

fn is_uncounted(claim: &Disputed<'_>) -> bool {
    match (claim.verdict, claim.unit) {
        (Some(Verdict::Entitled { uncounted, .. }), Some(unit)) => uncounted.iter().any(|it| it.index == unit),
        (
            Some(
                Verdict::Entitled { .. } | Verdict::NotEntitled { .. } | Verdict::Held { .. } | Verdict::Unknown { .. },
            ),
            _,
        )
        | (None, _) => false,
    }
}

fn amount(rule: SuspectRule, claim: &Disputed<'_>) -> Fen {
    if rule == SuspectRule::WorkerBothSides && claim.rate > Fen::ZERO {
        return claim.rate;
    }
    match claim.verdict {
        Some(Verdict::Entitled { amount, .. } | Verdict::Held { amount, .. }) => *amount,
        Some(Verdict::NotEntitled { .. } | Verdict::Unknown { .. }) | None => claim.asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::eligibility::verdict::{Payee, PayeeAccountKind, Reason, UncountedUnit};
    use crate::domain::identity::BankAccount;
    use jiff::civil::date;

    const DUE: Date = date(2022, 11, 9);

    fn noon(month: i8, day: i8) -> Timestamp {
        cst_midnight(date(2022, month, day)) + jiff::SignedDuration::from_hours(12)
    }

    fn held() -> Verdict {
        Verdict::Held { reasons: Vec::new(), amount: Fen::new(150_000) }
    }

    fn disputed(state: ClaimState, verdict: &Verdict) -> Disputed<'_> {
        let (asked, rate, got_back) = (Fen::new(160_000), Fen::new(50_000), Fen::ZERO);
        Disputed { state, verdict: Some(verdict), asked, rate, unit: None, got_back, due_on: Some(DUE) }
    }

    fn stake(first: Option<ClaimState>, second: &Disputed<'_>) -> (Band, i64) {
        let stake = at_stake(SuspectRule::PersonTwoEnterprises, first, second, 900, noon(10, 10));
        (stake.band, stake.amount.get())
    }

    #[test]
    fn the_band_follows_where_the_claim_stands() {
        use ClaimState::*;
        let held = held();
        for (state, expected) in [
            (Assessing, (Band::Stoppable, 150_000)),
            (Assessed, (Band::Stoppable, 150_000)),
            (Refused, (Band::Nothing, 0)),
            (Held, (Band::Stoppable, 150_000)),
            (Withdrawn, (Band::Nothing, 0)),
            (Reviewed, (Band::Stoppable, 150_000)),
            (Approved, (Band::Stoppable, 150_000)),
            (Filed, (Band::Stoppable, 150_000)),
            (Pooled, (Band::Stoppable, 150_000)),
            (Funded, (Band::Stoppable, 150_000)),
            (Instructed, (Band::Recoverable, 150_000)),
            (InDoubt, (Band::Recoverable, 150_000)),
            (Returned, (Band::Stoppable, 150_000)),
            (Paid, (Band::Recoverable, 150_000)),
        ] {
            assert_eq!(stake(None, &disputed(state, &held)), expected, "{state:?}");
            assert_eq!(stake(Some(Paid), &disputed(state, &held)), expected, "{state:?} beside a paid one");
        }
    }

    #[test]
    fn without_the_first_claim_the_second_is_no_double() {
        let held = held();
        for gone in [ClaimState::Withdrawn, ClaimState::Refused] {
            assert_eq!(stake(Some(gone), &disputed(ClaimState::Assessed, &held)).0, Band::Nothing);
            // Both were paid, and the first was taken back since: what it was when it was paid must still be looked at.
            assert_eq!(stake(Some(gone), &disputed(ClaimState::Paid, &held)).0, Band::Recoverable);
        }
    }

    #[test]
    fn what_came_back_is_no_longer_at_stake() {
        let held = held();
        let back = |fen| Disputed { got_back: Fen::new(fen), ..disputed(ClaimState::Paid, &held) };
        assert_eq!(stake(None, &back(50_000)), (Band::Recoverable, 100_000));
        assert_eq!(stake(None, &back(150_000)), (Band::Nothing, 0));
    }

    #[test]
    fn of_a_worker_one_head_is_at_stake_unless_it_was_left_out() {
        let reason = Reason { code: "R".into(), clause: "五(一)".into(), zh: "因".into(), en: "why".into() };
        let payee =
            Payee { kind: PayeeAccountKind::Corporate, account: BankAccount::parse("6222000000001234").unwrap() };
        let uncounted = vec![UncountedUnit { index: 3, reason, held: true }];
        let entitled = Verdict::Entitled { amount: Fen::new(950_000), units: 19, payee, uncounted };
        let worker = |state, unit| {
            let claim = Disputed { unit: Some(unit), ..disputed(state, &entitled) };
            let stake = at_stake(SuspectRule::WorkerBothSides, Some(ClaimState::Paid), &claim, 900, noon(10, 10));
            (stake.band, stake.amount.get())
        };
        assert_eq!(worker(ClaimState::Reviewed, 3), (Band::Stoppable, 50_000));
        assert_eq!(worker(ClaimState::Paid, 3), (Band::Nothing, 0));
        assert_eq!(worker(ClaimState::Paid, 4), (Band::Recoverable, 50_000));
    }

    #[test]
    fn an_undecided_claim_stakes_what_it_asks_for() {
        let unknown = Verdict::Unknown { missing: Vec::new() };
        assert_eq!(stake(None, &disputed(ClaimState::Assessing, &unknown)), (Band::Stoppable, 160_000));
        let undecided = Disputed { verdict: None, ..disputed(ClaimState::Assessing, &unknown) };
        assert_eq!(stake(None, &undecided), (Band::Stoppable, 160_000));
    }

    #[test]
    fn a_risk_turns_at_midnight_in_china_until_the_last_day() {
        let turns = |month, day| turns_at(Band::Stoppable, Some(DUE), noon(month, day));
        let midnight = |month, day| Some(cst_midnight(date(2022, month, day)));
        assert_eq!(turns(9, 1), midnight(10, 12));
        assert_eq!(turns(10, 11), midnight(10, 12), "29 days left");
        assert_eq!(turns(10, 12), midnight(10, 13));
        assert_eq!(turns(11, 8), midnight(11, 9));
        assert_eq!(turns(11, 9), None, "the last day is the last step");
        assert_eq!(turns(12, 1), None);
        assert_eq!(turns_at(Band::Recoverable, Some(DUE), noon(10, 10)), None);
        assert_eq!(turns_at(Band::Stoppable, None, noon(10, 10)), None);
    }

    /// At each turn, and at none between, the risk is another.
    #[test]
    fn between_two_turns_a_risk_stays() {
        let held = held();
        let claim = disputed(ClaimState::Held, &held);
        let begun = at_stake(SuspectRule::PersonTwoEnterprises, None, &claim, 900, noon(9, 20));
        let (mut now, mut stake, mut turns) = (noon(9, 20), begun, 0);
        while let Some(next) = turns_at(Band::Stoppable, Some(DUE), now) {
            let before = next - jiff::SignedDuration::from_secs(1);
            assert_eq!(on_day(stake, Some(DUE), before).risk, stake.risk);
            let turned = on_day(stake, Some(DUE), next);
            assert!(turned.risk > stake.risk);
            (now, stake, turns) = (next, turned, turns + 1);
        }
        assert_eq!((turns, stake.amount), (29, begun.amount));
        assert_eq!(on_day(stake, Some(DUE), noon(12, 24)).risk, stake.risk);
    }
}
