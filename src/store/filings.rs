//! County filings: what a county reports, sealed with count, sum and content hash.

use super::record::pooling::{FileClaims, FileOutcome, FilingFilter, FilingRecord, OnPath};
use super::{Access, Store, StoreError};
use crate::domain::claim::ClaimId;
use crate::domain::pooling::FilingId;

impl Store {
    /// Files the approved claims of a region: at most `FILING_CLAIMS_MAX`, the earliest due first.
    pub async fn file_claims(&self, filing: FileClaims) -> Result<FileOutcome, StoreError> {
        let _ = filing;
        Err(StoreError::Closed)
    }

    /// Filings, newest first.
    pub async fn filings(&self, filter: &FilingFilter) -> Result<Vec<FilingRecord>, StoreError> {
        let _ = filter;
        Err(StoreError::Closed)
    }

    /// One filing.
    pub async fn filing(&self, id: FilingId) -> Result<Option<FilingRecord>, StoreError> {
        let _ = id;
        Err(StoreError::Closed)
    }

    /// Claims of a filing with all that is needed to ask about them again, by id, after one of them.
    pub async fn filed_claims(
        &self,
        id: FilingId,
        after: Option<ClaimId>,
        limit: u32,
        access: &Access,
    ) -> Result<Vec<OnPath>, StoreError> {
        let _ = (id, after, limit, access);
        Err(StoreError::Closed)
    }
}
