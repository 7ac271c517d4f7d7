//! Keys of rows: keyed hashes of fixed width over canonical values, made from cells without reading a row in the open.
//!
//! A key only brings rows together, and what is equal in the open always has equal keys; so another secret finds the same.

use rapidhash::v3::{RapidSecrets, rapidhash_v3_nano_inline};

use super::name;
use super::number::Number;
use super::place::County;
use super::programme::{Conflict, Programme};
use crate::domain::identity::{BankAccount, PersonName, Phone, ResidentId, Uscc};

/// Longer than any value that is hashed: an account has 32 digits, a county's name fewer bytes than are kept of it.
const VALUE_BYTES_MAX: usize = 64;

/// Makes keys under one secret.
#[derive(Clone, Debug)]
pub struct Keys {
    secrets: RapidSecrets,
}

/// What keys of different kinds begin with, so that they never meet.
mod kind {
    pub(super) const PERSON: u8 = 1;
    pub(super) const NAME_AND_PART: u8 = 2;
    pub(super) const ENTERPRISE: u8 = 4;
    pub(super) const COUNTY: u8 = 5;
    pub(super) const ACCOUNT: u8 = 6;
    pub(super) const PHONE: u8 = 7;
    pub(super) const CLAIM: u8 = 8;
}

impl Keys {
    /// Under a secret of the run, so that nobody can prepare a file whose rows all meet.
    pub fn new(secret: u64) -> Self {
        Self { secrets: RapidSecrets::seed(secret) }
    }

    #[inline]
    pub fn person(&self, number: &ResidentId, conflict: Conflict) -> u64 {
        self.hash(kind::PERSON, conflict as u8, number.as_bytes())
    }

    /// The sound of a name with one part of the number.
    pub fn name_and_part(&self, sound: u64, tag: u8, part: &[u8], conflict: Conflict) -> u64 {
        let mut value = [0; 16];
        let (head, tail) = value.split_at_mut(8);
        head.copy_from_slice(&sound.to_le_bytes());
        tail.iter_mut().zip(part).for_each(|(slot, byte)| *slot = *byte);
        self.hash(kind::NAME_AND_PART, tag << 4 | conflict as u8, &value)
    }

    #[inline]
    pub fn enterprise(&self, code: &Uscc) -> u64 {
        self.hash(kind::ENTERPRISE, 0, code.as_str().as_bytes())
    }

    pub fn county(&self, county: &County) -> u64 {
        match county {
            County::Code(region) => self.hash(kind::COUNTY, 0, region.as_str().as_bytes()),
            // Of which province does not matter to a key.
            County::Word(_, word) => self.hash(kind::COUNTY, 1, word.as_bytes()),
        }
    }

    /// The key of a county's cell that holds a code, as [`Self::county`] makes it.
    #[inline]
    pub fn county_code(&self, cell: &[u8]) -> Option<u64> {
        let is_plain = cell.len() == 6 && cell.iter().all(u8::is_ascii_digit);
        is_plain.then(|| self.hash(kind::COUNTY, 0, cell))
    }

    /// Takes the canonical digits.
    #[inline]
    pub fn account(&self, digits: &[u8]) -> u64 {
        self.hash(kind::ACCOUNT, 0, digits)
    }

    /// Takes the canonical number.
    #[inline]
    pub fn phone(&self, number: &[u8]) -> u64 {
        self.hash(kind::PHONE, 0, number)
    }

    #[inline]
    pub fn claim(&self, name: &[u8]) -> u64 {
        self.hash(kind::CLAIM, 0, name)
    }

    #[inline]
    fn hash(&self, kind: u8, tag: u8, value: &[u8]) -> u64 {
        let mut bytes = [0; VALUE_BYTES_MAX + 2];
        bytes[0] = kind;
        bytes[1] = tag;
        // What is longer meets all that begins alike; the rows decide.
        let length = value.len().min(VALUE_BYTES_MAX);
        bytes[2..2 + length].copy_from_slice(&value[..length]);
        rapidhash_v3_nano_inline::<true, false>(&bytes[..2 + length], &self.secrets)
    }
}

/// Reads the subsidy of a cell; the codes without any work.
#[inline]
pub fn programme(cell: &[u8], text: impl FnOnce() -> Option<Programme>) -> Option<Programme> {
    match cell {
        b"job-expansion" => Some(Programme::JobExpansion),
        b"retention-training" => Some(Programme::RetentionTraining),
        b"hiring-subsidy" => Some(Programme::HiringSubsidy),
        _ => text(),
    }
}

/// The person of a cell; what is not canonical is read as text.
#[inline]
pub fn number<T: AsRef<str>>(cell: &[u8], text: impl FnOnce() -> T) -> Number {
    match Number::canonical(cell) {
        Some(number) => Number::Sound { number, is_old_form: false },
        None => Number::parse(text().as_ref()),
    }
}

/// The enterprise of a cell.
#[inline]
pub fn enterprise<T: AsRef<str>>(cell: &[u8], text: impl FnOnce() -> T) -> Option<Uscc> {
    let quick = cell.try_into().ok().and_then(Uscc::from_canonical);
    quick.or_else(|| Uscc::parse(text().as_ref()).ok())
}

impl Keys {
    /// The key of an account's cell.
    #[inline]
    pub fn account_of<T: AsRef<str>>(&self, cell: &[u8], text: impl FnOnce() -> T) -> Option<u64> {
        if BankAccount::is_canonical(cell) {
            return Some(self.account(cell));
        }
        let account = BankAccount::parse(text().as_ref()).ok()?;
        Some(self.account(account.as_str().as_bytes()))
    }

    /// The key of a phone's cell.
    #[inline]
    pub fn phone_of<T: AsRef<str>>(&self, cell: &[u8], text: impl FnOnce() -> T) -> Option<u64> {
        if Phone::is_canonical_mobile(cell) {
            return Some(self.phone(cell));
        }
        let phone = Phone::parse(text().as_ref()).ok()?;
        Some(self.phone(phone.as_str().as_bytes()))
    }
}

/// The sound of the name in a cell of UTF-8.
#[inline]
pub fn sound<T: AsRef<str>>(cell: &[u8], is_utf8: bool, text: impl FnOnce() -> T) -> Option<u64> {
    let quick = if is_utf8 { name::sound_of_chinese(cell) } else { None };
    quick.or_else(|| PersonName::parse(text().as_ref()).ok().map(|name| name::sound(&name)))
}
