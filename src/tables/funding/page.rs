//! The paper as one page of HTML that loads nothing, so that it looks the same in ten years: the letter, and the table on the next sheet.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::paper::{Paper, PaperRow, RowKind};

/// The fonts are those that offices have; any other shows the same words.
const STYLE: &str = r#"
@page { size: A4; margin: 25mm 22mm; }
body { max-width: 166mm; margin: 0 auto; color: #000; background: #fff; font: 16px/1.8 FangSong, STFangsong, SimSun, serif; }
h1 { margin: 0 0 1.5em; text-align: center; font: bold 22px/1.5 SimSun, STSong, serif; }
.letter p { margin: 0; text-indent: 2em; text-align: justify; overflow-wrap: anywhere; }
.letter p.addressee, .letter .references p { text-indent: 0; }
.signature { margin-top: 3em; text-align: right; }
.signature p { text-indent: 0; text-align: right; }
.references { margin-top: 3em; font-size: 12px; }
.detail { break-before: page; font-size: 13px; }
.detail h1 { margin-bottom: .6em; font-size: 18px; }
.subject { display: flex; justify-content: space-between; margin: 0; }
table { width: 100%; border-collapse: collapse; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: 1px solid #000; padding: 2px 5px; }
td.number, td.amount { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.subtotal td, tr.total td { font-weight: bold; }
@media screen { body { padding: 25mm 22mm; } .detail { margin-top: 4em; } }
"#;

pub(super) fn render(paper: &Paper) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                title { (paper.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (letter(paper))
                (detail(paper))
            }
        }
    };
    page.into_string()
}

fn letter(paper: &Paper) -> Markup {
    html! {
        section.letter {
            h1 { (paper.title) }
            p.addressee { (paper.addressee) }
            @for paragraph in &paper.paragraphs { p { (paragraph) } }
            div.signature { @for line in &paper.signature { p { (line) } } }
            div.references { @for line in &paper.references { p { (line) } } }
        }
    }
}

fn detail(paper: &Paper) -> Markup {
    html! {
        section.detail {
            h1 { (paper.table_title) }
            p.subject { span { (paper.subject) } span { "单位：元" } }
            table {
                thead {
                    tr {
                        th { "序号" } th { "县（市、区）" } th { "补助项目" } th { "企业（户次）" } th { "人数（人次）" } th { "申请（笔）" }
                        th { "金额" }
                    }
                }
                tbody { @for it in &paper.rows { (row(it)) } }
            }
            p.signers { (paper.signers) }
        }
    }
}

fn row(row: &PaperRow) -> Markup {
    let class = match row.kind {
        RowKind::Line => "line",
        RowKind::Subtotal => "subtotal",
        RowKind::Total => "total",
    };
    html! {
        tr class=(class) {
            td.number { @if let Some(number) = row.number { (number) } }
            td { (row.region) }
            td { (row.subsidy) }
            td.number { (row.figures.enterprises) }
            td.number { (row.figures.people) }
            td.number { (row.figures.claims) }
            td.amount { (row.figures.amount.yuan_text()) }
        }
    }
}
