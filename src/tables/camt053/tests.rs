//! camt.053: our own and another's, and what a hostile or careless sender makes of it.

use proptest::prelude::*;

use super::super::fixtures;
use super::super::statement::read_statement;
use super::*;

const BANK: &str = include_str!("../../../tests/data/camt053-bank.xml");
const DAY: Date = Date::constant(2022, 10, 10);

/// Changes the bank's document and says why it is refused.
#[track_caller]
fn check(from: &str, to: &str, expected: &str) {
    assert!(BANK.contains(from), "{from} is not in the sample");
    let error = read_statement(BANK.replacen(from, to, 1).as_bytes()).unwrap_err();
    assert_eq!(format!("{} {error}", error.code()), expected);
    assert!(!error.zh().is_empty());
}

#[test]
fn a_bank_s_document_is_read() {
    let statement = read_statement(BANK.as_bytes()).unwrap();
    assert_eq!(statement, fixtures::statement());
    statement.verify().unwrap();
    // In one line, and in the newer version, it says the same.
    let newer = BANK
        .replace("camt.053.001.02", "camt.053.001.08")
        .replace("<bk:Sts>BOOK</bk:Sts>", "<bk:Sts><bk:Cd>BOOK</bk:Cd></bk:Sts>");
    assert_eq!(read_statement(newer.as_bytes()).unwrap(), fixtures::statement());
    let flat: String = BANK.lines().map(|line| format!("{} ", line.trim())).collect();
    assert_eq!(read_statement(flat.as_bytes()).unwrap(), fixtures::statement());
}

#[test]
fn each_encoding_of_a_bank_is_read() {
    let gb = BANK.replace("UTF-8", "GB18030");
    assert_eq!(read_statement(&encoding_rs::GB18030.encode(&gb).0).unwrap(), fixtures::statement());
    let units: Vec<u8> = BANK.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_statement(&[b"\xFF\xFE", units.as_slice()].concat()).unwrap(), fixtures::statement());
    assert_eq!(read_statement(&[b"\xEF\xBB\xBF", BANK.as_bytes()].concat()).unwrap(), fixtures::statement());
}

#[test]
fn a_refusal_names_line_and_element() {
    let amount = "expected an amount in yuan with at most two decimals";
    for wrong in ["200000.505", "-200000.50", "200,000.50", "2e5", ""] {
        check("200000.50", wrong, &format!("STATEMENT_FILE_AMOUNT line 49, entry 1, Stmt/Ntry/Amt: {amount}"));
    }
    let currency = "STATEMENT_FILE_CURRENCY line 49, entry 1, Stmt/Ntry/Amt/@Ccy: expected yuan (CNY)";
    check("Ccy=\"CNY\">200000", "Ccy=\"USD\">200000", currency);
    check(" Ccy=\"CNY\">200000", ">200000", currency);
    check("<bk:Ccy>CNY", "<bk:Ccy>USD", "STATEMENT_FILE_CURRENCY line 20, Stmt/Acct/Ccy: expected yuan (CNY)");
    let direction =
        "STATEMENT_FILE_DIRECTION line 50, entry 1, Stmt/Ntry/CdtDbtInd: expected 借 or 贷, in XML DBIT or CRDT";
    check("CRDT</bk:CdtDbtInd>\n        <bk:Sts>", "C</bk:CdtDbtInd>\n        <bk:Sts>", direction);
    let pending = "expected what is booked (BOOK); what is pending is no part of a statement";
    check(
        "<bk:Sts>BOOK",
        "<bk:Sts>PDNG",
        &format!("STATEMENT_FILE_NOT_BOOKED line 51, entry 1, Stmt/Ntry/Sts: {pending}"),
    );
    let date = "STATEMENT_FILE_DATE line 52, entry 1, Stmt/Ntry/BookgDt/Dt: expected a date such as 2022-10-10";
    check("<bk:BookgDt><bk:Dt>2022-10-10", "<bk:BookgDt><bk:Dt>10.10.2022", date);
    let number = "STATEMENT_FILE_NUMBER line 14, Stmt/ElctrncSeqNb: expected a whole number";
    check("<bk:ElctrncSeqNb>7", "<bk:ElctrncSeqNb>+7", number);
    let account = "STATEMENT_FILE_ACCOUNT line 19, Stmt/Acct/Id/Othr/Id: expected an account number (BANK_ACCOUNT_ILLEGAL_CHARACTER)";
    check("6222 0000 0000 1234", "6222X", account);
}

#[test]
fn what_a_statement_needs_is_there_once() {
    let entry = |what: &str| format!("STATEMENT_FILE_MISSING line 62, entry 1, Stmt/Ntry/{what} is missing");
    check("        <bk:CdtDbtInd>CRDT</bk:CdtDbtInd>\n        <bk:Sts>", "\n        <bk:Sts>", &entry("CdtDbtInd"));
    check("<bk:AcctSvcrRef>A-1</bk:AcctSvcrRef>", "", &entry("AcctSvcrRef"));
    check("<bk:BookgDt><bk:Dt>2022-10-10</bk:Dt></bk:BookgDt>", "", &entry("BookgDt/Dt"));
    let statement = |what: &str| format!("STATEMENT_FILE_MISSING line 101, Stmt/{what} is missing");
    check("<bk:ElctrncSeqNb>7</bk:ElctrncSeqNb>", "", &statement("ElctrncSeqNb"));
    check("<bk:Cd>CLBD", "<bk:Cd>ITBD", &statement("Bal[CLBD]"));
    check("<bk:Sum>18500.00</bk:Sum>", "", &statement("TxsSummry/TtlDbtNtries/Sum"));
    check("<bk:Cd>CLBD", "<bk:Cd>OPBD", "STATEMENT_FILE_REPEATED line 41, Stmt/Bal appears twice");
    let several = "several payments are booked as one; ask the bank to book them singly";
    check(
        "</bk:TxDtls>",
        "</bk:TxDtls><bk:TxDtls/>",
        &format!("STATEMENT_FILE_SEVERAL_TRANSACTIONS line 62, entry 1: {several}"),
    );
    let several = "file holds more than one statement; read them one by one";
    check(
        "  </bk:BkToCstmrStmt>",
        "<bk:Stmt/></bk:BkToCstmrStmt>",
        &format!("STATEMENT_FILE_SEVERAL_STATEMENTS line 99: {several}"),
    );
}

#[test]
fn another_message_is_not_taken_for_a_statement() {
    for version in ["camt.053.001.13", "camt.054.001.08", "pain.001.001.09"] {
        let document = format!("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:{version}'/>");
        assert_eq!(
            read_statement(document.as_bytes()).unwrap_err().code(),
            "STATEMENT_FILE_UNKNOWN_VERSION",
            "{version}"
        );
    }
    let namespace = format!("{MESSAGE}08");
    for document in ["<html/>", "<Document/>", "<Document xmlns='other'/>", "<Envelope><Document/></Envelope>"] {
        assert_eq!(
            read_statement(document.as_bytes()).unwrap_err().code(),
            "STATEMENT_FILE_NOT_A_STATEMENT",
            "{document}"
        );
    }
    for inner in ["", "<BkToCstmrStmt/>", "<Stmt/>"] {
        let document = format!("<Document xmlns='{namespace}'>{inner}</Document>");
        assert_eq!(
            read_statement(document.as_bytes()).unwrap_err().code(),
            "STATEMENT_FILE_NOT_A_STATEMENT",
            "{document}"
        );
    }
}

#[test]
fn a_code_that_is_not_known_is_another_reason() {
    let read = |code: &str| read_statement(BANK.replace("AC04", code).as_bytes()).unwrap().lines[2].return_cause;
    assert_eq!(read("AC01"), Some(Cause::WrongNumber));
    assert_eq!(read("ZZ99"), Some(Cause::Other));
    let proprietary = BANK.replace("<bk:Cd>AC04</bk:Cd>", "<bk:Prtry>销户</bk:Prtry>");
    assert_eq!(read_statement(proprietary.as_bytes()).unwrap().lines[2].return_cause, Some(Cause::Other));
}

#[test]
fn counts_may_stand_for_each_direction_alone() {
    let all = "<bk:TtlNtries><bk:NbOfNtries>3</bk:NbOfNtries><bk:Sum>221500.50</bk:Sum></bk:TtlNtries>";
    assert_eq!(read_statement(BANK.replace(all, "").as_bytes()).unwrap(), fixtures::statement());
    let neither = BANK.replace(all, "").replacen("<bk:NbOfNtries>2</bk:NbOfNtries>", "", 1);
    assert_eq!(read_statement(neither.as_bytes()).unwrap_err().code(), "STATEMENT_FILE_MISSING");
}

#[test]
fn a_hostile_document_is_an_error_and_not_an_outage() {
    let namespace = format!("{MESSAGE}08");
    let check = |document: String, expected: &str| {
        assert_eq!(read_statement(document.as_bytes()).unwrap_err().code(), expected);
    };
    let laughs: String =
        (1..9).map(|it| format!("<!ENTITY l{it} \"{}\">", format!("&l{};", it - 1).repeat(10))).collect();
    check(
        format!(
            "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY l0 \"lol\">{laughs}]><Document xmlns='{namespace}'>&l8;</Document>"
        ),
        "STATEMENT_FILE_FORBIDDEN",
    );
    check(format!("<Document xmlns='{namespace}'><a>&l8;</a></Document>"), "STATEMENT_FILE_FORBIDDEN");
    check(
        format!("<Document xmlns='{namespace}'>{}", "<Ntry>".repeat(10 * 1024 * 1024 / 6)),
        "STATEMENT_FILE_TOO_DEEP",
    );
    check(
        format!("<Document xmlns='{namespace}'>{}</Document>", "x".repeat(10 * 1024 * 1024)),
        "STATEMENT_FILE_VALUE_TOO_LONG",
    );
    check(format!("<Document xmlns='{namespace}'><BkToCstmrStmt>"), "STATEMENT_FILE_MALFORMED");
    let attributes: String = (0..1_000).map(|it| format!(" xmlns:p{it}='u'")).collect();
    check(format!("<Document{attributes}/>"), "STATEMENT_FILE_MALFORMED");
    let entities = "<Amt Ccy='&x;'>1</Amt>";
    check(
        format!(
            "<Document xmlns='{namespace}'><BkToCstmrStmt><Stmt><Bal>{entities}</Bal></Stmt></BkToCstmrStmt></Document>"
        ),
        "STATEMENT_FILE_FORBIDDEN",
    );
}

#[test]
fn more_entries_than_a_statement_may_have_are_refused() {
    let entry = "<Ntry><Amt Ccy='CNY'>1</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2022-10-10</Dt></BookgDt><AcctSvcrRef>1</AcctSvcrRef></Ntry>";
    let entries = entry.repeat(LINES_MAX + 1);
    let document =
        format!("<Document xmlns='{MESSAGE}08'><BkToCstmrStmt><Stmt>{entries}</Stmt></BkToCstmrStmt></Document>");
    assert_eq!(read_statement(document.as_bytes()).unwrap_err().code(), "STATEMENT_FILE_TOO_MANY_ENTRIES");
}

#[test]
fn days_are_those_of_china() {
    let check = |text, expected: Option<Date>| assert_eq!(date(text), expected, "{text}");
    check("2022-10-10", Some(DAY));
    check("2022-10-10+08:00", Some(DAY));
    check("2022-10-10Z", Some(DAY));
    check("2022-10-10T23:59:59", Some(DAY));
    check("2022-10-10T23:59:59.999+08:00", Some(DAY));
    check("2022-10-09T16:00:00Z", Some(DAY));
    for text in ["", "2022-10", "20221010", "2022-13-01", "2022-10-10Tnoon", "2022-10-100", "２０２２-10-10"] {
        check(text, None);
    }
}

/// After BankToCustomerStatementV08, GroupHeader81, AccountStatement9, CashAccount39, CashBalance8, TotalTransactions6, ReportEntry10,
/// EntryDetails9, EntryTransaction10 and PaymentReturnReason5.
const SEQUENCES: [(&str, &str); 10] = [
    ("BkToCstmrStmt", "GrpHdr Stmt SplmtryData"),
    ("GrpHdr", "MsgId CreDtTm MsgRcpt MsgPgntn OrgnlBizQry AddtlInf"),
    (
        "Stmt",
        "Id StmtPgntn ElctrncSeqNb RptgSeq LglSeqNb CreDtTm FrToDt CpyDplctInd RptgSrc Acct RltdAcct Intrst Bal TxsSummry Ntry \
         AddtlStmtInf",
    ),
    ("Acct", "Id Tp Ccy Nm Prxy Ownr Svcr"),
    ("Bal", "Tp CdtLine Amt CdtDbtInd Dt Avlbty"),
    ("TxsSummry", "TtlNtries TtlCdtNtries TtlDbtNtries TtlNtriesPerBkTxCd"),
    (
        "Ntry",
        "NtryRef Amt CdtDbtInd RvslInd Sts BookgDt ValDt AcctSvcrRef Avlbty BkTxCd ComssnWvrInd AddtlInfInd AmtDtls Chrgs \
         TechInptChanl Intrst CardTx NtryDtls AddtlNtryInf",
    ),
    ("NtryDtls", "Btch TxDtls"),
    (
        "TxDtls",
        "Refs Amt CdtDbtInd AmtDtls Avlbty BkTxCd Chrgs Intrst RltdPties RltdAgts LclInstrm Purp RltdRmtInf RmtInf RltdDts RltdPric \
         RltdQties FinInstrmId Tax RtrInf CorpActn SfkpgAcct CshDpst CardTx AddtlTxInf SplmtryData",
    ),
    ("RtrInf", "OrgnlBkTxCd Orgtr Rsn AddtlInf"),
];
const MANDATORY: [(&str, &str); 5] = [
    ("BkToCstmrStmt", "GrpHdr Stmt"),
    ("GrpHdr", "MsgId CreDtTm"),
    ("Stmt", "Id Acct Bal"),
    ("Bal", "Tp Amt CdtDbtInd Dt"),
    ("Ntry", "Amt CdtDbtInd Sts BkTxCd"),
];

#[test]
fn elements_stand_in_the_order_of_the_standard() {
    fixtures::check_order(&write_camt053(&fixtures::statement(), DAY).unwrap(), &SEQUENCES, &MANDATORY);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(statement in fixtures::any_statement()) {
        let bytes = write_camt053(&statement, DAY).unwrap();
        prop_assert_eq!(read_statement(&bytes).unwrap(), statement);
    }

    #[test]
    fn no_broken_document_is_fatal(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = BANK.as_bytes().to_vec();
        for (index, value) in edits {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read_statement(&bytes);
    }
}
