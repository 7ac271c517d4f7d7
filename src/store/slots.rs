//! Slots: what is held once (I2), who waits for it, and who gets it next.
//!
//! A whole claim that finds its slot taken is held and waits. A rostered worker that is taken costs the claim that one worker; and a
//! host that really funds the worker takes the slot over from a dispatch agency, whenever it comes (五(一)).

use std::collections::{BTreeSet, HashMap, HashSet};

use super::bulk::Rows;
use super::codec::{self, unit_column};
use super::pool::{Pool, on_pool, on_tx};
use super::seal::{Index, Sealer};
use super::sql::{bulk_statements, statements};
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::domain::claim::ClaimId;
use crate::domain::slot::{OnceKey, Precedence, SlotRequest};
use crate::domain::suspect::CollidingSlot;

statements! {
    /// A host stands before an agency; among equals, the first receipt.
    FIRST_WAITING = "
        SELECT claim_id, unit, precedence, received_sequence FROM slot_waiting
        WHERE exclusion_group = $1 AND key_index = $2
        ORDER BY precedence, received_sequence, claim_id, unit LIMIT 1";
    SLOT_HOLDER = "SELECT claim_id FROM slot WHERE exclusion_group = $1 AND key_index = $2";
    WAITING_UNITS = "SELECT unit FROM slot_waiting WHERE claim_id = $1 ORDER BY unit";
}

bulk_statements! {
    TAKE_SLOTS(
        exclusion_group: Text, key_index: Bytes, claim_id: Bytes, unit: Integer, precedence: Integer,
        received_sequence: Integer,
    ) = "INSERT INTO slot ({columns}) SELECT {columns} FROM {input} WHERE true ON CONFLICT DO NOTHING";
    FIND_HOLDERS(exclusion_group: Text, key_index: Bytes) = "
        SELECT slot.exclusion_group, slot.key_index, slot.claim_id, slot.unit, slot.precedence, slot.received_sequence
        FROM {input} CROSS JOIN slot
        WHERE slot.exclusion_group = input.exclusion_group AND slot.key_index = input.key_index";
    MOVE_SLOTS(
        exclusion_group: Text, key_index: Bytes, claim_id: Bytes, unit: Integer, precedence: Integer,
        received_sequence: Integer,
    ) = "
        UPDATE slot SET
            claim_id = input.claim_id, unit = input.unit, precedence = input.precedence,
            received_sequence = input.received_sequence
        FROM {input}
        WHERE slot.exclusion_group = input.exclusion_group AND slot.key_index = input.key_index";
    WAIT_FOR_SLOTS(
        exclusion_group: Text, key_index: Bytes, claim_id: Bytes, unit: Integer, precedence: Integer,
        received_sequence: Integer,
    ) = "INSERT INTO slot_waiting ({columns}) SELECT {columns} FROM {input}";
    /// What claims that are over leave behind: by it the ministry's records find them.
    KEEP_PAST_SLOTS(claim_id: Bytes) = "
        INSERT INTO slot_past (key_index, claim_id, unit)
        SELECT slot.key_index, slot.claim_id, slot.unit
        FROM {input} CROSS JOIN slot WHERE slot.claim_id = input.claim_id
        UNION
        SELECT slot_waiting.key_index, slot_waiting.claim_id, slot_waiting.unit
        FROM {input} CROSS JOIN slot_waiting WHERE slot_waiting.claim_id = input.claim_id
        ON CONFLICT DO NOTHING";
    FREE_SLOTS(claim_id: Bytes) = "
        DELETE FROM slot WHERE claim_id IN (SELECT claim_id FROM {input}) RETURNING exclusion_group, key_index";
    STOP_WAITING(claim_id: Bytes) = "DELETE FROM slot_waiting WHERE claim_id IN (SELECT claim_id FROM {input})";
    FIND_WANTED(exclusion_group: Text, key_index: Bytes) = "
        SELECT DISTINCT slot_waiting.exclusion_group, slot_waiting.key_index
        FROM {input} CROSS JOIN slot_waiting
        WHERE slot_waiting.exclusion_group = input.exclusion_group AND slot_waiting.key_index = input.key_index
        ORDER BY slot_waiting.exclusion_group, slot_waiting.key_index";
    END_WAIT(
        exclusion_group: Text, key_index: Bytes, claim_id: Bytes, unit: Integer, precedence: Integer,
        received_sequence: Integer,
    ) = "
        DELETE FROM slot_waiting
        WHERE (exclusion_group, key_index, precedence, received_sequence, claim_id, unit) IN
            (SELECT exclusion_group, key_index, precedence, received_sequence, claim_id, unit FROM {input})";
    FIND_WAITING(claim_id: Bytes) = "
        SELECT slot_waiting.claim_id, slot_waiting.unit FROM {input} CROSS JOIN slot_waiting
        WHERE slot_waiting.claim_id = input.claim_id ORDER BY slot_waiting.claim_id, slot_waiting.unit";
}

/// Which slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SlotKey {
    pub(super) group: String,
    pub(super) index: Index,
}

/// A slot that a claim asks for, its key already turned into an index.
#[derive(Clone, Debug)]
pub(super) struct KeyedSlot {
    pub(super) key: SlotKey,
    pub(super) unit: Option<usize>,
    pub(super) precedence: Precedence,
    pub(super) kind: CollidingSlot,
}

impl KeyedSlot {
    pub(super) fn new(request: &SlotRequest, sealer: &Sealer) -> Self {
        let kind = match (&request.key, request.unit) {
            (_, Some(_)) => CollidingSlot::Worker,
            (OnceKey::Person(_), None) => CollidingSlot::Graduate,
            (OnceKey::Enterprise(_), None) => CollidingSlot::Enterprise,
        };
        let key = SlotKey { group: request.group.clone(), index: sealer.index_once_key(&request.key) };
        Self { key, unit: request.unit, precedence: request.precedence, kind }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.unit.is_none()
    }
}

/// Who holds a slot, or wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contender {
    pub(super) claim_id: ClaimId,
    pub(super) unit: Option<usize>,
    pub(super) precedence: Precedence,
    pub(super) received_sequence: i64,
}

/// A slot that a claim did not find free.
#[derive(Clone, Debug)]
pub(super) struct Collision {
    pub(super) kind: CollidingSlot,
    pub(super) holder: Contender,
    pub(super) comer: Contender,
}

/// Takes the free ones of the slots, the first of several contenders for one of them, and gives the holders of those that were taken.
///
/// The UNIQUE constraint decides; who holds is asked only when it turned somebody away.
pub(super) async fn take(
    transaction: &mut Transaction,
    wanted: Vec<(&SlotKey, Contender)>,
) -> Result<HashMap<SlotKey, Contender>, StoreError> {
    let backend = transaction.backend();
    let mut taking = Rows::new(&TAKE_SLOTS, backend);
    let mut finding = Rows::new(&FIND_HOLDERS, backend);
    let mut seen = HashSet::new();
    let mut is_contended = false;
    for (key, contender) in wanted {
        if seen.insert(key) {
            put(&mut taking, key, &contender);
            finding.text(key.group.as_str()).bytes(key.index.as_slice());
        } else {
            is_contended = true;
        }
    }
    let expected = taking.count();
    is_contended |= transaction.tx.execute(taking).await? != expected;
    if !is_contended {
        return Ok(HashMap::new());
    }
    let holders: Vec<SlotRow> = transaction.tx.fetch(finding).await?;
    holders
        .into_iter()
        .map(|(group, index, claim, unit, precedence, sequence)| {
            let key = SlotKey { group, index: index.try_into().map_err(|_| StoreError::Corrupt("slot"))? };
            Ok((key, contender(&claim, unit, precedence, sequence)?))
        })
        .collect()
}

type SlotRow = (String, Vec<u8>, Vec<u8>, i64, i64, i64);

/// Has contenders wait for slots.
pub(super) async fn wait(transaction: &mut Transaction, waiting: Vec<(&SlotKey, Contender)>) -> Result<(), StoreError> {
    let mut rows = Rows::new(&WAIT_FOR_SLOTS, transaction.backend());
    for (key, contender) in waiting {
        put(&mut rows, key, &contender);
    }
    transaction.tx.execute(rows).await.map(drop)
}

/// What came of a claim's wish for the slots of its workers.
#[derive(Default)]
pub(super) struct UnitOutcome {
    pub(super) collisions: Vec<Collision>,
    /// Claims that lost a worker to a host, to be assessed again.
    pub(super) dispossessed: BTreeSet<ClaimId>,
}

/// Takes the slots of a claim's workers, over from agencies where the claim is the funding host.
pub(super) async fn take_units(
    transaction: &mut Transaction,
    claim_id: ClaimId,
    received_sequence: i64,
    slots: &[KeyedSlot],
) -> Result<UnitOutcome, StoreError> {
    let units: Vec<(&KeyedSlot, Contender)> = slots
        .iter()
        .filter(|slot| !slot.is_whole())
        .map(|slot| (slot, Contender { claim_id, unit: slot.unit, precedence: slot.precedence, received_sequence }))
        .collect();
    let wanted = units.iter().map(|(slot, contender)| (&slot.key, *contender)).collect();
    let mut holders = take(transaction, wanted).await?;
    let backend = transaction.backend();
    let mut outcome = UnitOutcome::default();
    let mut moving = Rows::new(&MOVE_SLOTS, backend);
    let mut waiting: Vec<(&SlotKey, Contender)> = Vec::new();
    for (slot, comer) in units {
        let Some(present) = holders.get_mut(&slot.key) else { continue };
        let holder = *present;
        if holder == comer {
            continue;
        }
        let is_own = holder.claim_id == claim_id;
        if !is_own && stands_before(comer.precedence, holder.precedence) {
            // The same worker again on this roster finds the slot its own.
            *present = comer;
            put(&mut moving, &slot.key, &comer);
            waiting.push((&slot.key, holder));
            outcome.dispossessed.insert(holder.claim_id);
        } else {
            waiting.push((&slot.key, comer));
        }
        // A worker twice on one roster is counted once, and is no case of two claims.
        if !is_own {
            outcome.collisions.push(Collision { kind: slot.kind, holder, comer });
        }
    }
    transaction.tx.execute(moving).await?;
    wait(transaction, waiting).await?;
    Ok(outcome)
}

/// Whether who comes later takes the slot over all the same.
fn stands_before(comer: Precedence, holder: Precedence) -> bool {
    match (comer, holder) {
        (Precedence::FundingHost, Precedence::FirstReceipt) => true,
        (Precedence::FundingHost, Precedence::FundingHost) | (Precedence::FirstReceipt, _) => false,
    }
}

/// Takes everything from claims that they hold or wait for, and gives what came free to the next in line.
pub(super) async fn free(
    transaction: &mut Transaction,
    claims: Vec<ClaimId>,
) -> Result<Vec<(SlotKey, Contender)>, StoreError> {
    let backend = transaction.backend();
    let mut keeping = Rows::new(&KEEP_PAST_SLOTS, backend);
    let mut freeing = Rows::new(&FREE_SLOTS, backend);
    let mut stopping = Rows::new(&STOP_WAITING, backend);
    for claim in claims {
        keeping.bytes(claim.0.as_bytes().as_slice());
        freeing.bytes(claim.0.as_bytes().as_slice());
        stopping.bytes(claim.0.as_bytes().as_slice());
    }
    transaction.tx.execute(keeping).await?;
    let freed: Vec<(String, Vec<u8>)> = transaction.tx.fetch(freeing).await?;
    transaction.tx.execute(stopping).await?;
    let mut wanted = Rows::new(&FIND_WANTED, backend);
    for (group, index) in &freed {
        wanted.text(group.as_str()).bytes(index.as_slice());
    }
    let wanted: Vec<(String, Vec<u8>)> = transaction.tx.fetch(wanted).await?;
    let mut next = Vec::with_capacity(wanted.len());
    for (group, index) in wanted {
        let first: Option<(Vec<u8>, i64, i64, i64)> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(FIRST_WAITING).bind(&group).bind(&index).fetch_optional(connection).await
        })?;
        let key = SlotKey { group, index: index.try_into().map_err(|_| StoreError::Corrupt("slot"))? };
        if let Some((claim, unit, precedence, sequence)) = first {
            next.push((key, contender(&claim, unit, precedence, sequence)?));
        }
    }
    let (mut taking, mut ending) = (Rows::new(&TAKE_SLOTS, backend), Rows::new(&END_WAIT, backend));
    for (key, contender) in &next {
        put(&mut taking, key, contender);
        put(&mut ending, key, contender);
    }
    transaction.tx.execute(taking).await?;
    transaction.tx.execute(ending).await?;
    Ok(next)
}

/// What the claims wait for: the claim as a whole (`None`), or single workers.
pub(super) async fn waiting(
    transaction: &mut Transaction,
    claims: Vec<ClaimId>,
) -> Result<Vec<(ClaimId, Option<usize>)>, StoreError> {
    let mut rows = Rows::new(&FIND_WAITING, transaction.backend());
    for claim in claims {
        rows.bytes(claim.0.as_bytes().as_slice());
    }
    let found: Vec<(Vec<u8>, i64)> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(|(claim, unit)| Ok((codec::claim_id(&claim)?, codec::unit(unit)))).collect()
}

impl Store {
    /// Indices of a claim's rostered workers whose slot another claim holds at this moment.
    pub async fn units_taken(&self, claim_id: ClaimId) -> Result<Vec<usize>, StoreError> {
        let units: Vec<(i64,)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(WAITING_UNITS).bind(claim_id.0.as_bytes().as_slice()).fetch_all(pool).await
        })?;
        Ok(units.into_iter().filter_map(|(unit,)| codec::unit(unit)).collect())
    }
}

/// Which claim holds a slot at this moment.
pub(super) async fn holder(readers: &Pool, key: &SlotKey) -> Result<Option<ClaimId>, StoreError> {
    let found: Option<(Vec<u8>,)> = on_pool!(readers, pool => {
        sqlx::query_as(SLOT_HOLDER).bind(&key.group).bind(key.index.to_vec()).fetch_optional(pool).await
    })?;
    found.map(|(claim,)| codec::claim_id(&claim)).transpose()
}

fn put(rows: &mut Rows, key: &SlotKey, contender: &Contender) {
    rows.text(key.group.as_str())
        .bytes(key.index.as_slice())
        .bytes(contender.claim_id.0.as_bytes().as_slice())
        .integer(unit_column(contender.unit))
        .integer(precedence_column(contender.precedence))
        .integer(contender.received_sequence);
}

fn contender(claim: &[u8], unit: i64, precedence: i64, received_sequence: i64) -> Result<Contender, StoreError> {
    let precedence = match precedence {
        0 => Precedence::FundingHost,
        1 => Precedence::FirstReceipt,
        _ => return Err(StoreError::Corrupt("precedence")),
    };
    Ok(Contender { claim_id: codec::claim_id(claim)?, unit: codec::unit(unit), precedence, received_sequence })
}

/// In the order in which waiting claims get a slot.
fn precedence_column(precedence: Precedence) -> i64 {
    match precedence {
        Precedence::FundingHost => 0,
        Precedence::FirstReceipt => 1,
    }
}
