//! Marking instructions as being sent: whoever dies between the mark and the answer leaves them in doubt, never sent twice.

use jiff::Timestamp;

use super::{InstructionRow, START_SENDING, TO_BE_SENT};
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::payment::InstructionState;
use crate::store::StoreError;
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::lease;
use crate::store::pool::on_tx;
use crate::store::record::Actor;
use crate::store::record::pooling::Fence;
use crate::store::transaction::Transaction;

/// Takes instructions that are made, and marks them.
pub(super) struct StartSending {
    pub(super) fence: Fence,
    pub(super) limit: u32,
    pub(super) actor: Actor,
    pub(super) at: Timestamp,
}

impl Act for StartSending {
    type Output = Vec<InstructionRow>;

    fn weight(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<Vec<InstructionRow>, StoreError> {
        let Self { fence, limit, actor, at } = self;
        lease::check(transaction, *fence).await?;
        let found: Vec<InstructionRow> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(TO_BE_SENT)
                .bind(fence.city.as_str())
                .bind(i64::from(*limit))
                .fetch_all(connection)
                .await
        })?;
        let mut rows = Rows::new(&START_SENDING, transaction.backend());
        for row in &found {
            rows.bytes(row.instruction_id.as_slice()).integer(at.as_millisecond());
            transaction.append(&Entry {
                at: *at,
                actor: actor.0.clone(),
                action: Action::InstructionMoved,
                subject: Subject::Instruction(codec::uuid(&row.instruction_id)?),
                region: codec::region(&row.payer)?,
                state: Some(InstructionState::Sending.code()),
                version: None,
                detail: String::new(),
            });
        }
        let expected = rows.count();
        if transaction.tx.execute(rows).await? == expected { Ok(found) } else { Err(StoreError::Contended) }
    }
}
