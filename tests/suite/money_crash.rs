//! Killed at any moment, the node neither pays twice nor loses a claim (I1, I2, I4): at each crash point of the money's path, and at
//! random under load. The bank is played in the test's own process, so that its journal outlives the node; after the restart nobody
//! puts anything right, and that journal agrees with the ledger to the fen.

mod office;
mod oracle;
mod points;
mod random;
mod town;
mod two;

use std::io::Write;

use futures::{StreamExt, stream};
use hufu::workflows::pooling::point::Point;
use tokio::time::Instant;

use crate::process::{Engine, NodeProcess};
use points::{States, Trial};
use town::Town;

/// Processes killed and started again side by side.
const TRIALS_AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_each_point_it_pays_once_on_sqlite() {
    survive_each_point(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_each_point_it_pays_once_on_postgres() {
    survive_each_point(Engine::Postgres).await;
}

async fn survive_each_point(engine: Engine) {
    let start = Instant::now();
    require_failpoints(engine).await;
    let assessed = Town::found(engine).await.rest().await;
    let states = States::prepare(&assessed).await;
    let prepared = start.elapsed();
    let trials = Trial::all();
    let count = trials.len();
    let tried = stream::iter(trials).map(|trial| {
        let states = &states;
        async move { (trial.name(), trial.run(states).await) }
    });
    let results: Vec<(String, Vec<String>)> = tried.buffer_unordered(TRIALS_AT_ONCE).collect().await;
    // Past the test's capture: these figures are the point of the test.
    let _ = writeln!(
        std::io::stderr(),
        "money crash, {engine:?}: {count} kills at {} points, prepared in {prepared:.1?}, {:.1?} in all",
        2 * Point::ALL.len(),
        start.elapsed(),
    );
    let found: Vec<String> = results
        .into_iter()
        .flat_map(|(name, found)| found.into_iter().map(move |it| format!("{name}: {it}")))
        .collect();
    assert!(found.is_empty(), "{engine:?}:\n{}", found.join("\n"));
}

/// A node without crash points would survive every one of them.
async fn require_failpoints(engine: Engine) {
    let node = NodeProcess::prepare(engine, |_| {}).await;
    let settings = node.config_file().display().to_string();
    let output = node.run(&["serve", "--config", &settings, "--crash-at", "nowhere"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("no such point"),
        "the node has no crash points: run the suite as `cargo test --features failpoints` (it said: {said})"
    );
}
