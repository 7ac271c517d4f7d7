//! The kernel: finds what is equal among millions of hashes, a part at a time.
//!
//! Entries of fixed width are scattered by the first bits of their hash into as many parts as make each fit a core's cache; within a
//! part two passes over a bitmap of the hashes leave the few that may occur twice, and only these are sorted. Nothing is allocated a
//! row. Threads scatter for themselves and then take a part each; whoever runs them does not matter to what is found.

use std::ops::Range;

/// What is scattered: a hash and whatever belongs to it.
pub trait Entry: Copy + Ord {
    fn hash(&self) -> u64;
}

/// A key of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keyed {
    pub hash: u64,
    /// The row, or whatever leads to it.
    pub row: u64,
}

/// A key of a row with the side that the row takes: rows of one key matter only if their sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sided {
    pub hash: u64,
    /// A hash as well. Of two sides that differ, 64 keyed bits are the same once in 10^19.
    pub side: u64,
    pub row: u64,
}

impl Entry for Keyed {
    fn hash(&self) -> u64 {
        self.hash
    }
}

impl Entry for Sided {
    fn hash(&self) -> u64 {
        self.hash
    }
}

/// Entries of a part: their bitmaps take 128 KiB of a core's own cache; the entries themselves are read from front to back.
const PART_ENTRIES: u64 = 65_536;
/// Beyond, scattering touches more pages at once than a core remembers.
const PARTS_MAX: u64 = 4_096;

/// How entries are split: by the first bits of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    bits: u32,
}

impl Parts {
    /// As many parts as about so many entries need.
    pub fn for_entries(entries: u64) -> Self {
        let parts = entries.div_ceil(PART_ENTRIES).clamp(1, PARTS_MAX).next_power_of_two();
        Self { bits: parts.trailing_zeros() }
    }

    /// At least so many.
    #[must_use]
    pub fn at_least(self, parts: usize) -> Self {
        Self { bits: self.bits.max(parts.max(1).next_power_of_two().trailing_zeros()) }
    }

    pub fn count(self) -> usize {
        1 << self.bits
    }

    /// The parts of one of several slices of the entries, which are looked at one after the other where memory holds no more.
    pub fn slice(self, slice: usize, of: usize) -> Range<usize> {
        let begin = |slice: usize| self.count().saturating_mul(slice).checked_div(of).unwrap_or_default();
        begin(slice)..begin(slice.saturating_add(1))
    }

    fn of(self, hash: u64) -> usize {
        // Two shifts, as one of 64 bits is none.
        usize::try_from(hash >> 1 >> 63_u32.saturating_sub(self.bits)).unwrap_or_default()
    }
}

/// The entries that one thread scattered: those of a slice; others are left to another pass.
#[derive(Debug)]
pub struct Scattered<E> {
    parts: Parts,
    slice: Range<usize>,
    entries: Vec<Vec<E>>,
}

impl<E: Entry> Scattered<E> {
    /// Room for about so many entries in all parts.
    pub fn new(parts: Parts, entries: u64) -> Self {
        Self::of_slice(parts, parts.slice(0, 1), entries)
    }

    /// Room for a slice of about so many entries in all parts.
    pub fn of_slice(parts: Parts, slice: Range<usize>, entries: u64) -> Self {
        // An eighth more than the mean: parts of thousands of entries hardly ever need more.
        let each = usize::try_from(entries).unwrap_or(usize::MAX) / parts.count();
        let room = each.saturating_add(each / 8);
        let entries = slice.clone().map(|_| Vec::with_capacity(room)).collect();
        Self { parts, slice, entries }
    }

    #[inline]
    pub fn push(&mut self, entry: E) {
        // Below the slice wraps to beyond it.
        let at = self.parts.of(entry.hash()).wrapping_sub(self.slice.start);
        if let Some(part) = self.entries.get_mut(at) {
            part.push(entry);
        }
    }

    /// Which parts there are.
    pub fn slice(&self) -> Range<usize> {
        self.slice.clone()
    }

    pub fn part(&self, part: usize) -> &[E] {
        self.entries.get(part.wrapping_sub(self.slice.start)).map_or(&[], Vec::as_slice)
    }
}

/// What a thread works with, part after part.
#[derive(Debug)]
pub struct Scratch<E> {
    seen: Vec<u64>,
    again: Vec<u64>,
    left: Vec<E>,
}

impl<E> Default for Scratch<E> {
    fn default() -> Self {
        Self { seen: Vec::new(), again: Vec::new(), left: Vec::new() }
    }
}

/// Calls `found` with each group of two or more entries of equal hash in a part, sorted. The part comes in pieces, one a thread.
pub fn equals<E: Entry>(pieces: &[&[E]], scratch: &mut Scratch<E>, mut found: impl FnMut(&[E])) {
    let Scratch { seen, again, left } = scratch;
    let entries: usize = pieces.iter().map(|piece| piece.len()).sum();
    // Eight bits an entry let one in eight through that occurs once.
    let words = (entries / 8).next_power_of_two().max(1);
    let mask = words.wrapping_sub(1);
    for bitmap in [&mut *seen, &mut *again] {
        bitmap.clear();
        bitmap.resize(words, 0);
    }
    let at = |hash: u64| (usize::try_from(hash >> 6).unwrap_or_default() & mask, 1_u64 << (hash & 63));
    for entry in pieces.iter().copied().flatten() {
        let (word, bit) = at(entry.hash());
        if let (Some(seen), Some(again)) = (seen.get_mut(word), again.get_mut(word)) {
            *again |= *seen & bit;
            *seen |= bit;
        }
    }
    left.clear();
    for entry in pieces.iter().copied().flatten() {
        let (word, bit) = at(entry.hash());
        if again.get(word).is_some_and(|again| again & bit != 0) {
            left.push(*entry);
        }
    }
    left.sort_unstable();
    left.chunk_by(|a, b| a.hash() == b.hash()).filter(|group| group.len() > 1).for_each(&mut found);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_fit_the_cache_and_the_hash() {
        assert_eq!(Parts::for_entries(0).count(), 1);
        assert_eq!(Parts::for_entries(10_000_000).count(), 256);
        assert_eq!(Parts::for_entries(0).at_least(5).count(), 8);
        assert_eq!(Parts::for_entries(0).at_least(8).slice(1, 3), 2..5);
        assert_eq!(Parts::for_entries(u64::MAX).count(), 4_096);
        assert_eq!(Parts::for_entries(0).of(u64::MAX), 0);
        assert_eq!(Parts::for_entries(u64::MAX).of(u64::MAX), 4_095);
        assert_eq!(Parts::for_entries(u64::MAX).of(1 << 52), 1);
    }

    proptest! {
        #[test]
        fn every_group_is_found_once_however_it_was_scattered(
            hashes in proptest::collection::vec((0_u64..40, any::<bool>(), 0_usize..3), 0..200),
            expected in prop_oneof![Just(0_u64), Just(1_000_000)],
            slices in 1_usize..4,
        ) {
            let parts = Parts::for_entries(expected).at_least(slices);
            let scattered = |slice| Scattered::of_slice(parts, parts.slice(slice, slices), 0);
            let mut threads: Vec<Vec<Scattered<Keyed>>> = (0..slices).map(|it| (0..3).map(|_| scattered(it)).collect()).collect();
            let mut groups: BTreeMap<u64, Vec<Keyed>> = BTreeMap::new();
            for (row, (hash, is_high, thread)) in (0..).zip(&hashes) {
                let hash = if *is_high { hash << 55 | hash } else { *hash };
                threads.iter_mut().for_each(|it| it[*thread].push(Keyed { hash, row }));
                groups.entry(hash).or_default().push(Keyed { hash, row });
            }
            let mut scratch = Scratch::default();
            let mut found = Vec::new();
            for threads in &threads {
                for part in threads[0].slice() {
                    let pieces: Vec<&[Keyed]> = threads.iter().map(|it| it.part(part)).collect();
                    equals(&pieces, &mut scratch, |group| found.push(group.to_vec()));
                }
            }
            found.sort();
            groups.retain(|_, group| group.len() > 1);
            prop_assert_eq!(found, groups.into_values().collect::<Vec<_>>());
        }
    }
}
