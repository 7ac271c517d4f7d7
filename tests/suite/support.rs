//! A node with its callers and the registries that it asks, so that a test reads as a story.
//!
//! Everything is real but the registries' records: sockets, mTLS, the database, the clock's pace. Everybody in it is invented.

pub(crate) mod claims;
pub(crate) mod database;
pub(crate) mod firms;
pub(crate) mod money;
pub(crate) mod people;
pub(crate) mod registries;
pub(crate) mod reviews;
pub(crate) mod suspects;
mod upstreams;
pub(crate) mod wire;

use std::path::{Path, PathBuf};
use std::time::Duration;

use hufu::cli::node::{self, RunningNode};
use hufu::config::{Environment, Settings, Upstream};
use hufu::domain::caller::Role;
use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::audit::v1::audit_service_client::AuditServiceClient;
use hufu::proto::claims::v1::claim_service_client::ClaimServiceClient;
use hufu::proto::clawback::v1::clawback_service_client::ClawbackServiceClient;
use hufu::proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use hufu::proto::policy::v1::policy_service_client::PolicyServiceClient;
use hufu::proto::pooling::v1::pooling_service_client::PoolingServiceClient;
use hufu::proto::reports::v1::report_service_client::ReportServiceClient;
use hufu::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use hufu::transport::client::{ClientTls, channel};
use hufu::transport::dev_pki::{DevCa, Pem};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

pub(crate) use database::Database;
use database::TestDatabase;
use registries::Registries;

/// What the node's clock shows when a story begins.
pub(crate) const STORY_BEGINS: &str = "2022-10-10T09:00:00+08:00";
/// No story takes nearly as long, however busy the machine is.
const STORY_ENDS_WITHIN: Duration = Duration::from_secs(150);
/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// A node that is up, with all that it needs.
pub(crate) struct Harness {
    pub(crate) registries: Registries,
    node: RunningNode,
    settings: Settings,
    ca: DevCa,
    database: TestDatabase,
    folder: TempDir,
}

impl Harness {
    /// Tells one story with a node of its own; afterwards the node must end well and its audit chain must hold.
    pub(crate) async fn tell(database: Database, story: impl AsyncFnOnce(&Self)) {
        Self::tell_with(database, |_| {}, story).await;
    }

    /// The same with other settings.
    pub(crate) async fn tell_with(
        database: Database,
        adjust: impl FnOnce(&mut Settings),
        story: impl AsyncFnOnce(&Self),
    ) {
        timeout(STORY_ENDS_WITHIN, async {
            let hufu = Self::start_with(database, adjust).await;
            story(&hufu).await;
            hufu.end().await;
        })
        .await
        .expect("the story ends in time");
    }

    /// A node with settings as in the demo.
    pub(crate) async fn start(database: Database) -> Self {
        Self::start_with(database, |_| {}).await
    }

    async fn start_with(database: Database, adjust: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = DevCa::create(today()).unwrap();
        std::fs::write(folder.path().join("ca.pem"), ca.cert_pem()).unwrap();
        let server = ca.issue_server(&["127.0.0.1"]).unwrap();
        server.save(folder.path(), "node").unwrap();
        ca.issue_caller("hufu://371500/liaocheng/hufu").unwrap().save(folder.path(), "asking").unwrap();

        let registries = Registries::default();
        let identity = Identity::from_pem(&server.cert, &server.key);
        let registries_at = registries.serve(identity, Certificate::from_pem(ca.cert_pem())).await;
        let database = TestDatabase::create(database, folder.path()).await;
        let mut settings = settings(folder.path(), &database, &format!("https://{registries_at}"));
        adjust(&mut settings);
        // The evening before the story.
        registries.date_answers(settings.node.story_clock.unwrap_or_else(today) - SignedDuration::from_hours(13));
        let node = start_node(&settings).await;
        Self { registries, node, settings, ca, database, folder }
    }

    /// Another node on the same database, as where there is more than one replica.
    pub(crate) async fn replica(&self) -> RunningNode {
        start_node(&self.settings).await
    }

    /// Ends the node well and starts it again on what it left.
    pub(crate) async fn restart(self) -> Self {
        let Self { registries, node, settings, ca, database, folder } = self;
        end_node(node).await;
        let node = start_node(&settings).await;
        Self { registries, node, settings, ca, database, folder }
    }

    /// Ends the node well and starts it again on another day.
    pub(crate) async fn restart_on(mut self, day: &str) -> Self {
        self.settings.node.story_clock = Some(day.parse().unwrap());
        self.restart().await
    }

    /// A calling system of a place, with these roles.
    pub(crate) fn caller(&self, region: &str, roles: &[Role]) -> Caller {
        self.caller_named(&name(region, "desk", roles))
    }

    /// A calling system by the name in its certificate.
    pub(crate) fn caller_named(&self, uri: &str) -> Caller {
        self.caller_at(&self.node, uri)
    }

    /// The same at another node.
    pub(crate) fn caller_at(&self, node: &RunningNode, uri: &str) -> Caller {
        let Pem { cert, key } = self.ca.issue_caller(uri.trim_end_matches('?')).unwrap();
        let tls = ClientTls {
            ca_pem: self.ca.cert_pem().into(),
            cert_pem: cert.into(),
            key_pem: key.into(),
            server_name: None,
        };
        Caller { channel: channel(&format!("https://{}", node.address), Some(tls)).unwrap() }
    }

    /// A system of a place that may do everything there.
    pub(crate) fn office(&self, region: &str) -> Caller {
        self.caller(region, &Role::ALL)
    }

    /// The same at another node.
    pub(crate) fn office_at(&self, node: &RunningNode, region: &str) -> Caller {
        self.caller_at(node, &name(region, "desk", &Role::ALL))
    }

    /// Somebody without a certificate.
    pub(crate) fn stranger(&self) -> Caller {
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.ca.cert_pem()));
        Caller { channel: Endpoint::from_shared(self.uri()).unwrap().tls_config(tls).unwrap().connect_lazy() }
    }

    /// Certificate and key of a caller in files, for programs that are not ours.
    pub(crate) fn caller_files(&self, region: &str, roles: &[Role]) -> CallerFiles {
        self.files_named("foreign", &name(region, "program", roles))
    }

    /// The same for any name in a certificate.
    pub(crate) fn files_named(&self, file_name: &str, uri: &str) -> CallerFiles {
        self.ca.issue_caller(uri).unwrap().save(self.folder.path(), file_name).unwrap();
        let file = |name: String| self.folder.path().join(name);
        CallerFiles {
            ca: file("ca.pem".to_owned()),
            cert: file(format!("{file_name}.pem")),
            key: file(format!("{file_name}.key")),
        }
    }

    pub(crate) fn uri(&self) -> String {
        format!("https://{}", self.node.address)
    }

    /// A folder that goes with the story.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the node and checks what it leaves behind.
    pub(crate) async fn end(self) {
        end_node(self.node).await;
        self.database.check_and_remove(self.folder.path()).await;
    }
}

/// The files that a foreign program is given.
pub(crate) struct CallerFiles {
    pub(crate) ca: PathBuf,
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// A calling system with its connection.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) channel: Channel,
}

impl Caller {
    pub(crate) fn claims(&self) -> ClaimServiceClient<Channel> {
        ClaimServiceClient::new(self.channel.clone())
    }

    pub(crate) fn suspect_desk(&self) -> SuspectServiceClient<Channel> {
        SuspectServiceClient::new(self.channel.clone())
    }

    pub(crate) fn audit(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.channel.clone())
    }

    pub(crate) fn clawback(&self) -> ClawbackServiceClient<Channel> {
        ClawbackServiceClient::new(self.channel.clone())
    }

    pub(crate) fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone())
    }

    pub(crate) fn reports(&self) -> ReportServiceClient<Channel> {
        ReportServiceClient::new(self.channel.clone())
    }

    pub(crate) fn pooling(&self) -> PoolingServiceClient<Channel> {
        PoolingServiceClient::new(self.channel.clone())
    }

    pub(crate) fn policy(&self) -> PolicyServiceClient<Channel> {
        PolicyServiceClient::new(self.channel.clone())
    }
}

async fn start_node(settings: &Settings) -> RunningNode {
    node::start(settings, None).await.unwrap_or_else(|failure| panic!("the node starts: {failure:?}"))
}

pub(crate) async fn end_node(node: RunningNode) {
    node.stop().await.unwrap_or_else(|failure| panic!("the node ends well: {failure:?}"));
}

/// What a caller's certificate says.
fn name(region: &str, system: &str, roles: &[Role]) -> String {
    let roles: Vec<_> = roles.iter().map(|role| format!("role={}", role.code())).collect();
    format!("hufu://{region}/office-{region}/{system}?{}", roles.join("&"))
}

/// As in the demo, but quick to ask again.
fn settings(folder: &Path, database: &TestDatabase, registries: &str) -> Settings {
    let file = |name: &str| folder.join(name);
    let mut settings = Settings::default();
    settings.node.listen.set_port(0);
    settings.node.environment = Environment::Development;
    settings.node.story_clock = Some(STORY_BEGINS.parse().unwrap());
    settings.database.url = database.url().to_owned();
    settings.database.key_file = file("master.key");
    settings.tls.certificate = file("node.pem");
    settings.tls.key = file("node.key");
    settings.tls.client_ca = file("ca.pem");
    settings.assess.first_pause_ms = 200;
    settings.assess.longest_pause_ms = 1_000;
    for owner in Owner::UPSTREAMS {
        let upstream = Upstream {
            uri: registries.to_owned(),
            ca: None,
            certificate: Some(file("asking.pem")),
            key: Some(file("asking.key")),
            server_name: None,
            total_deadline_ms: None,
            attempt_timeout_ms: None,
            max_concurrent: None,
        };
        settings.upstream.insert(owner, upstream);
    }
    settings
}

/// Looks again and again until there is something to see.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "in vain waited until {what}");
        sleep(LOOK_EVERY).await;
    }
}

/// A request id that was never used.
pub(crate) fn fresh_request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[expect(clippy::disallowed_methods, reason = "TLS checks certificates against the machine's clock")]
fn today() -> Timestamp {
    Timestamp::now()
}

/// Runs each story once over SQLite and once over PostgreSQL.
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        $(
            mod $story {
                use crate::support::{Database, Harness};

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_sqlite() {
                    Harness::tell(Database::Sqlite, super::$story).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_postgres() {
                    Harness::tell(Database::Postgres, super::$story).await;
                }
            }
        )+
    };
}
pub(crate) use on_both_databases;
