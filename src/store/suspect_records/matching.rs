//! Which claims a record is about, found by the keys of slots, and the suspects that stand for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::claim::{Claim, ClaimId};
use crate::domain::identity::Region;
use crate::domain::slot::OnceKey;
use crate::domain::suspect::record::{Candidate, MinistryRecord, RecordSubject, Unmatched};
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::codec::{self, unit_column};
use crate::store::pool::Backend;
use crate::store::record::Actor;
use crate::store::record::suspect_records::SlotGroups;
use crate::store::seal::{Index, Sealer};
use crate::store::sql::bulk_statements;
use crate::store::suspects::{self, Known, Opening};
use crate::store::transaction::Transaction;

bulk_statements! {
    /// Claims that hold a slot or wait for it, in the order in which they came.
    FIND_LIVE(place: Integer, exclusion_group: Text, key_index: Bytes) = "
        SELECT input.place, slot.claim_id, slot.unit, slot.received_sequence
        FROM {input} CROSS JOIN slot
        WHERE slot.exclusion_group = input.exclusion_group AND slot.key_index = input.key_index
        UNION ALL
        SELECT input.place, waiting.claim_id, waiting.unit, waiting.received_sequence
        FROM {input} CROSS JOIN slot_waiting AS waiting
        WHERE waiting.exclusion_group = input.exclusion_group AND waiting.key_index = input.key_index
        ORDER BY 1, 4, 2, 3";
    /// Claims that are over, newest first: their names tell when they came.
    FIND_PAST(place: Integer, key_index: Bytes) = "
        SELECT input.place, past.claim_id, past.unit
        FROM {input} CROSS JOIN slot_past AS past WHERE past.key_index = input.key_index
        ORDER BY 1, 2 DESC, 3";
    /// Suspects that a claim is in under a rule, as its province sees them.
    FIND_RAISED(claim_id: Bytes, rule: Text, scope: Text) = "
        SELECT input.claim_id, suspect.rule, suspect.sequence, suspect.unit, CAST(1 AS BIGINT) AS is_second, scope.state
        FROM {input} CROSS JOIN suspect CROSS JOIN suspect_scope AS scope
        WHERE suspect.second_claim = input.claim_id AND suspect.rule = input.rule
            AND scope.scope = input.scope AND scope.sequence = suspect.sequence AND scope.rule = suspect.rule
        UNION
        SELECT input.claim_id, suspect.rule, suspect.sequence, suspect.unit, CAST(0 AS BIGINT) AS is_second, scope.state
        FROM {input} CROSS JOIN suspect CROSS JOIN suspect_scope AS scope
        WHERE suspect.first_claim = input.claim_id AND suspect.rule = input.rule
            AND scope.scope = input.scope AND scope.sequence = suspect.sequence AND scope.rule = suspect.rule";
    ENTER_MATCHES(record_index: Bytes, suspect_sequence: Integer, claim_id: Bytes, judged: Integer) = "
        INSERT INTO suspect_record_match ({columns}) SELECT {columns} FROM {input}";
}

/// A record is followed to so many claims, the earliest. More than this name one person only where somebody is trying something, and
/// then the suspects of the first say it.
const CLAIMS_OF_RECORD_MAX: usize = 20;

/// A claim that a record fits, as a whole or by one worker.
pub(super) type Match = (ClaimId, Option<usize>);

/// A suspect that stands for a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Raised {
    pub(super) sequence: i64,
    pub(super) claim_id: ClaimId,
    pub(super) was_judged: bool,
}

/// A record with the place that it was sent to.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) record: &'a MinistryRecord,
    pub(super) sent_to: Region,
}

/// The key of slots that a record's person or enterprise has.
pub(super) fn key_of(sealer: &Sealer, record: &MinistryRecord) -> Index {
    sealer.index_once_key(&match &record.about {
        RecordSubject::Person { resident_id, .. } => OnceKey::Person(resident_id.clone()),
        RecordSubject::Enterprise(uscc) => OnceKey::Enterprise(uscc.clone()),
    })
}

/// Finds the claims of some records, in their order; the claims matched are known afterwards.
pub(super) async fn find(
    transaction: &mut Transaction,
    known: &mut Known,
    groups: &SlotGroups,
    records: &[Sought<'_>],
) -> Result<Vec<Result<Vec<Match>, Unmatched>>, StoreError> {
    let backend = transaction.backend();
    let (mut live, mut past) = (Rows::new(&FIND_LIVE, backend), Rows::new(&FIND_PAST, backend));
    for (place, Sought { record, .. }) in (0..).zip(records) {
        let groups = match &record.about {
            RecordSubject::Person { .. } => &groups.person,
            RecordSubject::Enterprise(_) => &groups.enterprise,
        };
        let index = key_of(&transaction.sealer, record);
        for group in groups {
            live.integer(place).text(group.as_str()).bytes(index.as_slice());
        }
        past.integer(place).bytes(index.as_slice());
    }
    let live: Vec<(i64, Vec<u8>, i64, i64)> = transaction.tx.fetch(live).await?;
    let past: Vec<(i64, Vec<u8>, i64)> = transaction.tx.fetch(past).await?;
    let live = by_record(live.into_iter().map(|(place, claim, unit, _)| (place, claim, unit)))?;
    let past = by_record(past.into_iter())?;
    let named = live.values().chain(past.values()).flatten().map(|(id, _)| *id);
    known.load(transaction, named.collect()).await?;
    let mut matches = Vec::with_capacity(records.len());
    for (place, Sought { record, sent_to }) in (0..).zip(records) {
        let (live, past) = (candidates(known, live.get(&place))?, candidates(known, past.get(&place))?);
        matches.push(record.matches(*sent_to, &borrowed(&live), &borrowed(&past)));
    }
    Ok(matches)
}

/// Claims with the workers that are meant.
type Claims = Vec<(Arc<Claim>, Option<usize>)>;

fn candidates(known: &Known, found: Option<&Vec<Match>>) -> Result<Claims, StoreError> {
    let found = found.map(Vec::as_slice).unwrap_or_default();
    found.iter().map(|(id, unit)| Ok((Arc::clone(known.get(*id)?), *unit))).collect()
}

fn borrowed(candidates: &[(Arc<Claim>, Option<usize>)]) -> Vec<Candidate<'_>> {
    candidates.iter().map(|(claim, unit)| Candidate { claim, unit: *unit }).collect()
}

/// What was found by the place of the record, so many of each. A claim that names a person twice is there once.
fn by_record(rows: impl Iterator<Item = (i64, Vec<u8>, i64)>) -> Result<HashMap<i64, Vec<Match>>, StoreError> {
    let mut found: HashMap<i64, Vec<Match>> = HashMap::new();
    for (place, claim, unit) in rows {
        let claim = codec::claim_id(&claim)?;
        let matches = found.entry(place).or_default();
        if matches.len() < CLAIMS_OF_RECORD_MAX && matches.iter().all(|(id, _)| *id != claim) {
            matches.push((claim, codec::unit(unit)));
        }
    }
    Ok(found)
}

/// What is to be raised for the matches of records.
pub(super) fn stands(records: &[Sought<'_>], matches: &[Result<Vec<Match>, Unmatched>]) -> BTreeSet<Stand> {
    let of = |(sought, matches): (&Sought<'_>, &Result<Vec<Match>, Unmatched>)| {
        let rule = sought.record.rule();
        matches.iter().flatten().map(|(claim, unit)| (*claim, *unit, rule)).collect::<Vec<_>>()
    };
    records.iter().zip(matches).flat_map(of).collect()
}

/// The suspects that a record's matches stand for, each once for a claim.
pub(super) fn linked(
    raised: &BTreeMap<Stand, Vec<Raised>>,
    record: &MinistryRecord,
    matches: &[Match],
) -> BTreeSet<Raised> {
    let rule = record.rule();
    matches.iter().filter_map(|(claim, unit)| raised.get(&(*claim, *unit, rule))).flatten().copied().collect()
}

/// Links to be entered.
pub(super) fn no_links(backend: Backend) -> Rows {
    Rows::new(&ENTER_MATCHES, backend)
}

/// Adds those of a record.
pub(super) fn link(links: &mut Rows, record: Index, suspects: &BTreeSet<Raised>) {
    for it in suspects {
        links
            .bytes(record.as_slice())
            .integer(it.sequence)
            .bytes(it.claim_id.0.as_bytes().as_slice())
            .integer(i64::from(it.was_judged));
    }
}

/// What a suspect stands for: a claim, or one of its workers, under a rule.
pub(super) type Stand = (ClaimId, Option<usize>, SuspectRule);

/// The suspects of matches under their rules: opened now where there are none yet.
pub(super) async fn raise(
    transaction: &mut Transaction,
    known: &Known,
    stands: &BTreeSet<Stand>,
    (actor, at): (&Actor, Timestamp),
) -> Result<BTreeMap<Stand, Vec<Raised>>, StoreError> {
    let mut raised = find_raised(transaction, known, stands).await?;
    let missing: BTreeSet<Stand> = stands.iter().filter(|stand| !raised.contains_key(stand)).copied().collect();
    let opening = |(claim, unit, rule): &Stand| Opening {
        rule: *rule,
        first: None,
        second: (*claim, *unit),
        actor: actor.clone(),
        at,
    };
    suspects::open(transaction, known, missing.iter().map(opening).collect()).await?;
    raised.extend(find_raised(transaction, known, &missing).await?);
    Ok(raised)
}

type RaisedRow = (Vec<u8>, String, i64, i64, i64, String);

async fn find_raised(
    transaction: &mut Transaction,
    known: &Known,
    stands: &BTreeSet<Stand>,
) -> Result<BTreeMap<Stand, Vec<Raised>>, StoreError> {
    let mut rows = Rows::new(&FIND_RAISED, transaction.backend());
    let asked: BTreeSet<(ClaimId, SuspectRule)> = stands.iter().map(|(claim, _, rule)| (*claim, *rule)).collect();
    for (claim_id, rule) in asked {
        let province = known.get(claim_id)?.region.province();
        rows.bytes(claim_id.0.as_bytes().as_slice()).text(rule.code()).text(province.as_str());
    }
    let found: Vec<RaisedRow> = transaction.tx.fetch(rows).await?;
    let mut raised: BTreeMap<Stand, Vec<Raised>> = BTreeMap::new();
    for (claim, rule, sequence, unit, is_second, state) in found {
        let claim_id = codec::claim_id(&claim)?;
        let rule = SuspectRule::from_code(&rule).ok_or(StoreError::Corrupt("rule"))?;
        let state = SuspectState::from_code(&state).ok_or(StoreError::Corrupt("suspect"))?;
        let it = Raised { sequence, claim_id, was_judged: state.is_closed() };
        for stand in stands.iter().filter(|(id, _, of)| *id == claim_id && *of == rule) {
            // The worker of a suspect is the second claim's. Of the first it says none.
            let fits = if is_second == 1 { unit_column(stand.1) == unit } else { stand.1.is_none() };
            if fits {
                raised.entry(*stand).or_default().push(it);
            }
        }
    }
    raised.values_mut().for_each(|of| of.sort_unstable());
    Ok(raised)
}
