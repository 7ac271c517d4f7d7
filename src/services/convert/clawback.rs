//! Clawback cases: steps in, cases and papers out.

use super::super::status::Fault;
use super::field;
use super::record::{date, timestamp};
use super::violation::Violations;
use crate::domain::caller::Caller;
use crate::domain::clawback::{CaseState, CaseStep};
use crate::domain::rights::{require, role_for};
use crate::proto::clawback::v1 as pb;
use crate::workflows::clawback::{CaseFile, DraftRequest, RepaymentRequest, StepRequest};
use crate::workflows::digest;
use crate::workflows::record::clawback::{CaseEvent, CaseRecord, RecoveryLine};

/// Reads a draft.
pub(in crate::services) fn draft(caller: &Caller, request: pb::DraftCaseRequest) -> Result<DraftRequest, Fault> {
    let pb::DraftCaseRequest { request_id, suspect_id, claim_id, amount_fen, person, facts } = request;
    let mut violations = Violations::default();
    let request_id = field::request_id(request_id, &mut violations);
    let suspect_id = field::suspect_id(&suspect_id, "suspect_id", &mut violations);
    let claim_id = field::claim_id(&claim_id, "claim_id", &mut violations);
    // All that was paid, unless it says how much.
    let amount = if amount_fen == 0 { None } else { field::amount(amount_fen, "amount_fen", &mut violations) };
    let operator = field::operator(caller, &person, &mut violations);
    let facts = field::paragraph(&facts, "facts", &mut violations);
    let facts = field::given(facts, "facts", &mut violations);
    let said = request_id.zip(suspect_id).zip(claim_id).zip(operator.zip(facts));
    let (((request_id, suspect_id), claim_id), (operator, facts)) = violations.or(said)?;
    let digest = digest::of_draft(suspect_id, claim_id, amount, &operator, &facts);
    Ok(DraftRequest { request_id, digest, operator, suspect_id, claim_id, amount, facts })
}

/// Reads a step, and asks for the role that it takes.
pub(in crate::services) fn step(caller: &Caller, request: pb::AdvanceCaseRequest) -> Result<StepRequest, Fault> {
    let pb::AdvanceCaseRequest { request_id, case_id, version, person, step, text, set_off } = request;
    let mut violations = Violations::default();
    let request_id = field::request_id(request_id, &mut violations);
    let case_id = field::case_id(&case_id, "case_id", &mut violations);
    let version = field::version(version, &mut violations);
    let operator = field::operator(caller, &person, &mut violations);
    let step = step_asked(step, &mut violations);
    let text = field::paragraph(&text, "text", &mut violations);
    let text = if step.is_some_and(needs_words) { field::given(text, "text", &mut violations) } else { text };
    if set_off && step.is_some_and(|it| it != CaseStep::Demand) {
        let en = "set-off is decided with the demand";
        violations.add("set_off", "SET_OFF_WITHOUT_DEMAND", en, "抵扣只能在责令退回时决定");
    }
    let said = request_id.zip(case_id).zip(version).zip(operator).zip(step.zip(text));
    let ((((request_id, case_id), version), operator), (step, text)) = violations.or(said)?;
    require(caller, &[role_for(step)])?;
    let digest = digest::of_step(case_id, version, &operator, step, &text, set_off);
    Ok(StepRequest { request_id, digest, operator, case_id, version, step, text, set_off })
}

fn step_asked(step: i32, violations: &mut Violations) -> Option<CaseStep> {
    Some(match pb::CaseStep::try_from(step) {
        Ok(pb::CaseStep::Approve) => CaseStep::Approve,
        Ok(pb::CaseStep::RecordReply) => CaseStep::RecordReply,
        Ok(pb::CaseStep::NoReply) => CaseStep::NoReply,
        Ok(pb::CaseStep::Demand) => CaseStep::Demand,
        Ok(pb::CaseStep::Refer) => CaseStep::Refer,
        Ok(pb::CaseStep::ProposeWaiver) => CaseStep::ProposeWaiver,
        Ok(pb::CaseStep::ApproveWaiver) => CaseStep::ApproveWaiver,
        Ok(pb::CaseStep::Drop) => CaseStep::Drop,
        Ok(pb::CaseStep::Unspecified) | Err(_) => {
            field::unknown_value(step, "step", violations);
            return None;
        }
    })
}

/// Whether a step is nothing without what was said: a reply, or why a case takes another way than to its end.
fn needs_words(step: CaseStep) -> bool {
    match step {
        CaseStep::RecordReply
        | CaseStep::Refer
        | CaseStep::ProposeWaiver
        | CaseStep::ApproveWaiver
        | CaseStep::Drop => true,
        CaseStep::Approve | CaseStep::NoReply | CaseStep::Demand | CaseStep::Repay { .. } => false,
    }
}

/// Reads a repayment.
pub(in crate::services) fn repayment(
    caller: &Caller,
    request: pb::RecordRepaymentRequest,
) -> Result<RepaymentRequest, Fault> {
    let pb::RecordRepaymentRequest { request_id, case_id, amount_fen, bank_reference, person } = request;
    let mut violations = Violations::default();
    let request_id = field::request_id(request_id, &mut violations);
    let case_id = field::case_id(&case_id, "case_id", &mut violations);
    let amount = field::amount(amount_fen, "amount_fen", &mut violations);
    let bank_reference = field::bank_reference(&bank_reference, &mut violations);
    let operator = field::operator(caller, &person, &mut violations);
    let said = request_id.zip(case_id).zip(amount).zip(bank_reference.zip(operator));
    let (((request_id, case_id), amount), (bank_reference, operator)) = violations.or(said)?;
    let digest = digest::of_repayment(case_id, amount, &bank_reference, &operator);
    Ok(RepaymentRequest { request_id, digest, operator, case_id, amount, bank_reference })
}

/// The state that a list is narrowed to; unspecified is all.
pub(in crate::services) fn state_asked(value: i32, violations: &mut Violations) -> Option<CaseState> {
    let asked = pb::CaseState::try_from(value);
    if asked.is_err() {
        field::unknown_value(value, "state", violations);
    }
    asked.ok().and_then(|asked| CaseState::ALL.into_iter().find(|it| state(*it) == asked))
}

fn state(state: CaseState) -> pb::CaseState {
    match state {
        CaseState::Drafted => pb::CaseState::Drafted,
        CaseState::Noticed => pb::CaseState::Noticed,
        CaseState::Heard => pb::CaseState::Heard,
        CaseState::Demanded => pb::CaseState::Demanded,
        CaseState::Repaying => pb::CaseState::Repaying,
        CaseState::Settled => pb::CaseState::Settled,
        CaseState::Referred => pb::CaseState::Referred,
        CaseState::WaiverProposed => pb::CaseState::WaiverProposed,
        CaseState::Waived => pb::CaseState::Waived,
        CaseState::Dropped => pb::CaseState::Dropped,
    }
}

/// A case.
pub(in crate::services) fn case(record: CaseRecord) -> pb::Case {
    let outstanding = record.money.outstanding();
    let CaseRecord { case_id, case_number, suspect_id, claim_id, region, enterprise, rule, money, .. } = record;
    pb::Case {
        case_id: case_id.to_string(),
        case_number,
        suspect_id: suspect_id.to_string(),
        claim_id: claim_id.to_string(),
        region: region.to_string(),
        uscc: enterprise.as_str().to_owned(),
        rule: rule.code().to_owned(),
        clause: rule.clause().to_owned(),
        state: state(record.state).into(),
        amount_fen: money.amount.get(),
        repaid_fen: money.repaid.get(),
        set_off_fen: money.set_off.get(),
        waived_fen: money.waived.get(),
        outstanding_fen: outstanding.get(),
        set_off: record.set_off,
        due_on: record.due_on.map(date),
        version: record.version,
        drafted_at: Some(timestamp(record.drafted_at)),
        changed_at: Some(timestamp(record.changed_at)),
    }
}

/// A case with its steps and papers.
pub(in crate::services) fn file(file: CaseFile) -> pb::GetCaseResponse {
    let CaseFile { case: record, events, notice, demand } = file;
    pb::GetCaseResponse {
        case: Some(case(record)),
        events: events.into_iter().map(event).collect(),
        notice_zh: notice.unwrap_or_default(),
        demand_zh: demand.unwrap_or_default(),
    }
}

fn event(event: CaseEvent) -> pb::CaseEvent {
    let CaseEvent { at, person, step, text, amount } = event;
    let amount_fen = amount.map(|it| it.get()).unwrap_or_default();
    pb::CaseEvent { at: Some(timestamp(at)), person, step, text, amount_fen }
}

/// How much came back of one cause.
pub(in crate::services) fn recovery(line: RecoveryLine) -> pb::RecoveryLine {
    let RecoveryLine { rule, cases, demanded, recovered, waived, outstanding: [to_30, to_90, longer] } = line;
    pb::RecoveryLine {
        rule: rule.code().to_owned(),
        rule_zh: rule.zh().to_owned(),
        cases: i64::try_from(cases).unwrap_or(i64::MAX),
        demanded_fen: demanded.get(),
        recovered_fen: recovered.get(),
        waived_fen: waived.get(),
        outstanding_to_30_days_fen: to_30.get(),
        outstanding_to_90_days_fen: to_90.get(),
        outstanding_longer_fen: longer.get(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Status;
    use tonic_types::StatusExt;

    use crate::domain::caller::Role;
    use crate::domain::claim::ClaimId;
    use crate::domain::clawback::hands::Hands;
    use crate::domain::clawback::{CaseId, CaseMoney};
    use crate::domain::identity::{Region, Uscc};
    use crate::domain::money::Fen;
    use crate::domain::suspect::{SuspectId, SuspectRule};
    use jiff::Timestamp;

    fn caller(roles: &[Role]) -> Caller {
        Caller {
            organization: "lc-hrss".into(),
            system: "desk".into(),
            region: Region::parse("371502").unwrap(),
            roles: roles.iter().copied().collect(),
            person: None,
        }
    }

    fn id() -> String {
        uuid::Uuid::from_u128(7).to_string()
    }

    /// `path REASON` of every field at fault, or the reason of the refusal.
    fn faults<T>(read: Result<T, Fault>) -> Vec<String> {
        let Err(fault) = read else { return Vec::new() };
        let details = Status::from(fault).get_error_details();
        match details.bad_request() {
            Some(request) => request.field_violations.iter().map(|it| format!("{} {}", it.field, it.reason)).collect(),
            None => vec![details.error_info().unwrap().reason.clone()],
        }
    }

    fn steps() -> [pb::CaseStep; 8] {
        use pb::CaseStep as It;
        [
            It::Approve,
            It::RecordReply,
            It::NoReply,
            It::Demand,
            It::Refer,
            It::ProposeWaiver,
            It::ApproveWaiver,
            It::Drop,
        ]
    }

    fn stepped(asked: pb::CaseStep, text: &str, set_off: bool, roles: &[Role]) -> Vec<String> {
        let request = pb::AdvanceCaseRequest {
            request_id: "step-0001".into(),
            case_id: id(),
            version: 3,
            person: "wang.li".into(),
            step: asked.into(),
            text: text.into(),
            set_off,
        };
        faults(step(&caller(roles), request))
    }

    #[test]
    fn each_step_takes_its_role_and_its_words() {
        let both = [Role::ClawbackHandle, Role::ClawbackApprove];
        let check = |roles: &[Role], text: &str, expected: [&str; 8]| {
            let found = steps().map(|it| stepped(it, text, false, roles).concat());
            assert_eq!(found, expected, "{roles:?} {text:?}");
        };
        let (no, text) = ("ROLE_MISSING", "text FIELD_MISSING");
        check(&both, "企业已陈述", [""; 8]);
        check(&both, "", ["", text, "", "", text, text, text, text]);
        check(&[Role::ClawbackHandle], "企业已陈述", [no, "", "", "", "", "", no, no]);
        check(&[Role::ClawbackApprove], "企业已陈述", ["", no, no, no, no, no, "", ""]);
        assert_eq!(stepped(pb::CaseStep::Unspecified, "", false, &both), ["step ENUM_UNSPECIFIED"]);
        assert_eq!(stepped(pb::CaseStep::Demand, "", true, &both), [""; 0]);
        assert_eq!(stepped(pb::CaseStep::Refer, "理由", true, &both), ["set_off SET_OFF_WITHOUT_DEMAND"]);
    }

    #[test]
    fn all_faults_of_a_draft_and_of_a_repayment_are_told_at_once() {
        let good = pb::DraftCaseRequest {
            request_id: "draft-0001".into(),
            suspect_id: id(),
            claim_id: id(),
            amount_fen: 0,
            person: "wang.li".into(),
            facts: "已由另一企业申领".into(),
        };
        let read = draft(&caller(&[]), good.clone()).map(|it| it.amount);
        assert_eq!(read.map_err(|fault| fault.reason()), Ok(None));
        let bad = pb::DraftCaseRequest {
            amount_fen: -1,
            person: String::new(),
            facts: "身份证号110105491231002".into(),
            suspect_id: "x".into(),
            ..good
        };
        assert_eq!(
            faults(draft(&caller(&[]), bad)),
            [
                "suspect_id ID_MALFORMED",
                "amount_fen AMOUNT_NOT_POSITIVE",
                "person PERSON_EMPTY",
                "facts TEXT_PERSONAL_NUMBER"
            ]
        );
        let bad = pb::RecordRepaymentRequest { request_id: "repay-0001".into(), ..Default::default() };
        assert_eq!(
            faults(repayment(&caller(&[]), bad)),
            [
                "case_id ID_MALFORMED",
                "amount_fen AMOUNT_NOT_POSITIVE",
                "bank_reference BANK_REFERENCE_MALFORMED",
                "person PERSON_EMPTY"
            ]
        );
    }

    #[test]
    fn a_case_is_shown_with_what_is_outstanding() {
        let record = CaseRecord {
            case_id: CaseId(uuid::Uuid::from_u128(1)),
            case_number: "ZH-371502-2022-000001".into(),
            suspect_id: SuspectId(uuid::Uuid::from_u128(2)),
            claim_id: ClaimId(uuid::Uuid::from_u128(3)),
            region: Region::parse("371502").unwrap(),
            enterprise: Uscc::parse("91350100M000100Y43").unwrap(),
            rule: SuspectRule::PersonTwoEnterprises,
            state: CaseState::Repaying,
            money: CaseMoney {
                amount: Fen::new(100),
                repaid: Fen::new(30),
                set_off: Fen::new(20),
                waived: Fen::new(10),
            },
            set_off: true,
            due_on: Some(jiff::civil::Date::constant(2022, 11, 12)),
            facts: "事实".into(),
            hands: Hands { confirmed_by: "a/b".into(), drafted_by: "a/c".into(), waiver_by: None },
            version: 5,
            drafted_at: Timestamp::UNIX_EPOCH,
            changed_at: Timestamp::UNIX_EPOCH,
        };
        let shown = case(record);
        assert_eq!((shown.amount_fen, shown.repaid_fen, shown.set_off_fen, shown.waived_fen), (100, 30, 20, 10));
        assert_eq!((shown.outstanding_fen, shown.version, shown.set_off), (40, 5, true));
        assert_eq!((shown.rule.as_str(), shown.clause.as_str()), ("person_two_enterprises", "五(二)"));
        assert!(shown.state() == pb::CaseState::Repaying && shown.due_on.is_some_and(|day| day.day == 12));
    }

    #[test]
    fn every_state_can_be_asked_for() {
        for wanted in CaseState::ALL {
            let mut violations = Violations::default();
            assert_eq!(state_asked(state(wanted).into(), &mut violations), Some(wanted));
            assert!(violations.is_empty());
        }
        let mut violations = Violations::default();
        assert_eq!(state_asked(0, &mut violations), None);
        assert!(violations.is_empty());
        assert_eq!(state_asked(99, &mut violations), None);
        assert!(!violations.is_empty());
    }
}
