//! A statement written as camt.053.001.08, in the order of elements that the schema asks for.

use std::io;

use jiff::civil::Date;

use super::{CURRENCY, MESSAGE};
use crate::domain::money::Fen;
use crate::domain::statement::{Direction, Statement, StatementLine};
use crate::tables::export_text::plain_yuan;
use crate::tables::statement_csv::OTHER_CAUSE;
use crate::tables::statement_error::StatementFileError;
use crate::tables::xml::{XmlWriter, amount, document, leaf, nested, node};

/// Writes a statement as a bank draws it up at the end of a day.
pub fn write_camt053(statement: &Statement, drawn_up_on: Date) -> Result<Vec<u8>, StatementFileError> {
    let created_at = format!("{drawn_up_on}T23:59:59+08:00");
    let id = format!("STMT-{}", statement.number);
    let bytes = document(&format!("{MESSAGE}08"), |writer| {
        node(writer, "BkToCstmrStmt", |writer| {
            node(writer, "GrpHdr", |writer| {
                leaf(writer, "MsgId", &id)?;
                leaf(writer, "CreDtTm", &created_at)
            })?;
            node(writer, "Stmt", |writer| {
                leaf(writer, "Id", &id)?;
                leaf(writer, "ElctrncSeqNb", &statement.number.to_string())?;
                leaf(writer, "CreDtTm", &created_at)?;
                node(writer, "Acct", |writer| {
                    nested(writer, &["Id", "Othr", "Id"], statement.account.as_str())?;
                    leaf(writer, "Ccy", CURRENCY)
                })?;
                balance(writer, "OPBD", statement.opening, drawn_up_on)?;
                balance(writer, "CLBD", statement.closing, drawn_up_on)?;
                summary(writer, statement)?;
                statement.lines.iter().try_for_each(|line| entry(writer, line))
            })
        })
    })?;
    Ok(bytes)
}

fn balance(writer: &mut XmlWriter, kind: &str, balance: Fen, day: Date) -> io::Result<()> {
    let direction = if balance < Fen::ZERO { Direction::Debit } else { Direction::Credit };
    let yuan = plain_yuan(balance);
    node(writer, "Bal", |writer| {
        nested(writer, &["Tp", "CdOrPrtry", "Cd"], kind)?;
        amount(writer, "Amt", yuan.trim_start_matches('-'))?;
        leaf(writer, "CdtDbtInd", indicator(direction))?;
        nested(writer, &["Dt", "Dt"], &day.to_string())
    })
}

/// The totals as declared, which in a test need not be those of the lines.
fn summary(writer: &mut XmlWriter, statement: &Statement) -> io::Result<()> {
    let declared = statement.declared;
    node(writer, "TxsSummry", |writer| {
        nested(writer, &["TtlNtries", "NbOfNtries"], &declared.lines.to_string())?;
        nested(writer, &["TtlCdtNtries", "Sum"], &plain_yuan(declared.credit))?;
        nested(writer, &["TtlDbtNtries", "Sum"], &plain_yuan(declared.debit))
    })
}

fn entry(writer: &mut XmlWriter, line: &StatementLine) -> io::Result<()> {
    node(writer, "Ntry", |writer| {
        amount(writer, "Amt", &plain_yuan(line.amount))?;
        leaf(writer, "CdtDbtInd", indicator(line.direction))?;
        nested(writer, &["Sts", "Cd"], "BOOK")?;
        nested(writer, &["BookgDt", "Dt"], &line.booked_on.to_string())?;
        leaf(writer, "AcctSvcrRef", &line.bank_reference)?;
        // Payments out and in (issued and received credit transfers), without saying more of their kind.
        let family = match line.direction {
            Direction::Credit => "RCDT",
            Direction::Debit => "ICDT",
        };
        node(writer, "BkTxCd", |writer| {
            node(writer, "Domn", |writer| {
                leaf(writer, "Cd", "PMNT")?;
                node(writer, "Fmly", |writer| {
                    leaf(writer, "Cd", family)?;
                    leaf(writer, "SubFmlyCd", "OTHR")
                })
            })
        })?;
        node(writer, "NtryDtls", |writer| node(writer, "TxDtls", |writer| transaction(writer, line)))
    })
}

fn transaction(writer: &mut XmlWriter, line: &StatementLine) -> io::Result<()> {
    if let Some(id) = &line.end_to_end_id {
        nested(writer, &["Refs", "EndToEndId"], id)?;
    }
    if !line.remittance.is_empty() {
        nested(writer, &["RmtInf", "Ustrd"], &line.remittance)?;
    }
    if let Some(cause) = line.return_cause {
        nested(writer, &["RtrInf", "Rsn", "Cd"], cause.iso_code().unwrap_or(OTHER_CAUSE))?;
    }
    Ok(())
}

fn indicator(direction: Direction) -> &'static str {
    match direction {
        Direction::Credit => "CRDT",
        Direction::Debit => "DBIT",
    }
}
