//! Takes every city along the money's path, again and again.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::domain::identity::Region;
use crate::workflows::pooling::RunReport;
use crate::workflows::precondition::Precondition;
use crate::workflows::{Gateway, Refusal};

/// A run that is nearly through at shutdown comes to its end and gives its lease back; one that is not is left where it stands, from
/// where the next goes on. Well within the time that open calls are given.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// So much of the pause is left to chance, so that replicas do not ask for the same lease at the same moment.
const JITTER_PERCENT: u64 = 10;

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
    while stop.run_until_cancelled(tokio::time::sleep(jittered(every, chance()))).await.is_some() {
        let reports = tokio::select! {
            reports = gateway.run_all_pooling() => reports,
            () = &mut late => break,
        };
        for (city, report) in reports {
            tell(city, report);
        }
    }
}

/// A pause somewhat longer or shorter, by a number that is as good as random.
fn jittered(every: Duration, chance: u64) -> Duration {
    let every_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
    let spread = every_ms / 100 * JITTER_PERCENT;
    let shift = chance.checked_rem(spread.saturating_mul(2).saturating_add(1)).unwrap_or_default();
    Duration::from_millis(every_ms.saturating_sub(spread).saturating_add(shift))
}

fn chance() -> u64 {
    Uuid::new_v4().as_u64_pair().1
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_shifted_by_a_tenth_at_most() {
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let check = |chance, expected: Duration| assert_eq!(jittered(minutes(10), chance), expected);
        check(0, minutes(9));
        check(60_000, minutes(10));
        check(120_000, minutes(11));
        check(120_001, minutes(9));
        for chance in [u64::MAX, u64::MAX / 3, 1_234_567_891_011] {
            assert!((minutes(9)..=minutes(11)).contains(&jittered(minutes(10), chance)));
        }
    }
}
