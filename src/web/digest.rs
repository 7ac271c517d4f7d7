//! What tells one request from another that came under the same id: a digest over all that it says.

use ring::digest::{Context, SHA256};

/// SHA-256 over the parts, each with its length before it. What a form asks for is asked by the console's own system, so its digests need
/// not be those of the same call on the wire.
pub(super) fn digest(kind: &str, parts: &[String]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in std::iter::once(kind).chain(parts.iter().map(String::as_str)) {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let of = |parts: &[&str]| digest("a", &parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
    }
}
