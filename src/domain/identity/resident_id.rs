//! The resident identity number (公民身份号码), GB 11643-1999, and the numbers of residence permits built like it.

use std::str;

use jiff::civil::Date;

use super::region;
use super::typing::{canonical_text, has_lost_digits, meant};

/// Nobody born earlier is a party to a claim, and the 15-digit form implies a year of the 1900s.
const EARLIEST_BIRTH: Date = jiff::civil::date(1900, 1, 1);

/// A bound that does not depend on a clock, so that a number stays valid or invalid for ever: whoever is too young to work is
/// judged by the rules, which know the date of the claim, and not by the form of the number.
const LATEST_BIRTH: Date = jiff::civil::date(2099, 12, 31);

const LENGTH: usize = 18;

/// A resident identity number whose province, birth date and check character are possible.
///
/// Canonical: 18 ASCII characters, with an upper-case X. The 15-digit number of GB 11643-1989 is the older form of the same number
/// and becomes it. Serialized it is plain text: only for payloads that are sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentId([u8; LENGTH]);

/// Which document bears the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResidentIdKind {
    /// A resident identity card (居民身份证).
    Mainland,
    /// A residence permit for Hong Kong residents (港澳居民居住证), prefix 81.
    HongKong,
    /// A residence permit for Macao residents (港澳居民居住证), prefix 82.
    Macao,
    /// A residence permit for Taiwan residents (台湾居民居住证), prefix 83.
    Taiwan,
    /// A foreigner's permanent residence card (外国人永久居留身份证) as issued since 2023-12-01, prefix 9.
    Foreigner,
}

/// Why a text is no resident identity number, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResidentIdError {
    #[error("resident identity number is empty")]
    Empty,
    #[error("resident identity number lost its last digits in a spreadsheet")]
    LostDigits,
    #[error("resident identity number has a character that is neither a digit nor a final X")]
    IllegalCharacter,
    #[error("resident identity number has neither 18 nor 15 characters")]
    WrongLength,
    #[error("resident identity number begins with no province")]
    UnknownRegion,
    #[error("resident identity number has an impossible birth date")]
    ImpossibleDate,
    #[error("resident identity number has a wrong check character")]
    CheckCharacter,
    #[error("sequence of a resident identity number exceeds 999")]
    SequenceTooLarge,
}

impl ResidentIdError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "RESIDENT_ID_EMPTY",
            Self::LostDigits => "RESIDENT_ID_LOST_DIGITS",
            Self::IllegalCharacter => "RESIDENT_ID_ILLEGAL_CHARACTER",
            Self::WrongLength => "RESIDENT_ID_WRONG_LENGTH",
            Self::UnknownRegion => "RESIDENT_ID_UNKNOWN_REGION",
            Self::ImpossibleDate => "RESIDENT_ID_IMPOSSIBLE_DATE",
            Self::CheckCharacter => "RESIDENT_ID_CHECK_CHARACTER",
            Self::SequenceTooLarge => "RESIDENT_ID_SEQUENCE_TOO_LARGE",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Empty => "身份证号为空",
            Self::LostDigits => "身份证号被电子表格转成数值，末尾数字已丢失，请以文本格式重新填写",
            Self::IllegalCharacter => "身份证号含有数字和末位X以外的字符",
            Self::WrongLength => "身份证号应为18位（旧证15位）",
            Self::UnknownRegion => "身份证号开头的省级代码不存在",
            Self::ImpossibleDate => "身份证号中的出生日期不可能存在",
            Self::CheckCharacter => "身份证号校验码不符，请核对是否录错",
            Self::SequenceTooLarge => "身份证号顺序码超过999",
        }
    }
}

impl ResidentId {
    /// Reads a number as people type it, in its 18-character or older 15-digit form.
    pub fn parse(text: &str) -> Result<Self, ResidentIdError> {
        if has_lost_digits(text) {
            return Err(ResidentIdError::LostDigits);
        }
        let (characters, length) = collect(text)?;
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, ..] = characters;
        let body = match length {
            LENGTH => first_17(&characters),
            // GB 11643-1999 put the century before the year's two digits; every 15-digit number means 19xx.
            15 if !is_permit([a, b]) => [a, b, c, d, e, f, b'1', b'9', g, h, i, j, k, l, m, n, o],
            _ => return Err(ResidentIdError::WrongLength),
        };
        let number = Self::complete(body)?;
        if length == LENGTH && number.0 != characters {
            return Err(ResidentIdError::CheckCharacter);
        }
        Ok(number)
    }

    /// Builds a number from its six leading digits, birth date and sequence, computing the check character.
    pub fn from_parts(region6: &str, birth: Date, sequence: u16) -> Result<Self, ResidentIdError> {
        if sequence > 999 {
            return Err(ResidentIdError::SequenceTooLarge);
        }
        let text = format!("{region6}{:04}{:02}{:02}{sequence:03}", birth.year(), birth.month(), birth.day());
        let body: [u8; 17] = text.as_bytes().try_into().map_err(|_| ResidentIdError::WrongLength)?;
        if !body.iter().all(u8::is_ascii_digit) {
            return Err(ResidentIdError::IllegalCharacter);
        }
        Self::complete(body)
    }

    /// The canonical form: 18 characters.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever stored.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The form for screens and logs: the six digits of the place and the last four characters.
    pub fn masked(&self) -> String {
        super::typing::mask(self.as_str(), 6, 4)
    }

    /// Which document bears the number.
    pub fn kind(&self) -> ResidentIdKind {
        match self.0 {
            [b'8', b'1', ..] => ResidentIdKind::HongKong,
            [b'8', b'2', ..] => ResidentIdKind::Macao,
            [b'8', b'3', ..] => ResidentIdKind::Taiwan,
            [b'9', ..] => ResidentIdKind::Foreigner,
            _ => ResidentIdKind::Mainland,
        }
    }

    /// The birth date, in characters 7 to 14 of every kind.
    pub fn birth_date(&self) -> Date {
        // A number without a possible date is never built.
        birth_date(&first_17(&self.0)).unwrap_or(EARLIEST_BIRTH)
    }

    /// The two digits of the province: where a resident was first registered, or where a foreigner applied (characters 2 and 3).
    ///
    /// Residence permits have 81, 82 or 83, of which the last is no province of GB/T 2260.
    pub fn province_prefix(&self) -> &str {
        let at = if self.kind() == ResidentIdKind::Foreigner { 1..3 } else { 0..2 };
        self.as_str().get(at).unwrap_or_default()
    }

    /// Checks the place and the date of 17 digits and adds the check character.
    fn complete(body: [u8; 17]) -> Result<Self, ResidentIdError> {
        if !has_known_region(&body) {
            return Err(ResidentIdError::UnknownRegion);
        }
        birth_date(&body).ok_or(ResidentIdError::ImpossibleDate)?;
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = body;
        Ok(Self([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, check_character(&body)]))
    }
}

canonical_text!(ResidentId);

/// The meant characters, upper-case, and how many they are.
fn collect(text: &str) -> Result<([u8; LENGTH], usize), ResidentIdError> {
    let mut characters = [0; LENGTH];
    let mut length: usize = 0;
    let mut ended = false;
    for character in meant(text) {
        // The X may only stand at the end.
        let byte = match character {
            _ if ended => return Err(ResidentIdError::IllegalCharacter),
            '0'..='9' => u8::try_from(character).unwrap_or_default(),
            'X' | 'x' => {
                ended = true;
                b'X'
            }
            _ => return Err(ResidentIdError::IllegalCharacter),
        };
        let Some(slot) = characters.get_mut(length) else { return Err(ResidentIdError::WrongLength) };
        *slot = byte;
        length = length.saturating_add(1);
    }
    match length {
        0 => Err(ResidentIdError::Empty),
        15 if ended => Err(ResidentIdError::IllegalCharacter),
        _ => Ok((characters, length)),
    }
}

fn first_17(characters: &[u8; LENGTH]) -> [u8; 17] {
    let [body @ .., _] = *characters;
    body
}

/// Whether a prefix belongs to a permit, of which no 15-digit form was ever issued with digits alone.
fn is_permit(prefix: [u8; 2]) -> bool {
    matches!(prefix, [b'8', b'1'..=b'3'] | [b'9', _])
}

/// Whether the number begins with a province.
///
/// The county is deliberately not looked up: a number keeps the code of the county that issued it for life, and hundreds of counties
/// have since been merged, renamed or abolished, so a current table would call real people invalid.
fn has_known_region(body: &[u8; 17]) -> bool {
    match *body {
        // 9, the province of the application, the country (ISO 3166-1 numeric), then the birth date.
        [b'9', a, b, ..] => region::is_province([a, b]),
        [b'8', b'3', ..] => true,
        [a, b, ..] => region::is_province([a, b]),
    }
}

fn birth_date(body: &[u8; 17]) -> Option<Date> {
    let digits = str::from_utf8(body).ok()?;
    let year = digits.get(6..10)?.parse().ok()?;
    let month = digits.get(10..12)?.parse().ok()?;
    let day = digits.get(12..14)?.parse().ok()?;
    Date::new(year, month, day).ok().filter(|it| (EARLIEST_BIRTH..=LATEST_BIRTH).contains(it))
}

/// ISO 7064 MOD 11-2, as GB 11643 prescribes: the weighted sum of all 18 characters leaves 1 when divided by 11; X stands for ten.
#[expect(clippy::arithmetic_side_effects, reason = "seventeen digits: the product stays below 40")]
fn check_character(body: &[u8; 17]) -> u8 {
    let product = body.iter().fold(0, |product, digit| (product + (digit & 0x0F)) * 2 % 11);
    match (12 - product) % 11 {
        10 => b'X',
        digit => b'0' + digit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
}
