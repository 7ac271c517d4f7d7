//! The rows of a chunk, and the cells of a row.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use wide::u8x16;

use super::ROW_BYTES_MAX;
use super::header::{Field, Layout};
use crate::domain::matching::row::{RowError, RowText};

/// The cells of a row as bytes, and as text where asked for.
#[derive(Clone, Copy)]
pub struct Cells<'a> {
    text: &'a [u8],
    /// One more than there are cells: each begins `gap` after one bound and ends at the next.
    bounds: &'a [u32],
    gap: u32,
    layout: &'a Layout,
}

impl<'a> Cells<'a> {
    /// The bytes of a cell; none for a column that the file does not have.
    #[inline]
    pub fn bytes(&self, field: Field) -> &'a [u8] {
        let Some(at) = self.layout.place(field) else { return &[] };
        let (Some(from), Some(to)) = (self.bounds.get(at), self.bounds.get(at.wrapping_add(1))) else { return &[] };
        let cell = self.text.get(from.wrapping_add(self.gap) as usize..*to as usize).unwrap_or_default();
        // Only the last cell of a row with CRLF ends so.
        match cell {
            [cell @ .., b'\r'] => cell,
            cell => cell,
        }
    }

    /// A cell as text; empty where its bytes are of another encoding.
    pub fn text(&self, field: Field) -> Cow<'a, str> {
        self.layout.decode(self.bytes(field)).unwrap_or_default()
    }

    /// Hands over what rules look at as text.
    pub fn with_text<T>(&self, take: impl FnOnce(&RowText<'_>) -> T) -> T {
        let text = |field| self.text(field);
        take(&RowText {
            claim_id: &text(Field::ClaimId),
            province: &text(Field::Province),
            county: &text(Field::County),
            uscc: &text(Field::Uscc),
            name: &text(Field::Name),
            resident_id: &text(Field::ResidentId),
            subsidy: &text(Field::Subsidy),
            account: &text(Field::Account),
            phone: &text(Field::Phone),
        })
    }
}

/// Reads the rows of chunks, one chunk after another, without allocating a row.
pub struct RowReader {
    /// Where delimiters and line ends stand.
    bounds: Vec<u32>,
    /// Which of the bounds are line ends.
    line_ends: Vec<u32>,
    quoted: Quoted,
}

/// A row of a chunk.
pub struct RowAt<'a> {
    /// Where it begins within the chunk.
    at: usize,
    /// How many lines of the chunk are above it; line ends within quotes are none.
    pub line: u64,
    pub cells: Result<Cells<'a>, RowError>,
}

impl RowAt<'_> {
    pub fn at(&self) -> usize {
        self.at
    }
}

impl RowReader {
    pub fn new(layout: &Layout) -> Self {
        Self { bounds: Vec::new(), line_ends: Vec::new(), quoted: Quoted::new(layout.delimiter) }
    }

    /// Calls `each` with every row of a chunk, which begins with the line end before its first row and ends with the one of its last.
    ///
    /// Answers how many lines there were, or `None` at the first quotation mark where none is expected: then the chunk may begin
    /// within a cell, and the file must be cut anew.
    pub fn rows(
        &mut self,
        layout: &Layout,
        chunk: &[u8],
        expects_quotes: bool,
        mut each: impl FnMut(RowAt<'_>),
    ) -> Option<u64> {
        let has_quote = index(chunk, layout.delimiter, &mut self.bounds, &mut self.line_ends);
        if has_quote {
            return expects_quotes.then(|| self.rows_with_quotes(layout, chunk, each));
        }
        let mut line = 0;
        for ends in self.line_ends.windows(2) {
            let [from, to] = ends else { continue };
            let bounds = self.bounds.get(*from as usize..=*to as usize).unwrap_or_default();
            let at = bounds.first().map_or(0, |it| *it as usize + 1);
            let end = bounds.last().map_or(0, |it| *it as usize);
            if !is_blank(chunk.get(at..end).unwrap_or_default()) {
                let is_whole = bounds.len() == layout.columns + 1;
                let error = if end - at > ROW_BYTES_MAX { RowError::TooLong } else { RowError::WrongCells };
                let cells = Cells { text: chunk, bounds, gap: 1, layout };
                let is_row = is_whole && end - at <= ROW_BYTES_MAX;
                each(RowAt { at, line, cells: if is_row { Ok(cells) } else { Err(error) } });
            }
            line += 1;
        }
        Some(line)
    }

    fn rows_with_quotes(&mut self, layout: &Layout, chunk: &[u8], mut each: impl FnMut(RowAt<'_>)) -> u64 {
        let mut at = 1;
        let mut line = 0;
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            let (length, cells) = self.quoted.row(layout, rest);
            if let Some(cells) = cells {
                each(RowAt { at, line, cells });
            }
            at += length;
            line += 1;
        }
        line
    }

    /// The cells of the row that some bytes begin with; `None` if it does not end within them.
    pub fn first<'a>(&'a mut self, layout: &'a Layout, bytes: &'a [u8]) -> Option<Result<Cells<'a>, RowError>> {
        row_bytes(bytes, layout.delimiter, Some(layout.columns))?;
        let (_, cells) = self.quoted.row(layout, bytes);
        Some(cells.unwrap_or(Err(RowError::WrongCells)))
    }
}

/// How many bytes the first row takes, its line end included; `None` if it does not end within them.
///
/// A line with a quotation mark is read as CSV. If it then takes several lines and has not `columns` cells, the mark is a stray one, and
/// the row ends with its first line.
pub fn row_bytes(bytes: &[u8], delimiter: u8, columns: Option<usize>) -> Option<usize> {
    let line = memchr::memchr(b'\n', bytes);
    let first_line = bytes.get(..line.unwrap_or(bytes.len())).unwrap_or_default();
    if memchr::memchr(b'"', first_line).is_none() {
        return line.map(|at| at + 1);
    }
    let mut quoted = Quoted::new(delimiter);
    match quoted.read(bytes) {
        Some((length, cells)) if columns.is_none_or(|it| it == cells) => Some(length),
        _ => line.map(|at| at + 1),
    }
}

/// Rows with quotation marks, read by the CSV reader.
struct Quoted {
    reader: Box<Reader>,
    delimiter: u8,
    text: Vec<u8>,
    ends: Vec<usize>,
    bounds: Vec<u32>,
}

/// More cells than any header may have, and one, so that a row with too many is told from one with enough.
const ENDS_MAX: usize = 258;

impl Quoted {
    fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Self { reader: Box::new(reader), delimiter, text: Vec::new(), ends: Vec::new(), bounds: Vec::new() }
    }

    /// Reads the first row: how many bytes it takes and how many cells it has. `None` where no end of it is found.
    fn read(&mut self, bytes: &[u8]) -> Option<(usize, usize)> {
        let bytes = bytes.get(..bytes.len().min(ROW_BYTES_MAX))?;
        self.text.resize(ROW_BYTES_MAX, 0);
        self.ends.resize(ENDS_MAX, 0);
        self.reader.reset();
        let (result, read, _, ends) = self.reader.read_record(bytes, &mut self.text, &mut self.ends);
        match result {
            ReadRecordResult::Record => Some((read, ends)),
            ReadRecordResult::InputEmpty
            | ReadRecordResult::OutputFull
            | ReadRecordResult::OutputEndsFull
            | ReadRecordResult::End => None,
        }
    }

    /// The first row, which ends within the bytes: how many it takes, and its cells unless it is a blank line.
    fn row<'a>(&'a mut self, layout: &'a Layout, bytes: &'a [u8]) -> (usize, Option<Result<Cells<'a>, RowError>>) {
        let line = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let first_line = bytes.get(..line).unwrap_or_default();
        if is_blank(first_line) {
            return (line + 1, None);
        }
        if first_line.len() > ROW_BYTES_MAX {
            return (line + 1, Some(Err(RowError::TooLong)));
        }
        let has_quote = memchr::memchr(b'"', first_line).is_some();
        let read = if has_quote { self.read(bytes) } else { None };
        self.bounds.clear();
        match read {
            Some((length, cells)) if cells == layout.columns => {
                let ends = self.ends.get(..cells).unwrap_or_default();
                self.bounds.extend([0].into_iter().chain(ends.iter().map(|end| *end as u32)));
                (length, Some(Ok(Cells { text: &self.text, bounds: &self.bounds, gap: 0, layout })))
            }
            Some(_) => (line + 1, Some(Err(RowError::WrongCells))),
            None if has_quote => (line + 1, Some(Err(RowError::OpenQuote))),
            None => {
                let ends = memchr::memchr_iter(self.delimiter, first_line);
                // The first cell begins before the text, as if after a delimiter there.
                self.bounds.push(u32::MAX);
                self.bounds.extend(ends.map(|at| at as u32).chain([line as u32]));
                let is_whole = self.bounds.len() == layout.columns + 1;
                let cells = Cells { text: bytes, bounds: &self.bounds, gap: 1, layout };
                (line + 1, Some(if is_whole { Ok(cells) } else { Err(RowError::WrongCells) }))
            }
        }
    }
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, [] | [b'\r'])
}

/// Notes where delimiters and line ends stand, and which are line ends; answers whether there is a quotation mark.
///
/// Sixteen bytes at a time: neither of the three occurs within a character of UTF-8 or GB18030.
fn index(chunk: &[u8], delimiter: u8, bounds: &mut Vec<u32>, line_ends: &mut Vec<u32>) -> bool {
    bounds.clear();
    line_ends.clear();
    let [delimiters, ends, quotes] = [delimiter, b'\n', b'"'].map(u8x16::splat);
    let mut has_quote = 0;
    let mut base = 0;
    let (blocks, rest) = chunk.as_chunks::<64>();
    let last = {
        let mut last = [0; 64];
        last[..rest.len()].copy_from_slice(rest);
        last
    };
    for block in blocks.iter().chain([&last]) {
        let (mut any, mut end) = (0_u64, 0_u64);
        for (at, piece) in block.as_chunks::<16>().0.iter().enumerate() {
            let piece = u8x16::new(*piece);
            let is_end = u64::from(piece.simd_eq(ends).to_bitmask());
            any |= (is_end | u64::from(piece.simd_eq(delimiters).to_bitmask())) << (16 * at);
            end |= is_end << (16 * at);
            has_quote |= piece.simd_eq(quotes).to_bitmask();
        }
        while end != 0 {
            let below = any & (end.wrapping_sub(1) ^ end) >> 1;
            line_ends.push(bounds.len() as u32 + below.count_ones());
            end &= end - 1;
        }
        while any != 0 {
            bounds.push(base + any.trailing_zeros());
            any &= any - 1;
        }
        base += 64;
    }
    has_quote != 0
}
