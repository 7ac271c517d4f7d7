//! Takes county filings up into the batch of the city: each claim asked about again, and only filings whose control totals agree.

use jiff::SignedDuration;

use super::StepDone;
use super::point::{Point, at};
use super::recheck::{Account, RECHECK_MAX, Recheck};
use super::run::Run;
use crate::domain::claim::ClaimId;
use crate::domain::pooling::{BatchState, FilingId, FilingState};
use crate::store::Access;
use crate::store::record::AssessmentRecord;
use crate::store::record::pooling::{
    BatchRecord, BatchStep, FilingFilter, FilingRecord, OnPath, PoolFiling, PoolOutcome,
};
use crate::workflows::{Gateway, Refusal};

/// Filings taken up in one run: a city has a dozen counties, each with a few filings a month.
const FILINGS_MAX: u32 = 200;
/// One claim in so many may be unanswered and left for the next batch; with more, a registry is away, and the filing waits for it …
const UNANSWERED_ONE_IN: usize = 20;
/// … for so long.
const WAIT_FOR_ANSWERS: SignedDuration = SignedDuration::from_hours(72);

/// What asking about a filing again gave.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) total: usize,
    pub(super) same: Vec<OnPath>,
    pub(super) changed: Vec<AssessmentRecord>,
    pub(super) unanswered: Vec<ClaimId>,
}

impl Gateway {
    /// Asks about all claims of a filing again. Bounded by what a filing may hold.
    pub(super) async fn ask_again(&self, filing: FilingId, access: &Access) -> Result<Asked, Refusal> {
        let mut asked = Asked::default();
        let mut after = None;
        loop {
            let claims = self.inner.store.filed_claims(filing, after, RECHECK_MAX, access).await?;
            let Some(last) = claims.last() else { return Ok(asked) };
            after = Some(last.path.claim_id);
            let answers = self.recheck(&claims, Account::MustBeAsApproved).await?;
            asked.total += claims.len();
            for (claim, answer) in claims.into_iter().zip(answers) {
                match answer {
                    Recheck::Same(_) => asked.same.push(claim),
                    Recheck::Changed(record) => asked.changed.push(*record),
                    Recheck::Unanswered => asked.unanswered.push(claim.path.claim_id),
                }
            }
        }
    }

    /// Sealed filings of a city, the oldest first.
    pub(super) async fn sealed_filings(
        &self,
        city: crate::domain::identity::Region,
    ) -> Result<Vec<FilingRecord>, Refusal> {
        let state = Some(FilingState::Sealed);
        let filter = FilingFilter { within: city, month: None, state, before: None, limit: FILINGS_MAX };
        let mut filings = self.inner.store.filings(&filter).await?;
        filings.reverse();
        Ok(filings)
    }
}

impl Run<'_> {
    /// Takes up what the counties filed; what is complete then is sealed.
    pub(super) async fn pool_filings(&mut self) -> Result<(), Refusal> {
        let filings = self.gateway.sealed_filings(self.region).await?;
        let gathering = self.open_batches().await?.into_iter().find(|it| it.state == BatchState::Gathering);
        if filings.is_empty() && gathering.is_none() {
            return Ok(());
        }
        let mut batch = gathering;
        for filing in filings {
            self.pool_filing(&mut batch, filing).await?;
        }
        match batch {
            Some(batch) => self.seal(&batch).await,
            None => Ok(()),
        }
    }

    async fn pool_filing(&mut self, batch: &mut Option<BatchRecord>, filing: FilingRecord) -> Result<(), Refusal> {
        let access = Access { actor: self.actor.clone(), person: None, purpose: "pool-filing", at: self.now() };
        let asked = self.gateway.ask_again(filing.filing_id, &access).await?;
        let is_away = asked.unanswered.len() > (asked.total / UNANSWERED_ONE_IN).max(1);
        if is_away && self.now().duration_since(filing.filed_at) < WAIT_FOR_ANSWERS {
            self.note(StepDone::filing_waits(filing.region, asked.unanswered.len() as u64));
            return Ok(());
        }
        let open = match batch.take() {
            Some(open) => open,
            None => {
                let store = &self.gateway.inner.store;
                let opened = store.gathering_batch(self.fence, self.month(), self.actor.clone(), self.now());
                at(Point::OpenBatch, opened).await?
            }
        };
        let (changed, unanswered) = (asked.changed.len() as u64, asked.unanswered.len() as u64);
        let pooled = PoolFiling {
            fence: self.fence,
            actor: self.actor.clone(),
            batch_id: open.batch_id,
            filing_id: filing.filing_id,
            changed: asked.changed,
            waiting: asked.unanswered,
            at: self.now(),
        };
        *batch = Some(open);
        match at(Point::PoolFiling, self.gateway.inner.store.pool_filing(pooled)).await? {
            PoolOutcome::Pooled(totals) => {
                self.did(StepDone::filing_pooled(filing.region, totals));
                if changed + unanswered > 0 {
                    self.did(StepDone::left_out(filing.region, changed, unanswered));
                }
            }
            PoolOutcome::Rejected { sealed, found } => {
                self.did(StepDone::filing_rejected(filing.region, sealed, found));
            }
            // The next round reads it again.
            PoolOutcome::Stale => self.progressed = true,
        }
        Ok(())
    }

    /// Seals a batch unless a filing that belongs into it waits for the next round.
    async fn seal(&mut self, batch: &BatchRecord) -> Result<(), Refusal> {
        if let Some(sealed) = self.step(batch, Point::SealBatch, BatchStep::Seal).await? {
            self.did(StepDone::sealed(sealed.total));
        }
        Ok(())
    }
}
