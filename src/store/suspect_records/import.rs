//! Records as they come in: each is entered once, with its suspects and its entry in the audit log.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::matching::{self, Sought};
use super::retry;
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::suspect::SuspectId;
use crate::domain::suspect::record::{MinistryRecord, Unmatched};
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::record::suspect_records::{ImportOutcome, ImportRecords, RecordOutcome};
use crate::store::requests::{self, KeyedRequest, NewRequest, RequestKind};
use crate::store::seal::{Index, Place};
use crate::store::sql::bulk_statements;
use crate::store::suspects::{self, Known};
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec};

bulk_statements! {
    FIND_RECORDS(record_index: Bytes) = "
        SELECT kept.record_index, kept.unmatched, kept.matched_at, kept.sealed
        FROM {input} CROSS JOIN suspect_record AS kept WHERE kept.record_index = input.record_index";
    FIND_MATCHES(record_index: Bytes) = "
        SELECT DISTINCT matched.record_index, matched.suspect_sequence, matched.judged, suspect.suspect_id
        FROM {input} CROSS JOIN suspect_record_match AS matched CROSS JOIN suspect
        WHERE matched.record_index = input.record_index AND suspect.sequence = matched.suspect_sequence
        ORDER BY matched.record_index, matched.suspect_sequence, matched.judged";
    ENTER_RECORDS(
        record_index: Bytes, sequence: Integer, kind: Text, region: Text, city: Text, province: Text, unmatched: Text,
        received_at: Integer, sealed: Bytes,
    ) = "INSERT INTO suspect_record ({columns}) SELECT {columns} FROM {input}";
}

/// Records matched together, with their claims in memory.
const RECORDS_AT_ONCE: usize = 100;
/// Rows that a record comes to: itself, its entry, and a suspect with its scopes.
const ROWS_OF_RECORD: usize = 8;

/// Takes records in.
pub(super) struct Import(pub(super) ImportRecords);

impl Act for Import {
    type Output = ImportOutcome;

    fn weight(&self) -> usize {
        self.0.records.len().saturating_mul(ROWS_OF_RECORD).max(1)
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<ImportOutcome, StoreError> {
        let import = &self.0;
        let at = codec::kept(import.at);
        let key = KeyedRequest::new(&import.request, &transaction.sealer);
        let kind = RequestKind::ImportSuspectRecords;
        match requests::find_one(transaction, key).await? {
            // Every record of it is there already, and is answered as such.
            Some(seen) if seen.is_same(key, kind) => {}
            Some(_) => return Ok(ImportOutcome::RequestIdReused),
            None => {
                let new = NewRequest { key, kind, subject_id: suspects::new_id(at)?, at: at.as_millisecond() };
                requests::enter(transaction, vec![new]).await?;
            }
        }
        let mut outcomes = Vec::with_capacity(import.records.len());
        let mut repeated = 0;
        for records in import.records.chunks(RECORDS_AT_ONCE) {
            let chunk = Chunk::new(transaction, import, records);
            let known = chunk.kept(transaction).await?;
            repeated += known.len();
            chunk.enter(transaction, &known, at).await?;
            outcomes.extend(chunk.outcomes(transaction).await?);
        }
        if repeated > 0 {
            transaction.append(&entry(
                import,
                at,
                Action::RecordsRead,
                format!("purpose=repeated-record count={repeated}"),
            ));
        }
        Ok(ImportOutcome::Done(outcomes))
    }
}

/// Some records with their indexes.
struct Chunk<'a> {
    import: &'a ImportRecords,
    records: Vec<(Index, &'a MinistryRecord)>,
}

type KeptRow = (Vec<u8>, Option<String>, Option<i64>, Vec<u8>);
type MatchRow = (Vec<u8>, i64, i64, Vec<u8>);

/// A record as it is kept.
struct Kept {
    record: MinistryRecord,
    unmatched: Option<Unmatched>,
    matched_at: Option<Timestamp>,
}

impl<'a> Chunk<'a> {
    fn new(transaction: &Transaction, import: &'a ImportRecords, records: &'a [MinistryRecord]) -> Self {
        let (organization, region) = (import.organization.as_str(), import.region.as_str());
        let index = |it: &MinistryRecord| transaction.sealer.index_record(organization, region, &it.number);
        Self { import, records: records.iter().map(|it| (index(it), it)).collect() }
    }

    /// Those of the records that are there already, whatever they say.
    async fn kept(&self, transaction: &mut Transaction) -> Result<HashMap<Index, Kept>, StoreError> {
        let mut rows = Rows::new(&FIND_RECORDS, transaction.backend());
        for (index, _) in &self.records {
            rows.bytes(index.as_slice());
        }
        let found: Vec<KeptRow> = transaction.tx.fetch(rows).await?;
        let open = |(index, unmatched, matched_at, sealed): KeptRow| {
            const BROKEN: StoreError = StoreError::Corrupt("record");
            let record = transaction.sealer.open_json(Place::SuspectRecord, &index, sealed)?;
            let unmatched = unmatched.map(|code| Unmatched::from_code(&code).ok_or(BROKEN)).transpose()?;
            let matched_at = matched_at.map(codec::timestamp).transpose()?;
            Ok((Index::try_from(index).map_err(|_| BROKEN)?, Kept { record, unmatched, matched_at }))
        };
        found.into_iter().map(open).collect()
    }

    /// Enters the records that are new: of two with one number, the first.
    async fn enter(
        &self,
        transaction: &mut Transaction,
        kept: &HashMap<Index, Kept>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut seen = BTreeSet::new();
        let is_new = |(index, _): &&(Index, &MinistryRecord)| !kept.contains_key(index) && seen.insert(*index);
        let new: Vec<(Index, &MinistryRecord)> = self.records.iter().filter(is_new).copied().collect();
        let mut known = Known::default();
        let (backend, region) = (transaction.backend(), self.import.region);
        let sought: Vec<_> = new.iter().map(|(_, record)| Sought { record, sent_to: region }).collect();
        let matches = matching::find(transaction, &mut known, &self.import.groups, &sought).await?;
        let stands = matching::stands(&sought, &matches);
        let raised = matching::raise(transaction, &known, &stands, (&self.import.actor, at)).await?;
        let (mut rows, mut links) = (Rows::new(&ENTER_RECORDS, backend), matching::no_links(backend));
        let mut waiting = Vec::new();
        for ((index, record), matches) in new.iter().zip(matches) {
            let unmatched = matches.as_ref().err().copied();
            waiting.extend(unmatched.map(|_| (*index, *record)));
            let suspects = matching::linked(&raised, record, &matches.unwrap_or_default());
            rows.bytes(index.as_slice())
                .integer(transaction.next_sequence())
                .text(record.kind.code())
                .text(region.as_str())
                .text(region.city().as_str())
                .text(region.province().as_str())
                .text(unmatched.map(Unmatched::code))
                .integer(at.as_millisecond())
                .bytes(transaction.sealer.seal_json(Place::SuspectRecord, index, record)?.as_slice());
            matching::link(&mut links, *index, &suspects);
            let found = unmatched
                .map_or_else(|| format!("suspects={}", suspects.len()), |it| format!("unmatched={}", it.code()));
            let detail = format!("kind={} {found}", record.kind.code());
            transaction.append(&entry(self.import, at, Action::RecordReceived, detail));
        }
        transaction.tx.execute(rows).await?;
        transaction.tx.execute(links).await?;
        retry::wait(transaction, &waiting).await
    }

    /// What each record came to, now that all are there.
    async fn outcomes(&self, transaction: &mut Transaction) -> Result<Vec<RecordOutcome>, StoreError> {
        let mut rows = Rows::new(&FIND_MATCHES, transaction.backend());
        for index in self.records.iter().map(|(index, _)| *index).collect::<BTreeSet<_>>() {
            rows.bytes(index.as_slice());
        }
        let found: Vec<MatchRow> = transaction.tx.fetch(rows).await?;
        let mut suspects: HashMap<Vec<u8>, RecordOutcome> = HashMap::new();
        for (index, _, judged, suspect) in found {
            let suspect = SuspectId(codec::uuid(&suspect)?);
            let outcome = suspects.entry(index).or_default();
            if !outcome.suspects.contains(&suspect) {
                outcome.suspects.push(suspect);
            }
            if judged == 1 {
                outcome.judged.push(suspect);
            }
        }
        let kept = self.kept(transaction).await?;
        let outcome = |(index, record): &(Index, &MinistryRecord)| {
            let kept = kept.get(index).ok_or(StoreError::Corrupt("record"))?;
            if kept.record != **record {
                return Ok(RecordOutcome { unmatched: Some(Unmatched::AlreadySent), ..RecordOutcome::default() });
            }
            let found = suspects.get(index.as_slice()).cloned().unwrap_or_default();
            Ok(RecordOutcome { unmatched: kept.unmatched, matched_at: kept.matched_at, ..found })
        };
        self.records.iter().map(outcome).collect()
    }
}

fn entry(import: &ImportRecords, at: Timestamp, action: Action, mut detail: String) -> Entry {
    if let Some(person) = &import.person {
        detail.push_str(" person=");
        detail.push_str(person.as_str());
    }
    let (actor, subject, region) = (import.actor.0.clone(), Subject::Records, import.region);
    Entry { at, actor, action, subject, region, state: None, version: None, detail }
}
