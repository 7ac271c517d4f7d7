//! What belongs to what, read behind the store's back: names alone. Amounts and states are for the auditor to predict.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, FromRow, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::town::Town;
use crate::support::Database;

/// Which names the product gave to what is on the path.
#[derive(Default)]
pub(super) struct Names {
    /// Claims with an approval by two: in which batch, and by which payment.
    pub(super) claims: BTreeMap<Uuid, OfClaim>,
    /// Claims that came out of a batch, or never got into it, and why.
    pub(super) left_out: Vec<(Uuid, Uuid, String)>,
    /// Payments: batch and kind.
    pub(super) payments: BTreeMap<Uuid, (Uuid, String)>,
    /// Instructions: payment and attempt.
    pub(super) instructions: BTreeMap<Uuid, (Uuid, i64)>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct OfClaim {
    pub(super) filing: Option<Uuid>,
    pub(super) batch: Option<Uuid>,
    pub(super) payment: Option<Uuid>,
}

type Bytes = Vec<u8>;
/// Claim, filing, batch and payment.
type ClaimRow = (Bytes, Option<Bytes>, Option<Bytes>, Option<Bytes>);

fn name(bytes: &Bytes) -> Uuid {
    Uuid::from_slice(bytes).unwrap()
}

fn maybe(bytes: &Option<Bytes>) -> Option<Uuid> {
    bytes.as_ref().map(name)
}

impl Names {
    pub(super) async fn read(town: &Town) -> Self {
        let claims: Vec<ClaimRow> = town
            .fetch("SELECT claim_id, filing_id, batch_id, payment_id FROM approval WHERE approved_by IS NOT NULL")
            .await;
        let left_out: Vec<(Bytes, Bytes, String)> = town.fetch("SELECT batch_id, claim_id, reason FROM left_out").await;
        let payments: Vec<(Bytes, Bytes, String)> = town.fetch("SELECT payment_id, batch_id, kind FROM payment").await;
        let instructions: Vec<(Bytes, Bytes, i64)> =
            town.fetch("SELECT instruction_id, payment_id, attempt FROM instruction").await;
        let of_claim = |filing: &_, batch: &_, payment: &_| OfClaim {
            filing: maybe(filing),
            batch: maybe(batch),
            payment: maybe(payment),
        };
        Self {
            claims: claims.iter().map(|(id, filing, batch, it)| (name(id), of_claim(filing, batch, it))).collect(),
            left_out: left_out.into_iter().map(|(batch, claim, why)| (name(&batch), name(&claim), why)).collect(),
            payments: payments.into_iter().map(|(id, batch, kind)| (name(&id), (name(&batch), kind))).collect(),
            instructions: instructions.iter().map(|(id, of, attempt)| (name(id), (name(of), *attempt))).collect(),
        }
    }
}

impl Town {
    /// Reads behind the store's back.
    pub(super) async fn fetch<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        match self.backend {
            Database::Sqlite => {
                let mut connection = SqliteConnection::connect(self.database.url()).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
            Database::Postgres => {
                let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
        }
    }
}
