//! What is at stake in a suspect, and in which order suspects are looked at: money that can still be stopped first, then money that can
//! be got back; within either, amount × weight of the evidence × urgency.

use serde::{Deserialize, Serialize};

use crate::domain::money::Fen;

/// What can still be done about the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Band {
    /// Nothing is, or will be, paid that should not be.
    Nothing,
    /// Paid: it can be got back.
    Recoverable,
    /// Not paid yet: it can be stopped.
    Stoppable,
}

impl Band {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Recoverable, Self::Stoppable];

    pub fn code(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Recoverable => "recoverable",
            Self::Stoppable => "stoppable",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Nothing => "无资金风险",
            Self::Recoverable => "可追回",
            Self::Stoppable => "可拦截",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Nothing => "nothing at stake",
            Self::Recoverable => "can be got back",
            Self::Stoppable => "can be stopped",
        }
    }
}

/// What is at stake, as last weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stake {
    pub band: Band,
    pub amount: Fen,
    /// How much the evidence weighs: 0 (all of it against) to 1,000.
    pub weight: u16,
    /// The order: the higher, the sooner. Band first.
    pub risk: i64,
}

/// Room for the score of a band.
const BAND_WIDTH: i64 = 1_000_000_000_000_000;
/// A suspect that nothing is known of yet comes before all others of its scope.
pub const RISK_UNWEIGHED: i64 = 9_000_000_000_000_000;

impl Stake {
    /// Of an amount with a weight (0 to 1,000), `days_left` until its deadline; negative when that has passed.
    pub fn new(band: Band, amount: Fen, weight: u16, days_left: i64) -> Self {
        let score = amount.get().max(0).saturating_mul(i64::from(weight.min(1_000))).saturating_mul(urgency(days_left));
        let base = match band {
            Band::Nothing => 0,
            Band::Recoverable => BAND_WIDTH,
            Band::Stoppable => BAND_WIDTH.saturating_mul(2),
        };
        let risk = base.saturating_add(score.min(BAND_WIDTH.saturating_sub(1)));
        Self { band, amount, weight: weight.min(1_000), risk }
    }

    /// What is told of it to who may not see the claim at stake: its band, and the weight of the evidence, which is told evidence by
    /// evidence. Neither the amount nor the risk, by which the amount could be reckoned.
    pub fn without_money(self) -> Self {
        let (risk, _) = Self::risks_of(self.band);
        Self { amount: Fen::ZERO, risk, ..self }
    }

    /// The lowest and the first too high risk of a band.
    pub fn risks_of(band: Band) -> (i64, i64) {
        let low = match band {
            Band::Nothing => 0,
            Band::Recoverable => BAND_WIDTH,
            Band::Stoppable => BAND_WIDTH.saturating_mul(2),
        };
        (low, low.saturating_add(BAND_WIDTH))
    }
}

/// 1 with thirty days or more left, up to 30 on the last day and after it.
fn urgency(days_left: i64) -> i64 {
    30_i64.saturating_sub(days_left.clamp(0, 29))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_stopped_comes_first_then_what_can_be_got_back() {
        let stake = |band, yuan: i64, weight, days| Stake::new(band, Fen::new(yuan * 100), weight, days).risk;
        let least_stoppable = stake(Band::Stoppable, 1, 1, 60);
        let most_recoverable = stake(Band::Recoverable, 900_000_000, 1_000, -5);
        assert!(least_stoppable > most_recoverable);
        assert!(stake(Band::Recoverable, 1, 1, 60) > stake(Band::Nothing, 900_000_000, 1_000, 0));
        assert!(stake(Band::Stoppable, 1_500, 900, 10) > stake(Band::Stoppable, 1_500, 300, 10));
        assert!(stake(Band::Stoppable, 1_500, 900, 3) > stake(Band::Stoppable, 1_500, 900, 10));
        assert!(stake(Band::Stoppable, 900_000_000, 1_000, -5) < RISK_UNWEIGHED);
    }
}
