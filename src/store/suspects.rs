//! Suspects: opened in the transaction that saw the reason, and read in the order in which they were opened.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

use super::StoreError;
use super::bulk::Rows;
use super::claims;
use super::codec::{self, unit_column};
use super::desk;
use super::desk::tally::Tallies;
use super::desk::weigh::readable;
use super::pool::{Backend, Pool, on_pool, on_tx};
use super::record::{Actor, SuspectRecord};
use super::seal::{Place, Sealer};
use super::slots::Collision;
use super::sql::{bulk_statements, statements};
use super::suspect_blob::{self, Side};
use super::transaction::Transaction;
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::claim::{self, Claim, ClaimId};
use crate::domain::identity::Region;
use crate::domain::suspect::{SlotContender, SuspectClaim, SuspectId, SuspectRule, SuspectState, rule_of_collision};

/// A suspect in two columns, because each one more costs a pull of hundreds of thousands dearly: what is plain as one text, and what is
/// sealed. The claims' present states come from the index that leads with their city; its own state is the scope's.
macro_rules! suspects_from {
    ($from:literal, $condition:literal) => {
        concat!(
            "SELECT suspect.sequence || ',' || suspect.rule || ',' || suspect.opened_at || ','
                || scope.state || ',' || second.state || ',' || COALESCE(first.state, ''), suspect.sealed
             FROM ",
            $from,
            " CROSS JOIN claim AS second
             LEFT JOIN claim AS first ON first.city = suspect.first_city
                AND first.claim_id >= suspect.first_claim AND first.claim_id <= suspect.first_claim
             WHERE second.city = suspect.second_city
                AND second.claim_id >= suspect.second_claim AND second.claim_id <= suspect.second_claim AND ",
            $condition
        )
    };
}

statements! {
    SUSPECTS_AFTER = suspects_from!(
        "suspect_scope AS scope CROSS JOIN suspect",
        "suspect.sequence = scope.sequence AND scope.scope = $1 AND scope.sequence > $2
         ORDER BY scope.sequence LIMIT $3");
    /// With all of its key: SQLite would walk a covering index of the scope instead.
    ONE_SUSPECT = suspects_from!(
        "suspect CROSS JOIN suspect_scope AS scope",
        "suspect.suspect_id = $1 AND scope.scope = '000000' AND scope.sequence = suspect.sequence
         AND scope.rule = suspect.rule");
}

bulk_statements! {
    ENTER_SUSPECTS(
        sequence: Integer, suspect_id: Bytes, rule: Text, state: Text, opened_at: Integer, first_claim: Bytes,
        second_claim: Bytes, first_city: Text, second_city: Text, unit: Integer, sealed: Bytes,
    ) = "INSERT INTO suspect ({columns}) SELECT {columns} FROM {input}";
    ENTER_SCOPES(scope: Text, sequence: Integer, rule: Text) =
        "INSERT INTO suspect_scope ({columns}) SELECT {columns} FROM {input}";
    SUSPECTS_SEEN(scope: Text, sequence: Integer) = suspects_from!(
        "{input} CROSS JOIN suspect_scope AS scope CROSS JOIN suspect",
        "scope.scope = input.scope AND scope.sequence = input.sequence AND suspect.sequence = scope.sequence");
    /// As the ministry sees them.
    SUSPECTS_NAMED(suspect_id: Bytes) = suspects_from!(
        "{input} CROSS JOIN suspect CROSS JOIN suspect_scope AS scope",
        "suspect.suspect_id = input.suspect_id AND scope.scope = '000000' AND scope.sequence = suspect.sequence");
    SUSPECTS_AT(sequence: Integer) = suspects_from!(
        "{input} CROSS JOIN suspect CROSS JOIN suspect_scope AS scope",
        "suspect.sequence = input.sequence AND scope.scope = '000000' AND scope.sequence = suspect.sequence");
    FIND_OPENED(second_claim: Bytes) = "
        SELECT suspect.second_claim, suspect.rule, suspect.first_claim, suspect.unit
        FROM {input} CROSS JOIN suspect WHERE suspect.second_claim = input.second_claim";
}

/// A reason to be suspicious, on its way to being a suspect.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub(super) rule: SuspectRule,
    pub(super) first: Option<(ClaimId, Option<usize>)>,
    pub(super) second: (ClaimId, Option<usize>),
    /// Who opens it, and when.
    pub(super) actor: Actor,
    pub(super) at: Timestamp,
}

/// Claims by name, loaded once a transaction.
#[derive(Default)]
pub(super) struct Known(HashMap<ClaimId, Arc<Claim>>);

impl Known {
    pub(super) fn add(&mut self, claim: Arc<Claim>) {
        self.0.insert(claim.claim_id, claim);
    }

    pub(super) fn get(&self, id: ClaimId) -> Result<&Arc<Claim>, StoreError> {
        self.0.get(&id).ok_or(StoreError::Corrupt("reference to a claim"))
    }

    /// Loads those that are not known yet.
    pub(super) async fn load(&mut self, transaction: &mut Transaction, ids: Vec<ClaimId>) -> Result<(), StoreError> {
        let missing: BTreeSet<ClaimId> = ids.into_iter().filter(|id| !self.0.contains_key(id)).collect();
        for (_, record) in claims::records(transaction, missing.into_iter().collect()).await? {
            self.add(Arc::new(record.claim));
        }
        Ok(())
    }
}

/// Judges a collision of known claims, which makes an opening of it.
pub(super) fn of_collision(
    known: &Known,
    collision: &Collision,
    actor: &Actor,
    at: Timestamp,
) -> Result<Opening, StoreError> {
    let Collision { kind, holder, comer } = collision;
    let (first, second) = (known.get(holder.claim_id)?, known.get(comer.claim_id)?);
    Ok(Opening {
        rule: rule_of_collision(&contender(first), &contender(second), *kind),
        first: Some((holder.claim_id, holder.unit)),
        second: (comer.claim_id, comer.unit),
        actor: actor.clone(),
        at,
    })
}

/// Judges collisions, loading the claims that are not known yet.
pub(super) async fn of_collisions(
    transaction: &mut Transaction,
    known: &mut Known,
    collisions: &[Collision],
    actor: &Actor,
    at: Timestamp,
) -> Result<Vec<Opening>, StoreError> {
    let ids = collisions.iter().flat_map(|it| [it.holder.claim_id, it.comer.claim_id]);
    known.load(transaction, ids.collect()).await?;
    collisions.iter().map(|it| of_collision(known, it, actor, at)).collect()
}

fn contender(claim: &Claim) -> SlotContender {
    let Claim { claim_id, region, received_at, .. } = *claim;
    SlotContender { claim: SuspectClaim { claim_id, region, received_at }, enterprise: claim.enterprise.clone() }
}

/// Opens suspects, each once for its claims, rule and worker. The claims must be known.
pub(super) async fn open(
    transaction: &mut Transaction,
    known: &Known,
    openings: Vec<Opening>,
) -> Result<(), StoreError> {
    if openings.is_empty() {
        return Ok(());
    }
    let mut opened = opened_before(transaction, &openings).await?;
    let backend = transaction.backend();
    let (mut rows, mut scopes) = (Rows::new(&ENTER_SUSPECTS, backend), Rows::new(&ENTER_SCOPES, backend));
    let mut tallies = Tallies::default();
    for opening in openings {
        if !opened.insert(identity(&opening)) {
            continue;
        }
        let first = opening.first.map(|(id, unit)| known.get(id).map(|claim| side(claim, unit, opening.rule)));
        let (first, second) = (first.transpose()?, known.get(opening.second.0)?);
        let second = side(second, opening.second.1, opening.rule);
        let (id, sequence) = (SuspectId(new_id(opening.at)?), transaction.take_suspect_sequence());
        let blob = suspect_blob::encode(id, first.as_ref(), &second);
        let sealed = transaction.sealer.seal(Place::Suspect, &sequence.to_be_bytes(), blob)?;
        rows.integer(sequence)
            .bytes(id.0.as_bytes().as_slice())
            .text(opening.rule.code())
            .text(SuspectState::Open.code())
            .integer(opening.at.as_millisecond())
            .bytes(first.as_ref().map(|side| side.claim_id.0.as_bytes().as_slice()))
            .bytes(second.claim_id.0.as_bytes().as_slice())
            .text(first.as_ref().map(|side| side.region.city()).as_ref().map(Region::as_str))
            .text(second.region.city().as_str())
            .integer(unit_column(opening.second.1))
            .bytes(sealed.as_slice());
        for scope in scopes_of(first.iter().chain([&second])) {
            scopes.text(scope.as_str()).integer(sequence).text(opening.rule.code());
            tallies.opened(scope, opening.rule, opening.at);
        }
        transaction.append(&Entry {
            at: opening.at,
            actor: opening.actor.0,
            action: Action::SuspectOpened,
            subject: Subject::Suspect(id.0),
            region: second.region,
            state: Some(SuspectState::Open.code()),
            version: Some(claims::FIRST_VERSION),
            detail: opening.rule.code().to_owned(),
        });
    }
    transaction.tx.execute(rows).await?;
    transaction.tx.execute(scopes).await?;
    tallies.save(transaction).await
}

/// What makes a suspect the same one.
type Identity = (ClaimId, &'static str, Option<ClaimId>, Option<usize>);

fn identity(opening: &Opening) -> Identity {
    (opening.second.0, opening.rule.code(), opening.first.map(|(id, _)| id), opening.second.1)
}

type OpenedRow = (Vec<u8>, String, Option<Vec<u8>>, i64);

async fn opened_before(transaction: &mut Transaction, openings: &[Opening]) -> Result<HashSet<Identity>, StoreError> {
    let mut rows = Rows::new(&FIND_OPENED, transaction.backend());
    for second in openings.iter().map(|it| it.second.0).collect::<BTreeSet<_>>() {
        rows.bytes(second.0.as_bytes().as_slice());
    }
    let found: Vec<OpenedRow> = transaction.tx.fetch(rows).await?;
    let identify = |(second, rule, first, unit): OpenedRow| {
        let first = first.map(|id| codec::claim_id(&id)).transpose()?;
        Ok((codec::claim_id(&second)?, self::rule(&rule)?.code(), first, codec::unit(unit)))
    };
    found.into_iter().map(identify).collect()
}

/// Every place that may see a suspect.
fn scopes_of<'a>(sides: impl Iterator<Item = &'a Side>) -> BTreeSet<Region> {
    sides.flat_map(|side| [side.region, side.region.city(), side.region.province(), Region::MINISTRY]).collect()
}

fn side(claim: &Claim, unit: Option<usize>, rule: SuspectRule) -> Side {
    let person = match (&claim.subject, unit) {
        (claim::Subject::Graduate(graduate), _) if rule.is_about_a_person() => Some(&graduate.person),
        (claim::Subject::Graduate(_), _) => None,
        (claim::Subject::Workforce(workforce), Some(index)) => workforce.roster.get(index).map(|it| &it.person),
        (claim::Subject::Workforce(_), None) => None,
    };
    Side {
        claim_id: claim.claim_id,
        region: claim.region,
        received_at: claim.received_at,
        enterprise: claim.enterprise.clone(),
        enterprise_name: claim.enterprise_name.clone(),
        person: person.map(suspect_blob::mask),
    }
}

/// A UUID version 7 of the instant.
pub(super) fn new_id(at: Timestamp) -> Result<Uuid, StoreError> {
    let mut random = [0; 10];
    SystemRandom::new().fill(&mut random).map_err(|_| StoreError::Unavailable("no randomness"))?;
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or(0);
    Ok(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
}

fn rule(code: &str) -> Result<SuspectRule, StoreError> {
    SuspectRule::from_code(code).ok_or(StoreError::Corrupt("rule"))
}

/// What is plain of a suspect, and what is sealed.
type SuspectRow = (String, Vec<u8>);

fn unseal((plain, mut sealed): SuspectRow, sealer: &Sealer) -> Result<SuspectRecord, StoreError> {
    let broken = || StoreError::Corrupt("suspect");
    let mut plain = plain.split(',');
    let mut next = || plain.next().ok_or_else(broken);
    let sequence: i64 = next()?.parse().map_err(|_| broken())?;
    let rule = rule(next()?)?;
    let opened_at = codec::timestamp(next()?.parse().map_err(|_| broken())?)?;
    let state = SuspectState::from_code(next()?).ok_or_else(broken)?;
    let second_state = codec::state(next()?)?;
    let first_state = next()?;
    let blob = sealer.open(Place::Suspect, &sequence.to_be_bytes(), &mut sealed)?;
    let (suspect_id, first, second) = suspect_blob::decode(blob)?;
    let first = match first {
        Some(side) => Some(side.at_state(codec::state(first_state)?)),
        None => None,
    };
    let second = second.at_state(second_state);
    let (desks, stake) = (Vec::new(), None);
    Ok(SuspectRecord { sequence, suspect_id, rule, state, opened_at, first, second, desks, stake })
}

/// Opens rows while the database reads on.
async fn unseal_all(
    mut rows: impl futures::Stream<Item = Result<SuspectRow, sqlx::Error>> + Unpin,
    sealer: &Sealer,
) -> Result<Vec<SuspectRecord>, StoreError> {
    let mut records = Vec::new();
    while let Some(row) = futures::TryStreamExt::try_next(&mut rows).await? {
        records.push(unseal(row, sealer)?);
    }
    Ok(records)
}

/// The most suspects read at once: a page of half a second's pull, some 5 MB.
const SUSPECTS_MAX: u32 = 10_000;

pub(super) async fn after(
    readers: &Pool,
    sealer: &Sealer,
    (sequence, within): (i64, Region),
    limit: u32,
) -> Result<Vec<SuspectRecord>, StoreError> {
    let limit = i64::from(limit.min(SUSPECTS_MAX));
    let records = on_pool!(readers, pool => {
        let rows = sqlx::query_as(SUSPECTS_AFTER).bind(within.as_str()).bind(sequence).bind(limit).fetch(pool);
        unseal_all(rows, sealer).await
    })?;
    desk::attach(readers, records).await
}

/// Suspects as a scope sees them, in no order; those that it does not see are left out.
pub(super) async fn seen(
    readers: &Pool,
    sealer: &Sealer,
    within: Region,
    sequences: &[i64],
) -> Result<Vec<SuspectRecord>, StoreError> {
    let mut rows = Rows::new(&SUSPECTS_SEEN, readers.backend());
    for sequence in sequences {
        rows.text(within.as_str()).integer(*sequence);
    }
    let found: Vec<SuspectRow> = readers.fetch(rows).await?;
    let records = found.into_iter().map(|row| unseal(row, sealer)).collect::<Result<_, _>>()?;
    desk::attach(readers, records).await
}

pub(super) async fn one(readers: &Pool, sealer: &Sealer, id: SuspectId) -> Result<Option<SuspectRecord>, StoreError> {
    let row = on_pool!(readers, pool => {
        sqlx::query_as(ONE_SUSPECT).bind(id.0.as_bytes().as_slice()).fetch_optional(pool).await
    })?;
    let record = row.map(|row| unseal(row, sealer)).transpose()?;
    Ok(desk::attach(readers, record.into_iter().collect()).await?.pop())
}

/// One suspect as it stands within the transaction.
pub(super) async fn find(transaction: &mut Transaction, id: SuspectId) -> Result<Option<SuspectRecord>, StoreError> {
    let row: Option<SuspectRow> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(ONE_SUSPECT).bind(id.0.as_bytes().as_slice()).fetch_optional(connection).await
    })?;
    let record = row.map(|row| unseal(row, &transaction.sealer)).transpose()?;
    Ok(desk::attach_within(transaction, record.into_iter().collect()).await?.pop())
}

/// Suspects as they stand within the transaction, in no order; those that are not there are left out.
pub(super) async fn named(transaction: &mut Transaction, ids: &[SuspectId]) -> Result<Vec<SuspectRecord>, StoreError> {
    let mut rows = Rows::new(&SUSPECTS_NAMED, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<SuspectRow> = transaction.tx.fetch(rows).await?;
    let records = found.into_iter().map(|row| unseal(row, &transaction.sealer)).collect::<Result<_, _>>()?;
    desk::attach_within(transaction, records).await
}

/// The same by their place in the order of suspects, as far as they can be read; the places of the others come second.
pub(super) async fn readable_at(
    transaction: &mut Transaction,
    sequences: &[i64],
) -> Result<(Vec<SuspectRecord>, BTreeSet<i64>), StoreError> {
    let found: Vec<SuspectRow> = transaction.tx.fetch(rows_at(sequences, transaction.backend())).await?;
    let mut records = Vec::with_capacity(found.len());
    for row in found {
        records.extend(readable(unseal(row, &transaction.sealer))?);
    }
    let (records, _) = desk::attach_readable(transaction, records).await?;
    let mut unreadable: BTreeSet<i64> = sequences.iter().copied().collect();
    for record in &records {
        unreadable.remove(&record.sequence);
    }
    Ok((records, unreadable))
}

/// The same as they were last committed.
pub(super) async fn at(readers: &Pool, sealer: &Sealer, sequences: &[i64]) -> Result<Vec<SuspectRecord>, StoreError> {
    let found: Vec<SuspectRow> = readers.fetch(rows_at(sequences, readers.backend())).await?;
    let records = found.into_iter().map(|row| unseal(row, sealer)).collect::<Result<_, _>>()?;
    desk::attach(readers, records).await
}

fn rows_at(sequences: &[i64], backend: Backend) -> Rows {
    let mut rows = Rows::new(&SUSPECTS_AT, backend);
    for sequence in sequences {
        rows.integer(*sequence);
    }
    rows
}
