//! One use case a file: gather (no transaction open), decide (pure), record (one transaction).

pub mod digest;
pub mod precondition;
pub mod refusal;

pub mod submit;

pub mod assess;
pub mod gather;

pub mod check;
pub mod compare;
pub mod declare;
pub mod read;
pub mod watch;
pub mod withdraw;

pub mod review;

pub mod pooling;

pub mod desk;
pub mod suspect_records;

pub mod reconcile;

pub mod today;

pub mod clawback;
pub mod ledger;

pub mod audit;
pub mod console;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Clock;
use crate::connectors::{Registries, Treasury};
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimRoute;
use crate::domain::claim::Subject;
use crate::domain::eligibility::verdict::Reason;
use crate::domain::identity::{BankAccount, EnterpriseName, Region, Uscc};
use crate::domain::policy::sheet::{Catalog, Sheet};
use crate::domain::suspect::SuspectRule;
use crate::store::record::Actor;
use crate::store::{Access, Store};

pub use crate::store::record;
pub use refusal::Refusal;

/// What every use case works with. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    registries: Registries,
    catalog: Catalog,
    /// By sheet: what a claim is told when its slot is taken.
    collision_reasons: BTreeMap<String, Arc<BTreeMap<SuspectRule, Reason>>>,
    clock: Clock,
    pace: assess::Pace,
    /// Absent on a node that moves no money.
    money: Option<Money>,
    console: console::Console,
}

/// What a node that moves money works with.
struct Money {
    treasury: Treasury,
    cities: pooling::Cities,
    /// Names this process among all that may take a city's lease.
    holder: String,
    /// Up to where the bank's notices were followed. Lost at a restart: then they are followed again, which does no harm.
    notices: tokio::sync::Mutex<String>,
}

/// A claim as a caller brings it, every identifier parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClaim {
    pub sheet_id: String,
    pub route: ClaimRoute,
    pub enterprise: Uscc,
    pub enterprise_name: Option<EnterpriseName>,
    pub region: Region,
    pub account: Option<BankAccount>,
    pub subject: Subject,
}

impl Gateway {
    pub fn new(store: Store, registries: Registries, catalog: Catalog, clock: Clock, pace: assess::Pace) -> Self {
        let collision_reasons = catalog
            .iter()
            .map(|sheet| {
                let reasons = SuspectRule::ALL.into_iter().map(|rule| (rule, sheet.reason_for(rule))).collect();
                (sheet.id.clone(), Arc::new(reasons))
            })
            .collect();
        let console = console::Console::default();
        let inner = Inner { store, registries, catalog, collision_reasons, clock, pace, money: None, console };
        Self { inner: Arc::new(inner) }
    }

    /// The same for a node that moves money: with the bank and finance, and the accounts of its cities. `holder` names this process
    /// among all that may take a city's lease; a process that comes back under the same name goes on at once.
    #[must_use]
    pub fn with_money(self, treasury: Treasury, cities: pooling::Cities, holder: String) -> Self {
        let money = Money { treasury, cities, holder, notices: tokio::sync::Mutex::default() };
        self.with(|inner| Inner { money: Some(money), ..inner })
    }

    fn with(self, change: impl FnOnce(Inner) -> Inner) -> Self {
        // Only whoever just made it has it.
        Arc::try_unwrap(self.inner)
            .map(change)
            .map_or_else(|inner| Self { inner }, |inner| Self { inner: Arc::new(inner) })
    }

    /// What time it is for this node.
    pub fn now(&self) -> jiff::Timestamp {
        self.inner.clock.now()
    }

    /// The sheets this node decides by.
    pub fn sheets(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// Fires after each commit of this node.
    pub fn changed(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.store.changed()
    }

    /// The sheet a new claim is made under, when claim and sheet fit.
    fn sheet_for(&self, claim: &NewClaim) -> Result<&Sheet, Refusal> {
        let sheet = self.inner.catalog.get(&claim.sheet_id).ok_or(Refusal::UnknownSheet)?;
        if sheet.subsidy == claim.subject.subsidy() { Ok(sheet) } else { Err(Refusal::SubjectDoesNotFitSheet) }
    }
}

/// How the audit log names a caller.
fn actor(caller: &Caller) -> Actor {
    Actor(caller.key())
}

impl Gateway {
    /// What the audit log keeps of a read by a caller.
    fn access(&self, caller: &Caller, purpose: &'static str) -> Access {
        Access { actor: actor(caller), person: caller.person.clone(), purpose, at: self.inner.clock.now() }
    }
}
