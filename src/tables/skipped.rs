//! Which rows below the header are data, and which an office puts there for people: blank lines, sums, signatures, notes.

use unicode_normalization::UnicodeNormalization;

use super::column::Column;
use super::grid::{Row, Sheet};
use super::header::Header;

/// How a line below the data begins.
const FOOTER_WORDS: &str = "合计 总计 共计 小计 填表 填报 填写说明 制表 制单 审核 复核 审批 经办 负责人 单位负责人 法定代表人 联系人 备注 说明 附注 \
    注意 注: 注1 盖章 (盖章 单位盖章 公章 单位公章 日期:";
/// Below the data, a lone text where a name belongs is a row that lost its other cells, unless it is longer than this.
const LONE_NAME_CHARS: usize = 12;
/// Fewer digits than this make no identity number, code or serial date.
const NUMBER_DIGITS: usize = 6;

/// The rows below a header, sorted out.
pub(super) struct SortedRows<'a> {
    pub(super) data: Vec<&'a Row>,
    /// The numbers of the rows below the data that are no data.
    pub(super) footers: Vec<u32>,
    /// Rows with nothing but a running number, and rows with nothing at all, between header and last row of data.
    pub(super) blank: u32,
    pub(super) repeated_headers: u32,
}

/// Sorts the rows below the header. Only rows below the last row of data can be footers.
pub(super) fn sort<'a>(sheet: &'a Sheet, header: &Header) -> SortedRows<'a> {
    let rows = sheet.rows.get(header.data_from..).unwrap_or_default();
    let end = rows.iter().rposition(|row| !is_blank(row, header) && !is_footer(row, header)).map_or(0, |last| last + 1);
    let (body, tail) = rows.split_at(end);
    let (repeated, body): (Vec<&Row>, Vec<&Row>) = body.iter().partition(|row| header.is_repeated_by(row));
    let data: Vec<&Row> = body.into_iter().filter(|row| !is_blank(row, header)).collect();
    let last = data.last().map_or(0, |row| row.number);
    let above = header.data_from.checked_sub(1).and_then(|index| sheet.rows.get(index)).map_or(0, |row| row.number);
    let inside = data.len() + repeated.iter().filter(|row| row.number < last).count();
    SortedRows {
        blank: last.saturating_sub(above).saturating_sub(count(inside)),
        footers: tail.iter().filter(|row| !is_blank(row, header)).map(|row| row.number).collect(),
        repeated_headers: count(repeated.len()),
        data,
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Nothing, or a running number that was filled in for a row that never came.
fn is_blank(row: &Row, header: &Header) -> bool {
    let sequence = header.place(Column::Sequence).map(|place| place.index);
    filled(row).all(|(index, text)| Some(index) == sequence && text.nfkc().all(|c| c.is_ascii_digit()))
}

/// A sum, a signature or a note: it begins like one, or is one long text, and names no person or enterprise by number.
fn is_footer(row: &Row, header: &Header) -> bool {
    let Some((first_index, first)) = filled(row).next() else { return false };
    let has_number = [Column::ResidentId, Column::EnterpriseCode].into_iter().any(|column| {
        let cell = header.place(column).and_then(|place| row.cell(place.index).shown());
        cell.is_some_and(|text| text != first && is_number(&text))
    });
    if has_number {
        return false;
    }
    let start: String = first.nfkc().filter(|c| !c.is_whitespace()).collect();
    let is_alone = filled(row).all(|(_, text)| text == first);
    let is_merged = filled(row).any(|(index, _)| index != first_index && row.is_one_cell(first_index, index));
    let may_be_name = [Column::PersonName, Column::EnterpriseName]
        .into_iter()
        .any(|column| header.place(column).is_some_and(|place| place.index == first_index));
    let is_note = is_merged || !may_be_name || start.chars().count() > LONE_NAME_CHARS;
    FOOTER_WORDS.split_whitespace().any(|word| start.starts_with(word)) || is_alone && is_note && !is_number(&first)
}

fn filled(row: &Row) -> impl Iterator<Item = (usize, String)> {
    row.cells.iter().enumerate().filter_map(|(index, cell)| Some((index, cell.shown()?)))
}

/// Letters and digits without a break, enough of them digits.
fn is_number(text: &str) -> bool {
    let mut digits = 0;
    let all = text.nfkc().filter(|c| !c.is_whitespace() && *c != '-').all(|c| {
        digits += usize::from(c.is_ascii_digit());
        c.is_ascii_alphanumeric() || matches!(c, '.' | '+')
    });
    all && digits >= NUMBER_DIGITS
}

#[cfg(test)]
mod tests {
    use super::super::{fixtures, header, separated};
    use super::*;

    /// Checks which rows are data, which are footers, and how many are blank.
    fn check(lines: &str, data: &[u32], footers: &[u32], blank: u32) {
        let text = format!("序号,姓名,身份证号,毕业时间\n{}", lines.replace("ID", &fixtures::resident_id(1)));
        let sheet = separated::read(text.as_bytes(), "s").unwrap();
        let sorted = sort(&sheet, &header::find(&sheet).unwrap().unwrap());
        assert_eq!(sorted.data.iter().map(|row| row.number).collect::<Vec<_>>(), data, "{lines}");
        assert_eq!((sorted.footers, sorted.blank), (footers.to_vec(), blank), "{lines}");
    }

    #[test]
    fn only_what_is_below_the_data_is_a_footer() {
        check("1,张三,ID,x\n2,李四,ID,x", &[2, 3], &[], 0);
        check("1,张三,ID,x\n\n\n合计,1人\n填表人：王五,,审核人：赵六\n,,,2022年12月30日填", &[2], &[5, 6, 7], 0);
        check("1,张三,ID,x\n小计,1\n2,李四,ID,x\n总 计,2", &[2, 3, 4], &[5], 0);
        check("1,张三,ID,x\n注：以上信息真实有效", &[2], &[3], 0);
        check("1,张三,ID,x\n本单位承诺以上所填信息真实有效，如有虚假愿承担法律责任", &[2], &[3], 0);
        check("说明,说明,ID,x", &[2], &[], 0);
        check("合计,张三,3.71502E+17,x", &[2], &[], 0);
        check("填表人：王五", &[], &[2], 0);
        check("", &[], &[], 0);
    }

    #[test]
    fn a_row_that_lost_its_cells_is_data() {
        check("1,张三,ID,x\n,李四,,", &[2, 3], &[], 0);
        check("1,张三,ID,x\n,阿卜杜热合曼·买买提,,", &[2, 3], &[], 0);
        check("1,张三,ID,x\n,,ID,", &[2, 3], &[], 0);
    }

    #[test]
    fn blank_rows_are_counted_and_page_headers_left_out() {
        check("1,张三,ID,x\n\n2,,,\n序号,姓名,身份证号,毕业时间\n3,李四,ID,x\n4,,,\n", &[2, 6], &[], 2);
    }
}
