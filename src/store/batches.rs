//! Pooling batches: how they begin, take filings up, and are read.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::act::Act;
use super::assessments::{self, Assessments};
use super::codec;
use super::filings::{self, claims_column, totals};
use super::lease;
use super::path::{self, Member};
use super::pool::{on_pool, on_tx};
use super::record::Actor;
use super::record::pooling::{
    BatchFilter, BatchLineRecord, BatchRecord, Fence, FilingRecord, MoveBatch, MoveOutcome, PoolFiling, PoolOutcome,
};
use super::sql::{like, statements};
use super::suspects;
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::calendar::Month;
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::money::Fen;
use crate::domain::pooling::{BatchId, BatchLine, BatchState, ControlTotals, FilingId, FilingState, LeftOut, Stop};

/// The columns of a batch as they are read.
macro_rules! batch_columns {
    () => {
        "batch.batch_id, batch.city, batch.month, batch.number, batch.state, batch.claims, batch.amount_fen,
         batch.granted_fen, batch.arrived_fen, batch.content_hash, batch.stopped, batch.opened_at, batch.changed_at"
    };
}
pub(super) use batch_columns;

macro_rules! batches {
    ($conditions:literal) => {
        concat!("SELECT ", batch_columns!(), " FROM batch WHERE ", $conditions)
    };
}

statements! {
    GATHERING = batches!("city = $1 AND state = 'gathering'");
    LAST_NUMBER = "SELECT COALESCE(MAX(number), 0) FROM batch WHERE city = $1 AND month = $2";
    ENTER_BATCH = "
        INSERT INTO batch (
            batch_id, city, month, number, state, claims, amount_fen, granted_fen, arrived_fen, funded_claims, opened_at,
            changed_at)
        VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, 0, $6, $6)";
    /// What arrives is counted where it is posted.
    SAVE_BATCH = "
        UPDATE batch SET
            state = $2, claims = $3, amount_fen = $4, granted_fen = $5, content_hash = $6, stopped = $7, changed_at = $8
        WHERE batch_id = $1";
    ONE_BATCH = batches!("batch_id = $1");
    PAGE_OF_BATCHES = batches!(
        "city LIKE $1 AND batch_id < $2 AND ($3 = 0 OR state NOT IN ('closed', 'refused'))
         ORDER BY batch_id DESC LIMIT $4"
    );
    LINES = "
        SELECT region, subsidy, enterprises, people, claims, amount_fen, granted_fen FROM batch_line
        WHERE batch_id = $1 ORDER BY region, subsidy";
}

/// The most batches read at once.
const BATCHES_MAX: u32 = 5_000;

impl Store {
    /// The batch of a city that is gathering; a new one of the month where there is none.
    pub async fn gathering_batch(
        &self,
        fence: Fence,
        month: Month,
        actor: Actor,
        at: Timestamp,
    ) -> Result<BatchRecord, StoreError> {
        self.act(Gather { fence, month, actor, at: codec::kept(at) }).await
    }

    /// Takes a filing into a batch, when its control totals agree with what it was sealed with.
    pub async fn pool_filing(&self, pooled: PoolFiling) -> Result<PoolOutcome, StoreError> {
        let PoolFiling { fence, actor, batch_id, filing_id, changed, waiting, at } = pooled;
        // One of which it is not known what changed waits as well: there is nothing to record yet.
        let (unknown, changed) = changed.into_iter().partition::<Vec<_>, _>(|it| it.state == ClaimState::Assessing);
        let waiting = waiting.into_iter().chain(unknown.into_iter().map(|it| it.claim_id)).collect();
        let changed = Assessments::new(changed, actor.clone(), at, &self.inner.sealer)?;
        self.act(Pool { fence, actor, batch_id, filing_id, changed, waiting, at: codec::kept(at) }).await
    }

    /// Takes a batch one step further.
    pub async fn move_batch(&self, step: MoveBatch) -> Result<MoveOutcome, StoreError> {
        self.act(step).await
    }

    /// One batch.
    pub async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>, StoreError> {
        let row: Option<BatchRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(ONE_BATCH).bind(id.0.as_bytes().as_slice()).fetch_optional(pool).await
        })?;
        row.map(BatchRow::open).transpose()
    }

    /// Batches, newest first.
    pub async fn batches(&self, filter: &BatchFilter) -> Result<Vec<BatchRecord>, StoreError> {
        let BatchFilter { within, open_only, before, limit } = filter;
        let before = before.map_or([u8::MAX; 16], |id| *id.0.as_bytes());
        let rows: Vec<BatchRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(PAGE_OF_BATCHES)
                .bind(like(*within))
                .bind(before.as_slice())
                .bind(i64::from(*open_only))
                .bind(i64::from(*limit.min(&BATCHES_MAX)))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter().map(BatchRow::open).collect()
    }

    /// Lines of a batch, by region and subsidy.
    pub async fn batch_lines(&self, id: BatchId) -> Result<Vec<BatchLineRecord>, StoreError> {
        let rows: Vec<LineRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(LINES).bind(id.0.as_bytes().as_slice()).fetch_all(pool).await
        })?;
        rows.into_iter().map(LineRow::open).collect()
    }
}

/// Gives the batch that is gathering, or begins one.
struct Gather {
    fence: Fence,
    month: Month,
    actor: Actor,
    at: Timestamp,
}

impl Act for Gather {
    type Output = BatchRecord;

    async fn run(&self, transaction: &mut Transaction) -> Result<BatchRecord, StoreError> {
        let Self { fence, month, actor, at } = self;
        lease::check(transaction, *fence).await?;
        let city = fence.city;
        let (found, (last,)): (Option<BatchRow>, (i64,)) = on_tx!(transaction.tx, connection => {
            let found = sqlx::query_as(GATHERING).bind(city.as_str()).fetch_optional(&mut *connection).await?;
            let last = sqlx::query_as(LAST_NUMBER).bind(city.as_str()).bind(month.to_string());
            (found, last.fetch_one(connection).await?)
        });
        if let Some(found) = found {
            return found.open();
        }
        let batch = BatchRecord {
            batch_id: BatchId(suspects::new_id(*at)?),
            city,
            month: *month,
            number: codec::count(last + 1)?,
            state: BatchState::Gathering,
            total: ControlTotals::default(),
            granted: Fen::ZERO,
            arrived: Fen::ZERO,
            content_hash: None,
            stopped: None,
            opened_at: *at,
            changed_at: *at,
        };
        on_tx!(transaction.tx, connection => {
            sqlx::query(ENTER_BATCH)
                .bind(batch.batch_id.0.as_bytes().as_slice())
                .bind(city.as_str())
                .bind(month.to_string())
                .bind(i64::from(batch.number))
                .bind(batch.state.code())
                .bind(at.as_millisecond())
                .execute(connection)
                .await
                .map(drop)
        })?;
        transaction.append(&moved_entry(&batch, actor, String::new()));
        Ok(batch)
    }
}

/// Takes a filing into a batch.
struct Pool {
    fence: Fence,
    actor: Actor,
    batch_id: BatchId,
    filing_id: FilingId,
    changed: Assessments,
    waiting: Vec<ClaimId>,
    at: Timestamp,
}

impl Act for Pool {
    type Output = PoolOutcome;

    fn weight(&self) -> usize {
        path::WEIGHT
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<PoolOutcome, StoreError> {
        lease::check(transaction, self.fence).await?;
        let batch = find(transaction, self.batch_id).await?;
        let batch = batch.filter(|it| it.city == self.fence.city && it.state == BatchState::Gathering);
        let filing = filings::find(transaction, self.filing_id).await?;
        let filing = filing.filter(|it| it.region.city() == self.fence.city && it.state == FilingState::Sealed);
        let (Some(batch), Some(filing)) = (batch, filing) else { return Ok(PoolOutcome::Stale) };
        let members = path::of_filing(transaction, filing.filing_id).await?;
        let is_filed = |it: &&Member| it.state == ClaimState::Filed;
        let found = path::totals(members.iter().filter(is_filed))?;
        if found != filing.sealed || path::content_hash(members.iter().filter(is_filed)) != filing.content_hash {
            return self.reject(transaction, filing, &members, found).await;
        }
        let Some(sorted) = self.sort(&members) else { return Ok(PoolOutcome::Stale) };
        self.take_up(transaction, batch, filing, sorted).await
    }
}

/// The claims of a filing, by what becomes of them.
#[derive(Default)]
struct Sorted<'a> {
    changed: Vec<&'a Member>,
    waiting: Vec<&'a Member>,
    pooled: Vec<&'a Member>,
}

impl Pool {
    /// `None` when a claim is named that is not in the filing, or not at the version that was asked about.
    fn sort<'a>(&self, members: &'a [Member]) -> Option<Sorted<'a>> {
        let mut changed: HashMap<ClaimId, i64> = self.changed.claims().collect();
        let mut waiting: HashSet<ClaimId> = self.waiting.iter().copied().collect();
        let mut sorted = Sorted::default();
        for member in members {
            let is_waiting = waiting.remove(&member.id());
            match changed.remove(&member.id()) {
                Some(version) if version != member.version => return None,
                Some(_) => sorted.changed.push(member),
                None if is_waiting => sorted.waiting.push(member),
                None => sorted.pooled.push(member),
            }
        }
        (changed.is_empty() && waiting.is_empty()).then_some(sorted)
    }

    async fn take_up(
        &self,
        transaction: &mut Transaction,
        mut batch: BatchRecord,
        mut filing: FilingRecord,
        Sorted { changed, waiting, pooled }: Sorted<'_>,
    ) -> Result<PoolOutcome, StoreError> {
        let Self { actor, at, batch_id, filing_id, .. } = self;
        path::note_left_out(transaction, changed.iter().map(|it| it.leaving()), (*batch_id, LeftOut::Changed), *at)
            .await?;
        // With the change of state the approval is void, and the claim in no filing any more.
        assessments::record(transaction, &self.changed).await?;
        let why = (*batch_id, LeftOut::Unanswered);
        path::leave_out(transaction, &waiting, ClaimState::Filed, why, actor, *at).await?;
        path::pool(transaction, &pooled, (*filing_id, *batch_id), actor, *at).await?;
        let taken = path::totals(pooled)?;
        (filing.state, filing.batch_id, filing.pooled) = (FilingState::Pooled, Some(*batch_id), Some(taken));
        let detail = format!("batch={batch_id} claims={} amount={}", taken.claims, taken.amount.get());
        filings::settle(transaction, &filing, &actor.0, detail, *at).await?;
        batch.total = batch.total.and(taken).ok_or(StoreError::Corrupt("amount"))?;
        batch.changed_at = *at;
        save(transaction, &batch).await?;
        let detail = format!("filing={filing_id} claims={} amount={}", taken.claims, taken.amount.get());
        transaction.append(&moved_entry(&batch, actor, detail));
        Ok(PoolOutcome::Pooled(taken))
    }

    async fn reject(
        &self,
        transaction: &mut Transaction,
        mut filing: FilingRecord,
        members: &[Member],
        found: ControlTotals,
    ) -> Result<PoolOutcome, StoreError> {
        let Self { actor, at, filing_id, .. } = self;
        let filed: Vec<&Member> = members.iter().filter(|it| it.state == ClaimState::Filed).collect();
        let detail = format!("filing={filing_id} rejected");
        path::unfile(transaction, &filed, (ClaimState::Filed, &detail), actor, *at).await?;
        filing.state = FilingState::Rejected;
        let detail = format!("found claims={} amount={}", found.claims, found.amount.get());
        filings::settle(transaction, &filing, &actor.0, detail, *at).await?;
        Ok(PoolOutcome::Rejected { sealed: filing.sealed, found })
    }
}

/// What the log keeps of a batch that moves.
pub(super) fn moved_entry(batch: &BatchRecord, actor: &Actor, detail: String) -> Entry {
    Entry {
        at: batch.changed_at,
        actor: actor.0.clone(),
        action: Action::BatchMoved,
        subject: Subject::Batch(batch.batch_id.0),
        region: batch.city,
        state: Some(batch.state.code()),
        version: None,
        detail,
    }
}

/// One batch within the transaction.
pub(super) async fn find(transaction: &mut Transaction, id: BatchId) -> Result<Option<BatchRecord>, StoreError> {
    let row: Option<BatchRow> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(ONE_BATCH).bind(id.0.as_bytes().as_slice()).fetch_optional(connection).await
    })?;
    row.map(BatchRow::open).transpose()
}

/// Lines of a batch within the transaction.
pub(super) async fn lines(transaction: &mut Transaction, id: BatchId) -> Result<Vec<BatchLineRecord>, StoreError> {
    let rows: Vec<LineRow> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(LINES).bind(id.0.as_bytes().as_slice()).fetch_all(connection).await
    })?;
    rows.into_iter().map(LineRow::open).collect()
}

/// Keeps where a batch stands.
pub(super) async fn save(transaction: &mut Transaction, batch: &BatchRecord) -> Result<(), StoreError> {
    let stopped = batch.stopped.as_ref().map(serde_json::to_string).transpose();
    let stopped = stopped.map_err(|_| StoreError::Corrupt("value"))?;
    on_tx!(transaction.tx, connection => {
        sqlx::query(SAVE_BATCH)
            .bind(batch.batch_id.0.as_bytes().as_slice())
            .bind(batch.state.code())
            .bind(claims_column(batch.total))
            .bind(batch.total.amount.get())
            .bind(batch.granted.get())
            .bind(batch.content_hash.as_ref().map(<[u8; 32]>::as_slice))
            .bind(stopped)
            .bind(batch.changed_at.as_millisecond())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(super) struct BatchRow {
    batch_id: Vec<u8>,
    city: String,
    month: String,
    number: i64,
    state: String,
    claims: i64,
    amount_fen: i64,
    granted_fen: i64,
    arrived_fen: i64,
    content_hash: Option<Vec<u8>>,
    stopped: Option<String>,
    opened_at: i64,
    changed_at: i64,
}

impl BatchRow {
    pub(super) fn open(self) -> Result<BatchRecord, StoreError> {
        let stop = |text: String| serde_json::from_str::<Stop>(&text).map_err(|_| StoreError::Corrupt("stop"));
        Ok(BatchRecord {
            batch_id: BatchId(codec::uuid(&self.batch_id)?),
            city: codec::region(&self.city)?,
            month: codec::month(&self.month)?,
            number: codec::count(self.number)?,
            state: BatchState::from_code(&self.state).ok_or(StoreError::Corrupt("state"))?,
            total: totals(self.claims, self.amount_fen)?,
            granted: Fen::new(self.granted_fen),
            arrived: Fen::new(self.arrived_fen),
            content_hash: self.content_hash.map(codec::hash).transpose()?,
            stopped: self.stopped.map(stop).transpose()?,
            opened_at: codec::timestamp(self.opened_at)?,
            changed_at: codec::timestamp(self.changed_at)?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct LineRow {
    region: String,
    subsidy: String,
    enterprises: i64,
    people: i64,
    claims: i64,
    amount_fen: i64,
    granted_fen: Option<i64>,
}

impl LineRow {
    fn open(self) -> Result<BatchLineRecord, StoreError> {
        let line = BatchLine {
            region: codec::region(&self.region)?,
            subsidy: codec::subsidy(&self.subsidy)?,
            enterprises: codec::count(self.enterprises)?,
            people: codec::count(self.people)?,
            claims: codec::count(self.claims)?,
            amount: Fen::new(self.amount_fen),
        };
        Ok(BatchLineRecord { line, granted: self.granted_fen.map(Fen::new) })
    }
}
