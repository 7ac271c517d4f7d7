//! Reads the ledger, and holds it against all that it must agree with (I3). A caller sees what is for its region.

use uuid::Uuid;

use super::read::within;
use super::{Gateway, Refusal};
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::ledger::flow::{self, Flow, Paid};
use crate::domain::ledger::{AccountKind, Balance, Side, TrialBalance};
use crate::store::record::ledger::{AccountBalance, AccountFilter, EntryFilter, EntryRecord, LedgerCheck, SliceFilter};

/// A trial balance: owners summed up by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialSums {
    /// In the order of kinds; only those with accounts.
    pub kinds: Vec<(AccountKind, Balance)>,
    /// Debits and credits of all accounts, which are equal when all is well.
    pub total: Balance,
}

/// Where the money is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundFlow {
    /// Absent where the entries say what no money can do: then the ledger is to be checked.
    pub flow: Option<Flow>,
    /// What is with enterprises, by place and subsidy.
    pub paid: Vec<Paid>,
}

impl Gateway {
    /// Accounts of a part of the ledger, by kind and owner.
    pub async fn ledger_accounts(
        &self,
        caller: &Caller,
        filter: AccountFilter,
    ) -> Result<Vec<AccountBalance>, Refusal> {
        within(caller, filter.slice.within)?;
        Ok(self.inner.store.ledger_accounts(&filter).await?)
    }

    /// Entries, oldest first.
    pub async fn ledger_entries(&self, caller: &Caller, filter: EntryFilter) -> Result<Vec<EntryRecord>, Refusal> {
        within(caller, filter.slice.within)?;
        Ok(self.inner.store.ledger_entries(&filter).await?)
    }

    /// What all accounts of a part of the ledger come to.
    pub async fn trial_balance(&self, caller: &Caller, slice: SliceFilter) -> Result<TrialSums, Refusal> {
        within(caller, slice.within)?;
        let balance = self.inner.store.trial_balance(slice).await?;
        summed(&balance).ok_or_else(|| {
            // More than all the money there is: the ledger is broken, and no figure of it is given out.
            let error_id = Uuid::new_v4();
            tracing::error!(%error_id, "trial balance overflows");
            Refusal::Internal { error_id }
        })
    }

    /// Where all the money of a part of the ledger is. Of all months, whichever the slice names: what was drawn in one is paid in another.
    pub async fn fund_flow(&self, caller: &Caller, slice: SliceFilter) -> Result<FundFlow, Refusal> {
        within(caller, slice.within)?;
        let slice = SliceFilter { month: None, ..slice };
        let moved = self.inner.store.ledger_moved(slice).await?;
        Ok(FundFlow { flow: Flow::of(&moved), paid: flow::paid(&moved).unwrap_or_default() })
    }

    /// Compares the ledger of a region with itself, with claims, payments and cases, and with the statements.
    pub async fn check_ledger(&self, caller: &Caller, region: Region) -> Result<LedgerCheck, Refusal> {
        within(caller, region)?;
        Ok(self.inner.store.check_ledger(region).await?)
    }
}

/// Sums owners up. `None` on overflow.
fn summed(balance: &TrialBalance) -> Option<TrialSums> {
    let mut kinds = Vec::new();
    for kind in AccountKind::ALL {
        let mut of_kind = balance.0.iter().filter(|(account, _)| account.kind == kind).peekable();
        if of_kind.peek().is_some() {
            let sum = of_kind.try_fold(Balance::default(), |sum, (_, it)| {
                sum.with(Side::Debit, it.debit)?.with(Side::Credit, it.credit)
            })?;
            kinds.push((kind, sum));
        }
    }
    Some(TrialSums { kinds, total: balance.totals()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::Account;
    use crate::domain::money::Fen;

    fn account(kind: AccountKind, owner: &str) -> Account {
        Account { kind, owner: owner.to_owned() }
    }

    fn balance(debit: i64, credit: i64) -> Balance {
        Balance { debit: Fen::new(debit), credit: Fen::new(credit) }
    }

    #[test]
    fn owners_are_summed_up_by_kind() {
        let accounts = [
            (account(AccountKind::County, "371502"), balance(100, 40)),
            (account(AccountKind::County, "371503"), balance(10, 0)),
            (account(AccountKind::Fund, "371500"), balance(0, 70)),
        ];
        let found = summed(&TrialBalance(accounts.into_iter().collect())).unwrap();
        assert_eq!(found.kinds, [(AccountKind::Fund, balance(0, 70)), (AccountKind::County, balance(110, 40))]);
        assert_eq!(found.total, balance(110, 110));
        assert_eq!(summed(&TrialBalance::default()), Some(TrialSums { kinds: Vec::new(), total: Balance::default() }));
        let too_much = [
            (account(AccountKind::County, "371502"), balance(i64::MAX, 0)),
            (account(AccountKind::County, "371503"), balance(1, 0)),
        ];
        assert_eq!(summed(&TrialBalance(too_much.into_iter().collect())), None);
    }
}
