//! How well a matching did against a known truth: precision, recall and F1, by rule and by scheme, by count and by money.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Serialize, Serializer};

use crate::domain::money::Fen;

/// A finding: the smaller claim first, the second empty where a claim is found alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    pub first: String,
    pub second: String,
    pub rule: String,
}

/// A ratio in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(u64);

impl Ratio {
    const ONE: u128 = 1_000_000;

    /// `None` where nothing is divided by.
    fn new(part: u128, whole: u128) -> Option<Self> {
        // Rounded down: a ratio is never shown as whole unless it is.
        Some(Self(u64::try_from(part * Self::ONE / (whole > 0).then_some(whole)?).unwrap_or(u64::MAX)))
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000))
    }
}

/// As a text, which keeps every digit.
impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How much there was, how much was found, and how much of that was right; in findings or in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub planted: u64,
    pub found: u64,
    pub right: u64,
}

impl Counts {
    pub fn precision(&self) -> Option<Ratio> {
        Ratio::new(self.right.into(), self.found.into())
    }

    pub fn recall(&self) -> Option<Ratio> {
        Ratio::new(self.right.into(), self.planted.into())
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> Option<Ratio> {
        Ratio::new(2 * u128::from(self.right), u128::from(self.found) + u128::from(self.planted))
    }

    fn add(&mut self, other: Self) {
        self.planted += other.planted;
        self.found += other.found;
        self.right += other.right;
    }
}

/// How one rule, scheme or all did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Did {
    pub count: Counts,
    /// In fen. What a finding is about is the lesser of its claims' amounts: one of the two is right.
    pub money: Counts,
}

impl Did {
    fn add(&mut self, counts: Counts, fen: u64) {
        let of_money = |count: u64| count * fen;
        self.count.add(counts);
        self.money.add(Counts {
            planted: of_money(counts.planted),
            found: of_money(counts.found),
            right: of_money(counts.right),
        });
    }
}

/// How many pairs that are none were joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Negatives {
    pub pairs: u64,
    pub joined: u64,
}

/// The whole score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub all: Did,
    pub by_rule: BTreeMap<String, Did>,
    /// By what was planted. A false finding counts for every scheme that one of its claims was planted by, and under [`NO_SCHEME`] where
    /// neither was.
    pub by_scheme: BTreeMap<String, Did>,
    pub by_family: BTreeMap<&'static str, Did>,
    pub negatives: BTreeMap<String, Negatives>,
}

/// Under which false findings count whose claims no scheme planted.
pub const NO_SCHEME: &str = "(none)";

/// Schemes that are judged together, by how they begin; the first that fits.
const FAMILIES: [(&str, &[&str]); 5] = [
    ("hard_slips", &["two_digits_wrong", "both_copies_wrong", "old_form_wrong_digit", "wrong_digit_homophone"]),
    ("slips", &["wrong_digit", "swap", "old_form", "typing_", "name_"]),
    ("impossible_numbers", &["impossible_", "one_digit_apart_other_name"]),
    ("rings", &["two_counties", "account_", "phone_"]),
    ("doubles", &["resubmitted", "two_", "retention_", "three_"]),
];

/// Under which schemes count that are of no family, such as those of other people's truths.
const NO_FAMILY: &str = "other";

fn family(scheme: &str) -> &'static str {
    let fits = |begins: &&[&str]| begins.iter().any(|begin| scheme.starts_with(begin));
    FAMILIES.iter().find(|(_, begins)| fits(begins)).map_or(NO_FAMILY, |(family, _)| family)
}

impl Score {
    /// Whether everything planted was found, nothing else was, and no negative was joined.
    pub fn is_perfect(&self) -> bool {
        let Counts { planted, found, right } = self.all.count;
        planted == right && found == right && self.negatives.values().all(|it| it.joined == 0)
    }
}

/// Scores what was found against the truth and its schemes, and against negatives of named kinds. A finding reported twice counts once.
pub fn score(
    found: impl IntoIterator<Item = Finding>,
    truth: &[(Finding, String)],
    negatives: &[(String, String, String)],
    amounts: &HashMap<String, Fen>,
) -> Score {
    let found: BTreeSet<Finding> = found.into_iter().collect();
    let planted: BTreeMap<&Finding, &str> = truth.iter().map(|(it, scheme)| (it, scheme.as_str())).collect();
    let mut schemes_of: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let of_truth = truth.iter().map(|(it, scheme)| (&it.first, &it.second, scheme));
    for (first, second, scheme) in of_truth.chain(negatives.iter().map(|(one, other, kind)| (one, other, kind))) {
        for claim in [first, second].into_iter().filter(|claim| !claim.is_empty()) {
            schemes_of.entry(claim).or_default().insert(scheme);
        }
    }
    let mut score = Score::default();
    for (finding, scheme) in &planted {
        let counts = match found.contains(*finding) {
            true => Counts { planted: 1, found: 1, right: 1 },
            false => Counts { planted: 1, found: 0, right: 0 },
        };
        score.add(finding, &BTreeSet::from([*scheme]), counts, amounts);
    }
    let nobodys = BTreeSet::from([NO_SCHEME]);
    for finding in found.iter().filter(|it| !planted.contains_key(it)) {
        let claims = [finding.first.as_str(), finding.second.as_str()];
        let touched: BTreeSet<&str> =
            claims.into_iter().filter_map(|claim| schemes_of.get(claim)).flatten().copied().collect();
        let touched = if touched.is_empty() { &nobodys } else { &touched };
        score.add(finding, touched, Counts { found: 1, ..Counts::default() }, amounts);
    }
    let joined: BTreeSet<(&str, &str)> = found.iter().map(|it| (it.first.as_str(), it.second.as_str())).collect();
    for (first, second, kind) in negatives {
        let it = score.negatives.entry(kind.clone()).or_default();
        it.pairs += 1;
        it.joined += u64::from(joined.contains(&(first, second)) || joined.contains(&(second, first)));
    }
    score
}

impl Score {
    fn add(&mut self, finding: &Finding, schemes: &BTreeSet<&str>, counts: Counts, amounts: &HashMap<String, Fen>) {
        let claims = [&finding.first, &finding.second];
        let fen = claims.into_iter().filter_map(|claim| amounts.get(claim)).min();
        let fen = fen.map_or(0, |fen| u64::try_from(fen.get()).unwrap_or_default());
        self.all.add(counts, fen);
        self.by_rule.entry(finding.rule.clone()).or_default().add(counts, fen);
        for scheme in schemes {
            self.by_scheme.entry((*scheme).to_owned()).or_default().add(counts, fen);
        }
        for family in schemes.iter().map(|scheme| family(scheme)).collect::<BTreeSet<_>>() {
            self.by_family.entry(family).or_default().add(counts, fen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(first: &str, second: &str, rule: &str) -> Finding {
        Finding { first: first.to_owned(), second: second.to_owned(), rule: rule.to_owned() }
    }

    fn planted(first: &str, second: &str, rule: &str, scheme: &str) -> (Finding, String) {
        (finding(first, second, rule), scheme.to_owned())
    }

    #[test]
    fn what_is_missed_and_what_is_false_is_told_by_rule_scheme_and_money() {
        let truth = [
            planted("1", "2", "person_resubmitted", "resubmitted"),
            planted("3", "4", "person_nearly_identical", "wrong_digit_01"),
            planted("5", "6", "person_nearly_identical", "both_copies_wrong"),
        ];
        let negatives = [("7".to_owned(), "8".to_owned(), "siblings".to_owned())];
        let found = [
            finding("1", "2", "person_resubmitted"),
            finding("1", "2", "person_resubmitted"),
            finding("3", "4", "person_nearly_identical"),
            finding("3", "9", "person_nearly_identical"),
            finding("7", "8", "person_nearly_identical"),
            finding("9", "", "person_number_impossible"),
        ];
        let yuan = |claim: &str, yuan: i64| (claim.to_owned(), Fen::new(yuan * 100));
        let amounts =
            HashMap::from([yuan("1", 1_500), yuan("2", 1_000), yuan("3", 500), yuan("4", 500), yuan("5", 500)]);
        let score = score(found, &truth, &negatives, &amounts);

        assert_eq!(score.all.count, Counts { planted: 3, found: 5, right: 2 });
        assert_eq!(score.all.money, Counts { planted: 200_000, found: 200_000, right: 150_000 });
        let near = &score.by_rule["person_nearly_identical"];
        assert_eq!(near.count, Counts { planted: 2, found: 3, right: 1 });
        let shown = |ratio: Option<Ratio>| ratio.map(|it| it.to_string());
        assert_eq!(shown(near.count.precision()).as_deref(), Some("0.333333"));
        assert_eq!(shown(near.count.recall()).as_deref(), Some("0.500000"));
        assert_eq!(shown(near.count.f1()).as_deref(), Some("0.400000"));
        assert_eq!(score.by_scheme["wrong_digit_01"].count, Counts { planted: 1, found: 2, right: 1 });
        assert_eq!(score.by_scheme["siblings"].count, Counts { planted: 0, found: 1, right: 0 });
        assert_eq!(score.by_scheme[NO_SCHEME].count, Counts { planted: 0, found: 1, right: 0 });
        assert_eq!(score.by_family["hard_slips"].count, Counts { planted: 1, found: 0, right: 0 });
        assert_eq!(score.by_family["slips"].count, Counts { planted: 1, found: 2, right: 1 });
        assert_eq!(score.by_scheme["siblings"].count.recall(), None);
        assert_eq!(score.negatives["siblings"], Negatives { pairs: 1, joined: 1 });
        assert!(!score.is_perfect());
    }

    #[test]
    fn all_found_and_nothing_else_is_perfect() {
        let truth = [planted("1", "2", "person_resubmitted", "resubmitted")];
        let amounts = HashMap::new();
        assert!(score([finding("1", "2", "person_resubmitted")], &truth, &[], &amounts).is_perfect());
        assert!(!score([finding("1", "2", "person_two_provinces")], &truth, &[], &amounts).is_perfect());
        assert!(!score([], &truth, &[], &amounts).is_perfect());
    }
}
