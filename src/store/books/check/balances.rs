//! Balances of accounts, and what claims, payments, instructions and cases say that they are.

use super::{difference, differing};
use crate::domain::identity::{Level, Region};
use crate::domain::ledger::{Account, AccountKind, Balance, Side};
use crate::domain::money::Fen;
use crate::store::books::account;
use crate::store::pool::Tx;
use crate::store::record::ledger::LedgerDifference;
use crate::store::sql::statements;
use crate::store::{StoreError, codec};

statements! {
    /// Accounts of a city that stand on either side, debits less credits.
    BALANCES = "
        SELECT city, kind, owner, CAST(SUM(amount_fen) AS BIGINT) FROM (
            SELECT city, debit_kind AS kind, debit_owner AS owner, amount_fen
            FROM ledger_entry WHERE place LIKE $1
            UNION ALL
            SELECT city, credit_kind, credit_owner, -amount_fen FROM ledger_entry WHERE place LIKE $1
        ) AS side
        GROUP BY city, kind, owner
        HAVING SUM(amount_fen) < 0 AND kind IN ('municipal', 'county', 'expense', 'in-transit', 'receivable')
            OR SUM(amount_fen) > 0 AND kind IN ('fund', 'unassigned', 'payable', 'returned')
        ORDER BY city, kind, owner LIMIT $2";
    /// An enterprise is owed its funded claims, and what its payouts have neither paid nor set off.
    PAYABLES = "
        SELECT batch_id, place, owner, CAST(SUM(expected) AS BIGINT), CAST(SUM(found) AS BIGINT) FROM (
            SELECT batch_id, place, credit_owner AS owner, 0 AS expected, amount_fen AS found
            FROM ledger_entry WHERE place LIKE $1 AND credit_kind IN ('payable', 'returned')
            UNION ALL
            SELECT batch_id, place, debit_owner, 0, -amount_fen
            FROM ledger_entry WHERE place LIKE $1 AND debit_kind IN ('payable', 'returned')
            UNION ALL
            SELECT approval.batch_id, approval.region, approval.enterprise, approval.amount_fen, 0
            FROM approval CROSS JOIN claim
            WHERE approval.region LIKE $1 AND approval.batch_id IS NOT NULL AND claim.claim_id = approval.claim_id
                AND claim.state = 'funded'
            UNION ALL
            SELECT batch_id, place, payee, amount_fen - paid_fen - set_off_fen, 0
            FROM payment WHERE place LIKE $1 AND kind = 'payout'
        ) AS part
        GROUP BY batch_id, place, owner HAVING SUM(expected) <> SUM(found)
        ORDER BY place, owner, batch_id LIMIT $2";
    /// In transit is what open instructions have not booked.
    IN_TRANSIT = "
        SELECT owner, CAST(SUM(expected) AS BIGINT), CAST(SUM(found) AS BIGINT) FROM (
            SELECT debit_owner AS owner, 0 AS expected, amount_fen AS found
            FROM ledger_entry WHERE debit_owner LIKE $1 AND debit_kind = 'in-transit'
            UNION ALL
            SELECT credit_owner, 0, -amount_fen
            FROM ledger_entry WHERE credit_owner LIKE $1 AND credit_kind = 'in-transit'
            UNION ALL
            SELECT payer, amount_fen - paid_fen, 0
            FROM instruction WHERE payer LIKE $1 AND state IN ('made', 'sending', 'accepted', 'in-doubt')
        ) AS part
        GROUP BY owner HAVING SUM(expected) <> SUM(found) ORDER BY owner LIMIT $2";
    /// Receivable is what is outstanding of demanded cases.
    RECEIVABLES = "
        SELECT owner, CAST(SUM(expected) AS BIGINT), CAST(SUM(found) AS BIGINT) FROM (
            SELECT debit_owner AS owner, 0 AS expected, amount_fen AS found
            FROM ledger_entry WHERE place LIKE $1 AND debit_kind = 'receivable'
            UNION ALL
            SELECT credit_owner, 0, -amount_fen FROM ledger_entry WHERE place LIKE $1 AND credit_kind = 'receivable'
            UNION ALL
            SELECT enterprise, amount_fen - repaid_fen - set_off_fen - waived_fen, 0
            FROM clawback_case
            WHERE region LIKE $1 AND state IN ('demanded', 'repaying', 'referred', 'waiver-proposed')
        ) AS part
        GROUP BY owner HAVING SUM(expected) <> SUM(found) ORDER BY owner LIMIT $2";
}

type BalanceRow = (String, String, String, i64);
type PayableRow = (Vec<u8>, String, String, i64, i64);
type OwnerRow = (String, i64, i64);

/// Compares the balances of a region. What an enterprise owes is kept from what it gets anywhere in the city, so that receivables come out
/// for a whole city alone.
pub(super) async fn check(tx: &mut Tx, within: Region, pattern: &str) -> Result<Vec<LedgerDifference>, StoreError> {
    let is_part = within.level() == Level::County;
    let mut differences = Vec::new();
    let overdrawn: Vec<BalanceRow> = differing(tx, BALANCES, pattern).await?;
    for (city, kind, owner, balance) in overdrawn {
        let account = account(&kind, owner)?;
        if !(is_part && account.kind == AccountKind::Receivable) {
            differences.push(wrong_side(&city, &account, balance)?);
        }
    }
    let payables: Vec<PayableRow> = differing(tx, PAYABLES, pattern).await?;
    for (batch, place, owner, expected, found) in payables {
        let batch = codec::uuid(&batch)?;
        let zh = format!("批次{batch}中{place}对企业{owner}的应付及退回待付，与其申领和支付记录不一致");
        let en = format!("batch {batch}: payable and returned of enterprise {owner} at {place}, against its claims");
        differences.push(difference("PAYABLE_DIFFERS_FROM_CLAIMS", (zh, en), expected, found));
    }
    let in_transit: Vec<OwnerRow> = differing(tx, IN_TRANSIT, pattern).await?;
    for (payer, expected, found) in in_transit {
        let zh = format!("{payer}支出户的在途资金，与未结清的支付指令不一致");
        let en = format!("in transit from {payer}, against its open instructions");
        differences.push(difference("IN_TRANSIT_DIFFERS_FROM_INSTRUCTIONS", (zh, en), expected, found));
    }
    let receivables: Vec<OwnerRow> = if is_part { Vec::new() } else { differing(tx, RECEIVABLES, pattern).await? };
    for (enterprise, expected, found) in receivables {
        let zh = format!("企业{enterprise}的应收追回款，与其追回案件不一致");
        let en = format!("receivable from enterprise {enterprise}, against its cases");
        differences.push(difference("RECEIVABLE_DIFFERS_FROM_CASES", (zh, en), expected, found));
    }
    Ok(differences)
}

/// An account on its wrong side: its balance there is shown below zero.
fn wrong_side(city: &str, account: &Account, signed: i64) -> Result<LedgerDifference, StoreError> {
    let side = account.kind.normal_side();
    let found = Balance { debit: Fen::new(signed), credit: Fen::ZERO }.on(side).ok_or(StoreError::Corrupt("sum"))?;
    let (zh_side, en_side) = match side {
        Side::Debit => ("借方", "debit"),
        Side::Credit => ("贷方", "credit"),
    };
    let zh = format!("{city}“{}”{}的余额应在{zh_side}", account.kind.zh(), account.owner);
    let en = format!("the balance of {account} in {city} stands off its {en_side} side");
    Ok(difference("ACCOUNT_ON_WRONG_SIDE", (zh, en), 0, found.get()))
}
