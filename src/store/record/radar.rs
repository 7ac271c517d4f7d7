//! The 30-day radar: unpaid claims by their last day.

use jiff::civil::Date;

use crate::domain::claim::ClaimState;
use crate::domain::identity::Region;
use crate::domain::money::Fen;

/// Up to which day, and of which region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadarSpan {
    pub within: Region,
    /// What was due before is past its day.
    pub today: Date,
    /// The last day that is looked at.
    pub until: Date,
}

/// Unpaid claims with one last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadarDay {
    /// `None` for those that are past theirs.
    pub due_on: Option<Date>,
    pub claims: u64,
    /// Known of claims with an approval; of others it is 0.
    pub amount: Fen,
}

/// The same by county and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadarPlace {
    pub key: RadarKey,
    pub claims: u64,
    /// Known of claims with an approval; of others it is 0.
    pub amount: Fen,
}

/// What is counted together, and its place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RadarKey {
    pub due_on: Date,
    pub region: Region,
    pub state: ClaimState,
}
