//! A database for one measurement, and the plain copy that the hops are measured against.

use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use url::Url;

/// Which one; PostgreSQL with the URL of its server.
pub(crate) enum Kind {
    Sqlite,
    Postgres(String),
}

/// An empty database, gone with the measurement.
pub(crate) struct Database {
    kind: Kind,
    url: String,
    name: String,
}

/// Rows of a table that a hop wrote: those that a condition is true of.
pub(crate) type Wrote = (&'static str, String);

/// Runs of a copy, of which the best counts.
const COPY_RUNS: usize = 3;
/// The claims of the batch, whole.
const CLAIMS: [&str; 3] = ["claim", "claim_content", "approval"];

impl Database {
    pub(crate) async fn create(kind: Kind, folder: &Path) -> Self {
        let name = format!("hufu_{}", uuid::Uuid::new_v4().simple());
        let url = match &kind {
            Kind::Sqlite => format!("sqlite://{}", folder.join("hufu.db").display()),
            Kind::Postgres(server) => {
                let mut connection = PgConnection::connect(server).await.expect("the server answers");
                run_postgres(&mut connection, format!("CREATE DATABASE {name}")).await;
                let mut url = Url::parse(server).expect("a URL");
                url.set_path(&name);
                url.into()
            }
        };
        Self { kind, url, name }
    }

    pub(crate) async fn remove(self) {
        if let Kind::Postgres(server) = &self.kind {
            let mut connection = PgConnection::connect(server).await.expect("the server answers");
            run_postgres(&mut connection, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "SQLite",
            Kind::Postgres(_) => "PostgreSQL",
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Bytes as the database writes them in a statement.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> String {
        let hex = data_encoding::HEXLOWER.encode(bytes);
        match self.kind {
            Kind::Sqlite => format!("X'{hex}'"),
            Kind::Postgres(_) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// A connection beside the store, held to what the store's writer is held to.
    pub(crate) async fn connect(&self) -> Beside {
        match self.kind {
            Kind::Sqlite => {
                let options = SqliteConnectOptions::from_str(&self.url).expect("a URL");
                let options = options.foreign_keys(true).synchronous(SqliteSynchronous::Full);
                let options = options.pragma("wal_autocheckpoint", "16384").pragma("journal_size_limit", "67108864");
                let options = options.pragma("cache_size", "-32768").pragma("temp_store", "memory");
                Beside::Sqlite(options.disable_statement_logging().connect().await.expect("a connection"))
            }
            Kind::Postgres(_) => {
                let options = PgConnectOptions::from_str(&self.url).expect("a URL");
                let options = options.options([("synchronous_commit", "on")]).disable_statement_logging();
                Beside::Postgres(options.connect().await.expect("a connection"))
            }
        }
    }

    /// What the plain copy of all claims takes, whole, with their approvals, into tables without keys and indexes, in seconds: the least
    /// that writing these rows can take. Nothing of it is left.
    pub(crate) async fn bare_copy(&self) -> f64 {
        let mut beside = self.connect().await;
        let schema = CLAIMS.map(|it| format!("CREATE TABLE {it}_copy AS SELECT * FROM {it} WHERE 1 = 0"));
        beside.fastest_copy(&schema, &CLAIMS.map(|it| (it, "1 = 1".to_owned()))).await
    }

    /// What the plain copy of some rows takes into tables with the keys, indexes, checks and references of their originals, in one
    /// transaction, in seconds; `None` of no rows. Nothing of it is left.
    pub(crate) async fn copy(&self, wrote: &[Wrote]) -> Option<f64> {
        let mut beside = self.connect().await;
        let mut schema = Vec::new();
        for (table, _) in wrote {
            schema.extend(beside.schema_of_copy(table).await);
        }
        if wrote.is_empty() { None } else { Some(beside.fastest_copy(&schema, wrote).await) }
    }

    /// How far the audit log and the ledger go.
    pub(crate) async fn heads(&self) -> (i64, i64) {
        let mut beside = self.connect().await;
        let audit = beside.number("SELECT sequence FROM audit_head").await;
        (audit, beside.number("SELECT sequence FROM ledger_head").await)
    }
}

/// A connection beside the store.
pub(crate) enum Beside {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Beside {
    pub(crate) async fn run(&mut self, sql: impl Into<String>) {
        match self {
            Self::Sqlite(connection) => {
                sqlx::query(AssertSqlSafe(sql.into())).execute(connection).await.expect("a statement");
            }
            Self::Postgres(connection) => run_postgres(connection, sql.into()).await,
        }
    }

    async fn fastest_copy(&mut self, schema: &[String], rows: &[Wrote]) -> f64 {
        let mut fastest = f64::INFINITY;
        for _ in 0..COPY_RUNS {
            for sql in schema {
                self.run(sql.as_str()).await;
            }
            let started = Instant::now();
            self.run("BEGIN").await;
            for (table, condition) in rows {
                self.run(format!("INSERT INTO {table}_copy SELECT * FROM {table} WHERE {condition}")).await;
            }
            self.run("COMMIT").await;
            fastest = fastest.min(started.elapsed().as_secs_f64());
            for (table, _) in rows {
                self.run(format!("DROP TABLE {table}_copy")).await;
            }
        }
        fastest
    }

    /// The statements that make a table like another, with all that stands beside its columns.
    async fn schema_of_copy(&mut self, table: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                let sql =
                    "SELECT sql FROM sqlite_master WHERE tbl_name = $1 AND sql IS NOT NULL ORDER BY type DESC, name";
                let made: Vec<String> =
                    sqlx::query_scalar(sql).bind(table).fetch_all(connection).await.expect("a schema");
                let rename = |sql: String| {
                    let sql = sql
                        .replace(" INDEX ", " INDEX copy_")
                        .replace(&format!(" ON {table} "), &format!(" ON {table}_copy "));
                    sql.replace(&format!("TABLE {table} "), &format!("TABLE {table}_copy "))
                };
                made.into_iter().map(rename).collect()
            }
            Self::Postgres(connection) => {
                let sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = $1::text::regclass";
                let references: Vec<String> =
                    sqlx::query_scalar(sql).bind(table.to_owned()).fetch_all(connection).await.expect("a schema");
                let references = references.into_iter().map(|it| format!("ALTER TABLE {table}_copy ADD {it}"));
                let made = format!("CREATE TABLE {table}_copy (LIKE {table} INCLUDING ALL)");
                std::iter::once(made).chain(references).collect()
            }
        }
    }

    async fn number(&mut self, sql: &'static str) -> i64 {
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await.expect("a number"),
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await.expect("a number"),
        }
    }
}

async fn run_postgres(connection: &mut PgConnection, sql: String) {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.expect("a statement");
}
