//! Every mistake a caller can make, with personal data where they do not belong.

use std::collections::BTreeSet;

use hufu::proto::claims::v1 as pb;
use hufu::proto::claims::v1::claim_service_client::ClaimServiceClient;
use hufu::proto::claims::v1::claim_submission::Subject;
use hufu::proto::claims::v1::submit_claims_response::Outcome;
use hufu::proto::policy::v1 as policy;
use hufu::proto::policy::v1::policy_service_client::PolicyServiceClient;
use hufu::proto::suspects::v1 as suspects;
use hufu::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use tonic::{Response, Status};
use tonic_types::StatusExt;

use super::people::{Person, enterprise, with_graduate, with_person};
use super::recorder::Recorder;

/// More than a roster may have.
const TOO_MANY_WORKERS: usize = 2_001;

/// Calls a node and takes note of the reasons it gives.
#[derive(Clone)]
pub(super) struct Provoker {
    pub(super) claims: ClaimServiceClient<Recorder>,
    pub(super) suspects: SuspectServiceClient<Recorder>,
    policy: PolicyServiceClient<Recorder>,
    serial: u32,
    system: &'static str,
    pub(super) reasons: BTreeSet<String>,
}

impl Provoker {
    pub(super) fn new(system: &'static str, recorder: &Recorder) -> Self {
        Self {
            claims: ClaimServiceClient::new(recorder.clone()),
            suspects: SuspectServiceClient::new(recorder.clone()),
            policy: PolicyServiceClient::new(recorder.clone()),
            serial: 0,
            system,
            reasons: BTreeSet::new(),
        }
    }

    pub(super) fn request_id(&mut self) -> String {
        self.serial += 1;
        format!("{}-{:04}", self.system, self.serial)
    }

    /// Takes note of a refusal's reason, and gives what was answered otherwise.
    pub(super) fn note<T>(&mut self, answer: Result<Response<T>, Status>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer.into_inner()),
            Err(status) => {
                self.reasons.extend(status.get_details_error_info().map(|info| info.reason));
                None
            }
        }
    }

    /// Submits a claim and answers with its id, if it was accepted.
    pub(super) async fn submit(&mut self, claim: pb::ClaimSubmission, wait_s: i64) -> Option<String> {
        let request_id = self.request_id();
        self.submit_as(request_id, claim, wait_s).await
    }

    pub(super) async fn submit_as(
        &mut self,
        request_id: String,
        claim: pb::ClaimSubmission,
        wait_s: i64,
    ) -> Option<String> {
        let wait_for_verdict = Some(prost_types::Duration { seconds: wait_s, nanos: 0 });
        let request = pb::SubmitClaimRequest { request_id, claim: Some(claim), wait_for_verdict };
        let answer = self.claims.submit_claim(request).await;
        Some(self.note(answer)?.claim?.claim_id)
    }

    /// Asks what would become of a claim.
    pub(super) async fn check(&mut self, claim: pb::ClaimSubmission) {
        let answer = self.claims.check_claim(pb::CheckClaimRequest { claim: Some(claim) }).await;
        self.note(answer);
    }

    /// The same claims alone, as dry runs, and over one stream.
    pub(super) async fn submit_in_every_way(&mut self, claims: Vec<pb::ClaimSubmission>) {
        let mut messages = Vec::new();
        for claim in claims {
            self.check(claim.clone()).await;
            self.submit(claim.clone(), 0).await;
            messages.push(pb::SubmitClaimsRequest { request_id: self.request_id(), claim: Some(claim) });
        }
        let answers = self.claims.submit_claims(futures::stream::iter(messages)).await;
        let Some(mut answers) = self.note(answers) else { return };
        while let Ok(Some(answer)) = answers.message().await {
            if let Some(Outcome::Refusal(refusal)) = answer.outcome {
                self.reasons.insert(refusal.reason);
            }
        }
    }

    /// Identity numbers where ids, tokens, names of regions and reasons belong.
    pub(super) async fn misplace(&mut self, person: &Person, own_claim: &str) {
        for text in [&person.number, &person.account, &person.name, &person.phone] {
            let text = || text.clone();
            let answer = self.claims.get_claim(pb::GetClaimRequest { claim_id: text() }).await;
            self.note(answer);
            let listed =
                pb::ListClaimsRequest { region: text(), uscc: text(), page_token: text(), ..Default::default() };
            let answer = self.claims.list_claims(listed).await;
            self.note(answer);
            let answer =
                self.claims.watch_claims(pb::WatchClaimsRequest { resume_token: text(), region: text() }).await;
            self.note(answer);
            let answer = self.suspects.get_suspect(suspects::GetSuspectRequest { suspect_id: text() }).await;
            self.note(answer);
            let listed = suspects::ListSuspectsRequest { rule: text(), page_token: text(), ..Default::default() };
            let answer = self.suspects.list_suspects(listed).await;
            self.note(answer);
            let pulled = suspects::PullSuspectsRequest { resume_token: text(), region: text() };
            let answer = self.suspects.pull_suspects(pulled).await;
            self.note(answer);
            let answer = self.policy.get_sheet(policy::GetSheetRequest { sheet_id: text() }).await;
            self.note(answer);
            let declaration = Some(policy::Declaration { region: text(), ..Default::default() });
            let request_id = self.request_id();
            let answer =
                self.policy.declare_risk_area(policy::DeclareRiskAreaRequest { request_id, declaration }).await;
            self.note(answer);
            self.submit_as(text(), person.submission(), 0).await;
        }
        for reason in [&person.number, &person.account, &person.phone] {
            let claim_id = own_claim.to_owned();
            let request = pb::WithdrawClaimRequest { request_id: self.request_id(), claim_id, reason: reason.clone() };
            let answer = self.claims.withdraw_claim(request).await;
            self.note(answer);
        }
    }

    /// One request id for two claims, one claim taken back twice, claims that are not there or not the caller's.
    pub(super) async fn contradict(&mut self, person: &Person, other: &Person, foreign_claim: &str) {
        let request_id = self.request_id();
        let claim_id = self.submit_as(request_id.clone(), person.submission(), 0).await.expect("was accepted");
        self.submit_as(request_id, other.submission(), 0).await;
        for claim_id in [&claim_id, &claim_id, foreign_claim] {
            let request_id = self.request_id();
            let request =
                pb::WithdrawClaimRequest { request_id, claim_id: claim_id.to_owned(), reason: "mistake".to_owned() };
            let answer = self.claims.withdraw_claim(request).await;
            self.note(answer);
        }
        let answer = self.claims.get_claim(pb::GetClaimRequest { claim_id: foreign_claim.to_owned() }).await;
        self.note(answer);
        let outside = pb::ClaimSubmission { region: "110105".to_owned(), ..other.submission() };
        self.submit(outside, 0).await;
        // The same person twice, so that there is a suspect to read.
        let again = pb::ClaimSubmission { uscc: enterprise(2), ..other.submission() };
        self.submit(other.submission(), 0).await;
        self.submit(again, 0).await;
    }

    /// Everything that may be read.
    pub(super) async fn read_everything(&mut self) -> Vec<pb::Claim> {
        let request = pb::ListClaimsRequest { page_size: 500, ..Default::default() };
        let answer = self.claims.list_claims(request).await;
        let claims = self.note(answer).map(|page| page.claims).unwrap_or_default();
        for claim in &claims {
            let answer = self.claims.get_claim(pb::GetClaimRequest { claim_id: claim.claim_id.clone() }).await;
            self.note(answer);
        }
        let request = suspects::ListSuspectsRequest { page_size: 500, ..Default::default() };
        let answer = self.suspects.list_suspects(request).await;
        for suspect in self.note(answer).map(|page| page.suspects).unwrap_or_default() {
            let request = suspects::GetSuspectRequest { suspect_id: suspect.suspect_id };
            let answer = self.suspects.get_suspect(request).await;
            self.note(answer);
        }
        let answer = self.suspects.pull_suspects(suspects::PullSuspectsRequest::default()).await;
        if let Some(mut pulled) = self.note(answer) {
            while let Ok(Some(_)) = pulled.message().await {}
        }
        claims
    }
}

/// Claims with something wrong in each field.
pub(super) fn faulty(person: &Person) -> Vec<pb::ClaimSubmission> {
    let good = || person.submission();
    let Person { name, number, phone, account } = person;
    let named = |name: String| with_person(good(), |it| it.name = name);
    let called = |phone: String| with_person(good(), |it| it.phone = phone);
    let mut claims: Vec<_> =
        person.wrong_numbers().into_iter().map(|wrong| with_person(good(), |it| it.resident_id = wrong)).collect();
    claims.extend([number.clone(), format!("{name}{number}"), name.repeat(30), String::new()].map(named));
    claims.extend([number.clone(), format!("{phone}x"), format!("{phone}转{number}"), account.repeat(100)].map(called));
    for account in [format!("{number}X"), format!("{account}元"), name.clone(), "6.2E+15".to_owned(), account.repeat(9)]
    {
        claims.push(pb::ClaimSubmission { account, ..good() });
    }
    for text in [number.clone(), name.clone(), format!("{phone}\n{number}"), String::new()] {
        claims.push(pb::ClaimSubmission { uscc: text.clone(), ..good() });
        claims.push(pb::ClaimSubmission { region: text.clone(), ..good() });
        claims.push(pb::ClaimSubmission { sheet_id: text, ..good() });
    }
    for enterprise_name in [number.clone(), format!("某某{number}有限公司"), number.repeat(100)] {
        claims.push(pb::ClaimSubmission { enterprise_name, ..good() });
    }
    claims.push(pb::ClaimSubmission { route: 99, ..good() });
    claims.push(pb::ClaimSubmission { subject: None, ..good() });
    claims.extend(faulty_papers(person));
    claims.extend(faulty_rosters(person));
    claims
}

fn faulty_papers(person: &Person) -> Vec<pb::ClaimSubmission> {
    let papers = |host: &str, agreement: &str| pb::DispatchPapers {
        host_uscc: host.to_owned(),
        dispatch_agreement: agreement.to_owned(),
        sharing_agreement: agreement.to_owned(),
    };
    let dispatched = |papers| with_graduate(person.submission(), |graduate| graduate.dispatch = Some(papers));
    let date = |year, month, day| Some(hufu::proto::common::v1::Date { year, month, day });
    vec![
        dispatched(papers(&person.number, &person.number)),
        dispatched(papers(&enterprise(3), &format!("{}\u{1b}[2J{}", person.name, person.number))),
        dispatched(papers("", &person.number.repeat(20))),
        with_graduate(person.submission(), |graduate| graduate.graduated_on = date(2022, 2, 30)),
        with_graduate(person.submission(), |graduate| graduate.contract_from = date(i32::MIN, i32::MAX, 0)),
        with_graduate(person.submission(), |graduate| graduate.person = None),
    ]
}

fn faulty_rosters(person: &Person) -> Vec<pb::ClaimSubmission> {
    let worker = |resident_id: String, side: i32| pb::Worker {
        person: Some(pb::Person { name: person.name.clone(), resident_id, phone: person.phone.clone() }),
        side,
    };
    let host = pb::DispatchSide::Host as i32;
    let rosters = [
        person.wrong_numbers().into_iter().map(|wrong| worker(wrong, host)).collect(),
        vec![worker(person.number.clone(), 0), worker(person.number.clone(), host), worker(person.number.clone(), 7)],
        vec![worker(person.number.clone(), host); TOO_MANY_WORKERS],
    ];
    let with_roster = |roster, sheet_id: &str| pb::ClaimSubmission {
        sheet_id: sheet_id.to_owned(),
        subject: Some(Subject::Workforce(pb::Workforce { claimed_headcount: Some(-1), roster })),
        ..person.submission()
    };
    let fitting = rosters.iter().map(|roster| with_roster(roster.clone(), "retention-training-2022"));
    fitting.chain([with_roster(Vec::new(), "job-expansion-2022")]).collect()
}
