//! Payments: transfers, payouts and returns to the fund, each with its instruction in the ledger before it is sent (I4).

mod anew;
mod approved;
pub(super) mod batch;
mod listing;
pub(super) mod obligation;
mod orders;
mod path;
mod payable;
mod payouts;
mod returns;
mod review;
mod set_off;
mod transfers;

use jiff::Timestamp;
use uuid::{ContextV7, Timestamp as UuidTimestamp, Uuid};

use super::bulk::Bulk;
use super::codec;
use super::record::Actor;
use super::record::payment::{
    Instruct, InstructOutcome, MakeTransfers, Payable, PaymentFilter, PaymentRecord, Reinstruct, ReviewPayment,
    ReviewPaymentOutcome, TransferOutcome,
};
use super::record::pooling::Fence;
use super::{Access, Read, Store, StoreError};
use crate::audit::entry::{Action, Subject};
use crate::domain::identity::{Region, Uscc};
use crate::domain::payment::PaymentId;
use crate::domain::pooling::{AgencyAccount, BatchId, CityAccounts};

/// Payments made in one transaction: with some twenty claims each, ten thousand claims that move.
const PAYMENTS_AT_ONCE: usize = 500;

pub(super) const STATEMENTS: &[&[&str]] = &[
    listing::STATEMENTS,
    batch::STATEMENTS,
    transfers::STATEMENTS,
    payable::STATEMENTS,
    payouts::STATEMENTS,
    returns::STATEMENTS,
];

pub(super) static BULK_STATEMENTS: &[&[&Bulk]] = &[
    approved::BULK_STATEMENTS,
    path::BULK_STATEMENTS,
    obligation::BULK_STATEMENTS,
    orders::BULK_STATEMENTS,
    payouts::BULK_STATEMENTS,
    anew::BULK_STATEMENTS,
];

impl Store {
    /// Makes the transfers of a funded batch, each with its instruction.
    pub async fn make_transfers(&self, transfers: MakeTransfers) -> Result<TransferOutcome, StoreError> {
        self.act(transfers).await
    }

    /// Enterprises of a batch with funded claims and without a payment, whose place has its money; by place and code, after one of them. At
    /// most `limit` enterprises, and no more than have some ten thousand claims together, but always one as a whole.
    pub async fn payable(
        &self,
        batch: BatchId,
        after: Option<(Region, Uscc)>,
        limit: u32,
        access: &Access,
    ) -> Result<Vec<Payable>, StoreError> {
        let (city, found) = payable::list(&self.inner.pools.readers, &self.inner.sealer, batch, after, limit).await?;
        let read = Read { action: Action::ClaimsRead, subject: Subject::Batch(batch.0), region: city };
        self.write_down(read, access, found.iter().map(|it| it.claims.len()).sum()).await?;
        Ok(found)
    }

    /// Makes payouts: what stands as approved is instructed, what does not is owed or leaves the path. The outcomes are in their order;
    /// many are made in several transactions.
    pub async fn instruct(&self, instruct: Instruct) -> Result<Vec<InstructOutcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(instruct.payouts.len());
        let mut left = instruct.payouts.into_iter();
        loop {
            let payouts: Vec<_> = left.by_ref().take(PAYMENTS_AT_ONCE).collect();
            if payouts.is_empty() {
                return Ok(outcomes);
            }
            let (accounts, actor) = (instruct.accounts.clone(), instruct.actor.clone());
            outcomes.extend(self.act(Instruct { payouts, accounts, actor, ..instruct }).await?);
        }
    }

    /// Makes new instructions for payments that two people approved anew; one whose account is another than approved is owed again, and
    /// one whose payer has not the money waits as it is.
    pub async fn reinstruct(
        &self,
        fence: Fence,
        actor: Actor,
        accounts: CityAccounts,
        payments: Vec<Reinstruct>,
        at: Timestamp,
    ) -> Result<Vec<InstructOutcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(payments.len());
        let act = |some: &[Reinstruct]| anew::InstructAnew {
            fence,
            actor: actor.clone(),
            accounts: accounts.clone(),
            payments: some.to_vec(),
            at: codec::kept(at),
        };
        for some in payments.chunks(PAYMENTS_AT_ONCE) {
            match self.act(act(some)).await {
                Err(StoreError::Overdrawn) => {}
                done => {
                    outcomes.extend(done?);
                    continue;
                }
            }
            // One of them may be a payout of a county whose transfer came back, and another that transfer: each for itself, then.
            for one in some.chunks(1) {
                match self.act(act(one)).await {
                    Err(StoreError::Overdrawn) => outcomes.push(InstructOutcome::Stale),
                    done => outcomes.extend(done?),
                }
            }
        }
        Ok(outcomes)
    }

    /// Makes payments back to the fund of what a batch has left over: more cash in a place than it still owes there. Gives how many.
    pub async fn make_returns(
        &self,
        fence: Fence,
        actor: Actor,
        batch: BatchId,
        accounts: CityAccounts,
        at: Timestamp,
    ) -> Result<u32, StoreError> {
        self.act(returns::MakeReturns { fence, actor, batch, accounts, at: codec::kept(at) }).await
    }

    /// One payment.
    pub async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
        listing::one(&self.inner.pools.readers, &self.inner.sealer, id).await
    }

    /// Payments, newest first.
    pub async fn payments(&self, filter: &PaymentFilter) -> Result<Vec<PaymentRecord>, StoreError> {
        listing::page(&self.inner.pools.readers, &self.inner.sealer, filter).await
    }

    /// Records a person's decision on a payment that is owed.
    pub async fn review_payment(&self, review: ReviewPayment) -> Result<ReviewPaymentOutcome, StoreError> {
        self.act(review).await
    }
}

/// New ids, ordered by the given moment and among themselves.
fn new_ids(at: Timestamp) -> impl FnMut() -> Uuid + Send {
    let context = ContextV7::new();
    let seconds = u64::try_from(at.as_second()).unwrap_or_default();
    let nanos = u32::try_from(at.subsec_nanosecond()).unwrap_or_default();
    move || Uuid::new_v7(UuidTimestamp::from_unix(&context, seconds, nanos))
}

/// The expenditure account of a place that pays. Transfers are not made before every place has one.
fn payer_account(accounts: &CityAccounts, payer: Region) -> Result<&AgencyAccount, StoreError> {
    accounts.expenditure.get(&payer).ok_or(StoreError::Settings("a place that pays has no expenditure account"))
}
