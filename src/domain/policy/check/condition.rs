//! Judges a sheet's conditions, its other reasons and its sectors.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use toml::Spanned;

use super::{Checked, Source, predicate};
use crate::domain::claim::SubsidyKind;
use crate::domain::eligibility::verdict::Reason;
use crate::domain::policy::predicate::Predicate;
use crate::domain::policy::raw;
use crate::domain::policy::sheet::{Cited, Condition, HardHitSector, OnceBy, ReasonOn};

/// What a condition is judged against.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) source: Source<'a>,
    pub(super) subsidy: SubsidyKind,
    pub(super) sectors: &'a [HardHitSector],
    pub(super) deadline: Date,
}

pub(super) fn sectors(source: Source<'_>, sectors: &[raw::Sector]) -> Checked<Vec<HardHitSector>> {
    let mut names = BTreeSet::new();
    let mut checked = Vec::new();
    for sector in sectors {
        let name = source.name(&sector.name)?;
        if !names.insert(name.clone()) {
            return Err(source.refuse(sector.name.span(), format!("the sector `{name}` is already named")));
        }
        let codes = source.distinct(&sector.codes)?;
        if let Some(wrong) = sector.codes.get_ref().iter().find(|code| !is_sector_code(code.get_ref())) {
            return Err(source.refuse(wrong.span(), not_a_sector_code(wrong.get_ref())));
        }
        let codes = Cited { value: codes.into_iter().collect(), clause: source.clause(&sector.clause)? };
        checked.push(HardHitSector { name, zh: source.words(&sector.zh)?, codes });
    }
    Ok(checked)
}

/// Two digits name a division of GB/T 4754, three a group, four a class.
pub(super) fn is_sector_code(code: &str) -> bool {
    (2..=4).contains(&code.len()) && code.bytes().all(|it| it.is_ascii_digit())
}

pub(super) fn not_a_sector_code(code: &str) -> String {
    format!("`{code}` is no code of two to four digits")
}

type Judged = (Vec<Condition>, BTreeMap<ReasonOn, Reason>);

/// The conditions and the other reasons of a sheet: each code is used once, and nothing that must have words lacks them.
pub(super) fn all(scope: Scope<'_>, raw: &raw::Sheet, once: OnceBy) -> Checked<Judged> {
    let source = scope.source;
    let mut codes = BTreeSet::new();
    let conditions = raw.condition.iter().map(|it| condition(scope, it, &mut codes)).collect::<Checked<Vec<_>>>()?;
    if conditions.is_empty() {
        return Err(source.refuse_key("condition", "a sheet without conditions would pay everybody"));
    }
    let mut reasons = BTreeMap::new();
    for words in &raw.reason {
        let Some(on) = ReasonOn::from_code(words.on.get_ref()) else {
            return Err(source.refuse(words.on.span(), format!("the engine has no reason `{}`", words.on.get_ref())));
        };
        let reason = reason(source, [&words.code, &words.clause, &words.zh, &words.en], &mut codes)?;
        if reasons.insert(on, reason).is_some() {
            return Err(source.refuse(words.on.span(), format!("`{}` already has its words", on.code())));
        }
    }
    match ReasonOn::required(once).into_iter().find(|on| !reasons.contains_key(on)) {
        Some(on) => Err(source.refuse_key("[[reason]]", format!("no `[[reason]]` has words for `{}`", on.code()))),
        None => Ok((conditions, reasons)),
    }
}

fn condition(scope: Scope<'_>, raw: &raw::Condition, codes: &mut BTreeSet<String>) -> Checked<Condition> {
    let source = scope.source;
    let require = predicate::checked(scope, &raw.require)?;
    let requirement = match &raw.when {
        Some(when) => Predicate::Any(vec![Predicate::Not(Box::new(predicate::checked(scope, when)?)), require]),
        None => require,
    };
    Ok(Condition {
        reason: reason(source, [&raw.code, &raw.clause, &raw.zh, &raw.en], codes)?,
        effect: raw.effect,
        routes: source.distinct(&raw.routes)?.into_iter().collect(),
        requirement,
    })
}

fn reason(
    source: Source<'_>,
    [code, clause, zh, en]: [&Spanned<String>; 4],
    codes: &mut BTreeSet<String>,
) -> Checked<Reason> {
    let word = code.get_ref();
    let is_code = word.starts_with(|it: char| it.is_ascii_uppercase())
        && word.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_');
    if !is_code {
        return Err(
            source.refuse(code.span(), format!("`{word}` is no code of capital letters, digits and underscores"))
        );
    }
    if !codes.insert(word.clone()) {
        return Err(source.refuse(code.span(), format!("the code `{word}` is already used")));
    }
    Ok(Reason {
        code: word.clone(),
        clause: source.clause(clause)?.as_str().to_owned(),
        zh: source.words(zh)?,
        en: source.words(en)?,
    })
}
