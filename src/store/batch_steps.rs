//! The steps of a pooling batch: sealed, asked for, granted or refused, funded, closed.

pub(super) mod fund;
pub(super) mod grant;
pub(super) mod seal;

use jiff::Timestamp;

use super::StoreError;
use super::act::Act;
use super::batches::{self, moved_entry};
use super::codec;
use super::filings::totals;
use super::lease;
use super::path;
use super::pool::on_tx;
use super::record::Actor;
use super::record::pooling::{BatchRecord, BatchStep, MoveBatch, MoveOutcome};
use super::sql::statements;
use super::transaction::Transaction;
use crate::domain::pooling::{BatchState, ControlTotals, Stop};

statements! {
    KEEP_REFERENCE = "UPDATE batch SET reference = $2 WHERE batch_id = $1";
    COUNT_UNPAID_CLAIMS = "
        SELECT COUNT(*) FROM approval CROSS JOIN claim
        WHERE approval.batch_id = $1 AND claim.claim_id = approval.claim_id AND claim.state <> 'paid'";
    /// An open instruction belongs to such a payment.
    COUNT_UNPAID_PAYMENTS = "SELECT COUNT(*) FROM payment WHERE batch_id = $1 AND state <> 'paid'";
    COUNT_OPEN_INSTRUCTIONS = "
        SELECT COUNT(*) FROM payment CROSS JOIN instruction
        WHERE payment.batch_id = $1 AND instruction.payment_id = payment.payment_id
            AND instruction.state IN ('made', 'sending', 'accepted', 'in-doubt')";
    /// Claims of a batch with their amounts, and what the ledger says was owed for them.
    CLAIMS_AND_OWED = "
        SELECT COUNT(*), CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT),
            (SELECT CAST(COALESCE(SUM(CASE WHEN event = 'owed' THEN amount_fen ELSE -amount_fen END), 0) AS BIGINT)
             FROM ledger_entry WHERE batch_id = $1 AND event IN ('owed', 'no-longer-owed'))
        FROM approval WHERE batch_id = $1";
    /// Accounts in which money of a batch is on its way, that do not come to nothing.
    COUNT_OPEN_ACCOUNTS = "
        SELECT COUNT(*) FROM (
            SELECT kind, owner FROM (
                SELECT debit_kind AS kind, debit_owner AS owner, amount_fen AS amount
                FROM ledger_entry WHERE batch_id = $1
                UNION ALL
                SELECT credit_kind, credit_owner, -amount_fen FROM ledger_entry WHERE batch_id = $1) AS sides
            WHERE kind IN ('municipal', 'county', 'unassigned', 'payable', 'in-transit', 'returned')
            GROUP BY kind, owner HAVING SUM(amount) <> 0) AS accounts";
}

impl Act for MoveBatch {
    type Output = MoveOutcome;

    fn weight(&self) -> usize {
        path::WEIGHT
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<MoveOutcome, StoreError> {
        lease::check(transaction, self.fence).await?;
        let batch = batches::find(transaction, self.batch_id).await?;
        let Some(batch) = batch.filter(|it| it.city == self.fence.city && begins(&self.step, it.state)) else {
            return Ok(MoveOutcome::Stale);
        };
        let step = Step { transaction, batch, actor: &self.actor, at: codec::kept(self.at) };
        match &self.step {
            BatchStep::Seal => step.seal().await,
            BatchStep::Asked { reference } => step.asked(reference).await,
            BatchStep::Granted(grant) => step.granted(grant).await,
            BatchStep::Refused { document_number, reason } => step.refused(document_number, reason).await,
            BatchStep::Fund => step.fund().await,
            BatchStep::Stop(stop) => step.stop(stop.clone()).await,
            BatchStep::Close => step.close().await,
        }
    }
}

/// Whether a batch that stands there can take the step.
fn begins(step: &BatchStep, state: BatchState) -> bool {
    match step {
        BatchStep::Seal => state == BatchState::Gathering,
        BatchStep::Asked { .. } => state == BatchState::Sealed,
        BatchStep::Granted(_) | BatchStep::Refused { .. } => state == BatchState::Asked,
        BatchStep::Fund => state == BatchState::Granted,
        BatchStep::Stop(_) => state.is_open(),
        BatchStep::Close => state == BatchState::Paying,
    }
}

/// A batch while it takes a step.
struct Step<'a> {
    transaction: &'a mut Transaction,
    batch: BatchRecord,
    actor: &'a Actor,
    at: Timestamp,
}

impl Step<'_> {
    async fn asked(mut self, reference: &str) -> Result<MoveOutcome, StoreError> {
        self.keep(KEEP_REFERENCE, reference).await?;
        self.batch.state = BatchState::Asked;
        self.moved(String::new()).await
    }

    /// Writes nothing where nothing changes.
    async fn stop(mut self, stop: Option<Stop>) -> Result<MoveOutcome, StoreError> {
        if self.batch.stopped != stop {
            let detail = stop.as_ref().map_or_else(|| String::from("goes on"), |stop| format!("stop={}", stop.code()));
            self.batch.stopped = stop;
            self.save(detail).await?;
        }
        Ok(MoveOutcome::Moved(self.batch))
    }

    async fn close(mut self) -> Result<MoveOutcome, StoreError> {
        let all = [COUNT_UNPAID_CLAIMS, COUNT_UNPAID_PAYMENTS, COUNT_OPEN_INSTRUCTIONS, COUNT_OPEN_ACCOUNTS];
        for sql in all {
            if self.count(sql).await? != 0 {
                return Ok(MoveOutcome::Stale);
            }
        }
        let (expected, found) = self.claims_and_owed().await?;
        if expected != found {
            return self.refuse(Stop::TotalsDiffer { expected, found }).await;
        }
        self.batch.state = BatchState::Closed;
        self.moved(String::new()).await
    }

    async fn claims_and_owed(&mut self) -> Result<(ControlTotals, ControlTotals), StoreError> {
        let (claims, amount, owed): (i64, i64, i64) = on_tx!(self.transaction.tx, connection => {
            sqlx::query_as(CLAIMS_AND_OWED)
                .bind(self.batch.batch_id.0.as_bytes().as_slice())
                .fetch_one(connection)
                .await
        })?;
        Ok((totals(claims, amount)?, totals(claims, owed)?))
    }

    async fn count(&mut self, sql: &'static str) -> Result<i64, StoreError> {
        let (count,): (i64,) = on_tx!(self.transaction.tx, connection => {
            sqlx::query_as(sql).bind(self.batch.batch_id.0.as_bytes().as_slice()).fetch_one(connection).await
        })?;
        Ok(count)
    }

    async fn keep(&mut self, sql: &'static str, text: &str) -> Result<(), StoreError> {
        on_tx!(self.transaction.tx, connection => {
            sqlx::query(sql)
                .bind(self.batch.batch_id.0.as_bytes().as_slice())
                .bind(text)
                .execute(connection)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// The step is done; and whatever the batch stood still for is settled.
    async fn moved(mut self, detail: String) -> Result<MoveOutcome, StoreError> {
        self.batch.stopped = None;
        self.save(detail).await?;
        Ok(MoveOutcome::Moved(self.batch))
    }

    /// Nothing is done before something is settled. Asked again meanwhile, nothing is written.
    async fn refuse(self, stop: Stop) -> Result<MoveOutcome, StoreError> {
        self.stop(Some(stop.clone())).await?;
        Ok(MoveOutcome::Refused(stop))
    }

    async fn save(&mut self, detail: String) -> Result<(), StoreError> {
        self.batch.changed_at = self.at;
        batches::save(self.transaction, &self.batch).await?;
        self.transaction.append(&moved_entry(&self.batch, self.actor, detail));
        Ok(())
    }
}
