//! The money as it goes along the path, and what is instructed on the way: each instruction is compared with what was written down
//! when people approved it.

use hufu::domain::calendar::Month;

use hufu::domain::payment::{BankReport, Cause, InstructionState, PaymentId, PaymentKind, PaymentState};
use hufu::domain::pooling::{BatchId, BatchLine, Grant, GrantedLine};
use hufu::domain::statement::{Direction, Statement, StatementLine, Totals};
use hufu::store::record::payment::{
    Instruct, InstructOutcome, InstructionRecord, MakeTransfers, NewPayout, Payable, PostStatement, Reinstruct,
    StatementOutcome, TransferOutcome,
};
use hufu::store::record::pooling::{
    BatchStep, FileClaims, FileOutcome, MoveBatch, MoveOutcome, PoolFiling, PoolOutcome,
};
use jiff::civil::date;
use rand::Rng;
use sqlx::{Connection, PgConnection, SqliteConnection};

use super::world::{Approval, CITY, COUNTY, World, account, actor, decision};
use crate::money::desk::operator;
use crate::money::town::{cities, expenditure, region};
use crate::store_conformance::harness::{Backend, access, at, request};
use crate::support::fresh_request_id;

/// Enterprises, or instructions, at once.
const AT_ONCE: u32 = 500;

impl World<'_> {
    /// Files, pools, funds and passes on whatever is approved, and instructs it.
    pub(super) async fn pool(&mut self) {
        let month = Month::new(2022, 10).unwrap();
        let batch = self.store.gathering_batch(self.fence, month, actor(), at(500)).await.unwrap().batch_id;
        for place in [COUNTY, CITY] {
            let filing = FileClaims {
                request: request(&fresh_request_id(), 1),
                actor: actor(),
                operator: operator("zhao"),
                region: region(place),
                month,
                expected: None,
                at: at(500),
            };
            let FileOutcome::Filed { filing, left: 0 } = self.store.file_claims(filing).await.unwrap() else {
                panic!("{place} has claims to file")
            };
            self.pool_filing(batch, filing.filing_id).await;
        }
        self.refresh().await;
        self.step(batch, BatchStep::Seal).await;
        self.step(batch, BatchStep::Asked { reference: "1".to_owned() }).await;
        let lines: Vec<BatchLine> =
            self.store.batch_lines(batch).await.unwrap().into_iter().map(|it| it.line).collect();
        let granted = lines.iter().map(|it| GrantedLine { region: it.region, subsidy: it.subsidy, granted: it.amount });
        let grant = Grant {
            lines: granted.collect(),
            document_number: "1".to_owned(),
            reason: String::new(),
            decided_on: date(2022, 10, 10),
        };
        self.step(batch, BatchStep::Granted(grant)).await;
        self.arrive(batch, lines.iter().map(|it| it.amount.get()).sum()).await;
        self.step(batch, BatchStep::Fund).await;
        let accounts = cities().remove(&region(CITY)).unwrap().accounts;
        let transfers = MakeTransfers { fence: self.fence, actor: actor(), batch_id: batch, accounts, at: at(600) };
        assert_eq!(self.store.make_transfers(transfers).await.unwrap(), TransferOutcome::Made(1));
        for transfer in self.store.start_sending(self.fence, AT_ONCE, actor(), at(600)).await.unwrap() {
            if transfer.kind == PaymentKind::Transfer {
                let report = (transfer.order.instruction_id, BankReport::Settled(transfer.order.amount));
                self.store.report(vec![report], actor(), at(600)).await.unwrap();
            }
        }
        self.instruct(batch).await;
        self.refresh().await;
    }

    /// Some whose account is another than approved are found now, others not: the store must find them itself.
    async fn pool_filing(&mut self, batch: BatchId, filing: hufu::domain::pooling::FilingId) {
        let (mut changed, mut waiting, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let claims = self.store.filed_claims(filing, after, AT_ONCE, &access("test")).await.unwrap();
            let Some(last) = claims.last() else { break };
            after = Some(last.path.claim_id);
            for claim in &claims {
                let order = self.by_claim[&claim.path.claim_id];
                let approval = self.orders[order].approval.clone().expect("only what is approved is filed");
                assert!(approval.second.is_some(), "order {order} was filed with one person's approval");
                assert_eq!(claim.path.amount.get(), approval.fen, "order {order} is filed with what was approved");
                match self.orders[order].named {
                    Some(named) if named != approval.account && self.rng.random_bool(0.3) => {
                        changed.push(decision(&claim.record, order, named, approval.fen));
                        self.orders[order].decided = Some((named, approval.fen));
                    }
                    _ if self.rng.random_bool(0.02) => waiting.push(claim.path.claim_id),
                    _ => {}
                }
            }
        }
        let pooled = PoolFiling {
            fence: self.fence,
            actor: actor(),
            batch_id: batch,
            filing_id: filing,
            changed,
            waiting,
            at: at(550),
        };
        let outcome = self.store.pool_filing(pooled).await.unwrap();
        assert!(matches!(outcome, PoolOutcome::Pooled(_)), "{outcome:?}");
    }

    async fn step(&self, batch_id: BatchId, step: BatchStep) {
        loop {
            let step = MoveBatch { fence: self.fence, actor: actor(), batch_id, step: step.clone(), at: at(560) };
            match self.store.move_batch(step).await.unwrap() {
                MoveOutcome::Moved(_) => return,
                MoveOutcome::More(_) => {}
                other @ (MoveOutcome::Stale | MoveOutcome::Refused(_)) => panic!("{other:?}"),
            }
        }
    }

    /// The money arrives in the municipal account.
    async fn arrive(&mut self, batch: BatchId, fen: i64) {
        let (last, opening) = self.store.last_statement(region(CITY)).await.unwrap().unwrap_or_default();
        let amount = hufu::domain::money::Fen::new(fen);
        let line = StatementLine {
            bank_reference: format!("F{last}"),
            booked_on: date(2022, 10, 10),
            direction: Direction::Credit,
            amount,
            end_to_end_id: Some(batch.0.simple().to_string()),
            return_cause: None,
            remittance: String::new(),
        };
        let statement = Statement {
            account: expenditure(CITY),
            number: last + 1,
            opening,
            closing: opening.checked_add(amount).unwrap(),
            declared: Totals { lines: 1, credit: amount, debit: hufu::domain::money::Fen::ZERO },
            lines: vec![line],
        };
        let posting = PostStatement { actor: actor(), region: region(CITY), statement, at: at(570) };
        let outcome = self.store.post_statement(posting).await.unwrap();
        assert!(matches!(outcome, StatementOutcome::Posted { lines: 1, .. }), "{outcome:?}");
    }

    async fn instruct(&mut self, batch_id: BatchId) {
        loop {
            let payable = self.store.payable(batch_id, None, AT_ONCE, &access("test")).await.unwrap();
            if payable.is_empty() {
                break;
            }
            let payouts: Vec<NewPayout> = payable.iter().map(|it| self.payout(it)).collect();
            let accounts = cities().remove(&region(CITY)).unwrap().accounts;
            let instruct = Instruct {
                fence: self.fence,
                actor: actor(),
                batch_id,
                accounts,
                payouts: payouts.clone(),
                at: at(610),
            };
            let outcomes = self.store.instruct(instruct).await.unwrap();
            for (payout, outcome) in payouts.into_iter().zip(outcomes) {
                self.check_outcome(&payout, &outcome);
            }
        }
        self.check_instructions(batch_id).await;
    }

    fn payout(&self, payable: &Payable) -> NewPayout {
        let order = self.by_enterprise[payable.enterprise.as_str()];
        NewPayout {
            place: payable.place,
            enterprise: payable.enterprise.clone(),
            account: self.orders[order].named.map(|named| account(order, named)),
            payee_name: "聊城测试有限公司".to_owned(),
            pay: payable.compared.clone(),
            changed: Vec::new(),
            purpose: "一次性扩岗补助".to_owned(),
        }
    }

    /// Instructed exactly where the account that is named is the one that was approved.
    fn check_outcome(&mut self, payout: &NewPayout, outcome: &InstructOutcome) {
        let at = self.by_enterprise[payout.enterprise.as_str()];
        let approved = self.orders[at].approval.as_ref().map(|it| account(at, it.account));
        let what = match outcome {
            InstructOutcome::Instructed(id) => {
                self.of_payment.insert(*id, at);
                assert_eq!(payout.account, approved, "order {at} is instructed to the approved account");
                "instructed"
            }
            InstructOutcome::Owed(id, cause) => {
                self.of_payment.insert(*id, at);
                let must = if payout.account.is_none() { Cause::NoAccount } else { Cause::AccountChanged };
                assert!(payout.account != approved && *cause == must, "order {at} is owed for {cause:?}");
                "owed"
            }
            other @ (InstructOutcome::SetOff(_) | InstructOutcome::Nothing | InstructOutcome::Stale) => {
                panic!("order {at}: {other:?}")
            }
        };
        *self.counts.entry(what).or_default() += 1;
    }

    /// Every instruction that is new, against what was written down.
    async fn check_instructions(&mut self, batch_id: BatchId) {
        for instruction in self.store.instructions_of(batch_id, 100_000).await.unwrap() {
            if instruction.kind != PaymentKind::Payout {
                continue;
            }
            let order = &instruction.order;
            let now = (order.payee_account.clone(), order.amount.get());
            if let Some(then) = self.seen.get(&order.instruction_id) {
                assert!(*then == now, "instruction {} changed", order.instruction_id);
                continue;
            }
            self.check_instruction(&instruction);
            self.seen.insert(order.instruction_id, now);
        }
    }

    fn check_instruction(&mut self, instruction: &InstructionRecord) {
        let InstructionRecord { order, payment_id, attempt, .. } = instruction;
        let at = self.of_payment[payment_id];
        let claim = self.orders[at].approval.clone();
        let approval = match self.anew.remove(payment_id) {
            Some(anew) => anew,
            None => {
                assert_eq!(*attempt, 1, "order {at} is paid again, newly approved");
                claim.expect("what is paid was approved")
            }
        };
        let Approval { first, second, account: approved, fen } = approval;
        let second = second.unwrap_or_else(|| panic!("order {at} was approved by {first} alone"));
        assert_ne!(first, second, "order {at} was approved by one person");
        assert!(order.payee_account == account(at, approved), "order {at} goes to another account than was approved");
        assert_eq!(order.amount.get(), fen, "order {at} brings another amount than was approved");
    }

    /// What two people approved anew is instructed, if the account is still that one.
    pub(super) async fn reinstruct(&mut self) {
        let approved = self.payments(PaymentState::Approved).await;
        let mut batches: Vec<BatchId> = approved.iter().map(|it| it.batch_id).collect();
        let wanted: Vec<(usize, PaymentId, Reinstruct)> = approved
            .into_iter()
            .map(|payment| {
                let order = self.by_enterprise[payment.payee.as_str()];
                let account = self.orders[order].named.map(|named| account(order, named));
                let id = payment.payment_id;
                (order, id, Reinstruct { payment_id: id, account, payee_name: payment.payee_name })
            })
            .collect();
        for some in wanted.chunks(AT_ONCE as usize) {
            let payments = some.iter().map(|it| it.2.clone()).collect();
            let accounts = cities().remove(&region(CITY)).unwrap().accounts;
            let outcomes = self.store.reinstruct(self.fence, actor(), accounts, payments, at(700)).await.unwrap();
            for ((order, id, wanted), outcome) in some.iter().zip(outcomes) {
                let approved = self.anew.get(id).map(|it| account(*order, it.account));
                let is_same = approved.is_some() && wanted.account == approved;
                let what = match outcome {
                    InstructOutcome::Instructed(_) => {
                        assert!(is_same, "order {order} is instructed anew to another account than was approved");
                        "instructed anew"
                    }
                    InstructOutcome::Owed(..) => {
                        assert!(!is_same, "order {order} stands as approved");
                        self.anew.remove(id);
                        "owed again"
                    }
                    other @ (InstructOutcome::SetOff(_) | InstructOutcome::Nothing | InstructOutcome::Stale) => {
                        panic!("order {order}: {other:?}")
                    }
                };
                *self.counts.entry(what).or_default() += 1;
            }
        }
        batches.sort_unstable();
        batches.dedup();
        for batch in batches {
            self.check_instructions(batch).await;
        }
    }

    /// The bank books some, brings some back, fails some, and says nothing of others.
    pub(super) async fn pay(&mut self) {
        loop {
            let sent = self.store.start_sending(self.fence, AT_ONCE, actor(), at(800)).await.unwrap();
            if sent.is_empty() {
                break;
            }
        }
        let open =
            [InstructionState::Sending, InstructionState::InDoubt, InstructionState::Accepted, InstructionState::Paid];
        let (mut reports, mut after) = (Vec::new(), None);
        loop {
            let some = self.store.instructions(region(CITY), &open, after, AT_ONCE).await.unwrap();
            let Some(last) = some.last() else { break };
            after = Some(last.order.instruction_id);
            for it in some.iter().filter(|it| it.kind == PaymentKind::Payout) {
                let amount = it.order.amount;
                let back = BankReport::Returned { settled: amount, returned: amount, cause: Cause::AccountClosed };
                let report = match self.rng.random_range(0..100) {
                    0..30 => BankReport::Settled(amount),
                    30..45 => back,
                    45..52 if it.state != InstructionState::Paid => BankReport::Failed(Cause::AccountBlocked),
                    52..57 => BankReport::Unanswered,
                    57..62 => BankReport::NotKnown,
                    62..70 => BankReport::Accepted,
                    _ => continue,
                };
                if report == back {
                    *self.counts.entry("returned").or_default() += 1;
                }
                reports.push((it.order.instruction_id, report));
            }
        }
        for some in reports.chunks(AT_ONCE as usize) {
            self.store.report(some.to_vec(), actor(), at(810)).await.unwrap();
        }
        self.refresh().await;
    }

    /// One person's approval is no approval, also where somebody writes into the database itself.
    pub(super) async fn approve_alone(&self) {
        let tries = [
            "UPDATE approval SET approved_by = reviewed_by, approved_at = 1",
            "UPDATE payment SET reviewed_by = 'lc-hrss/wang', approved_by = 'lc-hrss/wang'",
            "UPDATE payment SET state = 'approved', reviewed_by = NULL, approved_by = NULL",
        ];
        for sql in tries {
            assert!(self.force(sql).await.is_err(), "done by direct SQL: {sql}");
        }
        let alone = "SELECT (SELECT COUNT(*) FROM approval WHERE approved_by = reviewed_by)
            + (SELECT COUNT(*) FROM payment WHERE approved_by = reviewed_by)";
        assert_eq!(self.database.count(alone).await, 0);
    }

    async fn force(&self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self.database.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.database.url).await?;
                sqlx::query(sql).execute(&mut connection).await.map(drop)
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.database.url).await?;
                sqlx::query(sql).execute(&mut connection).await.map(drop)
            }
        }
    }
}
