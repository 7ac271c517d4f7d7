//! Judged suspects and clawback cases (六(三), I7, I8).

use jiff::civil::Date;

use super::record::clawback::{
    AdvanceCase, CaseEvent, CaseFilter, CaseOutcome, CaseRecord, DraftCase, DraftOutcome, JudgeOutcome, JudgeSuspect,
    RecordRepayment, RecoveryLine, RepaymentOutcome,
};
use super::{Store, StoreError};
use crate::domain::clawback::CaseId;
use crate::domain::identity::Region;

impl Store {
    /// Records what a person found a suspect to be.
    pub async fn judge_suspect(&self, judgment: JudgeSuspect) -> Result<JudgeOutcome, StoreError> {
        let _ = judgment;
        Err(StoreError::Closed)
    }

    /// Drafts a case from a confirmed suspect with a paid claim.
    pub async fn draft_case(&self, draft: DraftCase) -> Result<DraftOutcome, StoreError> {
        let _ = draft;
        Err(StoreError::Closed)
    }

    /// Takes a case one step further.
    pub async fn advance_case(&self, step: AdvanceCase) -> Result<CaseOutcome, StoreError> {
        let _ = step;
        Err(StoreError::Closed)
    }

    /// Records a repayment.
    pub async fn record_repayment(&self, repayment: RecordRepayment) -> Result<RepaymentOutcome, StoreError> {
        let _ = repayment;
        Err(StoreError::Closed)
    }

    /// One case with its steps, oldest first.
    pub async fn case(&self, id: CaseId) -> Result<Option<(CaseRecord, Vec<CaseEvent>)>, StoreError> {
        let _ = id;
        Err(StoreError::Closed)
    }

    /// Cases, newest first.
    pub async fn cases(&self, filter: &CaseFilter) -> Result<Vec<CaseRecord>, StoreError> {
        let _ = filter;
        Err(StoreError::Closed)
    }

    /// How much came back as of a day, by cause.
    pub async fn recovery(&self, within: Region, today: Date) -> Result<Vec<RecoveryLine>, StoreError> {
        let _ = (within, today);
        Err(StoreError::Closed)
    }
}
