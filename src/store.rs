//! SQLite and PostgreSQL behind one set of statements.
//!
//! Everything that changes goes through one queue to one writer task, which gathers what waits into one transaction and answers
//! after its commit (I1). Slots, states, suspects and audit entries of a request change together (I2, I10). Personal data leave the
//! caller's task sealed (I11).

pub mod record;

mod error;
mod settings;

mod key_check;
mod keys;
mod older;
mod opening;
mod seal;

mod bulk;
mod codec;
mod packed;
mod pool;
mod sql;

mod act;
mod advance;
mod transaction;
mod writer;

mod assessments;
mod audit;
mod claims;
mod declarations;
mod listing;
mod prepared;
mod release;
mod requests;
mod slots;
mod submissions;
mod suspect_blob;
mod suspects;
mod withdrawals;

mod lease;
mod ledger;

mod reviews;

mod path;

mod batch_steps;
mod batches;
mod filings;
mod hops;
mod overview;
mod radar;

mod instructions;
mod payments;
mod statements;

mod books;
mod cases;

mod desk;
mod suspect_records;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

pub use desk::plans::Plan;
pub use error::StoreError;
pub use keys::Keys;
pub use settings::StoreSettings;

use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::eligibility::evidence::Declaration;
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::domain::slot::SlotRequest;
use crate::domain::suspect::SuspectId;
use assessments::Assessments;
use pool::Pools;
use prepared::Prepared;
use record::desk::{AuditFilter, AuditPage, SuspectPage};
use record::pooling::Fence;
use record::{
    Actor, AssessmentOutcome, AssessmentRecord, ClaimChange, ClaimFilter, ClaimRecord, DeclarationEntry,
    DeclareOutcome, DueClaim, Submission, SubmitOutcome, SuspectFilter, SuspectRecord, WithdrawOutcome, Withdrawal,
};
use seal::Sealer;
use slots::KeyedSlot;
use writer::{Job, Lease, Request, Writer};

/// The most claims leased at once: more than any node assesses side by side.
const LEASES_MAX: u32 = 1_000;

/// Who reads personal data, and what for: what the audit log keeps of a read.
#[derive(Clone, Debug)]
pub struct Access {
    pub actor: Actor,
    /// Present where the caller is one person.
    pub person: Option<OperatorId>,
    /// Named in code, e.g. `get-claim`; never free text.
    pub purpose: &'static str,
    pub at: Timestamp,
}

/// The store. A clone is another handle to the same one.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pools: Pools,
    sealer: Arc<Sealer>,
    queue: mpsc::Sender<Request>,
    changed: watch::Sender<u64>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the database, brings its schema up to date, and refuses a key that it was not written with.
    pub async fn open(settings: StoreSettings, keys: Keys) -> Result<Self, StoreError> {
        let sealer = Arc::new(Sealer::new(&keys)?);
        drop(keys);
        let pools = Pools::open(&settings).await?;
        key_check::check(&pools.writer, &sealer).await?;
        sql::prepare_all(&pools.writer, pools.backend()).await?;
        let latest = audit::latest_sequence(&pools.readers).await?;
        let (queue, received) = mpsc::channel(settings.queue_length.max(1));
        let changed = watch::Sender::new(u64::try_from(latest).unwrap_or_default());
        let writer = Writer {
            pool: pools.writer.clone(),
            writing: None,
            sealer: Arc::clone(&sealer),
            queue: received,
            changed: changed.clone(),
            max_batch: settings.max_batch.max(1),
        };
        let writer = Mutex::new(Some(tokio::spawn(writer.run())));
        let store = Self { inner: Arc::new(Inner { pools, sealer, queue, changed, writer }) };
        store.bring_over().await?;
        Ok(store)
    }

    /// Records a claim and takes its slots; answered after the commit (I1). Many at once are gathered into one commit.
    pub async fn submit(&self, submission: Submission) -> Result<SubmitOutcome, StoreError> {
        let due_on = submission.due_on;
        let prepared = Box::new(Prepared::new(submission, &self.inner.sealer)?);
        let claim = Arc::clone(&prepared.claim);
        let submitted = self.ask(prepared, Request::Submit).await?;
        Ok(submitted.outcome(claim, due_on))
    }

    /// Takes a claim back, frees its slots and lets the next in line be assessed.
    pub async fn withdraw(&self, withdrawal: Withdrawal) -> Result<WithdrawOutcome, StoreError> {
        self.ask(withdrawal, Request::Withdraw).await
    }

    /// Claims whose turn it is, each given to one caller until `lease_until`.
    pub async fn lease_due(
        &self,
        now: Timestamp,
        limit: u32,
        lease_until: Timestamp,
    ) -> Result<Vec<DueClaim>, StoreError> {
        let lease = Lease { now, limit: limit.min(LEASES_MAX), until: lease_until };
        let (rows, taken) = self.ask(lease, Request::Lease).await?;
        rows.into_iter()
            .map(|row| {
                // The lease has counted itself.
                let attempts = u32::try_from(row.attempts - 1).unwrap_or_default();
                let record = row.claim.open(&self.inner.sealer)?;
                let own = taken.iter().filter(|(id, _)| *id == record.claim.claim_id);
                let units_taken = own.filter_map(|(_, unit)| *unit).collect();
                Ok(DueClaim { record, attempts, units_taken })
            })
            .collect()
    }

    /// When the next claim is due; `None` when none waits.
    pub async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        claims::next_due_at(&self.inner.pools.readers).await
    }

    /// Records decisions, each only if its claim is still at the version that was assessed. The outcomes are in their order.
    pub async fn record_assessments(
        &self,
        records: Vec<AssessmentRecord>,
        actor: Actor,
        at: Timestamp,
    ) -> Result<Vec<AssessmentOutcome>, StoreError> {
        let assessments = Assessments::new(records, actor, at, &self.inner.sealer)?;
        self.ask(assessments, Request::Assess).await
    }

    /// One claim of a region.
    pub async fn claim(&self, id: ClaimId, within: Region, access: &Access) -> Result<Option<ClaimRecord>, StoreError> {
        let record = listing::one(&self.inner.pools.readers, &self.inner.sealer, id).await?;
        let record = record.filter(|found| within.covers(found.claim.region));
        if let Some(record) = &record {
            let read = Read { action: Action::ClaimsRead, subject: Subject::Claim(id.0), region: record.claim.region };
            self.write_down(read, access, 1).await?;
        }
        Ok(record)
    }

    /// Where a claim stands and at which version: no personal data, so that whoever waits may ask often.
    pub async fn standing(&self, id: ClaimId) -> Result<Option<(ClaimState, i64)>, StoreError> {
        listing::standing(&self.inner.pools.readers, id).await
    }

    /// Claims, newest first.
    pub async fn claims(&self, filter: &ClaimFilter, access: &Access) -> Result<Vec<ClaimRecord>, StoreError> {
        let records = listing::page(&self.inner.pools.readers, &self.inner.sealer, filter).await?;
        let read = Read { action: Action::ClaimsRead, subject: Subject::Claims, region: filter.within };
        self.write_down(read, access, records.len()).await?;
        Ok(records)
    }

    /// Changes of claims within a region after a sequence, oldest first, each with its claim as it stands now; and the sequence up to
    /// which all were looked at: the one to go on from. It falls short of the latest only when `limit` was reached or very much was
    /// looked at: then call again at once.
    pub async fn changes_after(
        &self,
        sequence: i64,
        within: Region,
        limit: u32,
        access: &Access,
    ) -> Result<(Vec<ClaimChange>, i64), StoreError> {
        let Inner { pools, sealer, .. } = self.inner.as_ref();
        let head = audit::latest_sequence(&pools.readers).await?;
        let (changes, scanned) =
            listing::changes_after(&pools.readers, sealer, (sequence, head), within, limit).await?;
        let read = Read { action: Action::ClaimsRead, subject: Subject::Claims, region: within };
        self.write_down(read, access, changes.len()).await?;
        Ok((changes, scanned))
    }

    /// The sequence of the latest audit entry; 0 before the first.
    pub async fn latest_sequence(&self) -> Result<i64, StoreError> {
        audit::latest_sequence(&self.inner.pools.readers).await
    }

    /// Suspects with a claim within a region after a sequence, oldest first.
    pub async fn suspects_after(
        &self,
        sequence: i64,
        within: Region,
        limit: u32,
        access: &Access,
    ) -> Result<Vec<SuspectRecord>, StoreError> {
        let Inner { pools, sealer, .. } = self.inner.as_ref();
        let records = suspects::after(&pools.readers, sealer, (sequence, within), limit).await?;
        self.write_down(Read::suspects(within), access, records.len()).await?;
        Ok(records)
    }

    /// A page of suspects. That something was searched for is the access's to say; for what is never written down.
    pub async fn suspect_page(&self, filter: &SuspectFilter, access: &Access) -> Result<SuspectPage, StoreError> {
        let page = desk::lists::page(&self.inner.pools.readers, &self.inner.sealer, filter).await?;
        self.write_down(Read::suspects(filter.within), access, page.suspects.len()).await?;
        Ok(page)
    }

    /// The suspects of a page alone.
    pub async fn suspects(&self, filter: &SuspectFilter, access: &Access) -> Result<Vec<SuspectRecord>, StoreError> {
        Ok(self.suspect_page(filter, access).await?.suspects)
    }

    /// One suspect that has a claim in a region.
    pub async fn suspect(
        &self,
        id: SuspectId,
        within: Region,
        access: &Access,
    ) -> Result<Option<SuspectRecord>, StoreError> {
        let record = suspects::one(&self.inner.pools.readers, &self.inner.sealer, id).await?;
        let Some((record, region)) = record.and_then(|it| it.read_at(within).map(|region| (it, region))) else {
            return Ok(None);
        };
        let read = Read { action: Action::SuspectsRead, subject: Subject::Suspect(id.0), region };
        self.write_down(read, access, 1).await?;
        Ok(Some(record))
    }

    /// Enters a declaration and makes the waiting retention claims of its city due.
    pub async fn declare(&self, entry: DeclarationEntry) -> Result<DeclareOutcome, StoreError> {
        self.ask(entry, Request::Declare).await
    }

    /// Declarations of the places within a region, with the instants they were entered at.
    pub async fn declarations(&self, within: Region) -> Result<Vec<(Declaration, Timestamp)>, StoreError> {
        declarations::list(&self.inner.pools.readers, within).await
    }

    /// Which claim holds a slot at this moment.
    pub async fn slot_holder(&self, request: &SlotRequest) -> Result<Option<ClaimId>, StoreError> {
        let slot = KeyedSlot::new(request, &self.inner.sealer);
        slots::holder(&self.inner.pools.readers, &slot.key).await
    }

    /// How many claims of a region stand where; every state is there.
    pub async fn counts_by_state(&self, within: Region) -> Result<BTreeMap<ClaimState, u64>, StoreError> {
        let mut counts: BTreeMap<ClaimState, u64> = ClaimState::ALL.into_iter().map(|state| (state, 0)).collect();
        counts.extend(claims::counts_by_state(&self.inner.pools.readers, &sql::like(within)).await?);
        Ok(counts)
    }

    /// Fires after each commit of this node that changed something, with the latest sequence then. Reads do not fire it, nor do the
    /// commits of other replicas.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    /// Entries of the audit log, newest first. A page may be short of its limit and have a place to go on: see [`AuditPage`].
    pub async fn audit_entries(&self, filter: &AuditFilter, access: &Access) -> Result<AuditPage, StoreError> {
        let page = audit::listing::list(&self.inner.pools.readers, filter).await?;
        let read = Read { action: Action::AuditRead, subject: Subject::Audit, region: filter.within };
        self.write_down(read, access, page.entries.len()).await?;
        Ok(page)
    }

    /// Recomputes the whole audit chain and gives the number of entries; `StoreError::AuditBroken` names the first that does not fit.
    pub async fn verify_audit(&self) -> Result<u64, StoreError> {
        audit::verify(&self.inner.pools.readers).await
    }

    /// Takes nothing more, finishes what waits, and closes the database.
    pub async fn close(&self) {
        // When the queue is closed already, somebody else is closing: the task is awaited all the same.
        drop(self.inner.queue.send(Request::Close).await);
        if let Some(writer) = self.inner.writer.lock().await.take() {
            drop(writer.await);
        }
        self.inner.pools.close().await;
    }

    /// Takes the lease on taking a city further, unless another holder has it; `holder` is unique for a process.
    pub async fn take_lease(
        &self,
        city: Region,
        holder: String,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Fence>, StoreError> {
        self.act(lease::TakeLease { city, holder, now, until }).await
    }

    /// Keeps a lease until another moment, or gives it back with one that is over. Gives whether it was still held.
    pub async fn keep_lease(&self, fence: Fence, until: Timestamp) -> Result<bool, StoreError> {
        self.act(lease::KeepLease { fence, until }).await
    }

    /// Has it written down that a person came, went, or was given a link; answered after the commit.
    pub async fn note_console(
        &self,
        action: Action,
        actor: Actor,
        region: Region,
        detail: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let at = codec::kept(at);
        let subject = Subject::Console;
        let entry = Entry { at, actor: actor.0, action, subject, region, state: None, version: None, detail };
        self.ask(entry, Request::Read).await
    }

    /// Has an act carried out and waits for its commit.
    async fn act<A>(&self, act: A) -> Result<A::Output, StoreError>
    where
        A: act::Act,
        A::Output: Sync,
    {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Request::Act(Box::new(act::ActJob::new(act, answer))))?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Puts a request into the queue, unless it is full, and waits for the answer.
    async fn ask<I, O>(&self, input: I, request: fn(Job<I, O>) -> Request) -> Result<O, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(request(Job { input, answer }))?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    fn enqueue(&self, request: Request) -> Result<(), StoreError> {
        self.inner.queue.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    /// Has a read written down before its data are given out. Where nothing was found, nothing personal was read.
    async fn write_down(&self, read: Read, access: &Access, count: usize) -> Result<(), StoreError> {
        // Who looks through the log is in it even where nothing was found.
        if count == 0 && read.action != Action::AuditRead {
            return Ok(());
        }
        let mut detail = format!("purpose={} count={count}", access.purpose);
        if let Some(person) = &access.person {
            detail.push_str(" person=");
            detail.push_str(person.as_str());
        }
        let entry = Entry {
            at: codec::kept(access.at),
            actor: access.actor.0.clone(),
            action: read.action,
            subject: read.subject,
            region: read.region,
            state: None,
            version: None,
            detail,
        };
        self.ask(entry, Request::Read).await
    }
}

/// What was read.
struct Read {
    action: Action,
    subject: Subject,
    region: Region,
}

impl Read {
    fn suspects(within: Region) -> Self {
        Self { action: Action::SuspectsRead, subject: Subject::Suspects, region: within }
    }
}
