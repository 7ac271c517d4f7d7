//! What agreement in a name is worth: much for a rare one, little for one that thousands bear.

/// People beyond the file, among whom a name may be common though the file has it once: as many as a county has.
const BEYOND: u64 = 131_072;
/// However rare a name, it may be typed wrong in the same way: no more than fifteen bits.
const POINTS_MAX: i32 = 1_500;

/// How many rows bear each name, by its sound ([`super::name::sound`]); of the names that were asked for alone.
///
/// A table of fixed size with open addressing, so that millions of rows count into it without a search; names keep their slots, and
/// counts of several threads are added up.
#[derive(Clone, Debug, Default)]
pub struct NameCounts {
    /// Sound and rows; an empty slot has no rows.
    slots: Vec<(u64, u64)>,
    /// All rows that were counted from, whatever their names.
    rows: u64,
}

impl NameCounts {
    /// Counts for these sounds, none yet.
    pub fn of(sounds: impl ExactSizeIterator<Item = u64>) -> Self {
        let size = sounds.len().saturating_mul(2).next_power_of_two().max(2);
        let mut counts = Self { slots: vec![(0, 0); size], rows: 0 };
        for sound in sounds {
            if let Some(slot) = counts.slot(sound).and_then(|at| counts.slots.get_mut(at)) {
                // A row of its own marks the slot as taken, and is one of those that are meant to be counted.
                *slot = (sound, 1);
            }
        }
        counts
    }

    /// The slot of a sound, or the empty one where it would be.
    fn slot(&self, sound: u64) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = usize::try_from(sound >> 8).ok()? & mask;
        // The table is never more than half full.
        loop {
            match self.slots.get(at)? {
                (_, 0) => return Some(at),
                (it, _) if *it == sound => return Some(at),
                _ => at = at.wrapping_add(1) & mask,
            }
        }
    }

    /// Counts a row; a name that was not asked for only as a row. Answers whether it was.
    #[inline]
    pub fn count(&mut self, sound: Option<u64>) -> bool {
        self.rows = self.rows.wrapping_add(1);
        let slot = sound.and_then(|sound| self.slot(sound)).and_then(|at| self.slots.get_mut(at));
        match slot {
            Some((_, rows)) if *rows > 0 => {
                *rows = rows.wrapping_add(1);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Adds what another thread counted for the same sounds.
    pub fn merge(&mut self, other: &Self) {
        self.rows = self.rows.wrapping_add(other.rows);
        for (slot, other) in self.slots.iter_mut().zip(&other.slots) {
            slot.1 = slot.1.wrapping_add(other.1.saturating_sub(1));
        }
    }

    /// Hundredths of a bit: how much likelier two rows of one person have the same name than two rows of any two.
    pub fn points(&self, sound: u64) -> i32 {
        let bearers = self.slot(sound).and_then(|at| self.slots.get(at)).map_or(0, |(_, rows)| rows.saturating_sub(1));
        let points = hundredths_of_log2(self.rows.saturating_add(BEYOND), bearers.max(1));
        points.min(POINTS_MAX)
    }
}

/// log2(of / by) in hundredths, rounded down; 0 where it is below 0.
fn hundredths_of_log2(of: u64, by: u64) -> i32 {
    const FRACTION_BITS: u32 = 32;
    let ratio = (u128::from(of) << FRACTION_BITS).checked_div(u128::from(by)).unwrap_or_default();
    if ratio < 1 << FRACTION_BITS {
        return 0;
    }
    let whole = ratio.ilog2().saturating_sub(FRACTION_BITS);
    // Between 1 and 2; each squaring yields the next binary digit of the logarithm.
    let mut rest = ratio >> whole;
    let mut digits: u32 = 0;
    for _ in 0..10 {
        rest = rest.saturating_mul(rest) >> FRACTION_BITS;
        let is_two = rest >= 2 << FRACTION_BITS;
        digits = digits << 1 | u32::from(is_two);
        rest >>= u32::from(is_two);
    }
    let hundredths = whole.saturating_mul(100).saturating_add(digits.saturating_mul(100) >> 10);
    i32::try_from(hundredths).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_a_hundredth() {
        for (of, by, expected) in
            [(1, 1, 0), (2, 1, 100), (3, 1, 158), (1_000, 1, 996), (1, 2, 0), (10_000_000, 20_000, 896)]
        {
            assert_eq!(hundredths_of_log2(of, by), expected, "{of} / {by}");
        }
    }

    #[test]
    fn a_rare_name_is_worth_more() {
        let mut counts = NameCounts::of([1, 2, 3].into_iter());
        let mut other = counts.clone();
        for _ in 0..1_000 {
            counts.count(Some(1));
            other.count(Some(1));
            other.count(Some(9));
        }
        counts.count(Some(2));
        counts.merge(&other);
        assert_eq!(counts.rows, 3_001);
        assert_eq!(counts.points(1), hundredths_of_log2(131_072 + 3_001, 2_000));
        assert_eq!(counts.points(2), 1_500);
        assert_eq!(counts.points(3), 1_500);
    }
}
