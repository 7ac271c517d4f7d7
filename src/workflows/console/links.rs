//! Links that were made and not used yet. Bounded: where one more is made than may wait, the oldest is no longer good.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::secret::{Kept, Secret, kept};
use crate::domain::caller::Caller;

/// Links that may wait: they are for development.
const LINKS_MAX: usize = 100;

struct Link {
    guest: Caller,
    expires_at: Timestamp,
}

#[derive(Default)]
pub(super) struct Links {
    by_token: BTreeMap<Kept, Link>,
}

impl Links {
    pub(super) fn add(&mut self, token: &Secret, guest: Caller, expires_at: Timestamp, at: Timestamp) {
        self.by_token.retain(|_, link| link.expires_at > at);
        if self.by_token.len() >= LINKS_MAX
            && let Some(oldest) = self.by_token.iter().min_by_key(|(_, link)| link.expires_at).map(|(token, _)| *token)
        {
            self.by_token.remove(&oldest);
        }
        self.by_token.insert(token.kept(), Link { guest, expires_at });
    }

    /// Whom it would let in.
    pub(super) fn guest(&self, token: &str, at: Timestamp) -> Option<Caller> {
        self.by_token.get(&kept(token)).filter(|link| link.expires_at > at).map(|link| link.guest.clone())
    }

    /// Uses it up.
    pub(super) fn take(&mut self, token: &str, at: Timestamp) -> Option<Caller> {
        self.by_token.remove(&kept(token)).filter(|link| link.expires_at > at).map(|link| link.guest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Region;
    use jiff::SignedDuration;

    fn guest() -> Caller {
        let region = Region::parse("370000").unwrap();
        Caller { organization: "sd".into(), system: "console".into(), region, roles: [].into(), person: None }
    }

    fn second(count: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(count)
    }

    #[test]
    fn a_link_is_good_once_and_for_its_time() {
        let mut links = Links::default();
        let token = Secret::new().unwrap();
        links.add(&token, guest(), second(300), second(0));
        assert!(links.guest(token.reveal(), second(299)).is_some());
        assert!(links.guest(token.reveal(), second(300)).is_none());
        assert!(links.take("", second(0)).is_none());
        assert!(links.take(token.reveal(), second(299)).is_some());
        assert!(links.take(token.reveal(), second(299)).is_none());
        links.add(&token, guest(), second(300), second(0));
        assert!(links.take(token.reveal(), second(300)).is_none());
    }

    #[test]
    fn links_that_wait_are_bounded() {
        let mut links = Links::default();
        let tokens: Vec<Secret> = (0..=LINKS_MAX).map(|_| Secret::new().unwrap()).collect();
        for (at, token) in (0..).zip(&tokens) {
            links.add(token, guest(), second(300 + at), second(0));
        }
        assert_eq!(links.by_token.len(), LINKS_MAX);
        assert!(links.guest(tokens[0].reveal(), second(0)).is_none());
        assert!(links.guest(tokens[1].reveal(), second(0)).is_some());
    }
}
