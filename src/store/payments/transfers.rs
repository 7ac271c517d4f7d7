//! Transfers (拨付): the counties' money, passed on as soon as it is there.

use std::collections::{BTreeMap, BTreeSet};

use super::batch;
use super::obligation::{self, NewPayment, PayTo, Payment};
use super::orders::{self, NewOrder};
use super::{new_ids, payer_account};
use crate::domain::identity::Region;
use crate::domain::ledger::Way;
use crate::domain::money::Fen;
use crate::domain::payment::{InstructionId, Parts, Payee, PaymentId, PaymentKind};
use crate::domain::pooling::BatchState;
use crate::store::StoreError;
use crate::store::act::Act;
use crate::store::batches;
use crate::store::codec;
use crate::store::lease;
use crate::store::pool::on_tx;
use crate::store::record::payment::{MakeTransfers, TransferOutcome};
use crate::store::record::pooling::BatchRecord;
use crate::store::sql::statements;
use crate::store::transaction::Transaction;

statements! {
    SUM_FUNDED = "
        SELECT approval.region, approval.subsidy, CAST(SUM(approval.amount_fen) AS BIGINT)
        FROM approval CROSS JOIN claim
        WHERE approval.batch_id = $1 AND claim.claim_id = approval.claim_id AND claim.state = 'funded'
        GROUP BY approval.region, approval.subsidy ORDER BY approval.region, approval.subsidy";
}

impl Act for MakeTransfers {
    type Output = TransferOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<TransferOutcome, StoreError> {
        let Self { fence, actor, batch_id, accounts, at } = self;
        let at = codec::kept(*at);
        lease::check(transaction, *fence).await?;
        let batch = batches::find(transaction, *batch_id).await?;
        let Some(mut batch) = batch.filter(|it| it.city == fence.city && it.state == BatchState::Funded) else {
            return Ok(TransferOutcome::Stale);
        };
        let mut funded = funded(transaction, &batch).await?;
        let places: BTreeSet<Region> = funded.keys().copied().chain([batch.city]).collect();
        let without: Vec<Region> = places.into_iter().filter(|it| !accounts.expenditure.contains_key(it)).collect();
        if !without.is_empty() {
            return Ok(TransferOutcome::NoAccount(without));
        }
        // Municipal-level enterprises are paid by the city itself.
        funded.remove(&batch.city);
        let made = self.prepare(transaction, &batch, funded)?;
        let payments: Vec<&Payment> = made.iter().map(|(payment, _)| payment).collect();
        obligation::enter(transaction, &payments, actor, at).await?;
        let count = u32::try_from(made.len()).unwrap_or(u32::MAX);
        let orders = made.iter().map(|(payment, order)| (payment, order.clone())).collect();
        orders::make(transaction, orders, actor, at).await?;
        batch::refuse_overdrawn(transaction, batch.batch_id, &BTreeSet::from([batch.city])).await?;
        batch.state = if count == 0 { BatchState::Paying } else { BatchState::Transferring };
        batch.changed_at = at;
        batches::save(transaction, &batch).await?;
        transaction.append(&batches::moved_entry(&batch, actor, String::new()));
        Ok(TransferOutcome::Made(count))
    }
}

impl MakeTransfers {
    /// One transfer for each county.
    fn prepare(
        &self,
        transaction: &Transaction,
        batch: &BatchRecord,
        counties: BTreeMap<Region, Parts>,
    ) -> Result<Vec<(Payment, NewOrder)>, StoreError> {
        let at = codec::kept(self.at);
        let mut new_id = new_ids(at);
        let mut made = Vec::with_capacity(counties.len());
        let from = payer_account(&self.accounts, batch.city)?;
        for (county, parts) in counties {
            let payee = payer_account(&self.accounts, county)?;
            let purpose = batch::purpose(batch, PaymentKind::Transfer);
            let subsidies = parts.iter().map(|(subsidy, _)| *subsidy).collect();
            let to = PayTo { account: Some(payee.account.clone()), name: payee.name.clone(), purpose, subsidies };
            let new = NewPayment {
                payment_id: PaymentId(new_id()),
                batch_id: batch.batch_id,
                number: 1,
                way: Way { kind: PaymentKind::Transfer, payer: batch.city, payee: Payee::County(county) },
                place: county,
                amount: orders::sum(&parts)?,
            };
            let payment = new.seal(&to, &transaction.sealer, at)?;
            let order = NewOrder {
                instruction_id: InstructionId(new_id()),
                parts,
                payer_account: from.account.clone(),
                payee_account: payee.account.clone(),
                payee_name: to.name,
                purpose: to.purpose,
            };
            made.push((payment, order));
        }
        Ok(made)
    }
}

/// What the funded claims of each place come to, by subsidy.
async fn funded(transaction: &mut Transaction, batch: &BatchRecord) -> Result<BTreeMap<Region, Parts>, StoreError> {
    let found: Vec<(String, String, i64)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(SUM_FUNDED).bind(batch.batch_id.0.as_bytes().to_vec()).fetch_all(connection).await
    })?;
    let mut places: BTreeMap<Region, Parts> = BTreeMap::new();
    for (region, subsidy, amount) in found {
        let amount = Fen::new(amount);
        if amount > Fen::ZERO {
            places.entry(codec::region(&region)?).or_default().push((codec::subsidy(&subsidy)?, amount));
        }
    }
    Ok(places)
}
