//! A statement as ISO 20022 camt.053, of the versions that banks send (`.001.02` and `.001.08`).
//!
//! Only what a statement needs is looked at; everything else that the standard allows, and a bank's own extensions, is passed over.

mod write;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::statement_csv::{NO_ID, whole};
use super::statement_error::{Place, StatementFileError};
use super::xml::{Step, Walker, XmlFault};
use super::yuan::parse_yuan;
use crate::domain::calendar::cst_date;
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::Cause;
use crate::domain::statement::{Direction, LINES_MAX, Statement, StatementLine, Totals};

pub use write::write_camt053;

const MESSAGE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.";
const VERSIONS: [&str; 2] = ["02", "08"];
const ROOT: &str = "Document";
const STATEMENT: &str = "Document/BkToCstmrStmt/Stmt";
/// Left out of the paths in messages.
const ABOVE: &str = "Document/BkToCstmrStmt/";
const CURRENCY: &str = "CNY";

/// Reads a decoded file.
pub(super) fn read(text: &str) -> Result<Statement, StatementFileError> {
    let mut reading = Reading::new(text);
    while let Some(step) = reading.walker.next().map_err(|fault| reading.fault(fault))? {
        match step {
            Step::Open => reading.open()?,
            Step::Close => reading.close()?,
        }
    }
    reading.finish()
}

struct Reading<'x> {
    walker: Walker<'x>,
    statements: usize,
    account: Option<BankAccount>,
    number: Option<u32>,
    opening: Option<Fen>,
    closing: Option<Fen>,
    /// Of all entries, of those in and of those out.
    counts: [Option<u64>; 3],
    credit: Sum,
    debit: Sum,
    has_summary: bool,
    balance: Balance,
    entry: Entry,
    lines: Vec<StatementLine>,
}

/// What the bank says that the entries of one direction come to.
#[derive(Default)]
struct Sum {
    is_there: bool,
    amount: Option<Fen>,
}

#[derive(Default)]
struct Balance {
    kind: Option<String>,
    amount: Option<Fen>,
    direction: Option<Direction>,
}

#[derive(Default)]
struct Entry {
    amount: Option<Fen>,
    direction: Option<Direction>,
    booked_on: Option<Date>,
    reference: Option<String>,
    /// Some banks refer to the transaction and not to its entry.
    inner_reference: Option<String>,
    transactions: usize,
    end_to_end_id: Option<String>,
    cause: Option<Cause>,
    remittance: String,
}

impl<'x> Reading<'x> {
    fn new(text: &'x str) -> Self {
        Self {
            walker: Walker::new(text),
            statements: 0,
            account: None,
            number: None,
            opening: None,
            closing: None,
            counts: [None; 3],
            credit: Sum::default(),
            debit: Sum::default(),
            has_summary: false,
            balance: Balance::default(),
            entry: Entry::default(),
            lines: Vec::new(),
        }
    }

    fn fault(&mut self, fault: XmlFault) -> StatementFileError {
        let line = self.walker.line();
        match fault {
            XmlFault::Malformed => StatementFileError::Malformed { line },
            XmlFault::Forbidden => StatementFileError::Forbidden { line },
            XmlFault::TooDeep => StatementFileError::TooDeep { line },
            XmlFault::ValueTooLong => StatementFileError::ValueTooLong { line },
        }
    }

    /// Here, in the element at hand or one below it.
    fn place(&mut self, below: &str) -> Place {
        let path = self.walker.path();
        let path = path.strip_prefix(ABOVE).unwrap_or(path);
        let entry = path.starts_with("Stmt/Ntry").then(|| self.lines.len().saturating_add(1));
        let what = format!("{path}{below}");
        Place { line: self.walker.line(), entry, what }
    }

    fn open(&mut self) -> Result<(), StatementFileError> {
        let path = self.walker.path();
        match path.strip_prefix(STATEMENT).unwrap_or(path) {
            ROOT => return self.check_version(),
            root if !root.contains('/') && !root.is_empty() => return Err(StatementFileError::NotAStatement),
            "" => self.statements = self.statements.saturating_add(1),
            "/Bal" => self.balance = Balance::default(),
            "/Bal/Amt" | "/Ntry/Amt" => return self.check_currency(),
            "/TxsSummry" => self.has_summary = true,
            "/TxsSummry/TtlCdtNtries" => self.credit.is_there = true,
            "/TxsSummry/TtlDbtNtries" => self.debit.is_there = true,
            "/Ntry" if self.lines.len() >= LINES_MAX => return Err(StatementFileError::TooManyEntries),
            "/Ntry" => self.entry = Entry::default(),
            "/Ntry/NtryDtls/TxDtls" => self.entry.transactions = self.entry.transactions.saturating_add(1),
            _ => {}
        }
        if self.statements > 1 {
            return Err(StatementFileError::SeveralStatements { line: self.walker.line() });
        }
        Ok(())
    }

    fn check_version(&self) -> Result<(), StatementFileError> {
        let namespace = self.walker.namespace().and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default();
        match namespace.strip_prefix(MESSAGE) {
            Some(version) if VERSIONS.contains(&version) => Ok(()),
            Some(_) => Err(StatementFileError::UnknownVersion),
            None if namespace.starts_with("urn:iso:std:iso:20022:") => Err(StatementFileError::UnknownVersion),
            None => Err(StatementFileError::NotAStatement),
        }
    }

    fn check_currency(&mut self) -> Result<(), StatementFileError> {
        let currency = self.walker.attribute("Ccy").map_err(|fault| self.fault(fault))?;
        if currency.as_deref() == Some(CURRENCY) {
            Ok(())
        } else {
            Err(StatementFileError::Currency(self.place("/@Ccy")))
        }
    }

    fn close(&mut self) -> Result<(), StatementFileError> {
        let path = self.walker.path().strip_prefix(STATEMENT).unwrap_or_default();
        if let Some(path) = path.strip_prefix("/Ntry") {
            let path = path.to_owned();
            return self.close_in_entry(&path);
        }
        match path {
            "/ElctrncSeqNb" => {
                let number = self.whole()?;
                let place = self.place("");
                put(&mut self.number, number, place)
            }
            "/Acct/Id/Othr/Id" => {
                let account = BankAccount::parse(self.walker.value());
                let place = self.place("");
                match account {
                    Ok(account) => put(&mut self.account, account, place),
                    Err(reason) => Err(StatementFileError::Account { place, reason }),
                }
            }
            "/Acct/Ccy" if self.walker.value() != CURRENCY => Err(StatementFileError::Currency(self.place(""))),
            "/Bal" => self.close_balance(),
            "/Bal/Tp/CdOrPrtry/Cd" => {
                let (kind, place) = (self.walker.value().to_owned(), self.place(""));
                put(&mut self.balance.kind, kind, place)
            }
            "/Bal/Amt" => {
                let (amount, place) = (self.amount()?, self.place(""));
                put(&mut self.balance.amount, amount, place)
            }
            "/Bal/CdtDbtInd" => {
                let (direction, place) = (self.direction()?, self.place(""));
                put(&mut self.balance.direction, direction, place)
            }
            "/TxsSummry/TtlNtries/NbOfNtries" => self.count(0),
            "/TxsSummry/TtlCdtNtries/NbOfNtries" => self.count(1),
            "/TxsSummry/TtlDbtNtries/NbOfNtries" => self.count(2),
            "/TxsSummry/TtlCdtNtries/Sum" => {
                let (amount, place) = (self.amount()?, self.place(""));
                put(&mut self.credit.amount, amount, place)
            }
            "/TxsSummry/TtlDbtNtries/Sum" => {
                let (amount, place) = (self.amount()?, self.place(""));
                put(&mut self.debit.amount, amount, place)
            }
            _ => Ok(()),
        }
    }

    /// The same for a path below an entry.
    fn close_in_entry(&mut self, path: &str) -> Result<(), StatementFileError> {
        match path {
            "" => self.close_entry(),
            "/Amt" => {
                let (amount, place) = (self.amount()?, self.place(""));
                put(&mut self.entry.amount, amount, place)
            }
            "/CdtDbtInd" => {
                let (direction, place) = (self.direction()?, self.place(""));
                put(&mut self.entry.direction, direction, place)
            }
            // The older version has the code in the element itself, the newer one in an element below.
            "/Sts" | "/Sts/Cd" if !["", "BOOK"].contains(&self.walker.value()) => {
                Err(StatementFileError::NotBooked(self.place("")))
            }
            "/BookgDt/Dt" | "/BookgDt/DtTm" => {
                let (date, place) = (date(self.walker.value()), self.place(""));
                match date {
                    Some(date) => put(&mut self.entry.booked_on, date, place),
                    None => Err(StatementFileError::Date(place)),
                }
            }
            "/AcctSvcrRef" => {
                let (reference, place) = (self.walker.value().to_owned(), self.place(""));
                put(&mut self.entry.reference, reference, place)
            }
            _ => {
                if let Some(path) = path.strip_prefix("/NtryDtls/TxDtls/") {
                    let path = path.to_owned();
                    self.close_in_transaction(&path);
                }
                Ok(())
            }
        }
    }

    fn close_in_transaction(&mut self, path: &str) {
        let value = Some(self.walker.value().to_owned()).filter(|it| !it.is_empty());
        match path {
            "Refs/EndToEndId" => self.entry.end_to_end_id = value.filter(|it| it != NO_ID),
            "Refs/AcctSvcrRef" => self.entry.inner_reference = value,
            "RtrInf/Rsn/Cd" | "RtrInf/Rsn/Prtry" => self.entry.cause = value.map(|it| Cause::from_iso_code(&it)),
            // A long text is cut into several elements.
            "RmtInf/Ustrd" => self.entry.remittance.push_str(&value.unwrap_or_default()),
            _ => {}
        }
    }

    fn close_balance(&mut self) -> Result<(), StatementFileError> {
        let balance = std::mem::take(&mut self.balance);
        let slot = match balance.kind.as_deref() {
            Some("OPBD") => &mut self.opening,
            Some("CLBD") => &mut self.closing,
            // Available, expected and interim balances are not booked ones.
            Some(_) => return Ok(()),
            None => return Err(StatementFileError::Missing(self.place("/Tp/CdOrPrtry/Cd"))),
        };
        let is_repeated = slot.is_some();
        let Some(amount) = balance.amount else { return Err(StatementFileError::Missing(self.place("/Amt"))) };
        let Some(direction) = balance.direction else {
            return Err(StatementFileError::Missing(self.place("/CdtDbtInd")));
        };
        *slot = match direction {
            Direction::Credit => Some(amount),
            // An overdrawn account.
            Direction::Debit => Fen::ZERO.checked_sub(amount),
        };
        if is_repeated { Err(StatementFileError::Repeated(self.place(""))) } else { Ok(()) }
    }

    fn close_entry(&mut self) -> Result<(), StatementFileError> {
        let entry = std::mem::take(&mut self.entry);
        if entry.transactions > 1 {
            let (line, entry) = (self.walker.line(), self.lines.len().saturating_add(1));
            return Err(StatementFileError::SeveralTransactions { line, entry });
        }
        let mut missing = |what| StatementFileError::Missing(self.place(what));
        let line = StatementLine {
            amount: entry.amount.ok_or_else(|| missing("/Amt"))?,
            direction: entry.direction.ok_or_else(|| missing("/CdtDbtInd"))?,
            booked_on: entry.booked_on.ok_or_else(|| missing("/BookgDt/Dt"))?,
            bank_reference: entry
                .reference
                .filter(|it| !it.is_empty())
                .or(entry.inner_reference)
                .ok_or_else(|| missing("/AcctSvcrRef"))?,
            end_to_end_id: entry.end_to_end_id,
            return_cause: entry.cause,
            remittance: entry.remittance,
        };
        self.lines.push(line);
        Ok(())
    }

    fn amount(&mut self) -> Result<Fen, StatementFileError> {
        let value = self.walker.value();
        // In ISO 20022 an amount has no sign, for the indicator beside it says which way it goes, and no separators.
        let amount = if value.contains(['-', ',']) { None } else { parse_yuan(value) };
        amount.ok_or_else(|| StatementFileError::Amount(self.place("")))
    }

    fn direction(&mut self) -> Result<Direction, StatementFileError> {
        match self.walker.value() {
            "CRDT" => Ok(Direction::Credit),
            "DBIT" => Ok(Direction::Debit),
            _ => Err(StatementFileError::Direction(self.place(""))),
        }
    }

    fn whole<N: std::str::FromStr>(&mut self) -> Result<N, StatementFileError> {
        whole(self.walker.value()).ok_or_else(|| StatementFileError::Number(self.place("")))
    }

    fn count(&mut self, which: usize) -> Result<(), StatementFileError> {
        let (count, place) = (self.whole()?, self.place(""));
        self.counts.get_mut(which).map_or(Ok(()), |slot| put(slot, count, place))
    }

    fn finish(mut self) -> Result<Statement, StatementFileError> {
        if self.statements == 0 {
            return Err(StatementFileError::NotAStatement);
        }
        let line = self.walker.line();
        let missing =
            |what: &str| StatementFileError::Missing(Place { line, entry: None, what: format!("Stmt{what}") });
        if !self.has_summary {
            return Err(missing("/TxsSummry"));
        }
        let [all, credits, debits] = self.counts;
        // Without the number of all, that of both; a direction in which nothing was booked may be left out.
        let is_counted = |sum: &Sum, count: Option<u64>| !sum.is_there || count.is_some();
        let is_either = is_counted(&self.credit, credits) && is_counted(&self.debit, debits);
        let both = credits.unwrap_or_default().checked_add(debits.unwrap_or_default()).filter(|_| is_either);
        let sum = |sum: Sum, what| match sum.amount {
            None if sum.is_there => Err(missing(what)),
            amount => Ok(amount.unwrap_or_default()),
        };
        Ok(Statement {
            account: self.account.ok_or_else(|| missing("/Acct/Id/Othr/Id"))?,
            number: self.number.ok_or_else(|| missing("/ElctrncSeqNb"))?,
            opening: self.opening.ok_or_else(|| missing("/Bal[OPBD]"))?,
            closing: self.closing.ok_or_else(|| missing("/Bal[CLBD]"))?,
            declared: Totals {
                lines: all.or(both).ok_or_else(|| missing("/TxsSummry/TtlNtries/NbOfNtries"))?,
                credit: sum(self.credit, "/TxsSummry/TtlCdtNtries/Sum")?,
                debit: sum(self.debit, "/TxsSummry/TtlDbtNtries/Sum")?,
            },
            lines: self.lines,
        })
    }
}

/// Keeps the first of what may stand once.
fn put<T>(slot: &mut Option<T>, value: T, place: Place) -> Result<(), StatementFileError> {
    if slot.is_some() {
        return Err(StatementFileError::Repeated(place));
    }
    *slot = Some(value);
    Ok(())
}

/// A day, or the day in China of an instant. A time without a zone is the bank's, which is China's.
fn date(text: &str) -> Option<Date> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(cst_date(instant));
    }
    let (day, rest) = text.split_at_checked("2022-10-10".len())?;
    match rest.chars().next() {
        Some('T') => text.parse::<DateTime>().ok().map(DateTime::date),
        // A day with a zone behind it is still that day.
        None | Some('Z' | '+' | '-') => day.parse().ok(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
