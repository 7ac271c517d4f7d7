//! Suspects on the scales: what they are weighed by, and what came of it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::ClaimRecord;
use crate::domain::eligibility::evidence::Evidence;
use crate::domain::money::Fen;
use crate::domain::suspect::stake::Stake;
use crate::domain::suspect::{SuspectId, SuspectRule};

/// The most suspects weighed in one transaction: their claims, with what the registries answered, are held in memory meanwhile, and each
/// is entered under some ten keys and the parts of two names.
pub const WEIGHED_AT_ONCE: u32 = 250;
/// Entries of the log looked at in one statement, so that no reader holds its snapshot for long.
pub const FOLLOWED_AT_ONCE: i64 = 5_000;

/// How far weighing has come. What was read under one is written only while it still holds, so that two replicas do no harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Suspects up to this one were weighed once.
    pub suspects: i64,
    /// Moves of claims up to this place in the audit log were followed.
    pub claims: i64,
    /// One more with each writing.
    pub written: i64,
}

/// A claim with what it was decided on, in the open: never shown as it is.
#[derive(Clone, Debug)]
pub struct ClaimBasis {
    pub record: ClaimRecord,
    /// Of its latest decision; absent while nothing was decided.
    pub evidence: Option<Evidence>,
    /// Repaid, set off or given up in clawback cases.
    pub got_back: Fen,
}

/// A suspect with its claims.
#[derive(Clone, Debug)]
pub struct ToWeigh {
    pub sequence: i64,
    pub suspect_id: SuspectId,
    pub rule: SuspectRule,
    pub first: Option<Arc<ClaimBasis>>,
    pub second: Arc<ClaimBasis>,
    /// The rostered worker of the second claim that the suspect is about.
    pub unit: Option<usize>,
}

impl ToWeigh {
    pub fn sides(&self) -> impl Iterator<Item = &ClaimBasis> {
        self.first.as_deref().into_iter().chain([self.second.as_ref()])
    }
}

/// Suspects read to be weighed.
#[derive(Clone, Debug, Default)]
pub struct WeighingPage {
    pub suspects: Vec<ToWeigh>,
    /// Places of suspects that cannot be read: a row of theirs is broken. They hold up none of the others.
    pub unreadable: Vec<i64>,
}

impl WeighingPage {
    /// How many were read, those that cannot be among them.
    pub fn len(&self) -> usize {
        self.suspects.len().saturating_add(self.unreadable.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last place that was looked at.
    pub fn last(&self) -> Option<i64> {
        self.suspects.iter().map(|it| it.sequence).chain(self.unreadable.iter().copied()).max()
    }
}

/// Stakes that time alone has changed, each with the last day on which its claim must be paid.
#[derive(Clone, Debug, Default)]
pub struct TurnedPage {
    pub stakes: Vec<(i64, Stake, Option<Date>)>,
    /// Places of those that cannot be read.
    pub unreadable: Vec<i64>,
}

/// What came of weighing one suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeighedSuspect {
    pub sequence: i64,
    pub stake: Stake,
    /// The last day on which the claim must be paid.
    pub due_on: Option<Date>,
    /// When time alone changes it.
    pub weigh_at: Option<Timestamp>,
}

/// Suspects to be written down as weighed.
#[derive(Clone, Debug)]
pub struct Weighing {
    /// The progress that they were read under.
    pub seen: Progress,
    /// Where that goes; `written` is the store's to count.
    pub suspects: i64,
    pub claims: i64,
    pub weighed: Vec<WeighedSuspect>,
    /// Those that are weighed for the first time: they are entered to be found by what they have.
    pub opened: Vec<ToWeigh>,
    /// Those whose turn has come and whose stake cannot be read: it is not tried again day by day.
    pub put_off: Vec<i64>,
    /// How many claims were opened for it, for the audit log.
    pub claims_read: usize,
    pub at: Timestamp,
}

/// What became of a weighing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeighingOutcome {
    /// All of it, but for suspects of which a row cannot be read.
    Written { skipped: Vec<i64> },
    /// Somebody else wrote since they were read.
    Overtaken,
}
