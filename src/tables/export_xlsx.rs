//! XLSX with the rows kept on disk until the end, and a further sheet whenever one is full.

use std::io::Write;

use jiff::civil::Date;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::error::TableError;
use super::export::{Layout, RowWriter, Value};
use super::export_text::{KEPT_DIGITS, guarded, plain_yuan};
use super::grid::MAX_ROWS;

/// Excel's longest text.
const MAX_TEXT_CHARS: usize = 32_767;

/// Writes a workbook; a text is always a text cell, so that no identity number is rounded.
pub struct XlsxWriter<W: Write + Send> {
    workbook: Workbook,
    sink: W,
    layout: Layout,
    formats: Formats,
    /// Where the next row goes in the last sheet, from 0.
    next_row: u32,
    rows_per_sheet: u32,
    rows: u64,
}

pub(super) struct Formats {
    title: Format,
    heading: Format,
    pub(super) text: Format,
    integer: Format,
    money: Format,
    date: Format,
}

impl Formats {
    pub(super) fn plain() -> Self {
        Self {
            title: Format::new().set_bold().set_font_size(14),
            heading: Format::new().set_bold(),
            // The number format for text, so that a cell stays one when somebody edits it.
            text: Format::new().set_num_format("@"),
            integer: Format::new().set_num_format("0"),
            money: Format::new().set_num_format("#,##0.00"),
            date: Format::new().set_num_format("yyyy-mm-dd"),
        }
    }

    /// The same changed alike, as with a border.
    pub(super) fn map(self, change: impl Fn(Format) -> Format) -> Self {
        Self {
            title: change(self.title),
            heading: change(self.heading),
            text: change(self.text),
            integer: change(self.integer),
            money: change(self.money),
            date: change(self.date),
        }
    }
}

impl<W: Write + Send> XlsxWriter<W> {
    /// Starts a workbook with its first sheet.
    pub fn new(sink: W, layout: Layout) -> Result<Self, TableError> {
        Self::with_rows_per_sheet(sink, layout, MAX_ROWS)
    }

    fn with_rows_per_sheet(sink: W, layout: Layout, rows_per_sheet: u32) -> Result<Self, TableError> {
        let formats = Formats::plain();
        let mut workbook = Workbook::new();
        workbook.use_zip_large_file(true);
        let mut writer = Self { workbook, sink, layout, formats, next_row: 0, rows_per_sheet, rows: 0 };
        writer.begin_sheet().map_err(refused)?;
        Ok(writer)
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        for (column, heading) in (0..).zip(&self.layout.headings) {
            sheet.set_column_width(column, heading.width)?;
        }
        self.next_row = 0;
        if let Some(title) = &self.layout.title {
            sheet.write_string_with_format(0, 0, text_of(title), &self.formats.title)?;
            self.next_row = 1;
        }
        for (column, word) in (0..).zip(self.layout.words()) {
            sheet.write_string_with_format(self.next_row, column, text_of(word), &self.formats.heading)?;
        }
        self.next_row += 1;
        sheet.set_freeze_panes(self.next_row, 0)?;
        Ok(())
    }
}

impl<W: Write + Send> RowWriter for XlsxWriter<W> {
    fn write_row(&mut self, row: &[Value]) -> Result<(), TableError> {
        self.layout.check_width(row)?;
        if self.next_row >= self.rows_per_sheet {
            self.begin_sheet().map_err(refused)?;
        }
        let last = self.workbook.worksheets().len().saturating_sub(1);
        let sheet = self.workbook.worksheet_from_index(last).map_err(refused)?;
        for (column, value) in (0..).zip(row) {
            write_value(sheet, (self.next_row, column), value, &self.formats).map_err(refused)?;
        }
        self.next_row += 1;
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, TableError> {
        self.workbook.save_to_writer(&mut self.sink).map_err(refused)?;
        self.sink.flush()?;
        Ok(self.rows)
    }
}

pub(super) fn write_value(
    sheet: &mut Worksheet,
    at: (u32, u16),
    value: &Value,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let (row, column) = at;
    match value {
        Value::Empty => {}
        Value::Text(text) => {
            sheet.write_string_with_format(row, column, text_of(text), &formats.text)?;
        }
        Value::Integer(number) => write_number(sheet, at, &number.to_string(), (&formats.integer, &formats.text))?,
        Value::Money(amount) => write_number(sheet, at, &plain_yuan(*amount), (&formats.money, &formats.text))?,
        Value::Date(date) => match to_excel(*date) {
            Some(date) => {
                sheet.write_datetime_with_format(row, column, date, &formats.date)?;
            }
            None => {
                sheet.write_string_with_format(row, column, date.to_string(), &formats.text)?;
            }
        },
    }
    Ok(())
}

/// Writes a number as a number, or as text if a spreadsheet would round it.
fn write_number(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    digits: &str,
    (format, text_format): (&Format, &Format),
) -> Result<(), XlsxError> {
    let is_kept = digits.bytes().filter(u8::is_ascii_digit).count() <= KEPT_DIGITS;
    let number = digits.parse::<serde_json::Number>().ok().filter(|_| is_kept).and_then(|number| number.as_f64());
    match number {
        Some(number) => sheet.write_number_with_format(row, column, number, format)?,
        None => sheet.write_string_with_format(row, column, digits, text_format)?,
    };
    Ok(())
}

pub(super) fn text_of(text: &str) -> String {
    let text = guarded(text);
    // Counted as a spreadsheet counts, in units of UTF-16.
    let mut units = 0;
    text.chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= MAX_TEXT_CHARS
        })
        .collect()
}

fn to_excel(date: Date) -> Option<ExcelDateTime> {
    let (year, month, day) = (date.year().try_into().ok()?, date.month().try_into().ok()?, date.day().try_into().ok()?);
    ExcelDateTime::from_ymd(year, month, day).ok()
}

pub(super) fn refused(error: XlsxError) -> TableError {
    TableError::Write(std::io::Error::other(error))
}

#[cfg(test)]
mod tests {
    use super::super::export::Heading;
    use super::super::grid::Cell;
    use super::super::read;
    use super::*;
    use crate::domain::money::Fen;

    fn write(layout: Layout, rows_per_sheet: u32, rows: &[Vec<Value>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Box::new(XlsxWriter::with_rows_per_sheet(&mut bytes, layout, rows_per_sheet).unwrap());
        rows.iter().for_each(|row| writer.write_row(row).unwrap());
        assert_eq!(writer.finish().unwrap(), u64::try_from(rows.len()).unwrap());
        bytes
    }

    #[test]
    fn a_full_sheet_is_followed_by_another_with_the_same_head() {
        let layout = Layout { title: Some("疑点".to_owned()), ..Layout::new([Heading::new("数", "count")]) };
        let rows: Vec<Vec<Value>> = (1..=5).map(|number| vec![Value::Integer(number)]).collect();
        let sheets = read::read(&write(layout, 4, &rows), "a").unwrap();
        let shown = |cell: &Cell| cell.shown().unwrap();
        let columns: Vec<Vec<String>> =
            sheets.iter().map(|sheet| sheet.rows.iter().map(|row| shown(&row.cells[0])).collect()).collect();
        assert_eq!(columns, [vec!["疑点", "数", "1", "2"], vec!["疑点", "数", "3", "4"], vec!["疑点", "数", "5"]]);
    }

    #[test]
    fn each_value_is_a_cell_of_its_kind() {
        let values = vec![
            Value::Text("9".repeat(18)),
            Value::from("=1+1"),
            Value::Integer(-3),
            Value::Integer(i64::MAX),
            Value::Money(Fen::new(1_850_005)),
            Value::Date(jiff::civil::date(2022, 6, 30)),
            Value::Date(jiff::civil::date(-1, 6, 30)),
            Value::Text("长".repeat(40_000)),
        ];
        let layout = Layout::new((0..8).map(|_| Heading::new("列", "column")));
        let sheets = read::read(&write(layout, MAX_ROWS, &[values]), "a").unwrap();
        let text = |text: &str| Cell::Text(text.to_owned());
        let number = |text: &str| Cell::Number { text: text.to_owned() };
        let expected = [
            text(&"9".repeat(18)),
            // The reader takes the apostrophe off again.
            text("=1+1"),
            number("-3"),
            text(&i64::MAX.to_string()),
            number("18500.05"),
            Cell::Date(jiff::civil::date(2022, 6, 30)),
            text("-000001-06-30"),
            Cell::Error(Cell::TOO_LONG.to_owned()),
        ];
        assert_eq!(sheets[0].rows[1].cells, expected);
    }
}
