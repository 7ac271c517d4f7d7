//! What people do at their desks, over the wire: claim, review, file, run, and review again what came back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use hufu::proto::claims::v1 as claims;
use hufu::proto::claims::v1::claim_service_client::ClaimServiceClient;
use hufu::proto::clawback::v1 as clawback;
use hufu::proto::clawback::v1::clawback_service_client::ClawbackServiceClient;
use hufu::proto::ledger::v1 as ledger;
use hufu::proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use hufu::proto::pooling::v1 as pooling;
use hufu::proto::pooling::v1::pooling_service_client::PoolingServiceClient;
use hufu::proto::suspects::v1 as suspects;
use hufu::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::support::fresh_request_id;

/// The city whose money moves.
pub(super) const CITY: &str = "371500";
const PAGE: i32 = 500;
/// Calls under way at once.
const AT_ONCE: usize = 16;
/// Nobody approves what they passed (I8).
const REVIEWER: &str = "li.na";
const APPROVER: &str = "zhao.qiang";
const FILER: &str = "zhou.min";
/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something that is not there yet.
const PAUSE: Duration = Duration::from_millis(100);
/// A path has far fewer steps; what waits for a breaker has some seconds.
const RUNS_MAX: usize = 150;

type Answer<T> = Result<T, Status>;

/// Whoever works for the city, on one connection.
#[derive(Clone)]
pub(super) struct Office {
    pub(super) claims: ClaimServiceClient<Channel>,
    pub(super) pooling: PoolingServiceClient<Channel>,
    pub(super) ledger: LedgerServiceClient<Channel>,
    clawback: ClawbackServiceClient<Channel>,
    suspects: SuspectServiceClient<Channel>,
}

/// Whether people look after what came back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum People {
    /// Nobody is there: what a crash left behind must be put right without them.
    Away,
    At,
}

impl Office {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            claims: ClaimServiceClient::new(channel.clone()),
            pooling: PoolingServiceClient::new(channel.clone()),
            ledger: LedgerServiceClient::new(channel.clone()),
            clawback: ClawbackServiceClient::new(channel.clone()),
            suspects: SuspectServiceClient::new(channel),
        }
    }

    /// Submits claims, and waits until each has its verdict.
    pub(super) async fn submit(&self, all: Vec<claims::ClaimSubmission>) {
        let submit = |claim| {
            let mut client = self.claims.clone();
            async move {
                let request = claims::SubmitClaimRequest {
                    request_id: fresh_request_id(),
                    claim: Some(claim),
                    wait_for_verdict: None,
                };
                client.submit_claim(request).await.unwrap();
            }
        };
        stream::iter(all).map(submit).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
        let waited = timeout(PATIENCE, async {
            while !self.list(claims::ClaimState::Assessing).await.unwrap().is_empty() {
                sleep(PAUSE).await;
            }
        });
        waited.await.expect("the claims are not assessed");
    }

    /// Claims in a state; in all for the state that is not said.
    pub(super) async fn list(&self, state: claims::ClaimState) -> Answer<Vec<claims::Claim>> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request =
                claims::ListClaimsRequest { state: state.into(), page_size: PAGE, page_token, ..Default::default() };
            let page = self.claims.clone().list_claims(request).await?.into_inner();
            all.extend(page.claims);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// Two people approve claims, each from where a crash left it.
    pub(super) async fn approve(&self, all: Vec<claims::Claim>) -> Answer<()> {
        let approvals = all.into_iter().map(|claim| self.approve_one(claim));
        stream::iter(approvals).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn approve_one(&self, mut claim: claims::Claim) -> Answer<()> {
        let steps = [
            (claims::ClaimState::Assessed, REVIEWER, claims::ReviewDecision::Pass),
            (claims::ClaimState::Reviewed, APPROVER, claims::ReviewDecision::Approve),
        ];
        for (state, person, decision) in steps {
            if claim.state() == state {
                let request = claims::ReviewClaimRequest {
                    request_id: fresh_request_id(),
                    claim_id: claim.claim_id.clone(),
                    version: claim.version,
                    person: person.to_owned(),
                    decision: decision.into(),
                    comment: String::new(),
                };
                claim = self.claims.clone().review_claim(request).await?.into_inner().claim.unwrap();
            }
        }
        Ok(())
    }

    /// Every place with approved claims files them.
    pub(super) async fn file_all(&self) -> Answer<()> {
        let approved = self.list(claims::ClaimState::Approved).await?;
        let regions: BTreeSet<String> = approved.into_iter().map(|claim| claim.region).collect();
        for region in regions {
            let request = pooling::FileClaimsRequest {
                request_id: fresh_request_id(),
                region,
                person: FILER.to_owned(),
                expected: None,
            };
            match self.pooling.clone().file_claims(request).await {
                Ok(_) => {}
                // Somebody filed them in between.
                Err(status) if status.code() == Code::FailedPrecondition => {}
                Err(status) => return Err(status),
            }
        }
        Ok(())
    }

    pub(super) async fn run(&self) -> Answer<pooling::RunPoolingResponse> {
        let request = pooling::RunPoolingRequest { city: CITY.to_owned() };
        let answer = timeout(PATIENCE, self.pooling.clone().run_pooling(request)).await;
        Ok(answer.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer")))?.into_inner())
    }

    /// Runs until nothing moves any more, as a timer would.
    pub(super) async fn run_until_still(&self, people: People) -> Answer<pooling::PoolingStatus> {
        for _ in 0..RUNS_MAX {
            let report = self.run().await?;
            let has_reviewed = people == People::At && self.review_owed().await? > 0;
            if report.steps.iter().any(waits) {
                sleep(PAUSE).await;
            } else if !report.steps.iter().any(moves) && !has_reviewed {
                return Ok(report.status.unwrap());
            }
        }
        Err(Status::internal(format!("the city still moves after {RUNS_MAX} runs")))
    }

    pub(super) async fn payments(&self) -> Answer<Vec<pooling::Payment>> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = pooling::ListPaymentsRequest { page_size: PAGE, page_token, ..Default::default() };
            let page = self.pooling.clone().list_payments(request).await?.into_inner();
            all.extend(page.payments);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
    }

    /// Two people approve anew what is owed, each from where a crash left it. Gives how many.
    pub(super) async fn review_owed(&self) -> Answer<usize> {
        let steps = [
            (pooling::PaymentState::Owed, REVIEWER, pooling::PaymentDecision::Pass),
            (pooling::PaymentState::Reviewed, APPROVER, pooling::PaymentDecision::Approve),
        ];
        let mut reviewed = 0;
        for mut payment in self.payments().await? {
            for (state, person, decision) in steps {
                if payment.state() != state {
                    continue;
                }
                let request = pooling::ReviewPaymentRequest {
                    request_id: fresh_request_id(),
                    payment_id: payment.payment_id.clone(),
                    version: payment.version,
                    person: person.to_owned(),
                    decision: decision.into(),
                };
                payment = self.pooling.clone().review_payment(request).await?.into_inner().payment.unwrap();
                reviewed += usize::from(decision == pooling::PaymentDecision::Approve);
            }
        }
        Ok(reviewed)
    }

    pub(super) async fn batches(&self) -> Answer<Vec<pooling::Batch>> {
        let request = pooling::ListBatchesRequest { page_size: PAGE, ..Default::default() };
        Ok(self.pooling.clone().list_batches(request).await?.into_inner().batches)
    }

    /// Takes a double that was paid to the demand. Gives its case.
    pub(super) async fn demand(&self) -> clawback::Case {
        let request = suspects::ListSuspectsRequest { page_size: PAGE, ..Default::default() };
        let listed = self.suspects.clone().list_suspects(request).await.unwrap().into_inner().suspects;
        let paid = listed.into_iter().find_map(|suspect| {
            let sides = [suspect.first, suspect.second].into_iter().flatten();
            let mut paid = sides.filter(|side| side.state() == claims::ClaimState::Paid);
            paid.next().map(|side| (suspect.suspect_id, side.claim_id))
        });
        let (suspect_id, claim_id) = paid.expect("a double that was paid");
        let judged = suspects::DecideSuspectRequest {
            request_id: fresh_request_id(),
            suspect_id: suspect_id.clone(),
            person: REVIEWER.to_owned(),
            decision: suspects::SuspectDecision::Confirm.into(),
            reason: "合同与参保记录不符".to_owned(),
            ..suspects::DecideSuspectRequest::default()
        };
        self.suspects.clone().decide_suspect(judged).await.unwrap();
        let draft = clawback::DraftCaseRequest {
            request_id: fresh_request_id(),
            suspect_id,
            claim_id,
            amount_fen: 0,
            person: REVIEWER.to_owned(),
            facts: "同一名毕业生由两户企业申领".to_owned(),
        };
        let mut case = self.clawback.clone().draft_case(draft).await.unwrap().into_inner().case.unwrap();
        let steps = [
            (APPROVER, clawback::CaseStep::Approve, ""),
            (REVIEWER, clawback::CaseStep::RecordReply, "同意退回"),
            (REVIEWER, clawback::CaseStep::Demand, ""),
        ];
        for (person, step, text) in steps {
            let advance = clawback::AdvanceCaseRequest {
                request_id: fresh_request_id(),
                case_id: case.case_id.clone(),
                version: case.version,
                person: person.to_owned(),
                step: step.into(),
                text: text.to_owned(),
                set_off: false,
            };
            case = self.clawback.clone().advance_case(advance).await.unwrap().into_inner().case.unwrap();
        }
        case
    }

    /// What each account of a kind comes to, debits less credits, by owner.
    pub(super) async fn accounts(&self, kind: &str) -> Answer<BTreeMap<String, i64>> {
        let request = ledger::ListAccountsRequest { kind: kind.to_owned(), page_size: PAGE, ..Default::default() };
        let listed = self.ledger.clone().list_accounts(request).await?.into_inner().accounts;
        Ok(listed.into_iter().map(|it| (it.owner, it.debit_fen - it.credit_fen)).collect())
    }
}

/// Whether a step changed anything.
pub(super) fn moves(step: &pooling::Step) -> bool {
    const STANDING: [&str; 2] = ["DECISION_PENDING", "ARRIVAL_AWAITED"];
    !step.needs_attention && !waits(step) && !STANDING.contains(&step.code.as_str())
}

/// Whether somebody did not answer, so that the next run may bring more.
pub(super) fn waits(step: &pooling::Step) -> bool {
    ["UPSTREAM_UNANSWERED", "PAYOUTS_WAIT", "IN_DOUBT", "FILING_WAITS"].contains(&step.code.as_str())
}
