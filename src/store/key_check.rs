//! The first thing asked of a database: is it new, and was it written with this key?

use super::StoreError;
use super::pool::{Pool, on_pool};
use super::seal::Sealer;
use super::sql::statements;
use crate::audit::chain::Head;

statements! {
    ENTER_SETTING = "INSERT INTO store_setting (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    READ_SETTING = "SELECT value FROM store_setting WHERE name = $1";
    ENTER_HEAD = "INSERT INTO audit_head (head, sequence, hash, suspect_sequence) VALUES (1, $1, $2, 0) ON CONFLICT DO NOTHING";
}

const KEY_CHECK: &str = "key-check";

/// Starts the audit chain of a new database, and refuses a database that was written with another key.
pub(super) async fn check(writer: &Pool, sealer: &Sealer) -> Result<(), StoreError> {
    let check = sealer.key_check().to_vec();
    on_pool!(writer, pool => {
        sqlx::query(ENTER_HEAD).bind(Head::START.sequence).bind(Head::START.hash.to_vec()).execute(pool).await?;
        sqlx::query(ENTER_SETTING).bind(KEY_CHECK).bind(check.clone()).execute(pool).await?;
    });
    let (kept,): (Vec<u8>,) =
        on_pool!(writer, pool => sqlx::query_as(READ_SETTING).bind(KEY_CHECK).fetch_one(pool).await)?;
    if kept == check { Ok(()) } else { Err(StoreError::WrongKey) }
}
