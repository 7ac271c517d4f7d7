//! Dates and months as the notice counts them, in China Standard Time; and dates as offices type them.

use std::fmt;
use std::iter;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::identity::typing::{half_width, is_dash, is_invisible};

/// China Standard Time. A fixed offset, not a zone: no claim is older than the end of summer time in 1991.
const CST: Offset = jiff::tz::offset(8);

/// What serial number 0 stands for in the spreadsheet system of 1900, which wrongly has a 1900-02-29; right from 1900-03-01 on.
const SERIAL_ORIGIN: Date = jiff::civil::date(1899, 12, 30);
/// Serial numbers are read as dates of these years; outside, a bare number is more likely a number.
const SERIAL_YEARS: std::ops::RangeInclusive<i16> = 1955..=2099;
/// Written dates outside these years are slips of the pen.
const WRITTEN_YEARS: std::ops::RangeInclusive<i16> = 1900..=2099;
/// More characters than any spelling of a date takes.
const TEXT_CHARACTERS_MAX: usize = 64;

/// A calendar month, written `2022-03`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

/// Why a text is no date or month, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    #[error("date is empty")]
    Empty,
    #[error("date is not written in a known way")]
    Unreadable,
    #[error("date is only a month")]
    MonthOnly,
    #[error("date is only a year")]
    YearOnly,
    #[error("date does not have a year of four digits in front")]
    Ambiguous,
    #[error("date does not exist in the calendar")]
    Impossible,
    #[error("date is outside the years that can be meant")]
    OutOfRange,
}

impl DateError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "DATE_EMPTY",
            Self::Unreadable => "DATE_UNREADABLE",
            Self::MonthOnly => "DATE_MONTH_ONLY",
            Self::YearOnly => "DATE_YEAR_ONLY",
            Self::Ambiguous => "DATE_AMBIGUOUS",
            Self::Impossible => "DATE_IMPOSSIBLE",
            Self::OutOfRange => "DATE_OUT_OF_RANGE",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Empty => "日期为空",
            Self::Unreadable => "日期格式无法识别，请写成2022-06-30",
            Self::MonthOnly => "日期只有年月，缺少日",
            Self::YearOnly => "日期只有年份",
            Self::Ambiguous => "日期有歧义，请以四位年份开头，写成2022-06-30",
            Self::Impossible => "日期不存在",
            Self::OutOfRange => "日期超出合理年份",
        }
    }
}

impl Month {
    /// A month by its numbers, of the years 1 to 9999.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        ((1..=9999).contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
    }

    /// Reads `2022-03`.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        if text.is_empty() {
            return Err(DateError::Empty);
        }
        let (year, month) = text.split_once('-').ok_or(DateError::Unreadable)?;
        if year.len() != 4 || month.len() != 2 {
            return Err(DateError::Unreadable);
        }
        Self::new(number(year)?, number(month)?).ok_or(DateError::Impossible)
    }

    /// The month that a date lies in.
    pub fn of(date: Date) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month of the year, from 1.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The first day of the month.
    pub fn first_day(self) -> Date {
        // No month outside the calendar is ever built.
        Date::new(self.year, self.month, 1).unwrap_or(Date::ZERO)
    }

    /// The last day of the month.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// The month after; the last month of the calendar is its own.
    pub fn next(self) -> Self {
        self.last_day().tomorrow().map_or(self, Self::of)
    }

    /// The month before; the first month of the calendar is its own.
    pub fn prev(self) -> Self {
        self.first_day().yesterday().map_or(self, Self::of)
    }

    /// Every month from this one to the other, both included; none if the other is earlier.
    pub fn iter_to(self, last: Self) -> impl Iterator<Item = Self> {
        iter::successors((self <= last).then_some(self), move |it| (*it < last).then(|| it.next()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Month({self})")
    }
}

impl serde::Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::identity::typing::deserialize(deserializer, Self::parse)
    }
}

/// The date in China at an instant.
pub fn cst_date(instant: Timestamp) -> Date {
    CST.to_datetime(instant).date()
}

/// The instant at which a date begins in China.
pub fn cst_midnight(date: Date) -> Timestamp {
    // Only the first days of the year -9999 begin before the first instant.
    CST.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(Timestamp::MIN)
}

/// The days from one date to another, both counted, as for static management of seven days (一(一)); none if the last is earlier.
pub fn days_inclusive(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours().div_euclid(24).saturating_add(1).max(0)
}

/// The last day of a period of calendar days, counted from the day after its start (the 30 days of 二).
pub fn due_date(start: Date, calendar_days: u32) -> Date {
    start.saturating_add(days(calendar_days))
}

/// Reads a date as offices type it or as a spreadsheet stores it, refusing whatever could mean two dates.
///
/// Accepted: `2022-06-30`, with `/` or `.`, without leading zeros; `2022年6月30日`; `20220630`; a serial number of the 1900 system
/// (`44742`); each with a time of day behind it, which is checked and left out. A zone behind the time is refused: it could move the day.
pub fn parse_office_date(text: &str) -> Result<Date, DateError> {
    if text.chars().nth(TEXT_CHARACTERS_MAX).is_some() {
        return Err(DateError::Unreadable);
    }
    let text: String = text
        .chars()
        .map(|it| if is_dash(it) { '-' } else { half_width(it) })
        .filter(|it| it.is_whitespace() || !is_invisible(*it))
        .collect();
    let text = text.trim().trim_start_matches(['\'', '\u{2018}', '\u{2019}']);
    if text.is_empty() {
        return Err(DateError::Empty);
    }
    let (date, time) = split_time(text);
    if !time.is_none_or(is_time_of_day) {
        return Err(DateError::Unreadable);
    }
    let date: String = date.split_whitespace().collect();
    if date.contains(['年', '月', '日', '号']) { parse_chinese(&date) } else { parse_numeric(&date) }
}

/// Parts the date from a time of day behind it.
fn split_time(text: &str) -> (&str, Option<&str>) {
    if !text.contains(':') {
        return (text, None);
    }
    let parts = text.split_once(['日', '号', 'T']).or_else(|| text.rsplit_once(char::is_whitespace));
    match parts {
        // The sign of the day was taken out with the time; without it the date is still one.
        Some((date, time)) => (date, Some(time.trim())),
        None => (text, None),
    }
}

/// `00:00`, `00:00:00` or `00:00:00.000`.
fn is_time_of_day(time: &str) -> bool {
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let is_part = |part: &str, max: i16| {
        (1..=2).contains(&part.len()) && number::<i16>(part).is_ok_and(|it| (0..=max).contains(&it))
    };
    let mut parts = clock.split(':');
    let hour = parts.next().is_some_and(|it| is_part(it, 23));
    let minute = parts.next().is_some_and(|it| is_part(it, 59));
    let second = parts.next().map(|it| is_part(it, 59));
    let is_fraction_right = fraction.is_none_or(|it| second.is_some() && number::<u64>(it).is_ok());
    hour && minute && second.unwrap_or(true) && is_fraction_right && parts.next().is_none()
}

/// `2022年6月30日`; 号 is the spoken 日, which may be missing.
fn parse_chinese(text: &str) -> Result<Date, DateError> {
    let Some((year, rest)) = text.split_once('年') else { return Err(DateError::Ambiguous) };
    if rest.is_empty() {
        return Err(DateError::YearOnly);
    }
    let (month, day) = rest.split_once('月').ok_or(DateError::Unreadable)?;
    if day.is_empty() {
        return Err(DateError::MonthOnly);
    }
    written(year, month, day.strip_suffix(['日', '号']).unwrap_or(day))
}

fn parse_numeric(text: &str) -> Result<Date, DateError> {
    let separator = text.chars().find(|it| !it.is_ascii_digit());
    let Some(separator) = separator else { return parse_digits(text) };
    if !matches!(separator, '-' | '/' | '.') {
        return Err(DateError::Unreadable);
    }
    let mut groups = text.split(separator);
    match (groups.next(), groups.next(), groups.next(), groups.next()) {
        (Some(year), Some(month), Some(day), None) => written(year, month, day),
        // A serial number with the time of day as its fraction.
        (Some(serial), Some(fraction), None, None) if separator == '.' && serial.len() == 5 => {
            number::<u64>(fraction).and_then(|_| from_serial(serial))
        }
        (Some(year), Some(month), None, None) => month_only(year, month),
        _ => Err(DateError::Unreadable),
    }
}

fn parse_digits(digits: &str) -> Result<Date, DateError> {
    match (digits.len(), digits.get(..4), digits.get(4..6), digits.get(6..)) {
        (8, Some(year), Some(month), Some(day)) => written(year, month, day),
        (6, Some(year), Some(month), _) => month_only(year, month),
        (4, ..) => Err(DateError::YearOnly),
        (1..=5, ..) => from_serial(digits),
        _ => Err(DateError::Unreadable),
    }
}

/// Two groups name a month if they can; otherwise the year is missing.
fn month_only(year: &str, month: &str) -> Result<Date, DateError> {
    match (number::<i16>(year)?, number::<i8>(month)?) {
        (it, 1..=12) if WRITTEN_YEARS.contains(&it) => Err(DateError::MonthOnly),
        _ => Err(DateError::Ambiguous),
    }
}

fn written(year: &str, month: &str, day: &str) -> Result<Date, DateError> {
    let (year_number, month_number, day_number) = (number::<i16>(year)?, number::<i8>(month)?, number::<i8>(day)?);
    if year.len() != 4 {
        return Err(DateError::Ambiguous);
    }
    if !WRITTEN_YEARS.contains(&year_number) {
        return Err(DateError::OutOfRange);
    }
    Date::new(year_number, month_number, day_number).map_err(|_| DateError::Impossible)
}

fn from_serial(digits: &str) -> Result<Date, DateError> {
    let date = SERIAL_ORIGIN.saturating_add(days(number(digits)?));
    if SERIAL_YEARS.contains(&date.year()) { Ok(date) } else { Err(DateError::OutOfRange) }
}

/// ASCII digits alone: `str::parse` would take a sign as well.
fn number<T: std::str::FromStr>(digits: &str) -> Result<T, DateError> {
    let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    if is_number { digits.parse().map_err(|_| DateError::Unreadable) } else { Err(DateError::Unreadable) }
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(count).saturating_mul(24))
}

#[cfg(test)]
mod tests {
    use super::*;
}
