//! What happens when claims let go of their slots: the next in line is assessed.

use jiff::Timestamp;

use super::StoreError;
use super::claims;
use super::record::Actor;
use super::slots::{self, KeyedSlot};
use super::submissions::Contest;
use super::suspects::{self, Known};
use super::transaction::Transaction;
use crate::audit::entry::Action;
use crate::domain::claim::ClaimId;
use crate::domain::slot::slots_of;

/// Frees the slots of claims that are over, gives each to the earliest claim that waits for it, and has that one assessed.
pub(super) async fn release(
    transaction: &mut Transaction,
    claims: Vec<ClaimId>,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let next = slots::free(transaction, claims).await?;
    if next.is_empty() {
        return Ok(());
    }
    let waiting = slots::waiting(transaction, next.iter().map(|(_, it)| it.claim_id).collect()).await?;
    let (mut promoted, mut reopened) = (Vec::new(), Vec::new());
    for (key, contender) in next {
        match contender.unit {
            Some(_) => reopened.push(contender.claim_id),
            // A claim that waits for another slot as a whole goes on waiting.
            None if waiting.contains(&(contender.claim_id, None)) => {}
            None => promoted.push((key, contender)),
        }
    }
    reopened.sort_unstable();
    reopened.dedup();
    reopened.retain(|id| promoted.iter().all(|(_, it)| it.claim_id != *id));
    let why = (Action::ClaimPromoted, "slot came free");
    claims::reopen(transaction, promoted.iter().map(|(_, it)| it.claim_id).collect(), why, actor, at).await?;
    let why = (Action::ClaimReopened, "worker's slot came free");
    claims::reopen(transaction, reopened, why, actor, at).await?;

    // A claim that was held took no slots for its workers: it does now.
    let mut known = Known::default();
    known.load(transaction, promoted.iter().map(|(_, it)| it.claim_id).collect()).await?;
    let mut openings = Vec::new();
    for (key, contender) in promoted {
        let claim = std::sync::Arc::clone(known.get(contender.claim_id)?);
        let wanted = slots_of(&claim, &key.group);
        let wanted: Vec<KeyedSlot> = wanted.iter().map(|slot| KeyedSlot::new(slot, &transaction.sealer)).collect();
        let contest = Contest { claim_id: contender.claim_id, received_sequence: contender.received_sequence };
        openings.extend(contest.take_units(transaction, &mut known, &wanted, actor, at).await?);
    }
    suspects::open(transaction, &known, openings).await
}
