//! Streams and pages: everything is told once, in order, and one can always go on from where one was.

use std::collections::{BTreeMap, BTreeSet};

use hufu::proto::claims::v1 as pb;
use hufu::proto::common::v1::Refusal;
use pb::submit_claims_response::Outcome;

use crate::support::claims::{NewClaim, all, pages, state, verdict};
use crate::support::people::{Firm, Graduate, firm, graduate, numbered};
use crate::support::{Caller, Harness, eventually, on_both_databases};

fn class_of(size: usize, employer: &Firm, hufu: &Harness) -> Vec<Graduate> {
    (0..size).map(|index| graduate(&numbered("学生", index)).hired_by(employer).known_to(hufu)).collect()
}

/// Submits over one stream; the answers by request id.
async fn submit_all(caller: &Caller, claims: &[NewClaim]) -> BTreeMap<String, Result<pb::Claim, Refusal>> {
    let items: Vec<_> = claims
        .iter()
        .map(|it| pb::SubmitClaimsRequest { request_id: it.request_id.clone(), claim: Some(it.submission.clone()) })
        .collect();
    let mut stream = caller.claims().submit_claims(tokio_stream::iter(items)).await.unwrap().into_inner();
    let mut answers = BTreeMap::new();
    while let Some(answer) = stream.message().await.unwrap() {
        let outcome = match answer.outcome.unwrap() {
            Outcome::Claim(claim) => Ok(claim),
            Outcome::Refusal(refusal) => Err(refusal),
        };
        let twice = answers.insert(answer.request_id, outcome);
        assert!(twice.is_none(), "a request was answered twice");
    }
    answers
}

async fn a_stream_answers_every_claim_and_survives_bad_ones(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("甲公司").known_to(hufu);
    let mut claims: Vec<_> = class_of(120, &firm, hufu).iter().map(Graduate::claim).collect();
    let bad = [10, 50, 119];
    for index in bad {
        claims[index].person().name.clear();
        claims[index].submission.sheet_id = "not a sheet".to_owned();
    }
    let answers = submit_all(&county, &claims).await;
    assert_eq!(answers.len(), claims.len());
    for (index, claim) in claims.iter().enumerate() {
        match &answers[&claim.request_id] {
            Ok(receipt) => {
                assert!(!bad.contains(&index));
                assert_eq!(receipt.uscc, firm.uscc.as_str());
            }
            Err(refusal) => {
                assert!(bad.contains(&index), "{}", refusal.reason);
                assert_eq!(refusal.reason, "FIELDS_INVALID");
                let faults: Vec<_> =
                    refusal.violations.iter().map(|it| (it.field.as_str(), it.reason.as_str())).collect();
                let expected =
                    [("claim.sheet_id", "SHEET_ID_MALFORMED"), ("claim.graduate.person.name", "PERSON_NAME_EMPTY")];
                assert_eq!(faults, expected);
                assert!(refusal.violations.iter().all(|it| !it.message_zh.is_empty() && !it.message_en.is_empty()));
            }
        }
    }
    // Sent again as a whole, as after a broken connection, it gives the same claims.
    let again = submit_all(&county, &claims).await;
    let ids = |answers: &BTreeMap<String, Result<pb::Claim, Refusal>>| {
        answers.values().filter_map(|it| it.as_ref().ok()).map(|it| it.claim_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&again), ids(&answers));
    assert_eq!(all(&county).await.len(), claims.len() - bad.len());
    assert_eq!(county.suspects().await.len(), 0);
}

async fn pages_have_no_gap_and_no_repeat(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("甲公司").known_to(hufu);
    let claims: Vec<_> = class_of(53, &firm, hufu).iter().map(Graduate::claim).collect();
    let answers = submit_all(&county, &claims).await;
    let submitted: BTreeSet<_> = answers.into_values().map(|it| it.ok().unwrap().claim_id).collect();

    let pages = pages(&county, 10).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 10, 10, 10, 3]);
    let listed: Vec<_> = pages.concat().into_iter().map(|claim| claim.claim_id).collect();
    assert!(listed.is_sorted_by(|newer, older| newer > older), "newest first, each once");
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), submitted);

    // What comes in between two pages is newer than both and shifts nothing.
    let first = pb::ListClaimsRequest { page_size: 20, ..Default::default() };
    let page = county.claims().list_claims(first.clone()).await.unwrap().into_inner();
    graduate("后来者").hired_by(&firm).known_to(hufu).claim().submit(&county).await;
    let next = pb::ListClaimsRequest { page_token: page.next_page_token, ..first };
    let next = county.claims().list_claims(next).await.unwrap().into_inner();
    assert_eq!(
        next.claims.iter().map(|it| &it.claim_id).collect::<Vec<_>>(),
        listed[20..40].iter().collect::<Vec<_>>()
    );
    check_filters(&county, &firm, submitted.len() + 1).await;
}

async fn check_filters(county: &Caller, firm: &Firm, total: usize) {
    eventually("all are assessed", async || {
        let request = pb::ListClaimsRequest {
            state: pb::ClaimState::Assessed.into(),
            uscc: firm.uscc.as_str().to_lowercase(),
            page_size: 500,
            ..Default::default()
        };
        let found = county.claims().list_claims(request).await.unwrap().into_inner();
        (found.claims.len() == total).then_some(())
    })
    .await;
    let nobody = crate::support::people::firm("无人").uscc;
    let request = pb::ListClaimsRequest { uscc: nobody.as_str().to_owned(), ..Default::default() };
    assert_eq!(county.claims().list_claims(request).await.unwrap().into_inner().claims.len(), 0);
}

/// Watches from a token on until so many changes were told; the claims as they stood then, and the last token.
async fn watch(caller: &Caller, resume_token: &str, changes: usize) -> (Vec<pb::Claim>, String) {
    let request = pb::WatchClaimsRequest { resume_token: resume_token.to_owned(), region: String::new() };
    let mut stream = caller.claims().watch_claims(request).await.unwrap().into_inner();
    let mut seen = Vec::new();
    let mut token = resume_token.to_owned();
    while seen.len() < changes {
        let message = stream.message().await.unwrap().expect("a watch goes on until its caller ends it");
        let sequence = |token: &str| token.parse::<i64>().unwrap();
        assert!(sequence(&message.resume_token) > sequence(&token), "tokens go forward");
        token = message.resume_token;
        seen.extend(message.claim);
    }
    (seen, token)
}

/// Each of the claims was told of twice: when it was received and when it was assessed.
fn check_told(seen: &[pb::Claim], submitted: &BTreeSet<String>) {
    let told = |id: &String| seen.iter().filter(|claim| claim.claim_id == *id).collect::<Vec<_>>();
    for id in submitted {
        let told = told(id);
        assert_eq!(told.len(), 2, "{id}");
        assert_eq!(state(told[1]), "assessed");
    }
    assert_eq!(seen.len(), 2 * submitted.len(), "told of others");
}

async fn a_watcher_goes_on_where_it_was(hufu: &Harness) {
    let (county, province) = (hufu.office("371502"), hufu.office("370000"));
    let firm = firm("甲公司").known_to(hufu);
    let class = class_of(12, &firm, hufu);
    let mut token = "0".to_owned();
    let mut last = String::new();
    for some in class.chunks(4) {
        let mut submitted = BTreeSet::new();
        for graduate in some {
            last = graduate.claim().submit(&county).await.claim_id;
            submitted.insert(last.clone());
        }
        let (seen, next) = watch(&province, &token, 2 * some.len()).await;
        check_told(&seen, &submitted);
        token = next;
    }
    county.withdraw(&last).await.unwrap();
    let (seen, _) = watch(&province, &token, 1).await;
    assert_eq!((&seen[0].claim_id, state(&seen[0])), (&last, "withdrawn"));
    // From the beginning, everything once more.
    let (seen, _) = watch(&province, "0", 2 * class.len() + 1).await;
    assert_eq!(state(seen.last().unwrap()), "withdrawn");
}

async fn a_watcher_without_a_token_hears_what_is_new(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("甲公司").known_to(hufu);
    let class = class_of(2, &firm, hufu);
    class[0].claim().submit(&county).await;
    let request = pb::WatchClaimsRequest::default();
    let mut stream = county.claims().watch_claims(request).await.unwrap().into_inner();
    let hello = stream.message().await.unwrap().unwrap();
    assert!(hello.claim.is_none() && !hello.resume_token.is_empty(), "a token to go on from, at once");
    let submitted = class[1].claim().submit(&county).await;
    let mut heard = None;
    while heard.as_ref().is_none_or(|it: &pb::Claim| it.state() == pb::ClaimState::Assessing) {
        heard = stream.message().await.unwrap().unwrap().claim.or(heard);
        assert!(heard.as_ref().is_none_or(|it| it.claim_id == submitted.claim_id), "told of the old one");
    }
    assert_eq!(verdict(&heard.unwrap()), verdict(&submitted));
}

/// Pulls again and again while doubles come in: each suspect is given once, in order.
async fn a_puller_gets_each_suspect_once(hufu: &Harness) {
    const DOUBLES: usize = 40;
    let county = hufu.office("371502");
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let class = class_of(DOUBLES, &a, hufu);
    let firsts: Vec<_> = class.iter().map(Graduate::claim).collect();
    let seconds: Vec<_> = class.iter().map(|it| it.claim().by(&b)).collect();
    submit_all(&county, &firsts).await;

    let submitting = tokio::spawn({
        let county = county.clone();
        async move {
            for some in seconds.chunks(3) {
                submit_all(&county, some).await;
            }
        }
    });
    let (mut pulled, mut token) = (Vec::new(), String::new());
    while pulled.len() < DOUBLES {
        let (new, next) = county.pull(&token).await.unwrap();
        pulled.extend(new.into_iter().map(|it| it.suspect_id));
        token = next;
    }
    submitting.await.unwrap();
    let (rest, _) = county.pull(&token).await.unwrap();
    assert_eq!((pulled.len(), rest.len()), (DOUBLES, 0));
    let mut listed: Vec<_> = county.suspects().await.into_iter().map(|it| it.suspect_id).collect();
    listed.reverse();
    assert_eq!(pulled, listed, "oldest first, nothing twice, nothing missing");
}

on_both_databases![
    a_stream_answers_every_claim_and_survives_bad_ones,
    pages_have_no_gap_and_no_repeat,
    a_watcher_goes_on_where_it_was,
    a_watcher_without_a_token_hears_what_is_new,
    a_puller_gets_each_suspect_once,
];
