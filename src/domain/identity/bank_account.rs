//! A bank account number: compared with the tax department's, never paid from what a claim says (三, 二(二)).

use super::typing::{canonical_text, has_lost_digits, mask, meant};

/// Account numbers of Chinese banks have 12 to 28 digits; the bounds leave room for old county accounts and for numbers with
/// the branch in front, and still refuse a phone extension or a pasted paragraph.
const DIGITS_MIN: usize = 8;
const DIGITS_MAX: usize = 32;

/// The digits of a bank account.
///
/// No check digit is looked at: corporate accounts have none in common. Serialized it is plain text: only for payloads that are sealed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BankAccount(String);

/// Why a text is no account number, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BankAccountError {
    #[error("bank account is empty")]
    Empty,
    #[error("bank account lost its last digits in a spreadsheet")]
    LostDigits,
    #[error("bank account has a character that is no digit")]
    IllegalCharacter,
    #[error("bank account does not have 8 to 32 digits")]
    WrongLength,
}

impl BankAccountError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "BANK_ACCOUNT_EMPTY",
            Self::LostDigits => "BANK_ACCOUNT_LOST_DIGITS",
            Self::IllegalCharacter => "BANK_ACCOUNT_ILLEGAL_CHARACTER",
            Self::WrongLength => "BANK_ACCOUNT_WRONG_LENGTH",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Empty => "银行账号为空",
            Self::LostDigits => "银行账号被电子表格转成数值，末尾数字已丢失，请以文本格式重新填写",
            Self::IllegalCharacter => "银行账号含有数字以外的字符",
            Self::WrongLength => "银行账号应为8至32位数字",
        }
    }
}

impl BankAccount {
    /// Reads an account number as people type it.
    pub fn parse(text: &str) -> Result<Self, BankAccountError> {
        if Self::is_canonical(text.as_bytes()) {
            return Ok(Self(text.to_owned()));
        }
        if has_lost_digits(text) {
            return Err(BankAccountError::LostDigits);
        }
        if meant(text).any(|it| !it.is_ascii_digit()) {
            return Err(BankAccountError::IllegalCharacter);
        }
        // One more than allowed is enough to know.
        let digits: String = meant(text).take(DIGITS_MAX.saturating_add(1)).collect();
        match digits.len() {
            0 => Err(BankAccountError::Empty),
            DIGITS_MIN..=DIGITS_MAX => Ok(Self(digits)),
            _ => Err(BankAccountError::WrongLength),
        }
    }

    /// Whether a text is an account number in canonical form already: what [`Self::parse`] reads as itself.
    pub fn is_canonical(text: &[u8]) -> bool {
        (DIGITS_MIN..=DIGITS_MAX).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
    }

    /// The canonical form: digits alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for screens and logs: the last four digits.
    pub fn masked(&self) -> String {
        mask(&self.0, 0, 4)
    }
}

canonical_text!(BankAccount);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<&str, BankAccountError>) {
        assert_eq!(BankAccount::parse(text).as_ref().map(BankAccount::as_str).map_err(|it| *it), expected, "{text}");
    }

    #[test]
    fn every_typing_is_the_same_account() {
        for text in [
            "6200000000001234",
            "6200 0000 0000 1234",
            "6200-0000-0000-1234",
            "'6200000000001234",
            "６２０００００００００01234",
        ] {
            check(text, Ok("6200000000001234"));
        }
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        check("", Err(BankAccountError::Empty));
        check("6.2E+15", Err(BankAccountError::LostDigits));
        check("6200000000001234.0", Err(BankAccountError::LostDigits));
        check("62000000000O1234", Err(BankAccountError::IllegalCharacter));
        check("1234567", Err(BankAccountError::WrongLength));
        check("12345678", Ok("12345678"));
        check(&"1".repeat(32), Ok(&"1".repeat(32)));
        check(&"1".repeat(33), Err(BankAccountError::WrongLength));
        assert_eq!(BankAccountError::WrongLength.code(), "BANK_ACCOUNT_WRONG_LENGTH");
    }

    #[test]
    fn an_account_shows_only_its_last_digits() {
        let it = BankAccount::parse("6200000000001234").unwrap();
        assert_eq!(format!("{it:?}"), "BankAccount(************1234)");
    }

    proptest! {
        #[test]
        fn what_is_canonical_is_what_reads_as_itself(text in "[0-9]{0,40}|[0-9 .E+'-]{8,12}|\\PC{8,10}") {
            // A blank sends it the long way.
            let reads = BankAccount::parse(&format!(" {text}")).is_ok_and(|it| it.as_str() == text);
            prop_assert_eq!(BankAccount::is_canonical(text.as_bytes()), reads);
        }

        #[test]
        fn digits_read_back_as_themselves(digits in "[0-9]{8,32}") {
            let it = BankAccount::parse(&digits).unwrap();
            prop_assert_eq!(it.as_str(), &digits);
            prop_assert_eq!(serde_json::from_str::<BankAccount>(&serde_json::to_string(&it).unwrap()).unwrap(), it);
        }
    }
}
