//! One row of a roster: each cell through its parser, all problems collected.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::column::Column;
use super::grid::{Cell, Row};
use super::header::Header;
use super::roster::{CellProblem, RosterKind, RosterPerson, RosterRow, RowProblem};
use crate::domain::calendar::{DateError, parse_office_date};
use crate::domain::identity::bank_account::BankAccountError;
use crate::domain::identity::name::{EnterpriseNameError, PersonNameError};
use crate::domain::identity::phone::PhoneError;
use crate::domain::identity::region::RegionError;
use crate::domain::identity::resident_id::ResidentIdError;
use crate::domain::identity::uscc::UsccError;
use crate::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};

/// What holds for a row whose own cell is empty.
pub(super) struct Defaults<'a> {
    pub(super) enterprise: Option<Uscc>,
    pub(super) enterprise_name: Option<EnterpriseName>,
    pub(super) region: Option<Region>,
    pub(super) account: Option<BankAccount>,
    pub(super) region_names: &'a BTreeMap<String, Region>,
}

/// Typed into a cell to say that there is nothing to say.
const NOTHING: [&str; 8] = ["无", "暂无", "没有", "/", "\\", "-", "--", "none"];
/// In place of the last day of a contract that has none.
const OPEN_ENDED: [&str; 5] = ["无固定期限", "无固定", "长期", "不定期", "至今"];
/// Between the two dates of a contract, apart from a hyphen, which can also stand inside a date.
const PERIOD_SEPARATORS: [&str; 6] = ["至", "到", "~", "—", "–", "―"];
/// No two dates with a separator are longer; bounds the search for the hyphen between them.
const MAX_PERIOD_CHARS: usize = 64;
/// An agreement's number is a number, not the agreement.
const MAX_AGREEMENT_CHARS: usize = 128;

/// Reads a row, or names everything that is wrong with it.
pub(super) fn read(
    row: &Row,
    header: &Header,
    kind: RosterKind,
    defaults: &Defaults<'_>,
) -> Result<RosterRow, RowProblem> {
    let mut cells = Cells { row, header, problems: Vec::new() };
    let enterprise = cells.optional(Column::EnterpriseCode, Uscc::parse).or_else(|| defaults.enterprise.clone());
    if enterprise.is_none() {
        cells.missing(Column::EnterpriseCode);
    }
    let enterprise_name = cells.optional(Column::EnterpriseName, EnterpriseName::parse);
    let named_region = cells.optional(Column::Region, |text| region(text, defaults.region_names));
    let account = cells.optional(Column::BankAccount, BankAccount::parse);
    let person = cells.person(kind);
    let headcount = cells.optional(Column::Headcount, headcount);
    if kind == RosterKind::Workforce && person.is_none() && headcount.is_none() {
        let column = if header.place(Column::Headcount).is_some() { Column::Headcount } else { Column::ResidentId };
        cells.missing(column);
    }
    let graduated_on = cells.optional(Column::GraduationDate, parse_office_date);
    let (contract_from, contract_until) = cells.contract();
    let host = cells.optional(Column::HostCode, Uscc::parse);
    let dispatch_agreement = cells.optional(Column::DispatchAgreement, short_text);
    let sharing_agreement = cells.optional(Column::SharingAgreement, short_text);
    let subsidy = cells.optional(Column::Subsidy, short_text);
    let (Some(enterprise), []) = (enterprise, cells.problems.as_slice()) else {
        return Err(RowProblem { row: row.number, problems: cells.problems });
    };
    Ok(RosterRow {
        number: row.number,
        enterprise,
        enterprise_name: enterprise_name.or_else(|| defaults.enterprise_name.clone()),
        region: named_region.or(defaults.region),
        account: account.or_else(|| defaults.account.clone()),
        person,
        graduated_on,
        contract_from,
        contract_until,
        host,
        dispatch_agreement,
        sharing_agreement,
        headcount,
        subsidy,
    })
}

/// A region by its code, or by a name that the settings know.
pub(super) fn region(text: &str, names: &BTreeMap<String, Region>) -> Result<Region, RegionError> {
    Region::parse(text).or_else(|error| {
        let name: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
        names.get(&name).copied().ok_or(error)
    })
}

/// What makes an error presentable.
trait Reason: Display {
    fn reason(&self) -> (&'static str, &'static str);
}

macro_rules! reasons {
    ($($error:ty),+) => {
        $(impl Reason for $error {
            fn reason(&self) -> (&'static str, &'static str) {
                (self.code(), self.zh())
            }
        })+
    };
}

reasons!(
    ResidentIdError,
    UsccError,
    BankAccountError,
    PersonNameError,
    EnterpriseNameError,
    PhoneError,
    RegionError,
    DateError,
    CellError
);

/// What can be wrong with a cell before, or instead of, what its parser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum CellError {
    #[error("cell is empty")]
    Missing,
    #[error("cell holds a failed formula")]
    Failed,
    #[error("cell has too many characters")]
    TooLong,
    #[error("headcount is not a whole number of at least 1")]
    Headcount,
    #[error("contract period is not two dates")]
    Period,
    #[error("contract ends before it begins")]
    Reversed,
}

impl CellError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "CELL_MISSING",
            Self::Failed => "CELL_FAILED_FORMULA",
            Self::TooLong => "CELL_TOO_LONG",
            Self::Headcount => "HEADCOUNT_INVALID",
            Self::Period => "CONTRACT_PERIOD_UNREADABLE",
            Self::Reversed => "CONTRACT_DATES_REVERSED",
        }
    }

    fn zh(&self) -> &'static str {
        match self {
            Self::Missing => "未填写",
            Self::Failed => "单元格公式出错",
            Self::TooLong => "内容过长",
            Self::Headcount => "人数应为不小于1的整数",
            Self::Period => "应为起止两个日期，如 2022-08-01至2023-07-31",
            Self::Reversed => "合同终止日期早于起始日期",
        }
    }
}

/// The cells of a row by what they mean, with the problems met so far.
pub(super) struct Cells<'a> {
    pub(super) row: &'a Row,
    pub(super) header: &'a Header,
    pub(super) problems: Vec<CellProblem>,
}

impl Cells<'_> {
    /// The text of a column; none if there is no such column, nothing in it, or a word for nothing.
    pub(super) fn text(&mut self, column: Column) -> Option<String> {
        let cell = self.row.cell(self.header.place(column)?.index);
        if let Cell::Error(error) = cell {
            let error = if error == Cell::TOO_LONG { CellError::TooLong } else { CellError::Failed };
            self.problem(column, &error);
        }
        let text = cell.shown()?;
        let plain: String =
            text.nfkc().filter(|c| !c.is_whitespace()).map(|c| if c == '—' { '-' } else { c }).collect();
        (!NOTHING.contains(&plain.to_lowercase().as_str())).then_some(text)
    }

    /// A cell that may be empty; a problem if it is filled and not understood.
    fn optional<T, E: Reason>(&mut self, column: Column, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let text = self.text(column)?;
        parse(&text).map_err(|error| self.problem(column, &error)).ok()
    }

    /// A cell that must be filled.
    fn required<T, E: Reason>(&mut self, column: Column, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let before = self.problems.len();
        let value = self.optional(column, parse);
        if value.is_none() && self.problems.len() == before {
            self.missing(column);
        }
        value
    }

    fn person(&mut self, kind: RosterKind) -> Option<RosterPerson> {
        let is_named = |column| self.header.place(column).is_some_and(|place| !self.row.cell(place.index).is_empty());
        if kind == RosterKind::Workforce && !is_named(Column::PersonName) && !is_named(Column::ResidentId) {
            return None;
        }
        let name = self.required(Column::PersonName, PersonName::parse);
        let resident_id = self.required(Column::ResidentId, ResidentId::parse);
        let phone = self.optional(Column::Phone, Phone::parse);
        Some(RosterPerson { name: name?, resident_id: resident_id?, phone })
    }

    fn contract(&mut self) -> (Option<Date>, Option<Date>) {
        let from = self.optional(Column::ContractFrom, parse_office_date);
        let until = self.optional(Column::ContractUntil, last_day).flatten();
        let period = self.optional(Column::ContractPeriod, contract_period);
        let (from, until) = match period {
            Some((first, last)) => (from.or(Some(first)), until.or(last)),
            None => (from, until),
        };
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            let split = self.header.place(Column::ContractUntil).is_some();
            self.problem(if split { Column::ContractUntil } else { Column::ContractPeriod }, &CellError::Reversed);
        }
        (from, until)
    }

    fn missing(&mut self, column: Column) {
        // A cell that was filled and not understood is a problem already.
        let place = self.header.place(column);
        if place.is_none() || !self.problems.iter().any(|problem| problem.place.as_ref() == place) {
            self.problem(column, &CellError::Missing);
        }
    }

    fn problem(&mut self, column: Column, error: &impl Reason) {
        let (code, zh) = error.reason();
        let place = self.header.place(column).cloned();
        self.problems.push(CellProblem { place, code, zh: zh.to_owned(), en: error.to_string() });
    }
}

fn headcount(text: &str) -> Result<u32, CellError> {
    let text: String = text.nfkc().filter(|c| !c.is_whitespace() && *c != ',').collect();
    let digits = text.strip_suffix('人').unwrap_or(&text);
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|count| is_plain && *count > 0).ok_or(CellError::Headcount)
}

fn short_text(text: &str) -> Result<String, CellError> {
    let text: String = text.nfkc().filter(|c| !c.is_control()).collect();
    if text.chars().nth(MAX_AGREEMENT_CHARS).is_some() { Err(CellError::TooLong) } else { Ok(text) }
}

/// The last day of a contract; none if it is open-ended.
fn last_day(text: &str) -> Result<Option<Date>, DateError> {
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    if OPEN_ENDED.contains(&plain.as_str()) { Ok(None) } else { parse_office_date(text).map(Some) }
}

/// Both days of a contract from one cell: `2022-08-01至2023-07-31`.
fn contract_period(text: &str) -> Result<(Date, Option<Date>), CellError> {
    let text: String = text.nfkc().collect();
    let text = text.trim().trim_start_matches(['自', '从']);
    if text.chars().nth(MAX_PERIOD_CHARS).is_some() {
        return Err(CellError::Period);
    }
    let separated = PERIOD_SEPARATORS.iter().filter_map(|separator| text.split_once(separator));
    let hyphenated = text.char_indices().filter(|(_, c)| *c == '-').filter_map(|(at, _)| {
        let (first, last) = text.split_at_checked(at)?;
        Some((first, last.strip_prefix('-')?))
    });
    let mut readings = separated.chain(hyphenated).filter_map(|(first, last)| {
        let first = first.trim().trim_end_matches('起');
        // A dash of two characters, and the word that closes a period.
        let last = last.trim_matches(['-', '—', '–', '―', '止', ' ']);
        Some((parse_office_date(first).ok()?, last_day(last).ok()?))
    });
    readings.next().ok_or(CellError::Period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_period_is_split_where_both_sides_are_dates() {
        let expected = Ok((date(2022, 8, 1), Some(date(2023, 7, 31))));
        let check = |text, expected| assert_eq!(contract_period(text), expected, "{text}");
        check("2022-08-01至2023-07-31", expected);
        check("自2022年8月1日起至2023年7月31日止", expected);
        check("2022.8.1-2023.7.31", expected);
        check("2022/08/01 - 2023/07/31", expected);
        check("2022-08-01-2023-07-31", expected);
        check("2022-08-01——2023-07-31", expected);
        check("２０２２０８０１～２０２３０７３１", expected);
        check("2022-08-01到无固定期限", Ok((date(2022, 8, 1), None)));
        check("2022-08-01", Err(CellError::Period));
        check("三年", Err(CellError::Period));
        check(&"-".repeat(1_000), Err(CellError::Period));
    }

    #[test]
    fn a_headcount_is_a_whole_number() {
        let check = |text, expected| assert_eq!(headcount(text).ok(), expected, "{text}");
        check("37", Some(37));
        check("１，２３４ 人", Some(1_234));
        for text in ["0", "+3", "3.5", "", "人", "99999999999", "约30"] {
            check(text, None);
        }
    }
}
