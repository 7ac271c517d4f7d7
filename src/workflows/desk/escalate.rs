//! What nobody acted on in time goes a level up: county, city, province.

use super::weigh::tell_unreadable;
use crate::store::record::desk::LateUpTo;
use crate::workflows::{Gateway, Refusal};

/// Suspects taken up at once: short enough for others to write in between.
const AT_ONCE: u32 = 500;

impl Gateway {
    /// Takes some of the desks that are past their deadline a level up, from a place of the round on. Gives where the round goes on;
    /// `None` at its end.
    pub async fn escalate(&self, after: LateUpTo) -> Result<Option<LateUpTo>, Refusal> {
        let escalated = self.inner.store.escalate_desks(self.inner.clock.now(), after, AT_ONCE).await?;
        tell_unreadable("escalate", &escalated.unreadable);
        Ok(escalated.next)
    }
}
