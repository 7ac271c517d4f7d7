//! Where the store is, and what it takes on at once.

use std::time::Duration;

/// Where the store is and how much it takes on at once.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `sqlite://path/hufu.db` or `postgres://…`.
    pub url: String,
    /// The most requests in one transaction.
    pub max_batch: usize,
    /// The most requests waiting for the writer; beyond it a request is refused at once.
    pub queue_length: usize,
    /// Connections that only read.
    pub reader_connections: u32,
    /// How long a reader waits for a connection.
    pub acquire_timeout: Duration,
}

impl StoreSettings {
    /// Beyond this a larger batch no longer makes a row cheaper, it only makes the first of it wait.
    pub const MAX_BATCH: usize = 512;
    /// Eight full batches: what is behind them would wait longer than it should before it hears that the node is busy.
    pub const QUEUE_LENGTH: usize = 4_096;
    /// One for each core of a small node.
    pub const READER_CONNECTIONS: u32 = 4;
    /// Half of the time a caller has for a whole call.
    pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

    /// The settings for a database, all others at their defaults.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_batch: Self::MAX_BATCH,
            queue_length: Self::QUEUE_LENGTH,
            reader_connections: Self::READER_CONNECTIONS,
            acquire_timeout: Self::ACQUIRE_TIMEOUT,
        }
    }
}
