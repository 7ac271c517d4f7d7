//! What the tests of this module share: files made in code, and identifiers that are valid but nobody's.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use uuid::Uuid;
use zip::write::SimpleFileOptions;

use super::xml::{Step, Walker};
use crate::domain::identity::{BankAccount, ResidentId, Uscc};
use crate::domain::money::Fen;
use crate::domain::payment::{Cause, InstructionId};
use crate::domain::statement::{Direction, Statement, StatementLine, Totals};

/// A valid identity number, another one for each sequence.
pub(super) fn resident_id(sequence: u16) -> String {
    ResidentId::from_parts("371502", jiff::civil::date(2000, 1, 1), sequence).unwrap().as_str().to_owned()
}

/// A valid enterprise code, another one for each letter.
pub(super) fn uscc(letter: char) -> String {
    Uscc::from_body(&format!("91371500MA3{letter}00001")).unwrap().as_str().to_owned()
}

/// A workbook of one sheet of text cells; an empty text writes no cell.
pub(super) fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*cells).filter(|(_, text)| !text.is_empty()) {
            sheet.write_string(row, column, *text).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// A workbook whose sheet is the given XML inside `<worksheet>`.
pub(super) fn workbook_of_xml(sheet: &str) -> Vec<u8> {
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |kind: &str, target: &str| {
        format!("<Relationships><Relationship Id=\"r1\" Type=\"{office}/{kind}\" Target=\"{target}\"/></Relationships>")
    };
    let parts = [
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"s\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>".to_owned(),
        ),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet>{sheet}</worksheet>")),
    ];
    package(&parts.iter().map(|(name, xml)| (*name, xml.as_bytes())).collect::<Vec<_>>())
}

/// A zip package of the given parts.
pub(super) fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut package = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        package.start_file(*name, SimpleFileOptions::default()).unwrap();
        package.write_all(content).unwrap();
    }
    package.finish().unwrap().into_inner()
}

/// An instruction's id, another one for each number.
pub(super) fn instruction_id(number: u128) -> InstructionId {
    InstructionId(Uuid::from_u128(0x0184_1234_5678_7000_8000_0000_0000_0000 + number))
}

/// A statement whose lines come to its totals: money in, a payment out, and one that came back.
pub(super) fn statement() -> Statement {
    let line = |reference: &str, direction, fen, id: Option<u128>, return_cause, remittance: &str| StatementLine {
        bank_reference: reference.to_owned(),
        booked_on: jiff::civil::date(2022, 10, 10),
        direction,
        amount: Fen::new(fen),
        end_to_end_id: id.map(|it| instruction_id(it).to_string()),
        return_cause,
        remittance: remittance.to_owned(),
    };
    Statement {
        account: BankAccount::parse("6222000000001234").unwrap(),
        number: 7,
        opening: Fen::new(100_000),
        closing: Fen::new(18_550_050),
        declared: Totals { lines: 3, credit: Fen::new(20_300_050), debit: Fen::new(1_850_000) },
        lines: vec![
            line("A-1", Direction::Credit, 20_000_050, None, None, "市财政局 2022年10月 <第1批>补助"),
            line("A-2", Direction::Debit, 1_850_000, Some(0xab), None, ""),
            line("A-3", Direction::Credit, 300_000, Some(0xaa), Some(Cause::AccountClosed), ""),
        ],
    }
}

/// Any statement, its sums not looked at, with texts as hostile as a file can hold.
pub(super) fn any_statement() -> impl Strategy<Value = Statement> {
    let text = "[^\\pC\\pZ'\u{e5e5}]{1,3}[^\\pC\u{e5e5}]{0,12}[^\\pC\\pZ\u{e5e5}]|[0-9]{1,34}|[=+@-][0-9A-F]{1,9}|[<&\">,;\\[\\]]{1,9}";
    let cause =
        proptest::sample::select(Cause::ALL.into_iter().filter(|it| it.iso_code().is_some()).collect::<Vec<_>>());
    let line = (
        text,
        0..4_000_i32,
        any::<bool>(),
        1..=i64::MAX,
        proptest::option::of(text),
        proptest::option::of(cause),
        proptest::option::of(text),
    );
    let line = line.prop_map(|(reference, day, is_credit, fen, id, return_cause, remittance)| StatementLine {
        bank_reference: reference,
        booked_on: jiff::civil::date(2022, 1, 1) + jiff::Span::new().days(day),
        direction: if is_credit { Direction::Credit } else { Direction::Debit },
        amount: Fen::new(fen),
        end_to_end_id: id,
        return_cause,
        remittance: remittance.unwrap_or_default(),
    });
    let totals = (any::<u64>(), 0..=i64::MAX, 0..=i64::MAX);
    let head = ("[0-9]{8,32}", any::<u32>(), -i64::MAX..=i64::MAX, -i64::MAX..=i64::MAX, totals);
    (head, proptest::collection::vec(line, 0..6)).prop_map(|((account, number, opening, closing, totals), lines)| {
        let (count, credit, debit) = totals;
        Statement {
            account: BankAccount::parse(&account).unwrap(),
            number,
            opening: Fen::new(opening),
            closing: Fen::new(closing),
            declared: Totals { lines: count, credit: Fen::new(credit), debit: Fen::new(debit) },
            lines,
        }
    })
}

/// Looks at each element of a document with its children in their order, as the schema would. A sequence is given by the element's name
/// and the names of all children that it may have, in the order of the standard.
pub(super) fn check_order(bytes: &[u8], sequences: &[(&str, &str)], mandatory: &[(&str, &str)]) {
    let mut walker = Walker::new(std::str::from_utf8(bytes).unwrap());
    let mut open: Vec<(String, Vec<String>)> = Vec::new();
    let mut met = std::collections::BTreeSet::new();
    while let Some(step) = walker.next().unwrap() {
        let name = walker.path().rsplit('/').next().unwrap().to_owned();
        if step == Step::Open {
            if let Some((_, children)) = open.last_mut() {
                children.push(name.clone());
            }
            open.push((name, Vec::new()));
            continue;
        }
        let (_, children) = open.pop().unwrap();
        if let Some((_, sequence)) = sequences.iter().find(|(it, _)| *it == name) {
            let place = |child: &String| sequence.split_whitespace().position(|it| it == child);
            let places: Vec<_> = children.iter().map(|child| place(child).expect(child)).collect();
            assert!(places.is_sorted(), "{name}: {children:?}");
            met.insert(name.clone());
        }
        let needed = mandatory.iter().filter(|(it, _)| *it == name).flat_map(|(_, needed)| needed.split_whitespace());
        needed.for_each(|needed| assert!(children.iter().any(|it| it == needed), "{name} without {needed}"));
    }
    assert_eq!(met.len(), sequences.len(), "a sequence was never met");
}
