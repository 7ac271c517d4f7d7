//! A bank's statement of one expenditure account. Nothing of it is posted until its lines come to its totals (I3).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::identity::BankAccount;
use super::money::Fen;
use super::payment::Cause;

/// Lines of one statement; a statement with more is refused, and the bank cuts it in two.
pub const LINES_MAX: usize = 200_000;

/// Whether money came in or went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    Credit,
    Debit,
}

impl Direction {
    pub fn code(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
        }
    }
}

/// One booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The bank's own reference; unique for the account, for good.
    pub bank_reference: String,
    pub booked_on: Date,
    pub direction: Direction,
    /// Above 0.
    pub amount: Fen,
    /// The payer's id: of an instruction, of a funding application, or none.
    pub end_to_end_id: Option<String>,
    /// Set where money that was paid came back.
    pub return_cause: Option<Cause>,
    /// What the payer wrote.
    pub remittance: String,
}

/// A statement as it came, by whatever way: RPC, CSV or camt.053.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub account: BankAccount,
    /// From 1, without gaps.
    pub number: u32,
    pub opening: Fen,
    pub closing: Fen,
    /// What the bank says that the lines come to.
    pub declared: Totals,
    pub lines: Vec<StatementLine>,
}

/// Control totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub lines: u64,
    pub credit: Fen,
    pub debit: Fen,
}

/// Why a statement is not posted. The first difference that is found, with both figures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    #[error("statement {found} comes where {expected} was expected")]
    OutOfOrder { expected: u32, found: u32 },
    #[error("statement has {found} lines and says {declared}")]
    LineCount { declared: u64, found: u64 },
    #[error("credits come to {found} and the statement says {declared}")]
    Credits { declared: Fen, found: Fen },
    #[error("debits come to {found} and the statement says {declared}")]
    Debits { declared: Fen, found: Fen },
    #[error("opening balance and lines come to {found} and the statement closes with {declared}")]
    Closing { declared: Fen, found: Fen },
    #[error("statement opens with {found} and the one before closed with {expected}")]
    Opening { expected: Fen, found: Fen },
    #[error("line {line} has no positive amount")]
    LineAmount { line: usize },
    #[error("line {line} repeats the bank reference of an earlier one")]
    RepeatedReference { line: usize },
    #[error("statement has more than {LINES_MAX} lines")]
    TooLong,
    #[error("statement with this number was posted with another content")]
    OtherContent,
    #[error("statement is of another account than the settings name")]
    OtherAccount,
}

impl StatementFault {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfOrder { .. } => "STATEMENT_OUT_OF_ORDER",
            Self::LineCount { .. } => "STATEMENT_LINE_COUNT",
            Self::Credits { .. } => "STATEMENT_CREDITS_DIFFER",
            Self::Debits { .. } => "STATEMENT_DEBITS_DIFFER",
            Self::Closing { .. } => "STATEMENT_CLOSING_DIFFERS",
            Self::Opening { .. } => "STATEMENT_OPENING_DIFFERS",
            Self::LineAmount { .. } => "STATEMENT_LINE_AMOUNT",
            Self::RepeatedReference { .. } => "STATEMENT_REPEATED_REFERENCE",
            Self::TooLong => "STATEMENT_TOO_LONG",
            Self::OtherContent => "STATEMENT_OTHER_CONTENT",
            Self::OtherAccount => "STATEMENT_OTHER_ACCOUNT",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::OutOfOrder { expected, found } => format!("应为第{expected}号对账单，收到第{found}号"),
            Self::LineCount { declared, found } => format!("对账单注明{declared}笔，实有{found}笔"),
            Self::Credits { declared, found } => format!("对账单注明贷方合计{declared}元，各笔合计{found}元"),
            Self::Debits { declared, found } => format!("对账单注明借方合计{declared}元，各笔合计{found}元"),
            Self::Closing { declared, found } => format!("期初余额加减各笔为{found}元，对账单期末余额为{declared}元"),
            Self::Opening { expected, found } => {
                format!("上一对账单期末余额为{expected}元，本对账单期初余额为{found}元")
            }
            Self::LineAmount { line } => format!("第{line}笔金额不是正数"),
            Self::RepeatedReference { line } => format!("第{line}笔的银行流水号与前面重复"),
            Self::TooLong => format!("对账单超过{LINES_MAX}笔，请银行分开出具"),
            Self::OtherContent => "此号对账单已按另一内容入账".to_owned(),
            Self::OtherAccount => "对账单的账号不是该地支出户的账号".to_owned(),
        }
    }
}

impl Statement {
    /// Whether the lines come to the totals. What it says of the statement before is the store's to compare.
    pub fn verify(&self) -> Result<Totals, StatementFault> {
        if self.lines.len() > LINES_MAX {
            return Err(StatementFault::TooLong);
        }
        let mut references = std::collections::BTreeSet::new();
        let mut found = Totals::default();
        for (index, line) in self.lines.iter().enumerate() {
            let number = index.saturating_add(1);
            if line.amount <= Fen::ZERO {
                return Err(StatementFault::LineAmount { line: number });
            }
            if !references.insert(line.bank_reference.as_str()) {
                return Err(StatementFault::RepeatedReference { line: number });
            }
            let sum = match line.direction {
                Direction::Credit => &mut found.credit,
                Direction::Debit => &mut found.debit,
            };
            *sum = sum.checked_add(line.amount).ok_or(StatementFault::LineAmount { line: number })?;
            found.lines = found.lines.saturating_add(1);
        }
        self.compare(found)?;
        Ok(found)
    }

    fn compare(&self, found: Totals) -> Result<(), StatementFault> {
        let declared = self.declared;
        if declared.lines != found.lines {
            return Err(StatementFault::LineCount { declared: declared.lines, found: found.lines });
        }
        if declared.credit != found.credit {
            return Err(StatementFault::Credits { declared: declared.credit, found: found.credit });
        }
        if declared.debit != found.debit {
            return Err(StatementFault::Debits { declared: declared.debit, found: found.debit });
        }
        let closing = self.opening.checked_add(found.credit).and_then(|it| it.checked_sub(found.debit));
        match closing {
            Some(closing) if closing == self.closing => Ok(()),
            other => Err(StatementFault::Closing { declared: self.closing, found: other.unwrap_or_default() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(reference: &str, direction: Direction, fen: i64) -> StatementLine {
        StatementLine {
            bank_reference: reference.to_owned(),
            booked_on: Date::constant(2022, 10, 10),
            direction,
            amount: Fen::new(fen),
            end_to_end_id: None,
            return_cause: None,
            remittance: String::new(),
        }
    }

    fn statement() -> Statement {
        Statement {
            account: BankAccount::parse("6222000000001234").unwrap(),
            number: 1,
            opening: Fen::new(10),
            closing: Fen::new(70),
            declared: Totals { lines: 2, credit: Fen::new(100), debit: Fen::new(40) },
            lines: vec![line("a", Direction::Credit, 100), line("b", Direction::Debit, 40)],
        }
    }

    #[track_caller]
    fn check(change: fn(&mut Statement), expected: StatementFault) {
        let mut statement = statement();
        change(&mut statement);
        assert_eq!(statement.verify(), Err(expected));
    }

    #[test]
    fn a_statement_is_taken_when_its_lines_come_to_its_totals() {
        assert_eq!(statement().verify(), Ok(statement().declared));
        check(|it| drop(it.lines.pop()), StatementFault::LineCount { declared: 2, found: 1 });
        let credits = StatementFault::Credits { declared: Fen::new(99), found: Fen::new(100) };
        check(|it| it.declared.credit = Fen::new(99), credits);
        check(
            |it| it.lines[1].amount = Fen::new(41),
            StatementFault::Debits { declared: Fen::new(40), found: Fen::new(41) },
        );
        let closing = StatementFault::Closing { declared: Fen::new(71), found: Fen::new(70) };
        check(|it| it.closing = Fen::new(71), closing);
        check(|it| it.lines[1].amount = Fen::ZERO, StatementFault::LineAmount { line: 2 });
        check(|it| it.lines[1].bank_reference = "a".into(), StatementFault::RepeatedReference { line: 2 });
    }
}
