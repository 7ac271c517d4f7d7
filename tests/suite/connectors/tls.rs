//! Over mutual TLS, and what happens to settings and certificates that do not fit.

use std::sync::Arc;
use std::time::Duration;

use hufu::connectors::{ConnectorError, Limits, Registries};
use hufu::domain::eligibility::evidence::{MissingCause, Owner};
use hufu::proto::credential::v1 as pb;
use hufu::transport::client::ClientTls;
use hufu::transport::dev_pki::DevCa;
use jiff::Timestamp;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use super::batches::results;
use super::fake::Fake;
use super::{calm, cause, inquiry, now, persons, registries};

const CALLER: &str = "hufu://371500/lc-hrss/hufu?role=registries.read";

#[expect(clippy::disallowed_methods, reason = "TLS checks certificates against the machine's clock")]
fn authority() -> DevCa {
    DevCa::create(Timestamp::now()).unwrap()
}

/// A registry that insists on certificates of this authority.
async fn serve(ca: &DevCa) -> (Arc<Fake>, String) {
    let pem = ca.issue_server(&["localhost"]).unwrap();
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(&pem.cert, &pem.key))
        .client_ca_root(Certificate::from_pem(ca.cert_pem()));
    let fake = Arc::new(Fake::default());
    fake.diplomas.answers(|request, _| Ok(pb::BatchGetDiplomasResponse { results: results(&request) }));
    let address = fake.serve(Server::builder().tls_config(tls).unwrap()).await;
    (fake, format!("https://localhost:{}", address.port()))
}

fn client_tls(trusted: &DevCa, issuer: &DevCa, server_name: Option<&str>) -> ClientTls {
    let pem = issuer.issue_caller(CALLER).unwrap();
    ClientTls {
        ca_pem: trusted.cert_pem().into(),
        cert_pem: pem.cert.into(),
        key_pem: pem.key.into(),
        server_name: server_name.map(str::to_owned),
    }
}

async fn ask(uri: &str, tls: ClientTls) -> Option<MissingCause> {
    let limits = Limits { attempt_timeout: Duration::from_secs(10), ..calm() };
    let registries: Registries = registries(uri, Some(tls), &limits).unwrap();
    let answers = registries.credentials(&persons(1), &inquiry(), now()).await;
    cause(answers.values().next().unwrap())
}

#[tokio::test]
async fn both_sides_show_certificates_that_the_other_trusts() {
    let (ours, theirs) = (authority(), authority());
    let (fake, uri) = serve(&ours).await;
    assert_eq!(ask(&uri, client_tls(&ours, &ours, None)).await, None);
    assert_eq!(ask(&uri, client_tls(&ours, &ours, Some("localhost"))).await, None);
    let by_address = uri.replace("localhost", "127.0.0.1");
    assert_eq!(ask(&by_address, client_tls(&ours, &ours, Some("localhost"))).await, None);
    let reached = fake.diplomas.calls();
    for tls in [
        // A server that nobody vouches for, a caller that nobody vouches for, a server of another name.
        client_tls(&theirs, &ours, None),
        client_tls(&ours, &theirs, None),
        client_tls(&ours, &ours, Some("registry.example")),
    ] {
        assert_eq!(ask(&uri, tls).await, Some(MissingCause::Unavailable));
    }
    assert_eq!(fake.diplomas.calls(), reached);
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_start() {
    let ca = authority();
    let tls = || Some(client_tls(&ca, &ca, None));
    let is_channel = |it: Result<Registries, ConnectorError>| matches!(it, Err(ConnectorError::Channel { .. }));
    assert!(is_channel(registries("http://localhost:1", tls(), &calm())));
    assert!(is_channel(registries("https://localhost:1", None, &calm())));
    assert!(is_channel(registries("localhost", None, &calm())));
    let missing = Registries::connect(&Default::default(), "hufu-test".to_owned());
    assert!(matches!(missing, Err(ConnectorError::NotConfigured(Owner::TaxRegistry))));
    for limits in [
        Limits { max_concurrent: 0, ..calm() },
        Limits { max_concurrent: usize::MAX, ..calm() },
        Limits { attempts_max: 0, ..calm() },
        Limits { total_deadline: Duration::ZERO, ..calm() },
        Limits { retry_reserve_per_second: u32::MAX, ..calm() },
        Limits { breaker_failure_percent: 0, ..calm() },
        Limits { breaker_failure_percent: 101, ..calm() },
        Limits { breaker_calls_min: 0, ..calm() },
    ] {
        let refused = registries("http://localhost:1", None, &limits);
        assert!(matches!(refused, Err(ConnectorError::Limits { .. })), "{limits:?}");
    }
    assert!(registries("http://localhost:1", None, &Limits::default()).is_ok());
}
