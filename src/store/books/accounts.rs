//! What accounts come to: sums over both sides of the entries, taken by the database.

use std::collections::BTreeMap;

use super::{account, summed};
use crate::domain::identity::{Level, Region};
use crate::domain::ledger::{Account, AccountKind, Balance, TrialBalance};
use crate::domain::money::Fen;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::ledger::{AccountBalance, AccountFilter, SliceFilter};
use crate::store::sql::{like, statements};
use crate::store::{StoreError, codec};

/// Accounts of a slice, by kind and owner, after one of them; kinds stand in their order in `AccountKind`. The condition of a batch or a
/// city comes first, for its index. An empty subsidy, month or kind stands for all, and so does a limit below zero.
macro_rules! accounts_where {
    ($limit:literal; $condition:literal) => {
        concat!(
            "SELECT kind, owner, CAST(SUM(debit_fen) AS BIGINT), CAST(SUM(credit_fen) AS BIGINT) FROM (
                SELECT kind, owner, debit_fen, credit_fen,
                    CASE kind WHEN 'fund' THEN 0 WHEN 'municipal' THEN 1 WHEN 'county' THEN 2 WHEN 'unassigned' THEN 3
                        WHEN 'expense' THEN 4 WHEN 'payable' THEN 5 WHEN 'in-transit' THEN 6 WHEN 'returned' THEN 7
                        ELSE 8 END AS place_of_kind
                FROM (
                    SELECT debit_kind AS kind, debit_owner AS owner, amount_fen AS debit_fen, 0 AS credit_fen
                    FROM ledger_entry WHERE ",
            $condition,
            " AND place LIKE $2 AND (subsidy = $3 OR $3 = '') AND (month = $4 OR $4 = '')
                    UNION ALL
                    SELECT credit_kind, credit_owner, 0, amount_fen
                    FROM ledger_entry WHERE ",
            $condition,
            " AND place LIKE $2 AND (subsidy = $3 OR $3 = '') AND (month = $4 OR $4 = '')
                ) AS side
             ) AS ranked
             WHERE (kind = $5 OR $5 = '') AND (place_of_kind > $6 OR (place_of_kind = $6 AND owner > $7))
             GROUP BY place_of_kind, kind, owner ORDER BY place_of_kind, owner",
            $limit
        )
    };
}

statements! {
    ACCOUNTS_OF_BATCH = accounts_where!(" LIMIT $8"; "batch_id = $1");
    ACCOUNTS_OF_CITY = accounts_where!(" LIMIT $8"; "city = $1");
    ACCOUNTS_OF_ALL = accounts_where!(" LIMIT $8"; "$1 = ''");
}

/// The most accounts read at once.
const ACCOUNTS_MAX: u32 = 10_000;

type AccountRow = (String, String, i64, i64);

/// What comes before all accounts, as a place of a kind and an owner.
const START: (i64, &str) = (-1, "");

/// One page of accounts.
pub(super) async fn page(readers: &Pool, filter: &AccountFilter) -> Result<Vec<AccountBalance>, StoreError> {
    let AccountFilter { slice, kind, after, limit } = filter;
    let after = after.as_ref().map_or(START, |it| (place_of_kind(it.kind), it.owner.as_str()));
    let limit = i64::from(*limit.min(&ACCOUNTS_MAX));
    let rows = rows(readers, slice, kind.map_or("", AccountKind::code), after, limit).await?;
    rows.into_iter().map(open).collect()
}

/// All accounts.
pub(super) async fn trial_balance(readers: &Pool, slice: SliceFilter) -> Result<TrialBalance, StoreError> {
    let rows = rows(readers, &slice, "", START, i64::MAX).await?;
    let balances: Result<BTreeMap<Account, Balance>, StoreError> = rows.into_iter().map(open).collect();
    balances.map(TrialBalance)
}

fn place_of_kind(kind: AccountKind) -> i64 {
    AccountKind::ALL.into_iter().position(|it| it == kind).and_then(|at| i64::try_from(at).ok()).unwrap_or(i64::MAX)
}

fn open((kind, owner, debit, credit): AccountRow) -> Result<AccountBalance, StoreError> {
    Ok((account(&kind, owner)?, Balance { debit: Fen::new(debit), credit: Fen::new(credit) }))
}

async fn rows(
    readers: &Pool,
    slice: &SliceFilter,
    kind: &str,
    (place, owner): (i64, &str),
    limit: i64,
) -> Result<Vec<AccountRow>, StoreError> {
    let city = city_of(slice.within);
    let subsidy = slice.subsidy.map_or("", codec::subsidy_code);
    let month = slice.month.map(|month| month.to_string()).unwrap_or_default();
    on_pool!(readers, pool => {
        let query = match (&slice.batch, &city) {
            (Some(batch), _) => sqlx::query_as(ACCOUNTS_OF_BATCH).bind(batch.0.as_bytes().as_slice()),
            (None, Some(city)) => sqlx::query_as(ACCOUNTS_OF_CITY).bind(city.as_str()),
            (None, None) => sqlx::query_as(ACCOUNTS_OF_ALL).bind(""),
        };
        let query = query.bind(like(slice.within)).bind(subsidy).bind(month).bind(kind);
        query.bind(place).bind(owner).bind(limit).fetch_all(pool).await
    })
    .map_err(summed)
}

/// The one city whose entries a region may see; none where it sees many cities'.
fn city_of(within: Region) -> Option<Region> {
    match within.level() {
        Level::County | Level::Municipal => Some(within.city()),
        Level::Province | Level::Ministry => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statement writes the order of the kinds out.
    #[test]
    fn kinds_stand_where_the_statement_places_them() {
        for kind in AccountKind::ALL {
            let place = place_of_kind(kind);
            let written = format!("WHEN '{}' THEN {place}", kind.code());
            let is_last = kind == AccountKind::Receivable && place == 8;
            assert!(is_last || ACCOUNTS_OF_ALL.contains(&written), "{kind:?}");
        }
    }
}
