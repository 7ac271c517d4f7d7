//! Who may call what, and where: one table, and what is not in it is denied.

use super::caller::{Caller, Role};
use super::clawback::CaseStep;
use super::identity::Region;
use super::operator::OperatorId;

/// One call, and what it takes to make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// `package.Service/Method`.
    pub rpc: &'static str,
    pub needs: Needs,
    pub place: Place,
}

/// What a caller must have besides a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Role(Role),
    /// One of these; which one, is [`require`]'s to say once the request is read.
    AnyOf(&'static [Role]),
    /// Every caller that has a certificate may.
    Certificate,
}

/// How a call is bound to the caller's region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The request names a region, which the caller's must cover; naming none means all of the caller's.
    Narrowed,
    /// The request is about one region, which the caller's must cover.
    Covered,
    /// The record that is asked for has a region; where the caller's does not cover it, there is no such record.
    OfTheRecord,
    /// Nothing in the answer belongs to a region.
    Anywhere,
}

/// Why a call is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("no such call")]
    NotInTheTable,
    #[error("caller lacks the role {}", .0.code())]
    RoleMissing(Role),
    #[error("region lies outside the caller's")]
    RegionOutsideCaller,
}

/// Who decides on claims at review; either may send back.
pub const REVIEWERS: [Role; 2] = [Role::ClaimsReview, Role::ClaimsApprove];
/// Who gives suspects to people; who may only judge, to oneself.
pub const ASSIGNERS: [Role; 2] = [Role::SuspectsAssign, Role::SuspectsJudge];
/// Who takes clawback cases further.
const CASE_KEEPERS: [Role; 2] = [Role::ClawbackHandle, Role::ClawbackApprove];

/// The role that a step of a clawback case takes: what needs a second person needs the second person's role.
pub fn role_for(step: CaseStep) -> Role {
    match step {
        CaseStep::Approve | CaseStep::ApproveWaiver | CaseStep::Drop => Role::ClawbackApprove,
        CaseStep::RecordReply
        | CaseStep::NoReply
        | CaseStep::Demand
        | CaseStep::Repay { .. }
        | CaseStep::Refer
        | CaseStep::ProposeWaiver => Role::ClawbackHandle,
    }
}

/// Every call there is.
pub const RIGHTS: [Right; 59] = [
    right("hufu.claims.v1.ClaimService/CheckClaim", Needs::Role(Role::ClaimsRead), Place::Covered),
    right("hufu.claims.v1.ClaimService/SubmitClaim", Needs::Role(Role::ClaimsSubmit), Place::Covered),
    right("hufu.claims.v1.ClaimService/SubmitClaims", Needs::Role(Role::ClaimsSubmit), Place::Covered),
    right("hufu.claims.v1.ClaimService/GetClaim", Needs::Role(Role::ClaimsRead), Place::OfTheRecord),
    right("hufu.claims.v1.ClaimService/ListClaims", Needs::Role(Role::ClaimsRead), Place::Narrowed),
    right("hufu.claims.v1.ClaimService/WithdrawClaim", Needs::Role(Role::ClaimsSubmit), Place::OfTheRecord),
    right("hufu.claims.v1.ClaimService/ReviewClaim", Needs::AnyOf(&REVIEWERS), Place::OfTheRecord),
    right("hufu.claims.v1.ClaimService/WatchClaims", Needs::Role(Role::ClaimsRead), Place::Narrowed),
    right("hufu.suspects.v1.SuspectService/PullSuspects", Needs::Role(Role::SuspectsRead), Place::Narrowed),
    right("hufu.suspects.v1.SuspectService/ListSuspects", Needs::Role(Role::SuspectsRead), Place::Narrowed),
    right("hufu.suspects.v1.SuspectService/GetSuspect", Needs::Role(Role::SuspectsRead), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/DecideSuspect", Needs::Role(Role::SuspectsJudge), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/DecideSuspects", Needs::Role(Role::SuspectsJudge), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/AssignSuspect", Needs::AnyOf(&ASSIGNERS), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/TakeUpSuspect", Needs::Role(Role::SuspectsJudge), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/CommentSuspect", Needs::Role(Role::SuspectsJudge), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/ReopenSuspect", Needs::Role(Role::SuspectsJudge), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/GetDossier", Needs::Role(Role::SuspectsRead), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/UnmaskPerson", Needs::Role(Role::SuspectsUnmask), Place::OfTheRecord),
    right("hufu.suspects.v1.SuspectService/GetDesk", Needs::Role(Role::SuspectsRead), Place::Narrowed),
    right("hufu.suspects.v1.SuspectService/ImportSuspectRecords", Needs::Role(Role::SuspectsImport), Place::Covered),
    right("hufu.suspects.v1.SuspectService/ListSuspectRecords", Needs::Role(Role::SuspectsRead), Place::Narrowed),
    right("hufu.suspects.v1.SuspectService/SaveView", Needs::Role(Role::SuspectsRead), Place::Anywhere),
    right("hufu.suspects.v1.SuspectService/ListViews", Needs::Role(Role::SuspectsRead), Place::Anywhere),
    right("hufu.audit.v1.AuditService/ListEntries", Needs::Role(Role::AuditRead), Place::Narrowed),
    right("hufu.console.v1.ConsoleService/CreateLink", Needs::Role(Role::ConsoleLink), Place::Covered),
    right("hufu.clawback.v1.ClawbackService/DraftCase", Needs::Role(Role::ClawbackHandle), Place::OfTheRecord),
    right("hufu.clawback.v1.ClawbackService/AdvanceCase", Needs::AnyOf(&CASE_KEEPERS), Place::OfTheRecord),
    right("hufu.clawback.v1.ClawbackService/RecordRepayment", Needs::Role(Role::ClawbackHandle), Place::OfTheRecord),
    right("hufu.clawback.v1.ClawbackService/GetCase", Needs::Role(Role::MoneyRead), Place::OfTheRecord),
    right("hufu.clawback.v1.ClawbackService/ListCases", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.clawback.v1.ClawbackService/GetRecovery", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.ledger.v1.LedgerService/ListAccounts", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.ledger.v1.LedgerService/ListEntries", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.ledger.v1.LedgerService/GetTrialBalance", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.ledger.v1.LedgerService/GetFlow", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.ledger.v1.LedgerService/CheckLedger", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.policy.v1.PolicyService/ListSheets", Needs::Certificate, Place::Anywhere),
    right("hufu.policy.v1.PolicyService/GetSheet", Needs::Certificate, Place::Anywhere),
    right("hufu.policy.v1.PolicyService/CompareSheets", Needs::Certificate, Place::Anywhere),
    right("hufu.policy.v1.PolicyService/DeclareRiskArea", Needs::Role(Role::PolicyDeclare), Place::Covered),
    right("hufu.policy.v1.PolicyService/ListRiskAreas", Needs::Certificate, Place::Narrowed),
    right("hufu.pooling.v1.PoolingService/FileClaims", Needs::Role(Role::PoolingFile), Place::Covered),
    right("hufu.pooling.v1.PoolingService/ListFilings", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.pooling.v1.PoolingService/RunPooling", Needs::Role(Role::PoolingRun), Place::Covered),
    right("hufu.pooling.v1.PoolingService/PlanPooling", Needs::Role(Role::MoneyRead), Place::Covered),
    right("hufu.pooling.v1.PoolingService/GetPoolingStatus", Needs::Role(Role::MoneyRead), Place::Covered),
    right("hufu.pooling.v1.PoolingService/ListBatches", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.pooling.v1.PoolingService/GetBatch", Needs::Role(Role::MoneyRead), Place::OfTheRecord),
    right("hufu.pooling.v1.PoolingService/ListPayments", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.pooling.v1.PoolingService/ReviewPayment", Needs::AnyOf(&REVIEWERS), Place::OfTheRecord),
    right("hufu.pooling.v1.PoolingService/ImportStatement", Needs::Role(Role::PoolingRun), Place::Covered),
    right("hufu.pooling.v1.PoolingService/ExportInstructions", Needs::Role(Role::PoolingRun), Place::OfTheRecord),
    right("hufu.reports.v1.ReportService/GetRadar", Needs::Role(Role::MoneyRead), Place::Narrowed),
    right("hufu.reports.v1.ReportService/ListUpstreams", Needs::Certificate, Place::Anywhere),
    right("grpc.health.v1.Health/Check", Needs::Certificate, Place::Anywhere),
    right("grpc.health.v1.Health/Watch", Needs::Certificate, Place::Anywhere),
    right("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Needs::Certificate, Place::Anywhere),
    right("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Needs::Certificate, Place::Anywhere),
];

const fn right(rpc: &'static str, needs: Needs, place: Place) -> Right {
    Right { rpc, needs, place }
}

/// Whether a caller may make a call at all. Where it may is [`narrow`]'s to say, once the request is read.
pub fn authorize(caller: &Caller, rpc: &str) -> Result<&'static Right, Denied> {
    let right = RIGHTS.iter().find(|right| right.rpc == rpc).ok_or(Denied::NotInTheTable)?;
    match right.needs {
        Needs::Certificate => Ok(right),
        Needs::Role(role) => require(caller, &[role]).map(|()| right),
        Needs::AnyOf(roles) => require(caller, roles).map(|()| right),
    }
}

/// Whether a caller has one of these roles. Where it has none, the first is named.
pub fn require(caller: &Caller, roles: &[Role]) -> Result<(), Denied> {
    match roles.first() {
        Some(first) if !roles.iter().any(|role| caller.roles.contains(role)) => Err(Denied::RoleMissing(*first)),
        Some(_) | None => Ok(()),
    }
}

/// Whether a caller may have a person give a suspect to somebody: who judges may take one, who leads the team gives them to anybody.
pub fn may_assign(caller: &Caller, person: &OperatorId, assignee: &OperatorId) -> Result<(), Denied> {
    let needed: &[Role] = if person == assignee { &ASSIGNERS } else { &[Role::SuspectsAssign] };
    require(caller, needed)
}

/// The region a request is about: the one it names, which must be the caller's or lie within it, or else all of the caller's.
pub fn narrow(caller: &Caller, named: Option<Region>) -> Result<Region, Denied> {
    match named {
        None => Ok(caller.region),
        Some(region) if caller.region.covers(region) => Ok(region),
        Some(_) => Err(Denied::RegionOutsideCaller),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn caller(region: &str, roles: &[Role]) -> Caller {
        Caller {
            organization: "lc-hrss".into(),
            system: "office".into(),
            region: Region::parse(region).unwrap(),
            roles: roles.iter().copied().collect(),
            person: None,
        }
    }

    #[test]
    fn each_call_needs_exactly_its_role() {
        for right in RIGHTS {
            let bare = authorize(&caller("371500", &[]), right.rpc);
            match right.needs {
                Needs::Certificate => assert_eq!(bare, authorize(&caller("371500", &Role::ALL), right.rpc)),
                Needs::Role(_) | Needs::AnyOf(_) => assert!(bare.is_err(), "{}", right.rpc),
            }
            for role in Role::ALL {
                let expected = match right.needs {
                    Needs::Role(needed) if needed != role => Err(Denied::RoleMissing(needed)),
                    Needs::AnyOf(needed) if !needed.contains(&role) => Err(Denied::RoleMissing(needed[0])),
                    Needs::Role(_) | Needs::AnyOf(_) | Needs::Certificate => Ok(()),
                };
                let found = authorize(&caller("371500", &[role]), right.rpc);
                assert_eq!(found.map(|found| assert_eq!(*found, right)), expected, "{} with {role:?}", right.rpc);
            }
        }
    }

    /// A call that takes one role or another may be made with either; what is done by it takes exactly one.
    #[test]
    fn a_step_takes_the_role_of_the_person_who_may_take_it() {
        let approver = caller("371500", &[Role::ClawbackApprove]);
        let handler = caller("371500", &[Role::ClawbackHandle]);
        let check = |step: CaseStep, can_handle: bool| {
            let needed = role_for(step);
            assert!(CASE_KEEPERS.contains(&needed));
            assert_eq!(require(&handler, &[needed]).is_ok(), can_handle, "{step:?}");
            assert_eq!(require(&approver, &[needed]).is_ok(), !can_handle, "{step:?}");
        };
        use CaseStep::{Approve, ApproveWaiver, Demand, Drop, NoReply, ProposeWaiver, RecordReply, Refer};
        [Approve, ApproveWaiver, Drop].into_iter().for_each(|step| check(step, false));
        [RecordReply, NoReply, Demand, Refer, ProposeWaiver].into_iter().for_each(|step| check(step, true));
        assert_eq!(require(&approver, &REVIEWERS), Err(Denied::RoleMissing(Role::ClaimsReview)));
    }

    #[test]
    fn who_only_judges_gives_suspects_to_nobody_else() {
        let person = |name: &str| OperatorId::new("lc-hrss", name).unwrap();
        let check = |roles: &[Role], assignee: &str, expected: Result<(), Denied>| {
            assert_eq!(may_assign(&caller("371500", roles), &person("wang"), &person(assignee)), expected);
        };
        let missing = Err(Denied::RoleMissing(Role::SuspectsAssign));
        check(&[Role::SuspectsJudge], "wang", Ok(()));
        check(&[Role::SuspectsJudge], "li", missing);
        check(&[Role::SuspectsAssign], "li", Ok(()));
        check(&[Role::SuspectsAssign], "wang", Ok(()));
        check(&[Role::SuspectsRead], "wang", missing);
    }

    /// A payment may be decided on with either role; to pass takes one, to approve the other.
    #[test]
    fn what_takes_either_role_takes_exactly_one_in_the_end() {
        let reviewer = caller("371500", &[Role::ClaimsReview]);
        let rpc = "hufu.pooling.v1.PoolingService/ReviewPayment";
        assert!(authorize(&reviewer, rpc).is_ok());
        assert_eq!(require(&reviewer, &[Role::ClaimsReview]), Ok(()));
        assert_eq!(require(&reviewer, &[Role::ClaimsApprove]), Err(Denied::RoleMissing(Role::ClaimsApprove)));
        let other = caller("371500", &[Role::PoolingRun, Role::MoneyRead]);
        assert_eq!(authorize(&other, rpc), Err(Denied::RoleMissing(Role::ClaimsReview)));
    }

    #[test]
    fn what_is_not_in_the_table_is_denied() {
        let everything = caller("000000", &Role::ALL);
        for rpc in ["", "/", "hufu.claims.v1.ClaimService/DeleteClaim", "hufu.claims.v1.ClaimService/submitclaim"] {
            assert_eq!(authorize(&everything, rpc), Err(Denied::NotInTheTable), "{rpc}");
        }
    }

    #[test]
    fn the_table_names_each_call_once() {
        assert_eq!(RIGHTS.map(|right| right.rpc).into_iter().collect::<BTreeSet<_>>().len(), RIGHTS.len());
    }

    #[test]
    fn a_region_is_narrowed_and_never_widened() {
        let check = |own: &str, named: Option<&str>, expected: Result<&str, Denied>| {
            let named = named.map(|text| Region::parse(text).unwrap());
            let expected = expected.map(|text| Region::parse(text).unwrap());
            assert_eq!(narrow(&caller(own, &[]), named), expected, "{own} asks for {named:?}");
        };
        let outside = Err(Denied::RegionOutsideCaller);
        check("371500", None, Ok("371500"));
        check("371500", Some("371500"), Ok("371500"));
        check("371500", Some("371502"), Ok("371502"));
        check("371500", Some("3715A1"), Ok("3715A1"));
        check("371500", Some("370000"), outside);
        check("371500", Some("370100"), outside);
        check("371500", Some("411500"), outside);
        check("371502", Some("371500"), outside);
        check("371502", Some("371503"), outside);
        check("370000", Some("371502"), Ok("371502"));
        check("410000", Some("371502"), outside);
        check("000000", Some("371502"), Ok("371502"));
        check("370000", Some("000000"), outside);
    }
}
