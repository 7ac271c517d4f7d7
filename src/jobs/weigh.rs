//! Weighs suspects as they open and as their claims move.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::PAUSE_AFTER_FAILURE;
use crate::workflows::Gateway;
use crate::workflows::desk::weigh::Followed;

/// How often to look when nobody tells of a change: other replicas' claims, and days that end.
const LOOK: Duration = Duration::from_secs(1);
/// Between two rounds, so that a thousand claims a second are followed together.
const GATHER: Duration = Duration::from_millis(100);

/// Between two rounds of which the second has work at once, so that others write in between.
const BREATH: Duration = Duration::from_millis(20);

/// Weighs until told to stop. A round that was begun is written down or comes to nothing.
pub async fn weigh_suspects(gateway: Gateway, stop: CancellationToken) {
    let mut changed = gateway.changed();
    let mut followed = Followed::default();
    while !stop.is_cancelled() {
        changed.mark_unchanged();
        match gateway.weigh_suspects(&mut followed).await {
            Ok(round) => {
                if round.weighed > 0 {
                    tracing::debug!(?round, "weighed suspects");
                    let weighed = u64::try_from(round.weighed).unwrap_or_default();
                    metrics::counter!("hufu_suspects_weighed_total").increment(weighed);
                }
                if round.has_more {
                    stop.run_until_cancelled(tokio::time::sleep(BREATH)).await;
                    continue;
                }
                let woken = async {
                    tokio::time::sleep(GATHER).await;
                    tokio::time::timeout(LOOK, changed.changed()).await
                };
                stop.run_until_cancelled(woken).await;
            }
            Err(refusal) => {
                tracing::warn!(%refusal, "suspects cannot be weighed; it is tried again");
                stop.run_until_cancelled(tokio::time::sleep(PAUSE_AFTER_FAILURE)).await;
            }
        }
    }
}
