//! A node as operators run it: the built program with its settings in a file, killed and started again.

pub(crate) mod database;

use std::fs::{self, OpenOptions};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use hufu::config::{Settings, Upstream};
use hufu::domain::eligibility::evidence::Owner;
use hufu::store::Keys;
use hufu::transport::client::{ClientTls, channel};
use hufu::transport::dev_pki::{DevCa, Pem};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::leaks::scanner::Scanner;

pub(crate) use database::Engine;
use database::TestDatabase;

/// A debug build on a machine that builds something else meanwhile; only a failing test waits for it.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// Far longer than a node may take to stop, so that the measured time says by how much it was too slow.
const EXIT_LIMIT: Duration = Duration::from_secs(60);
/// As much of the log as helps to see why a node did not come up.
const LOG_TAIL_BYTES: usize = 4_000;
/// Nobody listens there: a registry that is down.
const CLOSED: &str = "https://127.0.0.1:1";

/// Every role a caller may have.
pub(crate) const ALL_ROLES: &str = "role=claims.submit&role=claims.read&role=claims.review&role=claims.approve\
&role=suspects.read&role=suspects.judge&role=policy.declare&role=pooling.file&role=pooling.run&role=money.read\
&role=clawback.handle&role=clawback.approve";

/// One node: its folder, its certificates, its database, and its process while it runs.
///
/// Dropped, it is killed, and everything that it ever printed is scanned for identity numbers.
pub(crate) struct NodeProcess {
    folder: TempDir,
    settings: Settings,
    ca: DevCa,
    child: Option<Child>,
    database: TestDatabase,
}

/// How a node ended.
#[derive(Debug)]
pub(crate) struct Exited {
    pub(crate) status: ExitStatus,
    pub(crate) took: Duration,
}

impl NodeProcess {
    /// Writes the settings and certificates of a node over a database of its own. All registries are down unless `adjust` says
    /// where they are.
    pub(crate) async fn prepare(engine: Engine, adjust: impl FnOnce(&mut Settings)) -> Self {
        let folder = new_folder();
        let database = TestDatabase::create(engine, folder.path()).await;
        let node = Self::furnish(folder, database, adjust);
        // A node makes the key of a new embedded database by itself, of a shared one never.
        if engine == Engine::Postgres {
            Keys::generate().unwrap().write(&node.settings.database.key_file).unwrap();
        }
        node
    }

    /// A node over a copy of this one's database. This one is stopped.
    pub(crate) async fn copy(&self, adjust: impl FnOnce(&mut Settings)) -> Self {
        assert!(self.child.is_none(), "runs: its database is not at rest");
        let folder = new_folder();
        let database = self.database.copy(folder.path()).await;
        let node = Self::furnish(folder, database, adjust);
        fs::copy(&self.settings.database.key_file, &node.settings.database.key_file).unwrap();
        node
    }

    /// Another node on the same database, which must outlive it.
    pub(crate) fn beside(&self, adjust: impl FnOnce(&mut Settings)) -> Self {
        let node = Self::furnish(new_folder(), self.database.shared(), adjust);
        fs::copy(&self.settings.database.key_file, &node.settings.database.key_file).unwrap();
        node
    }

    fn furnish(folder: TempDir, database: TestDatabase, adjust: impl FnOnce(&mut Settings)) -> Self {
        let ca = DevCa::create(now()).unwrap();
        ca.save(folder.path()).unwrap();
        let listen = own_address();
        ca.issue_server(&[&listen.ip().to_string(), "localhost"]).unwrap().save(folder.path(), "node").unwrap();
        ca.issue_caller("hufu://000000/hufu/node").unwrap().save(folder.path(), "node-client").unwrap();

        let mut settings = Settings::default();
        settings.node.listen = listen;
        settings.database.url = database.url().to_owned();
        settings.database.key_file = folder.path().join("master.key");
        settings.tls.certificate = folder.path().join("node.pem");
        settings.tls.key = folder.path().join("node.key");
        settings.tls.client_ca = folder.path().join("ca.pem");
        settings.tls.client_certificate = folder.path().join("node-client.pem");
        settings.tls.client_key = folder.path().join("node-client.key");
        settings.upstream = Owner::UPSTREAMS.map(|owner| (owner, upstream(CLOSED))).into();
        adjust(&mut settings);
        let node = Self { folder, settings, ca, child: None, database };
        node.write_settings();
        node
    }

    /// Changes settings, for the next start.
    pub(crate) fn adjust(&mut self, adjust: impl FnOnce(&mut Settings)) {
        adjust(&mut self.settings);
        self.write_settings();
    }

    fn write_settings(&self) {
        fs::write(self.config_file(), toml::to_string(&self.settings).unwrap()).unwrap();
    }

    /// Starts the process and waits until it serves.
    pub(crate) async fn start(&mut self) {
        self.spawn();
        self.wait_until_ready().await;
    }

    /// Starts the process armed, so that it ends itself at a point of the money's path, and waits until it serves.
    pub(crate) async fn start_armed(&mut self, crash_at: &str) {
        self.spawn_with(&["--crash-at", crash_at]);
        self.wait_until_ready().await;
    }

    /// Starts the process and waits for nothing.
    pub(crate) fn spawn(&mut self) {
        self.spawn_with(&[]);
    }

    fn spawn_with(&mut self, arguments: &[&str]) {
        assert!(self.child.is_none(), "runs already");
        let log = OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.command();
        command
            .arg("serve")
            .arg("--config")
            .arg(self.config_file())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log));
        self.child = Some(command.kill_on_drop(true).spawn().unwrap());
    }

    /// Asks for the node's health until it serves.
    pub(crate) async fn wait_until_ready(&mut self) {
        let mut health = HealthClient::new(self.caller("000000", "probe", ""));
        let start = Instant::now();
        loop {
            let answer = timeout(Duration::from_secs(5), health.check(HealthCheckRequest::default())).await;
            if matches!(&answer, Ok(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving) {
                return;
            }
            let ended = self.child.as_mut().expect("was started").try_wait().unwrap();
            if ended.is_some() || start.elapsed() > READY_LIMIT {
                panic!("the node does not serve ({ended:?}, {answer:?}):\n{}", self.log_tail());
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Kills the process as a power cut would: SIGKILL.
    pub(crate) async fn kill(&mut self) {
        self.child.take().expect("was started").kill().await.unwrap();
    }

    /// Whether the process has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Sends SIGTERM and waits for nothing.
    pub(crate) async fn signal_terminate(&self) {
        self.signal("TERM").await;
    }

    /// Sends a signal by its name, such as `STOP`, and waits for nothing.
    pub(crate) async fn signal(&self, name: &str) {
        let process = self.child.as_ref().and_then(Child::id).expect("runs");
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status().await.unwrap();
        assert!(sent.success(), "SIG{name} could not be sent");
    }

    /// Waits for the process to end by itself.
    pub(crate) async fn wait_for_exit(&mut self) -> Exited {
        let start = Instant::now();
        let mut child = self.child.take().expect("was started");
        match timeout(EXIT_LIMIT, child.wait()).await {
            Ok(status) => Exited { status: status.unwrap(), took: start.elapsed() },
            Err(_) => panic!("the node did not stop within {EXIT_LIMIT:?}:\n{}", self.log_tail()),
        }
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) async fn terminate(&mut self) -> Exited {
        self.signal_terminate().await;
        self.wait_for_exit().await
    }

    /// Runs another subcommand in the node's folder, to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).stdin(Stdio::null()).output().await.unwrap()
    }

    /// The program, in the node's folder, without the settings of whoever runs the tests.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hufu"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HUFU")) {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path()).env("RUST_BACKTRACE", "1");
        command
    }

    /// A channel of a calling system with a certificate of its own. It connects when it is first used, and again after a restart.
    pub(crate) fn caller(&self, region: &str, system: &str, roles: &str) -> Channel {
        let name = format!("hufu://{region}/test/{system}");
        self.caller_named(&if roles.is_empty() { name } else { format!("{name}?{roles}") })
    }

    /// A channel of a caller whose certificate bears this URI.
    pub(crate) fn caller_named(&self, uri: &str) -> Channel {
        let Pem { cert, key } = self.ca.issue_caller(uri).unwrap();
        let ca_pem = self.ca.cert_pem().into();
        let tls = ClientTls { ca_pem, cert_pem: cert.into(), key_pem: key.into(), server_name: None };
        channel(&self.uri(), Some(tls)).unwrap()
    }

    /// The same for a command line: the arguments by which a subcommand reaches the node.
    pub(crate) fn connection_arguments(&self, region: &str, system: &str, roles: &str) -> Vec<String> {
        let pem = self.ca.issue_caller(&format!("hufu://{region}/test/{system}?{roles}")).unwrap();
        pem.save(self.folder.path(), system).unwrap();
        let file = |name: String| self.folder.path().join(name).display().to_string();
        let (ca, cert, key) = (file("ca.pem".to_owned()), file(format!("{system}.pem")), file(format!("{system}.key")));
        [("--server", self.uri()), ("--ca", ca), ("--cert", cert), ("--key", key)]
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect()
    }

    /// Where it serves.
    pub(crate) fn uri(&self) -> String {
        format!("https://{}", self.settings.node.listen)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything its processes printed so far.
    pub(crate) fn log(&self) -> Vec<u8> {
        fs::read(self.log_file()).unwrap_or_default()
    }

    /// Its settings as a file.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.path().join("hufu.toml")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("node.log")
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_TAIL_BYTES)..]).into_owned()
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.start_kill();
            // What it still prints is scanned as well; a killed process is gone in a moment.
            while matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        if std::thread::panicking() {
            eprintln!("the end of the node's log:\n{}", self.log_tail());
            return;
        }
        let findings = Scanner::generic().scan("node log", &self.log());
        assert!(findings.is_empty(), "a node of this test printed identity numbers:\n{}", findings.join("\n"));
    }
}

fn new_folder() -> TempDir {
    tempfile::Builder::new().prefix("hufu-node.").tempdir().unwrap()
}

/// How a registry at this address is reached, with the node's own certificates.
pub(crate) fn upstream(uri: &str) -> Upstream {
    Upstream {
        uri: uri.to_owned(),
        ca: None,
        certificate: None,
        key: None,
        server_name: None,
        total_deadline_ms: None,
        attempt_timeout_ms: None,
        max_concurrent: None,
    }
}

/// The machine's time: certificates are checked against it.
#[expect(clippy::disallowed_methods, reason = "TLS checks certificates against the machine's clock")]
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// An address of this test process alone, and a port of this node alone: nobody takes it while the node is down.
fn own_address() -> SocketAddr {
    static NEXT_PORT: AtomicU16 = AtomicU16::new(7_443);
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, a.saturating_add(1), b, c);
    SocketAddr::new(IpAddr::V4(address), NEXT_PORT.fetch_add(1, Ordering::Relaxed))
}
