//! Submissions: claims in, many in one transaction, each with its slots, its suspects and its entry in the log (I1, I2).

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::StoreError;
use super::claims::{self, NewClaim};
use super::codec;
use super::prepared::{Prepared, Submitted};
use super::record::{Actor, Decision};
use super::requests::{self, NewRequest, RequestKind};
use super::seal::Index;
use super::slots::{self, Collision, Contender, KeyedSlot, SlotKey};
use super::suspects::{self, Known, Opening};
use super::transaction::Transaction;
use crate::audit::entry::{self, Action, Subject};
use crate::domain::claim::{ClaimId, ClaimState};

/// A submission that is new, on its way through the transaction.
struct Arrival<'a> {
    prepared: &'a Prepared,
    received_sequence: i64,
    /// Whole slots that were taken.
    lost: Vec<(&'a SlotKey, Collision)>,
    decision: Option<Decision>,
}

impl Arrival<'_> {
    fn contender(&self, slot: &KeyedSlot) -> Contender {
        Contender {
            claim_id: self.prepared.id(),
            unit: slot.unit,
            precedence: slot.precedence,
            received_sequence: self.received_sequence,
        }
    }

    fn state(&self) -> ClaimState {
        if self.decision.is_some() { ClaimState::Held } else { ClaimState::Assessing }
    }
}

/// Records submissions in the order in which they came: of two that want one slot, the earlier gets it.
pub(super) async fn submit_all(
    transaction: &mut Transaction,
    submissions: &[&Prepared],
) -> Result<Vec<Submitted>, StoreError> {
    let receipts = receive(transaction, submissions).await?;
    let mut next = transaction.next_sequence();
    let mut arrivals = Vec::with_capacity(submissions.len());
    for (prepared, receipt) in submissions.iter().zip(&receipts) {
        if let Receipt::New = receipt {
            arrivals.push(Arrival { prepared, received_sequence: next, lost: Vec::new(), decision: None });
            next += 1;
        }
    }
    let mut known = Known::default();
    arrivals.iter().for_each(|arrival| known.add(Arc::clone(&arrival.prepared.claim)));
    contend(transaction, &mut arrivals).await?;
    let mut openings = hold_losers(transaction, &mut known, &mut arrivals).await?;
    enter(transaction, &arrivals).await?;
    openings.extend(take_units(transaction, &mut known, &arrivals).await?);
    suspects::open(transaction, &known, openings).await?;
    let mut decisions: HashMap<ClaimId, Option<Decision>> =
        arrivals.into_iter().map(|arrival| (arrival.prepared.id(), arrival.decision)).collect();
    answer(transaction, submissions, receipts, &mut decisions).await
}

/// Whether a submission was seen before.
enum Receipt {
    New,
    Repeats(ClaimId),
    Reuses,
}

/// Enters the request ids, which tells new submissions from repeated ones, those within the batch included.
async fn receive(transaction: &mut Transaction, submissions: &[&Prepared]) -> Result<Vec<Receipt>, StoreError> {
    let mut first: HashMap<Index, &Prepared> = HashMap::with_capacity(submissions.len());
    let mut receipts = Vec::with_capacity(submissions.len());
    let mut entering = Vec::with_capacity(submissions.len());
    for &prepared in submissions {
        let key = prepared.request;
        receipts.push(match first.entry(key.index) {
            Entry::Occupied(earlier) if earlier.get().request == key => Receipt::Repeats(earlier.get().id()),
            Entry::Occupied(_) => Receipt::Reuses,
            Entry::Vacant(vacant) => {
                vacant.insert(prepared);
                let at = prepared.claim.received_at.as_millisecond();
                entering.push(NewRequest { key, kind: RequestKind::Submit, subject_id: prepared.id().0, at });
                Receipt::New
            }
        });
    }
    if !requests::enter(transaction, entering).await? {
        find_seen(transaction, submissions, &mut receipts).await?;
    }
    Ok(receipts)
}

/// Asks which of the submissions were recorded before, now that it is known that some were.
async fn find_seen(
    transaction: &mut Transaction,
    submissions: &[&Prepared],
    receipts: &mut [Receipt],
) -> Result<(), StoreError> {
    let seen = requests::find(transaction, submissions.iter().map(|it| it.request)).await?;
    // A request that names the claim at hand was entered just now, unless that claim is there already.
    let known = claims::standings(transaction, submissions.iter().map(|it| it.id()).collect()).await?;
    for (prepared, receipt) in submissions.iter().zip(receipts) {
        let request = prepared.request;
        let Some(seen) = seen.get(&request.index) else { continue };
        let id = codec::claim_id(&seen.subject_id);
        let is_new = matches!(&id, Ok(id) if *id == prepared.id() && !known.contains_key(id));
        if !is_new {
            *receipt = match seen.is_same(request, RequestKind::Submit) {
                true => Receipt::Repeats(id?),
                false => Receipt::Reuses,
            };
        }
    }
    Ok(())
}

/// Takes the slots of whole claims, and notes who came second where.
async fn contend<'a>(transaction: &mut Transaction, arrivals: &mut [Arrival<'a>]) -> Result<(), StoreError> {
    let whole = arrivals.iter().flat_map(|arrival| {
        let slots = arrival.prepared.slots.iter().filter(|slot| slot.is_whole());
        slots.map(|slot| (&slot.key, arrival.contender(slot)))
    });
    let holders = slots::take(transaction, whole.collect()).await?;
    if holders.is_empty() {
        return Ok(());
    }
    for arrival in arrivals.iter_mut() {
        let prepared: &'a Prepared = arrival.prepared;
        for slot in prepared.slots.iter().filter(|slot| slot.is_whole()) {
            let comer = arrival.contender(slot);
            match holders.get(&slot.key) {
                Some(&holder) if holder.claim_id != comer.claim_id => {
                    arrival.lost.push((&slot.key, Collision { kind: slot.kind, holder, comer }));
                }
                Some(_) | None => {}
            }
        }
    }
    Ok(())
}

/// Holds the claims that found a slot taken, and has them wait for it.
async fn hold_losers(
    transaction: &mut Transaction,
    known: &mut Known,
    arrivals: &mut [Arrival<'_>],
) -> Result<Vec<Opening>, StoreError> {
    let losers = || arrivals.iter().filter(|arrival| !arrival.lost.is_empty());
    if losers().next().is_none() {
        return Ok(Vec::new());
    }
    let holders = losers().flat_map(|arrival| arrival.lost.iter().map(|(_, collision)| collision.holder.claim_id));
    known.load(transaction, holders.collect()).await?;
    let mut openings = Vec::new();
    for arrival in arrivals.iter_mut().filter(|arrival| !arrival.lost.is_empty()) {
        let Prepared { actor, claim, .. } = arrival.prepared;
        let mut rules = Vec::with_capacity(arrival.lost.len());
        for (_, collision) in &arrival.lost {
            let opening = suspects::of_collision(known, collision, actor, claim.received_at)?;
            rules.push(opening.rule);
            openings.push(opening);
        }
        arrival.decision = Some(arrival.prepared.held(&rules));
    }
    let waiting = arrivals.iter().flat_map(|it| it.lost.iter().map(|(key, collision)| (*key, collision.comer)));
    slots::wait(transaction, waiting.collect()).await?;
    Ok(openings)
}

/// Enters the claims, and writes each down.
async fn enter(transaction: &mut Transaction, arrivals: &[Arrival<'_>]) -> Result<(), StoreError> {
    let mut decisions = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let seal = |it| claims::seal_decision(&transaction.sealer, arrival.prepared.id(), it);
        decisions.push(arrival.decision.as_ref().map(seal).transpose()?);
    }
    let new = arrivals.iter().zip(decisions).map(|(arrival, decision)| NewClaim {
        claim: &arrival.prepared.claim,
        state: arrival.state(),
        decision,
        sheet_version: arrival.prepared.sheet_version,
        due_on: arrival.prepared.due_on.as_deref(),
        received_sequence: arrival.received_sequence,
        indexes: &arrival.prepared.indexes,
        sealed: &arrival.prepared.sealed,
    });
    claims::enter(transaction, new.collect()).await?;
    for arrival in arrivals {
        let claim = &arrival.prepared.claim;
        debug_assert_eq!(arrival.received_sequence, transaction.next_sequence(), "sequences are given out in order");
        transaction.append(&entry::Entry {
            at: claim.received_at,
            actor: arrival.prepared.actor.0.clone(),
            action: Action::ClaimSubmitted,
            subject: Subject::Claim(claim.claim_id.0),
            region: claim.region,
            state: Some(arrival.state().code()),
            version: Some(claims::FIRST_VERSION),
            detail: String::new(),
        });
    }
    Ok(())
}

/// Takes the slots of rostered workers, claim by claim; a claim that is held as a whole takes none.
async fn take_units(
    transaction: &mut Transaction,
    known: &mut Known,
    arrivals: &[Arrival<'_>],
) -> Result<Vec<Opening>, StoreError> {
    let mut openings = Vec::new();
    for arrival in arrivals.iter().filter(|arrival| arrival.lost.is_empty()) {
        let prepared = arrival.prepared;
        if prepared.slots.iter().all(KeyedSlot::is_whole) {
            continue;
        }
        let contest = Contest { claim_id: prepared.id(), received_sequence: arrival.received_sequence };
        let at = prepared.claim.received_at;
        openings.extend(contest.take_units(transaction, known, &prepared.slots, &prepared.actor, at).await?);
    }
    Ok(openings)
}

/// A claim that takes the slots of its workers: at its receipt, or when it got its own slot later.
pub(super) struct Contest {
    pub(super) claim_id: ClaimId,
    pub(super) received_sequence: i64,
}

impl Contest {
    pub(super) async fn take_units(
        &self,
        transaction: &mut Transaction,
        known: &mut Known,
        slots: &[KeyedSlot],
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Vec<Opening>, StoreError> {
        let outcome = slots::take_units(transaction, self.claim_id, self.received_sequence, slots).await?;
        if !outcome.dispossessed.is_empty() {
            let why = (Action::ClaimReopened, "worker counted by the funding host");
            claims::reopen(transaction, outcome.dispossessed.into_iter().collect(), why, actor, at).await?;
        }
        suspects::of_collisions(transaction, known, &outcome.collisions, actor, at).await
    }
}

/// Answers every submission; a repeated one with its claim as it stands, which is a read of its own.
async fn answer(
    transaction: &mut Transaction,
    submissions: &[&Prepared],
    receipts: Vec<Receipt>,
    decisions: &mut HashMap<ClaimId, Option<Decision>>,
) -> Result<Vec<Submitted>, StoreError> {
    let repeated = receipts.iter().filter_map(|receipt| match receipt {
        Receipt::Repeats(id) => Some(*id),
        Receipt::New | Receipt::Reuses => None,
    });
    let repeated: BTreeSet<ClaimId> = repeated.collect();
    let records = claims::records(transaction, repeated.into_iter().collect()).await?;
    let mut answers = Vec::with_capacity(submissions.len());
    for (prepared, receipt) in submissions.iter().zip(receipts) {
        answers.push(match receipt {
            Receipt::New => Submitted::Recorded(decisions.remove(&prepared.id()).flatten()),
            Receipt::Reuses => Submitted::RequestIdReused,
            Receipt::Repeats(id) => {
                let record = records.get(&id).ok_or(StoreError::Corrupt("reference to a claim"))?;
                let at = prepared.claim.received_at;
                transaction.append(&claims::read_entry(record, &prepared.actor, "purpose=repeated-request", at));
                Submitted::Repeated(Box::new(record.clone()))
            }
        });
    }
    Ok(answers)
}
