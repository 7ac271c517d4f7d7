//! The path of one batch, hop by hop, each with its time and the most memory it took.

use std::collections::BTreeMap;
use std::time::Instant;

use hufu::domain::calendar::{Month, cst_date};
use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::money::Fen;
use hufu::domain::payment::{BankReport, InstructionState};
use hufu::domain::pooling::{AgencyAccount, BatchId, BatchState, CityAccounts, FilingId, Grant, GrantedLine};
use hufu::domain::statement::{Direction, Statement, StatementLine, Totals};
use hufu::store::record::Actor;
use hufu::store::record::RequestKey;
use hufu::store::record::payment::{
    Instruct, InstructOutcome, InstructionRecord, MakeTransfers, NewPayout, Payable, PostStatement, ReportOutcome,
    StatementOutcome, TransferOutcome,
};
use hufu::store::record::pooling::{
    BatchStep, Fence, FileClaims, FileOutcome, MoveBatch, MoveOutcome, PoolFiling, PoolOutcome,
};
use hufu::store::{Access, Store};
use jiff::Span;
use uuid::Uuid;

use super::claims::{CLAIM_FEN, Town, now, person_of};
use super::database::{Database, Wrote};
use super::memory::{forget_peak, peak_mib};

/// Enterprises asked about and instructed at once, as a run does it.
const PAID_AT_ONCE: u32 = 500;
/// Filed claims read at once.
const LOOKED_AT_ONCE: u32 = 5_000;
/// Instructions sent at once.
const SENT_AT_ONCE: u32 = 1_000;

/// One hop.
pub(crate) struct Hop {
    pub(crate) name: &'static str,
    pub(crate) rows: usize,
    pub(crate) seconds: f64,
    /// The most memory resident at once, and how much more that is than before it.
    pub(crate) peak_mib: u64,
    pub(crate) grew_mib: u64,
    /// The rows that it wrote, but for a few.
    pub(crate) wrote: Vec<Wrote>,
}

/// The path while it is walked.
pub(crate) struct Path<'a> {
    store: &'a Store,
    database: &'a Database,
    town: Town,
    fence: Fence,
    accounts: CityAccounts,
    month: Month,
    filings: Vec<FilingId>,
    batch: BatchId,
    sent: Vec<InstructionRecord>,
    /// Of the instructions' time, what finding and opening the claims took.
    payable_seconds: f64,
    /// Of the funding's, what the grant took.
    grant_seconds: f64,
    hops: Vec<Hop>,
}

fn actor() -> Actor {
    Actor("hufu/pooling".to_owned())
}

fn account_of(region: Region) -> BankAccount {
    BankAccount::parse(&format!("6217000000{region}")).expect("an account")
}

impl<'a> Path<'a> {
    pub(crate) async fn begin(store: &'a Store, database: &'a Database, town: &Town) -> Self {
        let until = now().saturating_add(Span::new().hours(2)).expect("a moment");
        let fence = store.take_lease(Town::city(), "bench".to_owned(), now(), until).await.expect("a lease");
        let agency = |region: Region| AgencyAccount { account: account_of(region), name: "支出户".to_owned() };
        let places = town.regions().chain([Town::city()]);
        let fund = AgencyAccount {
            account: BankAccount::parse("6217000000999999").expect("an account"),
            name: "失业保险基金".to_owned(),
        };
        let accounts = CityAccounts { fund, expenditure: places.map(|it| (it, agency(it))).collect() };
        Self {
            store,
            database,
            town: *town,
            fence: fence.expect("nobody else has it"),
            accounts,
            month: Month::of(cst_date(now())),
            filings: Vec::new(),
            batch: BatchId(Uuid::nil()),
            sent: Vec::new(),
            payable_seconds: 0.0,
            grant_seconds: 0.0,
            hops: Vec::new(),
        }
    }

    pub(crate) async fn walk(mut self) -> Vec<Hop> {
        let claims = self.town.claims;
        macro_rules! hop {
            ($name:literal, $rows:expr, $run:ident, $tables:expr) => {
                let before = self.database.heads().await;
                let resident = forget_peak();
                let started = Instant::now();
                self.$run().await;
                let seconds = started.elapsed().as_secs_f64();
                let peak_mib = peak_mib();
                let grew_mib = peak_mib.saturating_sub(resident);
                let wrote = wrote(&$tables, before, self.database.heads().await);
                self.hops.push(Hop { name: $name, rows: $rows, seconds, peak_mib, grew_mib, wrote });
            };
        }
        hop!("filing, ten counties", claims, file, ["claim", "approval"]);
        hop!("filed claims read and opened", claims, look, []);
        hop!("pooling", claims, pool, ["claim", "approval"]);
        hop!("sealing the batch", claims, seal, []);
        hop!("grant, arrival, funding", claims, fund, ["claim", "ledger_entry"]);
        self.part("  of it, the grant held against the seal", self.grant_seconds);
        hop!("transfers, made, sent and settled", self.town.counties, transfer, []);
        let instructed = ["claim", "approval", "payment", "instruction", "instruction_part", "ledger_entry"];
        hop!("instructions: payable, opened, instructed", claims, instruct, instructed);
        self.part("  at the same time, payable claims opened", self.payable_seconds);
        hop!("sent, and accepted by the bank", claims, send, []);
        let matched = ["claim", "payment", "instruction", "statement_line", "ledger_entry"];
        hop!("statements of eleven accounts matched", claims, state, matched);
        hop!("ledger check", claims, check, []);
        hop!("closing the batch", claims, close, []);
        self.hops
    }

    /// A part of the last hop, whose memory it shares.
    fn part(&mut self, name: &'static str, seconds: f64) {
        let (peak_mib, grew_mib) = self.hops.last().map_or((0, 0), |hop| (hop.peak_mib, hop.grew_mib));
        self.hops.push(Hop { name, rows: self.town.claims, seconds, peak_mib, grew_mib, wrote: Vec::new() });
    }

    async fn file(&mut self) {
        for region in self.town.regions() {
            let mut left = 1;
            while left > 0 {
                let filing = FileClaims {
                    request: RequestKey {
                        caller: "bench/bench".to_owned(),
                        request_id: format!("file-{}", self.filings.len()),
                        digest: [0; 32],
                    },
                    actor: Actor("bench/insurance".to_owned()),
                    operator: person_of("li.na"),
                    region,
                    month: self.month,
                    expected: None,
                    at: now(),
                };
                let outcome = self.store.file_claims(filing).await.expect("a commit");
                let FileOutcome::Filed { filing, left: more } = outcome else { panic!("not filed: {outcome:?}") };
                self.filings.push(filing.filing_id);
                left = more;
            }
        }
    }

    async fn look(&mut self) {
        let access = access("pool");
        let mut seen = 0;
        for filing in &self.filings {
            let mut after = None;
            loop {
                let claims = self.store.filed_claims(*filing, after, LOOKED_AT_ONCE, &access).await.expect("claims");
                let Some(last) = claims.last() else { break };
                (seen, after) = (seen + claims.len(), Some(last.path.claim_id));
            }
        }
        assert_eq!(seen, self.town.claims);
    }

    async fn pool(&mut self) {
        let batch = self.store.gathering_batch(self.fence, self.month, actor(), now()).await.expect("a batch");
        self.batch = batch.batch_id;
        let mut pooled = 0;
        for filing_id in self.filings.clone() {
            let (fence, batch_id) = (self.fence, self.batch);
            let (changed, waiting) = (Vec::new(), Vec::new());
            let filing = PoolFiling { fence, actor: actor(), batch_id, filing_id, changed, waiting, at: now() };
            let outcome = self.store.pool_filing(filing).await.expect("a commit");
            let PoolOutcome::Pooled(totals) = outcome else { panic!("not pooled: {outcome:?}") };
            pooled += totals.claims;
        }
        assert_eq!(pooled, self.town.claims as u64);
    }

    async fn step(&self, step: BatchStep) -> MoveOutcome {
        let moved = MoveBatch { fence: self.fence, actor: actor(), batch_id: self.batch, step, at: now() };
        self.store.move_batch(moved).await.expect("a commit")
    }

    async fn moved(&self, step: BatchStep, to: BatchState) {
        let outcome = self.step(step).await;
        assert!(matches!(&outcome, MoveOutcome::Moved(batch) if batch.state == to), "{outcome:?}");
    }

    async fn seal(&mut self) {
        self.moved(BatchStep::Seal, BatchState::Sealed).await;
        self.moved(BatchStep::Asked { reference: "F-1".to_owned() }, BatchState::Asked).await;
    }

    async fn fund(&mut self) {
        let lines = self.store.batch_lines(self.batch).await.expect("lines").into_iter().map(|it| GrantedLine {
            region: it.line.region,
            subsidy: it.line.subsidy,
            granted: it.line.amount,
        });
        let grant = Grant {
            lines: lines.collect(),
            document_number: "聊财社〔2022〕1号".to_owned(),
            reason: String::new(),
            decided_on: cst_date(now()),
        };
        let started = Instant::now();
        self.moved(BatchStep::Granted(grant), BatchState::Granted).await;
        self.grant_seconds = started.elapsed().as_secs_f64();
        let arrived = line("in", Direction::Credit, self.total(), self.batch.0);
        self.post(Town::city(), 1, Fen::ZERO, vec![arrived]).await;
        loop {
            match self.step(BatchStep::Fund).await {
                MoveOutcome::More(_) => {}
                MoveOutcome::Moved(batch) if batch.state == BatchState::Funded => return,
                other @ (MoveOutcome::Moved(_) | MoveOutcome::Stale | MoveOutcome::Refused(_)) => {
                    panic!("not funded: {other:?}")
                }
            }
        }
    }

    /// All that is paid.
    fn total(&self) -> Fen {
        Fen::new(CLAIM_FEN * i64::try_from(self.town.claims).expect("a number"))
    }

    async fn post(&self, region: Region, number: u32, opening: Fen, lines: Vec<StatementLine>) {
        let sum = |direction| {
            Fen::checked_sum(lines.iter().filter(|it| it.direction == direction).map(|it| it.amount)).expect("a sum")
        };
        let (credit, debit) = (sum(Direction::Credit), sum(Direction::Debit));
        let statement = Statement {
            account: account_of(region),
            number,
            opening,
            closing: Fen::new(opening.get() + credit.get() - debit.get()),
            declared: Totals { lines: lines.len() as u64, credit, debit },
            lines,
        };
        let posting = PostStatement { actor: Actor("hufu/statements".to_owned()), region, statement, at: now() };
        let outcome = self.store.post_statement(posting).await.expect("a commit");
        assert!(matches!(&outcome, StatementOutcome::Posted { unmatched, .. } if unmatched.is_empty()), "{outcome:?}");
    }

    async fn transfer(&mut self) {
        let (fence, batch_id, accounts) = (self.fence, self.batch, self.accounts.clone());
        let transfers = MakeTransfers { fence, actor: actor(), batch_id, accounts, at: now() };
        let made = self.store.make_transfers(transfers).await.expect("a commit");
        assert_eq!(made, TransferOutcome::Made(self.town.counties as u32));
        self.send_all(|it| BankReport::Settled(it.order.amount), InstructionState::Paid).await;
    }

    /// Sends what is made, and tells what the bank says of it.
    async fn send_all(&mut self, report: impl Fn(&InstructionRecord) -> BankReport, to: InstructionState) {
        loop {
            let sent = self.store.start_sending(self.fence, SENT_AT_ONCE, actor(), now()).await.expect("a commit");
            if sent.is_empty() {
                return;
            }
            let reports = sent.iter().map(|it| (it.order.instruction_id, report(it))).collect();
            let outcomes = self.store.report(reports, actor(), now()).await.expect("a commit");
            assert!(outcomes.iter().all(|it| *it == ReportOutcome::Settled(to)), "every report is believed");
            self.sent.extend(sent);
        }
    }

    async fn instruct(&mut self) {
        let access = access("pay");
        let payable = async |after| {
            let started = Instant::now();
            let payable = self.store.payable(self.batch, after, PAID_AT_ONCE, &access).await.expect("enterprises");
            (payable, started.elapsed().as_secs_f64())
        };
        let (mut found, mut seconds) = payable(None).await;
        let mut paid = 0;
        while let Some(last) = found.last() {
            let after = Some((last.place, last.enterprise.clone()));
            let instruct = Instruct {
                fence: self.fence,
                actor: actor(),
                batch_id: self.batch,
                accounts: self.accounts.clone(),
                payouts: found.into_iter().map(payout).collect(),
                at: now(),
            };
            // As a run does it: the next are read and opened while these are written.
            let (next, outcomes) = tokio::join!(payable(after), self.store.instruct(instruct));
            let outcomes = outcomes.expect("a commit");
            assert!(outcomes.iter().all(|it| matches!(it, InstructOutcome::Instructed(_))), "all are paid as approved");
            paid += outcomes.len();
            (found, seconds) = (next.0, seconds + next.1);
        }
        self.payable_seconds = seconds;
        assert_eq!(paid, self.town.firms);
    }

    async fn send(&mut self) {
        self.send_all(|_| BankReport::Accepted, InstructionState::Accepted).await;
        assert_eq!(self.sent.len(), self.town.firms + self.town.counties);
    }

    /// The city's statement shows the transfers, each county's what came in and every payout.
    async fn state(&mut self) {
        let mut lines: BTreeMap<Region, Vec<StatementLine>> = BTreeMap::new();
        for sent in &self.sent {
            let (id, amount) = (sent.order.instruction_id.0, sent.order.amount);
            let booked = line(&format!("out-{id}"), Direction::Debit, amount, id);
            lines.entry(sent.payer).or_default().push(booked);
            let county = self.accounts.expenditure.iter().find(|(_, it)| it.account == sent.order.payee_account);
            if let Some((county, _)) = county {
                let received = line(&format!("in-{id}"), Direction::Credit, amount, id);
                lines.entry(*county).or_default().push(received);
            }
        }
        for (region, lines) in lines {
            let (number, opening) = if region == Town::city() { (2, self.total()) } else { (1, Fen::ZERO) };
            self.post(region, number, opening, lines).await;
        }
    }

    async fn check(&mut self) {
        let check = self.store.check_ledger(Town::city()).await.expect("a check");
        assert_eq!(check.differences, []);
    }

    async fn close(&mut self) {
        self.moved(BatchStep::Close, BatchState::Closed).await;
    }
}

/// What a hop wrote that writes all rows of some tables, and entries of the ledger and the log from one head to another. Of a hop that
/// writes no claims, nothing is copied.
fn wrote(tables: &[&'static str], before: (i64, i64), after: (i64, i64)) -> Vec<Wrote> {
    let between = |from: i64, to: i64| format!("sequence > {from} AND sequence <= {to}");
    let mut wrote: Vec<Wrote> = Vec::new();
    for table in tables {
        let is_ledger = *table == "ledger_entry";
        wrote.push((table, if is_ledger { between(before.1, after.1) } else { "1 = 1".to_owned() }));
    }
    if !wrote.is_empty() {
        wrote.push(("audit_entry", between(before.0, after.0)));
    }
    wrote
}

fn access(purpose: &'static str) -> Access {
    Access { actor: actor(), person: None, purpose, at: now() }
}

/// All of an enterprise's claims, to the account that they were approved for.
fn payout(payable: Payable) -> NewPayout {
    let account = payable.claims.first().and_then(|it| it.record.claim.account.clone());
    NewPayout {
        place: payable.place,
        enterprise: payable.enterprise,
        account,
        payee_name: "聊城某某科技有限公司".to_owned(),
        pay: payable.compared,
        changed: Vec::new(),
        purpose: "一次性扩岗补助".to_owned(),
    }
}

fn line(reference: &str, direction: Direction, amount: Fen, id: Uuid) -> StatementLine {
    StatementLine {
        bank_reference: reference.to_owned(),
        booked_on: cst_date(now()),
        direction,
        amount,
        end_to_end_id: Some(id.simple().to_string()),
        return_cause: None,
        remittance: String::new(),
    }
}
