//! What logs and metrics see of a call: which upstream, which RPC, which attempt, which code, how long. Never what was asked (I11).

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{BreakerState, CallError, Rpc};
use crate::domain::eligibility::evidence::Owner;

/// Attempts by their code, and calls refused before an attempt (`SHED`, `CIRCUIT_OPEN`) or cut off by the total deadline (`OVERDUE`).
const CALLS: &str = "hufu_upstream_calls_total";
/// How long attempts took.
const SECONDS: &str = "hufu_upstream_seconds";

/// When an upstream was last found to change, and to answer.
pub(super) struct Seen(Mutex<Times>);

#[derive(Clone, Copy)]
struct Times {
    turned: Instant,
    answered: Option<Instant>,
}

impl Seen {
    pub(super) fn from_now() -> Self {
        Self(Mutex::new(Times { turned: Instant::now(), answered: None }))
    }

    /// The breaker changed its state.
    pub(super) fn turn(&self) {
        self.held().turned = Instant::now();
    }

    /// An answer came.
    pub(super) fn answer(&self) {
        self.held().answered = Some(Instant::now());
    }

    /// How long ago each was.
    pub(super) fn ago(&self) -> (Duration, Option<Duration>) {
        let Times { turned, answered } = *self.held();
        (turned.elapsed(), answered.map(|at| at.elapsed()))
    }

    fn held(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs one attempt and records how it ended.
pub(super) async fn attempt<Res>(
    owner: Owner,
    Rpc(rpc): Rpc,
    attempt: u32,
    sent: impl Future<Output = Result<Res, CallError>>,
) -> Result<Res, CallError> {
    let upstream = owner.code();
    let start = Instant::now();
    let result = sent.await;
    let elapsed = start.elapsed();
    let code = result.as_ref().map_or_else(CallError::label, |_| "OK");
    metrics::counter!(CALLS, "upstream" => upstream, "rpc" => rpc, "code" => code).increment(1);
    metrics::histogram!(SECONDS, "upstream" => upstream, "rpc" => rpc).record(elapsed.as_secs_f64());
    let elapsed_ms = elapsed.as_millis();
    if result.is_ok() {
        tracing::debug!(upstream, rpc, attempt, code, elapsed_ms, "upstream answered");
    } else {
        tracing::warn!(upstream, rpc, attempt, code, elapsed_ms, "upstream failed");
    }
    result
}

/// Records a call that ended by no attempt of its own.
pub(super) fn given_up(owner: Owner, Rpc(rpc): Rpc, error: &CallError) {
    let (upstream, code) = (owner.code(), error.label());
    match error {
        CallError::Overdue | CallError::Shed | CallError::CircuitOpen => {
            metrics::counter!(CALLS, "upstream" => upstream, "rpc" => rpc, "code" => code).increment(1);
            tracing::warn!(upstream, rpc, code, "upstream call given up");
        }
        CallError::Failed { .. } => {}
    }
}

/// Records that a breaker changed its state.
pub(super) fn breaker(owner: Owner, to: BreakerState) {
    tracing::warn!(upstream = owner.code(), breaker = ?to, "upstream breaker changed");
}
