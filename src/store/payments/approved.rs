//! What two people approve of a payment that is owed: this account, this amount, these claims as they were approved (I9).

use std::collections::{BTreeMap, HashMap};

use super::obligation::Payment;
use crate::domain::approval::{ApprovalHash, ApprovedPayment};
use crate::domain::claim::{ClaimId, SubsidyKind};
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::PaymentId;
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::seal::Sealer;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

bulk_statements! {
    FIND_APPROVALS(payment_id: Bytes) = "
        SELECT approval.payment_id, approval.claim_id, approval.subsidy, approval.amount_fen, approval.approval_hash
        FROM {input} CROSS JOIN approval WHERE approval.payment_id = input.payment_id";
}

/// The claims of a payment, in the order of their ids.
pub(super) type Approved = BTreeMap<ClaimId, (SubsidyKind, Fen, ApprovalHash)>;

type ApprovalRow = (Vec<u8>, Vec<u8>, String, i64, Vec<u8>);

/// The claims of payments. A payment without claims is not there.
pub(super) async fn find(
    transaction: &mut Transaction,
    ids: impl Iterator<Item = PaymentId>,
) -> Result<HashMap<PaymentId, Approved>, StoreError> {
    let mut rows = Rows::new(&FIND_APPROVALS, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<ApprovalRow> = transaction.tx.fetch(rows).await?;
    let mut approved: HashMap<PaymentId, Approved> = HashMap::new();
    for (payment_id, claim_id, subsidy, amount, hash) in found {
        let claim = (codec::subsidy(&subsidy)?, Fen::new(amount), ApprovalHash(codec::hash(hash)?));
        let of_payment = approved.entry(PaymentId(codec::uuid(&payment_id)?)).or_default();
        of_payment.insert(codec::claim_id(&claim_id)?, claim);
    }
    Ok(approved)
}

/// The hash of what is to be approved: what is still owed, to an account.
pub(super) fn hash(
    payment: &Payment,
    account: &BankAccount,
    claims: &Approved,
    sealer: &Sealer,
) -> Result<ApprovalHash, StoreError> {
    let claims: Vec<ApprovalHash> = claims.values().map(|(_, _, hash)| *hash).collect();
    let approved =
        ApprovedPayment { payment_id: payment.payment_id, account, amount: payment.owed()?, claims: &claims };
    Ok(sealer.hash_approval(&approved.encode()))
}
