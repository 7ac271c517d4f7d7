//! Finance decided: what it granted is held against what was sealed, and what it does not cover leaves the batch.

use serde::Serialize;

use super::Step;
use crate::domain::claim::ClaimState;
use crate::domain::pooling::{self, BatchLine, BatchState, ControlTotals, Cover, Grant, LeftOut, Stop};
use crate::store::bulk::Rows;
use crate::store::path::batch::{self, LinePages, Pages};
use crate::store::path::{self, Member};
use crate::store::record::pooling::MoveOutcome;
use crate::store::sql::{bulk_statements, statements};
use crate::store::{StoreError, batches, codec};

statements! {
    KEEP_DECISION = "UPDATE batch SET decision = $2 WHERE batch_id = $1";
}

bulk_statements! {
    GRANT_LINES(batch_id: Bytes, region: Text, subsidy: Text, granted_fen: Integer) = "
        UPDATE batch_line SET granted_fen = input.granted_fen FROM {input}
        WHERE batch_line.batch_id = input.batch_id AND batch_line.region = input.region
            AND batch_line.subsidy = input.subsidy";
}

/// What finance wrote when it refused.
#[derive(Serialize)]
struct Refusal<'a> {
    document_number: &'a str,
    reason: &'a str,
}

impl Step<'_> {
    pub(super) async fn granted(mut self, grant: &Grant) -> Result<MoveOutcome, StoreError> {
        let id = self.batch.batch_id;
        let lines = batches::lines(self.transaction, id).await?;
        let lines: Vec<BatchLine> = lines.into_iter().map(|it| it.line).collect();
        let Ok(granted) = pooling::check_grant(&lines, grant) else { return self.refuse(Stop::GrantDoesNotFit).await };
        let (found, content) = batch::content(self.transaction, id).await?;
        let expected = self.batch.total;
        if found != expected || self.batch.content_hash != Some(content) {
            return self.refuse(Stop::TotalsDiffer { expected, found }).await;
        }
        let mut covered = found.claims;
        for line in &lines {
            let of_line = grant.lines.iter().find(|it| (it.region, it.subsidy) == (line.region, line.subsidy));
            if let Some(granted) = of_line.map(|it| it.granted).filter(|granted| *granted < line.amount) {
                covered = covered.saturating_sub(self.leave_uncovered(line, Cover::new(granted)).await?);
            }
        }
        let mut rows = Rows::new(&GRANT_LINES, self.transaction.backend());
        for line in &grant.lines {
            rows.bytes(id.0.as_bytes().as_slice())
                .text(line.region.as_str())
                .text(codec::subsidy_code(line.subsidy))
                .integer(line.granted.get());
        }
        self.transaction.tx.execute(rows).await?;
        self.keep(KEEP_DECISION, &json(grant)?).await?;
        self.batch.state = BatchState::Granted;
        self.batch.granted = granted;
        self.moved(format!("granted={} claims={covered}", granted.get())).await
    }

    /// Claims of a line that its grant does not cover leave the batch. Gives how many they are.
    async fn leave_uncovered(&mut self, line: &BatchLine, mut cover: Cover) -> Result<u64, StoreError> {
        let mut left = ControlTotals::default();
        let mut pages = LinePages::new(self.batch.batch_id, (line.region, line.subsidy));
        while let Some(members) = pages.next(self.transaction).await? {
            let uncovered: Vec<&Member> = members.iter().filter(|it| !cover.covers(it.claim.amount)).collect();
            left = left.and(path::totals(uncovered.iter().copied())?).ok_or(StoreError::Corrupt("amount"))?;
            self.leave_out(&uncovered, LeftOut::NotGranted).await?;
        }
        Ok(left.claims)
    }

    pub(super) async fn refused(mut self, document_number: &str, reason: &str) -> Result<MoveOutcome, StoreError> {
        let mut pages = Pages::new(self.batch.batch_id);
        while let Some(members) = pages.next(self.transaction).await? {
            self.leave_out(&members.iter().collect::<Vec<_>>(), LeftOut::Refused).await?;
        }
        self.keep(KEEP_DECISION, &json(&Refusal { document_number, reason })?).await?;
        self.batch.state = BatchState::Refused;
        self.moved(String::new()).await
    }

    /// A page of claims leaves the batch.
    async fn leave_out(&mut self, members: &[&Member], reason: LeftOut) -> Result<(), StoreError> {
        let why = (self.batch.batch_id, reason);
        path::leave_out(self.transaction, members, ClaimState::Pooled, why, self.actor, self.at).await?;
        self.transaction.write_entries().await
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("value"))
}
