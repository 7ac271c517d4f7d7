//! Claims as suspects are judged by them: with the evidence of their latest decision, and what came back of their money.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::weigh::readable;
use crate::domain::claim::ClaimId;
use crate::domain::eligibility::evidence::Evidence;
use crate::domain::money::Fen;
use crate::store::bulk::{Bulk, Rows};
use crate::store::claims::ClaimRow;
use crate::store::pool::Pool;
use crate::store::record::weigh::ClaimBasis;
use crate::store::seal::Sealer;
use crate::store::sql::bulk_statements;
use crate::store::{StoreError, assessments, codec};

bulk_statements! {
    FIND_JUDGED_CLAIMS(claim_id: Bytes) = "
        SELECT claim.claim_id, claim.state, claim.version, claim.changed_at, claim.due_on, content.decision, content.sealed
        FROM {input} CROSS JOIN claim CROSS JOIN claim_content AS content
        WHERE claim.claim_id = input.claim_id AND content.claim_id = claim.claim_id";
    FIND_LATEST_DECISIONS(claim_id: Bytes) = "
        SELECT decision.claim_id, decision.version, decision.sealed FROM {input} CROSS JOIN decision
        WHERE decision.claim_id = input.claim_id AND decision.version = (
            SELECT MAX(latest.version) FROM decision AS latest WHERE latest.claim_id = input.claim_id)";
    /// What two people gave up will not come back either.
    SUM_GOT_BACK(claim_id: Bytes) = "
        SELECT clawback_case.claim_id, CAST(SUM(repaid_fen + set_off_fen + waived_fen) AS BIGINT)
        FROM {input} CROSS JOIN clawback_case WHERE clawback_case.claim_id = input.claim_id
        GROUP BY clawback_case.claim_id";
}

/// Reads claims, each once. One that cannot be read, or whose decision cannot, is left out.
pub(super) async fn read(
    readers: &Pool,
    sealer: &Sealer,
    ids: &BTreeSet<ClaimId>,
) -> Result<HashMap<ClaimId, Arc<ClaimBasis>>, StoreError> {
    let rows = |bulk: &'static Bulk| {
        let mut rows = Rows::new(bulk, readers.backend());
        ids.iter().for_each(|id| {
            rows.bytes(id.0.as_bytes().as_slice());
        });
        rows
    };
    // The claims first: a decision that comes meanwhile is in the log after them, and has them weighed again.
    let claims: Vec<ClaimRow> = readers.fetch(rows(&FIND_JUDGED_CLAIMS)).await?;
    let decisions: Vec<(Vec<u8>, i64, Vec<u8>)> = readers.fetch(rows(&FIND_LATEST_DECISIONS)).await?;
    let sums: Vec<(Vec<u8>, i64)> = readers.fetch(rows(&SUM_GOT_BACK)).await?;
    let mut evidence: HashMap<ClaimId, Option<Evidence>> = HashMap::new();
    for (id, version, sealed) in decisions {
        let id = codec::claim_id(&id)?;
        let opened = readable(assessments::open_decision(sealer, id, version, sealed))?;
        evidence.insert(id, opened.map(|(evidence, _)| evidence));
    }
    let mut got_back: HashMap<ClaimId, Fen> = HashMap::new();
    for (id, fen) in sums {
        got_back.insert(codec::claim_id(&id)?, Fen::new(fen));
    }
    let mut found = HashMap::new();
    for row in claims {
        let Some(record) = readable(row.open(sealer))? else { continue };
        let id = record.claim.claim_id;
        let evidence = match evidence.remove(&id) {
            None => None,
            Some(Some(evidence)) => Some(evidence),
            Some(None) => continue,
        };
        let got_back = got_back.remove(&id).unwrap_or(Fen::ZERO);
        found.insert(id, Arc::new(ClaimBasis { evidence, record, got_back }));
    }
    Ok(found)
}
