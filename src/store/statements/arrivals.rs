//! Money of a batch: what finance paid in, and what it took back.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::matching::{Fit, Fits, id_of};
use crate::audit::entry::{Action, Entry as AuditEntry, Subject};
use crate::domain::calendar::{Month, cst_date};
use crate::domain::identity::Region;
use crate::domain::ledger::{Entry, Hop, Slice};
use crate::domain::money::Fen;
use crate::domain::pooling::{BatchId, BatchState};
use crate::domain::statement::{Direction, StatementLine};
use crate::store::bulk::Rows;
use crate::store::record::Actor;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec, ledger};

bulk_statements! {
    /// Finance may have an application whose receipt nobody heard, and grant it: then the money comes while the batch is only sealed.
    /// A granted batch is funded in several steps; from the first on, its money is no longer awaited.
    FIND_AWAITED(batch_id: Bytes, city: Text) = "
        SELECT batch.batch_id, batch.state, batch.arrived_fen FROM {input} CROSS JOIN batch
        WHERE batch.batch_id = input.batch_id AND batch.city = input.city
            AND batch.state IN ('sealed', 'asked', 'granted')
            AND NOT EXISTS (
                SELECT 1 FROM ledger_entry AS entry
                WHERE entry.batch_id = batch.batch_id AND entry.event = 'assigned')";
    MOVE_ARRIVED(batch_id: Bytes, arrived_fen: Integer, changed_at: Integer) = "
        UPDATE batch SET arrived_fen = input.arrived_fen, changed_at = input.changed_at
        FROM {input} WHERE batch.batch_id = input.batch_id";
}

/// A batch whose money is awaited. After that point, money under its id is for a person to look at.
struct Awaited {
    state: BatchState,
    arrived: Fen,
    has_moved: bool,
}

/// Posts the lines that name a batch of the city whose money is awaited.
pub(super) async fn post(
    transaction: &mut Transaction,
    region: Region,
    named: &BTreeSet<Uuid>,
    fits: &mut Fits<'_>,
    (actor, at): (&Actor, Timestamp),
) -> Result<(), StoreError> {
    let mut batches = awaited(transaction, region, named).await?;
    if batches.is_empty() {
        return Ok(());
    }
    let mut entries = Vec::new();
    // What came in first: taken back is never more than that.
    for direction in [Direction::Credit, Direction::Debit] {
        for (index, line) in fits.open(direction) {
            let Some(id) = id_of(line).map(BatchId) else { continue };
            let Some(batch) = batches.get_mut(&id) else { continue };
            let arrived = match direction {
                Direction::Credit => batch.arrived.checked_add(line.amount),
                Direction::Debit => batch.arrived.checked_sub(line.amount).filter(|left| *left >= Fen::ZERO),
            };
            let Some(arrived) = arrived else { continue };
            (batch.arrived, batch.has_moved) = (arrived, true);
            fits.decide(index, Fit::Arrival(id));
            entries.push(entry(region, id, line, at));
            transaction.append(&AuditEntry {
                at,
                actor: actor.0.clone(),
                action: Action::ArrivalPosted,
                subject: Subject::Batch(id.0),
                region,
                state: Some(batch.state.code()),
                version: None,
                detail: format!("direction={} amount_fen={}", direction.code(), line.amount.get()),
            });
        }
    }
    let mut rows = Rows::new(&MOVE_ARRIVED, transaction.backend());
    for (id, batch) in batches.iter().filter(|(_, batch)| batch.has_moved) {
        rows.bytes(id.0.as_bytes().as_slice()).integer(batch.arrived.get()).integer(at.as_millisecond());
    }
    transaction.tx.execute(rows).await?;
    ledger::post(transaction, &entries, at).await
}

fn entry(city: Region, batch: BatchId, line: &StatementLine, at: Timestamp) -> Entry {
    let legs = Hop::Arrived { city }.legs();
    let legs = match line.direction {
        Direction::Credit => legs,
        Direction::Debit => legs.reversed(),
    };
    let slice = Slice { batch, place: city, subsidy: None, month: Month::of(cst_date(at)) };
    legs.entry(format!("{city}/{}", line.bank_reference), slice, line.amount, None)
}

async fn awaited(
    transaction: &mut Transaction,
    city: Region,
    named: &BTreeSet<Uuid>,
) -> Result<HashMap<BatchId, Awaited>, StoreError> {
    let mut rows = Rows::new(&FIND_AWAITED, transaction.backend());
    for id in named {
        rows.bytes(id.as_bytes().as_slice()).text(city.as_str());
    }
    let found: Vec<(Vec<u8>, String, i64)> = transaction.tx.fetch(rows).await?;
    let open = |(id, state, arrived): (Vec<u8>, String, i64)| {
        let state = BatchState::from_code(&state).ok_or(StoreError::Corrupt("state of a batch"))?;
        Ok((BatchId(codec::uuid(&id)?), Awaited { state, arrived: Fen::new(arrived), has_moved: false }))
    };
    found.into_iter().map(open).collect()
}
