//! The ledger as it is read, and whether all agrees to the fen (I3).

use super::record::ledger::{AccountBalance, AccountFilter, EntryFilter, EntryRecord, LedgerCheck, SliceFilter};
use super::{Store, StoreError};
use crate::domain::identity::Region;
use crate::domain::ledger::TrialBalance;

impl Store {
    /// Accounts of a part of the ledger, by kind and owner.
    pub async fn ledger_accounts(&self, filter: &AccountFilter) -> Result<Vec<AccountBalance>, StoreError> {
        let _ = filter;
        Err(StoreError::Closed)
    }

    /// Entries, oldest first.
    pub async fn ledger_entries(&self, filter: &EntryFilter) -> Result<Vec<EntryRecord>, StoreError> {
        let _ = filter;
        Err(StoreError::Closed)
    }

    /// What all accounts of a part of the ledger come to.
    pub async fn trial_balance(&self, slice: SliceFilter) -> Result<TrialBalance, StoreError> {
        let _ = slice;
        Err(StoreError::Closed)
    }

    /// Compares the ledger with itself, with claims, payments, instructions and cases, and with the statements.
    pub async fn check_ledger(&self, within: Region) -> Result<LedgerCheck, StoreError> {
        let _ = within;
        Err(StoreError::Closed)
    }
}
