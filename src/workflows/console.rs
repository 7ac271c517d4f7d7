//! Persons come into the console and leave it: by a certificate that names them, or in development by a link that is made for them.
//!
//! Links and sessions live in this node's memory alone, bounded; of their secrets only hashes are kept. Who came, went or was given a
//! link is in the audit log before it is answered.

mod failures;
mod links;
mod secret;
mod sessions;

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::precondition::Precondition;
use super::{Gateway, Inner, Refusal, actor};
use crate::audit::entry::Action;
use crate::domain::caller::Caller;
use crate::domain::operator::OperatorId;
use failures::Failures;
use links::Links;
use sessions::Sessions;

pub use secret::Secret;
pub use sessions::{SESSIONS_MAX, Visit};

/// What a person who comes in through the console is called among the calling systems.
pub const SYSTEM: &str = "console";
/// A link lets in for so long.
pub const LINK_LASTS: SignedDuration = SignedDuration::from_mins(5);

/// How long persons may stay, and how they may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleRules {
    /// Whether links may be made: in development alone.
    pub links: bool,
    /// A session that nothing is asked in for so long ends.
    pub idle: SignedDuration,
    /// A session ends after so long, whatever is asked.
    pub longest: SignedDuration,
}

impl Default for ConsoleRules {
    fn default() -> Self {
        Self { links: false, idle: SignedDuration::from_mins(15), longest: SignedDuration::from_hours(8) }
    }
}

/// Who is in the console, and who is awaited.
pub(super) struct Console {
    rules: ConsoleRules,
    sessions: Mutex<Sessions>,
    links: Mutex<Links>,
    failures: Mutex<Failures>,
}

impl Default for Console {
    fn default() -> Self {
        Self::new(ConsoleRules::default())
    }
}

impl Console {
    fn new(rules: ConsoleRules) -> Self {
        let sessions = Mutex::new(Sessions::new(rules));
        Self { rules, sessions, links: Mutex::default(), failures: Mutex::default() }
    }
}

/// A link that was made.
pub struct ConsoleLink {
    /// Its secret; nobody is told again.
    pub token: Secret,
    pub expires_at: Timestamp,
}

/// Why a person is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryRefusal {
    /// Used, too old, or never made: nobody is told which.
    #[error("link is not valid")]
    LinkNotValid,
    /// Too many wrong links from one address.
    #[error("too many attempts")]
    TooManyAttempts,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Gateway {
    /// The same with other rules for its console. To be called where the gateway is made, before it is handed on.
    #[must_use]
    pub fn with_console(self, rules: ConsoleRules) -> Self {
        self.with(|inner| Inner { console: Console::new(rules), ..inner })
    }

    /// Makes a link that lets one person in, once. `guest` is who that person will be: the caller saw to it that its rights are not
    /// beyond those of `caller`.
    pub async fn make_console_link(&self, caller: &Caller, guest: Caller) -> Result<ConsoleLink, Refusal> {
        let console = &self.inner.console;
        if !console.rules.links {
            return Err(Precondition::ConsoleLinksOff.into());
        }
        let at = self.inner.clock.now();
        let link = ConsoleLink { token: Secret::new()?, expires_at: at.saturating_add(LINK_LASTS).unwrap_or(at) };
        let detail = format!("{} {}", named(caller.person.as_ref()), for_whom(&guest));
        let detail = detail.trim().to_owned();
        self.inner.store.note_console(Action::ConsoleLinkMade, actor(caller), guest.region, detail, at).await?;
        held(&console.links).add(&link.token, guest, link.expires_at, at);
        Ok(link)
    }

    /// Whom a link would let in. It stays good for its one use.
    pub fn console_guest(&self, token: &str, from: IpAddr) -> Result<Caller, EntryRefusal> {
        let at = self.inner.clock.now();
        let console = &self.inner.console;
        if !held(&console.failures).may_try(from, at) {
            return Err(EntryRefusal::TooManyAttempts);
        }
        held(&console.links).guest(token, at).ok_or_else(|| self.failed(from, at))
    }

    /// Lets the person of a link in, and ends the link. Answers with the secret of the new session.
    pub async fn enter_by_link(&self, token: &str, from: IpAddr) -> Result<Secret, EntryRefusal> {
        let at = self.inner.clock.now();
        let console = &self.inner.console;
        if !held(&console.failures).may_try(from, at) {
            return Err(EntryRefusal::TooManyAttempts);
        }
        let guest = held(&console.links).take(token, at).ok_or_else(|| self.failed(from, at))?;
        Ok(self.enter(guest, "link", None).await?)
    }

    /// Lets the person in whom a certificate names. The session is good only over connections with that certificate's name.
    pub async fn enter_by_certificate(&self, caller: Caller, name: String) -> Result<Secret, Refusal> {
        let guest = Caller { system: SYSTEM.to_owned(), ..caller };
        self.enter(guest, "certificate", Some(name)).await
    }

    async fn enter(&self, guest: Caller, by: &str, bound_to: Option<String>) -> Result<Secret, Refusal> {
        // A caller without a person is let in nowhere: somebody must have done what is done.
        let operator = guest.person.clone().ok_or(Refusal::NotFound)?;
        let (id, csrf, at) = (Secret::new()?, Secret::new()?, self.inner.clock.now());
        let detail = format!("{} by={by}", named(Some(&operator)));
        self.inner.store.note_console(Action::ConsoleEntered, actor(&guest), guest.region, detail, at).await?;
        held(&self.inner.console.sessions).open(&id, Visit::new(guest, operator, csrf, bound_to), at);
        Ok(id)
    }

    /// The session of this secret, which was asked in just now; `None` when it is over.
    pub fn console_visit(&self, id: &str) -> Option<Visit> {
        held(&self.inner.console.sessions).seen(id, self.inner.clock.now())
    }

    /// Keeps words for the next page that the person opens.
    pub fn leave_console_note(&self, id: &str, note: String) {
        held(&self.inner.console.sessions).keep_note(id, note);
    }

    /// Takes what was kept for the next page.
    pub fn take_console_note(&self, id: &str) -> Option<String> {
        held(&self.inner.console.sessions).take_note(id)
    }

    /// Ends a session.
    pub async fn leave_console(&self, id: &str) -> Result<(), Refusal> {
        let at = self.inner.clock.now();
        let Some(visit) = held(&self.inner.console.sessions).close(id) else { return Ok(()) };
        let detail = named(Some(&visit.operator));
        let caller = &visit.caller;
        Ok(self.inner.store.note_console(Action::ConsoleLeft, actor(caller), caller.region, detail, at).await?)
    }

    fn failed(&self, from: IpAddr, at: Timestamp) -> EntryRefusal {
        held(&self.inner.console.failures).add(from, at);
        metrics::counter!("hufu_console_entries_refused_total").increment(1);
        EntryRefusal::LinkNotValid
    }
}

/// As the audit log names a person.
fn named(person: Option<&OperatorId>) -> String {
    person.map(|person| format!("person={person}")).unwrap_or_default()
}

fn for_whom(guest: &Caller) -> String {
    guest.person.as_ref().map(|person| format!("for={person}")).unwrap_or_default()
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
