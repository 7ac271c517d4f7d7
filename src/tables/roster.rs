//! A roster: every row of data gets exactly one answer, a checked row or its problems.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::civil::Date;

use super::column::Column;
use super::error::TableError;
use super::grid::Sheet;
use super::header::{self, Header, Place};
use super::roster_row::{self, Defaults};
use super::{read, skipped, title};
use crate::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};

/// Which subsidy a roster is for, hence what each row must name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterKind {
    /// Graduates hired, one a row (一(二)).
    Graduates,
    /// An enterprise with its headcount, or a dispatched worker, a row (一(一)).
    Workforce,
}

/// How to read a roster, and what to take for true where the file says nothing.
#[derive(Clone, Debug)]
pub struct Options {
    pub kind: RosterKind,
    /// For a file that names its enterprise neither in a column nor above the header.
    pub enterprise: Option<Uscc>,
    pub region: Option<Region>,
    /// The regions by the names that offices write instead of a code.
    pub region_names: BTreeMap<String, Region>,
    /// The sheet to read, where several hold a roster.
    pub sheet: Option<String>,
}

impl Options {
    /// Options without defaults.
    pub fn new(kind: RosterKind) -> Self {
        Self { kind, enterprise: None, region: None, region_names: BTreeMap::new(), sheet: None }
    }
}

/// A person as a row names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterPerson {
    pub name: PersonName,
    pub resident_id: ResidentId,
    pub phone: Option<Phone>,
}

/// A row whose every cell was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterRow {
    /// As the office sees it, from 1.
    pub number: u32,
    pub enterprise: Uscc,
    pub enterprise_name: Option<EnterpriseName>,
    pub region: Option<Region>,
    pub account: Option<BankAccount>,
    /// Always there in a roster of graduates; in one of a workforce, there or [`Self::headcount`] is.
    pub person: Option<RosterPerson>,
    pub graduated_on: Option<Date>,
    pub contract_from: Option<Date>,
    /// None also where the contract has no fixed end (无固定期限).
    pub contract_until: Option<Date>,
    /// The host employer of a dispatched worker.
    pub host: Option<Uscc>,
    pub dispatch_agreement: Option<String>,
    pub sharing_agreement: Option<String>,
    pub headcount: Option<u32>,
    /// The subsidy as written, for the caller to interpret.
    pub subsidy: Option<String>,
}

/// One thing wrong with a row. Never repeats what a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellProblem {
    /// None if the row as a whole is meant.
    pub place: Option<Place>,
    /// The stable reason.
    pub code: &'static str,
    pub zh: String,
    pub en: String,
}

/// Everything wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// As the office sees it, from 1.
    pub row: u32,
    /// At least one.
    pub problems: Vec<CellProblem>,
}

impl RowProblem {
    /// All problems of the row in one Chinese sentence.
    pub fn zh(&self) -> String {
        let problems = self.problems.iter().map(|problem| match &problem.place {
            Some(place) => format!("{}列“{}”：{}", place.letter, place.word, problem.zh),
            None => problem.zh.clone(),
        });
        format!("第 {} 行：{}", self.row, problems.collect::<Vec<_>>().join("；"))
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: ", self.row)?;
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            match &problem.place {
                Some(place) => write!(f, "{separator}column {} {}: {}", place.letter, place.word, problem.en)?,
                None => write!(f, "{separator}{}", problem.en)?,
            }
        }
        Ok(())
    }
}

/// What was left out, so that nothing disappears unseen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RosterNotes {
    /// The sheet that was read.
    pub sheet: String,
    /// The row of the header.
    pub header_row: u32,
    /// Columns that mean nothing to a roster.
    pub unknown_columns: Vec<Place>,
    /// Sums, signatures and notes below the data.
    pub footer_rows: Vec<u32>,
    pub blank_rows: u32,
    pub repeated_headers: u32,
    /// Visible sheets without a roster, or not asked for.
    pub other_sheets: Vec<String>,
}

/// The answers to all rows of data, each in `rows` or in `problems`, both in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    pub rows: Vec<RosterRow>,
    pub problems: Vec<RowProblem>,
    pub notes: RosterNotes,
}

/// Reads a roster from a file of any of the known kinds.
pub fn read_roster(bytes: &[u8], file_name: &str, options: &Options) -> Result<Roster, TableError> {
    let sheets = read::read(bytes, file_name)?;
    let (sheet, header) = choose(&sheets, options.sheet.as_deref())?;
    let above = sheet.rows.get(..header.above).unwrap_or_default();
    let region_of = |text: &str| roster_row::region(text, &options.region_names).ok();
    let title = if header.place(Column::EnterpriseCode).is_some() {
        // What stands above may be the code of whoever collected the roster.
        title::read(above, region_of).unwrap_or_default().without_enterprise()
    } else {
        title::read(above, region_of)?
    };
    let defaults = Defaults {
        enterprise: title.enterprise.or_else(|| options.enterprise.clone()),
        enterprise_name: title.enterprise_name,
        region: title.region.or(options.region),
        account: title.account,
        region_names: &options.region_names,
    };
    require_columns(&header, options.kind, &defaults)?;

    let sorted = skipped::sort(sheet, &header);
    let mut roster = Roster {
        notes: RosterNotes {
            sheet: sheet.name.clone(),
            header_row: sheet.rows.get(header.above).map_or(0, |row| row.number),
            unknown_columns: header.unknown.clone(),
            footer_rows: sorted.footers,
            blank_rows: sorted.blank,
            repeated_headers: sorted.repeated_headers,
            other_sheets: sheets.iter().map(|it| &it.name).filter(|name| **name != sheet.name).cloned().collect(),
        },
        ..Roster::default()
    };
    let mut seen: HashMap<(Uscc, Option<ResidentId>), u32> = HashMap::new();
    for row in sorted.data {
        match roster_row::read(row, &header, options.kind, &defaults) {
            Err(problem) => roster.problems.push(problem),
            Ok(read) => {
                let key = (read.enterprise.clone(), read.person.as_ref().map(|person| person.resident_id.clone()));
                match seen.get(&key) {
                    Some(first) => roster.problems.push(duplicate(read.number, *first)),
                    None => {
                        seen.insert(key, read.number);
                        roster.rows.push(read);
                    }
                }
            }
        }
    }
    Ok(roster)
}

/// The one sheet that holds a roster, or the one asked for.
pub(super) fn choose<'a>(sheets: &'a [Sheet], name: Option<&str>) -> Result<(&'a Sheet, Header), TableError> {
    let names = |sheets: &[&Sheet]| sheets.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join("、");
    if let Some(name) = name {
        let Some(sheet) = sheets.iter().find(|it| it.name == name) else {
            return Err(TableError::NoSuchSheet { sheets: names(&sheets.iter().collect::<Vec<_>>()) });
        };
        return Ok((sheet, header::find(sheet)?.ok_or(TableError::NoHeader)?));
    }
    let mut found: Vec<&Sheet> = sheets.iter().filter(|sheet| header::is_present(sheet)).collect();
    match (found.pop(), found.is_empty()) {
        (None, _) => Err(TableError::NoHeader),
        (Some(sheet), true) => Ok((sheet, header::find(sheet)?.ok_or(TableError::NoHeader)?)),
        (Some(last), false) => {
            found.push(last);
            Err(TableError::SeveralRosters { sheets: names(&found) })
        }
    }
}

fn require_columns(header: &Header, kind: RosterKind, defaults: &Defaults<'_>) -> Result<(), TableError> {
    let has_person = header.place(Column::PersonName).is_some() || header.place(Column::ResidentId).is_some();
    if kind == RosterKind::Graduates || has_person {
        header.require(Column::PersonName)?;
        header.require(Column::ResidentId)?;
    } else {
        header.require(Column::Headcount)?;
    }
    match (&defaults.enterprise, header.place(Column::EnterpriseCode)) {
        (None, None) => Err(TableError::MissingEnterprise),
        (_, _) => Ok(()),
    }
}

fn duplicate(row: u32, first: u32) -> RowProblem {
    let problem = CellProblem {
        place: None,
        code: "ROW_DUPLICATE",
        zh: format!("与第 {first} 行重复（同一企业、同一人员）"),
        en: format!("repeats row {first} (same enterprise, same person)"),
    };
    RowProblem { row, problems: vec![problem] }
}

#[cfg(test)]
mod tests;
