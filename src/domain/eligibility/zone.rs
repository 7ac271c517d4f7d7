//! Whether a county was hit, and since when (一(一)): a risk area on any day, or static management for long enough.

use jiff::civil::Date;

use super::evidence::{Declaration, DeclarationKind};
use crate::domain::calendar::{Month, days_inclusive};
use crate::domain::identity::Region;
use crate::domain::policy::sheet::Window;

/// What the sheet asks of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneRule {
    pub window: Window,
    /// Both ends are counted, and this number is enough (7日以上).
    pub static_management_days_min: u32,
    /// Nothing is known of later days.
    pub decided_on: Date,
}

/// The onset month: the earliest month of the window in which a qualifying declaration for the county was in force (五(一)).
///
/// A declaration for a whole city counts for each of its counties.
pub fn onset_month(rule: ZoneRule, county: Region, declarations: &[Declaration]) -> Option<Month> {
    let here = declarations.iter().filter(|declaration| declaration.region.covers(county));
    here.filter_map(|declaration| rule.first_day(declaration)).min().map(Month::of)
}

impl ZoneRule {
    /// The first day in the window on which a declaration makes its county a zone.
    ///
    /// A period that began before the window counts with all its days, and from the window's first day: the notice asks that it was
    /// there in the year, not that it began in it.
    fn first_day(self, declaration: &Declaration) -> Option<Date> {
        let last = declaration.until.map_or(self.decided_on, |until| until.min(self.decided_on));
        let is_long_enough = match declaration.kind {
            DeclarationKind::RiskArea => declaration.from <= last,
            DeclarationKind::StaticManagement => {
                days_inclusive(declaration.from, last) >= i64::from(self.static_management_days_min)
            }
        };
        let first = declaration.from.max(self.window.from);
        (is_long_enough && first <= last && first <= self.window.until).then_some(first)
    }
}
