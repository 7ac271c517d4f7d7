//! Payments, instructions and statements.

use jiff::Timestamp;
use jiff::civil::Date;

use super::pooling::Fence;
use super::{Actor, AssessmentRecord, RequestKey};
use crate::domain::approval::ApprovalHash;
use crate::domain::claim::{ClaimId, SubsidyKind};
use crate::domain::identity::{BankAccount, Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::payment::{
    BankReport, Cause, Implausible, InstructionId, InstructionState, Order, Payee, PaymentId, PaymentKind, PaymentState,
};
use crate::domain::pooling::{BatchId, CityAccounts};
use crate::domain::statement::{Direction, Statement, StatementFault};

use super::pooling::OnPath;

/// A payment as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    pub payment_id: PaymentId,
    pub batch_id: BatchId,
    pub kind: PaymentKind,
    pub payer: Region,
    pub payee: Payee,
    pub state: PaymentState,
    pub amount: Fen,
    /// Booked and not come back.
    pub paid: Fen,
    pub set_off: Fen,
    /// Where it goes or went; absent where the tax department names none.
    pub account: Option<BankAccount>,
    pub payee_name: String,
    pub cause: Option<Cause>,
    /// Instructions made for it.
    pub attempts: u32,
    pub claims: u32,
    /// Of its claims, or of the money it passes on.
    pub subsidies: Vec<SubsidyKind>,
    pub version: i64,
    pub changed_at: Timestamp,
    pub reviewed_by: Option<OperatorId>,
    pub approved_by: Option<OperatorId>,
}

/// An instruction as the store keeps it.
#[derive(Clone)]
pub struct InstructionRecord {
    pub order: Order,
    pub payment_id: PaymentId,
    pub kind: PaymentKind,
    pub payer: Region,
    pub state: InstructionState,
    pub paid: Fen,
    pub returned: Fen,
    /// Of its payment, from 1.
    pub attempt: u32,
    pub made_at: Timestamp,
}

/// Passes the counties' money on.
#[derive(Clone, Debug)]
pub struct MakeTransfers {
    pub fence: Fence,
    pub actor: Actor,
    pub batch_id: BatchId,
    pub accounts: CityAccounts,
    pub at: Timestamp,
}

/// What became of making transfers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferOutcome {
    /// Made now: one for each county with funded claims. The batch is transferring.
    Made(u32),
    /// Not at that point, or made before.
    Stale,
    /// These places have funded claims and no expenditure account in the settings: nothing was made.
    NoAccount(Vec<Region>),
}

/// An enterprise of a batch with funded claims, whose place has its money.
#[derive(Clone, Debug)]
pub struct Payable {
    /// The place whose expenditure account pays.
    pub place: Region,
    pub enterprise: Uscc,
    /// All its funded claims of the batch.
    pub claims: Vec<OnPath>,
    /// The same claims in the same order, compared with what was approved of them.
    pub compared: Vec<ComparedClaim>,
}

/// A funded claim that was opened and compared with what two people approved of it. The store alone makes one: so nothing is ever paid
/// that was not compared (I9), and the transaction that pays need not open it again.
#[derive(Clone, Debug)]
pub struct ComparedClaim {
    pub(in crate::store) claim_id: ClaimId,
    /// What was compared is as it was while claim and approval are still these.
    pub(in crate::store) version: i64,
    pub(in crate::store) approval: ApprovalHash,
    /// The account that it was approved for; absent where its content is not what was approved.
    pub(in crate::store) account: Option<BankAccount>,
}

impl ComparedClaim {
    /// Which claim.
    pub fn claim_id(&self) -> ClaimId {
        self.claim_id
    }
}

/// What is to be done about one such enterprise. One payment an enterprise, place and batch.
#[derive(Clone, Debug)]
pub struct NewPayout {
    pub place: Region,
    pub enterprise: Uscc,
    /// What the tax department names now; absent where it names none that may be paid.
    pub account: Option<BankAccount>,
    pub payee_name: String,
    /// Claims that stand as approved but for the account, which the store compares with the approved one.
    pub pay: Vec<ComparedClaim>,
    /// Claims about which the registries now say otherwise, with the new decision: they leave the path, and are no longer owed.
    pub changed: Vec<AssessmentRecord>,
    /// What for, in Chinese, at most 60 characters.
    pub purpose: String,
}

/// Makes payouts.
#[derive(Clone, Debug)]
pub struct Instruct {
    pub fence: Fence,
    pub actor: Actor,
    pub batch_id: BatchId,
    pub accounts: CityAccounts,
    pub payouts: Vec<NewPayout>,
    pub at: Timestamp,
}

/// What became of one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstructOutcome {
    /// An instruction is stored, to be sent.
    Instructed(PaymentId),
    /// Owed, and not to be paid before two people approve it: the account is another than approved, or there is none.
    Owed(PaymentId, Cause),
    /// All of it was kept for a clawback.
    SetOff(PaymentId),
    /// Nothing of it is to be paid.
    Nothing,
    /// A claim moved meanwhile, or it was done before: read it again. Of what was approved anew, also: the payer has not the money yet.
    Stale,
}

/// A payment that two people approved anew, with the account that the tax department (or the settings) names now.
#[derive(Clone, Debug)]
pub struct Reinstruct {
    pub payment_id: PaymentId,
    pub account: Option<BankAccount>,
    pub payee_name: String,
}

/// What became of a report of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// Where the instruction stands after it.
    Settled(InstructionState),
    /// It cannot be believed, and nothing was posted.
    Implausible(Implausible),
    NotFound,
}

/// One report.
pub type Report = (InstructionId, BankReport);

/// A person's decision on a payment that is owed.
#[derive(Clone, Debug)]
pub struct ReviewPayment {
    pub request: RequestKey,
    pub actor: Actor,
    pub operator: OperatorId,
    pub payment_id: PaymentId,
    /// The version that the person saw.
    pub version: i64,
    pub act: PaymentAct,
    /// What the tax department (or the settings) names now.
    pub account: BankAccount,
    pub payee_name: String,
    pub at: Timestamp,
}

/// What the person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentAct {
    Pass,
    /// By another person, and to the account that was passed.
    Approve,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum ReviewPaymentOutcome {
    Done(PaymentRecord, ApprovalHash),
    Repeated(PaymentRecord, ApprovalHash),
    NotFound,
    RequestIdReused,
    /// At another version than the person saw, or the account is another than the one that was passed.
    Changed,
    NotReviewable(PaymentState),
    SamePerson,
}

/// Which payments to list.
#[derive(Clone, Debug)]
pub struct PaymentFilter {
    /// Only payments whose payer this covers.
    pub within: Region,
    pub batch_id: Option<BatchId>,
    pub state: Option<PaymentState>,
    pub before: Option<PaymentId>,
    pub limit: u32,
}

/// Posts a statement.
#[derive(Clone)]
pub struct PostStatement {
    pub actor: Actor,
    /// The place whose expenditure account it is of.
    pub region: Region,
    pub statement: Statement,
    pub at: Timestamp,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementOutcome {
    Posted {
        lines: u64,
        unmatched: Vec<UnmatchedLine>,
    },
    /// The same statement was posted before.
    Repeated,
    /// Nothing of it was posted.
    Refused(StatementFault),
}

/// A line that fits nothing, or cannot be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedLine {
    pub region: Region,
    pub bank_reference: String,
    pub booked_on: Date,
    pub direction: Direction,
    pub amount: Fen,
}
