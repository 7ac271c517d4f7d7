//! Why a call has no answer. Keeps codes only: what an upstream writes in a message may name people (I11).

use std::error::Error;
use std::time::Duration;

use tonic::{Code, Status};
use tower::BoxError;
use tower::load_shed::error::Overloaded;
use tower::timeout::error::Elapsed;
use tower_resilience_circuitbreaker::CircuitBreakerError;

use crate::transport::code::code_name;

/// In trailing metadata: how long to wait before trying again, or, when negative, not to (gRFC A6).
const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::connectors) enum CallError {
    /// The last attempt ended so.
    #[error("call failed: {code:?}")]
    Failed { code: Code, pushback: Option<Pushback> },
    #[error("total deadline passed")]
    Overdue,
    #[error("too many calls are in flight")]
    Shed,
    #[error("circuit is open")]
    CircuitOpen,
}

/// What the upstream says on retrying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connectors) enum Pushback {
    After(Duration),
    Never,
}

impl CallError {
    pub(super) fn of_code(code: Code) -> Self {
        Self::Failed { code, pushback: None }
    }

    /// Reads the code and the pushback of a status, and nothing else.
    pub(super) fn from_status(status: &Status) -> Self {
        let code = if status.code() == Code::Cancelled {
            // Timers end a call as cancelled, on both sides of the wire; nobody here cancels a call and then reads its status.
            Code::DeadlineExceeded
        } else if status.source().is_some() {
            // Only what broke on the way has a source: the upstream itself said nothing.
            Code::Unavailable
        } else {
            status.code()
        };
        let pushback = status.metadata().get(PUSHBACK).map(|value| {
            let ms = value.to_str().ok().and_then(|it| it.parse().ok());
            ms.map_or(Pushback::Never, |it| Pushback::After(Duration::from_millis(it)))
        });
        Self::Failed { code, pushback }
    }

    pub(super) fn from_breaker(error: CircuitBreakerError<Self>) -> Self {
        match error {
            CircuitBreakerError::OpenCircuit => Self::CircuitOpen,
            CircuitBreakerError::Inner(error) => error,
        }
    }

    /// The layers of tower box their errors.
    pub(super) fn from_layer(error: BoxError) -> Self {
        if error.is::<Elapsed>() {
            return Self::Overdue;
        }
        if error.is::<Overloaded>() {
            return Self::Shed;
        }
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(_) => Self::of_code(Code::Unknown),
        }
    }

    /// The pause before another attempt, if another may help.
    pub(super) fn retry_after(&self, backoff: impl FnOnce() -> Duration) -> Option<Duration> {
        let Self::Failed { code, pushback } = self else { return None };
        if !matches!(code, Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted) {
            return None;
        }
        match pushback {
            Some(Pushback::Never) => None,
            Some(Pushback::After(pause)) => Some(*pause),
            None => Some(backoff()),
        }
    }

    /// Whether the upstream is in trouble. A refusal of one question says nothing of the sort.
    pub(super) fn is_upstream_failing(&self) -> bool {
        let Self::Failed { code, .. } = self else { return false };
        matches!(
            code,
            Code::Unavailable
                | Code::ResourceExhausted
                | Code::DeadlineExceeded
                | Code::Internal
                | Code::Unknown
                | Code::DataLoss
        )
    }

    /// The label in logs and metrics.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Failed { code, .. } => code_name(*code),
            Self::Overdue => "OVERDUE",
            Self::Shed => "SHED",
            Self::CircuitOpen => "CIRCUIT_OPEN",
        }
    }
}
