//! A county files what is approved: sealed with count, sum and content hash (二(二), 六(三)).

use super::FileRequest;
use crate::domain::calendar::{Month, cst_date};
use crate::domain::caller::Caller;
use crate::store::record::RequestKey;
use crate::store::record::pooling::{FileClaims, FileOutcome, FilingFilter, FilingRecord};
use crate::workflows::precondition::Precondition;
use crate::workflows::read::within;
use crate::workflows::{Gateway, Refusal, actor};

impl Gateway {
    /// Files a county's approved claims; gives the filing, and how many approved claims did not fit in.
    pub async fn file_claims(&self, caller: &Caller, request: FileRequest) -> Result<(FilingRecord, u64), Refusal> {
        within(caller, request.region)?;
        let now = self.inner.clock.now();
        let FileRequest { request_id, digest, region, operator, expected } = request;
        let filing = FileClaims {
            request: RequestKey { caller: caller.key(), request_id, digest },
            actor: actor(caller),
            operator,
            region,
            month: Month::of(cst_date(now)),
            expected,
            at: now,
        };
        match self.inner.store.file_claims(filing).await? {
            FileOutcome::Filed { filing, left } => Ok((filing, left)),
            FileOutcome::Repeated(filing) => Ok((filing, 0)),
            FileOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
            FileOutcome::NothingToFile => Err(Precondition::NothingToFile.into()),
            FileOutcome::TotalsDiffer { found } => {
                let expected = expected.unwrap_or_default();
                Err(Precondition::ControlTotalsDiffer { expected, found }.into())
            }
        }
    }

    /// Filings of the caller's region, newest first.
    pub async fn filings(&self, caller: &Caller, filter: FilingFilter) -> Result<Vec<FilingRecord>, Refusal> {
        within(caller, filter.within)?;
        Ok(self.inner.store.filings(&filter).await?)
    }
}
