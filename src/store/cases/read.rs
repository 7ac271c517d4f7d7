//! Cases as they are read. They hold no personal data: a case names an enterprise, a claim and a suspect.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::kept::{self, CaseRow};
use crate::domain::calendar::cst_midnight;
use crate::domain::clawback::{CaseId, CaseState};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::clawback::{CaseEvent, CaseFilter, CaseRecord, RecoveryLine};
use crate::store::sql::{like, statements};
use crate::store::{StoreError, codec};

statements! {
    ONE_CASE = "SELECT * FROM clawback_case WHERE case_id = $1";
    CASE_EVENTS = "
        SELECT at, person, step, text, amount_fen FROM clawback_event WHERE case_id = $1 ORDER BY version";
    /// An empty state stands for all.
    PAGE_OF_CASES = "
        SELECT * FROM clawback_case WHERE region LIKE $1 AND case_id < $2 AND (state = $3 OR $3 = '')
        ORDER BY case_id DESC LIMIT $4";
    /// What is outstanding stands in three columns by the day of the demand: on or after $2, before it, and before $3.
    RECOVERY = "
        SELECT rule, COUNT(*), CAST(SUM(amount_fen) AS BIGINT), CAST(SUM(repaid_fen + set_off_fen) AS BIGINT),
            CAST(SUM(waived_fen) AS BIGINT),
            CAST(SUM(CASE WHEN demanded_at >= $2
                THEN amount_fen - repaid_fen - set_off_fen - waived_fen ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN demanded_at < $2 AND demanded_at >= $3
                THEN amount_fen - repaid_fen - set_off_fen - waived_fen ELSE 0 END) AS BIGINT),
            CAST(SUM(CASE WHEN demanded_at < $3
                THEN amount_fen - repaid_fen - set_off_fen - waived_fen ELSE 0 END) AS BIGINT)
        FROM clawback_case WHERE region LIKE $1 AND demanded_at IS NOT NULL GROUP BY rule ORDER BY rule";
}

/// The most cases read at once.
const CASES_MAX: u32 = 5_000;
/// A demand is young for less than so many days …
const YOUNG_DAYS: i64 = 30;
/// … and old after so many.
const OLD_DAYS: i64 = 90;

type EventRow = (i64, String, String, String, Option<i64>);

pub(super) async fn one(readers: &Pool, id: CaseId) -> Result<Option<(CaseRecord, Vec<CaseEvent>)>, StoreError> {
    let id = id.0.as_bytes().as_slice();
    let row: Option<CaseRow> = on_pool!(readers, pool => sqlx::query_as(ONE_CASE).bind(id).fetch_optional(pool).await)?;
    let Some(row) = row else { return Ok(None) };
    let events: Vec<EventRow> = on_pool!(readers, pool => sqlx::query_as(CASE_EVENTS).bind(id).fetch_all(pool).await)?;
    let open = |(at, person, step, text, amount): EventRow| {
        Ok(CaseEvent { at: codec::timestamp(at)?, person, step, text, amount: amount.map(Fen::new) })
    };
    let events: Result<_, StoreError> = events.into_iter().map(open).collect();
    Ok(Some((row.open()?.record, events?)))
}

pub(super) async fn page(readers: &Pool, filter: &CaseFilter) -> Result<Vec<CaseRecord>, StoreError> {
    let before = filter.before.map_or([u8::MAX; 16], |id| *id.0.as_bytes());
    let rows: Vec<CaseRow> = on_pool!(readers, pool => {
        sqlx::query_as(PAGE_OF_CASES)
            .bind(like(filter.within))
            .bind(before.as_slice())
            .bind(filter.state.map_or("", CaseState::code))
            .bind(i64::from(filter.limit.min(CASES_MAX)))
            .fetch_all(pool)
            .await
    })?;
    rows.into_iter().map(|row| Ok(row.open()?.record)).collect()
}

type RecoveryRow = (String, i64, i64, i64, i64, i64, i64, i64);

pub(super) async fn recovery(readers: &Pool, within: Region, today: Date) -> Result<Vec<RecoveryLine>, StoreError> {
    // Demanded on this day it is 29 days old today, and 90 on the other.
    let (young, old) = (days_before(today, YOUNG_DAYS - 1), days_before(today, OLD_DAYS));
    let rows: Vec<RecoveryRow> = on_pool!(readers, pool => {
        sqlx::query_as(RECOVERY)
            .bind(like(within))
            .bind(young.as_millisecond())
            .bind(old.as_millisecond())
            .fetch_all(pool)
            .await
    })?;
    let open = |(rule, cases, demanded, recovered, waived, young, middle, old): RecoveryRow| {
        Ok(RecoveryLine {
            rule: kept::rule(&rule)?,
            cases: u64::try_from(cases).unwrap_or_default(),
            demanded: Fen::new(demanded),
            recovered: Fen::new(recovered),
            waived: Fen::new(waived),
            outstanding: [young, middle, old].map(Fen::new),
        })
    };
    rows.into_iter().map(open).collect()
}

/// The midnight with which a day began, so many days ago.
fn days_before(today: Date, days: i64) -> Timestamp {
    cst_midnight(today.saturating_sub(Span::new().days(days)))
}
