//! From the contract's words to the domain's, refusing whatever is not plainly what the contract means.
//!
//! One field that cannot be read makes the whole record unrecognized: half a record can turn a decision around (I5). Keys must be
//! echoed letter by letter; other identifiers may be written in any usual typing. Lists come in any order and are put in one (I13).

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::batch::missing;
use crate::domain::calendar::Month;
use crate::domain::eligibility::evidence::{Answer, MissingCause};
use crate::domain::identity::{PersonName, Region, Uscc};
use crate::proto::common::v1 as common;

/// How far an upstream's clock may be ahead of ours.
const CLOCK_SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);
/// The years that the contract allows in dates.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;
/// The longest institution, reference or certificate number: several times any in use, and no room for a document.
const TEXT_CHARACTERS_MAX: usize = 200;

/// What was read, or why it counts as missing.
pub(super) type Read<T> = Result<T, MissingCause>;

/// A value with the provenance its record carries, if it does.
pub(super) type Sourced<T> = (T, Option<common::Provenance>);

const UNRECOGNIZED: MissingCause = MissingCause::Unrecognized;

/// The key that a record names must be the one it is filed under.
pub(super) fn same(asked: &str, named: &str) -> Read<()> {
    if asked == named { Ok(()) } else { Err(MissingCause::AnsweredForAnother) }
}

/// Dates an answer and names its source.
pub(super) fn dated<T>(value: Read<Sourced<T>>, now: Timestamp) -> Answer<T> {
    let known = value.and_then(|(value, provenance)| {
        let common::Provenance { as_of, reference } = provenance.ok_or(UNRECOGNIZED)?;
        let as_of = as_of.ok_or(UNRECOGNIZED)?;
        let is_normal = (0..1_000_000_000).contains(&as_of.nanos);
        let as_of = Timestamp::new(as_of.seconds, as_of.nanos).ok().filter(|_| is_normal).ok_or(UNRECOGNIZED)?;
        if as_of.duration_since(now) > CLOCK_SKEW_MAX {
            return Err(UNRECOGNIZED);
        }
        Ok(Answer::Known { value, as_of, received_at: now, reference: text(reference)? })
    });
    known.unwrap_or_else(missing)
}

/// What an error about one item means: only "not now" is worth the word unavailable.
pub(super) fn item_error(error: &common::ItemError) -> MissingCause {
    match common::ItemErrorCode::try_from(error.code) {
        Ok(common::ItemErrorCode::Unavailable) => MissingCause::Unavailable,
        Ok(common::ItemErrorCode::Invalid | common::ItemErrorCode::Denied) => MissingCause::NotAnswered,
        Ok(common::ItemErrorCode::Unspecified) | Err(_) => UNRECOGNIZED,
    }
}

/// A text that must be there.
pub(super) fn text(text: String) -> Read<String> {
    if text.trim().is_empty() { Err(UNRECOGNIZED) } else { text_or_empty(text) }
}

/// A text within bounds, without control characters, which could end up on a terminal.
pub(super) fn text_or_empty(text: String) -> Read<String> {
    let is_long = text.chars().nth(TEXT_CHARACTERS_MAX).is_some();
    if is_long || text.chars().any(char::is_control) { Err(UNRECOGNIZED) } else { Ok(text) }
}

/// A free text that strangers write and nothing is decided by: cut, and without control characters. It is never a reason to refuse
/// what it came with.
pub(super) fn remark(text: &str) -> String {
    let plain = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    plain.take(TEXT_CHARACTERS_MAX).collect::<String>().trim().to_owned()
}

/// The name under a number; absent means that the number is not known there. One that cannot be read is not the same as none.
pub(super) fn person_name(name: Option<&str>) -> Read<Option<PersonName>> {
    name.map(PersonName::parse).transpose().map_err(|_| UNRECOGNIZED)
}

pub(super) fn uscc(text: &str) -> Read<Uscc> {
    Uscc::parse(text).map_err(|_| UNRECOGNIZED)
}

/// A place within the country: the ministry is none.
pub(super) fn region(text: &str) -> Read<Region> {
    Region::parse(text).ok().filter(|it| *it != Region::MINISTRY).ok_or(UNRECOGNIZED)
}

/// A date that must be there.
pub(super) fn date(date: Option<common::Date>) -> Read<Date> {
    optional_date(date)?.ok_or(UNRECOGNIZED)
}

pub(super) fn optional_date(date: Option<common::Date>) -> Read<Option<Date>> {
    let Some(common::Date { year, month, day }) = date else { return Ok(None) };
    let (year, month, day) = (calendar_year(year)?, small(month)?, small(day)?);
    Date::new(year, month, day).map(Some).map_err(|_| UNRECOGNIZED)
}

/// First and last day, which must be in order; absent means without end.
pub(super) fn period(from: Option<common::Date>, until: Option<common::Date>) -> Read<(Date, Option<Date>)> {
    let (from, until) = (date(from)?, optional_date(until)?);
    if until.is_some_and(|it| it < from) { Err(UNRECOGNIZED) } else { Ok((from, until)) }
}

/// A month that must be there, and must be one that was asked for: an upstream that misread the span would otherwise make
/// months without contributions out of months it did not look at.
pub(super) fn month(month: Option<common::Month>, (from, until): (Month, Month)) -> Read<Month> {
    let common::Month { year, month } = month.ok_or(UNRECOGNIZED)?;
    let month = Month::new(calendar_year(year)?, small(month)?).ok_or(UNRECOGNIZED)?;
    if (from..=until).contains(&month) { Ok(month) } else { Err(UNRECOGNIZED) }
}

/// Puts a list in one order and drops repetitions. The key holds every field.
pub(super) fn ordered<T: PartialEq, K: Ord>(mut list: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    list.sort_by_cached_key(key);
    list.dedup();
    list
}

/// Puts a list in the order of its keys and drops repetitions; two different entries under one key contradict each other.
pub(super) fn distinct<T: PartialEq, K: Ord>(mut list: Vec<T>, key: impl Fn(&T) -> K) -> Read<Vec<T>> {
    list.sort_by_key(&key);
    list.dedup();
    let contradicts = list.windows(2).any(|pair| matches!(pair, [one, other] if key(one) == key(other)));
    if contradicts { Err(UNRECOGNIZED) } else { Ok(list) }
}

pub(super) fn wire_date(date: Date) -> common::Date {
    common::Date { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}

pub(super) fn wire_month(month: Month) -> common::Month {
    common::Month { year: month.year().into(), month: month.month().into() }
}

fn calendar_year(year: i32) -> Read<i16> {
    i16::try_from(year).ok().filter(|_| YEARS.contains(&year)).ok_or(UNRECOGNIZED)
}

fn small(number: i32) -> Read<i8> {
    i8::try_from(number).map_err(|_| UNRECOGNIZED)
}
