//! One writing transaction: it holds the head of the audit chain from its first statement to its commit.
//!
//! Every writer takes the head first. So transactions follow one another, on PostgreSQL over all replicas too: what a statement reads
//! stays true until the commit, sequences have no gaps, and their order is the order of commits. UNIQUE rows still stand behind it.

use std::sync::Arc;

use super::StoreError;
use super::bulk::Rows;
use super::pool::{Backend, Tx, Writing, on_tx};
use super::seal::Sealer;
use super::sql::{bulk_statements, statements};
use crate::audit::chain::{Hash, Head};
use crate::audit::entry::Entry;

statements! {
    /// Locks the row on PostgreSQL; on SQLite the transaction has the whole database.
    TAKE_HEAD = "UPDATE audit_head SET sequence = sequence RETURNING sequence, hash, suspect_sequence";
    MOVE_HEAD = "UPDATE audit_head SET sequence = $1, hash = $2, suspect_sequence = $3";
}

bulk_statements! {
    APPEND_ENTRIES(
        sequence: Integer, at: Integer, actor: Text, action: Text, subject_kind: Text, subject_id: Bytes, region: Text,
        state: Text, version: Integer, detail: Text, prev_hash: Bytes, hash: Bytes,
    ) = "INSERT INTO audit_entry ({columns}) SELECT {columns} FROM {input}";
    NAME_PERSONS(person: Text, sequence: Integer) =
        "INSERT INTO audit_person ({columns}) SELECT {columns} FROM {input}";
}

/// An open writing transaction.
pub(super) struct Transaction {
    pub(super) tx: Tx,
    pub(super) sealer: Arc<Sealer>,
    head: Head,
    /// The sequence of the last entry before it.
    begun_at: i64,
    suspect_sequence: i64,
    /// Not written yet.
    entries: Rows,
    /// The persons whom the entries name.
    persons: Rows,
    has_changes: bool,
}

impl Transaction {
    pub(super) async fn begin(mut tx: Tx, sealer: &Arc<Sealer>) -> Result<Self, StoreError> {
        let (sequence, hash, suspect_sequence): (i64, Vec<u8>, i64) =
            on_tx!(tx, connection => sqlx::query_as(TAKE_HEAD).fetch_one(connection).await)?;
        let hash = Hash::try_from(hash).map_err(|_| StoreError::Corrupt("audit head"))?;
        let (entries, persons) = (Rows::new(&APPEND_ENTRIES, tx.backend()), Rows::new(&NAME_PERSONS, tx.backend()));
        let head = Head { sequence, hash };
        let (sealer, begun_at, has_changes) = (Arc::clone(sealer), sequence, false);
        Ok(Self { tx, sealer, head, begun_at, suspect_sequence, entries, persons, has_changes })
    }

    pub(super) fn backend(&self) -> Backend {
        self.tx.backend()
    }

    /// The sequence that the next entry will have.
    pub(super) fn next_sequence(&self) -> i64 {
        self.head.sequence + 1
    }

    /// The sequence of a suspect that is opened now.
    pub(super) fn take_suspect_sequence(&mut self) -> i64 {
        self.suspect_sequence += 1;
        self.suspect_sequence
    }

    /// Writes down what happened, to be kept with the commit.
    pub(super) fn append(&mut self, entry: &Entry) {
        let fields = entry.fields();
        let previous = self.head;
        self.head = previous.append(&fields);
        self.has_changes |= fields.state.is_some();
        self.entries
            .integer(self.head.sequence)
            .integer(fields.at)
            .text(fields.actor)
            .text(fields.action)
            .text(fields.subject_kind)
            .bytes(fields.subject_id)
            .text(fields.region)
            .text(fields.state)
            .integer(fields.version)
            .text(fields.detail)
            .bytes(previous.hash.as_slice())
            .bytes(self.head.hash.as_slice());
        if let Some(person) = entry.person() {
            self.persons.text(person).integer(self.head.sequence);
        }
    }

    /// Writes what was appended since the last time. An act over more claims than a page calls it after each, so as not to hold the
    /// entries of all.
    pub(super) async fn write_entries(&mut self) -> Result<(), StoreError> {
        let backend = self.backend();
        let entries = std::mem::replace(&mut self.entries, Rows::new(&APPEND_ENTRIES, backend));
        let persons = std::mem::replace(&mut self.persons, Rows::new(&NAME_PERSONS, backend));
        self.tx.execute(entries).await?;
        self.tx.execute(persons).await.map(drop)
    }

    /// Commits, and gives the latest sequence if anything but reads happened, and the connection for the next transaction.
    pub(super) async fn commit(mut self) -> Result<(Option<i64>, Writing), StoreError> {
        self.write_entries().await?;
        let head = self.head;
        if head.sequence != self.begun_at {
            on_tx!(self.tx, connection => {
                sqlx::query(MOVE_HEAD)
                    .bind(head.sequence)
                    .bind(head.hash.to_vec())
                    .bind(self.suspect_sequence)
                    .execute(connection)
                    .await?;
            });
        }
        let writing = self.tx.commit().await?;
        Ok((self.has_changes.then_some(head.sequence), writing))
    }
}
