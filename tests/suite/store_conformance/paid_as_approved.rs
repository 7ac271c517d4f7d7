//! I8 and I9 in random orders: whatever people, registries and banks do, only what two of them approved is ever instructed.

use std::collections::HashMap;

use hufu::domain::identity::BankAccount;
use hufu::domain::money::Fen;
use hufu::domain::payment::{BankReport, Cause, InstructionId, InstructionState, PaymentId};
use hufu::store::record::payment::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::harness::{Backend, Database, at, enterprise, region};
use super::on;
use super::payments_fixture::*;

/// Steps of one enterprise between two looks at the books: one order.
const STEPS: u32 = 8;
const ORDERS: u32 = 8;
const SEED: u64 = 20_221_010;

/// The number of an instruction, and what it pays to whom.
type Attempt = (u32, (BankAccount, Fen));

const PEOPLE: [&str; 3] = ["one", "two", "three"];

/// An enterprise with all that the test itself knows of what was approved for it.
struct Firm {
    number: u32,
    random: ChaCha8Rng,
    /// What the tax department names at the moment; 0 is the account that the claim was approved for.
    named: u32,
    payment: Option<PaymentId>,
    passed: Option<(&'static str, BankAccount, Fen)>,
    approved: Option<(BankAccount, Fen)>,
    /// What must have been instructed, attempt by attempt.
    instructed: Vec<(BankAccount, Fen)>,
    /// The last instruction that was wholly booked.
    paid: Option<(InstructionId, Fen)>,
    self_approvals_tried: u32,
}

fn named(number: u32) -> BankAccount {
    if number == 0 { approved_account() } else { account(number) }
}

fn owed(payment: &PaymentRecord) -> Fen {
    payment.amount.checked_sub(payment.paid).and_then(|it| it.checked_sub(payment.set_off)).unwrap()
}

impl Firm {
    fn new(number: u32) -> Self {
        Self {
            number,
            random: ChaCha8Rng::seed_from_u64(SEED + u64::from(number)),
            named: 0,
            payment: None,
            passed: None,
            approved: None,
            instructed: Vec::new(),
            paid: None,
            self_approvals_tried: 0,
        }
    }

    /// One thing that somebody does.
    async fn step(&mut self, world: &World<'_>, open: &HashMap<PaymentId, InstructionRecord>, todo: &[NewPayout]) {
        let choice = self.random.random_range(0..12);
        let Some(id) = self.payment else {
            if choice < 3 {
                self.named = self.random.random_range(0..3);
            }
            return self.instruct(world, todo).await;
        };
        let payment = world.store.payment(id).await.unwrap().unwrap();
        match choice {
            0 => self.named = self.random.random_range(0..3),
            1..=3 => self.review(world, &payment, PaymentAct::Pass).await,
            4..=6 => self.review(world, &payment, PaymentAct::Approve).await,
            7..=8 => self.again(world, &payment).await,
            _ => self.report(world, open.get(&id), &payment).await,
        }
    }

    async fn instruct(&mut self, world: &World<'_>, todo: &[NewPayout]) {
        let own = todo.iter().find(|it| it.enterprise == enterprise(self.number)).unwrap();
        let payout = NewPayout { account: Some(named(self.named)), ..own.clone() };
        let outcome = world.store.instruct(world.to_instruct(vec![payout])).await.unwrap().remove(0);
        match outcome {
            InstructOutcome::Instructed(id) => {
                assert_eq!(self.named, 0, "the claims were approved for another account");
                self.instructed.push((approved_account(), Fen::new(CLAIM_FEN)));
                self.payment = Some(id);
            }
            InstructOutcome::Owed(id, Cause::AccountChanged) => {
                assert_ne!(self.named, 0);
                self.payment = Some(id);
            }
            other @ (InstructOutcome::Owed(..)
            | InstructOutcome::SetOff(_)
            | InstructOutcome::Nothing
            | InstructOutcome::Stale) => panic!("{other:?}"),
        }
    }

    async fn review(&mut self, world: &World<'_>, payment: &PaymentRecord, act: PaymentAct) {
        let person = PEOPLE[self.random.random_range(0..PEOPLE.len())];
        let to = named(self.named);
        let is_own = act == PaymentAct::Approve && self.passed.as_ref().is_some_and(|(passed, ..)| *passed == person);
        self.self_approvals_tried += u32::from(is_own);
        let review = world.review(payment, person, act, self.named);
        match (world.store.review_payment(review).await.unwrap(), act) {
            (ReviewPaymentOutcome::Done(after, _), PaymentAct::Pass) => {
                self.passed = Some((person, to, owed(&after)));
                self.approved = None;
            }
            (ReviewPaymentOutcome::Done(after, _), PaymentAct::Approve) => {
                let (first, account, amount) = self.passed.take().expect("nobody approves what was not passed");
                assert_ne!(first, person, "nobody approves alone");
                assert_eq!((&account, amount), (&to, owed(&after)), "approved is what was passed");
                self.approved = Some((account, amount));
            }
            (ReviewPaymentOutcome::Changed, _) => (self.passed, self.approved) = (None, None),
            (ReviewPaymentOutcome::NotReviewable(_) | ReviewPaymentOutcome::SamePerson, _) => {}
            (
                outcome @ (ReviewPaymentOutcome::Repeated(..)
                | ReviewPaymentOutcome::NotFound
                | ReviewPaymentOutcome::RequestIdReused),
                _,
            ) => panic!("{outcome:?}"),
        }
    }

    async fn again(&mut self, world: &World<'_>, payment: &PaymentRecord) {
        let to = if self.random.random_ratio(1, 10) { None } else { Some(named(self.named)) };
        let again = Reinstruct {
            payment_id: payment.payment_id,
            account: to.clone(),
            payee_name: "聊城测试有限公司".to_owned(),
        };
        let accounts = world.accounts.clone();
        let outcomes = world.store.reinstruct(world.fence, actor(), accounts, vec![again], at(1_400)).await;
        match outcomes.unwrap().remove(0) {
            InstructOutcome::Instructed(_) => {
                let approved = self.approved.take().expect("two people approved it");
                assert_eq!(approved, (to.unwrap(), owed(payment)), "instructed is what was approved");
                self.instructed.push(approved);
            }
            InstructOutcome::Owed(_, Cause::AccountChanged | Cause::NoAccount) => {
                let approved = self.approved.take().expect("only what was approved is looked at");
                assert_ne!(Some(approved.0), to);
            }
            InstructOutcome::Stale => {}
            other @ (InstructOutcome::Owed(..) | InstructOutcome::SetOff(_) | InstructOutcome::Nothing) => {
                panic!("{other:?}")
            }
        }
    }

    /// What the bank says of what is under way, or late of what was booked.
    async fn report(&mut self, world: &World<'_>, open: Option<&InstructionRecord>, payment: &PaymentRecord) {
        let cause = Cause::AccountClosed;
        let report = match (open, self.paid) {
            (Some(open), _) => {
                let (id, amount) = (open.order.instruction_id, open.order.amount);
                let part = Fen::new(self.random.random_range(1..=amount.get()));
                let said = match self.random.random_range(0..6) {
                    0 => BankReport::Failed(cause),
                    1 => BankReport::Returned { settled: amount, returned: part, cause },
                    2 => BankReport::Settled(part),
                    3 => BankReport::Booked { debited: part, credited: Fen::ZERO, cause: None },
                    4 => BankReport::Accepted,
                    _ => BankReport::Settled(amount),
                };
                if said == BankReport::Settled(amount) {
                    self.paid = Some((id, amount));
                }
                (id, said)
            }
            (None, Some((id, amount))) => (id, BankReport::Returned { settled: amount, returned: amount, cause }),
            (None, None) => return,
        };
        world.store.report(vec![report], actor(), at(1_400)).await.unwrap();
        let after = world.store.payment(payment.payment_id).await.unwrap().unwrap();
        if after.paid != payment.paid {
            // Another amount is owed: nobody approved that.
            (self.passed, self.approved) = (None, None);
        }
    }
}

async fn run(database: Database, firms: u32) -> Database {
    let claims: Vec<Wanted> = (1..=firms).map(|it| (u16::try_from(it).unwrap(), it, CITY)).collect();
    let world = World::new(&database, &claims).await;
    world.transfers().await;
    let todo = world.payouts(None).await;
    let mut firms: Vec<Firm> = (1..=firms).map(Firm::new).collect();
    let is_open = InstructionState::ALL.into_iter().filter(|it| it.is_open());
    let is_open: Vec<InstructionState> = is_open.collect();
    for _ in 0..ORDERS {
        for _ in 0..STEPS {
            let open = world.store.instructions(region(CITY), &is_open, None, 1_000).await.unwrap();
            let open = open.into_iter().map(|it| (it.payment_id, it)).collect();
            futures::future::join_all(firms.iter_mut().map(|it| it.step(&world, &open, &todo))).await;
        }
        assert_books(&database).await;
    }
    let mut found: HashMap<PaymentId, Vec<Attempt>> = HashMap::new();
    for it in world.store.instructions_of(world.batch, 100_000).await.unwrap() {
        found.entry(it.payment_id).or_default().push((it.attempt, (it.order.payee_account, it.order.amount)));
    }
    let mut again = 0;
    for firm in &firms {
        let mut found = firm.payment.and_then(|it| found.remove(&it)).unwrap_or_default();
        found.sort_by_key(|(attempt, _)| *attempt);
        let found: Vec<_> = found.into_iter().map(|(_, it)| it).collect();
        assert_eq!(found, firm.instructed, "firm {} of seed {SEED}", firm.number);
        again += found.len().saturating_sub(1);
    }
    let alone: u32 = firms.iter().map(|it| it.self_approvals_tried).sum();
    // Orders in which nothing happens would prove nothing.
    assert!(again > firms.len() / 2 && alone > 10, "{again} instructed again, {alone} tried alone");
    world.store.verify_audit().await.unwrap();
    world.store.close().await;
    database
}

/// 2,000 orders.
#[test]
fn what_is_paid_is_what_two_people_approved_on_sqlite() {
    on(Backend::Sqlite, |database| run(database, 250));
}

/// 400 orders.
#[test]
fn what_is_paid_is_what_two_people_approved_on_postgres() {
    on(Backend::Postgres, |database| run(database, 50));
}
