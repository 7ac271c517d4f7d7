//! How fast a file of claims is matched, beside the least work that there can be, in one run on one machine.
//!
//! `cargo bench --bench reconcile` makes 10,000,000 claims (1.4 GB, in the system's temporary folder) and a tenth of them, and measures:
//! - exact doubles against a floor that reads the same file once, takes the number of each line and radix-partitions its 8-byte hash;
//! - all rules against exact doubles; ten times the rows against a tenth; two threads against one;
//! - the kernel over keys in memory against a plain radix pass over them;
//! - the most memory of the whole process beyond the file, a claim.
//!
//! `-- --quick` takes 1,000,000 and 100,000 claims. `HUFU_BENCH_CLAIMS=claims.csv` measures a file of its own, and leaves the smaller out.
//! What shares the machine shows in wall time: the same figures are given in seconds of processor time, all threads together.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures time, and prints it"
)]

#[path = "reconcile/claims.rs"]
mod claims;
#[path = "reconcile/floor.rs"]
mod floor;
#[path = "reconcile/kernel.rs"]
mod kernel;
#[path = "reconcile/measure.rs"]
mod measure;

use std::path::{Path, PathBuf};

use hufu::domain::matching::rule::MatchRule;
use hufu::domain::matching::scope::NEAR_THRESHOLD;
use hufu::workflows::reconcile::{Reconcile, reconcile};
use measure::{measured, ratio};

/// Runs of each kind; the fastest counts, as what shares the machine only ever slows one down.
const RUNS: usize = 3;
const EXACT: usize = 4;

fn main() {
    let is_quick = std::env::args().any(|it| it == "--quick");
    let rows = if is_quick { 1_000_000 } else { 10_000_000 };
    let folder = tempfile::Builder::new().prefix("hufu-bench.").tempdir().expect("a temporary folder");
    let given = std::env::var_os("HUFU_BENCH_CLAIMS").map(PathBuf::from);
    let large = given.clone().unwrap_or_else(|| claims::write(folder.path(), rows));
    let small = given.is_none().then(|| claims::write(folder.path(), rows / 10));
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(2);
    println!("{} MB of claims; {threads} threads unless told otherwise; the fastest of {RUNS} runs", megabytes(&large));

    let floor = measured(RUNS, || floor::run(&large, threads));
    println!("floor: read once, partition 8-byte hashes          {floor}");
    let exact = measured(RUNS, || run(&large, folder.path(), threads, &MatchRule::ALL[..EXACT]));
    println!("exact doubles                                      {exact}");
    let one = measured(RUNS, || run(&large, folder.path(), 1, &MatchRule::ALL[..EXACT]));
    println!("exact doubles, one thread                          {one}");
    let all = measured(RUNS, || run(&large, folder.path(), threads, MatchRule::ALL));
    println!("all rules                                          {all}");
    let tenth = small.map(|small| measured(RUNS, || run(&small, folder.path(), threads, &MatchRule::ALL[..EXACT])));
    if let Some(tenth) = &tenth {
        println!("exact doubles of a tenth                           {tenth}");
    }
    let keys = kernel::keys(exact.rows.try_into().expect("rows that fit memory"));
    let radix = measured(RUNS, || kernel::radix_pass(&keys, threads));
    println!("plain radix pass over 16-byte keys                 {radix}");
    let matched = measured(RUNS, || kernel::doubles(&keys, threads));
    println!("kernel over the same keys                          {matched}");

    println!("\n{:<52} {:>8} {:>9}", "ratio", "measured", "target");
    ratio("exact / floor, wall", exact.wall / floor.wall, 1.2);
    ratio("exact / floor, processor time", exact.cpu / floor.cpu, 1.2);
    ratio("all / exact, wall", all.wall / exact.wall, 5.0);
    ratio("all / exact, processor time", all.cpu / exact.cpu, 5.0);
    ratio("kernel / radix pass, wall", matched.wall / radix.wall, 1.5);
    if let Some(tenth) = &tenth {
        ratio("ten times the rows, wall", exact.wall / tenth.wall, 10.5);
        ratio("ten times the rows, processor time", exact.cpu / tenth.cpu, 10.5);
    }
    // At least 1.7 times as fast, so at most 0.588 of the time.
    ratio("two threads / one, wall", exact.wall / one.wall, 1.0 / 1.7);
    ratio("exact, peak bytes a claim", exact.peak_bytes as f64 / exact.rows as f64, 48.0);
    println!("all rules, peak bytes a claim: {:.1}", all.peak_bytes as f64 / all.rows as f64);
}

/// Matches a file; answers how many rows it has.
fn run(claims: &Path, folder: &Path, threads: usize, rules: &[MatchRule]) -> u64 {
    let (out, bad_rows) = (folder.join("pairs.csv"), folder.join("bad.csv"));
    let run = Reconcile {
        claims,
        out: &out,
        bad_rows: &bad_rows,
        map: &[],
        rules,
        threads,
        memory: None,
        near_threshold: NEAR_THRESHOLD,
        secret: 20_221_231,
    };
    reconcile(&run, &|_, _| {}).expect("a file of claims").rows
}

fn megabytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |it| it.len() / 1_000_000)
}
