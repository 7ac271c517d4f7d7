//! The paper as a workbook: the letter on the first sheet, the table on the second.

use std::io::Write;

use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::FundingReportError;
use super::paper::{Paper, PaperRow, RowKind};
use crate::tables::error::TableError;
use crate::tables::export::{Heading, Value};
use crate::tables::export_xlsx::{refused, text_of};
use crate::tables::office_sheet::{OfficeRow, OfficeSheet, add, new_sheet};

const HEADINGS: [Heading; 7] = [
    Heading::new("序号", "number").wide(6),
    Heading::new("县（市、区）", "region").wide(24),
    Heading::new("补助项目", "subsidy").wide(26),
    Heading::new("企业（户次）", "enterprises").wide(14),
    Heading::new("人数（人次）", "people").wide(14),
    Heading::new("申请（笔）", "claims").wide(12),
    Heading::new("金额", "amount").wide(20),
];
/// The letter is one column, in characters of Latin script at 11 points; at 14 points so many Chinese ones fit.
const LETTER_WIDTH: u16 = 86;
const CHARS_PER_LINE: usize = 31;
const LINE_HEIGHT: u32 = 24;

pub(super) fn write(paper: &Paper, mut sink: impl Write + Send) -> Result<(), FundingReportError> {
    let mut workbook = Workbook::new();
    letter(new_sheet(&mut workbook, "申请报告", false)?, paper).map_err(refused)?;
    let table = OfficeSheet {
        name: "明细表",
        title: &paper.table_title,
        subject: &paper.subject,
        headings: &HEADINGS,
        rows: paper.rows.iter().map(row).collect(),
        notes: vec![paper.signers.clone()],
    };
    add(&mut workbook, &table)?;
    workbook.save_to_writer(&mut sink).map_err(refused)?;
    sink.flush().map_err(TableError::from)?;
    Ok(())
}

fn row(row: &PaperRow) -> OfficeRow {
    let count = |count: u64| i64::try_from(count).map_or_else(|_| Value::Text(count.to_string()), Value::Integer);
    let cells = vec![
        row.number.map_or(Value::Empty, |number| Value::Integer(number.into())),
        Value::Text(row.region.clone()),
        if row.subsidy.is_empty() { Value::Empty } else { Value::from(row.subsidy) },
        count(row.figures.enterprises),
        count(row.figures.people),
        count(row.figures.claims),
        Value::Money(row.figures.amount),
    ];
    match row.kind {
        RowKind::Line => OfficeRow::line(cells),
        RowKind::Subtotal | RowKind::Total => OfficeRow::sum(cells),
    }
}

fn letter(sheet: &mut Worksheet, paper: &Paper) -> Result<(), XlsxError> {
    let base = || Format::new().set_font_size(14).set_text_wrap().set_align(FormatAlign::Top);
    let title = base().set_bold().set_font_size(18).set_align(FormatAlign::Center);
    let (body, right) = (base(), base().set_align(FormatAlign::Right));
    let small = Format::new().set_font_size(10).set_text_wrap();
    sheet.set_column_width(0, LETTER_WIDTH)?;
    let indented = |paragraph: &String| format!("　　{paragraph}");
    let lines = [(paper.title.clone(), &title), (String::new(), &body), (paper.addressee.clone(), &body)]
        .into_iter()
        .chain(paper.paragraphs.iter().map(|it| (indented(it), &body)))
        .chain([(String::new(), &body)])
        .chain(paper.signature.iter().map(|it| (it.clone(), &right)))
        .chain([(String::new(), &body)])
        .chain(paper.references.iter().map(|it| (it.clone(), &small)));
    for (row, (text, format)) in (0..).zip(lines) {
        let lines = text.chars().count().div_ceil(CHARS_PER_LINE).max(1);
        let height = u32::try_from(lines).unwrap_or(1).saturating_mul(LINE_HEIGHT);
        sheet.set_row_height(row, height)?;
        sheet.write_string_with_format(row, 0, text_of(&text), format)?;
    }
    Ok(())
}
