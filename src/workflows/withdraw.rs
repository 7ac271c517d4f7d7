//! Takes a claim back: its slot is freed, and the next claim that waits for the slot is assessed.

use super::precondition::Precondition;
use super::{Gateway, Refusal, actor};
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimId;
use crate::store::record::{ClaimRecord, RequestKey, WithdrawOutcome, Withdrawal};

/// A claim to be taken back.
#[derive(Clone, Debug)]
pub struct WithdrawRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub claim_id: ClaimId,
    /// The submitter's words, without personal data.
    pub reason: String,
}

impl Gateway {
    /// Takes a claim back and answers with it as it then stands.
    pub async fn withdraw(&self, caller: &Caller, request: WithdrawRequest) -> Result<ClaimRecord, Refusal> {
        // Visible to the caller at all? A claim outside its region is as good as none.
        self.claim(caller, request.claim_id).await?;
        let withdrawal = Withdrawal {
            request: RequestKey { caller: caller.key(), request_id: request.request_id, digest: request.digest },
            actor: actor(caller),
            claim_id: request.claim_id,
            reason: request.reason,
            at: self.inner.clock.now(),
        };
        match self.inner.store.withdraw(withdrawal).await? {
            WithdrawOutcome::Withdrawn(record) | WithdrawOutcome::Repeated(record) => Ok(record),
            WithdrawOutcome::NotFound => Err(Refusal::NotFound),
            WithdrawOutcome::AlreadyFiled => Err(Precondition::ClaimAlreadyFiled.into()),
            WithdrawOutcome::AlreadyWithdrawn => Err(Refusal::AlreadyWithdrawn),
            WithdrawOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
        }
    }
}
