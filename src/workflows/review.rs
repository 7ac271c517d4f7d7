//! A person decides on a claim at review (I8): what is passed or approved rests on evidence that is fresh by its sheet.

use uuid::Uuid;

use super::assess::{assessor, state_after};
use super::gather::{Ask, Needs};
use super::precondition::Precondition;
use super::{Gateway, Refusal, actor};
use crate::connectors::Purpose;
use crate::domain::caller::Caller;
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::eligibility::assess::assess;
use crate::domain::eligibility::verdict::Verdict;
use crate::domain::operator::OperatorId;
use crate::domain::policy::sheet::Sheet;
use crate::store::record::review::{Review, ReviewAct, ReviewOutcome, Reviewed};
use crate::store::record::{AssessmentOutcome, AssessmentRecord, ClaimRecord, Decision, RequestKey};

/// A person's decision on a claim.
#[derive(Clone, Debug)]
pub struct ReviewRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub claim_id: ClaimId,
    /// The version that the person saw.
    pub version: i64,
    pub operator: OperatorId,
    pub act: ReviewAct,
}

impl Gateway {
    /// Passes, approves or sends back a claim, and answers with it as it then stands.
    ///
    /// Where the evidence is no longer fresh, the registries are asked again first. When one does not answer, nothing changes; when
    /// they say otherwise, the claim is decided anew and nothing is passed.
    pub async fn review(&self, caller: &Caller, request: ReviewRequest) -> Result<Reviewed, Refusal> {
        let record = self.claim(caller, request.claim_id).await?;
        let version = match self.asks_for_evidence(&record, &request)? {
            Some(sheet) => self.ask_about_again(&record, sheet).await?,
            None => request.version,
        };
        let review = Review {
            request: RequestKey { caller: caller.key(), request_id: request.request_id, digest: request.digest },
            actor: actor(caller),
            operator: request.operator,
            claim_id: request.claim_id,
            version,
            act: request.act,
            at: self.inner.clock.now(),
        };
        match self.inner.store.review(review).await? {
            ReviewOutcome::Done(reviewed) | ReviewOutcome::Repeated(reviewed) => Ok(reviewed),
            ReviewOutcome::NotFound => Err(Refusal::NotFound),
            ReviewOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
            ReviewOutcome::Changed => Err(Precondition::ClaimChanged.into()),
            ReviewOutcome::NotReviewable(state) => Err(Precondition::ClaimNotReviewable(state).into()),
            ReviewOutcome::SamePerson => Err(Precondition::SamePerson.into()),
        }
    }

    /// The sheet to ask again under, when the decision would rest on evidence that is too old for it. A decision that does not follow
    /// from where the claim stands asks nobody: the store answers it, be it a repeated one.
    fn asks_for_evidence(&self, record: &ClaimRecord, request: &ReviewRequest) -> Result<Option<&Sheet>, Refusal> {
        let follows_from = match request.act {
            ReviewAct::Pass => ClaimState::Assessed,
            ReviewAct::Approve => ClaimState::Reviewed,
            ReviewAct::SendBack { .. } => return Ok(None),
        };
        if record.state != follows_from || record.version != request.version {
            return Ok(None);
        }
        let Some(sheet) = self.inner.catalog.get(&record.claim.sheet_id) else {
            // Never passed under no sheet, nor decided under another.
            let (claim_id, error_id) = (record.claim.claim_id, Uuid::new_v4());
            tracing::error!(%claim_id, %error_id, sheet_id = record.claim.sheet_id, "claim at review under a sheet that is not loaded");
            return Err(Refusal::Internal { error_id });
        };
        let now = self.inner.clock.now();
        let is_fresh = record.decision.as_ref().is_some_and(|it| sheet.is_fresh_at_review(it.decided_at, now));
        Ok((!is_fresh).then_some(sheet))
    }

    /// Asks the registries again, and gives the version at which the decision stands on what they say now.
    async fn ask_about_again(&self, record: &ClaimRecord, sheet: &Sheet) -> Result<i64, Refusal> {
        let (fresh, verdict) = self.assess_anew(record, sheet).await?;
        if let Verdict::Unknown { missing } = &verdict {
            // An unknown verdict always says what is missing; who must supply it is told, and nothing changes (I5).
            let owner = missing.first().map_or(crate::domain::eligibility::evidence::Owner::Claimant, |it| it.owner);
            return Err(Precondition::EvidenceUnavailable(owner).into());
        }
        let is_same = record.decision.as_ref().is_some_and(|it| it.verdict.is_same_award(&verdict));
        if is_same && record.state == ClaimState::Reviewed {
            // What was passed is approved as it was passed: a decision of its own would void that.
            return Ok(record.version);
        }
        let outcomes = self.inner.store.record_assessments(vec![fresh], assessor(), self.inner.clock.now()).await?;
        match outcomes.first() {
            Some(AssessmentOutcome::Recorded) if is_same => Ok(record.version + 1),
            Some(AssessmentOutcome::Recorded) => Err(Precondition::EvidenceChanged.into()),
            Some(AssessmentOutcome::Stale) | None => Err(Precondition::ClaimChanged.into()),
        }
    }

    async fn assess_anew(&self, record: &ClaimRecord, sheet: &Sheet) -> Result<(AssessmentRecord, Verdict), Refusal> {
        let claim = &record.claim;
        let units_taken = self.inner.store.units_taken(claim.claim_id).await?;
        let ask = Ask { claim, sheet, units_taken: &units_taken };
        let needs = Needs::of(&[ask], self.inner.clock.now());
        let evidence = self.gather(needs, Purpose::AssessClaim).await?.evidence(ask);
        let assessment = assess(claim, sheet, &evidence);
        let (verdict, decided_at) = (assessment.verdict, evidence.decided_at);
        let fresh = AssessmentRecord {
            claim_id: claim.claim_id,
            version: record.version,
            state: state_after(&verdict),
            decision: Decision { verdict: verdict.clone(), sheet_version: sheet.version, decided_at },
            evidence,
            findings: assessment.findings,
            next_attempt_at: None,
        };
        Ok((fresh, verdict))
    }
}
