//! Lists of pairs as matching writes them, of what should have been found, and the amounts of the claims: read row by row, because
//! the claims behind them are a file of any size.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use csv::StringRecord;

use super::yuan::parse_yuan;
use crate::domain::money::Fen;

/// Header words of the claims file in Chinese, besides the contract's own.
const CLAIM_ID: [&str; 3] = ["claim_id", "申领编号", "申请编号"];
const AMOUNT: [&str; 5] = ["amount_yuan", "金额(元)", "金额（元）", "金额", "补贴金额"];

/// One row of a list: the smaller claim first, the second empty where a claim stands alone, and the words in the columns asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairRow<const N: usize> {
    pub first: String,
    pub second: String,
    pub words: [String; N],
}

/// Why a list is refused. Names lines and columns, never what a cell holds.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    #[error("no column {0}")]
    MissingColumn(&'static str),
    #[error("line {line}: not a row of this table")]
    Line { line: u64 },
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
}

/// Reads `claim_a`, `claim_b` and the columns named, wherever they stand.
pub fn read_pairs<const N: usize>(
    source: impl Read,
    columns: [&'static str; N],
) -> Result<Vec<PairRow<N>>, PairsError> {
    let (header, records) = records(source)?;
    let claims = [place(&header, &["claim_a"])?, place(&header, &["claim_b"])?];
    let mut places = [0; N];
    for (at, column) in places.iter_mut().zip(columns) {
        *at = place(&header, &[column])?;
    }
    let mut rows = Vec::new();
    for record in records {
        let record = record?;
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let [first, second] = claims.map(cell);
        rows.push(PairRow { first, second, words: places.map(cell) });
    }
    Ok(rows)
}

/// The amounts of the wanted claims; one that is missing or cannot be read has none.
pub fn read_amounts(source: impl Read, wanted: &HashSet<&str>) -> Result<HashMap<String, Fen>, PairsError> {
    let (header, records) = records(source)?;
    let (claim, amount) = (place(&header, &CLAIM_ID)?, place(&header, &AMOUNT)?);
    let mut amounts = HashMap::new();
    for record in records {
        let record = record?;
        let claim = record.get(claim).unwrap_or_default().trim();
        if wanted.contains(claim)
            && let Some(fen) = record.get(amount).and_then(|text| parse_yuan(text.trim()))
        {
            amounts.insert(claim.to_owned(), fen);
        }
    }
    Ok(amounts)
}

fn records<R: Read>(source: R) -> Result<(StringRecord, Records<R>), PairsError> {
    let mut reader = csv::Reader::from_reader(source);
    let header = reader.headers().map_err(refused)?.clone();
    Ok((header, Records(reader.into_records())))
}

struct Records<R>(csv::StringRecordsIntoIter<R>);

impl<R: Read> Iterator for Records<R> {
    type Item = Result<StringRecord, PairsError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.0.next()?.map_err(refused))
    }
}

fn refused(error: csv::Error) -> PairsError {
    let line = error.position().map_or(0, csv::Position::line);
    // What is no fault of reading is one of a row: its width, or its text.
    if let csv::ErrorKind::Io(error) = error.into_kind() { PairsError::Read(error) } else { PairsError::Line { line } }
}

fn place(header: &StringRecord, words: &[&'static str]) -> Result<usize, PairsError> {
    let is_word = |cell: &str| words.contains(&cell.trim_start_matches('\u{FEFF}').trim());
    header.iter().position(is_word).ok_or(PairsError::MissingColumn(words[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_by_its_header() {
        let text = "\u{FEFF}rule,claim_a,weight,claim_b\nperson_resubmitted,1,550,2\nperson_number_impossible,3,400,\n";
        let rows = read_pairs(text.as_bytes(), ["rule"]).unwrap();
        let shown: Vec<_> =
            rows.iter().map(|row| (row.first.as_str(), row.second.as_str(), row.words[0].as_str())).collect();
        assert_eq!(shown, [("1", "2", "person_resubmitted"), ("3", "", "person_number_impossible")]);
    }

    #[test]
    fn a_list_that_is_none_is_refused_without_its_content() {
        let check = |text: &str, expected: &str| {
            assert_eq!(read_pairs(text.as_bytes(), ["rule"]).unwrap_err().to_string(), expected);
        };
        check("claim_a,rule\n1,x\n", "no column claim_b");
        check("claim_a,claim_b,rule\n1,2,x\n1,2\n", "line 3: not a row of this table");
    }

    #[test]
    fn amounts_are_read_for_the_claims_asked_for() {
        let text = "申领编号,金额(元)\n1,1500.00\n2,500\n3,many\n";
        let amounts = read_amounts(text.as_bytes(), &HashSet::from(["1", "3", "4"])).unwrap();
        assert_eq!(amounts, HashMap::from([("1".to_owned(), Fen::new(150_000))]));
    }
}
