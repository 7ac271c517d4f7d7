//! What both provinces have closed while both claims still pay.

use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::store::record::SuspectRecord;
use crate::workflows::read::{seen_from, within};
use crate::workflows::{Gateway, Refusal};

/// Suspects looked at again at once: a few milliseconds of a reading connection.
const REVIEW_AT_ONCE: u32 = 2_000;

impl Gateway {
    /// Suspects of a region that two provinces have closed while both claims still pay, latest first; at most 100.
    pub async fn alarms(&self, caller: &Caller, region: Region) -> Result<Vec<SuspectRecord>, Refusal> {
        within(caller, region)?;
        let alarms = self.inner.store.desk_alarms(region, &self.access(caller, "list-alarms")).await?;
        Ok(seen_from(alarms, caller.region))
    }

    /// Looks again at some of the suspects that were closed twice, from a place in their order on. Gives where to go on; `None` at the
    /// end.
    pub async fn review_alarms(&self, after: i64) -> Result<Option<i64>, Refusal> {
        Ok(self.inner.store.review_alarms(after, REVIEW_AT_ONCE).await?)
    }
}
