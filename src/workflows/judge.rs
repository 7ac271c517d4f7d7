//! A person judges a suspect: a flag becomes a finding only on evidence, in that person's words (I7).

use super::precondition::Precondition;
use super::{Gateway, Refusal, actor};
use crate::domain::caller::Caller;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::SuspectId;
use crate::store::record::clawback::{JudgeOutcome, JudgeSuspect};
use crate::store::record::{RequestKey, SuspectRecord};

/// A person's finding.
#[derive(Clone, Debug)]
pub struct JudgeRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub suspect_id: SuspectId,
    pub operator: OperatorId,
    pub confirmed: bool,
    /// In the person's words, without personal data.
    pub reason: String,
}

impl Gateway {
    /// Records what a person found a suspect to be, and answers with it as it then stands.
    pub async fn judge(&self, caller: &Caller, request: JudgeRequest) -> Result<SuspectRecord, Refusal> {
        // A suspect with no claim in the caller's region is as good as none.
        self.suspect(caller, request.suspect_id).await?;
        let judgment = JudgeSuspect {
            request: RequestKey { caller: caller.key(), request_id: request.request_id, digest: request.digest },
            actor: actor(caller),
            operator: request.operator,
            suspect_id: request.suspect_id,
            confirmed: request.confirmed,
            reason: request.reason,
            at: self.inner.clock.now(),
        };
        match self.inner.store.judge_suspect(judgment).await? {
            JudgeOutcome::Judged(record) | JudgeOutcome::Repeated(record) => Ok(record),
            JudgeOutcome::NotFound => Err(Refusal::NotFound),
            JudgeOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
            JudgeOutcome::AlreadyJudged => Err(Precondition::SuspectAlreadyJudged.into()),
        }
    }
}
