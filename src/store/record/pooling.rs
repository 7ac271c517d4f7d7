//! Filings and batches.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Actor, AssessmentRecord, ClaimRecord, RequestKey};
use crate::domain::approval::ApprovalHash;
use crate::domain::calendar::Month;
use crate::domain::claim::{ClaimId, ClaimState, SubsidyKind};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::pooling::{
    BatchId, BatchLine, BatchState, ControlTotals, FilingId, FilingState, Grant, PathClaim, Stop,
};

/// A lease on taking a city further. Every step of a run carries it; a step under an old one is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    pub city: Region,
    pub number: i64,
}

/// A county files what is approved.
#[derive(Clone, Debug)]
pub struct FileClaims {
    pub request: RequestKey,
    pub actor: Actor,
    pub operator: OperatorId,
    /// Exactly this region's claims: a city's are those of its municipal-level enterprises.
    pub region: Region,
    pub month: Month,
    /// What the county expects.
    pub expected: Option<ControlTotals>,
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum FileOutcome {
    Filed {
        filing: FilingRecord,
        /// Approved claims that did not fit in.
        left: u64,
    },
    Repeated(FilingRecord),
    RequestIdReused,
    NothingToFile,
    TotalsDiffer {
        found: ControlTotals,
    },
}

/// A filing as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilingRecord {
    pub filing_id: FilingId,
    pub region: Region,
    pub month: Month,
    /// Within region and month, from 1.
    pub number: u32,
    pub state: FilingState,
    pub sealed: ControlTotals,
    /// SHA-256 over claim ids, amounts and approval hashes, in the order of the ids.
    pub content_hash: [u8; 32],
    pub filed_by: OperatorId,
    pub filed_at: Timestamp,
    pub batch_id: Option<BatchId>,
    /// What went into the batch.
    pub pooled: Option<ControlTotals>,
}

/// Which filings to list.
#[derive(Clone, Debug)]
pub struct FilingFilter {
    pub within: Region,
    pub month: Option<Month>,
    pub state: Option<FilingState>,
    /// Only filings older than this one (exclusive).
    pub before: Option<FilingId>,
    pub limit: u32,
}

/// A claim on the money's path, with all that is needed to ask about it again.
#[derive(Clone, Debug)]
pub struct OnPath {
    pub path: PathClaim,
    pub record: ClaimRecord,
    pub approval: ApprovalHash,
    /// Indices of rostered workers whose slot another claim holds.
    pub units_taken: Vec<usize>,
}

/// Takes a filing into a batch.
#[derive(Clone, Debug)]
pub struct PoolFiling {
    pub fence: Fence,
    pub actor: Actor,
    pub batch_id: BatchId,
    pub filing_id: FilingId,
    /// Claims about which the registries now say otherwise, with the new decision: they leave the path.
    pub changed: Vec<AssessmentRecord>,
    /// Claims about which a registry does not answer: they stay approved and wait for the next filing.
    pub waiting: Vec<ClaimId>,
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolOutcome {
    Pooled(ControlTotals),
    /// The filing is not what it was sealed as: it is rejected, and its claims are approved and unfiled again.
    Rejected {
        sealed: ControlTotals,
        found: ControlTotals,
    },
    /// It was taken up already, or one of its claims moved meanwhile: read it again.
    Stale,
}

/// A batch as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRecord {
    pub batch_id: BatchId,
    pub city: Region,
    pub month: Month,
    pub number: u32,
    pub state: BatchState,
    pub total: ControlTotals,
    pub granted: Fen,
    pub arrived: Fen,
    /// Once it is sealed.
    pub content_hash: Option<[u8; 32]>,
    pub stopped: Option<Stop>,
    pub opened_at: Timestamp,
    pub changed_at: Timestamp,
}

/// A line with what was granted for it, once finance decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLineRecord {
    pub line: BatchLine,
    pub granted: Option<Fen>,
}

/// A step of a batch under a lease.
#[derive(Clone, Debug)]
pub struct MoveBatch {
    pub fence: Fence,
    pub actor: Actor,
    pub batch_id: BatchId,
    pub step: BatchStep,
    pub at: Timestamp,
}

/// What happens to a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchStep {
    /// Nothing more goes into it; its lines and content hash are computed. One without claims is closed at once.
    Seal,
    /// Finance has the application.
    Asked { reference: String },
    /// Finance granted it, whole or in part. Claims that are not covered are approved and unfiled again.
    Granted(Grant),
    /// Finance refused it: all its claims are approved and unfiled again.
    Refused { document_number: String, reason: String },
    /// As many claims of it as one transaction takes are funded, and owed in the ledger. Only when what arrived is what was granted.
    Fund,
    /// Why it stands still, or that it no longer does.
    Stop(Option<Stop>),
    /// Nothing is left to be done for it, and no fen of it anywhere but with those it is for.
    Close,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveOutcome {
    Moved(BatchRecord),
    /// More of the same step is to be done.
    More(BatchRecord),
    /// The batch is not where the step begins, or the step was done before: read it again.
    Stale,
    /// Something must be settled first.
    Refused(Stop),
}

/// Which batches to list.
#[derive(Clone, Debug)]
pub struct BatchFilter {
    pub within: Region,
    /// Only batches with something to be done.
    pub open_only: bool,
    /// Only batches older than this one (exclusive).
    pub before: Option<BatchId>,
    pub limit: u32,
}

/// What a hop of a batch comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HopTotal {
    /// `filed`, `pooled`, `asked`, `granted`, `arrived`, `funded`, `transferred`, `instructed`, `paid`, `in-transit`, `returned`, `owed`,
    /// `returned-to-fund`, `unspent`.
    pub hop: &'static str,
    pub count: u64,
    pub amount: Fen,
}

impl HopTotal {
    pub fn zh(&self) -> &'static str {
        match self.hop {
            "filed" => "报送",
            "pooled" => "汇总",
            "asked" => "申请",
            "granted" => "核准",
            "arrived" => "到账",
            "funded" => "落实",
            "transferred" => "拨付",
            "instructed" => "支付中",
            "paid" => "已发放",
            "in-transit" => "在途",
            "returned" => "退回",
            "owed" => "待发",
            "returned-to-fund" => "缴回基金",
            "unspent" => "结余",
            // The store names no other; one that it comes to name is shown as it is.
            other => other,
        }
    }

    pub fn en(&self) -> &'static str {
        match self.hop {
            "transferred" => "passed on",
            "in-transit" => "in transit",
            "returned" => "came back",
            "returned-to-fund" => "returned to the fund",
            other => other,
        }
    }
}

/// Claims of a city by county, subsidy and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingTotal {
    pub region: Region,
    pub subsidy: SubsidyKind,
    pub state: ClaimState,
    /// Amounts are known of claims with an approval; of others it is 0.
    pub totals: ControlTotals,
}

/// Unpaid claims by their last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTotal {
    pub due_on: Date,
    pub region: Region,
    pub state: ClaimState,
    pub claims: u64,
}
