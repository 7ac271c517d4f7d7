//! A batch while it pays: when it begins to, what its payments say, and what its ledger comes to.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::ledger::AccountKind;
use crate::domain::money::Fen;
use crate::domain::payment::PaymentKind;
use crate::domain::policy::sheet::AccountHead;
use crate::domain::pooling::BatchId;
use crate::store::StoreError;
use crate::store::batches::{self, BatchRow, batch_columns};
use crate::store::codec;
use crate::store::pool::on_tx;
use crate::store::record::Actor;
use crate::store::record::pooling::BatchRecord;
use crate::store::sql::statements;
use crate::store::transaction::Transaction;

statements! {
    /// Once no transfer is unpaid.
    BEGIN_PAYING = concat!(
        "UPDATE batch SET state = 'paying', changed_at = $2
         WHERE batch_id = $1 AND state = 'transferring' AND NOT EXISTS (
            SELECT 1 FROM payment
            WHERE payment.batch_id = batch.batch_id AND payment.kind = 'transfer' AND payment.state <> 'paid')
         RETURNING ", batch_columns!()
    );
    /// Whose free money is below zero, in some place and subsidy.
    OVERDRAWN = "
        SELECT owner FROM (
            SELECT debit_owner AS owner, place, subsidy, amount_fen AS fen FROM ledger_entry
            WHERE batch_id = $1 AND debit_kind IN ('municipal', 'county')
            UNION ALL
            SELECT credit_owner AS owner, place, subsidy, -amount_fen AS fen FROM ledger_entry
            WHERE batch_id = $1 AND credit_kind IN ('municipal', 'county')
        ) AS leg
        GROUP BY owner, place, subsidy HAVING SUM(fen) < 0";
    /// Debits less credits; those of enterprises by place.
    BALANCES = "
        SELECT kind, owner, place, subsidy, CAST(SUM(fen) AS BIGINT) FROM (
            SELECT debit_kind AS kind,
                CASE WHEN debit_kind IN ('payable', 'returned') THEN place ELSE debit_owner END AS owner,
                place, subsidy, amount_fen AS fen
            FROM ledger_entry WHERE batch_id = $1 AND subsidy IS NOT NULL
            UNION ALL
            SELECT credit_kind AS kind,
                CASE WHEN credit_kind IN ('payable', 'returned') THEN place ELSE credit_owner END AS owner,
                place, subsidy, -amount_fen AS fen
            FROM ledger_entry WHERE batch_id = $1 AND subsidy IS NOT NULL
        ) AS leg
        WHERE kind IN ('municipal', 'county', 'payable', 'returned', 'in-transit')
        GROUP BY kind, owner, place, subsidy ORDER BY owner, place, subsidy, kind";
}

/// What a payment of a batch says it is for.
pub(super) fn purpose(batch: &BatchRecord, kind: PaymentKind) -> String {
    let head = AccountHead::OtherExpenditure.zh();
    format!("{head}{} {}第{}批", kind.zh(), batch.month, batch.number)
}

/// Has a batch pay its enterprises, once the last of its transfers is paid.
pub(in crate::store) async fn begin_paying(
    transaction: &mut Transaction,
    id: BatchId,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let moved: Option<BatchRow> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(BEGIN_PAYING)
            .bind(id.0.as_bytes().to_vec())
            .bind(at.as_millisecond())
            .fetch_optional(connection)
            .await
    })?;
    if let Some(batch) = moved {
        transaction.append(&batches::moved_entry(&batch.open()?, actor, String::new()));
    }
    Ok(())
}

/// Fails with `StoreError::Overdrawn` where what was posted left less than nothing in the expenditure account of a payer, in any place and
/// subsidy of the batch: then nothing of it is recorded. Another account may be short already, a county's whose transfer came back after
/// it had paid it on: what makes up for that must not be refused because of it.
pub(super) async fn refuse_overdrawn(
    transaction: &mut Transaction,
    id: BatchId,
    payers: &BTreeSet<Region>,
) -> Result<(), StoreError> {
    let overdrawn: Vec<(String,)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(OVERDRAWN).bind(id.0.as_bytes().to_vec()).fetch_all(connection).await
    })?;
    for (owner,) in overdrawn {
        if payers.contains(&codec::region(&owner)?) {
            return Err(StoreError::Overdrawn);
        }
    }
    Ok(())
}

/// What an account comes to in a place and subsidy of a batch.
pub(super) struct PlaceBalance {
    pub(super) kind: AccountKind,
    /// Whose; for what enterprises are owed, the place.
    pub(super) owner: Region,
    pub(super) place: Region,
    pub(super) subsidy: SubsidyKind,
    /// Debits less credits.
    pub(super) net: Fen,
}

/// Free money, what is owed, and what is in transit.
pub(super) async fn balances(transaction: &mut Transaction, id: BatchId) -> Result<Vec<PlaceBalance>, StoreError> {
    let found: Vec<(String, String, String, String, i64)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(BALANCES).bind(id.0.as_bytes().to_vec()).fetch_all(connection).await
    })?;
    let read = |(kind, owner, place, subsidy, net): (String, String, String, String, i64)| {
        Ok(PlaceBalance {
            kind: AccountKind::from_code(&kind).ok_or(StoreError::Corrupt("account"))?,
            owner: codec::region(&owner)?,
            place: codec::region(&place)?,
            subsidy: codec::subsidy(&subsidy)?,
            net: Fen::new(net),
        })
    };
    found.into_iter().map(read).collect()
}
