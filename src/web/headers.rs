//! What every answer of the console says to the browser: nothing from elsewhere, nothing inline, nothing kept.

use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

/// Scripts, styles, pictures and calls of this node alone; no frames, no plugins, no other base, forms to ourselves.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Nothing on transport security: the node speaks TLS alone, its cookies travel over nothing else, and whether the rest of its host does is
/// not the node's to say.
const HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=(), display-capture=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Adds them. A page that says nothing of its own about caching is kept nowhere.
pub(super) fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
