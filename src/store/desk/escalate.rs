//! What nobody acted on in time goes a level up.
//!
//! A desk that nobody has touched has no row: suspects are walked once, in the order in which they were opened, and remembered up to the
//! first that may still wait. So a round costs what became late since the one before, however many suspects there are.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::kept::{self, Taken};
use crate::domain::suspect::desk::TAKE_UP_DAYS;
use crate::store::act::Act;
use crate::store::pool::on_tx;
use crate::store::record::desk::{Escalated, LateUpTo};
use crate::store::record::{Actor, SuspectRecord};
use crate::store::sql::statements;
use crate::store::transaction::Transaction;
use crate::store::{Store, StoreError, codec, suspects};

statements! {
    /// By the index `suspect_desk_late`.
    FIND_LATE = "
        SELECT due_at, sequence FROM suspect_desk
        WHERE due_at IS NOT NULL AND escalation < 3 AND due_at <= $1 AND due_at >= $2 AND (due_at > $2 OR sequence > $3)
        ORDER BY due_at, sequence LIMIT $4";
    /// By the primary key.
    FIND_NEXT = "
        SELECT suspect.sequence, suspect.opened_at FROM suspect
        WHERE suspect.sequence > (SELECT sequence FROM desk_progress WHERE name = 'deadlines')
        ORDER BY suspect.sequence LIMIT $1";
    MOVE_ON = "UPDATE desk_progress SET sequence = $1 WHERE name = 'deadlines'";
}

/// The node's own hand.
const CLOCK: &str = "hufu/desk";

impl Store {
    /// Takes desks whose deadline has passed one level up, up to about `limit` suspects at once, from a place of the round on.
    pub async fn escalate_desks(&self, at: Timestamp, after: LateUpTo, limit: u32) -> Result<Escalated, StoreError> {
        self.act(Escalate { at, after, limit }).await
    }
}

struct Escalate {
    at: Timestamp,
    after: LateUpTo,
    limit: u32,
}

impl Act for Escalate {
    type Output = Escalated;

    fn weight(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<Escalated, StoreError> {
        let (at, after, limit) = (codec::kept(self.at), self.after, i64::from(self.limit));
        let late: Vec<(i64, i64)> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(FIND_LATE)
                .bind(at.as_millisecond())
                .bind(after.due_at)
                .bind(after.sequence)
                .bind(limit)
                .fetch_all(connection)
                .await
        })?;
        let is_full = |count: usize| count >= usize::try_from(self.limit).unwrap_or(usize::MAX);
        let last = late.last().map_or(after, |(due_at, sequence)| LateUpTo { due_at: *due_at, sequence: *sequence });
        let mut has_more = is_full(late.len());
        let mut sequences: BTreeSet<i64> = late.into_iter().map(|(_, sequence)| sequence).collect();
        if !has_more {
            let walked = walk(transaction, at, limit).await?;
            has_more = is_full(walked.len());
            sequences.extend(walked);
        }
        let sequences: Vec<i64> = sequences.into_iter().collect();
        let (mut late, mut waiting) = (Vec::new(), Vec::new());
        let (suspects, unreadable) = suspects::readable_at(transaction, &sequences).await?;
        for suspect in suspects {
            go_up(suspect, at, &mut late, &mut waiting);
        }
        kept::save_escalated(transaction, &late, &Actor(CLOCK.to_owned()), at).await?;
        kept::keep(transaction, &waiting, at).await?;
        Ok(Escalated { next: has_more.then_some(last), unreadable: unreadable.into_iter().collect() })
    }
}

/// The next suspects whose time to be taken up has passed, as far as they were opened in order. One from the future, by somebody's
/// wrong clock, holds up none that come after it.
async fn walk(transaction: &mut Transaction, at: Timestamp, limit: i64) -> Result<Vec<i64>, StoreError> {
    let next: Vec<(i64, i64)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(FIND_NEXT).bind(limit).fetch_all(connection).await
    })?;
    let take_up = SignedDuration::from_hours(24 * TAKE_UP_DAYS).as_millis();
    let may_wait = |opened_at: i64| {
        let age = i128::from(at.as_millisecond()) - i128::from(opened_at);
        (0..take_up).contains(&age)
    };
    let found: Vec<i64> =
        next.into_iter().take_while(|(_, opened_at)| !may_wait(*opened_at)).map(|(sequence, _)| sequence).collect();
    if let Some(last) = found.last() {
        on_tx!(transaction.tx, connection => sqlx::query(MOVE_ON).bind(last).execute(connection).await.map(drop))?;
    }
    Ok(found)
}

/// Tells a suspect's desks that go up from those that have time left. The latter get a row all the same, by which they are found when
/// they have not.
fn go_up(mut suspect: SuspectRecord, at: Timestamp, late: &mut Vec<Taken>, waiting: &mut Vec<Taken>) {
    let mut is_late = Vec::new();
    for desk in &mut suspect.desks {
        let after = desk.desk.escalated(at);
        is_late.push((desk.province, after.is_some()));
        if let Some(after) = after {
            desk.desk = after;
            desk.version = desk.version.saturating_add(1);
        }
    }
    for (province, is_late) in is_late {
        let taken = Taken { suspect: suspect.clone(), province };
        if is_late { late.push(taken) } else { waiting.push(taken) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::suspect::desk::ESCALATION_MAX;

    /// A number in the statement and in the index alone lets a database use the one for the other.
    #[test]
    fn the_statement_and_its_index_know_the_highest_level() {
        let bound = format!("escalation < {ESCALATION_MAX}");
        assert!(FIND_LATE.contains(&bound));
        let index = include_str!("../migrations/0003_desk.sql").lines().find(|it| it.contains("suspect_desk_late"));
        assert!(index.is_some_and(|it| it.contains(&bound)));
    }
}
