//! County filings: what a county reports, sealed with count, sum and content hash.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::act::Act;
use super::codec;
use super::opening;
use super::path::{self, Member, PathRow, path_columns};
use super::pool::{on_pool, on_tx};
use super::record::pooling::{FileClaims, FileOutcome, FilingFilter, FilingRecord, OnPath};
use super::requests::{self, KeyedRequest, NewRequest, RequestKind};
use super::sql::{like, statements};
use super::suspects;
use super::transaction::Transaction;
use super::{Access, Read, Store, StoreError};
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::calendar::Month;
use crate::domain::claim::ClaimId;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::pooling::{BatchId, ControlTotals, FILING_CLAIMS_MAX, FilingId, FilingState};

macro_rules! filings {
    ($conditions:literal) => {
        concat!(
            "SELECT filing_id, region, month, number, state, claims, amount_fen, content_hash, filed_by, filed_at, batch_id,
                pooled_claims, pooled_fen
             FROM filing WHERE ",
            $conditions
        )
    };
}

statements! {
    LAST_NUMBER = "SELECT COALESCE(MAX(number), 0) FROM filing WHERE region = $1 AND month = $2";
    ENTER_FILING = "
        INSERT INTO filing (
            filing_id, region, city, month, number, state, claims, amount_fen, content_hash, filed_by, filed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    SETTLE_FILING = "
        UPDATE filing SET state = $2, batch_id = $3, pooled_claims = $4, pooled_fen = $5 WHERE filing_id = $1";
    ONE_FILING = filings!("filing_id = $1");
    /// An empty month or state stands for all.
    PAGE_OF_FILINGS = filings!(
        "region LIKE $1 AND filing_id < $2 AND (month = $3 OR $3 = '') AND (state = $4 OR $4 = '')
         ORDER BY filing_id DESC LIMIT $5"
    );
    FILED_CLAIMS = concat!(
        "SELECT ", path_columns!(), ", content.decision, content.sealed
         FROM approval CROSS JOIN claim CROSS JOIN claim_content AS content
         WHERE approval.filing_id = $1 AND approval.claim_id > $2 AND claim.claim_id = approval.claim_id
            AND content.claim_id = approval.claim_id
         ORDER BY approval.claim_id LIMIT $3"
    );
    /// Single workers: a claim that waits as a whole is never filed.
    FILED_WAITING = "
        SELECT slot_waiting.claim_id, slot_waiting.unit FROM approval CROSS JOIN slot_waiting
        WHERE approval.filing_id = $1 AND approval.claim_id > $2 AND approval.claim_id <= $3
            AND slot_waiting.claim_id = approval.claim_id AND slot_waiting.unit >= 0
        ORDER BY slot_waiting.claim_id, slot_waiting.unit";
}

/// The most filings or filed claims read at once.
const ROWS_MAX: u32 = 5_000;

impl Store {
    /// Files the approved claims of a region: at most `FILING_CLAIMS_MAX`, the earliest due first.
    pub async fn file_claims(&self, filing: FileClaims) -> Result<FileOutcome, StoreError> {
        self.act(filing).await
    }

    /// Filings, newest first.
    pub async fn filings(&self, filter: &FilingFilter) -> Result<Vec<FilingRecord>, StoreError> {
        let FilingFilter { within, month, state, before, limit } = filter;
        let before = before.map_or([u8::MAX; 16], |id| *id.0.as_bytes());
        let rows: Vec<FilingRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(PAGE_OF_FILINGS)
                .bind(like(*within))
                .bind(before.as_slice())
                .bind(month.map_or_else(String::new, |month| month.to_string()))
                .bind(state.map_or("", FilingState::code))
                .bind(i64::from(*limit.min(&ROWS_MAX)))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter().map(FilingRow::open).collect()
    }

    /// One filing.
    pub async fn filing(&self, id: FilingId) -> Result<Option<FilingRecord>, StoreError> {
        let row: Option<FilingRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(ONE_FILING).bind(id.0.as_bytes().as_slice()).fetch_optional(pool).await
        })?;
        row.map(FilingRow::open).transpose()
    }

    /// Claims of a filing with all that is needed to ask about them again, by id, after one of them.
    pub async fn filed_claims(
        &self,
        id: FilingId,
        after: Option<ClaimId>,
        limit: u32,
        access: &Access,
    ) -> Result<Vec<OnPath>, StoreError> {
        let Some(filing) = self.filing(id).await? else { return Ok(Vec::new()) };
        let after = after.map_or([0; 16], |id| *id.0.as_bytes());
        let readers = &self.inner.pools.readers;
        let rows: Vec<FiledRow> = on_pool!(readers, pool => {
            sqlx::query_as(FILED_CLAIMS)
                .bind(id.0.as_bytes().as_slice())
                .bind(after.as_slice())
                .bind(i64::from(limit.min(ROWS_MAX)))
                .fetch_all(pool)
                .await
        })?;
        let Some(last) = rows.last().map(|row| row.path.claim_id.clone()) else { return Ok(Vec::new()) };
        let waiting: Vec<(Vec<u8>, i64)> = on_pool!(readers, pool => {
            sqlx::query_as(FILED_WAITING)
                .bind(id.0.as_bytes().as_slice())
                .bind(after.as_slice())
                .bind(last)
                .fetch_all(pool)
                .await
        })?;
        let mut taken: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (claim, unit) in waiting {
            taken.entry(claim).or_default().extend(codec::unit(unit));
        }
        let sealer = Arc::clone(&self.inner.sealer);
        let open = move |row: FiledRow| {
            let FiledRow { path, decision, sealed } = row;
            let record = path.claim(decision, sealed)?.open(&sealer)?;
            let Member { claim: path, approval, .. } = path.open()?;
            Ok(OnPath { path, record, approval, units_taken: Vec::new() })
        };
        let mut claims = opening::open_all(rows, open).await?;
        for claim in &mut claims {
            let id = claim.path.claim_id.0.as_bytes().as_slice();
            claim.units_taken = taken.remove(id).unwrap_or_default();
        }
        let read = Read { action: Action::ClaimsRead, subject: Subject::Claims, region: filing.region };
        self.write_down(read, access, claims.len()).await?;
        Ok(claims)
    }
}

/// A filed claim, still sealed.
#[derive(sqlx::FromRow)]
struct FiledRow {
    #[sqlx(flatten)]
    path: PathRow,
    decision: Option<Vec<u8>>,
    sealed: Vec<u8>,
}

impl Act for FileClaims {
    type Output = FileOutcome;

    fn weight(&self) -> usize {
        path::WEIGHT
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<FileOutcome, StoreError> {
        let Self { request, actor, operator, region, month, expected, at } = self;
        let at = codec::kept(*at);
        let request = KeyedRequest::new(request, &transaction.sealer);
        if let Some(seen) = requests::find_one(transaction, request).await? {
            if !seen.is_same(request, RequestKind::FileClaims) {
                return Ok(FileOutcome::RequestIdReused);
            }
            let filing = find(transaction, FilingId(codec::uuid(&seen.subject_id)?)).await?;
            return filing.map(FileOutcome::Repeated).ok_or(StoreError::Corrupt("reference to a filing"));
        }
        let (members, count) = path::to_file(transaction, *region, FILING_CLAIMS_MAX).await?;
        if members.is_empty() {
            return Ok(FileOutcome::NothingToFile);
        }
        let sealed = path::totals(&members)?;
        if expected.is_some_and(|expected| expected != sealed) {
            return Ok(FileOutcome::TotalsDiffer { found: sealed });
        }
        let filing = FilingRecord {
            filing_id: FilingId(suspects::new_id(at)?),
            region: *region,
            month: *month,
            number: next_number(transaction, *region, *month).await?,
            state: FilingState::Sealed,
            sealed,
            content_hash: path::content_hash(&members),
            filed_by: operator.clone(),
            filed_at: at,
            batch_id: None,
            pooled: None,
        };
        enter(transaction, &filing).await?;
        path::file(transaction, (*region, &members), filing.filing_id, actor, at).await?;
        let detail = format!("person={operator} claims={} amount={}", sealed.claims, sealed.amount.get());
        transaction.append(&moved_entry(&filing, &actor.0, detail, at));
        let (key, subject_id) = (request, filing.filing_id.0);
        let new = NewRequest { key, kind: RequestKind::FileClaims, subject_id, at: at.as_millisecond() };
        requests::enter(transaction, vec![new]).await?;
        Ok(FileOutcome::Filed { left: count.saturating_sub(sealed.claims), filing })
    }
}

/// What the log keeps of a filing that moves.
fn moved_entry(filing: &FilingRecord, actor: &str, detail: String, at: Timestamp) -> Entry {
    Entry {
        at,
        actor: actor.to_owned(),
        action: Action::FilingMoved,
        subject: Subject::Filing(filing.filing_id.0),
        region: filing.region,
        state: Some(filing.state.code()),
        version: None,
        detail,
    }
}

async fn next_number(transaction: &mut Transaction, region: Region, month: Month) -> Result<u32, StoreError> {
    let (last,): (i64,) = on_tx!(transaction.tx, connection => {
        sqlx::query_as(LAST_NUMBER).bind(region.as_str()).bind(month.to_string()).fetch_one(connection).await
    })?;
    codec::count(last + 1)
}

async fn enter(transaction: &mut Transaction, filing: &FilingRecord) -> Result<(), StoreError> {
    on_tx!(transaction.tx, connection => {
        sqlx::query(ENTER_FILING)
            .bind(filing.filing_id.0.as_bytes().as_slice())
            .bind(filing.region.as_str())
            .bind(filing.region.city().as_str())
            .bind(filing.month.to_string())
            .bind(i64::from(filing.number))
            .bind(filing.state.code())
            .bind(claims_column(filing.sealed))
            .bind(filing.sealed.amount.get())
            .bind(filing.content_hash.as_slice())
            .bind(filing.filed_by.as_str())
            .bind(filing.filed_at.as_millisecond())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

/// One filing within the transaction.
pub(super) async fn find(transaction: &mut Transaction, id: FilingId) -> Result<Option<FilingRecord>, StoreError> {
    let row: Option<FilingRow> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(ONE_FILING).bind(id.0.as_bytes().as_slice()).fetch_optional(connection).await
    })?;
    row.map(FilingRow::open).transpose()
}

/// Keeps what became of a filing: pooled, or rejected.
pub(super) async fn settle(
    transaction: &mut Transaction,
    filing: &FilingRecord,
    actor: &str,
    detail: String,
    at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(transaction.tx, connection => {
        sqlx::query(SETTLE_FILING)
            .bind(filing.filing_id.0.as_bytes().as_slice())
            .bind(filing.state.code())
            .bind(filing.batch_id.as_ref().map(|id| id.0.as_bytes().as_slice()))
            .bind(filing.pooled.map(claims_column))
            .bind(filing.pooled.map(|pooled| pooled.amount.get()))
            .execute(connection)
            .await
            .map(drop)
    })?;
    transaction.append(&moved_entry(filing, actor, detail, at));
    Ok(())
}

/// A number of claims as a column.
pub(super) fn claims_column(totals: ControlTotals) -> i64 {
    i64::try_from(totals.claims).unwrap_or(i64::MAX)
}

/// Count and sum as they are kept.
pub(super) fn totals(claims: i64, amount_fen: i64) -> Result<ControlTotals, StoreError> {
    let claims = u64::try_from(claims).map_err(|_| StoreError::Corrupt("number"))?;
    Ok(ControlTotals { claims, amount: Fen::new(amount_fen) })
}

#[derive(sqlx::FromRow)]
struct FilingRow {
    filing_id: Vec<u8>,
    region: String,
    month: String,
    number: i64,
    state: String,
    claims: i64,
    amount_fen: i64,
    content_hash: Vec<u8>,
    filed_by: String,
    filed_at: i64,
    batch_id: Option<Vec<u8>>,
    pooled_claims: Option<i64>,
    pooled_fen: Option<i64>,
}

impl FilingRow {
    fn open(self) -> Result<FilingRecord, StoreError> {
        let pooled = self.pooled_claims.zip(self.pooled_fen).map(|(claims, fen)| totals(claims, fen));
        Ok(FilingRecord {
            filing_id: FilingId(codec::uuid(&self.filing_id)?),
            region: codec::region(&self.region)?,
            month: codec::month(&self.month)?,
            number: codec::count(self.number)?,
            state: FilingState::from_code(&self.state).ok_or(StoreError::Corrupt("state"))?,
            sealed: totals(self.claims, self.amount_fen)?,
            content_hash: codec::hash(self.content_hash)?,
            filed_by: OperatorId::kept(&self.filed_by),
            filed_at: codec::timestamp(self.filed_at)?,
            batch_id: self.batch_id.map(|id| codec::uuid(&id).map(BatchId)).transpose()?,
            pooled: pooled.transpose()?,
        })
    }
}
