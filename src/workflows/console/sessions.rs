//! Who is in the console. Bounded: where one more comes in than there are places, the one who was idle longest goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::ConsoleRules;
use super::secret::{Kept, Secret, kept};
use crate::domain::caller::Caller;
use crate::domain::operator::OperatorId;

/// More than any province's team; each takes a few hundred bytes.
pub const SESSIONS_MAX: usize = 1_000;
/// Pages that one session may have under way: a browser opens six connections.
const PAGES_AT_ONCE: usize = 8;

/// One person in the console.
#[derive(Clone, Debug)]
pub struct Visit {
    /// As whom it calls: system `console`, its person named.
    pub caller: Caller,
    pub operator: OperatorId,
    /// Each form shows it again: only pages of ours know it.
    pub csrf: Secret,
    /// Where it came by a certificate: the name that its connections must show.
    pub bound_to: Option<String>,
    /// Places for pages under way.
    pub places: Arc<Semaphore>,
}

impl Visit {
    pub(super) fn new(caller: Caller, operator: OperatorId, csrf: Secret, bound_to: Option<String>) -> Self {
        Self { caller, operator, csrf, bound_to, places: Arc::new(Semaphore::new(PAGES_AT_ONCE)) }
    }
}

struct Session {
    visit: Visit,
    entered_at: Timestamp,
    seen_at: Timestamp,
    note: Option<String>,
}

pub(super) struct Sessions {
    rules: ConsoleRules,
    by_id: BTreeMap<Kept, Session>,
}

impl Sessions {
    pub(super) fn new(rules: ConsoleRules) -> Self {
        Self { rules, by_id: BTreeMap::new() }
    }

    pub(super) fn open(&mut self, id: &Secret, visit: Visit, at: Timestamp) {
        if self.by_id.len() >= SESSIONS_MAX {
            let rules = self.rules;
            self.by_id.retain(|_, session| !session.is_over(rules, at));
        }
        if self.by_id.len() >= SESSIONS_MAX
            && let Some(idlest) = self.by_id.iter().min_by_key(|(_, session)| session.seen_at).map(|(id, _)| *id)
        {
            self.by_id.remove(&idlest);
        }
        self.by_id.insert(id.kept(), Session { visit, entered_at: at, seen_at: at, note: None });
    }

    pub(super) fn seen(&mut self, id: &str, at: Timestamp) -> Option<Visit> {
        let id = kept(id);
        let session = self.by_id.get_mut(&id)?;
        if session.is_over(self.rules, at) {
            self.by_id.remove(&id);
            return None;
        }
        session.seen_at = session.seen_at.max(at);
        Some(session.visit.clone())
    }

    pub(super) fn keep_note(&mut self, id: &str, note: String) {
        if let Some(session) = self.by_id.get_mut(&kept(id)) {
            session.note = Some(note);
        }
    }

    pub(super) fn take_note(&mut self, id: &str) -> Option<String> {
        self.by_id.get_mut(&kept(id))?.note.take()
    }

    pub(super) fn close(&mut self, id: &str) -> Option<Visit> {
        self.by_id.remove(&kept(id)).map(|session| session.visit)
    }
}

impl Session {
    fn is_over(&self, rules: ConsoleRules, at: Timestamp) -> bool {
        at.duration_since(self.seen_at) >= rules.idle || at.duration_since(self.entered_at) >= rules.longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Region;
    use jiff::SignedDuration;

    fn visit() -> Visit {
        let operator = OperatorId::new("sd", "wang.li").unwrap();
        let caller = Caller {
            organization: "sd".into(),
            system: "console".into(),
            region: Region::parse("370000").unwrap(),
            roles: [].into(),
            person: Some(operator.clone()),
        };
        Visit::new(caller, operator, Secret::new().unwrap(), None)
    }

    fn minute(count: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(count)
    }

    #[test]
    fn a_session_ends_idle_or_old_and_stays_ended() {
        let check = |looks: &[i64], expected: bool| {
            let mut sessions = Sessions::new(ConsoleRules::default());
            let id = Secret::new().unwrap();
            sessions.open(&id, visit(), minute(0));
            let last = looks.iter().map(|at| sessions.seen(id.reveal(), minute(*at)).is_some()).last();
            assert_eq!(last, Some(expected), "{looks:?}");
        };
        check(&[14], true);
        check(&[15], false);
        check(&[14, 28], true);
        check(&[15, 16], false);
        let every_ten_minutes: Vec<i64> = (1..48).map(|step| step * 10).collect();
        check(&every_ten_minutes, true);
        check(&[every_ten_minutes, vec![480]].concat(), false);
    }

    #[test]
    fn nobody_is_let_in_by_another_secret_or_after_leaving() {
        let mut sessions = Sessions::new(ConsoleRules::default());
        let id = Secret::new().unwrap();
        sessions.open(&id, visit(), minute(0));
        assert!(sessions.seen(Secret::new().unwrap().reveal(), minute(0)).is_none());
        assert!(sessions.seen("", minute(0)).is_none());
        assert!(sessions.close(id.reveal()).is_some());
        assert!(sessions.seen(id.reveal(), minute(0)).is_none());
    }

    #[test]
    fn places_are_bounded_and_the_idlest_goes() {
        let mut sessions = Sessions::new(ConsoleRules::default());
        let ids: Vec<Secret> = (0..SESSIONS_MAX).map(|_| Secret::new().unwrap()).collect();
        for id in &ids {
            sessions.open(id, visit(), minute(0));
        }
        for id in ids.iter().filter(|id| **id != ids[7]) {
            sessions.seen(id.reveal(), minute(1));
        }
        let late = Secret::new().unwrap();
        sessions.open(&late, visit(), minute(2));
        assert_eq!(sessions.by_id.len(), SESSIONS_MAX);
        assert!(sessions.seen(ids[7].reveal(), minute(2)).is_none());
        assert!(sessions.seen(ids[8].reveal(), minute(2)).is_some());
        assert!(sessions.seen(late.reveal(), minute(2)).is_some());
        // Those whose time is over make room first, all of them.
        sessions.open(&Secret::new().unwrap(), visit(), minute(60));
        assert_eq!(sessions.by_id.len(), 1);
    }

    #[test]
    fn a_note_is_read_once() {
        let mut sessions = Sessions::new(ConsoleRules::default());
        let id = Secret::new().unwrap();
        sessions.open(&id, visit(), minute(0));
        sessions.keep_note(id.reveal(), "已保存".into());
        assert_eq!(sessions.take_note(id.reveal()).as_deref(), Some("已保存"));
        assert_eq!(sessions.take_note(id.reveal()), None);
    }
}
