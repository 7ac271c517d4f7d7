//! Personal data at rest: sealed blobs, and keyed indexes to look them up by (I11).
//!
//! A blob is `format version ‖ key id ‖ nonce ‖ ciphertext ‖ tag`, AES-256-GCM under a key of its own row, bound to its table and row:
//! a blob that was copied to another row does not open. One key a row keeps random nonces far from ever meeting.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Keys, StoreError};
use crate::domain::approval::ApprovalHash;
use crate::domain::slot::OnceKey;

const FORMAT_VERSION: u8 = 1;
/// Which master key sealed a blob; the first, as long as none was rotated.
const KEY_ID: u8 = 1;
const HEADER: [u8; 2] = [FORMAT_VERSION, KEY_ID];
const TAG_LEN: usize = 16;

/// Bytes kept of an index: 128 bits never meet by chance among the billions of people there are.
pub(super) const INDEX_LEN: usize = 16;

/// A keyed index of a value.
pub(super) type Index = [u8; INDEX_LEN];

/// Which column a blob is in. Its name is part of what a blob is bound to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Claim,
    ClaimDecision,
    Decision,
    Suspect,
    Payment,
    Instruction,
    View,
    SuspectRecord,
}

impl Place {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Claim => b"claim.sealed",
            Self::ClaimDecision => b"claim.decision",
            Self::Decision => b"decision.sealed",
            Self::Suspect => b"suspect.sealed",
            Self::Payment => b"payment.sealed",
            Self::Instruction => b"instruction.sealed",
            Self::View => b"desk_view.sealed",
            Self::SuspectRecord => b"suspect_record.sealed",
        }
    }
}

/// Seals, opens and indexes.
pub(super) struct Sealer {
    fields: hmac::Key,
    indexes: hmac::Key,
    random: SystemRandom,
}

impl Sealer {
    pub(super) fn new(keys: &Keys) -> Result<Self, StoreError> {
        Ok(Self {
            fields: keys.derive("field encryption")?,
            indexes: keys.derive("look-up index")?,
            random: SystemRandom::new(),
        })
    }

    /// A value that only the same keys give again: how a database tells that it is opened with another key.
    pub(super) fn key_check(&self) -> Index {
        let field = hmac::sign(&self.fields, b"key check");
        self.index(b"key check", field.as_ref())
    }

    /// Seals a value as JSON.
    pub(super) fn seal_json<T: Serialize>(&self, place: Place, row: &[u8], value: &T) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(value).map_err(|_| StoreError::Corrupt("value"))?;
        self.seal(place, row, plain)
    }

    /// Opens a value that was sealed as JSON.
    pub(super) fn open_json<T: DeserializeOwned>(
        &self,
        place: Place,
        row: &[u8],
        sealed: Vec<u8>,
    ) -> Result<T, StoreError> {
        let mut sealed = sealed;
        // The error of the parser is dropped: it could quote the value.
        serde_json::from_slice(self.open(place, row, &mut sealed)?).map_err(|_| StoreError::Corrupt("sealed value"))
    }

    pub(super) fn seal(&self, place: Place, row: &[u8], plain: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| StoreError::Unavailable("no randomness"))?;
        let mut body = plain;
        let tag = self
            .row_key(place, row)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad(place, row), &mut body)
            .map_err(|_| StoreError::Corrupt("value"))?;
        let mut sealed = Vec::with_capacity(HEADER.len() + NONCE_LEN + body.len() + TAG_LEN);
        sealed.extend_from_slice(&HEADER);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    pub(super) fn open<'a>(&self, place: Place, row: &[u8], sealed: &'a mut [u8]) -> Result<&'a [u8], StoreError> {
        let broken = || StoreError::Corrupt("sealed value");
        let (header, rest) = sealed.split_first_chunk_mut().ok_or_else(broken)?;
        if *header != HEADER {
            return Err(broken());
        }
        let (nonce, body) = rest.split_first_chunk_mut().ok_or_else(broken)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.row_key(place, row)?.open_in_place(nonce, aad(place, row), body).map_err(|_| broken())?;
        Ok(plain)
    }

    /// The index of a slot's key.
    pub(super) fn index_once_key(&self, key: &OnceKey) -> Index {
        match key {
            OnceKey::Person(id) => self.index_person(id.as_str()),
            OnceKey::Enterprise(uscc) => self.index(b"enterprise", uscc.as_str().as_bytes()),
        }
    }

    pub(super) fn index_person(&self, resident_id: &str) -> Index {
        self.index(b"person", resident_id.as_bytes())
    }

    pub(super) fn index_account(&self, account: &str) -> Index {
        self.index(b"account", account.as_bytes())
    }

    pub(super) fn index_phone(&self, phone: &str) -> Index {
        self.index(b"phone", phone.as_bytes())
    }

    /// The index of a value that is neither: `kind` tells what it is, so that no two kinds meet.
    pub(super) fn index_of(&self, kind: &'static str, value: &str) -> Index {
        self.index(kind.as_bytes(), value.as_bytes())
    }

    pub(super) fn index_request(&self, caller: &str, request_id: &str) -> Index {
        // A caller's name has no zero byte in it.
        self.index(b"request", &[caller.as_bytes(), &[0], request_id.as_bytes()].concat())
    }

    pub(super) fn index_content(&self, digest: &[u8]) -> Index {
        self.index(b"content", digest)
    }

    /// The index of a record of the ministry's: each place numbers its own.
    pub(super) fn index_record(&self, organization: &str, region: &str, number: &str) -> Index {
        // No organization and no region has a zero byte in it.
        self.index(
            b"suspect record",
            &[organization.as_bytes(), &[0], region.as_bytes(), &[0], number.as_bytes()].concat(),
        )
    }

    /// A keyed hash of what was approved, whole: it is shown to people and compared for good.
    pub(super) fn hash_approval(&self, encoded: &[u8]) -> ApprovalHash {
        ApprovalHash(self.hash(b"approval", encoded))
    }

    /// A keyed hash of evidence.
    pub(super) fn hash_evidence(&self, encoded: &[u8]) -> [u8; 32] {
        self.hash(b"evidence", encoded)
    }

    fn hash(&self, kind: &[u8], value: &[u8]) -> [u8; 32] {
        let tag = mac(&self.indexes, kind, value);
        let mut hash = [0; 32];
        hash.copy_from_slice(tag.as_ref());
        hash
    }

    fn index(&self, kind: &[u8], value: &[u8]) -> Index {
        let tag = mac(&self.indexes, kind, value);
        let mut index = [0; INDEX_LEN];
        index.copy_from_slice(&tag.as_ref()[..INDEX_LEN]);
        index
    }

    fn row_key(&self, place: Place, row: &[u8]) -> Result<LessSafeKey, StoreError> {
        let key = mac(&self.fields, place.name(), row);
        UnboundKey::new(&AES_256_GCM, key.as_ref()).map(LessSafeKey::new).map_err(|_| StoreError::Corrupt("key"))
    }
}

/// HMAC over two parts; no kind has a zero byte in it.
fn mac(key: &hmac::Key, kind: &[u8], value: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(kind);
    context.update(&[0]);
    context.update(value);
    context.sign()
}

fn aad(place: Place, row: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([place.name(), &[0], row, &HEADER].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        Sealer::new(&Keys::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_blob_opens_in_its_own_place_and_row_alone() {
        let sealer = sealer();
        let sealed = sealer.seal(Place::Claim, b"row", b"secret".to_vec()).unwrap();
        assert_eq!(sealer.open(Place::Claim, b"row", &mut sealed.clone()).unwrap(), b"secret");
        assert!(sealer.open(Place::Suspect, b"row", &mut sealed.clone()).is_err());
        assert!(sealer.open(Place::Claim, b"another", &mut sealed.clone()).is_err());
        assert!(self::sealer().open(Place::Claim, b"row", &mut sealed.clone()).is_err());
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(sealer.open(Place::Claim, b"row", &mut flipped).is_err(), "byte {at}");
        }
    }

    #[test]
    fn sealed_twice_is_never_the_same() {
        let sealer = sealer();
        let seal = || sealer.seal(Place::Claim, b"row", b"secret".to_vec()).unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn an_index_repeats_and_tells_kinds_and_keys_apart() {
        let sealer = sealer();
        assert_eq!(sealer.index_person("a"), sealer.index_person("a"));
        assert_ne!(sealer.index_person("a"), sealer.index_account("a"));
        assert_ne!(sealer.index_person("a"), self::sealer().index_person("a"));
    }
}
