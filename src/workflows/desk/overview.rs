//! The desk in numbers.

use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::store::record::desk::DeskOverview;
use crate::workflows::read::within;
use crate::workflows::{Gateway, Refusal};

impl Gateway {
    /// What is open, due and at stake in a region, how well each rule hits, and the alarms.
    pub async fn desk(&self, caller: &Caller, region: Region) -> Result<DeskOverview, Refusal> {
        within(caller, region)?;
        Ok(self.inner.store.desk_overview(region, &self.access(caller, "get-desk")).await?)
    }
}
