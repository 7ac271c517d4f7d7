//! Near-identical people: a second pass over the file, for the few rows whose number is in doubt.
//!
//! What the check character gives away was met among the persons. The rest shares the sound of the name and a part of the number with a
//! doubtful row; so the doubtful rows are opened first, and of all others only those whose keys one of them has are kept.

use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;

use super::claims::{ClaimsFile, Cut, Opener};
use super::crew::Crew;
use super::scan::Columns;
use super::{Progress, Reconcile, RowFrom, Stage};
use crate::domain::matching::Programme;
use crate::domain::matching::Row;
use crate::domain::matching::kernel::{Keyed, Parts, Scattered, Scratch, equals};
use crate::domain::matching::key::{self, Keys};
use crate::domain::matching::name;
use crate::domain::matching::pairs::{Found, NearMember, Open, near_pairs};
use crate::domain::matching::rarity::NameCounts;
use crate::domain::matching::scope::Terms;
use crate::tables::claims_file::{Cells, Field, RowReader};

pub(super) struct Near<'a> {
    pub(super) file: &'a ClaimsFile,
    pub(super) crew: &'a Crew,
    pub(super) keys: &'a Keys,
    pub(super) cut: &'a Cut,
    pub(super) rules: &'a Reconcile<'a>,
}

/// Doubtful rows that a thread opens at a time.
const ROWS_AT_ONCE: usize = 1_024;

/// Pairs of rows that share a key, and how many blocks were large.
type Met = (Vec<(u64, u64)>, u64);

/// The keys of doubtful rows, as a bitmap: what is not in it meets none of them.
struct Filter {
    words: Vec<u64>,
}

impl Filter {
    fn new(keys: &[u64]) -> Self {
        // Sixteen bits a key let one in sixteen through that meets none.
        let mut filter = Self { words: vec![0; (keys.len() / 4).next_power_of_two()] };
        for key in keys {
            let (word, bit) = filter.at(*key);
            if let Some(slot) = filter.words.get_mut(word) {
                *slot |= bit;
            }
        }
        filter
    }

    fn at(&self, key: u64) -> (usize, u64) {
        ((key >> 6) as usize & (self.words.len() - 1), 1 << (key & 63))
    }

    fn may_have(&self, key: u64) -> bool {
        let (word, bit) = self.at(key);
        self.words.get(word).is_some_and(|it| it & bit != 0)
    }
}

impl Near<'_> {
    /// All near-identical pairs, and the doubtful rows that are left without one.
    pub(super) fn find(
        &self,
        columns: &[Columns],
        mut pairs: Vec<(u64, u64)>,
        dead: &BTreeSet<u64>,
        progress: Progress<'_>,
    ) -> io::Result<Found> {
        let mut doubtful: Vec<u64> = columns.iter().flat_map(|it| it.doubtful.iter().copied()).collect();
        doubtful.retain(|row| !dead.contains(row));
        doubtful.sort_unstable();
        if doubtful.is_empty() {
            return Ok(Found::default());
        }
        let opened = self.open(&doubtful, dead)?;
        let (keys, names) = self.keys_of(&opened);
        let impossible = opened.into_iter().filter(|(_, row)| row.number.is_impossible());
        let impossible: Vec<RowFrom> = impossible.collect();
        progress(Stage::Near, 100);
        let (columns, names) = self.scan(&Filter::new(&keys), &names)?;
        progress(Stage::Near, 600);
        let mut found = Found::default();
        for (more, large_blocks) in self.meet(&columns, dead)? {
            pairs.extend(more);
            found.large_blocks += large_blocks;
        }
        drop(columns);
        super::crew::sort(self.crew, &mut pairs);
        pairs.dedup();
        progress(Stage::Near, 700);
        let terms = Terms { near_threshold: self.rules.near_threshold, names: &names };
        let explained = self.judge(&pairs, dead, terms, &mut found)?;
        for (_, row) in impossible.iter().filter(|(begins, _)| !explained.contains(begins)) {
            found.alone(row);
        }
        Ok(found)
    }

    fn open(&self, rows: &[u64], dead: &BTreeSet<u64>) -> io::Result<Vec<RowFrom>> {
        let batches: Vec<&[u64]> = rows.chunks(ROWS_AT_ONCE).collect();
        let workers = self.crew.each(
            batches.len(),
            || (Opener::new(self.file, dead), Vec::new()),
            |(open, opened), batch| {
                for begins in batches.get(batch).copied().unwrap_or_default() {
                    opened.extend(open.open(*begins).map(|row| (*begins, row)));
                }
            },
        );
        let mut all = Vec::with_capacity(rows.len());
        for (open, opened) in workers {
            open.ended()?;
            all.extend(opened);
        }
        Ok(all)
    }

    fn keys_of(&self, rows: &[RowFrom]) -> (Vec<u64>, NameCounts) {
        let mut keys = Vec::new();
        let mut sounds = Vec::new();
        for (_, row) in rows {
            let Some(name) = &row.name else { continue };
            let sound = name::sound(name);
            sounds.push(sound);
            let conflict = row.programme.conflict();
            row.number.parts(|tag, part| keys.push(self.keys.name_and_part(sound, tag, part, conflict)));
        }
        sounds.sort_unstable();
        sounds.dedup();
        (keys, NameCounts::of(sounds.into_iter()))
    }

    /// Counts who bears the names of doubtful rows, and keeps the keys that doubtful rows have.
    fn scan(&self, filter: &Filter, names: &NameCounts) -> io::Result<(Vec<Scattered<Keyed>>, NameCounts)> {
        let parts = Parts::for_entries(self.file.rows_about() / 4);
        let failed = Mutex::new(None);
        let workers = self.crew.each(
            self.cut.chunks(),
            || (Scattered::new(parts, 0), names.clone(), RowReader::new(&self.file.layout), Vec::new()),
            |(column, names, reader, buffer), chunk| {
                let range = self.cut.range(chunk);
                if let Err(error) = self.file.read_chunk(range, buffer) {
                    failed.lock().unwrap_or_else(|it| it.into_inner()).get_or_insert(error);
                    return;
                }
                reader.rows(&self.file.layout, buffer, self.cut.expects_quotes, |row| {
                    if let Ok(cells) = row.cells {
                        self.row(range.0 + row.at() as u64 - 1, &cells, filter, names, column);
                    }
                });
            },
        );
        if let Some(error) = failed.into_inner().unwrap_or_else(|it| it.into_inner()) {
            return Err(error);
        }
        let mut columns = Vec::new();
        let mut all: Option<NameCounts> = None;
        for (column, names, ..) in workers {
            columns.push(column);
            match &mut all {
                Some(all) => all.merge(&names),
                None => all = Some(names),
            }
        }
        Ok((columns, all.unwrap_or_default()))
    }

    fn row(
        &self,
        begins: u64,
        cells: &Cells<'_>,
        filter: &Filter,
        names: &mut NameCounts,
        column: &mut Scattered<Keyed>,
    ) {
        let programme = key::programme(cells.bytes(Field::Subsidy), || Programme::parse(&cells.text(Field::Subsidy)));
        let Some(programme) = programme else { return };
        let is_utf8 = self.file.layout.is_utf8();
        let sound = key::sound(cells.bytes(Field::Name), is_utf8, || cells.text(Field::Name));
        let is_asked_for = names.count(sound);
        let Some(sound) = sound.filter(|_| is_asked_for) else { return };
        let number = key::number(cells.bytes(Field::ResidentId), || cells.text(Field::ResidentId));
        let row = begins << 1 | u64::from(number.is_doubtful());
        number.parts(|tag, part| {
            let hash = self.keys.name_and_part(sound, tag, part, programme.conflict());
            if filter.may_have(hash) {
                column.push(Keyed { hash, row });
            }
        });
    }

    /// What each thread finds that shares a key, one of the two doubtful.
    fn meet(&self, columns: &[Scattered<Keyed>], dead: &BTreeSet<u64>) -> io::Result<Vec<Met>> {
        let parts = columns.first().map_or(0, |it| it.slice().len());
        let workers = self.crew.each(
            parts,
            || (Scratch::default(), Opener::new(self.file, dead), Vec::new(), 0),
            |(scratch, open, pairs, large_blocks), part| {
                let pieces: Vec<&[Keyed]> = columns.iter().map(|it| it.part(part)).collect();
                equals(&pieces, scratch, |group| {
                    if group.iter().all(|it| it.row & 1 == 0) {
                        return;
                    }
                    let member = |it: &Keyed| NearMember { row: it.row >> 1, is_doubtful: it.row & 1 != 0 };
                    let members: Vec<NearMember> = group.iter().map(member).collect();
                    *large_blocks += u64::from(near_pairs(&members, open, |one, other| pairs.push((one, other))));
                });
            },
        );
        let mut all = Vec::new();
        for (_, open, pairs, large_blocks) in workers {
            open.ended()?;
            all.push((pairs, large_blocks));
        }
        Ok(all)
    }

    /// Decides each pair, and answers with the rows that belong to one.
    fn judge(
        &self,
        pairs: &[(u64, u64)],
        dead: &BTreeSet<u64>,
        terms: Terms<'_>,
        found: &mut Found,
    ) -> io::Result<BTreeSet<u64>> {
        let batches: Vec<&[(u64, u64)]> = pairs.chunks(ROWS_AT_ONCE).collect();
        let workers = self.crew.each(
            batches.len(),
            || (Opener::new(self.file, dead), Found::default(), Vec::new(), None::<(u64, Option<Row>)>),
            |(open, found, explained, last), batch| {
                for (one, other) in batches.get(batch).copied().unwrap_or_default() {
                    // Pairs are sorted: the first row is often that of the pair before.
                    let first = match last.take() {
                        Some((begins, row)) if begins == *one => row,
                        _ => open.open(*one),
                    };
                    if let (Some(first), Some(second)) = (&first, open.open(*other))
                        && found.near(first, &second, terms)
                    {
                        explained.extend([*one, *other]);
                    }
                    *last = Some((*one, first));
                }
            },
        );
        let mut explained = BTreeSet::new();
        for (open, more, rows, _) in workers {
            open.ended()?;
            found.findings.extend(more.findings);
            explained.extend(rows);
        }
        Ok(explained)
    }
}
