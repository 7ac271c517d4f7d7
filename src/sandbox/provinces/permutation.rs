//! A seeded permutation of a range that is computed in both directions and kept nowhere.
//!
//! What is given out once (numbers, phones, accounts, places in the file) is given out by index, so that nothing remembers what is taken,
//! and from a number its owner can be told.

use super::super::population::{Draw, Seed, Stream};

/// Multiplications and shifts that scatter a range of a power of two; what falls outside the wanted range is scattered again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permutation {
    length: u64,
    mask: u64,
    shift: u32,
    /// Odd, hence invertible.
    factors: [u64; ROUNDS],
    inverses: [u64; ROUNDS],
    offset: u64,
}

const ROUNDS: usize = 3;

impl Permutation {
    /// Of the numbers below `length`, which must not be 0; `number` tells permutations of one seed apart.
    pub(super) fn new(seed: Seed, number: u64, length: u64) -> Self {
        // Two bits at least, so that a shift by half of them moves something.
        let bits = (u64::BITS - length.leading_zeros()).max(2);
        let mut draw = Draw::nth(seed, Stream::Permutations, number);
        let mut wide = || u64::from(draw.between(0, u32::MAX)) << 32 | u64::from(draw.between(0, u32::MAX));
        let factors = [wide() | 1, wide() | 1, wide() | 1];
        Self {
            length,
            mask: u64::MAX >> (u64::BITS - bits),
            shift: bits.div_ceil(2),
            factors,
            inverses: factors.map(inverse),
            offset: wide(),
        }
    }

    /// Where an index goes.
    pub(super) fn at(&self, index: u64) -> u64 {
        let mut value = index;
        loop {
            value = value.wrapping_add(self.offset) & self.mask;
            for factor in self.factors {
                value = value.wrapping_mul(factor) & self.mask;
                value ^= value >> self.shift;
            }
            if value < self.length {
                return value;
            }
        }
    }

    /// The index that goes to a value.
    pub(super) fn of(&self, value: u64) -> u64 {
        let mut index = value;
        loop {
            for factor in self.inverses.iter().rev() {
                // A shift by half of the bits or more undoes itself.
                index ^= index >> self.shift;
                index = index.wrapping_mul(*factor) & self.mask;
            }
            index = index.wrapping_sub(self.offset) & self.mask;
            if index < self.length {
                return index;
            }
        }
    }
}

/// The inverse of an odd number modulo 2^64; each of Newton's steps doubles the bits that are right, beginning with three.
fn inverse(odd: u64) -> u64 {
    (0..5).fold(odd, |found, _| found.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(found))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_met_once_and_leads_back() {
        for length in [1, 2, 3, 7, 8, 100, 1_000, 4_097] {
            let permutation = Permutation::new(Seed(7), length, length);
            let mut met: Vec<u64> = (0..length).map(|index| permutation.at(index)).collect();
            assert!((0..length).all(|index| permutation.of(permutation.at(index)) == index), "{length}");
            met.sort_unstable();
            assert!(met.into_iter().eq(0..length), "{length}");
        }
    }

    #[test]
    fn neighbors_are_scattered() {
        let permutation = Permutation::new(Seed(7), 1, 1_000_000);
        let close = (0..10_000).filter(|index| permutation.at(*index).abs_diff(permutation.at(index + 1)) < 10_000);
        // One in fifty would be, by chance alone.
        assert!(close.count() < 400);
    }
}
