//! A claim that went all the way: filed, pooled, granted, transferred and paid, as its rows stand then. Written behind the store's back,
//! so that cases, books and statements can be tested by themselves.

use hufu::domain::claim::ClaimId;
use hufu::domain::identity::{Region, Uscc};
use hufu::domain::pooling::BatchId;
use hufu::domain::suspect::SuspectId;
use hufu::store::Store;
use sqlx::Connection;
use uuid::Uuid;

use super::harness::*;

/// What the claim came to.
pub(super) const PAID: i64 = 150_000;
pub(super) const CITY: &str = "371500";
pub(super) const COUNTY: &str = "371502";

/// A value in a statement that is written here.
#[derive(Clone, Debug)]
pub(super) enum It {
    Text(String),
    Number(i64),
    Bytes(Uuid),
    Null,
}

impl From<&str> for It {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for It {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Uuid> for It {
    fn from(id: Uuid) -> Self {
        Self::Bytes(id)
    }
}

/// A row: columns and their values.
macro_rules! row {
    ($($column:ident: $value:expr),* $(,)?) => { &[$((stringify!($column), crate::store_conformance::paid::It::from($value))),*] };
}
pub(super) use row;

impl Database {
    /// Runs a statement that is put together, and says whether the database took it.
    pub(super) async fn try_run(&self, sql: String) -> Result<u64, sqlx::Error> {
        let sql = sqlx::AssertSqlSafe(sql);
        match self.backend {
            Backend::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.map(|done| done.rows_affected())
            }
            Backend::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.map(|done| done.rows_affected())
            }
        }
    }

    /// Runs a statement that must change something.
    pub(super) async fn run(&self, sql: impl Into<String>) {
        let sql = sql.into();
        assert_ne!(self.try_run(sql.clone()).await.unwrap(), 0, "{sql}");
    }

    /// An id as the database writes it.
    pub(super) fn id(&self, id: Uuid) -> String {
        match self.backend {
            Backend::Sqlite => format!("x'{}'", id.simple()),
            Backend::Postgres => format!("'\\x{}'::bytea", id.simple()),
        }
    }

    fn literal(&self, value: &It) -> String {
        match value {
            It::Text(text) => format!("'{text}'"),
            It::Number(number) => number.to_string(),
            It::Bytes(id) => self.id(*id),
            It::Null => "NULL".to_owned(),
        }
    }

    pub(super) async fn insert(&self, table: &str, row: &[(&str, It)]) {
        let columns: Vec<&str> = row.iter().map(|(column, _)| *column).collect();
        let values: Vec<String> = row.iter().map(|(_, value)| self.literal(value)).collect();
        self.run(format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), values.join(", "))).await;
    }
}

/// The way of one claim's money.
pub(super) struct Story {
    /// Paid.
    pub(super) claim: ClaimId,
    /// Held: it claims the same graduate for another enterprise.
    pub(super) other: ClaimId,
    pub(super) suspect: SuspectId,
    pub(super) enterprise: Uscc,
    pub(super) batch: BatchId,
    pub(super) transfer: Uuid,
    pub(super) transfer_instruction: Uuid,
    pub(super) payout: Uuid,
    pub(super) payout_instruction: Uuid,
}

impl Story {
    pub(super) fn county(&self) -> Region {
        region(COUNTY)
    }

    /// Two claims for one graduate, the first of them paid.
    pub(super) async fn new(database: &Database, store: &Store) -> Self {
        let (first, second) = (Draft::graduate(1, 1), Draft::graduate(1, 2));
        let (claim, other) = (first.id(), second.id());
        submit(store, first).await;
        submit(store, second).await;
        let story = Self {
            claim,
            other,
            suspect: suspects(store).await[0].suspect_id,
            enterprise: enterprise(1),
            batch: BatchId(Uuid::now_v7()),
            transfer: Uuid::now_v7(),
            transfer_instruction: Uuid::now_v7(),
            payout: Uuid::now_v7(),
            payout_instruction: Uuid::now_v7(),
        };
        database.run(format!("UPDATE claim SET state = 'paid' WHERE claim_id = {}", database.id(claim.0))).await;
        story.enter_batch(database).await;
        let firm = story.enterprise.as_str();
        let transfer = (story.transfer, story.transfer_instruction);
        enter_payment(database, story.batch, transfer, ("transfer", CITY, COUNTY)).await;
        let payout = (story.payout, story.payout_instruction);
        enter_payment(database, story.batch, payout, ("payout", COUNTY, firm)).await;
        story.enter_approval(database).await;
        story.post(database).await;
        story
    }

    async fn enter_batch(&self, database: &Database) {
        let (batch, hash) = (self.batch.0, Uuid::nil());
        let row = row! {
            batch_id: batch, city: CITY, month: "2022-10", number: 1, state: "paying", claims: 1, amount_fen: PAID,
            granted_fen: PAID, arrived_fen: PAID, funded_claims: 0, opened_at: 0, changed_at: 0,
        };
        database.insert("batch", row).await;
        let row = row! {
            batch_id: batch, region: COUNTY, subsidy: "job-expansion", enterprises: 1, people: 1, claims: 1,
            amount_fen: PAID, granted_fen: PAID,
        };
        database.insert("batch_line", row).await;
        let row = row! {
            filing_id: batch, region: COUNTY, city: CITY, month: "2022-10", number: 1, state: "pooled", claims: 1,
            amount_fen: PAID, content_hash: hash, filed_by: "lc/a", filed_at: 0, batch_id: batch, pooled_claims: 1,
            pooled_fen: PAID,
        };
        database.insert("filing", row).await;
    }

    async fn enter_approval(&self, database: &Database) {
        let hash = Uuid::nil();
        let row = row! {
            claim_id: self.claim.0, decision_version: 2, reviewed_by: "lc/a", reviewed_at: 0, approved_by: "lc/b",
            approved_at: 0, evidence_hash: hash, approval_hash: hash, region: COUNTY, city: CITY,
            subsidy: "job-expansion", enterprise: self.enterprise.as_str(), amount_fen: PAID, units: 1,
            received_sequence: 1, filing_id: self.batch.0, batch_id: self.batch.0, payment_id: self.payout,
        };
        database.insert("approval", row).await;
    }

    async fn post(&self, database: &Database) {
        let firm = self.enterprise.as_str();
        let (city, waiting, fund) = (("municipal", CITY), ("unassigned", CITY), ("fund", CITY));
        let (county, expense, payable) = (("county", COUNTY), ("expense", COUNTY), ("payable", firm));
        let (from_city, from_county) = (("in-transit", CITY), ("in-transit", COUNTY));
        let entries = [
            ("arrived", CITY, city, waiting),
            ("unassigned", CITY, waiting, city),
            ("assigned", COUNTY, city, fund),
            ("owed", COUNTY, expense, payable),
            ("instructed", COUNTY, from_city, city),
            ("booked", COUNTY, county, from_city),
            ("instructed", COUNTY, from_county, county),
            ("booked", COUNTY, payable, from_county),
        ];
        for (sequence, (event, place, debit, credit)) in (1_i64..).zip(entries) {
            let subsidy = if place == CITY { It::Null } else { It::from("job-expansion") };
            let key = format!("story/{sequence}");
            let row: &[(&str, It)] = &[
                ("sequence", sequence.into()),
                ("entry_key", key.as_str().into()),
                ("at", 0.into()),
                ("event", event.into()),
                ("batch_id", self.batch.0.into()),
                ("city", CITY.into()),
                ("place", place.into()),
                ("subsidy", subsidy),
                ("month", "2022-10".into()),
                ("debit_kind", debit.0.into()),
                ("debit_owner", debit.1.into()),
                ("credit_kind", credit.0.into()),
                ("credit_owner", credit.1.into()),
                ("amount_fen", PAID.into()),
            ];
            database.insert("ledger_entry", row).await;
        }
        database.run("UPDATE ledger_head SET sequence = 8").await;
    }
}

/// A payment that was made with one instruction.
async fn enter_payment(
    database: &Database,
    batch: BatchId,
    (payment, instruction): (Uuid, Uuid),
    (kind, payer, payee): (&str, &str, &str),
) {
    let row = row! {
        payment_id: payment, batch_id: batch.0, kind: kind, number: 1, payer: payer, city: CITY, place: COUNTY,
        payee: payee, state: "paid", amount_fen: PAID, paid_fen: PAID, set_off_fen: 0, attempts: 1, claims: 1, version: 3,
        changed_at: 0, sealed: Uuid::nil(),
    };
    database.insert("payment", row).await;
    let row = row! {
        instruction_id: instruction, payment_id: payment, attempt: 1, city: CITY, payer: payer, state: "paid",
        amount_fen: PAID, paid_fen: PAID, returned_fen: 0, debited_fen: 0, credited_fen: 0, made_at: 0,
        changed_at: 0, sealed: Uuid::nil(),
    };
    database.insert("instruction", row).await;
    let row = row! { instruction_id: instruction, subsidy: "job-expansion", amount_fen: PAID };
    database.insert("instruction_part", row).await;
}
