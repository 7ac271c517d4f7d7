//! Statements as CSV: our own and other banks', and what is wrong with each that is refused.

use proptest::prelude::*;

use super::super::fixtures;
use super::super::statement::read_statement;
use super::*;

/// As a county branch writes it: a title, other words, thousands separators, and a tab to keep digits as text.
const BANK: &str = "示例银行对账单,,,,,,\n\
    帐号：,6222 0000 0000 1234\t\n户名,聊城市失业保险基金支出户\n币种,人民币\n对账单编号,7\n\
    期初余额(元),\"1,000.00\"\n期末余额（元）,\"185,500.50\"\n总笔数,3\n借方发生额,\"18,500.00\"\n贷方发生额,203000.5\n\n\
    序号,交易日期,记账日期,银行流水号,借贷方向,发生额（元）,附言,退票原因,业务编号,对方户名\n\
    1,20221009,2022-10-10,A-1\t,贷方,\"200,000.50\",市财政局 2022年10月 <第1批>补助,,,\n\
    2,20221009,2022/10/10,A-2\t,借方,18500,,,'018412345678700080000000000000ab,某某(聊城)有限公司\n\
    ,,,,,,,,,\n\
    3,20221009,2022年10月10日,A-3\t,贷方,\"3,000.00\",,账户已销户,018412345678700080000000000000aa\n";

#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    assert!(BANK.contains(from), "{from} is not in the sample");
    let error = read_statement(BANK.replacen(from, to, 1).as_bytes()).unwrap_err();
    assert_eq!(format!("{} {error}", error.code()), expected);
    assert!(!error.zh().is_empty());
}

#[test]
fn a_bank_s_file_is_read() {
    assert_eq!(read_statement(BANK.as_bytes()).unwrap(), fixtures::statement());
    fixtures::statement().verify().unwrap();
    let gb = encoding_rs::GB18030.encode(BANK).0.into_owned();
    assert_eq!(read_statement(&gb).unwrap(), fixtures::statement());
    let tabs = BANK.replace('\t', "").replace("\",\"", "\"\t\"").replace(",\"", "\t\"").replace("\",", "\"\t");
    let tabs: String = tabs
        .split('"')
        .enumerate()
        .map(|(at, it)| if at % 2 == 0 { it.replace(',', "\t") } else { it.to_owned() })
        .collect();
    assert_eq!(read_statement(tabs.as_bytes()).unwrap(), fixtures::statement());
}

#[test]
fn our_own_file_is_as_promised() {
    let expected = "账号,'6222000000001234\r\n对账单号,7\r\n期初余额,1000.00\r\n期末余额,185500.50\r\n笔数,3\r\n借方合计,18500.00\r\n\
        贷方合计,203000.50\r\n流水号,记账日期,借贷标志,金额,指令编号,退回原因,摘要\r\n\
        A-1,2022-10-10,贷,200000.50,,,市财政局 2022年10月 <第1批>补助\r\n\
        A-2,2022-10-10,借,18500.00,018412345678700080000000000000ab,,\r\n\
        A-3,2022-10-10,贷,3000.00,018412345678700080000000000000aa,AC04,\r\n";
    let write = |encoding| write_csv(&fixtures::statement(), encoding).unwrap();
    assert_eq!(String::from_utf8(write(StatementEncoding::Utf8)).unwrap(), expected);
    assert_eq!(write(StatementEncoding::Utf8WithMark), [b"\xEF\xBB\xBF", expected.as_bytes()].concat());
    assert_eq!(encoding_rs::GB18030.decode(&write(StatementEncoding::Gb18030)).0, expected);
}

#[test]
fn a_refusal_names_line_and_word() {
    let amount = "expected an amount in yuan with at most two decimals";
    check("\"200,000.50\"", "200000.505", &format!("STATEMENT_FILE_AMOUNT line 13, entry 1, 金额: {amount}"));
    check("\"200,000.50\"", "\"200,00.50\"", &format!("STATEMENT_FILE_AMOUNT line 13, entry 1, 金额: {amount}"));
    check("203000.5", "203000.500", &format!("STATEMENT_FILE_AMOUNT line 10, 贷方合计: {amount}"));
    check("借方,18500", ",18500", "STATEMENT_FILE_MISSING line 14, entry 2, 借贷标志 is missing");
    check(
        "借方,18500",
        "付,18500",
        "STATEMENT_FILE_DIRECTION line 14, entry 2, 借贷标志: expected 借 or 贷, in XML DBIT or CRDT",
    );
    check(
        "2022年10月10日",
        "10月10日",
        "STATEMENT_FILE_DATE line 16, entry 3, 记账日期: expected a date such as 2022-10-10",
    );
    check("A-3", "", "STATEMENT_FILE_MISSING line 16, entry 3, 流水号 is missing");
    check("总笔数,3\n", "", "STATEMENT_FILE_MISSING line 1, 笔数 is missing");
    check("总笔数,3", "总笔数,三", "STATEMENT_FILE_NUMBER line 8, 笔数: expected a whole number");
    check("户名,", "账号,", "STATEMENT_FILE_REPEATED line 3, 账号 appears twice");
    check("人民币", "美元", "STATEMENT_FILE_CURRENCY line 4, 币种: expected yuan (CNY)");
    check(
        "6222 0000 0000 1234",
        "6.222E+15",
        "STATEMENT_FILE_ACCOUNT line 2, 账号: expected an account number (BANK_ACCOUNT_LOST_DIGITS)",
    );
    check("借贷方向", "方向", "STATEMENT_FILE_MISSING_COLUMN no column 借贷标志 in the table");
    check("附言", "银行流水号", "STATEMENT_FILE_REPEATED line 12, 流水号 appears twice");
    check(
        "附言",
        &"长".repeat(2_000),
        "STATEMENT_FILE_VALUE_TOO_LONG line 12: a value is longer than any that a statement has",
    );
    check(
        "某某",
        "\"某某",
        "TABLE_OPEN_QUOTE row 14: a quotation mark is never closed, the rows below it cannot be told apart",
    );
}

#[test]
fn a_file_that_is_no_statement_is_refused() {
    let check = |bytes: &[u8], expected| assert_eq!(read_statement(bytes).unwrap_err().code(), expected);
    check(b"", "STATEMENT_FILE_EMPTY");
    check(b"PK\x03\x04", "STATEMENT_FILE_NOT_A_STATEMENT");
    check(b"%PDF-1.7\0", "STATEMENT_FILE_NOT_A_STATEMENT");
    check("姓名,身份证号\n张三,1".as_bytes(), "STATEMENT_FILE_NOT_A_STATEMENT");
    check("账号,6222\n".as_bytes(), "STATEMENT_FILE_NOT_A_STATEMENT");
    check(b"a\xFF\xFF", "TABLE_ENCODING");
    check(&vec![b' '; super::super::statement::MAX_STATEMENT_BYTES + 1], "STATEMENT_FILE_TOO_LARGE");
}

#[test]
fn more_entries_than_a_statement_may_have_are_refused() {
    let line = "1,20221009,2022-10-10,1,贷,1\n";
    let head = BANK.split_inclusive('\n').take(12).collect::<String>();
    let error = read_statement(format!("{head}{}", line.repeat(LINES_MAX + 1)).as_bytes()).unwrap_err();
    assert_eq!(error.code(), "STATEMENT_FILE_TOO_MANY_ENTRIES");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(statement in fixtures::any_statement(), which in 0..3_usize) {
        let encodings = [StatementEncoding::Utf8, StatementEncoding::Utf8WithMark, StatementEncoding::Gb18030];
        let bytes = write_csv(&statement, encodings[which]).unwrap();
        prop_assert_eq!(read_statement(&bytes).unwrap(), statement);
    }

    #[test]
    fn no_broken_file_is_fatal(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = BANK.as_bytes().to_vec();
        for (index, value) in edits {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read_statement(&bytes);
    }
}
