//! The clients: they submit, in single calls and over streams, and take back, and never give up on a request.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use hufu::domain::identity::{ResidentId, Uscc};
use hufu::proto::claims::v1 as pb;
use hufu::proto::claims::v1::claim_service_client::ClaimServiceClient;
use hufu::proto::claims::v1::submit_claims_response::Outcome;
use jiff::ToSpan;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tonic::Status;
use tonic::transport::Channel;

use super::journal::{Asked, Entry, Journal, Receipt};
use super::request::{Request, is_final, is_final_reason};

/// No answer within this time is no answer.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// Claims sent over one stream at most.
const STREAM_LENGTH_MAX: u64 = 30;
/// Between two claims of a stream, so that a kill finds it half sent.
const STREAM_PACE: Duration = Duration::from_millis(1);
/// After a call that failed, and between two that did not.
const PAUSE: Duration = Duration::from_millis(3);
/// Graduates that all clients claim: so few that each is claimed many times.
const CONTENDED: u16 = 150;
const ENTERPRISES: u64 = 12;

/// One calling system.
pub(super) struct Client {
    number: usize,
    province: &'static str,
    claims: ClaimServiceClient<Channel>,
    journal: Journal,
    random: ChaCha8Rng,
    made: u32,
    unanswered: VecDeque<Request>,
    /// Acknowledged, and not taken back.
    own: Vec<String>,
    pub(super) tally: Tally,
    /// Of all clients together.
    acknowledged: Arc<AtomicUsize>,
}

/// What became of a client's calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) acknowledged: usize,
    pub(super) withdrawn: usize,
    /// Requests that were under way when the node was killed.
    pub(super) cut: usize,
}

impl Tally {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            acknowledged: self.acknowledged + other.acknowledged,
            withdrawn: self.withdrawn + other.withdrawn,
            cut: self.cut + other.cut,
        }
    }
}

impl Client {
    pub(super) fn new(number: usize, province: &'static str, channel: Channel, journals: &Path, seed: u64) -> Self {
        Self {
            number,
            province,
            claims: ClaimServiceClient::new(channel),
            journal: Journal::create(journals, number),
            random: ChaCha8Rng::seed_from_u64(seed.wrapping_add(number as u64)),
            made: 0,
            unanswered: VecDeque::new(),
            own: Vec::new(),
            tally: Tally::default(),
            acknowledged: Arc::default(),
        }
    }

    /// Counts acknowledged claims together with others.
    pub(super) fn counting(self, acknowledged: &Arc<AtomicUsize>) -> Self {
        Self { acknowledged: Arc::clone(acknowledged), ..self }
    }

    /// Calls while the node is up, until told to stop by the sender's end; then finishes what is unanswered.
    pub(super) async fn run(mut self, mut up: watch::Receiver<bool>) -> Self {
        while up.wait_for(|up| *up).await.is_ok() {
            if let Some(request) = self.unanswered.pop_front() {
                self.call(request).await;
            } else {
                match self.random.random_range(0..100) {
                    0..50 => {
                        let request = self.submission();
                        self.call(request).await;
                    }
                    50..75 => self.stream().await,
                    _ => {
                        let request = self.withdrawal();
                        self.call(request).await;
                    }
                }
            }
            sleep(PAUSE).await;
        }
        self
    }

    /// Asks until everything is answered. The node is up.
    pub(super) async fn settle(&mut self) {
        while let Some(request) = self.unanswered.pop_front() {
            self.call(request).await;
            sleep(PAUSE).await;
        }
    }

    async fn call(&mut self, request: Request) {
        self.journal.write(&[request.entry()]);
        let answer = match &request {
            Request::Submit { request_id, asked } => {
                let claim = Some(asked.submission());
                let message = pb::SubmitClaimRequest { request_id: request_id.clone(), claim, wait_for_verdict: None };
                let answer = timeout(CALL_LIMIT, self.claims.submit_claim(message)).await;
                answer.map(|answer| answer.map(|answer| answer.into_inner().claim))
            }
            Request::Withdraw { request_id, claim_id } => {
                let reason = "submitted by mistake".to_owned();
                let message =
                    pb::WithdrawClaimRequest { request_id: request_id.clone(), claim_id: claim_id.clone(), reason };
                let answer = timeout(CALL_LIMIT, self.claims.withdraw_claim(message)).await;
                answer.map(|answer| answer.map(|answer| answer.into_inner().claim))
            }
        };
        match answer {
            Ok(Ok(Some(claim))) => self.acknowledged(&request, &claim),
            Ok(Ok(None)) => self.refused(&request, "an empty answer".to_owned()),
            Ok(Err(status)) if is_final(&status) => self.refused(&request, format!("{status:?}")),
            Ok(Err(_)) | Err(_) => self.cut(request),
        }
    }

    /// Submits many claims over one two-way stream.
    async fn stream(&mut self) {
        let count = self.random.random_range(1..=STREAM_LENGTH_MAX);
        let mut open: Vec<_> = (0..count).map(|_| self.submission()).collect();
        self.journal.write(&open.iter().map(Request::entry).collect::<Vec<_>>());
        let messages: Vec<_> = open.iter().filter_map(Request::message).collect();
        let paced = futures::stream::iter(messages).then(|message| async {
            sleep(STREAM_PACE).await;
            message
        });
        let ended = match timeout(CALL_LIMIT, self.claims.submit_claims(paced)).await {
            Ok(Ok(answers)) => timeout(CALL_LIMIT, self.answers(answers.into_inner(), &mut open)).await,
            Ok(Err(status)) => Ok(Err(status)),
            Err(late) => Err(late),
        };
        let refusal = match ended {
            Ok(Ok(())) => Some("the stream ended without an answer".to_owned()),
            Ok(Err(status)) if is_final(&status) => Some(format!("{status:?}")),
            Ok(Err(_)) | Err(_) => None,
        };
        for request in open {
            match &refusal {
                Some(refusal) => self.refused(&request, refusal.clone()),
                None => self.cut(request),
            }
        }
    }

    /// Takes the answers of a stream; what has one is no longer open.
    async fn answers(
        &mut self,
        mut answers: tonic::Streaming<pb::SubmitClaimsResponse>,
        open: &mut Vec<Request>,
    ) -> Result<(), Status> {
        while let Some(answer) = answers.message().await? {
            let place = open.iter().position(|request| request.id() == answer.request_id);
            let Some(request) = place.map(|place| open.swap_remove(place)) else {
                self.journal.write(&[Entry::Refused {
                    request_id: answer.request_id,
                    answer: "an answer to no question".to_owned(),
                }]);
                continue;
            };
            match answer.outcome {
                Some(Outcome::Claim(claim)) => self.acknowledged(&request, &claim),
                Some(Outcome::Refusal(refusal)) if is_final_reason(&refusal.reason) => {
                    self.refused(&request, format!("{}: {}", refusal.reason, refusal.message_en));
                }
                Some(Outcome::Refusal(_)) => self.cut(request),
                None => self.refused(&request, "an empty answer".to_owned()),
            }
        }
        Ok(())
    }

    fn acknowledged(&mut self, request: &Request, claim: &pb::Claim) {
        let receipt = Receipt::of(claim);
        match request {
            Request::Submit { request_id, .. } => {
                self.journal.write(&[Entry::Acknowledged { request_id: request_id.clone(), receipt }]);
                self.own.push(claim.claim_id.clone());
                self.tally.acknowledged += 1;
                self.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Request::Withdraw { request_id, .. } => {
                self.journal.write(&[Entry::Withdrawn { request_id: request_id.clone(), receipt }]);
                self.tally.withdrawn += 1;
            }
        }
    }

    fn refused(&mut self, request: &Request, answer: String) {
        self.journal.write(&[Entry::Refused { request_id: request.id().to_owned(), answer }]);
    }

    fn cut(&mut self, request: Request) {
        self.tally.cut += 1;
        self.unanswered.push_back(request);
    }

    fn submission(&mut self) -> Request {
        let county = format!("{}{:02}", self.province, self.number + 1);
        let resident_id = if self.random.random_bool(0.5) {
            let sequence = self.random.random_range(0..CONTENDED);
            ResidentId::from_parts("371599", jiff::civil::date(2000, 2, 29), sequence)
        } else {
            let birth = jiff::civil::date(1999, 1, 1) + i64::from(self.made / 1_000).days();
            ResidentId::from_parts(&county, birth, u16::try_from(self.made % 1_000).unwrap())
        };
        let enterprise = self.random.random_range(0..ENTERPRISES);
        let asked = Asked {
            resident_id: resident_id.unwrap().as_str().to_owned(),
            name: "张测试".to_owned(),
            uscc: Uscc::from_body(&format!("91371502MA{enterprise:07}")).unwrap().as_str().to_owned(),
            region: county,
        };
        Request::Submit { request_id: self.request_id("claim"), asked }
    }

    /// Takes back one of the client's own claims; submits one when there is none.
    fn withdrawal(&mut self) -> Request {
        if self.own.is_empty() {
            return self.submission();
        }
        let place = self.random.random_range(0..self.own.len());
        let claim_id = self.own.swap_remove(place);
        Request::Withdraw { request_id: self.request_id("withdrawal"), claim_id }
    }

    fn request_id(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}-{}-{}", self.number, self.made)
    }
}
