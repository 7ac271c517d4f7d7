//! The application on paper: the same sums wherever they stand, and nothing that a name could smuggle in.

use uuid::Uuid;

use super::*;
use crate::domain::calendar::Month;
use crate::domain::claim::SubsidyKind;
use crate::domain::policy::sheet::AccountHead;
use crate::domain::pooling::{BatchId, BatchLine, ControlTotals};
use crate::tables::capital_yuan;
use crate::tables::grid::{Cell, Row};
use crate::tables::read::read;
use crate::tables::yuan::parse_yuan;

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

/// Three counties and the city, out of order, with both subsidies in one county.
fn application() -> FundingApplication {
    let line = |code, subsidy, enterprises, people, claims, fen| BatchLine {
        region: region(code),
        subsidy,
        enterprises,
        people,
        claims,
        amount: Fen::new(fen),
    };
    let lines = vec![
        line("371526", SubsidyKind::JobExpansion, 2, 3, 3, 450_000),
        line("371502", SubsidyKind::RetentionTraining, 1, 37, 1, 1_850_000),
        line("371502", SubsidyKind::JobExpansion, 4, 5, 5, 750_005),
        line("371500", SubsidyKind::JobExpansion, 1, 1, 1, 150_000),
        line("3715A1", SubsidyKind::RetentionTraining, 3, 409, 3, 20_450_000),
    ];
    FundingApplication {
        batch_id: BatchId(Uuid::from_u128(0x0184_1234_5678_7000_8000_0000_0000_0001)),
        city: region("371500"),
        month: Month::new(2022, 10).unwrap(),
        number: 2,
        total: ControlTotals { claims: 13, amount: Fen::new(23_650_005) },
        lines,
        content_hash: [0xab; 32],
    }
}

fn names(region: Region) -> String {
    match region.as_str() {
        "371502" => "东昌府区".to_owned(),
        "371526" => "=高唐<县>&\"".to_owned(),
        other => other.to_owned(),
    }
}

fn report(application: &FundingApplication) -> FundingReport<'_> {
    FundingReport {
        application,
        city_name: "聊城市",
        region_names: &names,
        source: "聊人社字〔2022〕32号",
        prepared_on: jiff::civil::date(2022, 10, 31),
    }
}

fn shown(row: &Row) -> Vec<String> {
    row.cells.iter().map(|cell| cell.shown().unwrap_or_default()).collect()
}

fn workbook() -> (String, Vec<Row>) {
    let mut bytes = Vec::new();
    write_funding_xlsx(&report(&application()), &mut bytes).unwrap();
    let mut sheets = read(&bytes, "a.xlsx").unwrap();
    assert_eq!(sheets.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["申请报告", "明细表"]);
    let table = sheets.pop().unwrap();
    let letter = sheets.pop().unwrap().rows.iter().map(|row| shown(row).concat()).collect::<Vec<_>>().join("\n");
    (letter, table.rows)
}

/// The text between each opening and the next closing mark.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    text.split(open).skip(1).map(|it| it.split_once(close).unwrap().0).collect()
}

#[test]
fn the_letter_says_who_asks_for_what_and_why() {
    let (letter, _) = workbook();
    for expected in [
        "关于申请拨付2022年10月第2批一次性扩岗补助和一次性留工培训补助资金的报告\n",
        "聊城市财政局：",
        "根据《聊人社字〔2022〕32号》",
        "3个县（市、区）及市本级，企业11户次、455人次、13笔，申请资金人民币236,500.05元（大写：贰拾叁万陆仟伍佰元零伍分）。",
        "其中：一次性扩岗补助7户次、9人次、9笔，13,500.05元；一次性留工培训补助4户次、446人次、4笔，223,000.00元。",
        AccountHead::OtherExpenditure.zh(),
        "批次编号：01841234567870008000000000000001",
        &format!("（SHA-256）：{}", "ab".repeat(32)),
        "聊城市失业保险经办机构（盖章）\n2022年10月31日\n经办人：",
    ] {
        assert!(letter.contains(expected), "{expected}\n{letter}");
    }
}

#[test]
fn the_table_has_a_line_a_subtotal_and_a_total() {
    let (_, rows) = workbook();
    assert_eq!(shown(&rows[0])[0], "聊城市2022年10月第2批一次性扩岗补助和一次性留工培训补助资金申请明细表");
    assert_eq!(rows[0].spans, [(0, 6)]);
    assert_eq!(
        shown(&rows[1]),
        ["填报单位：聊城市失业保险经办机构　　科目：失业保险基金·其他支出", "", "", "", "", "", "单位：元"]
    );
    let table: Vec<String> = rows[2..].iter().map(|row| shown(row).join("|")).collect();
    assert_eq!(
        table,
        [
            "序号|县（市、区）|补助项目|企业（户次）|人数（人次）|申请（笔）|金额",
            "1|市本级|一次性扩岗补助|1|1|1|1500",
            "|市本级|小计|1|1|1|1500",
            "2|东昌府区|一次性扩岗补助|4|5|5|7500.05",
            "3|东昌府区|一次性留工培训补助|1|37|1|18500",
            "|东昌府区|小计|5|42|6|26000.05",
            "4|=高唐<县>&\"|一次性扩岗补助|2|3|3|4500",
            "|=高唐<县>&\"|小计|2|3|3|4500",
            "5|3715A1|一次性留工培训补助|3|409|3|204500",
            "|3715A1|小计|3|409|3|204500",
            "|合计||11|455|13|236500.05",
            "负责人：　　　　　　　　复核人：　　　　　　　　经办人：　　　　　　　　填报日期：2022年10月31日",
        ]
    );
    let amounts = rows[3..rows.len() - 1].iter().map(|row| row.cells[6].clone());
    assert!(amounts.into_iter().all(|it| matches!(it, Cell::Number { .. })), "an amount is a number");
}

#[test]
fn amounts_are_shown_with_two_decimals() {
    let mut bytes = Vec::new();
    write_funding_xlsx(&report(&application()), &mut bytes).unwrap();
    let mut package = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| std::io::read_to_string(package.by_name(name).unwrap()).unwrap();
    let (styles, table) = (part("xl/styles.xml"), part("xl/worksheets/sheet2.xml"));
    let format =
        between(&styles, "<numFmt numFmtId=\"", "/>").into_iter().find(|it| it.ends_with("formatCode=\"#,##0.00\""));
    let format = format!("numFmtId=\"{}\"", format.unwrap().split('"').next().unwrap());
    let cell_formats = styles.split("<cellXfs").nth(1).unwrap().split("<xf ").skip(1);
    let money: Vec<String> = cell_formats
        .enumerate()
        .filter(|(_, it)| it.starts_with(&format))
        .map(|(at, _)| format!("s=\"{at}\""))
        .collect();
    let cells = between(&table, "<c r=\"G", ">");
    assert_eq!(cells.iter().filter(|cell| money.iter().any(|style| cell.ends_with(style))).count(), 10);
}

#[test]
fn the_same_total_stands_everywhere() {
    let application = application();
    let expected = Fen::checked_sum(application.lines.iter().map(|line| line.amount)).unwrap();
    let (letter, rows) = workbook();
    let html = funding_html(&report(&application)).unwrap();
    for text in [&letter, &html] {
        assert_eq!(
            between(text, "申请资金人民币", "元").into_iter().map(parse_yuan).collect::<Vec<_>>(),
            [Some(expected)]
        );
        assert_eq!(between(text, "（大写：", "）"), [capital_yuan(expected)]);
    }
    let sum = |texts: Vec<&str>| Fen::checked_sum(texts.into_iter().map(|it| parse_yuan(it).unwrap())).unwrap();
    let cells = |kind: &str| -> Vec<&str> {
        let rows = between(&html, &format!("<tr class=\"{kind}\">"), "</tr>");
        rows.into_iter().flat_map(|row| between(row, "<td class=\"amount\">", "</td>")).collect()
    };
    assert_eq!([cells("line").len(), cells("subtotal").len(), cells("total").len()], [5, 4, 1]);
    for kind in ["line", "subtotal", "total"] {
        assert_eq!(sum(cells(kind)), expected, "{kind}");
    }
    let in_sheet = |is_kind: fn(&[String]) -> bool| {
        let rows: Vec<Vec<String>> = rows[3..rows.len() - 1].iter().map(shown).filter(|row| is_kind(row)).collect();
        sum(rows.iter().map(|row| row[6].as_str()).collect())
    };
    assert_eq!(in_sheet(|row| !row[0].is_empty()), expected);
    assert_eq!(in_sheet(|row| row[2] == "小计"), expected);
    assert_eq!(in_sheet(|row| row[1] == "合计"), expected);
}

#[test]
fn the_page_needs_no_other_and_believes_no_name() {
    let html = funding_html(&report(&application())).unwrap();
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"));
    assert!(html.contains("@page { size: A4;"));
    assert!(html.contains("<td>=高唐&lt;县&gt;&amp;&quot;</td>"));
    for banned in ["<县>", "http", "src=", "href", "url(", "@import", "<script", "<link"] {
        assert!(!html.contains(banned), "{banned}");
    }
    for tag in
        ["html", "head", "body", "style", "section", "table", "thead", "tbody", "tr", "td", "th", "p", "div", "h1"]
    {
        let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn an_application_that_does_not_add_up_is_not_written() {
    let check = |change: fn(&mut FundingApplication), expected: &str| {
        let mut application = application();
        change(&mut application);
        let error = funding_html(&report(&application)).unwrap_err();
        assert_eq!(error.code(), expected);
        assert!(!error.zh().is_empty());
        assert_eq!(write_funding_xlsx(&report(&application), std::io::sink()).unwrap_err().code(), expected);
    };
    check(|it| it.total.amount = Fen::new(23_650_004), "FUNDING_REPORT_AMOUNT_DIFFERS");
    check(|it| it.total.claims = 12, "FUNDING_REPORT_CLAIMS_DIFFER");
    check(|it| it.lines[0].amount = Fen::new(i64::MAX), "FUNDING_REPORT_OVERFLOW");
    check(|it| it.lines.clear(), "FUNDING_REPORT_NO_LINES");
}
