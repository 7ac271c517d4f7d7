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
    use super::*;
}
