//! A suspect as one caller sees it: its own claims masked, those of others only as a province and a day.

use super::record::{state, timestamp};
use super::violation::Violations;
use crate::domain::calendar::{cst_date, cst_midnight};
use crate::domain::identity::Region;
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::proto::suspects::v1 as pb;
use crate::workflows::record::{SuspectRecord, SuspectSide};

/// A suspect, as a caller of this region sees it.
pub(in crate::services) fn suspect(record: SuspectRecord, seen_from: Region) -> pb::Suspect {
    let SuspectRecord { sequence: _, suspect_id, rule, state, opened_at, first, second } = record;
    pb::Suspect {
        suspect_id: suspect_id.to_string(),
        rule: rule.code().to_owned(),
        clause: rule.clause().to_owned(),
        message_zh: rule.zh().to_owned(),
        message_en: rule.en().to_owned(),
        state: match state {
            SuspectState::Open => pb::SuspectState::Open,
        }
        .into(),
        opened_at: Some(timestamp(opened_at)),
        first: first.map(|first| side(first, seen_from)),
        second: Some(side(second, seen_from)),
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
