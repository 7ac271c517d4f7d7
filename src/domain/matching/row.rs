//! A claim as a file has it, in the open: what a rule looks at once keys have brought two rows together.

use super::claim_code::ClaimCode;
use super::number::Number;
use super::place::{County, Province};
use super::programme::Programme;
use crate::domain::identity::{BankAccount, PersonName, Phone, Uscc};

/// The cells of a row that rules look at, as text. A cell that cannot be decoded is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowText<'a> {
    pub claim_id: &'a str,
    pub province: &'a str,
    pub county: &'a str,
    pub uscc: &'a str,
    pub name: &'a str,
    pub resident_id: &'a str,
    pub subsidy: &'a str,
    pub account: &'a str,
    pub phone: &'a str,
}

/// A claim. What its cell does not tell is not known; no rule takes the unknown for a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub claim: ClaimCode,
    pub programme: Programme,
    pub province: Option<Province>,
    pub county: Option<County>,
    pub enterprise: Option<Uscc>,
    pub name: Option<PersonName>,
    pub number: Number,
    pub account: Option<BankAccount>,
    pub phone: Option<Phone>,
}

/// Why a row cannot be read at all. A bad cell of any other column costs only what it would tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RowError {
    #[error("row has another number of cells than the header")]
    WrongCells,
    #[error("row is longer than any claim")]
    TooLong,
    #[error("row has a quotation mark that nothing closes")]
    OpenQuote,
    #[error("row does not name its claim")]
    NoClaimId,
    #[error("row names a claim that another row names")]
    ClaimIdRepeated,
    #[error("row names no subsidy that is known")]
    UnknownSubsidy,
}

impl RowError {
    /// The stable reason code.
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongCells => "ROW_WRONG_CELLS",
            Self::TooLong => "ROW_TOO_LONG",
            Self::OpenQuote => "ROW_OPEN_QUOTE",
            Self::NoClaimId => "CLAIM_ID_MISSING",
            Self::ClaimIdRepeated => "CLAIM_ID_REPEATED",
            Self::UnknownSubsidy => "SUBSIDY_UNKNOWN",
        }
    }

    /// The column at fault, where it is one.
    pub fn column(self) -> &'static str {
        match self {
            Self::WrongCells | Self::TooLong | Self::OpenQuote => "",
            Self::NoClaimId | Self::ClaimIdRepeated => "claim_id",
            Self::UnknownSubsidy => "subsidy",
        }
    }

    /// The reason in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::WrongCells => "单元格数与表头不一致",
            Self::TooLong => "整行过长，请检查引号",
            Self::OpenQuote => "引号未闭合",
            Self::NoClaimId => "申领编号为空或无法识别",
            Self::ClaimIdRepeated => "申领编号与其他行重复",
            Self::UnknownSubsidy => "补贴项目无法识别",
        }
    }
}

impl Row {
    /// Reads the cells.
    pub fn parse(text: &RowText<'_>) -> Result<Self, RowError> {
        let claim = ClaimCode::parse(text.claim_id).ok_or(RowError::NoClaimId)?;
        let programme = Programme::parse(text.subsidy).ok_or(RowError::UnknownSubsidy)?;
        let province = Province::parse(text.province);
        Ok(Self {
            claim,
            programme,
            county: County::parse(text.county, province.as_ref()),
            province,
            enterprise: Uscc::parse(text.uscc).ok(),
            name: PersonName::parse(text.name).ok(),
            number: Number::parse(text.resident_id),
            account: BankAccount::parse(text.account).ok(),
            phone: Phone::parse(text.phone).ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_cell_costs_only_what_it_would_tell() {
        let text = RowText { claim_id: "1", subsidy: "job-expansion", phone: "12", account: "x", ..RowText::default() };
        let row = Row::parse(&text).unwrap();
        assert_eq!((row.phone, row.account, row.number), (None, None, Number::Missing));
        assert_eq!(Row::parse(&RowText { claim_id: "", ..text }), Err(RowError::NoClaimId));
        assert_eq!(Row::parse(&RowText { subsidy: "x", ..text }), Err(RowError::UnknownSubsidy));
    }
}
