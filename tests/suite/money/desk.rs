//! What people do at their desks, in a line each.

use hufu::domain::claim::ClaimId;
use hufu::domain::clawback::{CaseId, CaseStep};
use hufu::domain::money::Fen;
use hufu::domain::operator::OperatorId;
use hufu::domain::suspect::SuspectId;
use hufu::domain::suspect::desk::DeskStep;
use hufu::store::record::SuspectRecord;
use hufu::store::record::clawback::CaseRecord;
use hufu::store::record::payment::{PaymentAct, PaymentRecord};
use hufu::store::record::pooling::FilingRecord;
use hufu::store::record::review::{ReviewAct, Reviewed};
use hufu::workflows::Refusal;
use hufu::workflows::clawback::{DraftRequest, RepaymentRequest, StepRequest};
use hufu::workflows::desk::steps::DeskRequest;
use hufu::workflows::pooling::{FileRequest, PaymentReview};
use hufu::workflows::precondition::Precondition;
use hufu::workflows::review::ReviewRequest;

use super::town::{Town, region};
use crate::support::fresh_request_id;

/// Everybody who decides anything.
pub(super) const PEOPLE: [&str; 5] = ["wang", "li", "zhao", "chen", "sun"];

pub(super) fn operator(person: &str) -> OperatorId {
    OperatorId::new("lc-hrss", person).unwrap()
}

/// Requests that never repeat need no digest that tells them apart.
const DIGEST: [u8; 32] = [7; 32];

/// Whether it was refused for one person's doing both.
pub(super) fn is_same_person(refusal: &Refusal) -> bool {
    *refusal == Refusal::Precondition(Precondition::SamePerson)
}

impl Town {
    pub(super) async fn review(
        &self,
        claim_id: ClaimId,
        version: i64,
        person: &str,
        act: ReviewAct,
    ) -> Result<Reviewed, Refusal> {
        let request = ReviewRequest {
            request_id: fresh_request_id(),
            digest: DIGEST,
            claim_id,
            version,
            operator: operator(person),
            act,
        };
        self.gateway.review(&self.caller(), request).await
    }

    /// Files all that a place has approved.
    pub(super) async fn file(&self, place: &str, person: &str) -> Result<FilingRecord, Refusal> {
        let request = FileRequest {
            request_id: fresh_request_id(),
            digest: DIGEST,
            region: region(place),
            operator: operator(person),
            expected: None,
        };
        self.gateway.file_claims(&self.caller(), request).await.map(|(filing, _)| filing)
    }

    pub(super) async fn review_payment(
        &self,
        payment: &PaymentRecord,
        person: &str,
        act: PaymentAct,
    ) -> Result<PaymentRecord, Refusal> {
        let review = PaymentReview {
            request_id: fresh_request_id(),
            digest: DIGEST,
            operator: operator(person),
            payment_id: payment.payment_id,
            version: payment.version,
            act,
        };
        self.gateway.review_payment(&self.caller(), review).await.map(|(payment, _)| payment)
    }

    pub(super) async fn confirm(&self, suspect_id: SuspectId, person: &str) -> Result<SuspectRecord, Refusal> {
        let request = DeskRequest {
            request_id: fresh_request_id(),
            digest: DIGEST,
            suspect_id,
            operator: operator(person),
            province: None,
            version: None,
            step: DeskStep::Confirm,
            words: "合同与参保记录不符".to_owned(),
        };
        self.gateway.desk_act(&self.caller(), request).await
    }

    pub(super) async fn draft(
        &self,
        suspect_id: SuspectId,
        claim_id: ClaimId,
        amount: Fen,
        person: &str,
    ) -> Result<CaseRecord, Refusal> {
        let request = DraftRequest {
            request_id: fresh_request_id(),
            digest: DIGEST,
            operator: operator(person),
            suspect_id,
            claim_id,
            amount: Some(amount),
            facts: "同一名毕业生由两户企业申领".to_owned(),
        };
        self.gateway.draft_case(&self.caller(), request).await
    }

    pub(super) async fn step(
        &self,
        case: &CaseRecord,
        step: CaseStep,
        set_off: bool,
        person: &str,
    ) -> Result<CaseRecord, Refusal> {
        let request = StepRequest {
            request_id: fresh_request_id(),
            digest: DIGEST,
            operator: operator(person),
            case_id: case.case_id,
            version: case.version,
            step,
            text: "经核实".to_owned(),
            set_off,
        };
        self.gateway.advance_case(&self.caller(), request).await
    }

    pub(super) async fn repay(
        &self,
        case_id: CaseId,
        amount: Fen,
        bank_reference: String,
        person: &str,
    ) -> Result<CaseRecord, Refusal> {
        let request = RepaymentRequest {
            request_id: fresh_request_id(),
            digest: DIGEST,
            operator: operator(person),
            case_id,
            amount,
            bank_reference,
        };
        self.gateway.record_repayment(&self.caller(), request).await
    }
}
