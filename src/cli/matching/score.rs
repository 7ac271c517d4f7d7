//! `hufu match score`: what was found against what should have been.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::domain::money::Fen;
use crate::sandbox::score::{self, Counts, Did, Finding, Negatives, Ratio};
use crate::tables::pairs::{PairRow, PairsError, read_amounts, read_pairs};

/// Scores pairs against a truth: by rule and by scheme, by count and, with the claims' amounts, by money.
#[derive(Debug, Args)]
#[command(
    after_help = "A finding is right if claims and rule are those of the truth. A false one counts for every scheme that planted one \
of its claims, under (none) where neither was planted. A finding's money is the lesser of its claims' amounts.\n\
Exit code 1: something planted was not found, something else was, or a negative was joined."
)]
pub struct Score {
    /// What `hufu reconcile` wrote: claim_a, claim_b, rule.
    #[arg(long, value_name = "FILE")]
    pairs: PathBuf,
    /// What should be found: claim_a, claim_b, rule, scheme.
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,
    /// Pairs that only look alike: claim_a, claim_b, kind.
    #[arg(long, value_name = "FILE")]
    negatives: Option<PathBuf>,
    /// The claims, for their amounts: claim_id, amount_yuan.
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Ask only which claims were joined, not by which rule.
    #[arg(long)]
    any_rule: bool,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// In place of all rules.
const ANY_RULE: &str = "(any)";

/// Counts with their ratios.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    counts: Counts,
    precision: Option<Ratio>,
    recall: Option<Ratio>,
    f1: Option<Ratio>,
}

impl From<Counts> for Shown {
    fn from(counts: Counts) -> Self {
        Self { counts, precision: counts.precision(), recall: counts.recall(), f1: counts.f1() }
    }
}

#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    count: Shown,
    /// In fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    money: Option<Shown>,
}

#[derive(Serialize)]
struct Report<'a> {
    all: Line,
    rules: BTreeMap<&'a str, Line>,
    /// Schemes that are judged together.
    families: BTreeMap<&'a str, Line>,
    schemes: BTreeMap<&'a str, Line>,
    negatives: &'a BTreeMap<String, Negatives>,
}

impl Score {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let found = read(&self.pairs, |file| read_pairs(file, ["rule"]))?;
        let truth = read(&self.truth, |file| read_pairs(file, ["rule", "scheme"]))?;
        let negatives = match &self.negatives {
            Some(path) => read(path, |file| read_pairs(file, ["kind"]))?,
            None => Vec::new(),
        };
        let judged = |it: Finding| if self.any_rule { Finding { rule: ANY_RULE.to_owned(), ..it } } else { it };
        let found: Vec<Finding> = found.into_iter().map(split).map(|(it, [])| judged(it)).collect();
        let truth: Vec<(Finding, String)> =
            truth.into_iter().map(split).map(|(it, [scheme])| (judged(it), scheme)).collect();
        let negatives: Vec<(String, String, String)> =
            negatives.into_iter().map(|PairRow { first, second, words: [kind] }| (first, second, kind)).collect();
        let amounts = match &self.claims {
            Some(path) => {
                let findings = found.iter().chain(truth.iter().map(|(it, _)| it));
                let wanted: HashSet<&str> = findings.flat_map(|it| [it.first.as_str(), it.second.as_str()]).collect();
                read(path, |file| read_amounts(file, &wanted))?
            }
            None => HashMap::<String, Fen>::new(),
        };
        let score = score::score(found, &truth, &negatives, &amounts);
        self.show(&score)?;
        Ok(if score.is_perfect() { Exit::Done } else { Exit::Attention })
    }

    fn show(&self, score: &score::Score) -> Result<(), Failure> {
        let has_money = self.claims.is_some();
        let line = |did: &Did| Line { count: did.count.into(), money: has_money.then(|| did.money.into()) };
        if self.json {
            return output::json(&Report {
                all: line(&score.all),
                rules: score.by_rule.iter().map(|(name, did)| (name.as_str(), line(did))).collect(),
                families: score.by_family.iter().map(|(name, did)| (*name, line(did))).collect(),
                schemes: score.by_scheme.iter().map(|(name, did)| (name.as_str(), line(did))).collect(),
                negatives: &score.negatives,
            });
        }
        table("规则 rule", score.by_rule.iter().map(|(name, did)| (name.as_str(), did)), has_money);
        table("手法 scheme", score.by_scheme.iter().map(|(name, did)| (name.as_str(), did)), has_money);
        let families = score.by_family.iter().map(|(name, did)| (*name, did));
        table("合计 together", families.chain([("all", &score.all)]), has_money);
        let joined: u64 = score.negatives.values().map(|it| it.joined).sum();
        for (kind, it) in score.negatives.iter().filter(|(_, it)| it.joined > 0) {
            output::line(format!("误连 wrongly joined: {kind} {} of {}", it.joined, it.pairs));
        }
        if !score.negatives.is_empty() {
            let pairs: u64 = score.negatives.values().map(|it| it.pairs).sum();
            output::line(format!("形近而非 hard negatives: {joined} of {pairs} joined"));
        }
        Ok(())
    }
}

fn table<'a>(what: &str, lines: impl Iterator<Item = (&'a str, &'a Did)>, has_money: bool) {
    let shown = |ratio: Option<Ratio>| ratio.map_or_else(|| "–".to_owned(), |it| it.to_string());
    let headings = [what, "应查出 planted", "查出 found", "正确 right", "precision", "recall", "F1", "F1 by money"];
    let mut table = output::table(headings);
    for (name, Did { count, money }) in lines {
        table.add_row([
            name.to_owned(),
            count.planted.to_string(),
            count.found.to_string(),
            count.right.to_string(),
            shown(count.precision()),
            shown(count.recall()),
            shown(count.f1()),
            shown(money.f1().filter(|_| has_money)),
        ]);
    }
    output::line(table);
}

fn split<const N: usize, const M: usize>(row: PairRow<N>) -> (Finding, [String; M]) {
    let mut words = row.words.into_iter();
    let rule = words.next().unwrap_or_default();
    let rest = std::array::from_fn(|_| words.next().unwrap_or_default());
    (Finding { first: row.first, second: row.second, rule }, rest)
}

fn read<T>(path: &Path, read: impl FnOnce(File) -> Result<T, PairsError>) -> Result<T, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::settings(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(|error| failed(&error))?;
    read(file).map_err(|error| failed(&error))
}
