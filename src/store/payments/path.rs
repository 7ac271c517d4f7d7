//! Funded claims as a payout needs them, and whether they are still what was compared with their approvals (I9).

use std::collections::HashMap;

use crate::domain::approval::ApprovalHash;
use crate::domain::claim::{ClaimId, ClaimState, SubsidyKind};
use crate::domain::identity::{Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::pooling::{BatchId, PathClaim};
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::path::{Member, PathRow, path_columns};
use crate::store::record::payment::ComparedClaim;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

bulk_statements! {
    /// By enterprise: to name each claim would cost more than to find it.
    FIND_UNPAID(batch_id: Bytes, region: Text, enterprise: Text) = concat!(
        "SELECT ", path_columns!(), " FROM {input} CROSS JOIN approval CROSS JOIN claim
         WHERE approval.batch_id = input.batch_id AND approval.region = input.region
            AND approval.enterprise = input.enterprise AND approval.payment_id IS NULL
            AND approval.approved_by IS NOT NULL AND claim.claim_id = approval.claim_id"
    );
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
    approval: ApprovalHash,
}

impl PathState {
    /// Whether its money is there. Nobody has paid it yet.
    pub(super) fn is_payable(&self, place: Region, enterprise: &Uscc) -> bool {
        self.state == ClaimState::Funded && self.region == place && self.enterprise == *enterprise
    }

    /// Whether claim and approval are still those that were compared: neither changes its content and keeps its version or hash.
    pub(super) fn is_as_compared(&self, compared: &ComparedClaim) -> bool {
        self.version == compared.version && self.approval == compared.approval
    }
}

impl From<Member> for PathState {
    fn from(member: Member) -> Self {
        let Member { claim, approval, state, version } = member;
        let PathClaim { claim_id, region, subsidy, enterprise, amount, .. } = claim;
        Self { claim_id, version, region, subsidy, amount, enterprise, state, approval }
    }
}

/// The claims of some enterprises in a batch that have no payment, as they stand within the transaction.
pub(super) async fn find(
    transaction: &mut Transaction,
    batch: BatchId,
    enterprises: impl Iterator<Item = (Region, &Uscc)>,
) -> Result<HashMap<ClaimId, PathState>, StoreError> {
    let mut rows = Rows::new(&FIND_UNPAID, transaction.backend());
    for (place, enterprise) in enterprises {
        rows.bytes(batch.0.as_bytes().as_slice()).text(place.as_str()).text(enterprise.as_str());
    }
    let found: Vec<PathRow> = transaction.tx.fetch(rows).await?;
    found.iter().map(|row| row.open().map(|it| (it.id(), it.into()))).collect()
}
