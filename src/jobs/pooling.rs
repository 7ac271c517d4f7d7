//! Takes every city along the money's path, again and again.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::jittered;
use crate::domain::identity::Region;
use crate::workflows::pooling::RunReport;
use crate::workflows::precondition::Precondition;
use crate::workflows::{Gateway, Refusal};

/// A run that is nearly through at shutdown comes to its end and gives its lease back; one that is not is left where it stands, from
/// where the next goes on. Well within the time that open calls are given.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// Runs all cities, pauses, and so on until told to stop; not at all where the pause is zero.
pub async fn run_pooling(gateway: Gateway, every: Duration, stop: CancellationToken) {
    if every.is_zero() {
        return;
    }
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_STEPS).await;
    };
    tokio::pin!(late);
    while stop.run_until_cancelled(tokio::time::sleep(jittered(every))).await.is_some() {
        let reports = tokio::select! {
            reports = gateway.run_all_pooling() => reports,
            () = &mut late => break,
        };
        for (city, report) in reports {
            tell(city, report);
        }
    }
}

/// Logs what a run did: codes, counts and fen, and nothing of whom it was for.
fn tell(city: Region, report: Result<RunReport, Refusal>) {
    match report {
        Ok(report) => {
            for step in report.steps {
                metrics::counter!("hufu_pooling_steps_total", "code" => step.code).increment(1);
                let (code, count, amount_fen) = (step.code, step.count, step.amount.get());
                if step.needs_attention {
                    tracing::warn!(%city, code, count, amount_fen, "pooling needs attention");
                } else {
                    tracing::info!(%city, code, count, amount_fen, "pooling");
                }
            }
        }
        Err(Refusal::Precondition(Precondition::PoolingLeased)) => {
            tracing::info!(%city, "another process has the city");
        }
        Err(refusal) => tracing::warn!(%city, %refusal, "pooling was not carried out; it is tried again"),
    }
}
