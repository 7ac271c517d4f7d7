//! Reads claims and suspects. Each read is in the audit log before its answer leaves (I10).

use super::precondition::Precondition;
use super::{Gateway, Refusal};
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimId;
use crate::domain::identity::Region;
use crate::domain::suspect::SuspectId;
use crate::store::record::desk::SuspectPage;
use crate::store::record::{ClaimFilter, ClaimRecord, SuspectFilter, SuspectRecord};

impl Gateway {
    /// One claim of the caller's region.
    pub async fn claim(&self, caller: &Caller, claim_id: ClaimId) -> Result<ClaimRecord, Refusal> {
        let record = self.inner.store.claim(claim_id, caller.region, &self.access(caller, "get-claim")).await?;
        record.ok_or(Refusal::NotFound)
    }

    /// Claims of the caller's region, newest first.
    pub async fn claims(&self, caller: &Caller, filter: ClaimFilter) -> Result<Vec<ClaimRecord>, Refusal> {
        within(caller, filter.within)?;
        Ok(self.inner.store.claims(&filter, &self.access(caller, "list-claims")).await?)
    }

    /// One suspect with a claim in the caller's region.
    pub async fn suspect(&self, caller: &Caller, suspect_id: SuspectId) -> Result<SuspectRecord, Refusal> {
        let record = self.inner.store.suspect(suspect_id, caller.region, &self.access(caller, "get-suspect")).await?;
        record.map(|it| it.seen_from(caller.region)).ok_or(Refusal::NotFound)
    }

    /// A page of suspects of the caller's region. The audit log says that something was searched for, never what.
    pub async fn suspects(&self, caller: &Caller, filter: SuspectFilter) -> Result<SuspectPage, Refusal> {
        within(caller, filter.within)?;
        let filter = SuspectFilter { seen_from: caller.region, ..filter };
        let purpose = if filter.search.is_some() { "search-suspects" } else { "list-suspects" };
        let page = self.inner.store.suspect_page(&filter, &self.access(caller, purpose)).await?;
        if page.is_too_broad {
            return Err(Precondition::SearchTooBroad.into());
        }
        Ok(SuspectPage { suspects: seen_from(page.suspects, caller.region), ..page })
    }

    /// Suspects of the caller's region that were opened after a place in the order, oldest first.
    pub async fn pull_suspects(
        &self,
        caller: &Caller,
        region: Region,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SuspectRecord>, Refusal> {
        within(caller, region)?;
        let access = self.access(caller, "pull-suspects");
        let pulled = self.inner.store.suspects_after(after, region, limit, &access).await?;
        Ok(seen_from(pulled, caller.region))
    }
}

pub(super) fn within(caller: &Caller, region: Region) -> Result<(), Refusal> {
    if caller.region.covers(region) { Ok(()) } else { Err(Refusal::OutsideRegion) }
}

/// Suspects as a reader of a region is told of them.
pub(super) fn seen_from(suspects: Vec<SuspectRecord>, region: Region) -> Vec<SuspectRecord> {
    suspects.into_iter().map(|it| it.seen_from(region)).collect()
}
