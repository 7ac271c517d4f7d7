//! Reviews of claims: what two people decide (I8, I9).

use jiff::Timestamp;

use super::{Actor, ClaimRecord, RequestKey};
use crate::domain::approval::ApprovalHash;
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::operator::OperatorId;

/// A person's decision on a claim.
#[derive(Clone, Debug)]
pub struct Review {
    pub request: RequestKey,
    pub actor: Actor,
    pub operator: OperatorId,
    pub claim_id: ClaimId,
    /// The version that the person saw.
    pub version: i64,
    pub act: ReviewAct,
    pub at: Timestamp,
}

/// What the person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewAct {
    /// From assessed to reviewed.
    Pass,
    /// From reviewed to approved, by another person.
    Approve,
    /// From either back to assessing; the approval is void.
    SendBack { reason: String },
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum ReviewOutcome {
    Done(Reviewed),
    /// Decided earlier under the same request; the claim as it stands.
    Repeated(Reviewed),
    NotFound,
    RequestIdReused,
    /// The claim is at another version than the person saw.
    Changed,
    /// The decision does not follow from where the claim stands.
    NotReviewable(ClaimState),
    /// Who passed it cannot approve it.
    SamePerson,
}

/// A claim after a review.
#[derive(Clone, Debug)]
pub struct Reviewed {
    pub record: ClaimRecord,
    /// Absent after it was sent back.
    pub hash: Option<ApprovalHash>,
}
