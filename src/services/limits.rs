//! How much may be under way, and for how long.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::status::Fault;

/// One claim: a roster of 2,000 workers at some 70 bytes is 140 KiB. Longer names may need the stream.
pub(super) const UNARY_BYTES: usize = 256 * 1_024;
/// One claim of a stream: a roster of 2,000 workers with the longest names.
pub(super) const STREAM_ITEM_BYTES: usize = 1_024 * 1_024;
/// What clients take by default.
pub(super) const ANSWER_BYTES: usize = 4 * 1_024 * 1_024;
/// What a page may come to, the last claim on it not counted: a claim is well below the difference.
pub(super) const PAGE_BYTES: usize = 3 * 1_024 * 1_024;
/// A statement's file, and the message around it: some 20,000 bookings.
pub(super) const STATEMENT_BYTES: usize = STATEMENT_FILE_BYTES + 16 * 1_024;
pub(super) const STATEMENT_FILE_BYTES: usize = 4 * 1_024 * 1_024;
/// Instructions of one batch as files for banks: some 60,000, at half a kilobyte each.
pub(super) const PAYMENT_FILES_BYTES: usize = 32 * 1_024 * 1_024;

/// What one node allows its callers. The defaults are the gateway's.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// Single calls at once; more would only wait for the same database.
    pub unary: usize,
    /// Of these, one caller's: nobody takes the node for itself.
    pub unary_per_caller: usize,
    /// Streams at once.
    pub streams: usize,
    pub streams_per_caller: usize,
    /// A single call's time, unless the caller gives it less.
    pub unary_deadline: Duration,
    /// The same for calls that work through a city's month: they ask registries and the bank about each claim or booking of it.
    pub long_deadline: Duration,
    /// Claims of one stream under way at once: half of what the store takes into one commit.
    pub stream_in_flight: usize,
    /// A stream of claims on which nothing comes in is closed.
    pub stream_idle: Duration,
    /// How long a caller is asked to pause when there is too much.
    pub pause: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            unary: 1_024,
            unary_per_caller: 512,
            streams: 256,
            streams_per_caller: 32,
            unary_deadline: Duration::from_secs(10),
            long_deadline: Duration::from_secs(10 * 60),
            stream_in_flight: 256,
            stream_idle: Duration::from_secs(5 * 60),
            pause: Duration::from_millis(500),
        }
    }
}

/// Places for calls under way, of the node and of each caller.
pub(super) struct Places {
    of_node: Arc<Semaphore>,
    /// Only callers with something under way: bounded by the places of the node.
    of_callers: Arc<Mutex<BTreeMap<String, usize>>>,
    per_caller: usize,
    pause: Duration,
}

/// A place taken; given back when it is dropped.
pub(super) struct Place {
    _of_node: OwnedSemaphorePermit,
    of_callers: Arc<Mutex<BTreeMap<String, usize>>>,
    caller: String,
}

impl Places {
    pub(super) fn new(of_node: usize, per_caller: usize, pause: Duration) -> Self {
        Self { of_node: Arc::new(Semaphore::new(of_node)), of_callers: Arc::default(), per_caller, pause }
    }

    /// Takes a place, or sheds the call: waiting would only make the queue of what comes too late longer.
    pub(super) fn take(&self, caller: &str) -> Result<Place, Fault> {
        let of_node = Arc::clone(&self.of_node).try_acquire_owned().map_err(|_| Fault::overloaded(self.pause))?;
        let mut counts = self.of_callers.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(caller).copied().unwrap_or_default();
        if count >= self.per_caller {
            return Err(Fault::too_many_calls(self.pause));
        }
        counts.insert(caller.to_owned(), count.saturating_add(1));
        Ok(Place { _of_node: of_node, of_callers: Arc::clone(&self.of_callers), caller: caller.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.of_callers.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.caller) {
            Some(count) if *count > 1 => *count = count.saturating_sub(1),
            Some(_) | None => {
                counts.remove(&self.caller);
            }
        }
    }
}

/// The time that a caller gives its call (`grpc-timeout`); `None` when it gives none, or one that cannot be read.
pub(super) fn timeout_asked(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count.saturating_mul(60 * 60))),
        "M" => Some(Duration::from_secs(count.saturating_mul(60))),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_the_node_and_for_each_caller() {
        let places = Places::new(3, 2, Duration::from_millis(500));
        let reason = |caller| places.take(caller).map(drop).map_err(|fault| fault.reason());
        let first = places.take("a").unwrap();
        let _second = places.take("a").unwrap();
        assert_eq!(reason("a"), Err("CALLER_OVERLOADED"));
        let _third = places.take("b").unwrap();
        assert_eq!(reason("c"), Err("OVERLOADED"));
        drop(first);
        assert_eq!(reason("c"), Ok(()));
        assert_eq!(reason("a"), Ok(()));
        assert_eq!(places.of_callers.lock().unwrap().len(), 2, "who has nothing under way is not remembered");
    }

    #[test]
    fn a_callers_time_is_read_or_ignored() {
        let check = |text: &'static str, expected| {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static("grpc-timeout"),
                http::HeaderValue::from_static(text),
            )]);
            assert_eq!(timeout_asked(&headers), expected, "{text}");
        };
        check("1H", Some(Duration::from_secs(3_600)));
        check("2M", Some(Duration::from_secs(120)));
        check("3S", Some(Duration::from_secs(3)));
        check("250m", Some(Duration::from_millis(250)));
        check("0u", Some(Duration::ZERO));
        check("99999999n", Some(Duration::from_nanos(99_999_999)));
        for text in ["", "S", "1", "1s", "-1S", "123456789S", "1 S", "1.5S"] {
            check(text, None);
        }
        assert_eq!(timeout_asked(&HeaderMap::new()), None);
    }
}
