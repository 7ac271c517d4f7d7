//! Weighs suspects: each once after it opens, and again whenever one of its claims moves or its days run out.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::money::Fen;
use crate::domain::suspect::at_stake::{Disputed, at_stake, on_day, turns_at};
use crate::domain::suspect::weight::{Pair, Side, rostered, weigh};
use crate::store::record::weigh::{
    ClaimBasis, Progress, ToWeigh, TurnedPage, WEIGHED_AT_ONCE, WeighedSuspect, Weighing, WeighingOutcome,
};
use crate::workflows::submit::asked;
use crate::workflows::{Gateway, Refusal};

/// After so many entries of the log in which no suspect's claim moved, the place is kept, so that a restart need not look at them again.
const KEPT_AFTER: i64 = 20_000;

/// How far a process has followed the log. Lost at a restart: then it follows again from the place that was kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Followed {
    /// Nothing up to here is left to be weighed.
    claims: i64,
}

/// What a round of weighing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WeighingRound {
    pub weighed: usize,
    /// There is more to be weighed at once.
    pub has_more: bool,
}

impl Gateway {
    /// Weighs what waits for it, up to some hundreds of suspects of each kind. What one kind fails of holds up neither of the others; a
    /// suspect of which a row cannot be read is told of and passed over.
    pub async fn weigh_suspects(&self, followed: &mut Followed) -> Result<WeighingRound, Refusal> {
        let mut round = WeighingRound::default();
        let opened = self.weigh_opened(&mut round).await;
        let moved = self.weigh_moved(followed, &mut round).await;
        let turned = self.weigh_turned(&mut round).await;
        opened.and(moved).and(turned).map(|()| round)
    }

    async fn weigh_opened(&self, round: &mut WeighingRound) -> Result<(), Refusal> {
        let seen = self.inner.store.weighing_progress().await?;
        let opened = self.inner.store.suspects_opened_after(seen.suspects).await?;
        let Some(last) = opened.last() else { return Ok(()) };
        tell_unreadable("weigh-opened", &opened.unreadable);
        let weighing = Weighing { suspects: last, ..self.weighed(seen, &opened.suspects) };
        let weighing = Weighing { opened: opened.suspects, ..weighing };
        self.record_weighing(weighing, round).await.map(drop)
    }

    async fn weigh_moved(&self, followed: &mut Followed, round: &mut WeighingRound) -> Result<(), Refusal> {
        let store = &self.inner.store;
        let mut seen = store.weighing_progress().await?;
        let after = followed.claims.max(seen.claims);
        let to = store.follow_to(after).await?;
        let mut beyond = 0;
        loop {
            let moved = store.suspects_moved((after, to), beyond).await?;
            let is_last = !is_full(moved.len());
            beyond = moved.last().unwrap_or(beyond);
            tell_unreadable("weigh-moved", &moved.unreadable);
            if moved.is_empty() && to.saturating_sub(seen.claims) < KEPT_AFTER {
                break;
            }
            // The place is kept with the last of them: whoever stops before it goes through all of them again.
            let claims = if is_last { to } else { seen.claims };
            let weighing = Weighing { claims, ..self.weighed(seen, &moved.suspects) };
            if !self.record_weighing(weighing, round).await? {
                return Ok(());
            }
            if is_last {
                break;
            }
            seen.written = seen.written.saturating_add(1);
        }
        followed.claims = to;
        round.has_more |= store.follow_to(to).await? > to;
        Ok(())
    }

    /// Nothing is opened for it: only the days are counted anew.
    async fn weigh_turned(&self, round: &mut WeighingRound) -> Result<(), Refusal> {
        let seen = self.inner.store.weighing_progress().await?;
        let at = self.inner.clock.now();
        let turned = self.inner.store.stakes_turned(at).await?;
        let TurnedPage { stakes: turned, unreadable: put_off } = turned;
        if turned.is_empty() && put_off.is_empty() {
            return Ok(());
        }
        tell_unreadable("weigh-turned", &put_off);
        let weighed = turned.into_iter().map(|(sequence, stake, due_on)| WeighedSuspect {
            sequence,
            stake: on_day(stake, due_on, at),
            due_on,
            weigh_at: turns_at(stake.band, due_on, at),
        });
        let Progress { suspects, claims, .. } = seen;
        let (weighed, opened) = (weighed.collect(), Vec::new());
        let weighing = Weighing { seen, suspects, claims, weighed, opened, put_off, claims_read: 0, at };
        self.record_weighing(weighing, round).await.map(drop)
    }

    fn weighed(&self, seen: Progress, suspects: &[ToWeigh]) -> Weighing {
        let at = self.inner.clock.now();
        let read: BTreeSet<_> = suspects
            .iter()
            .flat_map(|it| it.first.iter().chain([&it.second]).map(|claim| claim.record.claim.claim_id))
            .collect();
        let Progress { suspects: opened, claims, .. } = seen;
        let weighed = suspects.iter().map(|it| self.weighed_suspect(it, at)).collect();
        let (opened_now, put_off) = (Vec::new(), Vec::new());
        let claims_read = read.len();
        Weighing { seen, suspects: opened, claims, weighed, opened: opened_now, put_off, claims_read, at }
    }

    fn weighed_suspect(&self, suspect: &ToWeigh, at: Timestamp) -> WeighedSuspect {
        let weight = weigh(&pair(suspect)).weight;
        let second = &suspect.second;
        let claim = &second.record.claim;
        let sheet = self.inner.catalog.get(&claim.sheet_id);
        let disputed = Disputed {
            state: second.record.state,
            verdict: second.record.decision.as_ref().map(|decision| &decision.verdict),
            asked: sheet.map_or(Fen::ZERO, |sheet| asked(claim, sheet)),
            rate: sheet.map_or(Fen::ZERO, |sheet| sheet.rate.value.amount),
            unit: suspect.unit,
            got_back: second.got_back,
            due_on: second.record.due_on,
        };
        let first = suspect.first.as_ref().map(|first| first.record.state);
        let stake = at_stake(suspect.rule, first, &disputed, weight, at);
        let due_on = second.record.due_on;
        WeighedSuspect { sequence: suspect.sequence, stake, due_on, weigh_at: turns_at(stake.band, due_on, at) }
    }

    /// Says whether it was written: where another replica was first, the next round reads again.
    async fn record_weighing(&self, weighing: Weighing, round: &mut WeighingRound) -> Result<bool, Refusal> {
        let count = weighing.weighed.len();
        let is_written = match self.inner.store.record_weighing(weighing).await? {
            WeighingOutcome::Written { skipped } => {
                tell_unreadable("weigh", &skipped);
                round.weighed = round.weighed.saturating_add(count.saturating_sub(skipped.len()));
                true
            }
            WeighingOutcome::Overtaken => false,
        };
        round.has_more |= !is_written || is_full(count);
        Ok(is_written)
    }
}

/// Says by their places which suspects were passed over: somebody has to look at their rows.
pub(super) fn tell_unreadable(duty: &'static str, sequences: &[i64]) {
    for sequence in sequences {
        tracing::error!(duty, sequence, "a row of the suspect cannot be read; it is passed over");
        metrics::counter!("hufu_suspects_unreadable_total", "duty" => duty).increment(1);
    }
}

fn is_full(count: usize) -> bool {
    u32::try_from(count).is_ok_and(|count| count >= WEIGHED_AT_ONCE)
}

/// A suspect as it is weighed.
pub(super) fn pair(suspect: &ToWeigh) -> Pair<'_> {
    let second = side(&suspect.second, suspect.unit);
    let first = suspect.first.as_deref().map(|first| {
        let unit = second.person().and_then(|person| rostered(&first.record.claim, &person.resident_id));
        side(first, unit)
    });
    Pair { rule: suspect.rule, first, second }
}

fn side(basis: &ClaimBasis, unit: Option<usize>) -> Side<'_> {
    let ClaimBasis { record, evidence, .. } = basis;
    Side { claim: &record.claim, state: record.state, evidence: evidence.as_ref(), unit }
}
