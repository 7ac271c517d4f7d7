//! Telephone numbers of the mainland: who is told of a decision (六(二)), and what several claims may suspiciously share.

use super::typing::{canonical_text, half_width, is_dash, is_invisible, mask};

/// More characters than any number takes with its prefix, separators and extension.
const TEXT_CHARACTERS_MAX: usize = 64;
const EXTENSION_DIGITS_MAX: usize = 6;

/// A mobile number, or a landline with its area code.
///
/// Canonical: digits alone (`13800000000`, `06350000000`), an extension after one hyphen (`06350000000-801`). Serialized it is plain
/// text: only for payloads that are sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

/// Why a text is no telephone number, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("phone number is empty")]
    Empty,
    #[error("phone number has a character that is neither a digit nor a separator")]
    IllegalCharacter,
    #[error("phone number is neither a mainland mobile number nor a landline with its area code")]
    UnknownPattern,
    #[error("phone number has an extension that is not 1 to 6 digits after a landline")]
    WrongExtension,
}

impl PhoneError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "PHONE_EMPTY",
            Self::IllegalCharacter => "PHONE_ILLEGAL_CHARACTER",
            Self::UnknownPattern => "PHONE_UNKNOWN_PATTERN",
            Self::WrongExtension => "PHONE_WRONG_EXTENSION",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Empty => "联系电话为空",
            Self::IllegalCharacter => "联系电话含有数字和分隔符以外的字符",
            Self::UnknownPattern => "联系电话应为11位手机号，或带区号的固定电话",
            Self::WrongExtension => "分机号应为固定电话后的1至6位数字",
        }
    }
}

impl Phone {
    /// Reads a number as people type it.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        if Self::is_canonical_mobile(text.as_bytes()) {
            return Ok(Self(text.to_owned()));
        }
        let typed = typed(text)?;
        if let Some((number, extension)) = typed.split_once('#') {
            let landline = landline(&joined(number)).ok_or(PhoneError::WrongExtension)?;
            return with_extension(landline, &joined(extension)).ok_or(PhoneError::WrongExtension);
        }
        // A last group that is too much for the number itself is an extension: 0635-0000000-801.
        if let Some((number, extension)) = typed.trim_end_matches('-').rsplit_once('-')
            && let Some(phone) = landline(&joined(number)).and_then(|it| with_extension(it, extension))
        {
            return Ok(phone);
        }
        let digits = joined(&typed);
        mobile(&digits).or_else(|| landline(&digits)).map(Self).ok_or(PhoneError::UnknownPattern)
    }

    /// Whether a text is a mobile number in canonical form already: what [`Self::parse`] reads as itself.
    pub fn is_canonical_mobile(text: &[u8]) -> bool {
        is_mobile(text)
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for screens and logs: the first three and the last four digits of the number, nothing of the extension.
    pub fn masked(&self) -> String {
        match self.0.split_once('-') {
            Some((number, _)) => format!("{}-*", mask(number, 3, 4)),
            None => mask(&self.0, 3, 4),
        }
    }
}

canonical_text!(Phone);

/// Digits, with `-` for what separates groups, `#` for what announces an extension, and `+` in front.
fn typed(text: &str) -> Result<String, PhoneError> {
    if text.chars().nth(TEXT_CHARACTERS_MAX).is_some() {
        return Err(PhoneError::UnknownPattern);
    }
    let text =
        text.to_lowercase().replace("分机", "#").replace("extension", "#").replace("ext.", "#").replace("ext", "#");
    let mut typed = String::with_capacity(text.len());
    for character in text.chars().map(half_width) {
        match character {
            '0'..='9' | '+' => typed.push(character),
            '#' | '转' | 'x' | '*' | ':' if typed.ends_with('#') => {}
            '#' | '转' | 'x' | '*' => typed.push('#'),
            '\'' | '\u{2018}' | '\u{2019}' if typed.is_empty() => {}
            '(' | ')' | '/' | '.' | '\u{00B7}' => typed.push('-'),
            it if it.is_whitespace() || is_dash(it) => typed.push('-'),
            it if is_invisible(it) => {}
            _ => return Err(PhoneError::IllegalCharacter),
        }
    }
    if typed.chars().all(|it| it == '-') { Err(PhoneError::Empty) } else { Ok(typed) }
}

fn joined(typed: &str) -> String {
    typed.chars().filter(|it| *it != '-').collect()
}

/// The number within the country, and whether it was written for callers from abroad.
fn national(digits: &str) -> (&str, bool) {
    match digits.strip_prefix("+86").or_else(|| digits.strip_prefix("0086")) {
        Some(rest) => (rest, true),
        None => (digits, false),
    }
}

/// Eleven digits that begin with 13 to 19.
fn mobile(digits: &str) -> Option<String> {
    let (number, _) = national(digits);
    // Written without its plus sign, or with the trunk prefix of former long-distance calls.
    let number = [number].into_iter().chain(number.strip_prefix("86")).chain(number.strip_prefix('0'));
    number.into_iter().find(|it| is_mobile(it.as_bytes())).map(str::to_owned)
}

fn is_mobile(number: &[u8]) -> bool {
    number.len() == 11 && number.iter().all(u8::is_ascii_digit) && matches!(number, [b'1', b'3'..=b'9', ..])
}

/// Area code and number: 010 and 02x are followed by eight digits, the longer codes 03xx to 09xx by seven or eight.
fn landline(digits: &str) -> Option<String> {
    let (number, from_abroad) = national(digits);
    // From abroad the trunk prefix is left out.
    let number = if from_abroad && !number.starts_with('0') { format!("0{number}") } else { number.to_owned() };
    let is_known = match number.as_bytes() {
        [b'0', b'1', b'0', local @ ..] | [b'0', b'2', _, local @ ..] => local.len() == 8 && is_local(local),
        [b'0', b'3'..=b'9', _, _, local @ ..] => matches!(local.len(), 7 | 8) && is_local(local),
        _ => false,
    };
    (is_known && number.bytes().all(|it| it.is_ascii_digit())).then_some(number)
}

/// Local numbers do not begin with 0, the trunk prefix, nor with 1, which begins services.
fn is_local(local: &[u8]) -> bool {
    matches!(local, [b'2'..=b'9', ..])
}

fn with_extension(landline: String, extension: &str) -> Option<Phone> {
    let is_extension =
        (1..=EXTENSION_DIGITS_MAX).contains(&extension.len()) && extension.bytes().all(|it| it.is_ascii_digit());
    is_extension.then(|| Phone(format!("{landline}-{extension}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<&str, PhoneError>) {
        assert_eq!(Phone::parse(text).as_ref().map(Phone::as_str).map_err(|it| *it), expected, "{text:?}");
    }

    #[test]
    fn every_typing_is_the_same_mobile_number() {
        for text in [
            "13800000000",
            "138 0000 0000",
            "138-0000-0000",
            "+8613800000000",
            "+86 138 0000 0000",
            "0086-138-0000-0000",
            "8613800000000",
            "(+86) 13800000000",
            "（＋８６）１３８００００００００",
            "013800000000",
            "'13800000000",
            "138.0000.0000",
            "\u{202D}13800000000\u{202C}",
        ] {
            check(text, Ok("13800000000"));
        }
    }

    #[test]
    fn every_typing_is_the_same_landline() {
        for text in [
            "06358200000",
            "0635-8200000",
            "0635-820-0000",
            "(0635)8200000",
            "（0635）8200000",
            "0635 8200000",
            "+86 635 8200000",
            "+86-0635-8200000",
            "0086 635 8200000",
        ] {
            check(text, Ok("06358200000"));
        }
        check("010-82000000", Ok("01082000000"));
        check("+86 10 82000000", Ok("01082000000"));
        check("021-8200-0000", Ok("02182000000"));
        check("0755-82000000", Ok("075582000000"));
    }

    #[test]
    fn an_extension_is_kept_apart() {
        for text in [
            "0635-8200000-801",
            "0635-8200000转801",
            "06358200000 转 801",
            "0635-8200000 ext. 801",
            "0635-8200000#801",
            "0635-8200000分机：801",
        ] {
            check(text, Ok("06358200000-801"));
        }
        check("0635-8200000转", Err(PhoneError::WrongExtension));
        check("0635-8200000转1234567", Err(PhoneError::WrongExtension));
        check("13800000000转801", Err(PhoneError::WrongExtension));
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        check("", Err(PhoneError::Empty));
        check(" - ", Err(PhoneError::Empty));
        check("无", Err(PhoneError::IllegalCharacter));
        check("1.38E+10", Err(PhoneError::IllegalCharacter));
        for text in [
            "12800000000",
            "1380000000",
            "138000000000",
            "8200000",
            "010-8200000",
            "0635-1200000",
            "0138-8200000",
            "+1 2025550100",
            "400-820-0000",
            "138+00000000",
        ] {
            check(text, Err(PhoneError::UnknownPattern));
        }
        check(&"1".repeat(100), Err(PhoneError::UnknownPattern));
        assert_eq!(PhoneError::UnknownPattern.code(), "PHONE_UNKNOWN_PATTERN");
    }

    #[test]
    fn a_number_shows_only_its_ends() {
        let check = |text, expected: &str| assert_eq!(Phone::parse(text).unwrap().masked(), expected);
        check("13800001234", "138****1234");
        check("0635-8201234", "063****1234");
        check("0635-8201234-801", "063****1234-*");
        assert_eq!(format!("{:?}", Phone::parse("13800001234").unwrap()), "Phone(138****1234)");
    }

    proptest! {
        #[test]
        fn a_canonical_mobile_number_reads_as_itself(text in "1[0-9]{10}|[0-9]{10,12}|\\PC{11}") {
            // A blank sends it the long way.
            let reads = Phone::parse(&format!(" {text}")).is_ok_and(|it| it.as_str() == text && text.starts_with('1'));
            prop_assert_eq!(Phone::is_canonical_mobile(text.as_bytes()), reads);
        }

        #[test]
        fn a_canonical_number_is_its_own_canonical_form(text in "1[3-9][0-9]{9}|0[3-9][0-9]{2}-?[2-9][0-9]{6,7}(-[0-9]{1,6})?|[0-9+#-]{0,16}") {
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(phone.as_str()), Ok(phone.clone()));
                prop_assert_eq!(serde_json::from_str::<Phone>(&serde_json::to_string(&phone).unwrap()).unwrap(), phone);
            }
        }
    }
}
