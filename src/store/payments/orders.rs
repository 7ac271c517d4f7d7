//! New instructions: stored with their order, and in the ledger, before anything is sent (I4).

use jiff::Timestamp;

use super::obligation::Payment;
use crate::audit::entry::{Action, Entry as AuditEntry, Subject};
use crate::domain::identity::BankAccount;
use crate::domain::ledger::InstructionEvent;
use crate::domain::money::Fen;
use crate::domain::payment::{InstructionId, InstructionState, Parts};
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::instructions::SealedOrder;
use crate::store::ledger;
use crate::store::record::Actor;
use crate::store::seal::Place;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

bulk_statements! {
    ENTER_INSTRUCTIONS(
        instruction_id: Bytes, payment_id: Bytes, attempt: Integer, city: Text, payer: Text, state: Text,
        amount_fen: Integer, made_at: Integer, changed_at: Integer, sealed: Bytes,
    ) = "
        INSERT INTO instruction ({columns}, paid_fen, returned_fen, debited_fen, credited_fen)
        SELECT {columns}, 0, 0, 0, 0 FROM {input}";
    ENTER_PARTS(instruction_id: Bytes, subsidy: Text, amount_fen: Integer) =
        "INSERT INTO instruction_part ({columns}) SELECT {columns} FROM {input}";
}

/// A new attempt to pay.
#[derive(Clone)]
pub(super) struct NewOrder {
    pub(super) instruction_id: InstructionId,
    /// Each above 0.
    pub(super) parts: Parts,
    pub(super) payer_account: BankAccount,
    pub(super) payee_account: BankAccount,
    pub(super) payee_name: String,
    pub(super) purpose: String,
}

/// Stores the instructions of payments that say by now how often they were attempted, and posts each: the money is in transit.
pub(super) async fn make(
    transaction: &mut Transaction,
    orders: Vec<(&Payment, NewOrder)>,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&ENTER_INSTRUCTIONS, transaction.backend());
    let mut parts_rows = Rows::new(&ENTER_PARTS, transaction.backend());
    let mut entries = Vec::with_capacity(orders.len());
    for (payment, order) in orders {
        let NewOrder { instruction_id, parts, payer_account, payee_account, payee_name, purpose } = order;
        let row = instruction_id.0.as_bytes().as_slice();
        let amount = sum(&parts)?;
        let sealed = SealedOrder { payer_account, payee_account, payee_name, purpose };
        let sealed = transaction.sealer.seal_json(Place::Instruction, row, &sealed)?;
        let made = InstructionState::Made;
        rows.bytes(row)
            .bytes(payment.payment_id.0.as_bytes().as_slice())
            .integer(i64::from(payment.attempts))
            .text(payment.payer.city().as_str())
            .text(payment.payer.as_str())
            .text(made.code())
            .integer(amount.get())
            .integer(at.as_millisecond())
            .integer(at.as_millisecond())
            .bytes(sealed.as_slice());
        let legs = payment.way().legs(InstructionEvent::Instructed);
        for (subsidy, amount) in parts {
            parts_rows.bytes(row).text(codec::subsidy_code(subsidy)).integer(amount.get());
            let name = format!("{instruction_id}/{}", codec::subsidy_code(subsidy));
            entries.push(legs.entry(name, payment.slice(subsidy, at), amount, Some(payment.payment_id.0)));
        }
        transaction.append(&AuditEntry {
            at,
            actor: actor.0.clone(),
            action: Action::InstructionMoved,
            subject: Subject::Instruction(instruction_id.0),
            region: payment.payer,
            state: Some(made.code()),
            version: None,
            detail: String::new(),
        });
    }
    transaction.tx.execute(rows).await?;
    transaction.tx.execute(parts_rows).await?;
    ledger::post(transaction, &entries, at).await
}

/// The sum of parts.
pub(super) fn sum(parts: &Parts) -> Result<Fen, StoreError> {
    Fen::checked_sum(parts.iter().map(|(_, amount)| *amount)).ok_or(StoreError::Corrupt("amount"))
}
