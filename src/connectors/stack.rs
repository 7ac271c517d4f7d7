//! How one upstream is called, written once: the layers in `Stack::call` are in the order in which a call meets them.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tonic::Code;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::retry::RetryLayer;
use tower::retry::budget::{Budget, TpsBudget};
use tower::timeout::TimeoutLayer;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_resilience_circuitbreaker::{
    CircuitBreakerHandle, CircuitBreakerLayer, CircuitState, FailureClassifier, SlidingWindowType,
};

use super::settings::{ConnectorError, Limits};
use crate::domain::eligibility::evidence::Owner;

mod error;
mod observe;

pub(super) use error::CallError;

/// Over how long the retry budget is counted: an outage shorter than this is ridden out on the reserve.
const RETRY_BUDGET_WINDOW: Duration = Duration::from_secs(10);
/// One attempt decides whether a breaker closes again. With more, the library counts the successes in the breaker's window but
/// never hands out a permit twice, so that two probes further apart than the window would leave it half open for ever.
const BREAKER_PROBES: usize = 1;

/// Whether an upstream is being asked at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// It is asked.
    Closed,
    /// It failed too often and is left alone.
    Open,
    /// One attempt is let through to see.
    HalfOpen,
}

/// How an upstream has been found, as seen from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    pub owner: Owner,
    pub breaker: BreakerState,
    /// How long the breaker has stood so.
    pub for_so_long: Duration,
    /// How long ago it last answered, whatever the answer; absent where it never did.
    pub answered_ago: Option<Duration>,
}

/// The name of an RPC. A type of its own and not a `&'static str`, whose lifetime the compiler loses when it checks that a call may
/// move between threads.
#[derive(Clone, Copy)]
pub(super) struct Rpc(pub(super) &'static str);

/// One call, as logs, metrics and the jitter of its retries know it.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) rpc: Rpc,
    /// Unique for each call. Only its hash is used: it spreads the retries of calls that failed together.
    pub(super) inquiry_id: String,
}

/// How often a call may be tried, and how long.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// A read, or what has one effect however often it is sent: retried.
    Retried,
    /// Sent once and never again: what moves money.
    Once,
    /// A long read, in many messages. Whoever sends it bounds the wait for each; all together may take several usual deadlines.
    Long,
}

/// The deadlines that a long read may take: a statement of the largest size is about eight of the largest answers to a batch.
const LONG_DEADLINES: u32 = 8;

/// The layers above one upstream's channel. Limit, budget and breaker are shared by all its RPCs and by all clones.
#[derive(Clone)]
pub(super) struct Stack {
    owner: Owner,
    limits: Limits,
    permits: Arc<Semaphore>,
    budget: Arc<TpsBudget>,
    breaker: CircuitBreakerLayer<Failing>,
    state: CircuitBreakerHandle<Failing>,
    seen: Arc<observe::Seen>,
}

impl Stack {
    pub(super) fn new(owner: Owner, limits: &Limits) -> Result<Self, ConnectorError> {
        limits.check().map_err(|reason| ConnectorError::Limits { owner, reason })?;
        #[expect(clippy::disallowed_types, reason = "the breaker takes a rate; no money is near")]
        let failure_rate = f64::from(limits.breaker_failure_percent) / 100.0;
        let seen = Arc::new(observe::Seen::from_now());
        let turned = Arc::clone(&seen);
        let (breaker, state) = CircuitBreakerLayer::builder()
            .name(owner.code())
            .failure_classifier_type(Failing)
            .failure_rate_threshold(failure_rate)
            // The library's count-based window never forgets while closed: a good month would hide a bad hour.
            .sliding_window_type(SlidingWindowType::TimeBased)
            .sliding_window_duration(limits.breaker_window)
            .minimum_number_of_calls(limits.breaker_calls_min)
            .wait_duration_in_open(limits.breaker_open_for)
            .permitted_calls_in_half_open(BREAKER_PROBES)
            .on_state_transition(move |_, to| {
                turned.turn();
                observe::breaker(owner, to.into());
            })
            .build_with_handle()
            .map_err(|_| ConnectorError::Limits { owner, reason: "the breaker refuses them" })?;
        let retry_share = f32::from(limits.retry_percent) / 100.0;
        let budget = TpsBudget::new(RETRY_BUDGET_WINDOW, limits.retry_reserve_per_second, retry_share);
        Ok(Self {
            owner,
            limits: limits.clone(),
            permits: Arc::new(Semaphore::new(limits.max_concurrent)),
            budget: Arc::new(budget),
            breaker,
            state,
            seen,
        })
    }

    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    pub(super) fn max_concurrent(&self) -> usize {
        self.limits.max_concurrent
    }

    pub(super) fn health(&self) -> Health {
        let (for_so_long, answered_ago) = self.seen.ago();
        Health { owner: self.owner, breaker: self.state.state().into(), for_so_long, answered_ago }
    }

    /// How long one message is waited for.
    pub(super) fn attempt_timeout(&self) -> Duration {
        self.limits.attempt_timeout
    }

    /// Sends one read, with retries. `send` is the generated client's method.
    pub(super) async fn call<Req, Res, F, Fut>(&self, call: Call, message: Req, send: F) -> Result<Res, CallError>
    where
        Req: Clone + Send + Sync + 'static,
        Res: Send + 'static,
        F: Fn(tonic::Request<Req>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<tonic::Response<Res>, tonic::Status>> + Send + 'static,
    {
        self.call_with(Effort::Retried, call, message, send).await
    }

    /// Sends one call with the effort it is worth. `send` is the generated client's method.
    pub(super) async fn call_with<Req, Res, F, Fut>(
        &self,
        effort: Effort,
        call: Call,
        message: Req,
        send: F,
    ) -> Result<Res, CallError>
    where
        Req: Clone + Send + Sync + 'static,
        Res: Send + 'static,
        F: Fn(tonic::Request<Req>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<tonic::Response<Res>, tonic::Status>> + Send + 'static,
    {
        let (owner, rpc) = (self.owner, call.rpc);
        let limits = effort.within(&self.limits);
        let (attempt_timeout, total_deadline) = (limits.attempt_timeout, limits.total_deadline);
        let deadline = Instant::now() + total_deadline;
        let seen = Arc::clone(&self.seen);
        let retries = Retries { limits, budget: Arc::clone(&self.budget), call, deadline };
        // Boxed: the compiler cannot follow `Send` through the layers' types once a caller spawns the call.
        let answering = ServiceBuilder::new()
            .map_err(CallError::from_layer)
            // 1. The total deadline, over all attempts and the pauses between them.
            .layer(TimeoutLayer::new(total_deadline))
            // 2. The concurrency limit; who finds it full is turned away at once instead of waiting in memory.
            .layer(LoadShedLayer::new())
            .layer(GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(&self.permits)))
            // 3. Retries, out of a budget. What is not to be sent twice has no second attempt in its limits.
            .layer(RetryLayer::new(retries))
            // 4. The circuit breaker, which counts attempts, not calls.
            .map_err(CallError::from_breaker)
            .layer(self.breaker.clone())
            // 5. One attempt, timed by both sides, seen by logs and metrics.
            .service(service_fn(move |attempt: Attempt<Req>| {
                let attempt_timeout = attempt_timeout.min(deadline.saturating_duration_since(Instant::now()));
                let mut request = tonic::Request::new(Req::clone(&attempt.message));
                request.set_timeout(attempt_timeout);
                let sent = send(request);
                let seen = Arc::clone(&seen);
                observe::attempt(owner, rpc, attempt.number, async move {
                    let result = match timeout(attempt_timeout, sent).await {
                        Ok(Ok(response)) => Ok(response.into_inner()),
                        Ok(Err(status)) => Err(CallError::from_status(&status)),
                        Err(_) => Err(CallError::of_code(Code::DeadlineExceeded)),
                    };
                    if !result.as_ref().is_err_and(CallError::is_upstream_failing) {
                        seen.answer();
                    }
                    result
                })
            }))
            .oneshot(Attempt { message: Arc::new(message), number: 1 })
            .boxed();
        let answer = answering.await;
        if let Err(error) = &answer {
            observe::given_up(owner, rpc, error);
        }
        answer
    }
}

impl Effort {
    /// The limits of a call worth this effort.
    fn within(self, limits: &Limits) -> Limits {
        match self {
            Self::Retried => limits.clone(),
            Self::Once => Limits { attempts_max: 1, ..limits.clone() },
            Self::Long => {
                let whole = limits.total_deadline.saturating_mul(LONG_DEADLINES);
                Limits { total_deadline: whole, attempt_timeout: whole, ..limits.clone() }
            }
        }
    }
}

/// One attempt at a call.
struct Attempt<Req> {
    message: Arc<Req>,
    /// From 1.
    number: u32,
}

impl<Req> Clone for Attempt<Req> {
    fn clone(&self) -> Self {
        Self { message: Arc::clone(&self.message), number: self.number }
    }
}

/// Decides whether and when a failed attempt is repeated.
#[derive(Clone)]
struct Retries {
    limits: Limits,
    budget: Arc<TpsBudget>,
    call: Call,
    deadline: Instant,
}

impl<Req, Res> tower::retry::Policy<Attempt<Req>, Res, CallError> for Retries {
    type Future = Sleep;

    fn retry(&mut self, attempt: &mut Attempt<Req>, result: &mut Result<Res, CallError>) -> Option<Sleep> {
        let error = match result {
            Ok(_) => {
                self.budget.deposit();
                return None;
            }
            Err(error) => error,
        };
        let pause = error.retry_after(|| self.backoff(attempt.number))?;
        let is_in_time = Instant::now() + pause < self.deadline;
        // The budget is asked last: a retry that will not be made must not use it up.
        if attempt.number >= self.limits.attempts_max || !is_in_time || !self.budget.withdraw() {
            return None;
        }
        attempt.number = attempt.number.saturating_add(1);
        Some(sleep(pause))
    }

    fn clone_request(&mut self, attempt: &Attempt<Req>) -> Option<Attempt<Req>> {
        Some(attempt.clone())
    }
}

impl Retries {
    /// Doubled for each attempt, and anywhere in the upper half of that, so that calls which failed together do not return together.
    fn backoff(&self, failed_attempt: u32) -> Duration {
        let doubled = self.limits.backoff_first.saturating_mul(2_u32.saturating_pow(failed_attempt.saturating_sub(1)));
        let half = doubled.min(self.limits.backoff_max) / 2;
        let mut hasher = DefaultHasher::new();
        (&self.call.inquiry_id, failed_attempt).hash(&mut hasher);
        let micros = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
        half + Duration::from_micros(hasher.finish() % micros)
    }
}

/// Counts as failures of the upstream those that leaving it alone may cure.
#[derive(Clone)]
struct Failing;

impl<Res> FailureClassifier<Res, CallError> for Failing {
    fn classify(&self, result: &Result<Res, CallError>) -> bool {
        result.as_ref().is_err_and(CallError::is_upstream_failing)
    }
}

impl From<CircuitState> for BreakerState {
    fn from(state: CircuitState) -> Self {
        match state {
            CircuitState::Closed => Self::Closed,
            CircuitState::Open => Self::Open,
            CircuitState::HalfOpen => Self::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_differ_between_calls() {
        let limits = Limits {
            backoff_first: Duration::from_millis(200),
            backoff_max: Duration::from_millis(700),
            ..Limits::default()
        };
        let pause = |inquiry_id: u32, failed_attempt| {
            let call = Call { rpc: Rpc("Get"), inquiry_id: inquiry_id.to_string() };
            let budget = Arc::new(TpsBudget::default());
            Retries { limits: limits.clone(), budget, call, deadline: Instant::now() }.backoff(failed_attempt)
        };
        for (failed_attempt, longest_ms) in [(1, 200), (2, 400), (3, 700), (40, 700)] {
            let pauses: std::collections::BTreeSet<Duration> = (0..100).map(|it| pause(it, failed_attempt)).collect();
            let longest = Duration::from_millis(longest_ms);
            assert!(pauses.iter().all(|it| (longest / 2..=longest).contains(it)), "{pauses:?}");
            assert!(pauses.len() > 90, "{} different pauses of 100 calls", pauses.len());
        }
        assert_eq!(pause(1, 1), pause(1, 1), "a call repeats");
    }
}
