//! How fast the fraud-review desk is with a million suspects: lists in every shape, searches, numbers, one suspect, and a pull of all.
//!
//! `cargo bench --bench desk` opens 1,000,000 suspects through the store and asks for pages of them, through the store alone: no sockets.
//! `--quick` opens 50,000. SQLite always; PostgreSQL as well where `HUFU_TEST_POSTGRES` names a server
//! (`scripts/with-postgres cargo bench --bench desk`). `HUFU_BENCH_DATABASE=postgres` or `sqlite` measures one alone. The plans of the
//! queries are printed: `HUFU_BENCH_PLANS=no` leaves them out.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures time, and prints it"
)]

#[path = "money/database.rs"]
#[allow(dead_code, reason = "the copies are the money's path's to measure")]
mod database;
#[path = "desk/load.rs"]
mod load;
#[path = "money/memory.rs"]
mod memory;
#[path = "desk/shapes.rs"]
mod shapes;

use std::time::Instant;

use hufu::domain::identity::Region;
use hufu::store::{Access, Keys, Store, StoreSettings};

use database::{Database, Kind};
use load::Town;

const SUSPECTS: usize = 1_000_000;
const QUICK_SUSPECTS: usize = 50_000;
/// Calls of each shape, each for another place in the list.
const CALLS: usize = 300;
/// What the issue asks for, in milliseconds at the 99th percentile.
const TARGET_MS: f64 = 100.0;
/// Suspects read at once by a pull, as the service reads them.
const PULLED_AT_ONCE: u32 = 5_000;

fn main() {
    let suspects = if std::env::args().any(|it| it == "--quick") { QUICK_SUSPECTS } else { SUSPECTS };
    let server = std::env::var("HUFU_TEST_POSTGRES").ok();
    let only = std::env::var("HUFU_BENCH_DATABASE").unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{cores} cores; the store alone, no sockets; one caller; each read is in the audit log before it is answered"
    );
    if only != "postgres" {
        runtime.block_on(measure(Kind::Sqlite, suspects));
    }
    match server {
        Some(server) if only != "sqlite" => runtime.block_on(measure(Kind::Postgres(server), suspects)),
        Some(_) => {}
        None => println!("\nPostgreSQL is not measured: HUFU_TEST_POSTGRES names no server"),
    }
}

async fn measure(kind: Kind, suspects: usize) {
    let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
    let key = folder.path().join("key");
    Keys::generate().expect("keys").write(&key).expect("a key file");
    let database = Database::create(kind, folder.path()).await;
    let open = async || {
        let keys = Keys::load(&key).expect("keys");
        Store::open(StoreSettings::new(database.url()), keys).await.expect("a store")
    };
    let town = Town::new(suspects);
    println!("\n{}: {suspects} suspects", database.name());
    let started = Instant::now();
    let store = open().await;
    let told = load::open_suspects(&store, &town).await;
    println!("opened in {:.0} s: {told}", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let keyed = load::enter_keys(&store).await;
    store.close().await;
    load::spread(&database).await;
    println!(
        "weighed, worked on and counted by SQL in {:.0} s; {keyed} of them searchable",
        started.elapsed().as_secs_f64()
    );

    let store = open().await;
    if std::env::var("HUFU_BENCH_PLANS").is_ok_and(|it| it == "no") {
        println!("plans left out");
    } else {
        print_plans(&store).await;
    }
    println!("\n{:<58}{:>8} {:>8} {:>8} {:>7}", "asked for", "p50 ms", "p99 ms", "max ms", "rows");
    let mut late = Vec::new();
    for ask in shapes::all(&store, &town).await {
        let taken = ask.measure(&store, CALLS).await;
        println!("{:<58}{:>8.1} {:>8.1} {:>8.1} {:>7}", ask.name(), taken.p50, taken.p99, taken.max, taken.rows);
        if taken.p99 > TARGET_MS {
            late.push(ask.name().to_owned());
        }
    }
    println!("above {TARGET_MS} ms: {}", if late.is_empty() { "none".into() } else { late.join("; ") });
    pull(&store).await;
    store.close().await;
    database.remove().await;
}

async fn print_plans(store: &Store) {
    println!("\nplans");
    for plan in store.desk_plans().await.expect("plans") {
        println!("  {}", plan.query.chars().take(400).collect::<String>());
        for step in plan.steps {
            println!("      {step}");
        }
    }
}

/// Everything there is, page after page, as the service reads it.
async fn pull(store: &Store) {
    memory::forget_peak();
    let started = Instant::now();
    let (mut after, mut pulled) = (0, 0);
    loop {
        let page = store.suspects_after(after, Region::MINISTRY, PULLED_AT_ONCE, &access()).await.expect("a page");
        let Some(last) = page.last() else { break };
        after = last.sequence;
        pulled += page.len();
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = pulled as f64 / seconds;
    println!("pull of all: {pulled} suspects in {seconds:.1} s, {rate:.0} rows/s, peak {} MiB", memory::peak_mib());
}

fn access() -> Access {
    Access { actor: load::actor(), person: None, purpose: "bench", at: load::now() }
}
