//! What older versions left behind, brought over when the store is opened: what a migration cannot do, because it has no keys.

use super::act::Act;
use super::bulk::Rows;
use super::desk::views;
use super::pool::{on_pool, on_tx};
use super::sql::{bulk_statements, statements};
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::audit::entry::person;

statements! {
    PERSONS_UP_TO = "SELECT sequence FROM desk_progress WHERE name = 'persons'";
    PERSONS_SAID = "
        SELECT sequence, action, detail FROM audit_entry
        WHERE sequence > $1 AND sequence <= $2 AND detail LIKE '%person=%' ORDER BY sequence";
    PERSONS_ON = "UPDATE desk_progress SET sequence = $1 WHERE name = 'persons'";
    PERSONS_DONE = "DELETE FROM desk_progress WHERE name = 'persons'";
    LATEST = "SELECT sequence FROM audit_head";
    PLAIN_VIEWS = "SELECT person, name, sealed FROM desk_view ORDER BY person, name LIMIT $1";
    FORGET_PLAIN_VIEW = "DELETE FROM desk_view WHERE person = $1 AND name = $2";
}

bulk_statements! {
    INDEX_PERSONS(person: Text, sequence: Integer) =
        "INSERT INTO audit_person ({columns}) SELECT {columns} FROM {input} WHERE true ON CONFLICT DO NOTHING";
}

/// Entries of the log looked at in one transaction.
const ENTRIES_AT_ONCE: i64 = 5_000;
/// Views sealed in one.
const VIEWS_AT_ONCE: i64 = 500;

impl Store {
    /// Brings over what is left of older versions. Each step is a transaction; replicas may do it side by side.
    pub(super) async fn bring_over(&self) -> Result<(), StoreError> {
        let readers = &self.inner.pools.readers;
        let waiting: Option<(i64,)> =
            on_pool!(readers, pool => sqlx::query_as(PERSONS_UP_TO).fetch_optional(pool).await)?;
        if waiting.is_some() {
            while self.act(IndexPersons).await? {}
        }
        let plain: Vec<PlainView> =
            on_pool!(readers, pool => sqlx::query_as(PLAIN_VIEWS).bind(1_i64).fetch_all(pool).await)?;
        if !plain.is_empty() {
            while self.act(SealViews).await? {}
        }
        Ok(())
    }
}

/// Enters some entries of the log by the persons whom they name; says whether there are more.
struct IndexPersons;

impl Act for IndexPersons {
    type Output = bool;

    async fn run(&self, transaction: &mut Transaction) -> Result<bool, StoreError> {
        let after: Option<(i64,)> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(PERSONS_UP_TO).fetch_optional(connection).await
        })?;
        let Some((after,)) = after else { return Ok(false) };
        let to = after.saturating_add(ENTRIES_AT_ONCE);
        let said: Vec<(i64, String, String)> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(PERSONS_SAID).bind(after).bind(to).fetch_all(connection).await
        })?;
        let mut rows = Rows::new(&INDEX_PERSONS, transaction.backend());
        for (sequence, action, detail) in &said {
            if let Some(person) = person(action, detail) {
                rows.text(person).integer(*sequence);
            }
        }
        transaction.tx.execute(rows).await?;
        let (latest,): (i64,) = on_tx!(transaction.tx, connection => {
            sqlx::query_as(LATEST).fetch_one(connection).await
        })?;
        let has_more = latest > to;
        on_tx!(transaction.tx, connection => {
            let query = if has_more { sqlx::query(PERSONS_ON).bind(to) } else { sqlx::query(PERSONS_DONE) };
            query.execute(connection).await.map(drop)
        })?;
        Ok(has_more)
    }
}

type PlainView = (String, String, Vec<u8>);

/// Seals the names of some views; says whether there may be more.
struct SealViews;

impl Act for SealViews {
    type Output = bool;

    async fn run(&self, transaction: &mut Transaction) -> Result<bool, StoreError> {
        let plain: Vec<PlainView> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(PLAIN_VIEWS).bind(VIEWS_AT_ONCE).fetch_all(connection).await
        })?;
        let has_more = i64::try_from(plain.len()).is_ok_and(|read| read >= VIEWS_AT_ONCE);
        for (person, name, sealed) in plain {
            views::bring_over(transaction, &person, &name, sealed).await?;
            on_tx!(transaction.tx, connection => {
                sqlx::query(FORGET_PLAIN_VIEW).bind(&person).bind(&name).execute(connection).await.map(drop)
            })?;
        }
        Ok(has_more)
    }
}
