//! Money: whole fen, checked.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Fen in a yuan.
const FEN_PER_YUAN: i64 = 100;

/// An amount in whole fen (分), a hundredth of a yuan.
///
/// Whole, because a binary fraction cannot hold 0.10 yuan: sums of the same amounts would differ by their order, and two hops must not
/// differ by one fen. Every operation is checked: an overflow is an answer (`None`), never a wrapped amount. Hence also no `Sum`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(i64);

impl Fen {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount of fen; negative where an entry takes away.
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// The number of fen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// An amount of whole yuan.
    pub const fn from_yuan(yuan: i64) -> Option<Self> {
        match yuan.checked_mul(FEN_PER_YUAN) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// Adds, unless the sum overflows.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// Subtracts, unless the difference overflows.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(fen) => Some(Self(fen)),
            None => None,
        }
    }

    /// The amount for so many heads, unless the product overflows.
    pub fn checked_mul(self, heads: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(heads)).map(Self)
    }

    /// Adds all amounts, unless a partial sum overflows.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The amount in yuan as documents print it: `18,500.00`.
    pub fn yuan_text(self) -> String {
        let fen = self.0.unsigned_abs();
        let (yuan, rest) = (fen / 100, fen % 100);
        let digits = yuan.to_string();
        let mut text = String::with_capacity(32);
        if self.0 < 0 {
            text.push('-');
        }
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && digits.len().abs_diff(at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text.push_str(&format!(".{rest:02}"));
        text
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.yuan_text())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_prints_as_documents_print_it() {
        let check = |fen, expected: &str| assert_eq!(Fen::new(fen).to_string(), expected);
        check(0, "0.00");
        check(5, "0.05");
        check(-5, "-0.05");
        check(100, "1.00");
        check(99_999, "999.99");
        check(100_000, "1,000.00");
        check(1_850_000, "18,500.00");
        check(-1_850_000, "-18,500.00");
        check(165_000_000, "1,650,000.00");
        check(i64::MAX, "92,233,720,368,547,758.07");
        check(i64::MIN, "-92,233,720,368,547,758.08");
        assert_eq!(format!("{:>10}", Fen::new(150_000)), "  1,500.00");
    }

    #[test]
    fn the_rates_of_the_notice_multiply_by_heads() {
        let check = |yuan, heads, expected: &str| {
            let total = Fen::from_yuan(yuan).and_then(|rate| rate.checked_mul(heads)).unwrap();
            assert_eq!(total.yuan_text(), expected);
        };
        check(500, 37, "18,500.00");
        check(500, 409, "204,500.00");
        check(1_500, 1_100, "1,650,000.00");
        check(1_500, 0, "0.00");
    }

    #[test]
    fn an_overflow_is_an_answer() {
        let (max, min, fen) = (Fen::new(i64::MAX), Fen::new(i64::MIN), Fen::new(1));
        assert_eq!(max.checked_add(fen), None);
        assert_eq!(min.checked_sub(fen), None);
        assert_eq!(max.checked_mul(2), None);
        assert_eq!(Fen::from_yuan(i64::MAX), None);
        assert_eq!(Fen::checked_sum([max, fen]), None);
        assert_eq!(Fen::checked_sum([max, Fen::new(-1), fen]), Some(max));
        assert_eq!(Fen::checked_sum([]), Some(Fen::ZERO));
    }

    #[test]
    fn an_amount_is_an_integer_in_json() {
        assert_eq!(serde_json::to_string(&Fen::new(150_000)).unwrap(), "150000");
        assert_eq!(serde_json::from_str::<Fen>("150000").unwrap(), Fen::new(150_000));
        assert!(serde_json::from_str::<Fen>("1500.00").is_err());
    }

    proptest! {
        #[test]
        fn the_text_without_its_marks_is_the_number(fen: i64) {
            let digits: String = Fen::new(fen).yuan_text().chars().filter(|it| !matches!(it, ',' | '.')).collect();
            prop_assert_eq!(digits.parse::<i64>(), Ok(fen));
        }
    }
}
