//! Dates as offices type them and as spreadsheets store them.

use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::Date;

use crate::domain::identity::typing::{half_width, is_dash, is_invisible};

/// What serial number 0 stands for in the spreadsheet system of 1900, which wrongly has a 1900-02-29; right from 1900-03-01 on.
const SERIAL_ORIGIN: Date = jiff::civil::date(1899, 12, 30);
/// Serial numbers are read as dates of these years; outside, a bare number is more likely a number.
const SERIAL_YEARS: RangeInclusive<i16> = 1955..=2099;
/// Written dates outside these years are slips of the pen.
const WRITTEN_YEARS: RangeInclusive<i16> = 1900..=2099;
/// More characters than any spelling of a date takes.
const TEXT_CHARACTERS_MAX: usize = 64;

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
    match (number::<i16>(year)?, number::<i16>(month)?) {
        (it, 1..=12) if WRITTEN_YEARS.contains(&it) => Err(DateError::MonthOnly),
        _ => Err(DateError::Ambiguous),
    }
}

fn written(year: &str, month: &str, day: &str) -> Result<Date, DateError> {
    if ![year, month, day].into_iter().all(is_number) {
        return Err(DateError::Unreadable);
    }
    if year.len() != 4 {
        return Err(DateError::Ambiguous);
    }
    let year = number(year)?;
    if !WRITTEN_YEARS.contains(&year) {
        return Err(DateError::OutOfRange);
    }
    let (Ok(month), Ok(day)) = (month.parse(), day.parse()) else { return Err(DateError::Impossible) };
    Date::new(year, month, day).map_err(|_| DateError::Impossible)
}

fn from_serial(digits: &str) -> Result<Date, DateError> {
    let date = SERIAL_ORIGIN.saturating_add(super::days(number(digits)?));
    if SERIAL_YEARS.contains(&date.year()) { Ok(date) } else { Err(DateError::OutOfRange) }
}

/// ASCII digits alone: `str::parse` would take a sign as well.
fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
}

pub(super) fn number<T: FromStr>(digits: &str) -> Result<T, DateError> {
    if is_number(digits) { digits.parse().map_err(|_| DateError::Unreadable) } else { Err(DateError::Unreadable) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<Date, DateError>) {
        assert_eq!(parse_office_date(text), expected, "{text:?}");
    }

    #[test]
    fn every_spelling_of_a_date_is_the_same_date() {
        for text in [
            "2022-06-30",
            "2022-6-30",
            "2022/6/30",
            "2022/06/30",
            "2022.6.30",
            "2022年6月30日",
            "2022年06月30日",
            "2022年6月30",
            "2022年6月30号",
            "20220630",
            "２０２２－０６－３０",
            "２０２２年６月３０日",
            "２０２２０６３０",
            "2022–06–30",
            " 2022-06-30\n",
            "'2022-06-30",
            "2022 年 6 月 30 日",
            "\u{FEFF}2022-06-30",
            "2022-06-30 00:00:00",
            "2022/6/30 0:00",
            "2022-06-30 00:00:00.000",
            "2022-06-30T08:15:00",
            "2022年6月30日 00:00:00",
            "2022年6月30日00:00",
            "20220630 00:00:00",
            "２０２２／６／３０　００：００：００",
            "44742",
            "44742.0",
            "44742.75",
            "４４７４２",
        ] {
            check(text, Ok(date(2022, 6, 30)));
        }
    }

    #[test]
    fn a_date_that_could_mean_two_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", DateError::Empty),
            (" \u{3000}", DateError::Empty),
            ("'", DateError::Empty),
            ("30/6/22", DateError::Ambiguous),
            ("30/6/2022", DateError::Ambiguous),
            ("22-6-30", DateError::Ambiguous),
            ("6/30", DateError::Ambiguous),
            ("6月30日", DateError::Ambiguous),
            ("22年6月30日", DateError::Ambiguous),
            ("220630", DateError::Ambiguous),
            ("2022年6月", DateError::MonthOnly),
            ("2022-06", DateError::MonthOnly),
            ("2022.6", DateError::MonthOnly),
            ("202206", DateError::MonthOnly),
            ("2022年", DateError::YearOnly),
            ("2022", DateError::YearOnly),
            ("2022-02-29", DateError::Impossible),
            ("2022-13-01", DateError::Impossible),
            ("2022-1-200", DateError::Impossible),
            ("6-2022", DateError::Ambiguous),
            ("6/30/2022 00:00:00", DateError::Ambiguous),
            ("20220631", DateError::Impossible),
            ("2022年0月1日", DateError::Impossible),
            ("1899-12-31", DateError::OutOfRange),
            ("2202-06-30", DateError::OutOfRange),
            ("44", DateError::OutOfRange),
            ("99999", DateError::OutOfRange),
            ("20089", DateError::OutOfRange),
            ("73051", DateError::OutOfRange),
        ] {
            check(text, Err(reason));
        }
        assert_eq!(DateError::MonthOnly.code(), "DATE_MONTH_ONLY");
    }

    #[test]
    fn what_is_no_date_is_unreadable() {
        for text in [
            "未知",
            "June 30, 2022",
            "2022-6/30",
            "2022-06-30-1",
            "2022--30",
            "-2022-06-30",
            "2022-06-30 25:00",
            "2022-06-30 00:60",
            "2022-06-30T00:00:00Z",
            "2022-06-30 00:00:00+08:00",
            "2022-06-30 1:2:3:4",
            "2022-06-30 00:00.5",
            "1234567",
            "2022年六月1日",
            "2022年6月30日生",
            "2022.6.30.",
            ":",
            "4.4742E+4",
            "２０２２年 ６ 月 ３０ 日左右",
        ] {
            check(text, Err(DateError::Unreadable));
        }
        check(&"2".repeat(TEXT_CHARACTERS_MAX + 1), Err(DateError::Unreadable));
    }

    #[test]
    fn serial_numbers_follow_the_system_of_1900() {
        check("20090", Ok(date(1955, 1, 1)));
        check("36526", Ok(date(2000, 1, 1)));
        check("45351", Ok(date(2024, 2, 29)));
        check("73050", Ok(date(2099, 12, 31)));
    }

    proptest! {
        #[test]
        fn every_date_of_the_sheet_years_reads_back_from_each_form(serial in 20_090_u32..=73_050) {
            let expected = SERIAL_ORIGIN.saturating_add(crate::domain::calendar::days(serial));
            let (year, month, day) = (expected.year(), expected.month(), expected.day());
            for text in [
                serial.to_string(), expected.to_string(), format!("{year}/{month}/{day}"), format!("{year}.{month}.{day}"),
                format!("{year}年{month}月{day}日"), format!("{year}{month:02}{day:02}"), format!("{expected} 00:00:00"),
            ] {
                prop_assert_eq!(parse_office_date(&text), Ok(expected), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9年月日号./: T+-]{0,20}|\\PC{0,70}") {
            let _ = parse_office_date(&text);
        }
    }
}
