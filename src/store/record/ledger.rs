//! Parts of the ledger, and what does not agree in it.

use jiff::Timestamp;

use crate::domain::calendar::Month;
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::ledger::{Account, AccountKind, Balance, Entry};
use crate::domain::money::Fen;
use crate::domain::pooling::BatchId;

/// What part of the ledger. All conditions hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceFilter {
    /// Only entries of places that this covers; a city covers its own and its counties'.
    pub within: Region,
    pub batch: Option<BatchId>,
    pub subsidy: Option<SubsidyKind>,
    pub month: Option<Month>,
}

/// An entry at its place in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRecord {
    /// From 1, without gaps.
    pub sequence: i64,
    pub at: Timestamp,
    pub entry: Entry,
}

/// Which entries to list, oldest first.
#[derive(Clone, Debug)]
pub struct EntryFilter {
    pub slice: SliceFilter,
    pub account: Option<Account>,
    /// Only entries after this sequence (exclusive); 0 for the first page.
    pub after: i64,
    pub limit: u32,
}

/// Which accounts to list, by kind and owner.
#[derive(Clone, Debug)]
pub struct AccountFilter {
    pub slice: SliceFilter,
    pub kind: Option<AccountKind>,
    /// Only accounts after this one (exclusive).
    pub after: Option<Account>,
    pub limit: u32,
}

/// An account and what it comes to.
pub type AccountBalance = (Account, Balance);

/// What does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerDifference {
    /// Stable, e.g. `PAYABLE_DIFFERS_FROM_CLAIMS`.
    pub code: &'static str,
    pub zh: String,
    pub en: String,
    pub expected: Fen,
    pub found: Fen,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerCheck {
    /// Entries that were looked at.
    pub entries: u64,
    /// Empty when all agrees to the fen.
    pub differences: Vec<LedgerDifference>,
}
