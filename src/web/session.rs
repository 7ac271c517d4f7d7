//! The person at the browser.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::lang::Lang;
use super::{ConsoleSettings, PageError};
use crate::domain::caller::{Caller, Role};
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::domain::rights::{Denied, authorize, require as require_role};
use crate::workflows::console::Visit;

/// The session's cookie: only over TLS, only for this host, never for scripts, never sent along from elsewhere.
pub(super) const COOKIE: &str = "__Host-hufu";

/// The person at the browser, as the guard let it in. Extracting it never fails on a page whose row asks for a session.
#[derive(Clone, Debug)]
pub struct Session {
    /// What the workflows are called with: system `console`, the person named.
    pub caller: Caller,
    /// Who signs what is done.
    pub operator: OperatorId,
    pub lang: Lang,
    /// The token that each form shows again.
    pub csrf: String,
    /// Words that a step left for this page.
    pub note: Option<String>,
    /// The address of this page with its query, for the language switch.
    pub here: String,
    /// Whether the answer takes the place of a part of the page that is shown.
    pub wants_part: bool,
    pub(super) settings: Arc<ConsoleSettings>,
    pub(super) id: Arc<str>,
}

impl Session {
    /// Whether the person may make this call, named `package.Service/Method`.
    pub fn may(&self, rpc: &str) -> bool {
        authorize(&self.caller, rpc).is_ok()
    }

    /// Whether the person has this role.
    pub fn has(&self, role: Role) -> bool {
        self.caller.roles.contains(&role)
    }

    /// What a place is called.
    pub fn place(&self, region: Region) -> String {
        self.settings.place(self.lang, region)
    }

    /// All places that have a name within the person's own.
    pub fn places(&self) -> BTreeMap<Region, String> {
        let within = |(region, _): &(&Region, &String)| self.caller.region.covers(**region);
        self.settings.place_names.iter().filter(within).map(|(region, name)| (*region, name.clone())).collect()
    }

    /// The person's own id, without the organization.
    pub fn person(&self) -> &str {
        self.operator.as_str().split_once('/').map_or("", |(_, person)| person)
    }
}

#[cfg(test)]
impl Session {
    /// Somebody at a place who may do nothing, for tests of what is drawn.
    pub(super) fn at(region: &str) -> Self {
        let operator = OperatorId::new("lc-hrss", "wang.li").unwrap();
        let caller = Caller {
            organization: "lc-hrss".into(),
            system: "console".into(),
            region: Region::parse(region).unwrap(),
            roles: std::collections::BTreeSet::new(),
            person: Some(operator.clone()),
        };
        Self {
            caller,
            operator,
            lang: Lang::Zh,
            csrf: "token".to_owned(),
            note: None,
            here: "/console".to_owned(),
            wants_part: false,
            settings: Arc::default(),
            id: "id".into(),
        }
    }
}

/// Refuses who lacks a role, where the content of a form decides which one it takes.
pub fn require(session: &Session, role: Role) -> Result<(), PageError> {
    require_role(&session.caller, &[role]).map_err(PageError::from)
}

/// What the guard found out about a request.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) session: Option<Session>,
}

/// Makes the session of a visit.
pub(super) fn session_of(visit: Visit, id: &str, parts: &Parts, settings: &Arc<ConsoleSettings>) -> Session {
    // What was posted cannot be gone back to.
    let here = parts.uri.path_and_query().filter(|_| parts.method == Method::GET).map_or("/console", |it| it.as_str());
    Session {
        caller: visit.caller,
        operator: visit.operator,
        lang: Lang::of(&parts.headers),
        csrf: visit.csrf.reveal().to_owned(),
        note: None,
        here: here.to_owned(),
        wants_part: wants_part(&parts.headers),
        settings: Arc::clone(settings),
        id: id.into(),
    }
}

/// Whether htmx asks for a part of a page. What it asks for in the place of a link or a form is a whole page.
pub(super) fn wants_part(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request") && !headers.contains_key("hx-boosted")
}

/// One cookie by its name.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        let found = parts.extensions.get::<Found>();
        found.and_then(|found| found.session.clone()).ok_or(PageError::Denied(Denied::NotInTheTable))
    }
}

/// Where a page is open to everybody, there may be nobody.
impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Found>().and_then(|found| found.session.clone()))
    }
}

impl<S: Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}
