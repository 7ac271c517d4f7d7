//! Claims: how they are kept, how their state moves, and how they are leased to whoever assesses them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::StoreError;
use super::bulk::Rows;
use super::codec;
use super::pool::{Pool, on_pool, on_tx};
use super::record::{Actor, ClaimRecord, Decision};
use super::seal::{Index, Place, Sealer};
use super::sql::{bulk_statements, statements};
use super::transaction::Transaction;
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::claim::{self, Claim, ClaimId, ClaimState};
use crate::domain::identity::Region;

statements! {
    /// Moves the next attempt in the statement that finds it, so that no two callers get one claim.
    LEASE_CLAIMS = "
        UPDATE claim SET next_attempt_at = $1, attempts = attempts + 1
        WHERE claim_id IN (
            SELECT claim_id FROM claim WHERE next_attempt_at <= $2 AND state = 'assessing'
            ORDER BY next_attempt_at LIMIT $3)
        RETURNING claim_id, state, version, changed_at, due_on, attempts, subsidy,
            (SELECT decision FROM claim_content AS content WHERE content.claim_id = claim.claim_id) AS decision,
            (SELECT sealed FROM claim_content AS content WHERE content.claim_id = claim.claim_id) AS sealed";
    NEXT_DUE = "SELECT MIN(next_attempt_at) FROM claim WHERE next_attempt_at IS NOT NULL";
    COUNT_BY_STATE = "SELECT state, COUNT(*) FROM claim WHERE region LIKE $1 GROUP BY state";
}

bulk_statements! {
    ENTER_CLAIMS(
        claim_id: Bytes, state: Text, next_attempt_at: Integer, region: Text, city: Text, province: Text,
        enterprise: Text, subsidy: Text, sheet_id: Text, sheet_version: Integer, received_sequence: Integer,
        received_at: Integer, due_on: Text, person_index: Bytes, account_index: Bytes, phone_index: Bytes,
    ) = "
        INSERT INTO claim ({columns}, version, attempts, changed_at) SELECT {columns}, 1, 0, received_at FROM {input}";
    ENTER_CONTENTS(claim_id: Bytes, decision: Bytes, sealed: Bytes) =
        "INSERT INTO claim_content ({columns}) SELECT {columns} FROM {input}";
    CHANGE_CLAIMS(claim_id: Bytes, version: Integer, state: Text, next_attempt_at: Integer, changed_at: Integer) = "
        UPDATE claim SET
            state = input.state, version = claim.version + 1, next_attempt_at = input.next_attempt_at, attempts = 0,
            changed_at = input.changed_at
        FROM {input}
        WHERE claim.claim_id = input.claim_id AND claim.version = input.version";
    KEEP_DECISIONS(claim_id: Bytes, decision: Bytes) = "
        UPDATE claim_content SET decision = input.decision
        FROM {input} WHERE claim_content.claim_id = input.claim_id";
    /// What was approved is no longer what there is (I9).
    VOID_APPROVALS(claim_id: Bytes) = "
        DELETE FROM approval WHERE claim_id IN (SELECT input.claim_id FROM {input})";
    FIND_STANDINGS(claim_id: Bytes) = "
        SELECT claim.claim_id, claim.state, claim.version, claim.region, claim.received_sequence, content.decision
        FROM {input} CROSS JOIN claim CROSS JOIN claim_content AS content
        WHERE claim.claim_id = input.claim_id AND content.claim_id = claim.claim_id";
    FIND_CLAIMS(claim_id: Bytes) = "
        SELECT claim.claim_id, claim.state, claim.version, claim.changed_at, claim.due_on, content.decision,
            content.sealed
        FROM {input} CROSS JOIN claim CROSS JOIN claim_content AS content
        WHERE claim.claim_id = input.claim_id AND content.claim_id = claim.claim_id";
}

/// A claim's row, still sealed.
#[derive(sqlx::FromRow)]
pub(super) struct ClaimRow {
    pub(super) claim_id: Vec<u8>,
    pub(super) state: String,
    pub(super) version: i64,
    pub(super) changed_at: i64,
    pub(super) due_on: Option<String>,
    pub(super) decision: Option<Vec<u8>>,
    pub(super) sealed: Vec<u8>,
}

impl ClaimRow {
    pub(super) fn open(self, sealer: &Sealer) -> Result<ClaimRecord, StoreError> {
        let decision = self.decision.map(|sealed| sealer.open_json(Place::ClaimDecision, &self.claim_id, sealed));
        Ok(ClaimRecord {
            claim: sealer.open_json(Place::Claim, &self.claim_id, self.sealed)?,
            state: codec::state(&self.state)?,
            version: self.version,
            decision: decision.transpose()?,
            changed_at: codec::timestamp(self.changed_at)?,
            due_on: self.due_on.as_deref().map(codec::date).transpose()?,
        })
    }
}

/// A leased claim, still sealed.
#[derive(sqlx::FromRow)]
pub(super) struct LeasedRow {
    #[sqlx(flatten)]
    pub(super) claim: ClaimRow,
    pub(super) attempts: i64,
    subsidy: String,
}

impl LeasedRow {
    pub(super) fn claim_id(&self) -> &[u8] {
        &self.claim.claim_id
    }

    /// Whether it may have a roster.
    pub(super) fn is_workforce(&self) -> bool {
        self.subsidy == codec::subsidy_code(claim::SubsidyKind::RetentionTraining)
    }
}

/// A claim on its way into its table: everything that could be done beforehand is done.
pub(super) struct NewClaim<'a> {
    pub(super) claim: &'a Claim,
    pub(super) state: ClaimState,
    pub(super) decision: Option<Vec<u8>>,
    pub(super) sheet_version: u32,
    pub(super) due_on: Option<&'a str>,
    pub(super) received_sequence: i64,
    pub(super) indexes: &'a ClaimIndexes,
    pub(super) sealed: &'a [u8],
}

/// What a claim can be looked up by without being opened.
pub(super) struct ClaimIndexes {
    pub(super) person: Option<Index>,
    pub(super) account: Option<Index>,
    pub(super) phone: Option<Index>,
}

impl ClaimIndexes {
    pub(super) fn of(claim: &Claim, sealer: &Sealer) -> Self {
        let person = match &claim.subject {
            claim::Subject::Graduate(graduate) => Some(&graduate.person),
            claim::Subject::Workforce(_) => None,
        };
        Self {
            person: person.map(|person| sealer.index_person(person.resident_id.as_str())),
            account: claim.account.as_ref().map(|account| sealer.index_account(account.as_str())),
            phone: person.and_then(|person| person.phone.as_ref()).map(|phone| sealer.index_phone(phone.as_str())),
        }
    }
}

pub(super) async fn enter(transaction: &mut Transaction, claims: Vec<NewClaim<'_>>) -> Result<(), StoreError> {
    let mut rows = Rows::new(&ENTER_CLAIMS, transaction.backend());
    let mut contents = Rows::new(&ENTER_CONTENTS, transaction.backend());
    for NewClaim { claim, state, decision, sheet_version, due_on, received_sequence, indexes, sealed } in claims {
        let received_at = claim.received_at.as_millisecond();
        rows.bytes(claim.claim_id.0.as_bytes().as_slice())
            .text(state.code())
            .integer((state == ClaimState::Assessing).then_some(received_at))
            .text(claim.region.as_str())
            .text(claim.region.city().as_str())
            .text(claim.region.province().as_str())
            .text(claim.enterprise.as_str())
            .text(codec::subsidy_code(claim.subject.subsidy()))
            .text(claim.sheet_id.as_str())
            .integer(i64::from(sheet_version))
            .integer(received_sequence)
            .integer(received_at)
            .text(due_on)
            .bytes(indexes.person.as_ref().map(Index::as_slice))
            .bytes(indexes.account.as_ref().map(Index::as_slice))
            .bytes(indexes.phone.as_ref().map(Index::as_slice));
        contents.bytes(claim.claim_id.0.as_bytes().as_slice()).bytes(decision.as_deref()).bytes(sealed);
    }
    transaction.tx.execute(rows).await?;
    transaction.tx.execute(contents).await.map(drop)
}

/// The version of a claim as it was received.
pub(super) const FIRST_VERSION: i64 = 1;

/// Where a claim stands, without what it says.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) claim_id: ClaimId,
    pub(super) state: ClaimState,
    pub(super) version: i64,
    pub(super) region: Region,
    pub(super) received_sequence: i64,
    /// The present decision, sealed.
    pub(super) decision: Option<Vec<u8>>,
}

type StandingRow = (Vec<u8>, String, i64, String, i64, Option<Vec<u8>>);

pub(super) async fn standings(
    transaction: &mut Transaction,
    ids: Vec<ClaimId>,
) -> Result<HashMap<ClaimId, Standing>, StoreError> {
    let mut rows = Rows::new(&FIND_STANDINGS, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<StandingRow> = transaction.tx.fetch(rows).await?;
    let open = |(claim_id, state, version, region, received_sequence, decision): StandingRow| {
        let claim_id = codec::claim_id(&claim_id)?;
        let (state, region) = (codec::state(&state)?, codec::region(&region)?);
        Ok((claim_id, Standing { claim_id, state, version, region, received_sequence, decision }))
    };
    found.into_iter().map(open).collect()
}

/// Claims as they stand within the transaction.
pub(super) async fn records(
    transaction: &mut Transaction,
    ids: Vec<ClaimId>,
) -> Result<HashMap<ClaimId, ClaimRecord>, StoreError> {
    let mut rows = Rows::new(&FIND_CLAIMS, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<ClaimRow> = transaction.tx.fetch(rows).await?;
    let sealer = Arc::clone(&transaction.sealer);
    found.into_iter().map(|row| row.open(&sealer).map(|record| (record.claim.claim_id, record))).collect()
}

/// A move of a claim from the version it was seen at.
pub(super) struct Change {
    pub(super) claim_id: ClaimId,
    pub(super) region: Region,
    pub(super) version: i64,
    pub(super) state: ClaimState,
    pub(super) decision: Option<Vec<u8>>,
    pub(super) next_attempt_at: Option<i64>,
    pub(super) action: Action,
    pub(super) detail: String,
}

/// Moves claims, and writes each move down. All or none: a claim that is no longer where it was seen fails the transaction.
pub(super) async fn change(
    transaction: &mut Transaction,
    changes: Vec<Change>,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&CHANGE_CLAIMS, transaction.backend());
    let mut decisions = Rows::new(&KEEP_DECISIONS, transaction.backend());
    for change in &changes {
        rows.bytes(change.claim_id.0.as_bytes().as_slice())
            .integer(change.version)
            .text(change.state.code())
            .integer(change.next_attempt_at)
            .integer(at.as_millisecond());
        decisions.bytes(change.claim_id.0.as_bytes().as_slice()).bytes(change.decision.as_deref());
    }
    let expected = rows.count();
    if transaction.tx.execute(rows).await? != expected || transaction.tx.execute(decisions).await? != expected {
        return Err(StoreError::Contended);
    }
    let mut voided = Rows::new(&VOID_APPROVALS, transaction.backend());
    let is_void = |state: ClaimState| !(state.is_approved() || state == ClaimState::Reviewed);
    changes.iter().filter(|change| is_void(change.state)).for_each(|change| {
        voided.bytes(change.claim_id.0.as_bytes().as_slice());
    });
    transaction.tx.execute(voided).await?;
    for change in changes {
        transaction.append(&Entry {
            at,
            actor: actor.0.clone(),
            action: change.action,
            subject: Subject::Claim(change.claim_id.0),
            region: change.region,
            state: Some(change.state.code()),
            version: Some(change.version + 1),
            detail: change.detail,
        });
    }
    Ok(())
}

/// Keeps decisions that change nothing else of their claims.
pub(super) async fn keep_decisions<'a>(
    transaction: &mut Transaction,
    decisions: impl Iterator<Item = (ClaimId, &'a [u8])>,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&KEEP_DECISIONS, transaction.backend());
    for (id, decision) in decisions {
        rows.bytes(id.0.as_bytes().as_slice()).bytes(decision);
    }
    transaction.tx.execute(rows).await.map(drop)
}

/// Sends claims back to assessment because a slot changed hands. Those that are over stay so.
pub(super) async fn reopen(
    transaction: &mut Transaction,
    ids: Vec<ClaimId>,
    (action, detail): (Action, &str),
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut standings: Vec<Standing> = standings(transaction, ids).await?.into_values().collect();
    standings.sort_unstable_by_key(|it| it.received_sequence);
    let changes = standings
        .into_iter()
        .filter(|it| it.state.can_reopen())
        .map(|it| Change {
            claim_id: it.claim_id,
            region: it.region,
            version: it.version,
            state: ClaimState::Assessing,
            decision: None,
            next_attempt_at: Some(at.as_millisecond()),
            action,
            detail: detail.to_owned(),
        })
        .collect();
    change(transaction, changes, actor, at).await
}

/// Leases claims that are due.
pub(super) async fn lease(
    transaction: &mut Transaction,
    now: Timestamp,
    limit: u32,
    lease_until: Timestamp,
) -> Result<Vec<LeasedRow>, StoreError> {
    Ok(on_tx!(transaction.tx, connection => {
        sqlx::query_as(LEASE_CLAIMS)
            .bind(lease_until.as_millisecond())
            .bind(now.as_millisecond())
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await
    })?)
}

/// When the next claim is due.
pub(super) async fn next_due_at(readers: &Pool) -> Result<Option<Timestamp>, StoreError> {
    let (next,): (Option<i64>,) = on_pool!(readers, pool => sqlx::query_as(NEXT_DUE).fetch_one(pool).await)?;
    next.map(codec::timestamp).transpose()
}

/// How many claims stand where.
pub(super) async fn counts_by_state(readers: &Pool, pattern: &str) -> Result<Vec<(ClaimState, u64)>, StoreError> {
    let counts: Vec<(String, i64)> =
        on_pool!(readers, pool => sqlx::query_as(COUNT_BY_STATE).bind(pattern).fetch_all(pool).await)?;
    counts.into_iter().map(|(state, count)| Ok((codec::state(&state)?, u64::try_from(count).unwrap_or(0)))).collect()
}

/// What the log keeps of one claim being read.
pub(super) fn read_entry(record: &ClaimRecord, actor: &Actor, detail: &str, at: Timestamp) -> Entry {
    Entry {
        at,
        actor: actor.0.clone(),
        action: Action::ClaimsRead,
        subject: Subject::Claim(record.claim.claim_id.0),
        region: record.claim.region,
        state: None,
        version: None,
        detail: detail.to_owned(),
    }
}

/// A claim's decision, sealed for its row.
pub(super) fn seal_decision(sealer: &Sealer, id: ClaimId, decision: &Decision) -> Result<Vec<u8>, StoreError> {
    sealer.seal_json(Place::ClaimDecision, id.0.as_bytes(), decision)
}
