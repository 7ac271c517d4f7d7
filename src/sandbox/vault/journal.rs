//! The journal file: one line of JSON for what happened together, on disk before anybody is told of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::entry::Entry;

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal(File);

impl Journal {
    /// Opens the journal, making it where there is none, and gives all it holds. A last line without an end was never acknowledged,
    /// and is cut off.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Vec<Entry>)> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        // Two banks with one memory would both forget what the other did.
        file.try_lock().map_err(|_| io::Error::new(io::ErrorKind::WouldBlock, "another sandbox keeps this journal"))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |at| at.saturating_add(1));
        file.set_len(u64::try_from(whole).map_err(io::Error::other)?)?;
        file.sync_all()?;
        Ok((Self(file), entries(&text)?))
    }

    /// Writes what happened together; it is on disk when this returns.
    pub(super) fn write(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut line = serde_json::to_vec(entries)?;
        line.push(b'\n');
        self.0.write_all(&line)?;
        self.0.sync_data()
    }
}

/// All entries of whole lines.
pub(super) fn entries(text: &str) -> io::Result<Vec<Entry>> {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let mut all = Vec::new();
    for line in whole.lines() {
        all.extend(serde_json::from_str::<Vec<Entry>>(line)?);
    }
    Ok(all)
}
