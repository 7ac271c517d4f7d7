//! Funded claims as a payout needs them, and whether they are still what was approved (I9).

use std::collections::HashMap;

use crate::domain::approval::{ApprovalHash, ApprovedClaim};
use crate::domain::claim::{Claim, ClaimId, ClaimState, SubsidyKind};
use crate::domain::eligibility::verdict::{Payee, Verdict};
use crate::domain::identity::{BankAccount, Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::pooling::BatchId;
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::record::Decision;
use crate::store::seal::{Place, Sealer};
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

bulk_statements! {
    FIND_PATH(claim_id: Bytes) = "
        SELECT claim.claim_id, claim.state, claim.version, claim.decision, claim.sealed, approval.batch_id,
            approval.payment_id, approval.region, approval.enterprise, approval.subsidy, approval.amount_fen,
            approval.units, approval.evidence_hash, approval.approval_hash
        FROM {input} CROSS JOIN approval CROSS JOIN claim
        WHERE approval.claim_id = input.claim_id AND claim.claim_id = approval.claim_id
            AND approval.approved_by IS NOT NULL";
}

#[derive(sqlx::FromRow)]
struct PathRow {
    claim_id: Vec<u8>,
    state: String,
    version: i64,
    decision: Option<Vec<u8>>,
    sealed: Vec<u8>,
    batch_id: Option<Vec<u8>>,
    payment_id: Option<Vec<u8>>,
    region: String,
    enterprise: String,
    subsidy: String,
    amount_fen: i64,
    units: i64,
    evidence_hash: Vec<u8>,
    approval_hash: Vec<u8>,
}

/// An approved claim on the path, its contents still sealed.
pub(super) struct PathState {
    pub(super) claim_id: ClaimId,
    pub(super) version: i64,
    pub(super) region: Region,
    pub(super) subsidy: SubsidyKind,
    pub(super) amount: Fen,
    enterprise: Uscc,
    state: ClaimState,
    batch_id: Option<BatchId>,
    has_payment: bool,
    units: u32,
    evidence_hash: Vec<u8>,
    approval: ApprovalHash,
    decision: Option<Vec<u8>>,
    sealed: Vec<u8>,
}

impl PathRow {
    fn read(self) -> Result<(ClaimId, PathState), StoreError> {
        let claim_id = codec::claim_id(&self.claim_id)?;
        let state = PathState {
            claim_id,
            version: self.version,
            region: codec::region(&self.region)?,
            subsidy: codec::subsidy(&self.subsidy)?,
            amount: Fen::new(self.amount_fen),
            enterprise: codec::uscc(&self.enterprise)?,
            state: codec::state(&self.state)?,
            batch_id: self.batch_id.as_deref().map(codec::uuid).transpose()?.map(BatchId),
            has_payment: self.payment_id.is_some(),
            units: codec::count(self.units)?,
            evidence_hash: self.evidence_hash,
            approval: ApprovalHash(codec::hash(self.approval_hash)?),
            decision: self.decision,
            sealed: self.sealed,
        };
        Ok((claim_id, state))
    }
}

impl PathState {
    /// Whether its money is there and nobody has paid it yet.
    pub(super) fn is_payable(&self, batch: BatchId, place: Region, enterprise: &Uscc) -> bool {
        self.state == ClaimState::Funded
            && !self.has_payment
            && self.batch_id == Some(batch)
            && self.region == place
            && self.enterprise == *enterprise
    }

    /// Whether two people approved just this: these persons, this amount, this evidence, and this account.
    pub(super) fn is_approved_for(&self, account: &BankAccount, sealer: &Sealer) -> Result<bool, StoreError> {
        let row = self.claim_id.0.as_bytes().as_slice();
        let Some(decision) = self.decision.clone() else { return Ok(false) };
        let decision: Decision = sealer.open_json(Place::ClaimDecision, row, decision)?;
        let Verdict::Entitled { payee, .. } = decision.verdict else { return Ok(false) };
        let claim: Claim = sealer.open_json(Place::Claim, row, self.sealed.clone())?;
        let approved = ApprovedClaim {
            claim_id: self.claim_id,
            payee: &Payee { kind: payee.kind, account: account.clone() },
            amount: self.amount,
            units: self.units,
            persons: claim.subject.persons().into_iter().map(|it| &it.resident_id).collect(),
            evidence: &self.evidence_hash,
        };
        Ok(sealer.hash_approval(&approved.encode()) == self.approval)
    }
}

/// Approved claims as they stand within the transaction.
pub(super) async fn find(
    transaction: &mut Transaction,
    ids: Vec<ClaimId>,
) -> Result<HashMap<ClaimId, PathState>, StoreError> {
    let mut rows = Rows::new(&FIND_PATH, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<PathRow> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(PathRow::read).collect()
}
