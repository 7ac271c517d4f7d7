//! What runs by itself while the node is up: assessing claims that wait, taking cities along the money's path, and weighing suspects.

mod pooling;
mod weigh;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::workflows::Gateway;

pub use pooling::run_pooling;
pub use weigh::weigh_suspects;

/// How often to look for claims whose turn it is when nobody tells of a change: pauses end, leases run out.
const LOOK: Duration = Duration::from_millis(250);

/// After a failed round, such as a database that does not answer.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Assesses claims until told to stop, `parallel` batches at a time; returns when the batches under way are recorded.
pub async fn assess_claims(gateway: Gateway, parallel: usize, stop: CancellationToken) {
    if parallel == 0 {
        return;
    }
    let free = Arc::new(Semaphore::new(parallel));
    let mut batches = JoinSet::new();
    let mut changed = gateway.changed();
    while !stop.is_cancelled() {
        while batches.try_join_next().is_some() {}
        let Some(Ok(turn)) = stop.run_until_cancelled(Arc::clone(&free).acquire_owned()).await else { break };
        changed.mark_unchanged();
        match gateway.lease_due().await {
            Ok(due) if due.is_empty() => {
                drop(turn);
                let woken = tokio::time::timeout(LOOK, changed.changed());
                stop.run_until_cancelled(woken).await;
            }
            Ok(due) => {
                let gateway = gateway.clone();
                batches.spawn(async move {
                    match gateway.assess_leased(due).await {
                        Ok(round) => tracing::debug!(?round, "assessed a batch"),
                        Err(refusal) => tracing::warn!(%refusal, "a batch was not assessed; its lease will end"),
                    }
                    drop(turn);
                });
            }
            Err(refusal) => {
                tracing::warn!(%refusal, "claims whose turn it is cannot be read");
                stop.run_until_cancelled(tokio::time::sleep(PAUSE_AFTER_FAILURE)).await;
            }
        }
    }
    while batches.join_next().await.is_some() {}
}
