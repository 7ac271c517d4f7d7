//! Judges what a sheet says, once its shape is right; every refusal names the line.

mod condition;
mod predicate;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::value::Datetime;

use super::raw;
use super::sheet::{
    Cited, Clause, Counting, GraduateTerms, Once, OnceBy, Parameters, PaymentClock, Rate, Sheet, SheetError, Unit,
    Window, WorkforceTerms,
};
use crate::domain::claim::SubsidyKind;
use crate::domain::eligibility::evidence::AwardKind;
use crate::domain::eligibility::verdict::PayeeAccountKind;
use crate::domain::money::Fen;

/// The file being read: what a refusal's line is computed from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a str,
}

type Checked<T> = Result<T, SheetError>;

impl Source<'_> {
    /// The refusal of a text that is not TOML, or has the wrong shape.
    pub(super) fn unreadable(self, error: &toml::de::Error) -> SheetError {
        let reason = error.message().trim().replace('\n', ", ");
        self.refuse(error.span().unwrap_or_default(), reason)
    }

    /// A refusal at the line where the span begins.
    pub(super) fn refuse(self, span: Range<usize>, reason: impl Into<String>) -> SheetError {
        let line = self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count().saturating_add(1);
        SheetError { file: self.file.to_owned(), line, reason: reason.into() }
    }

    /// A refusal at the first line that begins with a key.
    pub(super) fn refuse_key(self, key: &str, reason: impl Into<String>) -> SheetError {
        let line = self.text.lines().position(|line| line.starts_with(key)).unwrap_or_default().saturating_add(1);
        SheetError { file: self.file.to_owned(), line, reason: reason.into() }
    }

    fn clause(self, clause: &Spanned<String>) -> Checked<Clause> {
        Clause::parse(clause.get_ref()).ok_or_else(|| {
            let reason = format!(
                "`{}` names no section of the notice, such as `二(一)1`, nor an open parameter",
                clause.get_ref()
            );
            self.refuse(clause.span(), reason)
        })
    }

    fn date(self, date: &Spanned<Datetime>) -> Checked<Date> {
        let civil = match date.get_ref() {
            Datetime { date: Some(date), time: None, offset: None } => {
                match (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day)) {
                    (Ok(year), Ok(month), Ok(day)) => Date::new(year, month, day).ok(),
                    (Err(_), _, _) | (_, Err(_), _) | (_, _, Err(_)) => None,
                }
            }
            Datetime { .. } => None,
        };
        civil.ok_or_else(|| self.refuse(date.span(), "a day is expected, without a time"))
    }

    /// A text for people or a name, which must say something.
    fn words(self, words: &Spanned<String>) -> Checked<String> {
        if words.get_ref().trim().is_empty() {
            return Err(self.refuse(words.span(), "the text is empty"));
        }
        Ok(words.get_ref().clone())
    }

    /// A name made of small letters, digits and hyphens.
    fn name(self, name: &Spanned<String>) -> Checked<String> {
        let is_name = !name.get_ref().is_empty()
            && name.get_ref().chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-');
        if !is_name {
            let reason = format!("`{}` is no name of small letters, digits and hyphens", name.get_ref());
            return Err(self.refuse(name.span(), reason));
        }
        Ok(name.get_ref().clone())
    }

    /// A list that is neither empty nor names a thing twice, in its order.
    fn distinct<T: Clone + Ord>(self, list: &Spanned<Vec<Spanned<T>>>) -> Checked<Vec<T>> {
        if list.get_ref().is_empty() {
            return Err(self.refuse(list.span(), "the list is empty"));
        }
        let mut seen = BTreeSet::new();
        for item in list.get_ref() {
            if !seen.insert(item.get_ref()) {
                return Err(self.refuse(item.span(), "the list names this twice"));
            }
        }
        Ok(list.get_ref().iter().map(|item| item.get_ref().clone()).collect())
    }

    /// A count that must be at least one.
    fn above_zero(self, count: &raw::Cited<Spanned<u32>>) -> Checked<Cited<u32>> {
        if *count.value.get_ref() == 0 {
            return Err(self.refuse(count.value.span(), "must be above zero"));
        }
        self.cited(*count.value.get_ref(), &count.clause)
    }

    fn cited<T>(self, value: T, clause: &Spanned<String>) -> Checked<Cited<T>> {
        Ok(Cited { value, clause: self.clause(clause)? })
    }

    /// A value whose type leaves nothing to judge.
    fn plain<T>(self, cited: raw::Cited<T>) -> Checked<Cited<T>> {
        self.cited(cited.value, &cited.clause)
    }
}

/// Makes a sheet of what the file says, or refuses it.
pub(super) fn sheet(source: Source<'_>, raw: raw::Sheet) -> Checked<Sheet> {
    if *raw.version.get_ref() == 0 {
        return Err(source.refuse(raw.version.span(), "must be above zero"));
    }
    let subsidy = *raw.subsidy.get_ref();
    let application_deadline = {
        let day = source.date(&raw.application_deadline.value)?;
        source.cited(day, &raw.application_deadline.clause)?
    };
    let sectors = condition::sectors(source, &raw.sector)?;
    let once = once(source, &raw.once, subsidy)?;
    let scope = condition::Scope { source, subsidy, sectors: &sectors, deadline: application_deadline.value };
    let (conditions, reasons) = condition::all(scope, &raw, once.value.key)?;
    Ok(Sheet {
        id: source.name(&raw.id)?,
        version: *raw.version.get_ref(),
        subsidy,
        zh: source.words(&raw.zh)?,
        en: source.words(&raw.en)?,
        source: source.words(&raw.source)?,
        window: window(source, &raw.window)?,
        application_deadline,
        rate: rate(source, &raw.rate, subsidy)?,
        once,
        excludes: raw.excludes.as_ref().map(|excludes| self::excludes(source, excludes, subsidy)).transpose()?,
        payee_order: payee_order(source, &raw.payee_order)?,
        fund_head: source.plain(raw.fund_head)?,
        payment_clock: raw.payment_clock.as_ref().map(|clock| payment_clock(source, clock)).transpose()?,
        poolings_a_month_min: source.above_zero(&raw.poolings_a_month_min)?,
        evidence_age_days_max: source.above_zero(&raw.evidence_age_days_max)?,
        parameters: parameters(source, raw.parameters)?,
        counting: counting(source, subsidy, raw.subsidy.span(), raw.graduate, raw.workforce)?,
        sectors,
        conditions,
        reasons,
        file: source.file.to_owned(),
        text: source.text.to_owned(),
    })
}

fn window(source: Source<'_>, window: &Spanned<raw::Window>) -> Checked<Cited<Window>> {
    let value = Window { from: source.date(&window.get_ref().from)?, until: source.date(&window.get_ref().until)? };
    if value.until < value.from {
        return Err(source.refuse(window.get_ref().until.span(), "the window is empty: it ends before it begins"));
    }
    source.cited(value, &window.get_ref().clause)
}

fn rate(source: Source<'_>, rate: &raw::Rate, subsidy: SubsidyKind) -> Checked<Cited<Rate>> {
    let fen = *rate.amount_fen.get_ref();
    if fen <= 0 {
        return Err(source.refuse(rate.amount_fen.span(), "the rate must be above zero"));
    }
    if fen > Rate::FEN_MAX {
        return Err(source.refuse(rate.amount_fen.span(), format!("the rate is above {} fen", Rate::FEN_MAX)));
    }
    let (unit, word) = match subsidy {
        SubsidyKind::JobExpansion => (Unit::Graduate, "graduate"),
        SubsidyKind::RetentionTraining => (Unit::Worker, "worker"),
    };
    if *rate.unit.get_ref() != unit {
        return Err(source.refuse(rate.unit.span(), format!("this subsidy is paid by the `{word}`")));
    }
    source.cited(Rate { amount: Fen::new(fen), unit }, &rate.clause)
}

fn once(source: Source<'_>, once: &raw::Once, subsidy: SubsidyKind) -> Checked<Cited<Once>> {
    let (key, word) = match subsidy {
        SubsidyKind::JobExpansion => (OnceBy::Person, "person"),
        SubsidyKind::RetentionTraining => (OnceBy::Enterprise, "enterprise"),
    };
    if *once.key.get_ref() != key {
        return Err(source.refuse(once.key.span(), format!("this subsidy is had once by the `{word}`")));
    }
    source.cited(Once { key, group: source.name(&once.group)? }, &once.clause)
}

fn excludes(
    source: Source<'_>,
    excludes: &raw::Cited<Spanned<Vec<Spanned<AwardKind>>>>,
    subsidy: SubsidyKind,
) -> Checked<Cited<BTreeSet<AwardKind>>> {
    let own = match subsidy {
        SubsidyKind::JobExpansion => AwardKind::JobExpansion,
        SubsidyKind::RetentionTraining => AwardKind::RetentionTraining,
    };
    if let Some(itself) = excludes.value.get_ref().iter().find(|kind| *kind.get_ref() == own) {
        return Err(
            source.refuse(itself.span(), "a subsidy does not exclude itself: that it is had once is said by `once`")
        );
    }
    let kinds = source.distinct(&excludes.value)?;
    source.cited(kinds.into_iter().collect(), &excludes.clause)
}

fn payee_order(
    source: Source<'_>,
    order: &raw::Cited<Spanned<Vec<Spanned<PayeeAccountKind>>>>,
) -> Checked<Cited<Vec<PayeeAccountKind>>> {
    source.cited(source.distinct(&order.value)?, &order.clause)
}

fn payment_clock(source: Source<'_>, clock: &raw::Cited<Spanned<u32>>) -> Checked<Cited<PaymentClock>> {
    let days = source.above_zero(clock)?;
    Ok(Cited { value: PaymentClock { days: days.value }, clause: days.clause })
}

fn parameters(source: Source<'_>, raw: raw::Parameters) -> Checked<Parameters> {
    Ok(Parameters {
        slot_goes_to: source.plain(raw.slot_goes_to)?,
        days_are: source.plain(raw.days_are)?,
        days_count_from: source.plain(raw.days_count_from)?,
        returned_payment: source.plain(raw.returned_payment)?,
    })
}

/// Each subsidy answers its own questions, and none of the other's.
fn counting(
    source: Source<'_>,
    subsidy: SubsidyKind,
    subsidy_span: Range<usize>,
    graduate: Option<Spanned<raw::Graduate>>,
    workforce: Option<Spanned<raw::Workforce>>,
) -> Checked<Counting> {
    match (subsidy, graduate, workforce) {
        (SubsidyKind::JobExpansion, Some(terms), None) => {
            graduate_terms(source, terms.into_inner()).map(Counting::Graduates)
        }
        (SubsidyKind::RetentionTraining, None, Some(terms)) => {
            workforce_terms(source, terms.into_inner()).map(|terms| Counting::Workforce(Box::new(terms)))
        }
        (SubsidyKind::JobExpansion, _, Some(terms)) => {
            Err(source.refuse(terms.span(), "`[workforce]` does not belong in a sheet of `job-expansion`"))
        }
        (SubsidyKind::RetentionTraining, Some(terms), _) => {
            Err(source.refuse(terms.span(), "`[graduate]` does not belong in a sheet of `retention-training`"))
        }
        (SubsidyKind::JobExpansion, None, None) => Err(source.refuse(subsidy_span, "`[graduate]` is missing")),
        (SubsidyKind::RetentionTraining, None, None) => Err(source.refuse(subsidy_span, "`[workforce]` is missing")),
    }
}

fn graduate_terms(source: Source<'_>, raw: raw::Graduate) -> Checked<GraduateTerms> {
    Ok(GraduateTerms {
        standing_tested: source.plain(raw.standing_tested)?,
        dispatched_counted_by: source.plain(raw.dispatched_counted_by)?,
        split_debtor: source.plain(raw.split_debtor)?,
    })
}

fn workforce_terms(source: Source<'_>, raw: raw::Workforce) -> Checked<WorkforceTerms> {
    Ok(WorkforceTerms {
        static_management_days_min: source.above_zero(&raw.static_management_days_min)?,
        county_listed_twice: source.plain(raw.county_listed_twice)?,
        period_across_the_window: source.plain(raw.period_across_the_window)?,
        zone_headcount_month: source.plain(raw.zone_headcount_month)?,
        industry_headcount_month: source.plain(raw.industry_headcount_month)?,
        later_headcounts: source.plain(raw.later_headcounts)?,
        county_level_judged_by: source.plain(raw.county_level_judged_by)?,
        municipal_level_judged_by: source.plain(raw.municipal_level_judged_by)?,
        dispatch_agency_counts: source.plain(raw.dispatch_agency_counts)?,
        dispatch_agency_judged_by: source.plain(raw.dispatch_agency_judged_by)?,
        dispatched_counted_by: source.plain(raw.dispatched_counted_by)?,
        dispatched_judged_by: source.plain(raw.dispatched_judged_by)?,
        worker_at_two_enterprises: source.plain(raw.worker_at_two_enterprises)?,
    })
}
