//! Judges a predicate: one key a level, a known fact, and tests that fit the fact's type.

use std::collections::BTreeSet;

use toml::Spanned;

use super::Checked;
use super::condition::{Scope, is_sector_code, not_a_sector_code};
use crate::domain::claim::SubsidyKind;
use crate::domain::eligibility::fact::{Fact, FactKind};
use crate::domain::policy::predicate::{Atom, Predicate, Test};
use crate::domain::policy::raw::{self, Is};

/// More levels than any rule that a person can read.
const DEPTH_MAX: usize = 8;

pub(super) fn checked(scope: Scope<'_>, raw: &Spanned<raw::Predicate>) -> Checked<Predicate> {
    at_depth(scope, raw, 1)
}

fn at_depth(scope: Scope<'_>, raw: &Spanned<raw::Predicate>, depth: usize) -> Checked<Predicate> {
    let refusal = |reason: &str| scope.source.refuse(raw.span(), reason);
    if depth > DEPTH_MAX {
        return Err(refusal("the condition is nested too deeply"));
    }
    let several = |parts: &[Spanned<raw::Predicate>]| {
        if parts.is_empty() {
            return Err(refusal("the list is empty"));
        }
        parts.iter().map(|part| at_depth(scope, part, depth.saturating_add(1))).collect::<Checked<Vec<_>>>()
    };
    let it = raw.get_ref();
    let has_test = tests_of(it).next().is_some();
    match (&it.all, &it.any, &it.not, &it.fact) {
        (None, None, None, Some(fact)) => atom(scope, raw, fact).map(Predicate::Atom),
        (Some(parts), None, None, None) if !has_test => several(parts).map(Predicate::All),
        (None, Some(parts), None, None) if !has_test => several(parts).map(Predicate::Any),
        (None, None, Some(part), None) if !has_test => {
            at_depth(scope, part, depth.saturating_add(1)).map(|part| Predicate::Not(Box::new(part)))
        }
        _ => Err(refusal("one of `all`, `any`, `not`, or `fact` with its test, is expected")),
    }
}

/// The names of the tests that a level uses.
fn tests_of(raw: &raw::Predicate) -> impl Iterator<Item = &'static str> {
    let used = [
        ("is", raw.is.is_some()),
        ("in", raw.within.is_some()),
        ("from", raw.from.is_some()),
        ("until", raw.until.is_some()),
        ("at-least", raw.at_least.is_some()),
        ("at-most", raw.at_most.is_some()),
        ("sector-in", raw.sector_in.is_some()),
    ];
    used.into_iter().filter_map(|(name, is_used)| is_used.then_some(name))
}

fn atom(scope: Scope<'_>, raw: &Spanned<raw::Predicate>, name: &Spanned<String>) -> Checked<Atom> {
    let refuse = |reason: String| Err(scope.source.refuse(name.span(), reason));
    let Some(fact) = Fact::from_code(name.get_ref()) else {
        return refuse(format!("there is no fact `{}`", name.get_ref()));
    };
    if !fact.exists_for(scope.subsidy) {
        let subsidy = match scope.subsidy {
            SubsidyKind::JobExpansion => "job-expansion",
            SubsidyKind::RetentionTraining => "retention-training",
        };
        return refuse(format!("claims of `{subsidy}` have no fact `{}`", fact.code()));
    }
    let (takes, described): (&[&str], &str) = match fact.kind() {
        FactKind::Date => (&["from", "until"], "is a day: it takes `from` and `until`"),
        FactKind::Flag => (&["is"], "is true or false: it takes `is`"),
        FactKind::Count => (&["at-least", "at-most"], "is a number: it takes `at-least` and `at-most`"),
        FactKind::Sector => (&["sector-in"], "is an industry code: it takes `sector-in`"),
        FactKind::Word(_) => (&["is", "in"], "is a word: it takes `is` or `in`"),
        FactKind::Opaque => (&[], "is judged by the engine alone"),
    };
    let used: Vec<_> = tests_of(raw.get_ref()).collect();
    let is_both_words = used.len() > 1 && used.contains(&"is");
    if used.is_empty() || is_both_words || used.iter().any(|test| !takes.contains(test)) {
        return refuse(format!("`{}` {described}", fact.code()));
    }
    Ok(Atom { fact, test: test(scope, fact, raw)? })
}

/// The test itself; that its keys fit the fact's type is already known.
fn test(scope: Scope<'_>, fact: Fact, raw: &Spanned<raw::Predicate>) -> Checked<Test> {
    let it = raw.get_ref();
    match fact.kind() {
        FactKind::Date => dates(scope, fact, it),
        FactKind::Count => counts(scope, raw),
        FactKind::Word(words) => one_of(scope, fact, words, it),
        FactKind::Sector => sectors(scope, it),
        FactKind::Flag | FactKind::Opaque => match it.is.as_ref().map(Spanned::get_ref) {
            Some(Is::Flag(flag)) => Ok(Test::Is(*flag)),
            Some(Is::Word(_)) | None => {
                Err(scope.source.refuse(raw.span(), format!("`{}` is true or false", fact.code())))
            }
        },
    }
}

fn dates(scope: Scope<'_>, fact: Fact, raw: &raw::Predicate) -> Checked<Test> {
    let from = raw.from.as_ref().map(|it| scope.source.date(it)).transpose()?;
    let until = raw.until.as_ref().map(|it| scope.source.date(it)).transpose()?;
    let Some((last, span)) = until.zip(raw.until.as_ref().map(Spanned::span)) else {
        return Ok(Test::Dates { from, until });
    };
    if from.is_some_and(|first| last < first) {
        return Err(scope.source.refuse(span, "the window is empty: it ends before it begins"));
    }
    // The deadline stands twice, as the office's date and as a condition; the two must not drift apart.
    if fact == Fact::SubmittedOn && last != scope.deadline {
        let reason = format!("`submitted-on` ends on {last}, but `application-deadline` is {}", scope.deadline);
        return Err(scope.source.refuse(span, reason));
    }
    Ok(Test::Dates { from, until })
}

fn counts(scope: Scope<'_>, raw: &Spanned<raw::Predicate>) -> Checked<Test> {
    let at_least = raw.get_ref().at_least.as_ref().map(|it| *it.get_ref());
    let at_most = raw.get_ref().at_most.as_ref().map(|it| *it.get_ref());
    if at_least.zip(at_most).is_some_and(|(least, most)| most < least) {
        return Err(scope.source.refuse(raw.span(), "no number is at least the one and at most the other"));
    }
    Ok(Test::Counts { at_least, at_most })
}

fn one_of(scope: Scope<'_>, fact: Fact, words: &[&str], raw: &raw::Predicate) -> Checked<Test> {
    let source = scope.source;
    let unknown = |word: &str| format!("`{}` is never `{word}`, only one of {}", fact.code(), words.join(", "));
    if let Some(is) = &raw.is {
        return match is.get_ref() {
            Is::Word(word) if words.contains(&word.as_str()) => Ok(Test::In(BTreeSet::from([word.clone()]))),
            Is::Word(word) => Err(source.refuse(is.span(), unknown(word))),
            Is::Flag(flag) => Err(source.refuse(is.span(), unknown(&flag.to_string()))),
        };
    }
    let Some(within) = &raw.within else { return Ok(Test::In(BTreeSet::new())) };
    let listed = source.distinct(within)?;
    match within.get_ref().iter().find(|word| !words.contains(&word.get_ref().as_str())) {
        Some(wrong) => Err(source.refuse(wrong.span(), unknown(wrong.get_ref()))),
        None => Ok(Test::In(listed.into_iter().collect())),
    }
}

/// Codes, or the names of sectors that the sheet declares.
fn sectors(scope: Scope<'_>, raw: &raw::Predicate) -> Checked<Test> {
    let mut codes = BTreeSet::new();
    let Some(listed) = &raw.sector_in else { return Ok(Test::SectorIn(codes)) };
    scope.source.distinct(listed)?;
    for entry in listed.get_ref() {
        let word = entry.get_ref();
        match scope.sectors.iter().find(|sector| sector.name == *word) {
            Some(sector) => codes.extend(sector.codes.value.iter().cloned()),
            None if is_sector_code(word) => {
                codes.insert(word.clone());
            }
            None if word.starts_with(|it: char| it.is_ascii_digit()) => {
                return Err(scope.source.refuse(entry.span(), not_a_sector_code(word)));
            }
            None => return Err(scope.source.refuse(entry.span(), format!("no `[[sector]]` is named `{word}`"))),
        }
    }
    Ok(Test::SectorIn(codes))
}
