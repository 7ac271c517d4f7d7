//! Claims on the money's path as their approvals know them: which are to be filed, in a filing, in a batch; and what leaves it.

pub(super) mod batch;
pub(super) mod row;

use jiff::Timestamp;
use ring::digest::{Context, SHA256};

use super::StoreError;
use super::advance::{self, Advance};
use super::bulk::Rows;
use super::packed::{packed_statements, unpack};
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
use members;

/// What is filed next of a region.
macro_rules! to_file {
    () => {
        "approval.city = $1 AND approval.region = $2 AND approval.filing_id IS NULL AND approval.approved_by IS NOT NULL
            AND claim.state = 'approved'
         ORDER BY approval.due_on IS NULL, approval.due_on, approval.received_sequence, approval.claim_id LIMIT $3"
    };
}

packed_statements! {
    TO_FILE = members!(to_file!());
    OF_FILING = members!("approval.filing_id = $1");
}

statements! {
    FILE_APPROVALS = concat!(
        "UPDATE approval SET filing_id = $4 WHERE claim_id IN (
             SELECT approval.claim_id FROM approval CROSS JOIN claim
             WHERE claim.claim_id = approval.claim_id AND ", to_file!(), ")"
    );
    COUNT_TO_FILE = "
        SELECT COUNT(*) FROM approval
        WHERE city = $1 AND region = $2 AND filing_id IS NULL AND approved_by IS NOT NULL";
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

fn open(packed: Option<String>) -> Result<Vec<Member>, StoreError> {
    unpack(packed.as_deref()).map(|it| it.and_then(row::unpacked)).collect()
}

/// Approved claims of exactly a region that are in no filing, the earliest due of them, and how many there are in all.
pub(super) async fn to_file(
    transaction: &mut Transaction,
    region: Region,
    limit: u32,
) -> Result<(Vec<Member>, u64), StoreError> {
    let (city, to_file) = (region.city(), TO_FILE.sql(transaction.backend()));
    let ((packed,), (count,)): ((Option<String>,), (i64,)) = on_tx!(transaction.tx, connection => {
        let packed = sqlx::query_as(to_file)
            .bind(city.as_str())
            .bind(region.as_str())
            .bind(i64::from(limit))
            .fetch_one(&mut *connection)
            .await?;
        let count = sqlx::query_as(COUNT_TO_FILE).bind(city.as_str()).bind(region.as_str()).fetch_one(connection).await?;
        (packed, count)
    });
    Ok((open(packed)?, u64::try_from(count).unwrap_or_default()))
}

/// Claims of a filing: no more than one holds.
pub(super) async fn of_filing(transaction: &mut Transaction, id: FilingId) -> Result<Vec<Member>, StoreError> {
    let sql = OF_FILING.sql(transaction.backend());
    let (packed,): (Option<String>,) = on_tx!(transaction.tx, connection => {
        sqlx::query_as(sql).bind(id.0.as_bytes().as_slice()).fetch_one(connection).await
    })?;
    open(packed)
}

/// Count and sum.
pub(super) fn totals<'a>(members: impl IntoIterator<Item = &'a Member>) -> Result<ControlTotals, StoreError> {
    let total = members.into_iter().try_fold(ControlTotals::default(), |total, it| total.with(it.claim.amount));
    total.ok_or(StoreError::Corrupt("amount"))
}

/// SHA-256 over ids, amounts and approvals. Each has one length, so that no two contents share their bytes.
pub(super) struct Content(Context);

impl Content {
    /// Another order or encoding gets another number, the first byte that is hashed.
    fn new(version: u8) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&[version]);
        Self(context)
    }

    /// Of a filing: in the order of the ids.
    fn of_filing() -> Self {
        Self::new(1)
    }

    /// Of a batch: by place, enterprise and id, the order of its pages.
    pub(super) fn of_batch() -> Self {
        Self::new(2)
    }

    pub(super) fn add(&mut self, claim_id: ClaimId, amount: Fen, approval: ApprovalHash) {
        self.0.update(claim_id.0.as_bytes());
        self.0.update(&amount.get().to_be_bytes());
        self.0.update(&approval.0);
    }

    pub(super) fn finish(self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.0.finish().as_ref());
        hash
    }
}

/// What a filing is sealed with.
pub(super) fn content_hash<'a>(members: impl IntoIterator<Item = &'a Member>) -> [u8; 32] {
    let mut members: Vec<&Member> = members.into_iter().collect();
    members.sort_unstable_by_key(|it| it.id());
    let mut content = Content::of_filing();
    members.into_iter().for_each(|it| content.add(it.id(), it.claim.amount, it.approval));
    content.finish()
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
