//! Where each upstream is, how it is dialed, and how much of it may be asked.

use std::collections::BTreeMap;
use std::time::Duration;

use tonic::transport::Channel;

use crate::domain::eligibility::evidence::Owner;
use crate::transport::client::{self, ClientError, ClientTls};

/// The largest answer accepted: 500 persons with two years of contributions take less than 1 MiB.
pub(super) const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The largest question sent: 500 persons take less than 64 KiB.
pub(super) const QUESTION_BYTES_MAX: usize = 1024 * 1024;

/// The largest question to the bank or to finance: 500 instructions, or one line for each county and subsidy, take less than 256 KiB.
pub(super) const ORDER_BYTES_MAX: usize = 1024 * 1024;
/// The largest message of theirs: 1,000 lines of a statement take less than 1 MiB.
pub(super) const REPORT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One upstream: where it is and how it may be used.
#[derive(Clone)]
pub struct UpstreamSettings {
    /// `https://host:port`; `http://` only where `tls` is absent, for tests and for the sandbox on the same machine.
    pub uri: String,
    pub tls: Option<ClientTls>,
    pub limits: Limits,
}

/// Each of [`Owner::UPSTREAMS`], and both or none of [`Owner::MONEY`].
pub type RegistrySettings = BTreeMap<Owner, UpstreamSettings>;

/// How much of one upstream may be used, over all RPCs together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one call, with all its attempts and pauses. A question of more than 500 keys is several calls.
    pub total_deadline: Duration,
    /// For one attempt; sent along, so that the upstream stops working when nobody waits any more.
    pub attempt_timeout: Duration,
    /// Calls in flight; more are refused at once.
    pub max_concurrent: usize,
    /// Attempts of one call, the first included.
    pub attempts_max: u32,
    /// The longest pause before the second attempt; doubled for each one after.
    pub backoff_first: Duration,
    /// The longest pause of all.
    pub backoff_max: Duration,
    /// Retries that are always allowed, as an average over ten seconds.
    pub retry_reserve_per_second: u32,
    /// Retries allowed besides, per hundred calls that succeeded.
    pub retry_percent: u8,
    /// How far back the breaker looks.
    pub breaker_window: Duration,
    /// Attempts within the window below which the breaker stays closed.
    pub breaker_calls_min: usize,
    /// Failures per hundred attempts that open it.
    pub breaker_failure_percent: u8,
    /// How long it stays open before one attempt is let through to see.
    pub breaker_open_for: Duration,
}

impl Limits {
    /// Two attempts that time out and one that answers fit in; below the ten seconds that a caller of ours is given.
    pub const TOTAL_DEADLINE: Duration = Duration::from_secs(8);
    /// A black hole opens the breaker within five seconds of the fifth concurrent call.
    pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
    /// Below the 100 streams that an HTTP/2 server allows one connection by custom.
    pub const MAX_CONCURRENT: usize = 64;
    /// A third attempt still helps against a restart; a fourth only adds load.
    pub const ATTEMPTS_MAX: u32 = 3;
    /// About one round trip to another province and its queue.
    pub const BACKOFF_FIRST: Duration = Duration::from_millis(200);
    /// Leaves time for the last attempt within the total deadline.
    pub const BACKOFF_MAX: Duration = Duration::from_secs(2);
    /// Lets a quiet node retry, and a busy one no more than the percentage below.
    pub const RETRY_RESERVE_PER_SECOND: u32 = 1;
    /// gRPC's own advice for retry throttling is of this order: an outage adds a fifth to the load, not a multiple.
    pub const RETRY_PERCENT: u8 = 20;
    /// Long enough to hold some calls of a quiet node.
    pub const BREAKER_WINDOW: Duration = Duration::from_secs(10);
    /// Fewer failures than this are accidents.
    pub const BREAKER_CALLS_MIN: usize = 5;
    /// An upstream that fails every second attempt is better left alone.
    pub const BREAKER_FAILURE_PERCENT: u8 = 50;
    /// Waiting claims are asked for again with pauses longer than this anyway.
    pub const BREAKER_OPEN_FOR: Duration = Duration::from_secs(5);

    /// Whether the limits can be built from, and if not, why.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        // Far above what one connection carries, and below what a semaphore takes.
        const MAX_CONCURRENT_MAX: usize = 10_000;
        // More than this is no limit; a larger one would make the budget's arithmetic panic.
        const RETRY_RESERVE_MAX: u32 = 1_000;
        let positive =
            [self.total_deadline, self.attempt_timeout, self.backoff_first, self.backoff_max, self.breaker_window];
        if positive.iter().any(Duration::is_zero) {
            return Err("a duration is zero");
        }
        if !(1..=MAX_CONCURRENT_MAX).contains(&self.max_concurrent) {
            return Err("max_concurrent is not between 1 and 10000");
        }
        if self.attempts_max == 0 {
            return Err("attempts_max is zero");
        }
        if self.retry_reserve_per_second > RETRY_RESERVE_MAX || self.retry_percent > 100 {
            return Err("retry budget exceeds 1000 a second or 100 percent");
        }
        if self.breaker_calls_min == 0 || !(1..=100).contains(&self.breaker_failure_percent) {
            return Err("breaker needs at least one call and 1 to 100 percent");
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total_deadline: Self::TOTAL_DEADLINE,
            attempt_timeout: Self::ATTEMPT_TIMEOUT,
            max_concurrent: Self::MAX_CONCURRENT,
            attempts_max: Self::ATTEMPTS_MAX,
            backoff_first: Self::BACKOFF_FIRST,
            backoff_max: Self::BACKOFF_MAX,
            retry_reserve_per_second: Self::RETRY_RESERVE_PER_SECOND,
            retry_percent: Self::RETRY_PERCENT,
            breaker_window: Self::BREAKER_WINDOW,
            breaker_calls_min: Self::BREAKER_CALLS_MIN,
            breaker_failure_percent: Self::BREAKER_FAILURE_PERCENT,
            breaker_open_for: Self::BREAKER_OPEN_FOR,
        }
    }
}

/// Why the settings of an upstream cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    #[error("{}: no settings", .0.code())]
    NotConfigured(Owner),
    #[error("{}: {error}", owner.code())]
    Channel { owner: Owner, error: ClientError },
    #[error("{}: limits cannot be used: {reason}", owner.code())]
    Limits { owner: Owner, reason: &'static str },
}

/// The connection to one upstream, dialed when first used and again whenever it broke.
pub(super) fn channel(owner: Owner, settings: &UpstreamSettings) -> Result<Channel, ConnectorError> {
    client::channel(&settings.uri, settings.tls.clone()).map_err(|error| ConnectorError::Channel { owner, error })
}
