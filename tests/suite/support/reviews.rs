//! What people decide on claims and suspects, as their systems send it.

use hufu::proto::claims::v1 as pb;
use hufu::proto::suspects::v1 as suspects;
use tonic::Status;

use super::{Caller, fresh_request_id};

pub(crate) use pb::ReviewDecision::{Approve, Pass, SendBack};

/// A person's decision on a claim as it was seen.
pub(crate) fn review(claim: &pb::Claim, person: &str, decision: pb::ReviewDecision) -> pb::ReviewClaimRequest {
    let comment = if decision == SendBack { "请重新核定" } else { "" };
    pb::ReviewClaimRequest {
        request_id: fresh_request_id(),
        claim_id: claim.claim_id.clone(),
        version: claim.version,
        person: person.to_owned(),
        decision: decision.into(),
        comment: comment.to_owned(),
    }
}

impl Caller {
    pub(crate) async fn send_review(&self, request: pb::ReviewClaimRequest) -> Result<pb::ReviewClaimResponse, Status> {
        Ok(self.claims().review_claim(request).await?.into_inner())
    }

    /// Decides on a claim as it was seen; the claim after it.
    pub(crate) async fn decide(
        &self,
        claim: &pb::Claim,
        person: &str,
        decision: pb::ReviewDecision,
    ) -> Result<pb::Claim, Status> {
        Ok(self.send_review(review(claim, person, decision)).await?.claim.unwrap())
    }

    /// Has two people take a claim to its approval.
    pub(crate) async fn approve(&self, claim: &pb::Claim) -> pb::Claim {
        let passed = self.decide(claim, "wang.li", Pass).await.unwrap();
        self.decide(&passed, "li.na", Approve).await.unwrap()
    }

    /// Judges a suspect; what is not true is put down to a registry.
    pub(crate) async fn judge(
        &self,
        suspect_id: &str,
        person: &str,
        decision: suspects::SuspectDecision,
    ) -> Result<suspects::Suspect, Status> {
        let request = suspects::DecideSuspectRequest {
            request_id: fresh_request_id(),
            suspect_id: suspect_id.to_owned(),
            person: person.to_owned(),
            decision: decision.into(),
            reason: "合同与参保记录相符".to_owned(),
            dismissal: if decision == suspects::SuspectDecision::Dismiss {
                suspects::DismissalReason::RegistryError.into()
            } else {
                0
            },
            ..suspects::DecideSuspectRequest::default()
        };
        Ok(self.suspect_desk().decide_suspect(request).await?.into_inner().suspect.unwrap())
    }
}
