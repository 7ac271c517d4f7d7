//! Says what a claim's verdict would be now, without recording anything (a dry run).

use super::gather::{Ask, Needs};
use super::submit::claim_of;
use super::{Gateway, NewClaim, Refusal};
use crate::connectors::Purpose;
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimId;
use crate::domain::eligibility::assess::assess;
use crate::domain::slot::{SlotRequest, slots_of};
use crate::store::record::Decision;

/// What a dry run found.
#[derive(Clone, Debug)]
pub struct Checked {
    pub decision: Decision,
    /// Whether another claim holds the claim's slot at this moment. By whom is not said.
    pub slot_taken: bool,
}

impl Gateway {
    /// Assesses a claim as if it were received now.
    pub async fn check(&self, caller: &Caller, claim: NewClaim) -> Result<Checked, Refusal> {
        if !caller.region.covers(claim.region) {
            return Err(Refusal::OutsideRegion);
        }
        let sheet = self.sheet_for(&claim)?;
        let claim = claim_of(claim, ClaimId(uuid::Uuid::nil()), self.inner.clock.now());
        let mut slot_taken = false;
        let mut units_taken = Vec::new();
        for SlotHeld { request, held } in self.slots_held(slots_of(&claim, &sheet.once.value.group)).await? {
            match request.unit {
                None => slot_taken |= held,
                Some(unit) if held => units_taken.push(unit),
                Some(_) => {}
            }
        }
        let ask = Ask { claim: &claim, sheet, units_taken: &units_taken };
        let needs = Needs::of(&[ask], claim.received_at);
        let evidence = self.gather(needs, Purpose::CheckClaim).await?.evidence(ask);
        let verdict = assess(&claim, sheet, &evidence).verdict;
        let decision = Decision { verdict, sheet_version: sheet.version, decided_at: evidence.decided_at };
        Ok(Checked { decision, slot_taken })
    }

    async fn slots_held(&self, requests: Vec<SlotRequest>) -> Result<Vec<SlotHeld>, Refusal> {
        let mut found = Vec::with_capacity(requests.len());
        for request in requests {
            let held = self.inner.store.slot_holder(&request).await?.is_some();
            found.push(SlotHeld { request, held });
        }
        Ok(found)
    }
}

struct SlotHeld {
    request: SlotRequest,
    held: bool,
}
