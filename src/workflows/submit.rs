//! Takes a claim in: the receipt is given after the commit (I1), the slot is taken in the same transaction (I2).

use std::time::Duration;

use uuid::{ContextV7, Timestamp as UuidTimestamp, Uuid};

use super::{Gateway, NewClaim, Refusal, actor};
use crate::domain::calendar::{cst_date, due_date};
use crate::domain::caller::Caller;
use crate::domain::claim::{Claim, ClaimId, ClaimState, Subject};
use crate::domain::money::Fen;
use crate::domain::policy::sheet::Sheet;
use crate::domain::slot::slots_of;
use crate::store::record::{ClaimRecord, RequestKey, Submission, SubmitOutcome};

/// The longest that a submission may wait for its verdict: well under the unary deadline of the services.
pub const WAIT_FOR_VERDICT_MAX: Duration = Duration::from_secs(8);

/// A claim to be submitted.
#[derive(Clone, Debug)]
pub struct SubmitRequest {
    pub request_id: String,
    /// SHA-256 over the canonical claim.
    pub digest: [u8; 32],
    pub claim: NewClaim,
    /// How long to wait for the verdict before the receipt alone is given; cut to [`WAIT_FOR_VERDICT_MAX`].
    pub wait: Duration,
}

impl Gateway {
    /// Records a claim and answers with it as it then stands. The same request again is answered with the same claim.
    pub async fn submit(&self, caller: &Caller, request: SubmitRequest) -> Result<ClaimRecord, Refusal> {
        if !caller.region.covers(request.claim.region) {
            return Err(Refusal::OutsideRegion);
        }
        let wait = request.wait.min(WAIT_FOR_VERDICT_MAX);
        let submission = self.submission(caller, request)?;
        let record = match self.inner.store.submit(submission).await? {
            SubmitOutcome::Recorded(record) | SubmitOutcome::Repeated(record) => record,
            SubmitOutcome::RequestIdReused => return Err(Refusal::RequestIdReused),
        };
        if wait.is_zero() || record.state != ClaimState::Assessing {
            return Ok(record);
        }
        self.wait_for_verdict(caller, record.claim.claim_id, wait).await
    }

    fn submission(&self, caller: &Caller, request: SubmitRequest) -> Result<Submission, Refusal> {
        let sheet = self.sheet_for(&request.claim)?;
        let received_at = self.inner.clock.now();
        let claim = claim_of(request.claim, self.new_claim_id(), received_at);
        Ok(Submission {
            request: RequestKey { caller: caller.key(), request_id: request.request_id, digest: request.digest },
            actor: actor(caller),
            slots: slots_of(&claim, &sheet.once.value.group),
            collision_reasons: self.inner.collision_reasons.get(&sheet.id).cloned().unwrap_or_default(),
            due_on: sheet.payment_clock.as_ref().map(|clock| due_date(cst_date(received_at), clock.value.days)),
            asked: asked(&claim, sheet),
            sheet_version: sheet.version,
            claim,
        })
    }

    /// Waits until the claim is decided or the time is up; either way the claim is answered as it stands.
    async fn wait_for_verdict(
        &self,
        caller: &Caller,
        claim_id: ClaimId,
        wait: Duration,
    ) -> Result<ClaimRecord, Refusal> {
        let mut changed = self.inner.store.changed();
        let decided = async {
            loop {
                changed.mark_unchanged();
                match self.inner.store.standing(claim_id).await? {
                    Some((ClaimState::Assessing, _)) if changed.changed().await.is_ok() => {}
                    Some(_) | None => return Ok::<(), Refusal>(()),
                }
            }
        };
        if let Ok(decided) = tokio::time::timeout(wait, decided).await {
            decided?;
        }
        self.claim(caller, claim_id).await
    }

    /// A new claim id: ordered by the node's clock, so that newer claims sort later.
    fn new_claim_id(&self) -> ClaimId {
        let now = self.inner.clock.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        ClaimId(Uuid::new_v7(UuidTimestamp::from_unix(ContextV7::new(), seconds, nanos)))
    }
}

/// What a claim asks for, as far as it says: a workforce without a headcount leaves it to the insurance database.
pub(super) fn asked(claim: &Claim, sheet: &Sheet) -> Fen {
    let units = match &claim.subject {
        Subject::Graduate(_) => 1,
        Subject::Workforce(workforce) => workforce.claimed_headcount.unwrap_or_default(),
    };
    sheet.rate.value.amount.checked_mul(units).unwrap_or(Fen::ZERO)
}

/// The claim that a new claim becomes at receipt.
pub(super) fn claim_of(new: NewClaim, claim_id: ClaimId, received_at: jiff::Timestamp) -> Claim {
    let NewClaim { sheet_id, route, enterprise, enterprise_name, region, account, subject } = new;
    Claim { claim_id, sheet_id, route, enterprise, enterprise_name, region, account, subject, received_at }
}
