//! Statements: posted whole or not at all, once, in their order.

use super::record::payment::{PostStatement, StatementOutcome};
use super::{Store, StoreError};
use crate::domain::identity::Region;
use crate::domain::money::Fen;

impl Store {
    /// Posts a statement: arrivals, what instructions came to, and repayments.
    pub async fn post_statement(&self, posting: PostStatement) -> Result<StatementOutcome, StoreError> {
        let _ = posting;
        Err(StoreError::Closed)
    }

    /// The number and closing balance of the last statement of a place's account; `None` before the first.
    pub async fn last_statement(&self, region: Region) -> Result<Option<(u32, Fen)>, StoreError> {
        let _ = region;
        Err(StoreError::Closed)
    }
}
