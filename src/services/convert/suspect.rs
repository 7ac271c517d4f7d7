//! A suspect as one caller sees it: its own claims masked, those of others only as a province and a day.

use super::record::{state, timestamp};
use super::violation::Violations;
use crate::domain::calendar::{cst_date, cst_midnight};
use crate::domain::identity::Region;
use crate::domain::suspect::desk::DismissalReason;
use crate::domain::suspect::stake::{Band, Stake};
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::proto::suspects::v1 as pb;
use crate::workflows::record::desk::{DeskRecord, Judgment};
use crate::workflows::record::{SuspectRecord, SuspectSide};

/// A suspect, as a caller of this region sees it.
pub(in crate::services) fn suspect(record: SuspectRecord, seen_from: Region) -> pb::Suspect {
    let SuspectRecord { sequence: _, suspect_id, rule, state, opened_at, first, second, desks, stake } = record;
    let own = desks.iter().filter(|desk| works_at(seen_from, desk.province)).map(|desk| desk.desk.state);
    let state = SuspectState::least_far(own).unwrap_or(state);
    pb::Suspect {
        suspect_id: suspect_id.to_string(),
        rule: rule.code().to_owned(),
        clause: rule.clause().to_owned(),
        message_zh: rule.zh().to_owned(),
        message_en: rule.en().to_owned(),
        state: state_word(state).into(),
        opened_at: Some(timestamp(opened_at)),
        first: first.map(|first| side(first, seen_from)),
        second: Some(side(second, seen_from)),
        desks: desks.into_iter().map(|it| desk(it, seen_from)).collect(),
        stake: stake.map(stakes),
    }
}

/// Whether the desk of a province is that of a caller's region.
fn works_at(region: Region, province: Region) -> bool {
    region.covers(province) || region.province() == province
}

/// A desk; of one that is not the caller's only where it stands, and the day on which it was judged.
fn desk(record: DeskRecord, seen_from: Region) -> pb::SuspectDesk {
    let DeskRecord { province, desk, version, judgment } = record;
    let shown = pb::SuspectDesk {
        province: province.to_string(),
        state: state_word(desk.state).into(),
        ..pb::SuspectDesk::default()
    };
    if !works_at(seen_from, province) {
        let judged_at = judgment.map(|it| timestamp(cst_midnight(cst_date(it.at))));
        return pb::SuspectDesk { judged_at, ..shown };
    }
    let shown = pb::SuspectDesk {
        version,
        assignee: desk.assignee.map(|it| it.to_string()).unwrap_or_default(),
        due_at: desk.due_at.map(timestamp),
        escalation: i32::from(desk.escalation),
        ..shown
    };
    let Some(Judgment { reason, words, by, at }) = judgment else { return shown };
    let dismissal = reason.map_or(pb::DismissalReason::Unspecified, dismissal_word).into();
    pb::SuspectDesk { dismissal, words, judged_by: by, judged_at: Some(timestamp(at)), ..shown }
}

fn stakes(stake: Stake) -> pb::SuspectStake {
    let Stake { band, amount, weight, risk } = stake;
    let band = match band {
        Band::Nothing => pb::SuspectBand::Nothing,
        Band::Recoverable => pb::SuspectBand::Recoverable,
        Band::Stoppable => pb::SuspectBand::Stoppable,
    };
    pb::SuspectStake { band: band.into(), amount_fen: amount.get(), weight: i32::from(weight), risk }
}

/// Where a desk stands, on the wire.
pub(in crate::services) fn state_word(state: SuspectState) -> pb::SuspectState {
    match state {
        SuspectState::Open => pb::SuspectState::Open,
        SuspectState::Assigned => pb::SuspectState::Assigned,
        SuspectState::Investigating => pb::SuspectState::Investigating,
        SuspectState::Confirmed => pb::SuspectState::Confirmed,
        SuspectState::Dismissed => pb::SuspectState::Dismissed,
    }
}

/// A reason for a dismissal, on the wire.
pub(in crate::services) fn dismissal_word(reason: DismissalReason) -> pb::DismissalReason {
    match reason {
        DismissalReason::DifferentPerson => pb::DismissalReason::DifferentPerson,
        DismissalReason::RegistryError => pb::DismissalReason::RegistryError,
        DismissalReason::EntryError => pb::DismissalReason::EntryError,
        DismissalReason::ClaimGone => pb::DismissalReason::ClaimGone,
        DismissalReason::PolicyAllows => pb::DismissalReason::PolicyAllows,
        DismissalReason::PutRight => pb::DismissalReason::PutRight,
    }
}

fn side(side: SuspectSide, seen_from: Region) -> pb::SuspectClaim {
    let SuspectSide { claim_id, region, received_at, enterprise, enterprise_name, person, state: stands } = side;
    if !seen_from.covers(region) {
        return pb::SuspectClaim {
            outside: true,
            region: region.province().to_string(),
            received_at: Some(timestamp(cst_midnight(cst_date(received_at)))),
            ..pb::SuspectClaim::default()
        };
    }
    let (person_name_masked, resident_id_masked) =
        person.map(|person| (person.name, person.resident_id)).unwrap_or_default();
    pb::SuspectClaim {
        outside: false,
        claim_id: claim_id.to_string(),
        region: region.to_string(),
        received_at: Some(timestamp(received_at)),
        uscc: enterprise.as_str().to_owned(),
        enterprise_name: enterprise_name.map(|name| name.as_str().to_owned()).unwrap_or_default(),
        person_name_masked,
        resident_id_masked,
        state: state(stands).into(),
    }
}

/// The rule that a list is narrowed to; empty is all.
pub(in crate::services) fn rule_asked(code: &str, violations: &mut Violations) -> Option<SuspectRule> {
    if code.is_empty() {
        return None;
    }
    let rule = SuspectRule::from_code(code);
    if rule.is_none() {
        violations.add("rule", "RULE_UNKNOWN", "no such rule", "没有此规则");
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::claim::{ClaimId, ClaimState};
    use crate::domain::identity::{EnterpriseName, Uscc};
    use crate::domain::suspect::SuspectId;
    use crate::workflows::record::MaskedPerson;
    use jiff::Timestamp;

    fn side_in(region: &str) -> SuspectSide {
        SuspectSide {
            claim_id: ClaimId(uuid::Uuid::from_u128(1)),
            region: Region::parse(region).unwrap(),
            received_at: "2022-10-09T17:02:03Z".parse().unwrap(),
            enterprise: Uscc::parse("91350100M000100Y43").unwrap(),
            enterprise_name: Some(EnterpriseName::parse("某公司").unwrap()),
            person: Some(MaskedPerson { name: "王**".into(), resident_id: "110105********002X".into() }),
            state: ClaimState::Held,
        }
    }

    fn seen_from(region: &str) -> pb::Suspect {
        let record = SuspectRecord {
            sequence: 1,
            suspect_id: SuspectId(uuid::Uuid::from_u128(2)),
            rule: SuspectRule::PersonTwoProvinces,
            state: SuspectState::Open,
            opened_at: Timestamp::UNIX_EPOCH,
            first: Some(side_in("411502")),
            second: side_in("371502"),
            desks: Vec::new(),
            stake: None,
        };
        suspect(record, Region::parse(region).unwrap())
    }

    #[test]
    fn of_a_claim_elsewhere_only_its_province_and_day_are_shown() {
        let seen = seen_from("371500");
        // 01:02 on the 10th in China is the 10th there: its day begins at 16:00 of the 9th.
        let day = prost_types::Timestamp { seconds: 1_665_331_200, nanos: 0 };
        let expected = pb::SuspectClaim {
            outside: true,
            region: "410000".into(),
            received_at: Some(day),
            ..pb::SuspectClaim::default()
        };
        assert!(seen.first == Some(expected), "nothing more of the claim in the other province");
        let own = seen.second.unwrap();
        assert!(!own.outside && own.region == "371502" && own.person_name_masked == "王**");
        assert!(own.state() == crate::proto::claims::v1::ClaimState::Held);
    }

    #[test]
    fn what_is_outside_depends_on_who_looks() {
        let outside = |region| {
            let seen = seen_from(region);
            [seen.first, seen.second].map(|side| side.unwrap().outside)
        };
        assert_eq!(outside("000000"), [false, false]);
        assert_eq!(outside("370000"), [true, false]);
        assert_eq!(outside("371502"), [true, false]);
        assert_eq!(outside("371503"), [true, true]);
        assert_eq!(outside("410000"), [false, true]);
    }
}
