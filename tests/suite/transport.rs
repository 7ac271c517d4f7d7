//! The listener over real sockets: who is let in, that nobody holds up anybody else, and that it always ends.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::routing::get;
use axum::{Extension, Router};
use hufu::transport::dev_pki::{DevCa, Pem};
use hufu::transport::listener::{Limits, serve};
use hufu::transport::peer::{Identity, Peer};
use hufu::transport::tls::{ServerTls, TlsSource};
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

const OFFICE: &str = "hufu://371500/lc-hrss/office?role=claims.read";
/// Longer than anything here should take; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

#[expect(clippy::disallowed_methods, reason = "TLS checks certificates against the machine's clock")]
fn days_from_now(days: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(24 * days)
}

/// A listener with two routes: `/who` says who calls, `/forever` answers without end.
struct Server {
    address: SocketAddr,
    ca: DevCa,
    shutdown: CancellationToken,
    served: JoinHandle<io::Result<()>>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let ca = DevCa::create(days_from_now(0)).unwrap();
        let source = server_tls(&ca, &ca).source().unwrap();
        Self::start_with(ca, source, limits).await
    }

    async fn start_with(ca: DevCa, tls: TlsSource, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(serve(listener, tls, app(), shutdown.clone().cancelled_owned(), limits));
        Self { address, ca, shutdown, served }
    }

    /// What `/who` answers to a client with this certificate.
    async fn who(&self, client: Client<'_>) -> io::Result<String> {
        let mut stream = self.connect(client).await?;
        get_path(&mut stream, "/who").await
    }

    async fn connect(&self, client: Client<'_>) -> io::Result<TlsStream<TcpStream>> {
        client.connect(self.address, &self.ca).await
    }

    /// Tells it to end; how long that took.
    async fn end(self) -> Duration {
        let start = Instant::now();
        self.shutdown.cancel();
        timeout(PATIENCE, self.served).await.unwrap().unwrap().unwrap();
        start.elapsed()
    }
}

fn server_tls(server_ca: &DevCa, client_ca: &DevCa) -> ServerTls {
    let Pem { cert, key } = server_ca.issue_server(&["localhost", "127.0.0.1"]).unwrap();
    ServerTls { cert_pem: cert.into(), key_pem: key.into(), client_ca_pem: client_ca.cert_pem().into() }
}

fn app() -> Router {
    async fn who(Extension(peer): Extension<Arc<Peer>>) -> String {
        match &peer.identity {
            Identity::Anonymous => "nobody".into(),
            Identity::Named(name) => name.to_string(),
            Identity::Malformed(error) => error.to_string(),
        }
    }
    async fn forever() -> Body {
        let first = futures::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"first"))]);
        Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()))
    }
    Router::new().route("/who", get(who)).route("/forever", get(forever))
}

/// A client that speaks TLS and nothing else by itself.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    certificate: Option<&'a Pem>,
    protocol: &'static [u8],
    version: &'static SupportedProtocolVersion,
}

impl<'a> Client<'a> {
    pub(crate) const ANONYMOUS: Client<'static> =
        Client { certificate: None, protocol: b"http/1.1", version: &version::TLS13 };

    pub(crate) fn with(certificate: &'a Pem) -> Self {
        Self { certificate: Some(certificate), ..Self::ANONYMOUS }
    }

    async fn connect(self, address: SocketAddr, ca: &DevCa) -> io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address).await?;
        let connector = TlsConnector::from(Arc::new(self.config(ca)));
        connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
    }

    /// A whole answer to one request, head and body.
    pub(crate) async fn get(self, address: SocketAddr, ca: &DevCa, path: &str) -> io::Result<String> {
        ask(&mut self.connect(address, ca).await?, path).await
    }

    fn config(self, ca: &DevCa) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(ca.cert_pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[self.version]).unwrap();
        let config = config.with_root_certificates(roots);
        let mut config = match self.certificate {
            None => config.with_no_client_auth(),
            Some(Pem { cert, key }) => {
                let chain = vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()];
                config.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
            }
        };
        config.alpn_protocols = vec![self.protocol.to_vec()];
        config
    }
}

/// Asks over HTTP/1.1 and reads until the server closes.
async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> io::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("no answer and no end")?;
    Ok(String::from_utf8(answer).unwrap())
}

async fn get_path(stream: &mut TlsStream<TcpStream>, path: &str) -> io::Result<String> {
    let answer = ask(stream, path).await?;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    Ok(answer.rsplit("\r\n\r\n").next().unwrap().to_owned())
}

/// Waits for the server to close a connection; what it had sent before.
async fn read_until_closed(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut sent = Vec::new();
    // Closed with a reset or an alert is closed, too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut sent)).await.expect("still open");
    sent
}

#[tokio::test]
async fn only_a_good_certificate_names_a_caller() {
    let server = Server::start(Limits::default()).await;
    let good = server.ca.issue_caller(OFFICE).unwrap();
    assert_eq!(server.who(Client::with(&good)).await.unwrap(), OFFICE);
    let old_protocol = Client { version: &version::TLS12, ..Client::with(&good) };
    assert_eq!(server.who(old_protocol).await.unwrap(), OFFICE);
    assert_eq!(server.who(Client::ANONYMOUS).await.unwrap(), "nobody");
    let nameless = server.ca.issue_caller("spiffe://elsewhere/a").unwrap();
    assert!(server.who(Client::with(&nameless)).await.unwrap().contains("no hufu URI"));
    let misnamed = server.ca.issue_caller("hufu://371500/a").unwrap();
    assert!(server.who(Client::with(&misnamed)).await.unwrap().contains("name is not"));

    let dir = tempfile::tempdir().unwrap();
    server.ca.save(dir.path()).unwrap();
    let at = |days| DevCa::load(dir.path(), days_from_now(days)).unwrap();
    let refused = [
        ("another authority", DevCa::create(days_from_now(0)).unwrap().issue_caller(OFFICE).unwrap()),
        ("expired", at(-91).issue_caller(OFFICE).unwrap()),
        ("not yet valid", at(1).issue_caller(OFFICE).unwrap()),
        ("for servers", server.ca.issue_server(&["localhost"]).unwrap()),
    ];
    for (what, certificate) in &refused {
        for version in [&version::TLS13, &version::TLS12] {
            let client = Client { version, ..Client::with(certificate) };
            assert!(server.who(client).await.is_err(), "{what}");
        }
    }
}

#[tokio::test]
async fn a_client_refuses_a_server_of_another_authority() {
    let ca = DevCa::create(days_from_now(0)).unwrap();
    let other = DevCa::create(days_from_now(0)).unwrap();
    let source = server_tls(&other, &ca).source().unwrap();
    let server = Server::start_with(ca, source, Limits::default()).await;
    assert!(server.who(Client::ANONYMOUS).await.is_err());
}

#[tokio::test]
async fn certificates_change_while_it_runs() {
    let (old, new) = (DevCa::create(days_from_now(0)).unwrap(), DevCa::create(days_from_now(0)).unwrap());
    let (sender, source) = watch::channel(server_tls(&old, &old).config().unwrap());
    let mut server = Server::start_with(old, source, Limits::default()).await;
    let mut open = server.connect(Client::ANONYMOUS).await.unwrap();
    sender.send(server_tls(&new, &new).config().unwrap()).unwrap();
    assert!(server.who(Client::ANONYMOUS).await.is_err(), "the old authority is no longer the server's");
    assert_eq!(get_path(&mut open, "/who").await.unwrap(), "nobody", "an open connection is not touched");
    let caller = new.issue_caller(OFFICE).unwrap();
    server.ca = new;
    assert_eq!(server.who(Client::with(&caller)).await.unwrap(), OFFICE);
}

#[tokio::test]
async fn slow_handshakes_hold_up_nobody_else() {
    let server = Server::start(Limits::default()).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    let start = Instant::now();
    assert_eq!(server.who(Client::ANONYMOUS).await.unwrap(), "nobody");
    assert!(start.elapsed() < Limits::default().handshake);
}

#[tokio::test]
async fn silent_clients_are_hung_up_on_and_make_room() {
    let short = Duration::from_millis(200);
    let limits = Limits { handshakes: 2, handshake: short, opening: short, ..Limits::default() };
    let server = Server::start(limits).await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    assert_eq!(server.who(Client::ANONYMOUS).await.unwrap(), "nobody", "after those in front of it were hung up on");
    for stream in &mut silent {
        assert!(read_until_closed(stream).await.is_empty());
    }
    for protocol in [&b"h2"[..], b"http/1.1"] {
        let mut stream = server.connect(Client { protocol, ..Client::ANONYMOUS }).await.unwrap();
        read_until_closed(&mut stream).await;
    }
}

#[tokio::test]
async fn one_connection_too_many_is_closed() {
    let server = Server::start(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = server.connect(Client::ANONYMOUS).await.unwrap();
    assert!(server.connect(Client::ANONYMOUS).await.is_err());
    assert_eq!(get_path(&mut first, "/who").await.unwrap(), "nobody");
}

#[tokio::test]
async fn an_old_connection_is_ended() {
    let limits = Limits { age: Duration::from_millis(200), age_grace: Duration::from_millis(200), ..Limits::default() };
    let server = Server::start(limits).await;
    let mut stream = server.connect(Client::ANONYMOUS).await.unwrap();
    stream.write_all(b"GET /forever HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let sent = read_until_closed(&mut stream).await;
    assert!(String::from_utf8_lossy(&sent).contains("first"));
}

#[tokio::test]
async fn a_drain_ends_although_clients_stay() {
    let drain = Duration::from_millis(500);
    let server = Server::start(Limits { drain, ..Limits::default() }).await;
    let _idle = server.connect(Client::ANONYMOUS).await.unwrap();
    let mut busy = server.connect(Client::ANONYMOUS).await.unwrap();
    busy.write_all(b"GET /forever HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut byte = [0];
    busy.read_exact(&mut byte).await.unwrap();
    let _handshaking = TcpStream::connect(server.address).await.unwrap();
    let took = server.end().await;
    assert!((drain..drain + Duration::from_secs(5)).contains(&took), "{took:?}");
    read_until_closed(&mut busy).await;
}

#[tokio::test]
async fn a_drain_of_idle_connections_takes_no_time() {
    let server = Server::start(Limits::default()).await;
    let mut idle = server.connect(Client::ANONYMOUS).await.unwrap();
    let _handshaking = TcpStream::connect(server.address).await.unwrap();
    let address = server.address;
    let took = server.end().await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    read_until_closed(&mut idle).await;
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
}
