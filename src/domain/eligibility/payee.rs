//! Which account is paid: one that the tax department names, never one that the claim does (二(一), 二(二)).

use super::evidence::TaxAccounts;
use super::verdict::{Payee, PayeeAccountKind};
use crate::domain::identity::BankAccount;
use crate::domain::policy::sheet::Sheet;

/// The accounts that the sheet allows and the tax department has, the one to be paid first.
pub(super) fn payable(sheet: &Sheet, accounts: &TaxAccounts) -> Vec<Payee> {
    let in_order = sheet.payee_order.value.iter().copied();
    in_order
        .filter_map(|kind| {
            let account = match kind {
                PayeeAccountKind::Corporate => accounts.corporate.as_ref(),
                PayeeAccountKind::Contribution => accounts.contribution.as_ref(),
            };
            account.cloned().map(|account| Payee { kind, account })
        })
        .collect()
}

/// Whether the claim names an account that is none of the payable ones. Without any there is nothing to compare with.
pub(super) fn is_foreign(claimed: Option<&BankAccount>, payable: &[Payee]) -> bool {
    !payable.is_empty() && claimed.is_some_and(|claimed| payable.iter().all(|payee| payee.account != *claimed))
}
