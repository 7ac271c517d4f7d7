//! Pooling batches: from gathering filings to the last fen.

use jiff::Timestamp;

use super::record::Actor;
use super::record::pooling::{
    BatchFilter, BatchLineRecord, BatchRecord, Fence, HopTotal, MoveBatch, MoveOutcome, PoolFiling, PoolOutcome,
};
use super::{Store, StoreError};
use crate::domain::calendar::Month;
use crate::domain::pooling::BatchId;

impl Store {
    /// The batch of a city that is gathering; a new one of the month where there is none.
    pub async fn gathering_batch(
        &self,
        fence: Fence,
        month: Month,
        actor: Actor,
        at: Timestamp,
    ) -> Result<BatchRecord, StoreError> {
        let _ = (fence, month, actor, at);
        Err(StoreError::Closed)
    }

    /// Takes a filing into a batch, when its control totals agree with what it was sealed with.
    pub async fn pool_filing(&self, pooled: PoolFiling) -> Result<PoolOutcome, StoreError> {
        let _ = pooled;
        Err(StoreError::Closed)
    }

    /// Takes a batch one step further.
    pub async fn move_batch(&self, step: MoveBatch) -> Result<MoveOutcome, StoreError> {
        let _ = step;
        Err(StoreError::Closed)
    }

    /// One batch.
    pub async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>, StoreError> {
        let _ = id;
        Err(StoreError::Closed)
    }

    /// Batches, newest first.
    pub async fn batches(&self, filter: &BatchFilter) -> Result<Vec<BatchRecord>, StoreError> {
        let _ = filter;
        Err(StoreError::Closed)
    }

    /// Lines of a batch, by region and subsidy.
    pub async fn batch_lines(&self, id: BatchId) -> Result<Vec<BatchLineRecord>, StoreError> {
        let _ = id;
        Err(StoreError::Closed)
    }

    /// What each hop of a batch comes to, in the order of the hops.
    pub async fn hops(&self, id: BatchId) -> Result<Vec<HopTotal>, StoreError> {
        let _ = id;
        Err(StoreError::Closed)
    }
}
