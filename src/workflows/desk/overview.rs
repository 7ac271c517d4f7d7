//! The desk in numbers.

use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::store::record::desk::{DeskOverview, Tally};
use crate::workflows::read::{seen_from, within};
use crate::workflows::{Gateway, Refusal};

impl Gateway {
    /// What is open, due and at stake in a region, how well each rule hits, and the alarms.
    pub async fn desk(&self, caller: &Caller, region: Region) -> Result<DeskOverview, Refusal> {
        within(caller, region)?;
        let desk = self.inner.store.desk_overview(region, &self.access(caller, "get-desk")).await?;
        let (alarms, overdue) = (seen_from(desk.alarms, caller.region), seen_from(desk.overdue, caller.region));
        Ok(DeskOverview { alarms, overdue, ..desk })
    }

    /// How many suspects of a region stand where, and what is at stake: numbers alone, so that nothing is written down as read.
    pub async fn desk_tallies(&self, caller: &Caller, region: Region) -> Result<Vec<Tally>, Refusal> {
        within(caller, region)?;
        Ok(self.inner.store.desk_tallies(region).await?)
    }
}
