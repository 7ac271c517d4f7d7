//! Every request for a page comes by here: is there such a page, who asks, may they, is there room, and for how long. Every answer leaves by
//! here. Requests are logged by the page's pattern: addresses and queries stay out of the log.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::request::Parts;
use http::{Method, StatusCode, Uri, header};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};
use url::form_urlencoded;
use uuid::Uuid;

use super::error::{Frame, PageError};
use super::headers::guarded;
use super::lang::Lang;
use super::rights::{Needs, Row, row};
use super::session::{COOKIE, Found, Session, cookie, session_of, wants_part};
use super::{Web, login};
use crate::domain::identity::personal_number;
use crate::transport::peer::{Identity, Peer};
use crate::workflows::Refusal;
use crate::workflows::console::Visit;

pub(super) async fn guard(State(web): State<Web>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    // Names of rows alone are counted: visitors do not make up ours.
    let found = row(request.method(), &path);
    let page = found.map_or("unknown", |row| row.path);
    let response = answer(&web, found, request, next).await;
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    metrics::counter!("hufu_pages_total", "page" => page, "status" => status.to_string()).increment(1);
    metrics::histogram!("hufu_page_seconds", "page" => page).record(elapsed);
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(page, status, elapsed_ms, "page");
    guarded(response)
}

async fn answer(web: &Web, row: Option<&'static Row>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let lang = Lang::of(&parts.headers);
    let visit = visit(web, &parts);
    let mut session = visit.as_ref().map(|(visit, id)| session_of(visit.clone(), id, &parts, &web.settings));
    let admitted = admit(web, row, visit.as_ref().map(|(visit, _)| visit));
    let is_whole_page = parts.method == Method::GET && !wants_part(&parts.headers);
    if let Some(session) = &mut session
        && admitted.is_ok()
        && is_whole_page
        && row.is_some_and(|row| row.needs != Needs::Nothing)
    {
        session.note = web.gateway.take_console_note(&session.id);
    }
    let clean =
        Some(&parts.uri).filter(|_| row.is_none_or(|row| row.needs != Needs::Nothing)).and_then(without_numbers);
    if let (Some(clean), Some(session)) = (&clean, &session) {
        let words = lang.pick(
            "地址和历史记录中不能有证件号码或电话。要按人员查找，请用“按姓名或证件号码查人”。",
            "No numbers of persons in addresses, which stay in the history. To find a person, use the form for it.",
        );
        web.gateway.leave_console_note(&session.id, words.to_owned());
        return (StatusCode::SEE_OTHER, [(header::LOCATION, clean)]).into_response();
    }
    let frame = Frame::of(&parts, lang, session.clone());
    let _places = match admitted {
        Ok(places) => places,
        Err(Stop::LogIn) => return login_instead(&parts, clean.as_deref()),
        Err(Stop::Page(error)) => return error.framed(&frame),
    };
    parts.extensions.insert(Found { session });
    let handled = AssertUnwindSafe(next.run(Request::from_parts(parts, body))).catch_unwind();
    let response = match timeout(web.settings.page_deadline, handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => PageError::panicked().into_response(),
        Err(_) => PageError::Late.into_response(),
    };
    // An error of a handler is drawn here, where the session and the language are known.
    match response.extensions().get::<PageError>().cloned() {
        Some(error) => error.framed(&frame),
        None => response,
    }
}

/// Why a request goes no further.
enum Stop {
    LogIn,
    Page(PageError),
}

/// Whether there is such a page, the person may open it, and there is room.
fn admit(
    web: &Web,
    row: Option<&'static Row>,
    visit: Option<&Visit>,
) -> Result<(OwnedSemaphorePermit, Option<OwnedSemaphorePermit>), Stop> {
    let page = |error: PageError| Stop::Page(error);
    let row = match (row, visit) {
        (Some(row), _) => row,
        (None, Some(_)) => return Err(page(PageError::NotFound)),
        // Strangers do not find out what there is.
        (None, None) => return Err(Stop::LogIn),
    };
    match (row.needs, visit) {
        (Needs::Nothing, _) => {}
        (_, None) => return Err(Stop::LogIn),
        (needs, Some(visit)) => needs.allow(&visit.caller).map_err(|denied| page(denied.into()))?,
    }
    let overloaded = |_| page(Refusal::Overloaded { retry_after_ms: 500 }.into());
    // Whoever is not logged in may send a form as slowly as they like: in places of their own.
    let places = if visit.is_some() { &web.places } else { &web.places_of_strangers };
    let of_node = Arc::clone(places).try_acquire_owned().map_err(overloaded)?;
    let of_session =
        visit.map(|visit| Arc::clone(&visit.places).try_acquire_owned()).transpose().map_err(overloaded)?;
    Ok((of_node, of_session))
}

/// The visit that the cookie belongs to. One that came by a certificate is good only with that certificate's name on the connection.
fn visit(web: &Web, parts: &Parts) -> Option<(Visit, String)> {
    let id = cookie(&parts.headers, COOKIE)?;
    let visit = web.gateway.console_visit(id)?;
    let name = match parts.extensions.get::<Arc<Peer>>().map(|peer| &peer.identity) {
        Some(Identity::Named(name)) => Some(name.to_string()),
        Some(Identity::Anonymous | Identity::Malformed(_)) | None => None,
    };
    (visit.bound_to.is_none() || visit.bound_to == name).then(|| (visit, id.to_owned()))
}

/// Sends to the login, with the way back; htmx is told to load the whole anew. `clean` is the address without what may not stand in one.
fn login_instead(parts: &Parts, clean: Option<&str>) -> Response {
    let wanted = parts.uri.path_and_query().map_or("/console", |it| it.as_str());
    // What was posted is not sent again, and a part is no page: the person begins at the first page.
    let comes_back = parts.method == Method::GET && !wants_part(&parts.headers);
    let to = if comes_back { login::address(clean.unwrap_or(wanted)) } else { login::PATH.to_owned() };
    if parts.headers.contains_key("hx-request") {
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", to)]).into_response();
    }
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// Where a number of somebody's stands in an address: the address without it. Every page says its address again, for the language switch
/// and the way back from the login, and browsers keep it.
fn without_numbers(uri: &Uri) -> Option<String> {
    // Where a list goes on: numbers of ours, as long as any.
    const PLACES: [&str; 2] = ["after", "before"];
    let pairs = || form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let is_personal = |(key, value): &(Cow<'_, str>, Cow<'_, str>)| {
        let is_place = PLACES.contains(&key.as_ref());
        personal_number::stands_in(key) || (!is_place && personal_number::stands_in(value))
    };
    let path_is_personal =
        form_urlencoded::parse(uri.path().as_bytes()).any(|(path, _)| personal_number::stands_in(&path));
    if path_is_personal {
        return Some("/console".to_owned());
    }
    pairs().any(|pair| is_personal(&pair)).then(|| uri.path().to_owned())
}

impl PageError {
    /// A fault of ours. What the panic said stays out of the page and out of the log: it may quote what was being handled.
    fn panicked() -> Self {
        let error_id = Uuid::new_v4();
        tracing::error!(%error_id, "page panicked");
        Self::from(Refusal::Internal { error_id })
    }
}

impl Frame {
    fn of(parts: &Parts, lang: Lang, session: Option<Session>) -> Self {
        Self { lang, session, wants_part: wants_part(&parts.headers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::ResidentId;

    #[test]
    fn numbers_of_persons_are_taken_out_of_addresses() {
        let person = ResidentId::from_parts("371502", jiff::civil::date(1999, 12, 31), 17).unwrap();
        let number = person.as_str();
        let (head, tail) = number.split_at(6);
        let check = |address: &str, expected: Option<&str>| {
            let uri = address.parse().unwrap();
            assert_eq!(without_numbers(&uri).as_deref(), expected, "{address}");
        };
        let list = Some("/console/suspects");
        check(&format!("/console/suspects?text={number}"), list);
        check(&format!("/console/suspects?text=%E5%BC%A0+{head}+{tail}&rule="), list);
        check(&format!("/console/suspects?{number}"), list);
        check("/console/suspects?assignee=138-0013-8000", list);
        check(&format!("/console/suspects/{number}"), Some("/console"));
        check("/console/suspects?text=91350100M000100Y43&after=15300138000.13800138000", None);
        check("/console/suspects/018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01", None);
        check("/console/audit?day=2022-10-10&before=13800138000", None);
    }
}
