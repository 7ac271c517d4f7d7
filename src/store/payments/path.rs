//! Funded claims as a payout needs them, and whether they are still what was compared with their approvals (I9).

use std::collections::HashMap;

use crate::domain::approval::ApprovalHash;
use crate::domain::claim::{ClaimId, ClaimState, SubsidyKind};
use crate::domain::identity::{Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::pooling::BatchId;
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::record::payment::ComparedClaim;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

bulk_statements! {
    FIND_PATH(claim_id: Bytes) = "
        SELECT claim.claim_id, claim.state, claim.version, approval.batch_id, approval.payment_id, approval.region,
            approval.enterprise, approval.subsidy, approval.amount_fen, approval.approval_hash
        FROM {input} CROSS JOIN approval CROSS JOIN claim
        WHERE approval.claim_id = input.claim_id AND claim.claim_id = approval.claim_id
            AND approval.approved_by IS NOT NULL";
}

#[derive(sqlx::FromRow)]
struct PathRow {
    claim_id: Vec<u8>,
    state: String,
    version: i64,
    batch_id: Option<Vec<u8>>,
    payment_id: Option<Vec<u8>>,
    region: String,
    enterprise: String,
    subsidy: String,
    amount_fen: i64,
    approval_hash: Vec<u8>,
}

/// An approved claim on the path.
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
    approval: ApprovalHash,
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
            approval: ApprovalHash(codec::hash(self.approval_hash)?),
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

    /// Whether claim and approval are still those that were compared: neither changes its content and keeps its version or hash.
    pub(super) fn is_as_compared(&self, compared: &ComparedClaim) -> bool {
        self.version == compared.version && self.approval == compared.approval
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
