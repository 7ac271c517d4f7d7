//! Payment instructions as ISO 20022 pain.001, for a bank that takes a file and not a call.
//!
//! The same instruction has the same id here and on the wire (I4): a bank that gets it both ways books it once.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use jiff::Timestamp;
use jiff::civil::Date;

use super::export_text::{plain_yuan, visible};
use super::xml::{XmlWriter, amount, document, leaf, nested, node};
use crate::domain::calendar::cst_date;
use crate::domain::money::Fen;
use crate::domain::payment::{InstructionId, Order};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
/// Max35Text, Max140Text: the schema's own bounds.
const ID_CHARS: usize = 35;
const NAME_CHARS: usize = 140;
/// A file of half a gigabyte at most; a city's month has some thousands.
const ORDERS_MAX: usize = 500_000;
/// China Standard Time, in which the bank reads the day.
const ZONE: &str = "+08:00";
/// What the standard puts where an agent must stand and its code is not known: the bank knows whose account it keeps.
const UNKNOWN_AGENT: &str = "NOTPROVIDED";

/// One file of instructions.
#[derive(Clone, Copy)]
pub struct PaymentFile<'a> {
    /// Unique among all files, for good: letters, digits and hyphens, at most 35.
    pub message_id: &'a str,
    pub created_at: Timestamp,
    /// Who pays, as the bank knows the holder of the accounts.
    pub payer_name: &'a str,
    /// In the order in which the file has them within each paying account.
    pub orders: &'a [Order],
}

/// Why no file is written. Orders are named by their place, from 1, never by what they hold.
#[derive(Debug, thiserror::Error)]
pub enum PaymentFileError {
    #[error("no instructions to write")]
    NoOrders,
    #[error("more than {ORDERS_MAX} instructions; write several files")]
    TooManyOrders,
    #[error("message id does not have 1 to {ID_CHARS} letters, digits or hyphens")]
    MessageId,
    #[error("payer has no name, or one longer than {NAME_CHARS} characters")]
    PayerName,
    #[error("instruction {order}: payee has no name, or one longer than {NAME_CHARS} characters")]
    PayeeName { order: usize },
    #[error("instruction {order}: purpose is longer than {NAME_CHARS} characters")]
    Purpose { order: usize },
    #[error("instruction {order}: no positive amount")]
    Amount { order: usize },
    #[error("instruction {order} repeats the id of an earlier one")]
    RepeatedId { order: usize },
    #[error("instructions come to more than an amount can be")]
    Overflow,
    #[error("file cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl PaymentFileError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoOrders => "PAYMENT_FILE_NO_ORDERS",
            Self::TooManyOrders => "PAYMENT_FILE_TOO_MANY_ORDERS",
            Self::MessageId => "PAYMENT_FILE_MESSAGE_ID",
            Self::PayerName => "PAYMENT_FILE_PAYER_NAME",
            Self::PayeeName { .. } => "PAYMENT_FILE_PAYEE_NAME",
            Self::Purpose { .. } => "PAYMENT_FILE_PURPOSE",
            Self::Amount { .. } => "PAYMENT_FILE_AMOUNT",
            Self::RepeatedId { .. } => "PAYMENT_FILE_REPEATED_ID",
            Self::Overflow => "PAYMENT_FILE_OVERFLOW",
            Self::Write(_) => "PAYMENT_FILE_WRITE",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NoOrders => "没有可导出的支付指令".to_owned(),
            Self::TooManyOrders => format!("支付指令超过{ORDERS_MAX}笔，请分为多个文件"),
            Self::MessageId => format!("报文编号应为1至{ID_CHARS}位字母、数字或连字符"),
            Self::PayerName => format!("付款人户名为空或超过{NAME_CHARS}个字"),
            Self::PayeeName { order } => format!("第{order}笔收款人户名为空或超过{NAME_CHARS}个字"),
            Self::Purpose { order } => format!("第{order}笔用途超过{NAME_CHARS}个字"),
            Self::Amount { order } => format!("第{order}笔金额不是正数"),
            Self::RepeatedId { order } => format!("第{order}笔指令编号与前面重复"),
            Self::Overflow => "支付指令合计金额过大".to_owned(),
            Self::Write(_) => "文件无法写入".to_owned(),
        }
    }
}

/// Writes the instructions, one group for each paying account.
pub fn write_pain001(file: &PaymentFile<'_>) -> Result<Vec<u8>, PaymentFileError> {
    let total = check(file)?;
    let mut groups: BTreeMap<&str, Vec<&Order>> = BTreeMap::new();
    for order in file.orders {
        groups.entry(order.payer_account.as_str()).or_default().push(order);
    }
    let mut numbered = Vec::with_capacity(groups.len());
    for (number, (account, orders)) in (1_u32..).zip(groups) {
        let sum = Fen::checked_sum(orders.iter().map(|order| order.amount)).ok_or(PaymentFileError::Overflow)?;
        numbered.push(Group { number, account, orders, sum });
    }
    let day = cst_date(file.created_at);
    let bytes = document(NAMESPACE, |writer| {
        node(writer, "CstmrCdtTrfInitn", |writer| {
            header(writer, file, total)?;
            numbered.iter().try_for_each(|group| payments(writer, file.payer_name, day, group))
        })
    })?;
    Ok(bytes)
}

/// The instructions of one paying account.
struct Group<'a> {
    number: u32,
    account: &'a str,
    orders: Vec<&'a Order>,
    sum: Fen,
}

/// Whether a bank can take the file; what it comes to.
fn check(file: &PaymentFile<'_>) -> Result<Fen, PaymentFileError> {
    let is_id = |text: &str| {
        (1..=ID_CHARS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let length = |text: &str| visible(text).trim().chars().take(NAME_CHARS.saturating_add(1)).count();
    let is_name = |text: &str| (1..=NAME_CHARS).contains(&length(text));
    if !is_id(file.message_id) {
        return Err(PaymentFileError::MessageId);
    }
    if !is_name(file.payer_name) {
        return Err(PaymentFileError::PayerName);
    }
    match file.orders.len() {
        0 => return Err(PaymentFileError::NoOrders),
        1..=ORDERS_MAX => {}
        _ => return Err(PaymentFileError::TooManyOrders),
    }
    let mut ids: BTreeSet<InstructionId> = BTreeSet::new();
    for (order, it) in (1..).zip(file.orders) {
        if it.amount <= Fen::ZERO {
            return Err(PaymentFileError::Amount { order });
        }
        if !is_name(&it.payee_name) {
            return Err(PaymentFileError::PayeeName { order });
        }
        if length(&it.purpose) > NAME_CHARS {
            return Err(PaymentFileError::Purpose { order });
        }
        if !ids.insert(it.instruction_id) {
            return Err(PaymentFileError::RepeatedId { order });
        }
    }
    Fen::checked_sum(file.orders.iter().map(|order| order.amount)).ok_or(PaymentFileError::Overflow)
}

fn header(writer: &mut XmlWriter, file: &PaymentFile<'_>, total: Fen) -> io::Result<()> {
    let offset = jiff::tz::offset(8);
    let created_at = offset.to_datetime(file.created_at).strftime("%Y-%m-%dT%H:%M:%S");
    node(writer, "GrpHdr", |writer| {
        leaf(writer, "MsgId", file.message_id)?;
        leaf(writer, "CreDtTm", &format!("{created_at}{ZONE}"))?;
        leaf(writer, "NbOfTxs", &file.orders.len().to_string())?;
        leaf(writer, "CtrlSum", &plain_yuan(total))?;
        nested(writer, &["InitgPty", "Nm"], file.payer_name.trim())
    })
}

fn payments(writer: &mut XmlWriter, payer_name: &str, day: Date, group: &Group<'_>) -> io::Result<()> {
    node(writer, "PmtInf", |writer| {
        // Unique within the message, which is all that the standard asks.
        leaf(writer, "PmtInfId", &group.number.to_string())?;
        leaf(writer, "PmtMtd", "TRF")?;
        // Booked one by one: the statement must show each instruction.
        leaf(writer, "BtchBookg", "false")?;
        leaf(writer, "NbOfTxs", &group.orders.len().to_string())?;
        leaf(writer, "CtrlSum", &plain_yuan(group.sum))?;
        nested(writer, &["ReqdExctnDt", "Dt"], &day.to_string())?;
        nested(writer, &["Dbtr", "Nm"], payer_name.trim())?;
        nested(writer, &["DbtrAcct", "Id", "Othr", "Id"], group.account)?;
        nested(writer, &["DbtrAgt", "FinInstnId", "Othr", "Id"], UNKNOWN_AGENT)?;
        group.orders.iter().try_for_each(|order| transfer(writer, order))
    })
}

fn transfer(writer: &mut XmlWriter, order: &Order) -> io::Result<()> {
    let id = order.instruction_id.to_string();
    node(writer, "CdtTrfTxInf", |writer| {
        node(writer, "PmtId", |writer| {
            leaf(writer, "InstrId", &id)?;
            leaf(writer, "EndToEndId", &id)
        })?;
        node(writer, "Amt", |writer| amount(writer, "InstdAmt", &plain_yuan(order.amount)))?;
        nested(writer, &["Cdtr", "Nm"], order.payee_name.trim())?;
        nested(writer, &["CdtrAcct", "Id", "Othr", "Id"], order.payee_account.as_str())?;
        // An empty text would not be valid.
        if visible(&order.purpose).trim().is_empty() {
            return Ok(());
        }
        nested(writer, &["RmtInf", "Ustrd"], order.purpose.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::super::xml::{Step, Walker};
    use super::super::yuan::parse_yuan;
    use super::*;
    use crate::domain::identity::BankAccount;

    /// The children of each element that we write, in the sequence of the schema, those left out included. After
    /// CustomerCreditTransferInitiationV09, GroupHeader85, PaymentInstruction30, PaymentIdentification6, CreditTransferTransaction34,
    /// CashAccount38 and PartyIdentification135.
    const SEQUENCES: [(&str, &str); 14] = [
        ("Document", "CstmrCdtTrfInitn"),
        ("DbtrAgt", "FinInstnId BrnchId"),
        ("CstmrCdtTrfInitn", "GrpHdr PmtInf SplmtryData"),
        ("GrpHdr", "MsgId CreDtTm Authstn NbOfTxs CtrlSum InitgPty FwdgAgt InitnSrc"),
        (
            "PmtInf",
            "PmtInfId PmtMtd BtchBookg NbOfTxs CtrlSum PmtTpInf ReqdExctnDt PoolgAdjstmntDt Dbtr DbtrAcct DbtrAgt DbtrAgtAcct \
             InstrForDbtrAgt UltmtDbtr ChrgBr ChrgsAcct ChrgsAcctAgt CdtTrfTxInf",
        ),
        (
            "CdtTrfTxInf",
            "PmtId PmtTpInf Amt XchgRateInf ChrgBr ChqInstr UltmtDbtr IntrmyAgt1 IntrmyAgt1Acct IntrmyAgt2 IntrmyAgt2Acct IntrmyAgt3 \
             IntrmyAgt3Acct CdtrAgt CdtrAgtAcct Cdtr CdtrAcct UltmtCdtr InstrForCdtrAgt InstrForDbtrAgt Purp RgltryRptg Tax RltdRmtInf \
             RmtInf SplmtryData",
        ),
        ("PmtId", "InstrId EndToEndId UETR"),
        ("Amt", "InstdAmt EqvtAmt"),
        ("RmtInf", "Ustrd Strd"),
        ("InitgPty", "Nm PstlAdr Id CtryOfRes CtctDtls"),
        ("Dbtr", "Nm PstlAdr Id CtryOfRes CtctDtls"),
        ("Cdtr", "Nm PstlAdr Id CtryOfRes CtctDtls"),
        ("DbtrAcct", "Id Tp Ccy Nm Prxy"),
        ("CdtrAcct", "Id Tp Ccy Nm Prxy"),
    ];
    /// Without these the schema refuses a file.
    const MANDATORY: [(&str, &str); 6] = [
        ("GrpHdr", "MsgId CreDtTm NbOfTxs InitgPty"),
        ("PmtInf", "PmtInfId PmtMtd ReqdExctnDt Dbtr DbtrAcct DbtrAgt CdtTrfTxInf"),
        ("CdtTrfTxInf", "PmtId Amt"),
        ("PmtId", "EndToEndId"),
        ("DbtrAcct", "Id"),
        ("CdtrAcct", "Id"),
    ];

    fn order(number: u128, payer: &str, fen: i64) -> Order {
        Order {
            instruction_id: fixtures::instruction_id(number),
            payer_account: BankAccount::parse(payer).unwrap(),
            payee_account: BankAccount::parse("6222000000009999").unwrap(),
            payee_name: "某某<聊城>有限公司".to_owned(),
            amount: Fen::new(fen),
            purpose: "一次性扩岗补助 2022年10月第1批".to_owned(),
        }
    }

    fn orders() -> Vec<Order> {
        let mut orders = vec![
            order(1, "6222000000001234", 150_000),
            order(2, "6222000000005678", 5),
            order(3, "6222000000001234", 1_850_005),
        ];
        orders[1].purpose = String::new();
        orders
    }

    fn write(message_id: &str, payer_name: &str, orders: &[Order]) -> Result<Vec<u8>, PaymentFileError> {
        let created_at = "2022-10-31T17:30:00.5Z".parse().unwrap();
        write_pain001(&PaymentFile { message_id, created_at, payer_name, orders })
    }

    /// Every element that closes, with its text.
    fn elements(bytes: &[u8]) -> Vec<(String, String)> {
        let mut walker = Walker::new(std::str::from_utf8(bytes).unwrap());
        let mut elements = Vec::new();
        while let Some(step) = walker.next().unwrap() {
            if step == Step::Close {
                elements.push((walker.path().to_owned(), walker.value().to_owned()));
            }
        }
        assert_eq!(walker.namespace(), Some(NAMESPACE.as_bytes()));
        elements
    }

    fn values<'a>(elements: &'a [(String, String)], path: &str) -> Vec<&'a str> {
        let path = format!("Document/CstmrCdtTrfInitn/{path}");
        elements.iter().filter(|(it, _)| *it == path).map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn the_file_says_what_was_ordered() {
        let elements = elements(&write("2022-10-1", "聊城市失业保险基金支出户", &orders()).unwrap());
        let check = |path: &str, expected: &[&str]| assert_eq!(values(&elements, path), expected, "{path}");
        check("GrpHdr/MsgId", &["2022-10-1"]);
        check("GrpHdr/CreDtTm", &["2022-11-01T01:30:00+08:00"]);
        check("PmtInf/ReqdExctnDt/Dt", &["2022-11-01"; 2]);
        check("PmtInf/DbtrAcct/Id/Othr/Id", &["6222000000001234", "6222000000005678"]);
        let ids = [1, 3, 2].map(|it| format!("018412345678700080000000000000{it:02}"));
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        check("PmtInf/CdtTrfTxInf/PmtId/InstrId", &ids);
        check("PmtInf/CdtTrfTxInf/PmtId/EndToEndId", &ids);
        check("PmtInf/CdtTrfTxInf/Amt/InstdAmt", &["1500.00", "18500.05", "0.05"]);
        check("PmtInf/CdtTrfTxInf/Cdtr/Nm", &["某某<聊城>有限公司"; 3]);
        check("PmtInf/CdtTrfTxInf/RmtInf/Ustrd", &["一次性扩岗补助 2022年10月第1批"; 2]);
    }

    #[test]
    fn counts_and_sums_are_those_of_the_transfers() {
        let bytes = write("m", "付款人", &orders()).unwrap();
        let elements = elements(&bytes);
        let sum = |path: &str| {
            Fen::checked_sum(values(&elements, path).into_iter().map(|it| parse_yuan(it).unwrap())).unwrap()
        };
        let count = |path: &str| values(&elements, path).iter().map(|it| it.parse::<usize>().unwrap()).sum::<usize>();
        let amounts = Fen::checked_sum(orders().iter().map(|it| it.amount)).unwrap();
        for path in ["GrpHdr/CtrlSum", "PmtInf/CtrlSum", "PmtInf/CdtTrfTxInf/Amt/InstdAmt"] {
            assert_eq!(sum(path), amounts, "{path}");
        }
        assert_eq!((count("GrpHdr/NbOfTxs"), count("PmtInf/NbOfTxs")), (3, 3));
        assert_eq!(values(&elements, "PmtInf/CdtTrfTxInf").len(), 3);
        assert_eq!(values(&elements, "PmtInf/CtrlSum"), ["20000.05", "0.05"]);
        assert_eq!(String::from_utf8(bytes).unwrap().matches("<InstdAmt Ccy=\"CNY\">").count(), 3);
    }

    #[test]
    fn elements_stand_in_the_order_of_the_standard() {
        fixtures::check_order(&write("m", "付款人", &orders()).unwrap(), &SEQUENCES, &MANDATORY);
    }

    #[test]
    fn what_a_bank_would_refuse_is_not_written() {
        let check = |message_id: &str, payer: &str, change: fn(&mut Vec<Order>), expected: &str| {
            let mut orders = orders();
            change(&mut orders);
            let error = write(message_id, payer, &orders).unwrap_err();
            assert_eq!(error.code(), expected);
            assert!(!error.zh().is_empty() && !error.to_string().contains("6222"));
        };
        for id in ["", "a b", "编号", &"a".repeat(36)] {
            check(id, "a", |_| {}, "PAYMENT_FILE_MESSAGE_ID");
        }
        check("m", " ", |_| {}, "PAYMENT_FILE_PAYER_NAME");
        check("m", "a", Vec::clear, "PAYMENT_FILE_NO_ORDERS");
        check("m", "a", |it| it[1].amount = Fen::ZERO, "PAYMENT_FILE_AMOUNT");
        check("m", "a", |it| it[1].payee_name = "\u{200b}".to_owned(), "PAYMENT_FILE_PAYEE_NAME");
        check("m", "a", |it| it[1].purpose = "长".repeat(141), "PAYMENT_FILE_PURPOSE");
        check("m", "a", |it| it[1].instruction_id = it[0].instruction_id, "PAYMENT_FILE_REPEATED_ID");
        check("m", "a", |it| it[1].amount = Fen::new(i64::MAX), "PAYMENT_FILE_OVERFLOW");
    }
}
