//! 疑点数据: what the ministry sent down, each record once, with the suspects that stand for it.

pub(super) mod import;
pub(super) mod listing;
pub(super) mod matching;
pub(super) mod retry;

use import::Import;

use super::record::suspect_records::{ImportOutcome, ImportRecords, RecordFilter, RecordFinding};
use super::{Access, Read, Store, StoreError};
use crate::audit::entry::{Action, Subject};

impl Store {
    /// Takes records, matches each with claims and opens a suspect for every match; or says why it fits none.
    pub async fn import_suspect_records(&self, import: ImportRecords) -> Result<ImportOutcome, StoreError> {
        self.act(Import(import)).await
    }

    /// Records with what was found, oldest first.
    pub async fn suspect_records(
        &self,
        filter: &RecordFilter,
        access: &Access,
    ) -> Result<Vec<RecordFinding>, StoreError> {
        let findings = listing::page(&self.inner.pools.readers, &self.inner.sealer, filter).await?;
        let read = Read { action: Action::RecordsRead, subject: Subject::Records, region: filter.within };
        self.write_down(read, access, findings.len()).await?;
        Ok(findings)
    }
}
