//! The fraud-review desk: where each province's work on a suspect stands, and what is derived of it.

pub(super) mod alarms;
pub(super) mod basis;
pub(super) mod dossier;
pub(super) mod escalate;
pub(super) mod kept;
pub(super) mod keys;
pub(super) mod lists;
pub(super) mod overview;
pub(super) mod plans;
pub(super) mod scopes;
pub(super) mod search;
pub(super) mod steps;
pub(super) mod tally;
pub(super) mod unmask;
pub(super) mod views;
pub(super) mod weigh;

use std::collections::{BTreeSet, HashMap};

use self::weigh::readable;
use super::bulk::{Bulk, Rows};
use super::pool::Pool;
use super::record::SuspectRecord;
use super::record::desk::{DeskRecord, Judgment};
use super::sql::bulk_statements;
use super::transaction::Transaction;
use super::{StoreError, codec};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::desk::{Desk, DismissalReason};
use crate::domain::suspect::stake::{Band, Stake};

bulk_statements! {
    FIND_DESKS(sequence: Integer) = "
        SELECT desk.sequence, desk.province, desk.state, desk.version, desk.assignee, desk.due_at, desk.escalation,
            desk.reason, desk.words, desk.judged_by, desk.judged_at, desk.judge_by
        FROM {input} CROSS JOIN suspect_desk AS desk WHERE desk.sequence = input.sequence";
    FIND_STAKES(sequence: Integer) = "
        SELECT stake.sequence, stake.band, stake.amount_fen, stake.weight, stake.risk
        FROM {input} CROSS JOIN suspect_stake AS stake WHERE stake.sequence = input.sequence";
}

/// The version of a desk that nobody has touched.
pub(super) const FIRST_VERSION: i64 = 1;

/// A desk's row.
#[derive(sqlx::FromRow)]
struct DeskRow {
    sequence: i64,
    province: String,
    state: String,
    version: i64,
    assignee: Option<String>,
    due_at: Option<i64>,
    escalation: i64,
    reason: Option<String>,
    words: Option<String>,
    judged_by: Option<String>,
    judged_at: Option<i64>,
    judge_by: Option<i64>,
}

type StakeRow = (i64, String, i64, i64, i64);

/// Suspects with their desks and stakes.
pub(super) async fn attach(readers: &Pool, records: Vec<SuspectRecord>) -> Result<Vec<SuspectRecord>, StoreError> {
    let desks = readers.fetch(sequences(&records, &FIND_DESKS, readers.backend())).await?;
    let stakes = readers.fetch(sequences(&records, &FIND_STAKES, readers.backend())).await?;
    all(joined(records, desks, stakes)?)
}

/// The same within a transaction.
pub(super) async fn attach_within(
    transaction: &mut Transaction,
    records: Vec<SuspectRecord>,
) -> Result<Vec<SuspectRecord>, StoreError> {
    all(attach_readable(transaction, records).await?)
}

/// The same; those of which a row cannot be read come second, by their places.
pub(super) async fn attach_readable(
    transaction: &mut Transaction,
    records: Vec<SuspectRecord>,
) -> Result<(Vec<SuspectRecord>, BTreeSet<i64>), StoreError> {
    let desks = transaction.tx.fetch(sequences(&records, &FIND_DESKS, transaction.backend())).await?;
    let stakes = transaction.tx.fetch(sequences(&records, &FIND_STAKES, transaction.backend())).await?;
    joined(records, desks, stakes)
}

fn all((records, unreadable): (Vec<SuspectRecord>, BTreeSet<i64>)) -> Result<Vec<SuspectRecord>, StoreError> {
    if unreadable.is_empty() { Ok(records) } else { Err(StoreError::Corrupt("desk or stake")) }
}

fn sequences(records: &[SuspectRecord], bulk: &'static Bulk, backend: super::pool::Backend) -> Rows {
    let mut rows = Rows::new(bulk, backend);
    for record in records {
        rows.integer(record.sequence);
    }
    rows
}

fn joined(
    mut records: Vec<SuspectRecord>,
    desks: Vec<DeskRow>,
    stakes: Vec<StakeRow>,
) -> Result<(Vec<SuspectRecord>, BTreeSet<i64>), StoreError> {
    let (mut kept, mut at_stake): (HashMap<i64, Vec<DeskRecord>>, HashMap<i64, Stake>) = Default::default();
    let mut unreadable = BTreeSet::new();
    for row in desks {
        let sequence = row.sequence;
        match readable(desk(row))? {
            Some(desk) => kept.entry(sequence).or_default().push(desk),
            None => drop(unreadable.insert(sequence)),
        }
    }
    for row in stakes {
        match readable(stake(&row))? {
            Some(stake) => drop(at_stake.insert(row.0, stake)),
            None => drop(unreadable.insert(row.0)),
        }
    }
    records.retain(|record| !unreadable.contains(&record.sequence));
    for record in &mut records {
        let mut found = kept.remove(&record.sequence).unwrap_or_default();
        for province in provinces(record) {
            if found.iter().all(|desk| desk.province != province) {
                let desk = Desk::opened(record.opened_at);
                found.push(DeskRecord { province, desk, version: FIRST_VERSION, judgment: None });
            }
        }
        found.sort_by_key(|desk| desk.province);
        record.desks = found;
        record.stake = at_stake.remove(&record.sequence);
    }
    Ok((records, unreadable))
}

/// The provinces that a suspect concerns.
pub(super) fn provinces(record: &SuspectRecord) -> BTreeSet<Region> {
    record.sides().map(|side| side.region.province()).collect()
}

fn desk(row: DeskRow) -> Result<DeskRecord, StoreError> {
    const BROKEN: StoreError = StoreError::Corrupt("desk");
    let state = SuspectState::from_code(&row.state).ok_or(BROKEN)?;
    let reason = row.reason.map(|code| DismissalReason::from_code(&code).ok_or(BROKEN)).transpose()?;
    let judgment = match (row.judged_by, row.judged_at, row.words) {
        (Some(by), Some(at), Some(words)) => Some(Judgment { reason, words, by, at: codec::timestamp(at)? }),
        _ => None,
    };
    let desk = Desk {
        state,
        assignee: row.assignee.as_deref().map(OperatorId::kept),
        due_at: row.due_at.map(codec::timestamp).transpose()?,
        escalation: u8::try_from(row.escalation).map_err(|_| BROKEN)?,
        judge_by: row.judge_by.map(codec::timestamp).transpose()?,
    };
    Ok(DeskRecord { province: codec::region(&row.province)?, desk, version: row.version, judgment })
}

fn stake((_, band, amount, weight, risk): &StakeRow) -> Result<Stake, StoreError> {
    const BROKEN: StoreError = StoreError::Corrupt("stake");
    let band = Band::from_code(band).ok_or(BROKEN)?;
    Ok(Stake { band, amount: Fen::new(*amount), weight: u16::try_from(*weight).map_err(|_| BROKEN)?, risk: *risk })
}
