//! Payments and the instructions that make them. A payment is an obligation; an instruction is one attempt to meet it (I4).
//!
//! An instruction's id is made and stored before it is sent. What is not answered is in doubt, and only an inquiry or a statement ends
//! that; nothing is sent again under another id before the bank has said for good that the first had no effect.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::claim::SubsidyKind;
use super::identity::{BankAccount, Region, Uscc};
use super::money::Fen;

/// A payment's name (UUID version 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentId(pub Uuid);

/// An instruction's name (UUID version 7). On the wire and in files it is 32 hexadecimal digits: an ISO 20022 id has at most 35 places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstructionId(pub Uuid);

impl PaymentId {
    /// Reads either form; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl InstructionId {
    /// Reads either form; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for InstructionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// What a payment is for. All of them leave an expenditure account (支出户).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentKind {
    /// 拨付: from the city to a county.
    Transfer,
    /// 发放: to an enterprise; one a batch, paying account and enterprise.
    Payout,
    /// Back to the fund: what a batch turned out not to need, and what was clawed back.
    Return,
}

impl PaymentKind {
    pub const ALL: [Self; 3] = [Self::Transfer, Self::Payout, Self::Return];

    pub fn code(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Payout => "payout",
            Self::Return => "return",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Transfer => "拨付",
            Self::Payout => "发放",
            Self::Return => "缴回基金",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Payout => "payout",
            Self::Return => "return to the fund",
        }
    }
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payee {
    /// A county's expenditure account.
    County(Region),
    Enterprise(Uscc),
    /// The fund of a city.
    Fund(Region),
}

impl Payee {
    /// As it is kept and shown: a region's code or a USCC.
    pub fn as_str(&self) -> &str {
        match self {
            Self::County(region) | Self::Fund(region) => region.as_str(),
            Self::Enterprise(uscc) => uscc.as_str(),
        }
    }
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentState {
    /// Owed, and not to be instructed before two people approve it: it came back, failed, or the account is another than approved.
    Owed,
    /// Approved by the first person.
    Reviewed,
    /// Approved by two; a new instruction is made in the next run.
    Approved,
    /// An instruction is made and not settled.
    Instructed,
    /// The instruction's outcome is not known.
    InDoubt,
    /// Paid in full.
    Paid,
}

impl PaymentState {
    pub const ALL: [Self; 6] =
        [Self::Owed, Self::Reviewed, Self::Approved, Self::Instructed, Self::InDoubt, Self::Paid];

    pub fn code(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Reviewed => "reviewed",
            Self::Approved => "approved",
            Self::Instructed => "instructed",
            Self::InDoubt => "in-doubt",
            Self::Paid => "paid",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Owed => "待重新审批",
            Self::Reviewed => "已复核待审批",
            Self::Approved => "已审批待支付",
            Self::Instructed => "支付中",
            Self::InDoubt => "结果待查",
            Self::Paid => "已支付",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Owed => "waits for two approvals",
            Self::Reviewed => "reviewed once",
            Self::Approved => "approved, to be paid",
            Self::Instructed => "being paid",
            Self::InDoubt => "in doubt",
            Self::Paid => "paid",
        }
    }
}

/// Where an instruction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstructionState {
    /// Stored; not sent yet, or to be sent again under the same id because the bank has never had it.
    Made,
    /// About to be sent, or sent and not answered yet. Found after a restart it is in doubt.
    Sending,
    /// Taken by the bank, not wholly booked.
    Accepted,
    /// Nobody knows: ended by an inquiry or a statement alone.
    InDoubt,
    /// Booked in full.
    Paid,
    /// Booked in part, and no more will be.
    PaidInPart,
    /// Not booked, and never will be.
    Failed,
    /// Booked, and some or all of it came back.
    Returned,
}

impl InstructionState {
    pub const ALL: [Self; 8] = [
        Self::Made,
        Self::Sending,
        Self::Accepted,
        Self::InDoubt,
        Self::Paid,
        Self::PaidInPart,
        Self::Failed,
        Self::Returned,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::InDoubt => "in-doubt",
            Self::Paid => "paid",
            Self::PaidInPart => "paid-in-part",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the money it moves may still go either way.
    pub fn is_open(self) -> bool {
        match self {
            Self::Made | Self::Sending | Self::Accepted | Self::InDoubt => true,
            Self::Paid | Self::PaidInPart | Self::Failed | Self::Returned => false,
        }
    }
}

/// Why a payment was not made, came back, or may not be made as approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    AccountClosed,
    NameMismatch,
    WrongNumber,
    AccountBlocked,
    InsufficientFunds,
    InstructionIdReused,
    /// The bank gave another reason, or one that this version does not know.
    Other,
    /// The bank booked less than instructed.
    PaidInPart,
    /// The tax department names another account than the approved one (I9).
    AccountChanged,
    /// The tax department names no account that may be paid.
    NoAccount,
}

impl Cause {
    pub const ALL: [Self; 10] = [
        Self::AccountClosed,
        Self::NameMismatch,
        Self::WrongNumber,
        Self::AccountBlocked,
        Self::InsufficientFunds,
        Self::InstructionIdReused,
        Self::Other,
        Self::PaidInPart,
        Self::AccountChanged,
        Self::NoAccount,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::AccountClosed => "account-closed",
            Self::NameMismatch => "name-mismatch",
            Self::WrongNumber => "wrong-number",
            Self::AccountBlocked => "account-blocked",
            Self::InsufficientFunds => "insufficient-funds",
            Self::InstructionIdReused => "instruction-id-reused",
            Self::Other => "other",
            Self::PaidInPart => "paid-in-part",
            Self::AccountChanged => "account-changed",
            Self::NoAccount => "no-account",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::AccountClosed => "账户已销户",
            Self::NameMismatch => "户名不符",
            Self::WrongNumber => "账号有误",
            Self::AccountBlocked => "账户被冻结或止付",
            Self::InsufficientFunds => "付款账户余额不足",
            Self::InstructionIdReused => "指令编号重复",
            Self::Other => "其他原因",
            Self::PaidInPart => "银行仅支付部分金额",
            Self::AccountChanged => "税务部门提供的账户已变更",
            Self::NoAccount => "税务部门未提供可发放账户",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::AccountClosed => "account closed",
            Self::NameMismatch => "name differs",
            Self::WrongNumber => "wrong account number",
            Self::AccountBlocked => "account blocked",
            Self::InsufficientFunds => "payer lacks funds",
            Self::InstructionIdReused => "instruction id reused",
            Self::Other => "another reason",
            Self::PaidInPart => "paid in part",
            Self::AccountChanged => "tax department names another account",
            Self::NoAccount => "tax department names no account",
        }
    }

    /// The ISO 20022 external reason code that banks write in files; `None` for what no bank says.
    pub fn iso_code(self) -> Option<&'static str> {
        match self {
            Self::AccountClosed => Some("AC04"),
            Self::NameMismatch => Some("BE01"),
            Self::WrongNumber => Some("AC01"),
            Self::AccountBlocked => Some("AC06"),
            Self::InsufficientFunds => Some("AM04"),
            Self::InstructionIdReused => Some("AM05"),
            Self::Other => Some("MS03"),
            Self::PaidInPart | Self::AccountChanged | Self::NoAccount => None,
        }
    }

    /// The cause behind a reason code; one that is not known is another reason.
    pub fn from_iso_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|cause| cause.iso_code() == Some(code)).unwrap_or(Self::Other)
    }
}

/// An amount by subsidy, in the order of the subsidies; each above 0. A payment to one account may serve both.
pub type Parts = Vec<(SubsidyKind, Fen)>;

/// How much of each part is covered when `total` of their sum is: parts are filled in their order, so that every sum of increments
/// is the same however it was cut. `None` on overflow.
pub fn covered(parts: &[(SubsidyKind, Fen)], total: Fen) -> Option<Parts> {
    let mut left = total;
    parts
        .iter()
        .map(|(subsidy, amount)| {
            let taken = left.min(*amount);
            left = left.checked_sub(taken)?;
            Some((*subsidy, taken))
        })
        .collect()
}

/// An instruction as a bank takes it. Accounts and names are personal data of the enterprise: never logged (I11).
#[derive(Clone, PartialEq, Eq)]
pub struct Order {
    pub instruction_id: InstructionId,
    pub payer_account: BankAccount,
    pub payee_account: BankAccount,
    pub payee_name: String,
    /// Above 0.
    pub amount: Fen,
    /// In Chinese, at most 60 characters, without personal data.
    pub purpose: String,
}

/// What the bank said of one instruction, by answer, inquiry or statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BankReport {
    /// Taken; not wholly booked.
    Accepted,
    /// Not booked, and never will be.
    Failed(Cause),
    /// The bank has never had it.
    NotKnown,
    /// No answer that could be trusted.
    Unanswered,
    /// Booked in all, and nothing more will be.
    Settled(Fen),
    /// Booked in all, and of that came back in all.
    Returned { settled: Fen, returned: Fen, cause: Cause },
    /// Lines of the statement, summed over all statements: booked and came back. Whether more will be booked they do not say.
    Booked { debited: Fen, credited: Fen, cause: Option<Cause> },
}

/// An instruction as far as it decides what a report means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub state: InstructionState,
    pub amount: Fen,
    /// Booked, as posted in the ledger.
    pub paid: Fen,
    /// Of that came back, as posted.
    pub returned: Fen,
}

/// What a report changes. The ledger posts the differences between `before` and `after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub after: Progress,
    /// Booked now.
    pub newly_paid: Fen,
    /// Came back now.
    pub newly_returned: Fen,
    /// Instructed, and now known never to be booked: back in the paying account's free money.
    pub released: Fen,
    /// Why the payment is owed again, where it is.
    pub cause: Option<Cause>,
}

/// Why a report cannot be believed: a person must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Implausible {
    #[error("more was booked than instructed")]
    MoreThanInstructed,
    #[error("more came back than was booked")]
    MoreThanPaid,
    #[error("booked after the bank had said that it never would be")]
    BookedAfterFailure,
    #[error("an amount below zero")]
    Negative,
}

impl Progress {
    /// What a report means for the instruction. A report that says less than is known changes nothing: reports come late and twice.
    pub fn after(self, report: BankReport) -> Result<Settlement, Implausible> {
        match report {
            BankReport::Accepted if self.state.is_open() && self.state != InstructionState::Accepted => {
                Ok(self.moved(InstructionState::Accepted))
            }
            BankReport::NotKnown => Ok(match self.state {
                InstructionState::Sending | InstructionState::InDoubt => self.moved(InstructionState::Made),
                InstructionState::Made
                | InstructionState::Accepted
                | InstructionState::Paid
                | InstructionState::PaidInPart
                | InstructionState::Failed
                | InstructionState::Returned => self.unchanged(),
            }),
            BankReport::Unanswered => Ok(match self.state {
                InstructionState::Sending => self.moved(InstructionState::InDoubt),
                InstructionState::Made
                | InstructionState::Accepted
                | InstructionState::InDoubt
                | InstructionState::Paid
                | InstructionState::PaidInPart
                | InstructionState::Failed
                | InstructionState::Returned => self.unchanged(),
            }),
            BankReport::Accepted => Ok(self.unchanged()),
            BankReport::Failed(cause) => self.failed(cause),
            BankReport::Settled(total) => self.booked(total, self.returned, true, None),
            BankReport::Returned { settled, returned, cause } => self.booked(settled, returned, true, Some(cause)),
            BankReport::Booked { debited, credited, cause } => self.booked(debited, credited, false, cause),
        }
    }

    fn failed(self, cause: Cause) -> Result<Settlement, Implausible> {
        // What was booked already stays so; a bank that contradicts its own statement is not followed.
        if !self.state.is_open() || self.paid > Fen::ZERO {
            return Ok(self.unchanged());
        }
        let after = Self { state: InstructionState::Failed, ..self };
        Ok(Settlement { after, released: self.amount, cause: Some(cause), ..self.unchanged() })
    }

    fn booked(
        self,
        settled: Fen,
        returned: Fen,
        is_final: bool,
        cause: Option<Cause>,
    ) -> Result<Settlement, Implausible> {
        if settled < Fen::ZERO || returned < Fen::ZERO {
            return Err(Implausible::Negative);
        }
        if settled > self.amount {
            return Err(Implausible::MoreThanInstructed);
        }
        let (paid, returned) = (settled.max(self.paid), returned.max(self.returned));
        if returned > paid {
            return Err(Implausible::MoreThanPaid);
        }
        let newly_paid = difference(paid, self.paid);
        if newly_paid > Fen::ZERO && !self.state.is_open() {
            return Err(Implausible::BookedAfterFailure);
        }
        let is_final = is_final || paid == self.amount || !self.state.is_open();
        let state = if returned > Fen::ZERO && is_final {
            InstructionState::Returned
        } else if paid == self.amount {
            InstructionState::Paid
        } else if is_final && self.state.is_open() {
            InstructionState::PaidInPart
        } else if self.state.is_open() {
            // Booked in part: whether more comes, only the bank can say.
            if paid > Fen::ZERO { InstructionState::InDoubt } else { self.state }
        } else {
            self.state
        };
        let was_open = self.state.is_open();
        let released = if was_open && !state.is_open() { difference(self.amount, paid) } else { Fen::ZERO };
        let newly_returned = difference(returned, self.returned);
        let cause = match (newly_returned > Fen::ZERO, released > Fen::ZERO) {
            (true, _) => Some(cause.unwrap_or(Cause::Other)),
            (false, true) => Some(Cause::PaidInPart),
            (false, false) => None,
        };
        let after = Self { state, paid, returned, ..self };
        Ok(Settlement { after, newly_paid, newly_returned, released, cause })
    }

    fn moved(self, state: InstructionState) -> Settlement {
        Settlement { after: Self { state, ..self }, ..self.unchanged() }
    }

    fn unchanged(self) -> Settlement {
        let (newly_paid, newly_returned, released) = (Fen::ZERO, Fen::ZERO, Fen::ZERO);
        Settlement { after: self, newly_paid, newly_returned, released, cause: None }
    }
}

/// What is left of two amounts that are both at least zero.
fn difference(larger: Fen, smaller: Fen) -> Fen {
    larger.checked_sub(smaller).unwrap_or(Fen::ZERO)
}

#[cfg(test)]
mod tests;
