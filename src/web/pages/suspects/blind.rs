//! Blind mode: the weight of the evidence is held back until the reviewer has judged, so that it does not lead.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::header;
use http::request::Parts;
use maud::{Markup, html};
use serde::Deserialize;

use super::asked::LIST;
use crate::domain::suspect::SuspectId;
use crate::web::session::cookie;
use crate::web::{Csrf, PageError, Session, parts};

/// Keeps the choice for a year; no secret, and of no use to anybody.
const COOKIE: &str = "__Host-hufu-blind";
/// Where the switch is.
pub(in crate::web) const SWITCH: &str = "/console/suspects/blind";

/// Whether the person works blind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct Blind(pub(in crate::web) bool);

impl<S: Sync> FromRequestParts<S> for Blind {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(cookie(&parts.headers, COOKIE) == Some("on")))
    }
}

/// What the switch sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Switched {
    on: bool,
    /// The suspect to come back to; the list where it is none.
    suspect: String,
}

/// Turns it on or off, and leads back.
pub(super) async fn turn(_session: Session, Csrf(switched): Csrf<Switched>) -> Result<Response, PageError> {
    let value = if switched.on { "on" } else { "off" };
    let cookie = format!("{COOKIE}={value}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax");
    let back = match SuspectId::parse(&switched.suspect) {
        Some(suspect) => format!("{LIST}/{suspect}"),
        None => LIST.to_owned(),
    };
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&back)).into_response())
}

/// The switch, on the page of one suspect or on the list.
pub(in crate::web) fn switch(session: &Session, blind: Blind, suspect: Option<SuspectId>) -> Markup {
    let lang = session.lang;
    html! {
        form.blind-switch method="post" action=(SWITCH) {
            (parts::csrf(session))
            (parts::hidden("on", if blind.0 { "false" } else { "true" }))
            @if let Some(suspect) = suspect { (parts::hidden("suspect", &suspect.to_string())) }
            button.toggle type="submit" role="switch" aria-checked=(blind.0) { (lang.pick("盲审", "Blind mode")) }
        }
    }
}
