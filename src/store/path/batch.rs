//! The claims of a batch, page by page: no step of a batch holds more of them than a page, however many there are (I12).

use super::{Content, Member, members, row};
use crate::domain::claim::{ClaimId, SubsidyKind};
use crate::domain::identity::{Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::pooling::{BatchId, ControlTotals};
use crate::store::packed::{PackedRow, packed_statements, unpack};
use crate::store::path::path_columns;
use crate::store::pool::on_tx;
use crate::store::sql::statements;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec};

/// Claims of a batch read at once: about a megabyte of text.
pub(in crate::store) const PAGE_CLAIMS_MAX: usize = 5_000;

/// The order of a batch, in which it is also funded and paid: an enterprise's claims at a place are next to each other.
macro_rules! next_of_batch {
    () => {
        "approval.batch_id = $1 AND (approval.region, approval.enterprise, approval.claim_id) > ($2, $3, $4)
         ORDER BY approval.region, approval.enterprise, approval.claim_id LIMIT $5"
    };
}

packed_statements! {
    PAGE = members!(next_of_batch!());
    /// What a batch is sealed with, and no more: the claims' own rows need not be looked up for it.
    CONTENT_PAGE = concat!(
        "SELECT approval.claim_id, approval.approval_hash,
            approval.region || ',' || approval.enterprise || ',' || approval.amount_fen AS plain
         FROM approval WHERE ", next_of_batch!()
    );
    /// In the order in which a grant in part covers them. No last day is as late as the one that stands for none.
    PAGE_OF_LINE = members!("
        approval.batch_id = $1 AND approval.region = $2 AND approval.subsidy = $3
            AND (COALESCE(approval.due_on, '9999-12-31'), approval.received_sequence, approval.claim_id) > ($4, $5, $6)
         ORDER BY COALESCE(approval.due_on, '9999-12-31'), approval.received_sequence, approval.claim_id LIMIT $7");
}

statements! {
    /// The last of so many claims, one less than bound.
    POSITION_OF_CLAIM = "
        SELECT region, enterprise, claim_id FROM approval WHERE batch_id = $1
        ORDER BY region, enterprise, claim_id LIMIT 1 OFFSET $2";
}

/// Where a claim stands in the order of a batch; before all of them by default.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Position {
    pub(in crate::store) region: String,
    pub(in crate::store) enterprise: String,
    pub(in crate::store) claim_id: Vec<u8>,
}

impl Position {
    fn new(region: Region, enterprise: &Uscc, id: ClaimId) -> Self {
        let (region, enterprise) = (region.as_str().to_owned(), enterprise.as_str().to_owned());
        Self { region, enterprise, claim_id: id.0.as_bytes().to_vec() }
    }

    fn of(member: &Member) -> Self {
        Self::new(member.claim.region, &member.claim.enterprise, member.id())
    }

    /// Where the last of so many claims of a batch stands.
    pub(in crate::store) async fn after(
        transaction: &mut Transaction,
        batch: BatchId,
        claims: i64,
    ) -> Result<Self, StoreError> {
        if claims == 0 {
            return Ok(Self::default());
        }
        let (region, enterprise, claim_id): (String, String, Vec<u8>) = on_tx!(transaction.tx, connection => {
            sqlx::query_as(POSITION_OF_CLAIM)
                .bind(batch.0.as_bytes().as_slice())
                .bind(claims - 1)
                .fetch_one(connection)
                .await
        })?;
        Ok(Self { region, enterprise, claim_id })
    }
}

/// So many claims of a batch after a position, in its order.
pub(in crate::store) async fn after(
    transaction: &mut Transaction,
    batch: BatchId,
    position: &Position,
    limit: usize,
) -> Result<Vec<Member>, StoreError> {
    let packed = page(transaction, PAGE.sql(transaction.backend()), batch, position, limit).await?;
    let mut members = super::open(packed)?;
    members.sort_unstable_by(|a, b| in_order(a).cmp(&in_order(b)));
    Ok(members)
}

fn in_order(member: &Member) -> (Region, &Uscc, ClaimId) {
    (member.claim.region, &member.claim.enterprise, member.id())
}

async fn page(
    transaction: &mut Transaction,
    sql: &'static str,
    batch: BatchId,
    position: &Position,
    limit: usize,
) -> Result<Option<String>, StoreError> {
    let (packed,): (Option<String>,) = on_tx!(transaction.tx, connection => {
        sqlx::query_as(sql)
            .bind(batch.0.as_bytes().as_slice())
            .bind(position.region.as_str())
            .bind(position.enterprise.as_str())
            .bind(position.claim_id.as_slice())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_one(connection)
            .await
    })?;
    Ok(packed)
}

/// The claims of a batch, page after page. Those that leave the batch between two pages are not missed by the next.
pub(in crate::store) struct Pages {
    batch: BatchId,
    last: Position,
}

impl Pages {
    pub(in crate::store) fn new(batch: BatchId) -> Self {
        Self { batch, last: Position::default() }
    }

    /// The next page; none after the last.
    pub(in crate::store) async fn next(
        &mut self,
        transaction: &mut Transaction,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        let members = after(transaction, self.batch, &self.last, PAGE_CLAIMS_MAX).await?;
        let Some(last) = members.last() else { return Ok(None) };
        self.last = Position::of(last);
        Ok(Some(members))
    }
}

/// What a batch comes to, and what it would be sealed with now.
pub(in crate::store) async fn content(
    transaction: &mut Transaction,
    batch: BatchId,
) -> Result<(ControlTotals, [u8; 32]), StoreError> {
    let (mut total, mut content, mut last) = (ControlTotals::default(), Content::of_batch(), Position::default());
    loop {
        let sql = CONTENT_PAGE.sql(transaction.backend());
        let packed = page(transaction, sql, batch, &last, PAGE_CLAIMS_MAX).await?;
        let mut claims = Vec::new();
        for row in unpack(packed.as_deref()) {
            let PackedRow { claim_id, approval, plain } = row?;
            let [region, enterprise, amount] = row::fields::<3>(plain)?;
            claims.push((region, enterprise, claim_id, Fen::new(row::number(amount)?), approval));
        }
        claims.sort_unstable_by_key(|(region, enterprise, claim_id, ..)| (*region, *enterprise, *claim_id));
        let Some((region, enterprise, claim_id, ..)) = claims.last() else { return Ok((total, content.finish())) };
        last = Position::new(codec::region(region)?, &codec::uscc(enterprise)?, *claim_id);
        for (_, _, claim_id, amount, approval) in claims {
            total = total.with(amount).ok_or(StoreError::Corrupt("amount"))?;
            content.add(claim_id, amount, approval);
        }
    }
}

/// The claims of one line of a batch in the order in which a grant in part covers them, page after page.
pub(in crate::store) struct LinePages {
    batch: BatchId,
    line: (Region, SubsidyKind),
    last: (String, i64, Vec<u8>),
}

/// Stands for no last day.
const NO_DAY: &str = "9999-12-31";

impl LinePages {
    pub(in crate::store) fn new(batch: BatchId, line: (Region, SubsidyKind)) -> Self {
        Self { batch, line, last: (String::new(), 0, Vec::new()) }
    }

    /// The next page; none after the last.
    pub(in crate::store) async fn next(
        &mut self,
        transaction: &mut Transaction,
    ) -> Result<Option<Vec<Member>>, StoreError> {
        let sql = PAGE_OF_LINE.sql(transaction.backend());
        let (region, subsidy) = self.line;
        let (packed,): (Option<String>,) = on_tx!(transaction.tx, connection => {
            sqlx::query_as(sql)
                .bind(self.batch.0.as_bytes().as_slice())
                .bind(region.as_str())
                .bind(codec::subsidy_code(subsidy))
                .bind(self.last.0.as_str())
                .bind(self.last.1)
                .bind(self.last.2.as_slice())
                .bind(i64::try_from(PAGE_CLAIMS_MAX).unwrap_or(i64::MAX))
                .fetch_one(connection)
                .await
        })?;
        let key = |it: &Member| {
            let due_on = it.claim.due_on.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string());
            (due_on, it.claim.received_sequence, it.id())
        };
        let mut members = super::open(packed)?;
        members.sort_by_cached_key(key);
        let Some(last) = members.last() else { return Ok(None) };
        let (due_on, received, id) = key(last);
        self.last = (due_on, received, id.0.as_bytes().to_vec());
        Ok(Some(members))
    }
}
