//! Statements: posted whole or not at all, once, in their order.
//!
//! A line is money of a batch from finance, what became of an instruction, a transfer that came in, or a repayment. What it fits is decided
//! over all lines at once, line after line in memory, and then written in a few statements; what fits nothing is kept and told.

pub(super) mod arrivals;
pub(super) mod booked;
pub(super) mod content;
pub(super) mod matching;
pub(super) mod post;
pub(super) mod repaid;

use super::record::payment::{PostStatement, StatementOutcome};
use super::{Store, StoreError};
use crate::domain::identity::Region;
use crate::domain::money::Fen;

impl Store {
    /// Posts a statement: arrivals, what instructions came to, and repayments.
    pub async fn post_statement(&self, posting: PostStatement) -> Result<StatementOutcome, StoreError> {
        // What needs no look at the database is done on the caller's own task.
        match posting.statement.verify() {
            Ok(totals) => self.act(post::Post::new(posting, totals, &self.inner.sealer)).await,
            Err(fault) => Ok(StatementOutcome::Refused(fault)),
        }
    }

    /// The number and closing balance of the last statement of a place's account; `None` before the first.
    pub async fn last_statement(&self, region: Region) -> Result<Option<(u32, Fen)>, StoreError> {
        post::last_statement(&self.inner.pools.readers, region).await
    }
}
