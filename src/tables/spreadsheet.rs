//! XLSX to the grid. Cells are streamed, so a cell in the last corner of a sheet does not allocate the sheet.

use std::fmt::{Display, UpperExp};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Dimensions, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use jiff::civil::Date;

use super::error::TableError;
use super::grid::{Area, Cell, GridBuilder, Sheet, Spent};
use super::package;

/// A spreadsheet keeps this many digits of a number; of a longer one the rest is already lost.
const KEPT_DIGITS: usize = 15;
/// The serial number after 9999-12-31, Excel's last day.
const AFTER_LAST_DAY: u32 = 2_958_466;
/// A workbook with more visible sheets than this is not a roster.
const MAX_SHEETS: usize = 64;

/// Reads the visible sheets of a workbook.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, TableError> {
    package::check(bytes)?;
    // The reader computes with numbers from the file unchecked and can panic on a hostile one, which must stay one file's problem.
    catch_unwind(AssertUnwindSafe(|| read_visible(bytes)))
        .unwrap_or(Err(TableError::Unreadable { reason: "its numbers do not fit together" }))
}

fn read_visible(bytes: &[u8]) -> Result<Vec<Sheet>, TableError> {
    let mut workbook: Xlsx<_> =
        Xlsx::new(Cursor::new(bytes)).map_err(|_| TableError::Unreadable { reason: "not a workbook" })?;
    let names: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    if names.len() > MAX_SHEETS {
        return Err(TableError::TooManyCells);
    }
    let mut spent = Spent::default();
    names.into_iter().map(|name| read_sheet(&mut workbook, name, &mut spent)).collect()
}

fn read_sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: String, spent: &mut Spent) -> Result<Sheet, TableError> {
    const BROKEN: TableError = TableError::Unreadable { reason: "a sheet is broken" };
    let mut grid = GridBuilder::after(*spent);
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(|_| BROKEN)?;
    while let Some(cell) = cells.next_cell().map_err(|_| BROKEN)? {
        let (row, column) = cell.get_position();
        grid.put(row, usize::try_from(column).unwrap_or(usize::MAX), to_cell(cell.get_value()))?;
    }
    drop(cells);
    for merged in workbook.merge_cells_by_sheet_name(&name).map_err(|_| BROKEN)? {
        grid.merge(to_area(merged))?;
    }
    *spent = grid.spent();
    Ok(grid.finish(name))
}

fn to_area(merged: Dimensions) -> Area {
    let column = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
    Area { rows: (merged.start.0, merged.end.0), columns: (column(merged.start.1), column(merged.end.1)) }
}

fn to_cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Float(number) => Cell::Number { text: number_text(number) },
        DataRef::Int(number) => Cell::Number { text: number_text(number) },
        DataRef::Bool(value) => Cell::Boolean(*value),
        DataRef::DateTime(moment) => to_date(moment),
        DataRef::DateTimeIso(text) => match text.split('T').next().map(str::parse::<Date>) {
            Some(Ok(date)) => Cell::Date(date),
            Some(Err(_)) | None => Cell::text(text),
        },
        DataRef::DurationIso(text) => Cell::text(text),
        DataRef::Error(error) => Cell::Error(error.to_string()),
    }
}

/// Plain digits as far as the spreadsheet kept them; past that, the notation in which it shows the loss.
///
/// An identity number typed as a number has eighteen digits, of which the last three are gone. Plain digits would look whole.
fn number_text(number: &(impl Display + UpperExp)) -> String {
    let plain = number.to_string();
    let whole = plain.trim_start_matches('-').split('.').next().map_or(0, str::len);
    if whole > KEPT_DIGITS { format!("{number:.5E}").replace('E', "E+") } else { plain }
}

/// The day of a date cell; the number behind it if it lies outside the calendar, as when 20220630 is formatted as a date.
fn to_date(moment: &ExcelDateTime) -> Cell {
    let serial = moment.as_f64();
    if moment.is_datetime() && serial >= 1.into() && serial < AFTER_LAST_DAY.into() {
        let (year, month, day, ..) = moment.to_ymd_hms_milli();
        let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
        if let Some(Ok(date)) = date.map(|((year, month), day)| Date::new(year, month, day)) {
            return Cell::Date(date);
        }
    }
    Cell::Number { text: number_text(&serial) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_until_digits_are_lost() {
        let check = |number: &str, expected| {
            let value = number.parse().map(DataRef::Float).unwrap();
            assert_eq!(to_cell(&value), Cell::Number { text: String::from(expected) }, "{number}");
        };
        check("20220630", "20220630");
        check("999999999999999", "999999999999999");
        check("1000000000000000", "1.00000E+15");
        check("3.71502199901011234e17", "3.71502E+17");
        check("-3.71502199901011234e17", "-3.71502E+17");
        check("44742.5", "44742.5");
        check("1e300", "1.00000E+300");
    }

    #[test]
    fn a_date_outside_the_calendar_stays_a_number() {
        use calamine::ExcelDateTimeType::{DateTime, TimeDelta};
        let check = |serial: i32, kind, expected| {
            assert_eq!(to_cell(&DataRef::DateTime(ExcelDateTime::new(serial.into(), kind, false))), expected);
        };
        check(44_742, DateTime, Cell::Date(jiff::civil::date(2022, 6, 30)));
        check(2_958_465, DateTime, Cell::Date(jiff::civil::date(9999, 12, 31)));
        check(2_958_466, DateTime, Cell::Number { text: "2958466".to_owned() });
        check(20_220_630, DateTime, Cell::Number { text: "20220630".to_owned() });
        check(-1, DateTime, Cell::Number { text: "-1".to_owned() });
        check(60, DateTime, Cell::Number { text: "60".to_owned() });
        check(44_742, TimeDelta, Cell::Number { text: "44742".to_owned() });
    }
}
