//! One question about many: every key gets exactly one answer, whatever the upstream does with the batch.

use hufu::domain::claim::Person;
use hufu::domain::eligibility::evidence::{Answer, CredentialRecord, MissingCause};
use hufu::domain::identity::ResidentId;
use hufu::proto::common::v1 as common;
use hufu::proto::credential::v1 as pb;
use pb::diplomas_result::Outcome;
use std::collections::BTreeMap;
use tonic::Status;

use super::fake::Fake;
use super::{calm, cause, counts, inquiry, now, person, persons, provenance};

type Answers = BTreeMap<ResidentId, Answer<CredentialRecord>>;

/// A truthful result: known, and without diplomas.
pub(super) fn result(resident_id: &str) -> pb::DiplomasResult {
    let record = pb::CredentialRecord {
        resident_id: resident_id.to_owned(),
        name: Some("王小明".to_owned()),
        diplomas: Vec::new(),
        provenance: provenance(),
    };
    pb::DiplomasResult { resident_id: resident_id.to_owned(), outcome: Some(Outcome::Record(record)) }
}

/// Truthful results for all that was asked.
pub(super) fn results(request: &pb::BatchGetDiplomasRequest) -> Vec<pb::DiplomasResult> {
    request.persons.iter().map(|it| result(&it.resident_id)).collect()
}

/// Asks about some persons an upstream that changes its truthful results in some way.
async fn ask(asked: &[Person], change: fn(&mut Vec<pb::DiplomasResult>)) -> (Answers, usize) {
    let (fake, registries) = Fake::with(&calm()).await;
    fake.diplomas.answers(move |request, _| {
        let mut results = results(&request);
        change(&mut results);
        Ok(pb::BatchGetDiplomasResponse { results })
    });
    let answers = registries.credentials(asked, &inquiry(), now()).await;
    (answers, fake.diplomas.calls())
}

/// Asks about two persons and compares why each answer is missing, if it is.
async fn check(change: fn(&mut Vec<pb::DiplomasResult>), expected: [Option<MissingCause>; 2]) {
    let (answers, _) = ask(&persons(2), change).await;
    let found: Vec<_> = persons(2).iter().map(|it| cause(&answers[&it.resident_id])).collect();
    assert_eq!(found, expected);
}

fn item_error(result: &mut pb::DiplomasResult, code: i32) {
    result.outcome = Some(Outcome::Error(common::ItemError { code, message: String::new() }));
}

fn record(result: &mut pb::DiplomasResult) -> &mut pb::CredentialRecord {
    match &mut result.outcome {
        Some(Outcome::Record(record)) => record,
        Some(Outcome::Error(_)) | None => panic!("result has no record"),
    }
}

/// Every way in which a batch can be answered badly, and what is left of it.
#[tokio::test]
async fn what_is_not_an_answer_to_what_was_asked_is_missing() {
    use MissingCause::*;
    check(|_| {}, [None, None]).await;
    check(|it| it.reverse(), [None, None]).await;
    check(|it| it.truncate(1), [None, Some(NotAnswered)]).await;
    check(Vec::clear, [Some(NotAnswered), Some(NotAnswered)]).await;
    // Answers for somebody else, under our key, and for persons swapped with each other.
    check(
        |it| record(&mut it[0]).resident_id = person(7).resident_id.as_str().to_owned(),
        [Some(AnsweredForAnother), None],
    )
    .await;
    check(
        |it| {
            let [one, other] = [it[0].resident_id.clone(), it[1].resident_id.clone()];
            record(&mut it[0]).resident_id = other;
            record(&mut it[1]).resident_id = one;
        },
        [Some(AnsweredForAnother), Some(AnsweredForAnother)],
    )
    .await;
    check(|it| record(&mut it[0]).resident_id.clear(), [Some(AnsweredForAnother), None]).await;
    // Only the very text that was asked names a key.
    check(|it| it[0].resident_id.push(' '), [Some(NotAnswered), None]).await;
    // What nobody asked is of no consequence.
    check(|it| it.push(result(person(7).resident_id.as_str())), [None, None]).await;
    check(|it| it.push(result("")), [None, None]).await;
    // The same twice is one; two different answers are none, also when a third agrees with the first.
    check(|it| it.push(it[0].clone()), [None, None]).await;
    check(
        |it| {
            let mut other = it[0].clone();
            record(&mut other).name = Some("李四".to_owned());
            let first = it[0].clone();
            it.extend([other, first]);
        },
        [Some(Unrecognized), None],
    )
    .await;
    check(|it| it[0].outcome = None, [Some(Unrecognized), None]).await;
}

#[tokio::test]
async fn an_item_error_is_unavailable_only_when_it_says_so() {
    use MissingCause::*;
    check(|it| item_error(&mut it[0], common::ItemErrorCode::Unavailable.into()), [Some(Unavailable), None]).await;
    check(|it| item_error(&mut it[0], common::ItemErrorCode::Invalid.into()), [Some(NotAnswered), None]).await;
    check(|it| item_error(&mut it[0], common::ItemErrorCode::Denied.into()), [Some(NotAnswered), None]).await;
    check(|it| item_error(&mut it[0], 0), [Some(Unrecognized), None]).await;
    check(|it| item_error(&mut it[0], 99), [Some(Unrecognized), None]).await;
}

/// 1,000 are two calls; the upstream stops after 613 results, 500 of the first call and 113 of the second.
#[tokio::test]
async fn a_half_answered_batch_is_half_known() {
    let (answers, calls) = ask(&persons(1_000), |results| {
        let last_of_first_call = person(499).resident_id;
        if results.iter().all(|it| it.resident_id.as_str() > last_of_first_call.as_str()) {
            results.truncate(113);
        }
    })
    .await;
    assert_eq!(calls, 2);
    assert_eq!(counts(&answers), BTreeMap::from([(None, 613), (Some(MissingCause::NotAnswered), 387)]));
}

#[tokio::test]
async fn a_question_is_parted_by_the_contract_and_asks_each_key_once() {
    let (fake, registries) = Fake::with(&calm()).await;
    fake.diplomas.answers(|request, _| Ok(pb::BatchGetDiplomasResponse { results: results(&request) }));
    let asked: Vec<Person> = persons(1_201).into_iter().chain(persons(600)).collect();
    let inquiry = inquiry();
    let answers = registries.credentials(&asked, &inquiry, now()).await;
    assert_eq!(counts(&answers), BTreeMap::from([(None, 1_201)]));
    let mut sizes = fake.diplomas.seen(|_, request| request.persons.len());
    sizes.sort_unstable();
    assert_eq!(sizes, [201, 500, 500]);
    let contexts = fake.diplomas.seen(|_, request| request.context.clone().unwrap());
    let ids: std::collections::BTreeSet<_> = contexts.iter().map(|it| it.inquiry_id.clone()).collect();
    assert_eq!(ids.len(), 3, "each call is a question of its own");
    for context in contexts {
        assert!(context.inquiry_id.starts_with(&inquiry.id.to_string()));
        assert_eq!(context.asking_system, "hufu-test");
        assert!(context.purpose() == common::Purpose::AssessClaim);
        assert_eq!(context.legal_basis, inquiry.legal_basis);
    }
    let none = registries.credentials(&[], &inquiry, now()).await;
    assert!(none.is_empty() && fake.diplomas.calls() == 3, "nothing to ask, nobody asked");
}

#[tokio::test]
async fn a_failed_call_leaves_only_its_own_keys_unanswered() {
    let (fake, registries) = Fake::with(&calm()).await;
    let first = persons(1)[0].resident_id.as_str().to_owned();
    fake.diplomas.answers(move |request, _| {
        if request.persons.iter().any(|it| it.resident_id == first) {
            return Err(Status::internal("broken"));
        }
        Ok(pb::BatchGetDiplomasResponse { results: results(&request) })
    });
    let answers = registries.credentials(&persons(1_100), &inquiry(), now()).await;
    assert_eq!(counts(&answers), BTreeMap::from([(None, 600), (Some(MissingCause::Unavailable), 500)]));
}

#[tokio::test]
async fn an_answer_larger_than_the_bound_is_no_answer() {
    let (answers, calls) = ask(&persons(1), |results| {
        record(&mut results[0]).provenance.as_mut().unwrap().reference = "x".repeat(5 * 1024 * 1024);
    })
    .await;
    assert_eq!((counts(&answers), calls), (BTreeMap::from([(Some(MissingCause::Unavailable), 1)]), 1));
}
