//! Which counties had a risk area or static management, and from which month.

use jiff::civil::{Date, date};

use crate::domain::calendar::{Month, days_inclusive};
use crate::domain::eligibility::evidence::{Declaration, DeclarationKind};
use crate::domain::identity::Region;
use crate::sandbox::population::places;

/// Static management counts from this many days on (一(一)).
const STATIC_DAYS_MIN: i64 = 7;

/// County, kind, first and last day.
const DECLARED: [(&str, DeclarationKind, Date, Date); 6] = [
    // Worked case 1: listed in March, under static management in April; March counts.
    ("371502", DeclarationKind::RiskArea, date(2022, 3, 14), date(2022, 4, 10)),
    ("371502", DeclarationKind::StaticManagement, date(2022, 4, 2), date(2022, 4, 8)),
    // Worked case 2: six days do not count.
    ("371521", DeclarationKind::StaticManagement, date(2022, 5, 1), date(2022, 5, 6)),
    ("3715A1", DeclarationKind::StaticManagement, date(2022, 4, 2), date(2022, 4, 8)),
    ("410902", DeclarationKind::StaticManagement, date(2022, 4, 10), date(2022, 4, 17)),
    ("410926", DeclarationKind::StaticManagement, date(2022, 8, 25), date(2022, 8, 31)),
];

pub(super) fn declarations() -> Vec<Declaration> {
    let declared =
        |(code, kind, from, until)| Declaration { region: places::region(code), kind, from, until: Some(until) };
    DECLARED.into_iter().map(declared).collect()
}

/// The month whose headcount counts in a county; none where nothing entitles by zone.
pub(super) fn onset_month(county: Region) -> Option<Month> {
    let counts = |it: &Declaration| match (it.kind, it.until) {
        (DeclarationKind::RiskArea, _) | (DeclarationKind::StaticManagement, None) => true,
        (DeclarationKind::StaticManagement, Some(until)) => days_inclusive(it.from, until) >= STATIC_DAYS_MIN,
    };
    let declared = declarations().into_iter().filter(|it| it.region == county && counts(it));
    declared.map(|it| Month::of(it.from)).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_month_that_counts_decides() {
        let check = |code, expected: Option<&str>| {
            assert_eq!(onset_month(places::region(code)).map(|it| it.to_string()).as_deref(), expected, "{code}");
        };
        check("371502", Some("2022-03"));
        check("371521", None);
        check("410902", Some("2022-04"));
        check("410926", Some("2022-08"));
        check("410928", None);
    }
}
