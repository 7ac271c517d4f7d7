//! Dates and months as the notice counts them, in China Standard Time; and dates as offices type them ([`parse_office_date`]).

mod office_date;

use std::fmt;
use std::iter;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

pub use office_date::{DateError, parse_office_date};

use office_date::number;

/// China Standard Time. A fixed offset, not a zone: no claim is older than the end of summer time in 1991.
const CST: Offset = jiff::tz::offset(8);

/// A calendar month, written `2022-03`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
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
        crate::domain::identity::typing::deserialize(deserializer, Self::parse)
    }
}

/// A day as people and systems write it, `2022-10-10`, and in no other form: the parser would also take a moment, and drop its hours.
pub fn parse_day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| day.to_string() == text)
}

/// The date in China at an instant.
pub fn cst_date(instant: Timestamp) -> Date {
    CST.to_datetime(instant).date()
}

/// Date and time of day in China at an instant.
pub fn cst_date_time(instant: Timestamp) -> DateTime {
    CST.to_datetime(instant)
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

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(count).saturating_mul(24))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_is_written_in_one_way() {
        assert_eq!(parse_day("2022-10-10"), Some(Date::constant(2022, 10, 10)));
        for other in ["", "2022-10-10T09:00", "20221010", "2022-10-32", "10.10.2022", "2022-W41-1"] {
            assert_eq!(parse_day(other), None, "{other}");
        }
    }

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    #[test]
    fn a_month_is_read_in_one_form_only() {
        let check = |text, expected: Result<&str, DateError>| {
            assert_eq!(Month::parse(text).map(|it| it.to_string()), expected.map(str::to_owned), "{text:?}");
        };
        check("2022-03", Ok("2022-03"));
        check("0001-01", Ok("0001-01"));
        check("", Err(DateError::Empty));
        check("2022-13", Err(DateError::Impossible));
        check("2022-00", Err(DateError::Impossible));
        for text in ["2022-3", "202203", "2022/03", "+022-03", "2022-03-01", "22-03", "２０２２-03"] {
            check(text, Err(DateError::Unreadable));
        }
    }

    #[test]
    fn a_month_knows_its_days_and_neighbors() {
        let check = |text, first, last, prev, next| {
            let it = month(text);
            assert_eq!((it.first_day(), it.last_day(), it.prev(), it.next()), (first, last, month(prev), month(next)));
        };
        check("2022-12", date(2022, 12, 1), date(2022, 12, 31), "2022-11", "2023-01");
        check("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-01", "2024-03");
        check("2023-01", date(2023, 1, 1), date(2023, 1, 31), "2022-12", "2023-02");
        assert_eq!(Month::of(date(2022, 6, 30)), month("2022-06"));
        assert_eq!(Month::of(Date::MAX).next(), Month::of(Date::MAX));
        assert_eq!(Month::of(Date::MIN).prev(), Month::of(Date::MIN));
    }

    #[test]
    fn months_are_walked_with_both_ends() {
        let check = |from, to, expected: &[&str]| {
            let walked: Vec<_> = month(from).iter_to(month(to)).map(|it| it.to_string()).collect();
            assert_eq!(walked, expected);
        };
        check("2022-11", "2023-01", &["2022-11", "2022-12", "2023-01"]);
        check("2022-11", "2022-11", &["2022-11"]);
        check("2022-12", "2022-11", &[]);
        assert_eq!(Month::of(Date::MAX).iter_to(Month::of(Date::MAX)).count(), 1);
    }

    #[test]
    fn a_month_is_one_text_in_json() {
        let json = serde_json::to_string(&month("2022-03")).unwrap();
        assert_eq!(json, "\"2022-03\"");
        assert_eq!(serde_json::from_str::<Month>(&json).unwrap(), month("2022-03"));
        assert!(serde_json::from_str::<Month>("\"2022-14\"").is_err());
    }

    #[test]
    fn a_day_in_china_begins_at_sixteen_hours_utc() {
        let check = |instant: &str, expected| assert_eq!(cst_date(instant.parse().unwrap()), expected, "{instant}");
        check("2022-12-31T15:59:59Z", date(2022, 12, 31));
        check("2022-12-31T16:00:00Z", date(2023, 1, 1));
        assert_eq!(cst_midnight(date(2023, 1, 1)), "2022-12-31T16:00:00Z".parse().unwrap());
        assert_eq!(cst_midnight(Date::MIN), Timestamp::MIN);
    }

    #[test]
    fn the_first_and_the_last_day_both_count() {
        let check = |from, to, expected| assert_eq!(days_inclusive(from, to), expected, "{from} to {to}");
        check(date(2022, 4, 2), date(2022, 4, 8), 7);
        check(date(2022, 5, 1), date(2022, 5, 6), 6);
        check(date(2022, 5, 1), date(2022, 5, 1), 1);
        check(date(2022, 12, 31), date(2023, 1, 1), 2);
        check(date(2022, 5, 2), date(2022, 5, 1), 0);
        check(date(2022, 5, 9), date(2022, 5, 1), 0);
    }

    #[test]
    fn thirty_days_are_counted_from_the_day_after() {
        let check = |start, days, expected| assert_eq!(due_date(start, days), expected, "{start} + {days}");
        check(date(2022, 8, 1), 30, date(2022, 8, 31));
        check(date(2023, 1, 31), 30, date(2023, 3, 2));
        check(date(2022, 8, 1), 0, date(2022, 8, 1));
        check(date(2022, 8, 1), u32::MAX, Date::MAX);
    }

    proptest! {
        #[test]
        fn an_instant_lies_in_the_day_of_its_date(second in -9_000_000_000_i64..9_000_000_000) {
            let instant = Timestamp::from_second(second).unwrap();
            let date = cst_date(instant);
            prop_assert!(cst_midnight(date) <= instant && instant < cst_midnight(date.tomorrow().unwrap()));
        }

        #[test]
        fn next_and_prev_undo_each_other(year in 1_i16..9999, month in 1_i8..=12) {
            let it = Month::new(year, month).unwrap();
            prop_assert_eq!(it.next().prev(), it);
            prop_assert_eq!(it.last_day().tomorrow().unwrap(), it.next().first_day());
        }
    }
}
