//! Where a city stands: what is filed, paid, due and stuck.

use jiff::civil::Date;

use super::codec;
use super::filings::totals;
use super::pool::on_pool;
use super::record::payment::UnmatchedLine;
use super::record::pooling::{DueTotal, StandingTotal};
use super::sql::{like, statements};
use super::{Store, StoreError};
use crate::domain::calendar::Month;
use crate::domain::identity::{Level, Region};
use crate::domain::money::Fen;
use crate::domain::statement::Direction;

macro_rules! standings {
    ($condition:literal) => {
        concat!(
            "SELECT claim.region, claim.subsidy, claim.state, COUNT(*),
                CAST(COALESCE(SUM(approval.amount_fen), 0) AS BIGINT)
             FROM claim LEFT JOIN approval ON approval.claim_id = claim.claim_id
             WHERE claim.region LIKE $2 AND ",
            $condition,
            " GROUP BY claim.region, claim.subsidy, claim.state ORDER BY claim.region, claim.subsidy, claim.state"
        )
    };
}

macro_rules! due {
    ($condition:literal) => {
        concat!(
            "SELECT due_on, region, state, COUNT(*) FROM claim
             WHERE due_on <= $3 AND state NOT IN ('paid', 'refused', 'withdrawn') AND region LIKE $2 AND ",
            $condition,
            " GROUP BY due_on, region, state ORDER BY due_on, region, state"
        )
    };
}

statements! {
    STANDINGS_OF_CITY = standings!("claim.city = $1");
    STANDINGS_OF_PROVINCE = standings!("claim.province = $1");
    STANDINGS_OF_ALL = standings!("$1 = '000000'");
    DUE_OF_CITY = due!("city = $1");
    DUE_OF_PROVINCE = due!("province = $1");
    DUE_OF_ALL = due!("$1 = '000000'");
    /// A filing that was rejected is to be made again.
    NOT_FILED = "
        SELECT DISTINCT approval.region FROM approval
        WHERE approval.city = $1 AND approval.filing_id IS NULL AND approval.approved_by IS NOT NULL
            AND NOT EXISTS (
                SELECT 1 FROM filing
                WHERE filing.region = approval.region AND filing.month = $2 AND filing.state <> 'rejected')
        ORDER BY approval.region";
    COUNT_PAID_OUT = "
        SELECT COUNT(*) FROM (
            SELECT 1 AS paid FROM ledger_entry
            WHERE city = $1 AND month = $2 AND event = 'booked' AND debit_kind = 'payable' LIMIT 1) AS payouts";
    UNMATCHED = "
        SELECT region, bank_reference, booked_on, direction, amount_fen FROM statement_line
        WHERE fits IS NULL AND region LIKE $1 ORDER BY booked_on, region, bank_reference LIMIT $2";
}

type StandingRow = (String, String, String, i64, i64);
type DueRow = (String, String, String, i64);
type LineRow = (String, String, String, String, i64);

impl Store {
    /// Claims within a region by county, subsidy and state.
    pub async fn standing_totals(&self, within: Region) -> Result<Vec<StandingTotal>, StoreError> {
        let (sql, whole) = scope(within, [STANDINGS_OF_CITY, STANDINGS_OF_PROVINCE, STANDINGS_OF_ALL]);
        let rows: Vec<StandingRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(sql).bind(whole.as_str()).bind(like(within)).fetch_all(pool).await
        })?;
        let open = |(region, subsidy, state, claims, amount): StandingRow| {
            let (region, subsidy, state) = (codec::region(&region)?, codec::subsidy(&subsidy)?, codec::state(&state)?);
            Ok(StandingTotal { region, subsidy, state, totals: totals(claims, amount)? })
        };
        rows.into_iter().map(open).collect()
    }

    /// Counties of a city that have approved claims and have not filed in a month.
    pub async fn not_filed(&self, city: Region, month: Month) -> Result<Vec<Region>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(NOT_FILED).bind(city.as_str()).bind(month.to_string()).fetch_all(pool).await
        })?;
        rows.into_iter().map(|(region,)| codec::region(&region)).collect()
    }

    /// Whether a payout of a city was booked in a month (二(二): 每月不少于1次).
    pub async fn has_paid_out(&self, city: Region, month: Month) -> Result<bool, StoreError> {
        let (payouts,): (i64,) = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(COUNT_PAID_OUT).bind(city.as_str()).bind(month.to_string()).fetch_one(pool).await
        })?;
        Ok(payouts > 0)
    }

    /// Unpaid claims that are entitled, held or waiting, with their last day up to a day, by day, county and state.
    pub async fn due_until(&self, within: Region, until: Date) -> Result<Vec<DueTotal>, StoreError> {
        let (sql, whole) = scope(within, [DUE_OF_CITY, DUE_OF_PROVINCE, DUE_OF_ALL]);
        let rows: Vec<DueRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(sql).bind(whole.as_str()).bind(like(within)).bind(until.to_string()).fetch_all(pool).await
        })?;
        let open = |(due_on, region, state, claims): DueRow| {
            let (due_on, region, state) = (codec::date(&due_on)?, codec::region(&region)?, codec::state(&state)?);
            Ok(DueTotal { due_on, region, state, claims: u64::try_from(claims).unwrap_or_default() })
        };
        rows.into_iter().map(open).collect()
    }

    /// Statement lines of a city that fit nothing, oldest first.
    pub async fn unmatched_lines(&self, city: Region, limit: u32) -> Result<Vec<UnmatchedLine>, StoreError> {
        let rows: Vec<LineRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(UNMATCHED).bind(like(city)).bind(i64::from(limit)).fetch_all(pool).await
        })?;
        let open = |(region, bank_reference, booked_on, direction, amount): LineRow| {
            let direction = [Direction::Credit, Direction::Debit].into_iter().find(|it| it.code() == direction);
            Ok(UnmatchedLine {
                region: codec::region(&region)?,
                bank_reference,
                booked_on: codec::date(&booked_on)?,
                direction: direction.ok_or(StoreError::Corrupt("direction"))?,
                amount: Fen::new(amount),
            })
        };
        rows.into_iter().map(open).collect()
    }
}

/// Which of the statements (of a city, of a province, of all) reads a region, and the code that it looks for.
pub(super) fn scope(within: Region, [city, province, all]: [&'static str; 3]) -> (&'static str, Region) {
    match within.level() {
        Level::County | Level::Municipal => (city, within.city()),
        Level::Province => (province, within),
        Level::Ministry => (all, within),
    }
}
