//! The funding application as finance reads it (二(二), 三): a letter and its table, as a workbook and as a page to print.
//!
//! Both are written from one `Paper`, which is not made at all where the lines do not come to the application's total: the same sum
//! stands in the letter, in the table and on the page.

mod page;
mod paper;
mod sheet;

use std::io::Write;

use jiff::civil::Date;

use super::error::TableError;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::pooling::FundingApplication;

use paper::Paper;

/// What the paper is made from.
#[derive(Clone, Copy)]
pub struct FundingReport<'a> {
    pub application: &'a FundingApplication,
    /// `聊城市`.
    pub city_name: &'a str,
    /// What a county or unit is called. The city's own line is 市本级, whatever this says.
    pub region_names: &'a dyn Fn(Region) -> String,
    /// The notice that it rests on: `聊人社字〔2022〕32号`.
    pub source: &'a str,
    pub prepared_on: Date,
}

/// Why no paper is written.
#[derive(Debug, thiserror::Error)]
pub enum FundingReportError {
    #[error("application has no lines")]
    NoLines,
    #[error("lines come to {found} and the application says {declared}")]
    Amount { declared: Fen, found: Fen },
    #[error("lines have {found} claims and the application says {declared}")]
    Claims { declared: u64, found: u64 },
    #[error("lines come to more than an amount can be")]
    Overflow,
    #[error(transparent)]
    Table(#[from] TableError),
}

impl FundingReportError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLines => "FUNDING_REPORT_NO_LINES",
            Self::Amount { .. } => "FUNDING_REPORT_AMOUNT_DIFFERS",
            Self::Claims { .. } => "FUNDING_REPORT_CLAIMS_DIFFER",
            Self::Overflow => "FUNDING_REPORT_OVERFLOW",
            Self::Table(error) => error.code(),
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NoLines => "资金申请没有明细".to_owned(),
            Self::Amount { declared, found } => format!("资金申请合计{declared}元，各行合计{found}元"),
            Self::Claims { declared, found } => format!("资金申请合计{declared}笔，各行合计{found}笔"),
            Self::Overflow => "资金申请合计金额过大".to_owned(),
            Self::Table(error) => error.zh(),
        }
    }
}

/// Writes the workbook: the letter on one sheet, the table on another.
pub fn write_funding_xlsx(report: &FundingReport<'_>, sink: impl Write + Send) -> Result<(), FundingReportError> {
    sheet::write(&Paper::of(report)?, sink)
}

/// Writes the page: one file that needs no other, and prints on A4.
pub fn funding_html(report: &FundingReport<'_>) -> Result<String, FundingReportError> {
    Ok(page::render(&Paper::of(report)?))
}

#[cfg(test)]
mod tests;
