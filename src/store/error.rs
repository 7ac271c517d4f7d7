//! Why the store could not do what it was asked: never with a bound value, a name or a number in it (I11).

use std::borrow::Cow;

/// A refusal or a failure of the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error("store has more waiting requests than it may keep")]
    Overloaded,
    #[error("store is closed")]
    Closed,
    #[error("database cannot be reached: {0}")]
    Unavailable(&'static str),
    #[error("database stayed contended over all attempts")]
    Contended,
    #[error("database refused a statement with code {code}")]
    Database { code: Cow<'static, str> },
    #[error("database schema cannot be brought up to date: {0}")]
    Migration(String),
    #[error("database was written with another key")]
    WrongKey,
    #[error("key file {0}")]
    KeyFile(&'static str),
    #[error("store settings: {0}")]
    Settings(&'static str),
    #[error("stored {0} cannot be read back")]
    Corrupt(&'static str),
    #[error("lease has passed to another holder")]
    Fenced,
    /// An account would stand below zero: nothing of it is recorded (I3).
    #[error("an account has less money than is to be paid from it")]
    Overdrawn,
    #[error("audit log is broken at entry {sequence}")]
    AuditBroken { sequence: i64 },
}

impl StoreError {
    /// Whether the same request may succeed later. When the connection broke it may even have been recorded: asked again under the
    /// same request id it is answered, not done twice.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Overloaded | Self::Unavailable(_) | Self::Contended => true,
            // A reader meets a lock as well, for one while the log of a killed process is recovered.
            Self::Database { .. } => self.is_contention(),
            Self::Closed
            | Self::Migration(_)
            | Self::WrongKey
            | Self::KeyFile(_)
            | Self::Settings(_)
            | Self::Corrupt(_)
            | Self::Fenced
            | Self::Overdrawn
            | Self::AuditBroken { .. } => false,
        }
    }

    /// Whether the store asks for a pause because it has too much to do.
    pub fn is_overloaded(&self) -> bool {
        matches!(self, Self::Overloaded)
    }

    /// Whether the whole transaction is to be run again: serialization failure, deadlock or a lock that did not come on PostgreSQL,
    /// busy on SQLite, whatever it is busy with.
    pub(super) fn is_contention(&self) -> bool {
        matches!(self, Self::Database { code } if matches!(code.as_ref(), "40001" | "40P01" | "55P03" | "5" | "6" | "261" | "517" | "773"))
    }
}

impl From<sqlx::Error> for StoreError {
    /// Keeps the kind and the code. Messages of the database are dropped: they can quote values.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the driver may learn new ways to fail; none needs another answer"
    )]
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().map_or(Cow::Borrowed("unknown"), |code| Cow::Owned(code.into_owned()));
                unavailable(&code).map_or(Self::Database { code }, Self::Unavailable)
            }
            sqlx::Error::Io(_) => Self::Unavailable("connection failed"),
            sqlx::Error::Tls(_) => Self::Unavailable("TLS failed"),
            sqlx::Error::PoolTimedOut => Self::Unavailable("no connection became free in time"),
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::WorkerCrashed => Self::Unavailable("database worker ended"),
            sqlx::Error::Configuration(_) => Self::Settings("database URL is not understood"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt("column"),
            _ => Self::Database { code: Cow::Borrowed("driver") },
        }
    }
}

/// Codes of a database that cannot work at the moment: of SQLite plain numbers, of PostgreSQL five characters.
fn unavailable(code: &str) -> Option<&'static str> {
    match code {
        "13" | "53100" => Some("disk is full"),
        "8" | "25006" => Some("database may only be read"),
        "10" | "778" | "1034" | "1290" => Some("disk failed"),
        "14" => Some("database file cannot be opened"),
        "53200" | "53300" => Some("database has no room for another session"),
        _ if code.len() == 5 && (code.starts_with("57P") || code.starts_with("08")) => {
            Some("database ended the session")
        }
        _ => None,
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        // Migrations bind no values; what the database says about them is about the schema.
        Self::Migration(error.to_string())
    }
}
