//! Claims that have the name of another: all but one of them do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Mutex;

use super::claims::{ClaimsFile, Cut};
use super::crew::Crew;
use super::scan::{self, Columns};
use crate::domain::matching::ClaimCode;
use crate::domain::matching::Programme;
use crate::domain::matching::kernel::{Keyed, Parts, Scattered, Scratch, equals};
use crate::domain::matching::key::{self, Keys};
use crate::tables::claims_file::{Cells, Field, RowReader};

/// Where the rows begin that bear the name of another: of the rows of one name the one that is smallest as bytes counts, so that it
/// does not matter which comes first.
pub(super) fn repeated(
    file: &ClaimsFile,
    crew: &Crew,
    keys: &Keys,
    cut: &Cut,
    columns: &[Columns],
) -> io::Result<BTreeSet<u64>> {
    if scan::all_rise(columns) {
        return Ok(BTreeSet::new());
    }
    let names = names(file, crew, keys, cut)?;
    let parts = names.first().map_or(0, |it| it.slice().len());
    let found = crew.each(
        parts,
        || (Scratch::default(), Vec::new()),
        |(scratch, groups), part| {
            let pieces: Vec<&[Keyed]> = names.iter().map(|it| it.part(part)).collect();
            equals(&pieces, scratch, |group| groups.push(group.iter().map(|it| it.row).collect::<Vec<u64>>()));
        },
    );
    let mut dead = BTreeSet::new();
    for group in found.into_iter().flat_map(|(_, groups)| groups) {
        dead.extend(all_but_one(file, &group)?);
    }
    Ok(dead)
}

/// A pass over the file for the names of its claims alone.
fn names(file: &ClaimsFile, crew: &Crew, keys: &Keys, cut: &Cut) -> io::Result<Vec<Scattered<Keyed>>> {
    let rows = file.rows_about();
    let failed = Mutex::new(None);
    let workers = crew.each(
        cut.chunks(),
        || {
            let names = Scattered::new(Parts::for_entries(rows), rows / crew.threads as u64);
            (names, RowReader::new(&file.layout), Vec::new())
        },
        |(names, reader, buffer), chunk| {
            let range = cut.range(chunk);
            if let Err(error) = file.read_chunk(range, buffer) {
                failed.lock().unwrap_or_else(|it| it.into_inner()).get_or_insert(error);
                return;
            }
            reader.rows(&file.layout, buffer, cut.expects_quotes, |row| {
                if let Some(hash) = row.cells.ok().and_then(|cells| name_key(&cells, keys)) {
                    names.push(Keyed { hash, row: range.0 + row.at() as u64 - 1 });
                }
            });
        },
    );
    match failed.into_inner().unwrap_or_else(|it| it.into_inner()) {
        Some(error) => Err(error),
        None => Ok(workers.into_iter().map(|(names, ..)| names).collect()),
    }
}

/// The key of a row's name, if the row counts.
fn name_key(cells: &Cells<'_>, keys: &Keys) -> Option<u64> {
    key::programme(cells.bytes(Field::Subsidy), || Programme::parse(&cells.text(Field::Subsidy)))?;
    let name = ClaimCode::parse(&cells.text(Field::ClaimId))?;
    Some(keys.claim(name.as_str().as_bytes()))
}

fn all_but_one(file: &ClaimsFile, rows: &[u64]) -> io::Result<Vec<u64>> {
    let mut by_name: BTreeMap<String, Vec<(Vec<u8>, u64)>> = BTreeMap::new();
    let mut reader = RowReader::new(&file.layout);
    for row in rows {
        let mut bytes = Vec::new();
        file.read_row(*row, &mut bytes)?;
        let Some(Ok(cells)) = reader.first(&file.layout, &bytes) else { continue };
        let name = cells.text(Field::ClaimId).trim().to_owned();
        by_name.entry(name).or_default().push((bytes, *row));
    }
    let mut dead = Vec::new();
    for mut rows in by_name.into_values() {
        rows.sort_unstable();
        dead.extend(rows.into_iter().skip(1).map(|(_, row)| row));
    }
    Ok(dead)
}
