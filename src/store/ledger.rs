//! The ledger as it is written: entries in the transaction of what they account for (I3).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::StoreError;
use super::batches::{self, BatchRow, batch_columns};
use super::bulk::Rows;
use super::codec;
use super::pool::on_tx;
use super::record::Actor;
use super::sql::{bulk_statements, statements};
use super::transaction::Transaction;
use crate::domain::ledger::{Entry, Event};
use crate::domain::pooling::BatchId;

statements! {
    TAKE_LEDGER = "UPDATE ledger_head SET sequence = sequence + $1 RETURNING sequence";
}

bulk_statements! {
    /// A key that is there already fails the transaction: an event is posted once.
    POST_ENTRIES(
        sequence: Integer, entry_key: Text, at: Integer, event: Text, batch_id: Bytes, city: Text, place: Text,
        subsidy: Text, month: Text, debit_kind: Text, debit_owner: Text, credit_kind: Text, credit_owner: Text,
        amount_fen: Integer, about: Bytes,
    ) = "INSERT INTO ledger_entry ({columns}) SELECT {columns} FROM {input}";
    REOPEN_BATCHES(batch_id: Bytes, changed_at: Integer) = concat!(
        "UPDATE batch SET state = 'paying', changed_at = input.changed_at
         FROM {input} WHERE batch.batch_id = input.batch_id AND batch.state = 'closed'
         RETURNING ", batch_columns!()
    );
}

/// Who reopens a batch, as the log names it.
const LEDGER: &str = "hufu/ledger";

/// Posts entries in their order.
pub(super) async fn post(transaction: &mut Transaction, entries: &[Entry], at: Timestamp) -> Result<(), StoreError> {
    let count = i64::try_from(entries.len()).map_err(|_| StoreError::Corrupt("number of entries"))?;
    if count == 0 {
        return Ok(());
    }
    let (last,): (i64,) = on_tx!(transaction.tx, connection => {
        sqlx::query_as(TAKE_LEDGER).bind(count).fetch_one(connection).await
    })?;
    let mut rows = Rows::new(&POST_ENTRIES, transaction.backend());
    for (sequence, entry) in (last - count + 1..).zip(entries) {
        let Entry { key, event, slice, debit, credit, amount, about } = entry;
        rows.integer(sequence)
            .text(key.as_str())
            .integer(at.as_millisecond())
            .text(event.code())
            .bytes(slice.batch.0.as_bytes().as_slice())
            .text(slice.place.city().as_str())
            .text(slice.place.as_str())
            .text(slice.subsidy.map(codec::subsidy_code))
            .text(slice.month.to_string().as_str())
            .text(debit.kind.code())
            .text(debit.owner.as_str())
            .text(credit.kind.code())
            .text(credit.owner.as_str())
            .integer(amount.get())
            .bytes(about.as_ref().map(|id| id.as_bytes().as_slice()));
    }
    transaction.tx.execute(rows).await?;
    reopen(transaction, entries, at).await
}

/// A batch that was done to the last fen is no longer, once money comes back to it: what is left goes to the fund, and it is closed again.
async fn reopen(transaction: &mut Transaction, entries: &[Entry], at: Timestamp) -> Result<(), StoreError> {
    let comes_back = |event| matches!(event, Event::CameBack | Event::Released | Event::Repaid);
    let batches: BTreeSet<BatchId> =
        entries.iter().filter(|entry| comes_back(entry.event)).map(|entry| entry.slice.batch).collect();
    let mut rows = Rows::new(&REOPEN_BATCHES, transaction.backend());
    for batch in batches {
        rows.bytes(batch.0.as_bytes().as_slice()).integer(at.as_millisecond());
    }
    let reopened: Vec<BatchRow> = transaction.tx.fetch(rows).await?;
    let mut reopened = reopened.into_iter().map(BatchRow::open).collect::<Result<Vec<_>, _>>()?;
    reopened.sort_unstable_by_key(|it| it.batch_id);
    let actor = Actor(LEDGER.to_owned());
    for batch in reopened {
        transaction.append(&batches::moved_entry(&batch, &actor, "money came back".to_owned()));
    }
    Ok(())
}
