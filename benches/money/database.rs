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

/// What the plain copy of claims and approvals takes, in seconds: the better of some runs.
pub(crate) struct Copies {
    /// Into tables without keys and indexes: the least that writing these rows can take.
    pub(crate) bare: f64,
    /// Into tables with the keys and indexes of their originals.
    pub(crate) indexed: f64,
}

const COPY_RUNS: usize = 3;

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

    /// Measures both copies; nothing of them is left.
    pub(crate) async fn copies(&self) -> Copies {
        let mut beside = self.connect().await;
        let bare = ["claim", "approval"].map(|it| format!("CREATE TABLE {it}_copy AS SELECT * FROM {it} WHERE 1 = 0"));
        let bare = beside.fastest_copy(&bare).await;
        let indexed = match self.kind {
            Kind::Sqlite => beside.schema_of_copies().await,
            Kind::Postgres(_) => {
                ["claim", "approval"].map(|it| format!("CREATE TABLE {it}_copy (LIKE {it} INCLUDING ALL)")).to_vec()
            }
        };
        let indexed = beside.fastest_copy(&indexed).await;
        Copies { bare, indexed }
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

    async fn fastest_copy(&mut self, schema: &[String]) -> f64 {
        let mut fastest = f64::INFINITY;
        for _ in 0..COPY_RUNS {
            for sql in schema {
                self.run(sql.as_str()).await;
            }
            let started = Instant::now();
            self.run("BEGIN").await;
            self.run("INSERT INTO claim_copy SELECT * FROM claim").await;
            self.run("INSERT INTO approval_copy SELECT * FROM approval").await;
            self.run("COMMIT").await;
            fastest = fastest.min(started.elapsed().as_secs_f64());
            for table in ["approval_copy", "claim_copy"] {
                self.run(format!("DROP TABLE {table}")).await;
            }
        }
        fastest
    }

    /// The statements that made the two tables and their indexes, under other names.
    async fn schema_of_copies(&mut self) -> Vec<String> {
        let Self::Sqlite(connection) = self else { return Vec::new() };
        let sql = "SELECT sql FROM sqlite_master
            WHERE tbl_name IN ('claim', 'approval') AND sql IS NOT NULL ORDER BY type DESC, name DESC";
        let statements: Vec<String> = sqlx::query_scalar(sql).fetch_all(connection).await.expect("a schema");
        let rename = |sql: String| {
            ["claim", "approval"].iter().fold(sql.replace("CREATE INDEX ", "CREATE INDEX copy_"), |sql, it| {
                let sql = sql.replace(&format!("TABLE {it} "), &format!("TABLE {it}_copy "));
                let sql = sql.replace(&format!("REFERENCES {it} "), &format!("REFERENCES {it}_copy "));
                sql.replace(&format!(" ON {it} "), &format!(" ON {it}_copy "))
            })
        };
        statements.into_iter().map(rename).collect()
    }
}

async fn run_postgres(connection: &mut PgConnection, sql: String) {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.expect("a statement");
}
