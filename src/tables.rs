//! Files in and out, as offices and banks keep them: rosters, sheets, statements, instructions and applications.
//!
//! In: [`read`] makes any file a neutral [`grid`], [`header`] finds which [`mod@column`] stands where, [`roster`] turns every data row into
//! a checked row or a named problem. Out: [`export`] writes rows one at a time to XLSX, CSV or JSON lines.
//! For matching: [`claims_file`] reads files of millions of claims in chunks.
//! For the fraud-review desk: [`suspect_records`] reads what the ministry sends down and writes what was found.
//! For the fraud range: [`pairs`] reads what was matched and what should have been.
//! For the money's path: [`statement`] reads what a bank booked, [`pain001`] writes what it is to pay, [`funding`] and [`pooling_report`]
//! are what finance and the office get.
//!
//! Invariants: a bad row of a roster never sinks the others, and a statement is read whole or not at all; no message repeats what a cell
//! holds; every file is bounded before it is unpacked (see [`grid`] and `package`), so a hostile one is an error, not an outage.

pub mod error;
pub mod grid;

mod encoding;
mod package;
pub mod read;
mod separated;
mod spreadsheet;

pub mod column;
pub mod header;

pub mod roster;
mod roster_row;
mod skipped;
mod title;

pub mod export;
mod export_text;
mod export_xlsx;

mod camt053;
pub mod claims_file;
pub mod funding;
mod office_sheet;
pub mod pain001;
pub mod pairs;
pub mod pooling_report;
pub mod statement;
mod statement_csv;
mod statement_error;
pub mod suspect_records;
pub mod suspects;
mod xml;
mod yuan;

#[cfg(test)]
mod fixtures;

pub use error::TableError;
pub use export::{CsvWriter, ExportFormat, Heading, JsonLinesWriter, Layout, RowWriter, Table, Value, XlsxWriter};
pub use funding::{FundingReport, FundingReportError, funding_html, write_funding_xlsx};
pub use pain001::{PaymentFile, PaymentFileError, write_pain001};
pub use pooling_report::{PoolingReport, PoolingReportError, PoolingRow, write_report_xlsx};
pub use roster::{Options, Roster, RosterKind, RosterRow, RowProblem, read_roster};
pub use statement::{StatementEncoding, StatementFileError, read_statement, write_camt053, write_csv};
pub use suspect_records::{RecordList, RecordOutcomeRow, RecordRow, read_records};
pub use suspects::{SuspectRow, SuspectRowDesk, SuspectRowSide};
pub use yuan::{capital_yuan, parse_yuan};
