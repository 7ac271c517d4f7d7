//! Instructions: sent under one id for good, and settled by what the bank says (I4).

use jiff::Timestamp;

use super::record::Actor;
use super::record::payment::{InstructionRecord, Report, ReportOutcome};
use super::record::pooling::Fence;
use super::{Store, StoreError};
use crate::domain::identity::Region;
use crate::domain::payment::{InstructionId, InstructionState};
use crate::domain::pooling::BatchId;

impl Store {
    /// Takes at most `limit` instructions of a city that are made and marks them as being sent: committed before anything is sent.
    pub async fn start_sending(
        &self,
        fence: Fence,
        limit: u32,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Vec<InstructionRecord>, StoreError> {
        let _ = (fence, limit, actor, at);
        Err(StoreError::Closed)
    }

    /// Instructions of a city in one of some states, oldest first, after one of them.
    pub async fn instructions(
        &self,
        city: Region,
        states: &[InstructionState],
        after: Option<InstructionId>,
        limit: u32,
    ) -> Result<Vec<InstructionRecord>, StoreError> {
        let _ = (city, states, after, limit);
        Err(StoreError::Closed)
    }

    /// All instructions of a batch, oldest first: for a file.
    pub async fn instructions_of(&self, batch: BatchId, limit: u32) -> Result<Vec<InstructionRecord>, StoreError> {
        let _ = (batch, limit);
        Err(StoreError::Closed)
    }

    /// Posts what the bank said. Reports may come twice, late and in any order. The outcomes are in their order.
    pub async fn report(
        &self,
        reports: Vec<Report>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Vec<ReportOutcome>, StoreError> {
        let _ = (reports, actor, at);
        Err(StoreError::Closed)
    }
}
