//! The steps of a pooling batch: sealed, asked for, granted or refused, funded, closed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use super::StoreError;
use super::act::Act;
use super::advance::{self, Advance};
use super::batches::{self, moved_entry};
use super::bulk::Rows;
use super::codec;
use super::filings::totals;
use super::lease;
use super::ledger;
use super::path::{self, Member};
use super::pool::on_tx;
use super::record::Actor;
use super::record::pooling::{BatchRecord, BatchStep, MoveBatch, MoveOutcome};
use super::sql::{bulk_statements, statements};
use super::transaction::Transaction;
use crate::audit::entry::Action;
use crate::domain::calendar::{Month, cst_date};
use crate::domain::claim::{ClaimId, ClaimState, SubsidyKind};
use crate::domain::identity::{Region, Uscc};
use crate::domain::ledger::{Entry, Hop, Slice};
use crate::domain::money::Fen;
use crate::domain::pooling::{self, BatchLine, BatchState, ControlTotals, Grant, LeftOut, PathClaim, Stop};

statements! {
    POOLED_TOTALS = "
        SELECT CAST(COALESCE(SUM(pooled_claims), 0) AS BIGINT), CAST(COALESCE(SUM(pooled_fen), 0) AS BIGINT)
        FROM filing WHERE batch_id = $1";
    KEEP_REFERENCE = "UPDATE batch SET reference = $2 WHERE batch_id = $1";
    KEEP_DECISION = "UPDATE batch SET decision = $2 WHERE batch_id = $1";
    FUNDED_CLAIMS = "SELECT funded_claims FROM batch WHERE batch_id = $1";
    COUNT_FUNDED = "UPDATE batch SET funded_claims = $2 WHERE batch_id = $1";
    COUNT_ASSIGNED = "SELECT COUNT(*) FROM ledger_entry WHERE batch_id = $1 AND event = 'assigned'";
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

bulk_statements! {
    ENTER_LINES(
        batch_id: Bytes, region: Text, subsidy: Text, enterprises: Integer, people: Integer, claims: Integer,
        amount_fen: Integer,
    ) = "INSERT INTO batch_line ({columns}) SELECT {columns} FROM {input}";
    GRANT_LINES(batch_id: Bytes, region: Text, subsidy: Text, granted_fen: Integer) = "
        UPDATE batch_line SET granted_fen = input.granted_fen FROM {input}
        WHERE batch_line.batch_id = input.batch_id AND batch_line.region = input.region
            AND batch_line.subsidy = input.subsidy";
}

/// Claims funded by one transaction: with their entries in the log, under half a second.
const FUND_CLAIMS_MAX: usize = 10_000;

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

/// What finance wrote when it refused.
#[derive(Serialize)]
struct Refusal<'a> {
    document_number: &'a str,
    reason: &'a str,
}

/// A batch while it takes a step.
struct Step<'a> {
    transaction: &'a mut Transaction,
    batch: BatchRecord,
    actor: &'a Actor,
    at: Timestamp,
}

impl Step<'_> {
    async fn seal(mut self) -> Result<MoveOutcome, StoreError> {
        let members = path::of_batch(self.transaction, self.batch.batch_id).await?;
        let pooled = members.iter().filter(|it| it.state == ClaimState::Pooled);
        let (found, filed) = (path::totals(pooled)?, self.filed().await?);
        for expected in [filed, self.batch.total] {
            if found != expected {
                return self.refuse(Stop::TotalsDiffer { expected, found }).await;
            }
        }
        if members.is_empty() {
            self.batch.state = BatchState::Closed;
            return self.moved(String::from("no claims")).await;
        }
        let claims: Vec<PathClaim> = members.iter().map(|it| it.claim.clone()).collect();
        let lines = pooling::lines(&claims).ok_or(StoreError::Corrupt("amount"))?;
        let mut rows = Rows::new(&ENTER_LINES, self.transaction.backend());
        for line in lines {
            let BatchLine { region, subsidy, enterprises, people, claims, amount } = line;
            rows.bytes(self.batch.batch_id.0.as_bytes().as_slice())
                .text(region.as_str())
                .text(codec::subsidy_code(subsidy))
                .integer(i64::from(enterprises))
                .integer(i64::from(people))
                .integer(i64::from(claims))
                .integer(amount.get());
        }
        self.transaction.tx.execute(rows).await?;
        self.batch.state = BatchState::Sealed;
        self.batch.content_hash = Some(path::content_hash(&members));
        self.moved(format!("claims={} amount={}", found.claims, found.amount.get())).await
    }

    /// What the filings of the batch say went into it.
    async fn filed(&mut self) -> Result<ControlTotals, StoreError> {
        let (claims, amount): (i64, i64) = on_tx!(self.transaction.tx, connection => {
            sqlx::query_as(POOLED_TOTALS)
                .bind(self.batch.batch_id.0.as_bytes().as_slice())
                .fetch_one(connection)
                .await
        })?;
        totals(claims, amount)
    }

    async fn asked(mut self, reference: &str) -> Result<MoveOutcome, StoreError> {
        self.keep(KEEP_REFERENCE, reference).await?;
        self.batch.state = BatchState::Asked;
        self.moved(String::new()).await
    }

    async fn granted(mut self, grant: &Grant) -> Result<MoveOutcome, StoreError> {
        let lines = batches::lines(self.transaction, self.batch.batch_id).await?;
        let lines: Vec<BatchLine> = lines.into_iter().map(|it| it.line).collect();
        let Ok(granted) = pooling::check_grant(&lines, grant) else { return self.refuse(Stop::GrantDoesNotFit).await };
        let members = path::of_batch(self.transaction, self.batch.batch_id).await?;
        let (expected, found) = (self.batch.total, path::totals(&members)?);
        if found != expected || self.batch.content_hash != Some(path::content_hash(&members)) {
            return self.refuse(Stop::TotalsDiffer { expected, found }).await;
        }
        let covered = covered(&members, grant);
        let uncovered: Vec<&Member> = members.iter().filter(|it| !covered.contains(&it.id())).collect();
        self.leave_out(&uncovered, LeftOut::NotGranted).await?;
        let mut rows = Rows::new(&GRANT_LINES, self.transaction.backend());
        for line in &grant.lines {
            rows.bytes(self.batch.batch_id.0.as_bytes().as_slice())
                .text(line.region.as_str())
                .text(codec::subsidy_code(line.subsidy))
                .integer(line.granted.get());
        }
        self.transaction.tx.execute(rows).await?;
        self.keep(KEEP_DECISION, &json(grant)?).await?;
        self.batch.state = BatchState::Granted;
        self.batch.granted = granted;
        self.moved(format!("granted={} claims={}", granted.get(), covered.len())).await
    }

    async fn refused(mut self, document_number: &str, reason: &str) -> Result<MoveOutcome, StoreError> {
        let members = path::of_batch(self.transaction, self.batch.batch_id).await?;
        self.leave_out(&members.iter().collect::<Vec<_>>(), LeftOut::Refused).await?;
        self.keep(KEEP_DECISION, &json(&Refusal { document_number, reason })?).await?;
        self.batch.state = BatchState::Refused;
        self.moved(String::new()).await
    }

    async fn leave_out(&mut self, members: &[&Member], reason: LeftOut) -> Result<(), StoreError> {
        let why = (self.batch.batch_id, reason);
        path::leave_out(self.transaction, members, ClaimState::Pooled, why, self.actor, self.at).await
    }

    async fn fund(mut self) -> Result<MoveOutcome, StoreError> {
        let (granted, arrived) = (self.batch.granted, self.batch.arrived);
        if arrived != granted {
            return self.refuse(Stop::ArrivalDiffers { granted, arrived }).await;
        }
        let mut entries = Vec::new();
        if self.count(COUNT_ASSIGNED).await? == 0 {
            entries = self.assigned().await?;
        }
        let funded = self.count(FUNDED_CLAIMS).await?;
        // One more shows whether any are left.
        let mut members = path::to_fund(self.transaction, self.batch.batch_id, FUND_CLAIMS_MAX + 1, funded).await?;
        let is_more = members.len() > FUND_CLAIMS_MAX;
        members.truncate(FUND_CLAIMS_MAX);
        entries.extend(self.owed(&members)?);
        ledger::post(self.transaction, &entries, self.at).await?;
        let detail = format!("batch={}", self.batch.batch_id);
        let (before, after) = (ClaimState::Pooled, ClaimState::Funded);
        let advance = Advance { before, after, action: Action::ClaimFunded, detail: &detail };
        let part = (self.batch.batch_id, funded);
        advance::part_of_batch(self.transaction, part, &members, advance, self.actor, self.at).await?;
        let funded = funded + i64::try_from(members.len()).unwrap_or(i64::MAX);
        on_tx!(self.transaction.tx, connection => {
            sqlx::query(COUNT_FUNDED)
                .bind(self.batch.batch_id.0.as_bytes().as_slice())
                .bind(funded)
                .execute(connection)
                .await
                .map(drop)
        })?;
        let detail = format!("funded={funded}");
        if is_more {
            self.save(detail).await?;
            return Ok(MoveOutcome::More(self.batch));
        }
        self.batch.state = BatchState::Funded;
        self.moved(detail).await
    }

    /// What arrived is no longer unassigned, but drawn from the fund for each line: whole as it was granted. What is not needed for whole
    /// claims stays with the city, to be given back.
    async fn assigned(&mut self) -> Result<Vec<Entry>, StoreError> {
        let (batch, city) = (self.batch.batch_id, self.batch.city);
        let mut entries = Vec::new();
        for it in batches::lines(self.transaction, batch).await? {
            let (place, subsidy) = (it.line.region, it.line.subsidy);
            let Some(amount) = it.granted.filter(|granted| *granted > Fen::ZERO) else { continue };
            let line = format!("{batch}/{place}/{}", codec::subsidy_code(subsidy));
            let taken_back = self.slice(city, None);
            entries.push(Hop::Unassigned { city }.legs().entry(&line, taken_back, amount, None));
            let assigned = self.slice(place, Some(subsidy));
            entries.push(Hop::Assigned { city }.legs().entry(&line, assigned, amount, None));
        }
        Ok(entries)
    }

    /// One entry for all that an enterprise is owed at a place under one subsidy. An enterprise whose claims lie in two transactions has
    /// two: the first claim of each tells them apart.
    fn owed(&self, members: &[Member]) -> Result<Vec<Entry>, StoreError> {
        let mut owed: BTreeMap<(Region, &Uscc, SubsidyKind), (ClaimId, Fen)> = BTreeMap::new();
        for member in members {
            let PathClaim { claim_id, region, subsidy, enterprise, amount, .. } = &member.claim;
            let (_, sum) = owed.entry((*region, enterprise, *subsidy)).or_insert((*claim_id, Fen::ZERO));
            *sum = sum.checked_add(*amount).ok_or(StoreError::Corrupt("amount"))?;
        }
        let entries = owed.into_iter().filter(|(_, (_, amount))| *amount > Fen::ZERO);
        let entries = entries.map(|((place, enterprise, subsidy), (first, amount))| {
            let name = format!("{}/{}/{first}", self.batch.batch_id, codec::subsidy_code(subsidy));
            let hop = Hop::Owed { place, enterprise: enterprise.clone() };
            hop.legs().entry(name, self.slice(place, Some(subsidy)), amount, None)
        });
        Ok(entries.collect())
    }

    fn slice(&self, place: Region, subsidy: Option<SubsidyKind>) -> Slice {
        Slice { batch: self.batch.batch_id, place, subsidy, month: Month::of(cst_date(self.at)) }
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

/// Claims that a grant covers, line by line.
fn covered(members: &[Member], grant: &Grant) -> BTreeSet<ClaimId> {
    let mut lines: HashMap<(Region, SubsidyKind), Vec<PathClaim>> = HashMap::new();
    for member in members {
        lines.entry((member.claim.region, member.claim.subsidy)).or_default().push(member.claim.clone());
    }
    let covered = grant.lines.iter().filter_map(|line| {
        let claims = lines.get(&(line.region, line.subsidy))?;
        Some(pooling::funded(claims, line.granted))
    });
    covered.flatten().collect()
}

fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("value"))
}
