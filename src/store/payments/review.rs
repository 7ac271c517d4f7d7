//! Reviews of payments that are owed: paying again, or to another account, takes two people (I8, I9).

use super::approved;
use super::obligation::{self, Payment};
use crate::audit::entry::Action;
use crate::domain::approval::ApprovalHash;
use crate::domain::payment::{Cause, PaymentState};
use crate::store::StoreError;
use crate::store::act::Act;
use crate::store::codec;
use crate::store::record::payment::{PaymentAct, ReviewPayment, ReviewPaymentOutcome};
use crate::store::requests::{self, KeyedRequest, NewRequest, RequestKind};
use crate::store::transaction::Transaction;

impl Act for ReviewPayment {
    type Output = ReviewPaymentOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<ReviewPaymentOutcome, StoreError> {
        let at = codec::kept(self.at);
        let id = self.payment_id;
        let request = KeyedRequest::new(&self.request, &transaction.sealer);
        let seen = requests::find_one(transaction, request).await?;
        if let Some(seen) = &seen
            && (!seen.is_same(request, RequestKind::ReviewPayment) || seen.subject_id != id.0.as_bytes())
        {
            return Ok(ReviewPaymentOutcome::RequestIdReused);
        }
        let Some(mut payment) = obligation::find(transaction, [id]).await?.remove(&id) else {
            return Ok(ReviewPaymentOutcome::NotFound);
        };
        let claims = approved::find(transaction, [id].into_iter()).await?.remove(&id).unwrap_or_default();
        let hash = approved::hash(&payment, &self.account, &claims, &transaction.sealer)?;
        if seen.is_some() {
            let hash = payment.approval_hash.unwrap_or(hash);
            return Ok(ReviewPaymentOutcome::Repeated(payment.record(&transaction.sealer)?, hash));
        }
        if let Some(refused) = self.refused(&payment) {
            return Ok(refused);
        }
        if self.act == PaymentAct::Approve && payment.approval_hash != Some(hash) {
            payment.owe(Cause::AccountChanged);
            obligation::keep(transaction, std::slice::from_mut(&mut payment), Action::PaymentMoved, &self.actor, at)
                .await?;
            return Ok(ReviewPaymentOutcome::Changed);
        }
        let new =
            NewRequest { key: request, kind: RequestKind::ReviewPayment, subject_id: id.0, at: at.as_millisecond() };
        requests::enter(transaction, vec![new]).await?;
        let action = self.decide(&mut payment, hash);
        let mut to = payment.to(&transaction.sealer)?;
        (to.account, to.name) = (Some(self.account.clone()), self.payee_name.clone());
        payment.pay_to(&to, &transaction.sealer)?;
        obligation::keep(transaction, std::slice::from_mut(&mut payment), action, &self.actor, at).await?;
        Ok(ReviewPaymentOutcome::Done(payment.record(&transaction.sealer)?, hash))
    }
}

impl ReviewPayment {
    /// Why the person cannot decide this.
    fn refused(&self, payment: &Payment) -> Option<ReviewPaymentOutcome> {
        let expected = match self.act {
            PaymentAct::Pass => PaymentState::Owed,
            PaymentAct::Approve => PaymentState::Reviewed,
        };
        if payment.version != self.version {
            return Some(ReviewPaymentOutcome::Changed);
        }
        if payment.state != expected {
            return Some(ReviewPaymentOutcome::NotReviewable(payment.state));
        }
        let is_own = self.act == PaymentAct::Approve && payment.reviewed_by.as_ref() == Some(&self.operator);
        is_own.then_some(ReviewPaymentOutcome::SamePerson)
    }

    fn decide(&self, payment: &mut Payment, hash: ApprovalHash) -> Action {
        match self.act {
            PaymentAct::Pass => {
                payment.state = PaymentState::Reviewed;
                payment.reviewed_by = Some(self.operator.clone());
                payment.approval_hash = Some(hash);
                Action::PaymentReviewed
            }
            PaymentAct::Approve => {
                payment.state = PaymentState::Approved;
                payment.approved_by = Some(self.operator.clone());
                Action::PaymentApproved
            }
        }
    }
}
