//! A claim's record as callers see it: masked, with its verdict.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::claim::{ClaimRoute, ClaimState, Subject};
use crate::domain::eligibility::evidence::MissingCause;
use crate::domain::eligibility::verdict::{MissingFact, PayeeAccountKind, Reason, UncountedUnit, Verdict};
use crate::proto::claims::v1 as pb;
use crate::proto::common::v1 as common;
use crate::workflows::record::{ClaimRecord, Decision};

/// A claim, masked.
pub(in crate::services) fn claim(record: ClaimRecord) -> pb::Claim {
    let ClaimRecord { claim, state: stands, version, decision: decided, changed_at, due_on } = record;
    let (person_name_masked, resident_id_masked) = match &claim.subject {
        Subject::Graduate(it) => (it.person.name.masked(), it.person.resident_id.masked()),
        Subject::Workforce(_) => (String::new(), String::new()),
    };
    pb::Claim {
        claim_id: claim.claim_id.to_string(),
        sheet_id: claim.sheet_id,
        route: route(claim.route).into(),
        uscc: claim.enterprise.as_str().to_owned(),
        enterprise_name: claim.enterprise_name.map(|name| name.as_str().to_owned()).unwrap_or_default(),
        region: claim.region.to_string(),
        person_name_masked,
        resident_id_masked,
        state: state(stands).into(),
        verdict: decided.map(decision),
        received_at: Some(timestamp(claim.received_at)),
        changed_at: Some(timestamp(changed_at)),
        version,
        due_on: due_on.map(date),
    }
}

/// A verdict, and what it was made under.
pub(in crate::services) fn decision(decision: Decision) -> pb::Verdict {
    let Decision { verdict, sheet_version, decided_at } = decision;
    let decision = match verdict {
        Verdict::Entitled { amount, units, payee, uncounted } => pb::verdict::Decision::Entitled(pb::Entitled {
            amount_fen: amount.get(),
            units: count(units),
            payee_kind: match payee.kind {
                PayeeAccountKind::Corporate => pb::PayeeAccountKind::Corporate,
                PayeeAccountKind::Contribution => pb::PayeeAccountKind::Contribution,
            }
            .into(),
            payee_account_masked: payee.account.masked(),
            uncounted: uncounted.into_iter().map(uncounted_unit).collect(),
        }),
        Verdict::NotEntitled { reasons: found } => {
            pb::verdict::Decision::NotEntitled(pb::NotEntitled { reasons: reasons(found) })
        }
        Verdict::Held { reasons: found, amount } => {
            pb::verdict::Decision::Held(pb::Held { reasons: reasons(found), amount_fen: amount.get() })
        }
        Verdict::Unknown { missing } => {
            let missing = missing.into_iter().map(missing_fact).collect();
            pb::verdict::Decision::Undecided(pb::Undecided { missing })
        }
    };
    pb::Verdict {
        decision: Some(decision),
        sheet_version: count(sheet_version),
        decided_at: Some(timestamp(decided_at)),
    }
}

pub(super) fn count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn reasons(reasons: Vec<Reason>) -> Vec<pb::Reason> {
    reasons.into_iter().map(reason).collect()
}

fn reason(reason: Reason) -> pb::Reason {
    let Reason { code, clause, zh, en } = reason;
    pb::Reason { code, clause, message_zh: zh, message_en: en }
}

fn uncounted_unit(unit: UncountedUnit) -> pb::UncountedUnit {
    let UncountedUnit { index, reason: why, held } = unit;
    pb::UncountedUnit { index: i32::try_from(index).unwrap_or(i32::MAX), reason: Some(reason(why)), held }
}

fn missing_fact(missing: MissingFact) -> pb::MissingFact {
    let MissingFact { fact, owner, cause } = missing;
    let cause = match cause {
        MissingCause::NotAsked => "not-asked",
        MissingCause::Unavailable => "unavailable",
        MissingCause::NotAnswered => "not-answered",
        MissingCause::AnsweredForAnother => "answered-for-another",
        MissingCause::Unrecognized => "unrecognized",
        MissingCause::Stale => "stale",
    };
    pb::MissingFact { fact, owner: owner.code().to_owned(), cause: cause.to_owned() }
}

fn route(route: ClaimRoute) -> pb::ClaimRoute {
    match route {
        ClaimRoute::Automatic => pb::ClaimRoute::Automatic,
        ClaimRoute::SelfApplied => pb::ClaimRoute::SelfApplied,
    }
}

pub(super) fn state(state: ClaimState) -> pb::ClaimState {
    match state {
        ClaimState::Assessing => pb::ClaimState::Assessing,
        ClaimState::Assessed => pb::ClaimState::Assessed,
        ClaimState::Refused => pb::ClaimState::Refused,
        ClaimState::Held => pb::ClaimState::Held,
        ClaimState::Withdrawn => pb::ClaimState::Withdrawn,
    }
}

/// The state that a list is narrowed to; unspecified is all.
pub(in crate::services) fn state_asked(
    value: i32,
    violations: &mut super::violation::Violations,
) -> Option<ClaimState> {
    match pb::ClaimState::try_from(value) {
        Ok(pb::ClaimState::Unspecified) => None,
        Ok(pb::ClaimState::Assessing) => Some(ClaimState::Assessing),
        Ok(pb::ClaimState::Assessed) => Some(ClaimState::Assessed),
        Ok(pb::ClaimState::Refused) => Some(ClaimState::Refused),
        Ok(pb::ClaimState::Held) => Some(ClaimState::Held),
        Ok(pb::ClaimState::Withdrawn) => Some(ClaimState::Withdrawn),
        Err(_) => {
            super::field::unknown_value(value, "state", violations);
            None
        }
    }
}

pub(super) fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    // Instants before 1970 count nanoseconds backwards in jiff and forwards on the wire.
    let (seconds, nanos) = (instant.as_second(), instant.subsec_nanosecond());
    if nanos < 0 {
        prost_types::Timestamp { seconds: seconds.saturating_sub(1), nanos: nanos.saturating_add(1_000_000_000) }
    } else {
        prost_types::Timestamp { seconds, nanos }
    }
}

pub(super) fn date(date: Date) -> common::Date {
    common::Date { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}
