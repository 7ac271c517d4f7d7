//! The money of a batch is there: it is drawn from the fund for each line, and its claims are funded and owed.

use std::collections::BTreeMap;

use super::Step;
use crate::audit::entry::Action;
use crate::domain::calendar::{Month, cst_date};
use crate::domain::claim::{ClaimId, ClaimState, SubsidyKind};
use crate::domain::identity::{Region, Uscc};
use crate::domain::ledger::{Entry, Hop, Slice};
use crate::domain::money::Fen;
use crate::domain::pooling::{BatchState, PathClaim, Stop};
use crate::store::advance::{self, Advance};
use crate::store::path::Member;
use crate::store::path::batch::{self, Position};
use crate::store::pool::on_tx;
use crate::store::record::pooling::MoveOutcome;
use crate::store::sql::statements;
use crate::store::{StoreError, batches, codec, ledger};

statements! {
    FUNDED_CLAIMS = "SELECT funded_claims FROM batch WHERE batch_id = $1";
    COUNT_FUNDED = "UPDATE batch SET funded_claims = $2 WHERE batch_id = $1";
    COUNT_ASSIGNED = "SELECT COUNT(*) FROM ledger_entry WHERE batch_id = $1 AND event = 'assigned'";
}

/// Claims funded by one transaction: with their entries in the log, under half a second.
const FUND_CLAIMS_MAX: usize = 10_000;

impl Step<'_> {
    pub(super) async fn fund(mut self) -> Result<MoveOutcome, StoreError> {
        let (granted, arrived) = (self.batch.granted, self.batch.arrived);
        if arrived != granted {
            return self.refuse(Stop::ArrivalDiffers { granted, arrived }).await;
        }
        let mut entries = Vec::new();
        if self.count(COUNT_ASSIGNED).await? == 0 {
            entries = self.assigned().await?;
        }
        let funded = self.count(FUNDED_CLAIMS).await?;
        let after = Position::after(self.transaction, self.batch.batch_id, funded).await?;
        // One more shows whether any are left.
        let mut members = batch::after(self.transaction, self.batch.batch_id, &after, FUND_CLAIMS_MAX + 1).await?;
        let is_more = members.len() > FUND_CLAIMS_MAX;
        members.truncate(FUND_CLAIMS_MAX);
        entries.extend(self.owed(&members)?);
        ledger::post(self.transaction, &entries, self.at).await?;
        let detail = format!("batch={}", self.batch.batch_id);
        let (action, detail) = (Action::ClaimFunded, detail.as_str());
        let advance = Advance { before: ClaimState::Pooled, after: ClaimState::Funded, action, detail };
        let part = (self.batch.batch_id, &after);
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
}
