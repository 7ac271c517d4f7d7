//! Lists as the ministry sends them, and files as they go back up.

use encoding_rs::GB18030;
use jiff::civil::date;

use super::super::export::{ExportFormat, Table};
use super::super::{fixtures, read};
use super::*;
use crate::domain::claim::SubsidyKind;
use crate::domain::suspect::record::RecordSubject;

const HEADER: &str = "疑点编号,疑点类型,身份证号,姓名,统一社会信用代码,补贴项目,重复享受省份,说明";

fn read_list(bytes: &[u8]) -> Result<RecordList, TableError> {
    read_records(bytes, "疑点数据.csv", Region::parse("371500").unwrap())
}

/// A list of these lines below the header; ID and CODE stand for valid ones.
fn list(lines: &str) -> RecordList {
    let lines = lines.replace("ID", &fixtures::resident_id(1)).replace("CODE", &fixtures::uscc('A'));
    read_list(format!("{HEADER}\n{lines}").as_bytes()).unwrap()
}

/// Rows that are read, and what is wrong with the others: row, column and reason.
fn check(lines: &str, rows: &[u32], problems: &[(u32, &str, &str)]) {
    let list = list(lines);
    assert_eq!(list.rows.iter().map(|it| it.row).collect::<Vec<_>>(), rows, "{lines}");
    let found: Vec<_> = list
        .problems
        .iter()
        .map(|it| {
            let first = &it.problems[0];
            assert!(!it.zh().contains(&fixtures::resident_id(1)), "a message repeats a cell");
            (it.row, first.place.as_ref().map_or("", |place| place.letter.as_str()), first.code)
        })
        .collect();
    assert_eq!(found, problems, "{lines}");
}

#[test]
fn each_column_is_understood() {
    let read = list("YD-1,跨省重复享受,ID,张三,CODE,一次性扩岗补助,广东省,部级比对");
    let record = &read.rows[0].record;
    let RecordSubject::Person { resident_id, name, enterprise } = &record.about else { panic!("a person's") };
    assert_eq!(resident_id.as_str(), fixtures::resident_id(1));
    assert_eq!(name.as_ref().map(|it| it.as_str()), Some("张三"));
    assert_eq!(enterprise.as_ref().map(|it| it.as_str().to_owned()), Some(fixtures::uscc('A')));
    assert_eq!((record.number.as_str(), record.kind), ("YD-1", RecordKind::CrossProvince));
    assert_eq!((record.subsidy, record.words.as_str()), (Some(SubsidyKind::JobExpansion), "部级比对"));
    assert_eq!(record.other_province, Region::parse("440000").ok());
    let enterprise = &list("YD-2,重复享受,,,CODE,留工培训补助,,").rows[0].record;
    assert_eq!(
        enterprise.about,
        RecordSubject::Enterprise(crate::domain::identity::Uscc::parse(&fixtures::uscc('A')).unwrap())
    );
}

#[test]
fn a_bad_row_sinks_no_other() {
    check(
        "YD-1,身份不实,ID,张三,,,,\nYD-2,身份不实,123,张三,,,,\nYD-3,别的,ID,张三,,,,\n,身份不实,ID,张三,,,,\n\
         YD-5,跨省重复享受,ID,张三,,,山东,\nYD-6,跨省重复享受,ID,张三,,,北京,\nYD-7,重复享受,ID,张三,,吸纳就业,,\n\
         YD-8,身份不实,,,CODE,,,\nYD-9,重复享受,/,无,,,,",
        &[2, 7],
        &[
            (3, "C", "RECORD_INVALID"),
            (4, "B", "RECORD_INVALID"),
            (5, "A", "RECORD_INVALID"),
            (6, "G", "RECORD_INVALID"),
            (8, "F", "RECORD_INVALID"),
            (9, "C", "RECORD_INVALID"),
            (10, "C", "RECORD_INVALID"),
        ],
    );
}

#[test]
fn each_encoding_and_a_workbook_say_the_same() {
    let line = format!("YD-1,身份不实,{},欧阳明月,,,,", fixtures::resident_id(1));
    let text = format!("{HEADER}\r\n{line}\r\n");
    let plain = read_list(text.as_bytes()).unwrap();
    assert_eq!(plain.rows.len(), 1);
    assert_eq!(read_list(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()).unwrap().rows, plain.rows);
    assert_eq!(read_list(&GB18030.encode(&text).0).unwrap().rows, plain.rows);
    let header: Vec<&str> = HEADER.split(',').collect();
    let cells: Vec<&str> = line.split(',').collect();
    assert_eq!(read_list(&fixtures::workbook(&[&header, &cells])).unwrap().rows, plain.rows);
}

#[test]
fn a_rounded_number_is_no_number() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, HEADER.split(',')).unwrap();
    let rounded: serde_json::Number = serde_json::from_str("202210100000000017").unwrap();
    sheet.write_number(1, 0, rounded.as_f64().unwrap()).unwrap();
    sheet.write_row(1, 1, ["身份不实", &fixtures::resident_id(1), "张三"]).unwrap();
    let read = read_list(&workbook.save_to_buffer().unwrap()).unwrap();
    assert_eq!(read.problems[0].problems[0].code, "RECORD_NUMBER_ROUNDED");
}

#[test]
fn a_file_without_the_ministrys_columns_is_no_list() {
    let code = |text: &str| read_list(text.as_bytes()).unwrap_err().code();
    assert_eq!(code("姓名,身份证号,说明\n张三,1,"), "TABLE_MISSING_COLUMN");
    assert_eq!(code("疑点编号,疑点类型,姓名\nYD-1,身份不实,张三"), "TABLE_MISSING_COLUMN");
    assert_eq!(code("a,b\n1,2"), "TABLE_NO_HEADER");
    assert_eq!(code(""), "TABLE_EMPTY");
}

fn outcome(text: &str) -> RecordOutcomeRow {
    RecordOutcomeRow {
        number: text.to_owned(),
        kind: RecordKind::FalseIdentity,
        result: RecordResult::Dismissed,
        reasons: vec!["不是同一人".to_owned(), text.to_owned()],
        words: vec![text.to_owned()],
        persons: vec![text.to_owned()],
        enterprises: Vec::new(),
        suspects: Vec::new(),
        paid: Fen::new(150_000),
        recovered: Fen::new(50_001),
        outstanding: Fen::new(99_999),
        received_on: date(2022, 10, 10),
    }
}

fn written(text: &str, format: ExportFormat) -> Vec<u8> {
    let table = Table { layout: RecordOutcomeRow::layout(), rows: vec![outcome(text).values()] };
    let mut bytes = Vec::new();
    assert_eq!(table.write(format, &mut bytes).unwrap(), 1);
    bytes
}

#[test]
fn what_was_found_is_read_back() {
    for format in [ExportFormat::Xlsx, ExportFormat::Csv] {
        let sheet = read::read(&written("YD-1", format), "a").unwrap().remove(0);
        let cells: Vec<String> = (0..12).map(|at| sheet.rows[1].cell(at).shown().unwrap_or_default()).collect();
        assert_eq!(cells[..4], ["YD-1", "身份不实", "不属实", "不是同一人；YD-1"], "{format:?}");
        let amounts: Vec<_> = cells[7..10].iter().map(|it| it.trim_end_matches(".00")).collect();
        assert_eq!(amounts, ["1500", "500.01", "999.99"], "{format:?}");
        assert_eq!(cells[10], "2022-10-10");
    }
}

#[test]
fn no_number_or_word_becomes_a_formula() {
    for hostile in ["=HYPERLINK(\"http://x\")", "+1+1", "-2", "@SUM(A1)", "\u{202e}=1", "\t=1", "＝1"] {
        let csv = String::from_utf8(written(hostile, ExportFormat::Csv)).unwrap();
        for field in csv.lines().skip(1).flat_map(|line| line.split("\",\"")) {
            let shown = field.trim_matches('"').trim_start();
            assert!(!shown.starts_with(['=', '+', '-', '@', '＝', '\u{202e}']), "{hostile:?}: {field:?}");
        }
        let sheet = String::from_utf8(sheet_xml(&written(hostile, ExportFormat::Xlsx))).unwrap();
        assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "{hostile:?} is a formula");
    }
}

/// The first sheet of a workbook as it stands in the package.
fn sheet_xml(workbook: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut package = zip::ZipArchive::new(std::io::Cursor::new(workbook)).unwrap();
    let mut xml = Vec::new();
    package.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_end(&mut xml).unwrap();
    xml
}
