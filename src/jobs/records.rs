//! Tries the ministry's records again that fitted no claim, as claims come.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::PAUSE_AFTER_FAILURE;
use crate::workflows::Gateway;
use crate::workflows::suspect_records::retry::Followed;

/// How often to look when nobody tells of a change: other replicas' claims.
const LOOK: Duration = Duration::from_secs(5);
/// Between two rounds, so that a thousand claims a second are followed together.
const GATHER: Duration = Duration::from_millis(500);

/// Tries them until told to stop. A batch that was begun is written down or comes to nothing.
pub async fn retry_records(gateway: Gateway, stop: CancellationToken) {
    let mut changed = gateway.changed();
    let mut followed = Followed::default();
    while !stop.is_cancelled() {
        changed.mark_unchanged();
        match gateway.retry_records(&mut followed).await {
            Ok(round) => {
                if round.matched > 0 {
                    tracing::info!(matched = round.matched, "the ministry's records fit claims that came later");
                    let matched = u64::try_from(round.matched).unwrap_or_default();
                    metrics::counter!("hufu_suspect_records_matched_later_total").increment(matched);
                }
                if round.has_more {
                    continue;
                }
                let woken = async {
                    tokio::time::sleep(GATHER).await;
                    tokio::time::timeout(LOOK, changed.changed()).await
                };
                stop.run_until_cancelled(woken).await;
            }
            Err(refusal) => {
                tracing::warn!(%refusal, "the ministry's records cannot be tried again; it is done later");
                stop.run_until_cancelled(tokio::time::sleep(PAUSE_AFTER_FAILURE)).await;
            }
        }
    }
}
