//! Identity numbers, names, phones and accounts go in and never come out whole, in no answer and in no refusal (I11).

use hufu::proto::claims::v1 as pb;
use hufu::proto::suspects::v1 as suspects;
use prost::Message;
use tonic::Status;

use super::{refusal, suspect};
use crate::support::claims::NewClaim;
use crate::support::people::{Graduate, firm, graduate};
use crate::support::{Caller, Harness, on_both_databases};

const PHONE: &str = "13800000000";

/// What must not be seen.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn of(graduate: &Graduate, account: &str) -> Self {
        let number = graduate.resident_id.as_str();
        let birth_and_sequence = number.chars().skip(6).take(11).collect();
        Self(vec![number.to_owned(), birth_and_sequence, graduate.name.clone(), PHONE.to_owned(), account.to_owned()])
    }

    #[track_caller]
    pub(super) fn check(&self, what: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        assert!(!bytes.is_empty(), "{what}: nothing to look through");
        for secret in &self.0 {
            assert!(!text.contains(secret.as_str()), "{what} tells {secret}");
        }
    }

    #[track_caller]
    fn check_refusal(&self, what: &str, refusal: &Status) {
        self.check(what, refusal.message().as_bytes());
        self.check(what, refusal.details());
    }
}

async fn answers_are_masked(hufu: &Harness) {
    let county = hufu.office("371502");
    let account = "62170000000000019";
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    let secrets = Secrets::of(&wang, account);
    let claim = wang.claim().paid_to(account);

    let checked = claim.check(&county).await.unwrap();
    secrets.check("CheckClaim", &checked.encode_to_vec());
    let first = claim.submit(&county).await;
    secrets.check("SubmitClaim", &first.encode_to_vec());
    assert_eq!(first.person_name_masked, "王**");
    assert!(first.resident_id_masked.starts_with("371502********"), "{}", first.resident_id_masked);
    wang.claim().by(&b).submit(&county).await;
    let got = county.claim(&first.claim_id).await.unwrap();
    secrets.check("GetClaim", &got.encode_to_vec());
    let listed = county.claims().list_claims(pb::ListClaimsRequest::default()).await.unwrap();
    secrets.check("ListClaims", &listed.into_inner().encode_to_vec());
    let from_the_start = pb::WatchClaimsRequest { resume_token: "0".to_owned(), region: String::new() };
    let mut watched = county.claims().watch_claims(from_the_start).await.unwrap().into_inner();
    secrets.check("WatchClaims", &watched.message().await.unwrap().unwrap().encode_to_vec());

    check_suspects(&county, &secrets).await;
    let withdrawn = county.withdraw(&first.claim_id).await.unwrap();
    secrets.check("WithdrawClaim", &withdrawn.encode_to_vec());
}

async fn check_suspects(county: &Caller, secrets: &Secrets) {
    let listed = county.suspect_desk().list_suspects(suspects::ListSuspectsRequest::default()).await.unwrap();
    let listed = listed.into_inner();
    // The account, and the second enterprise.
    assert_eq!(listed.suspects.len(), 2);
    secrets.check("ListSuspects", &listed.encode_to_vec());
    let one = suspect(county, &listed.suspects[0].suspect_id).await.unwrap();
    secrets.check("GetSuspect", &one.encode_to_vec());
    for pulled in county.pull("").await.unwrap().0 {
        secrets.check("PullSuspects", &pulled.encode_to_vec());
    }
}

async fn refusals_quote_nothing(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("甲公司").known_to(hufu);
    let wang = graduate("王小明").hired_by(&firm).known_to(hufu);
    let account = "62170000000000019";
    let secrets = Secrets::of(&wang, account);
    // Each secret where it does not belong.
    let misplacements: [fn(&mut NewClaim, &str); 8] = [
        |claim, secret| claim.submission.sheet_id = format!("{secret}?"),
        |claim, secret| claim.submission.uscc = format!("{secret}?"),
        |claim, secret| claim.submission.region = secret.to_owned(),
        |claim, secret| claim.submission.account = format!("{secret}x"),
        |claim, secret| claim.request_id = format!("{secret} {secret}"),
        |claim, secret| claim.person().phone = format!("{secret}1"),
        |claim, secret| claim.person().resident_id = format!("{secret}1"),
        |claim, secret| claim.person().name = format!("{secret}1"),
    ];
    for misplace in misplacements {
        for secret in &secrets.0 {
            let mut claim = wang.claim();
            misplace(&mut claim, secret);
            secrets.check_refusal("a refusal", &refusal(claim.receipt(&county).await));
        }
    }
    for secret in &secrets.0 {
        secrets.check_refusal("GetClaim", &refusal(county.claim(secret).await));
    }
    let claim = wang.claim().requested_as("used-twice");
    claim.submit(&county).await;
    let reused = refusal(claim.paid_to(account).receipt(&county).await);
    secrets.check_refusal("a request id that was used", &reused);
}

on_both_databases![answers_are_masked, refusals_quote_nothing];
