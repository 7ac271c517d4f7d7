//! 疑点数据: the ministry's list in, and what was found on it out.

use unicode_normalization::UnicodeNormalization;

use super::column::Column;
use super::error::TableError;
use super::export::{Heading, Layout, Value};
use super::grid::{Cell, Row};
use super::header::Header;
use super::roster::{CellProblem, RosterNotes, RowProblem, choose};
use super::roster_row::Cells;
use super::{read, skipped};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::suspect::record::{MinistryRecord, RawRecord, RecordKind, RecordResult};

/// A row that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// As the office sees it, from 1.
    pub row: u32,
    pub record: MinistryRecord,
}

/// The answers to all rows of data, each in `rows` or in `problems`, both in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordList {
    pub rows: Vec<RecordRow>,
    pub problems: Vec<RowProblem>,
    pub notes: RosterNotes,
}

/// Reads the ministry's list, as it was sent down to a place, from a file of any of the known kinds.
pub fn read_records(bytes: &[u8], file_name: &str, sent_to: Region) -> Result<RecordList, TableError> {
    let sheets = read::read(bytes, file_name)?;
    let (sheet, header) = choose(&sheets, None)?;
    header.require(Column::RecordNumber)?;
    header.require(Column::RecordKind)?;
    if header.place(Column::EnterpriseCode).is_none() {
        header.require(Column::ResidentId)?;
    }
    let sorted = skipped::sort(sheet, &header);
    let mut list = RecordList {
        notes: RosterNotes {
            sheet: sheet.name.clone(),
            header_row: sheet.rows.get(header.above).map_or(0, |row| row.number),
            unknown_columns: header.unknown.clone(),
            footer_rows: sorted.footers,
            blank_rows: sorted.blank,
            repeated_headers: sorted.repeated_headers,
            other_sheets: sheets.iter().map(|it| &it.name).filter(|name| **name != sheet.name).cloned().collect(),
        },
        ..RecordList::default()
    };
    for row in sorted.data {
        match record(row, &header, sent_to) {
            Ok(record) => list.rows.push(RecordRow { row: row.number, record }),
            Err(problem) => list.problems.push(problem),
        }
    }
    Ok(list)
}

fn record(row: &Row, header: &Header, sent_to: Region) -> Result<MinistryRecord, RowProblem> {
    let mut cells = Cells { row, header, problems: Vec::new() };
    let mut text = |column| cells.text(column).unwrap_or_default();
    let [number, kind, resident_id, name, uscc, subsidy, province, words] = [
        Column::RecordNumber,
        Column::RecordKind,
        Column::ResidentId,
        Column::PersonName,
        Column::EnterpriseCode,
        Column::Subsidy,
        Column::OtherProvince,
        Column::Note,
    ]
    .map(&mut text);
    let mut problems = cells.problems;
    if is_rounded(row, header) {
        let zh = "编号被表格软件改成了科学计数法，请将该列设为文本后重新填写".to_owned();
        let en = "number was rounded by a spreadsheet; make the column text and type it again".to_owned();
        let place = header.place(Column::RecordNumber).cloned();
        problems.push(CellProblem { place, code: "RECORD_NUMBER_ROUNDED", zh, en });
    }
    if !problems.is_empty() {
        return Err(RowProblem { row: row.number, problems });
    }
    let raw = RawRecord {
        number: &number,
        kind: kind_of(&kind),
        resident_id: &resident_id,
        name: &name,
        uscc: &uscc,
        subsidy: subsidy_of(&subsidy),
        other_province: &province_of(&province),
        words: &words,
    };
    MinistryRecord::read(raw, sent_to).map_err(|fault| {
        let place = column_of(fault.field).and_then(|column| header.place(column)).cloned();
        let problem = CellProblem { place, code: "RECORD_INVALID", zh: fault.zh.to_owned(), en: fault.en };
        RowProblem { row: row.number, problems: vec![problem] }
    })
}

/// Whether a spreadsheet took the number for a quantity and dropped its last digits.
fn is_rounded(row: &Row, header: &Header) -> bool {
    let cell = header.place(Column::RecordNumber).map(|place| row.cell(place.index));
    matches!(cell, Some(Cell::Number { text }) if text.contains(['E', 'e']))
}

/// The column that holds a field of the contract.
fn column_of(field: &str) -> Option<Column> {
    match field {
        "record_number" => Some(Column::RecordNumber),
        "kind" => Some(Column::RecordKind),
        "resident_id" => Some(Column::ResidentId),
        "name" => Some(Column::PersonName),
        "uscc" => Some(Column::EnterpriseCode),
        "subsidy" => Some(Column::Subsidy),
        "other_province" => Some(Column::OtherProvince),
        "words" => Some(Column::Note),
        _ => None,
    }
}

/// A word without spaces and in its plain form.
fn plain(text: &str) -> String {
    text.nfkc().filter(|it| !it.is_whitespace() && !it.is_control()).flat_map(char::to_lowercase).collect()
}

fn kind_of(text: &str) -> Option<RecordKind> {
    match plain(text).as_str() {
        "身份不实" | "身份信息不实" | "人员身份不实" => Some(RecordKind::FalseIdentity),
        "跨省重复享受" | "跨省重复" | "跨省重复领取" => Some(RecordKind::CrossProvince),
        "重复享受" | "重复领取" | "省内重复享受" => Some(RecordKind::DoubleClaim),
        code => RecordKind::from_code(code),
    }
}

/// The word of the contract for a subsidy; what is not known stays as it is, and is refused as that.
fn subsidy_of(text: &str) -> &str {
    match plain(text).as_str() {
        "一次性扩岗补助" | "扩岗补助" | "扩岗" => "job-expansion",
        "一次性留工培训补助" | "留工培训补助" | "留工培训" | "留工补助" => "retention-training",
        _ => text,
    }
}

/// The code of a province that is written by its name, in full or short (广东省, 广东), or by its first two digits.
fn province_of(text: &str) -> String {
    let word = plain(text);
    if word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("{word}0000");
    }
    let provinces = (11..=82).filter_map(|prefix| Region::parse(&format!("{prefix}0000")).ok());
    let named = |region: &Region| word.chars().count() > 1 && region.province_name_zh().starts_with(&word);
    provinces.into_iter().find(named).map_or_else(|| text.to_owned(), |region| region.to_string())
}

/// What was found on one record, masked: as it goes back up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOutcomeRow {
    pub number: String,
    pub kind: RecordKind,
    pub result: RecordResult,
    /// Why it fits no claim, or why its suspects were found untrue.
    pub reasons: Vec<String>,
    /// The judgments in their persons' words.
    pub words: Vec<String>,
    /// Persons, masked; enterprises.
    pub persons: Vec<String>,
    pub enterprises: Vec<String>,
    /// Which suspects stand for it.
    pub suspects: Vec<String>,
    pub paid: Fen,
    pub recovered: Fen,
    pub outstanding: Fen,
    pub received_on: jiff::civil::Date,
}

/// Between several of a kind in one cell.
const AND: &str = "；";

impl RecordOutcomeRow {
    /// The columns of the file.
    pub fn layout() -> Layout {
        Layout::new([
            Heading::new("疑点编号", "record_number").wide(24),
            Heading::new("疑点类型", "kind").wide(16),
            Heading::new("核实结果", "result").wide(12),
            Heading::new("原因", "reasons").wide(36),
            Heading::new("核实意见", "words").wide(40),
            Heading::new("人员", "persons").wide(28),
            Heading::new("企业", "enterprises").wide(24),
            Heading::new("已发放金额（元）", "paid_yuan"),
            Heading::new("已追回金额（元）", "recovered_yuan"),
            Heading::new("待追回金额（元）", "outstanding_yuan"),
            Heading::new("下发日期", "received_on").wide(12),
            Heading::new("本系统疑点", "suspect_ids").wide(38),
        ])
    }

    /// The row in the order of the columns.
    pub fn values(&self) -> Vec<Value> {
        let listed = |of: &[String]| Value::optional(Some(of.join(AND)).filter(|text| !text.is_empty()));
        vec![
            Value::from(self.number.as_str()),
            Value::from(self.kind.zh()),
            Value::from(self.result.zh()),
            listed(&self.reasons),
            listed(&self.words),
            listed(&self.persons),
            listed(&self.enterprises),
            Value::Money(self.paid),
            Value::Money(self.recovered),
            Value::Money(self.outstanding),
            Value::Date(self.received_on),
            listed(&self.suspects),
        ]
    }
}

#[cfg(test)]
mod tests;
