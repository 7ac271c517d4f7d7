//! Puts a node together from its settings: store, registries, sheets, jobs and the one port.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::connection::read_text;
use super::exit::{Exit, Failure};
use crate::clock::Clock;
use crate::config::{self, Environment, Settings};
use crate::connectors::{Limits, Registries, RegistrySettings, Treasury, UpstreamSettings};
use crate::domain::identity::Region;
use crate::domain::policy::sheet::{Catalog, Sheet};
use crate::domain::pooling::{AgencyAccount, CityAccounts};
use crate::jobs;
use crate::services::{self, CallLimits, MetricsText, ServiceSettings};
use crate::store::{Keys, Store, StoreSettings};
use crate::transport::client::ClientTls;
use crate::transport::listener;
use crate::transport::tls::ServerTls;
use crate::web::{self, ConsoleSettings};
use crate::workflows::Gateway;
use crate::workflows::assess::Pace;
use crate::workflows::console::ConsoleRules;
use crate::workflows::pooling::{Cities, City};

/// Where Linux says what the host, or the container, is called.
const HOST_NAME_FILE: &str = "/proc/sys/kernel/hostname";

/// A node that is up.
pub struct RunningNode {
    pub address: SocketAddr,
    pub gateway: Gateway,
    stop: CancellationToken,
    store: Store,
    assessor: JoinHandle<()>,
    pooling: JoinHandle<()>,
    desk: JoinHandle<()>,
    weighing: JoinHandle<()>,
    records: JoinHandle<()>,
    serving: JoinHandle<Result<(), Failure>>,
}

/// Starts a node; it serves from the moment this returns.
pub async fn start(settings: &Settings, metrics: Option<PrometheusHandle>) -> Result<RunningNode, Failure> {
    let clock = settings.node.story_clock.map_or(Clock::System, Clock::starting_at);
    let store = open_store(&settings.database).await?;
    let catalog = catalog(settings.policies.folder.as_deref())?;
    let registries = registries(settings)?;
    let stop = CancellationToken::new();

    let tls = server_tls(&settings.tls)?;
    let listener = TcpListener::bind(settings.node.listen)
        .await
        .map_err(|error| Failure::settings(format!("node.listen {}: {error}", settings.node.listen)))?;
    let address = listener.local_addr().map_err(Failure::failed)?;
    let gateway = Gateway::new(store.clone(), registries, catalog, clock, pace(&settings.assess));
    let gateway = match treasury(settings)? {
        Some(treasury) => gateway.with_money(treasury, cities(&settings.pooling), holder(settings, address)),
        None => gateway,
    };
    let is_development = settings.node.environment == Environment::Development;
    let gateway = gateway.with_console(console_rules(&settings.console, is_development));
    let service_settings = ServiceSettings {
        reflection: is_development,
        metrics: metrics.map(|handle| -> MetricsText { Arc::new(move || handle.render()) }),
        limits: CallLimits::default(),
    };
    let console = ConsoleSettings { place_names: place_names(&settings.pooling), ..ConsoleSettings::default() };
    let app = services::router(gateway.clone(), service_settings, stop.clone());
    let app = app.merge(web::router(gateway.clone(), console));
    let limits =
        listener::Limits { drain: Duration::from_millis(settings.node.drain_ms), ..listener::Limits::default() };
    let tls = tls.source().map_err(|error| Failure::settings(format!("tls: {error}")))?;
    let serving = tokio::spawn({
        let stop = stop.clone();
        async move { listener::serve(listener, tls, app, stop.cancelled_owned(), limits).await.map_err(Failure::failed) }
    });
    let assessor = tokio::spawn(jobs::assess_claims(gateway.clone(), settings.assess.parallel, stop.clone()));
    let every = Duration::from_secs(60 * u64::from(settings.pooling.every_minutes));
    let pooling = tokio::spawn(jobs::run_pooling(gateway.clone(), every, stop.clone()));
    let desk = tokio::spawn(jobs::keep_desk(gateway.clone(), stop.clone()));
    let weighing = tokio::spawn(jobs::weigh_suspects(gateway.clone(), stop.clone()));
    let records = tokio::spawn(jobs::retry_records(gateway.clone(), stop.clone()));
    tracing::info!(%address, sheets = gateway.sheets().iter().count(), "serving");
    Ok(RunningNode { address, gateway, stop, store, assessor, pooling, desk, weighing, records, serving })
}

impl RunningNode {
    /// Stops taking connections, lets open calls end within the drain limit, records what is under way.
    pub async fn stop(self) -> Result<(), Failure> {
        self.stop.cancel();
        let served = self.serving.await.map_err(Failure::failed)?;
        let assessed = self.assessor.await.map_err(Failure::failed);
        let pooled = self.pooling.await.map_err(Failure::failed);
        let kept = self.desk.await.map_err(Failure::failed);
        let weighed = self.weighing.await.map_err(Failure::failed);
        let retried = self.records.await.map_err(Failure::failed);
        self.store.close().await;
        served.and(assessed).and(pooled).and(kept).and(weighed).and(retried)
    }
}

/// Opens the store, making its key at the first start of a new embedded database.
pub async fn open_store(database: &config::Database) -> Result<Store, Failure> {
    if let Some(file) = embedded_file(database) {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::settings(format!("database.url {}: {error}", folder.display())))?;
        }
        if !file.exists() && !database.key_file.exists() {
            make_key(&database.key_file)?;
        }
    }
    let keys = Keys::load(&database.key_file)
        .map_err(|error| Failure::settings(format!("database.key_file {}: {error}", database.key_file.display())))?;
    let settings = StoreSettings {
        reader_connections: database.readers,
        queue_length: database.queue as usize,
        ..StoreSettings::new(&database.url)
    };
    Store::open(settings, keys).await.map_err(|error| Failure::new(Exit::Settings, format!("database.url: {error}")))
}

/// The node's certificates as its settings name them.
pub fn server_tls(tls: &config::Tls) -> Result<ServerTls, Failure> {
    Ok(ServerTls {
        cert_pem: read_text(&tls.certificate)?.into_bytes(),
        key_pem: read_text(&tls.key)?.into_bytes(),
        client_ca_pem: read_text(&tls.client_ca)?.into_bytes(),
    })
}

/// The embedded database's file; `None` for PostgreSQL.
pub fn embedded_file(database: &config::Database) -> Option<&Path> {
    let file = database.url.strip_prefix("sqlite://")?;
    Some(Path::new(file.split('?').next().unwrap_or(file)))
}

fn make_key(file: &Path) -> Result<(), Failure> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::settings(format!("{}: {error}", folder.display())))?;
    }
    Keys::generate()
        .and_then(|keys| keys.write(file))
        .map_err(|error| Failure::settings(format!("database.key_file {}: {error}", file.display())))
}

/// The sheets of a folder, or the ones that come with hufu. One mistake refuses the whole folder.
pub fn catalog(folder: Option<&Path>) -> Result<Catalog, Failure> {
    let Some(folder) = folder else { return Catalog::shipped().map_err(Failure::settings) };
    let unreadable =
        |error: std::io::Error| Failure::settings(format!("policies.folder {}: {error}", folder.display()));
    let mut files = std::fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let sheets = files
        .iter()
        .map(|file| Sheet::parse(&read_text(file)?, &file.display().to_string()).map_err(Failure::settings))
        .collect::<Result<Vec<_>, _>>()?;
    if sheets.is_empty() {
        return Err(Failure::settings(format!("policies.folder {}: no sheet (*.toml) there", folder.display())));
    }
    Catalog::new(sheets).map_err(Failure::settings)
}

/// Connects the registries; none needs to be up.
pub fn registries(settings: &Settings) -> Result<Registries, Failure> {
    Registries::connect(&upstreams(settings)?, settings.node.name.clone()).map_err(Failure::settings)
}

/// Connects finance and the bank, where they are configured; neither needs to be up.
fn treasury(settings: &Settings) -> Result<Option<Treasury>, Failure> {
    Treasury::connect(&upstreams(settings)?, settings.node.name.clone()).map_err(Failure::settings)
}

fn upstreams(settings: &Settings) -> Result<RegistrySettings, Failure> {
    settings.upstream.iter().map(|(owner, to)| Ok((*owner, upstream(settings, to)?))).collect()
}

/// The cities whose money the node moves.
fn cities(pooling: &config::Pooling) -> Cities {
    pooling.city.iter().map(|(code, city)| (*code, city_of(*code, city))).collect()
}

fn city_of(code: Region, city: &config::PoolingCity) -> City {
    let places = || city.place.iter();
    let fund = AgencyAccount { account: city.fund.account.clone(), name: city.fund.name.clone() };
    let expenditure = places()
        .map(|(code, it)| (*code, AgencyAccount { account: it.account.clone(), name: it.account_name.clone() }))
        .collect();
    let mut names: BTreeMap<Region, String> = places().map(|(code, it)| (*code, it.name.clone())).collect();
    names.insert(code, city.name.clone());
    City { accounts: CityAccounts { fund, expenditure }, names }
}

/// Names this process among all that may take a city's lease: no other has this host's port while it runs, and after a restart it is
/// the same, so that it need not wait for its own lease to run out.
fn holder(settings: &Settings, address: SocketAddr) -> String {
    let host = std::fs::read_to_string(HOST_NAME_FILE).unwrap_or_default();
    format!("{}@{}/{address}", settings.node.name, host.trim())
}

/// How one registry is reached, with its certificates read.
pub fn upstream(settings: &Settings, to: &config::Upstream) -> Result<UpstreamSettings, Failure> {
    let tls = if to.uri.starts_with("https://") {
        Some(ClientTls {
            ca_pem: read_text(to.ca.as_ref().unwrap_or(&settings.tls.client_ca))?.into_bytes(),
            cert_pem: read_text(to.certificate.as_ref().unwrap_or(&settings.tls.client_certificate))?.into_bytes(),
            key_pem: read_text(to.key.as_ref().unwrap_or(&settings.tls.client_key))?.into_bytes(),
            server_name: to.server_name.clone(),
        })
    } else {
        None
    };
    let mut limits = Limits::default();
    if let Some(ms) = to.total_deadline_ms {
        limits.total_deadline = Duration::from_millis(ms);
    }
    if let Some(ms) = to.attempt_timeout_ms {
        limits.attempt_timeout = Duration::from_millis(ms);
    }
    if let Some(count) = to.max_concurrent {
        limits.max_concurrent = count;
    }
    Ok(UpstreamSettings { uri: to.uri.clone(), tls, limits })
}

fn console_rules(console: &config::Console, is_development: bool) -> ConsoleRules {
    let seconds = |count: u32| SignedDuration::from_secs(i64::from(count));
    ConsoleRules { links: is_development, idle: seconds(console.idle_s), longest: seconds(console.longest_s) }
}

/// What places are called, as papers have them.
fn place_names(pooling: &config::Pooling) -> BTreeMap<Region, String> {
    let cities = pooling.city.iter().map(|(code, city)| (*code, city.name.clone()));
    let places = pooling.city.values().flat_map(|city| city.place.iter().map(|(code, it)| (*code, it.name.clone())));
    places.chain(cities).collect()
}

fn pace(assess: &config::Assess) -> Pace {
    Pace {
        batch: assess.batch,
        first_pause: Duration::from_millis(assess.first_pause_ms),
        longest_pause: Duration::from_millis(assess.longest_pause_ms),
        ..Pace::default()
    }
}
