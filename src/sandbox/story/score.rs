//! How well a run did: suspects found, planted, and flagged for nothing.

use std::collections::BTreeSet;

use super::Planted;
use crate::domain::suspect::SuspectRule;

/// A suspect of a run, its claims named by their request ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSuspect {
    pub rule: SuspectRule,
    /// The claim that came first, where there are two.
    pub first: Option<String>,
    pub second: String,
}

/// How one rule did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleScore {
    pub rule: SuspectRule,
    pub planted: usize,
    /// Planted cases that were found.
    pub found: usize,
    /// Suspects that nobody planted.
    pub false_flags: usize,
}

/// A pair of claims without an order, or one claim.
type Case = BTreeSet<String>;

/// The scores of all rules. A suspect reported twice counts once.
pub(super) fn judge(planted: &[Planted], found: &[FoundSuspect]) -> Vec<RuleScore> {
    let of_rule = |rule| {
        let planted: BTreeSet<Case> =
            planted.iter().filter(|it| it.rule == rule).map(|it| it.requests.iter().cloned().collect()).collect();
        let found: BTreeSet<Case> = found
            .iter()
            .filter(|it| it.rule == rule)
            .map(|it| it.first.iter().chain([&it.second]).cloned().collect())
            .collect();
        RuleScore {
            rule,
            planted: planted.len(),
            found: found.intersection(&planted).count(),
            false_flags: found.difference(&planted).count(),
        }
    };
    SuspectRule::ALL.into_iter().map(of_rule).collect()
}
