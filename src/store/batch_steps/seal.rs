//! A batch is sealed: its hops agree, and what is in it has lines and a hash.

use super::Step;
use crate::domain::claim::ClaimState;
use crate::domain::pooling::{BatchLine, BatchState, ControlTotals, Lines, Stop};
use crate::store::bulk::Rows;
use crate::store::filings::totals;
use crate::store::path::Content;
use crate::store::path::batch::Pages;
use crate::store::pool::on_tx;
use crate::store::record::pooling::MoveOutcome;
use crate::store::sql::{bulk_statements, statements};
use crate::store::{StoreError, codec};

statements! {
    POOLED_TOTALS = "
        SELECT CAST(COALESCE(SUM(pooled_claims), 0) AS BIGINT), CAST(COALESCE(SUM(pooled_fen), 0) AS BIGINT)
        FROM filing WHERE batch_id = $1";
}

bulk_statements! {
    ENTER_LINES(
        batch_id: Bytes, region: Text, subsidy: Text, enterprises: Integer, people: Integer, claims: Integer,
        amount_fen: Integer,
    ) = "INSERT INTO batch_line ({columns}) SELECT {columns} FROM {input}";
}

impl Step<'_> {
    pub(super) async fn seal(mut self) -> Result<MoveOutcome, StoreError> {
        let (mut found, mut lines, mut content) = (ControlTotals::default(), Lines::default(), Content::of_batch());
        let overflow = || StoreError::Corrupt("amount");
        let mut pages = Pages::new(self.batch.batch_id);
        while let Some(members) = pages.next(self.transaction).await? {
            for member in members {
                let claim = &member.claim;
                if member.state == ClaimState::Pooled {
                    found = found.with(claim.amount).ok_or_else(overflow)?;
                }
                lines.add(claim).ok_or_else(overflow)?;
                content.add(claim.claim_id, claim.amount, member.approval);
            }
        }
        for expected in [self.filed().await?, self.batch.total] {
            if found != expected {
                return self.refuse(Stop::TotalsDiffer { expected, found }).await;
            }
        }
        let lines = lines.finish();
        if lines.is_empty() {
            self.batch.state = BatchState::Closed;
            return self.moved(String::from("no claims")).await;
        }
        self.enter(lines).await?;
        self.batch.state = BatchState::Sealed;
        self.batch.content_hash = Some(content.finish());
        self.moved(format!("claims={} amount={}", found.claims, found.amount.get())).await
    }

    async fn enter(&mut self, lines: Vec<BatchLine>) -> Result<(), StoreError> {
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
        self.transaction.tx.execute(rows).await.map(drop)
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
}
