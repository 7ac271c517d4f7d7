//! What the bank says that an expenditure account holds, and what the ledger says.

use super::{difference, differing};
use crate::store::StoreError;
use crate::store::pool::Tx;
use crate::store::record::ledger::LedgerDifference;
use crate::store::sql::statements;

statements! {
    /// The closing balance of the last statement is what the account held before the first, and what the ledger has of it since, free
    /// and in transit; but for what one of the two knows and the other does not yet.
    BANK_BALANCES = "
        SELECT part.region, CAST(SUM(part.expected) AS BIGINT), CAST(SUM(part.found) AS BIGINT)
        FROM (SELECT DISTINCT region FROM statement WHERE region LIKE $1) AS place CROSS JOIN (
            SELECT region, 0 AS expected, closing_fen AS found FROM statement
            WHERE number = (SELECT MAX(number) FROM statement AS other WHERE other.region = statement.region)
            UNION ALL
            SELECT region, opening_fen, 0 FROM statement
            WHERE number = (SELECT MIN(number) FROM statement AS other WHERE other.region = statement.region)
            UNION ALL
            SELECT debit_owner, amount_fen, 0 FROM ledger_entry
            WHERE debit_owner LIKE $1 AND debit_kind IN ('municipal', 'county', 'in-transit')
            UNION ALL
            SELECT credit_owner, -amount_fen, 0 FROM ledger_entry
            WHERE credit_owner LIKE $1 AND credit_kind IN ('municipal', 'county', 'in-transit')
            UNION ALL
            -- Booked, or back, by the bank's own answer, and on no statement yet.
            SELECT payer, (paid_fen - debited_fen) - (returned_fen - credited_fen), 0 FROM instruction
            WHERE payer LIKE $1
            UNION ALL
            -- Transfers to the place that are booked, and those that its own statements show.
            SELECT payment.payee, instruction.returned_fen - instruction.paid_fen, 0
            FROM payment CROSS JOIN instruction
            WHERE payment.kind = 'transfer' AND payment.payee LIKE $1
                AND instruction.payment_id = payment.payment_id
            UNION ALL
            -- Lines that the ledger has another way, or not at all.
            SELECT region, CASE direction WHEN 'credit' THEN amount_fen ELSE -amount_fen END, 0 FROM statement_line
            WHERE region LIKE $1 AND (fits IS NULL OR fits = 'transfer-received')
            UNION ALL
            -- Recorded by hand, and on no statement yet.
            SELECT repayment.region, -repayment.amount_fen, 0
            FROM repayment LEFT JOIN statement_line AS line
                ON line.region = repayment.region AND line.bank_reference = repayment.bank_reference
            WHERE repayment.region LIKE $1 AND line.region IS NULL
        ) AS part
        WHERE part.region = place.region
        GROUP BY part.region HAVING SUM(part.expected) <> SUM(part.found) ORDER BY part.region LIMIT $2";
}

pub(super) async fn check(tx: &mut Tx, pattern: &str) -> Result<Vec<LedgerDifference>, StoreError> {
    let rows: Vec<(String, i64, i64)> = differing(tx, BANK_BALANCES, pattern).await?;
    let differences = rows.into_iter().map(|(region, expected, found)| {
        let zh = format!("{region}支出户最近对账单的期末余额，与账簿（未达账项已调整）不一致");
        let en =
            format!("closing balance of the account of {region}, against the ledger, adjusted for what is on its way");
        difference("BANK_DIFFERS_FROM_LEDGER", (zh, en), expected, found)
    });
    Ok(differences.collect())
}
