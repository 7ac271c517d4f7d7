//! The neutral grid: what a spreadsheet and a CSV file have in common, with the bounds that keep it small.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use super::error::TableError;

/// A file larger than this is refused unread: a roster of a whole city (some 20,000 rows) is 2 MiB.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;
/// Excel's own last row.
pub const MAX_ROWS: u32 = 1_048_576;
/// A roster has a dozen columns; past 256 somebody has pasted something else.
pub const MAX_COLUMNS: usize = 256;
/// The longest cell that can be an answer; an agreement's number or a remark is far below it.
pub const MAX_CELL_CHARS: usize = 1_024;
/// A full sheet of sixteen columns, in all sheets together. Keeps them below about 512 MiB, whatever the shape of the file.
pub const MAX_CELLS: usize = 16 * 1_048_576;
/// Text in all cells together: one shared string repeated in every cell would otherwise grow without end.
pub const MAX_TEXT_BYTES: usize = 256 * 1024 * 1024;

/// One cell, as it was typed or as the spreadsheet changed it.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    /// A number in plain digits, or in scientific notation once a spreadsheet has lost the digits past the fifteenth.
    Number {
        text: String,
    },
    Date(Date),
    Boolean(bool),
    /// A formula that failed (`#N/A`), or text longer than [`MAX_CELL_CHARS`].
    Error(String),
}

impl Cell {
    /// The error kept in place of a text longer than [`MAX_CELL_CHARS`].
    pub const TOO_LONG: &'static str = "#TOO_LONG";

    /// Makes a text cell: trimmed, empty if nothing is left, an error if it is too long.
    ///
    /// One apostrophe in front is the mark by which a spreadsheet keeps a value as text, as our own exports do, and is left out.
    pub(super) fn text(text: &str) -> Self {
        let text = text.trim();
        let text = text.strip_prefix('\'').unwrap_or(text);
        if text.is_empty() {
            Self::Empty
        } else if text.chars().nth(MAX_CELL_CHARS).is_some() {
            Self::Error(Self::TOO_LONG.to_owned())
        } else {
            Self::Text(text.to_owned())
        }
    }

    /// Shows the cell as a person would read it; nothing for an empty or a failed cell.
    pub fn shown(&self) -> Option<String> {
        match self {
            Self::Empty | Self::Error(_) => None,
            Self::Text(text) | Self::Number { text } => Some(text.clone()),
            Self::Date(date) => Some(date.to_string()),
            Self::Boolean(true) => Some("TRUE".to_owned()),
            Self::Boolean(false) => Some("FALSE".to_owned()),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Number { text } | Self::Error(text) => text.len(),
            Self::Empty | Self::Date(_) | Self::Boolean(_) => 0,
        }
    }
}

/// Names the kind of cell and never what is in it, which may be an identity number.
impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Text(_) => "Text(..)",
            Self::Number { .. } => "Number(..)",
            Self::Date(_) => "Date(..)",
            Self::Boolean(_) => "Boolean(..)",
            Self::Error(_) => "Error(..)",
        })
    }
}

/// A row with at least one filled cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The number an office sees left of the row, from 1.
    pub number: u32,
    pub cells: Vec<Cell>,
    /// The columns that are merged side by side, first and last, counted from 0.
    pub spans: Vec<(usize, usize)>,
}

impl Row {
    fn new(number: u32) -> Self {
        Self { number, cells: Vec::new(), spans: Vec::new() }
    }

    /// Tells whether two columns of this row are one merged cell.
    pub fn is_one_cell(&self, left: usize, right: usize) -> bool {
        self.spans.iter().any(|(first, last)| (*first..=*last).contains(&left) && (*first..=*last).contains(&right))
    }

    /// The cell in a column, counted from 0; empty past the end.
    pub fn cell(&self, column: usize) -> &Cell {
        const EMPTY: &Cell = &Cell::Empty;
        self.cells.get(column).unwrap_or(EMPTY)
    }
}

/// A merged area, counted from 0, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) rows: (u32, u32),
    pub(super) columns: (usize, usize),
}

/// One sheet: the rows that hold something, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub name: String,
    pub rows: Vec<Row>,
}

/// Names a column as a spreadsheet does: 0 is A, 26 is AA.
pub fn column_letter(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// Collects cells in any order, within the bounds.
#[derive(Default)]
pub(super) struct GridBuilder {
    rows: BTreeMap<u32, Row>,
    spent: Spent,
}

/// What the sheets of a file have used up of their bounds.
#[derive(Clone, Copy, Default)]
pub(super) struct Spent {
    cells: usize,
    text_bytes: usize,
}

impl GridBuilder {
    /// A grid for a further sheet of the same file.
    pub(super) fn after(spent: Spent) -> Self {
        Self { rows: BTreeMap::new(), spent }
    }

    pub(super) fn spent(&self) -> Spent {
        self.spent
    }

    /// Puts a cell, both indexes from 0. An empty one leaves no trace, so that a formatted blank sheet costs nothing.
    pub(super) fn put(&mut self, row: u32, column: usize, cell: Cell) -> Result<(), TableError> {
        if cell.is_empty() {
            return Ok(());
        }
        if row >= MAX_ROWS {
            return Err(TableError::TooManyRows);
        }
        if column >= MAX_COLUMNS {
            return Err(TableError::TooManyColumns { row: row.saturating_add(1) });
        }
        let cells = &mut self.rows.entry(row).or_insert_with(|| Row::new(row + 1)).cells;
        self.spent.cells += (column + 1).saturating_sub(cells.len()).max(1);
        self.spent.text_bytes += cell.text_bytes();
        if self.spent.cells > MAX_CELLS || self.spent.text_bytes > MAX_TEXT_BYTES {
            return Err(TableError::TooManyCells);
        }
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        if let Some(place) = cells.get_mut(column) {
            *place = cell;
        }
        Ok(())
    }

    /// Repeats the first value of a merged area in all its cells, but makes no row that has nothing else in it.
    pub(super) fn merge(&mut self, area: Area) -> Result<(), TableError> {
        let area = Area { columns: (area.columns.0, area.columns.1.min(MAX_COLUMNS - 1)), ..area };
        let ((top, bottom), (left, right)) = (area.rows, area.columns);
        if top > bottom || left > right {
            return Ok(());
        }
        let Some(value) = self.rows.get(&top).and_then(|row| row.cells.get(left)).filter(|cell| !cell.is_empty())
        else {
            return Ok(());
        };
        let value = value.clone();
        let rows: Vec<u32> = self.rows.range(top..=bottom).map(|(row, _)| *row).collect();
        for row in rows {
            for column in left..=right {
                self.put(row, column, value.clone())?;
            }
            if let Some(row) = self.rows.get_mut(&row).filter(|_| left < right) {
                row.spans.push((left, right));
            }
        }
        Ok(())
    }

    pub(super) fn finish(self, name: String) -> Sheet {
        Sheet { name, rows: self.rows.into_values().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_a_spreadsheet_names_them() {
        for (index, letter) in [(0, "A"), (25, "Z"), (26, "AA"), (255, "IV"), (16_383, "XFD")] {
            assert_eq!(column_letter(index), letter);
        }
    }

    #[test]
    fn a_merged_value_is_seen_in_each_cell_but_makes_no_rows() {
        let mut grid = GridBuilder::default();
        grid.put(0, 0, Cell::text("firm")).unwrap();
        grid.put(1, 2, Cell::text("x")).unwrap();
        grid.merge(Area { rows: (0, 900_000), columns: (0, 1) }).unwrap();
        let sheet = grid.finish("s".to_owned());
        assert_eq!(sheet.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(sheet.rows[1].cells, [Cell::text("firm"), Cell::text("firm"), Cell::text("x")]);
        assert!(sheet.rows[1].is_one_cell(0, 1) && !sheet.rows[1].is_one_cell(0, 2));
    }

    #[test]
    fn the_bounds_hold() {
        let put = |row, column| GridBuilder::default().put(row, column, Cell::text("x")).map_err(|error| error.code());
        assert_eq!(put(MAX_ROWS - 1, MAX_COLUMNS - 1), Ok(()));
        assert_eq!(put(MAX_ROWS, 0), Err("TABLE_TOO_MANY_ROWS"));
        assert_eq!(put(0, MAX_COLUMNS), Err("TABLE_TOO_MANY_COLUMNS"));
        assert_eq!(Cell::text(&"长".repeat(MAX_CELL_CHARS)).text_bytes(), 3 * MAX_CELL_CHARS);
        assert_eq!(Cell::text(&"长".repeat(MAX_CELL_CHARS + 1)), Cell::Error(Cell::TOO_LONG.to_owned()));

        let mut grid = GridBuilder::default();
        let filled = (0..MAX_ROWS).try_for_each(|row| grid.put(row, 16, Cell::Boolean(true)));
        assert_eq!(filled.map_err(|error| error.code()), Err("TABLE_TOO_MANY_CELLS"));
    }

    #[test]
    fn debug_output_shows_no_content() {
        assert_eq!(format!("{:?}", Cell::text("secret")), "Text(..)");
    }
}
