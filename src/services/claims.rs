//! ClaimService.

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use prost::Message;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::auth::admitted;
use super::convert::violation::Violations;
use super::convert::{claim, field, record, review};
use super::limits::{CallLimits, PAGE_BYTES};
use super::status::Fault;
use super::streams::{Answers, answer_each, until_shutdown};
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimId;
use crate::domain::rights::narrow;
use crate::proto::claims::v1 as pb;
use crate::workflows::digest;
use crate::workflows::record::{ClaimFilter, ClaimRecord};
use crate::workflows::submit::{SubmitRequest, WAIT_FOR_VERDICT_MAX};
use crate::workflows::watch::{WatchFrom, Watched};
use crate::workflows::withdraw::WithdrawRequest;
use crate::workflows::{Gateway, Refusal};

/// How often a watcher hears that the node is there while nothing changes: well within what proxies take for silence.
const PULSE: Duration = Duration::from_secs(15);
/// How often a claim of a stream is tried again before the node says that it is overloaded: the pauses slow the stream down,
/// which is what an overloaded node needs.
const OVERLOAD_TRIES: usize = 10;

/// The handlers.
#[derive(Clone)]
pub(super) struct Claims {
    pub(super) gateway: Gateway,
    pub(super) limits: CallLimits,
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl pb::claim_service_server::ClaimService for Claims {
    async fn check_claim(
        &self,
        request: Request<pb::CheckClaimRequest>,
    ) -> Result<Response<pb::CheckClaimResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let claim = claim::new_claim(request.into_inner().claim, &mut violations);
        let claim = violations.or(claim)?;
        narrow(&caller, Some(claim.region))?;
        let checked = self.gateway.check(&caller, claim).await?;
        let verdict = Some(record::decision(checked.decision));
        Ok(Response::new(pb::CheckClaimResponse { verdict, slot_taken: checked.slot_taken }))
    }

    async fn submit_claim(
        &self,
        request: Request<pb::SubmitClaimRequest>,
    ) -> Result<Response<pb::SubmitClaimResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::SubmitClaimRequest { request_id, claim, wait_for_verdict } = request.into_inner();
        let mut violations = Violations::default();
        let path = "wait_for_verdict";
        let wait = field::duration(wait_for_verdict, WAIT_FOR_VERDICT_MAX, path, &mut violations);
        let request = submission(&caller, request_id, claim, wait.unwrap_or_default(), violations)?;
        let claim = Some(record::claim(self.gateway.submit(&caller, request).await?));
        Ok(Response::new(pb::SubmitClaimResponse { claim }))
    }

    type SubmitClaimsStream = Answers<pb::SubmitClaimsResponse>;

    async fn submit_claims(
        &self,
        request: Request<Streaming<pb::SubmitClaimsRequest>>,
    ) -> Result<Response<Self::SubmitClaimsStream>, Status> {
        let caller = admitted(&request)?;
        let (gateway, shutdown) = (self.gateway.clone(), self.shutdown.clone());
        let answers = answer_each(request.into_inner(), &self.limits, self.shutdown.clone(), move |item| {
            submit_one(gateway.clone(), Arc::clone(&caller), item, shutdown.clone())
        });
        Ok(Response::new(answers))
    }

    async fn get_claim(&self, request: Request<pb::GetClaimRequest>) -> Result<Response<pb::GetClaimResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let claim_id = field::claim_id(&request.into_inner().claim_id, "claim_id", &mut violations);
        let claim = self.gateway.claim(&caller, violations.or(claim_id)?).await?;
        Ok(Response::new(pb::GetClaimResponse { claim: Some(record::claim(claim)) }))
    }

    async fn list_claims(
        &self,
        request: Request<pb::ListClaimsRequest>,
    ) -> Result<Response<pb::ListClaimsResponse>, Status> {
        let caller = admitted(&request)?;
        let (filter, page_size) = filter(&caller, request.into_inner())?;
        let records = self.gateway.claims(&caller, filter).await?;
        Ok(Response::new(page(records, page_size)))
    }

    async fn review_claim(
        &self,
        request: Request<pb::ReviewClaimRequest>,
    ) -> Result<Response<pb::ReviewClaimResponse>, Status> {
        let caller = admitted(&request)?;
        let reviewed = self.gateway.review(&caller, review::request(&caller, request.into_inner())?).await?;
        Ok(Response::new(review::answer(reviewed)))
    }

    async fn withdraw_claim(
        &self,
        request: Request<pb::WithdrawClaimRequest>,
    ) -> Result<Response<pb::WithdrawClaimResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::WithdrawClaimRequest { request_id, claim_id, reason } = request.into_inner();
        let mut violations = Violations::default();
        let request_id = field::request_id(request_id, &mut violations);
        let claim_id = field::claim_id(&claim_id, "claim_id", &mut violations);
        let reason = field::reason_text(&reason, "reason", &mut violations);
        let (request_id, (claim_id, reason)) = violations.or(request_id.zip(claim_id.zip(reason)))?;
        let digest = digest::of_withdrawal(claim_id, &reason);
        let withdrawal = WithdrawRequest { request_id, digest, claim_id, reason };
        let claim = Some(record::claim(self.gateway.withdraw(&caller, withdrawal).await?));
        Ok(Response::new(pb::WithdrawClaimResponse { claim }))
    }

    type WatchClaimsStream = Answers<pb::WatchClaimsResponse>;

    async fn watch_claims(
        &self,
        request: Request<pb::WatchClaimsRequest>,
    ) -> Result<Response<Self::WatchClaimsStream>, Status> {
        let caller = admitted(&request)?;
        let pb::WatchClaimsRequest { resume_token, region } = request.into_inner();
        let mut violations = Violations::default();
        let region = field::region(&region, &mut violations);
        let after = field::token(&resume_token, "resume_token", field::sequence, &mut violations);
        violations.or(Some(()))?;
        let from = after.map_or(WatchFrom::Now, WatchFrom::After);
        let changes = self.gateway.watch(&caller, narrow(&caller, region)?, from);
        Ok(Response::new(until_shutdown(with_pulse(changes, after), self.shutdown.clone())))
    }
}

/// A request to submit, of a stream or alone.
fn submission(
    caller: &Caller,
    request_id: String,
    claim: Option<pb::ClaimSubmission>,
    wait: Duration,
    mut violations: Violations,
) -> Result<SubmitRequest, Fault> {
    let request_id = field::request_id(request_id, &mut violations);
    let claim = claim::new_claim(claim, &mut violations);
    let (request_id, claim) = violations.or(request_id.zip(claim))?;
    narrow(caller, Some(claim.region))?;
    Ok(SubmitRequest { digest: digest::of_claim(&claim), request_id, claim, wait })
}

/// Answers one claim of a stream: whatever is wrong with it is its own answer.
async fn submit_one(
    gateway: Gateway,
    caller: Arc<Caller>,
    item: pb::SubmitClaimsRequest,
    shutdown: CancellationToken,
) -> pb::SubmitClaimsResponse {
    let pb::SubmitClaimsRequest { request_id, claim } = item;
    let request = submission(&caller, request_id.clone(), claim, Duration::ZERO, Violations::default());
    let outcome = match request {
        Ok(request) => submit_patiently(&gateway, &caller, request, &shutdown).await,
        Err(fault) => Err(fault),
    };
    let outcome = match outcome {
        Ok(accepted) => pb::submit_claims_response::Outcome::Claim(record::claim(accepted)),
        Err(fault) => pb::submit_claims_response::Outcome::Refusal(fault.into()),
    };
    pb::SubmitClaimsResponse { request_id, outcome: Some(outcome) }
}

async fn submit_patiently(
    gateway: &Gateway,
    caller: &Caller,
    request: SubmitRequest,
    shutdown: &CancellationToken,
) -> Result<ClaimRecord, Fault> {
    let mut tries = 1;
    loop {
        let fault = match gateway.submit(caller, request.clone()).await {
            Ok(record) => return Ok(record),
            Err(refusal) => Fault::from(refusal),
        };
        let Some(pause) = fault.overload_pause().filter(|_| tries < OVERLOAD_TRIES && !shutdown.is_cancelled()) else {
            return Err(fault);
        };
        tries += 1;
        sleep(pause).await;
    }
}

fn filter(caller: &Caller, request: pb::ListClaimsRequest) -> Result<(ClaimFilter, u32), Status> {
    let pb::ListClaimsRequest { region, state, uscc, page_size, page_token } = request;
    let mut violations = Violations::default();
    let region = field::region(&region, &mut violations);
    let state = record::state_asked(state, &mut violations);
    let enterprise = field::uscc(&uscc, &mut violations);
    let page_size = field::page_size(page_size, &mut violations);
    let before = field::token(&page_token, "page_token", ClaimId::parse, &mut violations);
    let page_size = violations.or(page_size)?;
    // One more than is shown tells whether there is another page.
    let limit = page_size.saturating_add(1);
    Ok((ClaimFilter { within: narrow(caller, region)?, state, enterprise, before, limit }, page_size))
}

/// As many claims as were asked for and fit one answer.
fn page(records: Vec<ClaimRecord>, page_size: u32) -> pb::ListClaimsResponse {
    let total = records.len();
    let mut claims: Vec<pb::Claim> = Vec::new();
    let mut bytes: usize = 0;
    for found in records.into_iter().take(usize::try_from(page_size).unwrap_or(usize::MAX)) {
        if bytes > PAGE_BYTES {
            break;
        }
        let claim = record::claim(found);
        bytes = bytes.saturating_add(claim.encoded_len());
        claims.push(claim);
    }
    let last = claims.last().filter(|_| claims.len() < total);
    let next_page_token = last.map(|claim| claim.claim_id.clone()).unwrap_or_default();
    pb::ListClaimsResponse { claims, next_page_token }
}

/// Changes, and a message with nothing but the token whenever there was none for a while.
fn with_pulse(
    changes: impl Stream<Item = Result<Watched, Refusal>> + Send + 'static,
    after: Option<i64>,
) -> impl Stream<Item = Result<pb::WatchClaimsResponse, Status>> + Send + 'static {
    let state = (Box::pin(changes), after);
    stream::try_unfold(state, |(mut changes, mut token)| async move {
        let claim = loop {
            match timeout(PULSE, changes.next()).await {
                Ok(Some(watched)) => {
                    let Watched { record: changed, sequence } = watched?;
                    token = Some(sequence);
                    break changed.map(record::claim);
                }
                Ok(None) => return Ok(None),
                // Before the first message there is nothing to go on from.
                Err(_) if token.is_none() => {}
                Err(_) => break None,
            }
        };
        let resume_token = token.map(|token| token.to_string()).unwrap_or_default();
        Ok(Some((pb::WatchClaimsResponse { claim, resume_token }, (changes, token))))
    })
}

#[cfg(test)]
mod tests {
    use super::super::convert::record::tests::of_verdict;
    use super::*;
    use crate::domain::eligibility::verdict::{Reason, UncountedUnit, Verdict};

    fn checked(records: usize, page_size: u32, verdict: Option<Verdict>) -> (usize, bool) {
        let page = page(vec![of_verdict(verdict); records], page_size);
        assert!(page.encoded_len() < super::super::limits::ANSWER_BYTES);
        let last = page.claims.last().map(|claim| claim.claim_id.clone()).unwrap_or_default();
        assert!(page.next_page_token.is_empty() || page.next_page_token == last);
        (page.claims.len(), !page.next_page_token.is_empty())
    }

    #[test]
    fn a_page_is_bounded_by_rows_and_by_bytes() {
        assert_eq!(checked(0, 50, None), (0, false));
        assert_eq!(checked(50, 50, None), (50, false));
        assert_eq!(checked(51, 50, None), (50, true));
        // Workers who are not counted make a claim large: 500 such claims would be no message at all.
        let words = "not counted ".repeat(10);
        let reason = Reason { code: "R".into(), clause: "五(一)".into(), zh: words.clone(), en: words };
        let uncounted = (0..2_000).map(|index| UncountedUnit { index, reason: reason.clone(), held: false }).collect();
        let payee = crate::domain::eligibility::verdict::Payee {
            kind: crate::domain::eligibility::verdict::PayeeAccountKind::Corporate,
            account: crate::domain::identity::BankAccount::parse("6222000000001234").unwrap(),
        };
        let large = Verdict::Entitled { amount: crate::domain::money::Fen::ZERO, units: 0, payee, uncounted };
        let (rows, has_more) = checked(501, 500, Some(large));
        assert!((2..20).contains(&rows) && has_more, "{rows}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_watcher_hears_of_the_token_while_nothing_changes() {
        let change = Watched { record: Some(of_verdict(None)), sequence: 7 };
        let quiet = || Watched { record: None, sequence: 9 };
        let changes = stream::iter([Ok(change), Ok(quiet())]).chain(stream::pending());
        let mut messages = Box::pin(with_pulse(changes, None));
        let mut heard = Vec::new();
        for _ in 0..4 {
            let message = messages.next().await.unwrap().unwrap();
            heard.push((message.claim.is_some(), message.resume_token));
        }
        let token = |text: &str| text.to_owned();
        assert_eq!(heard, [(true, token("7")), (false, token("9")), (false, token("9")), (false, token("9"))]);
        let refused = stream::iter([Err(Refusal::Unavailable)]);
        let mut messages = Box::pin(with_pulse(refused, Some(3)));
        let end = messages.next().await.unwrap().err().map(|status| status.code());
        assert_eq!(end, Some(tonic::Code::Unavailable));
        assert!(messages.next().await.is_none());
    }
}
