//! What people do at the desk: requests in, and what became of many out.

use std::collections::BTreeSet;

use super::super::status::Fault;
use super::violation::Violations;
use super::{field, suspect};
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::SuspectId;
use crate::domain::suspect::desk::{DeskStep, DismissalReason, NewFact};
use crate::proto::common::v1 as common;
use crate::proto::suspects::v1 as pb;
use crate::workflows::Refusal;
use crate::workflows::desk::steps::{DeskRequest, DesksRequest, SUSPECTS_MAX};
use crate::workflows::digest;
use crate::workflows::digest::DeskRequestKind::{Many, One};
use crate::workflows::record::SuspectRecord;

/// What every request about one desk says.
struct Asked {
    request_id: Option<String>,
    suspect_id: Option<SuspectId>,
    operator: Option<OperatorId>,
    province: Option<Region>,
    version: Option<i64>,
    violations: Violations,
}

impl Asked {
    fn read(
        caller: &Caller,
        request_id: String,
        suspect_id: &str,
        person: &str,
        (province, version): (&str, i64),
    ) -> Self {
        let mut violations = Violations::default();
        Self {
            request_id: field::request_id(request_id, &mut violations),
            suspect_id: field::suspect_id(suspect_id, "suspect_id", &mut violations),
            operator: field::operator(caller, person, &mut violations),
            province: field::province(province, &mut violations),
            version: field::version_if_seen(version, &mut violations),
            violations,
        }
    }

    fn finish(self, step: Option<DeskStep>, words: Option<String>) -> Result<DeskRequest, Fault> {
        let Self { request_id, suspect_id, operator, province, version, violations } = self;
        let said = request_id.zip(suspect_id).zip(operator).zip(step.zip(words));
        let (((request_id, suspect_id), operator), (step, words)) = violations.or(said)?;
        let digest = digest::of_desk_step(One, &[suspect_id], &operator, (&step, &words), province, version);
        Ok(DeskRequest { request_id, digest, suspect_id, operator, province, version, step, words })
    }
}

/// Reads a finding on a suspect.
pub(in crate::services) fn decision(caller: &Caller, request: pb::DecideSuspectRequest) -> Result<DeskRequest, Fault> {
    let pb::DecideSuspectRequest { request_id, suspect_id, person, decision, reason, dismissal, province, version } =
        request;
    let mut asked = Asked::read(caller, request_id, &suspect_id, &person, (&province, version));
    let step = finding(decision, dismissal, &mut asked.violations);
    let words = said(&reason, "reason", &mut asked.violations);
    asked.finish(step, words)
}

/// Reads a finding on many alike suspects.
pub(in crate::services) fn decisions(
    caller: &Caller,
    request: pb::DecideSuspectsRequest,
) -> Result<DesksRequest, Fault> {
    let pb::DecideSuspectsRequest { request_id, suspect_ids, person, decision, reason, dismissal, province } = request;
    let mut violations = Violations::default();
    let request_id = field::request_id(request_id, &mut violations);
    let suspects = suspect_list(&suspect_ids, &mut violations);
    let operator = field::operator(caller, &person, &mut violations);
    let step = finding(decision, dismissal, &mut violations);
    let words = said(&reason, "reason", &mut violations);
    let province = field::province(&province, &mut violations);
    let all = request_id.zip(suspects).zip(operator).zip(step.zip(words));
    let (((request_id, suspects), operator), (step, words)) = violations.or(all)?;
    let digest = digest::of_desk_step(Many, &suspects, &operator, (&step, &words), province, None);
    Ok(DesksRequest { request_id, digest, suspects, operator, province, step, words })
}

/// Reads to whom a suspect is given.
pub(in crate::services) fn assignment(
    caller: &Caller,
    request: pb::AssignSuspectRequest,
) -> Result<DeskRequest, Fault> {
    let pb::AssignSuspectRequest { request_id, suspect_id, person, assignee, province, version } = request;
    let mut asked = Asked::read(caller, request_id, &suspect_id, &person, (&province, version));
    let assignee = field::colleague(caller, &assignee, "assignee", &mut asked.violations);
    asked.finish(assignee.map(|assignee| DeskStep::Assign { assignee }), Some(String::new()))
}

/// Reads who takes a suspect up.
pub(in crate::services) fn taking_up(caller: &Caller, request: pb::TakeUpSuspectRequest) -> Result<DeskRequest, Fault> {
    let pb::TakeUpSuspectRequest { request_id, suspect_id, person, province, version } = request;
    let asked = Asked::read(caller, request_id, &suspect_id, &person, (&province, version));
    asked.finish(Some(DeskStep::TakeUp), Some(String::new()))
}

/// Reads what a person writes down.
pub(in crate::services) fn comment(caller: &Caller, request: pb::CommentSuspectRequest) -> Result<DeskRequest, Fault> {
    let pb::CommentSuspectRequest { request_id, suspect_id, person, text, province } = request;
    let mut asked = Asked::read(caller, request_id, &suspect_id, &person, (&province, 0));
    let words = said(&text, "text", &mut asked.violations);
    asked.finish(Some(DeskStep::Comment), words)
}

/// Reads why a suspect is opened again.
pub(in crate::services) fn reopening(caller: &Caller, request: pb::ReopenSuspectRequest) -> Result<DeskRequest, Fault> {
    let pb::ReopenSuspectRequest { request_id, suspect_id, person, fact, text, province, version } = request;
    let mut asked = Asked::read(caller, request_id, &suspect_id, &person, (&province, version));
    let step = new_fact(fact, &mut asked.violations).map(DeskStep::Reopen);
    let words = said(&text, "text", &mut asked.violations);
    asked.finish(step, words)
}

/// What became of one of many.
pub(in crate::services) fn outcome(
    caller: &Caller,
    (suspect_id, outcome): (SuspectId, Result<SuspectRecord, Refusal>),
) -> pb::SuspectOutcome {
    let suspect_id = suspect_id.to_string();
    match outcome {
        Ok(record) => {
            let suspect = Some(suspect::suspect(record, caller.region));
            pb::SuspectOutcome { suspect_id, suspect, ..pb::SuspectOutcome::default() }
        }
        Err(refusal) => {
            let common::Refusal { reason, message_zh, message_en, violations: _ } = Fault::from(refusal).into();
            let (error_code, error_zh, error_en) = (reason, message_zh, message_en);
            pb::SuspectOutcome { suspect_id, suspect: None, error_code, error_zh, error_en }
        }
    }
}

/// Words that may not be left out, without personal data.
fn said(words: &str, path: &str, violations: &mut Violations) -> Option<String> {
    field::given(field::reason_text(words, path, violations), path, violations)
}

fn finding(decision: i32, dismissal: i32, violations: &mut Violations) -> Option<DeskStep> {
    match pb::SuspectDecision::try_from(decision) {
        Ok(pb::SuspectDecision::Confirm) if dismissal == 0 => Some(DeskStep::Confirm),
        Ok(pb::SuspectDecision::Confirm) => {
            let en = "a suspect that is found true has no reason of dismissal";
            violations.add("dismissal", "DISMISSAL_NOT_ASKED", en, "属实的疑点不填写不属实的原因");
            None
        }
        Ok(pb::SuspectDecision::Dismiss) => dismissal_reason(dismissal, violations).map(DeskStep::Dismiss),
        Ok(pb::SuspectDecision::Unspecified) | Err(_) => {
            field::unknown_value(decision, "decision", violations);
            None
        }
    }
}

fn dismissal_reason(value: i32, violations: &mut Violations) -> Option<DismissalReason> {
    let known = DismissalReason::ALL.into_iter().find(|it| i32::from(suspect::dismissal_word(*it)) == value);
    if known.is_none() {
        field::unknown_value(value, "dismissal", violations);
    }
    known
}

fn new_fact(value: i32, violations: &mut Violations) -> Option<NewFact> {
    match pb::NewFact::try_from(value) {
        Ok(pb::NewFact::RegistryChanged) => Some(NewFact::RegistryChanged),
        Ok(pb::NewFact::OtherProvince) => Some(NewFact::OtherProvince),
        Ok(pb::NewFact::MinistryRecord) => Some(NewFact::MinistryRecord),
        Ok(pb::NewFact::Report) => Some(NewFact::Report),
        Ok(pb::NewFact::Document) => Some(NewFact::Document),
        Ok(pb::NewFact::Unspecified) | Err(_) => {
            field::unknown_value(value, "fact", violations);
            None
        }
    }
}

fn suspect_list(ids: &[String], violations: &mut Violations) -> Option<Vec<SuspectId>> {
    if ids.is_empty() {
        field::missing("suspect_ids", violations);
        return None;
    }
    if ids.len() > SUSPECTS_MAX {
        let en = format!("more than {SUSPECTS_MAX} suspects");
        violations.add("suspect_ids", "SUSPECTS_TOO_MANY", en, format!("一次最多核实{SUSPECTS_MAX}条疑点"));
        return None;
    }
    let mut seen = BTreeSet::new();
    let mut read = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let path = format!("suspect_ids[{index}]");
        let Some(id) = field::suspect_id(id, &path, violations) else { continue };
        if !seen.insert(id) {
            violations.add(path, "SUSPECT_REPEATED", "suspect is named twice", "同一疑点重复列出");
        }
        read.push(id);
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Status;
    use tonic_types::StatusExt;

    fn caller() -> Caller {
        Caller {
            organization: "lc-hrss".into(),
            system: "desk".into(),
            region: Region::parse("371502").unwrap(),
            roles: BTreeSet::new(),
            person: None,
        }
    }

    fn id(number: u128) -> String {
        uuid::Uuid::from_u128(number).to_string()
    }

    /// `path REASON` of the first field at fault; `ok` where there is none.
    fn fault<T>(read: Result<T, Fault>) -> String {
        let Err(fault) = read else { return "ok".to_owned() };
        let details = Status::from(fault).get_error_details();
        let first = details.bad_request().unwrap().field_violations[0].clone();
        format!("{} {}", first.field, first.reason)
    }

    fn confirm() -> pb::DecideSuspectRequest {
        pb::DecideSuspectRequest {
            request_id: "judge-0001".into(),
            suspect_id: id(7),
            person: "wang.li".into(),
            decision: pb::SuspectDecision::Confirm.into(),
            reason: "合同与社保记录一致".into(),
            ..pb::DecideSuspectRequest::default()
        }
    }

    #[test]
    fn a_judgment_says_on_what_evidence_and_a_dismissal_why() {
        use pb::SuspectDecision::{Dismiss, Unspecified};
        let check = |spoil: fn(&mut pb::DecideSuspectRequest), expected: &str| {
            let mut request = confirm();
            spoil(&mut request);
            assert_eq!(fault(decision(&caller(), request)), expected);
        };
        check(|_| {}, "ok");
        check(|it| it.reason = " ".into(), "reason FIELD_MISSING");
        check(|it| it.reason = "电话13800000000".into(), "reason TEXT_PERSONAL_NUMBER");
        check(|it| it.decision = Unspecified.into(), "decision ENUM_UNSPECIFIED");
        check(|it| it.decision = Dismiss.into(), "dismissal ENUM_UNSPECIFIED");
        check(|it| (it.decision, it.dismissal) = (Dismiss.into(), 9), "dismissal ENUM_UNKNOWN");
        check(|it| (it.decision, it.dismissal) = (Dismiss.into(), 1), "ok");
        check(|it| it.dismissal = 1, "dismissal DISMISSAL_NOT_ASKED");
        check(|it| it.version = -1, "version VERSION_NOT_POSITIVE");
        check(|it| it.province = "990000".into(), "province REGION_UNKNOWN_PROVINCE");
        let dismissed = decision(
            &caller(),
            pb::DecideSuspectRequest { decision: Dismiss.into(), dismissal: 6, version: 3, ..confirm() },
        );
        let dismissed = dismissed.unwrap_or_else(|_| panic!("is read"));
        assert_eq!(dismissed.step, DeskStep::Dismiss(DismissalReason::PutRight));
        assert_eq!(dismissed.version, Some(3));
    }

    #[test]
    fn many_are_named_once_each_and_not_too_many() {
        let check = |ids: &[String], expected: &str| {
            let request = pb::DecideSuspectsRequest {
                request_id: "judge-0001".into(),
                suspect_ids: ids.to_vec(),
                person: "wang.li".into(),
                decision: pb::SuspectDecision::Confirm.into(),
                reason: "合同与社保记录一致".into(),
                ..pb::DecideSuspectsRequest::default()
            };
            assert_eq!(fault(decisions(&caller(), request)), expected);
        };
        check(&[id(1), id(2)], "ok");
        check(&[], "suspect_ids FIELD_MISSING");
        check(&[id(1), "x".into()], "suspect_ids[1] ID_MALFORMED");
        check(&[id(1), id(2), id(1)], "suspect_ids[2] SUSPECT_REPEATED");
        check(&(0..200).map(id).collect::<Vec<_>>(), "ok");
        check(&(0..201).map(id).collect::<Vec<_>>(), "suspect_ids SUSPECTS_TOO_MANY");
    }

    #[test]
    fn each_step_says_what_it_takes() {
        let assign = |assignee: &str| pb::AssignSuspectRequest {
            request_id: "assign-0001".into(),
            suspect_id: id(7),
            person: "wang.li".into(),
            assignee: assignee.into(),
            ..pb::AssignSuspectRequest::default()
        };
        assert_eq!(fault(assignment(&caller(), assign("li.na"))), "ok");
        assert_eq!(fault(assignment(&caller(), assign(""))), "assignee PERSON_EMPTY");
        let reopen = |fact, text: &str| pb::ReopenSuspectRequest {
            request_id: "reopen-0001".into(),
            suspect_id: id(7),
            person: "wang.li".into(),
            fact,
            text: text.into(),
            ..pb::ReopenSuspectRequest::default()
        };
        for fact in 1..=5 {
            assert_eq!(fault(reopening(&caller(), reopen(fact, "新来函"))), "ok");
        }
        assert_eq!(fault(reopening(&caller(), reopen(0, "新来函"))), "fact ENUM_UNSPECIFIED");
        assert_eq!(fault(reopening(&caller(), reopen(6, "新来函"))), "fact ENUM_UNKNOWN");
        assert_eq!(fault(reopening(&caller(), reopen(1, ""))), "text FIELD_MISSING");
        let write = pb::CommentSuspectRequest {
            request_id: "comment-0001".into(),
            suspect_id: id(7),
            person: "wang.li".into(),
            ..pb::CommentSuspectRequest::default()
        };
        assert_eq!(fault(comment(&caller(), write)), "text FIELD_MISSING");
    }
}
