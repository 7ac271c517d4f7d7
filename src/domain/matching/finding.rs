//! A finding: which rule joins which claims of a file, and what speaks for it.

use super::claim_code::ClaimCode;
use super::evidence::Evidence;
use super::programme::Conflict;
use super::row::Row;
use super::rule::MatchRule;

/// Two claims that a rule joins, the smaller first, or one that is suspect alone. Ordered by claims, then rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub claim: ClaimCode,
    pub other: Option<ClaimCode>,
    pub rule: MatchRule,
    pub conflict: Conflict,
    pub evidence: Evidence,
}

impl Finding {
    pub fn of_pair(rule: MatchRule, one: &Row, other: &Row, evidence: Evidence) -> Self {
        let (first, second) = if one.claim <= other.claim { (one, other) } else { (other, one) };
        Self {
            claim: first.claim.clone(),
            other: Some(second.claim.clone()),
            rule,
            conflict: first.programme.conflict(),
            evidence,
        }
    }

    pub fn of_row(rule: MatchRule, row: &Row, evidence: Evidence) -> Self {
        Self { claim: row.claim.clone(), other: None, rule, conflict: row.programme.conflict(), evidence }
    }

    pub fn clause(&self) -> &'static str {
        self.rule.clause(self.conflict)
    }

    /// The pieces of evidence with their points: `same_resident_id:+400;name_differs:-250`.
    pub fn write_evidence(&self, text: &mut impl std::fmt::Write) -> std::fmt::Result {
        for (at, (piece, points)) in self.evidence.pieces().enumerate() {
            let separator = if at == 0 { "" } else { ";" };
            write!(text, "{separator}{}:{points:+}", piece.code())?;
        }
        Ok(())
    }
}
