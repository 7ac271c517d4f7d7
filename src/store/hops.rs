//! What each hop of a batch comes to: the figures that people compare.

use super::pool::on_pool;
use super::record::pooling::HopTotal;
use super::sql::statements;
use super::{Store, StoreError};
use crate::domain::money::Fen;
use crate::domain::pooling::BatchId;

statements! {
    FILED_AND_POOLED = "
        SELECT CAST(COALESCE(SUM(claims), 0) AS BIGINT), CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT),
            CAST(COALESCE(SUM(pooled_claims), 0) AS BIGINT), CAST(COALESCE(SUM(pooled_fen), 0) AS BIGINT)
        FROM filing WHERE batch_id = $1";
    /// Asked for and granted, by line; claims that a grant did not cover are noted as left out.
    ASKED_AND_GRANTED = "
        SELECT CAST(COALESCE(SUM(claims), 0) AS BIGINT), CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN granted_fen IS NULL THEN 0 ELSE claims END), 0) AS BIGINT)
                - (SELECT COUNT(*) FROM left_out WHERE batch_id = $1 AND reason = 'not-granted'),
            CAST(COALESCE(SUM(granted_fen), 0) AS BIGINT)
        FROM batch_line WHERE batch_id = $1";
    ARRIVED_AND_FUNDED = "
        SELECT (SELECT COUNT(*) FROM ledger_entry WHERE batch_id = $1 AND event = 'arrived'), arrived_fen, funded_claims,
            (SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) FROM ledger_entry
             WHERE batch_id = $1 AND event = 'owed')
        FROM batch WHERE batch_id = $1";
    /// By kind of payment: those with an instruction and what they were instructed for, those paid in full, and what is paid.
    PAID_BY_KIND = "
        SELECT kind, CAST(COALESCE(SUM(CASE WHEN attempts > 0 THEN 1 ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN attempts > 0 THEN amount_fen - set_off_fen ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN state = 'paid' THEN 1 ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(paid_fen), 0) AS BIGINT)
        FROM payment WHERE batch_id = $1 GROUP BY kind";
    COUNT_IN_TRANSIT = "
        SELECT COUNT(*) FROM payment CROSS JOIN instruction
        WHERE payment.batch_id = $1 AND instruction.payment_id = payment.payment_id
            AND instruction.state IN ('made', 'sending', 'accepted', 'in-doubt')";
    /// By kind of account: how many hold something, and what they hold in all, as debit less credit.
    HELD_BY_KIND = "
        SELECT kind, COUNT(*), CAST(SUM(balance) AS BIGINT) FROM (
            SELECT kind, owner, SUM(amount) AS balance FROM (
                SELECT debit_kind AS kind, debit_owner AS owner, amount_fen AS amount
                FROM ledger_entry WHERE batch_id = $1
                UNION ALL
                SELECT credit_kind, credit_owner, -amount_fen FROM ledger_entry WHERE batch_id = $1) AS sides
            GROUP BY kind, owner HAVING SUM(amount) <> 0) AS accounts
        GROUP BY kind";
}

/// Two hops of one statement: count and amount of each.
type Pair = (i64, i64, i64, i64);

impl Store {
    /// What each hop of a batch comes to, in the order of the hops. Up to the grant claims are counted, then payments, and of what is
    /// owed or left the accounts that hold it.
    pub async fn hops(&self, id: BatchId) -> Result<Vec<HopTotal>, StoreError> {
        let batch = id.0.as_bytes().as_slice();
        let pair = async |sql: &'static str| -> Result<Option<Pair>, StoreError> {
            Ok(on_pool!(&self.inner.pools.readers, pool => {
                sqlx::query_as(sql).bind(batch).fetch_optional(pool).await
            })?)
        };
        let Some(arrived_and_funded) = pair(ARRIVED_AND_FUNDED).await? else { return Ok(Vec::new()) };
        let filed_and_pooled = pair(FILED_AND_POOLED).await?.unwrap_or_default();
        let asked_and_granted = pair(ASKED_AND_GRANTED).await?.unwrap_or_default();
        let payments: Vec<(String, i64, i64, i64, i64)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(PAID_BY_KIND).bind(batch).fetch_all(pool).await
        })?;
        let (in_transit,): (i64,) = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(COUNT_IN_TRANSIT).bind(batch).fetch_one(pool).await
        })?;
        let accounts: Vec<(String, i64, i64)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(HELD_BY_KIND).bind(batch).fetch_all(pool).await
        })?;
        let of_kind = |kind: &str| {
            let payments = payments.iter().find(|it| it.0 == kind);
            payments.map(|(_, count, instructed, settled, paid)| ((*count, *instructed), (*settled, *paid)))
        };
        let held = |kinds: &[&str]| {
            let accounts = accounts.iter().filter(|it| kinds.contains(&it.0.as_str()));
            accounts.fold((0, 0), |(count, sum), it| (count + it.1, sum + it.2))
        };
        let owed = |kind: &str| {
            let (count, balance) = held(&[kind]);
            (count, -balance)
        };
        let payouts = of_kind("payout").unwrap_or_default();
        let hops = [
            ("filed", (filed_and_pooled.0, filed_and_pooled.1)),
            ("pooled", (filed_and_pooled.2, filed_and_pooled.3)),
            ("asked", (asked_and_granted.0, asked_and_granted.1)),
            ("granted", (asked_and_granted.2, asked_and_granted.3)),
            ("arrived", (arrived_and_funded.0, arrived_and_funded.1)),
            ("funded", (arrived_and_funded.2, arrived_and_funded.3)),
            ("transferred", of_kind("transfer").unwrap_or_default().1),
            ("instructed", payouts.0),
            ("paid", payouts.1),
            ("in-transit", (in_transit, held(&["in-transit"]).1)),
            ("returned", owed("returned")),
            ("owed", owed("payable")),
            ("returned-to-fund", of_kind("return").unwrap_or_default().1),
            ("unspent", held(&["municipal", "county"])),
        ];
        let total = |(hop, (count, amount)): (&'static str, (i64, i64))| HopTotal {
            hop,
            count: u64::try_from(count).unwrap_or_default(),
            amount: Fen::new(amount),
        };
        Ok(hops.into_iter().map(total).collect())
    }
}
