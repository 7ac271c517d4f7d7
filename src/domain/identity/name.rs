//! Names of people and of enterprises: one form for each way of typing it, compared exactly after that.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::typing::{canonical_serde, canonical_text, is_invisible, mask};

/// The longest name on a residence card fits 60 characters, those in Latin letters included.
const PERSON_LENGTH_MAX: usize = 60;
/// A phone has this many digits, an identity number or account more.
const PERSONAL_DIGITS: usize = 11;
/// The registered name of an enterprise, with its branch.
const ENTERPRISE_LENGTH_MAX: usize = 120;
/// More bytes than any name within the bounds can take, looked at before the work of normalizing.
const TEXT_BYTES_MAX: usize = 2_048;

/// The one form of the middle dot in names of minorities and in translated names.
const MIDDLE_DOT: char = '\u{00B7}';

/// The name of a person.
///
/// Canonical: NFKC, without invisible characters; no spaces in a name with Chinese characters and single spaces in others; every
/// middle dot U+00B7. Letter case is kept. Serialized it is plain text: only for payloads that are sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(String);

/// The registered name of an enterprise; not personal data.
///
/// Canonical: NFKC (so brackets are half-width), without invisible characters, trimmed, single spaces.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnterpriseName(String);

/// Why a text is no name of a person, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    #[error("name of a person is empty")]
    Empty,
    #[error("name of a person exceeds 60 characters")]
    TooLong,
    #[error("name of a person has a digit")]
    Digit,
}

/// Why a text is no name of an enterprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnterpriseNameError {
    #[error("name of an enterprise is empty")]
    Empty,
    #[error("name of an enterprise exceeds 120 characters")]
    TooLong,
    /// Names of enterprises are shown and kept in the open; a phone or identity number must not come along in one (I11).
    #[error("name of an enterprise has a number as long as a phone or identity number")]
    PersonalNumber,
}

impl PersonNameError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "PERSON_NAME_EMPTY",
            Self::TooLong => "PERSON_NAME_TOO_LONG",
            Self::Digit => "PERSON_NAME_DIGIT",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Empty => "姓名为空",
            Self::TooLong => "姓名超过60个字",
            Self::Digit => "姓名含有数字",
        }
    }
}

impl EnterpriseNameError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "ENTERPRISE_NAME_EMPTY",
            Self::TooLong => "ENTERPRISE_NAME_TOO_LONG",
            Self::PersonalNumber => "ENTERPRISE_NAME_PERSONAL_NUMBER",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Empty => "企业名称为空",
            Self::TooLong => "企业名称超过120个字",
            Self::PersonalNumber => "企业名称中含有电话或证件号码，请删去",
        }
    }
}

impl PersonName {
    /// Reads a name as people type it.
    pub fn parse(text: &str) -> Result<Self, PersonNameError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(PersonNameError::TooLong);
        }
        // Unified ideographs alone, as nearly every name: nothing to normalize.
        let is_plain = text.chars().all(|it| ('\u{4E00}'..='\u{9FFF}').contains(&it));
        let name = if is_plain { text.to_owned() } else { canonical_person(text) };
        // 〇 is a character of names; only what NFKC makes an ASCII digit (full-width, circled, raised) is one here.
        if name.chars().any(|it| it.is_ascii_digit()) {
            return Err(PersonNameError::Digit);
        }
        match name.chars().count() {
            0 => Err(PersonNameError::Empty),
            1..=PERSON_LENGTH_MAX => Ok(Self(name)),
            _ => Err(PersonNameError::TooLong),
        }
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for screens and logs: the first character, and a star for each other.
    pub fn masked(&self) -> String {
        // A name of one character has nothing that may be shown.
        let shown = if self.0.chars().nth(1).is_some() { 1 } else { 0 };
        mask(&self.0, shown, 0)
    }
}

canonical_text!(PersonName);

impl EnterpriseName {
    /// Reads a name as people type it.
    pub fn parse(text: &str) -> Result<Self, EnterpriseNameError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(EnterpriseNameError::TooLong);
        }
        let name = normalized(&normalized(text));
        if name.split(|it: char| !it.is_ascii_digit()).any(|run| run.len() >= PERSONAL_DIGITS) {
            return Err(EnterpriseNameError::PersonalNumber);
        }
        match name.chars().count() {
            0 => Err(EnterpriseNameError::Empty),
            1..=ENTERPRISE_LENGTH_MAX => Ok(Self(name)),
            _ => Err(EnterpriseNameError::TooLong),
        }
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnterpriseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for EnterpriseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EnterpriseName").field(&self.0).finish()
    }
}

canonical_serde!(EnterpriseName);

/// NFKC, invisible characters away, runs of white space one space, trimmed.
fn normalized(text: &str) -> String {
    // White space first: a tab is both white space and a control.
    let visible: String = text.chars().filter(|it| it.is_whitespace() || !is_invisible(*it)).nfkc().collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn canonical_person(text: &str) -> String {
    let text = normalized(text);
    let is_chinese = text.chars().any(is_han);
    let mut name = String::with_capacity(text.len());
    for character in text.chars() {
        let character = match character {
            // A full stop is the dot of 阿依古丽.买买提, and a full stop in J. Smith.
            '.' if is_chinese => MIDDLE_DOT,
            it if is_middle_dot(it) => MIDDLE_DOT,
            it => it,
        };
        let after_dot = name.is_empty() || name.ends_with(MIDDLE_DOT);
        match character {
            ' ' if is_chinese || after_dot => {}
            MIDDLE_DOT => {
                name.truncate(name.trim_end().len());
                if !name.is_empty() && !name.ends_with(MIDDLE_DOT) {
                    name.push(MIDDLE_DOT);
                }
            }
            it => name.push(it),
        }
    }
    // Removing a space can bring a combining mark to its letter.
    name.trim_end_matches(MIDDLE_DOT).nfkc().collect()
}

fn is_middle_dot(character: char) -> bool {
    matches!(
        character,
        '\u{00B7}'
            | '\u{2022}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22C5}'
            | '\u{25CF}'
            | '\u{2E31}'
            | '\u{30FB}'
            | '\u{FF65}'
    )
}

/// Whether a character is Chinese. The private use areas are, too: government systems put rare characters there.
fn is_han(character: char) -> bool {
    matches!(character,
        '\u{2E80}'..='\u{2FDF}' | '\u{3005}' | '\u{3007}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{E000}'..='\u{F8FF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' | '\u{F0000}'..='\u{10FFFD}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<&str, PersonNameError>) {
        assert_eq!(PersonName::parse(text).as_ref().map(PersonName::as_str).map_err(|it| *it), expected, "{text:?}");
    }

    fn check_enterprise(text: &str, expected: Result<&str, EnterpriseNameError>) {
        let parsed = EnterpriseName::parse(text);
        assert_eq!(parsed.as_ref().map(EnterpriseName::as_str).map_err(|it| *it), expected, "{text:?}");
    }

    #[test]
    fn every_typing_is_the_same_name() {
        for text in
            ["张三", " 张 三 ", "张\u{3000}三", "张\u{200B}三\u{202C}", "\u{FEFF}张三\r\n", "张\t三", "张\u{E0100}三"]
        {
            check(text, Ok("张三"));
        }
        for dot in ["·", "•", "・", "‧", "･", ".", "．", "∙", "⋅", " · ", "··", "﹒"] {
            check(&format!("阿依{dot}买买提"), Ok("阿依·买买提"));
        }
        for text in ["John Smith", " John  Smith", "Ｊｏｈｎ　Ｓｍｉｔｈ", "John\u{A0}Smith\n"] {
            check(text, Ok("John Smith"));
        }
        check("J. Smith", Ok("J. Smith"));
        check("Aili • Mamat", Ok("Aili·Mamat"));
        check("·张三·", Ok("张三"));
        check("刘〇", Ok("刘〇"));
        check("\u{F900}", Ok("\u{8C48}"));
        check("王\u{E863} 明", Ok("王\u{E863}明"));
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        check("", Err(PersonNameError::Empty));
        check(" \u{200B}·", Err(PersonNameError::Empty));
        check("张三1", Err(PersonNameError::Digit));
        check("张三①", Err(PersonNameError::Digit));
        check(&"张".repeat(60), Ok(&"张".repeat(60)));
        check(&"张".repeat(61), Err(PersonNameError::TooLong));
        check(&"张".repeat(10_000), Err(PersonNameError::TooLong));
        assert_eq!(PersonNameError::Digit.code(), "PERSON_NAME_DIGIT");
    }

    #[test]
    fn a_name_shows_only_its_first_character() {
        let check = |text, expected: &str| assert_eq!(PersonName::parse(text).unwrap().masked(), expected);
        check("张三", "张*");
        check("欧阳小明", "欧***");
        check("张", "*");
        assert_eq!(format!("{:?}", PersonName::parse("张三").unwrap()), "PersonName(张*)");
    }

    #[test]
    fn an_enterprise_has_one_name_whatever_the_brackets() {
        for text in ["某某(聊城)有限公司", "某某（聊城）有限公司", " 某某（聊城)有限公司\n", "某某﹙聊城﹚有限公司"]
        {
            check_enterprise(text, Ok("某某(聊城)有限公司"));
        }
        check_enterprise("ＡＢＣ　 Trading", Ok("ABC Trading"));
        check_enterprise("7天酒店", Ok("7天酒店"));
        check_enterprise("\u{3000}", Err(EnterpriseNameError::Empty));
        check_enterprise(&"店".repeat(121), Err(EnterpriseNameError::TooLong));
    }

    proptest! {
        #[test]
        fn the_quick_way_reads_what_the_long_way_reads(text in "[\\u{4E00}-\\u{9FFF}]{1,61}|\\PC{1,3}") {
            // A blank sends it the long way.
            prop_assert_eq!(PersonName::parse(&text), PersonName::parse(&format!(" {text}")));
        }

        #[test]
        fn a_canonical_name_is_its_own_canonical_form(text in "\\PC{0,12}|[张かA ·.・\u{3099}\u{301}\u{200B}\t]{0,12}") {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
                prop_assert_eq!(serde_json::from_str::<PersonName>(&serde_json::to_string(&name).unwrap()).unwrap(), name);
            }
            if let Ok(name) = EnterpriseName::parse(&text) {
                prop_assert_eq!(EnterpriseName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
