//! Payments as they are read.

use super::obligation::{PaymentRow, payment_columns};
use crate::domain::payment::PaymentId;
use crate::store::StoreError;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::payment::{PaymentFilter, PaymentRecord};
use crate::store::seal::Sealer;
use crate::store::sql::{like, statements};

/// The most payments given out at once.
const LIST_MAX: u32 = 10_000;

/// A page of payments, newest first. An empty state stands for all.
macro_rules! page_where {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            payment_columns!(),
            " FROM payment WHERE payment.payer LIKE $1 AND payment.payment_id < $2
              AND (payment.state = $3 OR $3 = '')",
            $condition,
            " ORDER BY payment.payment_id DESC LIMIT $4"
        )
    };
}

statements! {
    ONE_PAYMENT = concat!("SELECT ", payment_columns!(), " FROM payment WHERE payment.payment_id = $1");
    PAGE = page_where!("");
    PAGE_OF_BATCH = page_where!(" AND payment.batch_id = $5");
}

pub(super) async fn one(readers: &Pool, sealer: &Sealer, id: PaymentId) -> Result<Option<PaymentRecord>, StoreError> {
    let found: Option<PaymentRow> = on_pool!(readers, pool => {
        sqlx::query_as(ONE_PAYMENT).bind(id.0.as_bytes().to_vec()).fetch_optional(pool).await
    })?;
    found.map(|row| row.read()?.record(sealer)).transpose()
}

pub(super) async fn page(
    readers: &Pool,
    sealer: &Sealer,
    filter: &PaymentFilter,
) -> Result<Vec<PaymentRecord>, StoreError> {
    let PaymentFilter { within, batch_id, state, before, limit } = filter;
    // No id is larger than the last of all.
    let before = before.map_or([0xff; 16], |it| *it.0.as_bytes()).to_vec();
    let state = state.map(|it| it.code()).unwrap_or_default();
    let limit = i64::from((*limit).min(LIST_MAX));
    let rows: Vec<PaymentRow> = on_pool!(readers, pool => {
        let query = sqlx::query_as(if batch_id.is_some() { PAGE_OF_BATCH } else { PAGE });
        let query = query.bind(like(*within)).bind(before).bind(state).bind(limit);
        match batch_id {
            Some(id) => query.bind(id.0.as_bytes().to_vec()),
            None => query,
        }
        .fetch_all(pool)
        .await
    })?;
    rows.into_iter().map(|row| row.read()?.record(sealer)).collect()
}
