//! Days, months and instants as the contracts write them.

use std::ops::RangeInclusive;

use hufu::proto::common::v1 as common;
use jiff::civil::Date;

pub(crate) fn day(date: Date) -> common::Date {
    common::Date { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}

/// Months of 2022.
pub(crate) fn months(of_2022: RangeInclusive<i32>) -> impl Iterator<Item = common::Month> {
    of_2022.map(|month| common::Month { year: 2022, month })
}
