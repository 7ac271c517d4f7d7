//! Payments: transfers, payouts and returns to the fund, each with its instruction in the ledger before it is sent (I4).

use jiff::Timestamp;

use super::record::Actor;
use super::record::payment::{
    Instruct, InstructOutcome, MakeTransfers, Payable, PaymentFilter, PaymentRecord, Reinstruct, ReviewPayment,
    ReviewPaymentOutcome, TransferOutcome,
};
use super::record::pooling::Fence;
use super::{Access, Store, StoreError};
use crate::domain::identity::{Region, Uscc};
use crate::domain::payment::PaymentId;
use crate::domain::pooling::{BatchId, CityAccounts};

impl Store {
    /// Makes the transfers of a funded batch, each with its instruction.
    pub async fn make_transfers(&self, transfers: MakeTransfers) -> Result<TransferOutcome, StoreError> {
        let _ = transfers;
        Err(StoreError::Closed)
    }

    /// Enterprises of a batch with funded claims and without a payment, whose place has its money; by place and code, after one of them. At
    /// most `limit` enterprises.
    pub async fn payable(
        &self,
        batch: BatchId,
        after: Option<(Region, Uscc)>,
        limit: u32,
        access: &Access,
    ) -> Result<Vec<Payable>, StoreError> {
        let _ = (batch, after, limit, access);
        Err(StoreError::Closed)
    }

    /// Makes payouts: what stands as approved is instructed, what does not is owed or leaves the path. The outcomes are in their order.
    pub async fn instruct(&self, instruct: Instruct) -> Result<Vec<InstructOutcome>, StoreError> {
        let _ = instruct;
        Err(StoreError::Closed)
    }

    /// Makes new instructions for payments that two people approved anew; one whose account is another than approved is owed again.
    pub async fn reinstruct(
        &self,
        fence: Fence,
        actor: Actor,
        accounts: CityAccounts,
        payments: Vec<Reinstruct>,
        at: Timestamp,
    ) -> Result<Vec<InstructOutcome>, StoreError> {
        let _ = (fence, actor, accounts, payments, at);
        Err(StoreError::Closed)
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
        let _ = (fence, actor, batch, accounts, at);
        Err(StoreError::Closed)
    }

    /// One payment.
    pub async fn payment(&self, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
        let _ = id;
        Err(StoreError::Closed)
    }

    /// Payments, newest first.
    pub async fn payments(&self, filter: &PaymentFilter) -> Result<Vec<PaymentRecord>, StoreError> {
        let _ = filter;
        Err(StoreError::Closed)
    }

    /// Records a person's decision on a payment that is owed.
    pub async fn review_payment(&self, review: ReviewPayment) -> Result<ReviewPaymentOutcome, StoreError> {
        let _ = review;
        Err(StoreError::Closed)
    }
}
