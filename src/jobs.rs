//! What runs by itself while the node is up: assessing claims that wait, taking cities along the money's path, weighing suspects, trying
//! the ministry's records again, and keeping the deadlines of the fraud-review desk.

mod desk;
mod pooling;
mod records;
mod weigh;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::workflows::Gateway;

pub use desk::keep_desk;
pub use pooling::run_pooling;
pub use records::retry_records;
pub use weigh::weigh_suspects;

/// How often to look for claims whose turn it is when nobody tells of a change: pauses end, leases run out.
const LOOK: Duration = Duration::from_millis(250);

/// After a failed round, such as a database that does not answer.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// So much of a pause is left to chance, so that replicas do not ask for the same thing at the same moment.
const JITTER_PERCENT: u64 = 10;

/// A pause somewhat longer or shorter.
fn jittered(every: Duration) -> Duration {
    shifted(every, Uuid::new_v4().as_u64_pair().1)
}

/// A pause somewhat longer or shorter, by a number that is as good as random.
fn shifted(every: Duration, chance: u64) -> Duration {
    let every_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
    let spread = every_ms / 100 * JITTER_PERCENT;
    let shift = chance.checked_rem(spread.saturating_mul(2).saturating_add(1)).unwrap_or_default();
    Duration::from_millis(every_ms.saturating_sub(spread).saturating_add(shift))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_shifted_by_a_tenth_at_most() {
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let check = |chance, expected: Duration| assert_eq!(shifted(minutes(10), chance), expected);
        check(0, minutes(9));
        check(60_000, minutes(10));
        check(120_000, minutes(11));
        check(120_001, minutes(9));
        for chance in [u64::MAX, u64::MAX / 3, 1_234_567_891_011] {
            assert!((minutes(9)..=minutes(11)).contains(&shifted(minutes(10), chance)));
        }
    }
}
