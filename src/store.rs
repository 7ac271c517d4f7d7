//! SQLite and PostgreSQL behind one set of statements.
//!
//! Everything that changes goes through one queue to one writer task, which gathers what waits into one transaction and answers
//! after its commit (I1). Slots, states, suspects and audit entries of a request change together (I2, I10). Personal data leave the
//! caller's task sealed (I11).

pub mod record;

mod error;
mod keys;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

pub use error::StoreError;
pub use keys::Keys;

use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::eligibility::evidence::Declaration;
use crate::domain::identity::Region;
use crate::domain::slot::SlotRequest;
use crate::domain::suspect::SuspectId;
use record::{
    Actor, AssessmentOutcome, AssessmentRecord, ClaimChange, ClaimFilter, ClaimRecord, DeclarationEntry,
    DeclareOutcome, DueClaim, Submission, SubmitOutcome, SuspectFilter, SuspectRecord, WithdrawOutcome, Withdrawal,
};

/// Where the store is and how much it takes on at once.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `sqlite://path/hufu.db` or `postgres://…`.
    pub url: String,
    /// The most requests in one transaction.
    pub max_batch: usize,
    /// The most requests waiting for the writer; beyond it a request is refused at once.
    pub queue_length: usize,
    /// Connections that only read.
    pub reader_connections: u32,
    /// How long a reader waits for a connection.
    pub acquire_timeout: Duration,
}

impl StoreSettings {
    /// Beyond this a larger batch no longer makes a row cheaper, it only makes the first of it wait.
    pub const MAX_BATCH: usize = 512;
    /// Eight full batches: what is behind them would wait longer than it should before it hears that the node is busy.
    pub const QUEUE_LENGTH: usize = 4_096;
    /// One for each core of a small node.
    pub const READER_CONNECTIONS: u32 = 4;
    /// Half of the time a caller has for a whole call.
    pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

    /// The settings for a database, all others at their defaults.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_batch: Self::MAX_BATCH,
            queue_length: Self::QUEUE_LENGTH,
            reader_connections: Self::READER_CONNECTIONS,
            acquire_timeout: Self::ACQUIRE_TIMEOUT,
        }
    }
}

/// Who reads personal data, and what for: what the audit log keeps of a read.
#[derive(Clone, Debug)]
pub struct Access {
    pub actor: Actor,
    /// Named in code, e.g. `get-claim`; never free text.
    pub purpose: &'static str,
    pub at: Timestamp,
}

/// The store. A clone is another handle to the same one.
#[derive(Clone)]
pub struct Store {}

impl Store {
    /// Opens the database, brings its schema up to date, and refuses a key that it was not written with.
    pub async fn open(settings: StoreSettings, keys: Keys) -> Result<Self, StoreError> {
        let _ = (settings, keys);
        todo!()
    }

    /// Records a claim and takes its slots; answered after the commit (I1). Many at once are gathered into one commit.
    pub async fn submit(&self, submission: Submission) -> Result<SubmitOutcome, StoreError> {
        let _ = submission;
        todo!()
    }

    /// Takes a claim back, frees its slots and lets the next in line be assessed.
    pub async fn withdraw(&self, withdrawal: Withdrawal) -> Result<WithdrawOutcome, StoreError> {
        let _ = withdrawal;
        todo!()
    }

    /// Claims whose turn it is, each given to one caller until `lease_until`.
    pub async fn lease_due(
        &self,
        now: Timestamp,
        limit: u32,
        lease_until: Timestamp,
    ) -> Result<Vec<DueClaim>, StoreError> {
        let _ = (now, limit, lease_until);
        todo!()
    }

    /// When the next claim is due; `None` when none waits.
    pub async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }

    /// Records decisions, each only if its claim is still at the version that was assessed.
    pub async fn record_assessments(
        &self,
        records: Vec<AssessmentRecord>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Vec<AssessmentOutcome>, StoreError> {
        let _ = (records, actor, at);
        todo!()
    }

    /// One claim.
    pub async fn claim(&self, id: ClaimId, access: &Access) -> Result<Option<ClaimRecord>, StoreError> {
        let _ = (id, access);
        todo!()
    }

    /// Claims, newest first.
    pub async fn claims(&self, filter: &ClaimFilter, access: &Access) -> Result<Vec<ClaimRecord>, StoreError> {
        let _ = (filter, access);
        todo!()
    }

    /// Changes of claims within a region after a sequence, oldest first, and the sequence up to which all were looked at: the one to
    /// go on from.
    pub async fn changes_after(
        &self,
        sequence: i64,
        within: Region,
        limit: u32,
        access: &Access,
    ) -> Result<(Vec<ClaimChange>, i64), StoreError> {
        let _ = (sequence, within, limit, access);
        todo!()
    }

    /// The sequence of the latest audit entry; 0 before the first.
    pub async fn latest_sequence(&self) -> Result<i64, StoreError> {
        todo!()
    }

    /// Suspects with a claim within a region after a sequence, oldest first.
    pub async fn suspects_after(
        &self,
        sequence: i64,
        within: Region,
        limit: u32,
        access: &Access,
    ) -> Result<Vec<SuspectRecord>, StoreError> {
        let _ = (sequence, within, limit, access);
        todo!()
    }

    /// Suspects, newest first.
    pub async fn suspects(&self, filter: &SuspectFilter, access: &Access) -> Result<Vec<SuspectRecord>, StoreError> {
        let _ = (filter, access);
        todo!()
    }

    /// One suspect.
    pub async fn suspect(&self, id: SuspectId, access: &Access) -> Result<Option<SuspectRecord>, StoreError> {
        let _ = (id, access);
        todo!()
    }

    /// Enters a declaration and makes the waiting retention claims of its city due.
    pub async fn declare(&self, entry: DeclarationEntry) -> Result<DeclareOutcome, StoreError> {
        let _ = entry;
        todo!()
    }

    /// Declarations of the places within a region, with the instants they were entered at.
    pub async fn declarations(&self, within: Region) -> Result<Vec<(Declaration, Timestamp)>, StoreError> {
        let _ = within;
        todo!()
    }

    /// Which claim holds a slot at this moment.
    pub async fn slot_holder(&self, request: &SlotRequest) -> Result<Option<ClaimId>, StoreError> {
        let _ = request;
        todo!()
    }

    /// How many claims of a region stand where.
    pub async fn counts_by_state(&self, within: Region) -> Result<BTreeMap<ClaimState, u64>, StoreError> {
        let _ = within;
        todo!()
    }

    /// Fires after each commit of this node that changed something, with the latest sequence then. Reads do not fire it.
    pub fn changed(&self) -> watch::Receiver<u64> {
        todo!()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Recomputes the whole audit chain and gives the number of entries; `StoreError::AuditBroken` names the first that does not fit.
    pub async fn verify_audit(&self) -> Result<u64, StoreError> {
        todo!()
    }

    /// Takes nothing more, finishes what waits, and closes the database.
    pub async fn close(&self) {
        todo!()
    }
}
