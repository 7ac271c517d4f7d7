//! Clawback cases.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Actor, RequestKey};
use crate::domain::claim::ClaimId;
use crate::domain::clawback::hands::Hands;
use crate::domain::clawback::{CaseId, CaseMoney, CaseState, CaseStep};
use crate::domain::identity::{Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::{SuspectId, SuspectRule};

/// A case to be drafted.
#[derive(Clone, Debug)]
pub struct DraftCase {
    pub request: RequestKey,
    pub actor: Actor,
    pub operator: OperatorId,
    pub suspect_id: SuspectId,
    pub claim_id: ClaimId,
    /// Absent means all that was paid for the claim.
    pub amount: Option<Fen>,
    pub facts: String,
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum DraftOutcome {
    Drafted(CaseRecord),
    Repeated(CaseRecord),
    NotFound,
    RequestIdReused,
    SuspectNotConfirmed,
    ClaimNotPaid,
    /// An open case is there already.
    ClaimHasCase,
    ExceedsPaid {
        paid: Fen,
    },
}

/// A case as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRecord {
    pub case_id: CaseId,
    /// `ZH-<region>-<year>-<six digits>`: for papers and remittances.
    pub case_number: String,
    pub suspect_id: SuspectId,
    pub claim_id: ClaimId,
    pub region: Region,
    pub enterprise: Uscc,
    pub rule: SuspectRule,
    pub state: CaseState,
    pub money: CaseMoney,
    /// Whether what the enterprise is still owed is kept against it.
    pub set_off: bool,
    /// The last day for the reply, or for the repayment.
    pub due_on: Option<Date>,
    pub facts: String,
    pub hands: Hands,
    pub version: i64,
    pub drafted_at: Timestamp,
    pub changed_at: Timestamp,
}

/// A step of a case by a person. Repayments have a way of their own.
#[derive(Clone, Debug)]
pub struct AdvanceCase {
    pub request: RequestKey,
    pub actor: Actor,
    pub operator: OperatorId,
    pub case_id: CaseId,
    /// The version that the person saw.
    pub version: i64,
    pub step: CaseStep,
    pub text: String,
    /// With a demand.
    pub set_off: bool,
    /// With an approval: the last day for the reply; with a demand: for the repayment.
    pub due_on: Option<Date>,
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum CaseOutcome {
    Done(CaseRecord),
    Repeated(CaseRecord),
    NotFound,
    RequestIdReused,
    Changed,
    NotAllowed(CaseState),
    SamePerson,
    /// The time for a reply has not passed yet.
    ReplyStillDue(Date),
}

/// A repayment that arrived in the expenditure account of the case's region.
#[derive(Clone, Debug)]
pub struct RecordRepayment {
    pub request: RequestKey,
    pub actor: Actor,
    pub operator: OperatorId,
    pub case_id: CaseId,
    pub amount: Fen,
    pub bank_reference: String,
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum RepaymentOutcome {
    Recorded(CaseRecord),
    Repeated(CaseRecord),
    NotFound,
    RequestIdReused,
    NotDemanded(CaseState),
    ExceedsOutstanding {
        outstanding: Fen,
    },
    /// The reference repaid something already, or the statement shows it with another amount.
    ReferenceReused,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEvent {
    pub at: Timestamp,
    pub person: String,
    pub step: String,
    pub text: String,
    pub amount: Option<Fen>,
}

/// Which cases to list.
#[derive(Clone, Debug)]
pub struct CaseFilter {
    pub within: Region,
    pub state: Option<CaseState>,
    pub before: Option<CaseId>,
    pub limit: u32,
}

/// How much came back of one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryLine {
    pub rule: SuspectRule,
    pub cases: u64,
    pub demanded: Fen,
    /// Set-off included.
    pub recovered: Fen,
    pub waived: Fen,
    /// Outstanding for less than 30 days, for 30 to 90, and for longer, since the demand.
    pub outstanding: [Fen; 3],
}
