//! The services over real sockets: a node with a store of its own, and registries that are all away, so that claims wait.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{StreamExt, stream};
use hufu::clock::Clock;
use hufu::connectors::{Limits as UpstreamLimits, Registries, RegistrySettings, UpstreamSettings};
use hufu::domain::eligibility::evidence::Owner;
use hufu::domain::identity::{ResidentId, Uscc};
use hufu::domain::policy::sheet::Catalog;
use hufu::proto::claims::v1::claim_service_client::ClaimServiceClient;
use hufu::proto::claims::v1::{self as pb, submit_claims_response::Outcome};
use hufu::proto::policy::v1::policy_service_client::PolicyServiceClient;
use hufu::proto::policy::v1::{DeclareRiskAreaRequest, GetSheetRequest, ListRiskAreasRequest, ListSheetsRequest};
use hufu::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use hufu::proto::suspects::v1::{ListSuspectsRequest, PullSuspectsRequest};
use hufu::proto::taxregistry::v1::GetEnterpriseAccountsRequest;
use hufu::proto::taxregistry::v1::tax_registry_service_client::TaxRegistryServiceClient;
use hufu::services::{CallLimits, MetricsText, ServiceSettings, router};
use hufu::store::{Keys, Store, StoreSettings};
use hufu::transport::client::{ClientTls, channel};
use hufu::transport::dev_pki::{DevCa, Pem};
use hufu::transport::listener::{Limits, serve};
use hufu::transport::tls::ServerTls;
use hufu::workflows::Gateway;
use hufu::workflows::assess::Pace;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::transport::Client;

const ALL_ROLES: &str = "role=claims.submit&role=claims.read&role=suspects.read&role=policy.declare";
/// Longer than anything here should take; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

struct Node {
    address: SocketAddr,
    ca: DevCa,
    shutdown: CancellationToken,
    served: JoinHandle<std::io::Result<()>>,
    _folder: TempDir,
}

impl Node {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("hufu.db").display());
        let store = Store::open(StoreSettings::new(url), Keys::generate().unwrap()).await.unwrap();
        let away =
            || UpstreamSettings { uri: "http://127.0.0.1:1".into(), tls: None, limits: UpstreamLimits::default() };
        let registries: RegistrySettings = Owner::UPSTREAMS.into_iter().map(|owner| (owner, away())).collect();
        let registries = Registries::connect(&registries, "hufu-test".into()).unwrap();
        let catalog = Catalog::shipped().unwrap();
        let clock = Clock::starting_at("2022-10-10T01:00:00Z".parse().unwrap());
        let gateway = Gateway::new(store, registries, catalog, clock, Pace::default());

        let ca = DevCa::create(Clock::System.now()).unwrap();
        let Pem { cert, key } = ca.issue_server(&["localhost"]).unwrap();
        let tls = ServerTls { cert_pem: cert.into(), key_pem: key.into(), client_ca_pem: ca.cert_pem().into() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let metrics: MetricsText = std::sync::Arc::new(|| "hufu_up 1\n".into());
        let settings = ServiceSettings { reflection: true, metrics: Some(metrics), limits: CallLimits::default() };
        let app = router(gateway, settings, shutdown.clone());
        let stopped = shutdown.clone().cancelled_owned();
        let served = tokio::spawn(serve(listener, tls.source().unwrap(), app, stopped, Limits::default()));
        Self { address, ca, shutdown, served, _folder: folder }
    }

    fn channel(&self, uri_san: &str) -> Channel {
        let Pem { cert, key } = self.ca.issue_caller(uri_san).unwrap();
        let tls = ClientTls {
            ca_pem: self.ca.cert_pem().into(),
            cert_pem: cert.into(),
            key_pem: key.into(),
            server_name: Some("localhost".into()),
        };
        channel(&format!("https://{}", self.address), Some(tls)).unwrap()
    }

    /// The channel of an office of this region that may do everything.
    fn office(&self, region: &str) -> Channel {
        self.channel(&format!("hufu://{region}/hrss-{region}/office?{ALL_ROLES}"))
    }

    fn claims(&self, region: &str) -> ClaimServiceClient<Channel> {
        ClaimServiceClient::new(self.office(region))
    }

    /// Tells it to end; how long that took.
    async fn end(self) -> Duration {
        let start = Instant::now();
        self.shutdown.cancel();
        timeout(PATIENCE, self.served).await.unwrap().unwrap().unwrap();
        start.elapsed()
    }
}

/// A claim for graduate `number` in a region.
fn claim(number: u16, region: &str) -> pb::ClaimSubmission {
    let born = jiff::civil::Date::constant(2000, 1, 1);
    let id = ResidentId::from_parts("371502", born, number).unwrap();
    let person = pb::Person { name: "王某".into(), resident_id: id.as_str().into(), phone: String::new() };
    pb::ClaimSubmission {
        sheet_id: "job-expansion-2022".into(),
        route: pb::ClaimRoute::SelfApplied.into(),
        uscc: Uscc::from_body("91371500300000000").unwrap().as_str().into(),
        enterprise_name: "某公司".into(),
        region: region.into(),
        account: String::new(),
        subject: Some(pb::claim_submission::Subject::Graduate(pb::Graduate {
            person: Some(person),
            ..pb::Graduate::default()
        })),
    }
}

fn submission(request_id: &str, claim: pb::ClaimSubmission) -> pb::SubmitClaimRequest {
    pb::SubmitClaimRequest { request_id: request_id.into(), claim: Some(claim), wait_for_verdict: None }
}

fn person_of(claim: &mut pb::ClaimSubmission) -> &mut pb::Person {
    match claim.subject.as_mut() {
        Some(pb::claim_submission::Subject::Graduate(it)) => it.person.as_mut().unwrap(),
        Some(pb::claim_submission::Subject::Workforce(_)) | None => panic!("not of a graduate"),
    }
}

fn reason<T>(answer: Result<T, Status>) -> (Code, String) {
    let Err(status) = answer else { return (Code::Ok, String::new()) };
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
    (status.code(), reason.unwrap_or_else(|| status.message().to_owned()))
}

fn fault(code: Code, reason: &str) -> (Code, String) {
    (code, reason.to_owned())
}

#[tokio::test]
async fn a_claim_is_submitted_once_however_often_and_however_it_is_typed() {
    let node = Node::start().await;
    let mut office = node.claims("371500");
    let first = office.submit_claim(submission("request-1", claim(1, "371502"))).await.unwrap().into_inner();
    let first = first.claim.unwrap();
    assert!(first.state() == pb::ClaimState::Assessing && first.resident_id_masked.contains('*'));
    let mut typed = claim(1, "371502");
    let id = &mut person_of(&mut typed).resident_id;
    *id = format!(" {} ", id.to_lowercase());
    let again = office.submit_claim(submission("request-1", typed)).await.unwrap().into_inner().claim.unwrap();
    assert_eq!(again.claim_id, first.claim_id);
    let other = office.submit_claim(submission("request-1", claim(2, "371502"))).await;
    assert_eq!(reason(other), fault(Code::AlreadyExists, "REQUEST_ID_REUSED"));

    let withdrawal = |id: &str| pb::WithdrawClaimRequest {
        request_id: id.into(),
        claim_id: first.claim_id.clone(),
        reason: "录入有误".into(),
    };
    let withdrawn = office.withdraw_claim(withdrawal("request-2")).await.unwrap().into_inner().claim.unwrap();
    assert!(withdrawn.state() == pb::ClaimState::Withdrawn);
    assert!(office.withdraw_claim(withdrawal("request-2")).await.is_ok(), "the same request again");
    let twice = office.withdraw_claim(withdrawal("request-3")).await;
    assert_eq!(reason(twice), fault(Code::FailedPrecondition, "CLAIM_ALREADY_WITHDRAWN"));
}

#[tokio::test]
async fn every_fault_of_a_claim_comes_back_with_its_path() {
    let node = Node::start().await;
    let mut office = node.claims("371500");
    let mut bad = claim(1, "371502");
    bad.uscc = "91371500300000000A".into();
    person_of(&mut bad).resident_id = "3.71502E+17".into();
    let status = office.submit_claim(submission("short", bad)).await.err().unwrap();
    let details = status.get_error_details();
    assert_eq!(status.code(), Code::InvalidArgument);
    let violations: Vec<_> = details.bad_request().unwrap().field_violations.iter().collect();
    let found: Vec<_> = violations.iter().map(|it| (it.field.as_str(), it.reason.as_str())).collect();
    assert_eq!(
        found,
        [
            ("request_id", "REQUEST_ID_MALFORMED"),
            ("claim.uscc", "USCC_CHECK_CHARACTER"),
            ("claim.graduate.person.resident_id", "RESIDENT_ID_LOST_DIGITS"),
        ]
    );
    assert!(violations.iter().all(|it| it.localized_message.as_ref().is_some_and(|it| it.locale == "zh-CN")));
    let unknown = pb::ClaimSubmission { sheet_id: "no-such-sheet".into(), ..claim(1, "371502") };
    let status = office.submit_claim(submission("request-1", unknown)).await.err().unwrap();
    assert_eq!(status.get_error_details().bad_request().unwrap().field_violations[0].reason, "SHEET_UNKNOWN");
}

#[tokio::test]
async fn a_caller_sees_and_does_only_what_is_its_own() {
    let node = Node::start().await;
    let (mut city, mut county, mut henan) = (node.claims("371500"), node.claims("371503"), node.claims("410000"));
    let receipt = city.submit_claim(submission("request-1", claim(1, "371502"))).await.unwrap().into_inner();
    let claim_id = receipt.claim.unwrap().claim_id;
    let get = || pb::GetClaimRequest { claim_id: claim_id.clone() };
    assert_eq!(reason(city.get_claim(get()).await), fault(Code::Ok, ""));
    for other in [&mut county, &mut henan] {
        assert_eq!(reason(other.get_claim(get()).await), fault(Code::NotFound, "NOT_FOUND"));
        let outside = other.submit_claim(submission("request-2", claim(2, "371502"))).await;
        assert_eq!(reason(outside), fault(Code::PermissionDenied, "REGION_OUTSIDE_CALLER"));
        let list = pb::ListClaimsRequest { region: "371500".into(), ..pb::ListClaimsRequest::default() };
        assert_eq!(reason(other.list_claims(list).await), fault(Code::PermissionDenied, "REGION_OUTSIDE_CALLER"));
        let own = other.list_claims(pb::ListClaimsRequest::default()).await.unwrap().into_inner();
        assert!(own.claims.is_empty());
    }
    let mut reader = ClaimServiceClient::new(node.channel("hufu://371500/a/b?role=claims.read"));
    let denied = reader.submit_claim(submission("request-3", claim(3, "371502"))).await;
    assert_eq!(reason(denied), fault(Code::PermissionDenied, "ROLE_MISSING"));
    let mut misnamed = ClaimServiceClient::new(node.channel("hufu://371500/a/b?role=claims.everything"));
    assert_eq!(reason(misnamed.get_claim(get()).await), fault(Code::PermissionDenied, "CALLER_MALFORMED"));
}

#[tokio::test]
async fn without_a_certificate_there_is_nothing_but_the_refusal() {
    let node = Node::start().await;
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(node.ca.cert_pem())).domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", node.address)).unwrap().tls_config(tls).unwrap();
    let channel = endpoint.connect().await.unwrap();
    let refused = fault(Code::Unauthenticated, "CERTIFICATE_REQUIRED");
    let mut policy = PolicyServiceClient::new(channel.clone());
    assert_eq!(reason(policy.list_sheets(ListSheetsRequest {}).await), refused);
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel);
    assert_eq!(reason(health.check(tonic_health::pb::HealthCheckRequest::default()).await), refused);
}

#[tokio::test]
async fn a_stream_answers_every_claim_and_a_bad_one_never_ends_it() {
    let node = Node::start().await;
    let mut office = node.claims("371500");
    let requests = (0..600_u16).map(|number| {
        let mut claim = claim(number, if number % 100 == 7 { "411500" } else { "371502" });
        if number % 100 == 3 {
            person_of(&mut claim).name.clear();
        }
        pb::SubmitClaimsRequest { request_id: format!("request-{number}"), claim: Some(claim) }
    });
    let mut answers = office.submit_claims(stream::iter(requests)).await.unwrap().into_inner();
    let (mut accepted, mut refused) = (0, Vec::new());
    while let Some(answer) = timeout(PATIENCE, answers.next()).await.unwrap() {
        let answer = answer.unwrap();
        match answer.outcome.unwrap() {
            Outcome::Claim(_) => accepted += 1,
            Outcome::Refusal(it) => refused.push((answer.request_id, it.reason, it.violations.len())),
        }
    }
    assert_eq!((accepted, refused.len()), (588, 12));
    refused.sort();
    assert!(refused.contains(&("request-103".into(), "FIELDS_INVALID".into(), 1)));
    assert!(refused.contains(&("request-107".into(), "REGION_OUTSIDE_CALLER".into(), 0)));

    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListClaimsRequest { page_size: 250, page_token, ..pb::ListClaimsRequest::default() };
        let page = office.list_claims(request).await.unwrap().into_inner();
        seen.extend(page.claims.into_iter().map(|claim| claim.claim_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert!(seen.len() == 588 && seen.is_sorted_by(|newer, older| newer > older), "every claim once, newest first");
}

#[tokio::test]
async fn a_watcher_goes_on_from_its_token() {
    let node = Node::start().await;
    let mut office = node.claims("371500");
    for number in 0..3 {
        let request = submission(&format!("request-{number}"), claim(number, "371502"));
        office.submit_claim(request).await.unwrap();
    }
    let mut watch = async |token: &str, count: usize| {
        let request = pb::WatchClaimsRequest { resume_token: token.into(), region: String::new() };
        let changes = office.watch_claims(request).await.unwrap().into_inner();
        let changes = changes.map(|change| change.unwrap()).filter(|it| std::future::ready(it.claim.is_some()));
        timeout(PATIENCE, changes.take(count).collect::<Vec<_>>()).await.unwrap()
    };
    let all = watch("0", 3).await;
    let ids = |changes: &[pb::WatchClaimsResponse]| {
        changes.iter().map(|it| it.claim.as_ref().unwrap().claim_id.clone()).collect::<Vec<_>>()
    };
    let rest = watch(&all[0].resume_token, 2).await;
    assert_eq!(ids(&rest), ids(&all[1..]));
}

#[tokio::test]
async fn suspects_and_policy_answer() {
    let node = Node::start().await;
    let mut suspects = SuspectServiceClient::new(node.office("371500"));
    let mut pulled = suspects.pull_suspects(PullSuspectsRequest::default()).await.unwrap().into_inner();
    assert!(timeout(PATIENCE, pulled.next()).await.unwrap().is_none(), "caught up at once");
    assert!(suspects.list_suspects(ListSuspectsRequest::default()).await.unwrap().into_inner().suspects.is_empty());
    let bad = PullSuspectsRequest { resume_token: "x".into(), region: "37".into() };
    assert_eq!(reason(suspects.pull_suspects(bad).await), fault(Code::InvalidArgument, "FIELDS_INVALID"));

    let mut policy = PolicyServiceClient::new(node.office("371500"));
    let sheets = policy.list_sheets(ListSheetsRequest {}).await.unwrap().into_inner().sheets;
    assert_eq!(sheets.len(), 2);
    let sheet_id = sheets[0].sheet_id.clone();
    assert!(policy.get_sheet(GetSheetRequest { sheet_id }).await.unwrap().into_inner().text.contains("一(二)"));
    let missing = policy.get_sheet(GetSheetRequest { sheet_id: "none".into() }).await;
    assert_eq!(reason(missing), fault(Code::NotFound, "SHEET_UNKNOWN"));
    let declare = |region: &str| DeclareRiskAreaRequest {
        request_id: format!("declare-{region}"),
        declaration: Some(hufu::proto::policy::v1::Declaration {
            region: region.into(),
            kind: hufu::proto::policy::v1::DeclarationKind::RiskArea.into(),
            from: Some(hufu::proto::common::v1::Date { year: 2022, month: 3, day: 1 }),
            until: None,
            declared_at: None,
        }),
    };
    let entered = policy.declare_risk_area(declare("371502")).await.unwrap().into_inner().declaration.unwrap();
    let again = policy.declare_risk_area(declare("371502")).await.unwrap().into_inner().declaration.unwrap();
    assert!(entered.declared_at.is_some() && entered.declared_at == again.declared_at);
    let outside = policy.declare_risk_area(declare("370102")).await;
    assert_eq!(reason(outside), fault(Code::PermissionDenied, "REGION_OUTSIDE_CALLER"));
    let listed = policy.list_risk_areas(ListRiskAreasRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.declarations.len(), 1);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let node = Node::start().await;
    let mut large = claim(1, "371502");
    large.enterprise_name = "名".repeat(100 * 1_024);
    let mut office = node.claims("371500");
    let (code, _) = reason(office.submit_claim(submission("request-1", large.clone())).await);
    assert_eq!(code, Code::OutOfRange);
    // A stream takes more, and finds what is wrong with it.
    let request = pb::SubmitClaimsRequest { request_id: "request-1".into(), claim: Some(large) };
    let mut answers = office.submit_claims(stream::iter([request])).await.unwrap().into_inner();
    let answer = answers.next().await.unwrap().unwrap();
    assert!(matches!(answer.outcome, Some(Outcome::Refusal(it)) if it.reason == "FIELDS_INVALID"));
}

#[tokio::test]
async fn what_is_not_served_is_said_in_the_askers_own_way() {
    let node = Node::start().await;
    let mut upstream = TaxRegistryServiceClient::new(node.office("371500"));
    let unserved = upstream.get_enterprise_accounts(GetEnterpriseAccountsRequest::default()).await;
    assert_eq!(reason(unserved), fault(Code::Unimplemented, "METHOD_UNKNOWN"));
    let caller = node.ca.issue_caller("hufu://371500/a/b").unwrap();
    let get = async |client: Client<'_>, path: &str| client.get(node.address, &node.ca, path).await.unwrap();
    assert!(get(Client::with(&caller), "/nothing").await.starts_with("HTTP/1.1 404 "));
    let metrics = get(Client::with(&caller), "/metrics").await;
    assert!(metrics.starts_with("HTTP/1.1 200 ") && metrics.ends_with("hufu_up 1\n"), "{metrics}");
    assert!(get(Client::ANONYMOUS, "/metrics").await.starts_with("HTTP/1.1 403 "));
}

#[tokio::test]
async fn the_contracts_can_be_learned_from_the_node() {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    use tonic_reflection::pb::v1::{ServerReflectionRequest, ServiceResponse};

    let node = Node::start().await;
    let mut reflection = ServerReflectionClient::new(node.channel("hufu://371500/a/b"));
    let ask = |message_request| ServerReflectionRequest { host: String::new(), message_request: Some(message_request) };
    let questions = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("google.rpc.BadRequest".into())),
    ];
    let answers = reflection.server_reflection_info(stream::iter(questions)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.unwrap().message_response.unwrap()).collect().await;
    let [MessageResponse::ListServicesResponse(list), MessageResponse::FileDescriptorResponse(_)] = &answers[..] else {
        panic!("{answers:?}")
    };
    for name in ["hufu.claims.v1.ClaimService", "hufu.suspects.v1.SuspectService", "grpc.health.v1.Health"] {
        assert!(list.service.contains(&ServiceResponse { name: name.into() }), "{name}");
    }
}

#[tokio::test]
async fn a_drain_ends_every_stream_and_says_why() {
    let node = Node::start().await;
    let mut office = node.claims("371500");
    let watch = pb::WatchClaimsRequest::default();
    let mut watching = office.watch_claims(watch.clone()).await.unwrap().into_inner();
    let _never_read = office.watch_claims(watch).await.unwrap();
    let mut submitting = office.submit_claims(stream::pending()).await.unwrap().into_inner();
    let mut health = tonic_health::pb::health_client::HealthClient::new(node.office("371500"));
    let mut healthy = health.watch(tonic_health::pb::HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(healthy.next().await.unwrap().unwrap().status, 1);

    let took = node.end().await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    let down = fault(Code::Unavailable, "SHUTTING_DOWN");
    while let Some(message) = watching.next().await {
        if message.is_err() {
            assert_eq!(reason(message), down);
        }
    }
    assert_eq!(reason(submitting.next().await.unwrap()), down);
    assert_eq!(healthy.next().await.unwrap().unwrap().status, 2, "those who watch it hear that it goes");
}
