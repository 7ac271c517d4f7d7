//! A suspect judged, once, by a person (I7).

use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::desk::DismissalReason;
use crate::store::act::Act;
use crate::store::desk::scopes::{self, ScopeEvent, ScopeMove};
use crate::store::pool::on_tx;
use crate::store::record::clawback::{JudgeOutcome, JudgeSuspect};
use crate::store::requests::{self, KeyedRequest, NewRequest, RequestKind};
use crate::store::sql::statements;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, claims, codec, suspects};

statements! {
    ENTER_JUDGMENT = "
        INSERT INTO suspect_desk (
            sequence, province, state, version, escalation, words, judged_by, judged_at, changed_at)
        VALUES ($1, $2, $3, 2, 0, $4, $5, $6, $6)";
}

/// The version of a suspect that is judged: it is opened, and judged once.
const JUDGED_VERSION: i64 = claims::FIRST_VERSION + 1;

/// Records what a person found.
pub(super) struct Judge(pub(super) JudgeSuspect);

impl Act for Judge {
    type Output = JudgeOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<JudgeOutcome, StoreError> {
        let JudgeSuspect { request, actor, operator, suspect_id, confirmed, reason, at } = &self.0;
        let (id, at) = (*suspect_id, codec::kept(*at));
        let request = KeyedRequest::new(request, &transaction.sealer);
        let seen = requests::find_one(transaction, request).await?;
        let suspect = suspects::find(transaction, id).await?;
        if let Some(seen) = seen {
            if !seen.is_same(request, RequestKind::JudgeSuspect) || seen.subject_id != id.0.as_bytes() {
                return Ok(JudgeOutcome::RequestIdReused);
            }
            let suspect = suspect.ok_or(StoreError::Corrupt("reference to a suspect"))?;
            transaction.append(&Entry {
                at,
                actor: actor.0.clone(),
                action: Action::SuspectsRead,
                subject: Subject::Suspect(id.0),
                region: suspect.second.region,
                state: None,
                version: None,
                detail: "purpose=repeated-request".to_owned(),
            });
            return Ok(JudgeOutcome::Repeated(suspect));
        }
        let Some(mut suspect) = suspect else { return Ok(JudgeOutcome::NotFound) };
        if suspect.state != SuspectState::Open {
            return Ok(JudgeOutcome::AlreadyJudged);
        }
        let kind = RequestKind::JudgeSuspect;
        let new = NewRequest { key: request, kind, subject_id: id.0, at: at.as_millisecond() };
        requests::enter(transaction, vec![new]).await?;
        suspect.state = if *confirmed { SuspectState::Confirmed } else { SuspectState::Dismissed };
        let mut moves = Vec::new();
        for desk in &suspect.desks {
            on_tx!(transaction.tx, connection => {
                sqlx::query(ENTER_JUDGMENT)
                    .bind(suspect.sequence)
                    .bind(desk.province.as_str())
                    .bind(suspect.state.code())
                    .bind(reason)
                    .bind(operator.as_str())
                    .bind(at.as_millisecond())
                    .execute(connection)
                    .await?;
            });
            moves.push(ScopeMove {
                sequence: suspect.sequence,
                province: desk.province,
                state: suspect.state,
                assignee: None,
                overall: suspect.state,
                event: if *confirmed {
                    ScopeEvent::Confirmed
                } else {
                    ScopeEvent::Dismissed(DismissalReason::DifferentPerson)
                },
                at,
            });
        }
        scopes::restate(transaction, moves).await?;
        transaction.append(&Entry {
            at,
            actor: actor.0.clone(),
            action: Action::SuspectJudged,
            subject: Subject::Suspect(id.0),
            region: suspect.second.region,
            state: Some(suspect.state.code()),
            version: Some(JUDGED_VERSION),
            detail: format!("person={operator}"),
        });
        Ok(JudgeOutcome::Judged(suspect))
    }
}
