//! How a file names its claims, and which of two comes first.

use std::cmp::Ordering;
use std::fmt;

/// More is no name but a stray text, and would be printed with each finding.
const BYTES_MAX: usize = 128;

/// The name of a claim in a file, as the file has it. Not personal data; two claims never share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimCode(Box<str>);

impl ClaimCode {
    /// Reads a name; `None` where the cell is empty, too long or not of one line.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_name = !text.is_empty() && text.len() <= BYTES_MAX && !text.chars().any(char::is_control);
        is_name.then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names of digits alone compare as numbers and come first; others compare by bytes.
impl Ord for ClaimCode {
    fn cmp(&self, other: &Self) -> Ordering {
        order(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl PartialOrd for ClaimCode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The order of [`ClaimCode`] on names as bytes.
fn order(one: &[u8], other: &[u8]) -> Ordering {
    let is_number = |name: &[u8]| name.iter().all(u8::is_ascii_digit);
    match (is_number(one), is_number(other)) {
        (true, true) => {
            let (a, b) = (value(one), value(other));
            a.len().cmp(&b.len()).then_with(|| a.cmp(b)).then_with(|| one.cmp(other))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => one.cmp(other),
    }
}

/// The digits of a number without leading zeros.
fn value(name: &[u8]) -> &[u8] {
    let zeros = name.iter().take_while(|it| **it == b'0').count();
    name.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_numbers_and_come_first() {
        let sorted =
            ["0", "00", "007", "7", "10", "99999999999999999999998", "99999999999999999999999", "A10", "A9", "Ä"];
        let mut codes: Vec<ClaimCode> = sorted.iter().rev().map(|text| ClaimCode::parse(text).unwrap()).collect();
        codes.sort();
        assert_eq!(codes.iter().map(ClaimCode::as_str).collect::<Vec<_>>(), sorted);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(ClaimCode::parse(" a1 ").unwrap().as_str(), "a1");
        for text in ["", " ", "a\nb", &"a".repeat(129)] {
            assert_eq!(ClaimCode::parse(text), None, "{text:?}");
        }
    }
}
