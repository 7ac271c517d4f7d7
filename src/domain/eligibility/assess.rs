//! The decision: a claim, its sheet and the evidence in; the verdict and what is suspect out.

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, MissingCause, Owner};
use super::verdict::{MissingFact, Verdict};
use crate::domain::claim::Claim;
use crate::domain::policy::sheet::Sheet;
use crate::domain::suspect::SuspectRule;

/// What was decided, and what is suspect without a second claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    pub verdict: Verdict,
    /// Sorted, each once. A finding is a flag for a person to judge; it never refuses.
    pub findings: Vec<SuspectRule>,
}

/// Decides a claim. Pure: the same inputs give the same bytes (I13).
pub fn assess(_claim: &Claim, _sheet: &Sheet, _evidence: &Evidence) -> Assessment {
    let missing = MissingFact { fact: "x".to_owned(), owner: Owner::Claimant, cause: MissingCause::NotAsked };
    Assessment { verdict: Verdict::Unknown { missing: vec![missing] }, findings: Vec::new() }
}
