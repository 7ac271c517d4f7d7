//! Faults on demand: each upstream can be made to fail in the ways real ones do, while it runs.

mod follow;
mod money;
mod spec;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use crate::domain::eligibility::evidence::Owner;
use crate::domain::money::Fen;

pub use follow::{POLL_INTERVAL, follow};
pub use money::{BankMode, BankRule, Chosen, FinanceMode};
pub use spec::{FaultSpec, FaultSpecError, Switching, parse_lines};

/// An upstream contract that the sandbox serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Upstream {
    TaxRegistry,
    Credential,
    Insurance,
    Employment,
    AwardHistory,
    Finance,
    Bank,
}

impl Upstream {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::TaxRegistry,
        Self::Credential,
        Self::Insurance,
        Self::Employment,
        Self::AwardHistory,
        Self::Finance,
        Self::Bank,
    ];

    /// Whose facts it answers for.
    pub fn owner(self) -> Owner {
        match self {
            Self::TaxRegistry => Owner::TaxRegistry,
            Self::Credential => Owner::Credential,
            Self::Insurance => Owner::Insurance,
            Self::Employment => Owner::Employment,
            Self::AwardHistory => Owner::AwardHistory,
            Self::Finance => Owner::Finance,
            Self::Bank => Owner::Bank,
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

    /// This much of an amount that is not negative, rounded down to the fen.
    pub fn of_fen(self, amount: Fen) -> Fen {
        let part = i128::from(amount.get()) * i128::from(self.0) / 1_000;
        // A part of an amount fits where the amount did.
        Fen::new(i64::try_from(part).unwrap_or(amount.get()))
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

/// Which upstream fails how, and what finance and the bank do with the money; switchable while it runs. Clones switch the same.
#[derive(Clone, Debug, Default)]
pub struct FaultSwitch {
    set: Arc<RwLock<Set>>,
}

#[derive(Debug, Default)]
struct Set {
    faults: BTreeMap<Upstream, Fault>,
    bank: Vec<BankRule>,
    finance: Vec<FinanceMode>,
}

impl FaultSwitch {
    /// A switch set as the words say.
    pub fn set_to(specs: impl IntoIterator<Item = impl Into<Switching>>) -> Self {
        let switch = Self::default();
        switch.replace(specs);
        switch
    }

    /// What ails an upstream now.
    pub fn get(&self, upstream: Upstream) -> Fault {
        self.read().faults.get(&upstream).copied().unwrap_or(Fault::Healthy)
    }

    /// Switches one upstream.
    pub fn set(&self, upstream: Upstream, fault: Fault) {
        self.write().faults.insert(upstream, fault);
    }

    /// What the bank does with instructions and statements now.
    pub fn bank(&self) -> Vec<BankRule> {
        self.read().bank.clone()
    }

    /// Switches what the bank does; without a rule it does as it should.
    pub fn set_bank(&self, rules: impl IntoIterator<Item = BankRule>) {
        self.write().bank = rules.into_iter().collect();
    }

    /// What finance does with applications now.
    pub fn finance(&self) -> Vec<FinanceMode> {
        self.read().finance.clone()
    }

    /// Switches what finance does; without a mode it grants what is asked.
    pub fn set_finance(&self, modes: impl IntoIterator<Item = FinanceMode>) {
        self.write().finance = modes.into_iter().collect();
    }

    /// Switches all: those that are not named are healthy again.
    pub fn replace(&self, specs: impl IntoIterator<Item = impl Into<Switching>>) {
        let mut set = Set::default();
        for spec in specs {
            match spec.into() {
                Switching::Fault(spec) => {
                    set.faults.insert(spec.upstream, spec.fault);
                }
                Switching::Bank(rule) => set.bank.push(rule),
                Switching::Finance(mode) => set.finance.push(mode),
            }
        }
        *self.write() = set;
    }

    fn read(&self) -> RwLockReadGuard<'_, Set> {
        self.set.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Set> {
        self.set.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a partial answer leaves a key out. The same question has the same gaps; another question has others, so whoever asks
/// anew is answered in the end.
pub(super) fn is_left_out(share: Share, seed: u64, inquiry_id: &str, key: &str) -> bool {
    is_among(share, (seed, inquiry_id, key))
}

/// Whether a thing is among a share of all, by what it is: always the same.
fn is_among(share: Share, thing: impl Hash) -> bool {
    // Its keys are fixed, so it gives the same numbers in every process.
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish() % 1_000 < u64::from(share.0)
}
