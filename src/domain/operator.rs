//! The person who acts, as the calling system asserts it: who made a thing never approves it (I8).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::identity::personal_number;

/// Letters of the longest id: staff numbers and mailbox names are far shorter.
const LETTERS_MAX: usize = 64;

/// A person of an organization: `organization/person`. The same person through two systems of one organization is one person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperatorId(String);

/// Why a text names no person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorIdError {
    #[error("person is empty")]
    Empty,
    #[error("person has more than 64 characters")]
    TooLong,
    #[error("person has a character other than letters, digits, `.`, `_` and `-`")]
    IllegalCharacter,
    #[error("person contains what could be an identity number or a phone")]
    LooksLikeNumber,
}

impl OperatorIdError {
    /// The stable reason code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "PERSON_EMPTY",
            Self::TooLong => "PERSON_TOO_LONG",
            Self::IllegalCharacter => "PERSON_ILLEGAL_CHARACTER",
            Self::LooksLikeNumber => "PERSON_LOOKS_LIKE_NUMBER",
        }
    }

    /// The reason in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Empty => "经办人员编号为空",
            Self::TooLong => "经办人员编号超过64个字符",
            Self::IllegalCharacter => "经办人员编号只能含字母、数字、点、下划线和连字符",
            Self::LooksLikeNumber => "经办人员编号不得是证件号或电话号码，请用工号",
        }
    }
}

impl OperatorId {
    /// A person of an organization, by the id that the organization's systems use.
    pub fn new(organization: &str, person: &str) -> Result<Self, OperatorIdError> {
        let is_allowed = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-');
        if person.is_empty() {
            return Err(OperatorIdError::Empty);
        }
        if person.chars().count() > LETTERS_MAX {
            return Err(OperatorIdError::TooLong);
        }
        if !person.chars().all(is_allowed) {
            return Err(OperatorIdError::IllegalCharacter);
        }
        if personal_number::may_stand_in(person) {
            return Err(OperatorIdError::LooksLikeNumber);
        }
        Ok(Self(format!("{organization}/{}", person.to_ascii_lowercase())))
    }

    /// As it was kept.
    pub fn kept(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_name_however_it_is_typed() {
        fn person(text: &str) -> Result<OperatorId, OperatorIdError> {
            OperatorId::new("lc-hrss", text)
        }
        assert_eq!(person("Wang.Li").unwrap().as_str(), "lc-hrss/wang.li");
        assert_eq!(person("wang.li"), person("WANG.LI"));
        assert_ne!(person("wang.li"), OperatorId::new("lc-fin", "wang.li"));
        assert_eq!(person(""), Err(OperatorIdError::Empty));
        assert_eq!(person(&"a".repeat(65)), Err(OperatorIdError::TooLong));
        for text in ["王丽", "wang li", "wang/li", "wang\n"] {
            assert_eq!(person(text), Err(OperatorIdError::IllegalCharacter), "{text:?}");
        }
        for text in ["13800000000", "138-4455-0001", "371502.19991231.001x", "li_371502-19991231-0012"] {
            assert_eq!(person(text), Err(OperatorIdError::LooksLikeNumber), "{text:?}");
        }
        assert!(person("0531000123").is_ok());
    }
}
