//! Where a city stands: what is filed, paid, due and stuck.

use jiff::civil::Date;

use super::record::payment::UnmatchedLine;
use super::record::pooling::{DueTotal, StandingTotal};
use super::{Store, StoreError};
use crate::domain::calendar::Month;
use crate::domain::identity::Region;

impl Store {
    /// Claims within a region by county, subsidy and state.
    pub async fn standing_totals(&self, within: Region) -> Result<Vec<StandingTotal>, StoreError> {
        let _ = within;
        Err(StoreError::Closed)
    }

    /// Counties of a city that have approved claims and have not filed in a month.
    pub async fn not_filed(&self, city: Region, month: Month) -> Result<Vec<Region>, StoreError> {
        let _ = (city, month);
        Err(StoreError::Closed)
    }

    /// Whether a payout of a city was booked in a month (二(二): 每月不少于1次).
    pub async fn has_paid_out(&self, city: Region, month: Month) -> Result<bool, StoreError> {
        let _ = (city, month);
        Err(StoreError::Closed)
    }

    /// Unpaid claims that are entitled, held or waiting, with their last day up to a day, by day, county and state.
    pub async fn due_until(&self, within: Region, until: Date) -> Result<Vec<DueTotal>, StoreError> {
        let _ = (within, until);
        Err(StoreError::Closed)
    }

    /// Statement lines of a city that fit nothing, oldest first.
    pub async fn unmatched_lines(&self, city: Region, limit: u32) -> Result<Vec<UnmatchedLine>, StoreError> {
        let _ = (city, limit);
        Err(StoreError::Closed)
    }
}
