//! Forms: each must come from a page of ours (by the browser's own word) and from this session (by its token).

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum_extra::extract::Form;
use http::{Method, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::PageError;
use super::session::Found;

/// The longest form: the boxes of a whole page of suspects, and words; well above both.
pub(super) const FORM_BYTES: usize = 64 * 1_024;

/// A form of this session, checked for token and origin before it is read.
pub struct Csrf<T>(pub T);

/// A form that is sent before there is a session: checked for its origin alone.
pub(super) struct SameOrigin<T>(pub(super) T);

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    csrf: String,
}

impl<S, T> FromRequest<S> for Csrf<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        if !is_ours(&request) {
            return Err(PageError::Forged);
        }
        let session = request.extensions().get::<Found>().and_then(|found| found.session.clone());
        let session = session.ok_or(PageError::Forged)?;
        let bytes = body(request).await?;
        let token: Token = read(bytes.clone(), state).await.map_err(|_| PageError::Forged)?;
        // Of equal length and compared once a session at most a few times: the token is 256 random bits.
        if token.csrf != session.csrf {
            return Err(PageError::Forged);
        }
        Ok(Self(read(bytes, state).await?))
    }
}

impl<S, T> FromRequest<S> for SameOrigin<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        if !is_ours(&request) {
            return Err(PageError::Forged);
        }
        Ok(Self(read(body(request).await?, state).await?))
    }
}

async fn body(request: Request) -> Result<Bytes, PageError> {
    to_bytes(request.into_body(), FORM_BYTES).await.map_err(|_| unreadable())
}

async fn read<S: Send + Sync, T: DeserializeOwned>(bytes: Bytes, state: &S) -> Result<T, PageError> {
    let request = Request::builder()
        .method(Method::POST)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(bytes.into())
        .map_err(|_| unreadable())?;
    Form::from_request(request, state).await.map(|Form(form)| form).map_err(|_| unreadable())
}

fn unreadable() -> PageError {
    PageError::field("form", "表单不完整或过长，无法读取", "The form is incomplete or too long to be read.")
}

/// The id that a form was given when it was shown: sent twice, it is done once.
pub(super) fn request_id(text: &str) -> Result<String, PageError> {
    let is_ours = (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_ours { Ok(text.to_owned()) } else { Err(unreadable()) }
}

/// Whether the browser says that a page of ours sent it. A browser that says nothing is refused.
///
/// Our pages send no referrer, which makes browsers send `Origin: null` along with a form; then `Sec-Fetch-Site`, which no page can
/// forge, is the word that counts.
fn is_ours(request: &Request) -> bool {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let host = request.uri().authority().map(|it| it.as_str()).or_else(|| text("host"));
    let is_same_origin =
        |origin: &str| origin.split_once("://").is_some_and(|(scheme, it)| scheme == "https" && Some(it) == host);
    match (text("sec-fetch-site"), text("origin")) {
        (Some("same-origin"), None | Some("null")) => true,
        (Some("same-origin") | None, Some(origin)) => is_same_origin(origin),
        (Some(_) | None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forms_id_is_a_word_of_some_length() {
        assert!(request_id("0192-abcdef").is_ok());
        assert!(request_id("short").is_err() && request_id("with a blank").is_err());
    }

    #[test]
    fn only_forms_of_our_own_pages_are_taken() {
        let check = |site: Option<&str>, origin: Option<&str>, expected: bool| {
            let mut request = Request::builder().uri("https://node.example:7443/console/logout");
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                request = value.into_iter().fold(request, |request, value| request.header(name, value));
            }
            let request = request.body(axum::body::Body::empty()).unwrap();
            assert_eq!(is_ours(&request), expected, "{site:?} {origin:?}");
        };
        let ours = Some("https://node.example:7443");
        check(None, None, false);
        check(Some("same-origin"), None, true);
        check(Some("same-origin"), Some("null"), true);
        check(Some("same-origin"), ours, true);
        check(None, ours, true);
        check(None, Some("null"), false);
        for site in ["cross-site", "same-site", "none", ""] {
            check(Some(site), ours, false);
            check(Some(site), None, false);
        }
        for other in ["https://evil.example", "http://node.example:7443", "https://node.example", "node.example:7443"] {
            check(None, Some(other), false);
            check(Some("same-origin"), Some(other), false);
        }
    }
}
