//! What a run writes: the findings, and the rows that could not be read. Neither holds a number, name, phone or account (I11).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use csv::{ByteRecord, Writer};
use tempfile::NamedTempFile;

use super::claims::{ClaimsFile, Cut};
use super::scan::{BadRow, Place};
use crate::domain::matching::{Evidence, Finding};
use crate::tables::claims_file::RowReader;

const FINDING_COLUMNS: [&str; 7] = ["claim_a", "claim_b", "rule", "effect", "clause", "weight", "evidence"];
const BAD_ROW_COLUMNS: [&str; 4] = ["row", "column", "reason", "message"];

/// Texts of evidence that are kept at a time.
const TOLD_MAX: usize = 4_096;

/// Writes the findings, one a row.
pub(super) fn write_findings(path: &Path, findings: &[Finding]) -> io::Result<()> {
    replace(path, |writer| {
        writer.write_record(FINDING_COLUMNS)?;
        let mut record = ByteRecord::new();
        // The same evidence is told a hundred thousand times.
        let mut told: BTreeMap<Evidence, (String, String)> = BTreeMap::new();
        for finding in findings {
            if told.len() > TOLD_MAX {
                told.clear();
            }
            let (weight, evidence) = told.entry(finding.evidence).or_insert_with(|| {
                let mut text = String::new();
                let _ = finding.write_evidence(&mut text);
                (finding.evidence.total().to_string(), text)
            });
            record.clear();
            record.push_field(finding.claim.as_str().as_bytes());
            record.push_field(finding.other.as_ref().map_or("", |it| it.as_str()).as_bytes());
            record.push_field(finding.rule.code().as_bytes());
            record.push_field(finding.rule.effect().code().as_bytes());
            record.push_field(finding.clause().as_bytes());
            record.push_field(weight.as_bytes());
            record.push_field(evidence.as_bytes());
            writer.write_byte_record(&record)?;
        }
        Ok(())
    })
}

/// Writes the rows that could not be read, by their number in the file, the header's being 1.
pub(super) fn write_bad_rows(
    path: &Path,
    file: &ClaimsFile,
    cut: &Cut,
    lines: &[u64],
    bad: Vec<BadRow>,
) -> io::Result<()> {
    let mut rows = Vec::with_capacity(bad.len());
    for row in bad {
        let (chunk, line) = match row.place {
            Place::Line { chunk, line } => (chunk, line),
            Place::Begins(begins) => line_of(file, cut, begins)?,
        };
        rows.push((lines.get(chunk).copied().unwrap_or_default() + line + 2, row.error));
    }
    rows.sort_unstable();
    replace(path, |writer| {
        writer.write_record(BAD_ROW_COLUMNS)?;
        for (number, error) in rows {
            writer.write_record([&number.to_string(), error.column(), error.code(), error.zh()])?;
        }
        Ok(())
    })
}

/// The chunk of a row and its line there.
fn line_of(file: &ClaimsFile, cut: &Cut, begins: u64) -> io::Result<(usize, u64)> {
    let chunk = cut.chunk_of(begins);
    let range = cut.range(chunk);
    let mut buffer = Vec::new();
    file.read_chunk(range, &mut buffer)?;
    let mut line = 0;
    RowReader::new(&file.layout).rows(&file.layout, &buffer, cut.expects_quotes, |row| {
        if range.0 + row.at() as u64 - 1 == begins {
            line = row.line;
        }
    });
    Ok((chunk, line))
}

/// Writes beside the place and moves there: no reader ever sees half a file.
fn replace(path: &Path, write: impl FnOnce(&mut Writer<BufWriter<&File>>) -> csv::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder)?;
    let mut writer = Writer::from_writer(BufWriter::with_capacity(1 << 20, file.as_file()));
    write(&mut writer).map_err(io::Error::from)?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?.flush()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
