//! Clawback cases (六(三), I7, I8).

pub(super) mod advance;
pub(super) mod draft;
pub(super) mod kept;
pub(super) mod read;
pub(super) mod repay;

use jiff::civil::Date;

use super::record::clawback::{
    AdvanceCase, CaseEvent, CaseFilter, CaseOutcome, CaseRecord, DraftCase, DraftOutcome, RecordRepayment,
    RecoveryLine, RepaymentOutcome,
};
use super::{Store, StoreError};
use crate::domain::clawback::CaseId;
use crate::domain::identity::Region;

impl Store {
    /// Drafts a case from a confirmed suspect with a paid claim.
    pub async fn draft_case(&self, draft: DraftCase) -> Result<DraftOutcome, StoreError> {
        self.act(draft::Draft(draft)).await
    }

    /// Takes a case one step further.
    pub async fn advance_case(&self, step: AdvanceCase) -> Result<CaseOutcome, StoreError> {
        self.act(advance::Advance(step)).await
    }

    /// Records a repayment.
    pub async fn record_repayment(&self, repayment: RecordRepayment) -> Result<RepaymentOutcome, StoreError> {
        self.act(repay::Repay(repayment)).await
    }

    /// One case with its steps, oldest first.
    pub async fn case(&self, id: CaseId) -> Result<Option<(CaseRecord, Vec<CaseEvent>)>, StoreError> {
        read::one(&self.inner.pools.readers, id).await
    }

    /// Cases, newest first.
    pub async fn cases(&self, filter: &CaseFilter) -> Result<Vec<CaseRecord>, StoreError> {
        read::page(&self.inner.pools.readers, filter).await
    }

    /// How much came back as of a day, by cause.
    pub async fn recovery(&self, within: Region, today: Date) -> Result<Vec<RecoveryLine>, StoreError> {
        read::recovery(&self.inner.pools.readers, within, today).await
    }
}
