//! The money's path: what the municipal pooling job does, what it says of itself, and what people decide on the way (二(二), 三, 五).

use std::collections::BTreeMap;

use super::{Gateway, Refusal};
use crate::domain::approval::ApprovalHash;
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::payment::PaymentId;
use crate::domain::pooling::{BatchId, BatchLine, CityAccounts, ControlTotals};
use crate::domain::statement::Statement;
use crate::store::record::payment::{InstructionRecord, PaymentAct, PaymentFilter, PaymentRecord, UnmatchedLine};
use crate::store::record::pooling::{
    BatchFilter, BatchLineRecord, BatchRecord, DueTotal, FilingFilter, FilingRecord, HopTotal,
};

/// A city whose money this node moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct City {
    pub accounts: CityAccounts,
    /// Of the city and its counties and units, for papers.
    pub names: BTreeMap<Region, String>,
}

/// Cities whose money this node moves.
pub type Cities = BTreeMap<Region, City>;

/// Something that a run did, could not do, or that a person must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepDone {
    /// Stable, SCREAMING_SNAKE_CASE, e.g. `FILING_POOLED`.
    pub code: &'static str,
    pub zh: String,
    pub en: String,
    /// Whether a person must act before it goes on.
    pub needs_attention: bool,
    pub count: u64,
    pub amount: Fen,
}

/// What a run did, and where the city stands after it.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// In the order in which it was done.
    pub steps: Vec<StepDone>,
    pub status: PoolingStatus,
}

/// Where a city stands.
#[derive(Clone, Debug)]
pub struct PoolingStatus {
    pub city: Region,
    pub open_batches: Vec<BatchRecord>,
    /// Counties with approved claims that have not filed this month.
    pub not_filed: Vec<Region>,
    /// 每月不少于1次 (二(二)).
    pub paid_out_this_month: bool,
    /// Unpaid claims with their last day within a week, or past it.
    pub due: Vec<DueTotal>,
    /// Payments that wait for people.
    pub owed: u64,
    /// Instructions whose outcome is not known.
    pub in_doubt: u64,
    /// Statement lines that fit nothing, batches that stand still, and the like.
    pub attention: Vec<StepDone>,
}

/// What a run would do now.
#[derive(Clone, Debug)]
pub struct Plan {
    pub lines: Vec<BatchLine>,
    pub total: ControlTotals,
    pub not_pooled: Vec<NotPooled>,
}

/// Claims that would not be pooled, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPooled {
    /// A claim's state such as `held`, `approved` (not filed yet), or `changed`, `unanswered`.
    pub reason: String,
    pub zh: String,
    pub region: Region,
    pub totals: ControlTotals,
}

/// A county's wish to file.
#[derive(Clone, Debug)]
pub struct FileRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub region: Region,
    pub operator: OperatorId,
    pub expected: Option<ControlTotals>,
}

/// A person's decision on a payment that is owed.
#[derive(Clone, Debug)]
pub struct PaymentReview {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub operator: OperatorId,
    pub payment_id: PaymentId,
    pub version: i64,
    pub act: PaymentAct,
}

/// One batch with its lines and hops.
#[derive(Clone, Debug)]
pub struct BatchView {
    pub batch: BatchRecord,
    pub lines: Vec<BatchLineRecord>,
    pub hops: Vec<HopTotal>,
}

/// What became of a statement that came as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementPosted {
    pub number: u32,
    pub repeated: bool,
    pub lines: u64,
    pub unmatched: Vec<UnmatchedLine>,
}

impl Gateway {
    /// A city whose money this node moves; `None` where the settings name none.
    pub fn city(&self, city: Region) -> Option<&City> {
        let _ = city;
        None
    }

    /// Files a county's approved claims; gives the filing, and how many approved claims did not fit in.
    pub async fn file_claims(&self, caller: &Caller, request: FileRequest) -> Result<(FilingRecord, u64), Refusal> {
        let _ = (caller, request);
        Err(Refusal::Unavailable)
    }

    /// Filings of the caller's region, newest first.
    pub async fn filings(&self, caller: &Caller, filter: FilingFilter) -> Result<Vec<FilingRecord>, Refusal> {
        let _ = (caller, filter);
        Err(Refusal::Unavailable)
    }

    /// Takes a city as far along the path as it can go now. Safe to repeat, and to run twice at once.
    pub async fn run_pooling(&self, caller: &Caller, city: Region) -> Result<RunReport, Refusal> {
        let _ = (caller, city);
        Err(Refusal::Unavailable)
    }

    /// The same on a timer: for every city whose accounts the settings name.
    pub async fn run_all_pooling(&self) -> Vec<(Region, Result<RunReport, Refusal>)> {
        Vec::new()
    }

    /// What a run would do now. Changes nothing.
    pub async fn plan_pooling(&self, caller: &Caller, city: Region) -> Result<Plan, Refusal> {
        let _ = (caller, city);
        Err(Refusal::Unavailable)
    }

    /// Where a city stands.
    pub async fn pooling_status(&self, caller: &Caller, city: Region) -> Result<PoolingStatus, Refusal> {
        let _ = (caller, city);
        Err(Refusal::Unavailable)
    }

    /// Batches of the caller's region, newest first.
    pub async fn batches(&self, caller: &Caller, filter: BatchFilter) -> Result<Vec<BatchRecord>, Refusal> {
        let _ = (caller, filter);
        Err(Refusal::Unavailable)
    }

    /// One batch.
    pub async fn batch(&self, caller: &Caller, id: BatchId) -> Result<BatchView, Refusal> {
        let _ = (caller, id);
        Err(Refusal::Unavailable)
    }

    /// Payments of the caller's region, newest first.
    pub async fn payments(&self, caller: &Caller, filter: PaymentFilter) -> Result<Vec<PaymentRecord>, Refusal> {
        let _ = (caller, filter);
        Err(Refusal::Unavailable)
    }

    /// Instructions of a batch, for a file that is handed to the bank.
    pub async fn instructions(&self, caller: &Caller, id: BatchId) -> Result<Vec<InstructionRecord>, Refusal> {
        let _ = (caller, id);
        Err(Refusal::Unavailable)
    }

    /// Passes or approves a payment that is owed. The account is asked for anew.
    pub async fn review_payment(
        &self,
        caller: &Caller,
        review: PaymentReview,
    ) -> Result<(PaymentRecord, ApprovalHash), Refusal> {
        let _ = (caller, review);
        Err(Refusal::Unavailable)
    }

    /// Posts a statement that came as a file.
    pub async fn import_statement(
        &self,
        caller: &Caller,
        region: Region,
        statement: Statement,
    ) -> Result<StatementPosted, Refusal> {
        let _ = (caller, region, statement);
        Err(Refusal::Unavailable)
    }
}
