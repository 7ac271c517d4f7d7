//! Whether all agrees to the fen (I3): the ledger with itself, with what claims, payments, instructions and cases say, and with the bank.
//!
//! Everything is compared within one state of the database, so that what moves meanwhile is no difference. What is summed is summed by the
//! database; only what differs comes out of it.

pub(in crate::store) mod balances;
pub(in crate::store) mod bank;
pub(in crate::store) mod hops;

use super::summed;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::store::StoreError;
use crate::store::pool::{Pool, Record, Tx, on_tx};
use crate::store::record::ledger::{LedgerCheck, LedgerDifference};
use crate::store::sql::{like, statements};

statements! {
    COUNT_ENTRIES = "SELECT COUNT(*) FROM ledger_entry WHERE place LIKE $1";
    FIND_GAPS = "
        SELECT head.sequence, COUNT(entry.sequence), COALESCE(MIN(entry.sequence), 1),
            COALESCE(MAX(entry.sequence), 0)
        FROM ledger_head AS head LEFT JOIN ledger_entry AS entry ON head.head = 1
        GROUP BY head.sequence";
}

/// Differences of one kind that are reported at once: whoever has more than these looks for one cause, not for each.
const DIFFERENCES_MAX: i64 = 1_000;

/// Compares everything within a region.
pub(super) async fn check(readers: &Pool, within: Region) -> Result<LedgerCheck, StoreError> {
    let mut tx = readers.snapshot().await?;
    let pattern = like(within);
    let (entries,): (i64,) =
        on_tx!(tx, connection => sqlx::query_as(COUNT_ENTRIES).bind(&pattern).fetch_one(connection).await)?;
    let mut differences = Vec::from_iter(gaps(&mut tx).await?);
    differences.extend(balances::check(&mut tx, within, &pattern).await?);
    differences.extend(hops::check(&mut tx, &pattern).await?);
    differences.extend(bank::check(&mut tx, &pattern).await?);
    tx.commit().await?;
    Ok(LedgerCheck { entries: u64::try_from(entries).unwrap_or_default(), differences })
}

/// Runs a statement of a check: it takes the pattern of the region and a limit, and answers what differs.
async fn differing<T: Record>(tx: &mut Tx, sql: &'static str, pattern: &str) -> Result<Vec<T>, StoreError> {
    on_tx!(tx, connection => {
        sqlx::query_as(sql).bind(pattern.to_owned()).bind(DIFFERENCES_MAX).fetch_all(connection).await
    })
    .map_err(summed)
}

/// Entries have the sequences from 1 to the head, each once. The numbers are no amounts, and stand in the texts alone.
async fn gaps(tx: &mut Tx) -> Result<Option<LedgerDifference>, StoreError> {
    let (head, count, first, last): (i64, i64, i64, i64) =
        on_tx!(tx, connection => sqlx::query_as(FIND_GAPS).fetch_one(connection).await)?;
    let is_whole = first == 1 && last == head && count == head;
    Ok((!is_whole).then(|| LedgerDifference {
        code: "LEDGER_HAS_GAPS",
        zh: format!("账簿应有{head}笔分录，实有{count}笔，末笔序号为{last}"),
        en: format!("the ledger should have {head} entries; it has {count}, the last of them numbered {last}"),
        expected: Fen::ZERO,
        found: Fen::ZERO,
    }))
}

/// A difference of two amounts; the texts name them after what they are about.
fn difference(code: &'static str, (zh, en): (String, String), expected: i64, found: i64) -> LedgerDifference {
    let (expected, found) = (Fen::new(expected), Fen::new(found));
    LedgerDifference {
        code,
        zh: format!("{zh}：应为{expected}元，实为{found}元"),
        en: format!("{en}: expected {expected} yuan, found {found} yuan"),
        expected,
        found,
    }
}
