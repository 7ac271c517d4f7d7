//! Keeps the fraud-review desk's deadlines, and looks again at what two provinces have closed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::jittered;
use crate::workflows::{Gateway, Refusal};

/// How often. Deadlines are days.
const EVERY: Duration = Duration::from_secs(60);
/// Between two batches of a round, so that others write in between.
const BREATH: Duration = Duration::from_millis(20);

/// Takes what nobody acted on in time a level up, every minute until told to stop. Each batch is a transaction of its own, so that replicas
/// may do it side by side.
pub async fn keep_desk(gateway: Gateway, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(jittered(EVERY))).await.is_some() {
        if let Err(refusal) = round(&gateway, &stop).await {
            tracing::warn!(%refusal, "the desk's deadlines were not kept; it is tried again");
        }
    }
}

async fn round(gateway: &Gateway, stop: &CancellationToken) -> Result<(), Refusal> {
    while gateway.escalate().await? {
        if stop.run_until_cancelled(tokio::time::sleep(BREATH)).await.is_none() {
            return Ok(());
        }
    }
    let mut after = Some(0);
    while let Some(sequence) = after {
        after = gateway.review_alarms(sequence).await?;
        if stop.run_until_cancelled(tokio::time::sleep(BREATH)).await.is_none() {
            return Ok(());
        }
    }
    Ok(())
}
