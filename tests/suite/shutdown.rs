//! Told to stop, a node stops in bounded time whoever is still connected, and keeps what it acknowledged (I1, I12).

use std::io::Write;
use std::time::Duration;

use futures::StreamExt;
use hufu::domain::identity::{ResidentId, Uscc};
use hufu::proto::claims::v1 as pb;
use hufu::proto::claims::v1::claim_service_client::ClaimServiceClient;
use hufu::proto::claims::v1::submit_claims_response::Outcome;
use hufu::proto::common::v1::Date;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

use crate::process::{ALL_ROLES, Engine, NodeProcess};

/// However many hang on, the process is gone after this long (reliability goal G27).
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// Longer than anything here should take; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Calling systems; each has its share of the streams, because one alone may not have so many.
const CALLERS: u16 = 4;
const WATCHERS_EACH: u16 = 13;
const STUCK_EACH: u16 = 13;
/// Single calls under way at the same time.
const SUBMITTERS: u16 = 4;
/// Connections without a word.
const SILENT: usize = 10;
const SECOND_SIGNAL: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_bounded_and_keeps_what_was_acknowledged_on_sqlite() {
    stop_with_everybody_connected(Engine::Sqlite, Manners::Polite).await;
    stop_with_everybody_connected(Engine::Sqlite, Manners::Stubborn).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_bounded_and_keeps_what_was_acknowledged_on_postgres() {
    stop_with_everybody_connected(Engine::Postgres, Manners::Polite).await;
}

#[tokio::test]
async fn an_idle_node_stops_at_once() {
    let mut node = NodeProcess::prepare(Engine::Sqlite, |_| {}).await;
    node.start().await;
    let exited = node.terminate().await;
    assert_eq!(exited.status.code(), Some(0));
    assert!(exited.took < Duration::from_secs(5), "{exited:?}");
}

/// Whether somebody has a call open that will never be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manners {
    Polite,
    Stubborn,
}

async fn stop_with_everybody_connected(engine: Engine, manners: Manners) {
    let mut node = NodeProcess::prepare(engine, |_| {}).await;
    node.start().await;
    let callers: Vec<_> =
        (0..CALLERS).map(|caller| node.caller("371500", &format!("caller-{caller}"), ALL_ROLES)).collect();
    let mut watchers = Vec::new();
    let mut stuck = Vec::new();
    for (caller, channel) in (0..CALLERS).zip(&callers) {
        for _ in 0..WATCHERS_EACH {
            watchers.push(watch(channel).await);
        }
        for number in 0..STUCK_EACH {
            stuck.push(Stuck::open(channel, caller * STUCK_EACH + number).await);
        }
    }
    let _silent = silent(&node).await;
    let mut submitters = JoinSet::new();
    for number in 0..SUBMITTERS {
        submitters.spawn(submit_until_refused(callers[usize::from(number % CALLERS)].clone(), number));
    }
    let patient = tokio::spawn(submit_and_wait(callers[0].clone()));
    let _endless = (manners == Manners::Stubborn).then(|| tokio::spawn(never_finish(callers[1].clone())));
    sleep(Duration::from_millis(300)).await;

    let took = stop_with_two_signals(&mut node).await;
    for watcher in watchers {
        assert_told_to_reconnect(watcher).await;
    }
    let mut acknowledged: Vec<_> = stuck.iter().map(|stuck| stuck.claim_id.clone()).collect();
    acknowledged.extend(patient.await.unwrap());
    for submitted in submitters.join_all().await {
        acknowledged.extend(submitted);
    }
    drop(stuck);
    node.start().await;
    assert_all_there(node.caller("371500", "auditor", ALL_ROLES), &acknowledged).await;
    // Past the test's capture: this figure is the point of the test.
    let _ = writeln!(
        std::io::stderr(),
        "shutdown, {engine:?}, {manners:?}: stopped after {took:?}, {} claims kept",
        acknowledged.len()
    );
}

/// Sends SIGTERM, and again while the node drains; how long it took to end, with code 0.
async fn stop_with_two_signals(node: &mut NodeProcess) -> Duration {
    let start = Instant::now();
    node.signal_terminate().await;
    sleep(SECOND_SIGNAL).await;
    assert!(node.is_running(), "the second signal would come too late to prove anything");
    node.signal_terminate().await;
    let exited = node.wait_for_exit().await;
    let took = start.elapsed();
    assert_eq!(exited.status.code(), Some(0), "after {took:?}");
    assert!(took < STOP_LIMIT, "{took:?}");
    took
}

/// Connections that say nothing, not even hello.
async fn silent(node: &NodeProcess) -> Vec<TcpStream> {
    let address = node.settings().node.listen;
    let connecting = (0..SILENT).map(|_| TcpStream::connect(address));
    futures::future::join_all(connecting).await.into_iter().map(Result::unwrap).collect()
}

/// A call under way when the node is told to stop is finished: it waits for a verdict that does not come, and gets its receipt.
async fn submit_and_wait(channel: Channel) -> Option<String> {
    let request = pb::SubmitClaimRequest {
        request_id: "patient-0001".to_owned(),
        claim: Some(submission("371526", 1)),
        wait_for_verdict: Some(prost_types::Duration { seconds: 2, nanos: 0 }),
    };
    let answer = timeout(PATIENCE, ClaimServiceClient::new(channel).submit_claim(request)).await;
    answer
        .expect("no answer and no end")
        .expect("a call under way is finished")
        .into_inner()
        .claim
        .map(|it| it.claim_id)
}

/// A call whose message never ends.
async fn never_finish(mut channel: Channel) {
    let pending = axum::body::Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = http::Request::post("/hufu.claims.v1.ClaimService/SubmitClaim")
        .header("content-type", "application/grpc")
        .body(tonic::body::Body::new(pending))
        .unwrap();
    if futures::future::poll_fn(|cx| tower::Service::poll_ready(&mut channel, cx)).await.is_ok() {
        drop(tower::Service::call(&mut channel, request).await);
    }
}

/// An idle watcher: told where it begins, and nothing after that.
async fn watch(channel: &Channel) -> Streaming<pb::WatchClaimsResponse> {
    let request = pb::WatchClaimsRequest { resume_token: String::new(), region: "371581".to_owned() };
    ClaimServiceClient::new(channel.clone()).watch_claims(request).await.unwrap().into_inner()
}

/// The stream of a caller that sent one claim, and neither sends more nor ends.
struct Stuck {
    claim_id: String,
    _sender: mpsc::Sender<pb::SubmitClaimsRequest>,
    _answers: Streaming<pb::SubmitClaimsResponse>,
}

impl Stuck {
    async fn open(channel: &Channel, number: u16) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let message = pb::SubmitClaimsRequest {
            request_id: format!("stuck-{number:04}"),
            claim: Some(submission("371502", number)),
        };
        sender.send(message).await.unwrap();
        let mut client = ClaimServiceClient::new(channel.clone());
        let mut answers = client.submit_claims(ReceiverStream::new(receiver)).await.unwrap().into_inner();
        let answer = timeout(PATIENCE, answers.message()).await.unwrap().unwrap().unwrap();
        let Some(Outcome::Claim(claim)) = answer.outcome else { panic!("a claim was refused") };
        Self { claim_id: claim.claim_id, _sender: sender, _answers: answers }
    }
}

/// Submits until the node goes away; what was acknowledged.
async fn submit_until_refused(channel: Channel, submitter: u16) -> Vec<String> {
    let mut client = ClaimServiceClient::new(channel);
    let mut acknowledged = Vec::new();
    for number in 0..1_000 {
        let request = pb::SubmitClaimRequest {
            request_id: format!("single-{submitter}-{number:04}"),
            claim: Some(submission(&format!("37152{submitter}"), number)),
            wait_for_verdict: None,
        };
        match timeout(PATIENCE, client.submit_claim(request)).await.expect("no answer and no end") {
            Ok(answer) => acknowledged.extend(answer.into_inner().claim.map(|claim| claim.claim_id)),
            Err(status) => {
                assert!(is_gone(&status), "{status:?}");
                return acknowledged;
            }
        }
    }
    acknowledged
}

/// Whether this is what a call is told by a node that goes away, or by a connection that went.
fn is_gone(status: &Status) -> bool {
    let reason = status.get_details_error_info().map(|info| info.reason);
    match reason.as_deref() {
        Some("SHUTTING_DOWN") => status.code() == Code::Unavailable,
        Some(_) => false,
        None => [Code::Unavailable, Code::Unknown, Code::Internal, Code::Cancelled].contains(&status.code()),
    }
}

/// A watcher was not cut off: it knows that it should go on elsewhere.
async fn assert_told_to_reconnect(mut watcher: Streaming<pb::WatchClaimsResponse>) {
    let last = loop {
        match timeout(PATIENCE, watcher.message()).await.expect("still open") {
            Ok(Some(message)) => assert!(message.claim.is_none(), "nothing changed in this county"),
            Ok(None) => panic!("the stream ended without a reason"),
            Err(status) => break status,
        }
    };
    assert_eq!(last.code(), Code::Unavailable, "{last:?}");
    let reason = last.get_details_error_info().map(|info| info.reason);
    assert_eq!(reason.as_deref(), Some("SHUTTING_DOWN"), "{last:?}");
}

async fn assert_all_there(channel: Channel, acknowledged: &[String]) {
    assert!(acknowledged.len() >= usize::from(CALLERS * STUCK_EACH), "too few claims to prove anything");
    let client = ClaimServiceClient::new(channel);
    let lost: Vec<_> = futures::stream::iter(acknowledged)
        .map(|claim_id| {
            let mut client = client.clone();
            async move {
                let found = client.get_claim(pb::GetClaimRequest { claim_id: claim_id.clone() }).await;
                found.is_err().then_some(claim_id)
            }
        })
        .buffer_unordered(16)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(lost.is_empty(), "acknowledged, and not there: {lost:?}");
}

fn submission(county: &str, number: u16) -> pb::ClaimSubmission {
    let resident_id = ResidentId::from_parts(county, jiff::civil::date(2000, 1, 31), number).unwrap();
    let day = |month, day| Some(Date { year: 2022, month, day });
    let graduate = pb::Graduate {
        person: Some(pb::Person {
            name: "张测试".to_owned(),
            resident_id: resident_id.as_str().to_owned(),
            phone: String::new(),
        }),
        graduated_on: day(6, 30),
        contract_from: day(7, 1),
        contract_until: None,
        dispatch: None,
    };
    pb::ClaimSubmission {
        sheet_id: "job-expansion-2022".to_owned(),
        route: pb::ClaimRoute::Automatic.into(),
        uscc: Uscc::from_body("91371502MA0000001").unwrap().as_str().to_owned(),
        enterprise_name: "某某有限公司".to_owned(),
        region: "371502".to_owned(),
        account: String::new(),
        subject: Some(pb::claim_submission::Subject::Graduate(graduate)),
    }
}
