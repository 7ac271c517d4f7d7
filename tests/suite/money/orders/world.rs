//! The claims, what is known of each here, and the requests that are made of the store.

use std::collections::BTreeMap;

use futures::future::join_all;
use hufu::domain::claim::{ClaimId, ClaimState};
use hufu::domain::eligibility::verdict::{Payee, PayeeAccountKind, Verdict};
use hufu::domain::identity::BankAccount;
use hufu::domain::money::Fen;
use hufu::domain::payment::{InstructionId, PaymentId, PaymentState};
use hufu::store::record::payment::{PaymentAct, PaymentFilter, PaymentRecord, ReviewPayment};
use hufu::store::record::pooling::Fence;
use hufu::store::record::review::{Review, ReviewAct};
use hufu::store::record::{Actor, AssessmentOutcome, AssessmentRecord, ClaimRecord};
use hufu::store::{Store, StoreSettings};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::{Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::Counts;
use crate::money::desk::operator;
use crate::money::town::region;
use crate::store_conformance::harness::{Backend, Database, Draft, assessment, at, request, submit};
use crate::support::fresh_request_id;

pub(super) const CITY: &str = "371500";
pub(super) const COUNTY: &str = "371502";
/// Payments listed at once.
const LIMIT: u32 = 10_000;

/// What a person passed, and whoever approved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Approval {
    pub(super) first: &'static str,
    pub(super) second: Option<&'static str>,
    pub(super) account: u32,
    pub(super) fen: i64,
}

/// A claim with an enterprise of its own.
pub(super) struct Order {
    pub(super) id: ClaimId,
    /// As it was received.
    record: ClaimRecord,
    pub(super) version: i64,
    pub(super) state: ClaimState,
    /// The account that the tax department names now.
    pub(super) named: Option<u32>,
    /// Account and amount of the present decision.
    pub(super) decided: Option<(u32, i64)>,
    pub(super) approval: Option<Approval>,
}

pub(super) struct World<'a> {
    pub(super) database: &'a Database,
    pub(super) store: Store,
    pub(super) fence: Fence,
    pub(super) rng: ChaCha8Rng,
    pub(super) orders: Vec<Order>,
    pub(super) by_enterprise: BTreeMap<String, usize>,
    pub(super) by_claim: BTreeMap<ClaimId, usize>,
    pub(super) of_payment: BTreeMap<PaymentId, usize>,
    /// What people approved of payments that are to be instructed anew.
    pub(super) anew: BTreeMap<PaymentId, Approval>,
    /// Instructions that were looked at, with account and amount.
    pub(super) seen: BTreeMap<InstructionId, (BankAccount, i64)>,
    pub(super) counts: Counts,
}

/// The account of an enterprise by its number.
pub(super) fn account(order: usize, number: u32) -> BankAccount {
    BankAccount::parse(&format!("62{order:07}{number:05}")).unwrap()
}

pub(super) fn actor() -> Actor {
    Actor("hufu/test".to_owned())
}

impl<'a> World<'a> {
    pub(super) async fn new(database: &'a Database, orders: usize, seed: u64) -> Self {
        // Everybody acts at once.
        let settings = StoreSettings { queue_length: orders.max(1_000), ..database.settings() };
        let store = Store::open(settings, database.keys()).await.unwrap();
        let fence = store.take_lease(region(CITY), "one".to_owned(), at(0), at(900_000)).await.unwrap().unwrap();
        let mut by_enterprise = BTreeMap::new();
        let mut by_claim = BTreeMap::new();
        let drafts: Vec<Draft> = (0..orders)
            .map(|order| {
                let number = u16::try_from(order).unwrap();
                let place = if order % 2 == 0 { COUNTY } else { CITY };
                Draft::graduate(number, u32::from(number)).in_region(place)
            })
            .collect();
        let records = join_all(drafts.into_iter().map(|draft| submit(&store, draft))).await;
        let orders = records.into_iter().enumerate().map(|(order, record)| {
            by_enterprise.insert(record.claim.enterprise.as_str().to_owned(), order);
            by_claim.insert(record.claim.claim_id, order);
            let (id, version, state) = (record.claim.claim_id, record.version, record.state);
            Order { id, record, version, state, named: Some(0), decided: None, approval: None }
        });
        let orders = orders.collect();
        let (of_payment, anew, seen) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let counts = Counts::new();
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { database, store, fence, rng, orders, by_enterprise, by_claim, of_payment, anew, seen, counts }
    }

    /// What waits is decided: an amount, and the account that is named now.
    pub(super) async fn assess(&mut self) {
        let mut records = Vec::new();
        let mut places = Vec::new();
        for at in 0..self.orders.len() {
            let order = &self.orders[at];
            let Some(named) = order.named.filter(|_| order.state == ClaimState::Assessing) else { continue };
            let fen = 100 * self.rng.random_range(1..=9_999);
            let mut decided = decision(&order.record, at, named, fen);
            decided.version = order.version;
            records.push(decided);
            self.orders[at].decided = Some((named, fen));
            places.push(at);
        }
        for (records, places) in records.chunks(500).zip(places.chunks(500)) {
            let outcomes = self.store.record_assessments(records.to_vec(), actor(), at(211)).await.unwrap();
            for (place, outcome) in places.iter().zip(outcomes) {
                assert_eq!(outcome, AssessmentOutcome::Recorded);
                self.orders[*place].state = ClaimState::Assessed;
                self.orders[*place].version += 1;
            }
        }
    }

    pub(super) fn review(&self, order: usize, person: &str, act: ReviewAct, version: i64) -> Review {
        Review {
            request: request(&fresh_request_id(), 1),
            actor: actor(),
            operator: operator(person),
            claim_id: self.orders[order].id,
            version,
            act,
            at: at(300),
        }
    }

    pub(super) fn payment_review(
        &self,
        payment: &PaymentRecord,
        account: BankAccount,
        person: &str,
        act: PaymentAct,
    ) -> ReviewPayment {
        ReviewPayment {
            request: request(&fresh_request_id(), 1),
            actor: actor(),
            operator: operator(person),
            payment_id: payment.payment_id,
            version: payment.version,
            act,
            account,
            payee_name: payment.payee_name.clone(),
            at: at(400),
        }
    }

    /// Payouts in a state.
    pub(super) async fn payments(&self, state: PaymentState) -> Vec<PaymentRecord> {
        let filter =
            PaymentFilter { within: region(CITY), batch_id: None, state: Some(state), before: None, limit: LIMIT };
        let mut payments = self.store.payments(&filter).await.unwrap();
        payments.retain(|it| self.by_enterprise.contains_key(it.payee.as_str()));
        payments
    }

    /// Claims as they stand now, behind whatever moved them.
    pub(super) async fn refresh(&mut self) {
        for (id, state, version) in self.standing().await {
            let order = &mut self.orders[self.by_claim[&ClaimId(Uuid::from_slice(&id).unwrap())]];
            let state = ClaimState::from_code(&state).unwrap();
            (order.state, order.version) = (state, version);
            if !state.is_approved() && state != ClaimState::Reviewed {
                order.approval = None;
            }
        }
    }
}

impl World<'_> {
    async fn standing(&self) -> Vec<(Vec<u8>, String, i64)> {
        let sql = "SELECT claim_id, state, version FROM claim";
        match self.database.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.database.url).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.database.url).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
        }
    }
}

pub(super) fn decision(record: &ClaimRecord, order: usize, named: u32, fen: i64) -> AssessmentRecord {
    let payee = Payee { kind: PayeeAccountKind::Corporate, account: account(order, named) };
    let verdict = Verdict::Entitled { amount: Fen::new(fen), units: 1, payee, uncounted: Vec::new() };
    assessment(record, verdict)
}
