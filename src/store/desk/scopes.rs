//! A scope's own view of a suspect: kept beside the suspect's place in the scope, so that lists read one index.

use jiff::Timestamp;

use crate::domain::identity::Region;
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::desk::DismissalReason;
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

bulk_statements! {
    /// The scopes of the province itself.
    MOVE_IN_PROVINCE(sequence: Integer, like_code: Text, state: Text, assignee: Text) = "
        UPDATE suspect_scope SET state = input.state, assignee = input.assignee FROM {input}
        WHERE suspect_scope.sequence = input.sequence AND suspect_scope.scope LIKE input.like_code";
    /// The ministry sees the desk that is least far.
    MOVE_AT_MINISTRY(sequence: Integer, state: Text) = "
        UPDATE suspect_scope SET state = input.state FROM {input}
        WHERE suspect_scope.sequence = input.sequence AND suspect_scope.scope = '000000'";
}

/// A desk that moved.
#[derive(Clone, Debug)]
pub(in crate::store) struct ScopeMove {
    pub(in crate::store) sequence: i64,
    pub(in crate::store) province: Region,
    pub(in crate::store) state: SuspectState,
    pub(in crate::store) assignee: Option<String>,
    /// Where the least far of all its desks stands: what a scope that spans provinces shows.
    pub(in crate::store) overall: SuspectState,
    #[expect(dead_code, reason = "the weekly flow counts it")]
    pub(in crate::store) event: ScopeEvent,
    #[expect(dead_code, reason = "the weekly flow counts by it")]
    pub(in crate::store) at: Timestamp,
}

/// What is counted of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum ScopeEvent {
    Moved,
    Confirmed,
    Dismissed(DismissalReason),
    Reopened,
}

/// Has the scopes of moved desks follow them.
pub(in crate::store) async fn restate(transaction: &mut Transaction, moves: Vec<ScopeMove>) -> Result<(), StoreError> {
    let backend = transaction.backend();
    let (mut own, mut ministry) = (Rows::new(&MOVE_IN_PROVINCE, backend), Rows::new(&MOVE_AT_MINISTRY, backend));
    for it in moves {
        own.integer(it.sequence).text(crate::store::sql::like(it.province).as_str());
        own.text(it.state.code()).text(it.assignee.as_deref());
        ministry.integer(it.sequence).text(it.overall.code());
    }
    transaction.tx.execute(own).await?;
    transaction.tx.execute(ministry).await.map(drop)
}
