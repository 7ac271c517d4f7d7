//! What stands on the paper, before it is a workbook or a page: the words of the letter and the rows of the table.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;

use super::{FundingReport, FundingReportError};
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::policy::sheet::AccountHead;
use crate::domain::pooling::BatchLine;
use crate::tables::office_sheet::{date_zh, subsidy_zh};
use crate::tables::yuan::capital_yuan;

/// The letter and the table.
pub(super) struct Paper {
    pub(super) title: String,
    pub(super) addressee: String,
    pub(super) paragraphs: Vec<String>,
    /// What binds the paper to the record: batch and content hash.
    pub(super) references: Vec<String>,
    pub(super) signature: Vec<String>,
    pub(super) table_title: String,
    /// Month and number of the batch, above the table.
    pub(super) subject: String,
    pub(super) rows: Vec<PaperRow>,
    /// Below the table.
    pub(super) signers: String,
}

/// What a row of the table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    Line,
    /// 小计, of a county.
    Subtotal,
    /// 合计.
    Total,
}

/// One row of the table.
pub(super) struct PaperRow {
    pub(super) kind: RowKind,
    /// Which line it is, from 1; none for a sum.
    pub(super) number: Option<u32>,
    pub(super) region: String,
    pub(super) subsidy: &'static str,
    pub(super) figures: Figures,
}

/// What is counted. An enterprise or a person under both subsidies counts twice, hence 户次 and 人次.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) enterprises: u64,
    pub(super) people: u64,
    pub(super) claims: u64,
    pub(super) amount: Fen,
}

impl Figures {
    fn of<'l>(lines: impl IntoIterator<Item = &'l BatchLine>) -> Result<Self, FundingReportError> {
        let add = |sum: Self, line: &BatchLine| {
            Some(Self {
                enterprises: sum.enterprises.checked_add(line.enterprises.into())?,
                people: sum.people.checked_add(line.people.into())?,
                claims: sum.claims.checked_add(line.claims.into())?,
                amount: sum.amount.checked_add(line.amount)?,
            })
        };
        lines.into_iter().try_fold(Self::default(), add).ok_or(FundingReportError::Overflow)
    }

    fn text(&self) -> String {
        let Self { enterprises, people, claims, amount } = self;
        format!("{enterprises}户次、{people}人次、{claims}笔，{amount}元")
    }
}

impl Paper {
    pub(super) fn of(report: &FundingReport<'_>) -> Result<Self, FundingReportError> {
        let application = report.application;
        // By region and subsidy, the city's own lines first, for its code ends in zeros.
        let mut lines: Vec<&BatchLine> = application.lines.iter().collect();
        lines.sort_by_key(|line| (line.region, line.subsidy));
        if lines.is_empty() {
            return Err(FundingReportError::NoLines);
        }
        let total = Figures::of(lines.iter().copied())?;
        let declared = application.total;
        if total.amount != declared.amount {
            return Err(FundingReportError::Amount { declared: declared.amount, found: total.amount });
        }
        if total.claims != declared.claims {
            return Err(FundingReportError::Claims { declared: declared.claims, found: total.claims });
        }
        let month = application.month;
        let batch = format!("{}年{}月第{}批", month.year(), month.month(), application.number);
        let subsidies: BTreeSet<SubsidyKind> = lines.iter().map(|line| line.subsidy).collect();
        let subsidies_text = subsidies.iter().map(|it| subsidy_zh(*it)).collect::<Vec<_>>().join("和");
        let city = report.city_name;
        Ok(Self {
            title: format!("关于申请拨付{batch}{subsidies_text}资金的报告"),
            addressee: format!("{city}财政局："),
            paragraphs: paragraphs(report, &lines, (&batch, &subsidies_text), &total)?,
            references: vec![
                format!("批次编号：{}", application.batch_id.0.simple()),
                format!("内容校验值（SHA-256）：{}", HEXLOWER.encode(&application.content_hash)),
            ],
            signature: vec![
                format!("{city}失业保险经办机构（盖章）"),
                date_zh(report.prepared_on),
                "经办人：　　　　　　　　复核人：　　　　　　　　负责人：　　　　　　　　".to_owned(),
            ],
            table_title: format!("{city}{batch}{subsidies_text}资金申请明细表"),
            subject: format!("填报单位：{city}失业保险经办机构　　科目：{}", AccountHead::OtherExpenditure.zh()),
            rows: rows(report, &lines, total)?,
            signers: format!(
                "负责人：　　　　　　　　复核人：　　　　　　　　经办人：　　　　　　　　填报日期：{}",
                date_zh(report.prepared_on)
            ),
        })
    }
}

fn paragraphs(
    report: &FundingReport<'_>,
    lines: &[&BatchLine],
    (batch, subsidies): (&str, &str),
    total: &Figures,
) -> Result<Vec<String>, FundingReportError> {
    let application = report.application;
    let counties: BTreeSet<Region> =
        lines.iter().map(|line| line.region).filter(|it| *it != application.city).collect();
    let has_city = lines.iter().any(|line| line.region == application.city);
    let places = match (counties.len(), has_city) {
        (0, _) => "市本级".to_owned(),
        (count, true) => format!("{count}个县（市、区）及市本级"),
        (count, false) => format!("{count}个县（市、区）"),
    };
    let mut paragraphs = vec![
        format!(
            "根据《{}》“二、申领流程”第（二）项“资金审核拨付”和“三、资金来源”的规定，我市{batch}{subsidies}已按程序完成审核和市级汇总，\
             现将资金申请情况报告如下。",
            report.source
        ),
        format!(
            "本批共涉及{places}，企业{}户次、{}人次、{}笔，申请资金人民币{}元（大写：{}）。",
            total.enterprises,
            total.people,
            total.claims,
            total.amount,
            capital_yuan(total.amount)
        ),
    ];
    let kinds: BTreeSet<SubsidyKind> = lines.iter().map(|line| line.subsidy).collect();
    let mut parts = Vec::new();
    for kind in kinds {
        let figures = Figures::of(lines.iter().copied().filter(|line| line.subsidy == kind))?;
        parts.push(format!("{}{}", subsidy_zh(kind), figures.text()));
    }
    paragraphs.push(format!("其中：{}。各县（市、区）和市本级的户次、人次和金额见所附明细表。", parts.join("；")));
    paragraphs.push(format!(
        "上述资金拟从{}科目中列支。请予审核，核准后将资金拨付至市失业保险基金支出户，由我机构按规定拨付县（市、区）支出户或直接发放至企业。",
        AccountHead::OtherExpenditure.zh()
    ));
    paragraphs.push("特此报告。".to_owned());
    paragraphs.push(format!("附件：{}{batch}{subsidies}资金申请明细表", report.city_name));
    Ok(paragraphs)
}

fn rows(report: &FundingReport<'_>, lines: &[&BatchLine], total: Figures) -> Result<Vec<PaperRow>, FundingReportError> {
    let mut rows = Vec::new();
    let mut number: u32 = 0;
    for county in lines.chunk_by(|left, right| left.region == right.region) {
        let region = match county.first() {
            Some(line) if line.region == report.application.city => "市本级".to_owned(),
            Some(line) => (report.region_names)(line.region),
            None => continue,
        };
        for line in county {
            number = number.saturating_add(1);
            rows.push(PaperRow {
                kind: RowKind::Line,
                number: Some(number),
                region: region.clone(),
                subsidy: subsidy_zh(line.subsidy),
                figures: Figures::of([*line])?,
            });
        }
        let figures = Figures::of(county.iter().copied())?;
        rows.push(PaperRow { kind: RowKind::Subtotal, number: None, region, subsidy: "小计", figures });
    }
    let region = "合计".to_owned();
    rows.push(PaperRow { kind: RowKind::Total, number: None, region, subsidy: "", figures: total });
    Ok(rows)
}
