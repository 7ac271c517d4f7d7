//! What a person sees first: last days ahead, the cities whose money moves here, and whether the other bureaus are being asked.

use jiff::ToSpan;
use jiff::civil::Date;

use super::read::within;
use super::{Gateway, Refusal};
use crate::connectors::BreakerState;
use crate::domain::calendar::cst_date;
use crate::domain::caller::Caller;
use crate::domain::eligibility::evidence::Owner;
use crate::domain::identity::Region;
use crate::store::record::pooling::DueTotal;

/// As long as a claim may take from its data release to its payment (二(一)2).
pub const RADAR_DAYS: i64 = 30;

/// Whether a bureau's system is being asked at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamState {
    Asked,
    /// It failed too often and is left alone for a while; claims wait for it.
    LeftAlone,
    /// One question is let through to see whether it is back.
    Tried,
}

impl Gateway {
    /// Unpaid claims of a region with their last day within thirty days, or past it; and the day that it is counted from.
    pub async fn radar(&self, caller: &Caller, region: Region) -> Result<(Date, Vec<DueTotal>), Refusal> {
        within(caller, region)?;
        let today = cst_date(self.inner.clock.now());
        let until = today.checked_add(RADAR_DAYS.days()).unwrap_or(today);
        let due = self.inner.store.due_until(region, until).await?;
        // A county has no statement of its own: it is part of its city's.
        Ok((today, due.into_iter().filter(|total| region.covers(total.region)).collect()))
    }

    /// The cities within a region whose money this node moves.
    pub fn cities_within(&self, region: Region) -> Vec<Region> {
        let cities = self.inner.money.iter().flat_map(|money| money.cities.keys().copied());
        cities.filter(|city| region.covers(*city)).collect()
    }

    /// Each registry with whether it is being asked.
    pub fn upstreams(&self) -> Vec<(Owner, UpstreamState)> {
        let state = |breaker| match breaker {
            BreakerState::Closed => UpstreamState::Asked,
            BreakerState::Open => UpstreamState::LeftAlone,
            BreakerState::HalfOpen => UpstreamState::Tried,
        };
        self.inner.registries.health().into_iter().map(|(owner, breaker)| (owner, state(breaker))).collect()
    }
}
