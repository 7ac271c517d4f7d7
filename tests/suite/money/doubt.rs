//! Payments that all end in doubt: while nobody knows, nothing changes; when the bank answers again, one round ends them all.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use hufu::domain::claim::ClaimId;
use hufu::domain::identity::BankAccount;
use hufu::sandbox::{BankMode, Fault, Upstream};
use hufu::store::record::review::ReviewAct;
use jiff::SignedDuration;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::claims::{FEN_A_GRADUATE, What};
use super::town::Town;
use super::weather::check_journal;
use crate::support::Database;
use crate::support::people::{firm, graduate, numbered};

const PAYMENTS: usize = 500;
const CITY: &str = "371500";
const COUNTY: &str = "371502";
/// How long the bank keeps a call open without a word: long enough to be found gone before it ends.
const SILENCE: Duration = Duration::from_millis(1_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_payments_in_doubt_end_in_one_run_under_their_own_ids_on_sqlite() {
    five_hundred_in_doubt(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_payments_in_doubt_end_in_one_run_under_their_own_ids_on_postgres() {
    five_hundred_in_doubt(Database::Postgres).await;
}

/// State and amount of every instruction, by id and in its order; and how many entries the ledger has.
type Standing = (Vec<(Vec<u8>, String, i64)>, Vec<(i64,)>);

async fn standing(town: &Town) -> Standing {
    let instructions = "SELECT instruction_id, state, amount_fen FROM instruction ORDER BY instruction_id";
    (town.fetch(instructions).await, town.fetch("SELECT sequence FROM ledger_head").await)
}

/// Ids that the bank has, with what was booked of them.
fn at_the_bank(town: &Town) -> Vec<(Uuid, i64)> {
    town.vault().instructions().into_iter().map(|it| (it.terms.id.0, it.settled.get())).collect()
}

async fn five_hundred_in_doubt(backend: Database) {
    let town = Town::start_silent(backend, SILENCE).await;
    let accounts = approve_all(&town).await;
    let mut rng = ChaCha8Rng::seed_from_u64(500);
    let rules = accounts.into_iter().filter_map(|account| match rng.random_range(0..5) {
        0 | 1 => Some(BankMode::TimeoutAfter.for_account(account)),
        2 | 3 => Some(BankMode::TimeoutBefore.for_account(account)),
        // Taken in the same call, whose answer nobody hears.
        _ => None,
    });
    town.bureaus.faults.set_bank(rules);
    let (vault, faults) = (town.vault().clone(), town.bureaus.faults.clone());
    let leaves = tokio::spawn(async move {
        // The first is the transfer to the county.
        while vault.instructions().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        faults.set(Upstream::Bank, Fault::Down);
    });
    let report = town.run(CITY).await;
    leaves.await.unwrap();
    assert_eq!(report.status.in_doubt, PAYMENTS as u64, "all end in doubt");

    let (before, sent) = (standing(&town).await, at_the_bank(&town));
    assert!(sent.len() > 1 && sent.len() < PAYMENTS, "the bank has some, and not others");
    for _ in 0..4 {
        town.pass(SignedDuration::from_hours(30));
        assert_eq!(town.run(CITY).await.status.in_doubt, PAYMENTS as u64);
        assert_eq!((standing(&town).await, at_the_bank(&town)), (before.clone(), sent.clone()), "nothing changes");
    }

    town.bureaus.faults.set(Upstream::Bank, Fault::Healthy);
    assert_eq!(town.run(CITY).await.status.in_doubt, 0, "one run ends them all");
    let (after, _) = standing(&town).await;
    let ids = |rows: &[(Vec<u8>, String, i64)]| rows.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before.0), "not one under another id");
    let states: BTreeSet<&str> = after.iter().map(|it| it.1.as_str()).collect();
    assert_eq!(states, BTreeSet::from(["paid"]));
    let known: BTreeSet<Uuid> = at_the_bank(&town).into_iter().map(|it| it.0).collect();
    let made: BTreeSet<Uuid> = after.iter().map(|it| Uuid::from_slice(&it.0).unwrap()).collect();
    assert_eq!(known, made, "the bank has these and no others");
    assert_eq!(known.len(), PAYMENTS + 1);
    let paid: i64 = at_the_bank(&town).into_iter().map(|it| it.1).sum();
    // Once to the county, and once to the enterprises.
    assert_eq!(paid, 2 * FEN_A_GRADUATE * PAYMENTS as i64);
    assert_eq!(check_journal(town.vault()), Vec::<String>::new());
    let check = town.store.check_ledger(super::town::region(CITY)).await.unwrap();
    assert_eq!(check.differences, []);
    town.end().await;
}

/// As many enterprises, each with one claim that two people approved and the county filed; gives their accounts.
async fn approve_all(town: &Town) -> Vec<BankAccount> {
    let claims: Vec<_> = (0..PAYMENTS)
        .map(|number| {
            let account = format!("6222{number:012}");
            let firm = firm(&numbered("企业", number)).in_region(COUNTY).with_corporate_account(&account);
            town.know(&firm);
            let hired = graduate(&numbered("学生", number)).hired_by(&firm);
            town.registries.enter_graduate(&hired);
            (firm, What::Hired(Box::new(hired)))
        })
        .collect();
    let accounts = claims.iter().filter_map(|(firm, _)| firm.corporate_account.as_deref());
    let accounts = accounts.map(|it| BankAccount::parse(it).unwrap()).collect();
    let ids = town.submit(claims).await;
    review_all(town, &ids, "wang", &ReviewAct::Pass).await;
    review_all(town, &ids, "li", &ReviewAct::Approve).await;
    let filing = town.file(COUNTY, "zhao").await.unwrap();
    assert_eq!(filing.sealed.claims, PAYMENTS as u64);
    accounts
}

async fn review_all(town: &Town, ids: &[ClaimId], person: &str, act: &ReviewAct) {
    let reviews = ids.iter().map(async |id| {
        let (_, version) = town.store.standing(*id).await.unwrap().unwrap();
        town.review(*id, version, person, act.clone()).await.unwrap();
    });
    join_all(reviews).await;
}
