//! Faults on demand: each upstream can be made to fail in the ways real ones do, while it runs.

mod follow;
mod spec;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::domain::eligibility::evidence::Owner;

pub use follow::{POLL_INTERVAL, follow};
pub use spec::{FaultSpec, FaultSpecError, parse_lines};

/// An upstream contract that the sandbox serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Upstream {
    TaxRegistry,
    Credential,
    Insurance,
    Employment,
    AwardHistory,
}

impl Upstream {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::TaxRegistry, Self::Credential, Self::Insurance, Self::Employment, Self::AwardHistory];

    /// Whose facts it answers for.
    pub fn owner(self) -> Owner {
        match self {
            Self::TaxRegistry => Owner::TaxRegistry,
            Self::Credential => Owner::Credential,
            Self::Insurance => Owner::Insurance,
            Self::Employment => Owner::Employment,
            Self::AwardHistory => Owner::AwardHistory,
        }
    }

    /// The word for it on the command line: that of its owner.
    pub fn code(self) -> &'static str {
        self.owner().code()
    }

    /// Reads the word for it.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }
}

/// A part of a whole, in thousandths: 0 to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u16);

impl Share {
    /// So many thousandths, if they are no more than the whole.
    pub const fn permille(thousandths: u16) -> Option<Self> {
        if thousandths <= 1_000 { Some(Self(thousandths)) } else { None }
    }

    /// So many of a number, rounded down.
    pub fn of(self, number: usize) -> usize {
        number.saturating_mul(usize::from(self.0)) / 1_000
    }
}

/// How an upstream fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not.
    Healthy,
    /// Answers every call with UNAVAILABLE.
    Down,
    /// Drops every new connection; calls on open ones are answered UNAVAILABLE.
    Refusing,
    /// Answers rightly after this long.
    Slow(Duration),
    /// Leaves this share of a batch out, and cuts streams before their end.
    Partial(Share),
    /// Answers a question about one with the record of another.
    AnswersForAnother,
    /// Answers with enum values that no version of the contract has.
    UnknownEnum,
    /// Lies: everybody is entitled to everything.
    AllYes,
    /// Lies: gives out what was true this long ago, and says so.
    Stale(Duration),
}

/// Which upstream fails how, switchable while it runs. Clones switch the same.
#[derive(Clone, Debug, Default)]
pub struct FaultSwitch {
    faults: Arc<RwLock<BTreeMap<Upstream, Fault>>>,
}

impl FaultSwitch {
    /// A switch set as the words say.
    pub fn set_to(specs: impl IntoIterator<Item = FaultSpec>) -> Self {
        let switch = Self::default();
        switch.replace(specs);
        switch
    }

    /// What ails an upstream now.
    pub fn get(&self, upstream: Upstream) -> Fault {
        let faults = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        faults.get(&upstream).copied().unwrap_or(Fault::Healthy)
    }

    /// Switches one upstream.
    pub fn set(&self, upstream: Upstream, fault: Fault) {
        self.faults.write().unwrap_or_else(PoisonError::into_inner).insert(upstream, fault);
    }

    /// Switches all: those that are not named are healthy again.
    pub fn replace(&self, specs: impl IntoIterator<Item = FaultSpec>) {
        let faults = specs.into_iter().map(|spec| (spec.upstream, spec.fault)).collect();
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = faults;
    }
}

/// Whether a partial answer leaves a key out. The same question has the same gaps; another question has others, so whoever asks
/// anew is answered in the end.
pub(super) fn is_left_out(share: Share, seed: u64, inquiry_id: &str, key: &str) -> bool {
    // Its keys are fixed, so it gives the same numbers in every process.
    let mut hasher = DefaultHasher::new();
    (seed, inquiry_id, key).hash(&mut hasher);
    hasher.finish() % 1_000 < u64::from(share.0)
}
