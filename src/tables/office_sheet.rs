//! A sheet in the plain form of offices: the title over all columns, the unit at the right, a ruled table with its sums, and who signs.

use jiff::civil::Date;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::error::TableError;
use super::export::{Heading, Value};
use super::export_xlsx::{Formats, refused, text_of, write_value};
use crate::domain::claim::SubsidyKind;

/// Paper size 9 of the format: A4.
const A4: u8 = 9;
const TITLE_HEIGHT: u32 = 32;
const ROW_HEIGHT: u32 = 20;

/// One sheet.
pub(super) struct OfficeSheet<'a> {
    /// On the tab.
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    /// At the left above the table: what the table is of.
    pub(super) subject: &'a str,
    pub(super) headings: &'a [Heading],
    pub(super) rows: Vec<OfficeRow>,
    /// Below the table, a line each.
    pub(super) notes: Vec<String>,
}

/// One row of the table.
pub(super) struct OfficeRow {
    pub(super) is_sum: bool,
    pub(super) cells: Vec<Value>,
}

impl OfficeRow {
    pub(super) fn line(cells: Vec<Value>) -> Self {
        Self { is_sum: false, cells }
    }

    pub(super) fn sum(cells: Vec<Value>) -> Self {
        Self { is_sum: true, cells }
    }
}

/// Makes a sheet that prints on A4, one page wide.
pub(super) fn new_sheet<'w>(
    workbook: &'w mut Workbook,
    name: &str,
    is_landscape: bool,
) -> Result<&'w mut Worksheet, TableError> {
    let sheet = workbook.add_worksheet().set_name(name).map_err(refused)?;
    sheet.set_paper_size(A4).set_print_fit_to_pages(1, 0).set_print_center_horizontally(true);
    sheet.set_footer("&C第 &P 页，共 &N 页");
    if is_landscape {
        sheet.set_landscape();
    }
    Ok(sheet)
}

/// Adds the sheet to a workbook.
pub(super) fn add(workbook: &mut Workbook, office: &OfficeSheet<'_>) -> Result<(), TableError> {
    let expected = office.headings.len();
    if let Some(row) = office.rows.iter().find(|row| row.cells.len() != expected) {
        return Err(TableError::RowWidth { expected, actual: row.cells.len() });
    }
    let sheet = new_sheet(workbook, office.name, true)?;
    write(sheet, office).map_err(refused)
}

fn write(sheet: &mut Worksheet, office: &OfficeSheet<'_>) -> Result<(), XlsxError> {
    let last = u16::try_from(office.headings.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let title = Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center);
    let title = title.set_align(FormatAlign::VerticalCenter);
    sheet.merge_range(0, 0, 0, last, &text_of(office.title), &title)?;
    sheet.set_row_height(0, TITLE_HEIGHT)?;
    sheet.write_string(1, 0, text_of(office.subject))?;
    sheet.write_string_with_format(1, last, "单位：元", &Format::new().set_align(FormatAlign::Right))?;

    let framed = |is_bold: bool| {
        move |format: Format| {
            let format = format.set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
            if is_bold { format.set_bold() } else { format }
        }
    };
    let heading = framed(true)(Format::new().set_align(FormatAlign::Center).set_text_wrap());
    for (column, it) in (0..).zip(office.headings) {
        sheet.set_column_width(column, it.width)?;
        sheet.write_string_with_format(2, column, text_of(&it.zh), &heading)?;
    }
    sheet.set_freeze_panes(3, 0)?;
    sheet.set_repeat_rows(2, 2)?;

    let (plain, bold) = (Formats::plain().map(framed(false)), Formats::plain().map(framed(true)));
    let mut next = 3;
    for row in &office.rows {
        let formats = if row.is_sum { &bold } else { &plain };
        sheet.set_row_height(next, ROW_HEIGHT)?;
        for (column, value) in (0..).zip(&row.cells) {
            match value {
                // Written all the same, for its border.
                Value::Empty => {
                    sheet.write_blank(next, column, &formats.text)?;
                }
                Value::Text(_) | Value::Integer(_) | Value::Money(_) | Value::Date(_) => {
                    write_value(sheet, (next, column), value, formats)?;
                }
            }
        }
        next = next.saturating_add(1);
    }
    for note in &office.notes {
        next = next.saturating_add(1);
        sheet.write_string(next, 0, text_of(note))?;
    }
    Ok(())
}

/// What the notice calls a subsidy (一(一), 一(二)).
pub(super) fn subsidy_zh(subsidy: SubsidyKind) -> &'static str {
    match subsidy {
        SubsidyKind::JobExpansion => "一次性扩岗补助",
        SubsidyKind::RetentionTraining => "一次性留工培训补助",
    }
}

/// A day as a letter has it: `2022年10月31日`.
pub(super) fn date_zh(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}
