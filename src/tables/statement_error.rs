//! What can be wrong with a statement's file. What is wrong with its sums is a `StatementFault` of the domain.

use super::error::TableError;
use super::statement::MAX_STATEMENT_BYTES;
use crate::domain::identity::bank_account::BankAccountError;
use crate::domain::statement::LINES_MAX;

/// Where in the file: the line, and the word of a CSV or the path of elements. Neither is ever a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1. Many banks write XML in a single line, hence the entry.
    pub line: u32,
    /// Which booking it is, from 1; none in what stands above them.
    pub entry: Option<usize>,
    /// `金额`, or `Ntry/Amt`.
    pub what: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(entry) = self.entry {
            write!(f, ", entry {entry}")?;
        }
        write!(f, ", {}", self.what)
    }
}

impl Place {
    fn zh(&self) -> String {
        let entry = self.entry.map(|entry| format!("（第 {entry} 笔）")).unwrap_or_default();
        format!("第 {} 行{entry}“{}”", self.line, self.what)
    }
}

/// Why a statement's file is refused. No message holds what the file holds: it is full of accounts and names.
#[derive(Debug, thiserror::Error)]
pub enum StatementFileError {
    #[error("file is larger than {} MiB", MAX_STATEMENT_BYTES / 1024 / 1024)]
    FileTooLarge,
    #[error("file is empty")]
    Empty,
    #[error("file is neither a camt.053 document nor a CSV with 流水号, 借贷标志 and 金额")]
    NotAStatement,
    #[error("document is of another message or version than camt.053.001.02 and camt.053.001.08")]
    UnknownVersion,
    #[error("{0}")]
    Text(TableError),
    #[error("line {line}: document is not well-formed XML")]
    Malformed { line: u32 },
    #[error("line {line}: document has a document type or an entity of its own, which no bank needs")]
    Forbidden { line: u32 },
    #[error("line {line}: elements are nested deeper than a statement can be")]
    TooDeep { line: u32 },
    #[error("line {line}: a value is longer than any that a statement has")]
    ValueTooLong { line: u32 },
    #[error("statement has more than {LINES_MAX} entries; ask the bank to cut it in two")]
    TooManyEntries,
    #[error("line {line}: file holds more than one statement; read them one by one")]
    SeveralStatements { line: u32 },
    #[error("line {line}, entry {entry}: several payments are booked as one; ask the bank to book them singly")]
    SeveralTransactions { line: u32, entry: usize },
    #[error("no column {word} in the table")]
    MissingColumn { word: &'static str },
    #[error("{0} is missing")]
    Missing(Place),
    #[error("{0} appears twice")]
    Repeated(Place),
    #[error("{0}: expected an amount in yuan with at most two decimals")]
    Amount(Place),
    #[error("{0}: expected a date such as 2022-10-10")]
    Date(Place),
    #[error("{0}: expected a whole number")]
    Number(Place),
    #[error("{place}: expected an account number ({})", reason.code())]
    Account { place: Place, reason: BankAccountError },
    #[error("{0}: expected 借 or 贷, in XML DBIT or CRDT")]
    Direction(Place),
    #[error("{0}: expected yuan (CNY)")]
    Currency(Place),
    #[error("{0}: expected what is booked (BOOK); what is pending is no part of a statement")]
    NotBooked(Place),
    #[error("file cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

impl StatementFileError {
    /// The stable name of the refusal, for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileTooLarge => "STATEMENT_FILE_TOO_LARGE",
            Self::Empty => "STATEMENT_FILE_EMPTY",
            Self::NotAStatement => "STATEMENT_FILE_NOT_A_STATEMENT",
            Self::UnknownVersion => "STATEMENT_FILE_UNKNOWN_VERSION",
            Self::Text(error) => error.code(),
            Self::Malformed { .. } => "STATEMENT_FILE_MALFORMED",
            Self::Forbidden { .. } => "STATEMENT_FILE_FORBIDDEN",
            Self::TooDeep { .. } => "STATEMENT_FILE_TOO_DEEP",
            Self::ValueTooLong { .. } => "STATEMENT_FILE_VALUE_TOO_LONG",
            Self::TooManyEntries => "STATEMENT_FILE_TOO_MANY_ENTRIES",
            Self::SeveralStatements { .. } => "STATEMENT_FILE_SEVERAL_STATEMENTS",
            Self::SeveralTransactions { .. } => "STATEMENT_FILE_SEVERAL_TRANSACTIONS",
            Self::MissingColumn { .. } => "STATEMENT_FILE_MISSING_COLUMN",
            Self::Missing(_) => "STATEMENT_FILE_MISSING",
            Self::Repeated(_) => "STATEMENT_FILE_REPEATED",
            Self::Amount(_) => "STATEMENT_FILE_AMOUNT",
            Self::Date(_) => "STATEMENT_FILE_DATE",
            Self::Number(_) => "STATEMENT_FILE_NUMBER",
            Self::Account { .. } => "STATEMENT_FILE_ACCOUNT",
            Self::Direction(_) => "STATEMENT_FILE_DIRECTION",
            Self::Currency(_) => "STATEMENT_FILE_CURRENCY",
            Self::NotBooked(_) => "STATEMENT_FILE_NOT_BOOKED",
            Self::Write(_) => "STATEMENT_FILE_WRITE",
        }
    }

    /// The same for the person at the counter.
    pub fn zh(&self) -> String {
        match self {
            Self::FileTooLarge => format!("文件超过 {} MiB", MAX_STATEMENT_BYTES / 1024 / 1024),
            Self::Empty => "文件为空".to_owned(),
            Self::NotAStatement => "文件既不是 camt.053 报文，也不是含“流水号、借贷标志、金额”的 CSV 对账单".to_owned(),
            Self::UnknownVersion => "报文不是 camt.053.001.02 或 camt.053.001.08".to_owned(),
            Self::Text(error) => error.zh(),
            Self::Malformed { line } => format!("第 {line} 行：不是合格的 XML"),
            Self::Forbidden { line } => format!("第 {line} 行：报文不得带有文档类型声明或自定义实体"),
            Self::TooDeep { line } => format!("第 {line} 行：元素嵌套过深，不像是对账单"),
            Self::ValueTooLong { line } => format!("第 {line} 行：内容过长，不像是对账单"),
            Self::TooManyEntries => format!("对账单超过 {LINES_MAX} 笔，请银行分开出具"),
            Self::SeveralStatements { line } => format!("第 {line} 行：文件中不止一份对账单，请分开读取"),
            Self::SeveralTransactions { line, entry } => {
                format!("第 {line} 行：第 {entry} 笔是几笔支付合并记账，请银行逐笔记账")
            }
            Self::MissingColumn { word } => format!("缺少“{word}”列"),
            Self::Missing(place) => format!("{}缺失", place.zh()),
            Self::Repeated(place) => format!("{}重复出现", place.zh()),
            Self::Amount(place) => format!("{}应为以元为单位、最多两位小数的金额", place.zh()),
            Self::Date(place) => format!("{}应为日期，如 2022-10-10", place.zh()),
            Self::Number(place) => format!("{}应为整数", place.zh()),
            Self::Account { place, reason } => format!("{}应为账号：{}", place.zh(), reason.zh()),
            Self::Direction(place) => format!("{}应为“借”或“贷”（XML 中为 DBIT 或 CRDT）", place.zh()),
            Self::Currency(place) => format!("{}应为人民币（CNY）", place.zh()),
            Self::NotBooked(place) => format!("{}应为已记账（BOOK），未记账的不属于对账单", place.zh()),
            Self::Write(_) => "文件无法写入".to_owned(),
        }
    }
}
