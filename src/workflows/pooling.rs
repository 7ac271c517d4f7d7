//! The money's path: what the municipal pooling job does, what it says of itself, and what people decide on the way (二(二), 三, 五).

pub mod point;

mod bank;
mod collect;
mod pay;
mod recheck;
mod run;
mod steps;

mod file;
mod paper;
mod review;
mod view;

pub use paper::FundingPaper;

use std::collections::BTreeMap;

use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::payment::PaymentId;
use crate::domain::pooling::{BatchLine, CityAccounts, ControlTotals};
use crate::store::record::payment::{PaymentAct, UnmatchedLine};
use crate::store::record::pooling::{BatchLineRecord, BatchRecord, DueTotal, HopTotal};

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
    /// Statement lines that fit nothing, oldest first; the first hundred.
    pub unmatched: Vec<UnmatchedLine>,
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
