//! Who may be paid now: enterprises with funded claims, whose place has its money.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::approval::ApprovedClaim;
use crate::domain::claim::ClaimId;
use crate::domain::eligibility::verdict::Verdict;
use crate::domain::identity::{Region, Uscc};
use crate::domain::pooling::BatchId;
use crate::store::StoreError;
use crate::store::codec;
use crate::store::opening;
use crate::store::path::{Member, PathRow, path_columns};
use crate::store::pool::{Pool, on_pool};
use crate::store::record::payment::{ComparedClaim, Payable};
use crate::store::record::pooling::OnPath;
use crate::store::seal::Sealer;
use crate::store::sql::statements;

/// Claims given out at once: each is opened, and the registries are asked about it. One enterprise is given out whole all the same.
const CLAIMS_MAX: i64 = 10_000;
/// The most enterprises looked at in one call.
const ENTERPRISES_MAX: u32 = 5_000;

/// Claims of a batch without a payment, in some places, after an enterprise. The places are one text, with a comma before and after each:
/// looked up for each claim, they would cost more than the claims.
macro_rules! unpaid {
    () => {
        "approval.batch_id = $1 AND approval.payment_id IS NULL AND $2 LIKE '%,' || approval.region || ',%'
            AND (approval.region, approval.enterprise) > ($3, $4)"
    };
}

/// Up to an enterprise, and with it.
macro_rules! up_to {
    () => {
        " AND (approval.region, approval.enterprise) <= ($5, $6)"
    };
}

statements! {
    CITY_OF_BATCH = "SELECT city FROM batch WHERE batch_id = $1";
    /// Besides the city's own, whose money never leaves it.
    PLACES_WITH_MONEY = "
        SELECT payee FROM payment WHERE batch_id = $1 AND kind = 'transfer' AND state = 'paid' ORDER BY payee";
    /// Whether the claims are funded is looked at with the claims.
    UNPAID_ENTERPRISES = concat!(
        "SELECT approval.region, approval.enterprise, COUNT(*) FROM approval WHERE ", unpaid!(),
        " GROUP BY approval.region, approval.enterprise ORDER BY approval.region, approval.enterprise LIMIT $5"
    );
    PAYABLE_CLAIMS = concat!(
        "SELECT ", path_columns!(), ", approval.evidence_hash, content.decision, content.sealed
         FROM approval CROSS JOIN claim CROSS JOIN claim_content AS content WHERE ", unpaid!(), up_to!(),
        " AND claim.claim_id = approval.claim_id AND claim.state = 'funded' AND content.claim_id = approval.claim_id
         ORDER BY approval.region, approval.enterprise, approval.claim_id"
    );
    PAYABLE_UNITS_TAKEN = concat!(
        "SELECT slot_waiting.claim_id, slot_waiting.unit FROM approval CROSS JOIN slot_waiting WHERE ", unpaid!(),
        up_to!(), " AND slot_waiting.claim_id = approval.claim_id ORDER BY slot_waiting.claim_id, slot_waiting.unit"
    );
}

/// A claim on the path, still sealed.
#[derive(sqlx::FromRow)]
struct PayableRow {
    #[sqlx(flatten)]
    path: PathRow,
    evidence_hash: Vec<u8>,
    decision: Option<Vec<u8>>,
    sealed: Vec<u8>,
}

impl PayableRow {
    /// All but the workers that other claims hold; and compared with what was approved.
    fn open(self, sealer: &Sealer) -> Result<(OnPath, ComparedClaim), StoreError> {
        let Self { path, evidence_hash, decision, sealed } = self;
        let record = path.claim(decision, sealed)?.open(sealer)?;
        let Member { claim: path, approval, .. } = path.open()?;
        let on_path = OnPath { path, record, approval, units_taken: Vec::new() };
        let compared = compare(&on_path, &evidence_hash, sealer);
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
    let (city, places): (Option<(String,)>, Vec<(String,)>) = on_pool!(readers, pool => {
        let city = sqlx::query_as(CITY_OF_BATCH).bind(&id).fetch_optional(pool).await?;
        (city, sqlx::query_as(PLACES_WITH_MONEY).bind(&id).fetch_all(pool).await?)
    });
    let Some((city,)) = city else { return Ok((Region::MINISTRY, Vec::new())) };
    let places = places.into_iter().fold(format!(",{city},"), |places, (place,)| places + &place + ",");
    let city = codec::region(&city)?;
    let mut after =
        after.map(|(region, uscc)| (region.as_str().to_owned(), uscc.as_str().to_owned())).unwrap_or_default();
    let limit = i64::from(limit.min(ENTERPRISES_MAX));
    loop {
        let found: Vec<(String, String, i64)> = on_pool!(readers, pool => {
            let query = sqlx::query_as(UNPAID_ENTERPRISES).bind(&id).bind(&places).bind(&after.0).bind(&after.1);
            query.bind(limit).fetch_all(pool).await
        })?;
        let mut claims = 0_i64;
        let fits = found.into_iter().enumerate().take_while(|(at, (_, _, count))| {
            claims = claims.saturating_add(*count);
            *at == 0 || claims <= CLAIMS_MAX
        });
        let Some((_, (region, enterprise, _))) = fits.last() else { return Ok((city, Vec::new())) };
        let last = (region, enterprise);
        let payable = between(readers, sealer, &id, [&places, &after.0, &after.1, &last.0, &last.1]).await?;
        if !payable.is_empty() {
            return Ok((city, payable));
        }
        // None of their claims is funded: others may follow.
        after = last;
    }
}

/// The payable enterprises of a range.
async fn between(
    readers: &Pool,
    sealer: &Arc<Sealer>,
    batch: &[u8],
    range: [&String; 5],
) -> Result<Vec<Payable>, StoreError> {
    let taken: Vec<(Vec<u8>, i64)> = on_pool!(readers, pool => {
        let query = sqlx::query_as(PAYABLE_UNITS_TAKEN).bind(batch);
        range.into_iter().fold(query, |query, it| query.bind(it)).fetch_all(pool).await
    })?;
    let rows: Vec<PayableRow> = on_pool!(readers, pool => {
        let query = sqlx::query_as(PAYABLE_CLAIMS).bind(batch);
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
    Ok(payable)
}
