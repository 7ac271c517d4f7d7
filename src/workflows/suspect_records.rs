//! 疑点数据: takes what the ministry sends down, and tells what was found (六(三)).

pub mod retry;

use std::collections::BTreeSet;

use super::read::{seen_from, within};
use super::{Gateway, Refusal, actor};
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::policy::sheet::OnceBy;
use crate::domain::slot::WORKER_GROUP_SUFFIX;
use crate::domain::suspect::record::MinistryRecord;
use crate::store::record::RequestKey;
use crate::store::record::suspect_records::{
    ImportOutcome, ImportRecords, RecordFilter, RecordFinding, RecordOutcome, SlotGroups,
};

/// Records to be taken in, those that could not be read left out.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request, the records that could not be read included.
    pub digest: [u8; 32],
    /// The place that they were sent to.
    pub region: Region,
    pub records: Vec<MinistryRecord>,
}

impl Gateway {
    /// Takes records in and answers for each, in their order, with its suspects or why it fits no claim.
    pub async fn import_suspect_records(
        &self,
        caller: &Caller,
        request: ImportRequest,
    ) -> Result<Vec<RecordOutcome>, Refusal> {
        within(caller, request.region)?;
        let import = ImportRecords {
            request: RequestKey { caller: caller.key(), request_id: request.request_id, digest: request.digest },
            actor: actor(caller),
            person: caller.person.clone(),
            organization: caller.organization.clone(),
            region: request.region,
            groups: self.slot_groups(),
            records: request.records,
            at: self.inner.clock.now(),
        };
        match self.inner.store.import_suspect_records(import).await? {
            ImportOutcome::Done(outcomes) => Ok(outcomes),
            ImportOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
        }
    }

    /// Records that were sent to places of the caller's region, oldest first.
    pub async fn suspect_records(&self, caller: &Caller, filter: RecordFilter) -> Result<Vec<RecordFinding>, Refusal> {
        within(caller, filter.within)?;
        let access = self.access(caller, "list-suspect-records");
        let mut findings = self.inner.store.suspect_records(&filter, &access).await?;
        for finding in &mut findings {
            finding.suspects = seen_from(std::mem::take(&mut finding.suspects), caller.region);
        }
        Ok(findings)
    }

    fn slot_groups(&self) -> SlotGroups {
        SlotGroups { person: self.groups_of(OnceBy::Person), enterprise: self.groups_of(OnceBy::Enterprise) }
    }

    /// The groups in which a person, or an enterprise, holds a slot. Persons also hold those of rostered workers, under any sheet.
    fn groups_of(&self, key: OnceBy) -> Vec<String> {
        let mut groups = BTreeSet::new();
        for once in self.inner.catalog.iter().map(|sheet| &sheet.once.value) {
            if once.key == key {
                groups.insert(once.group.clone());
            }
            if key == OnceBy::Person {
                groups.insert(format!("{}{WORKER_GROUP_SUFFIX}", once.group));
            }
        }
        groups.into_iter().collect()
    }
}
