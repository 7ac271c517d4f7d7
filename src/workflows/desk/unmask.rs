//! Shows one person in the open, for a reason that is written down first (I11).

use crate::domain::caller::Caller;
use crate::domain::claim::ClaimId;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::SuspectId;
use crate::store::record::desk::{Unmask, UnmaskOutcome, UnmaskReason, Unmasked};
use crate::workflows::precondition::Precondition;
use crate::workflows::{Gateway, Refusal, actor};

impl Gateway {
    /// The name and number of the person that a suspect is about, as one of its claims names them. `words` are the person's own, without
    /// personal data.
    pub async fn unmask(
        &self,
        caller: &Caller,
        operator: OperatorId,
        suspect_id: SuspectId,
        claim_id: ClaimId,
        reason: UnmaskReason,
        words: String,
    ) -> Result<Unmasked, Refusal> {
        let (actor, at) = (actor(caller), self.inner.clock.now());
        let unmask = Unmask { actor, operator, suspect_id, claim_id, reason, words, at };
        match self.inner.store.unmask(unmask, caller.region).await? {
            UnmaskOutcome::Shown(unmasked) => Ok(unmasked),
            UnmaskOutcome::NotFound => Err(Refusal::NotFound),
            UnmaskOutcome::NoPerson => Err(Precondition::SuspectNamesNoPerson.into()),
            UnmaskOutcome::QuotaReached => Err(Refusal::UnmaskQuota),
        }
    }
}
