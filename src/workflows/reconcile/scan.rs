//! The first pass: every row becomes its keys, in columns that each thread scatters for itself.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::claims::{ClaimsFile, Cut};
use super::crew::Crew;
use super::{Progress, Stage};
use crate::domain::matching::kernel::{Keyed, Parts, Scattered, Sided};
use crate::domain::matching::key::{self, Keys};
use crate::domain::matching::number::Number;
use crate::domain::matching::place::{County, Province};
use crate::domain::matching::row::RowError;
use crate::domain::matching::{ClaimCode, MatchRule, Programme};
use crate::tables::claims_file::{Cells, Field, RowReader};

/// Set in the last bit of a person's entry where the row does not bear the number, but may have meant it.
pub(super) const MAY_MEAN: u64 = 1;

/// Which columns the rules need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) near: bool,
    counties: bool,
    accounts: bool,
    phones: bool,
}

impl Wanted {
    pub(super) fn new(rules: &[MatchRule]) -> Self {
        let has = |rule| rules.contains(&rule);
        Self {
            near: has(MatchRule::PersonNearlyIdentical) || has(MatchRule::PersonNumberImpossible),
            counties: has(MatchRule::EnterpriseTwoCounties),
            accounts: has(MatchRule::AccountShared),
            phones: has(MatchRule::PhoneShared),
        }
    }

    /// What the keys of a row take, an eighth of spare room included.
    fn bytes(self) -> u64 {
        let sided = size_of::<Sided>() as u64;
        let sides = [self.counties, self.accounts, self.phones].into_iter().filter(|it| *it).count() as u64;
        (size_of::<Keyed>() as u64 + sided * sides) * 9 / 8
    }
}

/// A row that cannot be read, by its chunk and line, or by where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct BadRow {
    pub(super) place: Place,
    pub(super) error: RowError,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Line { chunk: usize, line: u64 },
    Begins(u64),
}

impl BadRow {
    pub(super) fn repeated(row: u64) -> Self {
        Self { place: Place::Begins(row), error: RowError::ClaimIdRepeated }
    }
}

/// What one thread made of its chunks.
pub(super) struct Columns {
    pub(super) persons: Scattered<Keyed>,
    pub(super) counties: Scattered<Sided>,
    pub(super) accounts: Scattered<Sided>,
    pub(super) phones: Scattered<Sided>,
    /// Where rows begin whose number is nobody's, or has 15 digits.
    pub(super) doubtful: Vec<u64>,
    pub(super) bad: Vec<BadRow>,
    pub(super) rows: u64,
    pub(super) chunks: Vec<ChunkEnds>,
}

/// The names of two claims.
type FirstAndLast = (Box<[u8]>, Box<[u8]>);

/// What a chunk tells its neighbors.
pub(super) struct ChunkEnds {
    pub(super) chunk: usize,
    pub(super) lines: u64,
    /// The names of its first and last claim; `None` where they do not rise from row to row, or there are none.
    pub(super) rising: Option<FirstAndLast>,
    pub(super) rows: u64,
}

/// Which share of the keys a pass keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub(super) slice: usize,
    pub(super) of: usize,
}

impl Slice {
    /// More passes than this are refused: the memory is then too little to work with, and is exceeded.
    const PASSES_MAX: u64 = 64;

    /// So many that the keys of each take no more memory than there is; one where nothing is said of memory.
    pub(super) fn count(rows: u64, wanted: Wanted, memory: Option<u64>) -> usize {
        let Some(memory) = memory else { return 1 };
        // An eighth of the memory is for chunks, bitmaps and findings.
        let keys = (memory - memory / 8).max(1);
        let passes = rows.saturating_mul(wanted.bytes()).div_ceil(keys).clamp(1, Self::PASSES_MAX);
        usize::try_from(passes).unwrap_or(1)
    }
}

impl Columns {
    fn new(rows: u64, threads: usize, wanted: Wanted, Slice { slice, of }: Slice) -> Self {
        let parts = Parts::for_entries(rows).at_least(of);
        let slice = parts.slice(slice, of);
        let each = rows / threads as u64;
        let room = |is_wanted| if is_wanted { each } else { 0 };
        Self {
            persons: Scattered::of_slice(parts, slice.clone(), each),
            counties: Scattered::of_slice(parts, slice.clone(), room(wanted.counties) / 2),
            accounts: Scattered::of_slice(parts, slice.clone(), room(wanted.accounts)),
            phones: Scattered::of_slice(parts, slice, room(wanted.phones)),
            doubtful: Vec::new(),
            bad: Vec::new(),
            rows: 0,
            chunks: Vec::new(),
        }
    }

    /// Gives the memory of the keys back.
    pub(super) fn free(&mut self) {
        let parts = Parts::for_entries(0);
        self.persons = Scattered::new(parts, 0);
        self.counties = Scattered::new(parts, 0);
        self.accounts = Scattered::new(parts, 0);
        self.phones = Scattered::new(parts, 0);
    }
}

/// What a pass reads, and how.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    pub(super) file: &'a ClaimsFile,
    pub(super) crew: &'a Crew,
    pub(super) keys: &'a Keys,
    pub(super) wanted: Wanted,
    pub(super) slice: Slice,
}

/// Reads the whole file once; from where the first quotation mark is met, all over again.
pub(super) fn scan(scan: Scan<'_>, progress: Progress<'_>) -> io::Result<(Cut, Vec<Columns>)> {
    let cut = scan.file.cut()?;
    if let Some(columns) = scan_cut(scan, &cut, progress)? {
        return Ok((cut, columns));
    }
    let cut = scan.file.cut_with_quotes()?;
    let columns = scan_cut(scan, &cut, progress)?;
    Ok((cut, columns.unwrap_or_default()))
}

/// Reads the whole file once as it was cut; `None` where a quotation mark says that it was cut wrongly.
pub(super) fn scan_cut(scan: Scan<'_>, cut: &Cut, progress: Progress<'_>) -> io::Result<Option<Vec<Columns>>> {
    let Scan { file, crew, keys, wanted, slice } = scan;
    let is_quoted = AtomicBool::new(false);
    let done = AtomicU64::new(0);
    let failed = Mutex::new(None);
    let rows = file.rows_about();
    let workers = crew.each(
        cut.chunks(),
        || (Columns::new(rows, crew.threads, wanted, slice), RowReader::new(&file.layout), Vec::new(), Vec::new()),
        |(columns, reader, buffer, previous), chunk| {
            if is_quoted.load(Ordering::Relaxed) {
                return;
            }
            let range = cut.range(chunk);
            if let Err(error) = file.read_chunk(range, buffer) {
                failed.lock().unwrap_or_else(|it| it.into_inner()).get_or_insert(error);
                return;
            }
            let mut pass = Pass { columns, keys, wanted, previous, is_rising: true, first: None };
            let rows_before = pass.columns.rows;
            let lines = reader.rows(&file.layout, buffer, cut.expects_quotes, |row| {
                let begins = range.0 + row.at() as u64 - 1;
                if let Err(error) = row.cells.and_then(|cells| pass.row(begins, &cells)) {
                    pass.columns.bad.push(BadRow { place: Place::Line { chunk, line: row.line }, error });
                }
            });
            let Some(lines) = lines else { return is_quoted.store(true, Ordering::Relaxed) };
            let rows = pass.columns.rows - rows_before;
            let rising = pass.rising();
            columns.chunks.push(ChunkEnds { chunk, lines, rising, rows });
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(Stage::Scan, done * 1_000 / cut.chunks() as u64);
        },
    );
    match failed.into_inner().unwrap_or_else(|it| it.into_inner()) {
        Some(error) => Err(error),
        None if is_quoted.into_inner() => Ok(None),
        None => Ok(Some(workers.into_iter().map(|(columns, ..)| columns).collect())),
    }
}

/// A pass over one chunk.
struct Pass<'a> {
    columns: &'a mut Columns,
    keys: &'a Keys,
    wanted: Wanted,
    /// The name of the claim in the row before.
    previous: &'a mut Vec<u8>,
    is_rising: bool,
    first: Option<Box<[u8]>>,
}

impl Pass<'_> {
    fn row(&mut self, begins: u64, cells: &Cells<'_>) -> Result<(), RowError> {
        let claim = cells.bytes(Field::ClaimId);
        if !is_plain_name(claim) && ClaimCode::parse(&cells.text(Field::ClaimId)).is_none() {
            return Err(RowError::NoClaimId);
        }
        let text = || Programme::parse(&cells.text(Field::Subsidy));
        let programme = key::programme(cells.bytes(Field::Subsidy), text).ok_or(RowError::UnknownSubsidy)?;
        self.follow(claim);
        self.columns.rows += 1;
        let conflict = programme.conflict();
        match key::number(cells.bytes(Field::ResidentId), || cells.text(Field::ResidentId)) {
            Number::Missing => {}
            Number::Sound { number, is_old_form } => {
                self.columns.persons.push(Keyed { hash: self.keys.person(&number, conflict), row: begins << 1 });
                if is_old_form && self.wanted.near {
                    self.columns.doubtful.push(begins);
                }
            }
            Number::Unsound(_) if !self.wanted.near => {}
            Number::Unsound(unsound) => {
                self.columns.doubtful.push(begins);
                unsound.repairs(|number| {
                    let hash = self.keys.person(&number, conflict);
                    self.columns.persons.push(Keyed { hash, row: begins << 1 | MAY_MEAN });
                });
            }
        }
        if self.wanted.accounts || self.wanted.phones || self.wanted.counties {
            self.sides(begins, cells, programme);
        }
        Ok(())
    }

    /// The keys that are of interest only if rows of several enterprises, or of several counties, have them.
    fn sides(&mut self, row: u64, cells: &Cells<'_>, programme: Programme) {
        let enterprise = key::enterprise(cells.bytes(Field::Uscc), || cells.text(Field::Uscc));
        let Some(enterprise) = enterprise.map(|it| self.keys.enterprise(&it)) else { return };
        if self.wanted.accounts
            && let Some(hash) = self.keys.account_of(cells.bytes(Field::Account), || cells.text(Field::Account))
        {
            self.columns.accounts.push(Sided { hash, side: enterprise, row });
        }
        if self.wanted.phones
            && let Some(hash) = self.keys.phone_of(cells.bytes(Field::Phone), || cells.text(Field::Phone))
        {
            self.columns.phones.push(Sided { hash, side: enterprise, row });
        }
        if self.wanted.counties && programme == Programme::RetentionTraining {
            let side = match self.keys.county_code(cells.bytes(Field::County)) {
                Some(side) => side,
                None => {
                    let province = Province::parse(&cells.text(Field::Province));
                    let county = County::parse(&cells.text(Field::County), province.as_ref());
                    let Some(county) = county else { return };
                    self.keys.county(&county)
                }
            };
            self.columns.counties.push(Sided { hash: enterprise, side, row });
        }
    }

    /// Claims whose names rise are each named once; shorter names come first.
    fn follow(&mut self, claim: &[u8]) {
        let claim = claim.trim_ascii();
        match &self.first {
            None => self.first = Some(claim.into()),
            Some(_) => {
                self.is_rising &= (self.previous.len(), self.previous.as_slice()) < (claim.len(), claim);
            }
        }
        self.previous.clear();
        self.previous.extend_from_slice(claim);
    }

    fn rising(self) -> Option<FirstAndLast> {
        let first = self.first?;
        self.is_rising.then(|| (first, self.previous.as_slice().into()))
    }
}

/// A name that needs no reading: ASCII without blanks, not too long for any.
fn is_plain_name(name: &[u8]) -> bool {
    (1..=64).contains(&name.len()) && name.iter().all(u8::is_ascii_graphic)
}

/// How many lines stand above each chunk, the header's not counted.
pub(super) fn lines_before(columns: &[Columns], cut: &Cut) -> Vec<u64> {
    let mut lines = vec![0; cut.chunks()];
    for chunk in columns.iter().flat_map(|it| &it.chunks) {
        if let Some(slot) = lines.get_mut(chunk.chunk) {
            *slot = chunk.lines;
        }
    }
    let mut sum = 0;
    for slot in &mut lines {
        let here = *slot;
        *slot = sum;
        sum += here;
    }
    lines
}

/// Whether the names of all claims rise through the whole file, so that none occurs twice.
pub(super) fn all_rise(columns: &[Columns]) -> bool {
    let mut chunks: Vec<&ChunkEnds> = columns.iter().flat_map(|it| &it.chunks).filter(|it| it.rows > 0).collect();
    chunks.sort_unstable_by_key(|it| it.chunk);
    let follows = |one: &[u8], other: &[u8]| (one.len(), one) < (other.len(), other);
    chunks.iter().all(|it| it.rising.is_some())
        && chunks.windows(2).all(|pair| match pair {
            [one, other] => {
                matches!((&one.rising, &other.rising), (Some((_, last)), Some((first, _))) if follows(last, first))
            }
            _ => true,
        })
}
