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

#[cfg(test)]
pub(in crate::services) mod tests {
    use super::*;
    use crate::proto::common::v1::Date;
    use crate::workflows::digest;

    const PERSON: &str = "11010519491231002X";
    const ENTERPRISE: &str = "91350100M000100Y43";

    /// A claim with everything set.
    pub(in crate::services) fn of_graduate() -> pb::ClaimSubmission {
        let date = |year, month, day| Some(Date { year, month, day });
        pb::ClaimSubmission {
            sheet_id: "job-expansion-2022".into(),
            route: pb::ClaimRoute::SelfApplied.into(),
            uscc: ENTERPRISE.into(),
            enterprise_name: "聊城某公司".into(),
            region: "371502".into(),
            account: "6222000000000000".into(),
            subject: Some(pb::claim_submission::Subject::Graduate(pb::Graduate {
                person: Some(person()),
                graduated_on: date(2022, 6, 30),
                contract_from: date(2022, 7, 1),
                contract_until: date(2023, 6, 30),
                dispatch: Some(pb::DispatchPapers {
                    host_uscc: ENTERPRISE.into(),
                    dispatch_agreement: "派2022-1".into(),
                    sharing_agreement: String::new(),
                }),
            })),
        }
    }

    fn of_workers(roster: Vec<pb::Worker>) -> pb::ClaimSubmission {
        let workforce = pb::Workforce { claimed_headcount: Some(3), roster };
        pb::ClaimSubmission { subject: Some(pb::claim_submission::Subject::Workforce(workforce)), ..of_graduate() }
    }

    fn worker() -> pb::Worker {
        pb::Worker { person: Some(person()), side: pb::DispatchSide::Host.into() }
    }

    fn person() -> pb::Person {
        pb::Person { name: "王某某".into(), resident_id: PERSON.into(), phone: "13800000000".into() }
    }

    fn graduate_of(claim: &mut pb::ClaimSubmission) -> &mut pb::Graduate {
        match claim.subject.as_mut() {
            Some(pb::claim_submission::Subject::Graduate(graduate)) => graduate,
            Some(pb::claim_submission::Subject::Workforce(_)) | None => panic!("not of a graduate"),
        }
    }

    fn person_of(claim: &mut pb::ClaimSubmission) -> &mut pb::Person {
        graduate_of(claim).person.as_mut().unwrap()
    }

    /// The paths and reasons found, in order.
    fn faults(claim: Option<pb::ClaimSubmission>) -> Vec<(String, String)> {
        let mut violations = Violations::default();
        let read = new_claim(claim, &mut violations);
        assert!(read.is_some() || !violations.is_empty(), "refused without a reason");
        violations.into_all().into_iter().map(|it| (it.field, it.reason)).collect()
    }

    fn check(spoil: impl FnOnce(&mut pb::ClaimSubmission), expected: &[(&str, &str)]) {
        let mut claim = of_graduate();
        spoil(&mut claim);
        let found = faults(Some(claim));
        let found: Vec<_> = found.iter().map(|(field, reason)| (field.as_str(), reason.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_bad_field_is_named_with_its_reason() {
        let host = "claim.graduate.dispatch.host_uscc";
        let papers = |claim: &mut pb::ClaimSubmission| graduate_of(claim).dispatch.take().unwrap_or_default();
        check(|_| {}, &[]);
        check(|it| it.sheet_id.clear(), &[("claim.sheet_id", "SHEET_ID_MALFORMED")]);
        check(|it| it.sheet_id = "../x".into(), &[("claim.sheet_id", "SHEET_ID_MALFORMED")]);
        check(|it| it.route = 0, &[("claim.route", "ENUM_UNSPECIFIED")]);
        check(|it| it.route = 7, &[("claim.route", "ENUM_UNKNOWN")]);
        check(|it| it.uscc.clear(), &[("claim.uscc", "USCC_EMPTY")]);
        let number = "某某13800000000店";
        check(|it| it.enterprise_name = number.into(), &[("claim.enterprise_name", "ENTERPRISE_NAME_PERSONAL_NUMBER")]);
        check(|it| it.enterprise_name = "名".repeat(121), &[("claim.enterprise_name", "ENTERPRISE_NAME_TOO_LONG")]);
        check(|it| it.region = "3715".into(), &[("claim.region", "REGION_WRONG_LENGTH")]);
        check(|it| it.account = "账号".into(), &[("claim.account", "BANK_ACCOUNT_ILLEGAL_CHARACTER")]);
        check(|it| it.subject = None, &[("claim.subject", "FIELD_MISSING")]);
        check(|it| graduate_of(it).person = None, &[("claim.graduate.person", "FIELD_MISSING")]);
        check(|it| person_of(it).name.clear(), &[("claim.graduate.person.name", "PERSON_NAME_EMPTY")]);
        check(
            |it| person_of(it).resident_id = "110105194912310021".into(),
            &[("claim.graduate.person.resident_id", "RESIDENT_ID_CHECK_CHARACTER")],
        );
        check(|it| person_of(it).phone = "1".into(), &[("claim.graduate.person.phone", "PHONE_UNKNOWN_PATTERN")]);
        check(
            |it| graduate_of(it).contract_until = Some(Date { year: 2023, month: 6, day: 31 }),
            &[("claim.graduate.contract_until", "DATE_IMPOSSIBLE")],
        );
        check(|it| graduate_of(it).dispatch = Some(pb::DispatchPapers::default()), &[(host, "USCC_EMPTY")]);
        check(
            |it| {
                let long = pb::DispatchPapers { sharing_agreement: "字".repeat(201), ..papers(it) };
                graduate_of(it).dispatch = Some(long);
            },
            &[("claim.graduate.dispatch.sharing_agreement", "TEXT_TOO_LONG")],
        );
    }

    #[test]
    fn what_may_be_left_out_may_be_left_out() {
        check(
            |it| {
                it.enterprise_name.clear();
                it.account = " ".into();
                person_of(it).phone.clear();
                let person = graduate_of(it).person.clone();
                *graduate_of(it) = pb::Graduate { person, ..pb::Graduate::default() };
            },
            &[],
        );
        assert_eq!(faults(Some(of_workers(vec![]))), []);
    }

    #[test]
    fn all_faults_are_told_at_once_and_none_quotes_what_was_sent() {
        let number = "371502200001010011";
        let nameless = pb::Person { name: String::new(), resident_id: number.into(), phone: "1".into() };
        let rows = vec![
            worker(),
            pb::Worker { person: Some(nameless), side: 9 },
            worker(),
            pb::Worker { person: None, side: pb::DispatchSide::Agency.into() },
        ];
        let mut violations = Violations::default();
        assert!(new_claim(Some(of_workers(rows)), &mut violations).is_some_and(|it| it.subject.persons().len() == 2));
        let found = violations.into_all();
        let fields: Vec<_> = found.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "claim.workforce.roster[1].side",
                "claim.workforce.roster[1].person.name",
                "claim.workforce.roster[1].person.resident_id",
                "claim.workforce.roster[1].person.phone",
                "claim.workforce.roster[3].person",
            ]
        );
        for it in found {
            assert!(!format!("{}{}{}", it.field, it.message_en, it.message_zh).contains(number));
        }
        assert_eq!(faults(None), [("claim".to_owned(), "FIELD_MISSING".to_owned())]);
    }

    #[test]
    fn a_roster_is_bounded() {
        assert_eq!(faults(Some(of_workers(vec![worker(); 2_000]))), []);
        let found = faults(Some(of_workers(vec![worker(); 2_001])));
        assert_eq!(found, [("claim.workforce.roster".to_owned(), "ROSTER_TOO_LONG".to_owned())]);
        let mut claim = of_workers(vec![]);
        if let Some(pb::claim_submission::Subject::Workforce(workforce)) = claim.subject.as_mut() {
            workforce.claimed_headcount = Some(-1);
        }
        let path = "claim.workforce.claimed_headcount".to_owned();
        assert_eq!(faults(Some(claim)), [(path, "HEADCOUNT_NEGATIVE".to_owned())]);
    }

    #[test]
    fn a_full_roster_fits_one_message() {
        use prost::Message;
        let usual = of_workers(vec![worker(); ROSTER_MAX]).encoded_len();
        assert!(usual < crate::services::limits::UNARY_BYTES, "{usual}");
        let mut long = worker();
        long.person.as_mut().unwrap().name = "𠮷".repeat(60);
        let longest = of_workers(vec![long; ROSTER_MAX]).encoded_len();
        assert!(longest < crate::services::limits::STREAM_ITEM_BYTES, "{longest}");
    }

    fn digest_of(change: impl FnOnce(&mut pb::ClaimSubmission)) -> String {
        let mut claim = of_graduate();
        change(&mut claim);
        let claim = new_claim(Some(claim), &mut Violations::default()).unwrap();
        data_encoding::HEXLOWER.encode(&digest::of_claim(&claim))
    }

    fn person_in(claim: &mut pb::ClaimSubmission) -> &mut pb::Person {
        match claim.subject.as_mut() {
            Some(pb::claim_submission::Subject::Graduate(it)) => it.person.as_mut().unwrap(),
            Some(pb::claim_submission::Subject::Workforce(_)) | None => panic!("not of a graduate"),
        }
    }

    /// The store keeps digests for good: if this fails, requests that were sent before are no longer recognized.
    #[test]
    fn a_claims_digest_never_changes() {
        assert_eq!(digest_of(|_| {}), "4376db7cc2d272e2c3471c81794a1de0759028be179e7adf0440e862cdf1f3c5");
    }

    #[test]
    fn two_spellings_of_one_claim_are_one_request() {
        let same = digest_of(|_| {});
        assert_eq!(digest_of(|it| person_in(it).resident_id = " 11010519491231002x".into()), same);
        assert_eq!(digest_of(|it| person_in(it).resident_id = "１１０１０５１９４９１２３１００２Ｘ".into()), same);
        assert_eq!(digest_of(|it| person_in(it).name = "王 某某".into()), same);
        assert_eq!(digest_of(|it| person_in(it).phone = "+86 138-0000-0000".into()), same);
        assert_eq!(digest_of(|it| it.uscc = it.uscc.to_lowercase()), same);
        assert_eq!(digest_of(|it| it.account = "6222 0000 0000 0000".into()), same);
    }

    #[test]
    fn every_field_makes_another_request() {
        let mut digests = vec![
            digest_of(|_| {}),
            digest_of(|it| it.sheet_id = "job-expansion-2023".into()),
            digest_of(|it| it.route = pb::ClaimRoute::Automatic.into()),
            digest_of(|it| it.uscc = Uscc::from_body("91371500300000000").unwrap().as_str().into()),
            digest_of(|it| it.enterprise_name.clear()),
            digest_of(|it| it.region = "371503".into()),
            digest_of(|it| it.account.clear()),
            digest_of(|it| it.account = "6222000000000001".into()),
            digest_of(|it| person_in(it).name = "王某".into()),
            digest_of(|it| person_in(it).resident_id = "110105491231003".into()),
            digest_of(|it| person_in(it).phone.clear()),
        ];
        for change in 0..5 {
            digests.push(digest_of(|it| {
                let Some(pb::claim_submission::Subject::Graduate(graduate)) = it.subject.as_mut() else { return };
                match change {
                    0 => graduate.graduated_on = None,
                    1 => graduate.contract_from = graduate.contract_until,
                    2 => graduate.contract_until = None,
                    3 => graduate.dispatch = None,
                    _ => graduate.dispatch.as_mut().unwrap().dispatch_agreement = "派2022-2".into(),
                }
            }));
        }
        let workforce = pb::Workforce { claimed_headcount: Some(1), roster: vec![] };
        digests.push(digest_of(|it| it.subject = Some(pb::claim_submission::Subject::Workforce(workforce))));
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }
}
