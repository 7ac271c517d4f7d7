//! What nobody acted on in time goes a level up: county, city, province.

use crate::workflows::{Gateway, Refusal};

/// Suspects taken up at once: short enough for others to write in between.
const AT_ONCE: u32 = 500;

impl Gateway {
    /// Takes some of the desks that are past their deadline a level up. Gives whether there may be more.
    pub async fn escalate(&self) -> Result<bool, Refusal> {
        let looked_at = self.inner.store.escalate_desks(self.inner.clock.now(), AT_ONCE).await?;
        Ok(looked_at >= AT_ONCE)
    }
}
