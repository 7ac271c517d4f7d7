//! What the lines above the header say of the whole file: `单位名称：…  统一社会信用代码：…`.

use unicode_normalization::UnicodeNormalization;

use super::column::Column;
use super::error::TableError;
use super::grid::{Cell, Row};
use crate::domain::identity::{BankAccount, EnterpriseName, Region, Uscc};

/// What is said of the whole file, each part if it is said.
#[derive(Default, Debug)]
pub(super) struct Title {
    pub(super) enterprise: Option<Uscc>,
    pub(super) enterprise_name: Option<EnterpriseName>,
    pub(super) region: Option<Region>,
    pub(super) account: Option<BankAccount>,
}

impl Title {
    /// What is left where each row names its enterprise itself.
    pub(super) fn without_enterprise(self) -> Self {
        Self { region: self.region, ..Self::default() }
    }
}

/// Reads the rows above the header. A code or an account that is given but not valid is an error: every row would rest on it.
pub(super) fn read(rows: &[Row], region: impl Fn(&str) -> Option<Region>) -> Result<Title, TableError> {
    let mut title = Title::default();
    for row in rows {
        for (column, value) in labelled(row) {
            let is_number = value.contains(|c: char| c.is_ascii_digit());
            let invalid = |code| TableError::InvalidTitle { row: row.number, word: column.word(), code };
            if column == Column::EnterpriseCode && is_number {
                let code = Uscc::parse(&value).map_err(|error| invalid(error.code()))?;
                title.enterprise.get_or_insert(code);
            } else if column == Column::BankAccount && is_number {
                let account = BankAccount::parse(&value).map_err(|error| invalid(error.code()))?;
                title.account.get_or_insert(account);
            } else if column == Column::EnterpriseName {
                title.enterprise_name = title.enterprise_name.or_else(|| EnterpriseName::parse(&value).ok());
            } else if column == Column::Region {
                title.region = title.region.or_else(|| region(&value));
            }
        }
    }
    Ok(title)
}

/// The labels of a row with what follows them, in the same cell or in the next one.
fn labelled(row: &Row) -> Vec<(Column, String)> {
    let mut cells: Vec<String> = row.cells.iter().filter_map(Cell::shown).collect();
    cells.dedup();
    let mut found = Vec::new();
    // The label whose value has not been met yet.
    let mut open: Option<Column> = None;
    for cell in cells {
        let text: String = cell.nfkc().collect();
        let mut rest = text.as_str();
        if !text.contains(':') {
            let label = Column::of(rest);
            if label.is_none() {
                found.extend(open.map(|column| (column, text)));
            }
            open = label;
            continue;
        }
        open = None;
        while let Some((before, after)) = rest.split_once(':') {
            let (value, label) = split_label(before);
            found.extend(open.map(|column| (column, value.to_owned())));
            (open, rest) = (label, after);
        }
        if !rest.trim().is_empty() {
            found.extend(open.take().map(|column| (column, rest.to_owned())));
        }
    }
    found.retain(|(_, value)| !value.trim().is_empty());
    found
}

/// Parts a text from the label at its end: the whole text, its last word, or the longest known word it ends with.
fn split_label(part: &str) -> (&str, Option<Column>) {
    let part = part.trim_end();
    if let Some(column) = Column::of(part) {
        return ("", Some(column));
    }
    let (value, last) = part.rsplit_once(char::is_whitespace).unwrap_or(("", part));
    if let Some(column) = Column::of(last) {
        return (value, Some(column));
    }
    match Column::at_end_of(part) {
        Some((column, value)) => (value, Some(column)),
        None => (part, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    /// Checks what a title row says as `code, name, region`; `|` parts the cells.
    fn check(cells: &str, expected: &str) {
        let cells = cells.replace("CODE", &fixtures::uscc('A'));
        let row = Row { number: 2, cells: cells.split('|').map(Cell::text).collect(), spans: Vec::new() };
        let title = read(&[row], |text| Region::parse(text).ok()).map_err(|error| error.to_string());
        let actual = match title {
            Ok(title) => format!(
                "{}, {}, {}",
                title.enterprise.map_or("-", |_| "CODE"),
                title.enterprise_name.as_ref().map_or("-", EnterpriseName::as_str),
                title.region.map_or("-".to_owned(), |region| region.to_string()),
            ),
            Err(error) => error,
        };
        assert_eq!(actual, expected, "{cells}");
    }

    #[test]
    fn labels_are_understood_in_one_cell_or_two() {
        check("单位名称：甲公司  统一社会信用代码：CODE", "CODE, 甲公司, -");
        check("单位名称（盖章）：甲公司统一社会信用代码：CODE 参保地：371502", "CODE, 甲公司, 371502");
        check("统一社会信用代码：|CODE|单 位 名 称 ：|乙公司", "CODE, 乙公司, -");
        check("统一社会信用代码|CODE|行政区划代码|371502", "CODE, -, 371502");
        check("单位名称：甲公司|单位名称：甲公司|填报日期：2022年", "-, 甲公司, -");
    }

    #[test]
    fn what_is_no_label_says_nothing() {
        check("用工单位统一社会信用代码：CODE", "-, -, -");
        check("统一社会信用代码：", "-, -, -");
        check("统一社会信用代码|姓名", "-, -, -");
        check("2022年一次性扩岗补助花名册", "-, -, -");
        check("：：", "-, -, -");
    }

    #[test]
    fn a_wrong_code_is_an_error_and_not_repeated() {
        check(
            "统一社会信用代码：91371500MA3A00001X1",
            "row 2, above the header: 统一社会信用代码 is not valid (USCC_WRONG_LENGTH)",
        );
    }
}
