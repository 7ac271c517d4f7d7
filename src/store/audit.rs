//! The audit log as it is kept: its head, and the proof that nobody changed it.

pub(super) mod listing;

use super::StoreError;
use super::pool::{Pool, on_pool};
use super::sql::statements;
use crate::audit::chain::Head;
use crate::audit::entry::Fields;

statements! {
    READ_HEAD = "SELECT sequence, hash FROM audit_head";
    READ_ENTRIES = "
        SELECT sequence, at, actor, action, subject_kind, subject_id, region, state, version, detail, prev_hash, hash
        FROM audit_entry WHERE sequence > $1 ORDER BY sequence LIMIT $2";
}

/// Entries verified from one statement: a few megabytes.
const ENTRIES_AT_ONCE: i64 = 10_000;

/// An entry's row.
#[derive(sqlx::FromRow)]
struct EntryRow {
    sequence: i64,
    at: i64,
    actor: String,
    action: String,
    subject_kind: String,
    subject_id: Option<Vec<u8>>,
    region: String,
    state: Option<String>,
    version: Option<i64>,
    detail: String,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl EntryRow {
    fn fields(&self) -> Fields<'_> {
        Fields {
            at: self.at,
            actor: &self.actor,
            action: &self.action,
            subject_kind: &self.subject_kind,
            subject_id: self.subject_id.as_deref(),
            region: &self.region,
            state: self.state.as_deref(),
            version: self.version,
            detail: &self.detail,
        }
    }
}

/// The sequence of the latest entry.
pub(super) async fn latest_sequence(readers: &Pool) -> Result<i64, StoreError> {
    Ok(read_head(readers).await?.0)
}

async fn read_head(readers: &Pool) -> Result<(i64, Vec<u8>), StoreError> {
    Ok(on_pool!(readers, pool => sqlx::query_as(READ_HEAD).fetch_one(pool).await)?)
}

/// Recomputes the chain up to the head as it is at the start, and gives the number of entries.
pub(super) async fn verify(readers: &Pool) -> Result<u64, StoreError> {
    let (end, end_hash) = read_head(readers).await?;
    let mut head = Head::START;
    while head.sequence < end {
        let limit = ENTRIES_AT_ONCE.min(end - head.sequence);
        let entries: Vec<EntryRow> = on_pool!(readers, pool => {
            sqlx::query_as(READ_ENTRIES).bind(head.sequence).bind(limit).fetch_all(pool).await
        })?;
        let broken = StoreError::AuditBroken { sequence: head.sequence + 1 };
        if entries.is_empty() {
            return Err(broken);
        }
        for entry in entries {
            let previous = head;
            head = previous.append(&entry.fields());
            let fits = entry.sequence == head.sequence && entry.prev_hash == previous.hash && entry.hash == head.hash;
            if !fits {
                return Err(StoreError::AuditBroken { sequence: head.sequence });
            }
        }
    }
    if head.sequence == end && end_hash == head.hash {
        u64::try_from(end).map_err(|_| StoreError::Corrupt("audit head"))
    } else {
        Err(StoreError::AuditBroken { sequence: end })
    }
}
