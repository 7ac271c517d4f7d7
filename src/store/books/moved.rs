//! What moved, summed up by place, subsidy and kind of entry: a few hundred rows, however long the ledger is.

use super::summed;
use crate::domain::identity::Level;
use crate::domain::ledger::flow::Moved;
use crate::domain::ledger::{AccountKind, Event};
use crate::domain::money::Fen;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::ledger::SliceFilter;
use crate::store::sql::{like, statements};
use crate::store::{StoreError, codec};

/// Of a city or of all. The payer is the owner of the transit, where an entry has one. An empty subsidy or month stands for all.
macro_rules! moved_where {
    ($condition:literal) => {
        concat!(
            "SELECT place, subsidy, event, debit_kind, credit_kind, payer, CAST(SUM(amount_fen) AS BIGINT) FROM (
                SELECT place, subsidy, event, debit_kind, credit_kind, amount_fen,
                    CASE WHEN debit_kind = 'in-transit' THEN debit_owner
                        WHEN credit_kind = 'in-transit' THEN credit_owner ELSE '' END AS payer
                FROM ledger_entry WHERE ",
            $condition,
            " AND place LIKE $2 AND (subsidy = $3 OR $3 = '') AND (month = $4 OR $4 = '')
             ) AS moved
             GROUP BY place, subsidy, event, debit_kind, credit_kind, payer
             ORDER BY place, subsidy, event, debit_kind, credit_kind, payer"
        )
    };
}

statements! {
    MOVED_IN_BATCH = moved_where!("batch_id = $1");
    MOVED_IN_CITY = moved_where!("city = $1");
    MOVED_IN_ALL = moved_where!("$1 = ''");
}

type MovedRow = (String, Option<String>, String, String, String, String, i64);

pub(super) async fn sums(readers: &Pool, slice: SliceFilter) -> Result<Vec<Moved>, StoreError> {
    let city = match slice.within.level() {
        Level::County | Level::Municipal => Some(slice.within.city()),
        Level::Province | Level::Ministry => None,
    };
    let subsidy = slice.subsidy.map_or("", codec::subsidy_code);
    let month = slice.month.map(|month| month.to_string()).unwrap_or_default();
    let rows: Vec<MovedRow> = on_pool!(readers, pool => {
        let query = match (&slice.batch, &city) {
            (Some(batch), _) => sqlx::query_as(MOVED_IN_BATCH).bind(batch.0.as_bytes().as_slice()),
            (None, Some(city)) => sqlx::query_as(MOVED_IN_CITY).bind(city.as_str()),
            (None, None) => sqlx::query_as(MOVED_IN_ALL).bind(""),
        };
        query.bind(like(slice.within)).bind(subsidy).bind(month).fetch_all(pool).await
    })
    .map_err(summed)?;
    rows.into_iter().map(open).collect()
}

fn open((place, subsidy, event, debit, credit, payer, amount): MovedRow) -> Result<Moved, StoreError> {
    let kind = |code: &str| AccountKind::from_code(code).ok_or(StoreError::Corrupt("account"));
    Ok(Moved {
        place: codec::region(&place)?,
        subsidy: subsidy.as_deref().map(codec::subsidy).transpose()?,
        event: Event::from_code(&event).ok_or(StoreError::Corrupt("event"))?,
        debit: kind(&debit)?,
        credit: kind(&credit)?,
        payer: if payer.is_empty() { None } else { Some(codec::region(&payer)?) },
        amount: Fen::new(amount),
    })
}
