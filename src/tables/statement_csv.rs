//! A statement as CSV: lines of a word and its value, then a table with a line for each booking.

use std::borrow::Cow;

use csv::StringRecord;

use super::export_text::{guarded_csv, plain_yuan, visible};
use super::grid::MAX_CELL_CHARS;
use super::separated::{check_shape, records};
use super::statement_error::{Place, StatementFileError};
use super::yuan::parse_yuan;
use crate::domain::calendar::parse_office_date;
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::Cause;
use crate::domain::statement::{Direction, LINES_MAX, Statement, StatementLine, Totals};

const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];
/// The table begins within these first lines and bytes, or the file is no statement.
const HEAD_LINES: usize = 50;
const HEAD_BYTES: usize = 256 * 1024;
/// What stands for no id where the place must not be empty, as in ISO 20022.
pub(super) const NO_ID: &str = "NOTPROVIDED";

/// A word and other ways of writing it, the best first.
type Words = &'static [&'static str];

const ACCOUNT: Words = &["账号", "帐号", "账户"];
const NUMBER: Words = &["对账单号", "对账单编号", "账单号"];
const OPENING: Words = &["期初余额", "上期余额"];
const CLOSING: Words = &["期末余额", "本期余额"];
const COUNT: Words = &["笔数", "总笔数", "合计笔数"];
const DEBIT: Words = &["借方合计", "借方发生额合计", "借方发生额"];
const CREDIT: Words = &["贷方合计", "贷方发生额合计", "贷方发生额"];
const CURRENCY: Words = &["币种"];

const REFERENCE: Words = &["流水号", "交易流水号", "银行流水号"];
const BOOKED_ON: Words = &["记账日期", "入账日期", "交易日期"];
const DIRECTION: Words = &["借贷标志", "借贷方向", "借贷"];
const AMOUNT: Words = &["金额", "交易金额", "发生额"];
const INSTRUCTION: Words = &["指令编号", "业务编号"];
const CAUSE: Words = &["退回原因", "退票原因"];
const REMITTANCE: Words = &["摘要", "附言", "用途"];

/// The encodings in which banks write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementEncoding {
    Utf8,
    /// With the mark by which a spreadsheet knows it.
    Utf8WithMark,
    Gb18030,
}

/// A line above the table: its word, its value, and where it stands.
struct HeadLine {
    word: String,
    value: String,
    line: u32,
}

/// Where the columns stand.
struct Columns {
    reference: usize,
    booked_on: usize,
    direction: usize,
    amount: usize,
    instruction: Option<usize>,
    cause: Option<usize>,
    remittance: Option<usize>,
}

/// Reads a decoded file.
pub(super) fn read(text: &str) -> Result<Statement, StatementFileError> {
    // The oldest systems end a line with a carriage return alone.
    let text = if text.contains('\n') { Cow::Borrowed(text) } else { Cow::Owned(text.replace('\r', "\n")) };
    let (delimiter, at) = find_table(&text)?;
    check_shape(&text, delimiter).map_err(StatementFileError::Text)?;
    let mut head = Vec::new();
    let mut columns = None;
    let mut lines = Vec::new();
    for (index, (row, record)) in records(&text, delimiter).enumerate() {
        let line = row.saturating_add(1);
        let record = record.map_err(|_| StatementFileError::Malformed { line })?;
        if record.iter().any(|field| field.chars().nth(MAX_CELL_CHARS).is_some()) {
            return Err(StatementFileError::ValueTooLong { line });
        }
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        match &columns {
            None if index == at => columns = Some(Columns::find(&record, line)?),
            None => {
                let mut fields = record.iter().filter(|field| !field.trim().is_empty());
                let (word, value) = (fields.next().map(word_of), fields.next().map(value_of));
                head.extend(word.zip(value).map(|(word, value)| HeadLine { word, value, line }));
            }
            Some(_) if lines.len() >= LINES_MAX => return Err(StatementFileError::TooManyEntries),
            Some(columns) => lines.push(columns.read(&record, line, lines.len().saturating_add(1))?),
        }
    }
    with_head(&head, lines)
}

/// The delimiter of the table, and which record is its header.
fn find_table(text: &str) -> Result<(u8, usize), StatementFileError> {
    let text = text.get(..text.floor_char_boundary(HEAD_BYTES)).unwrap_or(text);
    let mut best: Option<(usize, u8, usize)> = None;
    for delimiter in DELIMITERS {
        let head = records(text, delimiter).take(HEAD_LINES).enumerate();
        for (index, record) in head.filter_map(|(index, (_, record))| Some((index, record.ok()?))) {
            let words: Vec<String> = record.iter().map(word_of).collect();
            let is_known = |column: &Words| column.iter().any(|word| words.iter().any(|it| it == word));
            let known = [REFERENCE, BOOKED_ON, DIRECTION, AMOUNT].iter().filter(|column| is_known(column)).count();
            if best.is_none_or(|(most, ..)| known > most) {
                best = Some((known, delimiter, index));
            }
        }
    }
    // With fewer of its words it is some other table, and to name what it lacks would mislead.
    match best {
        Some((3.., delimiter, index)) => Ok((delimiter, index)),
        Some(_) | None => Err(StatementFileError::NotAStatement),
    }
}

/// A header word without what banks put around it: `金额(元)`, `账号：`.
fn word_of(field: &str) -> String {
    let field: String = visible(field).split_whitespace().collect();
    let field = field.trim_end_matches(['：', ':']);
    let field = field.strip_suffix("(元)").or_else(|| field.strip_suffix("（元）")).unwrap_or(field);
    field.trim_start_matches('\'').to_owned()
}

/// A value without the tab or the apostrophe by which banks, and our own files, keep digits from a spreadsheet.
fn value_of(field: &str) -> String {
    let field = visible(field.trim());
    let field = field.trim();
    field.strip_prefix('\'').unwrap_or(field).to_owned()
}

impl Columns {
    fn find(record: &StringRecord, line: u32) -> Result<Self, StatementFileError> {
        let header: Vec<String> = record.iter().map(word_of).collect();
        let find = |words: Words| {
            // Banks have a day of trade beside that of booking: the better word wins, wherever it stands.
            let mut found = words.iter().filter_map(|word| {
                let mut at = header.iter().enumerate().filter(|(_, it)| it == word).map(|(at, _)| at);
                at.next().map(|first| (first, at.next().is_some()))
            });
            match found.next() {
                Some((_, true)) => Err(StatementFileError::Repeated(place(line, None, words))),
                other => Ok(other.map(|(at, _)| at)),
            }
        };
        let required = |words: Words| {
            find(words)?.ok_or(StatementFileError::MissingColumn { word: words.first().copied().unwrap_or_default() })
        };
        Ok(Self {
            reference: required(REFERENCE)?,
            booked_on: required(BOOKED_ON)?,
            direction: required(DIRECTION)?,
            amount: required(AMOUNT)?,
            instruction: find(INSTRUCTION)?,
            cause: find(CAUSE)?,
            remittance: find(REMITTANCE)?,
        })
    }

    fn read(&self, record: &StringRecord, line: u32, entry: usize) -> Result<StatementLine, StatementFileError> {
        let place = |words| place(line, Some(entry), words);
        let field = |at: usize| record.get(at).map(value_of).unwrap_or_default();
        let required =
            |at, words| Some(field(at)).filter(|it| !it.is_empty()).ok_or(StatementFileError::Missing(place(words)));
        let optional = |at: Option<usize>| at.map(field).filter(|it| !it.is_empty());
        let booked_on = required(self.booked_on, BOOKED_ON)?;
        let amount = required(self.amount, AMOUNT)?;
        Ok(StatementLine {
            bank_reference: required(self.reference, REFERENCE)?,
            booked_on: parse_office_date(&booked_on).map_err(|_| StatementFileError::Date(place(BOOKED_ON)))?,
            direction: match required(self.direction, DIRECTION)?.as_str() {
                "借" | "借方" => Direction::Debit,
                "贷" | "贷方" => Direction::Credit,
                _ => return Err(StatementFileError::Direction(place(DIRECTION))),
            },
            amount: parse_yuan(&amount).ok_or(StatementFileError::Amount(place(AMOUNT)))?,
            end_to_end_id: optional(self.instruction).filter(|it| it != NO_ID),
            return_cause: optional(self.cause).map(|it| cause_of(&it)),
            remittance: optional(self.remittance).unwrap_or_default(),
        })
    }
}

fn place(line: u32, entry: Option<usize>, words: Words) -> Place {
    Place { line, entry, what: words.first().copied().unwrap_or_default().to_owned() }
}

/// A bank's reason: a code of ISO 20022, or our own word for one of those.
fn cause_of(text: &str) -> Cause {
    let by_word = Cause::ALL.into_iter().find(|cause| cause.iso_code().is_some() && cause.zh() == text);
    by_word.unwrap_or_else(|| Cause::from_iso_code(text))
}

fn with_head(head: &[HeadLine], lines: Vec<StatementLine>) -> Result<Statement, StatementFileError> {
    let optional = |words: Words| {
        let mut found = head.iter().filter(|it| words.contains(&it.word.as_str()));
        let first = found.next();
        match found.next() {
            Some(again) => Err(StatementFileError::Repeated(place(again.line, None, words))),
            None => Ok(first),
        }
    };
    let required = |words: Words| optional(words)?.ok_or_else(|| StatementFileError::Missing(place(1, None, words)));
    let amount = |words: Words| -> Result<Fen, StatementFileError> {
        let found = required(words)?;
        parse_yuan(&found.value).ok_or_else(|| StatementFileError::Amount(place(found.line, None, words)))
    };
    if let Some(found) = optional(CURRENCY)?
        && !["人民币", "CNY", "RMB", "156"].contains(&found.value.as_str())
    {
        return Err(StatementFileError::Currency(place(found.line, None, CURRENCY)));
    }
    let account = required(ACCOUNT)?;
    let number = required(NUMBER)?;
    let count = required(COUNT)?;
    let not_a_number = |found: &HeadLine, words| StatementFileError::Number(place(found.line, None, words));
    Ok(Statement {
        account: BankAccount::parse(&account.value)
            .map_err(|reason| StatementFileError::Account { place: place(account.line, None, ACCOUNT), reason })?,
        number: whole(&number.value).ok_or_else(|| not_a_number(number, NUMBER))?,
        opening: amount(OPENING)?,
        closing: amount(CLOSING)?,
        declared: Totals {
            lines: whole(&count.value).ok_or_else(|| not_a_number(count, COUNT))?,
            credit: amount(CREDIT)?,
            debit: amount(DEBIT)?,
        },
        lines,
    })
}

/// A whole number in plain digits.
pub(super) fn whole<N: std::str::FromStr>(text: &str) -> Option<N> {
    // `parse` alone would take a plus sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Writes a statement as a bank would. GB18030 has every character but one (U+E5E5, of private use), which becomes a reference.
pub fn write_csv(statement: &Statement, encoding: StatementEncoding) -> Result<Vec<u8>, StatementFileError> {
    let builder = |sink| csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(sink);
    let mut csv = builder(Vec::new());
    let head = [
        (ACCOUNT, statement.account.as_str().to_owned()),
        (NUMBER, statement.number.to_string()),
        (OPENING, plain_yuan(statement.opening)),
        (CLOSING, plain_yuan(statement.closing)),
        (COUNT, statement.declared.lines.to_string()),
        (DEBIT, plain_yuan(statement.declared.debit)),
        (CREDIT, plain_yuan(statement.declared.credit)),
    ];
    for (words, value) in head {
        // Amounts are numbers and stay bare; the account is what a spreadsheet would spoil.
        let value = if words == ACCOUNT { guarded_csv(&value).into_owned() } else { value };
        csv.write_record(words.iter().take(1).map(|it| (*it).to_owned()).chain([value])).map_err(io_error)?;
    }
    let columns = [REFERENCE, BOOKED_ON, DIRECTION, AMOUNT, INSTRUCTION, CAUSE, REMITTANCE];
    csv.write_record(columns.iter().filter_map(|words| words.first())).map_err(io_error)?;
    for line in &statement.lines {
        let direction = match line.direction {
            Direction::Debit => "借",
            Direction::Credit => "贷",
        };
        let cause = line.return_cause.map_or("", |cause| cause.iso_code().unwrap_or(OTHER_CAUSE));
        let record = [
            guarded_csv(&line.bank_reference),
            Cow::Owned(line.booked_on.to_string()),
            Cow::Borrowed(direction),
            Cow::Owned(plain_yuan(line.amount)),
            guarded_csv(line.end_to_end_id.as_deref().unwrap_or_default()),
            Cow::Borrowed(cause),
            guarded_csv(&line.remittance),
        ];
        csv.write_record(record.iter().map(|field| field.as_bytes())).map_err(io_error)?;
    }
    let bytes = csv.into_inner().map_err(|error| StatementFileError::Write(error.into_error()))?;
    Ok(encoded(bytes, encoding))
}

/// What a bank says of a cause that has no code: a reason that it does not give.
pub(super) const OTHER_CAUSE: &str = "MS03";

fn encoded(bytes: Vec<u8>, encoding: StatementEncoding) -> Vec<u8> {
    match encoding {
        StatementEncoding::Utf8 => bytes,
        StatementEncoding::Utf8WithMark => [b"\xEF\xBB\xBF".as_slice(), &bytes].concat(),
        StatementEncoding::Gb18030 => {
            let text = String::from_utf8_lossy(&bytes);
            encoding_rs::GB18030.encode(&text).0.into_owned()
        }
    }
}

fn io_error(error: csv::Error) -> StatementFileError {
    StatementFileError::Write(error.into())
}

#[cfg(test)]
mod tests;
