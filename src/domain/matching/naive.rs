//! The matcher without a kernel: all pairs, all rules. What it finds is what the rules mean; tests hold the kernel to it.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::name;
use super::place::County;
use super::rarity::NameCounts;
use super::row::Row;
use super::rule::{About, MatchRule};
use super::scope::{self, Terms};
use crate::domain::identity::Uscc;

/// Everything to be found among rows, sorted.
pub(crate) fn findings(rows: &[Row], near_threshold: i32) -> Vec<Finding> {
    let names = counts(rows);
    let terms = Terms { near_threshold, names: &names };
    let mut found = Vec::new();
    let mut sides: BTreeMap<Sides, Finding> = BTreeMap::new();
    for (at, one) in rows.iter().enumerate() {
        for other in &rows[at + 1..] {
            let of_person: Vec<Finding> = rules_about(About::Person, one, other, terms).collect();
            // At most one rule about a person holds.
            assert!(of_person.len() <= 1);
            found.extend(of_person);
            found.extend(rules_about(About::Phone, one, other, terms));
            for about in [About::Account, About::Enterprise] {
                for finding in rules_about(about, one, other, terms) {
                    let kept = sides.entry(Sides::of(finding.rule, one, other)).or_insert_with(|| finding.clone());
                    *kept = kept.clone().min(finding);
                }
            }
        }
    }
    let is_near = |row: &Row, finding: &Finding| {
        finding.rule == MatchRule::PersonNearlyIdentical
            && (finding.claim == row.claim || finding.other.as_ref() == Some(&row.claim))
    };
    for row in rows {
        if let Some(evidence) = scope::impossible(row)
            && !found.iter().any(|finding| is_near(row, finding))
        {
            found.push(Finding::of_row(MatchRule::PersonNumberImpossible, row, evidence));
        }
    }
    found.extend(sides.into_values());
    found.sort();
    found.dedup();
    found
}

fn rules_about<'a>(about: About, one: &'a Row, other: &'a Row, terms: Terms<'a>) -> impl Iterator<Item = Finding> + 'a {
    MatchRule::ALL.iter().filter(move |rule| rule.about() == about).filter_map(move |rule| {
        let evidence = scope::holds(*rule, one, other, terms)?;
        Some(Finding::of_pair(*rule, one, other, evidence))
    })
}

/// What a finding about two sides is about.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Sides {
    Account(String, [Uscc; 2]),
    Enterprise(Uscc, [County; 2]),
}

impl Sides {
    fn of(rule: MatchRule, one: &Row, other: &Row) -> Self {
        let enterprises = [one, other].map(|row| row.enterprise.clone().unwrap());
        if rule == MatchRule::AccountShared {
            let mut enterprises = enterprises;
            enterprises.sort();
            return Self::Account(one.account.as_ref().unwrap().as_str().to_owned(), enterprises);
        }
        let mut counties = [one, other].map(|row| row.county.clone().unwrap());
        counties.sort();
        let [enterprise, _] = enterprises;
        Self::Enterprise(enterprise, counties)
    }
}

/// Counts every name.
fn counts(rows: &[Row]) -> NameCounts {
    let sounds: Vec<Option<u64>> = rows.iter().map(|row| row.name.as_ref().map(name::sound)).collect();
    let mut distinct: Vec<u64> = sounds.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let mut counts = NameCounts::of(distinct.into_iter());
    for sound in sounds {
        counts.count(sound);
    }
    counts
}
