//! Withdrawals: a claim taken back by who submitted it.

use super::StoreError;
use super::claims::{self, Change};
use super::codec;
use super::record::{WithdrawOutcome, Withdrawal};
use super::release::release;
use super::requests::{self, KeyedRequest, NewRequest, RequestKind};
use super::transaction::Transaction;
use crate::audit::entry::Action;
use crate::domain::claim::ClaimState;

pub(super) async fn withdraw(
    transaction: &mut Transaction,
    withdrawal: &Withdrawal,
) -> Result<WithdrawOutcome, StoreError> {
    let Withdrawal { request, actor, claim_id, reason, at } = withdrawal;
    let at = codec::kept(*at);
    let id = *claim_id;
    let request = KeyedRequest::new(request, &transaction.sealer);
    if let Some(seen) = requests::find_one(transaction, request).await? {
        if !seen.is_same(request, RequestKind::Withdraw) || seen.subject_id != id.0.as_bytes() {
            return Ok(WithdrawOutcome::RequestIdReused);
        }
        let record = claims::records(transaction, vec![id]).await?.remove(&id);
        let record = record.ok_or(StoreError::Corrupt("reference to a claim"))?;
        transaction.append(&claims::read_entry(&record, actor, "purpose=repeated-request", at));
        return Ok(WithdrawOutcome::Repeated(record));
    }
    let Some(standing) = claims::standings(transaction, vec![id]).await?.remove(&id) else {
        return Ok(WithdrawOutcome::NotFound);
    };
    if standing.state == ClaimState::Withdrawn {
        return Ok(WithdrawOutcome::AlreadyWithdrawn);
    }
    if !standing.state.can_withdraw() {
        return Ok(WithdrawOutcome::AlreadyFiled);
    }
    let new = NewRequest { key: request, kind: RequestKind::Withdraw, subject_id: id.0, at: at.as_millisecond() };
    requests::enter(transaction, vec![new]).await?;
    let change = Change {
        claim_id: id,
        region: standing.region,
        version: standing.version,
        state: ClaimState::Withdrawn,
        decision: standing.decision,
        next_attempt_at: None,
        action: Action::ClaimWithdrawn,
        detail: reason.clone(),
    };
    claims::change(transaction, vec![change], actor, at).await?;
    release(transaction, vec![id], actor, at).await?;
    let record = claims::records(transaction, vec![id]).await?.remove(&id);
    record.map(WithdrawOutcome::Withdrawn).ok_or(StoreError::Corrupt("reference to a claim"))
}
