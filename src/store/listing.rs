//! Claims as they are read: one, a page, and the changes after a place in the log.

use super::StoreError;
use super::claims::ClaimRow;
use super::codec;
use super::pool::{Pool, on_pool};
use super::record::{ClaimChange, ClaimFilter, ClaimRecord};
use super::seal::Sealer;
use super::sql::{like, statements};
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::identity::{Level, Region, Uscc};

/// The columns of a claim. An empty state or enterprise stands for all.
macro_rules! page_where {
    ($condition:literal) => {
        concat!(
            "SELECT claim.claim_id, claim.state, claim.version, claim.changed_at, claim.due_on, content.decision,
                content.sealed
             FROM claim CROSS JOIN claim_content AS content
             WHERE content.claim_id = claim.claim_id AND ",
            $condition,
            " AND claim.claim_id < $2 AND (claim.state = $3 OR $3 = '') AND (claim.enterprise = $4 OR $4 = '')
              ORDER BY claim.claim_id DESC LIMIT $5"
        )
    };
}

statements! {
    ONE_CLAIM = "
        SELECT claim.claim_id, claim.state, claim.version, claim.changed_at, claim.due_on, content.decision,
            content.sealed
        FROM claim CROSS JOIN claim_content AS content
        WHERE claim.claim_id = $1 AND content.claim_id = claim.claim_id";
    STANDING = "SELECT state, version FROM claim WHERE claim_id = $1";
    PAGE_OF_COUNTY = page_where!("claim.city = $6 AND claim.region = $1");
    PAGE_OF_CITY = page_where!("claim.city = $1");
    PAGE_OF_PROVINCE = page_where!("claim.province = $1");
    PAGE_OF_ALL = page_where!("$1 = '000000'");
    /// Changes of state alone: reads have none.
    CHANGES = "
        SELECT entry.sequence, claim.claim_id, claim.state, claim.version, claim.changed_at, claim.due_on,
            content.decision, content.sealed
        FROM audit_entry AS entry CROSS JOIN claim CROSS JOIN claim_content AS content
        WHERE entry.sequence > $1 AND entry.sequence <= $2 AND entry.subject_kind = 'claim'
            AND entry.state IS NOT NULL AND entry.region LIKE $3 AND claim.claim_id = entry.subject_id
            AND content.claim_id = entry.subject_id
        ORDER BY entry.sequence LIMIT $4";
}

/// The most claims or changes read at once: ten pages of the largest size a caller may ask for.
const CLAIMS_MAX: u32 = 5_000;
/// Entries looked at in one statement, so that no reader holds its snapshot for long.
const SCAN_ENTRIES: i64 = 20_000;
/// Statements of one call: a caller to whom nothing of two million entries belongs comes back once more.
const SCANS_MAX: usize = 100;

pub(super) async fn one(readers: &Pool, sealer: &Sealer, id: ClaimId) -> Result<Option<ClaimRecord>, StoreError> {
    let row: Option<ClaimRow> = on_pool!(readers, pool => {
        sqlx::query_as(ONE_CLAIM).bind(id.0.as_bytes().as_slice()).fetch_optional(pool).await
    })?;
    row.map(|row| row.open(sealer)).transpose()
}

/// Where a claim stands.
pub(super) async fn standing(readers: &Pool, id: ClaimId) -> Result<Option<(ClaimState, i64)>, StoreError> {
    let row: Option<(String, i64)> = on_pool!(readers, pool => {
        sqlx::query_as(STANDING).bind(id.0.as_bytes().as_slice()).fetch_optional(pool).await
    })?;
    row.map(|(state, version)| Ok((codec::state(&state)?, version))).transpose()
}

pub(super) async fn page(
    readers: &Pool,
    sealer: &Sealer,
    filter: &ClaimFilter,
) -> Result<Vec<ClaimRecord>, StoreError> {
    let ClaimFilter { within, state, enterprise, before, limit } = filter;
    let before = before.map_or([u8::MAX; 16], |id| *id.0.as_bytes());
    let state = state.map_or("", ClaimState::code);
    let limit = i64::from(*limit.min(&CLAIMS_MAX));
    let sql = match within.level() {
        Level::County => PAGE_OF_COUNTY,
        Level::Municipal => PAGE_OF_CITY,
        Level::Province => PAGE_OF_PROVINCE,
        Level::Ministry => PAGE_OF_ALL,
    };
    let enterprise = enterprise.as_ref().map_or("", Uscc::as_str);
    let city = within.city();
    let rows: Vec<ClaimRow> = on_pool!(readers, pool => {
        let query = sqlx::query_as(sql).bind(within.as_str()).bind(before.as_slice()).bind(state).bind(enterprise).bind(limit);
        let query = if within.level() == Level::County { query.bind(city.as_str()) } else { query };
        query.fetch_all(pool).await
    })?;
    rows.into_iter().map(|row| row.open(sealer)).collect()
}

/// Changes after a sequence, up to the head as it was asked for before, and how far was looked.
pub(super) async fn changes_after(
    readers: &Pool,
    sealer: &Sealer,
    (after, head): (i64, i64),
    within: Region,
    limit: u32,
) -> Result<(Vec<ClaimChange>, i64), StoreError> {
    let limit = usize::try_from(limit.min(CLAIMS_MAX)).unwrap_or_default();
    let pattern = like(within);
    let (mut changes, mut scanned) = (Vec::new(), after);
    for _ in 0..SCANS_MAX {
        if scanned >= head || changes.len() >= limit {
            break;
        }
        let end = head.min(scanned.saturating_add(SCAN_ENTRIES));
        let wanted = limit - changes.len();
        let rows: Vec<ChangeRow> = on_pool!(readers, pool => {
            sqlx::query_as(CHANGES)
                .bind(scanned)
                .bind(end)
                .bind(&pattern)
                .bind(i64::try_from(wanted).unwrap_or(i64::MAX))
                .fetch_all(pool)
                .await
        })?;
        scanned = match rows.last() {
            Some(last) if rows.len() >= wanted => last.sequence,
            Some(_) | None => end,
        };
        for row in rows {
            changes.push(ClaimChange { sequence: row.sequence, record: row.claim.open(sealer)? });
        }
    }
    Ok((changes, scanned))
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    sequence: i64,
    #[sqlx(flatten)]
    claim: ClaimRow,
}
