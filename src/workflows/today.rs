//! What a person sees first: last days ahead, the cities whose money moves here, and whether the other bureaus are being asked.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::read::within;
use super::{Gateway, Refusal};
use crate::connectors::{BreakerState, Health};
use crate::domain::calendar::cst_date;
use crate::domain::caller::Caller;
use crate::domain::eligibility::evidence::Owner;
use crate::domain::identity::Region;
use crate::store::record::radar::{RadarDay, RadarKey, RadarPlace, RadarSpan};

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

/// A bureau's system, as this node has found it since it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub owner: Owner,
    pub state: UpstreamState,
    pub since: Timestamp,
    /// Absent where it has not answered yet.
    pub answered_at: Option<Timestamp>,
}

/// Unpaid claims with their last day within thirty days, or past it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Radar {
    /// The day that it is counted from.
    pub today: Date,
    /// The last day that is looked at.
    pub until: Date,
    /// What is past its day together, then day by day.
    pub days: Vec<RadarDay>,
}

impl Gateway {
    /// What falls due in a region, by day.
    pub async fn radar(&self, caller: &Caller, region: Region) -> Result<Radar, Refusal> {
        within(caller, region)?;
        let span = self.radar_span(region);
        let days = self.inner.store.radar_days(span).await?;
        Ok(Radar { today: span.today, until: span.until, days })
    }

    /// The same by county and state, those after one of them.
    pub async fn radar_places(
        &self,
        caller: &Caller,
        region: Region,
        after: Option<RadarKey>,
        limit: u32,
    ) -> Result<Vec<RadarPlace>, Refusal> {
        within(caller, region)?;
        Ok(self.inner.store.radar_places(self.radar_span(region), after, limit).await?)
    }

    fn radar_span(&self, within: Region) -> RadarSpan {
        let today = cst_date(self.inner.clock.now());
        RadarSpan { within, today, until: today.checked_add(RADAR_DAYS.days()).unwrap_or(today) }
    }

    /// The cities within a region whose money this node moves.
    pub fn cities_within(&self, region: Region) -> Vec<Region> {
        let cities = self.inner.money.iter().flat_map(|money| money.cities.keys().copied());
        cities.filter(|city| region.covers(*city)).collect()
    }

    /// Each registry, then finance and the bank where money is moved, with whether it is being asked.
    pub fn upstreams(&self) -> Vec<Upstream> {
        let now = self.inner.clock.now();
        let money = self.inner.money.iter().flat_map(|money| money.treasury.health());
        self.inner.registries.health().into_iter().chain(money).map(|health| upstream(health, now)).collect()
    }
}

fn upstream(Health { owner, breaker, for_so_long, answered_ago }: Health, now: Timestamp) -> Upstream {
    let state = match breaker {
        BreakerState::Closed => UpstreamState::Asked,
        BreakerState::Open => UpstreamState::LeftAlone,
        BreakerState::HalfOpen => UpstreamState::Tried,
    };
    let ago = |span| SignedDuration::try_from(span).ok().and_then(|span| now.checked_sub(span).ok());
    Upstream { owner, state, since: ago(for_so_long).unwrap_or(now), answered_at: answered_ago.and_then(ago) }
}
