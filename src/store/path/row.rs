//! A claim on the path as the databases give it: few columns, for each one more costs a hop over a hundred thousand dearly.

use super::Member;
use crate::domain::approval::ApprovalHash;
use crate::domain::claim::ClaimId;
use crate::domain::money::Fen;
use crate::domain::pooling::PathClaim;
use crate::store::claims::ClaimRow;
use crate::store::packed::PackedRow;
use crate::store::{StoreError, codec};

/// A claim on the path in three columns, with where the claim itself stands.
macro_rules! path_columns {
    () => {
        "approval.claim_id, approval.approval_hash,
         approval.region || ',' || approval.subsidy || ',' || approval.enterprise || ',' || approval.amount_fen || ','
            || approval.units || ',' || COALESCE(approval.due_on, '') || ',' || approval.received_sequence || ','
            || claim.state || ',' || claim.version || ',' || claim.changed_at AS plain"
    };
}
pub(in crate::store) use path_columns;

/// In the last of these columns.
const FIELDS: usize = 10;

/// A claim on the path as the database gives it.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct PathRow {
    pub(in crate::store) claim_id: Vec<u8>,
    approval_hash: Vec<u8>,
    plain: String,
}

impl PathRow {
    pub(in crate::store) fn open(&self) -> Result<Member, StoreError> {
        let approval = ApprovalHash(codec::hash(self.approval_hash.clone())?);
        member(codec::claim_id(&self.claim_id)?, approval, &self.plain)
    }

    /// The claim's own row, with what it says.
    pub(in crate::store) fn claim(&self, decision: Option<Vec<u8>>, sealed: Vec<u8>) -> Result<ClaimRow, StoreError> {
        let [.., due_on, _, state, version, changed_at] = fields::<FIELDS>(&self.plain)?;
        Ok(ClaimRow {
            claim_id: self.claim_id.clone(),
            state: state.to_owned(),
            version: number(version)?,
            changed_at: number(changed_at)?,
            due_on: (!due_on.is_empty()).then(|| due_on.to_owned()),
            decision,
            sealed,
        })
    }
}

/// A claim out of a packed read.
pub(super) fn unpacked(PackedRow { claim_id, approval, plain }: PackedRow<'_>) -> Result<Member, StoreError> {
    member(claim_id, approval, plain)
}

fn member(claim_id: ClaimId, approval: ApprovalHash, plain: &str) -> Result<Member, StoreError> {
    let [region, subsidy, enterprise, amount, units, due_on, received_sequence, state, version, _] =
        fields::<FIELDS>(plain)?;
    let claim = PathClaim {
        claim_id,
        region: codec::region(region)?,
        subsidy: codec::subsidy(subsidy)?,
        enterprise: codec::uscc(enterprise)?,
        amount: Fen::new(number(amount)?),
        units: codec::count(number(units)?)?,
        due_on: (!due_on.is_empty()).then(|| codec::date(due_on)).transpose()?,
        received_sequence: number(received_sequence)?,
    };
    Ok(Member { claim, approval, state: codec::state(state)?, version: number(version)? })
}

/// What is between the commas, when it is so many fields.
pub(super) fn fields<const COUNT: usize>(plain: &str) -> Result<[&str; COUNT], StoreError> {
    let mut parts = plain.split(',');
    let fields = std::array::from_fn(|_| parts.next());
    if parts.next().is_some() || fields.contains(&None) {
        return Err(StoreError::Corrupt("claim on the path"));
    }
    Ok(fields.map(Option::unwrap_or_default))
}

pub(super) fn number(text: &str) -> Result<i64, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt("claim on the path"))
}
