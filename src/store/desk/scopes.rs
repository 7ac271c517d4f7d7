//! A scope's own view of a suspect: kept beside the suspect's place in the scope, so that lists read one index, and counted as it moves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::tally::{Happened, Standing, Tallies};
use super::weigh::readable;
use crate::domain::identity::{Level, Region};
use crate::domain::suspect::stake::{Band, Stake};
use crate::domain::suspect::{SuspectState, desk::DismissalReason};
use crate::store::bulk::{Bulk, Rows};
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec};

bulk_statements! {
    FIND_SCOPES(sequence: Integer) = "
        SELECT scope.scope, scope.sequence, scope.rule, scope.state, scope.assignee,
            COALESCE(stake.band, 'nothing') AS band, COALESCE(stake.amount_fen, 0) AS amount_fen, claim.region
        FROM {input} CROSS JOIN suspect_scope AS scope CROSS JOIN suspect CROSS JOIN claim
            LEFT JOIN suspect_stake AS stake ON stake.sequence = scope.sequence
        WHERE scope.sequence = input.sequence AND suspect.sequence = scope.sequence
            AND claim.claim_id = suspect.second_claim";
    MOVE_SCOPES(scope: Text, sequence: Integer, state: Text, assignee: Text) = "
        UPDATE suspect_scope SET state = input.state, assignee = input.assignee FROM {input}
        WHERE suspect_scope.scope = input.scope AND suspect_scope.sequence = input.sequence";
    SET_RISK(sequence: Integer, risk: Integer) = "
        UPDATE suspect_scope SET risk = input.risk, band = input.risk / 1000000000000000 FROM {input}
        WHERE suspect_scope.sequence = input.sequence";
    /// Why suspects were found untrue, each time.
    FIND_DISMISSALS(sequence: Integer) = "
        SELECT done.sequence, done.province, done.at, done.detail FROM {input} CROSS JOIN suspect_event AS done
        WHERE done.sequence = input.sequence AND done.step = 'dismissed'";
}

/// A desk that moved.
#[derive(Clone, Debug)]
pub(in crate::store) struct ScopeMove {
    pub(in crate::store) sequence: i64,
    pub(in crate::store) province: Region,
    pub(in crate::store) state: SuspectState,
    pub(in crate::store) assignee: Option<String>,
    /// Where the least far of all its desks stands: what a scope that spans provinces shows.
    pub(in crate::store) overall: SuspectState,
    pub(in crate::store) event: ScopeEvent,
    pub(in crate::store) at: Timestamp,
}

/// What is counted of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum ScopeEvent {
    Moved,
    Confirmed,
    Dismissed(DismissalReason),
    Reopened,
}

/// A suspect that was weighed.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct RiskMove {
    pub(in crate::store) sequence: i64,
    /// What was at stake before; absent the first time.
    pub(in crate::store) old: Option<Stake>,
    pub(in crate::store) new: Stake,
}

/// A suspect's place in a scope.
#[derive(Clone, Debug)]
struct Scope {
    place: Region,
    rule: String,
    state: SuspectState,
    assignee: Option<String>,
    band: Band,
    amount_fen: i64,
    /// Whether the claim at stake lies within the scope: the money of another is not its to know.
    covers_stake: bool,
}

impl Scope {
    /// What a scope counts of an amount at stake.
    fn counted(&self, amount_fen: i64) -> i64 {
        if self.covers_stake { amount_fen } else { 0 }
    }

    fn is_of(&self, province: Region) -> bool {
        self.place.level() != Level::Ministry && self.place.province() == province
    }

    fn standing(&self) -> Standing<'_> {
        let Self { place, rule, state, band, .. } = self;
        Standing { scope: *place, rule, state: *state, band: *band }
    }
}

/// Has the scopes of moved desks follow them, in the order given.
pub(in crate::store) async fn restate(transaction: &mut Transaction, moves: Vec<ScopeMove>) -> Result<(), StoreError> {
    let Scopes { readable: mut scopes, broken } = find(transaction, moves.iter().map(|it| it.sequence)).await?;
    if !broken.is_empty() {
        return Err(StoreError::Corrupt("scope"));
    }
    let reopened = moves.iter().filter(|it| !it.state.is_closed()).map(|it| it.sequence);
    let dismissals = Dismissals::find(transaction, reopened).await?;
    let (mut tallies, mut moved) = (Tallies::default(), BTreeSet::new());
    for it in &moves {
        let own = scopes.get_mut(&it.sequence).map(Vec::as_mut_slice).unwrap_or_default();
        let before = own.to_vec();
        follow(own, it);
        for (old, new) in before.iter().zip(own.iter()) {
            if old.state == new.state && old.assignee == new.assignee {
                continue;
            }
            tallies.count(&old.standing(), -1, -old.counted(old.amount_fen));
            tallies.count(&new.standing(), 1, new.counted(new.amount_fen));
            let province = Some(it.province).filter(|_| new.place.level() != Level::Ministry);
            match (old.state.is_closed(), new.state.is_closed()) {
                (false, true) => tallies.happened(new.place, it.at, &new.rule, judged(new.state, it.event)),
                (true, false) => {
                    let was = match old.state {
                        SuspectState::Dismissed => Happened::Reopened(Some(dismissals.last(it.sequence, province))),
                        SuspectState::Open
                        | SuspectState::Assigned
                        | SuspectState::Investigating
                        | SuspectState::Confirmed => Happened::Reopened(None),
                    };
                    tallies.happened(new.place, it.at, &new.rule, was);
                }
                (true, true) | (false, false) => {}
            }
            moved.insert((it.sequence, new.place));
        }
    }
    let mut changed = Rows::new(&MOVE_SCOPES, transaction.backend());
    for (sequence, place) in moved {
        let now = scopes.get(&sequence).and_then(|all| all.iter().find(|scope| scope.place == place));
        let now = now.ok_or(StoreError::Corrupt("scope"))?;
        changed.text(place.as_str()).integer(sequence).text(now.state.code()).text(now.assignee.as_deref());
    }
    transaction.tx.execute(changed).await?;
    tallies.save(transaction).await
}

/// Has the places of one suspect follow a move: those of the province, and the ministry, which sees the desk that is least far.
fn follow(scopes: &mut [Scope], it: &ScopeMove) {
    for scope in scopes.iter_mut().filter(|scope| scope.is_of(it.province)) {
        scope.state = it.state;
        scope.assignee.clone_from(&it.assignee);
    }
    let least_far = scopes.iter().filter(|scope| scope.place.level() == Level::Province && scope.state == it.overall);
    let assignee = least_far.min_by_key(|scope| scope.place).and_then(|scope| scope.assignee.clone());
    for ministry in scopes.iter_mut().filter(|scope| scope.place.level() == Level::Ministry) {
        ministry.state = it.overall;
        ministry.assignee.clone_from(&assignee);
    }
}

fn judged(state: SuspectState, event: ScopeEvent) -> Happened {
    match (state, event) {
        (SuspectState::Confirmed, _) => Happened::Confirmed,
        (_, ScopeEvent::Dismissed(reason)) => Happened::Dismissed(Some(reason)),
        (_, ScopeEvent::Moved | ScopeEvent::Confirmed | ScopeEvent::Reopened) => Happened::Dismissed(None),
    }
}

/// Has every scope of weighed suspects show their risk; each suspect once.
pub(in crate::store) async fn set_risk(
    transaction: &mut Transaction,
    scopes: &Scopes,
    moves: &[RiskMove],
) -> Result<(), StoreError> {
    let mut tallies = Tallies::default();
    let mut changed = Rows::new(&SET_RISK, transaction.backend());
    for RiskMove { sequence, old, new } in moves {
        for scope in scopes.readable.get(sequence).map(Vec::as_slice).unwrap_or_default() {
            let (band, amount_fen) = old.map_or((Band::Nothing, 0), |old| (old.band, old.amount.get()));
            tallies.count(&Standing { band, ..scope.standing() }, -1, -scope.counted(amount_fen));
            tallies.count(&Standing { band: new.band, ..scope.standing() }, 1, scope.counted(new.amount.get()));
        }
        changed.integer(*sequence).integer(new.risk);
    }
    transaction.tx.execute(changed).await?;
    tallies.save(transaction).await
}

type ScopeRow = (String, i64, String, String, Option<String>, String, i64, String);

/// Suspects' places in their scopes.
pub(in crate::store) struct Scopes {
    readable: HashMap<i64, Vec<Scope>>,
    /// Suspects of which a place cannot be read.
    broken: BTreeSet<i64>,
}

impl Scopes {
    pub(in crate::store) fn unreadable(&self) -> impl Iterator<Item = i64> {
        self.broken.iter().copied()
    }
}

pub(in crate::store) async fn find(
    transaction: &mut Transaction,
    sequences: impl Iterator<Item = i64>,
) -> Result<Scopes, StoreError> {
    let found: Vec<ScopeRow> = transaction.tx.fetch(each(&FIND_SCOPES, transaction, sequences)).await?;
    let open = |(place, _, rule, state, assignee, band, amount_fen, at_stake_in): ScopeRow| {
        let state = SuspectState::from_code(&state).ok_or(StoreError::Corrupt("scope"))?;
        let band = Band::from_code(&band).ok_or(StoreError::Corrupt("scope"))?;
        let place = codec::region(&place)?;
        let covers_stake = place.covers(codec::region(&at_stake_in)?);
        Ok(Scope { place, rule, state, assignee, band, amount_fen, covers_stake })
    };
    let mut scopes = Scopes { readable: HashMap::new(), broken: BTreeSet::new() };
    for row in found {
        let sequence = row.1;
        match readable(open(row))? {
            Some(scope) => scopes.readable.entry(sequence).or_default().push(scope),
            None => drop(scopes.broken.insert(sequence)),
        }
    }
    Ok(scopes)
}

fn each(bulk: &'static Bulk, transaction: &Transaction, sequences: impl Iterator<Item = i64>) -> Rows {
    let mut rows = Rows::new(bulk, transaction.backend());
    for sequence in sequences.collect::<BTreeSet<_>>() {
        rows.integer(sequence);
    }
    rows
}

/// Why suspects were found untrue the last time, by suspect, moment and province.
struct Dismissals(BTreeMap<(i64, i64, Region), Option<DismissalReason>>);

impl Dismissals {
    async fn find(transaction: &mut Transaction, sequences: impl Iterator<Item = i64>) -> Result<Self, StoreError> {
        let rows = each(&FIND_DISMISSALS, transaction, sequences);
        let found: Vec<(i64, String, i64, String)> = transaction.tx.fetch(rows).await?;
        let read = |(sequence, province, at, reason): (i64, String, i64, String)| {
            Ok(((sequence, at, codec::region(&province)?), DismissalReason::from_code(&reason)))
        };
        found.into_iter().map(read).collect::<Result<_, StoreError>>().map(Self)
    }

    /// Of one province, or of whichever was the last.
    fn last(&self, sequence: i64, province: Option<Region>) -> Option<DismissalReason> {
        let own = self.0.iter().rev().filter(|((of, ..), _)| *of == sequence);
        let mut own = own.filter(|((.., place), _)| province.is_none_or(|it| it == *place));
        own.next().and_then(|(_, reason)| *reason)
    }
}
