//! The unified social credit code of an organization (统一社会信用代码), GB 32100-2015.

use std::str;

use super::typing::{canonical_text, has_lost_digits, mask, meant};

/// The 31 characters of GB 32100-2015, table 3, in the order of their values. I, O, S, V and Z are left out as too like digits and U.
const ALPHABET: [u8; 31] = *b"0123456789ABCDEFGHJKLMNPQRTUWXY";

const LENGTH: usize = 18;

/// A unified social credit code whose check character is right.
///
/// Canonical: 18 upper-case ASCII characters. Masked in logs, because that of an individual business leads to a person. Serialized
/// it is plain text: only for payloads that are sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc([u8; LENGTH]);

/// Why a text is no unified social credit code, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    #[error("unified social credit code is empty")]
    Empty,
    #[error("unified social credit code lost its last digits in a spreadsheet")]
    LostDigits,
    #[error("unified social credit code has one of the letters I, O, S, V and Z, which are never used")]
    ExcludedLetter,
    #[error("unified social credit code has a character that is neither a digit nor a letter")]
    IllegalCharacter,
    #[error("unified social credit code does not have 18 characters")]
    WrongLength,
    #[error("unified social credit code has a wrong check character")]
    CheckCharacter,
}

impl UsccError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "USCC_EMPTY",
            Self::LostDigits => "USCC_LOST_DIGITS",
            Self::ExcludedLetter => "USCC_EXCLUDED_LETTER",
            Self::IllegalCharacter => "USCC_ILLEGAL_CHARACTER",
            Self::WrongLength => "USCC_WRONG_LENGTH",
            Self::CheckCharacter => "USCC_CHECK_CHARACTER",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Empty => "统一社会信用代码为空",
            Self::LostDigits => "统一社会信用代码被电子表格转成数值，末尾数字已丢失，请以文本格式重新填写",
            Self::ExcludedLetter => "统一社会信用代码不使用字母I、O、S、V、Z，请核对是否与数字混淆",
            Self::IllegalCharacter => "统一社会信用代码含有数字和字母以外的字符",
            Self::WrongLength => "统一社会信用代码应为18位",
            Self::CheckCharacter => "统一社会信用代码校验码不符，请核对是否录错",
        }
    }
}

impl Uscc {
    /// Reads a code as people type it.
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        if let Some(code) = text.as_bytes().try_into().ok().and_then(Self::from_canonical) {
            return Ok(code);
        }
        let code: [u8; LENGTH] = collect(text)?;
        let [body @ .., _] = code;
        let complete = Self::complete(body)?;
        if complete.0 == code { Ok(complete) } else { Err(UsccError::CheckCharacter) }
    }

    /// Takes what is canonical already; `None` for whatever else, which [`Self::parse`] may still read.
    pub fn from_canonical(code: [u8; LENGTH]) -> Option<Self> {
        let [body @ .., check] = code;
        (check_character(&body) == Some(check)).then_some(Self(code))
    }

    /// Builds a code from its first 17 characters, computing the check character.
    pub fn from_body(body: &str) -> Result<Self, UsccError> {
        Self::complete(collect(body)?)
    }

    /// The canonical form: 18 characters.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever stored.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The form for logs: the first and the last four characters.
    pub fn masked(&self) -> String {
        mask(self.as_str(), 4, 4)
    }

    fn complete(body: [u8; 17]) -> Result<Self, UsccError> {
        let check = check_character(&body).ok_or(UsccError::IllegalCharacter)?;
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = body;
        Ok(Self([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, check]))
    }
}

canonical_text!(Uscc);

/// The meant characters, upper-case, which must be `N` and of the alphabet.
fn collect<const N: usize>(text: &str) -> Result<[u8; N], UsccError> {
    if has_lost_digits(text) {
        return Err(UsccError::LostDigits);
    }
    let mut code = [0; N];
    let mut length: usize = 0;
    for character in meant(text) {
        let byte = match character.to_ascii_uppercase() {
            'I' | 'O' | 'S' | 'V' | 'Z' => return Err(UsccError::ExcludedLetter),
            it @ ('0'..='9' | 'A'..='Z') => u8::try_from(it).unwrap_or_default(),
            _ => return Err(UsccError::IllegalCharacter),
        };
        let Some(slot) = code.get_mut(length) else { return Err(UsccError::WrongLength) };
        *slot = byte;
        length = length.saturating_add(1);
    }
    match length {
        0 => Err(UsccError::Empty),
        it if it == N => Ok(code),
        _ => Err(UsccError::WrongLength),
    }
}

/// The weights 3^i mod 31.
const WEIGHTS: [u16; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// By character, its value in [`ALPHABET`]; no value is as large as that of a character which is not there.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        values[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// GB 32100-2015, part 5: the weighted sum, with the weights 3^i mod 31, and the check character together are divisible by 31.
#[expect(clippy::arithmetic_side_effects, reason = "seventeen values and weights below 31: the sum stays below 17,000")]
fn check_character(body: &[u8; 17]) -> Option<u8> {
    let mut sum: u16 = 0;
    for (character, weight) in body.iter().zip(WEIGHTS) {
        let value = VALUES.get(usize::from(*character)).copied().filter(|it| *it < 31)?;
        sum += u16::from(value) * weight;
    }
    ALPHABET.get(usize::from((31 - sum % 31) % 31)).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of GB 32100-2015, annex A.
    const EXAMPLE: &str = "91350100M000100Y43";

    fn check(text: &str, expected: Result<&str, UsccError>) {
        assert_eq!(Uscc::parse(text).as_ref().map(Uscc::as_str).map_err(|it| *it), expected, "{text}");
    }

    #[test]
    fn every_typing_is_the_same_enterprise() {
        for text in [
            EXAMPLE,
            "91350100m000100y43",
            "９１３５０１００Ｍ０００１００Ｙ４３",
            "９１３５０１００ｍ０００１００ｙ４３",
            "'91350100M000100Y43",
            "91 350100 M000100Y4 3",
            "91350100-M000100Y43\n",
            "\u{FEFF}91350100\u{3000}M000100Y43",
        ] {
            check(text, Ok(EXAMPLE));
        }
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        for (text, reason) in [
            ("", UsccError::Empty),
            ("9.13501E+17", UsccError::LostDigits),
            ("91350100MOOO1OOY43", UsccError::ExcludedLetter),
            ("9135o100m000100y43", UsccError::ExcludedLetter),
            ("91350100M000100*43", UsccError::IllegalCharacter),
            ("聊城", UsccError::IllegalCharacter),
            ("91350100M000100Y4", UsccError::WrongLength),
            ("91350100M000100Y433", UsccError::WrongLength),
            ("91350100M000100Y44", UsccError::CheckCharacter),
        ] {
            check(text, Err(reason));
        }
        assert_eq!(UsccError::CheckCharacter.code(), "USCC_CHECK_CHARACTER");
    }

    #[test]
    fn a_body_gets_its_check_character() {
        assert_eq!(Uscc::from_body(EXAMPLE.split_at(17).0).unwrap().as_str(), EXAMPLE);
        assert_eq!(Uscc::from_body(EXAMPLE), Err(UsccError::WrongLength));
    }

    #[test]
    fn a_code_shows_only_its_masked_form() {
        let it = Uscc::parse(EXAMPLE).unwrap();
        assert_eq!(format!("{it:?}"), "Uscc(9135**********0Y43)");
        assert_eq!(serde_json::from_str::<Uscc>(&serde_json::to_string(&it).unwrap()).unwrap(), it);
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_refused(body in "[0-9A-HJ-NP-RTUWXY]{17}", at in 0_usize..18, shift in 1_usize..31) {
            let code = Uscc::from_body(&body).unwrap();
            prop_assert_eq!(Uscc::parse(code.as_str()), Ok(code.clone()));
            prop_assert_eq!(Uscc::from_canonical(code.0), Some(code.clone()));
            let mut typed = code.as_str().as_bytes().to_vec();
            let value = ALPHABET.iter().position(|it| *it == typed[at]).unwrap();
            typed[at] = ALPHABET[(value + shift) % 31];
            prop_assert_eq!(Uscc::parse(str::from_utf8(&typed).unwrap()), Err(UsccError::CheckCharacter));
            prop_assert_eq!(Uscc::from_canonical(typed.try_into().unwrap()), None);
        }

        #[test]
        fn what_is_canonical_is_what_reads_as_itself(text in "[0-9A-Za-z*]{18}|[0-9]{18}") {
            // A blank sends it the long way.
            let parsed = Uscc::parse(&format!(" {text}")).ok().filter(|it| it.as_str() == text);
            prop_assert_eq!(Uscc::from_canonical(text.as_bytes().try_into().unwrap()), parsed);
        }

        #[test]
        fn two_swapped_characters_are_refused(body in "[0-9A-HJ-NP-RTUWXY]{17}", at in 0_usize..16) {
            let code = Uscc::from_body(&body).unwrap();
            let mut typed = code.as_str().as_bytes().to_vec();
            typed.swap(at, at + 1);
            if typed == code.as_str().as_bytes() {
                return Ok(());
            }
            prop_assert_eq!(Uscc::parse(str::from_utf8(&typed).unwrap()), Err(UsccError::CheckCharacter));
        }
    }
}
