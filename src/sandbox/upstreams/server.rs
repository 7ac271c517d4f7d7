//! The listeners: one port an upstream, mTLS when certificates are given, health and reflection on each.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures::Stream;
use futures::stream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Router;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use super::award_history::AwardHistory;
use super::bank::Bank;
use super::counter::Counter;
use super::credential::Credential;
use super::desk::Desk;
use super::employment::Employment;
use super::finance::Finance;
use super::insurance::Insurance;
use super::tax_registry::TaxRegistry;
use crate::clock::Clock;
use crate::domain::identity::BankAccount;
use crate::proto;
use crate::proto::awardhistory::v1::award_history_service_server::AwardHistoryServiceServer;
use crate::proto::bank::v1::bank_service_server::BankServiceServer;
use crate::proto::credential::v1::credential_service_server::CredentialServiceServer;
use crate::proto::employment::v1::employment_service_server::EmploymentServiceServer;
use crate::proto::finance::v1::finance_service_server::FinanceServiceServer;
use crate::proto::insurance::v1::insurance_service_server::InsuranceServiceServer;
use crate::proto::taxregistry::v1::tax_registry_service_server::TaxRegistryServiceServer;
use crate::sandbox::corrections::Corrections;
use crate::sandbox::faults::{self, Fault, FaultSwitch, Upstream};
use crate::sandbox::population::{World, story_start};
use crate::sandbox::vault::{Vault, VaultError};

/// How long calls that are under way may take after the sandbox is told to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);
/// A peer that is gone without a word is noticed after this long.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// How long a listener rests after it could not accept, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Longer than any caller waits for an answer.
const SILENCE: Duration = Duration::from_secs(60);

/// The server's certificate, and the authority whose certificates callers must show.
#[derive(Clone)]
pub struct ServerTls {
    pub cert_pem: String,
    pub key_pem: String,
    pub client_ca_pem: String,
}

/// How the sandbox listens and fails.
#[derive(Clone)]
pub struct SandboxSettings {
    /// Where each upstream listens; any free port of this machine where nothing is said.
    pub bind: BTreeMap<Upstream, SocketAddr>,
    /// Without it the sandbox speaks plain HTTP/2.
    pub tls: Option<ServerTls>,
    pub faults: FaultSwitch,
    /// A file of switches to follow while the sandbox runs.
    pub switches_file: Option<PathBuf>,
    /// The clock by which answers are dated.
    pub clock: Clock,
    /// Where the bank and finance keep what they remember, to have it again after a restart; in memory alone where nothing is said.
    pub journal: Option<PathBuf>,
    /// Accounts at the bank besides those of the world's enterprises, and whose they are. Others are opened by the first money that
    /// comes in from outside; a payment to them comes back.
    pub accounts: Vec<(BankAccount, String)>,
    /// How long bank and finance keep a call open that they do not answer.
    pub silence: Duration,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            bind: BTreeMap::new(),
            tls: None,
            faults: FaultSwitch::default(),
            switches_file: None,
            clock: Clock::Fixed(story_start()),
            journal: None,
            accounts: Vec::new(),
            silence: SILENCE,
        }
    }
}

/// Why the sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("{upstream} cannot listen on {address}")]
    Bind { upstream: &'static str, address: SocketAddr, source: io::Error },
    #[error("certificate, key or authority is not usable")]
    Tls(#[source] tonic::transport::Error),
    #[error("journal cannot be kept")]
    Journal(#[source] io::Error),
    #[error("bank account cannot be opened")]
    Account(#[from] VaultError),
    #[error("descriptors for reflection are not usable")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The upstreams, played.
pub struct Sandbox;

impl Sandbox {
    /// Starts all servers; they answer when this returns.
    pub async fn start(world: Arc<World>, settings: SandboxSettings) -> Result<Running, SandboxError> {
        let vault = Vault::start(&world, settings.journal.as_deref(), settings.faults.clone(), settings.clock);
        let vault = Ending(vault.map_err(SandboxError::Journal)?);
        for (account, name) in &settings.accounts {
            vault.0.open(account, name)?;
        }
        let corrections = Corrections::default();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let mut addrs = BTreeMap::new();
        for upstream in Upstream::ALL {
            let address = settings.bind.get(&upstream).copied().unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
            let unbound = |source| SandboxError::Bind { upstream: upstream.code(), address, source };
            let listener = TcpListener::bind(address).await.map_err(unbound)?;
            addrs.insert(upstream, listener.local_addr().map_err(unbound)?);
            let desk = Desk {
                world: Arc::clone(&world),
                upstream,
                faults: settings.faults.clone(),
                clock: settings.clock,
                corrections: corrections.clone(),
            };
            let counter = Counter {
                upstream,
                vault: vault.0.clone(),
                faults: settings.faults.clone(),
                silence: settings.silence,
                stop: stop.clone(),
                calls: Arc::new(AtomicU64::new(0)),
            };
            let router = router(desk, counter, settings.tls.as_ref()).await?;
            let incoming = incoming(listener, settings.faults.clone(), upstream);
            let stopped = stop.clone().cancelled_owned();
            tasks.spawn(async move {
                if let Err(error) = router.serve_with_incoming_shutdown(incoming, stopped).await {
                    tracing::error!(upstream = upstream.code(), %error, "sandbox server ended");
                }
            });
        }
        if let Some(path) = settings.switches_file {
            let (switch, stopped) = (settings.faults.clone(), stop.clone());
            tasks.spawn(async move {
                stopped.run_until_cancelled(faults::follow(&path, &switch)).await;
            });
        }
        Ok(Running { addrs, faults: settings.faults, corrections, stop, vault, tasks })
    }
}

/// A sandbox that answers. Dropped, it ends at once.
pub struct Running {
    /// Where each upstream listens.
    pub addrs: BTreeMap<Upstream, SocketAddr>,
    /// What ails them.
    pub faults: FaultSwitch,
    /// What the tax department corrects.
    pub corrections: Corrections,
    stop: CancellationToken,
    vault: Ending,
    tasks: JoinSet<()>,
}

/// Ends the vault with whoever holds it, so that its journal can be opened again.
struct Ending(Vault);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Running {
    /// Where an upstream listens.
    pub fn addr(&self, upstream: Upstream) -> SocketAddr {
        self.addrs.get(&upstream).copied().unwrap_or((Ipv4Addr::UNSPECIFIED, 0).into())
    }

    /// What bank and finance remember.
    pub fn vault(&self) -> &Vault {
        &self.vault.0
    }

    /// Lets the calls under way finish, within a bound, and ends.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_LIMIT, drained).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

async fn router(desk: Desk, counter: Counter, tls: Option<&ServerTls>) -> Result<Router, SandboxError> {
    let mut server = Server::builder().http2_keepalive_interval(Some(KEEPALIVE_INTERVAL));
    if let Some(tls) = tls {
        // An authority for clients makes a client's certificate mandatory.
        let config = ServerTlsConfig::new()
            .identity(Identity::from_pem(&tls.cert_pem, &tls.key_pem))
            .client_ca_root(Certificate::from_pem(&tls.client_ca_pem));
        server = server.tls_config(config).map_err(SandboxError::Tls)?;
    }
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let (health, health_service) = tonic_health::server::health_reporter();
    // Many clients know only the older of the two.
    let router = server
        .add_service(described().build_v1()?)
        .add_service(described().build_v1alpha()?)
        .add_service(health_service);
    Ok(match desk.upstream {
        Upstream::TaxRegistry => {
            health.set_serving::<TaxRegistryServiceServer<TaxRegistry>>().await;
            router.add_service(TaxRegistryServiceServer::new(TaxRegistry(desk)))
        }
        Upstream::Credential => {
            health.set_serving::<CredentialServiceServer<Credential>>().await;
            router.add_service(CredentialServiceServer::new(Credential(desk)))
        }
        Upstream::Insurance => {
            health.set_serving::<InsuranceServiceServer<Insurance>>().await;
            router.add_service(InsuranceServiceServer::new(Insurance(desk)))
        }
        Upstream::Employment => {
            health.set_serving::<EmploymentServiceServer<Employment>>().await;
            router.add_service(EmploymentServiceServer::new(Employment(desk)))
        }
        Upstream::AwardHistory => {
            health.set_serving::<AwardHistoryServiceServer<AwardHistory>>().await;
            router.add_service(AwardHistoryServiceServer::new(AwardHistory(desk)))
        }
        Upstream::Finance => {
            health.set_serving::<FinanceServiceServer<Finance>>().await;
            router.add_service(FinanceServiceServer::new(Finance(counter)))
        }
        Upstream::Bank => {
            health.set_serving::<BankServiceServer<Bank>>().await;
            router.add_service(BankServiceServer::new(Bank(counter)))
        }
    })
}

/// Connections as they come; while the upstream refuses, each is dropped.
fn incoming(
    listener: TcpListener,
    faults: FaultSwitch,
    upstream: Upstream,
) -> impl Stream<Item = io::Result<TcpStream>> + Send {
    stream::unfold((listener, faults), move |(listener, faults)| async move {
        loop {
            match listener.accept().await {
                Ok(_) if faults.get(upstream) == Fault::Refusing => {}
                Ok((connection, _)) => {
                    // The server's own setting is for listeners that it binds itself. Without this, a small answer waits for 40 ms.
                    if connection.set_nodelay(true).is_ok() {
                        return Some((Ok(connection), (listener, faults)));
                    }
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    })
}
