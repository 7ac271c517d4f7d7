//! From a block of rows to findings: every pair, unless the block is too large; and one pair for two sides.

use std::collections::BTreeMap;

use super::claim_code::ClaimCode;
use super::finding::Finding;
use super::place::County;
use super::row::Row;
use super::rule::MatchRule;
use super::scope::{self, Terms};
use crate::domain::identity::Uscc;

/// Rows that make all pairs with one another: 19,900. Of a larger block each row is paired with the first alone, and the block counted:
/// a number, account or phone of so many claims is a finding in itself.
pub const BLOCK_ROWS_MAX: usize = 200;

/// What blocks yielded.
#[derive(Debug, Default)]
pub struct Found {
    pub findings: Vec<Finding>,
    /// Blocks that did not make all their pairs.
    pub large_blocks: u64,
}

/// Opens rows by what leads to them; `None` for one that does not count.
pub trait Open {
    fn open(&mut self, row: u64) -> Option<Row>;
}

impl<F: FnMut(u64) -> Option<Row>> Open for F {
    fn open(&mut self, row: u64) -> Option<Row> {
        self(row)
    }
}

/// Which pairs of a sorted block are looked at.
pub fn pairs_of<T>(block: &[T]) -> impl Iterator<Item = (&T, &T)> {
    let is_large = block.len() > BLOCK_ROWS_MAX;
    let firsts = block.iter().enumerate().take(if is_large { 1 } else { block.len() });
    firsts.flat_map(move |(at, one)| block.iter().skip(at.saturating_add(1)).map(move |other| (one, other)))
}

impl Found {
    /// Rows with one hash of the person.
    pub fn persons(&mut self, rows: &[u64], open: &mut impl Open) {
        self.all_pairs(
            rows,
            open,
            |row| Some((row.number.person()?.clone(), row.programme.conflict())),
            scope::same_person,
        );
    }

    /// Rows with one hash of the phone.
    pub fn phones(&mut self, rows: &[u64], open: &mut impl Open, terms: Terms<'_>) {
        self.all_pairs(
            rows,
            open,
            |row| row.phone.clone(),
            |one, other| {
                let rule = MatchRule::PhoneShared;
                scope::holds(rule, one, other, terms).map(|evidence| (rule, evidence))
            },
        );
    }

    /// Groups the rows by what they have in common in the open, and looks at the pairs of each group.
    fn all_pairs<K: Ord>(
        &mut self,
        rows: &[u64],
        open: &mut impl Open,
        common: impl Fn(&Row) -> Option<K>,
        judge: impl Fn(&Row, &Row) -> Option<(MatchRule, super::Evidence)>,
    ) {
        if rows.len() > BLOCK_ROWS_MAX {
            return self.with_the_first(rows, open, common, judge);
        }
        let opened = rows.iter().filter_map(|row| open.open(*row));
        let mut opened: Vec<(K, Row)> = opened.filter_map(|row| Some((common(&row)?, row))).collect();
        opened.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.claim.cmp(&other.claim)));
        for group in opened.chunk_by(|(a, _), (b, _)| a == b) {
            for ((_, one), (_, other)) in pairs_of(group) {
                self.add_pair(judge(one, other), one, other);
            }
        }
    }

    /// The same for more rows than are kept open at a time: twice over them, first for the first of each group.
    fn with_the_first<K: Ord>(
        &mut self,
        rows: &[u64],
        open: &mut impl Open,
        common: impl Fn(&Row) -> Option<K>,
        judge: impl Fn(&Row, &Row) -> Option<(MatchRule, super::Evidence)>,
    ) {
        let mut firsts: BTreeMap<K, (Row, usize)> = BTreeMap::new();
        for row in rows.iter().filter_map(|row| open.open(*row)) {
            let Some(key) = common(&row) else { continue };
            match firsts.get_mut(&key) {
                Some((first, count)) => {
                    *count = count.saturating_add(1);
                    if row.claim < first.claim {
                        *first = row;
                    }
                }
                None => {
                    firsts.insert(key, (row, 1));
                }
            }
        }
        // Different values of one hash, of which none alone is large, are hardly ever seen; they are paired as a large block is.
        self.large_blocks = self.large_blocks.saturating_add(1);
        for row in rows.iter().filter_map(|row| open.open(*row)) {
            if let Some((first, _)) = common(&row).and_then(|key| firsts.get(&key))
                && first.claim != row.claim
            {
                self.add_pair(judge(first, &row), first, &row);
            }
        }
    }

    /// Rows with one hash of the account: a finding for two enterprises.
    pub fn accounts(&mut self, rows: &[u64], open: &mut impl Open, terms: Terms<'_>) {
        self.sides(MatchRule::AccountShared, rows, open, terms, |row| {
            Some((row.account.clone()?, row.enterprise.clone()?))
        });
    }

    /// Rows with one hash of the enterprise, of retention training: a finding for two counties.
    pub fn counties(&mut self, rows: &[u64], open: &mut impl Open, terms: Terms<'_>) {
        let side = |row: &Row| -> Option<(Uscc, County)> { Some((row.enterprise.clone()?, row.county.clone()?)) };
        self.sides(MatchRule::EnterpriseTwoCounties, rows, open, terms, side);
    }

    /// Keeps of each side its smallest claim, and looks at the pairs of sides.
    fn sides<K: Ord, S: Ord>(
        &mut self,
        rule: MatchRule,
        rows: &[u64],
        open: &mut impl Open,
        terms: Terms<'_>,
        side: impl Fn(&Row) -> Option<(K, S)>,
    ) {
        let mut smallest: BTreeMap<(K, S), Row> = BTreeMap::new();
        for row in rows.iter().filter_map(|row| open.open(*row)) {
            let Some(key) = side(&row) else { continue };
            match smallest.get_mut(&key) {
                Some(kept) if kept.claim <= row.claim => {}
                Some(kept) => *kept = row,
                None => {
                    smallest.insert(key, row);
                }
            }
        }
        let mut sides: Vec<(K, Row)> = smallest.into_iter().map(|((key, _), row)| (key, row)).collect();
        sides.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.claim.cmp(&other.claim)));
        for group in sides.chunk_by(|(a, _), (b, _)| a == b) {
            self.count_large(group.len());
            for ((_, one), (_, other)) in pairs_of(group) {
                let found = scope::holds(rule, one, other, terms).map(|evidence| (rule, evidence));
                self.add_pair(found, one, other);
            }
        }
    }

    /// Two rows that a blocking key of near-identical people brought together.
    pub fn near(&mut self, one: &Row, other: &Row, terms: Terms<'_>) -> bool {
        let rule = MatchRule::PersonNearlyIdentical;
        let found = scope::holds(rule, one, other, terms).map(|evidence| (rule, evidence));
        let is_found = found.is_some();
        self.add_pair(found, one, other);
        is_found
    }

    /// A row alone, once no near match explains it.
    pub fn alone(&mut self, row: &Row) {
        if let Some(evidence) = scope::impossible(row) {
            self.findings.push(Finding::of_row(MatchRule::PersonNumberImpossible, row, evidence));
        }
    }

    pub fn count_large(&mut self, rows: usize) {
        if rows > BLOCK_ROWS_MAX {
            self.large_blocks = self.large_blocks.saturating_add(1);
        }
    }

    fn add_pair(&mut self, found: Option<(MatchRule, super::Evidence)>, one: &Row, other: &Row) {
        if let Some((rule, evidence)) = found {
            self.findings.push(Finding::of_pair(rule, one, other, evidence));
        }
    }
}

/// A row of a block for near matches: doubtful rows look for others, sound ones are only found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NearMember {
    pub row: u64,
    pub is_doubtful: bool,
}

/// Which rows of a block are to be compared, each pair smaller row first. Of a large block a doubtful row meets the first row alone.
pub fn near_pairs(block: &[NearMember], open: &mut impl Open, mut each: impl FnMut(u64, u64)) -> bool {
    let is_large = block.len() > BLOCK_ROWS_MAX;
    let first = if is_large { first_of(block, open) } else { None };
    for (at, one) in block.iter().enumerate().filter(|(_, it)| it.is_doubtful) {
        for (other_at, other) in block.iter().enumerate() {
            let is_once = !other.is_doubtful || other_at > at;
            let is_met = if is_large { Some(other.row) == first } else { is_once };
            if is_met && one.row != other.row {
                each(one.row.min(other.row), one.row.max(other.row));
            }
        }
    }
    is_large
}

fn first_of(block: &[NearMember], open: &mut impl Open) -> Option<u64> {
    let mut first: Option<(ClaimCode, u64)> = None;
    for member in block {
        let Some(row) = open.open(member.row) else { continue };
        if first.as_ref().is_none_or(|(claim, _)| row.claim < *claim) {
            first = Some((row.claim, member.row));
        }
    }
    first.map(|(_, row)| row)
}
