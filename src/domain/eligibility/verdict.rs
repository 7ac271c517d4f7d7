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
    /// Whether the other verdict awards the same, to whatever account: once the money is there, another account does not end the claim.
    pub fn is_same_but_for_the_account(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Entitled { payee, .. }, Self::Entitled { amount, units, uncounted, payee: _ }) => {
                let (amount, units, uncounted) = (*amount, *units, uncounted.clone());
                self.is_same_award(&Self::Entitled { amount, units, uncounted, payee: payee.clone() })
            }
            (
                Self::Entitled { .. } | Self::NotEntitled { .. } | Self::Held { .. } | Self::Unknown { .. },
                Self::Entitled { .. } | Self::NotEntitled { .. } | Self::Held { .. } | Self::Unknown { .. },
            ) => false,
        }
    }

    /// Whether the other verdict awards exactly the same: amount, units, payee, and the workers who are not counted. What two people
    /// approved stays approved only while this holds (I9). Anything but two awards is never the same award.
    pub fn is_same_award(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Entitled { amount, units, payee, uncounted },
                Self::Entitled { amount: amount_then, units: units_then, payee: payee_then, uncounted: uncounted_then },
            ) => {
                (amount, units, payee) == (amount_then, units_then, payee_then)
                    && uncounted.len() == uncounted_then.len()
                    && uncounted.iter().zip(uncounted_then).all(|(now, then)| now.is_same(then))
            }
            (
                Self::Entitled { .. } | Self::NotEntitled { .. } | Self::Held { .. } | Self::Unknown { .. },
                Self::Entitled { .. } | Self::NotEntitled { .. } | Self::Held { .. } | Self::Unknown { .. },
            ) => false,
        }
    }
}

impl UncountedUnit {
    /// The same worker for the same reason; another wording of the sheet is no other reason.
    fn is_same(&self, other: &Self) -> bool {
        (self.index, self.held, &self.reason.code) == (other.index, other.held, &other.reason.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: &str, zh: &str) -> Reason {
        Reason { code: code.into(), clause: "五(一)".into(), zh: zh.into(), en: "why".into() }
    }

    fn award(fen: i64, units: u32, account: &str, uncounted: &[(usize, &str, bool)]) -> Verdict {
        let payee = Payee { kind: PayeeAccountKind::Corporate, account: BankAccount::parse(account).unwrap() };
        let unit = |(index, code, held): &(usize, &str, bool)| UncountedUnit {
            index: *index,
            reason: reason(code, "因"),
            held: *held,
        };
        Verdict::Entitled { amount: Fen::new(fen), units, payee, uncounted: uncounted.iter().map(unit).collect() }
    }

    #[test]
    fn another_award_is_told_by_each_of_its_parts() {
        const ACCOUNT: &str = "6222000000001234";
        let approved = award(100, 2, ACCOUNT, &[(3, "WORKER_NOT_PAID", false)]);
        assert!(approved.is_same_award(&approved.clone()));
        let others = [
            award(101, 2, ACCOUNT, &[(3, "WORKER_NOT_PAID", false)]),
            award(100, 3, ACCOUNT, &[(3, "WORKER_NOT_PAID", false)]),
            award(100, 2, "6222000000001235", &[(3, "WORKER_NOT_PAID", false)]),
            award(100, 2, ACCOUNT, &[(4, "WORKER_NOT_PAID", false)]),
            award(100, 2, ACCOUNT, &[(3, "WORKER_FUNDED_BY_ANOTHER", false)]),
            award(100, 2, ACCOUNT, &[(3, "WORKER_NOT_PAID", true)]),
            award(100, 2, ACCOUNT, &[]),
            Verdict::Held { reasons: vec![reason("R", "因")], amount: Fen::new(100) },
            Verdict::NotEntitled { reasons: vec![reason("R", "因")] },
            Verdict::Unknown { missing: Vec::new() },
        ];
        for other in &others {
            assert!(!approved.is_same_award(other), "{other:?}");
            assert!(!other.is_same_award(&approved), "{other:?}");
        }
        let mut fallback = approved.clone();
        if let Verdict::Entitled { payee, .. } = &mut fallback {
            payee.kind = PayeeAccountKind::Contribution;
        }
        assert!(!approved.is_same_award(&fallback));
        let held = Verdict::Held { reasons: vec![reason("R", "因")], amount: Fen::new(100) };
        assert!(!held.is_same_award(&held.clone()), "what is held awards nothing");
    }

    #[test]
    fn other_words_for_the_same_reason_are_the_same_award() {
        let mut reworded = award(100, 2, "6222000000001234", &[(3, "WORKER_NOT_PAID", false)]);
        let approved = reworded.clone();
        if let Verdict::Entitled { uncounted, .. } = &mut reworded {
            uncounted[0].reason.zh = "另一种说法".into();
        }
        assert!(approved.is_same_award(&reworded));
    }
}
