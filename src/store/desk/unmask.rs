//! One person in the open: written down before anything is shown, and not more often than a day's work takes.

use super::keys;
use super::weigh;
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::calendar::cst_date;
use crate::domain::identity::Region;
use crate::store::act::Act;
use crate::store::pool::on_tx;
use crate::store::record::desk::{Unmask, UnmaskOutcome, Unmasked};
use crate::store::sql::statements;
use crate::store::transaction::Transaction;
use crate::store::{Store, StoreError, codec, suspects};

statements! {
    COUNT_UNMASKED = "
        INSERT INTO unmask_day (person, day, unmasked) VALUES ($1, $2, 1)
        ON CONFLICT (person, day) DO UPDATE SET unmasked = unmask_day.unmasked + 1
        WHERE unmask_day.unmasked < $3
        RETURNING unmasked";
}

/// People that one person may look at in the open within a day in China.
const UNMASKED_A_DAY: i64 = 50;

impl Store {
    /// Shows a person in the open: one of the suspect's, on a claim within the region. Answered after it was written down.
    pub async fn unmask(&self, unmask: Unmask, within: Region) -> Result<UnmaskOutcome, StoreError> {
        let (readers, sealer) = (&self.inner.pools.readers, &self.inner.sealer);
        let Some(suspect) = suspects::one(readers, sealer, unmask.suspect_id).await? else {
            return Ok(UnmaskOutcome::NotFound);
        };
        let side = suspect.sides().find(|side| side.claim_id == unmask.claim_id && within.covers(side.region));
        let Some(region) = side.map(|side| side.region) else { return Ok(UnmaskOutcome::NotFound) };
        let known = weigh::one(readers, sealer, suspect.sequence).await?;
        let mut claims = known.first.iter().chain([&known.second]);
        let claim = claims.find(|claim| claim.record.claim.claim_id == unmask.claim_id);
        let Some(person) = claim.and_then(|claim| keys::person_of(&known, claim)) else {
            return Ok(UnmaskOutcome::NoPerson);
        };
        let shown =
            Unmasked { name: person.name.as_str().to_owned(), resident_id: person.resident_id.as_str().to_owned() };
        // Claims never change, so that what was read is what is shown.
        Ok(match self.act(WriteDown { unmask, region }).await? {
            true => UnmaskOutcome::Shown(shown),
            false => UnmaskOutcome::QuotaReached,
        })
    }
}

/// Counts the look and writes it down.
struct WriteDown {
    unmask: Unmask,
    region: Region,
}

impl Act for WriteDown {
    type Output = bool;

    async fn run(&self, transaction: &mut Transaction) -> Result<bool, StoreError> {
        let Unmask { actor, operator, suspect_id, claim_id, reason, words, at } = &self.unmask;
        let day = cst_date(*at).to_string();
        let counted: Option<(i64,)> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(COUNT_UNMASKED)
                .bind(operator.as_str())
                .bind(day)
                .bind(UNMASKED_A_DAY)
                .fetch_optional(connection)
                .await
        })?;
        if counted.is_none() {
            return Ok(false);
        }
        transaction.append(&Entry {
            at: codec::kept(*at),
            actor: actor.0.clone(),
            action: Action::PersonUnmasked,
            subject: Subject::Suspect(suspect_id.0),
            region: self.region,
            state: None,
            version: None,
            detail: format!("person={operator} reason={} claim={claim_id} words={words}", reason.code()),
        });
        Ok(true)
    }
}
