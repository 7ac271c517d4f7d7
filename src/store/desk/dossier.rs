//! One suspect with everything that is kept about it.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::{self, SuspectKey};
use super::{search, weigh};
use crate::audit::entry::{Action, Subject};
use crate::domain::claim::ClaimId;
use crate::domain::identity::Region;
use crate::domain::suspect::{SuspectId, SuspectRule};
use crate::store::bulk::Rows;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::SuspectRecord;
use crate::store::record::desk::{DeskEvent, NodeKind};
use crate::store::record::dossier::{ClaimStep, DossierBasis, Neighbor, StepKind};
use crate::store::record::weigh::{ClaimBasis, ToWeigh};
use crate::store::seal::Sealer;
use crate::store::sql::{bulk_statements, statements};
use crate::store::{Access, Read, Store, StoreError, codec, suspects};

statements! {
    DESK_EVENTS = "
        SELECT province, version, at, person, step, detail, words FROM suspect_event WHERE sequence = $1
        ORDER BY at, province, version LIMIT $2";
    /// Changes of state alone: reads have none.
    CLAIM_STEPS = "
        SELECT at, actor, action, state, detail FROM audit_entry
        WHERE subject_id = $1 AND subject_kind = 'claim' AND state IS NOT NULL ORDER BY sequence LIMIT $2";
    CASE_STEPS = "
        SELECT event.at, event.person, event.step, event.text FROM clawback_case CROSS JOIN clawback_event AS event
        WHERE clawback_case.claim_id = $1 AND event.case_id = clawback_case.case_id
        ORDER BY event.at, event.version LIMIT $2";
    /// The newest of a region, looked for among the newest of all.
    SHARERS = "
        SELECT held.sequence FROM (
            SELECT sequence FROM suspect_key WHERE key_index = $1 AND sequence <> $2 ORDER BY sequence DESC LIMIT 1000) AS held
        CROSS JOIN suspect_scope AS scope
        WHERE scope.scope = $3 AND scope.sequence = held.sequence ORDER BY held.sequence DESC LIMIT $4";
}

bulk_statements! {
    FIND_NEIGHBORS(sequence: Integer) = "
        SELECT suspect.sequence, suspect.suspect_id, suspect.rule, suspect.opened_at
        FROM {input} CROSS JOIN suspect WHERE suspect.sequence = input.sequence";
}

/// Steps of one claim, of its cases, and of the desks, that are read; none has nearly as many.
const STEPS_MAX: i64 = 200;
/// Other suspects that are read for each thing shared …
const SHARERS_MAX: i64 = 16;
/// … and all in all.
const NEIGHBORS_MAX: usize = 40;

impl Store {
    /// Everything about one suspect that has a claim in a region; the read is written down first.
    pub async fn dossier(
        &self,
        id: SuspectId,
        within: Region,
        access: &Access,
    ) -> Result<Option<DossierBasis>, StoreError> {
        let (readers, sealer) = (&self.inner.pools.readers, &self.inner.sealer);
        let Some(suspect) = suspects::one(readers, sealer, id).await? else { return Ok(None) };
        let Some(region) = suspect.read_at(within) else { return Ok(None) };
        let read = Read { action: Action::SuspectsRead, subject: Subject::Suspect(id.0), region };
        let basis = read_basis(readers, sealer, suspect, within).await?;
        self.write_down(read, access, 1).await?;
        Ok(Some(basis))
    }
}

async fn read_basis(
    readers: &Pool,
    sealer: &Sealer,
    suspect: SuspectRecord,
    within: Region,
) -> Result<DossierBasis, StoreError> {
    let weighed = weigh::one(readers, sealer, suspect.sequence).await?;
    let mut steps = Vec::new();
    for (number, side) in [(1, suspect.first.as_ref()), (2, Some(&suspect.second))] {
        let Some(side) = side.filter(|side| within.covers(side.region)) else { continue };
        steps.extend(claim_steps(readers, number, side.claim_id).await?);
    }
    steps.sort_by_key(|step| step.at);
    let events = desk_events(readers, suspect.sequence).await?;
    let neighbors = neighbors(readers, sealer, &weighed, within).await?;
    Ok(DossierBasis { suspect, weighed, events, steps, neighbors })
}

type EventRow = (String, i64, i64, Option<String>, String, String, String);

async fn desk_events(readers: &Pool, sequence: i64) -> Result<Vec<DeskEvent>, StoreError> {
    let rows: Vec<EventRow> = on_pool!(readers, pool => {
        sqlx::query_as(DESK_EVENTS).bind(sequence).bind(STEPS_MAX).fetch_all(pool).await
    })?;
    let open = |(province, version, at, person, step, detail, words): EventRow| {
        let (province, at) = (codec::region(&province)?, codec::timestamp(at)?);
        Ok(DeskEvent { province, version, at, person, step, detail, words })
    };
    rows.into_iter().map(open).collect()
}

async fn claim_steps(readers: &Pool, side: u8, id: ClaimId) -> Result<Vec<ClaimStep>, StoreError> {
    let id = id.0.as_bytes().as_slice();
    let moves: Vec<(i64, String, String, String, String)> = on_pool!(readers, pool => {
        sqlx::query_as(CLAIM_STEPS).bind(id).bind(STEPS_MAX).fetch_all(pool).await
    })?;
    let cases: Vec<(i64, String, String, String)> = on_pool!(readers, pool => {
        sqlx::query_as(CASE_STEPS).bind(id).bind(STEPS_MAX).fetch_all(pool).await
    })?;
    let mut steps = Vec::with_capacity(moves.len() + cases.len());
    for (at, actor, action, state, detail) in moves {
        let what = StepKind::Claim { action, state: codec::state(&state)?, detail };
        steps.push(ClaimStep { side, at: codec::timestamp(at)?, actor, what });
    }
    for (at, actor, step, text) in cases {
        steps.push(ClaimStep { side, at: codec::timestamp(at)?, actor, what: StepKind::Case { step, text } });
    }
    Ok(steps)
}

/// Other suspects of which a claim within the region shares what the visible claims have. What another claim of theirs has is not told:
/// the picture would say who claims elsewhere.
async fn neighbors(
    readers: &Pool,
    sealer: &Sealer,
    suspect: &ToWeigh,
    within: Region,
) -> Result<Vec<Neighbor>, StoreError> {
    let mut shared: BTreeMap<i64, Vec<Share>> = BTreeMap::new();
    for (number, side) in [(1, suspect.first.as_deref()), (2, Some(suspect.second.as_ref()))] {
        let Some(side) = side.filter(|side| within.covers(side.record.claim.region)) else { continue };
        for (key, text) in things_of(suspect, side) {
            let index = key.index(&text, sealer);
            let sharers: Vec<(i64,)> = on_pool!(readers, pool => {
                sqlx::query_as(SHARERS)
                    .bind(index.as_slice())
                    .bind(suspect.sequence)
                    .bind(within.as_str())
                    .bind(SHARERS_MAX)
                    .fetch_all(pool)
                    .await
            })?;
            for (sequence,) in sharers {
                shared.entry(sequence).or_default().push(Share { side: number, key, text: text.clone() });
            }
        }
    }
    // Of one that lies within the region as a whole, everything may be told.
    let sides = search::sides_of(readers, shared.keys().copied()).await?;
    let partly: BTreeSet<i64> =
        sides.iter().filter(|side| !within.covers(side.region)).map(|side| side.sequence).collect();
    let opened = weigh::at(readers, sealer, &partly).await?;
    for sequence in opened.unreadable {
        shared.remove(&sequence);
    }
    for other in opened.suspects {
        let own: BTreeSet<(SuspectKey, String)> = other
            .sides()
            .filter(|side| within.covers(side.record.claim.region))
            .flat_map(|side| things_of(&other, side))
            .collect();
        if let Some(shares) = shared.get_mut(&other.sequence) {
            shares.retain(|share| own.contains(&(share.key, share.text.clone())));
        }
    }
    shared.retain(|_, shares| !shares.is_empty());
    let mut rows = Rows::new(&FIND_NEIGHBORS, readers.backend());
    // The newest.
    for sequence in shared.keys().rev().take(NEIGHBORS_MAX) {
        rows.integer(*sequence);
    }
    let mut found: Vec<(i64, Vec<u8>, String, i64)> = readers.fetch(rows).await?;
    found.sort_unstable_by_key(|(sequence, ..)| std::cmp::Reverse(*sequence));
    let open = |(sequence, id, rule, opened_at): (i64, Vec<u8>, String, i64)| {
        let shares = shared.remove(&sequence).unwrap_or_default();
        Ok(Neighbor {
            suspect_id: SuspectId(codec::uuid(&id)?),
            rule: SuspectRule::from_code(&rule).ok_or(StoreError::Corrupt("rule"))?,
            opened_at: codec::timestamp(opened_at)?,
            shares: shares.into_iter().map(|share| (share.side, kind_of(share.key))).collect(),
        })
    };
    found.into_iter().map(open).collect()
}

/// What another suspect has in common with a side of this one, in the open.
struct Share {
    side: u8,
    key: SuspectKey,
    text: String,
}

/// By what a side may hang together with others.
fn things_of(suspect: &ToWeigh, side: &ClaimBasis) -> impl Iterator<Item = (SuspectKey, String)> {
    let claim = (SuspectKey::Claim, side.record.claim.claim_id.to_string());
    keys::shared(keys::claim_side(suspect, side)).into_iter().chain([claim])
}

fn kind_of(key: SuspectKey) -> NodeKind {
    match key {
        SuspectKey::Claim => NodeKind::Claim,
        SuspectKey::Suspect => NodeKind::Suspect,
        SuspectKey::Enterprise => NodeKind::Enterprise,
        SuspectKey::Person | SuspectKey::Name => NodeKind::Person,
        SuspectKey::Account => NodeKind::Account,
        SuspectKey::Phone => NodeKind::Phone,
    }
}
