//! A file of claims matched with itself: scan it once into columns of keys, find what is equal, decide from the rows in the open.
//!
//! What is found depends on the rows alone: not on their order, the number of threads, the memory, or the secret of the keys.
//!
//! Where memory does not hold all keys, the file is read once more for each further slice of them: a pass costs what writing keys to
//! disk and reading them back would, and leaves nothing of persons there.

mod claims;
mod crew;
mod near;
mod output;
mod repeated;
mod scan;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::domain::matching::kernel::{Entry, Scattered, Scratch, equals};
use crate::domain::matching::key::Keys;
use crate::domain::matching::pairs::{Found, NearMember, near_pairs};
use crate::domain::matching::rarity::NameCounts;
use crate::domain::matching::rule::{MatchRule, RULES_VERSION};
use crate::domain::matching::scope::Terms;
use crate::domain::matching::{Finding, Row};
use crate::tables::claims_file::ClaimsFileError;

use claims::{ClaimsFile, Opener};
use crew::Crew;
use near::Near;
use scan::{BadRow, Columns, Scan, Slice, Wanted};

/// What is matched, and how.
#[derive(Clone, Debug)]
pub struct Reconcile<'a> {
    pub claims: &'a Path,
    pub out: &'a Path,
    pub bad_rows: &'a Path,
    /// Fields and the words that the header has for them.
    pub map: &'a [(String, String)],
    /// Rules to look for; all of them unless told otherwise.
    pub rules: &'a [MatchRule],
    pub threads: usize,
    /// Bytes that the keys may take, about; what does not fit at a time is left to another pass over the file.
    pub memory: Option<u64>,
    /// Hundredths of a bit; see [`crate::domain::matching::scope::NEAR_THRESHOLD`].
    pub near_threshold: i32,
    /// Of the keys; it shows in nothing.
    pub secret: u64,
}

/// What was done.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Reconciled {
    /// Rows that could be read.
    pub rows: u64,
    pub bad_rows: u64,
    /// By rule.
    pub findings: BTreeMap<&'static str, u64>,
    /// Blocks that were too large to make all their pairs.
    pub large_blocks: u64,
    pub input_sha256: String,
    pub rules_version: &'static str,
}

/// Why a file could not be matched.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error("{0}")]
    File(#[from] ClaimsFileError),
    #[error("cannot read or write: {0}")]
    Io(#[from] io::Error),
}

/// What a run is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Scan,
    Match,
    Near,
    Write,
}

/// Told as a run goes on: the stage and how much of it is done, in thousandths.
pub type Progress<'a> = &'a (dyn Fn(Stage, u64) + Sync);

/// Matches a file with itself.
pub fn reconcile(run: &Reconcile<'_>, progress: Progress<'_>) -> Result<Reconciled, ReconcileError> {
    let file = ClaimsFile::open(run.claims, run.map)?;
    std::thread::scope(|scope| {
        let digest = scope.spawn(|| file.sha256());
        let mut reconciled =
            Run { run, file: &file, crew: Crew::new(run.threads), keys: Keys::new(run.secret) }.matched(progress)?;
        let digest = digest.join().unwrap_or_else(|_| Err(io::Error::other("hashing the file failed")));
        reconciled.input_sha256 = digest?;
        Ok(reconciled)
    })
}

struct Run<'a> {
    run: &'a Reconcile<'a>,
    file: &'a ClaimsFile,
    crew: Crew,
    keys: Keys,
}

/// What the parts of the columns yielded.
#[derive(Default)]
struct Matched {
    found: Found,
    /// Rows by where they begin, the smaller first: perhaps one person.
    near: Vec<(u64, u64)>,
}

impl Run<'_> {
    fn matched(&self, progress: Progress<'_>) -> Result<Reconciled, ReconcileError> {
        let wanted = Wanted::new(self.run.rules);
        let slices = Slice::count(self.file.rows_about(), wanted, self.run.memory);
        let first =
            Scan { file: self.file, crew: &self.crew, keys: &self.keys, wanted, slice: Slice { slice: 0, of: slices } };
        let (cut, mut columns) = scan::scan(first, progress)?;
        let lines = scan::lines_before(&columns, &cut);
        let mut bad: Vec<BadRow> = columns.iter_mut().flat_map(|it| std::mem::take(&mut it.bad)).collect();
        let dead = repeated::repeated(self.file, &self.crew, &self.keys, &cut, &columns)?;
        bad.extend(dead.iter().map(|row| BadRow::repeated(*row)));
        let rows = columns.iter().map(|it| it.rows).sum::<u64>() - dead.len() as u64;

        progress(Stage::Match, 0);
        let opener = || Opener::new(self.file, &dead);
        let mut matched = self.match_columns(&mut columns, &opener, progress)?;
        for slice in 1..slices {
            let slice = Slice { slice, of: slices };
            // Rows, bad ones and doubtful ones are known from the first pass.
            let again = scan::scan_cut(Scan { slice, ..first }, &cut, progress)?;
            let mut again = again.ok_or_else(|| io::Error::other("the file changed while it was read"))?;
            matched.extend(self.match_columns(&mut again, &opener, progress)?);
        }
        let mut findings = matched.found.findings;
        let mut large_blocks = matched.found.large_blocks;

        progress(Stage::Near, 0);
        if wanted.near {
            let near = Near { file: self.file, crew: &self.crew, keys: &self.keys, cut: &cut, rules: self.run };
            let found = near.find(&columns, matched.near, &dead, progress)?;
            large_blocks += found.large_blocks;
            findings.extend(found.findings);
        }
        progress(Stage::Write, 0);
        findings.retain(|finding| self.run.rules.contains(&finding.rule));
        crew::sort(&self.crew, &mut findings);
        findings.dedup();
        output::write_findings(self.run.out, &findings)?;
        let bad_rows = bad.len() as u64;
        output::write_bad_rows(self.run.bad_rows, self.file, &cut, &lines, bad)?;
        Ok(Reconciled {
            rows,
            bad_rows,
            findings: counted(&findings),
            large_blocks,
            input_sha256: String::new(),
            rules_version: RULES_VERSION,
        })
    }

    /// Finds what is equal in each column, a part at a time.
    fn match_columns<'f>(
        &self,
        columns: &mut [Columns],
        opener: &(impl Fn() -> Opener<'f> + Sync),
        progress: Progress<'_>,
    ) -> Result<Matched, ReconcileError> {
        let names = NameCounts::default();
        let terms = Terms { near_threshold: self.run.near_threshold, names: &names };
        let mut all = Matched::default();
        let persons = self.each_group(
            columns,
            |it| &it.persons,
            opener,
            |group, open, matched| {
                persons_of(group, open, matched);
            },
        );
        all.extend(persons?);
        progress(Stage::Match, 400);
        let rows_of = |group: &[crate::domain::matching::kernel::Sided]| -> Option<Vec<u64>> {
            let first = group.first()?;
            let has_sides = group.iter().any(|it| it.side != first.side);
            has_sides.then(|| group.iter().map(|it| it.row).collect())
        };
        let accounts = self.each_group(
            columns,
            |it| &it.accounts,
            opener,
            |group, open, matched| {
                rows_of(group).into_iter().for_each(|rows| matched.found.accounts(&rows, open, terms));
            },
        );
        all.extend(accounts?);
        progress(Stage::Match, 600);
        let phones = self.each_group(
            columns,
            |it| &it.phones,
            opener,
            |group, open, matched| {
                rows_of(group).into_iter().for_each(|rows| matched.found.phones(&rows, open, terms));
            },
        );
        all.extend(phones?);
        progress(Stage::Match, 800);
        let counties = self.each_group(
            columns,
            |it| &it.counties,
            opener,
            |group, open, matched| {
                rows_of(group).into_iter().for_each(|rows| matched.found.counties(&rows, open, terms));
            },
        );
        all.extend(counties?);
        for column in columns {
            column.free();
        }
        Ok(all)
    }

    fn each_group<'f, E: Entry + Send + Sync>(
        &self,
        columns: &[Columns],
        column: impl Fn(&Columns) -> &Scattered<E> + Sync,
        opener: &(impl Fn() -> Opener<'f> + Sync),
        judge: impl Fn(&[E], &mut Opener<'f>, &mut Matched) + Sync,
    ) -> Result<Matched, ReconcileError> {
        let slice = columns.first().map_or(0..0, |it| column(it).slice());
        let workers = self.crew.each(
            slice.len(),
            || (Scratch::default(), opener(), Matched::default()),
            |(scratch, open, matched), part| {
                let pieces: Vec<&[E]> = columns.iter().map(|it| column(it).part(slice.start + part)).collect();
                equals(&pieces, scratch, |group| judge(group, open, matched));
            },
        );
        let mut all = Matched::default();
        for (_, open, matched) in workers {
            open.ended()?;
            all.extend(matched);
        }
        Ok(all)
    }
}

impl Matched {
    fn extend(&mut self, other: Self) {
        self.found.findings.extend(other.found.findings);
        self.found.large_blocks += other.found.large_blocks;
        self.near.extend(other.near);
    }
}

/// Rows with one hash of a person: those that bear the number, and those that may have meant it.
fn persons_of(group: &[crate::domain::matching::kernel::Keyed], open: &mut Opener<'_>, matched: &mut Matched) {
    let bearers: Vec<u64> = group.iter().filter(|it| it.row & scan::MAY_MEAN == 0).map(|it| it.row >> 1).collect();
    if bearers.len() > 1 {
        matched.found.persons(&bearers, open);
    }
    if bearers.len() == group.len() {
        return;
    }
    let members: Vec<NearMember> =
        group.iter().map(|it| NearMember { row: it.row >> 1, is_doubtful: it.row & scan::MAY_MEAN != 0 }).collect();
    let near = &mut matched.near;
    if near_pairs(&members, open, |one, other| near.push((one, other))) {
        matched.found.large_blocks += 1;
    }
}

fn counted(findings: &[Finding]) -> BTreeMap<&'static str, u64> {
    let mut counts: BTreeMap<&'static str, u64> = MatchRule::ALL.iter().map(|rule| (rule.code(), 0)).collect();
    for finding in findings {
        *counts.entry(finding.rule.code()).or_default() += 1;
    }
    counts
}

/// A row in the open with where it begins.
type RowFrom = (u64, Row);

#[cfg(test)]
#[path = "reconcile/tests.rs"]
mod tests;
