//! Two nodes on one database: one holds the city's lease, and whoever lost it writes nothing any more.

use std::time::Duration;

use futures::future::join;
use hufu::sandbox::{FinanceMode, Switching, Upstream};
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::office::{Office, People};
use super::oracle::violations;
use super::town::{LATER, Rest, Town, office, settings};
use crate::process::{Engine, NodeProcess};

/// Longer than the other node takes for the whole path.
const SILENCE: Duration = Duration::from_secs(120);
/// Only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_that_run_one_city_pay_once() {
    let filed = filed().await;
    run_side_by_side(&filed).await;
    fence_off(&filed).await;
}

async fn filed() -> Rest {
    let mut town = Town::found(Engine::Postgres).await;
    town.file_few().await;
    town.rest().await
}

/// Both run the city again and again until all is paid.
async fn run_side_by_side(filed: &Rest) {
    let mut town = filed.copy().await;
    town.start().await;
    let mut beside = town.node.beside(settings(&town.bureaus, town.begins));
    beside.start().await;
    let other = office(&beside);
    let (one, two) = join(run_or_wait(&town.office, &town), run_or_wait(&other, &town)).await;
    assert!(one + two > 0, "the two never met");
    let found = violations(&town).await;
    assert!(found.is_empty(), "{found:#?}");
    beside.terminate().await;
    town.node.terminate().await;
}

/// Runs until every batch is closed. Gives how often another held the lease.
async fn run_or_wait(office: &Office, town: &Town) -> usize {
    let start = Instant::now();
    let mut leased = 0;
    loop {
        match office.run().await {
            Ok(report) if report.status.as_ref().unwrap().open_batches.is_empty() && town.payments_booked() > 0 => {
                return leased;
            }
            Ok(_) => {}
            Err(status) => {
                assert_is_leased(&status);
                leased += 1;
            }
        }
        assert!(start.elapsed() < PATIENCE, "the city does not come to an end");
        sleep(PAUSE).await;
    }
}

/// A holder is stopped in the middle of a run for longer than its lease, another takes over, and the first wakes up.
async fn fence_off(filed: &Rest) {
    let mut town = filed.copy_silent(SILENCE).await;
    town.node.adjust(|settings| {
        // It waits for finance's answer until the test lets it go on.
        let finance = settings.upstream.get_mut(&Upstream::Finance.owner()).unwrap();
        (finance.attempt_timeout_ms, finance.total_deadline_ms) = (Some(10_000), Some(10_000));
    });
    town.start().await;
    town.bureaus.faults.set_finance([FinanceMode::TimeoutAfter]);
    let first = tokio::spawn({
        let office = town.office.clone();
        async move { office.run().await }
    });
    until(|| !town.bureaus.vault().applications().is_empty()).await;

    let mut beside = town.node.beside(settings(&town.bureaus, town.begins));
    beside.start().await;
    assert_is_leased(&office(&beside).run().await.err().unwrap());
    beside.terminate().await;
    town.node.signal("STOP").await;
    town.bureaus.faults.replace(Vec::<Switching>::new());
    // By this node's clock the lease has run out.
    let later = town.begins + LATER;
    beside.adjust(|settings| settings.node.story_clock = Some(later));
    beside.start().await;
    let other = office(&beside);
    other.run_until_still(People::Away).await.unwrap();
    let after = everything(&other).await;
    town.node.signal("CONT").await;
    assert_is_leased(&first.await.unwrap().err().unwrap());

    assert_eq!(everything(&other).await, after, "a node that lost its lease wrote something");
    let found = violations(&town).await;
    assert!(found.is_empty(), "{found:#?}");
    stop_both(town, beside).await;
}

async fn stop_both(mut town: Town, mut beside: NodeProcess) {
    beside.terminate().await;
    town.node.terminate().await;
}

/// Batches, payments and the number of ledger entries, as they stand.
async fn everything(office: &Office) -> String {
    let check = hufu::proto::ledger::v1::CheckLedgerRequest::default();
    let entries = office.ledger.clone().check_ledger(check).await.unwrap().into_inner().entries;
    let batches = office.batches().await.unwrap();
    let batches: Vec<_> = batches.iter().map(|it| (&it.batch_id, it.state, it.changed_at)).collect();
    let payments = office.payments().await.unwrap();
    let payments: Vec<_> = payments.iter().map(|it| (&it.payment_id, it.version, it.attempts, it.paid_fen)).collect();
    format!("{entries} entries, {batches:?}, {payments:?}")
}

fn assert_is_leased(status: &Status) {
    let reason = status.get_details_error_info().map(|it| it.reason).unwrap_or_default();
    assert_eq!((status.code(), reason.as_str()), (Code::Aborted, "POOLING_LEASED"), "{status:?}");
}

async fn until(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "it never comes to that");
        sleep(PAUSE).await;
    }
}
