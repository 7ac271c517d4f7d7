//! What bank and finance have in common: the vault, and how they fail a call or leave it without an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::sandbox::faults::{self, Fault, FaultSwitch, Share, Upstream};
use crate::sandbox::vault::{Vault, VaultError};

/// Where instructions and applications are handed in.
#[derive(Clone)]
pub(super) struct Counter {
    pub(super) upstream: Upstream,
    pub(super) vault: Vault,
    pub(super) faults: FaultSwitch,
    /// How long a call without an answer is kept open.
    pub(super) silence: Duration,
    pub(super) stop: CancellationToken,
    /// Calls so far: these contracts carry no inquiry to draw a partial answer from.
    pub(super) calls: Arc<AtomicU64>,
}

/// A call that may be answered.
pub(super) struct Visit {
    /// What a partial answer leaves out.
    pub(super) left_out: Option<Share>,
    number: String,
    seed: u64,
}

impl Counter {
    /// Lets a call in, or fails it as the switch says.
    pub(super) async fn open(&self) -> Result<Visit, Status> {
        let mut left_out = None;
        match self.faults.get(self.upstream) {
            Fault::Down | Fault::Refusing => return Err(Status::unavailable("down for maintenance")),
            Fault::Slow(span) => tokio::time::sleep(span).await,
            Fault::Partial(share) => left_out = Some(share).filter(|_| self.upstream == Upstream::Bank),
            // There is no other's record to give, and no data to grow old.
            Fault::Healthy | Fault::AnswersForAnother | Fault::UnknownEnum | Fault::AllYes | Fault::Stale(_) => {}
        }
        let number = self.calls.fetch_add(1, Ordering::Relaxed).to_string();
        Ok(Visit { left_out, number, seed: self.vault.seed() })
    }

    /// Leaves a call without an answer: it ends when the caller gives up, when the sandbox stops, or after a bound.
    pub(super) async fn say_nothing(&self) -> Status {
        self.stop.run_until_cancelled(tokio::time::sleep(self.silence)).await;
        Status::deadline_exceeded("no answer")
    }
}

impl Visit {
    /// Whether a partial answer leaves one out.
    pub(super) fn leaves_out(&self, key: &str) -> bool {
        self.left_out.is_some_and(|share| faults::is_left_out(share, self.seed, &self.number, key))
    }
}

/// What has no memory can do nothing.
pub(super) fn ended(error: VaultError) -> Status {
    Status::unavailable(error.to_string())
}
