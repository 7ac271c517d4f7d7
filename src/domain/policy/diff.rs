//! What differs between two sheets, value by value: two years of one subsidy, or two versions of one year.

use std::collections::BTreeMap;

use super::sheet::Sheet;
use super::value::{Part, Said, SheetValue, values};

/// What became of a value from the one sheet to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Only the right sheet has it.
    Added,
    /// Only the left sheet has it.
    Removed,
    /// Both have it, and say otherwise or rest it on another clause.
    Changed,
}

impl DifferenceKind {
    pub fn zh(self) -> &'static str {
        match self {
            Self::Added => "新增",
            Self::Removed => "取消",
            Self::Changed => "变更",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub part: Part,
    pub name: String,
    /// What the value is called, by the right sheet where it has it.
    pub zh: String,
    pub en: String,
    /// Absent where the left sheet has no such value.
    pub left: Option<Said>,
    /// Absent where the right sheet has no such value. Never both, and never both alike.
    pub right: Option<Said>,
}

impl Difference {
    pub fn kind(&self) -> DifferenceKind {
        match (&self.left, &self.right) {
            (None, _) => DifferenceKind::Added,
            (Some(_), None) => DifferenceKind::Removed,
            (Some(_), Some(_)) => DifferenceKind::Changed,
        }
    }
}

/// Every value in which two sheets differ, part by part: what the left has in its order, then what the right adds.
pub fn diff(left: &Sheet, right: &Sheet) -> Vec<Difference> {
    let mut of_right: BTreeMap<String, SheetValue> =
        values(right).into_iter().map(|it| (it.name.clone(), it)).collect();
    let mut differences = Vec::new();
    for value in values(left) {
        let SheetValue { part, name, zh, en, said } = value;
        match of_right.remove(&name) {
            None => differences.push(Difference { part, name, zh, en, left: Some(said), right: None }),
            Some(other) if other.said == said => {}
            Some(other) => {
                let (zh, en) = (other.zh, other.en);
                differences.push(Difference { part, name, zh, en, left: Some(said), right: Some(other.said) });
            }
        }
    }
    differences.extend(values(right).into_iter().filter(|it| of_right.contains_key(&it.name)).map(|it| {
        let SheetValue { part, name, zh, en, said } = it;
        Difference { part, name, zh, en, left: None, right: Some(said) }
    }));
    // Stable: within a part the order stays.
    differences.sort_by_key(|it| it.part);
    differences
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::*;
    use crate::domain::policy::sheet::Catalog;

    /// Every sheet that is one altered value away from `value`, by the path of the value.
    fn altered(value: &Value, path: &str) -> Vec<(String, Value)> {
        let here = |value: Value| vec![(path.to_owned(), value)];
        match value {
            Value::Integer(number) => here(Value::Integer(number + 1)),
            Value::Boolean(flag) => here(Value::Boolean(!flag)),
            Value::Datetime(day) => {
                let day = day.to_string().replace("-31", "-30").replace("-01-01", "-01-02");
                here(Value::Datetime(day.parse().unwrap()))
            }
            // A word of a closed list, a code, a clause, a title: whichever the sheet accepts.
            Value::String(word) => ["hold", "refuse", "self-applied", "contribution", "retention-training", "五", "77"]
                .into_iter()
                .map(str::to_owned)
                .chain([format!("{word}X"), format!("{word}-x"), format!("{word}1")])
                .filter(|other| other != word)
                .map(|other| (path.to_owned(), Value::String(other)))
                .collect(),
            Value::Array(items) => {
                let shorter = (0..items.len()).map(|at| {
                    let mut left = items.clone();
                    left.remove(at);
                    (format!("{path}[-{at}]"), Value::Array(left))
                });
                let inner = items.iter().enumerate().flat_map(|(at, item)| {
                    altered(item, &format!("{path}[{at}]")).into_iter().map(move |(path, item)| {
                        let mut all = items.clone();
                        all[at] = item;
                        (path, Value::Array(all))
                    })
                });
                shorter.chain(inner).collect()
            }
            Value::Table(table) => table.keys().flat_map(|key| altered_key(table, key, path)).collect(),
            Value::Float(_) => Vec::new(),
        }
    }

    fn altered_key(table: &Table, key: &str, path: &str) -> Vec<(String, Value)> {
        let path = format!("{path}.{key}");
        let put = |value: Option<Value>| {
            let mut other = table.clone();
            match value {
                Some(value) => other.insert(key.to_owned(), value),
                None => other.remove(key),
            };
            Value::Table(other)
        };
        let gone = (format!("{path}-"), put(None));
        let changed = altered(&table[key], &path).into_iter().map(|(path, value)| (path, put(Some(value))));
        std::iter::once(gone).chain(changed).collect()
    }

    /// Whatever one value of a sheet is altered to: if the sheet then means something else, the difference is reported, both ways.
    #[test]
    fn each_altered_value_of_the_shipped_sheets_is_reported() {
        let catalog = Catalog::shipped().unwrap();
        for sheet in catalog.iter() {
            assert_eq!(diff(sheet, sheet), []);
            let mut seen = std::collections::BTreeSet::new();
            for (path, value) in altered(&Value::Table(sheet.text.parse().unwrap()), "") {
                let text = toml::to_string(&value).unwrap();
                let Ok(other) = Sheet::parse(&text, &sheet.file) else { continue };
                let same = Sheet { text: sheet.text.clone(), ..other.clone() } == *sheet;
                let (there, back) = (diff(sheet, &other), diff(&other, sheet));
                assert_eq!(there.is_empty(), same, "{path}");
                assert_eq!(there.len(), back.len(), "{path}");
                for difference in &there {
                    assert_ne!(difference.left, difference.right, "{path}");
                    let mirrored = back.iter().find(|it| it.name == difference.name).unwrap();
                    assert_eq!((&mirrored.left, &mirrored.right), (&difference.right, &difference.left), "{path}");
                }
                if !same {
                    seen.insert(path.split(['[', '-']).next().unwrap_or_default().to_owned());
                }
            }
            // Nearly every kind of value could be altered to something that the sheet accepts.
            for path in [".version", ".zh", ".source", ".window.until", ".rate.amount", ".once.group", ".condition"] {
                assert!(seen.contains(path), "{path} is not among {seen:?}");
            }
        }
    }

    #[test]
    fn a_difference_says_what_became_of_a_value() {
        let catalog = Catalog::shipped().unwrap();
        let graduates = catalog.get("job-expansion-2022").unwrap();
        let text = graduates.text.replace("amount-fen = 150000", "amount-fen = 100000");
        let text = text.replace("excludes = { value = [\"hiring-subsidy\"], clause = \"五(二)\" }", "");
        let text = text.replace("value = 30, clause = \"二(一)2\"", "value = 30, clause = \"四\"");
        let other = Sheet::parse(&text, "other").unwrap();
        let found: Vec<_> = diff(graduates, &other)
            .into_iter()
            .map(|it| (it.name.clone(), it.kind(), it.left.map(|it| it.zh), it.right.map(|it| it.zh)))
            .collect();
        let row = |name: &str, kind, left: Option<&str>, right: Option<&str>| {
            (name.to_owned(), kind, left.map(str::to_owned), right.map(str::to_owned))
        };
        use DifferenceKind::{Added, Changed, Removed};
        let expected = [
            row("rate.amount-fen", Changed, Some("1,500.00元"), Some("1,000.00元")),
            row("excludes", Removed, Some("一次性吸纳就业补贴"), None),
            // The same value, resting on another clause.
            row("payment-clock", Changed, Some("30日"), Some("30日")),
        ];
        assert_eq!(found, expected);
        let back: Vec<_> = diff(&other, graduates).into_iter().map(|it| (it.name.clone(), it.kind())).collect();
        assert!(back.contains(&("excludes".to_owned(), Added)), "{back:?}");
    }
}
