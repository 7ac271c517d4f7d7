//! 疑点数据: the ministry's list comes down, every record is matched or answered with why not, and what was found goes back up (六(三)).

use hufu::domain::caller::Role;
use hufu::proto::suspects::v1 as pb;
use prost::Message;
use tonic::Status;
use tonic_types::StatusExt;

use super::privacy::Secrets;
use super::{refusal, refused};
use crate::support::people::{Graduate, firm, graduate};
use crate::support::{Caller, Harness, eventually, fresh_request_id, on_both_databases};

const CITY: &str = "371500";

/// A record about a person.
pub(super) fn about(number: &str, kind: pb::SuspectRecordKind, who: &Graduate) -> pb::SuspectRecord {
    pb::SuspectRecord {
        record_number: number.to_owned(),
        kind: kind.into(),
        resident_id: who.resident_id.as_str().to_owned(),
        name: who.name.clone(),
        ..Default::default()
    }
}

fn request(region: &str, records: Vec<pb::SuspectRecord>) -> pb::ImportSuspectRecordsRequest {
    pb::ImportSuspectRecordsRequest { request_id: fresh_request_id(), region: region.to_owned(), records }
}

async fn import(
    caller: &Caller,
    request: pb::ImportSuspectRecordsRequest,
) -> Result<pb::ImportSuspectRecordsResponse, Status> {
    Ok(caller.suspect_desk().import_suspect_records(request).await?.into_inner())
}

async fn findings(caller: &Caller) -> pb::ListSuspectRecordsResponse {
    let request = pb::ListSuspectRecordsRequest::default();
    caller.suspect_desk().list_suspect_records(request).await.unwrap().into_inner()
}

/// What each record came to, in words: `1 suspect`, or the reason and the field.
fn in_words(answer: &pb::ImportSuspectRecordsResponse) -> Vec<String> {
    let words = |it: &pb::SuspectRecordOutcome| {
        assert_eq!(it.unmatched.is_empty(), !it.suspect_ids.is_empty(), "matched, or why not");
        assert_eq!(it.message_zh.is_empty(), it.message_en.is_empty());
        assert!(it.unmatched.is_empty() || !it.message_zh.is_empty(), "a reason is told in words");
        let found = match it.suspect_ids.len() {
            0 => format!("{} {}", it.unmatched, it.field),
            count => format!("{count} suspect"),
        };
        format!("{}: {}", it.record_number, found.trim_end())
    };
    answer.outcomes.iter().map(words).collect()
}

async fn every_record_is_matched_or_told_why_not(hufu: &Harness) {
    let city = hufu.office(CITY);
    let (a, away) = (firm("甲公司").known_to(hufu), firm("濮阳软件").in_region("410902").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    let li = graduate("李小红").hired_by(&away).known_to(hufu);
    let secrets = Secrets::of(&wang, a.corporate_account.as_ref().unwrap());
    let claim = wang.claim().submit(&city).await;
    li.claim().submit(&hufu.office("410902")).await;

    use pb::SuspectRecordKind::{CrossProvince, DoubleClaim, FalseIdentity, Unspecified};
    let bad_number = pb::SuspectRecord { resident_id: "371502".to_owned(), ..about("YD-4", FalseIdentity, &wang) };
    let other_name = pb::SuspectRecord { name: "李小红".to_owned(), ..about("YD-5", DoubleClaim, &wang) };
    let records = vec![
        about("YD-1", CrossProvince, &wang),
        about("YD-2", FalseIdentity, &li),
        about("YD-3", Unspecified, &wang),
        bad_number,
        other_name,
        about("YD-6", DoubleClaim, &wang),
    ];
    let sent = request(CITY, records);
    let answer = import(&city, sent.clone()).await.unwrap();
    let expected = [
        "YD-1: 1 suspect",
        "YD-2: PERSON_UNKNOWN",
        "YD-3: RECORD_INVALID kind",
        "YD-4: RECORD_INVALID resident_id",
        "YD-5: NAME_DISAGREES",
        "YD-6: 1 suspect",
    ];
    assert_eq!(in_words(&answer), expected);
    secrets.check("ImportSuspectRecords", &answer.encode_to_vec());
    let suspects = city.suspects().await;
    let rules: Vec<_> = suspects.iter().map(|it| it.rule.as_str()).collect();
    assert_eq!(rules, ["person_already_awarded", "person_two_provinces"]);
    assert!(suspects.iter().all(|it| it.second.as_ref().unwrap().claim_id == claim.claim_id));

    // Again, under this request and under another: the same answers, and nothing new.
    assert!(import(&city, sent.clone()).await.unwrap() == answer, "the answer changed");
    let anew = pb::ImportSuspectRecordsRequest { request_id: fresh_request_id(), ..sent.clone() };
    assert!(import(&city, anew).await.unwrap() == answer, "the answer changed");
    assert_eq!(city.suspects().await.len(), 2);
    let mut changed = sent.clone();
    changed.records[0].words = "补充说明".to_owned();
    assert_eq!(refused(import(&city, changed.clone()).await), "AlreadyExists REQUEST_ID_REUSED");
    changed.request_id = fresh_request_id();
    assert_eq!(in_words(&import(&city, changed).await.unwrap())[0], "YD-1: ALREADY_SENT");
    // What could not be read may be put right under its number.
    let right = request(CITY, vec![about("YD-3", FalseIdentity, &wang)]);
    assert_eq!(in_words(&import(&city, right).await.unwrap()), ["YD-3: 1 suspect"]);

    let listed = findings(&city).await;
    secrets.check("ListSuspectRecords", &listed.encode_to_vec());
    let numbers: Vec<_> = listed.findings.iter().map(|it| (it.record_number.as_str(), it.unmatched.as_str())).collect();
    let expected = [("YD-1", ""), ("YD-2", "PERSON_UNKNOWN"), ("YD-5", "NAME_DISAGREES"), ("YD-6", ""), ("YD-3", "")];
    assert_eq!(numbers, expected, "in the order in which they came, without those that could not be read");
}

async fn what_was_found_goes_back_up(hufu: &Harness) {
    let city = hufu.office(CITY);
    let a = firm("甲公司").known_to(hufu);
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    let secrets = Secrets::of(&wang, a.corporate_account.as_ref().unwrap());
    wang.claim().submit(&city).await;
    let kind = pb::SuspectRecordKind::FalseIdentity;
    import(&city, request(CITY, vec![about("YD-1", kind, &wang)])).await.unwrap();
    let suspect = city.only_suspect().await;
    let state = async |caller: &Caller| findings(caller).await.findings[0].suspects[0].state();
    assert!(state(&city).await == pb::SuspectState::Open);
    city.judge(&suspect.suspect_id, "wang.li", pb::SuspectDecision::Dismiss).await.unwrap();
    assert!(state(&city).await == pb::SuspectState::Dismissed);
    let found = findings(&city).await;
    secrets.check("ListSuspectRecords", &found.encode_to_vec());
    let desk = &found.findings[0].suspects[0].desks[0];
    assert!(desk.dismissal() == pb::DismissalReason::RegistryError && !desk.words.is_empty());
    assert_eq!((found.findings[0].paid_fen, found.findings[0].recovered_fen), (0, 0));

    // The ministry writes again: the suspect is named as judged, and stays so until a person says otherwise.
    let again = import(&city, request(CITY, vec![about("YD-2", kind, &wang)])).await.unwrap().outcomes.remove(0);
    assert_eq!(again.suspect_ids, [suspect.suspect_id.as_str()]);
    assert_eq!(again.judged_suspect_ids, again.suspect_ids);
    assert!(!again.message_zh.is_empty() && again.unmatched.is_empty());
    assert!(state(&city).await == pb::SuspectState::Dismissed);
    assert_eq!(city.suspects().await.len(), 1);
}

/// The claim that a record is about comes a week later: the node finds it by itself, and the answer says so.
async fn a_record_finds_the_claim_that_comes_later(hufu: &Harness) {
    let city = hufu.office(CITY);
    let a = firm("甲公司").known_to(hufu);
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    let secrets = Secrets::of(&wang, a.corporate_account.as_ref().unwrap());
    let sent = request(CITY, vec![about("YD-1", pb::SuspectRecordKind::FalseIdentity, &wang)]);
    assert_eq!(in_words(&import(&city, sent.clone()).await.unwrap()), ["YD-1: PERSON_UNKNOWN"]);
    let claim = wang.claim().submit(&city).await;
    let suspect = eventually("the record is matched", async || city.suspects().await.pop()).await;
    assert_eq!(suspect.rule, "person_identity_disagrees");
    assert_eq!(suspect.second.unwrap().claim_id, claim.claim_id);
    let found = findings(&city).await;
    secrets.check("ListSuspectRecords", &found.encode_to_vec());
    let finding = &found.findings[0];
    assert!(finding.unmatched.is_empty() && finding.matched_at.is_some() && finding.suspects.len() == 1);
    let again = import(&city, sent).await.unwrap();
    assert_eq!(in_words(&again), ["YD-1: 1 suspect"]);
    assert!(again.outcomes[0].matched_at.is_some() && again.outcomes[0].message_zh.contains("与后来的申领相符"));
    let actions = city.audit_entries().await.into_iter().map(|it| it.action);
    assert_eq!(actions.filter(|it| it == "record-matched").count(), 1);
}

async fn a_place_takes_and_sees_its_own(hufu: &Harness) {
    let city = hufu.office(CITY);
    let wang = graduate("王小明").hired_by(&firm("甲公司").known_to(hufu)).known_to(hufu);
    wang.claim().submit(&city).await;
    let record = || vec![about("YD-1", pb::SuspectRecordKind::DoubleClaim, &wang)];
    assert_eq!(
        refused(import(&hufu.caller(CITY, &[Role::SuspectsRead]), request(CITY, record())).await),
        "PermissionDenied ROLE_MISSING"
    );
    for elsewhere in ["371502", "410000", "370100"] {
        let answer = import(&hufu.office(elsewhere), request(CITY, record())).await;
        assert_eq!(refused(answer), "PermissionDenied REGION_OUTSIDE_CALLER", "{elsewhere}");
    }
    // Another province holds the same against the same person, and learns nothing of the claim here.
    let henan = hufu.office("410000");
    assert_eq!(in_words(&import(&henan, request("410000", record())).await.unwrap()), ["YD-1: PERSON_UNKNOWN"]);
    import(&city, request(CITY, record())).await.unwrap();
    let seen = async |region: &str| findings(&hufu.office(region)).await.findings.len();
    for (region, count) in [("371500", 1), ("370000", 1), ("410000", 1), ("000000", 2), ("371502", 0), ("440000", 0)] {
        assert_eq!(seen(region).await, count, "{region}");
    }
    let page = pb::ListSuspectRecordsRequest { page_size: 1, ..Default::default() };
    let ministry = hufu.office("000000");
    let first = ministry.suspect_desk().list_suspect_records(page.clone()).await.unwrap().into_inner();
    assert_eq!((first.findings.len(), first.next_page_token.is_empty()), (1, false));
    let page = pb::ListSuspectRecordsRequest { page_token: first.next_page_token, ..page };
    let second = ministry.suspect_desk().list_suspect_records(page).await.unwrap().into_inner();
    assert_eq!((second.findings.len(), second.next_page_token.as_str()), (1, ""));
}

async fn a_list_has_its_bounds(hufu: &Harness) {
    let city = hufu.office(CITY);
    let wang = graduate("王小明").hired_by(&firm("甲公司").known_to(hufu)).known_to(hufu);
    let records = |count: usize| {
        let about = |number| about(&format!("YD-{number}"), pb::SuspectRecordKind::DoubleClaim, &wang);
        (0..count).map(about).collect::<Vec<_>>()
    };
    let fault = async |request| {
        let refusal = refusal(import(&city, request).await);
        let details = refusal.get_error_details();
        let field = details.bad_request().unwrap().field_violations[0].clone();
        format!("{} {}", field.field, field.reason)
    };
    assert_eq!(fault(request(CITY, records(1_001))).await, "records RECORDS_TOO_MANY");
    assert_eq!(fault(request(CITY, Vec::new())).await, "records FIELD_MISSING");
    assert_eq!(fault(request("", records(1))).await, "region FIELD_MISSING");
    let no_id = pb::ImportSuspectRecordsRequest { request_id: String::new(), ..request(CITY, records(1)) };
    assert_eq!(fault(no_id).await, "request_id REQUEST_ID_MALFORMED");
    let answer = import(&city, request(CITY, records(1_000))).await.unwrap();
    assert!(answer.outcomes.len() == 1_000 && answer.outcomes.iter().all(|it| it.unmatched == "PERSON_UNKNOWN"));
}

on_both_databases![
    every_record_is_matched_or_told_why_not,
    what_was_found_goes_back_up,
    a_record_finds_the_claim_that_comes_later,
    a_place_takes_and_sees_its_own,
    a_list_has_its_bounds,
];
