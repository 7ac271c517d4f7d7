//! Bad requests: every field at fault is named, with a stable reason and words in Chinese, and nothing of the request is quoted.

use std::time::Duration;

use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::claims::v1 as pb;
use hufu::proto::suspects::v1 as suspects;
use jiff::civil::date;
use pb::claim_submission::Subject;
use tokio::time::Instant;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::{reason_of, refusal};
use crate::support::claims::{NewClaim, all, workforce_of};
use crate::support::people::{firm, graduate};
use crate::support::registries::Fault;
use crate::support::{Caller, Database, Harness, on_both_databases, wire};

/// Field and reason, in the order of the contract.
fn faults(refusal: &Status) -> Vec<(String, String)> {
    assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal:?}");
    assert_eq!(reason_of(refusal), "FIELDS_INVALID");
    let details = refusal.get_error_details();
    let violations = details.bad_request().expect("a BadRequest").field_violations.clone();
    for violation in &violations {
        let zh = violation.localized_message.as_ref().expect("words for officials");
        assert!(zh.locale == "zh-CN" && !zh.message.is_ascii(), "{}: {}", violation.field, zh.message);
    }
    violations.into_iter().map(|it| (it.field, it.reason)).collect()
}

async fn check(caller: &Caller, claim: &NewClaim, expected: &[(&str, &str)]) {
    let refusal = refusal(claim.receipt(caller).await);
    let expected: Vec<_> = expected.iter().map(|&(field, reason)| (field.to_owned(), reason.to_owned())).collect();
    assert_eq!(faults(&refusal), expected);
}

fn good_claim(hufu: &Harness) -> NewClaim {
    let firm = firm("甲公司").known_to(hufu);
    graduate("王小明").hired_by(&firm).known_to(hufu).claim()
}

fn graduate_of(claim: &mut NewClaim) -> &mut pb::Graduate {
    let Some(Subject::Graduate(graduate)) = &mut claim.submission.subject else { panic!("not a graduate's claim") };
    graduate
}

/// One change to a good claim, and the one fault that it is.
type Mistake = (fn(&mut NewClaim), &'static str, &'static str);

const MISTAKES: [Mistake; 24] = [
    (|it| it.request_id.clear(), "request_id", "REQUEST_ID_MALFORMED"),
    (|it| it.request_id = "a".repeat(65), "request_id", "REQUEST_ID_MALFORMED"),
    (|it| it.submission.sheet_id.clear(), "claim.sheet_id", "SHEET_ID_MALFORMED"),
    (|it| it.submission.sheet_id = "job-expansion-2122".into(), "claim.sheet_id", "SHEET_UNKNOWN"),
    (|it| it.submission.sheet_id = "retention-training-2022".into(), "claim.subject", "SUBJECT_DOES_NOT_FIT_SHEET"),
    (|it| it.submission.route = 0, "claim.route", "ENUM_UNSPECIFIED"),
    (|it| it.submission.route = 9, "claim.route", "ENUM_UNKNOWN"),
    (|it| it.submission.uscc.clear(), "claim.uscc", "USCC_EMPTY"),
    (|it| it.submission.uscc.replace_range(2..3, "I"), "claim.uscc", "USCC_EXCLUDED_LETTER"),
    (|it| it.submission.region = "3715".into(), "claim.region", "REGION_WRONG_LENGTH"),
    (|it| it.submission.region = "993715".into(), "claim.region", "REGION_UNKNOWN_PROVINCE"),
    (|it| it.submission.account = "6.217E+16".into(), "claim.account", "BANK_ACCOUNT_LOST_DIGITS"),
    (|it| it.submission.account = "12".into(), "claim.account", "BANK_ACCOUNT_WRONG_LENGTH"),
    (|it| it.submission.subject = None, "claim.subject", "FIELD_MISSING"),
    (|it| graduate_of(it).person = None, "claim.graduate.person", "FIELD_MISSING"),
    (|it| it.person().name = "王1明".into(), "claim.graduate.person.name", "PERSON_NAME_DIGIT"),
    (|it| it.person().phone = "12345".into(), "claim.graduate.person.phone", "PHONE_UNKNOWN_PATTERN"),
    (|it| it.person().resident_id.clear(), "claim.graduate.person.resident_id", "RESIDENT_ID_EMPTY"),
    (
        |it| it.person().resident_id = "3.71502E+17".into(),
        "claim.graduate.person.resident_id",
        "RESIDENT_ID_LOST_DIGITS",
    ),
    (
        |it| it.person().resident_id.replace_range(10..12, "13"),
        "claim.graduate.person.resident_id",
        "RESIDENT_ID_IMPOSSIBLE_DATE",
    ),
    (
        |it| it.person().resident_id.replace_range(0..2, "99"),
        "claim.graduate.person.resident_id",
        "RESIDENT_ID_UNKNOWN_REGION",
    ),
    (
        |it| {
            let last = it.person().resident_id.pop();
            it.person().resident_id.push(if last == Some('1') { '2' } else { '1' });
        },
        "claim.graduate.person.resident_id",
        "RESIDENT_ID_CHECK_CHARACTER",
    ),
    (|it| graduate_of(it).graduated_on.as_mut().unwrap().day = 31, "claim.graduate.graduated_on", "DATE_IMPOSSIBLE"),
    (
        |it| graduate_of(it).dispatch = Some(pb::DispatchPapers { host_uscc: "甲".into(), ..Default::default() }),
        "claim.graduate.dispatch.host_uscc",
        "USCC_ILLEGAL_CHARACTER",
    ),
];

async fn each_mistake_is_named(hufu: &Harness) {
    let county = hufu.office("371502");
    for (spoil, field, reason) in MISTAKES {
        let mut claim = good_claim(hufu);
        spoil(&mut claim);
        check(&county, &claim, &[(field, reason)]).await;
    }
    assert_eq!(all(&county).await.len(), 0, "something was recorded");
}

async fn all_mistakes_are_named_at_once(hufu: &Harness) {
    let county = hufu.office("371502");
    let mut claim = good_claim(hufu).requested_as("short");
    claim.submission.uscc = "91371500".into();
    claim.submission.account = "A1".into();
    claim.person().name = " ".into();
    claim.person().resident_id = "37150220000501".into();
    graduate_of(&mut claim).contract_until =
        Some(wire::day(date(2022, 12, 31))).map(|it| hufu::proto::common::v1::Date { month: 13, ..it });
    let expected = [
        ("request_id", "REQUEST_ID_MALFORMED"),
        ("claim.uscc", "USCC_WRONG_LENGTH"),
        ("claim.account", "BANK_ACCOUNT_ILLEGAL_CHARACTER"),
        ("claim.graduate.person.name", "PERSON_NAME_EMPTY"),
        ("claim.graduate.person.resident_id", "RESIDENT_ID_WRONG_LENGTH"),
        ("claim.graduate.contract_until", "DATE_IMPOSSIBLE"),
    ];
    check(&county, &claim, &expected).await;
}

async fn a_rosters_rows_are_named(hufu: &Harness) {
    let county = hufu.office("371502");
    let host = firm("用工单位").known_to(hufu);
    let worker = graduate("派小工").hired_by(&host).known_to(hufu);
    let mut claim = workforce_of(&host);
    for _ in 0..3 {
        claim = claim.with_worker(&worker, pb::DispatchSide::Host);
    }
    let Some(Subject::Workforce(workforce)) = &mut claim.submission.subject else { panic!("no workforce") };
    workforce.claimed_headcount = Some(-1);
    workforce.roster[0].side = 0;
    workforce.roster[2].person.as_mut().unwrap().resident_id = "1".into();
    let expected = [
        ("claim.workforce.claimed_headcount", "HEADCOUNT_NEGATIVE"),
        ("claim.workforce.roster[0].side", "ENUM_UNSPECIFIED"),
        ("claim.workforce.roster[2].person.resident_id", "RESIDENT_ID_WRONG_LENGTH"),
    ];
    check(&county, &claim, &expected).await;
}

async fn other_requests_are_read_as_strictly(hufu: &Harness) {
    let county = hufu.office("371502");
    let check = |refusal: Status, field: &str, reason: &str| {
        assert_eq!(faults(&refusal), [(field.to_owned(), reason.to_owned())]);
    };
    check(refusal(county.claim("17").await), "claim_id", "ID_MALFORMED");
    let page = pb::ListClaimsRequest { page_size: -1, ..Default::default() };
    check(refusal(county.claims().list_claims(page).await), "page_size", "PAGE_SIZE_NEGATIVE");
    let page = pb::ListClaimsRequest { page_token: "x".into(), ..Default::default() };
    check(refusal(county.claims().list_claims(page).await), "page_token", "TOKEN_MALFORMED");
    let wait = prost_types::Duration { seconds: 9, nanos: 0 };
    let wait = pb::SubmitClaimRequest { wait_for_verdict: Some(wait), ..good_claim(hufu).request() };
    check(refusal(county.claims().submit_claim(wait).await), "wait_for_verdict", "DURATION_OUT_OF_RANGE");
    check(refusal(county.pull("-1").await), "resume_token", "TOKEN_MALFORMED");
    let rule = suspects::ListSuspectsRequest { rule: "rich".into(), ..Default::default() };
    check(refusal(county.suspect_desk().list_suspects(rule).await), "rule", "RULE_UNKNOWN");
    let mut area = super::risk_area("371502");
    area.declaration.as_mut().unwrap().kind = 0;
    check(refusal(county.policy().declare_risk_area(area).await), "declaration.kind", "ENUM_UNSPECIFIED");

    let unknown = refusal(county.claim(&crate::support::fresh_request_id()).await);
    assert_eq!((unknown.code(), reason_of(&unknown).as_str()), (Code::NotFound, "NOT_FOUND"));
}

async fn a_claim_is_withdrawn_once(hufu: &Harness) {
    let county = hufu.office("371502");
    let claim = good_claim(hufu).submit(&county).await;
    county.withdraw(&claim.claim_id).await.unwrap();
    let again = refusal(county.withdraw(&claim.claim_id).await);
    assert_eq!((again.code(), reason_of(&again).as_str()), (Code::FailedPrecondition, "CLAIM_ALREADY_WITHDRAWN"));
    let request = pb::WithdrawClaimRequest {
        request_id: "withdraw-1".into(),
        claim_id: claim.claim_id,
        reason: "请联系 13800000000".into(),
    };
    let personal = refusal(county.claims().withdraw_claim(request).await);
    assert_eq!(faults(&personal), [("reason".to_owned(), "TEXT_PERSONAL_NUMBER".to_owned())]);
}

async fn a_message_that_is_too_large_is_refused(hufu: &Harness) {
    let county = hufu.office("371502");
    let mut large = good_claim(hufu);
    large.submission.enterprise_name = "大".repeat(100_000);
    let refused = refusal(large.receipt(&county).await);
    assert_eq!(refused.code(), Code::OutOfRange, "{refused:?}");
    // The connection goes on.
    assert!(good_claim(hufu).receipt(&county).await.is_ok());
}

/// Who gives a call less time gets an answer in that time; who gives none has to be bounded by the node.
async fn a_call_ends_with_its_deadline(hufu: &Harness) {
    let county = hufu.office("371502");
    hufu.registries.disturb(Owner::Credential, Fault::Slow(Duration::from_secs(60)));
    let mut request = Request::new(pb::CheckClaimRequest { claim: Some(good_claim(hufu).submission) });
    request.set_timeout(Duration::from_millis(300));
    let begun = Instant::now();
    let late = refusal(county.claims().check_claim(request).await);
    assert!(matches!(late.code(), Code::DeadlineExceeded | Code::Cancelled), "{late:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_deadline_is_given_one() {
    let patient = |settings: &mut hufu::config::Settings| {
        let upstream = settings.upstream.get_mut(&Owner::Credential).unwrap();
        (upstream.total_deadline_ms, upstream.attempt_timeout_ms) = (Some(30_000), Some(30_000));
    };
    Harness::tell_with(Database::Sqlite, patient, async |hufu| {
        let county = hufu.office("371502");
        hufu.registries.disturb(Owner::Credential, Fault::Slow(Duration::from_secs(60)));
        let begun = Instant::now();
        let late = refusal(good_claim(hufu).check(&county).await);
        assert_eq!((late.code(), reason_of(&late).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
        assert!(begun.elapsed() < Duration::from_secs(20), "took {:?}", begun.elapsed());
        hufu.registries.mend(Owner::Credential);
    })
    .await;
}

on_both_databases![
    each_mistake_is_named,
    all_mistakes_are_named_at_once,
    a_rosters_rows_are_named,
    other_requests_are_read_as_strictly,
    a_claim_is_withdrawn_once,
    a_message_that_is_too_large_is_refused,
    a_call_ends_with_its_deadline,
];
