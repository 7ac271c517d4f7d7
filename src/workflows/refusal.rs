//! Why a use case was not carried out. `services` alone turns it into an answer on the wire.

use uuid::Uuid;

use super::precondition::Precondition;
use crate::domain::rights::Denied;
use crate::store::StoreError;

/// How long a caller is asked to pause when the node sheds load.
pub const OVERLOAD_PAUSE_MS: u64 = 500;

/// Why a use case was not carried out. Carries no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request id was used for another request (never answered with the old answer).
    #[error("request id was used for another request")]
    RequestIdReused,
    /// Does not exist, or is not the caller's to see: the two look alike on purpose.
    #[error("not found")]
    NotFound,
    #[error("claim is already withdrawn")]
    AlreadyWithdrawn,
    #[error("no such policy sheet")]
    UnknownSheet,
    #[error("claim's subject does not fit the sheet's subsidy")]
    SubjectDoesNotFitSheet,
    /// Something that must hold first does not.
    #[error("{0}")]
    Precondition(Precondition),
    /// The region lies outside the caller's.
    #[error("region lies outside the caller's")]
    OutsideRegion,
    /// The caller's roles do not reach so far.
    #[error("{0}")]
    Denied(Denied),
    /// The person has looked at as many people in the open as one may within a day.
    #[error("person has unmasked as many people as one may within a day")]
    UnmaskQuota,
    /// The node has as much waiting as it may hold; nothing was recorded.
    #[error("node is overloaded")]
    Overloaded { retry_after_ms: u64 },
    /// The database did not answer in time. A request may or may not have been recorded: send it again with the same id.
    #[error("database is unavailable")]
    Unavailable,
    /// A fault of ours; the log has the rest under this id.
    #[error("internal error {error_id}")]
    Internal { error_id: Uuid },
}

impl From<Precondition> for Refusal {
    fn from(precondition: Precondition) -> Self {
        Self::Precondition(precondition)
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        if error.is_overloaded() {
            return Self::Overloaded { retry_after_ms: OVERLOAD_PAUSE_MS };
        }
        if error.is_retryable() {
            tracing::warn!(%error, "store unavailable");
            return Self::Unavailable;
        }
        // A run that was away for so long that another took over is told so, as if it had come second.
        if matches!(error, StoreError::Fenced) {
            return Precondition::PoolingLeased.into();
        }
        let error_id = Uuid::new_v4();
        tracing::error!(%error, %error_id, "store failed");
        Self::Internal { error_id }
    }
}
