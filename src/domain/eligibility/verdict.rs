//! What was decided, and the clause that decides it.

use serde::{Deserialize, Serialize};

use super::evidence::{MissingCause, Owner};
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;

/// One reason, citing its clause (I6). The words come from the sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable, SCREAMING_SNAKE_CASE, e.g. `GRADUATED_OUTSIDE_WINDOW`.
    pub code: String,
    /// The notice's own section, e.g. `一(二)`.
    pub clause: String,
    pub zh: String,
    pub en: String,
}

/// A fact that is missing, and who can supply it (I5).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MissingFact {
    /// The fact's name as in the sheet, e.g. `graduated-on`.
    pub fact: String,
    pub owner: Owner,
    pub cause: MissingCause,
}

/// Which of the tax department's accounts is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PayeeAccountKind {
    /// 对公账户.
    Corporate,
    /// 缴纳社会保险费账户.
    Contribution,
}

/// Where the money would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee {
    pub kind: PayeeAccountKind,
    pub account: BankAccount,
}

/// A rostered worker who is not counted, and why; the other units are not touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncountedUnit {
    /// Index into the claim's roster.
    pub index: usize,
    pub reason: Reason,
    /// Held for judgment (true), or plainly not this claimant's to count (false).
    pub held: bool,
}

/// The decision on a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Entitled {
        amount: Fen,
        /// Heads or graduates paid for.
        units: u32,
        payee: Payee,
        uncounted: Vec<UncountedUnit>,
    },
    /// In the order of the sheet's conditions; never empty.
    NotEntitled { reasons: Vec<Reason> },
    /// Entitled but for something a person must judge, or an account that does not exist yet; never empty.
    Held { reasons: Vec<Reason>, amount: Fen },
    /// Sorted; never empty.
    Unknown { missing: Vec<MissingFact> },
}

impl Verdict {
    /// Whether both award the same for the same heads. Where it is paid to is not compared: the account has rules of its own (I9).
    pub fn is_same_award(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Entitled { amount, units, uncounted, payee: _ },
                Self::Entitled { amount: other_amount, units: other_units, uncounted: other_uncounted, payee: _ },
            ) => amount == other_amount && units == other_units && uncounted == other_uncounted,
            (Self::Entitled { .. } | Self::NotEntitled { .. } | Self::Held { .. } | Self::Unknown { .. }, _) => false,
        }
    }
}
