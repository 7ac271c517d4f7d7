//! Styles, scripts and the mark: files of this repository, served under the hash of their content, kept by browsers for a year.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::header;
use ring::digest::{SHA256, digest};

use super::PageError;

/// Name, media type, content.
const FILES: [(&str, &str, &str); 6] = [
    ("console.css", "text/css; charset=utf-8", include_str!("assets/console.css")),
    ("console-suspects.css", "text/css; charset=utf-8", include_str!("assets/console-suspects.css")),
    ("pages.css", "text/css; charset=utf-8", include_str!("assets/pages.css")),
    ("console.js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
    // See htmx.LICENSE beside it.
    ("htmx.min.js", "text/javascript; charset=utf-8", include_str!("assets/htmx.min.js")),
    ("mark.svg", "image/svg+xml", include_str!("assets/mark.svg")),
];

/// The content never changes under one address.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// In the order of [`FILES`]: the first half of the content's SHA-256.
static HASHES: LazyLock<[String; FILES.len()]> = LazyLock::new(|| {
    FILES
        .map(|(_, _, content)| HEXLOWER.encode(digest(&SHA256, content.as_bytes()).as_ref()).chars().take(32).collect())
});

/// Where a file of [`FILES`] is.
pub(super) fn address(name: &str) -> String {
    let hash = FILES.iter().zip(HASHES.iter()).find(|((file, ..), _)| *file == name).map_or("", |(_, hash)| hash);
    format!("/console/assets/{hash}/{name}")
}

pub(super) async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let found = FILES.iter().zip(HASHES.iter()).find(|((file, ..), known)| *file == name && **known == hash);
    match found {
        Some(((_, kind, content), _)) => {
            ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, FOREVER)], *content).into_response()
        }
        None => PageError::NotFound.into_response(),
    }
}
