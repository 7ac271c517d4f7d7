//! Chance from a seed: every draw repeats, on every machine.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Seed;

/// What a series of draws is for. Each has a stream of its own, so that a change in one leaves the others as they were.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) enum Stream {
    Enterprises = 1,
    Staff = 2,
    Graduates = 3,
    Cast = 4,
    Story = 5,
    Permutations = 6,
    Names = 7,
    Claims = 8,
    Plan = 9,
}

/// A source of draws.
pub(in crate::sandbox) struct Draw(ChaCha8Rng);

impl Draw {
    pub(in crate::sandbox) fn new(seed: Seed, stream: Stream) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed.0);
        generator.set_stream(stream as u64);
        Self(generator)
    }

    /// The draws of one thing among many of a kind, which do not depend on those of the others.
    pub(in crate::sandbox) fn nth(seed: Seed, stream: Stream, index: u64) -> Self {
        // Far above the streams themselves, and room for more things than there are people.
        const THINGS_BITS: u32 = 48;
        let mut generator = ChaCha8Rng::seed_from_u64(seed.0);
        generator.set_stream((stream as u64) << THINGS_BITS | index);
        Self(generator)
    }

    /// A number from `low` to `high`, both included.
    pub(in crate::sandbox) fn between(&mut self, low: u32, high: u32) -> u32 {
        self.0.random_range(low..=high)
    }

    /// A place in a list of this length, which must not be empty.
    pub(in crate::sandbox) fn index(&mut self, length: usize) -> usize {
        // Lists here are short; 32 bits draw the same on every machine.
        self.between(0, u32::try_from(length).unwrap_or(u32::MAX).saturating_sub(1)) as usize
    }

    /// One of a list that is not empty.
    pub(in crate::sandbox) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }

    /// One of a list of words that is not empty.
    pub(in crate::sandbox) fn word(&mut self, list: &[&'static str]) -> &'static str {
        list[self.index(list.len())]
    }

    /// One of a list whose first are the most common.
    pub(in crate::sandbox) fn pick_common<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len()).min(self.index(list.len()))]
    }

    /// True this often in a thousand.
    pub(in crate::sandbox) fn chance(&mut self, permille: u32) -> bool {
        self.between(0, 999) < permille
    }

    pub(in crate::sandbox) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.0.random_range(0..10_u8))).collect()
    }

    pub(in crate::sandbox) fn shuffle<T>(&mut self, list: &mut [T]) {
        list.shuffle(&mut self.0);
    }
}
