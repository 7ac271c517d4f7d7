//! The only place that reads the time.
//!
//! Every part that needs the time is handed a [`Clock`], so that a story of 2022 can be told today, and a test repeats.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Where the time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// The machine's clock, moved by a fixed span: it runs at the usual pace from another day on.
    Moved(SignedDuration),
    /// Stands still; for tests and replays.
    Fixed(Timestamp),
    /// Shows the milliseconds since 1970 that were last set, and stands still until they are set again; for simulations of months.
    Set(&'static AtomicI64),
}

impl Clock {
    /// A clock that shows `start` now and runs on from there.
    pub fn starting_at(start: Timestamp) -> Self {
        Self::Moved(start.duration_since(system_now()))
    }

    /// The present instant in UTC, in whole milliseconds: what the store keeps, so that records compare equal.
    pub fn now(&self) -> Timestamp {
        let exact = match *self {
            Self::System => system_now(),
            Self::Moved(span) => system_now().saturating_add(span).unwrap_or(Timestamp::MAX),
            Self::Fixed(instant) => instant,
            Self::Set(shown) => Timestamp::from_millisecond(shown.load(Ordering::Relaxed)).unwrap_or_default(),
        };
        Timestamp::from_millisecond(exact.as_millisecond()).unwrap_or(exact)
    }

    /// Whether this is real time. Production settings refuse any other.
    pub fn is_system(&self) -> bool {
        match self {
            Self::System => true,
            Self::Moved(_) | Self::Fixed(_) | Self::Set(_) => false,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_clock_starts_where_it_is_told_and_runs() {
        let start: Timestamp = "2022-10-10T01:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(start);
        let passed = clock.now().duration_since(start);
        assert!(passed >= SignedDuration::from_millis(-1) && passed < SignedDuration::from_secs(10), "{passed:?}");
        assert!(!clock.is_system());
    }

    #[test]
    fn instants_are_whole_milliseconds() {
        assert_eq!(Clock::System.now().subsec_nanosecond() % 1_000_000, 0);
    }
}
