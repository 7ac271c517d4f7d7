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
    number.into_iter().find(|it| is_mobile(it)).map(str::to_owned)
}

fn is_mobile(number: &str) -> bool {
    number.len() == 11
        && number.bytes().all(|it| it.is_ascii_digit())
        && matches!(number.as_bytes(), [b'1', b'3'..=b'9', ..])
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
    use super::*;
}
