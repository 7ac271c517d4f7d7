//! Instructions: sent under one id for good, and settled by what the bank says (I4).

mod sending;
mod settle;

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::act::Act;
use super::bulk::Rows;
use super::codec;
use super::pool::on_pool;
use super::record::Actor;
use super::record::payment::{InstructionRecord, Report, ReportOutcome};
use super::record::pooling::Fence;
use super::seal::{Place, Sealer};
use super::sql::{bulk_statements, statements};
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::domain::identity::{BankAccount, Region};
use crate::domain::money::Fen;
use crate::domain::payment::{InstructionId, InstructionState, Order, Payee, PaymentId, PaymentKind, Progress};
use crate::domain::pooling::BatchId;

pub(super) use settle::settle;

/// Reports posted in one transaction: with their claims some ten thousand rows.
const REPORTS_AT_ONCE: usize = 500;
/// The most instructions given out at once.
const LIST_MAX: u32 = 10_000;

/// The columns of an instruction as they are read, with its payment.
macro_rules! instruction_columns {
    ($rest:literal) => {
        concat!(
            "SELECT instruction.instruction_id, instruction.payment_id, payment.kind, instruction.payer,
                instruction.state, instruction.amount_fen, instruction.paid_fen, instruction.returned_fen,
                instruction.attempt, instruction.made_at, instruction.sealed
             FROM instruction CROSS JOIN payment
             WHERE payment.payment_id = instruction.payment_id AND ",
            $rest
        )
    };
}

statements! {
    TO_BE_SENT = instruction_columns!(
        "instruction.city = $1 AND instruction.state = 'made' ORDER BY instruction.instruction_id LIMIT $2"
    );
    /// The states are one text, with a comma before and after each.
    LIST_BY_STATE = instruction_columns!(
        "instruction.city = $1 AND $2 LIKE '%,' || instruction.state || ',%' AND instruction.instruction_id > $3
         ORDER BY instruction.instruction_id LIMIT $4"
    );
    LIST_BY_BATCH = instruction_columns!("payment.batch_id = $1 ORDER BY instruction.instruction_id LIMIT $2");
}

bulk_statements! {
    FIND_INSTRUCTIONS(instruction_id: Bytes) = "
        SELECT instruction.instruction_id, instruction.payment_id, payment.kind, payment.payer, payment.payee,
            instruction.state, instruction.amount_fen, instruction.paid_fen, instruction.returned_fen,
            instruction.debited_fen, instruction.credited_fen
        FROM {input} CROSS JOIN instruction CROSS JOIN payment
        WHERE instruction.instruction_id = input.instruction_id AND payment.payment_id = instruction.payment_id";
    /// An instruction has at most one row among those that are added.
    ADD_STATEMENT(instruction_id: Bytes, debited_fen: Integer, credited_fen: Integer) = "
        UPDATE instruction SET
            debited_fen = instruction.debited_fen + input.debited_fen,
            credited_fen = instruction.credited_fen + input.credited_fen
        FROM {input} WHERE instruction.instruction_id = input.instruction_id
        RETURNING instruction.instruction_id, instruction.debited_fen, instruction.credited_fen";
    START_SENDING(instruction_id: Bytes, changed_at: Integer) = "
        UPDATE instruction SET state = 'sending', changed_at = input.changed_at
        FROM {input} WHERE instruction.instruction_id = input.instruction_id AND instruction.state = 'made'";
    FIND_PARTS(instruction_id: Bytes) = "
        SELECT instruction_part.instruction_id, instruction_part.subsidy, instruction_part.amount_fen
        FROM {input} CROSS JOIN instruction_part WHERE instruction_part.instruction_id = input.instruction_id";
    FIND_ATTEMPTS(payment_id: Bytes) = "
        SELECT instruction.payment_id, instruction.instruction_id, instruction.state, instruction.paid_fen,
            instruction.returned_fen
        FROM {input} CROSS JOIN instruction WHERE instruction.payment_id = input.payment_id";
    KEEP_PROGRESS(
        instruction_id: Bytes, state: Text, paid_fen: Integer, returned_fen: Integer, cause: Text, changed_at: Integer,
    ) = "
        UPDATE instruction SET
            state = input.state, paid_fen = input.paid_fen, returned_fen = input.returned_fen,
            cause = COALESCE(input.cause, instruction.cause), changed_at = input.changed_at
        FROM {input} WHERE instruction.instruction_id = input.instruction_id";
}

/// An order as it is kept: accounts, name and purpose, sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedOrder {
    pub(super) payer_account: BankAccount,
    pub(super) payee_account: BankAccount,
    pub(super) payee_name: String,
    pub(super) purpose: String,
}

/// An instruction's row, still sealed.
#[derive(sqlx::FromRow)]
struct InstructionRow {
    instruction_id: Vec<u8>,
    payment_id: Vec<u8>,
    kind: String,
    payer: String,
    state: String,
    amount_fen: i64,
    paid_fen: i64,
    returned_fen: i64,
    attempt: i64,
    made_at: i64,
    sealed: Vec<u8>,
}

impl InstructionRow {
    fn open(self, sealer: &Sealer) -> Result<InstructionRecord, StoreError> {
        let sealed = sealer.open_json(Place::Instruction, &self.instruction_id, self.sealed)?;
        let SealedOrder { payer_account, payee_account, payee_name, purpose } = sealed;
        let order = Order {
            instruction_id: InstructionId(codec::uuid(&self.instruction_id)?),
            payer_account,
            payee_account,
            payee_name,
            amount: Fen::new(self.amount_fen),
            purpose,
        };
        Ok(InstructionRecord {
            order,
            payment_id: PaymentId(codec::uuid(&self.payment_id)?),
            kind: codec::payment_kind(&self.kind)?,
            payer: codec::region(&self.payer)?,
            state: instruction_state(&self.state)?,
            paid: Fen::new(self.paid_fen),
            returned: Fen::new(self.returned_fen),
            attempt: codec::count(self.attempt)?,
            made_at: codec::timestamp(self.made_at)?,
        })
    }
}

fn instruction_state(code: &str) -> Result<InstructionState, StoreError> {
    InstructionState::from_code(code).ok_or(StoreError::Corrupt("state"))
}

impl Store {
    /// Takes at most `limit` instructions of a city that are made and marks them as being sent: committed before anything is sent.
    pub async fn start_sending(
        &self,
        fence: Fence,
        limit: u32,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Vec<InstructionRecord>, StoreError> {
        let limit = limit.min(LIST_MAX);
        let rows = self.act(sending::StartSending { fence, limit, actor, at: codec::kept(at) }).await?;
        let open = |row: InstructionRow| {
            let record = row.open(&self.inner.sealer)?;
            // The row is as it was read, before it was marked.
            Ok(InstructionRecord { state: InstructionState::Sending, ..record })
        };
        rows.into_iter().map(open).collect()
    }

    /// Instructions of a city in one of some states, oldest first, after one of them.
    pub async fn instructions(
        &self,
        city: Region,
        states: &[InstructionState],
        after: Option<InstructionId>,
        limit: u32,
    ) -> Result<Vec<InstructionRecord>, StoreError> {
        let states: Vec<&str> = states.iter().map(|it| it.code()).collect();
        let states = format!(",{},", states.join(","));
        let after = after.map(|it| it.0.as_bytes().to_vec()).unwrap_or_default();
        let rows: Vec<InstructionRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(LIST_BY_STATE)
                .bind(city.as_str())
                .bind(states)
                .bind(after)
                .bind(i64::from(limit.min(LIST_MAX)))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter().map(|row| row.open(&self.inner.sealer)).collect()
    }

    /// All instructions of a batch, oldest first: for a file.
    pub async fn instructions_of(&self, batch: BatchId, limit: u32) -> Result<Vec<InstructionRecord>, StoreError> {
        let rows: Vec<InstructionRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(LIST_BY_BATCH)
                .bind(batch.0.as_bytes().to_vec())
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter().map(|row| row.open(&self.inner.sealer)).collect()
    }

    /// Posts what the bank said. Reports may come twice, late and in any order. The outcomes are in their order; many are posted in
    /// several transactions, in their order too.
    pub async fn report(
        &self,
        reports: Vec<Report>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Vec<ReportOutcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(reports.len());
        for some in reports.chunks(REPORTS_AT_ONCE) {
            let act = Reported { reports: some.to_vec(), actor: actor.clone(), at: codec::kept(at) };
            outcomes.extend(self.act(act).await?);
        }
        Ok(outcomes)
    }
}

/// Reports of the bank.
struct Reported {
    reports: Vec<Report>,
    actor: Actor,
    at: Timestamp,
}

impl Act for Reported {
    type Output = Vec<ReportOutcome>;

    fn weight(&self) -> usize {
        self.reports.len()
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<Vec<ReportOutcome>, StoreError> {
        settle(transaction, &self.reports, &self.actor, self.at).await
    }
}

/// An instruction as far as statements and reports need it.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) payment_id: PaymentId,
    pub(super) kind: PaymentKind,
    pub(super) payer: Region,
    pub(super) payee: Payee,
    pub(super) progress: Progress,
    /// What the statements show of it so far.
    pub(super) debited: Fen,
    pub(super) credited: Fen,
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    instruction_id: Vec<u8>,
    payment_id: Vec<u8>,
    kind: String,
    payer: String,
    payee: String,
    state: String,
    amount_fen: i64,
    paid_fen: i64,
    returned_fen: i64,
    debited_fen: i64,
    credited_fen: i64,
}

impl KnownRow {
    fn read(self) -> Result<(InstructionId, Known), StoreError> {
        let kind = codec::payment_kind(&self.kind)?;
        let progress = Progress {
            state: instruction_state(&self.state)?,
            amount: Fen::new(self.amount_fen),
            paid: Fen::new(self.paid_fen),
            returned: Fen::new(self.returned_fen),
        };
        let known = Known {
            payment_id: PaymentId(codec::uuid(&self.payment_id)?),
            kind,
            payer: codec::region(&self.payer)?,
            payee: codec::payee(kind, &self.payee)?,
            progress,
            debited: Fen::new(self.debited_fen),
            credited: Fen::new(self.credited_fen),
        };
        Ok((InstructionId(codec::uuid(&self.instruction_id)?), known))
    }
}

/// Instructions as they stand within the transaction; those that there are.
pub(super) async fn find(
    transaction: &mut Transaction,
    ids: &[InstructionId],
) -> Result<HashMap<InstructionId, Known>, StoreError> {
    let mut rows = Rows::new(&FIND_INSTRUCTIONS, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<KnownRow> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(KnownRow::read).collect()
}

/// Adds what statements show of instructions, booked and come back, and gives what all statements show of each: what a report
/// `BankReport::Booked` says. None twice.
pub(super) async fn note_statements(
    transaction: &mut Transaction,
    shown: &[(InstructionId, Fen, Fen)],
) -> Result<HashMap<InstructionId, (Fen, Fen)>, StoreError> {
    let mut rows = Rows::new(&ADD_STATEMENT, transaction.backend());
    for (id, debited, credited) in shown {
        rows.bytes(id.0.as_bytes().as_slice()).integer(debited.get()).integer(credited.get());
    }
    let sums: Vec<(Vec<u8>, i64, i64)> = transaction.tx.fetch(rows).await?;
    let read = |(id, debited, credited): (Vec<u8>, i64, i64)| {
        Ok((InstructionId(codec::uuid(&id)?), (Fen::new(debited), Fen::new(credited))))
    };
    sums.into_iter().map(read).collect()
}
