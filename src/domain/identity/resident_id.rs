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
        if let Some(number) = text.as_bytes().try_into().ok().and_then(Self::from_canonical) {
            return Ok(number);
        }
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

    /// Takes what is canonical already; `None` for whatever else, which [`Self::parse`] may still read.
    ///
    /// The same judgment as `parse`, without the work of typing: files of millions of rows hold hardly anything else.
    pub fn from_canonical(characters: [u8; LENGTH]) -> Option<Self> {
        let body = first_17(&characters);
        let [.., check] = characters;
        let is_number = body.iter().all(u8::is_ascii_digit) && check == check_character(&body);
        (is_number && has_known_region(&body) && birth_date(&body).is_some()).then_some(Self(characters))
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

    /// The canonical form as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
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
    let [_, _, _, _, _, _, a, b, c, d, e, f, g, h, ..] = *body;
    let number = |digits: &[u8]| {
        digits.iter().fold(0_i16, |sum, digit| sum.wrapping_mul(10).wrapping_add(i16::from(digit & 0x0F)))
    };
    let [month, day] = [[e, f], [g, h]].map(|it| i8::try_from(number(&it)).unwrap_or_default());
    Date::new(number(&[a, b, c, d]), month, day).ok().filter(|it| (EARLIEST_BIRTH..=LATEST_BIRTH).contains(it))
}

/// The weights of the first 17 characters, GB 11643-1999, annex A: 2^(17−i) mod 11.
const WEIGHTS: [u16; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// ISO 7064 MOD 11-2, as GB 11643 prescribes: the weighted sum of all 18 characters leaves 1 when divided by 11; X stands for ten.
#[expect(clippy::arithmetic_side_effects, reason = "seventeen digits of weights up to 10: the sum stays below 1,000")]
pub fn check_character(body: &[u8; 17]) -> u8 {
    let sum: u16 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u16::from(digit & 0x0F) * weight).sum();
    CHECKS.get(usize::from(sum % 11)).copied().unwrap_or_default()
}

/// The check character by what the weighted sum of the others leaves.
const CHECKS: [u8; 11] = *b"10X98765432";

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn made(region6: &str, birth: Date, sequence: u16) -> ResidentId {
        ResidentId::from_parts(region6, birth, sequence).unwrap()
    }

    fn check(text: &str, expected: Result<&ResidentId, ResidentIdError>) {
        assert_eq!(ResidentId::parse(text).as_ref().map_err(|it| *it), expected, "{text}");
    }

    fn full_width(text: &str) -> String {
        text.chars().map(|it| char::from_u32(u32::from(it) + 0xFEE0).unwrap()).collect()
    }

    #[test]
    fn published_examples_have_their_check_characters() {
        // GB 11643-1999, part 4.4.
        assert!(made("110105", date(1949, 12, 31), 2).as_str().ends_with("002X"));
        // The specimen of the foreigner's card of 2023.
        assert!(made("911124", date(1981, 8, 3), 2).as_str().ends_with("0024"));
    }

    #[test]
    fn every_typing_is_the_same_person() {
        let person = made("110105", date(1949, 12, 31), 2);
        let it = person.as_str();
        let [place, century, day, rest] = [0..6, 6..8, 8..14, 14..18].map(|at| it.get(at).unwrap());
        for text in [
            it.to_owned(),
            it.to_lowercase(),
            full_width(it),
            full_width(&it.to_lowercase()),
            format!("'{it}"),
            format!("\u{2018}{it}"),
            format!("\u{FEFF} {it}\r\n"),
            format!("{place} {century}{day}\u{3000}{rest}"),
            format!("{place}-{century}{day}\u{2014}{rest}"),
            format!("{place}\u{A0}{century}{day}\u{200B}{rest}"),
            format!("{place}{day}002"),
            full_width(&format!("{place}{day}002")),
        ] {
            check(&text, Ok(&person));
        }
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        for (text, reason) in [
            ("", ResidentIdError::Empty),
            (" \u{3000}'", ResidentIdError::Empty),
            ("3.71502E+17", ResidentIdError::LostDigits),
            ("3.71502e+017", ResidentIdError::LostDigits),
            ("４E+17", ResidentIdError::LostDigits),
            ("371502000101001.0", ResidentIdError::LostDigits),
            ("无", ResidentIdError::IllegalCharacter),
            ("37150X", ResidentIdError::WrongLength),
            ("37150X2", ResidentIdError::IllegalCharacter),
            ("37150200010100X", ResidentIdError::IllegalCharacter),
            ("CAN110190010101", ResidentIdError::IllegalCharacter),
            ("371502", ResidentIdError::WrongLength),
            ("815000000101001", ResidentIdError::WrongLength),
            ("911124000101001", ResidentIdError::WrongLength),
            ("381502000101001", ResidentIdError::UnknownRegion),
            ("371502001301001", ResidentIdError::ImpossibleDate),
            ("371502010229001", ResidentIdError::ImpossibleDate),
        ] {
            check(text, Err(reason));
        }
        check(&"1".repeat(19), Err(ResidentIdError::WrongLength));
        assert_eq!(ResidentIdError::CheckCharacter.code(), "RESIDENT_ID_CHECK_CHARACTER");
    }

    #[test]
    fn parts_are_judged_like_a_typed_number() {
        let check = |region6, birth, sequence, reason| {
            assert_eq!(ResidentId::from_parts(region6, birth, sequence), Err(reason), "{region6} {birth}");
        };
        let birth = date(2000, 1, 1);
        check("381502", birth, 1, ResidentIdError::UnknownRegion);
        check("901124", birth, 1, ResidentIdError::UnknownRegion);
        check("37150", birth, 1, ResidentIdError::WrongLength);
        check("37150A", birth, 1, ResidentIdError::IllegalCharacter);
        check("371502", birth, 1000, ResidentIdError::SequenceTooLarge);
        check("371502", date(1899, 12, 31), 1, ResidentIdError::ImpossibleDate);
        check("371502", date(2100, 1, 1), 1, ResidentIdError::ImpossibleDate);
    }

    #[test]
    fn the_kind_and_the_province_follow_from_the_prefix() {
        let check = |region6, kind, province| {
            let it = made(region6, date(1981, 8, 3), 2);
            assert_eq!((it.kind(), it.province_prefix(), it.birth_date()), (kind, province, date(1981, 8, 3)));
        };
        check("371502", ResidentIdKind::Mainland, "37");
        check("379999", ResidentIdKind::Mainland, "37");
        check("810000", ResidentIdKind::HongKong, "81");
        check("820000", ResidentIdKind::Macao, "82");
        check("830000", ResidentIdKind::Taiwan, "83");
        check("911124", ResidentIdKind::Foreigner, "11");
    }

    #[test]
    fn a_number_shows_only_its_masked_form() {
        let it = made("110105", date(1949, 12, 31), 2);
        assert_eq!(it.masked(), "110105********002X");
        assert_eq!(format!("{it:?}"), "ResidentId(110105********002X)");
        let json = serde_json::to_string(&it).unwrap();
        assert_eq!(serde_json::from_str::<ResidentId>(&json).unwrap(), it);
        let refusal = serde_json::from_str::<ResidentId>("371502000101001").unwrap_err().to_string();
        assert!(!refusal.contains("371502"), "{refusal}");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_refused(days in 0_i32..36_000, sequence in 0_u16..1000, at in 0_usize..17, shift in 1_u8..10) {
            let birth = EARLIEST_BIRTH + jiff::Span::new().days(days);
            let person = made("371502", birth, sequence);
            let mut typed = person.as_str().as_bytes().to_vec();
            typed[at] = b'0' + (typed[at] - b'0' + shift) % 10;
            // The first digits and the date may be impossible as well; what is possible fails by its check character.
            let reason = ResidentId::parse(str::from_utf8(&typed).unwrap()).unwrap_err();
            let is_expected = reason == ResidentIdError::CheckCharacter
                || (reason == ResidentIdError::UnknownRegion && at < 3)
                || (reason == ResidentIdError::ImpossibleDate && (6..14).contains(&at));
            prop_assert!(is_expected, "{reason:?}");
        }

        #[test]
        fn two_swapped_digits_are_refused(days in 0_i32..36_000, sequence in 0_u16..1000, at in 0_usize..16) {
            let person = made("371502", EARLIEST_BIRTH + jiff::Span::new().days(days), sequence);
            let mut typed = person.as_str().as_bytes().to_vec();
            typed.swap(at, at + 1);
            if typed == person.as_str().as_bytes() {
                return Ok(());
            }
            prop_assert!(ResidentId::parse(str::from_utf8(&typed).unwrap()).is_err());
        }

        #[test]
        fn every_wrong_check_character_is_refused(sequence in 0_u16..1000, wrong in "[0-9X]") {
            let person = made("371502", date(2000, 1, 1), sequence);
            if person.as_str().ends_with(&wrong) {
                return Ok(());
            }
            let typed = format!("{}{wrong}", person.as_str().split_at(17).0);
            prop_assert_eq!(ResidentId::parse(&typed), Err(ResidentIdError::CheckCharacter));
        }

        #[test]
        fn the_older_form_is_the_same_person(days in 0_i32..36_000, sequence in 0_u16..1000) {
            let person = made("371502", EARLIEST_BIRTH + jiff::Span::new().days(days), sequence);
            let it = person.as_str();
            let older = format!("{}{}", it.get(..6).unwrap(), it.get(8..17).unwrap());
            prop_assert_eq!(ResidentId::parse(&older), Ok(person.clone()));
            prop_assert_eq!(ResidentId::parse(it), Ok(person.clone()));
        }

        /// One number in so many is canonical by chance, so most are made so.
        #[test]
        fn what_is_canonical_is_what_reads_as_itself(text in "[0-9]{17}[0-9X]|[0-9Xx]{18}|(11|46|50|83|911)[0-9]{4}(19|20)[0-9]{2}(0[0-9]|1[0-3])[0-3][0-9]{5}") {
            let mut texts = vec![text.clone()];
            if let Some(body) = text.get(..17) {
                texts.extend("0123456789X".chars().map(|check| format!("{body}{check}")));
            }
            for text in texts {
                let Ok(characters) = <[u8; LENGTH]>::try_from(text.as_bytes()) else { continue };
                // A blank sends it the long way.
                let parsed = ResidentId::parse(&format!(" {text}")).ok().filter(|it| it.as_str() == text);
                prop_assert_eq!(ResidentId::from_canonical(characters), parsed, "{}", text);
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9Xx' .E+-]{0,22}|\\PC{0,30}") {
            let _ = ResidentId::parse(&text);
        }
    }
}
