//! Claims as a submitter writes them, and verdicts in one line of words, so that a test compares sentences.

use std::time::Duration;

use hufu::proto::claims::v1 as pb;
use pb::verdict::Decision;
use tonic::Status;

use super::people::{Firm, Graduate};
use super::{Caller, eventually, fresh_request_id, wire};

/// Well under what the contract allows, so that the answer is the wait's and not the deadline's.
const WAIT_FOR_VERDICT: prost_types::Duration = prost_types::Duration { seconds: 5, nanos: 0 };

/// A claim to be submitted. Each has a request id of its own until it is given one.
#[derive(Clone)]
pub(crate) struct NewClaim {
    pub(crate) request_id: String,
    pub(crate) submission: pb::ClaimSubmission,
}

impl Graduate {
    /// The employer's own application for job expansion.
    pub(crate) fn claim(&self) -> NewClaim {
        let person = pb::Person {
            name: self.name.clone(),
            resident_id: self.resident_id.as_str().to_owned(),
            phone: "13800000000".to_owned(),
        };
        let graduate = pb::Graduate {
            person: Some(person),
            graduated_on: Some(wire::day(self.graduated_on)),
            contract_from: Some(wire::day(self.hired_on)),
            contract_until: None,
            dispatch: None,
        };
        NewClaim::of(&self.employer, "job-expansion-2022", pb::claim_submission::Subject::Graduate(graduate))
    }
}

/// An enterprise's own application for retention training.
pub(crate) fn workforce_of(claimant: &Firm) -> NewClaim {
    let workforce = pb::Workforce { claimed_headcount: None, roster: Vec::new() };
    NewClaim::of(claimant, "retention-training-2022", pb::claim_submission::Subject::Workforce(workforce))
}

impl NewClaim {
    fn of(claimant: &Firm, sheet_id: &str, subject: pb::claim_submission::Subject) -> Self {
        let submission = pb::ClaimSubmission {
            sheet_id: sheet_id.to_owned(),
            route: pb::ClaimRoute::SelfApplied.into(),
            uscc: claimant.uscc.as_str().to_owned(),
            enterprise_name: claimant.name.clone(),
            region: claimant.region.clone(),
            account: String::new(),
            subject: Some(subject),
        };
        Self { request_id: fresh_request_id(), submission }
    }

    /// Claimed by another enterprise than the one that truly hired.
    pub(crate) fn by(mut self, claimant: &Firm) -> Self {
        self.submission.uscc = claimant.uscc.as_str().to_owned();
        claimant.name.clone_into(&mut self.submission.enterprise_name);
        claimant.region.clone_into(&mut self.submission.region);
        self
    }

    pub(crate) fn requested_as(mut self, request_id: &str) -> Self {
        request_id.clone_into(&mut self.request_id);
        self
    }

    pub(crate) fn paid_to(mut self, number: &str) -> Self {
        number.clone_into(&mut self.submission.account);
        self
    }

    /// With the number typed in another way.
    pub(crate) fn typed(mut self, resident_id: &str) -> Self {
        resident_id.clone_into(&mut self.person().resident_id);
        self
    }

    /// With a dispatched worker on the roster.
    pub(crate) fn with_worker(mut self, worker: &Graduate, side: pb::DispatchSide) -> Self {
        let person = worker.claim().person().clone();
        let Some(pb::claim_submission::Subject::Workforce(workforce)) = &mut self.submission.subject else {
            panic!("only a workforce has a roster");
        };
        workforce.roster.push(pb::Worker { person: Some(person), side: side.into() });
        self
    }

    /// The graduate's person.
    pub(crate) fn person(&mut self) -> &mut pb::Person {
        let Some(pb::claim_submission::Subject::Graduate(pb::Graduate { person: Some(person), .. })) =
            &mut self.submission.subject
        else {
            panic!("only a graduate's claim names one person");
        };
        person
    }

    pub(crate) fn request(&self) -> pb::SubmitClaimRequest {
        pb::SubmitClaimRequest {
            request_id: self.request_id.clone(),
            claim: Some(self.submission.clone()),
            wait_for_verdict: None,
        }
    }

    /// Submits it; the receipt, or why there is none.
    pub(crate) async fn receipt(&self, caller: &Caller) -> Result<pb::Claim, Status> {
        let answer = caller.claims().submit_claim(self.request()).await?;
        Ok(answer.into_inner().claim.unwrap())
    }

    /// Submits it; the claim as decided.
    pub(crate) async fn submit(&self, caller: &Caller) -> pb::Claim {
        let request = pb::SubmitClaimRequest { wait_for_verdict: Some(WAIT_FOR_VERDICT), ..self.request() };
        let answer = caller.claims().submit_claim(request).await.unwrap();
        let claim = answer.into_inner().claim.unwrap();
        if claim.state() == pb::ClaimState::Assessing { caller.decided(&claim.claim_id).await } else { claim }
    }

    /// What the verdict would be.
    pub(crate) async fn check(&self, caller: &Caller) -> Result<pb::CheckClaimResponse, Status> {
        let request = pb::CheckClaimRequest { claim: Some(self.submission.clone()) };
        Ok(caller.claims().check_claim(request).await?.into_inner())
    }
}

impl Caller {
    pub(crate) async fn claim(&self, claim_id: &str) -> Result<pb::Claim, Status> {
        let request = pb::GetClaimRequest { claim_id: claim_id.to_owned() };
        Ok(self.claims().get_claim(request).await?.into_inner().claim.unwrap())
    }

    /// The claim once it is no longer being assessed.
    pub(crate) async fn decided(&self, claim_id: &str) -> pb::Claim {
        eventually("the claim is decided", async || {
            let claim = self.claim(claim_id).await.unwrap();
            (claim.state() != pb::ClaimState::Assessing).then_some(claim)
        })
        .await
    }

    /// Takes a claim back.
    pub(crate) async fn withdraw(&self, claim_id: &str) -> Result<pb::Claim, Status> {
        let request = pb::WithdrawClaimRequest {
            request_id: fresh_request_id(),
            claim_id: claim_id.to_owned(),
            reason: "entered by mistake".to_owned(),
        };
        Ok(self.claims().withdraw_claim(request).await?.into_inner().claim.unwrap())
    }
}

/// All claims of the caller's region, page by page, newest first.
pub(crate) async fn all(caller: &Caller) -> Vec<pb::Claim> {
    pages(caller, 500).await.concat()
}

/// The same, with pages of a size.
pub(crate) async fn pages(caller: &Caller, page_size: i32) -> Vec<Vec<pb::Claim>> {
    let mut pages = Vec::new();
    let mut request = pb::ListClaimsRequest { page_size, ..Default::default() };
    loop {
        let page = caller.claims().list_claims(request.clone()).await.unwrap().into_inner();
        pages.push(page.claims);
        if page.next_page_token.is_empty() {
            return pages;
        }
        request.page_token = page.next_page_token;
    }
}

/// Where a claim stands, in a word.
pub(crate) fn state(claim: &pb::Claim) -> &'static str {
    match claim.state() {
        pb::ClaimState::Unspecified => "unspecified",
        pb::ClaimState::Assessing => "assessing",
        pb::ClaimState::Assessed => "assessed",
        pb::ClaimState::Refused => "refused",
        pb::ClaimState::Held => "held",
        pb::ClaimState::Withdrawn => "withdrawn",
        pb::ClaimState::Reviewed => "reviewed",
        pb::ClaimState::Approved => "approved",
        pb::ClaimState::Filed => "filed",
        pb::ClaimState::Pooled => "pooled",
        pb::ClaimState::Funded => "funded",
        pb::ClaimState::Instructed => "instructed",
        pb::ClaimState::InDoubt => "in-doubt",
        pb::ClaimState::Returned => "returned",
        pb::ClaimState::Paid => "paid",
    }
}

/// A claim's verdict in words, such as `held: PERSON_RESUBMITTED 五(二)`.
pub(crate) fn verdict(claim: &pb::Claim) -> String {
    claim.verdict.as_ref().map_or("none yet".to_owned(), in_words)
}

/// The same of a verdict.
pub(crate) fn in_words(verdict: &pb::Verdict) -> String {
    match verdict.decision.as_ref().unwrap() {
        Decision::Entitled(pb::Entitled { amount_fen, payee_kind, .. }) => {
            let account = match pb::PayeeAccountKind::try_from(*payee_kind).unwrap() {
                pb::PayeeAccountKind::Unspecified => "unknown",
                pb::PayeeAccountKind::Corporate => "corporate",
                pb::PayeeAccountKind::Contribution => "contribution",
            };
            format!("{amount_fen} fen to the {account} account")
        }
        Decision::NotEntitled(pb::NotEntitled { reasons }) => format!("not entitled: {}", listed(reasons)),
        Decision::Held(pb::Held { reasons, .. }) => format!("held: {}", listed(reasons)),
        Decision::Undecided(pb::Undecided { missing }) => {
            let facts = missing.iter().map(|it| format!("{} of {} ({})", it.fact, it.owner, it.cause));
            format!("waits for {}", facts.collect::<Vec<_>>().join(", "))
        }
    }
}

fn listed(reasons: &[pb::Reason]) -> String {
    let all = reasons.iter().map(|reason| {
        assert!(!reason.message_zh.is_empty() && !reason.message_en.is_empty(), "a reason is told in both languages");
        format!("{} {}", reason.code, reason.clause)
    });
    all.collect::<Vec<_>>().join(", ")
}

/// How long a moment is in which nothing should happen.
pub(crate) const A_MOMENT: Duration = Duration::from_millis(600);
