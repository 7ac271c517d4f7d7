//! Each of two provinces has closed the suspect, yet both claims still pay: somebody relied on the other side.
//!
//! Whether they do changes with the claims, far from here. Suspects that were closed twice are few of all; they are looked at again in
//! rounds, and those that look like an alarm once more when they are asked for. So an alarm comes a round late at most, and never rings
//! for what is over.

use crate::domain::identity::Region;
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::SuspectRecord;
use crate::store::seal::Sealer;
use crate::store::sql::{bulk_statements, statements};
use crate::store::transaction::Transaction;
use crate::store::{Store, StoreError, suspects};

/// The most alarms given at once.
pub(in crate::store) const ALARMS_MAX: u32 = 100;

/// Whether both claims of `suspect` still pay: on the way to the money (as `ClaimState::pays`), or paid and not claimed back in full. What
/// is claimed back is followed at the clawback board.
macro_rules! both_pay {
    () => {
        concat!(
            "first.claim_id = suspect.first_claim AND second.claim_id = suspect.second_claim AND ",
            pays!("first"),
            " AND ",
            pays!("second")
        )
    };
}

macro_rules! pays {
    ($claim:literal) => {
        concat!(
            $claim,
            ".state IN ('assessed', 'reviewed', 'approved', 'filed', 'pooled', 'funded', 'instructed', 'in-doubt',
                'returned', 'paid')
             AND (",
            $claim,
            ".state <> 'paid'
                OR COALESCE((SELECT approval.amount_fen FROM approval WHERE approval.claim_id = ",
            $claim,
            ".claim_id), 1)
                    > COALESCE((SELECT SUM(it.amount_fen) FROM clawback_case AS it WHERE it.claim_id = ",
            $claim,
            ".claim_id AND it.state <> 'dropped'), 0))"
        )
    };
}

statements! {
    FIND_ALARMS = concat!(
        "SELECT closed.sequence
         FROM suspect_closed_twice AS closed CROSS JOIN suspect CROSS JOIN suspect_scope AS scope
            CROSS JOIN claim AS first CROSS JOIN claim AS second
         WHERE closed.alarm = 1 AND suspect.sequence = closed.sequence AND scope.scope = $1
            AND scope.sequence = closed.sequence AND ",
        both_pay!(),
        " ORDER BY closed.sequence DESC LIMIT $2"
    );
    /// Some of those closed twice, with what was thought of them, and what is now.
    LOOK_AGAIN = concat!(
        "SELECT closed.sequence, closed.alarm, COUNT(second.claim_id)
         FROM (SELECT sequence, alarm FROM suspect_closed_twice WHERE sequence > $1 ORDER BY sequence LIMIT $2) AS closed
            LEFT JOIN suspect ON suspect.sequence = closed.sequence
            LEFT JOIN claim AS first ON first.claim_id = suspect.first_claim AND ",
        pays!("first"),
        " LEFT JOIN claim AS second ON second.claim_id = suspect.second_claim AND first.claim_id IS NOT NULL AND ",
        pays!("second"),
        " GROUP BY closed.sequence, closed.alarm ORDER BY closed.sequence"
    );
}

bulk_statements! {
    SET_ALARMS(sequence: Integer, alarm: Integer) = "
        UPDATE suspect_closed_twice SET alarm = input.alarm FROM {input}
        WHERE suspect_closed_twice.sequence = input.sequence";
}

/// Suspects with a claim within a region that two provinces have closed while both claims still pay, latest first.
pub(in crate::store) async fn both_closed(
    readers: &Pool,
    sealer: &Sealer,
    within: Region,
    limit: u32,
) -> Result<Vec<SuspectRecord>, StoreError> {
    let limit = i64::from(limit.min(ALARMS_MAX));
    let found: Vec<(i64,)> = on_pool!(readers, pool => {
        sqlx::query_as(FIND_ALARMS).bind(within.as_str()).bind(limit).fetch_all(pool).await
    })?;
    let sequences: Vec<i64> = found.into_iter().map(|(sequence,)| sequence).collect();
    let mut records = suspects::at(readers, sealer, &sequences).await?;
    records.sort_by_key(|it| std::cmp::Reverse(it.sequence));
    Ok(records)
}

impl Store {
    /// Looks again at some of the suspects that were closed twice, from one place in their order on. Gives where to go on; `None` at the
    /// end.
    pub async fn review_alarms(&self, after: i64, limit: u32) -> Result<Option<i64>, StoreError> {
        let found: Vec<(i64, i64, i64)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(LOOK_AGAIN).bind(after).bind(i64::from(limit)).fetch_all(pool).await
        })?;
        let last = found.last().map(|(sequence, ..)| *sequence);
        let changed: Vec<(i64, i64)> = found
            .into_iter()
            .map(|(sequence, was, both_pay)| (sequence, was, both_pay.min(1)))
            .filter(|(_, was, is)| was != is)
            .map(|(sequence, _, is)| (sequence, is))
            .collect();
        if !changed.is_empty() {
            self.act(SetAlarms(changed)).await?;
        }
        Ok(last)
    }
}

/// Keeps what was seen of suspects: the sequence, and 1 or 0.
struct SetAlarms(Vec<(i64, i64)>);

impl Act for SetAlarms {
    type Output = ();

    fn weight(&self) -> usize {
        self.0.len()
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<(), StoreError> {
        let mut rows = Rows::new(&SET_ALARMS, transaction.backend());
        for (sequence, alarm) in &self.0 {
            rows.integer(*sequence).integer(*alarm);
        }
        transaction.tx.execute(rows).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::claim::ClaimState;

    #[test]
    fn the_statement_counts_as_paying_what_the_domain_does() {
        for state in ClaimState::ALL {
            let list = pays!("it").split(')').next().unwrap();
            assert_eq!(list.contains(&format!("'{}'", state.code())), state.pays(), "{}", state.code());
        }
    }
}
