//! Who may be paid now: enterprises with funded claims, whose place has its money.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::approval::{ApprovalHash, ApprovedClaim};
use crate::domain::claim::ClaimId;
use crate::domain::eligibility::verdict::Verdict;
use crate::domain::identity::{Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::pooling::{BatchId, PathClaim};
use crate::store::StoreError;
use crate::store::claims::ClaimRow;
use crate::store::codec;
use crate::store::opening;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::payment::{ComparedClaim, Payable};
use crate::store::record::pooling::OnPath;
use crate::store::seal::Sealer;
use crate::store::sql::statements;

/// Claims given out at once: each is opened, and the registries are asked about it. One enterprise is given out whole all the same.
const CLAIMS_MAX: i64 = 10_000;
/// The most enterprises looked at in one call.
const ENTERPRISES_MAX: u32 = 5_000;

/// Funded claims of a batch without a payment, where the money is.
macro_rules! payable_claims {
    ($from:literal) => {
        concat!(
            "FROM approval CROSS JOIN claim",
            $from,
            "
         WHERE approval.batch_id = $1 AND approval.payment_id IS NULL
            AND claim.claim_id = approval.claim_id AND claim.state = 'funded'
            AND (approval.region = approval.city OR EXISTS (
                SELECT 1 FROM payment
                WHERE payment.batch_id = approval.batch_id AND payment.kind = 'transfer'
                    AND payment.payee = approval.region AND payment.state = 'paid'))"
        )
    };
}

/// Between two enterprises, the first exclusive and the last inclusive.
macro_rules! between {
    () => {
        " AND (approval.region, approval.enterprise) > ($2, $3)
          AND (approval.region, approval.enterprise) <= ($4, $5)"
    };
}

statements! {
    CITY_OF_BATCH = "SELECT city FROM batch WHERE batch_id = $1";
    PAYABLE_ENTERPRISES = concat!(
        "SELECT approval.region, approval.enterprise, COUNT(*) ", payable_claims!(""),
        " AND (approval.region, approval.enterprise) > ($2, $3)
          GROUP BY approval.region, approval.enterprise ORDER BY approval.region, approval.enterprise LIMIT $4"
    );
    PAYABLE_CLAIMS = concat!(
        "SELECT claim.claim_id, claim.state, claim.version, claim.changed_at, claim.due_on, content.decision,
            content.sealed, approval.region, approval.subsidy, approval.enterprise, approval.amount_fen, approval.units,
            approval.due_on AS approved_due_on, approval.received_sequence, approval.evidence_hash,
            approval.approval_hash ",
        payable_claims!(" CROSS JOIN claim_content AS content"), between!(),
        " AND content.claim_id = approval.claim_id
          ORDER BY approval.region, approval.enterprise, approval.claim_id"
    );
    PAYABLE_UNITS_TAKEN = concat!(
        "SELECT slot_waiting.claim_id, slot_waiting.unit
         FROM approval CROSS JOIN slot_waiting
         WHERE approval.batch_id = $1 AND approval.payment_id IS NULL AND slot_waiting.claim_id = approval.claim_id",
        between!(), " ORDER BY slot_waiting.claim_id, slot_waiting.unit"
    );
}

/// A claim on the path, still sealed.
#[derive(sqlx::FromRow)]
struct PathRow {
    #[sqlx(flatten)]
    claim: ClaimRow,
    region: String,
    subsidy: String,
    enterprise: String,
    amount_fen: i64,
    units: i64,
    approved_due_on: Option<String>,
    received_sequence: i64,
    evidence_hash: Vec<u8>,
    approval_hash: Vec<u8>,
}

impl PathRow {
    /// All but the workers that other claims hold; and compared with what was approved.
    fn open(self, sealer: &Sealer) -> Result<(OnPath, ComparedClaim), StoreError> {
        let record = self.claim.open(sealer)?;
        let claim_id = record.claim.claim_id;
        let path = PathClaim {
            claim_id,
            region: codec::region(&self.region)?,
            subsidy: codec::subsidy(&self.subsidy)?,
            enterprise: codec::uscc(&self.enterprise)?,
            amount: Fen::new(self.amount_fen),
            units: codec::count(self.units)?,
            due_on: self.approved_due_on.as_deref().map(codec::date).transpose()?,
            received_sequence: self.received_sequence,
        };
        let approval = ApprovalHash(codec::hash(self.approval_hash)?);
        let on_path = OnPath { path, record, approval, units_taken: Vec::new() };
        let compared = compare(&on_path, &self.evidence_hash, sealer);
        Ok((on_path, compared))
    }
}

/// Whether two people approved just this: these persons, this amount, this evidence, and this account.
fn compare(claim: &OnPath, evidence: &[u8], sealer: &Sealer) -> ComparedClaim {
    let OnPath { path, record, approval, .. } = claim;
    let payee = record.decision.as_ref().and_then(|decision| match &decision.verdict {
        Verdict::Entitled { payee, .. } => Some(payee),
        Verdict::NotEntitled { .. } | Verdict::Held { .. } | Verdict::Unknown { .. } => None,
    });
    let payee = payee.filter(|payee| {
        let approved = ApprovedClaim {
            claim_id: path.claim_id,
            payee,
            amount: path.amount,
            units: path.units,
            persons: record.claim.subject.persons().into_iter().map(|it| &it.resident_id).collect(),
            evidence,
        };
        sealer.hash_approval(&approved.encode()) == *approval
    });
    ComparedClaim {
        claim_id: path.claim_id,
        version: record.version,
        approval: *approval,
        account: payee.map(|it| it.account.clone()),
    }
}

/// The city of the batch, and who may be paid.
pub(super) async fn list(
    readers: &Pool,
    sealer: &Arc<Sealer>,
    batch: BatchId,
    after: Option<(Region, Uscc)>,
    limit: u32,
) -> Result<(Region, Vec<Payable>), StoreError> {
    let id = batch.0.as_bytes().to_vec();
    let city: Option<(String,)> =
        on_pool!(readers, pool => sqlx::query_as(CITY_OF_BATCH).bind(&id).fetch_optional(pool).await)?;
    let Some((city,)) = city else { return Ok((Region::MINISTRY, Vec::new())) };
    let city = codec::region(&city)?;
    let (region, enterprise) =
        after.map(|(region, uscc)| (region.as_str().to_owned(), uscc.as_str().to_owned())).unwrap_or_default();
    let found: Vec<(String, String, i64)> = on_pool!(readers, pool => {
        sqlx::query_as(PAYABLE_ENTERPRISES)
            .bind(&id)
            .bind(&region)
            .bind(&enterprise)
            .bind(i64::from(limit.min(ENTERPRISES_MAX)))
            .fetch_all(pool)
            .await
    })?;
    let mut claims = 0_i64;
    let fits = found.iter().enumerate().take_while(|(at, (_, _, count))| {
        claims = claims.saturating_add(*count);
        *at == 0 || claims <= CLAIMS_MAX
    });
    let Some((_, (last_region, last_enterprise, _))) = fits.last() else { return Ok((city, Vec::new())) };
    let range = [&region, &enterprise, last_region, last_enterprise];
    let taken: Vec<(Vec<u8>, i64)> = on_pool!(readers, pool => {
        let query = sqlx::query_as(PAYABLE_UNITS_TAKEN).bind(&id);
        range.into_iter().fold(query, |query, it| query.bind(it)).fetch_all(pool).await
    })?;
    let rows: Vec<PathRow> = on_pool!(readers, pool => {
        let query = sqlx::query_as(PAYABLE_CLAIMS).bind(&id);
        range.into_iter().fold(query, |query, it| query.bind(it)).fetch_all(pool).await
    })?;
    let mut units: HashMap<ClaimId, Vec<usize>> = HashMap::new();
    for (claim_id, unit) in taken {
        units.entry(codec::claim_id(&claim_id)?).or_default().extend(codec::unit(unit));
    }
    let mut payable: Vec<Payable> = Vec::new();
    let sealer = Arc::clone(sealer);
    for (mut claim, compared) in opening::open_all(rows, move |row| row.open(&sealer)).await? {
        claim.units_taken = units.remove(&claim.path.claim_id).unwrap_or_default();
        let (place, enterprise) = (claim.path.region, claim.path.enterprise.clone());
        match payable.last_mut() {
            Some(last) if last.place == place && last.enterprise == enterprise => {
                last.claims.push(claim);
                last.compared.push(compared);
            }
            Some(_) | None => {
                let (claims, compared) = (vec![claim], vec![compared]);
                payable.push(Payable { place, enterprise, claims, compared });
            }
        }
    }
    Ok((city, payable))
}
