//! The 30-day radar, read: unpaid claims with their last day up to a day, by day, and by county and state.

use super::overview::scope;
use super::pool::on_pool;
use super::record::radar::{RadarDay, RadarKey, RadarPlace, RadarSpan};
use super::sql::{like, statements};
use super::{Store, StoreError, codec};
use crate::domain::money::Fen;

macro_rules! days {
    ($condition:literal) => {
        concat!(
            "SELECT CASE WHEN claim.due_on < $4 THEN '' ELSE claim.due_on END AS day, COUNT(*),
                CAST(COALESCE(SUM(approval.amount_fen), 0) AS BIGINT)
             FROM claim LEFT JOIN approval ON approval.claim_id = claim.claim_id
             WHERE claim.due_on <= $3 AND claim.state NOT IN ('paid', 'refused', 'withdrawn') AND claim.region LIKE $2 AND ",
            $condition,
            " GROUP BY 1 ORDER BY 1"
        )
    };
}

macro_rules! places {
    ($condition:literal) => {
        concat!(
            "SELECT claim.due_on, claim.region, claim.state, COUNT(*),
                CAST(COALESCE(SUM(approval.amount_fen), 0) AS BIGINT)
             FROM claim LEFT JOIN approval ON approval.claim_id = claim.claim_id
             WHERE claim.due_on <= $3 AND claim.state NOT IN ('paid', 'refused', 'withdrawn') AND claim.region LIKE $2
                AND (claim.due_on, claim.region, claim.state) > ($4, $5, $6) AND ",
            $condition,
            " GROUP BY claim.due_on, claim.region, claim.state
             ORDER BY claim.due_on, claim.region, claim.state LIMIT $7"
        )
    };
}

statements! {
    /// What is past its day stands together, first.
    DAYS_OF_CITY = days!("claim.city = $1");
    DAYS_OF_PROVINCE = days!("claim.province = $1");
    DAYS_OF_ALL = days!("$1 = '000000'");
    PLACES_OF_CITY = places!("claim.city = $1");
    PLACES_OF_PROVINCE = places!("claim.province = $1");
    PLACES_OF_ALL = places!("$1 = '000000'");
}

type DayRow = (String, i64, i64);
type PlaceRow = (String, String, String, i64, i64);

impl Store {
    /// Unpaid claims by their last day: at most one for what is past its day and one for each day of the span.
    pub async fn radar_days(&self, span: RadarSpan) -> Result<Vec<RadarDay>, StoreError> {
        let RadarSpan { within, today, until } = span;
        let (sql, whole) = scope(within, [DAYS_OF_CITY, DAYS_OF_PROVINCE, DAYS_OF_ALL]);
        let rows: Vec<DayRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(sql)
                .bind(whole.as_str())
                .bind(like(within))
                .bind(until.to_string())
                .bind(today.to_string())
                .fetch_all(pool)
                .await
        })?;
        let open = |(day, claims, amount): DayRow| {
            let due_on = Some(day.as_str()).filter(|day| !day.is_empty()).map(codec::date).transpose()?;
            Ok(RadarDay { due_on, claims: count(claims)?, amount: Fen::new(amount) })
        };
        rows.into_iter().map(open).collect()
    }

    /// The same by last day, county and state, in this order, those after one of them.
    pub async fn radar_places(
        &self,
        span: RadarSpan,
        after: Option<RadarKey>,
        limit: u32,
    ) -> Result<Vec<RadarPlace>, StoreError> {
        let RadarSpan { within, today: _, until } = span;
        let (sql, whole) = scope(within, [PLACES_OF_CITY, PLACES_OF_PROVINCE, PLACES_OF_ALL]);
        let [due_on, region, state] = match after {
            Some(RadarKey { due_on, region, state }) => {
                [due_on.to_string(), region.to_string(), state.code().to_owned()]
            }
            None => Default::default(),
        };
        let rows: Vec<PlaceRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(sql)
                .bind(whole.as_str())
                .bind(like(within))
                .bind(until.to_string())
                .bind(due_on)
                .bind(region)
                .bind(state)
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await
        })?;
        let open = |(due_on, region, state, claims, amount): PlaceRow| {
            let (due_on, region, state) = (codec::date(&due_on)?, codec::region(&region)?, codec::state(&state)?);
            let key = RadarKey { due_on, region, state };
            Ok(RadarPlace { key, claims: count(claims)?, amount: Fen::new(amount) })
        };
        rows.into_iter().map(open).collect()
    }
}

fn count(claims: i64) -> Result<u64, StoreError> {
    u64::try_from(claims).map_err(|_| StoreError::Corrupt("count of claims"))
}
