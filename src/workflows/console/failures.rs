//! Wrong links, by the address that they come from. Guessing is hopeless; this keeps it from being noise as well.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

/// A person mistypes less.
const FAILURES_MAX: u32 = 10;
/// They are forgotten after so long.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Addresses that are remembered; the one that failed first is forgotten first.
const ADDRESSES_MAX: usize = 1_000;

#[derive(Default)]
pub(super) struct Failures {
    /// How many, and since when.
    by_address: BTreeMap<IpAddr, (u32, Timestamp)>,
}

impl Failures {
    pub(super) fn may_try(&mut self, from: IpAddr, at: Timestamp) -> bool {
        self.by_address.retain(|_, (_, since)| at.duration_since(*since) < FORGOTTEN_AFTER);
        self.by_address.get(&from).is_none_or(|(count, _)| *count < FAILURES_MAX)
    }

    pub(super) fn add(&mut self, from: IpAddr, at: Timestamp) {
        if self.by_address.len() >= ADDRESSES_MAX
            && !self.by_address.contains_key(&from)
            && let Some(first) = self.by_address.iter().min_by_key(|(_, (_, since))| *since).map(|(from, _)| *from)
        {
            self.by_address.remove(&first);
        }
        let (count, _) = self.by_address.entry(from).or_insert((0, at));
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_fails_too_often_waits() {
        let mut failures = Failures::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let start = Timestamp::UNIX_EPOCH;
        for _ in 0..FAILURES_MAX {
            assert!(failures.may_try(one, start));
            failures.add(one, start);
        }
        assert!(!failures.may_try(one, start));
        assert!(failures.may_try(other, start));
        assert!(failures.may_try(one, start + FORGOTTEN_AFTER));
    }

    #[test]
    fn addresses_are_bounded() {
        let mut failures = Failures::default();
        for host in 0..2_000_u32 {
            failures.add(IpAddr::from(host.to_be_bytes()), Timestamp::UNIX_EPOCH);
        }
        assert_eq!(failures.by_address.len(), ADDRESSES_MAX);
    }
}
