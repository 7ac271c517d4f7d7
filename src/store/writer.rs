//! Group commit: one task owns the writing connection, takes what waits into one transaction, and answers after its commit (I1).
//!
//! A commit costs a disk flush however little it holds, so the rate comes from what shares one: what arrived during a commit is the next
//! batch, with those who ask again at once.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::StoreError;
use super::act::AnyAct;
use super::assessments::{self, Assessments};
use super::claims::{self, LeasedRow};
use super::declarations;
use super::pool::{Pool, Tx, Writing};
use super::prepared::{Prepared, Submitted};
use super::record::{AssessmentOutcome, DeclarationEntry, DeclareOutcome, WithdrawOutcome, Withdrawal};
use super::seal::Sealer;
use super::slots;
use super::submissions;
use super::transaction::Transaction;
use super::withdrawals;
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::claim::ClaimId;
use crate::domain::identity::Region;

/// How often a transaction is run again after a serialization failure or deadlock.
const ATTEMPTS_MAX: u32 = 5;
/// The pause before the second attempt; it grows with each.
const RETRY_PAUSE: Duration = Duration::from_millis(5);
/// Rows in one transaction, whatever the number of requests: some 10 MB of statement text, and under a second.
const BATCH_ROWS_MAX: usize = 20_000;

/// From so many callers on, a commit is worth a pause.
const GATHER_FROM: usize = 8;
/// How long a commit waits for callers to come back: a fraction of what it takes, and enough for an answer and the next question.
const GATHER_MAX: Duration = Duration::from_millis(1);

/// Who leases claims, as the log names it: the node itself.
const ASSESSOR: &str = "hufu/assessor";

/// Something to be done, and where its answer is awaited.
pub(super) struct Job<I, O> {
    pub(super) input: I,
    pub(super) answer: oneshot::Sender<Result<O, StoreError>>,
}

/// A wish to lease claims that are due.
pub(super) struct Lease {
    pub(super) now: Timestamp,
    pub(super) limit: u32,
    pub(super) until: Timestamp,
}

/// Leased claims, still sealed, and the workers that other claims hold.
pub(super) type Leased = (Vec<LeasedRow>, Vec<(ClaimId, Option<usize>)>);

/// A request to the writer.
pub(super) enum Request {
    Submit(Job<Box<Prepared>, Submitted>),
    Assess(Job<Assessments, Vec<AssessmentOutcome>>),
    Withdraw(Job<Withdrawal, WithdrawOutcome>),
    Declare(Job<DeclarationEntry, DeclareOutcome>),
    Lease(Job<Lease, Leased>),
    /// A read of personal data, to be written down before the data are given out.
    Read(Job<Entry, ()>),
    Act(Box<dyn AnyAct>),
    /// Finish what waits and end.
    Close,
}

impl Request {
    fn weight(&self) -> usize {
        match self {
            Self::Submit(job) => job.input.weight(),
            Self::Assess(job) => job.input.weight(),
            Self::Lease(job) => usize::try_from(job.input.limit).unwrap_or(usize::MAX),
            Self::Act(act) => act.weight(),
            Self::Withdraw(_) | Self::Declare(_) | Self::Read(_) | Self::Close => 1,
        }
    }
}

/// The writer task.
pub(super) struct Writer {
    pub(super) pool: Pool,
    /// The connection at hand, between two transactions.
    pub(super) writing: Option<Writing>,
    pub(super) sealer: Arc<Sealer>,
    pub(super) queue: mpsc::Receiver<Request>,
    pub(super) changed: watch::Sender<u64>,
    pub(super) max_batch: usize,
}

impl Writer {
    /// Serves the queue until it is closed and empty.
    pub(super) async fn run(mut self) {
        let mut received = Vec::with_capacity(self.max_batch);
        let mut expected = 0;
        while self.queue.recv_many(&mut received, self.max_batch).await > 0 {
            self.gather(&mut received, expected).await;
            let answered = received.len();
            let mut batch = Batch::default();
            for request in received.drain(..) {
                let weight = request.weight();
                if batch.weight > 0 && batch.weight.saturating_add(weight) > BATCH_ROWS_MAX {
                    self.process(std::mem::take(&mut batch)).await;
                }
                if let Request::Close = request {
                    self.queue.close();
                } else {
                    batch.weight = batch.weight.saturating_add(weight);
                    batch.push(request);
                }
            }
            expected = answered.saturating_add(self.process(batch).await);
        }
    }

    /// Gives callers who were just answered the moment they need to ask again. Otherwise they fall into two halves, one waiting while
    /// the other is written, and every commit carries half of what it could.
    async fn gather(&mut self, received: &mut Vec<Request>, expected: usize) {
        if expected < GATHER_FROM {
            return;
        }
        let end = tokio::time::Instant::now() + GATHER_MAX;
        while received.len() < expected.min(self.max_batch) && tokio::time::Instant::now() < end {
            match self.queue.try_recv() {
                Ok(request) => received.push(request),
                Err(mpsc::error::TryRecvError::Empty) => tokio::task::yield_now().await,
                Err(mpsc::error::TryRecvError::Disconnected) => return,
            }
        }
    }

    /// Carries a batch out and answers it. Gives the number of requests that came meanwhile.
    async fn process(&mut self, batch: Batch) -> usize {
        if batch.weight == 0 {
            return 0;
        }
        let mut batch = batch;
        let result = self.attempt(&mut batch).await;
        let waiting = self.queue.len();
        match result {
            Ok(outcomes) => batch.answer(outcomes),
            Err(error) if batch.len() == 1 || error.is_retryable() => batch.refuse(&error),
            // One of them is at fault: alone, it fails alone.
            Err(_) => {
                for mut single in batch.singles() {
                    match self.attempt(&mut single).await {
                        Ok(outcomes) => single.answer(outcomes),
                        Err(error) => single.refuse(&error),
                    }
                }
            }
        }
        waiting
    }

    /// Runs the whole transaction, again where it met another one.
    async fn attempt(&mut self, batch: &mut Batch) -> Result<Outcomes, StoreError> {
        for attempt in 1..=ATTEMPTS_MAX {
            match self.run_once(batch).await {
                Err(error) if error.is_contention() => tokio::time::sleep(RETRY_PAUSE * attempt).await,
                done => return done,
            }
        }
        Err(StoreError::Contended)
    }

    async fn run_once(&mut self, batch: &mut Batch) -> Result<Outcomes, StoreError> {
        let tx = self.begin().await?;
        let mut transaction = Transaction::begin(tx, &self.sealer).await?;
        let outcomes = batch.run(&mut transaction).await?;
        let (sequence, writing) = transaction.commit().await?;
        self.writing = Some(writing);
        if let Some(sequence) = sequence {
            self.changed.send_replace(u64::try_from(sequence).unwrap_or_default());
        }
        Ok(outcomes)
    }

    /// Begins on the connection at hand, or on a new one where that one was lost since.
    async fn begin(&mut self) -> Result<Tx, StoreError> {
        if let Some(writing) = self.writing.take() {
            match writing.begin().await {
                Err(StoreError::Unavailable(_)) => {}
                begun => return begun,
            }
        }
        self.pool.acquire().await?.begin().await
    }
}

/// What shares one commit. All of it arrived before any of it was answered, so that any order among it is right; claims come first.
#[derive(Default)]
struct Batch {
    submits: Vec<Job<Box<Prepared>, Submitted>>,
    assessments: Vec<Job<Assessments, Vec<AssessmentOutcome>>>,
    withdrawals: Vec<Job<Withdrawal, WithdrawOutcome>>,
    declarations: Vec<Job<DeclarationEntry, DeclareOutcome>>,
    leases: Vec<Job<Lease, Leased>>,
    reads: Vec<Job<Entry, ()>>,
    acts: Vec<Box<dyn AnyAct>>,
    weight: usize,
}

/// The answers to a batch, in its order.
struct Outcomes {
    submits: Vec<Submitted>,
    assessments: Vec<Vec<AssessmentOutcome>>,
    withdrawals: Vec<WithdrawOutcome>,
    declarations: Vec<DeclareOutcome>,
    leases: Vec<Leased>,
}

impl Batch {
    fn push(&mut self, request: Request) {
        match request {
            Request::Submit(job) => self.submits.push(job),
            Request::Assess(job) => self.assessments.push(job),
            Request::Withdraw(job) => self.withdrawals.push(job),
            Request::Declare(job) => self.declarations.push(job),
            Request::Lease(job) => self.leases.push(job),
            Request::Read(job) => self.reads.push(job),
            Request::Act(act) => self.acts.push(act),
            Request::Close => {}
        }
    }

    fn len(&self) -> usize {
        let Self { submits, assessments, withdrawals, declarations, leases, reads, acts, weight: _ } = self;
        let claims = submits.len() + assessments.len() + withdrawals.len();
        claims + declarations.len() + leases.len() + reads.len() + acts.len()
    }

    async fn run(&mut self, transaction: &mut Transaction) -> Result<Outcomes, StoreError> {
        let submits: Vec<&Prepared> = self.submits.iter().map(|job| job.input.as_ref()).collect();
        let submits =
            if submits.is_empty() { Vec::new() } else { submissions::submit_all(transaction, &submits).await? };
        let mut assessed = Vec::with_capacity(self.assessments.len());
        for job in &self.assessments {
            assessed.push(assessments::record(transaction, &job.input).await?);
        }
        let mut withdrawn = Vec::with_capacity(self.withdrawals.len());
        for job in &self.withdrawals {
            withdrawn.push(withdrawals::withdraw(transaction, &job.input).await?);
        }
        let mut declared = Vec::with_capacity(self.declarations.len());
        for job in &self.declarations {
            declared.push(declarations::declare(transaction, &job.input).await?);
        }
        let mut leased = Vec::with_capacity(self.leases.len());
        for job in &self.leases {
            leased.push(lease(transaction, &job.input).await?);
        }
        for act in &mut self.acts {
            act.run(transaction).await?;
        }
        self.reads.iter().for_each(|job| transaction.append(&job.input));
        let (assessments, withdrawals, declarations, leases) = (assessed, withdrawn, declared, leased);
        Ok(Outcomes { submits, assessments, withdrawals, declarations, leases })
    }

    /// Whoever no longer waits for an answer can ask again: what was recorded is found under the same request id.
    fn answer(self, outcomes: Outcomes) {
        let Outcomes { submits, assessments, withdrawals, declarations, leases } = outcomes;
        answer_all(self.submits, submits);
        answer_all(self.assessments, assessments);
        answer_all(self.withdrawals, withdrawals);
        answer_all(self.declarations, declarations);
        answer_all(self.leases, leases);
        let reads = vec![(); self.reads.len()];
        answer_all(self.reads, reads);
        self.acts.into_iter().for_each(|act| act.answer());
    }

    fn refuse(self, error: &StoreError) {
        let Self { submits, assessments, withdrawals, declarations, leases, reads, acts, weight: _ } = self;
        acts.into_iter().for_each(|act| act.refuse(error));
        refuse_all(submits, error);
        refuse_all(assessments, error);
        refuse_all(withdrawals, error);
        refuse_all(declarations, error);
        refuse_all(leases, error);
        refuse_all(reads, error);
    }

    fn singles(self) -> impl Iterator<Item = Self> {
        let Self { submits, assessments, withdrawals, declarations, leases, reads, acts, weight: _ } = self;
        let all = submits.into_iter().map(Request::Submit);
        let all = all.chain(assessments.into_iter().map(Request::Assess));
        let all = all.chain(withdrawals.into_iter().map(Request::Withdraw));
        let all = all.chain(declarations.into_iter().map(Request::Declare));
        let all = all.chain(leases.into_iter().map(Request::Lease));
        let all = all.chain(reads.into_iter().map(Request::Read));
        all.chain(acts.into_iter().map(Request::Act)).map(|request| {
            let mut single = Self { weight: request.weight(), ..Self::default() };
            single.push(request);
            single
        })
    }
}

fn answer_all<I, O>(jobs: Vec<Job<I, O>>, outcomes: Vec<O>) {
    for (job, outcome) in jobs.into_iter().zip(outcomes) {
        drop(job.answer.send(Ok(outcome)));
    }
}

fn refuse_all<I, O>(jobs: Vec<Job<I, O>>, error: &StoreError) {
    for job in jobs {
        drop(job.answer.send(Err(error.clone())));
    }
}

async fn lease(transaction: &mut Transaction, lease: &Lease) -> Result<Leased, StoreError> {
    let rows = claims::lease(transaction, lease.now, lease.limit, lease.until).await?;
    if rows.is_empty() {
        return Ok((rows, Vec::new()));
    }
    let mut workforces = Vec::new();
    for row in rows.iter().filter(|row| row.is_workforce()) {
        workforces.push(super::codec::claim_id(row.claim_id())?);
    }
    let taken = slots::waiting(transaction, workforces).await?;
    transaction.append(&Entry {
        at: super::codec::kept(lease.now),
        actor: ASSESSOR.to_owned(),
        action: Action::ClaimsRead,
        subject: Subject::Claims,
        region: Region::MINISTRY,
        state: None,
        version: None,
        detail: format!("purpose=assess count={}", rows.len()),
    });
    Ok((rows, taken))
}
