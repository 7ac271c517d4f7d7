//! Entries as they were posted, oldest first.

use uuid::Uuid;

use super::account;
use crate::domain::ledger::{Account, Entry, Event, Slice};
use crate::domain::money::Fen;
use crate::domain::pooling::BatchId;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::ledger::{EntryFilter, EntryRecord};
use crate::store::sql::{like, statements};
use crate::store::{StoreError, codec};

/// Entries of a slice. An empty subsidy, month or account stands for all.
macro_rules! entries_where {
    ($condition:literal) => {
        concat!(
            "SELECT sequence, entry_key, at, event, batch_id, place, subsidy, month, debit_kind, debit_owner, credit_kind,
                credit_owner, amount_fen, about
             FROM ledger_entry
             WHERE ",
            $condition,
            " AND sequence > $2 AND place LIKE $3 AND (subsidy = $4 OR $4 = '') AND (month = $5 OR $5 = '')
                AND ($6 = '' OR (debit_kind = $6 AND debit_owner = $7) OR (credit_kind = $6 AND credit_owner = $7))
             ORDER BY sequence LIMIT $8"
        )
    };
}

statements! {
    ENTRIES_OF_BATCH = entries_where!("batch_id = $1");
    ENTRIES_OF_ALL = entries_where!("$1 = ''");
}

/// The most entries read at once.
const ENTRIES_MAX: u32 = 10_000;

#[derive(sqlx::FromRow)]
struct EntryRow {
    sequence: i64,
    entry_key: String,
    at: i64,
    event: String,
    batch_id: Vec<u8>,
    place: String,
    subsidy: Option<String>,
    month: String,
    debit_kind: String,
    debit_owner: String,
    credit_kind: String,
    credit_owner: String,
    amount_fen: i64,
    about: Option<Vec<u8>>,
}

impl EntryRow {
    fn open(self) -> Result<EntryRecord, StoreError> {
        let slice = Slice {
            batch: BatchId(codec::uuid(&self.batch_id)?),
            place: codec::region(&self.place)?,
            subsidy: self.subsidy.as_deref().map(codec::subsidy).transpose()?,
            month: codec::month(&self.month)?,
        };
        let about: Option<Uuid> = self.about.as_deref().map(codec::uuid).transpose()?;
        let entry = Entry {
            key: self.entry_key,
            event: Event::from_code(&self.event).ok_or(StoreError::Corrupt("event"))?,
            slice,
            debit: account(&self.debit_kind, self.debit_owner)?,
            credit: account(&self.credit_kind, self.credit_owner)?,
            amount: Fen::new(self.amount_fen),
            about,
        };
        Ok(EntryRecord { sequence: self.sequence, at: codec::timestamp(self.at)?, entry })
    }
}

/// One page of entries.
pub(super) async fn page(readers: &Pool, filter: &EntryFilter) -> Result<Vec<EntryRecord>, StoreError> {
    let EntryFilter { slice, account, after, limit } = filter;
    let (kind, owner) = account.as_ref().map_or(("", ""), |Account { kind, owner }| (kind.code(), owner.as_str()));
    let month = slice.month.map(|month| month.to_string()).unwrap_or_default();
    let rows: Vec<EntryRow> = on_pool!(readers, pool => {
        let query = match &slice.batch {
            Some(batch) => sqlx::query_as(ENTRIES_OF_BATCH).bind(batch.0.as_bytes().as_slice()),
            None => sqlx::query_as(ENTRIES_OF_ALL).bind(""),
        };
        let query = query.bind(after).bind(like(slice.within)).bind(slice.subsidy.map_or("", codec::subsidy_code));
        let query = query.bind(month).bind(kind).bind(owner);
        query.bind(i64::from(*limit.min(&ENTRIES_MAX))).fetch_all(pool).await
    })?;
    rows.into_iter().map(EntryRow::open).collect()
}
