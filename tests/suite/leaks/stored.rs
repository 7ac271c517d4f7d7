//! What lies on the disk and in the tables, as somebody sees it who has the database and not its key; and damage done to it.

use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row, SqliteConnection};

/// The node's own limit for a call is 10 s.
const LONGER_THAN_THE_NODE_WAITS: Duration = Duration::from_secs(11);
/// Ends every session of the node for two seconds, as a server does that goes away.
const END_SESSIONS: &str = "DO $$ BEGIN FOR i IN 1..200 LOOP
       PERFORM pg_stat_clear_snapshot();
       PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid();
       PERFORM pg_sleep(0.01);
     END LOOP; END $$";

/// Something that keeps the node from its database for a while.
pub(super) struct Blockade {
    pub(super) begin: &'static str,
    pub(super) lasts: Duration,
    pub(super) end: &'static str,
}

/// A connection past the node.
pub(super) enum Behind {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Behind {
    pub(super) async fn connect(url: &str) -> Self {
        if url.starts_with("sqlite://") {
            Self::Sqlite(SqliteConnectOptions::from_str(url).unwrap().connect().await.unwrap())
        } else {
            Self::Postgres(PgConnectOptions::from_str(url).unwrap().connect().await.unwrap())
        }
    }

    /// Runs statements for their effect.
    pub(super) async fn execute(&mut self, statements: &str) {
        let statements = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        match self {
            Self::Sqlite(connection) => drop(statements.execute(connection).await.unwrap()),
            Self::Postgres(connection) => drop(statements.execute(connection).await.unwrap()),
        }
    }

    /// Makes the writing of claims fail as only a bug could, then lets it work again.
    pub(super) fn refuse_claims(&self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite(_) => (
                "CREATE TRIGGER refuse BEFORE INSERT ON claim BEGIN SELECT RAISE(ABORT, 'refused'); END",
                "DROP TRIGGER refuse",
            ),
            // The server's own message shows the failing row.
            Self::Postgres(_) => (
                "ALTER TABLE claim ADD CONSTRAINT refuse CHECK (attempts < 0) NOT VALID",
                "ALTER TABLE claim DROP CONSTRAINT refuse",
            ),
        }
    }

    /// Ways to keep the node from its database.
    pub(super) fn blockades(&self) -> Vec<Blockade> {
        let held = |begin, end| Blockade { begin, lasts: LONGER_THAN_THE_NODE_WAITS, end };
        match self {
            Self::Sqlite(_) => vec![held("BEGIN EXCLUSIVE", "ROLLBACK")],
            Self::Postgres(_) => vec![
                Blockade { begin: END_SESSIONS, lasts: Duration::ZERO, end: "SELECT 1" },
                held("BEGIN; LOCK TABLE audit_head IN ACCESS EXCLUSIVE MODE", "ROLLBACK"),
            ],
        }
    }

    /// Flips the last byte of every sealed claim.
    pub(super) fn damage_claims(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => {
                "UPDATE claim_content SET sealed = CAST(substr(sealed, 1, length(sealed) - 1) || x'00' AS BLOB)"
            }
            Self::Postgres(_) => {
                "UPDATE claim_content SET sealed = set_byte(sealed, length(sealed) - 1, 255 - get_byte(sealed, length(sealed) - 1))"
            }
        }
    }

    /// Every row of every table as text, with binary columns in hexadecimal; nothing for SQLite, whose files are looked at.
    pub(super) async fn dump(&mut self) -> Vec<u8> {
        let Self::Postgres(connection) = self else { return Vec::new() };
        let tables =
            "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = current_schema()";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *connection).await.unwrap();
        let mut dump = Vec::new();
        for table in tables {
            let rows = sqlx::query(AssertSqlSafe(format!("SELECT t::text FROM {table} t")));
            for row in rows.fetch_all(&mut *connection).await.unwrap() {
                dump.extend(row.get::<String, _>(0).into_bytes());
                dump.push(b'\n');
            }
        }
        dump
    }
}

/// All files of a folder and the folders in it, with their names.
pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}
