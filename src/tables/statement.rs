//! A bank's statement from a file, told by what it is and not by its name: camt.053, or CSV as Chinese banks write it.
//!
//! What is read is complete and well-typed, and no more: whether lines come to totals is [`Statement::verify`]'s to say, and whether the
//! statement follows the one before is the store's.

pub use super::camt053::write_camt053;
pub use super::statement_csv::{StatementEncoding, write_csv};
pub use super::statement_error::{Place, StatementFileError};
use super::{camt053, encoding, statement_csv};
use crate::domain::statement::Statement;

/// A file larger than this is refused unread: the longest statement there may be, at a kilobyte an entry.
pub const MAX_STATEMENT_BYTES: usize = 200 * 1024 * 1024;

/// Reads a statement's file.
pub fn read_statement(bytes: &[u8]) -> Result<Statement, StatementFileError> {
    if bytes.len() > MAX_STATEMENT_BYTES {
        return Err(StatementFileError::FileTooLarge);
    }
    if bytes.is_empty() {
        return Err(StatementFileError::Empty);
    }
    // A workbook or a picture has zeros in its head, and text has none but in UTF-16, which says so in front.
    let is_marked = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    if bytes.starts_with(b"PK\x03\x04") || !is_marked && bytes.contains(&0) {
        return Err(StatementFileError::NotAStatement);
    }
    let text = encoding::decode(bytes).map_err(StatementFileError::Text)?;
    if text.trim_start().starts_with('<') { camt053::read(&text) } else { statement_csv::read(&text) }
}
