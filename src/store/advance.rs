//! Claims moved along the money's path: all of a set in one statement, without a look at what they say.
//!
//! A set is named by what its approvals say wherever that is enough: to name each claim costs more than to move it.

use jiff::Timestamp;
use uuid::Uuid;

use super::StoreError;
use super::bulk::Rows;
use super::codec;
use super::path::Member;
use super::path::batch::Position;
use super::pool::on_tx;
use super::record::Actor;
use super::sql::{bulk_statements, statements};
use super::transaction::Transaction;
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::identity::Region;
use crate::domain::pooling::{BatchId, FilingId};

/// Where the claims stand is looked at with the members, not here: after a hop of all claims PostgreSQL's statistics know of none in that
/// state, and it would gather the set anew for each of them.
macro_rules! advance_where {
    ($which:literal) => {
        concat!(
            "UPDATE claim SET state = $2, version = version + 1, next_attempt_at = NULL, changed_at = $3
             WHERE claim_id IN (SELECT claim_id FROM approval WHERE ",
            $which,
            ")"
        )
    };
}

statements! {
    ADVANCE_FILING = advance_where!("filing_id = $1");
    /// A part of a batch, in the order in which its claims are funded.
    ADVANCE_PART = advance_where!(
        "batch_id = $1 AND (region, enterprise, claim_id) > ($4, $5, $6) ORDER BY region, enterprise, claim_id LIMIT $7"
    );
}

bulk_statements! {
    ADVANCE_CLAIMS(claim_id: Bytes, before: Text, state: Text, changed_at: Integer) = "
        UPDATE claim SET
            state = input.state, version = claim.version + 1, next_attempt_at = NULL, changed_at = input.changed_at
        FROM {input}
        WHERE claim.claim_id = input.claim_id AND claim.state = input.before
        RETURNING claim.claim_id, claim.version || ',' || claim.region || ',' || claim.state";
    COUNT_OF_PAYMENTS(payment_id: Bytes) = "
        SELECT COUNT(*) FROM {input} CROSS JOIN approval WHERE approval.payment_id = input.payment_id";
    /// Materialized, because SQLite would go through all claims otherwise, and look for the payment of each.
    ADVANCE_PAYMENTS(payment_id: Bytes, before: Text, state: Text, changed_at: Integer) = "
        WITH moving AS MATERIALIZED (
            SELECT approval.claim_id, input.before, input.state, input.changed_at
            FROM {input} CROSS JOIN approval WHERE approval.payment_id = input.payment_id)
        UPDATE claim SET
            state = moving.state, version = claim.version + 1, next_attempt_at = NULL, changed_at = moving.changed_at
        FROM moving
        WHERE claim.claim_id = moving.claim_id AND claim.state = moving.before
        RETURNING claim.claim_id, claim.version || ',' || claim.region || ',' || claim.state";
}

/// From where to where claims go, all for one reason.
pub(super) struct Advance<'a> {
    pub(super) before: ClaimState,
    pub(super) after: ClaimState,
    pub(super) action: Action,
    pub(super) detail: &'a str,
}

/// What moved: the claim, and as one text its version since, its region and its state.
type MovedRow = (Vec<u8>, String);

/// Moves claims, and writes each move down. All or none: a claim that is not where it was thought fails the transaction, to be run again
/// on what there is then. So does every function here.
pub(super) async fn claims(
    transaction: &mut Transaction,
    ids: &[ClaimId],
    advance: Advance<'_>,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&ADVANCE_CLAIMS, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice())
            .text(advance.before.code())
            .text(advance.after.code())
            .integer(at.as_millisecond());
    }
    let moved: Vec<MovedRow> = transaction.tx.fetch(rows).await?;
    if moved.len() != ids.len() {
        return Err(StoreError::Contended);
    }
    let moved = moved.iter().map(|row| read(row).map(|(it, _)| it)).collect::<Result<_, StoreError>>()?;
    write_down(transaction, moved, advance, actor, at);
    Ok(())
}

/// Moves all claims of a filing: the members, as they were read in this transaction.
pub(super) async fn filing(
    transaction: &mut Transaction,
    id: FilingId,
    members: impl ExactSizeIterator<Item = &Member>,
    advance: Advance<'_>,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let moved = on_tx!(transaction.tx, connection => {
        sqlx::query(ADVANCE_FILING)
            .bind(id.0.as_bytes().as_slice())
            .bind(advance.after.code())
            .bind(at.as_millisecond())
            .execute(connection)
            .await?
            .rows_affected()
    });
    members_moved(transaction, moved, members, advance, actor, at)
}

/// Moves so many claims of a batch after a position: the members.
pub(super) async fn part_of_batch(
    transaction: &mut Transaction,
    (id, after): (BatchId, &Position),
    members: &[Member],
    advance: Advance<'_>,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let moved = on_tx!(transaction.tx, connection => {
        sqlx::query(ADVANCE_PART)
            .bind(id.0.as_bytes().as_slice())
            .bind(advance.after.code())
            .bind(at.as_millisecond())
            .bind(after.region.as_str())
            .bind(after.enterprise.as_str())
            .bind(after.claim_id.as_slice())
            .bind(i64::try_from(members.len()).unwrap_or(i64::MAX))
            .execute(connection)
            .await?
            .rows_affected()
    });
    members_moved(transaction, moved, members.iter(), advance, actor, at)
}

/// Has the claims of payments follow them, each payment's from one state to another.
pub(super) async fn of_payments(
    transaction: &mut Transaction,
    payments: impl Iterator<Item = (Uuid, (ClaimState, ClaimState))>,
    action: impl Fn(ClaimState) -> Action,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut counted = Rows::new(&COUNT_OF_PAYMENTS, transaction.backend());
    let mut rows = Rows::new(&ADVANCE_PAYMENTS, transaction.backend());
    for (id, (before, after)) in payments {
        counted.bytes(id.as_bytes().as_slice());
        rows.bytes(id.as_bytes().as_slice()).text(before.code()).text(after.code()).integer(at.as_millisecond());
    }
    let expected: Vec<(i64,)> = transaction.tx.fetch(counted).await?;
    let mut moved: Vec<MovedRow> = transaction.tx.fetch(rows).await?;
    if expected.iter().map(|(count,)| count).sum::<i64>() != i64::try_from(moved.len()).unwrap_or(i64::MAX) {
        return Err(StoreError::Contended);
    }
    moved.sort_unstable();
    for row in &moved {
        let (it, after) = read(row)?;
        transaction.append(&entry(it, (after, action(after), ""), actor, at));
    }
    Ok(())
}

fn read((id, plain): &MovedRow) -> Result<((ClaimId, i64, Region), ClaimState), StoreError> {
    let broken = || StoreError::Corrupt("claim that moved");
    let (version, rest) = plain.split_once(',').ok_or_else(broken)?;
    let (region, state) = rest.split_once(',').ok_or_else(broken)?;
    let version = version.parse().map_err(|_| broken())?;
    Ok(((codec::claim_id(id)?, version, codec::region(region)?), codec::state(state)?))
}

fn members_moved<'a>(
    transaction: &mut Transaction,
    moved: u64,
    members: impl ExactSizeIterator<Item = &'a Member>,
    advance: Advance<'_>,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let members: Vec<&Member> = members.collect();
    if u64::try_from(members.len()) != Ok(moved) || members.iter().any(|it| it.state != advance.before) {
        return Err(StoreError::Contended);
    }
    let members = members.into_iter().map(|it| (it.id(), it.version + 1, it.claim.region)).collect();
    write_down(transaction, members, advance, actor, at);
    Ok(())
}

/// The databases answer in orders of their own; the log is in one.
fn write_down(
    transaction: &mut Transaction,
    mut moved: Vec<(ClaimId, i64, Region)>,
    advance: Advance<'_>,
    actor: &Actor,
    at: Timestamp,
) {
    moved.sort_unstable_by_key(|(id, ..)| *id);
    for it in moved {
        transaction.append(&entry(it, (advance.after, advance.action, advance.detail), actor, at));
    }
}

fn entry(
    (id, version, region): (ClaimId, i64, Region),
    (after, action, detail): (ClaimState, Action, &str),
    actor: &Actor,
    at: Timestamp,
) -> Entry {
    Entry {
        at,
        actor: actor.0.clone(),
        action,
        subject: Subject::Claim(id.0),
        region,
        state: Some(after.code()),
        version: Some(version),
        detail: detail.to_owned(),
    }
}
