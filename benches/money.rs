//! How fast the money's path is: each hop beside the plain SQL copy of the rows that it wrote, on the same database, in one run.
//!
//! `cargo bench --bench money` takes 100,000 approved claims of 5,000 enterprises in ten counties from the filing to the last line of the
//! statement, through the store alone: no sockets, no registries, and a bank that books everything. `--quick` takes 5,000, and
//! `HUFU_BENCH_CLAIMS=25000` as many as it says. SQLite always; PostgreSQL as well where `HUFU_TEST_POSTGRES` names a server
//! (`scripts/with-postgres cargo bench --bench money`). `HUFU_BENCH_DATABASE=postgres` or `sqlite` measures one alone.
//!
//! A hop is held against `INSERT INTO copy SELECT * FROM original`, committed under the same settings: of all rows of the tables that it
//! wrote all rows of, and of what it added to ledger and log, into tables with the keys, indexes, checks and references of their
//! originals. Beside that stands the copy of the claims as a whole, with content and approval, into tables that have nothing of the kind;
//! a hop that writes no claims has that one alone. The last two columns are the most memory that was resident during the hop, and how
//! much of it came with it.

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
use database::{Database, Kind};
use path::{Hop, Path};

/// What the issue asks for.
const CLAIMS: usize = 100_000;
const QUICK_CLAIMS: usize = 5_000;
/// A hop may take so many times the copy.
const TARGET: f64 = 5.0;

fn main() {
    let claims = if std::env::args().any(|it| it == "--quick") { QUICK_CLAIMS } else { CLAIMS };
    let claims = std::env::var("HUFU_BENCH_CLAIMS").map_or(claims, |it| it.parse().expect("a number of claims"));
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

    let bare = database.bare_copy().await;
    println!("plain copy of these claims, whole, into tables without keys and indexes, committed: {bare:.2} s\n");
    let hops = Path::begin(&store, &database, &town).await.walk().await;
    println!(
        "{:<44}{:>9} {:>9} {:>8} {:>8} {:>8} {:>9} {:>6}",
        "hop", "seconds", "rows/s", "copy s", "x copy", "x bare", "peak MiB", "more"
    );
    let mut late = Vec::new();
    for hop in &hops {
        let copy = database.copy(&hop.wrote).await;
        println!("{}", row(hop, copy, bare));
        if hop.seconds > TARGET * copy.unwrap_or(bare) && !hop.name.starts_with(' ') {
            late.push(hop.name);
        }
    }
    let total: f64 = hops.iter().filter(|hop| !hop.name.starts_with(' ')).map(|hop| hop.seconds).sum();
    println!(
        "all hops: {total:.1} s; above {TARGET} x the copy: {}",
        if late.is_empty() { "none".into() } else { late.join("; ") }
    );
    store.close().await;
    database.remove().await;
}

/// A hop beside the copy of the rows that it wrote, where it wrote such, and beside that of the claims, whole.
fn row(hop: &Hop, copy: Option<f64>, bare: f64) -> String {
    let Hop { name, rows, seconds, peak_mib, grew_mib, .. } = hop;
    let rate = *rows as f64 / seconds;
    let (copied, times) =
        copy.map_or_else(|| ("-".into(), "-".into()), |it| (format!("{it:.2}"), format!("{:.1}", seconds / it)));
    let bare = seconds / bare;
    format!("{name:<44}{seconds:>9.2} {rate:>9.0} {copied:>8} {times:>8} {bare:>8.1} {peak_mib:>9} {grew_mib:>6}")
}
