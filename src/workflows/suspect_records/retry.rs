//! Tries records that fitted no claim again, as claims come that name their person or enterprise.

use crate::store::record::suspect_records::{RETRIED_AT_ONCE, RecordName, RetryRecords};
use crate::workflows::{Gateway, Refusal};

/// After so many entries of the log that touched no record, the place is kept, so that a restart need not look at them again.
const KEPT_AFTER: i64 = 20_000;

/// How far a process has followed the log. Lost at a restart: then it follows again from the place that was kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Followed {
    /// No record up to here is left to be tried.
    claims: i64,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryRound {
    /// Records that fit a claim by now.
    pub matched: usize,
    /// There is more to be tried at once.
    pub has_more: bool,
}

impl Gateway {
    /// Tries what new claims touch, and some of what never had its turn. What it costs follows the claims that are new: records that
    /// none of them names are not looked at.
    pub async fn retry_records(&self, followed: &mut Followed) -> Result<RetryRound, Refusal> {
        let store = &self.inner.store;
        let mut round = RetryRound::default();
        let unkeyed = store.records_unkeyed().await?;
        if !unkeyed.is_empty() {
            round.has_more = is_full(&unkeyed);
            round.matched += self.retry(unkeyed, None).await?;
        }
        let kept = store.records_followed().await?;
        let after = followed.claims.max(kept);
        let to = store.follow_to(after).await?;
        let mut beyond = None;
        loop {
            let touched = store.records_touched((after, to), beyond).await?;
            if touched.is_empty() && to.saturating_sub(kept) < KEPT_AFTER {
                break;
            }
            let is_last = !is_full(&touched);
            beyond = touched.last().copied();
            // The place is kept with the last of them: whoever stops before it goes through all of them again.
            round.matched += self.retry(touched, is_last.then_some(to)).await?;
            if is_last {
                break;
            }
        }
        followed.claims = to;
        round.has_more |= store.follow_to(to).await? > to;
        Ok(round)
    }

    async fn retry(&self, names: Vec<RecordName>, followed: Option<i64>) -> Result<usize, Refusal> {
        let (groups, at) = (self.slot_groups(), self.inner.clock.now());
        Ok(self.inner.store.retry_records(RetryRecords { names, groups, followed, at }).await?)
    }
}

fn is_full(names: &[RecordName]) -> bool {
    u32::try_from(names.len()).is_ok_and(|count| count >= RETRIED_AT_ONCE)
}
