//! The header: which row it is, and which column means what, in the words that offices use.

use super::column::{Column, plain};
use super::error::TableError;
use super::grid::{Cell, Row, Sheet, column_letter};

/// Title lines above a header are few; past this many filled rows there is none.
pub const SEARCHED_ROWS: usize = 30;
/// A title or a note can hold one or two known words by chance, hardly three in three cells.
pub const KNOWN_WORDS_MIN: usize = 3;

/// Where a column stands and how the office calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Counted from 0.
    pub index: usize,
    /// As a spreadsheet names it: A, B, … AA.
    pub letter: String,
    /// The header as written, on one line.
    pub word: String,
}

/// The header of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// How many rows of the sheet lie above the header.
    pub above: usize,
    /// How many rows of the sheet lie above the first row of data.
    pub data_from: usize,
    columns: Vec<(Column, Place)>,
    /// Columns that mean nothing here; reported, never refused.
    pub unknown: Vec<Place>,
}

impl Header {
    /// Where a column stands, if the sheet has it.
    pub fn place(&self, column: Column) -> Option<&Place> {
        self.columns.iter().find(|(it, _)| *it == column).map(|(_, place)| place)
    }

    /// Where a column stands; an error that names the words understood, if the sheet does not have it.
    pub fn require(&self, column: Column) -> Result<&Place, TableError> {
        self.place(column).ok_or_else(|| TableError::MissingColumn {
            word: column.word(),
            understood: column.words().collect::<Vec<_>>().join("、"),
        })
    }

    /// Tells whether a row repeats the header, as it does at the top of each printed page.
    pub fn is_repeated_by(&self, row: &Row) -> bool {
        let repeats = |(_, place): &&(Column, Place)| match row.cell(place.index) {
            Cell::Text(text) => place.word.contains(&one_line(text)),
            Cell::Empty | Cell::Number { .. } | Cell::Date(_) | Cell::Boolean(_) | Cell::Error(_) => false,
        };
        self.columns.iter().filter(repeats).count() >= KNOWN_WORDS_MIN
    }
}

/// How many different known words stand in a row of texts.
pub fn known_words<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    let mut known: Vec<Column> = texts.filter_map(Column::of).collect();
    known.sort_unstable();
    known.dedup();
    known.len()
}

/// Tells whether a sheet has a header at all.
pub fn is_present(sheet: &Sheet) -> bool {
    sheet.rows.iter().take(SEARCHED_ROWS).any(|row| known_words(texts(row)) >= KNOWN_WORDS_MIN)
}

/// Finds the header of a sheet; nothing if no row among the first holds enough known words.
pub fn find(sheet: &Sheet) -> Result<Option<Header>, TableError> {
    let head = sheet.rows.get(..SEARCHED_ROWS.min(sheet.rows.len())).unwrap_or_default();
    let Some(above) = head.iter().position(|row| known_words(texts(row)) >= KNOWN_WORDS_MIN) else { return Ok(None) };
    let lines = line_count(sheet, above);
    let rows = sheet.rows.get(above..above + lines).unwrap_or_default();
    let mut header = Header { above, data_from: above + lines, columns: Vec::new(), unknown: Vec::new() };
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    for index in 0..width {
        header.add(rows, index)?;
    }
    Ok(Some(header))
}

impl Header {
    fn add(&mut self, rows: &[Row], index: usize) -> Result<(), TableError> {
        let mut words: Vec<String> =
            rows.iter().filter_map(|row| row.cell(index).shown()).map(|it| one_line(&it)).collect();
        words.dedup();
        let joined = words.concat();
        // The lowest word says most; if it is half a word (起 under 劳动合同), both together.
        let half = words.last().filter(|_| joined.contains("合同")).and_then(|word| half_of_period(word));
        let half = half.map(|column| (column, &joined));
        let mut meanings = words.iter().rev().chain([&joined]).filter_map(|word| Some((Column::of(word)?, word)));
        let Some((column, word)) = half.or_else(|| meanings.next()) else {
            if !joined.is_empty() {
                self.unknown.push(Place { index, letter: column_letter(index), word: joined.clone() });
            }
            return Ok(());
        };
        let place = Place { index, letter: column_letter(index), word: word.clone() };
        let Some(first) = self.place(column) else {
            self.columns.push((column, place));
            return Ok(());
        };
        if rows.iter().any(|row| row.is_one_cell(first.index, index)) {
            return Ok(());
        }
        let cell =
            |place: &Place| format!("{}{} {}", place.letter, rows.first().map_or(0, |row| row.number), place.word);
        Err(TableError::DuplicateColumn { word: column.word(), first: cell(first), second: cell(&place) })
    }
}

/// 起 or 止 in the lower line of a header, under a word for the contract.
fn half_of_period(word: &str) -> Option<Column> {
    match plain(word).as_str() {
        "起" | "始" | "开始" | "起始" | "起始时间" | "起始日期" | "开始时间" | "开始日期" => {
            Some(Column::ContractFrom)
        }
        "止" | "终" | "终止" | "结束" | "截止" | "终止时间" | "终止日期" | "结束时间" | "结束日期" | "截止日期" => {
            Some(Column::ContractUntil)
        }
        _ => None,
    }
}

/// Two if the row below belongs to the header: some of its known words are merged down from above, and none is new data.
fn line_count(sheet: &Sheet, above: usize) -> usize {
    let (Some(first), Some(second)) = (sheet.rows.get(above), sheet.rows.get(above + 1)) else { return 1 };
    let continued = (0..first.cells.len()).filter(|index| {
        let upper = word_of(first.cell(*index));
        upper.is_some() && upper == word_of(second.cell(*index))
    });
    if continued.count() > 0 { 2 } else { 1 }
}

fn texts(row: &Row) -> impl Iterator<Item = &str> {
    row.cells.iter().filter_map(|cell| match cell {
        Cell::Text(text) => Some(text.as_str()),
        Cell::Empty | Cell::Number { .. } | Cell::Date(_) | Cell::Boolean(_) | Cell::Error(_) => None,
    })
}

fn word_of(cell: &Cell) -> Option<Column> {
    match cell {
        Cell::Text(text) => Column::of(text),
        Cell::Empty | Cell::Number { .. } | Cell::Date(_) | Cell::Boolean(_) | Cell::Error(_) => None,
    }
}

/// Keeps a header to one line, as it is shown in a message.
fn one_line(word: &str) -> String {
    word.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::super::{fixtures, read};
    use super::*;
    use rust_xlsxwriter::{Format, Workbook};

    fn sheet(rows: &[&[&str]]) -> Sheet {
        read::read(&fixtures::workbook(rows), "a.xlsx").unwrap().remove(0)
    }

    #[test]
    fn the_header_is_the_first_row_with_three_known_words() {
        let check = |rows: &[&[&str]], expected| {
            assert_eq!(find(&sheet(rows)).unwrap().map(|header| (header.above, header.data_from)), expected);
        };
        check(&[&["姓名", "身份证号", "手机号"]], Some((0, 1)));
        check(&[&["2022年扩岗补助花名册"], &["姓名", "说明"], &["", "序号", "姓名", "身份证号"], &["1"]], Some((2, 3)));
        check(&[&["姓名", "姓名", "身份证号"]], None);
        check(&[&["a"]], None);
        check(
            &[&["x"] as &[&str]; SEARCHED_ROWS]
                .iter()
                .copied()
                .chain([&["姓名", "身份证号", "手机号"] as &[&str]])
                .collect::<Vec<_>>(),
            None,
        );
    }

    #[test]
    fn unknown_columns_are_kept_and_a_second_one_of_a_kind_is_refused() {
        let header = find(&sheet(&[&["姓名", "毕业 院校", "", "身份证号", "手机号"]])).unwrap().unwrap();
        assert_eq!(header.place(Column::ResidentId).map(|place| place.letter.as_str()), Some("D"));
        assert_eq!(header.unknown, [Place { index: 1, letter: "B".to_owned(), word: "毕业院校".to_owned() }]);
        let missing = header.require(Column::GraduationDate).unwrap_err();
        assert!(missing.to_string().contains("毕业日期") && missing.zh().contains("毕业日期"));

        let error = find(&sheet(&[&["标题"], &["姓名", "身份证号", "手机", "证件号码"]])).unwrap_err();
        assert_eq!(error.to_string(), "column 身份证号 appears twice, in B2 身份证号 and D2 证件号码");
    }

    #[test]
    fn a_header_of_two_lines_is_read_as_one() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let plain = Format::new();
        for (column, word) in [(0, "序号"), (1, "姓名"), (3, "身份证号")] {
            let last = if word == "姓名" { column + 1 } else { column };
            sheet.merge_range(1, column, 2, last, word, &plain).unwrap();
        }
        sheet.merge_range(1, 4, 1, 5, "劳动合同起止时间", &plain).unwrap();
        sheet.write_row(2, 4, ["起", "止"]).unwrap();
        sheet.write_row(3, 0, ["1", "张三"]).unwrap();
        let sheet = read::read(&workbook.save_to_buffer().unwrap(), "a").unwrap().remove(0);
        let header = find(&sheet).unwrap().unwrap();
        assert_eq!((header.above, header.data_from), (0, 2));
        let index = |column| header.place(column).map(|place| (place.index, place.word.as_str()));
        assert_eq!(index(Column::PersonName), Some((1, "姓名")));
        assert_eq!(index(Column::ContractFrom), Some((4, "劳动合同起止时间起")));
        assert_eq!(index(Column::ContractUntil), Some((5, "劳动合同起止时间止")));
        assert!(header.is_repeated_by(&sheet.rows[1]) && !header.is_repeated_by(&sheet.rows[2]));
    }
}
