//! What a client asks for, and whether an answer to it is the last word.

use hufu::proto::claims::v1 as pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::journal::{Asked, Entry};

/// What a client has not finished yet.
#[derive(Clone)]
pub(super) enum Request {
    Submit { request_id: String, asked: Asked },
    Withdraw { request_id: String, claim_id: String },
}

impl Request {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Submit { request_id, .. } | Self::Withdraw { request_id, .. } => request_id,
        }
    }

    pub(super) fn entry(&self) -> Entry {
        match self.clone() {
            Self::Submit { request_id, asked } => Entry::Submitting { request_id, asked },
            Self::Withdraw { request_id, claim_id } => Entry::Withdrawing { request_id, claim_id },
        }
    }

    pub(super) fn message(&self) -> Option<pb::SubmitClaimsRequest> {
        match self {
            Self::Submit { request_id, asked } => {
                Some(pb::SubmitClaimsRequest { request_id: request_id.clone(), claim: Some(asked.submission()) })
            }
            Self::Withdraw { .. } => None,
        }
    }
}

/// Whether sending the same request again would be of no use. Nothing that these clients send deserves such an answer.
pub(super) fn is_final(status: &Status) -> bool {
    let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
    let again = [Code::Unavailable, Code::ResourceExhausted, Code::DeadlineExceeded, Code::Cancelled];
    // A broken connection has many codes, and never the node's own reason.
    let broken = [Code::Unknown, Code::Internal];
    !again.contains(&status.code()) && (!broken.contains(&status.code()) || !reason.is_empty())
}

/// The same for the reasons given within a stream.
pub(super) fn is_final_reason(reason: &str) -> bool {
    !matches!(reason, "OVERLOADED" | "CALLER_OVERLOADED" | "STORE_UNAVAILABLE" | "SHUTTING_DOWN" | "DEADLINE_EXCEEDED")
}
