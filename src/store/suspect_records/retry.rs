//! Records that fitted no claim, tried again: which of them new claims touch, and what came of it.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use super::matching::{self, Sought, key_of};
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::identity::Region;
use crate::domain::suspect::record::{MinistryRecord, Unmatched};
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::pool::{on_pool, on_tx};
use crate::store::record::Actor;
use crate::store::record::suspect_records::{RETRIED_AT_ONCE, RecordName, RetryRecords};
use crate::store::seal::{Index, Place};
use crate::store::sql::{bulk_statements, statements};
use crate::store::suspects::Known;
use crate::store::transaction::Transaction;
use crate::store::{Store, StoreError, codec};

statements! {
    READ_FOLLOWED = "SELECT sequence FROM desk_progress WHERE name = 'records'";
    /// Of two replicas the one that is behind changes nothing.
    MOVE_FOLLOWED = "UPDATE desk_progress SET sequence = $1 WHERE name = 'records' AND sequence < $1";
    UNKEYED = "SELECT record_index FROM suspect_record WHERE keyed = 0 ORDER BY record_index LIMIT $1";
    /// Waiting records of which a claim that came, or that got its slot, between two places in the log names the person or enterprise.
    TOUCHED = "
        SELECT waiting.record_index
        FROM audit_entry AS entry CROSS JOIN slot CROSS JOIN suspect_record_waiting AS waiting
        WHERE EXISTS (SELECT 1 FROM suspect_record_waiting) AND entry.sequence > $1 AND entry.sequence <= $2
            AND entry.action IN ('claim-submitted', 'claim-promoted') AND slot.claim_id = entry.subject_id
            AND waiting.key_index = slot.key_index AND waiting.record_index > $3
        UNION
        SELECT waiting.record_index
        FROM audit_entry AS entry CROSS JOIN slot_waiting CROSS JOIN suspect_record_waiting AS waiting
        WHERE EXISTS (SELECT 1 FROM suspect_record_waiting) AND entry.sequence > $1 AND entry.sequence <= $2
            AND entry.action IN ('claim-submitted', 'claim-promoted') AND slot_waiting.claim_id = entry.subject_id
            AND waiting.key_index = slot_waiting.key_index AND waiting.record_index > $3
        ORDER BY 1 LIMIT $4";
}

bulk_statements! {
    FIND_UNMATCHED(record_index: Bytes) = "
        SELECT kept.record_index, kept.sequence, kept.region, kept.sealed
        FROM {input} CROSS JOIN suspect_record AS kept
        WHERE kept.record_index = input.record_index AND kept.unmatched IS NOT NULL
        ORDER BY kept.sequence";
    SET_MATCHED(record_index: Bytes, matched_at: Integer) = "
        UPDATE suspect_record SET unmatched = NULL, keyed = 1, matched_at = input.matched_at
        FROM {input} WHERE suspect_record.record_index = input.record_index";
    SET_UNMATCHED(record_index: Bytes, unmatched: Text) = "
        UPDATE suspect_record SET unmatched = input.unmatched, keyed = 1
        FROM {input} WHERE suspect_record.record_index = input.record_index";
    WAIT(key_index: Bytes, record_index: Bytes) = "
        INSERT INTO suspect_record_waiting ({columns}) SELECT {columns} FROM {input} WHERE true ON CONFLICT DO NOTHING";
    STOP_WAITING(key_index: Bytes, record_index: Bytes) = "
        DELETE FROM suspect_record_waiting
        WHERE (key_index, record_index) IN (SELECT key_index, record_index FROM {input})";
}

/// Who tries again, as the log names it: the node itself.
const DESK: &str = "hufu/desk";
/// Rows that a record comes to: itself, its links, its entry, and a suspect with its scopes.
const ROWS_OF_RECORD: usize = 8;

impl Store {
    /// Up to which place in the log claims were followed for records that wait.
    pub async fn records_followed(&self) -> Result<i64, StoreError> {
        let (sequence,): (i64,) = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(READ_FOLLOWED).fetch_one(pool).await
        })?;
        Ok(sequence)
    }

    /// Records that were never had wait; at most [`RETRIED_AT_ONCE`].
    pub async fn records_unkeyed(&self) -> Result<Vec<RecordName>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(UNKEYED).bind(i64::from(RETRIED_AT_ONCE)).fetch_all(pool).await
        })?;
        rows.into_iter().map(name).collect()
    }

    /// Records that wait and that claims between two places in the log (after, to) may fit, those after one of them; at most
    /// [`RETRIED_AT_ONCE`].
    pub async fn records_touched(
        &self,
        (after, to): (i64, i64),
        beyond: Option<RecordName>,
    ) -> Result<Vec<RecordName>, StoreError> {
        let beyond = beyond.map(|it| it.0.to_vec()).unwrap_or_default();
        let rows: Vec<(Vec<u8>,)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(TOUCHED)
                .bind(after)
                .bind(to)
                .bind(beyond)
                .bind(i64::from(RETRIED_AT_ONCE))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter().map(name).collect()
    }

    /// Tries records again, and says how many of them fit a claim by now. One that was matched meanwhile is left as it is.
    pub async fn retry_records(&self, retry: RetryRecords) -> Result<usize, StoreError> {
        self.act(Retry(retry)).await
    }
}

fn name((index,): (Vec<u8>,)) -> Result<RecordName, StoreError> {
    Index::try_from(index).map(RecordName).map_err(|_| StoreError::Corrupt("record"))
}

/// Has records wait for a claim of their person or enterprise.
pub(super) async fn wait(
    transaction: &mut Transaction,
    records: &[(Index, &MinistryRecord)],
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&WAIT, transaction.backend());
    for (index, record) in records {
        rows.bytes(key_of(&transaction.sealer, record).as_slice()).bytes(index.as_slice());
    }
    transaction.tx.execute(rows).await.map(drop)
}

/// Records to be tried again.
struct Retry(RetryRecords);

/// A record that fitted none, as it is kept.
struct Kept {
    index: Index,
    /// The place of its entry in the log.
    sequence: i64,
    region: Region,
    record: MinistryRecord,
}

type KeptRow = (Vec<u8>, i64, String, Vec<u8>);

impl Act for Retry {
    type Output = usize;

    fn weight(&self) -> usize {
        self.0.names.len().saturating_mul(ROWS_OF_RECORD).max(1)
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<usize, StoreError> {
        let RetryRecords { names, groups, followed, at } = &self.0;
        let at = codec::kept(*at);
        if let Some(followed) = followed {
            on_tx!(transaction.tx, connection => {
                sqlx::query(MOVE_FOLLOWED).bind(followed).execute(connection).await.map(drop)
            })?;
        }
        let kept = kept(transaction, names).await?;
        if kept.is_empty() {
            return Ok(0);
        }
        let read = format!("purpose=retry-records count={}", kept.len());
        transaction.append(&entry(Action::RecordsRead, Region::MINISTRY, read, at));
        let sought: Vec<Sought<'_>> = kept.iter().map(|it| Sought { record: &it.record, sent_to: it.region }).collect();
        let mut known = Known::default();
        let matches = matching::find(transaction, &mut known, groups, &sought).await?;
        let actor = Actor(DESK.to_owned());
        let raised = matching::raise(transaction, &known, &matching::stands(&sought, &matches), (&actor, at)).await?;
        let mut outcome = Outcome::new(transaction);
        for (kept, matches) in kept.iter().zip(matches) {
            match matches {
                Ok(matches) => {
                    outcome.matched(transaction, kept, &matching::linked(&raised, &kept.record, &matches), at)
                }
                Err(unmatched) => outcome.unmatched(kept, unmatched),
            }
        }
        outcome.save(transaction).await
    }
}

/// Those of the records that still fit none, oldest first.
async fn kept(transaction: &mut Transaction, names: &[RecordName]) -> Result<Vec<Kept>, StoreError> {
    const BROKEN: StoreError = StoreError::Corrupt("record");
    let mut rows = Rows::new(&FIND_UNMATCHED, transaction.backend());
    for name in names.iter().collect::<HashSet<_>>() {
        rows.bytes(name.0.as_slice());
    }
    let found: Vec<KeptRow> = transaction.tx.fetch(rows).await?;
    let open = |(index, sequence, region, sealed): KeptRow| {
        let record = transaction.sealer.open_json(Place::SuspectRecord, &index, sealed)?;
        Ok(Kept {
            index: Index::try_from(index).map_err(|_| BROKEN)?,
            sequence,
            region: codec::region(&region)?,
            record,
        })
    };
    found.into_iter().map(open).collect()
}

/// What is to be written of a batch.
struct Outcome<'a> {
    matched: Rows,
    links: Rows,
    ending: Rows,
    still_unmatched: Rows,
    waiting: Vec<(Index, &'a MinistryRecord)>,
    count: usize,
}

impl<'a> Outcome<'a> {
    fn new(transaction: &Transaction) -> Self {
        let backend = transaction.backend();
        Self {
            matched: Rows::new(&SET_MATCHED, backend),
            links: matching::no_links(backend),
            ending: Rows::new(&STOP_WAITING, backend),
            still_unmatched: Rows::new(&SET_UNMATCHED, backend),
            waiting: Vec::new(),
            count: 0,
        }
    }

    fn matched(
        &mut self,
        transaction: &mut Transaction,
        kept: &Kept,
        suspects: &BTreeSet<matching::Raised>,
        at: Timestamp,
    ) {
        self.matched.bytes(kept.index.as_slice()).integer(at.as_millisecond());
        self.ending.bytes(key_of(&transaction.sealer, &kept.record).as_slice()).bytes(kept.index.as_slice());
        matching::link(&mut self.links, kept.index, suspects);
        self.count = self.count.saturating_add(1);
        let detail = format!("kind={} suspects={} received={}", kept.record.kind.code(), suspects.len(), kept.sequence);
        transaction.append(&entry(Action::RecordMatched, kept.region, detail, at));
    }

    /// Why it fits none may be another reason by now.
    fn unmatched(&mut self, kept: &'a Kept, unmatched: Unmatched) {
        self.still_unmatched.bytes(kept.index.as_slice()).text(unmatched.code());
        self.waiting.push((kept.index, &kept.record));
    }

    async fn save(self, transaction: &mut Transaction) -> Result<usize, StoreError> {
        transaction.tx.execute(self.matched).await?;
        transaction.tx.execute(self.links).await?;
        transaction.tx.execute(self.ending).await?;
        transaction.tx.execute(self.still_unmatched).await?;
        wait(transaction, &self.waiting).await?;
        Ok(self.count)
    }
}

fn entry(action: Action, region: Region, detail: String, at: Timestamp) -> Entry {
    Entry { at, actor: DESK.to_owned(), action, subject: Subject::Records, region, state: None, version: None, detail }
}
