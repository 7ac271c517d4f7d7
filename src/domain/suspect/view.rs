//! A view of the list of suspects that a person keeps: the query part of the list's address under a name.

use url::form_urlencoded;

use crate::domain::identity::personal_number;

const NAME_CHARACTERS_MAX: usize = 32;
const QUERY_CHARACTERS_MAX: usize = 1_000;

/// What a person calls a view: 1 to 32 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ViewName(String);

/// The query part of an address, without its `?`: up to 1,000 characters, and no number of a person's in it.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewQuery(String);

/// Why a view is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    #[error("name of a view is empty")]
    NameEmpty,
    #[error("name of a view exceeds 32 characters")]
    NameTooLong,
    #[error("name or query of a view has a control character")]
    ControlCharacter,
    #[error("query of a view exceeds 1,000 characters")]
    QueryTooLong,
    #[error("name or query of a view has an identity number or a phone")]
    IdentityNumber,
}

impl ViewError {
    /// The stable reason code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NameEmpty => "VIEW_NAME_EMPTY",
            Self::NameTooLong => "VIEW_NAME_TOO_LONG",
            Self::ControlCharacter => "VIEW_CONTROL_CHARACTER",
            Self::QueryTooLong => "VIEW_QUERY_TOO_LONG",
            Self::IdentityNumber => "VIEW_IDENTITY_NUMBER",
        }
    }

    /// The reason in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::NameEmpty => "视图名称为空",
            Self::NameTooLong => "视图名称超过32个字",
            Self::ControlCharacter => "视图含有控制字符",
            Self::QueryTooLong => "视图条件超过1000个字符",
            Self::IdentityNumber => "视图中含有电话或证件号码，不能保存",
        }
    }
}

impl ViewName {
    pub fn parse(text: &str) -> Result<Self, ViewError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ViewError::NameEmpty);
        }
        if text.chars().nth(NAME_CHARACTERS_MAX).is_some() {
            return Err(ViewError::NameTooLong);
        }
        refuse_hidden(text)?;
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ViewQuery {
    pub fn parse(text: &str) -> Result<Self, ViewError> {
        if text.chars().nth(QUERY_CHARACTERS_MAX).is_some() {
            return Err(ViewError::QueryTooLong);
        }
        refuse_hidden(text)?;
        // As the list will read it: a number may be written in escapes.
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            refuse_hidden(&key)?;
            refuse_hidden(&value)?;
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A view may search for a name: nothing of it is shown where it is not asked for.
impl std::fmt::Debug for ViewQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ViewQuery(..)")
    }
}

fn refuse_hidden(text: &str) -> Result<(), ViewError> {
    if text.chars().any(char::is_control) {
        return Err(ViewError::ControlCharacter);
    }
    if personal_number::stands_in(text) { Err(ViewError::IdentityNumber) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::ResidentId;

    #[test]
    fn a_view_has_a_short_name() {
        let name = |text: &str, expected: Result<&str, ViewError>| {
            assert_eq!(ViewName::parse(text).map(|it| it.as_str().to_owned()), expected.map(str::to_owned));
        };
        name(" 我的待办 ", Ok("我的待办"));
        name(" ", Err(ViewError::NameEmpty));
        name(&"字".repeat(32), Ok(&"字".repeat(32)));
        name(&"字".repeat(33), Err(ViewError::NameTooLong));
        name("a\nb", Err(ViewError::ControlCharacter));
    }

    #[test]
    fn no_identity_number_hides_in_a_view() {
        let person = ResidentId::from_parts("371502", jiff::civil::date(1999, 12, 31), 17).unwrap();
        let query = |text: String, expected: Result<(), ViewError>| {
            assert_eq!(ViewQuery::parse(&text).map(drop), expected);
        };
        let number = person.as_str();
        let escaped: String = number.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let spaced: String = number.chars().flat_map(|it| [it, '+']).collect();
        for hidden in [number.to_owned(), format!("text={number}"), format!("a=1&text=x{number}y"), escaped, spaced] {
            query(hidden, Err(ViewError::IdentityNumber));
        }
        assert_eq!(ViewName::parse(number), Err(ViewError::IdentityNumber));
        assert_eq!(ViewName::parse("138 4455 0001"), Err(ViewError::IdentityNumber));
        query("text=138-4455-0001".to_owned(), Err(ViewError::IdentityNumber));
        query("state=open&text=91350100M000100Y43&order=risk".to_owned(), Ok(()));
        query("text=018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01".to_owned(), Ok(()));
        query(String::new(), Ok(()));
        query("a".repeat(1_000), Ok(()));
        query("a".repeat(1_001), Err(ViewError::QueryTooLong));
        query("text=%00".to_owned(), Err(ViewError::ControlCharacter));
    }
}
