//! Returns to the fund (缴回): what a batch has in an expenditure account beyond what it still owes there.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::batch::{self, PlaceBalance};
use super::obligation::{self, NewPayment, PayTo, Payment};
use super::orders::{self, NewOrder};
use super::{new_ids, payer_account};
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::ledger::{AccountKind, Way};
use crate::domain::money::Fen;
use crate::domain::payment::{InstructionId, Parts, Payee, PaymentId, PaymentKind};
use crate::domain::pooling::{BatchId, BatchState, CityAccounts};
use crate::store::StoreError;
use crate::store::act::Act;
use crate::store::batches;
use crate::store::codec;
use crate::store::lease;
use crate::store::pool::on_tx;
use crate::store::record::Actor;
use crate::store::record::pooling::{BatchRecord, Fence};
use crate::store::sql::statements;
use crate::store::transaction::Transaction;

statements! {
    /// Where the accounts of a batch are still moving other than by payouts.
    UNPAID_BETWEEN_ACCOUNTS = "
        SELECT DISTINCT place FROM payment
        WHERE batch_id = $1 AND kind IN ('transfer', 'return') AND state <> 'paid'";
    RETURN_NUMBERS = "SELECT payer, MAX(number) FROM payment WHERE batch_id = $1 AND kind = 'return' GROUP BY payer";
}

/// Makes payments back to the fund.
pub(super) struct MakeReturns {
    pub(super) fence: Fence,
    pub(super) actor: Actor,
    pub(super) batch: BatchId,
    pub(super) accounts: CityAccounts,
    pub(super) at: Timestamp,
}

impl Act for MakeReturns {
    type Output = u32;

    async fn run(&self, transaction: &mut Transaction) -> Result<u32, StoreError> {
        let Self { fence, actor, batch, accounts: _, at } = self;
        lease::check(transaction, *fence).await?;
        let batch = batches::find(transaction, *batch).await?;
        // What was clawed back comes in after the batch was closed, too.
        let pays = |it: &BatchRecord| matches!(it.state, BatchState::Paying | BatchState::Closed);
        let Some(batch) = batch.filter(|it| it.city == fence.city && pays(it)) else { return Ok(0) };
        let id = batch.batch_id.0.as_bytes().to_vec();
        let (moving, numbers): (Vec<(String,)>, Vec<(String, i64)>) = on_tx!(transaction.tx, connection => {
            let moving = sqlx::query_as(UNPAID_BETWEEN_ACCOUNTS).bind(&id).fetch_all(&mut *connection).await?;
            (moving, sqlx::query_as(RETURN_NUMBERS).bind(&id).fetch_all(connection).await?)
        });
        let moving: HashSet<Region> = moving.iter().map(|(it,)| codec::region(it)).collect::<Result<_, _>>()?;
        let number = |(payer, number): (String, i64)| Ok((codec::region(&payer)?, codec::count(number)?));
        let numbers: HashMap<Region, u32> = numbers.into_iter().map(number).collect::<Result<_, StoreError>>()?;
        let mut surplus = surplus(&batch::balances(transaction, batch.batch_id).await?)?;
        surplus.retain(|(_, place), parts| !moving.contains(place) && !parts.is_empty());
        let made = self.prepare(transaction, &batch, surplus, numbers)?;
        let payments: Vec<&Payment> = made.iter().map(|(payment, _)| payment).collect();
        obligation::enter(transaction, &payments, actor, *at).await?;
        let orders = made.iter().map(|(payment, order)| (payment, order.clone())).collect();
        orders::make(transaction, orders, actor, *at).await?;
        let payers = made.iter().map(|(payment, _)| payment.payer).collect();
        batch::refuse_overdrawn(transaction, batch.batch_id, &payers).await?;
        Ok(u32::try_from(made.len()).unwrap_or(u32::MAX))
    }
}

impl MakeReturns {
    /// One return for each account and place: its entries stand where the money was for.
    fn prepare(
        &self,
        transaction: &Transaction,
        batch: &BatchRecord,
        surplus: BTreeMap<(Region, Region), Parts>,
        mut numbers: HashMap<Region, u32>,
    ) -> Result<Vec<(Payment, NewOrder)>, StoreError> {
        let mut new_id = new_ids(self.at);
        let fund = &self.accounts.fund;
        let mut made = Vec::with_capacity(surplus.len());
        for ((payer, place), parts) in surplus {
            let number = numbers.entry(payer).or_default();
            *number += 1;
            let purpose = batch::purpose(batch, PaymentKind::Return);
            let subsidies = parts.iter().map(|(subsidy, _)| *subsidy).collect();
            let to = PayTo { account: Some(fund.account.clone()), name: fund.name.clone(), purpose, subsidies };
            let new = NewPayment {
                payment_id: PaymentId(new_id()),
                batch_id: batch.batch_id,
                number: *number,
                way: Way { kind: PaymentKind::Return, payer, payee: Payee::Fund(batch.city) },
                place,
                amount: orders::sum(&parts)?,
            };
            let payment = new.seal(&to, &transaction.sealer, self.at)?;
            let order = NewOrder {
                instruction_id: InstructionId(new_id()),
                parts,
                payer_account: payer_account(&self.accounts, payer)?.account.clone(),
                payee_account: fund.account.clone(),
                payee_name: to.name,
                purpose: to.purpose,
            };
            made.push((payment, order));
        }
        Ok(made)
    }
}

/// By account and place, what is free and not owed; only where neither transfers nor returns are under way. What is in transit from an
/// account is then on its way to enterprises, and stands as payable until it is booked.
fn surplus(balances: &[PlaceBalance]) -> Result<BTreeMap<(Region, Region), Parts>, StoreError> {
    let mut sums: BTreeMap<(Region, Region, SubsidyKind), (Fen, Fen)> = BTreeMap::new();
    for PlaceBalance { kind, owner, place, subsidy, net } in balances {
        let (cash, bound) = sums.entry((*owner, *place, *subsidy)).or_default();
        let sum = match kind {
            AccountKind::Municipal | AccountKind::County => cash,
            // Debits of what is owed are below zero, and those of what is in transit above.
            AccountKind::Payable | AccountKind::Returned | AccountKind::InTransit => bound,
            AccountKind::Fund | AccountKind::Unassigned | AccountKind::Expense | AccountKind::Receivable => continue,
        };
        *sum = sum.checked_add(*net).ok_or(StoreError::Corrupt("amount"))?;
    }
    let mut surplus: BTreeMap<(Region, Region), Parts> = BTreeMap::new();
    for ((owner, place, subsidy), (cash, bound)) in sums {
        let free = cash.checked_add(bound).ok_or(StoreError::Corrupt("amount"))?;
        // However the rest stands, no more than there is goes back.
        let free = free.min(cash);
        if free > Fen::ZERO {
            surplus.entry((owner, place)).or_default().push((subsidy, free));
        }
    }
    Ok(surplus)
}
