//! What people decide on the way: payments that are owed again, and statements that came as files.

use super::{PaymentReview, StatementPosted};
use crate::connectors::{Inquiry, Purpose};
use crate::domain::approval::ApprovalHash;
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::statement::{Statement, StatementFault};
use crate::store::record::RequestKey;
use crate::store::record::payment::{
    PaymentFilter, PaymentRecord, PostStatement, ReviewPayment, ReviewPaymentOutcome, StatementOutcome,
};
use crate::workflows::precondition::Precondition;
use crate::workflows::read::within;
use crate::workflows::{Gateway, Refusal, actor};

/// Why accounts are asked for when a payment is instructed anew: the notice's own clause, whatever sheet it is for.
const LEGAL_BASIS: &str = "二(二)";

impl Gateway {
    /// Payments of the caller's region, newest first.
    pub async fn payments(&self, caller: &Caller, filter: PaymentFilter) -> Result<Vec<PaymentRecord>, Refusal> {
        within(caller, filter.within)?;
        Ok(self.inner.store.payments(&filter).await?)
    }

    /// Passes or approves a payment that is owed. The account is asked for anew.
    pub async fn review_payment(
        &self,
        caller: &Caller,
        review: PaymentReview,
    ) -> Result<(PaymentRecord, ApprovalHash), Refusal> {
        let payment = self.inner.store.payment(review.payment_id).await?;
        let payment = payment.filter(|found| caller.region.covers(found.payer)).ok_or(Refusal::NotFound)?;
        let named = self.accounts_of(&[payment]).await?;
        let owner = crate::domain::eligibility::evidence::Owner::TaxRegistry;
        let named = named.ok_or(Precondition::EvidenceUnavailable(owner))?;
        let named = named.into_iter().find_map(|(_, account)| account);
        let (account, payee_name) = named.ok_or(Precondition::NoPayeeAccount)?;
        let PaymentReview { request_id, digest, operator, payment_id, version, act } = review;
        let review = ReviewPayment {
            request: RequestKey { caller: caller.key(), request_id, digest },
            actor: actor(caller),
            operator,
            payment_id,
            version,
            act,
            account,
            payee_name,
            at: self.inner.clock.now(),
        };
        match self.inner.store.review_payment(review).await? {
            ReviewPaymentOutcome::Done(payment, hash) | ReviewPaymentOutcome::Repeated(payment, hash) => {
                Ok((payment, hash))
            }
            ReviewPaymentOutcome::NotFound => Err(Refusal::NotFound),
            ReviewPaymentOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
            ReviewPaymentOutcome::Changed => Err(Precondition::PaymentChanged.into()),
            ReviewPaymentOutcome::NotReviewable(state) => Err(Precondition::PaymentNotReviewable(state).into()),
            ReviewPaymentOutcome::SamePerson => Err(Precondition::SamePerson.into()),
        }
    }

    /// Posts a statement that came as a file. It must be of the account that the settings name for the region.
    pub async fn import_statement(
        &self,
        caller: &Caller,
        region: Region,
        statement: Statement,
    ) -> Result<StatementPosted, Refusal> {
        within(caller, region)?;
        let city = self.city(region.city()).ok_or(Precondition::PoolingNotConfigured)?;
        let account = city.accounts.expenditure.get(&region).ok_or(Precondition::PoolingNotConfigured)?;
        if account.account != statement.account {
            return Err(Precondition::StatementRefused(StatementFault::OtherAccount).into());
        }
        let number = statement.number;
        let posting = PostStatement { actor: actor(caller), region, statement, at: self.inner.clock.now() };
        match self.inner.store.post_statement(posting).await? {
            StatementOutcome::Posted { lines, unmatched } => {
                Ok(StatementPosted { number, repeated: false, lines, unmatched })
            }
            StatementOutcome::Repeated => {
                Ok(StatementPosted { number, repeated: true, lines: 0, unmatched: Vec::new() })
            }
            StatementOutcome::Refused(fault) => Err(Precondition::StatementRefused(fault).into()),
        }
    }

    pub(super) fn inquiry_for_payment(&self) -> Inquiry {
        Inquiry { purpose: Purpose::AssessClaim, legal_basis: LEGAL_BASIS.to_owned(), id: uuid::Uuid::new_v4() }
    }
}
