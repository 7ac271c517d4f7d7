//! Reviews: a claim passed by one person and approved by another (I8, I9).

use super::record::review::{Review, ReviewOutcome};
use super::{Store, StoreError};

impl Store {
    /// Records a person's decision on a claim, with what exactly was approved.
    pub async fn review(&self, review: Review) -> Result<ReviewOutcome, StoreError> {
        let _ = review;
        Err(StoreError::Closed)
    }
}
