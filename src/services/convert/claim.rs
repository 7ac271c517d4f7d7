//! A claim as submitted: every identifier parsed, every fault found.

use std::fmt::{self, Display};

use super::field::{date, missing, optional, parsed, text, unknown_value};
use super::violation::Violations;
use crate::domain::claim::{ClaimRoute, DispatchPapers, DispatchSide, Graduate, Person, Subject, Worker, Workforce};
use crate::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};
use crate::proto::claims::v1 as pb;
use crate::workflows::NewClaim;

/// The largest dispatch roster that one claim may carry; larger ones are several claims. It fits a unary message when rows are of
/// the usual length (some 70 bytes).
const ROSTER_MAX: usize = 2_000;
const SHEET_ID_LENGTH: std::ops::RangeInclusive<usize> = 1..=64;

/// Reads a claim. `None` only where a violation was noted.
pub(in crate::services) fn new_claim(
    claim: Option<pb::ClaimSubmission>,
    violations: &mut Violations,
) -> Option<NewClaim> {
    let Some(claim) = claim else {
        missing("claim", violations);
        return None;
    };
    let sheet_id = sheet_id(claim.sheet_id, violations);
    let route = route(claim.route, violations);
    let enterprise = parsed(Uscc::parse(&claim.uscc), "claim.uscc", violations);
    let enterprise_name = optional(&claim.enterprise_name, EnterpriseName::parse, "claim.enterprise_name", violations);
    let region = parsed(Region::parse(&claim.region), "claim.region", violations);
    let account = optional(&claim.account, BankAccount::parse, "claim.account", violations);
    let subject = subject(claim.subject, violations);
    Some(NewClaim {
        sheet_id: sheet_id?,
        route: route?,
        enterprise: enterprise?,
        enterprise_name,
        region: region?,
        account,
        subject: subject?,
    })
}

fn sheet_id(id: String, violations: &mut Violations) -> Option<String> {
    let is_word = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if SHEET_ID_LENGTH.contains(&id.len()) && is_word {
        return Some(id);
    }
    let en = "sheet_id is not the name of a policy sheet";
    violations.add("claim.sheet_id", "SHEET_ID_MALFORMED", en, "政策表编号格式不符");
    None
}

fn route(value: i32, violations: &mut Violations) -> Option<ClaimRoute> {
    match pb::ClaimRoute::try_from(value) {
        Ok(pb::ClaimRoute::Automatic) => Some(ClaimRoute::Automatic),
        Ok(pb::ClaimRoute::SelfApplied) => Some(ClaimRoute::SelfApplied),
        Ok(pb::ClaimRoute::Unspecified) | Err(_) => {
            unknown_value(value, "claim.route", violations);
            None
        }
    }
}

fn subject(subject: Option<pb::claim_submission::Subject>, violations: &mut Violations) -> Option<Subject> {
    match subject {
        Some(pb::claim_submission::Subject::Graduate(it)) => graduate(it, violations).map(Subject::Graduate),
        Some(pb::claim_submission::Subject::Workforce(it)) => workforce(it, violations).map(Subject::Workforce),
        None => {
            missing("claim.subject", violations);
            None
        }
    }
}

fn graduate(graduate: pb::Graduate, violations: &mut Violations) -> Option<Graduate> {
    let person = person(graduate.person, "claim.graduate.person", violations);
    let graduated_on = date(graduate.graduated_on, "claim.graduate.graduated_on", violations);
    let contract_from = date(graduate.contract_from, "claim.graduate.contract_from", violations);
    let contract_until = date(graduate.contract_until, "claim.graduate.contract_until", violations);
    let dispatch = match graduate.dispatch {
        None => None,
        Some(papers) => Some(dispatch(&papers, violations)?),
    };
    Some(Graduate { person: person?, graduated_on, contract_from, contract_until, dispatch })
}

fn dispatch(papers: &pb::DispatchPapers, violations: &mut Violations) -> Option<DispatchPapers> {
    const AGREEMENT: &str = "claim.graduate.dispatch.dispatch_agreement";
    const SHARING: &str = "claim.graduate.dispatch.sharing_agreement";
    let host = parsed(Uscc::parse(&papers.host_uscc), "claim.graduate.dispatch.host_uscc", violations);
    let dispatch_agreement = text(&papers.dispatch_agreement, AGREEMENT, violations);
    let sharing_agreement = text(&papers.sharing_agreement, SHARING, violations);
    let given = |number: Option<String>| number.filter(|it| !it.is_empty());
    Some(DispatchPapers {
        host: host?,
        dispatch_agreement: given(dispatch_agreement),
        sharing_agreement: given(sharing_agreement),
    })
}

fn workforce(workforce: pb::Workforce, violations: &mut Violations) -> Option<Workforce> {
    let claimed_headcount = workforce.claimed_headcount.and_then(|count| {
        let read = u32::try_from(count).ok();
        if read.is_none() {
            let path = "claim.workforce.claimed_headcount";
            violations.add(path, "HEADCOUNT_NEGATIVE", "headcount is negative", "人数不能为负");
        }
        read
    });
    if workforce.roster.len() > ROSTER_MAX {
        let en = "roster has more than 2,000 workers";
        violations.add("claim.workforce.roster", "ROSTER_TOO_LONG", en, "花名册超过2000人，请分次提交");
        return None;
    }
    // Rows that are at fault are left out here, and the violations keep the claim from going on.
    let roster = workforce.roster.into_iter().enumerate();
    let roster = roster.filter_map(|(index, it)| worker(it, index, violations)).collect();
    Some(Workforce { claimed_headcount, roster })
}

fn worker(worker: pb::Worker, index: usize, violations: &mut Violations) -> Option<Worker> {
    let side = match pb::DispatchSide::try_from(worker.side) {
        Ok(pb::DispatchSide::Agency) => Some(DispatchSide::Agency),
        Ok(pb::DispatchSide::Host) => Some(DispatchSide::Host),
        Ok(pb::DispatchSide::Unspecified) | Err(_) => {
            unknown_value(worker.side, format_args!("{}.side", Row(index)), violations);
            None
        }
    };
    let person = person(worker.person, format_args!("{}.person", Row(index)), violations);
    Some(Worker { person: person?, side: side? })
}

/// The path of a worker on the roster.
struct Row(usize);

impl Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "claim.workforce.roster[{}]", self.0)
    }
}

fn person(person: Option<pb::Person>, path: impl Display, violations: &mut Violations) -> Option<Person> {
    let Some(person) = person else {
        missing(path, violations);
        return None;
    };
    let name = parsed(PersonName::parse(&person.name), format_args!("{path}.name"), violations);
    let resident_id = parsed(ResidentId::parse(&person.resident_id), format_args!("{path}.resident_id"), violations);
    let phone = optional(&person.phone, Phone::parse, format_args!("{path}.phone"), violations);
    Some(Person { name: name?, resident_id: resident_id?, phone })
}
