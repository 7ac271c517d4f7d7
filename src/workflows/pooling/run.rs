//! One run: takes a city as far along the path as it can go now. Every step reads where things stand, does one thing, and commits;
//! so it can be ended at any moment, and the next run goes on from what is there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::point::{Point, at};
use super::{City, RunReport, StepDone};
use crate::connectors::{Applied, Treasury, Unanswered};
use crate::domain::calendar::{Month, cst_date};
use crate::domain::identity::Region;
use crate::domain::pooling::{BatchState, ControlTotals, FundingApplication, FundingDecision, Stop};
use crate::store::record::Actor;
use crate::store::record::pooling::{BatchFilter, BatchRecord, BatchStep, Fence, MoveBatch, MoveOutcome};
use crate::workflows::precondition::Precondition;
use crate::workflows::{Gateway, Refusal};

/// A run ends when a round changes nothing, and at the latest after so many: a city's path has fewer steps than this.
const ROUNDS_MAX: usize = 64;
/// How long a city is leased; kept at every round. Longer than a round takes, and short enough that another process takes over soon
/// after a crash.
const LEASE: Duration = Duration::from_secs(120);
/// Batches under way at once: a city has a few a month.
const OPEN_BATCHES_MAX: u32 = 100;

/// A run under its lease.
pub(super) struct Run<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) treasury: &'a Treasury,
    pub(super) city: &'a City,
    pub(super) region: Region,
    pub(super) fence: Fence,
    pub(super) actor: Actor,
    pub(super) steps: Vec<StepDone>,
    /// Whether this round changed anything.
    pub(super) progressed: bool,
}

impl Gateway {
    /// Runs a city under a lease, as whoever asked for it.
    pub(super) async fn run_city(&self, region: Region, actor: Actor) -> Result<RunReport, Refusal> {
        let money = self.inner.money.as_ref().ok_or(Precondition::PoolingNotConfigured)?;
        let city = money.cities.get(&region).ok_or(Precondition::PoolingNotConfigured)?;
        let now = self.inner.clock.now();
        let lease = self.inner.store.take_lease(region, money.holder.clone(), now, until(now));
        let fence = at(Point::TakeLease, lease).await?.ok_or(Precondition::PoolingLeased)?;
        let steps = Vec::new();
        let treasury = &money.treasury;
        let mut run = Run { gateway: self, treasury, city, region, fence, actor, steps, progressed: false };
        let done = run.rounds().await;
        let mut steps = run.steps;
        // Given back also after a failure; when that fails too, it runs out by itself.
        let back = self.inner.store.keep_lease(fence, self.inner.clock.now());
        let given = at(Point::GiveLeaseBack, back).await;
        done?;
        given?;
        let status = self.status_of(region).await?;
        steps.extend(status.attention.iter().cloned());
        Ok(RunReport { steps, status })
    }
}

fn until(now: Timestamp) -> Timestamp {
    now + SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::ZERO)
}

impl Run<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.gateway.inner.clock.now()
    }

    pub(super) fn month(&self) -> Month {
        Month::of(cst_date(self.now()))
    }

    /// Writes down a step that changed something.
    pub(super) fn did(&mut self, step: StepDone) {
        self.progressed = true;
        self.steps.push(step);
    }

    /// Writes down what could not be done; said once a run.
    pub(super) fn note(&mut self, step: StepDone) {
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
    }

    pub(super) fn unanswered(&mut self, unanswered: Unanswered) {
        self.note(StepDone::not_answering(unanswered.owner));
    }

    async fn rounds(&mut self) -> Result<(), Refusal> {
        for _ in 0..ROUNDS_MAX {
            self.progressed = false;
            if !self.gateway.inner.store.keep_lease(self.fence, until(self.now())).await? {
                return Err(Precondition::PoolingLeased.into());
            }
            self.round().await?;
            if !self.progressed {
                break;
            }
        }
        Ok(())
    }

    /// What the bank says comes first: everything else rests on what is known to be paid.
    async fn round(&mut self) -> Result<(), Refusal> {
        self.inquire().await?;
        self.read_statements().await?;
        self.reinstruct().await?;
        for batch in self.open_batches().await? {
            self.advance(batch).await?;
        }
        self.pool_filings().await?;
        self.send().await
    }

    /// Batches with something to be done, the oldest first.
    pub(super) async fn open_batches(&self) -> Result<Vec<BatchRecord>, Refusal> {
        let filter = BatchFilter { within: self.region, open_only: true, before: None, limit: OPEN_BATCHES_MAX };
        let mut batches = self.gateway.inner.store.batches(&filter).await?;
        batches.reverse();
        Ok(batches)
    }

    async fn advance(&mut self, batch: BatchRecord) -> Result<(), Refusal> {
        match batch.state {
            // Filings are taken up at the end of the round.
            BatchState::Gathering | BatchState::Closed | BatchState::Refused => Ok(()),
            BatchState::Sealed => self.ask_finance(&batch).await,
            BatchState::Asked => self.hear_finance(&batch).await,
            BatchState::Granted => self.fund(&batch).await,
            BatchState::Funded => self.transfer(&batch).await,
            // What is for the city's own enterprises need not wait for the counties' money to arrive.
            BatchState::Transferring => self.pay_out(&batch).await,
            BatchState::Paying => {
                self.pay_out(&batch).await?;
                self.return_what_is_left(&batch).await?;
                self.close(&batch).await
            }
        }
    }

    async fn ask_finance(&mut self, batch: &BatchRecord) -> Result<(), Refusal> {
        let application = self.application(batch).await?;
        let accounts = &self.city.accounts;
        let Some(municipal) = accounts.expenditure.get(&self.region) else {
            self.note(StepDone::no_account(self.region));
            return Ok(());
        };
        match at(Point::Apply, self.treasury.apply(&application, &municipal.account)).await {
            Err(unanswered) => self.unanswered(unanswered),
            Ok(Applied::ContentDiffers) => self.stop(batch, Stop::ApplicationDiffers).await?,
            Ok(Applied::Taken { reference }) => {
                if self.step(batch, Point::RecordAsked, BatchStep::Asked { reference }).await?.is_some() {
                    self.did(StepDone::asked(batch.total));
                }
            }
        }
        Ok(())
    }

    async fn application(&self, batch: &BatchRecord) -> Result<FundingApplication, Refusal> {
        let lines = self.gateway.inner.store.batch_lines(batch.batch_id).await?;
        Ok(FundingApplication {
            batch_id: batch.batch_id,
            city: batch.city,
            month: batch.month,
            number: batch.number,
            lines: lines.into_iter().map(|it| it.line).collect(),
            total: batch.total,
            content_hash: batch.content_hash.unwrap_or_default(),
        })
    }

    async fn hear_finance(&mut self, batch: &BatchRecord) -> Result<(), Refusal> {
        match self.treasury.decision(batch.batch_id).await {
            Err(unanswered) => self.unanswered(unanswered),
            Ok(FundingDecision::Pending) => self.note(StepDone::pending()),
            // Finance lost it, or never had it: it is known by its id, so that asking again asks for no more.
            Ok(FundingDecision::NotKnown) => self.ask_finance(batch).await?,
            Ok(FundingDecision::Granted(grant)) => {
                if let Some(after) = self.step(batch, Point::RecordGrant, BatchStep::Granted(grant)).await? {
                    self.did(StepDone::granted(batch.total.amount, after.granted));
                }
            }
            Ok(FundingDecision::Refused { document_number, reason }) => {
                let said = StepDone::refused(&reason);
                let refused = BatchStep::Refused { document_number, reason };
                if self.step(batch, Point::RecordRefusal, refused).await?.is_some() {
                    self.did(said);
                }
            }
        }
        Ok(())
    }

    async fn fund(&mut self, batch: &BatchRecord) -> Result<(), Refusal> {
        if batch.arrived != batch.granted && batch.arrived.get() == 0 {
            match self.treasury.arrivals(batch.batch_id).await {
                Ok(moved) => self.note(StepDone::awaited(batch.granted, Some(moved))),
                Err(unanswered) => {
                    self.note(StepDone::awaited(batch.granted, None));
                    self.unanswered(unanswered);
                }
            }
            return Ok(());
        }
        if let Some(after) = self.step(batch, Point::FundBatch, BatchStep::Fund).await? {
            self.did(StepDone::funded(ControlTotals { claims: after.total.claims, amount: after.granted }));
        }
        Ok(())
    }

    async fn close(&mut self, batch: &BatchRecord) -> Result<(), Refusal> {
        if self.step(batch, Point::CloseBatch, BatchStep::Close).await?.is_some() {
            self.did(StepDone::closed());
        }
        Ok(())
    }

    pub(super) async fn stop(&mut self, batch: &BatchRecord, stop: Stop) -> Result<(), Refusal> {
        let said = StepDone::stopped(&stop);
        if batch.stopped.as_ref() != Some(&stop) {
            self.step(batch, Point::StopBatch, BatchStep::Stop(Some(stop))).await?;
        }
        self.note(said);
        Ok(())
    }

    /// Takes one step of a batch, as often as there is more of it. Gives the batch after it where it moved.
    pub(super) async fn step(
        &mut self,
        batch: &BatchRecord,
        point: Point,
        step: BatchStep,
    ) -> Result<Option<BatchRecord>, Refusal> {
        loop {
            let (fence, actor, at_now) = (self.fence, self.actor.clone(), self.now());
            let step = MoveBatch { fence, actor, batch_id: batch.batch_id, step: step.clone(), at: at_now };
            match at(point, self.gateway.inner.store.move_batch(step)).await? {
                MoveOutcome::Moved(after) => return Ok(Some(after)),
                MoveOutcome::More(_) => self.progressed = true,
                MoveOutcome::Stale => return Ok(None),
                MoveOutcome::Refused(stop) => {
                    self.note(StepDone::stopped(&stop));
                    return Ok(None);
                }
            }
        }
    }
}
