//! What people decide on claims.

use super::super::status::Fault;
use super::field;
use super::record;
use super::violation::Violations;
use crate::domain::caller::{Caller, Role};
use crate::domain::rights::{REVIEWERS, require};
use crate::proto::claims::v1 as claims;
use crate::workflows::digest;
use crate::workflows::record::review::{ReviewAct, Reviewed};
use crate::workflows::review::ReviewRequest;

/// Reads a decision on a claim, and asks for the role that it takes.
pub(in crate::services) fn request(
    caller: &Caller,
    request: claims::ReviewClaimRequest,
) -> Result<ReviewRequest, Fault> {
    let claims::ReviewClaimRequest { request_id, claim_id, version, person, decision, comment } = request;
    let mut violations = Violations::default();
    let request_id = field::request_id(request_id, &mut violations);
    let claim_id = field::claim_id(&claim_id, "claim_id", &mut violations);
    let version = field::version(version, &mut violations);
    let operator = field::operator(caller, &person, &mut violations);
    let comment = field::reason_text(&comment, "comment", &mut violations);
    let act = act(decision, comment.clone(), &mut violations);
    let said = request_id.zip(claim_id).zip(version).zip(operator).zip(comment.zip(act));
    let ((((request_id, claim_id), version), operator), (comment, act)) = violations.or(said)?;
    let roles: &[Role] = match act {
        ReviewAct::Pass => &[Role::ClaimsReview],
        ReviewAct::Approve => &[Role::ClaimsApprove],
        ReviewAct::SendBack { .. } => &REVIEWERS,
    };
    require(caller, roles)?;
    let digest = digest::of_review(claim_id, version, &operator, &act, &comment);
    Ok(ReviewRequest { request_id, digest, claim_id, version, operator, act })
}

fn act(decision: i32, comment: Option<String>, violations: &mut Violations) -> Option<ReviewAct> {
    match claims::ReviewDecision::try_from(decision) {
        Ok(claims::ReviewDecision::Pass) => Some(ReviewAct::Pass),
        Ok(claims::ReviewDecision::Approve) => Some(ReviewAct::Approve),
        Ok(claims::ReviewDecision::SendBack) => {
            field::given(comment, "comment", violations).map(|reason| ReviewAct::SendBack { reason })
        }
        Ok(claims::ReviewDecision::Unspecified) | Err(_) => {
            field::unknown_value(decision, "decision", violations);
            None
        }
    }
}

/// The claim after a decision, with what exactly was passed or approved.
pub(in crate::services) fn answer(reviewed: Reviewed) -> claims::ReviewClaimResponse {
    let approval_hash = reviewed.hash.map(|hash| hash.to_hex()).unwrap_or_default();
    claims::ReviewClaimResponse { claim: Some(record::claim(reviewed.record)), approval_hash }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::{Code, Status};
    use tonic_types::StatusExt;

    use crate::domain::identity::Region;

    fn caller(roles: &[Role]) -> Caller {
        Caller {
            organization: "lc-hrss".into(),
            system: "desk".into(),
            region: Region::parse("371502").unwrap(),
            roles: roles.iter().copied().collect(),
            person: None,
        }
    }

    fn review(decision: claims::ReviewDecision, comment: &str) -> claims::ReviewClaimRequest {
        claims::ReviewClaimRequest {
            request_id: "review-0001".into(),
            claim_id: uuid::Uuid::from_u128(7).to_string(),
            version: 2,
            person: "wang.li".into(),
            decision: decision.into(),
            comment: comment.into(),
        }
    }

    /// `path REASON` of the first field at fault, or the reason of the refusal.
    fn fault<T>(read: Result<T, Fault>) -> String {
        let Err(fault) = read else { return "ok".to_owned() };
        let status = Status::from(fault);
        let details = status.get_error_details();
        let first = details.bad_request().and_then(|it| it.field_violations.first().cloned());
        match first {
            Some(first) => format!("{} {}", first.field, first.reason),
            None => {
                assert_eq!(status.code(), Code::PermissionDenied);
                details.error_info().unwrap().reason.clone()
            }
        }
    }

    #[test]
    fn each_decision_takes_its_role() {
        use claims::ReviewDecision::{Approve, Pass, SendBack};
        let check = |roles: &[Role], expected: [bool; 3]| {
            let found = [Pass, Approve, SendBack].map(|it| fault(request(&caller(roles), review(it, "重新核定"))));
            assert_eq!(found, expected.map(|ok| if ok { "ok" } else { "ROLE_MISSING" }), "{roles:?}");
        };
        check(&[Role::ClaimsReview], [true, false, true]);
        check(&[Role::ClaimsApprove], [false, true, true]);
        check(&REVIEWERS, [true, true, true]);
        check(&[Role::ClaimsRead, Role::ClawbackApprove], [false, false, false]);
    }

    #[test]
    fn a_review_says_what_is_missing() {
        use claims::ReviewDecision::{Pass, SendBack, Unspecified};
        let check = |spoil: fn(&mut claims::ReviewClaimRequest), expected: &str| {
            let mut spoilt = review(Pass, "");
            spoil(&mut spoilt);
            assert_eq!(fault(request(&caller(&REVIEWERS), spoilt)), expected);
        };
        check(|_| {}, "ok");
        check(|it| it.request_id.clear(), "request_id REQUEST_ID_MALFORMED");
        check(|it| it.claim_id.clear(), "claim_id ID_MALFORMED");
        check(|it| it.version = 0, "version VERSION_NOT_POSITIVE");
        check(|it| it.person = "13800000000".into(), "person PERSON_LOOKS_LIKE_NUMBER");
        check(|it| it.decision = Unspecified.into(), "decision ENUM_UNSPECIFIED");
        check(|it| it.decision = 9, "decision ENUM_UNKNOWN");
        check(|it| it.decision = SendBack.into(), "comment FIELD_MISSING");
        check(|it| it.comment = "电话13800000000".into(), "comment TEXT_PERSONAL_NUMBER");
    }
}
