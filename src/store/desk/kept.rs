//! Steps as they are kept: the desk, the step itself, what scopes show of it, and its audit entry, at once.

use jiff::Timestamp;

use super::scopes::{self, ScopeEvent, ScopeMove};
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::identity::Region;
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::desk::{DeskStep, ESCALATED};
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::pool::on_tx;
use crate::store::record::desk::{DeskRecord, DeskWork};
use crate::store::record::{Actor, SuspectRecord};
use crate::store::sql::{bulk_statements, statements};
use crate::store::transaction::Transaction;

statements! {
    ENTER_CLOSED_TWICE = "INSERT INTO suspect_closed_twice (sequence, alarm) VALUES ($1, 1) ON CONFLICT DO NOTHING";
    FORGET_CLOSED_TWICE = "DELETE FROM suspect_closed_twice WHERE sequence = $1";
}

bulk_statements! {
    KEEP_DESKS(
        sequence: Integer, province: Text, state: Text, version: Integer, assignee: Text, due_at: Integer,
        escalation: Integer, reason: Text, words: Text, judged_by: Text, judged_at: Integer, changed_at: Integer,
        judge_by: Integer,
    ) = "
        INSERT INTO suspect_desk ({columns}) SELECT {columns} FROM {input} WHERE true
        ON CONFLICT (sequence, province) DO UPDATE SET
            state = excluded.state, version = excluded.version, assignee = excluded.assignee,
            due_at = excluded.due_at, escalation = excluded.escalation, reason = excluded.reason,
            words = excluded.words, judged_by = excluded.judged_by, judged_at = excluded.judged_at,
            changed_at = excluded.changed_at, judge_by = excluded.judge_by";
    ENTER_EVENTS(
        sequence: Integer, province: Text, version: Integer, at: Integer, person: Text, step: Text, detail: Text,
        words: Text,
    ) = "INSERT INTO suspect_event ({columns}) SELECT {columns} FROM {input}";
}

/// A step that was taken at one desk of a suspect.
pub(super) struct Taken {
    /// As it stands since.
    pub(super) suspect: SuspectRecord,
    pub(super) province: Region,
}

impl Taken {
    fn desk(&self) -> Result<&DeskRecord, StoreError> {
        let desk = self.suspect.desks.iter().find(|desk| desk.province == self.province);
        desk.ok_or(StoreError::Corrupt("desk"))
    }

    /// Where the desk's claim lies, which is where the audit log has it.
    fn place(&self) -> Region {
        let SuspectRecord { first, second, .. } = &self.suspect;
        let mut places = [second.region].into_iter().chain(first.as_ref().map(|side| side.region));
        places.find(|place| place.province() == self.province).unwrap_or(self.province)
    }

    fn entry(&self, actor: &Actor, action: Action, detail: String, at: Timestamp) -> Result<Entry, StoreError> {
        let desk = self.desk()?;
        Ok(Entry {
            at,
            actor: actor.0.clone(),
            action,
            subject: Subject::Suspect(self.suspect.suspect_id.0),
            region: self.place(),
            state: Some(desk.desk.state.code()),
            version: Some(desk.version),
            detail,
        })
    }
}

/// Keeps the same step at several desks, each of another suspect.
pub(super) async fn save(
    transaction: &mut Transaction,
    taken: &[Taken],
    work: &DeskWork,
    at: Timestamp,
) -> Result<(), StoreError> {
    let DeskWork { step, operator, words, .. } = work;
    enter(transaction, taken, (Some(operator.as_str()), step.code(), words), |_| step.detail().to_owned(), at).await?;
    let mut moves = Vec::new();
    for it in taken {
        let entry = it.entry(&work.actor, action(step), detail(work), at)?;
        transaction.append(&entry);
        if let Some(event) = event(step) {
            moves.push(moved(it, event, at)?);
        }
    }
    scopes::restate(transaction, moves).await?;
    for it in taken {
        follow_pair(transaction, &it.suspect, step).await?;
    }
    Ok(())
}

/// Keeps desks that went a level up: nothing but their deadline moved.
pub(super) async fn save_escalated(
    transaction: &mut Transaction,
    taken: &[Taken],
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    enter(transaction, taken, (None, ESCALATED, ""), |desk| desk.desk.escalation.to_string(), at).await?;
    for it in taken {
        let detail = format!("level={}", it.desk()?.desk.escalation);
        let entry = it.entry(actor, Action::SuspectEscalated, detail, at)?;
        transaction.append(&entry);
    }
    Ok(())
}

async fn enter(
    transaction: &mut Transaction,
    taken: &[Taken],
    (person, step, words): (Option<&str>, &str, &str),
    detail: impl Fn(&DeskRecord) -> String,
    at: Timestamp,
) -> Result<(), StoreError> {
    keep(transaction, taken, at).await?;
    let mut events = Rows::new(&ENTER_EVENTS, transaction.backend());
    for it in taken {
        let desk = it.desk()?;
        events
            .integer(it.suspect.sequence)
            .text(it.province.as_str())
            .integer(desk.version)
            .integer(at.as_millisecond())
            .text(person)
            .text(step)
            .text(detail(desk).as_str())
            .text(words);
    }
    transaction.tx.execute(events).await.map(drop)
}

/// Keeps desks as they stand, and nothing of how they came to it.
pub(super) async fn keep(transaction: &mut Transaction, taken: &[Taken], at: Timestamp) -> Result<(), StoreError> {
    let mut desks = Rows::new(&KEEP_DESKS, transaction.backend());
    for it in taken {
        let DeskRecord { province, desk, version, judgment } = it.desk()?;
        desks
            .integer(it.suspect.sequence)
            .text(province.as_str())
            .text(desk.state.code())
            .integer(*version)
            .text(desk.assignee.as_ref().map(|it| it.as_str()))
            .integer(desk.due_at.map(Timestamp::as_millisecond))
            .integer(i64::from(desk.escalation))
            .text(judgment.as_ref().and_then(|it| it.reason).map(|it| it.code()))
            .text(judgment.as_ref().map(|it| it.words.as_str()))
            .text(judgment.as_ref().map(|it| it.by.as_str()))
            .integer(judgment.as_ref().map(|it| it.at.as_millisecond()))
            .integer(at.as_millisecond())
            .integer(desk.judge_by.map(Timestamp::as_millisecond));
    }
    transaction.tx.execute(desks).await.map(drop)
}

fn action(step: &DeskStep) -> Action {
    match step {
        DeskStep::Assign { .. } => Action::SuspectAssigned,
        DeskStep::TakeUp => Action::SuspectTakenUp,
        DeskStep::Comment => Action::SuspectCommented,
        DeskStep::Confirm | DeskStep::Dismiss(_) => Action::SuspectJudged,
        DeskStep::Reopen(_) => Action::SuspectReopened,
    }
}

/// What the log says of it: codes and staff numbers, never the words.
fn detail(work: &DeskWork) -> String {
    let person = &work.operator;
    match &work.step {
        DeskStep::Assign { assignee } => format!("person={person} assignee={assignee}"),
        DeskStep::Dismiss(reason) => format!("person={person} reason={}", reason.code()),
        DeskStep::Reopen(fact) => format!("person={person} fact={}", fact.code()),
        DeskStep::TakeUp | DeskStep::Confirm | DeskStep::Comment => format!("person={person}"),
    }
}

/// What scopes are told; nothing of what leaves the desk where it was.
fn event(step: &DeskStep) -> Option<ScopeEvent> {
    match step {
        DeskStep::Assign { .. } | DeskStep::TakeUp => Some(ScopeEvent::Moved),
        DeskStep::Confirm => Some(ScopeEvent::Confirmed),
        DeskStep::Dismiss(reason) => Some(ScopeEvent::Dismissed(*reason)),
        DeskStep::Reopen(_) => Some(ScopeEvent::Reopened),
        DeskStep::Comment => None,
    }
}

fn moved(taken: &Taken, event: ScopeEvent, at: Timestamp) -> Result<ScopeMove, StoreError> {
    let desk = &taken.desk()?.desk;
    Ok(ScopeMove {
        sequence: taken.suspect.sequence,
        province: taken.province,
        state: desk.state,
        assignee: desk.assignee.as_ref().map(|it| it.as_str().to_owned()),
        overall: overall(&taken.suspect),
        event,
        at,
    })
}

/// Where the least far of its desks stands.
pub(super) fn overall(suspect: &SuspectRecord) -> SuspectState {
    SuspectState::least_far(suspect.desks.iter().map(|desk| desk.desk.state)).unwrap_or(suspect.state)
}

/// Remembers which suspects each of two provinces has closed: an alarm until it is seen that one of the claims does not pay.
async fn follow_pair(
    transaction: &mut Transaction,
    suspect: &SuspectRecord,
    step: &DeskStep,
) -> Result<(), StoreError> {
    let statement = match step {
        DeskStep::Confirm | DeskStep::Dismiss(_) if suspect.desks.len() > 1 && overall(suspect).is_closed() => {
            ENTER_CLOSED_TWICE
        }
        DeskStep::Reopen(_) => FORGET_CLOSED_TWICE,
        DeskStep::Assign { .. } | DeskStep::TakeUp | DeskStep::Confirm | DeskStep::Dismiss(_) | DeskStep::Comment => {
            return Ok(());
        }
    };
    on_tx!(transaction.tx, connection => {
        sqlx::query(statement).bind(suspect.sequence).execute(connection).await?;
    });
    Ok(())
}
