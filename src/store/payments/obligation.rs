//! Payments as rows: how they are kept, and how their claims follow them.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::approval::ApprovalHash;
use crate::domain::calendar::{Month, cst_date};
use crate::domain::claim::{ClaimState, SubsidyKind};
use crate::domain::identity::{BankAccount, Region};
use crate::domain::ledger::{Slice, Way};
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::payment::{Cause, Payee, PaymentId, PaymentKind, PaymentState};
use crate::domain::pooling::BatchId;
use crate::store::StoreError;
use crate::store::advance;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::record::Actor;
use crate::store::record::payment::PaymentRecord;
use crate::store::seal::{Place, Sealer};
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

/// The columns of a payment as they are read.
macro_rules! payment_columns {
    () => {
        "payment.payment_id, payment.batch_id, payment.kind, payment.number, payment.payer, payment.place, payment.payee,
         payment.state, payment.amount_fen, payment.paid_fen, payment.set_off_fen, payment.cause, payment.attempts,
         payment.claims, payment.version, payment.changed_at, payment.reviewed_by, payment.approved_by,
         payment.approval_hash, payment.sealed"
    };
}
pub(super) use payment_columns;

bulk_statements! {
    FIND_PAYMENTS(payment_id: Bytes) = concat!(
        "SELECT ", payment_columns!(), " FROM {input} CROSS JOIN payment WHERE payment.payment_id = input.payment_id"
    );
    ENTER_PAYMENTS(
        payment_id: Bytes, batch_id: Bytes, kind: Text, number: Integer, payer: Text, city: Text, place: Text,
        payee: Text, state: Text, amount_fen: Integer, set_off_fen: Integer, cause: Text, attempts: Integer,
        claims: Integer, changed_at: Integer, sealed: Bytes,
    ) = "
        INSERT INTO payment ({columns}, paid_fen, version) SELECT {columns}, 0, 1 FROM {input}";
    MOVE_PAYMENTS(
        payment_id: Bytes, version: Integer, state: Text, paid_fen: Integer, cause: Text, attempts: Integer,
        changed_at: Integer, reviewed_by: Text, approved_by: Text, approval_hash: Bytes, sealed: Bytes,
    ) = "
        UPDATE payment SET
            state = input.state, paid_fen = input.paid_fen, cause = input.cause, attempts = input.attempts,
            version = payment.version + 1, changed_at = input.changed_at, reviewed_by = input.reviewed_by,
            approved_by = input.approved_by, approval_hash = input.approval_hash, sealed = input.sealed
        FROM {input}
        WHERE payment.payment_id = input.payment_id AND payment.version = input.version";
}

/// The version of a payment as it is made.
const FIRST_VERSION: i64 = 1;

/// A payment's row, as the database gives it.
#[derive(sqlx::FromRow)]
pub(super) struct PaymentRow {
    payment_id: Vec<u8>,
    batch_id: Vec<u8>,
    kind: String,
    number: i64,
    payer: String,
    place: String,
    payee: String,
    state: String,
    amount_fen: i64,
    paid_fen: i64,
    set_off_fen: i64,
    cause: Option<String>,
    attempts: i64,
    claims: i64,
    version: i64,
    changed_at: i64,
    reviewed_by: Option<String>,
    approved_by: Option<String>,
    approval_hash: Option<Vec<u8>>,
    sealed: Vec<u8>,
}

impl PaymentRow {
    pub(super) fn read(self) -> Result<Payment, StoreError> {
        let kind = codec::payment_kind(&self.kind)?;
        let cause = self.cause.as_deref().map(codec::cause).transpose()?;
        Ok(Payment {
            payment_id: PaymentId(codec::uuid(&self.payment_id)?),
            batch_id: BatchId(codec::uuid(&self.batch_id)?),
            kind,
            number: codec::count(self.number)?,
            payer: codec::region(&self.payer)?,
            place: codec::region(&self.place)?,
            payee: codec::payee(kind, &self.payee)?,
            state: PaymentState::from_code(&self.state).ok_or(StoreError::Corrupt("state"))?,
            amount: Fen::new(self.amount_fen),
            paid: Fen::new(self.paid_fen),
            set_off: Fen::new(self.set_off_fen),
            cause,
            attempts: codec::count(self.attempts)?,
            claims: codec::count(self.claims)?,
            version: self.version,
            changed_at: codec::timestamp(self.changed_at)?,
            reviewed_by: self.reviewed_by.as_deref().map(OperatorId::kept),
            approved_by: self.approved_by.as_deref().map(OperatorId::kept),
            approval_hash: self.approval_hash.map(codec::hash).transpose()?.map(ApprovalHash),
            sealed: self.sealed,
        })
    }
}

/// Whom a payment goes to, and what for: kept sealed.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct PayTo {
    pub(super) account: Option<BankAccount>,
    pub(super) name: String,
    /// In Chinese, for every instruction of it.
    pub(super) purpose: String,
    /// Of what it pays for.
    pub(super) subsidies: Vec<SubsidyKind>,
}

/// A payment, still sealed.
#[derive(Clone)]
pub(in crate::store) struct Payment {
    pub(in crate::store) payment_id: PaymentId,
    pub(in crate::store) batch_id: BatchId,
    pub(in crate::store) kind: PaymentKind,
    pub(super) number: u32,
    pub(in crate::store) payer: Region,
    /// Where the money is for: the place that its ledger entries are under.
    pub(in crate::store) place: Region,
    pub(in crate::store) payee: Payee,
    pub(in crate::store) state: PaymentState,
    pub(in crate::store) amount: Fen,
    pub(in crate::store) paid: Fen,
    pub(in crate::store) set_off: Fen,
    pub(in crate::store) cause: Option<Cause>,
    pub(super) attempts: u32,
    pub(super) claims: u32,
    pub(super) version: i64,
    pub(super) changed_at: Timestamp,
    pub(super) reviewed_by: Option<OperatorId>,
    pub(super) approved_by: Option<OperatorId>,
    pub(super) approval_hash: Option<ApprovalHash>,
    sealed: Vec<u8>,
}

/// What makes a new payment.
pub(super) struct NewPayment {
    pub(super) payment_id: PaymentId,
    pub(super) batch_id: BatchId,
    pub(super) number: u32,
    pub(super) way: Way,
    pub(super) place: Region,
    pub(super) amount: Fen,
}

impl NewPayment {
    /// One that is instructed at once, until somebody says otherwise.
    pub(super) fn seal(self, to: &PayTo, sealer: &Sealer, at: Timestamp) -> Result<Payment, StoreError> {
        let Self { payment_id, batch_id, number, way, place, amount } = self;
        let mut payment = Payment {
            payment_id,
            batch_id,
            kind: way.kind,
            number,
            payer: way.payer,
            place,
            payee: way.payee,
            state: PaymentState::Instructed,
            amount,
            paid: Fen::ZERO,
            set_off: Fen::ZERO,
            cause: None,
            attempts: 1,
            claims: 0,
            version: FIRST_VERSION,
            changed_at: at,
            reviewed_by: None,
            approved_by: None,
            approval_hash: None,
            sealed: Vec::new(),
        };
        payment.pay_to(to, sealer)?;
        Ok(payment)
    }
}

impl Payment {
    pub(in crate::store) fn way(&self) -> Way {
        Way { kind: self.kind, payer: self.payer, payee: self.payee.clone() }
    }

    /// The slice that what it pays under a subsidy is posted in.
    pub(in crate::store) fn slice(&self, subsidy: SubsidyKind, at: Timestamp) -> Slice {
        Slice { batch: self.batch_id, place: self.place, subsidy: Some(subsidy), month: Month::of(cst_date(at)) }
    }

    /// Whether nothing is left to be paid.
    pub(in crate::store) fn is_met(&self) -> bool {
        self.paid.checked_add(self.set_off) == Some(self.amount)
    }

    /// What is still to be paid.
    pub(super) fn owed(&self) -> Result<Fen, StoreError> {
        let left = self.amount.checked_sub(self.paid).and_then(|it| it.checked_sub(self.set_off));
        left.ok_or(StoreError::Corrupt("amount"))
    }

    pub(super) fn to(&self, sealer: &Sealer) -> Result<PayTo, StoreError> {
        sealer.open_json(Place::Payment, self.payment_id.0.as_bytes(), self.sealed.clone())
    }

    pub(super) fn pay_to(&mut self, to: &PayTo, sealer: &Sealer) -> Result<(), StoreError> {
        self.sealed = sealer.seal_json(Place::Payment, self.payment_id.0.as_bytes(), to)?;
        Ok(())
    }

    /// Owed for a cause: whatever was approved of it is void.
    pub(in crate::store) fn owe(&mut self, cause: Cause) {
        self.state = PaymentState::Owed;
        self.cause = Some(cause);
        (self.reviewed_by, self.approved_by, self.approval_hash) = (None, None, None);
    }

    pub(super) fn record(self, sealer: &Sealer) -> Result<PaymentRecord, StoreError> {
        let PayTo { account, name, purpose: _, subsidies } = self.to(sealer)?;
        Ok(PaymentRecord {
            payment_id: self.payment_id,
            batch_id: self.batch_id,
            kind: self.kind,
            payer: self.payer,
            payee: self.payee,
            state: self.state,
            amount: self.amount,
            paid: self.paid,
            set_off: self.set_off,
            account,
            payee_name: name,
            cause: self.cause,
            attempts: self.attempts,
            claims: self.claims,
            subsidies,
            version: self.version,
            changed_at: self.changed_at,
            reviewed_by: self.reviewed_by,
            approved_by: self.approved_by,
        })
    }

    fn entry(&self, action: Action, actor: &Actor, at: Timestamp) -> Entry {
        Entry {
            at,
            actor: actor.0.clone(),
            action,
            subject: Subject::Payment(self.payment_id.0),
            region: self.payer,
            state: Some(self.state.code()),
            version: Some(self.version),
            detail: self.cause.map(|it| format!("cause={}", it.code())).unwrap_or_default(),
        }
    }
}

/// Payments as they stand within the transaction.
pub(in crate::store) async fn find(
    transaction: &mut Transaction,
    ids: impl IntoIterator<Item = PaymentId>,
) -> Result<HashMap<PaymentId, Payment>, StoreError> {
    let mut rows = Rows::new(&FIND_PAYMENTS, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<PaymentRow> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(|row| row.read().map(|it| (it.payment_id, it))).collect()
}

/// Enters new payments.
pub(super) async fn enter(
    transaction: &mut Transaction,
    payments: &[&Payment],
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&ENTER_PAYMENTS, transaction.backend());
    for payment in payments {
        rows.bytes(payment.payment_id.0.as_bytes().as_slice())
            .bytes(payment.batch_id.0.as_bytes().as_slice())
            .text(payment.kind.code())
            .integer(i64::from(payment.number))
            .text(payment.payer.as_str())
            .text(payment.payer.city().as_str())
            .text(payment.place.as_str())
            .text(payment.payee.as_str())
            .text(payment.state.code())
            .integer(payment.amount.get())
            .integer(payment.set_off.get())
            .text(payment.cause.map(Cause::code))
            .integer(i64::from(payment.attempts))
            .integer(i64::from(payment.claims))
            .integer(at.as_millisecond())
            .bytes(payment.sealed.as_slice());
        transaction.append(&payment.entry(Action::PaymentMoved, actor, at));
    }
    transaction.tx.execute(rows).await.map(drop)
}

/// Keeps changed payments, each one version further, and writes each change down.
pub(in crate::store) async fn keep(
    transaction: &mut Transaction,
    payments: &mut [Payment],
    action: Action,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&MOVE_PAYMENTS, transaction.backend());
    for payment in payments {
        rows.bytes(payment.payment_id.0.as_bytes().as_slice())
            .integer(payment.version)
            .text(payment.state.code())
            .integer(payment.paid.get())
            .text(payment.cause.map(Cause::code))
            .integer(i64::from(payment.attempts))
            .integer(at.as_millisecond())
            .text(payment.reviewed_by.as_ref().map(OperatorId::as_str))
            .text(payment.approved_by.as_ref().map(OperatorId::as_str))
            .bytes(payment.approval_hash.as_ref().map(|it| it.0.as_slice()))
            .bytes(payment.sealed.as_slice());
        (payment.version, payment.changed_at) = (payment.version + 1, at);
        transaction.append(&payment.entry(action, actor, at));
    }
    let expected = rows.count();
    if transaction.tx.execute(rows).await? == expected { Ok(()) } else { Err(StoreError::Contended) }
}

/// Where a payment's claims stand with it.
pub(super) fn claim_state(state: PaymentState) -> ClaimState {
    match state {
        PaymentState::Owed | PaymentState::Reviewed | PaymentState::Approved => ClaimState::Returned,
        PaymentState::Instructed => ClaimState::Instructed,
        PaymentState::InDoubt => ClaimState::InDoubt,
        PaymentState::Paid => ClaimState::Paid,
    }
}

/// Has the claims of payments follow them from one state to another.
pub(in crate::store) async fn follow(
    transaction: &mut Transaction,
    moves: &[(PaymentId, PaymentState, PaymentState)],
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let moves = moves.iter().map(|(id, before, after)| (id.0, (claim_state(*before), claim_state(*after))));
    let moves = moves.filter(|(_, (before, after))| before != after);
    follow_to(transaction, moves, actor, at).await
}

/// Has the claims of payments go from one state to another.
pub(super) async fn follow_to(
    transaction: &mut Transaction,
    moves: impl Iterator<Item = (Uuid, (ClaimState, ClaimState))>,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let action =
        |after| if after == ClaimState::Instructed { Action::ClaimInstructed } else { Action::ClaimPaymentMoved };
    advance::of_payments(transaction, moves, action, actor, at).await
}
