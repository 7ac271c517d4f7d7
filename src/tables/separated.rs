//! Text with separators to the grid: comma, tab or semicolon, whichever makes the header readable.

use csv::{ReaderBuilder, StringRecord};

use super::encoding;
use super::error::TableError;
use super::grid::{Cell, GridBuilder, MAX_COLUMNS, Sheet, column_letter};
use super::header;

const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];
/// The header lies within these first bytes, or the file is no roster.
const HEAD_BYTES: usize = 256 * 1024;
/// Excel's own last column. Beyond it a line is not a row but a file without line breaks.
const MAX_FIELDS: usize = 16_384;

/// Reads a text file as one sheet of the given name.
pub(super) fn read(bytes: &[u8], name: &str) -> Result<Sheet, TableError> {
    let mut text = encoding::decode(bytes)?;
    if text.contains('\0') || text.trim_start().starts_with('<') {
        // A picture, a document, or a web page that calls itself a spreadsheet.
        return Err(TableError::NotATable);
    }
    if !text.contains('\n') {
        text = text.replace('\r', "\n");
    }
    let delimiter = detect_delimiter(&text);
    check_shape(&text, delimiter)?;
    let mut grid = GridBuilder::default();
    for (row, record) in records(&text, delimiter) {
        let record = record.map_err(|_| TableError::NotATable)?;
        for (column, field) in record.iter().enumerate() {
            let cell = Cell::text(field);
            if matches!(cell, Cell::Error(_)) {
                return Err(TableError::CellTooLong { row: row.saturating_add(1), letter: column_letter(column) });
            }
            grid.put(row, column, cell)?;
        }
    }
    Ok(grid.finish(name.to_owned()))
}

/// The records with their row as a spreadsheet would number it, from 0: a line break inside quotes makes no row, an empty line does.
pub(super) fn records(text: &str, delimiter: u8) -> impl Iterator<Item = (u32, csv::Result<StringRecord>)> {
    let bytes = text.as_bytes();
    let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let mut counted_to: usize = 0;
    let (mut breaks, mut quoted): (usize, usize) = (0, 0);
    reader.into_records().map(move |record| {
        if let Ok(record) = &record {
            // The position of a record is that of the empty lines before it.
            let start = record.position().and_then(|it| usize::try_from(it.byte()).ok()).unwrap_or(counted_to);
            let empty = bytes.get(start..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let start = start + empty.count();
            breaks += line_breaks(bytes.get(counted_to..start).unwrap_or_default());
            counted_to = start;
        }
        let row = u32::try_from(breaks.saturating_sub(quoted)).unwrap_or(u32::MAX);
        quoted += record.iter().flatten().map(|field| line_breaks(field.as_bytes())).sum::<usize>();
        (row, record)
    })
}

fn line_breaks(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// The delimiter that shows the most known header words in one row.
fn detect_delimiter(text: &str) -> u8 {
    let text = text.get(..text.floor_char_boundary(HEAD_BYTES)).unwrap_or(text);
    let known = |delimiter| {
        let head = records(text, delimiter).take(header::SEARCHED_ROWS).filter_map(|(_, record)| record.ok());
        head.map(|record| header::known_words(record.iter().take(MAX_COLUMNS))).max().unwrap_or(0)
    };
    // The last of equals wins, hence the reversal: a comma if nothing tells.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| known(*delimiter)).unwrap_or(b',')
}

/// Refuses a line of endless cells, and a quotation mark that swallows the rows below: nothing closes it, or what closes it stands
/// inside a cell.
pub(super) fn check_shape(text: &str, delimiter: u8) -> Result<(), TableError> {
    #[derive(PartialEq)]
    enum At {
        FieldStart,
        Bare,
        Quoted,
        QuoteInQuoted,
    }
    let (mut at, mut row, mut opened, mut has_break) = (At::FieldStart, 1_u32, 1_u32, false);
    let mut fields = 0;
    for byte in text.bytes() {
        let ends_field = byte == b'\n' || byte == b'\r' || byte == delimiter;
        at = match at {
            At::Quoted if byte == b'"' => At::QuoteInQuoted,
            At::QuoteInQuoted if byte == b'"' => At::Quoted,
            At::Quoted => {
                has_break |= byte == b'\n';
                At::Quoted
            }
            At::FieldStart if byte == b'"' => {
                (opened, has_break) = (row, false);
                At::Quoted
            }
            At::FieldStart | At::Bare | At::QuoteInQuoted if ends_field => At::FieldStart,
            At::QuoteInQuoted if has_break => return Err(TableError::OpenQuote { row: opened }),
            At::FieldStart | At::Bare | At::QuoteInQuoted => At::Bare,
        };
        if at == At::Quoted {
            continue;
        }
        fields = if byte == b'\n' { 0 } else { fields + usize::from(byte == delimiter) };
        row = row.saturating_add(u32::from(byte == b'\n'));
        if fields >= MAX_FIELDS {
            return Err(TableError::TooManyColumns { row });
        }
    }
    if at == At::Quoted { Err(TableError::OpenQuote { row: opened }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the rows, numbered, with `|` between cells.
    fn check(text: &str, expected: &[(u32, &str)]) {
        let sheet = read(text.as_bytes(), "s").unwrap();
        let shown = |cell: &Cell| cell.shown().unwrap_or_default();
        let actual: Vec<(u32, String)> = sheet
            .rows
            .iter()
            .map(|row| (row.number, row.cells.iter().map(shown).collect::<Vec<_>>().join("|")))
            .collect();
        let expected: Vec<(u32, String)> = expected.iter().map(|(row, cells)| (*row, (*cells).to_owned())).collect();
        assert_eq!(actual, expected, "{text}");
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        check("姓名,身份证号,毕业时间\n张三,1,2", &[(1, "姓名|身份证号|毕业时间"), (2, "张三|1|2")]);
        check(
            "a,b,c\n姓名\t身份证号\t毕业时间\n张,三\t1\t2",
            &[(1, "a,b,c"), (2, "姓名|身份证号|毕业时间"), (3, "张,三|1|2")],
        );
        check("姓名;身份证号;手机号\n张三;;2", &[(1, "姓名|身份证号|手机号"), (2, "张三||2")]);
        check("a;b,c", &[(1, "a;b|c")]);
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_numbers_them() {
        check("a\n\n\nb\n", &[(1, "a"), (4, "b")]);
        check("a\r\n,,\r\nb\r\n", &[(1, "a"), (3, "b")]);
        check("\"a\nb\",c\n\"d\"\"e\"\nf", &[(1, "a\nb|c"), (2, "d\"e"), (3, "f")]);
        check("a\rb\r\rc", &[(1, "a"), (2, "b"), (4, "c")]);
        check("", &[]);
    }

    #[test]
    fn a_file_that_is_no_table_is_refused() {
        let check = |text: &str, expected| assert_eq!(read(text.as_bytes(), "s").unwrap_err().code(), expected);
        check("a\0b", "TABLE_NOT_A_TABLE");
        check("<html><table>", "TABLE_NOT_A_TABLE");
        check(&format!("a,{}", "b".repeat(1025)), "TABLE_CELL_TOO_LONG");
        check(&",".repeat(MAX_FIELDS), "TABLE_TOO_MANY_COLUMNS");
        check(&format!("{}b", ",".repeat(MAX_COLUMNS)), "TABLE_TOO_MANY_COLUMNS");
    }

    #[test]
    fn an_open_quote_is_found_where_it_opens() {
        let check = |text, expected: Option<u32>| {
            let actual = check_shape(text, b',').map_err(|error| error.to_string());
            let expected = expected.map_or(Ok(()), |row| Err(TableError::OpenQuote { row }.to_string()));
            assert_eq!(actual, expected, "{text}");
        };
        check("a,b\n\"c\",d\n", None);
        check("a,b\"\nc", None);
        check("a\n\"b\nc,\"d\"\ne", Some(2));
        check("a\n\"b\"c\n\"d\"\"\ne\"", None);
        check("a\nb,\"c\nd,e\nf", Some(2));
        check("\"a\nb\"\n\"", Some(2));
        check("\"a\"\"", Some(1));
    }
}
