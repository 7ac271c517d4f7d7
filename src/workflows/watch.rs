//! Follows claims as they change, in order, from any place in that order on.

use std::time::Duration;

use futures::Stream;
use tokio::sync::watch;

use super::{Gateway, Refusal};
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::store::record::ClaimRecord;

/// Changes read at once: a watcher that falls behind costs this much memory and no more.
const PAGE: u32 = 500;

/// How often to look when nobody tells of a change: another replica may have made one.
const POLL: Duration = Duration::from_secs(2);

/// Where to begin watching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchFrom {
    /// Only what changes from now on.
    Now,
    /// What changed after this place in the order; 0 is the beginning.
    After(i64),
}

/// A change, or only how far the order has been looked through.
#[derive(Clone, Debug)]
pub struct Watched {
    pub record: Option<ClaimRecord>,
    /// Give this to go on after this item.
    pub sequence: i64,
}

struct Watcher {
    gateway: Gateway,
    caller: Caller,
    within: Region,
    position: Option<i64>,
    ready: std::vec::IntoIter<Watched>,
    changed: watch::Receiver<u64>,
}

impl Gateway {
    /// The changes of a region's claims; goes on until dropped. Looked-through stretches without a change of the region's are
    /// told by an item without a record.
    pub fn watch(
        &self,
        caller: &Caller,
        within: Region,
        from: WatchFrom,
    ) -> impl Stream<Item = Result<Watched, Refusal>> + Send + use<> {
        let position = match from {
            WatchFrom::Now => None,
            WatchFrom::After(sequence) => Some(sequence),
        };
        let changed = self.inner.store.changed();
        let ready = Vec::new().into_iter();
        let watcher = Watcher { gateway: self.clone(), caller: caller.clone(), within, position, ready, changed };
        futures::stream::try_unfold(watcher, |mut watcher| async move {
            let item = watcher.next().await?;
            Ok(Some((item, watcher)))
        })
    }
}

impl Watcher {
    async fn next(&mut self) -> Result<Watched, Refusal> {
        if !self.caller.region.covers(self.within) {
            return Err(Refusal::OutsideRegion);
        }
        loop {
            if let Some(item) = self.ready.next() {
                return Ok(item);
            }
            self.changed.mark_unchanged();
            if !self.read_page().await? {
                // Either a commit of this node wakes us, or it is time to look for another replica's.
                let _ = tokio::time::timeout(POLL, self.changed.changed()).await;
            }
        }
    }

    /// Reads the next page; false when there was nothing new.
    async fn read_page(&mut self) -> Result<bool, Refusal> {
        let store = &self.gateway.inner.store;
        let Some(position) = self.position else {
            let sequence = store.latest_sequence().await?;
            self.position = Some(sequence);
            self.ready = vec![Watched { record: None, sequence }].into_iter();
            return Ok(true);
        };
        let access = self.gateway.access(&self.caller, "watch-claims");
        let (changes, looked_through) = store.changes_after(position, self.within, PAGE, &access).await?;
        if looked_through <= position {
            return Ok(false);
        }
        let mut items: Vec<_> = changes
            .into_iter()
            .map(|change| Watched { record: Some(change.record), sequence: change.sequence })
            .collect();
        if items.last().is_none_or(|item| item.sequence < looked_through) {
            items.push(Watched { record: None, sequence: looked_through });
        }
        self.position = Some(looked_through);
        self.ready = items.into_iter();
        Ok(true)
    }
}
