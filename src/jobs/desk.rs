//! Keeps the fraud-review desk's deadlines, and looks again at what two provinces have closed.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::jittered;
use crate::workflows::record::desk::LateUpTo;
use crate::workflows::{Gateway, Refusal};

/// How often. Deadlines are days.
const EVERY: Duration = Duration::from_secs(60);
/// Between two batches of a round, so that others write in between.
const BREATH: Duration = Duration::from_millis(20);

/// Takes what nobody acted on in time a level up, every minute until told to stop. Each batch is a transaction of its own, so that replicas
/// may do it side by side.
pub async fn keep_desk(gateway: Gateway, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(jittered(EVERY))).await.is_some() {
        // What one duty fails of does not keep the other from its own.
        if let Err(refusal) = escalate(&gateway, &stop).await {
            tracing::warn!(%refusal, "the desk's deadlines were not kept; it is tried again");
        }
        if let Err(refusal) = review_alarms(&gateway, &stop).await {
            tracing::warn!(%refusal, "what two provinces closed was not looked at again; it is tried again");
        }
    }
}

async fn escalate(gateway: &Gateway, stop: &CancellationToken) -> Result<(), Refusal> {
    let mut after = Some(LateUpTo::NONE);
    while let Some(place) = after {
        after = gateway.escalate(place).await?;
        if stop.run_until_cancelled(tokio::time::sleep(BREATH)).await.is_none() {
            return Ok(());
        }
    }
    Ok(())
}

async fn review_alarms(gateway: &Gateway, stop: &CancellationToken) -> Result<(), Refusal> {
    let mut after = Some(0);
    while let Some(sequence) = after {
        after = gateway.review_alarms(sequence).await?;
        if stop.run_until_cancelled(tokio::time::sleep(BREATH)).await.is_none() {
            return Ok(());
        }
    }
    Ok(())
}
