//! What a bank and a finance bureau do to money besides failing, as words: `bank=return-closed:0.1`, `finance=part:0.6`.

use std::fmt;

use super::spec::share;
use super::{FaultSpecError, Share, is_among};
use crate::domain::identity::BankAccount;
use crate::domain::payment::InstructionId;

/// What the bank does with an instruction, a notice or a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BankMode {
    /// Does not take it, for another reason.
    Refuse,
    /// Says nothing and has not taken it; only the first time that it is sent.
    TimeoutBefore,
    /// Has taken it and says nothing; only the first time that it is sent.
    TimeoutAfter,
    /// Takes it, and fails it as blocked without booking.
    AcceptThenFail,
    /// Tells every notice twice.
    DuplicateNotice,
    /// Books it, and brings it back at once: account closed.
    ReturnClosed,
    /// Books it, and brings it back at once: name differs.
    ReturnName,
    /// Books it, and brings it back at once: no such account.
    ReturnNumber,
    /// Books it, and brings it back when time passes.
    LateReturn,
    /// Books half of it, and no more.
    PartPayment,
    /// Takes it, and books it when time passes.
    Hold,
    /// Leaves the first line of a statement out.
    StatementMissingLine,
    /// Gives the statement before under the number that was asked for.
    StatementRepeated,
    /// Says that a fen more came in than the lines say.
    StatementWrongTotal,
}

/// Which instructions, or statements, a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    All,
    /// A part of all, drawn from the seed and the id, and for each mode anew.
    Share(Share),
    /// What is paid to this account; of statements, this account's.
    Account(BankAccount),
    Instruction(InstructionId),
}

/// One thing that the bank does to some. Of several that decide what becomes of an instruction, the first that fits holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankRule {
    pub mode: BankMode,
    pub chosen: Chosen,
}

/// What finance does with applications. Several may hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinanceMode {
    /// Does not decide as long as this holds.
    Pending,
    /// Grants this share of each line, rounded down to the fen.
    Part(Share),
    Refuse,
    /// Says nothing and has not taken the application, as long as this holds.
    TimeoutBefore,
    /// Has taken the application and says nothing, as long as this holds.
    TimeoutAfter,
    /// Moves less than it granted, by this share.
    Less(Share),
    /// Moves more than it granted, by this share.
    More(Share),
    /// Moves the money in two arrivals.
    Twice,
}

impl BankMode {
    const ALL: [Self; 14] = [
        Self::Refuse,
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::AcceptThenFail,
        Self::DuplicateNotice,
        Self::ReturnClosed,
        Self::ReturnName,
        Self::ReturnNumber,
        Self::LateReturn,
        Self::PartPayment,
        Self::Hold,
        Self::StatementMissingLine,
        Self::StatementRepeated,
        Self::StatementWrongTotal,
    ];

    /// The word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::TimeoutBefore => "timeout-before",
            Self::TimeoutAfter => "timeout-after",
            Self::AcceptThenFail => "accept-then-fail",
            Self::DuplicateNotice => "duplicate-notice",
            Self::ReturnClosed => "return-closed",
            Self::ReturnName => "return-name",
            Self::ReturnNumber => "return-number",
            Self::LateReturn => "late-return",
            Self::PartPayment => "part-payment",
            Self::Hold => "hold",
            Self::StatementMissingLine => "statement-missing-line",
            Self::StatementRepeated => "statement-repeated",
            Self::StatementWrongTotal => "statement-wrong-total",
        }
    }

    /// A rule for everything.
    pub fn for_all(self) -> BankRule {
        BankRule { mode: self, chosen: Chosen::All }
    }

    /// A rule for a share.
    pub fn for_share(self, share: Share) -> BankRule {
        BankRule { mode: self, chosen: Chosen::Share(share) }
    }

    /// A rule for what is paid to an account, or for its statements.
    pub fn for_account(self, account: BankAccount) -> BankRule {
        BankRule { mode: self, chosen: Chosen::Account(account) }
    }

    /// A rule for one instruction.
    pub fn for_instruction(self, id: InstructionId) -> BankRule {
        BankRule { mode: self, chosen: Chosen::Instruction(id) }
    }
}

impl BankRule {
    /// What there is, for whoever wrote something else.
    pub(super) const WORDS: &'static str = "with nothing, :<share>, :account:<number> or :id:<instruction> behind it: refuse, \
        timeout-before, timeout-after, accept-then-fail, duplicate-notice, return-closed, return-name, return-number, late-return, \
        part-payment, hold, statement-missing-line, statement-repeated, statement-wrong-total";

    /// Reads a mode with its choice; `None` when the first word names no mode.
    pub(super) fn from_words(text: &str) -> Option<Result<Self, FaultSpecError>> {
        let (word, choice) = text.split_once(':').map_or((text, None), |(word, choice)| (word, Some(choice)));
        let mode = BankMode::ALL.into_iter().find(|it| it.code() == word)?;
        let chosen = choice.map_or(Some(Chosen::All), Chosen::from_words);
        Some(chosen.map(|chosen| Self { mode, chosen }).ok_or(FaultSpecError::NoChoice(mode.code())))
    }

    /// Whether the rule is for an instruction that pays this account.
    pub(in crate::sandbox) fn is_for(&self, seed: u64, id: InstructionId, payee: &BankAccount) -> bool {
        match &self.chosen {
            Chosen::All => true,
            Chosen::Share(share) => is_among(*share, (seed, self.mode, id)),
            Chosen::Account(account) => account == payee,
            Chosen::Instruction(chosen) => *chosen == id,
        }
    }

    /// Whether the rule is for a statement.
    pub(in crate::sandbox) fn is_for_statement(&self, seed: u64, of: &BankAccount, number: i64) -> bool {
        match &self.chosen {
            Chosen::All => true,
            Chosen::Share(share) => is_among(*share, (seed, self.mode, of, number)),
            Chosen::Account(account) => account == of,
            Chosen::Instruction(_) => false,
        }
    }
}

impl Chosen {
    fn from_words(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("account", number)) => BankAccount::parse(number).ok().map(Self::Account),
            Some(("id", id)) => InstructionId::parse(id).map(Self::Instruction),
            Some(_) => None,
            None => share(text).ok().map(Self::Share),
        }
    }
}

impl FinanceMode {
    /// What there is, for whoever wrote something else.
    pub(super) const WORDS: &'static str =
        "pending, part:<share>, refuse, timeout-before, timeout-after, less:<share>, more:<share>, twice";

    /// Reads a mode; `None` when the words name none.
    pub(super) fn from_words(text: &str) -> Option<Result<Self, FaultSpecError>> {
        match text.split_once(':').map_or((text, None), |(word, value)| (word, Some(value))) {
            ("pending", None) => Some(Ok(Self::Pending)),
            ("part", Some(value)) => Some(share(value).map(Self::Part)),
            ("refuse", None) => Some(Ok(Self::Refuse)),
            ("timeout-before", None) => Some(Ok(Self::TimeoutBefore)),
            ("timeout-after", None) => Some(Ok(Self::TimeoutAfter)),
            ("less", Some(value)) => Some(share(value).map(Self::Less)),
            ("more", Some(value)) => Some(share(value).map(Self::More)),
            ("twice", None) => Some(Ok(Self::Twice)),
            _ => None,
        }
    }
}

impl fmt::Display for BankRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mode.code())?;
        match &self.chosen {
            Chosen::All => Ok(()),
            Chosen::Share(share) => write!(f, ":{share}"),
            Chosen::Account(account) => write!(f, ":account:{}", account.as_str()),
            Chosen::Instruction(id) => write!(f, ":id:{id}"),
        }
    }
}

impl fmt::Display for FinanceMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("pending"),
            Self::Part(share) => write!(f, "part:{share}"),
            Self::Refuse => f.write_str("refuse"),
            Self::TimeoutBefore => f.write_str("timeout-before"),
            Self::TimeoutAfter => f.write_str("timeout-after"),
            Self::Less(share) => write!(f, "less:{share}"),
            Self::More(share) => write!(f, "more:{share}"),
            Self::Twice => f.write_str("twice"),
        }
    }
}
