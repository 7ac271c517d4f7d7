//! Files of millions of claims, a claim a row: which column is where, and the cells of each row, without a copy where nothing is quoted.
//!
//! A file is read in chunks that begin and end at row ends, so that several threads share it. Where no cell is quoted, a row is a line
//! and a cell what stands between two delimiters; a line with a quotation mark goes to the CSV reader. A quoted cell may hold line
//! ends: [`row_bytes`] tells where a row ends all the same, and a mark that nothing closes costs its own line alone.

mod header;
mod rows;

pub use header::{ClaimsFileError, Field, Layout};
pub use rows::{Cells, RowReader, row_bytes};

/// Longer rows are no claims but a stray quotation mark or a file without line ends.
pub const ROW_BYTES_MAX: usize = 64 * 1024;
