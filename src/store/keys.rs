//! The master key and what is derived from it. It lives in a file of its own, outside the database.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use super::StoreError;

/// Bytes of the master key: as many as AES-256 and HMAC-SHA256 take.
const MASTER_BYTES: usize = 32;
/// More than the key file ever holds: 64 hexadecimal digits and a line end.
const FILE_BYTES_MAX: u64 = 256;

/// Separates the keys derived here from those of any other use of the master.
const SALT: &[u8] = b"hufu/store/v1";

/// The master key. Dropped, its bytes are overwritten.
pub struct Keys {
    master: Zeroizing<[u8; MASTER_BYTES]>,
}

impl Keys {
    /// A new random master key.
    pub fn generate() -> Result<Self, StoreError> {
        let mut master = Zeroizing::new([0; MASTER_BYTES]);
        SystemRandom::new().fill(master.as_mut()).map_err(|_| StoreError::KeyFile("cannot be made: no randomness"))?;
        Ok(Self { master })
    }

    /// Reads a key file, refusing one that others than its owner may read.
    pub fn load(path: &Path) -> Result<Self, StoreError> {
        let file = fs::File::open(path).map_err(|_| StoreError::KeyFile("cannot be opened"))?;
        let mode = file.metadata().map_err(|_| StoreError::KeyFile("cannot be looked at"))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(StoreError::KeyFile("may be read by others than its owner: chmod 600 it"));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|_| StoreError::KeyFile("cannot be read"))?;
        let mut master = Zeroizing::new([0; MASTER_BYTES]);
        let digits = text.trim_ascii().as_bytes();
        if digits.len() != 2 * MASTER_BYTES {
            return Err(StoreError::KeyFile("does not hold 64 hexadecimal digits"));
        }
        HEXLOWER_PERMISSIVE
            .decode_mut(digits, master.as_mut())
            .map_err(|_| StoreError::KeyFile("does not hold 64 hexadecimal digits"))?;
        Ok(Self { master })
    }

    /// Writes a new key file with mode 0600; an existing file is never overwritten.
    pub fn write(&self, path: &Path) -> Result<(), StoreError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(path).map_err(|_| StoreError::KeyFile("cannot be made, or is there already"))?;
        let mut text = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(self.master.as_ref()));
        text.push('\n');
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|_| StoreError::KeyFile("cannot be written"))
    }

    /// The key for one use, by HKDF-SHA256.
    pub(super) fn derive(&self, purpose: &'static str) -> Result<hmac::Key, StoreError> {
        let master = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(self.master.as_ref());
        let info = [purpose.as_bytes()];
        let material = master.expand(&info, hmac::HMAC_SHA256).map_err(|_| StoreError::KeyFile("cannot be used"))?;
        Ok(hmac::Key::from(material))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}
