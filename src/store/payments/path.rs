//! Funded claims as a payout needs them, and whether they are still what was approved (I9).

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::approval::{ApprovalHash, ApprovedClaim};
use crate::domain::claim::{Claim, ClaimId, ClaimState, SubsidyKind};
use crate::domain::eligibility::verdict::{Payee, Verdict};
use crate::domain::identity::{BankAccount, Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::pooling::BatchId;
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::opening;
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
    /// Whether two people approved just this: these persons, this amount, this evidence, and the account that it was looked for with.
    pub(super) is_as_approved: bool,
}

impl PathRow {
    /// Opens the claim where there is an account to compare it with.
    fn read(
        self,
        accounts: &HashMap<ClaimId, BankAccount>,
        sealer: &Sealer,
    ) -> Result<(ClaimId, PathState), StoreError> {
        let claim_id = codec::claim_id(&self.claim_id)?;
        let is_as_approved = match accounts.get(&claim_id) {
            Some(account) => self.is_approved_for(claim_id, account, sealer)?,
            None => false,
        };
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
            is_as_approved,
        };
        Ok((claim_id, state))
    }

    fn is_approved_for(&self, claim_id: ClaimId, account: &BankAccount, sealer: &Sealer) -> Result<bool, StoreError> {
        let row = self.claim_id.as_slice();
        let Some(decision) = self.decision.clone() else { return Ok(false) };
        let decision: Decision = sealer.open_json(Place::ClaimDecision, row, decision)?;
        let Verdict::Entitled { payee, .. } = decision.verdict else { return Ok(false) };
        let claim: Claim = sealer.open_json(Place::Claim, row, self.sealed.clone())?;
        let approved = ApprovedClaim {
            claim_id,
            payee: &Payee { kind: payee.kind, account: account.clone() },
            amount: Fen::new(self.amount_fen),
            units: codec::count(self.units)?,
            persons: claim.subject.persons().into_iter().map(|it| &it.resident_id).collect(),
            evidence: &self.evidence_hash,
        };
        Ok(sealer.hash_approval(&approved.encode()) == ApprovalHash(codec::hash(self.approval_hash.clone())?))
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
}

/// Approved claims as they stand within the transaction; those with an account are compared with what was approved.
pub(super) async fn find(
    transaction: &mut Transaction,
    ids: Vec<ClaimId>,
    accounts: HashMap<ClaimId, BankAccount>,
) -> Result<HashMap<ClaimId, PathState>, StoreError> {
    let mut rows = Rows::new(&FIND_PATH, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<PathRow> = transaction.tx.fetch(rows).await?;
    let (accounts, sealer) = (Arc::new(accounts), Arc::clone(&transaction.sealer));
    let read = opening::open_all(found, move |row: PathRow| row.read(&accounts, &sealer)).await?;
    Ok(read.into_iter().collect())
}
