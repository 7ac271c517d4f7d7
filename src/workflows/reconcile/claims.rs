//! The file of claims: cut into chunks at row ends, read a chunk at a time by several threads, and a row at a time by where it begins.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ring::digest::{Context, SHA256};

use super::ReconcileError;
use crate::domain::matching::Row;
use crate::domain::matching::pairs::Open;
use crate::tables::claims_file::{ClaimsFileError, Layout, ROW_BYTES_MAX, RowReader, row_bytes};

/// Small enough that a chunk with its bounds stays in a core's cache, large enough that reading it is one of few calls.
const CHUNK_BYTES: u64 = 512 * 1024;
/// The header lies within it, and enough text to tell the encoding.
const HEAD_BYTES: usize = 1024 * 1024;
/// Nearly every row is shorter.
const ROW_BYTES: usize = 256;

/// A file of claims.
pub(super) struct ClaimsFile {
    file: File,
    length: u64,
    pub(super) layout: Layout,
}

/// The chunks of a file: where each begins; the last one ends with the file.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// Where chunks begin, and the end of the file.
    pub(super) starts: Vec<u64>,
    /// Whether cells may be quoted, so that chunks were cut by reading all rows.
    pub(super) expects_quotes: bool,
}

impl Cut {
    pub(super) fn chunks(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub(super) fn range(&self, chunk: usize) -> (u64, u64) {
        let at = |at: usize| self.starts.get(at).copied().unwrap_or_default();
        (at(chunk), at(chunk + 1))
    }

    /// The chunk in which a row begins.
    pub(super) fn chunk_of(&self, row: u64) -> usize {
        self.starts.partition_point(|start| *start <= row).saturating_sub(1)
    }
}

impl ClaimsFile {
    pub(super) fn open(path: &Path, map: &[(String, String)]) -> Result<Self, ReconcileError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut head = Vec::new();
        read(&file, 0, HEAD_BYTES, length, &mut head)?;
        if length > head.len() as u64 {
            // A character cut in two would look like another encoding.
            head.truncate(head.iter().rposition(|it| *it == b'\n').map_or(0, |at| at + 1));
            if head.is_empty() {
                return Err(ClaimsFileError::NoHeader.into());
            }
        } else if !head.ends_with(b"\n") {
            head.push(b'\n');
        }
        Ok(Self { layout: Layout::read(&head, map)?, file, length })
    }

    /// About how many rows there may be.
    pub(super) fn rows_about(&self) -> u64 {
        const ROW_BYTES_USUAL: u64 = 125;
        self.length / ROW_BYTES_USUAL
    }

    fn data_from(&self) -> u64 {
        (self.layout.data_from as u64).min(self.length)
    }

    /// Cuts where lines end, for a file without quoted cells: each chunk begins with the first line that begins after its place.
    pub(super) fn cut(&self) -> io::Result<Cut> {
        let mut starts = vec![self.data_from()];
        let mut buffer = Vec::new();
        for place in (self.data_from() + CHUNK_BYTES..self.length).step_by(CHUNK_BYTES as usize) {
            // A line end before the place ends the line of the chunk before.
            for from in (place..place + CHUNK_BYTES).step_by(4_096) {
                read(&self.file, from, 4_096, self.length, &mut buffer)?;
                if let Some(at) = buffer.iter().position(|it| *it == b'\n') {
                    let start = from + at as u64 + 1;
                    starts.extend((start < self.length).then_some(start));
                    break;
                }
            }
        }
        starts.dedup();
        starts.push(self.length);
        Ok(Cut { starts, expects_quotes: false })
    }

    /// Cuts where rows end, for a file with quoted cells: one pass over all of it, in which only lines with quotes are read as CSV.
    pub(super) fn cut_with_quotes(&self) -> io::Result<Cut> {
        let mut starts = vec![self.data_from()];
        let mut buffer = Vec::new();
        let mut from = self.data_from();
        while from < self.length {
            read(&self.file, from, CHUNK_BYTES as usize + ROW_BYTES_MAX, self.length, &mut buffer)?;
            if from + buffer.len() as u64 >= self.length && !buffer.ends_with(b"\n") {
                buffer.push(b'\n');
            }
            from += self.rows_within(&buffer);
            starts.extend((from < self.length).then_some(from));
        }
        starts.push(self.length);
        Ok(Cut { starts, expects_quotes: true })
    }

    /// The bytes of the rows that begin within a chunk's length of a block, as far as they end in it.
    fn rows_within(&self, block: &[u8]) -> u64 {
        let mut at = 0;
        while (at as u64) < CHUNK_BYTES {
            let rest = block.get(at..).unwrap_or_default();
            match row_bytes(rest, self.layout.delimiter(), Some(self.layout.columns())) {
                Some(length) => at += length,
                // A row without an end in sight: the chunk ends before it, or is all of it.
                None if at > 0 => break,
                None => return block.len().max(1) as u64,
            }
            if at >= block.len() {
                break;
            }
        }
        at as u64
    }

    /// Reads a chunk, with the line end before it and the one of its last row.
    ///
    /// Of a chunk far larger than any should be, which a line beyond all bounds makes, only the beginning: up to that line, and the
    /// line's own beginning.
    pub(super) fn read_chunk(&self, (from, to): (u64, u64), buffer: &mut Vec<u8>) -> io::Result<()> {
        const BYTES_MAX: u64 = 4 * CHUNK_BYTES;
        buffer.clear();
        buffer.push(b'\n');
        let wanted = (to - from).min(BYTES_MAX) as usize;
        buffer.resize(wanted + 1, 0);
        self.file.read_exact_at(buffer.get_mut(1..).unwrap_or_default(), from)?;
        if !buffer.ends_with(b"\n") {
            buffer.push(b'\n');
        }
        Ok(())
    }

    /// The bytes of the row that begins there.
    pub(super) fn read_row(&self, from: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
        read(&self.file, from, ROW_BYTES, self.length, buffer)?;
        let is_plain = |bytes: &[u8]| {
            let line = memchr::memchr(b'\n', bytes).and_then(|at| bytes.get(..at));
            line.is_some_and(|line| memchr::memchr(b'"', line).is_none())
        };
        if !is_plain(buffer) {
            read(&self.file, from, ROW_BYTES_MAX + 1, self.length, buffer)?;
        }
        if from + buffer.len() as u64 >= self.length && !buffer.ends_with(b"\n") {
            buffer.push(b'\n');
        }
        let length = row_bytes(buffer, self.layout.delimiter(), Some(self.layout.columns())).unwrap_or(buffer.len());
        buffer.truncate(length);
        Ok(())
    }

    /// The hash of the whole file, in hexadecimal digits.
    pub(super) fn sha256(&self) -> io::Result<String> {
        let mut context = Context::new(&SHA256);
        let mut buffer = Vec::new();
        let mut from = 0;
        while from < self.length {
            read(&self.file, from, 256 * 1024, self.length, &mut buffer)?;
            if buffer.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            context.update(&buffer);
            from += buffer.len() as u64;
        }
        let mut text = String::with_capacity(64);
        for byte in context.finish().as_ref() {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(text)
    }
}

/// Reads so many bytes, or up to the end of the file.
fn read(file: &File, from: u64, bytes: usize, length: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
    let bytes = bytes.min(length.saturating_sub(from).try_into().unwrap_or(usize::MAX));
    buffer.resize(bytes, 0);
    file.read_exact_at(buffer, from)
}

/// Opens rows by where they begin.
pub(super) struct Opener<'a> {
    file: &'a ClaimsFile,
    /// Rows that do not count, as others have their names.
    dead: &'a BTreeSet<u64>,
    reader: RowReader,
    buffer: Vec<u8>,
    failed: Option<io::Error>,
}

impl<'a> Opener<'a> {
    pub(super) fn new(file: &'a ClaimsFile, dead: &'a BTreeSet<u64>) -> Self {
        Self { file, dead, reader: RowReader::new(&file.layout), buffer: Vec::new(), failed: None }
    }

    /// The first failure to read, if any: what was found then is not all.
    pub(super) fn ended(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }
}

impl Open for Opener<'_> {
    fn open(&mut self, row: u64) -> Option<Row> {
        if self.dead.contains(&row) {
            return None;
        }
        if let Err(error) = self.file.read_row(row, &mut self.buffer) {
            self.failed.get_or_insert(error);
            return None;
        }
        let cells = self.reader.first(&self.file.layout, &self.buffer)?.ok()?;
        cells.with_text(|text| Row::parse(text).ok())
    }
}
