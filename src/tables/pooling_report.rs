//! The pooling report: what became of the money of a batch or a month, by county and subsidy, as a sheet for the office.

use std::io::Write;

use jiff::civil::Date;
use rust_xlsxwriter::Workbook;

use super::error::TableError;
use super::export::{Heading, Value};
use super::export_xlsx::refused;
use super::office_sheet::{OfficeRow, OfficeSheet, add, date_zh, subsidy_zh};
use crate::domain::claim::SubsidyKind;
use crate::domain::money::Fen;

/// What the sheet is made from.
#[derive(Clone, Copy, Debug)]
pub struct PoolingReport<'a> {
    /// `聊城市`.
    pub city_name: &'a str,
    /// `2022年10月` or `2022年10月第1批`.
    pub period: &'a str,
    pub prepared_on: Date,
    /// In the order in which they are to stand.
    pub rows: &'a [PoolingRow],
}

/// One county and subsidy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolingRow {
    /// The county's name; 市本级 for the city itself.
    pub region: String,
    pub subsidy: SubsidyKind,
    /// 申请: of finance.
    pub asked: Fen,
    /// 核准: by finance.
    pub granted: Fen,
    /// 拨付: to the county.
    pub transferred: Fen,
    /// 已发放: booked to enterprises, less what came back.
    pub paid: Fen,
    /// 退回: came back from enterprises' accounts.
    pub returned: Fen,
    /// 结果待查: instructed, and nobody knows.
    pub in_doubt: Fen,
    /// 待发: still owed to enterprises.
    pub owed: Fen,
    /// 结余: to go back to the fund.
    pub unspent: Fen,
}

impl PoolingRow {
    fn figures(&self) -> [Fen; 8] {
        let Self { region: _, subsidy: _, asked, granted, transferred, paid, returned, in_doubt, owed, unspent } = self;
        [*asked, *granted, *transferred, *paid, *returned, *in_doubt, *owed, *unspent]
    }
}

const HEADINGS: [Heading; 11] = [
    Heading::new("序号", "number").wide(6),
    Heading::new("县（市、区）", "region").wide(20),
    Heading::new("补助项目", "subsidy").wide(22),
    Heading::new("申请金额", "asked").wide(16),
    Heading::new("核准金额", "granted").wide(16),
    Heading::new("拨付金额", "transferred").wide(16),
    Heading::new("已发放", "paid").wide(16),
    Heading::new("退回", "returned").wide(16),
    Heading::new("结果待查", "in_doubt").wide(16),
    Heading::new("待发", "owed").wide(16),
    Heading::new("结余", "unspent").wide(16),
];

/// Why no sheet is written.
#[derive(Debug, thiserror::Error)]
pub enum PoolingReportError {
    #[error("rows come to more than an amount can be")]
    Overflow,
    #[error(transparent)]
    Table(#[from] TableError),
}

impl PoolingReportError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Overflow => "POOLING_REPORT_OVERFLOW",
            Self::Table(error) => error.code(),
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Overflow => "各行合计金额过大".to_owned(),
            Self::Table(error) => error.zh(),
        }
    }
}

/// Writes the sheet, with a line of sums at the end.
pub fn write_report_xlsx(report: &PoolingReport<'_>, mut sink: impl Write + Send) -> Result<(), PoolingReportError> {
    let mut totals = [Fen::ZERO; 8];
    let mut rows = Vec::with_capacity(report.rows.len().saturating_add(1));
    for (number, row) in (1_i64..).zip(report.rows) {
        let figures = row.figures();
        for (total, figure) in totals.iter_mut().zip(figures) {
            *total = total.checked_add(figure).ok_or(PoolingReportError::Overflow)?;
        }
        let head = [Value::Integer(number), Value::Text(row.region.clone()), Value::from(subsidy_zh(row.subsidy))];
        rows.push(OfficeRow::line(head.into_iter().chain(figures.map(Value::Money)).collect()));
    }
    let head = [Value::Empty, Value::from("合计"), Value::Empty];
    rows.push(OfficeRow::sum(head.into_iter().chain(totals.map(Value::Money)).collect()));
    let city = report.city_name;
    let sheet = OfficeSheet {
        name: "资金情况表",
        title: &format!("{city}稳岗扩岗补助资金拨付情况表（{}）", report.period),
        subject: &format!("填报单位：{city}失业保险经办机构"),
        headings: &HEADINGS,
        rows,
        notes: vec![format!(
            "负责人：　　　　　　　　复核人：　　　　　　　　制表人：　　　　　　　　填报日期：{}",
            date_zh(report.prepared_on)
        )],
    };
    let mut workbook = Workbook::new();
    add(&mut workbook, &sheet)?;
    workbook.save_to_writer(&mut sink).map_err(refused)?;
    sink.flush().map_err(TableError::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    fn row(region: &str, subsidy: SubsidyKind, fen: i64) -> PoolingRow {
        let amount = |step: i64| Fen::new(fen - step);
        PoolingRow {
            region: region.to_owned(),
            subsidy,
            asked: amount(0),
            granted: amount(1),
            transferred: amount(2),
            paid: amount(3),
            returned: amount(4),
            in_doubt: amount(5),
            owed: amount(6),
            unspent: amount(7),
        }
    }

    fn write(rows: &[PoolingRow]) -> Result<Vec<Vec<String>>, PoolingReportError> {
        let prepared_on = jiff::civil::date(2022, 10, 31);
        let report = PoolingReport { city_name: "聊城市", period: "2022年10月", prepared_on, rows };
        let mut bytes = Vec::new();
        write_report_xlsx(&report, &mut bytes)?;
        let sheet = read(&bytes, "a.xlsx").unwrap().remove(0);
        Ok(sheet
            .rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| cell.shown().unwrap_or_default()).collect())
            .collect())
    }

    #[test]
    fn every_figure_stands_in_its_column_and_is_summed() {
        let rows = [
            row("市本级", SubsidyKind::JobExpansion, 150_000),
            row("东昌府区", SubsidyKind::RetentionTraining, 1_850_010),
        ];
        let sheet = write(&rows).unwrap();
        assert_eq!(sheet[0][0], "聊城市稳岗扩岗补助资金拨付情况表（2022年10月）");
        assert_eq!((sheet[1][0].as_str(), sheet[1][10].as_str()), ("填报单位：聊城市失业保险经办机构", "单位：元"));
        let lines: Vec<String> = sheet[2..].iter().map(|row| row.join("|")).collect();
        assert_eq!(
            lines,
            [
                "序号|县（市、区）|补助项目|申请金额|核准金额|拨付金额|已发放|退回|结果待查|待发|结余",
                "1|市本级|一次性扩岗补助|1500|1499.99|1499.98|1499.97|1499.96|1499.95|1499.94|1499.93",
                "2|东昌府区|一次性留工培训补助|18500.1|18500.09|18500.08|18500.07|18500.06|18500.05|18500.04|18500.03",
                "|合计||20000.1|20000.08|20000.06|20000.04|20000.02|20000|19999.98|19999.96",
                "负责人：　　　　　　　　复核人：　　　　　　　　制表人：　　　　　　　　填报日期：2022年10月31日",
            ]
        );
    }

    #[test]
    fn an_empty_report_has_its_sums_and_an_overflow_is_refused() {
        assert_eq!(write(&[]).unwrap()[3].join("|"), "|合计||0|0|0|0|0|0|0|0");
        let large = row("东昌府区", SubsidyKind::JobExpansion, i64::MAX);
        let error = write(&[large.clone(), large]).unwrap_err();
        assert_eq!((error.code(), error.zh().as_str()), ("POOLING_REPORT_OVERFLOW", "各行合计金额过大"));
    }
}
