//! What the measurements are made with: a node as a process of its own, callers over mTLS, and the two limits beside it.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hufu::clock::Clock;
use hufu::domain::calendar::cst_date;
use hufu::domain::claim::{Claim, ClaimId, ClaimRoute, Graduate, Person, Subject};
use hufu::domain::identity::{PersonName, Region, ResidentId, Uscc};
use hufu::domain::slot::slots_of;
use hufu::proto::claims::v1 as pb;
use hufu::proto::claims::v1::claim_service_client::ClaimServiceClient;
use hufu::proto::suspects::v1 as suspects_pb;
use hufu::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use hufu::store::record::{Actor, RequestKey, Submission};
use hufu::store::{Keys, Store, StoreSettings};
use hufu::transport::client::{ClientTls, channel};
use hufu::transport::dev_pki::DevCa;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Certificate, Channel, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

/// Connections that the callers share: as many as a county's systems would keep.
const CONNECTIONS: usize = 8;
/// Claims ahead of their answers on the stream.
const STREAM_AHEAD: usize = 1_024;

/// So many in so long.
pub(crate) struct Rate {
    pub(crate) count: usize,
    pub(crate) seconds: f64,
}

impl Rate {
    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.seconds
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9.0} /s", self.per_second())
    }
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Median and 99th percentile, in milliseconds.
pub(crate) fn percentiles(latencies: &mut [Duration]) -> (f64, f64) {
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    (at(0.50), at(0.99))
}

/// A made-up person; the same number for the same index, another for every other.
fn resident_id(index: usize) -> ResidentId {
    let birth = jiff::civil::date(1996, 1, 1).saturating_add(jiff::Span::new().days((index / 999) as i64));
    ResidentId::from_parts("371502", birth, (index % 999 + 1) as u16).expect("a possible number")
}

fn uscc(index: usize) -> Uscc {
    Uscc::from_body(&format!("91371502MA3{:06}", index % 400)).expect("a possible code")
}

/// A graduate's claim; `firm` tells whose.
fn submission(index: usize, firm: usize) -> pb::ClaimSubmission {
    let person = pb::Person {
        name: "王小明".to_owned(),
        resident_id: resident_id(index).as_str().to_owned(),
        phone: "13800000000".to_owned(),
    };
    pb::ClaimSubmission {
        sheet_id: "job-expansion-2022".to_owned(),
        route: pb::ClaimRoute::SelfApplied.into(),
        uscc: uscc(firm).as_str().to_owned(),
        enterprise_name: "聊城某某科技有限公司".to_owned(),
        region: "371502".to_owned(),
        account: String::new(),
        subject: Some(pb::claim_submission::Subject::Graduate(pb::Graduate {
            person: Some(person),
            ..pb::Graduate::default()
        })),
    }
}

/// Certificates of one measurement.
struct Pki {
    ca: String,
    server: (String, String),
    caller: (String, String),
}

impl Pki {
    fn make() -> Self {
        let ca = DevCa::create(Clock::System.now()).expect("an authority");
        let server = ca.issue_server(&["localhost", "127.0.0.1"]).expect("a certificate");
        let caller = ca
            .issue_caller("hufu://371500/bench/bench?role=claims.submit&role=claims.read&role=suspects.read")
            .expect("a certificate");
        Self { ca: ca.cert_pem().to_owned(), server: (server.cert, server.key), caller: (caller.cert, caller.key) }
    }

    fn channels(&self, address: SocketAddr) -> Vec<Channel> {
        let tls = ClientTls {
            ca_pem: self.ca.clone().into_bytes(),
            cert_pem: self.caller.0.clone().into_bytes(),
            key_pem: self.caller.1.clone().into_bytes(),
            server_name: None,
        };
        (0..CONNECTIONS)
            .map(|_| channel(&format!("https://{address}"), Some(tls.clone())).expect("a channel"))
            .collect()
    }

    fn save(&self, dir: &Path) {
        for (name, text) in [("ca.pem", &self.ca), ("node.pem", &self.server.0), ("node.key", &self.server.1)] {
            std::fs::write(dir.join(name), text).expect("certificates written");
        }
    }
}

/// Sends claims from many callers, each as soon as its last is answered.
async fn unary(channels: &[Channel], claims: usize, callers: usize, offset: usize) -> (Rate, Vec<Duration>) {
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let mut client = ClaimServiceClient::new(channels[caller % channels.len()].clone());
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(claims / callers + 1);
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= claims {
                        return latencies;
                    }
                    let request = pb::SubmitClaimRequest {
                        request_id: format!("unary-{offset}-{index:08}"),
                        claim: Some(submission(offset + index, index)),
                        wait_for_verdict: None,
                    };
                    let sent = Instant::now();
                    client.submit_claim(request).await.expect("a receipt");
                    latencies.push(sent.elapsed());
                }
            })
        })
        .collect();
    let mut latencies = Vec::with_capacity(claims);
    for task in tasks {
        latencies.extend(task.await.expect("a caller"));
    }
    (Rate { count: claims, seconds: started.elapsed().as_secs_f64() }, latencies)
}

/// The store alone, on the same disk, with at most so many claims in a transaction: 1 is what everybody begins with.
pub(crate) async fn store_alone(claims: usize, callers: usize, max_batch: usize) -> Rate {
    let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
    let url = format!("sqlite://{}", folder.path().join("hufu.db").display());
    let settings = StoreSettings { max_batch, ..StoreSettings::new(&url) };
    let store = Store::open(settings, Keys::generate().expect("keys")).await.expect("a store");
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (store, next) = (store.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= claims {
                        return;
                    }
                    store.submit(store_submission(index)).await.expect("a commit");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a caller");
    }
    let rate = Rate { count: claims, seconds: started.elapsed().as_secs_f64() };
    store.close().await;
    rate
}

fn store_submission(index: usize) -> Submission {
    let received_at = Clock::System.now();
    let person =
        Person { name: PersonName::parse("王小明").expect("a name"), resident_id: resident_id(index), phone: None };
    let graduate = Graduate { person, graduated_on: None, contract_from: None, contract_until: None, dispatch: None };
    let claim = Claim {
        claim_id: ClaimId(uuid::Uuid::now_v7()),
        sheet_id: "job-expansion-2022".to_owned(),
        route: ClaimRoute::SelfApplied,
        enterprise: uscc(index),
        enterprise_name: None,
        region: Region::parse("371502").expect("a region"),
        account: None,
        subject: Subject::Graduate(graduate),
        received_at,
    };
    Submission {
        request: RequestKey {
            caller: "bench/bench".to_owned(),
            request_id: format!("single-{index:08}"),
            digest: [0; 32],
        },
        actor: Actor("bench/bench".to_owned()),
        slots: slots_of(&claim, "graduate-award"),
        collision_reasons: Arc::default(),
        due_on: Some(cst_date(received_at)),
        asked: hufu::domain::money::Fen::new(150_000),
        sheet_version: 1,
        claim,
    }
}

/// A tonic server that gives the claim back and does nothing else: what the wire alone costs. It runs as a process of its own,
/// as the node does.
pub(crate) async fn echo(claims: usize, callers: usize) -> Rate {
    let pki = Pki::make();
    let folder = tempfile::tempdir().expect("a folder");
    pki.save(folder.path());
    let address = free_address();
    let mut server = Command::new(std::env::current_exe().expect("this program"))
        .args(["--serve-echo", &address.to_string()])
        .arg(folder.path())
        .spawn()
        .expect("an echo server");
    let channels = pki.channels(address);
    until_up(&channels[0]).await;
    let (rate, _) = unary(&channels, claims, callers, 0).await;
    let _ = server.kill();
    let _ = server.wait();
    rate
}

/// The echo server's process: `--serve-echo ADDRESS FOLDER`.
pub(crate) async fn serve_echo(address: &str, folder: &Path) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a certificate");
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(read("node.pem"), read("node.key")))
        .client_ca_root(Certificate::from_pem(read("ca.pem")));
    Server::builder()
        .tls_config(tls)
        .expect("TLS")
        .add_service(pb::claim_service_server::ClaimServiceServer::new(Echo))
        .serve(address.parse().expect("an address"))
        .await
        .expect("serving");
}

struct Echo;

#[tonic::async_trait]
impl pb::claim_service_server::ClaimService for Echo {
    type SubmitClaimsStream = tokio_stream::Empty<Result<pb::SubmitClaimsResponse, Status>>;
    type WatchClaimsStream = tokio_stream::Empty<Result<pb::WatchClaimsResponse, Status>>;

    async fn submit_claim(
        &self,
        request: Request<pb::SubmitClaimRequest>,
    ) -> Result<Response<pb::SubmitClaimResponse>, Status> {
        let submitted = request.into_inner().claim.unwrap_or_default();
        let claim = pb::Claim {
            claim_id: uuid::Uuid::now_v7().to_string(),
            sheet_id: submitted.sheet_id,
            route: submitted.route,
            uscc: submitted.uscc,
            enterprise_name: submitted.enterprise_name,
            region: submitted.region,
            ..pb::Claim::default()
        };
        Ok(Response::new(pb::SubmitClaimResponse { claim: Some(claim) }))
    }

    async fn check_claim(&self, _: Request<pb::CheckClaimRequest>) -> Result<Response<pb::CheckClaimResponse>, Status> {
        Err(Status::unimplemented("echo"))
    }

    async fn submit_claims(
        &self,
        _: Request<Streaming<pb::SubmitClaimsRequest>>,
    ) -> Result<Response<Self::SubmitClaimsStream>, Status> {
        Err(Status::unimplemented("echo"))
    }

    async fn get_claim(&self, _: Request<pb::GetClaimRequest>) -> Result<Response<pb::GetClaimResponse>, Status> {
        Err(Status::unimplemented("echo"))
    }

    async fn list_claims(&self, _: Request<pb::ListClaimsRequest>) -> Result<Response<pb::ListClaimsResponse>, Status> {
        Err(Status::unimplemented("echo"))
    }

    async fn review_claim(
        &self,
        _: Request<pb::ReviewClaimRequest>,
    ) -> Result<Response<pb::ReviewClaimResponse>, Status> {
        Err(Status::unimplemented("echo"))
    }

    async fn withdraw_claim(
        &self,
        _: Request<pb::WithdrawClaimRequest>,
    ) -> Result<Response<pb::WithdrawClaimResponse>, Status> {
        Err(Status::unimplemented("echo"))
    }

    async fn watch_claims(
        &self,
        _: Request<pb::WatchClaimsRequest>,
    ) -> Result<Response<Self::WatchClaimsStream>, Status> {
        Err(Status::unimplemented("echo"))
    }
}

/// A node as a process of its own, its database on this disk, its registries away: every claim waits.
pub(crate) struct Node {
    process: Child,
    channels: Vec<Channel>,
    _folder: tempfile::TempDir,
}

impl Node {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
        let pki = Pki::make();
        pki.save(folder.path());
        let address = free_address();
        let registries = ["tax-registry", "credential", "insurance", "employment", "award-history"]
            .map(|registry| format!("[upstream.{registry}]\nuri = \"http://127.0.0.1:9\"\n"))
            .concat();
        let settings = format!(
            "[node]\nlisten = \"{address}\"\n[database]\nurl = \"sqlite://hufu.db\"\nkey_file = \"master.key\"\n\
             [tls]\ncertificate = \"node.pem\"\nkey = \"node.key\"\nclient_ca = \"ca.pem\"\n\
             [assess]\nparallel = 0\n[log]\nfilter = \"warn\"\n{registries}"
        );
        std::fs::write(folder.path().join("hufu.toml"), settings).expect("settings written");
        let process = Command::new(env!("CARGO_BIN_EXE_hufu"))
            .args(["serve", "--config", "hufu.toml"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("a node");
        let channels = pki.channels(address);
        until_up(&channels[0]).await;
        Self { process, channels, _folder: folder }
    }

    pub(crate) async fn submit_unary(&self, claims: usize, callers: usize) -> (Rate, Vec<Duration>) {
        unary(&self.channels, claims, callers, 0).await
    }

    /// One stream a connection, as several counties would.
    pub(crate) async fn submit_streaming(&self, claims: usize) -> Rate {
        let started = Instant::now();
        let share = claims / self.channels.len();
        let streams = self.channels.iter().enumerate().map(|(lane, channel)| {
            stream_claims(ClaimServiceClient::new(channel.clone()), "stream", 1_000_000 + lane * share, share)
        });
        futures::future::join_all(streams).await;
        Rate { count: share * self.channels.len(), seconds: started.elapsed().as_secs_f64() }
    }

    /// Claims the first persons again for another enterprise: each is held, and a suspect opened.
    pub(crate) async fn make_suspects(&self, suspects: usize) {
        let share = suspects / self.channels.len();
        let streams = self.channels.iter().enumerate().map(|(lane, channel)| {
            stream_claims(ClaimServiceClient::new(channel.clone()), "double", 1_000_000 + lane * share, share)
        });
        futures::future::join_all(streams).await;
    }

    pub(crate) async fn pull_suspects(&self) -> usize {
        let mut client = SuspectServiceClient::new(self.channels[0].clone()).max_decoding_message_size(4 * 1024 * 1024);
        let mut stream =
            client.pull_suspects(suspects_pb::PullSuspectsRequest::default()).await.expect("a stream").into_inner();
        let mut pulled = 0;
        while let Some(message) = stream.message().await.expect("suspects") {
            pulled += message.suspects.len();
        }
        pulled
    }

    /// The most memory the node ever had resident.
    pub(crate) fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
    }

    pub(crate) fn stop(mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn stream_claims(mut client: ClaimServiceClient<Channel>, name: &'static str, first: usize, count: usize) {
    let (sender, receiver) = mpsc::channel(STREAM_AHEAD);
    tokio::spawn(async move {
        for index in first..first + count {
            let firm = if name == "double" { index + 1 } else { index };
            let request = pb::SubmitClaimsRequest {
                request_id: format!("{name}-{index:08}"),
                claim: Some(submission(index, firm)),
            };
            if sender.send(request).await.is_err() {
                return;
            }
        }
    });
    let mut answers = client.submit_claims(ReceiverStream::new(receiver)).await.expect("a stream").into_inner();
    let mut receipts = 0;
    while let Some(answer) = answers.next().await {
        assert!(
            matches!(answer.expect("an answer").outcome, Some(pb::submit_claims_response::Outcome::Claim(_))),
            "every claim is taken"
        );
        receipts += 1;
    }
    assert_eq!(receipts, count);
}

/// A port that was free a moment ago.
fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port")
}

async fn until_up(channel: &Channel) {
    for _ in 0..200 {
        let answer = ClaimServiceClient::new(channel.clone()).get_claim(pb::GetClaimRequest::default()).await;
        match answer {
            Err(status) if status.code() == tonic::Code::Unavailable => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(_) | Err(_) => return,
        }
    }
    panic!("the server did not come up within 10 s");
}
