//! What the path says of itself: where a city stands, what a run would do, its batches.

use std::collections::BTreeMap;

use jiff::ToSpan;

use super::collect::Asked;
use super::{BatchView, City, NotPooled, Plan, PoolingStatus, RunReport, StepDone};
use crate::domain::calendar::{Month, cst_date};
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimState;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::payment::{InstructionState, PaymentState};
use crate::domain::pooling::{BatchId, ControlTotals, LeftOut, Lines};
use crate::store::StoreError;
use crate::store::record::Actor;
use crate::store::record::payment::{InstructionRecord, PaymentFilter};
use crate::store::record::pooling::{BatchFilter, BatchRecord, FilingRecord};
use crate::workflows::read::within;
use crate::workflows::{Gateway, Refusal, actor};

/// A claim is near its last day from so many days before it on.
const NEAR_DAYS: i64 = 7;
/// Batches shown in a status: a city has a few open ones.
const BATCHES_SHOWN: u32 = 100;
/// Things that are counted for a status are counted up to here; more than this says enough.
const COUNTED_MAX: u32 = 10_000;
/// Statement lines shown in a status.
const UNMATCHED_SHOWN: usize = 100;
/// Instructions in one file for the bank.
const INSTRUCTIONS_MAX: u32 = 100_000;

/// What the timer acts as.
const TIMER: &str = "hufu/pooling";

impl Gateway {
    /// A city whose money this node moves; `None` where the settings name none.
    pub fn city(&self, city: Region) -> Option<&City> {
        self.inner.money.as_ref()?.cities.get(&city)
    }

    /// Takes a city as far along the path as it can go now. Safe to repeat, and to run twice at once.
    pub async fn run_pooling(&self, caller: &Caller, city: Region) -> Result<RunReport, Refusal> {
        within(caller, city)?;
        self.run_city(city, actor(caller)).await
    }

    /// The same on a timer: for every city whose accounts the settings name.
    pub async fn run_all_pooling(&self) -> Vec<(Region, Result<RunReport, Refusal>)> {
        let cities: Vec<Region> = self.inner.money.iter().flat_map(|money| money.cities.keys().copied()).collect();
        let mut reports = Vec::with_capacity(cities.len());
        for city in cities {
            reports.push((city, self.run_city(city, Actor(TIMER.to_owned())).await));
        }
        reports
    }

    /// What a run would do now. Changes nothing.
    pub async fn plan_pooling(&self, caller: &Caller, city: Region) -> Result<Plan, Refusal> {
        within(caller, city)?;
        let access = self.access(caller, "plan-pooling");
        let overflow = || Refusal::from(StoreError::Corrupt("amount"));
        let (mut lines, mut total) = (Lines::default(), ControlTotals::default());
        let mut not_pooled = Vec::new();
        for filing in self.sealed_filings(city).await? {
            let asked = self.ask_again(filing.filing_id, &access).await?;
            not_pooled.extend(left_out(&filing, &asked));
            for claim in &asked.same {
                lines.add(&claim.path).ok_or_else(overflow)?;
                total = total.with(claim.path.amount).ok_or_else(overflow)?;
            }
        }
        let mut standing: BTreeMap<(Region, ClaimState), ControlTotals> = BTreeMap::new();
        for found in self.inner.store.standing_totals(city).await? {
            let sum = standing.entry((found.region, found.state)).or_default();
            *sum = sum.and(found.totals).unwrap_or_default();
        }
        not_pooled.extend(standing.into_iter().filter(|((_, state), _)| waits_before_filing(*state)).map(
            |((region, state), totals)| NotPooled {
                reason: state.code().to_owned(),
                zh: state.zh().to_owned(),
                region,
                totals,
            },
        ));
        Ok(Plan { lines: lines.finish(), total, not_pooled })
    }

    /// Where a city stands.
    pub async fn pooling_status(&self, caller: &Caller, city: Region) -> Result<PoolingStatus, Refusal> {
        within(caller, city)?;
        self.status_of(city).await
    }

    pub(super) async fn status_of(&self, city: Region) -> Result<PoolingStatus, Refusal> {
        let store = &self.inner.store;
        let today = cst_date(self.inner.clock.now());
        let month = Month::of(today);
        let filter = BatchFilter { within: city, open_only: true, before: None, limit: BATCHES_SHOWN };
        let open_batches = store.batches(&filter).await?;
        let not_filed = store.not_filed(city, month).await?;
        let paid_out_this_month = store.has_paid_out(city, month).await?;
        let until = today.checked_add(NEAR_DAYS.days()).unwrap_or(today);
        let due = store.due_until(city, until).await?;
        let state = Some(PaymentState::Owed);
        let owed = PaymentFilter { within: city, batch_id: None, state, before: None, limit: COUNTED_MAX };
        let mut owed_count = store.payments(&owed).await?.len() as u64;
        let reviewed = PaymentFilter { state: Some(PaymentState::Reviewed), ..owed };
        owed_count += store.payments(&reviewed).await?.len() as u64;
        let in_doubt = store.instructions(city, &[InstructionState::InDoubt], None, COUNTED_MAX).await?.len() as u64;

        let mut attention: Vec<StepDone> =
            open_batches.iter().filter_map(|batch| batch.stopped.as_ref()).map(StepDone::stopped).collect();
        let mut unmatched = store.unmatched_lines(city, COUNTED_MAX).await?;
        let mut by_region: BTreeMap<Region, (u64, Fen)> = BTreeMap::new();
        for line in &unmatched {
            let (lines, amount) = by_region.entry(line.region).or_default();
            *lines += 1;
            *amount = amount.checked_add(line.amount).unwrap_or(*amount);
        }
        attention.extend(by_region.into_iter().map(|(region, (lines, sum))| StepDone::unmatched(region, lines, sum)));
        if owed_count > 0 {
            attention.push(StepDone::waiting_for_two(owed_count));
        }
        attention.extend(not_filed.iter().copied().map(StepDone::not_filed));
        if !paid_out_this_month {
            attention.push(StepDone::no_payout_this_month());
        }
        let near: u64 = due.iter().map(|it| it.claims).sum();
        if near > 0 {
            attention.push(StepDone::near_last_day(near));
        }
        let owed = owed_count;
        unmatched.truncate(UNMATCHED_SHOWN);
        Ok(PoolingStatus {
            city,
            open_batches,
            not_filed,
            paid_out_this_month,
            due,
            owed,
            in_doubt,
            attention,
            unmatched,
        })
    }

    /// Batches of the caller's region, newest first.
    pub async fn batches(&self, caller: &Caller, filter: BatchFilter) -> Result<Vec<BatchRecord>, Refusal> {
        within(caller, filter.within)?;
        Ok(self.inner.store.batches(&filter).await?)
    }

    /// One batch.
    pub async fn batch(&self, caller: &Caller, id: BatchId) -> Result<BatchView, Refusal> {
        let batch = self.visible_batch(caller, id).await?;
        let lines = self.inner.store.batch_lines(id).await?;
        let hops = self.inner.store.hops(id).await?;
        Ok(BatchView { batch, lines, hops })
    }

    /// Instructions of a batch, for a file that is handed to the bank.
    pub async fn instructions(&self, caller: &Caller, id: BatchId) -> Result<Vec<InstructionRecord>, Refusal> {
        self.visible_batch(caller, id).await?;
        Ok(self.inner.store.instructions_of(id, INSTRUCTIONS_MAX).await?)
    }

    async fn visible_batch(&self, caller: &Caller, id: BatchId) -> Result<BatchRecord, Refusal> {
        let batch = self.inner.store.batch(id).await?;
        batch.filter(|found| caller.region.covers(found.city)).ok_or(Refusal::NotFound)
    }
}

/// Claims that are on their way to a filing, or held up before it.
fn waits_before_filing(state: ClaimState) -> bool {
    match state {
        ClaimState::Assessing
        | ClaimState::Assessed
        | ClaimState::Held
        | ClaimState::Reviewed
        | ClaimState::Approved => true,
        ClaimState::Refused
        | ClaimState::Withdrawn
        | ClaimState::Filed
        | ClaimState::Pooled
        | ClaimState::Funded
        | ClaimState::Instructed
        | ClaimState::InDoubt
        | ClaimState::Returned
        | ClaimState::Paid => false,
    }
}

/// What of a filing would not be pooled.
fn left_out(filing: &FilingRecord, asked: &Asked) -> Vec<NotPooled> {
    let of = |why: LeftOut, claims: usize| NotPooled {
        reason: why.code().to_owned(),
        zh: why.zh().to_owned(),
        region: filing.region,
        totals: ControlTotals { claims: claims as u64, amount: Fen::ZERO },
    };
    let found = [of(LeftOut::Changed, asked.changed.len()), of(LeftOut::Unanswered, asked.unanswered.len())];
    found.into_iter().filter(|it| it.totals.claims > 0).collect()
}
