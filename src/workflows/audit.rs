//! Reads the audit log: who did or read what. Looking is in the log as well (I10).

use super::read::within;
use super::{Gateway, Refusal};
use crate::domain::caller::Caller;
use crate::store::record::desk::{AuditFilter, AuditPage};

impl Gateway {
    /// Entries about the caller's region, newest first, and where to go on.
    pub async fn audit_entries(&self, caller: &Caller, filter: AuditFilter) -> Result<AuditPage, Refusal> {
        within(caller, filter.within)?;
        Ok(self.inner.store.audit_entries(&filter, &self.access(caller, "list-audit-entries")).await?)
    }
}
