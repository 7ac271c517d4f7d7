//! Rosters as offices keep them, and as nobody should.

use std::fmt::Write;

use encoding_rs::GB18030;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::super::fixtures::{resident_id, uscc, workbook};
use super::*;

/// Puts identifiers into a text: `{1}` to `{4}` are identity numbers, `{A}` to `{C}` enterprise codes.
fn filled(text: &str) -> String {
    let text = (1..=4).fold(text.to_owned(), |text, it| text.replace(&format!("{{{it}}}"), &resident_id(it)));
    ('A'..='C').fold(text, |text, it| text.replace(&format!("{{{it}}}"), &uscc(it)))
}

/// The answers of a roster, a line each: `number name [what else was asked for]`, or `!row column code`.
fn answers(roster: &Roster) -> String {
    let mut lines = String::new();
    for row in &roster.rows {
        let name = row.person.as_ref().map_or("-", |person| person.name.as_str());
        writeln!(lines, "{} {name}", row.number).unwrap();
    }
    for problem in &roster.problems {
        for cell in &problem.problems {
            let letter = cell.place.as_ref().map_or("-", |place| place.letter.as_str());
            writeln!(lines, "!{} {letter} {}", problem.row, cell.code).unwrap();
        }
    }
    lines
}

fn read(text: &str, options: &Options) -> Result<Roster, TableError> {
    read_roster(filled(text).as_bytes(), "名册.csv", options)
}

/// Checks the answers to a roster of graduates of enterprise A, or the code of the refusal.
fn check(text: &str, expected: &str) {
    let options = Options { enterprise: Uscc::parse(&uscc('A')).ok(), ..Options::new(RosterKind::Graduates) };
    let actual = read(text, &options).map_or_else(|error| error.code().to_owned(), |roster| answers(&roster));
    assert_eq!(actual.trim_end(), expected, "{text}");
}

const HEAD: &str = "姓名,身份证号,毕业时间,合同起,合同止,联系电话\n";

#[test]
fn each_row_gets_one_answer() {
    let rows = "张三,{1},2022-06-30,2022-08-01,2023-07-31,13800000000
李四,{2},2022/6/30,20220801,无固定期限,/
,{3},2022年6月30日,,,
王五,3.71502E+17,昨天,2022-08-01,2022-07-31,12
张三,{1},2022-06-30,,,
赵六,＇{4},44742,,,
";
    check(
        &format!("{HEAD}{rows}"),
        "2 张三\n3 李四\n7 赵六\n!4 A CELL_MISSING\n!5 B RESIDENT_ID_LOST_DIGITS\n!5 F PHONE_UNKNOWN_PATTERN\n\
         !5 C DATE_UNREADABLE\n!5 E CONTRACT_DATES_REVERSED\n!6 - ROW_DUPLICATE",
    );
}

#[test]
fn a_file_that_cannot_be_a_roster_is_refused_as_a_whole() {
    check("", "TABLE_EMPTY");
    check("a,b,c\n1,2,3", "TABLE_NO_HEADER");
    check("姓名,手机号,毕业时间\n张三,1,2", "TABLE_MISSING_COLUMN");
    check("姓名,身份证号,证件号码,毕业时间\n", "TABLE_DUPLICATE_COLUMN");
    check("统一社会信用代码：91371500MA3\n姓名,身份证号,毕业时间\n", "TABLE_INVALID_TITLE");
    check("姓名,身份证号,毕业时间\n张三,\"{1},2022-06-30\n李四,{2},x", "TABLE_OPEN_QUOTE");
    let without = read(&format!("{HEAD}张三,{{1}}"), &Options::new(RosterKind::Graduates));
    assert_eq!(without.unwrap_err().code(), "TABLE_MISSING_ENTERPRISE");
}

#[test]
fn messages_name_the_place_and_never_the_content() {
    let options = Options { enterprise: Uscc::parse(&uscc('A')).ok(), ..Options::new(RosterKind::Graduates) };
    let mut wrong = resident_id(1);
    wrong.replace_range(6..8, "39");
    let text = format!("标题\n\n\"身份证\n号\",姓名,手机\n{wrong},张三,123\n");
    let roster = read(&text, &options).unwrap();
    let problem = &roster.problems[0];
    assert_eq!(
        problem.to_string(),
        "row 4: column A 身份证号: resident identity number has an impossible birth date; \
         column C 手机: phone number is neither a mainland mobile number nor a landline with its area code"
    );
    assert!(problem.zh().starts_with("第 4 行：A列“身份证号”："), "{}", problem.zh());
    assert!(!format!("{roster:?}").contains(&wrong));
}

#[test]
fn an_enterprise_is_taken_from_its_cell_the_title_or_the_default() {
    let check = |text: &str, default: Option<char>, expected: &[&str]| {
        let enterprise = default.map(|letter| Uscc::parse(&uscc(letter)).unwrap());
        let options = Options { enterprise, ..Options::new(RosterKind::Graduates) };
        let roster = read(text, &options).unwrap();
        let found: Vec<String> = roster
            .rows
            .iter()
            .map(|row| {
                format!(
                    "{} {}",
                    row.enterprise.as_str(),
                    row.enterprise_name.as_ref().map_or("", EnterpriseName::as_str)
                )
            })
            .collect();
        assert_eq!(found, expected.iter().map(|it| filled(it)).collect::<Vec<_>>(), "{text}");
    };
    let rows = "姓名,身份证号,毕业时间\n张三,{1},\n";
    check(rows, Some('C'), &["{C} "]);
    check(&format!("单位名称：甲  统一社会信用代码：{{B}}\n{rows}"), Some('C'), &["{B} 甲"]);
    let coded = "姓名,身份证号,信用代码,企业名称\n张三,{1},{A},丙\n李四,{2},,\n";
    check(&format!("单位名称：甲  统一社会信用代码：{{B}}\n{coded}"), Some('C'), &["{A} 丙", "{C} "]);
}

#[test]
fn a_workforce_is_counted_or_named() {
    let check = |text: &str, expected: &str| {
        let actual = read(text, &Options::new(RosterKind::Workforce))
            .map_or_else(|error| error.to_string(), |roster| answers(&roster));
        assert_eq!(actual.trim_end(), expected, "{text}");
    };
    let counted = "单位名称,统一社会信用代码,参保人数,参保地,对公账户";
    check(&format!("{counted}\n甲,{{A}},37,371502,6222 0202 0011 2233 445\n乙,{{B}},37人\n合计,,74"), "2 -\n3 -");
    check(
        &format!("{counted}\n甲,{{A}},0\n乙,{{B}}\n丙,{{C}},3,某县,6.2E+18\n甲,{{A}},1\n甲,{{A}},2"),
        "5 -\n!2 C HEADCOUNT_INVALID\n!3 C CELL_MISSING\n!4 D REGION_ILLEGAL_CHARACTER\n!4 E BANK_ACCOUNT_LOST_DIGITS\n!6 - ROW_DUPLICATE",
    );
    let named = "姓名,身份证号,统一社会信用代码,用工单位统一社会信用代码,派遣协议编号";
    check(
        &format!("{named}\n张三,{{1}},{{A}},{{B}},P-1\n张三,{{1}},{{B}},{{A}},\n,,{{C}}"),
        "2 张三\n3 张三\n!4 B CELL_MISSING",
    );
    check(
        "姓名,统一社会信用代码,手机",
        "no column for 身份证号; understood are: 身份证号、身份证号码、身份证、公民身份号码、公民身份证号码、\
         证件号码、证件号、居民身份证号、居民身份证号码、有效身份证件号码、社会保障号码、社会保障号、毕业生身份证号、职工身份证号、resident_id",
    );
}

#[test]
fn a_region_is_known_by_code_or_by_a_configured_name() {
    let names = BTreeMap::from([("东昌府区".to_owned(), Region::parse("371502").unwrap())]);
    let options =
        Options { region_names: names, region: Region::parse("371500").ok(), ..Options::new(RosterKind::Workforce) };
    let roster = read("所属县区,社会信用代码,职工人数\n东昌府 区,{A},1\n371521,{B},1\n,{C},1", &options).unwrap();
    let regions: Vec<&str> = roster.rows.iter().filter_map(|row| Some(row.region.as_ref()?.as_str())).collect();
    assert_eq!(regions, ["371502", "371521", "371500"]);
}

#[test]
fn the_same_roster_reads_the_same_in_every_file() {
    let text = filled(&format!("{HEAD}张·三,{{1}},2022-06-30,2022-08-01,2023-07-31,13800000000\n"));
    let options = Options { enterprise: Uscc::parse(&uscc('A')).ok(), ..Options::new(RosterKind::Graduates) };
    let rows = |bytes: &[u8]| read_roster(bytes, "a", &options).unwrap().rows;
    let expected = rows(text.as_bytes());
    assert_eq!(expected.len(), 1);
    assert_eq!(rows(&GB18030.encode(&text).0), expected);
    assert_eq!(rows(&[b"\xEF\xBB\xBF", text.replace(',', ";").as_bytes()].concat()), expected);
    let cells: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows(&workbook(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>())), expected);
}

#[test]
fn a_workbook_as_an_office_keeps_it_is_read() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("填表说明").unwrap().write_string(0, 0, "请如实填写").unwrap();
    let sheet = book.add_worksheet().set_name("花名册").unwrap();
    let (plain, day) = (Format::new(), Format::new().set_num_format("yyyy/m/d"));
    sheet.merge_range(0, 0, 0, 6, "一次性扩岗补助花名册", &plain).unwrap();
    sheet.merge_range(1, 0, 1, 6, &filled("单位名称：甲公司   统一社会信用代码：{A}"), &plain).unwrap();
    sheet
        .write_row(3, 0, ["序号", "姓名", "身份证\n号码", "毕业时间", "劳动合同起止时间", "毕业院校", "联系电话"])
        .unwrap();
    for (row, name) in [(4, "张三"), (5, "李四"), (8, "王五")] {
        sheet.write_number(row, 0, row).unwrap();
        sheet.write_string(row, 1, name).unwrap();
        sheet.write_string(row, 2, resident_id(row.try_into().unwrap())).unwrap();
        sheet.write_datetime_with_format(row, 3, ExcelDateTime::from_ymd(2022, 6, 30).unwrap(), &day).unwrap();
    }
    sheet.write_number(5, 6, 138_u8).unwrap();
    sheet.write_string(4, 4, "2022-08-01至2023-07-31").unwrap();
    sheet.write_number(4, 6, 13_800_000_000.0).unwrap();
    sheet.write_number(6, 0, 7).unwrap();
    sheet.write_number(8, 2, 371_502_200).unwrap();
    sheet.merge_range(10, 0, 10, 6, "填表人：赵六    审核人：孙七    2022年12月30日", &plain).unwrap();

    let roster = read_roster(&book.save_to_buffer().unwrap(), "a", &Options::new(RosterKind::Graduates)).unwrap();
    assert_eq!(answers(&roster), "5 张三\n!6 G PHONE_UNKNOWN_PATTERN\n!9 C RESIDENT_ID_WRONG_LENGTH\n");
    let row = &roster.rows[0];
    assert_eq!(row.enterprise.as_str(), uscc('A'));
    assert_eq!(row.graduated_on, Some(jiff::civil::date(2022, 6, 30)));
    assert_eq!(
        (row.contract_from, row.contract_until),
        (Some(jiff::civil::date(2022, 8, 1)), Some(jiff::civil::date(2023, 7, 31)))
    );
    assert_eq!(row.person.as_ref().unwrap().phone, Phone::parse("13800000000").ok());
    let notes = &roster.notes;
    assert_eq!((notes.sheet.as_str(), notes.header_row, notes.blank_rows), ("花名册", 4, 2));
    assert_eq!(notes.footer_rows, [11]);
    assert_eq!(notes.other_sheets, ["填表说明"]);
    assert_eq!(notes.unknown_columns.iter().map(|place| place.word.as_str()).collect::<Vec<_>>(), ["毕业院校"]);
}

#[test]
fn two_rosters_in_one_workbook_must_be_told_apart() {
    let mut book = Workbook::new();
    for name in ["甲", "乙"] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        sheet.write_row(0, 0, ["姓名", "身份证号", "信用代码"]).unwrap();
        sheet.write_row(1, 0, [name.to_owned(), resident_id(1), uscc('A')]).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let read = |sheet: Option<&str>| {
        let options = Options { sheet: sheet.map(str::to_owned), ..Options::new(RosterKind::Graduates) };
        read_roster(&bytes, "a", &options).map_or_else(|error| error.to_string(), |roster| answers(&roster))
    };
    assert_eq!(read(None), "more than one sheet holds a roster: 甲、乙; name the one to read");
    assert_eq!(read(Some("乙")), "2 乙\n");
    assert_eq!(read(Some("丙")), "no sheet of that name; the workbook has: 甲、乙");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_row_of_data_is_answered_once(rows in proptest::collection::vec("(张三|李四|)?,(\\{[1-4]\\}|[0-9X]{0,18}|\\PC{0,5}),[0-9年/-]{0,10}", 0..12)) {
        let options = Options { enterprise: Uscc::parse(&uscc('A')).ok(), ..Options::new(RosterKind::Graduates) };
        let text = format!("姓名,身份证号,毕业时间\n{}\n", rows.join("\n"));
        if let Ok(roster) = read(&text, &options) {
            let mut answered: Vec<u32> = roster.rows.iter().map(|row| row.number).collect();
            answered.extend(roster.problems.iter().map(|problem| problem.row));
            answered.sort_unstable();
            let last = answered.last().copied().unwrap_or(1);
            let total = answered.len();
            answered.dedup();
            prop_assert_eq!(answered.len(), total, "a row has two answers");
            prop_assert!(roster.notes.footer_rows.iter().all(|row| *row > last), "a row of data is a footer");
            let blank = usize::try_from(roster.notes.blank_rows + roster.notes.repeated_headers).unwrap();
            prop_assert_eq!(total + blank, usize::try_from(last - 1).unwrap(), "a row has no answer");
            prop_assert!(roster.problems.iter().all(|problem| !problem.problems.is_empty()));
        }
    }

    #[test]
    fn no_text_is_fatal(text in "(姓名,身份证号,毕业时间\n)?(\\PC|[,;\t\"\n\r]){0,80}") {
        let _ = read_roster(text.as_bytes(), "a", &Options::new(RosterKind::Workforce));
    }
}
