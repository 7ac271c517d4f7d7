//! The ledger as it is read, and whether all agrees to the fen (I3).

pub(super) mod accounts;
pub(super) mod check;
pub(super) mod entries;
pub(super) mod moved;

use super::record::ledger::{AccountBalance, AccountFilter, EntryFilter, EntryRecord, LedgerCheck, SliceFilter};
use super::{Store, StoreError};
use crate::domain::identity::Region;
use crate::domain::ledger::flow::Moved;
use crate::domain::ledger::{Account, AccountKind, TrialBalance};

impl Store {
    /// Accounts of a part of the ledger, by kind and owner.
    pub async fn ledger_accounts(&self, filter: &AccountFilter) -> Result<Vec<AccountBalance>, StoreError> {
        accounts::page(&self.inner.pools.readers, filter).await
    }

    /// Entries, oldest first.
    pub async fn ledger_entries(&self, filter: &EntryFilter) -> Result<Vec<EntryRecord>, StoreError> {
        entries::page(&self.inner.pools.readers, filter).await
    }

    /// What all accounts of a part of the ledger come to.
    pub async fn trial_balance(&self, slice: SliceFilter) -> Result<TrialBalance, StoreError> {
        accounts::trial_balance(&self.inner.pools.readers, slice).await
    }

    /// What moved in a part of the ledger, summed up by place, subsidy and kind of entry.
    pub async fn ledger_moved(&self, slice: SliceFilter) -> Result<Vec<Moved>, StoreError> {
        moved::sums(&self.inner.pools.readers, slice).await
    }

    /// Compares the ledger with itself, with claims, payments, instructions and cases, and with the statements.
    pub async fn check_ledger(&self, within: Region) -> Result<LedgerCheck, StoreError> {
        check::check(&self.inner.pools.readers, within).await
    }
}

fn account(kind: &str, owner: String) -> Result<Account, StoreError> {
    let kind = AccountKind::from_code(kind).ok_or(StoreError::Corrupt("account"))?;
    Ok(Account { kind, owner })
}

/// Sums come from the database; one that no column holds is as corrupt as an amount that cannot be read.
fn summed(error: sqlx::Error) -> StoreError {
    let error = StoreError::from(error);
    // 22003 is PostgreSQL's; SQLite has no code of its own for an overflow, and these statements fail in no other way.
    let is_overflow = matches!(&error, StoreError::Database { code } if matches!(code.as_ref(), "22003" | "1"));
    if is_overflow { StoreError::Corrupt("sum") } else { error }
}
