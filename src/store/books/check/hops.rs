//! What two hops must agree on: filings, batches, arrivals and payouts with the claims behind them.

use super::{difference, differing};
use crate::domain::money::Fen;
use crate::store::pool::Tx;
use crate::store::record::ledger::LedgerDifference;
use crate::store::sql::statements;
use crate::store::{StoreError, codec};

statements! {
    /// A payout is paid when its claims are, and for what they come to.
    PAID_PAYOUTS = "
        SELECT payment.payment_id, payment.payer, payment.payee, payment.amount_fen,
            CAST(COALESCE(SUM(CASE WHEN claim.state = 'paid' THEN approval.amount_fen ELSE 0 END), 0) AS BIGINT),
            CAST(COALESCE(SUM(approval.amount_fen), 0) AS BIGINT)
        FROM payment
        LEFT JOIN approval ON approval.payment_id = payment.payment_id
        LEFT JOIN claim ON claim.claim_id = approval.claim_id
        WHERE payment.payer LIKE $1 AND payment.kind = 'payout' AND payment.state = 'paid'
        GROUP BY payment.payment_id, payment.payer, payment.payee, payment.amount_fen
        HAVING COALESCE(SUM(approval.amount_fen), 0) <> payment.amount_fen
            OR SUM(CASE WHEN claim.state = 'paid' THEN 0 ELSE 1 END) > 0
        ORDER BY payment.payment_id LIMIT $2";
    /// What arrived stands unassigned until all of a batch is there, and then is assigned for good; a granted batch is funded in several
    /// steps, the first of which assigns it.
    ARRIVALS = "
        SELECT batch_id, city, expected_fen, assigned_fen, arrived_fen - expected_fen, unassigned_fen FROM (
            SELECT batch_id, city, arrived_fen, assigned_fen, unassigned_fen,
                CASE WHEN state IN ('funded', 'transferring', 'paying', 'closed') OR state = 'granted' AND assigned_fen <> 0
                    THEN granted_fen ELSE 0 END AS expected_fen
            FROM (
                SELECT batch.batch_id, batch.city, batch.state, batch.granted_fen, batch.arrived_fen,
                    CAST(COALESCE(SUM(CASE WHEN entry.event = 'assigned' THEN entry.amount_fen ELSE 0 END), 0)
                        AS BIGINT) AS assigned_fen,
                    CAST(COALESCE(SUM(CASE WHEN entry.credit_kind = 'unassigned' THEN entry.amount_fen
                        WHEN entry.debit_kind = 'unassigned' THEN -entry.amount_fen ELSE 0 END), 0)
                        AS BIGINT) AS unassigned_fen
                FROM batch
                LEFT JOIN ledger_entry AS entry
                    ON entry.batch_id = batch.batch_id AND entry.event IN ('arrived', 'unassigned', 'assigned')
                WHERE batch.city LIKE $1
                GROUP BY batch.batch_id, batch.city, batch.state, batch.granted_fen, batch.arrived_fen
            ) AS posted
        ) AS compared
        WHERE assigned_fen <> expected_fen OR unassigned_fen <> arrived_fen - expected_fen
        ORDER BY batch_id LIMIT $2";
    /// A filing that waits for the city is what its claims come to.
    FILINGS = "
        SELECT filing.region, filing.month, filing.number, filing.claims, filing.amount_fen,
            COUNT(approval.claim_id), CAST(COALESCE(SUM(approval.amount_fen), 0) AS BIGINT)
        FROM filing LEFT JOIN approval ON approval.filing_id = filing.filing_id
        WHERE filing.region LIKE $1 AND filing.state = 'sealed'
        GROUP BY filing.filing_id, filing.region, filing.month, filing.number, filing.claims, filing.amount_fen
        HAVING COUNT(approval.claim_id) <> filing.claims
            OR COALESCE(SUM(approval.amount_fen), 0) <> filing.amount_fen
        ORDER BY filing.region, filing.month, filing.number LIMIT $2";
    /// What was pooled is still in the batch, or came out of it: for want of money, or because the registries changed their answer. Of
    /// the latter some never got in, and nothing tells which.
    BATCH_CLAIMS = "
        SELECT city, month, number, pooled, pooled_fen,
            CASE WHEN pooled > claims THEN claims + changed ELSE claims END,
            CASE WHEN pooled_fen > amount_fen THEN amount_fen + changed_fen ELSE amount_fen END
        FROM (
            SELECT batch.city, batch.month, batch.number, CAST(SUM(part.pooled) AS BIGINT) AS pooled,
                CAST(SUM(part.pooled_fen) AS BIGINT) AS pooled_fen, CAST(SUM(part.claims) AS BIGINT) AS claims,
                CAST(SUM(part.amount_fen) AS BIGINT) AS amount_fen, CAST(SUM(part.changed) AS BIGINT) AS changed,
                CAST(SUM(part.changed_fen) AS BIGINT) AS changed_fen
            FROM batch CROSS JOIN (
                SELECT batch_id, pooled_claims AS pooled, pooled_fen, 0 AS claims, 0 AS amount_fen, 0 AS changed,
                    0 AS changed_fen
                FROM filing WHERE batch_id IS NOT NULL AND state = 'pooled'
                UNION ALL
                SELECT batch_id, 0, 0, 1, amount_fen, 0, 0 FROM approval WHERE batch_id IS NOT NULL
                UNION ALL
                SELECT batch_id, 0, 0, 1, amount_fen, 0, 0 FROM left_out WHERE reason IN ('not-granted', 'refused')
                UNION ALL
                SELECT batch_id, 0, 0, 0, 0, 1, amount_fen FROM left_out WHERE reason = 'changed'
            ) AS part
            WHERE part.batch_id = batch.batch_id AND batch.city LIKE $1
            GROUP BY batch.batch_id, batch.city, batch.month, batch.number
        ) AS summed
        WHERE pooled < claims OR pooled > claims + changed
            OR pooled_fen < amount_fen OR pooled_fen > amount_fen + changed_fen
        ORDER BY city, month, number LIMIT $2";
    /// What was pooled is what the lines of the application come to.
    BATCH_LINES = "
        SELECT batch.city, batch.month, batch.number, CAST(SUM(part.pooled) AS BIGINT),
            CAST(SUM(part.pooled_fen) AS BIGINT), CAST(SUM(part.claims) AS BIGINT),
            CAST(SUM(part.amount_fen) AS BIGINT)
        FROM batch CROSS JOIN (
            SELECT batch_id, pooled_claims AS pooled, pooled_fen, 0 AS claims, 0 AS amount_fen
            FROM filing WHERE batch_id IS NOT NULL AND state = 'pooled'
            UNION ALL
            SELECT batch_id, 0, 0, claims, amount_fen FROM batch_line
        ) AS part
        WHERE part.batch_id = batch.batch_id AND batch.city LIKE $1 AND batch.state <> 'gathering'
        GROUP BY batch.batch_id, batch.city, batch.month, batch.number
        HAVING SUM(part.pooled) <> SUM(part.claims) OR SUM(part.pooled_fen) <> SUM(part.amount_fen)
        ORDER BY batch.city, batch.month, batch.number LIMIT $2";
}

const CONTROL_TOTALS: &str = "CONTROL_TOTALS_DIFFER";

type PayoutRow = (Vec<u8>, String, String, i64, i64, i64);
/// Batch, city, and expected and found of what is assigned and what is not.
type ArrivalRow = (Vec<u8>, String, i64, i64, i64, i64);
/// Place, month, number, and claims and fen on both sides.
type TotalsRow = (String, String, i64, i64, i64, i64, i64);

pub(super) async fn check(tx: &mut Tx, pattern: &str) -> Result<Vec<LedgerDifference>, StoreError> {
    let mut differences = Vec::new();
    let payouts: Vec<PayoutRow> = differing(tx, PAID_PAYOUTS, pattern).await?;
    for (id, payer, payee, amount, paid, all) in payouts {
        let id = codec::uuid(&id)?;
        let zh = format!("{payer}向企业{payee}的已支付款项{id}，与其已发放的申领不一致");
        let en = format!("payout {id} from {payer} to enterprise {payee}, against its paid claims");
        let found = if all == amount { paid } else { all };
        differences.push(difference("PAID_DIFFERS_FROM_CLAIMS", (zh, en), amount, found));
    }
    let arrivals: Vec<ArrivalRow> = differing(tx, ARRIVALS, pattern).await?;
    for row in arrivals {
        differences.extend(arrival(row)?);
    }
    let filings: Vec<TotalsRow> = differing(tx, FILINGS, pattern).await?;
    differences.extend(filings.into_iter().map(|row| totals(row, ("报送", "filing"), ("其申领", "its claims"))));
    let claims: Vec<TotalsRow> = differing(tx, BATCH_CLAIMS, pattern).await?;
    let sides = ("批内及移出的申领", "claims in it and left out of it");
    differences.extend(claims.into_iter().map(|row| totals(row, ("汇总批次", "batch"), sides)));
    let lines: Vec<TotalsRow> = differing(tx, BATCH_LINES, pattern).await?;
    let sides = ("申请明细", "lines of the application");
    differences.extend(lines.into_iter().map(|row| totals(row, ("汇总批次", "batch"), sides)));
    Ok(differences)
}

fn arrival(
    (batch, city, expected, assigned, waiting, unassigned): ArrivalRow,
) -> Result<Vec<LedgerDifference>, StoreError> {
    let batch = codec::uuid(&batch)?;
    let about =
        [("已分配到科目的资金", "assigned", expected, assigned), ("到账待分配", "unassigned", waiting, unassigned)];
    let differing = about.into_iter().filter(|(_, _, expected, found)| expected != found);
    Ok(differing
        .map(|(zh, en, expected, found)| {
            let zh = format!("{city}批次{batch}账上{zh}，与该批核准和到账金额不一致");
            let en = format!("{en} of batch {batch} of {city}, against what was granted and arrived");
            difference("ARRIVED_DIFFERS_FROM_BATCH", (zh, en), expected, found)
        })
        .collect())
}

fn totals(
    (place, month, number, claims, fen, found_claims, found_fen): TotalsRow,
    (zh, en): (&str, &str),
    (zh_found, en_found): (&str, &str),
) -> LedgerDifference {
    let (expected, found) = (Fen::new(fen), Fen::new(found_fen));
    LedgerDifference {
        code: CONTROL_TOTALS,
        zh: format!(
            "{place}地区{month}第{number}号{zh}为{claims}笔{expected}元，{zh_found}为{found_claims}笔{found}元"
        ),
        en: format!(
            "{en} {number} of {place} in {month} comes to {claims} claims of {expected} yuan, {en_found} to \
             {found_claims} of {found} yuan"
        ),
        expected,
        found,
    }
}
