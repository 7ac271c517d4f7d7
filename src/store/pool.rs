//! The connections: one that writes and several that read, on either database.

use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, FromRow, Postgres, Sqlite};

use super::bulk::{Array, Encoded, Rows};
use super::{StoreError, StoreSettings};

/// How long a connection waits for a lock of another process: a backup or a second node on the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a page. A commit of many claims writes mostly pages of which it changed one entry, those of slots and request ids; half the
/// usual size halves them.
const PAGE_BYTES: u32 = 2_048;
/// Pages of the log after which a commit copies it into the database: large enough that a page is copied once for many commits.
const CHECKPOINT_PAGES: &str = "16384";
/// KiB of pages that the writer keeps: the upper levels of every index of some ten million claims. Not more, because a commit looks
/// through the whole of it.
const WRITER_CACHE: &str = "-32768";
/// KiB of pages that each reader keeps.
const READER_CACHE: &str = "-16384";
/// Bytes of log left after a checkpoint.
const JOURNAL_BYTES_MAX: &str = "67108864";
/// More than there are statements, so that each is prepared once.
const STATEMENT_CACHE: usize = 256;
/// Rows a reading thread may be ahead of its caller.
const ROW_BUFFER: usize = 1_024;

/// What a PostgreSQL session is held to, whatever the server's own settings: an acknowledged commit is on disk, and nobody holds the
/// head of the audit log for long. The last four are for its planner. Statements are written for their indexes, as SQLite runs them; a
/// table that a month's claims came into within minutes has no statistics yet, and without these a page of a hundred thousand rows is
/// gathered and sorted on disk anew, rather than read from its index in order.
const POSTGRES_SESSION: [(&str, &str); 10] = [
    ("synchronous_commit", "on"),
    ("default_transaction_isolation", "read committed"),
    ("lock_timeout", "10s"),
    ("statement_timeout", "60s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("client_min_messages", "warning"),
    ("random_page_cost", "1.1"),
    ("enable_bitmapscan", "off"),
    ("work_mem", "32MB"),
    ("jit", "off"),
];

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    Sqlite,
    Postgres,
}

/// A pool of one database or the other.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// The connection that writes. Dropped within a transaction it is closed: after a full disk or a broken socket nobody knows what state
/// it is in.
pub(super) struct Writing {
    pub(super) connection: Connection,
    in_transaction: bool,
}

pub(super) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A transaction of one database or the other; dropped before its commit, nothing of it happened.
pub(super) struct Tx {
    pub(super) writing: Writing,
}

/// Runs one expression on whichever pool it is.
macro_rules! on_pool {
    ($pool:expr, $it:ident => $body:expr) => {
        match $pool {
            $crate::store::pool::Pool::Sqlite($it) => $body,
            $crate::store::pool::Pool::Postgres($it) => $body,
        }
    };
}
pub(super) use on_pool;

/// Runs one expression on the connection of whichever transaction it is.
macro_rules! on_tx {
    ($tx:expr, $it:ident => $body:expr) => {
        match &mut $tx.writing.connection {
            $crate::store::pool::Connection::Sqlite(connection) => {
                let $it = &mut **connection;
                $body
            }
            $crate::store::pool::Connection::Postgres(connection) => {
                let $it = &mut **connection;
                $body
            }
        }
    };
}
pub(super) use on_tx;

/// A record that either database's rows can be read into.
pub(super) trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// The writing and the reading pool.
#[derive(Clone, Debug)]
pub(super) struct Pools {
    pub(super) writer: Pool,
    pub(super) readers: Pool,
}

impl Pools {
    /// Opens the database named by the URL and brings its schema up to date.
    pub(super) async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        match settings.url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Self::open_sqlite(settings).await,
            Some("postgres" | "postgresql") => Self::open_postgres(settings).await,
            Some(_) | None => Err(StoreError::Settings("database URL begins neither with sqlite: nor with postgres:")),
        }
    }

    pub(super) fn backend(&self) -> Backend {
        match self.writer {
            Pool::Sqlite(_) => Backend::Sqlite,
            Pool::Postgres(_) => Backend::Postgres,
        }
    }

    pub(super) async fn close(&self) {
        on_pool!(&self.readers, pool => pool.close().await);
        on_pool!(&self.writer, pool => pool.close().await);
    }

    async fn open_sqlite(settings: &StoreSettings) -> Result<Self, StoreError> {
        if settings.url.contains(":memory:") || settings.url.contains("mode=memory") {
            return Err(StoreError::Settings("a database in memory is gone with the process: name a file"));
        }
        let options = SqliteConnectOptions::from_str(&settings.url)?
            .busy_timeout(BUSY_TIMEOUT)
            .statement_cache_capacity(STATEMENT_CACHE)
            .row_buffer_size(ROW_BUFFER)
            .foreign_keys(true)
            .disable_statement_logging();
        let writing = options
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL may lose acknowledged commits when the power fails.
            .synchronous(SqliteSynchronous::Full)
            .page_size(PAGE_BYTES)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .pragma("journal_size_limit", JOURNAL_BYTES_MAX)
            .pragma("cache_size", WRITER_CACHE)
            // The journal of a statement over many rows would be a file of its own.
            .pragma("temp_store", "memory");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(writing)
            .await?;
        sqlx::migrate!("src/store/migrations").run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(settings.reader_connections.max(1))
            .test_before_acquire(false)
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(options.read_only(true).pragma("cache_size", READER_CACHE))
            .await?;
        Ok(Self { writer: Pool::Sqlite(writer), readers: Pool::Sqlite(readers) })
    }

    async fn open_postgres(settings: &StoreSettings) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(&settings.url)?
            .application_name("hufu")
            .options(POSTGRES_SESSION)
            .statement_cache_capacity(STATEMENT_CACHE)
            .disable_statement_logging();
        let writer = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!("src/store/migrations").run(&writer).await?;
        let reading = options.options([("default_transaction_read_only", "on")]);
        let readers = PgPoolOptions::new()
            .max_connections(settings.reader_connections.max(1))
            .acquire_timeout(settings.acquire_timeout)
            .connect_with(reading)
            .await?;
        Ok(Self { writer: Pool::Postgres(writer), readers: Pool::Postgres(readers) })
    }
}

impl Pool {
    pub(super) fn backend(&self) -> Backend {
        match self {
            Self::Sqlite(_) => Backend::Sqlite,
            Self::Postgres(_) => Backend::Postgres,
        }
    }

    /// Runs a statement over many rows and gives the records it answers.
    pub(super) async fn fetch<T: Record>(&self, rows: Rows) -> Result<Vec<T>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sql = rows.bulk.sql(self.backend());
        match (self, rows.finish()) {
            (Self::Sqlite(pool), Encoded::Json(json, bytes)) => {
                let query = sqlx::query_as(sql).bind(json);
                let query = if let Some(bytes) = bytes { query.bind(bytes) } else { query };
                Ok(query.fetch_all(pool).await?)
            }
            (Self::Postgres(pool), Encoded::Arrays(arrays)) => {
                let mut query = sqlx::query_as(sql);
                for array in arrays {
                    query = match array {
                        Array::Text(array) => query.bind(array),
                        Array::Integer(array) => query.bind(array),
                        Array::Bytes(array) => query.bind(array),
                    };
                }
                Ok(query.fetch_all(pool).await?)
            }
            (Self::Sqlite(_), Encoded::Arrays(_)) | (Self::Postgres(_), Encoded::Json(..)) => Err(MISMATCH),
        }
    }

    /// A connection to write on.
    pub(super) async fn acquire(&self) -> Result<Writing, StoreError> {
        let connection = match self {
            Self::Sqlite(pool) => Connection::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
        };
        Ok(Writing { connection, in_transaction: false })
    }

    /// Begins a transaction whose statements all see one state of the database, and which changes nothing.
    pub(super) async fn snapshot(&self) -> Result<Tx, StoreError> {
        let begin = match self {
            // The first read makes the snapshot.
            Self::Sqlite(_) => "BEGIN",
            Self::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.acquire().await?.begin_as(begin).await
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.in_transaction {
            match &mut self.connection {
                Connection::Sqlite(connection) => connection.close_on_drop(),
                Connection::Postgres(connection) => connection.close_on_drop(),
            }
        }
    }
}

impl Writing {
    /// Begins a transaction that writes.
    pub(super) async fn begin(self) -> Result<Tx, StoreError> {
        let begin = match self.connection {
            // A deferred one fails with BUSY at once when it turns from reading to writing.
            Connection::Sqlite(_) => "BEGIN IMMEDIATE",
            Connection::Postgres(_) => "BEGIN",
        };
        self.begin_as(begin).await
    }

    async fn begin_as(mut self, begin: &'static str) -> Result<Tx, StoreError> {
        self.in_transaction = true;
        let mut tx = Tx { writing: self };
        on_tx!(tx, connection => sqlx::query(begin).execute(connection).await.map(drop))?;
        Ok(tx)
    }
}

impl Tx {
    pub(super) fn backend(&self) -> Backend {
        match self.writing.connection {
            Connection::Sqlite(_) => Backend::Sqlite,
            Connection::Postgres(_) => Backend::Postgres,
        }
    }

    /// Commits, and gives the connection back for the next transaction.
    pub(super) async fn commit(mut self) -> Result<Writing, StoreError> {
        on_tx!(self, connection => sqlx::query("COMMIT").execute(connection).await.map(drop))?;
        self.writing.in_transaction = false;
        Ok(self.writing)
    }

    /// Runs a statement over many rows and gives the number of rows it changed.
    pub(super) async fn execute(&mut self, rows: Rows) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let sql = rows.bulk.sql(self.backend());
        match (&mut self.writing.connection, rows.finish()) {
            (Connection::Sqlite(connection), Encoded::Json(json, bytes)) => {
                let query = sqlx::query(sql).bind(json);
                let query = if let Some(bytes) = bytes { query.bind(bytes) } else { query };
                Ok(query.execute(&mut **connection).await?.rows_affected())
            }
            (Connection::Postgres(connection), Encoded::Arrays(arrays)) => {
                let mut query = sqlx::query(sql);
                for array in arrays {
                    query = match array {
                        Array::Text(array) => query.bind(array),
                        Array::Integer(array) => query.bind(array),
                        Array::Bytes(array) => query.bind(array),
                    };
                }
                Ok(query.execute(&mut **connection).await?.rows_affected())
            }
            (Connection::Sqlite(_), Encoded::Arrays(_)) | (Connection::Postgres(_), Encoded::Json(..)) => Err(MISMATCH),
        }
    }

    /// Runs a statement over many rows and gives the records it answers.
    pub(super) async fn fetch<T: Record>(&mut self, rows: Rows) -> Result<Vec<T>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sql = rows.bulk.sql(self.backend());
        match (&mut self.writing.connection, rows.finish()) {
            (Connection::Sqlite(connection), Encoded::Json(json, bytes)) => {
                let query = sqlx::query_as(sql).bind(json);
                let query = if let Some(bytes) = bytes { query.bind(bytes) } else { query };
                Ok(query.fetch_all(&mut **connection).await?)
            }
            (Connection::Postgres(connection), Encoded::Arrays(arrays)) => {
                let mut query = sqlx::query_as(sql);
                for array in arrays {
                    query = match array {
                        Array::Text(array) => query.bind(array),
                        Array::Integer(array) => query.bind(array),
                        Array::Bytes(array) => query.bind(array),
                    };
                }
                Ok(query.fetch_all(&mut **connection).await?)
            }
            (Connection::Sqlite(_), Encoded::Arrays(_)) | (Connection::Postgres(_), Encoded::Json(..)) => Err(MISMATCH),
        }
    }
}

/// Rows were written for the other database: a mistake in this code.
const MISMATCH: StoreError = StoreError::Settings("rows were written for another database");
