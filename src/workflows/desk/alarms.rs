//! What both provinces have closed while both claims still pay.

use crate::workflows::{Gateway, Refusal};

/// Suspects looked at again at once: a few milliseconds of a reading connection.
const REVIEW_AT_ONCE: u32 = 2_000;

impl Gateway {
    /// Looks again at some of the suspects that were closed twice, from a place in their order on. Gives where to go on; `None` at the
    /// end.
    pub async fn review_alarms(&self, after: i64) -> Result<Option<i64>, Refusal> {
        Ok(self.inner.store.review_alarms(after, REVIEW_AT_ONCE).await?)
    }
}
