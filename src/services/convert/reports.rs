//! What falls due, and whether the other bureaus' systems answer.

use super::record::{date, timestamp};
use crate::domain::claim::ClaimState;
use crate::domain::identity::Region;
use crate::proto::reports::v1 as pb;
use crate::workflows::record::radar::{RadarDay, RadarKey, RadarPlace};
use crate::workflows::today::{Radar, Upstream, UpstreamState};

/// Reads the place in the order that a token stands for: `2022-10-09/371502/approved`.
pub(in crate::services) fn place_of(token: &str) -> Option<RadarKey> {
    let (due_on, rest) = token.split_once('/')?;
    let (region, state) = rest.split_once('/')?;
    let state = ClaimState::from_code(state)?;
    Some(RadarKey { due_on: due_on.parse().ok()?, region: Region::parse(region).ok()?, state })
}

fn token_of(RadarKey { due_on, region, state }: RadarKey) -> String {
    format!("{due_on}/{region}/{}", state.code())
}

/// What falls due, with a page of it by county and state.
pub(in crate::services) fn radar(radar: Radar, mut places: Vec<RadarPlace>, shown: u32) -> pb::GetRadarResponse {
    let total = places.len();
    places.truncate(usize::try_from(shown).unwrap_or(usize::MAX));
    let last = places.last().filter(|_| places.len() < total);
    let next_page_token = last.map(|last| token_of(last.key)).unwrap_or_default();
    let Radar { today, until, days } = radar;
    pb::GetRadarResponse {
        today: Some(date(today)),
        until: Some(date(until)),
        days: days.into_iter().map(day).collect(),
        places: places.into_iter().map(place).collect(),
        next_page_token,
    }
}

fn day(RadarDay { due_on, claims, amount }: RadarDay) -> pb::RadarDay {
    pb::RadarDay { due_on: due_on.map(date), claims: whole(claims), amount_fen: amount.get() }
}

fn place(RadarPlace { key, claims, amount }: RadarPlace) -> pb::RadarPlace {
    let RadarKey { due_on, region, state } = key;
    pb::RadarPlace {
        due_on: Some(date(due_on)),
        region: region.to_string(),
        state: state.code().to_owned(),
        claims: whole(claims),
        amount_fen: amount.get(),
    }
}

fn whole(claims: u64) -> i64 {
    i64::try_from(claims).unwrap_or(i64::MAX)
}

/// A bureau's system.
pub(in crate::services) fn upstream(upstream: Upstream) -> pb::Upstream {
    let Upstream { owner, state, since, answered_at } = upstream;
    pb::Upstream {
        upstream: owner.code().to_owned(),
        upstream_zh: owner.zh().to_owned(),
        state: match state {
            UpstreamState::Asked => pb::UpstreamState::Asked,
            UpstreamState::LeftAlone => pb::UpstreamState::LeftAlone,
            UpstreamState::Tried => pb::UpstreamState::Tried,
        }
        .into(),
        since: Some(timestamp(since)),
        answered_at: answered_at.map(timestamp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_token_leads_back_to_its_place() {
        let region = Region::parse("371502").unwrap();
        let key = RadarKey { due_on: date(2022, 10, 9), region, state: ClaimState::Approved };
        assert_eq!(place_of(&token_of(key)), Some(key));
        for token in ["", "2022-10-09", "2022-10-09/371502", "2022-10-40/371502/approved", "2022-10-09/371502/gone"] {
            assert_eq!(place_of(token), None, "{token}");
        }
    }
}
