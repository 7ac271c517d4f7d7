//! How fast the money's path is: each hop beside the plain SQL copy of the same rows, on the same database, in one run.
//!
//! `cargo bench --bench money` takes 100,000 approved claims of 5,000 enterprises in ten counties from the filing to the last line of the
//! statement, through the store alone: no sockets, no registries, and a bank that books everything. `--quick` takes 5,000. SQLite always;
//! PostgreSQL as well where `HUFU_TEST_POSTGRES` names a server (`scripts/with-postgres cargo bench --bench money`).
//! `HUFU_BENCH_DATABASE=postgres` or `sqlite` measures one alone.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures time, and prints it"
)]

#[path = "money/claims.rs"]
mod claims;
#[path = "money/database.rs"]
mod database;
#[path = "money/memory.rs"]
mod memory;
#[path = "money/path.rs"]
mod path;

use std::time::Instant;

use hufu::store::{Keys, Store, StoreSettings};

use claims::Town;
use database::{Copies, Database, Kind};
use path::{Hop, Path};

/// What the issue asks for.
const CLAIMS: usize = 100_000;
const QUICK_CLAIMS: usize = 5_000;
/// A hop may take so many times the copy.
const TARGET: f64 = 5.0;

fn main() {
    let claims = if std::env::args().any(|it| it == "--quick") { QUICK_CLAIMS } else { CLAIMS };
    let server = std::env::var("HUFU_TEST_POSTGRES").ok();
    let only = std::env::var("HUFU_BENCH_DATABASE").unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores; the store alone, no sockets; synchronous=FULL, synchronous_commit=on");
    if only != "postgres" {
        runtime.block_on(measure(Kind::Sqlite, claims));
    }
    match server {
        Some(server) if only != "sqlite" => runtime.block_on(measure(Kind::Postgres(server), claims)),
        Some(_) => {}
        None => println!("\nPostgreSQL is not measured: HUFU_TEST_POSTGRES names no server"),
    }
}

async fn measure(kind: Kind, claims: usize) {
    let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
    let key = folder.path().join("key");
    Keys::generate().expect("keys").write(&key).expect("a key file");
    let database = Database::create(kind, folder.path()).await;
    let keys = Keys::load(&key).expect("keys");
    let store = Store::open(StoreSettings::new(database.url()), keys).await.expect("a store");
    let town = Town::new(claims);
    println!(
        "\n{}: {} claims of {} enterprises in {} counties",
        database.name(),
        town.claims,
        town.firms,
        town.counties
    );

    let started = Instant::now();
    let made = claims::make(&store, &database, &town, &key).await;
    println!("made in {:.0} s: {made}", started.elapsed().as_secs_f64());

    let copies = database.copies().await;
    let Copies { bare, indexed } = copies;
    println!(
        "plain copy of these rows, committed: {bare:.2} s; into tables with their keys and indexes: {indexed:.2} s\n"
    );
    println!("{:<44}{:>9} {:>10} {:>8} {:>9} {:>9}", "hop", "seconds", "rows/s", "x copy", "x indexed", "peak MiB");
    let hops = Path::begin(&store, &town).await.walk().await;
    let mut late = Vec::new();
    for hop in &hops {
        println!("{}", row(hop, &copies));
        if hop.seconds > TARGET * bare && !hop.name.starts_with(' ') {
            late.push(hop.name);
        }
    }
    let total: f64 = hops.iter().filter(|hop| !hop.name.starts_with(' ')).map(|hop| hop.seconds).sum();
    println!(
        "all hops: {total:.1} s; above {TARGET} x the plain copy: {}",
        if late.is_empty() { "none".into() } else { late.join("; ") }
    );
    store.close().await;
    database.remove().await;
}

fn row(hop: &Hop, copies: &Copies) -> String {
    let Hop { name, rows, seconds, peak_mib } = hop;
    let rate = *rows as f64 / seconds;
    let (bare, indexed) = (seconds / copies.bare, seconds / copies.indexed);
    format!("{name:<44}{seconds:>9.2} {rate:>10.0} {bare:>8.1} {indexed:>9.1} {peak_mib:>9}")
}
