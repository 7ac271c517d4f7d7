//! Secrets that open something: 256 random bits, of which only the hash is kept.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::workflows::Refusal;

const SECRET_BYTES: usize = 32;

/// A secret as its holder has it: 43 letters.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// What is kept of a secret. No key is needed: nobody guesses 256 bits.
pub(super) type Kept = [u8; 32];

impl Secret {
    pub(super) fn new() -> Result<Self, Refusal> {
        let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
        SystemRandom::new().fill(bytes.as_mut()).map_err(|_| {
            let error_id = Uuid::new_v4();
            tracing::error!(%error_id, "no randomness");
            Refusal::Internal { error_id }
        })?;
        Ok(Self(Zeroizing::new(BASE64URL_NOPAD.encode(bytes.as_ref()))))
    }

    /// The letters, for the one who is to have them.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn kept(&self) -> Kept {
        kept(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What would be kept of a secret that somebody shows. Looked up by its hash, so that no comparison tells how much of it was right.
pub(super) fn kept(text: &str) -> Kept {
    let mut kept = Kept::default();
    for (to, from) in kept.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()) {
        *to = *from;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_new_each_time_and_never_printed() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_eq!(one.reveal().len(), 43);
        assert_ne!(one, other);
        assert_ne!(one.kept(), other.kept());
        assert_eq!(one.kept(), kept(one.reveal()));
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }
}
