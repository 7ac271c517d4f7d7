//! Ends the process at a named point, as a power cut would: for tests of what must survive. Not in a binary without `failpoints`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::exit::Failure;
use crate::workflows::pooling::point::Point;

/// Ends the process when a point is passed for the n-th time: `send.before`, or `send.before:3`.
pub fn arm(at: &str) -> Result<(), Failure> {
    let (name, nth) = at.split_once(':').unwrap_or((at, "1"));
    let is_known = Point::ALL
        .iter()
        .any(|point| name.strip_prefix(point.code()).is_some_and(|side| matches!(side, ".before" | ".after")));
    let nth: u32 =
        nth.parse().map_err(|_| Failure::settings(format!("--crash-at {at}: not a number after the colon")))?;
    if !is_known || nth == 0 {
        return Err(Failure::settings(format!("--crash-at {at}: no such point")));
    }
    let passed = Arc::new(AtomicU32::new(0));
    let end = move || {
        if passed.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            std::process::abort();
        }
    };
    fail::cfg_callback(name, end).map_err(Failure::settings)
}
