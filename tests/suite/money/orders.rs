//! Random orders of edit, approve, change account and instruct, on the store alone: whatever people do in whatever order, nothing is
//! ever instructed but what two different people approved. What they approved is written down here, and not read from the product.

mod path;
mod world;

use std::collections::BTreeMap;

use futures::future::join_all;
use hufu::domain::claim::ClaimState;
use hufu::domain::payment::{PaymentId, PaymentState};
use hufu::store::record::payment::{PaymentAct, PaymentRecord, ReviewPaymentOutcome};
use hufu::store::record::review::{ReviewAct, ReviewOutcome};
use rand::Rng;
use rand::seq::IndexedRandom;

use super::desk::PEOPLE;
use crate::store_conformance::harness::{Backend, Database};
use world::{Approval, World, account};

/// Orders, each over a claim, an enterprise and an account of its own.
const ORDERS_ON_SQLITE: usize = 10_000;
/// Each statement is a round trip there.
const ORDERS_ON_POSTGRES: usize = 1_000;
/// Things that happen to every claim, one after the other.
const WAVES: usize = 9;
/// After so many waves the money goes as far as it can.
const WAVES_A_BATCH: usize = 3;
/// The seed, unless `HUFU_SEED` names another.
const SEED: u64 = 32;

#[test]
fn whatever_the_order_only_what_two_people_approved_is_instructed_on_sqlite() {
    play(Backend::Sqlite, ORDERS_ON_SQLITE);
}

#[test]
fn whatever_the_order_only_what_two_people_approved_is_instructed_on_postgres() {
    play(Backend::Postgres, ORDERS_ON_POSTGRES);
}

fn play(backend: Backend, orders: usize) {
    let seed = super::traffic::number("HUFU_SEED").unwrap_or(SEED);
    eprintln!("again with HUFU_SEED={seed} scripts/with-postgres cargo test --test suite -- money::orders");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::new(backend).await;
        let mut world = World::new(&database, orders, seed).await;
        for wave in 1..=WAVES {
            world.assess().await;
            world.desk().await;
            world.change_accounts();
            world.review_payments().await;
            if wave % WAVES_A_BATCH == 0 {
                world.pool().await;
                world.approve_alone().await;
            }
            world.reinstruct().await;
            world.pay().await;
        }
        let World { counts, .. } = world;
        // A test in which nothing of this happens proves nothing.
        for what in [
            "approved",
            "same person",
            "sent back",
            "instructed",
            "owed",
            "payment approved",
            "instructed anew",
            "returned",
        ] {
            let count = counts.get(what).copied().unwrap_or_default();
            assert!(count > orders / 100, "{what}: only {count}");
        }
        database.remove().await;
    });
}

impl World<'_> {
    /// Everybody does something about every claim: passes, approves, sends back, or tries what does not follow.
    async fn desk(&mut self) {
        let mut acts = Vec::with_capacity(self.orders.len());
        for order in 0..self.orders.len() {
            // What is filed or further is tried now and then: nothing follows from there.
            let is_filed = self.orders[order].state.is_approved() && self.orders[order].state != ClaimState::Approved;
            if is_filed && self.rng.random_bool(0.95) {
                continue;
            }
            let person = *PEOPLE.choose(&mut self.rng).unwrap();
            let act = match self.rng.random_range(0..10) {
                0..4 => ReviewAct::Pass,
                4..9 => ReviewAct::Approve,
                _ => ReviewAct::SendBack { reason: "材料不全".to_owned() },
            };
            let is_stale = self.rng.random_bool(0.05);
            acts.push((order, person, act, is_stale));
        }
        let acts: &[(usize, &'static str, ReviewAct, bool)] = &acts;
        let world = &*self;
        let done = join_all(acts.iter().map(|(order, person, act, is_stale)| {
            let version = world.orders[*order].version - i64::from(*is_stale);
            world.store.review(world.review(*order, person, act.clone(), version))
        }));
        let outcomes = done.await;
        for ((order, person, act, is_stale), outcome) in acts.iter().zip(outcomes) {
            self.reviewed(*order, person, act, *is_stale, outcome.unwrap());
        }
    }

    /// Writes down what was approved, and compares with what must have come of it.
    fn reviewed(&mut self, at: usize, person: &'static str, act: &ReviewAct, is_stale: bool, outcome: ReviewOutcome) {
        let order = &mut self.orders[at];
        let may = match (order.state, act) {
            (ClaimState::Assessed, ReviewAct::Pass) | (ClaimState::Reviewed, ReviewAct::Approve) => true,
            (ClaimState::Assessed | ClaimState::Reviewed | ClaimState::Approved, ReviewAct::SendBack { .. }) => true,
            (_, ReviewAct::Pass | ReviewAct::Approve | ReviewAct::SendBack { .. }) => false,
        };
        let is_self = *act == ReviewAct::Approve && order.approval.as_ref().is_some_and(|it| it.first == person);
        let what = match outcome {
            ReviewOutcome::Done(reviewed) => {
                assert!(may && !is_stale && !is_self, "order {at}: {person} did {act:?} from {:?}", order.state);
                order.version = reviewed.record.version;
                order.state = reviewed.record.state;
                match act {
                    ReviewAct::Pass => {
                        let (account, fen) = order.decided.expect("an assessed claim is decided");
                        order.approval = Some(Approval { first: person, second: None, account, fen });
                        "passed"
                    }
                    ReviewAct::Approve => {
                        order.approval.as_mut().expect("passed before").second = Some(person);
                        "approved"
                    }
                    ReviewAct::SendBack { .. } => {
                        order.approval = None;
                        "sent back"
                    }
                }
            }
            ReviewOutcome::SamePerson => {
                assert!(may && is_self, "order {at}: {person} is not who passed it");
                "same person"
            }
            ReviewOutcome::Changed | ReviewOutcome::NotReviewable(_) => {
                assert!(!may || is_stale, "order {at}: {person} may {act:?} from {:?}", order.state);
                "refused"
            }
            other @ (ReviewOutcome::Repeated(_) | ReviewOutcome::NotFound | ReviewOutcome::RequestIdReused) => {
                panic!("order {at}: {other:?}")
            }
        };
        self.count(what);
    }

    /// The tax department names another account for some enterprises, or the one before again, or none.
    fn change_accounts(&mut self) {
        for order in &mut self.orders {
            match self.rng.random_range(0..100) {
                0..12 => order.named = Some(order.named.unwrap_or(0) + 1),
                12..14 => order.named = None,
                14..18 => order.named = Some(order.named.map_or(0, |it| it.saturating_sub(1))),
                _ => {}
            }
        }
    }

    /// People decide about payments that are owed, to the account that is named at that moment.
    async fn review_payments(&mut self) {
        let mut acts = Vec::new();
        for state in [PaymentState::Owed, PaymentState::Reviewed, PaymentState::Instructed] {
            for payment in self.payments(state).await {
                if state == PaymentState::Instructed && self.rng.random_bool(0.95) {
                    continue;
                }
                let at = self.order_of(&payment);
                // Without an account there is nothing to approve.
                let Some(named) = self.orders[at].named else { continue };
                let person = *PEOPLE.choose(&mut self.rng).unwrap();
                let act = if self.rng.random_bool(0.5) { PaymentAct::Pass } else { PaymentAct::Approve };
                acts.push((at, payment, named, person, act));
            }
        }
        let world = &*self;
        let done = join_all(acts.iter().map(|(at, payment, named, person, act)| {
            world.store.review_payment(world.payment_review(payment, account(*at, *named), person, *act))
        }));
        let outcomes = done.await;
        for ((at, payment, named, person, act), outcome) in acts.into_iter().zip(outcomes) {
            let owed = payment.amount.get() - payment.paid.get() - payment.set_off.get();
            self.payment_reviewed(at, (payment.payment_id, payment.state, owed), named, person, act, outcome.unwrap());
        }
    }

    fn payment_reviewed(
        &mut self,
        at: usize,
        (id, state, owed): (PaymentId, PaymentState, i64),
        named: u32,
        person: &'static str,
        act: PaymentAct,
        outcome: ReviewPaymentOutcome,
    ) {
        let known = self.anew.get(&id).cloned();
        let is_passed = state == PaymentState::Reviewed;
        let is_self = is_passed && act == PaymentAct::Approve && known.as_ref().is_some_and(|it| it.first == person);
        let what = match outcome {
            ReviewPaymentOutcome::Done(_, _) if act == PaymentAct::Pass => {
                assert_eq!(state, PaymentState::Owed, "order {at}: passed from {state:?}");
                self.anew.insert(id, Approval { first: person, second: None, account: named, fen: owed });
                "payment passed"
            }
            ReviewPaymentOutcome::Done(_, _) => {
                let mut approval = known.expect("passed before");
                assert!(is_passed && !is_self, "order {at}: {person} approved a payment from {state:?}");
                assert_eq!((approval.account, approval.fen), (named, owed), "order {at}: approved as it was passed");
                approval.second = Some(person);
                self.anew.insert(id, approval);
                "payment approved"
            }
            ReviewPaymentOutcome::SamePerson => {
                assert!(is_self, "order {at}: {person} is not who passed the payment");
                "same person"
            }
            ReviewPaymentOutcome::Changed => {
                let is_other = known.is_some_and(|it| it.account != named);
                assert!(is_passed && is_other, "order {at}: the account is the one that was passed");
                "other account than passed"
            }
            ReviewPaymentOutcome::NotReviewable(_) => "refused",
            other @ (ReviewPaymentOutcome::Repeated(_, _)
            | ReviewPaymentOutcome::NotFound
            | ReviewPaymentOutcome::RequestIdReused) => panic!("order {at}: {other:?}"),
        };
        self.count(what);
    }

    fn order_of(&self, payment: &PaymentRecord) -> usize {
        self.by_enterprise[payment.payee.as_str()]
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

/// How often something happened.
type Counts = BTreeMap<&'static str, usize>;
