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
        ClaimState::Reviewed => pb::ClaimState::Reviewed,
        ClaimState::Approved => pb::ClaimState::Approved,
        ClaimState::Filed => pb::ClaimState::Filed,
        ClaimState::Pooled => pb::ClaimState::Pooled,
        ClaimState::Funded => pb::ClaimState::Funded,
        ClaimState::Instructed => pb::ClaimState::Instructed,
        ClaimState::InDoubt => pb::ClaimState::InDoubt,
        ClaimState::Returned => pb::ClaimState::Returned,
        ClaimState::Paid => pb::ClaimState::Paid,
    }
}

/// The state that a list is narrowed to; unspecified is all.
pub(in crate::services) fn state_asked(
    value: i32,
    violations: &mut super::violation::Violations,
) -> Option<ClaimState> {
    let asked = pb::ClaimState::try_from(value);
    if asked.is_err() {
        super::field::unknown_value(value, "state", violations);
    }
    asked.ok().and_then(|asked| ClaimState::ALL.into_iter().find(|it| state(*it) == asked))
}

pub(in crate::services) fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
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

#[cfg(test)]
pub(in crate::services) mod tests {
    use super::super::claim::{new_claim, tests::of_graduate};
    use super::super::violation::Violations;
    use super::*;
    use crate::domain::claim::{Claim, ClaimId};
    use crate::domain::eligibility::evidence::Owner;
    use crate::domain::eligibility::verdict::Payee;
    use crate::domain::identity::BankAccount;
    use crate::domain::money::Fen;

    /// A record of the claim with everything set.
    pub(in crate::services) fn of_verdict(verdict: Option<Verdict>) -> ClaimRecord {
        let claim = new_claim(Some(of_graduate()), &mut Violations::default()).unwrap();
        let received_at: Timestamp = "2022-10-10T01:02:03.004Z".parse().unwrap();
        ClaimRecord {
            claim: Claim {
                claim_id: ClaimId(uuid::Uuid::from_u128(7)),
                sheet_id: claim.sheet_id,
                route: claim.route,
                enterprise: claim.enterprise,
                enterprise_name: claim.enterprise_name,
                region: claim.region,
                account: claim.account,
                subject: claim.subject,
                received_at,
            },
            state: ClaimState::Assessing,
            version: 2,
            decision: verdict.map(|verdict| Decision { verdict, sheet_version: 3, decided_at: received_at }),
            changed_at: received_at,
            due_on: Some(Date::constant(2022, 11, 9)),
        }
    }

    fn decided(verdict: Verdict) -> pb::verdict::Decision {
        claim(of_verdict(Some(verdict))).verdict.unwrap().decision.unwrap()
    }

    #[test]
    fn a_record_is_shown_masked_and_without_the_account() {
        use prost::Message;
        let shown = claim(of_verdict(None));
        assert_eq!(shown.person_name_masked, "王**");
        assert_eq!(shown.resident_id_masked, "110105********002X");
        assert!(shown.version == 2 && shown.state() == pb::ClaimState::Assessing);
        assert_eq!(shown.received_at, Some(prost_types::Timestamp { seconds: 1_665_363_723, nanos: 4_000_000 }));
        assert!(shown.due_on.as_ref().is_some_and(|due| (due.year, due.month, due.day) == (2022, 11, 9)));
        assert!(shown.verdict.is_none());
        let bytes = shown.encode_to_vec();
        for secret in ["王某某", "11010519491231002X", "13800000000", "6222000000000000"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }

    #[test]
    fn each_verdict_has_its_form() {
        let account = BankAccount::parse("6222000000001234").unwrap();
        let payee = Payee { kind: PayeeAccountKind::Contribution, account };
        let amount = Fen::from_yuan(1_500).unwrap();
        let reason = Reason { code: "R".into(), clause: "一(二)".into(), zh: "因".into(), en: "why".into() };
        let uncounted = vec![UncountedUnit { index: 4, reason: reason.clone(), held: true }];
        use pb::verdict::Decision::{Entitled, Held, NotEntitled, Undecided};
        let Entitled(it) = decided(Verdict::Entitled { amount, units: 1, payee, uncounted }) else { panic!() };
        assert_eq!((it.amount_fen, it.units), (150_000, 1));
        assert!(it.payee_kind() == pb::PayeeAccountKind::Contribution);
        assert_eq!(it.payee_account_masked, "************1234");
        assert!(it.uncounted.first().is_some_and(|unit| unit.index == 4 && unit.held));
        let Held(it) = decided(Verdict::Held { reasons: vec![reason.clone()], amount }) else { panic!() };
        assert_eq!((it.reasons.len(), it.amount_fen), (1, 150_000));
        let NotEntitled(it) = decided(Verdict::NotEntitled { reasons: vec![reason] }) else { panic!() };
        assert_eq!(it.reasons[0].clause, "一(二)");
        let missing =
            vec![MissingFact { fact: "graduated-on".into(), owner: Owner::Credential, cause: MissingCause::Stale }];
        let Undecided(it) = decided(Verdict::Unknown { missing }) else { panic!() };
        assert_eq!((it.missing[0].owner.as_str(), it.missing[0].cause.as_str()), ("credential", "stale"));
    }

    #[test]
    fn instants_before_1970_keep_their_order_on_the_wire() {
        let at = |nanos: i128| timestamp(Timestamp::from_nanosecond(nanos).unwrap());
        assert_eq!(at(-1), prost_types::Timestamp { seconds: -1, nanos: 999_999_999 });
        assert_eq!(at(-1_000_000_000), prost_types::Timestamp { seconds: -1, nanos: 0 });
        assert_eq!(at(1), prost_types::Timestamp { seconds: 0, nanos: 1 });
    }
}
