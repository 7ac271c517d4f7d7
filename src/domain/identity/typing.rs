//! What is typing rather than meaning: full-width forms, spaces, invisible characters, dashes; and how a value is masked.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};

/// The distance between a full-width form (U+FF01 to U+FF5E) and its ASCII character.
const FULL_WIDTH_OFFSET: u32 = 0xFEE0;

/// The half-width character meant by a full-width one; every other character is itself.
pub(in crate::domain) fn half_width(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => {
            u32::from(character).checked_sub(FULL_WIDTH_OFFSET).and_then(char::from_u32).unwrap_or(character)
        }
        other => other,
    }
}

/// Whether a character leaves no mark on paper: controls, zero-width and bidirectional marks, variation selectors.
pub(in crate::domain) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a character is one of the dashes that a keyboard or a word processor puts for a hyphen.
pub(in crate::domain) fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

/// The characters of a number that carry meaning, half-width: no spaces, dashes, invisible characters or leading apostrophe,
/// the mark by which a spreadsheet keeps a number as text.
pub(in crate::domain) fn meant(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .map(half_width)
        .filter(|&it| !it.is_whitespace() && !is_invisible(it) && !is_dash(it))
        .skip_while(|it| matches!(it, '\'' | '\u{2018}' | '\u{2019}' | '`'))
}

/// Whether a text is what a spreadsheet leaves of a long number that it took for a quantity (`3.71502E+17`, or a trailing `.0`).
///
/// A spreadsheet keeps 15 significant digits, so the rest cannot be had back and guessing would name another person.
pub(super) fn has_lost_digits(text: &str) -> bool {
    let mut rest = meant(text).skip_while(char::is_ascii_digit);
    let exponent = match rest.next() {
        Some('.') => rest.find(|it| !it.is_ascii_digit()),
        // Without a point, a sign must tell an exponent from a letter of the code.
        Some('E' | 'e') => return rest.next() == Some('+') && rest.all(|it| it.is_ascii_digit()),
        Some(_) | None => return false,
    };
    match exponent {
        None => true,
        Some('E' | 'e') => rest.all(|it| it.is_ascii_digit() || it == '+'),
        Some(_) => false,
    }
}

/// Keeps the first `head` and the last `tail` characters and puts a star for each one between.
pub(super) fn mask(text: &str, head: usize, tail: usize) -> String {
    let last_hidden = text.chars().count().saturating_sub(tail);
    text.chars().enumerate().map(|(at, it)| if at >= head && at < last_hidden { '*' } else { it }).collect()
}

/// Reads a canonical text back through its parser.
///
/// An error never repeats the value, which serde's own would do where a number stands for the text.
pub(in crate::domain) fn deserialize<'de, D, T, E>(
    deserializer: D,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    match deserializer.deserialize_str(Canonical(parse)) {
        Ok(parsed) => parsed.map_err(de::Error::custom),
        Err(_) => Err(de::Error::custom("expected a canonical text")),
    }
}

struct Canonical<T, E>(fn(&str) -> Result<T, E>);

impl<T, E> Visitor<'_> for Canonical<T, E> {
    type Value = Result<T, E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a canonical text")
    }

    fn visit_str<F: de::Error>(self, text: &str) -> Result<Self::Value, F> {
        Ok((self.0)(text))
    }
}

/// Implements `Debug` as the masked form, and serde as the canonical text.
///
/// Serialized, a value is plain text: only for payloads that are sealed before they are stored or sent.
macro_rules! canonical_text {
    ($type:ident) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self.masked())
            }
        }

        $crate::domain::identity::typing::canonical_serde!($type);
    };
}

/// Implements serde as the canonical text; reading goes through `parse`.
macro_rules! canonical_serde {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::domain::identity::typing::deserialize(deserializer, Self::parse)
            }
        }
    };
}

pub(super) use {canonical_serde, canonical_text};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_the_same_in_every_typing() {
        let check = |text: &str| assert_eq!(meant(text).collect::<String>(), "12X", "{text:?}");
        for text in [
            "12X",
            "'12X",
            "\u{2019}12X",
            "＇１２Ｘ",
            " 1 2\u{3000}X\n",
            "1\u{00A0}2\u{200B}X\u{FEFF}",
            "1-2–X",
            "1－2—X",
        ] {
            check(text);
        }
    }

    #[test]
    fn a_number_that_a_spreadsheet_rounded_is_recognized() {
        let check = |text: &str, expected| assert_eq!(has_lost_digits(text), expected, "{text}");
        for text in ["3.71502E+17", "3.71502e17", "３．７Ｅ＋１７", "4E+17", "371502.0", "'3.7E+17", "371502.00"]
        {
            check(text, true);
        }
        for text in ["371502", "91371500MA3E17", "9E17", "3.7.1", "37A.0", ""] {
            check(text, false);
        }
    }

    #[test]
    fn masking_hides_the_middle_and_never_grows() {
        assert_eq!(mask("123456789", 3, 4), "123**6789");
        assert_eq!(mask("1234567", 3, 4), "1234567");
        assert_eq!(mask("张三丰", 1, 0), "张**");
    }
}
