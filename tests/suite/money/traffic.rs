//! Months of traffic with faults, drawn from a seed and compared with an auditor who shares no code with the gateway.
//!
//! `HUFU_SEED=7` replays one seed; `HUFU_SEEDS=500` plays that many.

use std::collections::BTreeMap;

use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::pooling::BatchState;
use hufu::store::record::ledger::{AccountFilter, SliceFilter};
use hufu::store::record::pooling::BatchFilter;
use rand::Rng;
use rand::seq::IndexedRandom;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::acts::Story;
use super::auditor::Expected;
use super::claims::named;
use super::names::Names;
use super::town::{CITIES, Town, expenditure, region};
use super::weather::{check_journal, memory_of};
use crate::support::Database;

/// Seeds in the suite: each is some months of two cities.
const SEEDS_ON_SQLITE: u64 = 20;
const SEEDS_ON_POSTGRES: u64 = 5;
/// Seeds played side by side: the machine's cores.
const AT_ONCE: usize = 4;

const MONTHS: usize = 3;
const STEPS_A_MONTH: usize = 6;
/// Rounds of everybody doing their best; a story that is not over by then stands still.
const ROUNDS_AT_THE_END: usize = 14;

#[test]
fn months_of_traffic_leave_every_fen_where_the_auditor_says_on_sqlite() {
    play_all(Database::Sqlite, SEEDS_ON_SQLITE, "on_sqlite");
}

#[test]
fn months_of_traffic_leave_every_fen_where_the_auditor_says_on_postgres() {
    play_all(Database::Postgres, SEEDS_ON_POSTGRES, "on_postgres");
}

#[expect(clippy::disallowed_methods, reason = "how a seed is replayed")]
pub(super) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn play_all(backend: Database, count: u64, test: &str) {
    let seeds: Vec<u64> = match number("HUFU_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("HUFU_SEEDS").unwrap_or(count)).collect(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(AT_ONCE).enable_all().build().unwrap();
    let failures = runtime.block_on(async {
        let mut waiting = seeds.into_iter();
        let mut playing: JoinSet<(u64, Vec<String>)> = JoinSet::new();
        let mut failures = Vec::new();
        loop {
            while playing.len() < AT_ONCE
                && let Some(seed) = waiting.next()
            {
                playing.spawn(async move {
                    let played = tokio::spawn(play(backend, seed)).await;
                    (seed, played.unwrap_or_else(|panic| vec![panic.to_string()]))
                });
            }
            let Some(played) = playing.join_next().await else { break failures };
            let (seed, findings) = played.unwrap();
            if !findings.is_empty() {
                let findings = findings.join("\n  ");
                failures.push(format!(
                    "seed {seed}; again with HUFU_SEED={seed} scripts/with-postgres cargo test --test suite -- money::traffic {test}\n  {findings}"
                ));
            }
        }
    });
    assert!(failures.is_empty(), "{} seeds failed\n{}", failures.len(), failures.join("\n"));
}

/// Plays one seed, and says what was wrong.
async fn play(backend: Database, seed: u64) -> Vec<String> {
    let mut story = Story::begin(Town::start(backend).await, seed).await;
    for month in 0..MONTHS {
        for _ in 0..STEPS_A_MONTH {
            story.step(month + 1 < MONTHS).await;
        }
        story.town.clear_sky();
        story.compare(&format!("month {}", month + 1)).await;
        if !story.findings.is_empty() {
            break;
        }
    }
    if story.findings.is_empty() {
        story.finish().await;
    }
    let Story { town, findings, .. } = story;
    town.end().await;
    findings
}

impl Story {
    /// A day or two: things go wrong, people work, and the job runs or does not.
    async fn step(&mut self, claims: bool) {
        self.pass_time();
        let payees = self.accounts();
        let places: Vec<BankAccount> = places().map(expenditure).collect();
        self.town.draw_weather(&mut self.rng, &payees, &places);
        if claims {
            self.claim().await;
        }
        for _ in 0..5 {
            match self.rng.random_range(0..10) {
                0 => self.claim_twice().await,
                1 => self.change_account(),
                2 => self.change_standing(),
                3 => self.pay_in(),
                4 => self.set_arrivals_right(40),
                5 | 6 => self.review_payments(60).await,
                7 => self.open_cases().await,
                _ => self.advance_cases().await,
            }
        }
        self.review(60).await;
        for _ in 0..2 {
            let place = *places_of_all().choose(&mut self.rng).unwrap();
            self.file(place).await;
        }
        for (city, _) in CITIES {
            if self.rng.random_bool(0.5) {
                self.run(city).await;
            }
        }
    }

    fn accounts(&self) -> Vec<BankAccount> {
        self.employers.iter().filter_map(|it| named(&it.firm)).map(|it| BankAccount::parse(it).unwrap()).collect()
    }

    /// The sky is clear: the node and the bureaus tell each other everything, and the auditor compares.
    async fn compare(&mut self, when: &str) {
        for (city, _) in CITIES {
            self.run(city).await;
            // A statement lets time pass at the bank, so that there may be one more.
            self.run(city).await;
        }
        let names = Names::read(&self.town).await;
        let expected = self.auditor.audit(&names, &memory_of(self.town.vault()));
        let mut findings = expected.findings.clone();
        findings.extend(self.compare_balances(&names, &expected).await);
        findings.extend(self.compare_standing(&expected).await);
        findings.extend(self.compare_bank(&names).await);
        findings.extend(check_journal(self.town.vault()));
        for (city, _) in CITIES {
            let check = self.town.store.check_ledger(region(city)).await.unwrap();
            let said =
                check.differences.iter().map(|it| format!("{}: {}, {} / {}", it.code, it.en, it.expected, it.found));
            findings.extend(said);
        }
        if !findings.is_empty() {
            findings.extend(self.said.iter().rev().take(4).rev().cloned());
        }
        self.findings.extend(findings.into_iter().map(|it| format!("{when}: {it}")));
    }

    async fn compare_balances(&self, names: &Names, expected: &Expected) -> Vec<String> {
        let mut found: BTreeMap<(Uuid, String), i64> = BTreeMap::new();
        for (account, batch, fen) in self.balances(names).await {
            found.insert((batch, account), fen);
        }
        found.retain(|_, fen| *fen != 0);
        let all = expected.balances.keys().chain(found.keys()).collect::<std::collections::BTreeSet<_>>();
        let differences = all.into_iter().filter_map(|key| {
            let of = |balances: &BTreeMap<(Uuid, String), i64>| balances.get(key).copied().unwrap_or_default();
            let (must, is) = (of(&expected.balances), of(&found));
            (must != is).then(|| format!("batch {}: {} must hold {must} fen and holds {is}", key.0, key.1))
        });
        differences.collect()
    }

    /// Every account of every batch, on its own side.
    async fn balances(&self, names: &Names) -> Vec<(String, Uuid, i64)> {
        let mut balances = Vec::new();
        for batch in self.batches(names).await {
            let slice = SliceFilter { within: Region::MINISTRY, batch: Some(batch), subsidy: None, month: None };
            let filter = AccountFilter { slice, kind: None, after: None, limit: 10_000 };
            for (account, balance) in self.town.store.ledger_accounts(&filter).await.unwrap() {
                let fen = balance.on(account.kind.normal_side()).unwrap();
                balances.push((account.to_string(), batch.0, fen.get()));
            }
        }
        balances
    }

    async fn batches(&self, _: &Names) -> Vec<hufu::domain::pooling::BatchId> {
        let filter = BatchFilter { within: region("370000"), open_only: false, before: None, limit: 10_000 };
        self.town.store.batches(&filter).await.unwrap().into_iter().map(|it| it.batch_id).collect()
    }

    async fn compare_standing(&self, expected: &Expected) -> Vec<String> {
        let claims: Vec<(Vec<u8>, String)> = self.town.fetch("SELECT claim_id, state FROM claim").await;
        let differences = claims.into_iter().filter_map(|(id, state)| {
            let id = Uuid::from_slice(&id).unwrap();
            match expected.standing.get(&id) {
                Some(must) => (*must != state).then(|| format!("claim {id} must be {must} and is {state}")),
                None => {
                    let is_before = matches!(
                        state.as_str(),
                        "assessing" | "assessed" | "refused" | "held" | "reviewed" | "withdrawn"
                    );
                    (!is_before).then(|| format!("claim {id} is {state}, and nobody knows an approval of it"))
                }
            }
        });
        differences.collect()
    }

    /// The bank's books and the ledger agree to the fen, account by account and instruction by instruction.
    async fn compare_bank(&self, names: &Names) -> Vec<String> {
        let mut differences = Vec::new();
        let balances = self.balances(names).await;
        for place in places() {
            let kinds = [format!("municipal/{place}"), format!("county/{place}")];
            let cash: i64 = balances.iter().filter(|it| kinds.contains(&it.0)).map(|it| it.2).sum();
            let stray = self.stray.get(place).copied().unwrap_or_default();
            let bank = self.town.vault().balance(&expenditure(place)).get();
            if bank != cash + stray {
                differences.push(format!(
                    "the bank has {bank} fen for {place}, the ledger {cash}, and {stray} are strangers'"
                ));
            }
        }
        let rows: Vec<(Vec<u8>, i64, i64, String)> =
            self.town.fetch("SELECT instruction_id, paid_fen, returned_fen, state FROM instruction").await;
        let known: BTreeMap<Uuid, (i64, i64)> = self
            .town
            .vault()
            .instructions()
            .into_iter()
            .map(|it| (it.terms.id.0, (it.settled.get(), it.returned.get())))
            .collect();
        for (id, paid, returned, state) in rows {
            let id = Uuid::from_slice(&id).unwrap();
            let bank = known.get(&id).copied().unwrap_or_default();
            if bank != (paid, returned) {
                differences
                    .push(format!("instruction {id} is {state} with {:?}, and {bank:?} at the bank", (paid, returned)));
            }
        }
        differences
    }

    /// Everybody does their best until nothing moves any more; then nothing may be left anywhere without a reason.
    async fn finish(&mut self) {
        self.mend_accounts();
        let mut before = None;
        for _ in 0..ROUNDS_AT_THE_END {
            let now = self.moved().await;
            // Whoever passed a payment cannot approve it: then another round brings another person.
            if before.replace(now) == Some(now) && self.waiting_payments().await.is_empty() {
                break;
            }
            self.town.pass(jiff::SignedDuration::from_hours(80));
            self.town.vault().pass_time().unwrap();
            self.set_arrivals_right(100);
            self.review(100).await;
            self.review_payments(100).await;
            self.advance_cases().await;
            for place in places_of_all() {
                self.file(place).await;
            }
            for (city, _) in CITIES {
                self.run(city).await;
            }
        }
        self.compare("in the end").await;
        let names = Names::read(&self.town).await;
        let expected = self.auditor.audit(&names, &memory_of(self.town.vault()));
        let idle = expected.idle.iter().map(|((batch, place), fen)| {
            format!("in the end: batch {batch} leaves {fen} fen in {place} that nobody is owed")
        });
        self.findings.extend(idle);
        let filter = BatchFilter { within: region("370000"), open_only: false, before: None, limit: 10_000 };
        let waiting = self.waiting_payments().await;
        for batch in self.town.store.batches(&filter).await.unwrap() {
            let waits_for_people = waiting.iter().any(|it| it.batch_id == batch.batch_id);
            let is_over = matches!(batch.state, BatchState::Closed | BatchState::Refused);
            if !is_over && batch.stopped.is_none() && !waits_for_people {
                let state = batch.state.code();
                self.findings.push(format!("in the end: batch {} is {state} and says no reason", batch.batch_id));
            }
        }
    }

    /// A number that changes with whatever moves.
    async fn moved(&self) -> i64 {
        let versions = "SELECT (SELECT sequence FROM ledger_head) + (SELECT CAST(SUM(version) AS BIGINT) FROM claim)
            + (SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM payment)
            + (SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM clawback_case)
            + (SELECT CAST(COALESCE(SUM(changed_at), 0) AS BIGINT) FROM batch)";
        let found: Vec<(i64,)> = self.town.fetch(versions).await;
        found[0].0
    }

    /// Every employer gets an account that is good.
    fn mend_accounts(&mut self) {
        for at in 0..self.employers.len() {
            self.give_good_account(at);
        }
    }
}

fn places() -> impl Iterator<Item = &'static str> {
    CITIES.iter().flat_map(|(city, counties)| counties.iter().chain([city]).copied())
}

fn places_of_all() -> Vec<&'static str> {
    places().collect()
}
