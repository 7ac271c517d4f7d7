//! How fast the door is: durable claims a second beside its two limits, in one run on one machine.
//!
//! `cargo bench --bench gateway` measures, over mTLS on loopback with clients on the same cores:
//! - durable `SubmitClaim`, 64 callers, against one commit a claim on the same disk, and against a bare echo of the same message;
//! - `SubmitClaims` streaming against unary, and the node's peak memory over a long stream;
//! - `PullSuspects`, rows a second.
//!
//! `HUFU_BENCH_STREAM=1000000` sets the length of the long stream (default 200,000).

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures time, and prints it"
)]

mod support;

use std::time::Instant;

use hufu::store::StoreSettings;
use support::{Node, Rate, echo, percentiles, store_alone};

/// Callers at once in the unary measurements.
const CALLERS: usize = 64;
/// Enough for some seconds of steady state.
const UNARY_CLAIMS: usize = 60_000;
const BASELINE_CLAIMS: usize = 4_000;
/// Doubles that the suspect list is made of.
const SUSPECTS: usize = 200_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let arguments: Vec<_> = std::env::args_os().collect();
    match arguments.as_slice() {
        [_, mode, address, folder] if mode == "--serve-echo" => {
            runtime.block_on(support::serve_echo(&address.to_string_lossy(), folder.as_ref()));
        }
        [_, mode, ..] if mode == "--store-alone" => {
            println!("{}", runtime.block_on(store_alone(UNARY_CLAIMS, CALLERS, StoreSettings::MAX_BATCH)));
        }
        _ => runtime.block_on(measure()),
    }
}

async fn measure() {
    let stream_claims = std::env::var_os("HUFU_BENCH_STREAM")
        .and_then(|text| text.to_str().and_then(|text| text.parse().ok()))
        .unwrap_or(200_000_usize);
    println!("{} cores; SQLite with synchronous=FULL; client and node on the same cores\n", support::cores());

    let baseline = store_alone(BASELINE_CLAIMS, CALLERS, 1).await;
    println!("one commit a claim          {baseline}");
    let grouped = store_alone(UNARY_CLAIMS, CALLERS, StoreSettings::MAX_BATCH).await;
    println!("the same store, gathering   {grouped}");
    let echoed = echo(UNARY_CLAIMS, CALLERS).await;
    println!("bare echo of the message    {echoed}");

    let node = Node::start().await;
    let (unary, mut latencies) = node.submit_unary(UNARY_CLAIMS, CALLERS).await;
    let (p50, p99) = percentiles(&mut latencies);
    println!("SubmitClaim, durable        {unary}  p50 {p50:.1} ms  p99 {p99:.1} ms");
    let streamed = node.submit_streaming(stream_claims).await;
    println!("SubmitClaims, durable       {streamed}  over {stream_claims} claims");
    println!("node's peak memory          {} MiB", node.peak_mib());

    node.make_suspects(SUSPECTS).await;
    let started = Instant::now();
    let pulled = node.pull_suspects().await;
    let pull = Rate { count: pulled, seconds: started.elapsed().as_secs_f64() };
    println!("PullSuspects                {pull}");
    node.stop();

    println!("\n{:<52} {:>8} {:>9}", "ratio", "measured", "target");
    let rows = [
        ("SubmitClaim / one commit a claim", unary.per_second() / baseline.per_second(), 10.0),
        ("SubmitClaim / bare echo", unary.per_second() / echoed.per_second(), 1.0 / 3.0),
        ("SubmitClaims / SubmitClaim", streamed.per_second() / unary.per_second(), 2.0),
        ("PullSuspects / 100,000 rows a second", pull.per_second() / 100_000.0, 1.0),
    ];
    for (what, measured, target) in rows {
        println!("{what:<52} {measured:>8.2} {target:>9.2}  {}", if measured >= target { "met" } else { "MISSED" });
    }
}
