//! Two cities on one node in process: a store, registries that can be changed at will, a bank and a finance bureau over real sockets,
//! and a clock that is set by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use hufu::clock::Clock;
use hufu::connectors::{Limits, Registries as Clients, Treasury, UpstreamSettings};
use hufu::domain::caller::{Caller, Role};
use hufu::domain::eligibility::evidence::Owner;
use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::policy::sheet::Catalog;
use hufu::domain::pooling::{AgencyAccount, CityAccounts};
use hufu::sandbox::{Running, Sandbox, SandboxSettings, Upstream, Vault};
use hufu::store::{Keys, Store, StoreSettings};
use hufu::workflows::Gateway;
use hufu::workflows::assess::Pace;
use hufu::workflows::pooling::{City, RunReport};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::sandbox::small_world;
use crate::support::Database;
use crate::support::database::TestDatabase;
use crate::support::registries::Registries;

/// Each city with its three counties.
pub(super) const CITIES: [(&str, [&str; 3]); 2] =
    [("371500", ["371502", "371503", "371521"]), ("371400", ["371402", "371403", "371422"])];

/// When every story begins.
const BEGINS: &str = "2022-10-10T09:00:00+08:00";
/// Nothing here takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

/// 支出户 of a place.
pub(super) fn expenditure(place: &str) -> BankAccount {
    BankAccount::parse(&format!("37001{place}01")).unwrap()
}

/// Where a city's money goes back to.
pub(super) fn fund(city: &str) -> BankAccount {
    BankAccount::parse(&format!("37001{city}99")).unwrap()
}

pub(super) struct Town {
    pub(super) store: Store,
    pub(super) gateway: Gateway,
    pub(super) registries: Registries,
    pub(super) bureaus: Running,
    pub(super) backend: Database,
    pub(super) database: TestDatabase,
    folder: TempDir,
    clock: &'static AtomicI64,
}

impl Town {
    pub(super) async fn start(backend: Database) -> Self {
        Self::start_silent(backend, Duration::ZERO).await
    }

    /// With a bank that keeps a call open for so long that it does not answer.
    pub(super) async fn start_silent(backend: Database, silence: Duration) -> Self {
        let begins: Timestamp = BEGINS.parse().unwrap();
        // As short as the story, and a few bytes: nothing else lives as long as a clock that is copied.
        let clock: &'static AtomicI64 = Box::leak(Box::new(AtomicI64::new(begins.as_millisecond())));
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(backend, folder.path()).await;
        let keys = Keys::load(&folder.path().join("master.key")).unwrap();
        let store = Store::open(StoreSettings::new(database.url()), keys).await.unwrap();

        let registries = Registries::default();
        let at = registries.serve_plain().await;
        let accounts = cities().into_values().flat_map(|city| {
            let expenditure = city.accounts.expenditure.into_values();
            expenditure.chain([city.accounts.fund]).map(|it| (it.account, it.name))
        });
        let settings = SandboxSettings {
            accounts: accounts.collect(),
            silence,
            clock: Clock::Set(clock),
            ..SandboxSettings::default()
        };
        let bureaus = Sandbox::start(small_world(), settings).await.unwrap();
        let clients = Owner::UPSTREAMS.into_iter().map(|owner| (owner, upstream(at))).collect();
        let clients = Clients::connect(&clients, "hufu-test".to_owned()).unwrap();
        let money = [(Owner::Finance, Upstream::Finance), (Owner::Bank, Upstream::Bank)];
        let money = money.into_iter().map(|(owner, at)| (owner, upstream(bureaus.addr(at)))).collect();
        let treasury = Treasury::connect(&money, "hufu-test".to_owned()).unwrap().unwrap();
        let catalog = Catalog::shipped().unwrap();
        let gateway = Gateway::new(store.clone(), clients, catalog, Clock::Set(clock), Pace::default());
        let gateway = gateway.with_money(treasury, cities(), "town".to_owned());
        let town = Self { store, gateway, registries, bureaus, backend, database, folder, clock };
        town.pass(SignedDuration::ZERO);
        town
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.load(Ordering::Relaxed)).unwrap()
    }

    /// Time passes; what the registries say is of the evening before.
    pub(super) fn pass(&self, span: SignedDuration) {
        let now = self.now() + span;
        self.clock.store(now.as_millisecond(), Ordering::Relaxed);
        self.registries.date_answers(now - SignedDuration::from_hours(13));
    }

    pub(super) fn vault(&self) -> &Vault {
        self.bureaus.vault()
    }

    /// Assesses whatever is due.
    pub(super) async fn assess(&self) {
        loop {
            let due = self.gateway.lease_due().await.unwrap();
            if due.is_empty() {
                return;
            }
            self.gateway.assess_leased(due).await.unwrap();
        }
    }

    pub(super) async fn run(&self, city: &str) -> RunReport {
        self.gateway
            .run_pooling(&self.caller(), region(city))
            .await
            .unwrap_or_else(|refusal| panic!("run: {refusal:?}"))
    }

    /// A system of the province that may do everything there.
    pub(super) fn caller(&self) -> Caller {
        Caller {
            organization: "lc-hrss".to_owned(),
            system: "desk".to_owned(),
            region: region("370000"),
            roles: BTreeSet::from(Role::ALL),
            person: None,
        }
    }

    /// Ends it; the audit chain holds from its first entry to its last.
    pub(super) async fn end(self) {
        self.store.close().await;
        self.bureaus.shutdown().await;
        self.database.check_and_remove(self.folder.path()).await;
    }
}

/// The cities as the settings would name them.
pub(super) fn cities() -> BTreeMap<Region, City> {
    let account = |account, name: String| AgencyAccount { account, name };
    let of_city = |(city, counties): &(&str, [&str; 3])| {
        let places = counties.iter().chain([city]);
        let expenditure =
            places.map(|place| (region(place), account(expenditure(place), format!("人社局{place}支出户"))));
        let fund = account(fund(city), format!("失业保险基金{city}"));
        let accounts = CityAccounts { fund, expenditure: expenditure.collect() };
        (region(city), City { accounts, names: BTreeMap::new() })
    };
    CITIES.iter().map(of_city).collect()
}

fn upstream(at: SocketAddr) -> UpstreamSettings {
    let limits = Limits {
        total_deadline: PATIENCE,
        attempt_timeout: PATIENCE,
        attempts_max: 1,
        // Faults come and go much faster here than a breaker forgets them.
        breaker_calls_min: usize::MAX,
        ..Limits::default()
    };
    UpstreamSettings { uri: format!("http://{at}"), tls: None, limits }
}
