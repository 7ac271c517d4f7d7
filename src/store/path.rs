//! Claims on the money's path as their approvals know them: which are to be filed, in a filing, in a batch; and what leaves it.

mod row;

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use uuid::Uuid;

use super::StoreError;
use super::advance::{self, Advance};
use super::bulk::Rows;
use super::pool::on_tx;
use super::record::Actor;
use super::sql::{bulk_statements, statements};
use super::transaction::Transaction;
use crate::audit::entry::Action;
use crate::domain::approval::ApprovalHash;
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::pooling::{BatchId, ControlTotals, FilingId, LeftOut, PathClaim};

pub(super) use row::{PathRow, path_columns};

macro_rules! members {
    ($conditions:expr) => {
        concat!(
            "SELECT ",
            path_columns!(),
            " FROM approval CROSS JOIN claim WHERE claim.claim_id = approval.claim_id AND ",
            $conditions
        )
    };
}

/// What is filed next of a region.
macro_rules! to_file {
    () => {
        "approval.city = $1 AND approval.region = $2 AND approval.filing_id IS NULL AND approval.approved_by IS NOT NULL
            AND claim.state = 'approved'
         ORDER BY approval.due_on IS NULL, approval.due_on, approval.received_sequence, approval.claim_id LIMIT $3"
    };
}

statements! {
    TO_FILE = members!(to_file!());
    FILE_APPROVALS = concat!(
        "UPDATE approval SET filing_id = $4 WHERE claim_id IN (
             SELECT approval.claim_id FROM approval CROSS JOIN claim
             WHERE claim.claim_id = approval.claim_id AND ", to_file!(), ")"
    );
    COUNT_TO_FILE = "
        SELECT COUNT(*) FROM approval
        WHERE city = $1 AND region = $2 AND filing_id IS NULL AND approved_by IS NOT NULL";
    OF_FILING = members!("approval.filing_id = $1 ORDER BY approval.claim_id");
    OF_BATCH = members!("approval.batch_id = $1 ORDER BY approval.claim_id");
    /// Nobody comes or goes between two pages: a batch whose money is there only has its claims funded.
    TO_FUND = members!("
        approval.claim_id IN (
            SELECT claim_id FROM approval WHERE batch_id = $1
            ORDER BY region, enterprise, claim_id LIMIT $2 OFFSET $3)
        ORDER BY approval.region, approval.enterprise, approval.claim_id");
    POOL_FILED = "UPDATE approval SET batch_id = $2 WHERE filing_id = $1";
    /// A claim that was left out before and is in now.
    FORGET_LEFT_OUT = "
        DELETE FROM left_out
        WHERE batch_id = $2 AND claim_id IN (SELECT claim_id FROM approval WHERE filing_id = $1)";
}

bulk_statements! {
    UNFILE_APPROVALS(claim_id: Bytes) = "
        UPDATE approval SET filing_id = NULL, batch_id = NULL FROM {input} WHERE approval.claim_id = input.claim_id";
    LEAVE_OUT(batch_id: Bytes, claim_id: Bytes, at: Integer, region: Text, reason: Text, amount_fen: Integer) = "
        INSERT INTO left_out ({columns}) SELECT {columns} FROM {input} WHERE true
        ON CONFLICT (batch_id, claim_id) DO UPDATE SET
            at = excluded.at, region = excluded.region, reason = excluded.reason, amount_fen = excluded.amount_fen";
}

/// What an act over all claims of a filing or a batch weighs: a transaction of its own.
pub(super) const WEIGHT: usize = 20_000;

/// A claim on the path, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) claim: PathClaim,
    pub(super) approval: ApprovalHash,
    pub(super) state: ClaimState,
    pub(super) version: i64,
}

impl Member {
    pub(super) fn id(&self) -> ClaimId {
        self.claim.claim_id
    }

    /// What is noted of it when it is left out.
    pub(super) fn leaving(&self) -> Leaving {
        Leaving { claim_id: self.id(), region: self.claim.region, amount: self.claim.amount }
    }
}

/// A claim that is not in a batch, or leaves it.
pub(super) struct Leaving {
    pub(super) claim_id: ClaimId,
    pub(super) region: Region,
    pub(super) amount: Fen,
}

fn open(rows: Vec<PathRow>) -> Result<Vec<Member>, StoreError> {
    rows.iter().map(PathRow::open).collect()
}

/// Approved claims of exactly a region that are in no filing, the earliest due first, and how many there are in all.
pub(super) async fn to_file(
    transaction: &mut Transaction,
    region: Region,
    limit: u32,
) -> Result<(Vec<Member>, u64), StoreError> {
    let city = region.city();
    let (rows, (count,)): (Vec<PathRow>, (i64,)) = on_tx!(transaction.tx, connection => {
        let rows = sqlx::query_as(TO_FILE)
            .bind(city.as_str())
            .bind(region.as_str())
            .bind(i64::from(limit))
            .fetch_all(&mut *connection)
            .await?;
        let count = sqlx::query_as(COUNT_TO_FILE).bind(city.as_str()).bind(region.as_str()).fetch_one(connection).await?;
        (rows, count)
    });
    Ok((open(rows)?, u64::try_from(count).unwrap_or_default()))
}

/// Claims of a filing, by id.
pub(super) async fn of_filing(transaction: &mut Transaction, id: FilingId) -> Result<Vec<Member>, StoreError> {
    of(transaction, OF_FILING, id.0).await
}

/// Claims of a batch, by id.
pub(super) async fn of_batch(transaction: &mut Transaction, id: BatchId) -> Result<Vec<Member>, StoreError> {
    of(transaction, OF_BATCH, id.0).await
}

async fn of(transaction: &mut Transaction, sql: &'static str, id: Uuid) -> Result<Vec<Member>, StoreError> {
    open(on_tx!(transaction.tx, connection => {
        sqlx::query_as(sql).bind(id.as_bytes().as_slice()).fetch_all(connection).await
    })?)
}

/// Claims of a batch by place, enterprise and id, after so many of them.
pub(super) async fn to_fund(
    transaction: &mut Transaction,
    id: BatchId,
    limit: usize,
    after: i64,
) -> Result<Vec<Member>, StoreError> {
    open(on_tx!(transaction.tx, connection => {
        sqlx::query_as(TO_FUND)
            .bind(id.0.as_bytes().as_slice())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(after)
            .fetch_all(connection)
            .await
    })?)
}

/// Count and sum.
pub(super) fn totals<'a>(members: impl IntoIterator<Item = &'a Member>) -> Result<ControlTotals, StoreError> {
    let total = members.into_iter().try_fold(ControlTotals::default(), |total, it| total.with(it.claim.amount));
    total.ok_or(StoreError::Corrupt("amount"))
}

/// Another encoding gets another number.
const CONTENT_VERSION: u8 = 1;

/// SHA-256 over ids, amounts and approvals, in the order of the ids. Each has one length, so that no two contents share their bytes.
pub(super) fn content_hash<'a>(members: impl IntoIterator<Item = &'a Member>) -> [u8; 32] {
    let mut members: Vec<&Member> = members.into_iter().collect();
    members.sort_unstable_by_key(|it| it.id());
    let mut context = Context::new(&SHA256);
    context.update(&[CONTENT_VERSION]);
    for member in members {
        context.update(member.id().0.as_bytes());
        context.update(&member.claim.amount.get().to_be_bytes());
        context.update(&member.approval.0);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Enters claims of a region into a filing: those that were to be filed just now.
pub(super) async fn file(
    transaction: &mut Transaction,
    (region, members): (Region, &[Member]),
    filing: FilingId,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let filed = on_tx!(transaction.tx, connection => {
        sqlx::query(FILE_APPROVALS)
            .bind(region.city().as_str())
            .bind(region.as_str())
            .bind(i64::try_from(members.len()).unwrap_or(i64::MAX))
            .bind(filing.0.as_bytes().as_slice())
            .execute(connection)
            .await?
            .rows_affected()
    });
    if u64::try_from(members.len()) != Ok(filed) {
        return Err(StoreError::Contended);
    }
    let detail = format!("filing={filing}");
    let (before, after) = (ClaimState::Approved, ClaimState::Filed);
    let advance = Advance { before, after, action: Action::ClaimFiled, detail: &detail };
    advance::filing(transaction, filing, members.iter(), advance, actor, at).await
}

/// Takes what is left of a filing into a batch: all the given claims, and no others are in the filing by now.
pub(super) async fn pool(
    transaction: &mut Transaction,
    members: &[&Member],
    (filing, batch): (FilingId, BatchId),
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(transaction.tx, connection => {
        for sql in [POOL_FILED, FORGET_LEFT_OUT] {
            sqlx::query(sql)
                .bind(filing.0.as_bytes().as_slice())
                .bind(batch.0.as_bytes().as_slice())
                .execute(&mut *connection)
                .await?;
        }
    });
    let detail = format!("batch={batch}");
    let (before, after) = (ClaimState::Filed, ClaimState::Pooled);
    let advance = Advance { before, after, action: Action::ClaimPooled, detail: &detail };
    advance::filing(transaction, filing, members.iter().copied(), advance, actor, at).await
}

/// Makes claims approved and unfiled again.
pub(super) async fn unfile(
    transaction: &mut Transaction,
    members: &[&Member],
    (before, detail): (ClaimState, &str),
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&UNFILE_APPROVALS, transaction.backend());
    for member in members {
        rows.bytes(member.id().0.as_bytes().as_slice());
    }
    transaction.tx.execute(rows).await?;
    let advance = Advance { before, after: ClaimState::Approved, action: Action::ClaimLeftOut, detail };
    let ids: Vec<ClaimId> = members.iter().map(|it| it.id()).collect();
    advance::claims(transaction, &ids, advance, actor, at).await
}

/// Notes which claims are not in a batch, and why.
pub(super) async fn note_left_out(
    transaction: &mut Transaction,
    claims: impl IntoIterator<Item = Leaving>,
    (batch, reason): (BatchId, LeftOut),
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&LEAVE_OUT, transaction.backend());
    for Leaving { claim_id, region, amount } in claims {
        rows.bytes(batch.0.as_bytes().as_slice())
            .bytes(claim_id.0.as_bytes().as_slice())
            .integer(at.as_millisecond())
            .text(region.as_str())
            .text(reason.code())
            .integer(amount.get());
    }
    transaction.tx.execute(rows).await.map(drop)
}

/// Leaves claims out of a batch: they are approved and unfiled again.
pub(super) async fn leave_out(
    transaction: &mut Transaction,
    members: &[&Member],
    before: ClaimState,
    (batch, reason): (BatchId, LeftOut),
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    note_left_out(transaction, members.iter().map(|it| it.leaving()), (batch, reason), at).await?;
    let detail = format!("batch={batch} reason={}", reason.code());
    unfile(transaction, members, (before, &detail), actor, at).await
}
