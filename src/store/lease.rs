//! Who may take a city further: one at a time, told apart by a number that only grows (fencing).

use jiff::Timestamp;

use super::StoreError;
use super::act::Act;
use super::pool::on_tx;
use super::record::pooling::Fence;
use super::sql::statements;
use super::transaction::Transaction;
use crate::domain::identity::Region;

statements! {
    ENTER_LEASE = "
        INSERT INTO pooling_lease (city, holder, fence, leased_until) VALUES ($1, '', 0, 0) ON CONFLICT DO NOTHING";
    /// The holder itself may take it again: after a restart it need not wait for its own lease to run out.
    TAKE_LEASE = "
        UPDATE pooling_lease SET holder = $2, fence = fence + 1, leased_until = $4
        WHERE city = $1 AND (leased_until <= $3 OR holder = $2)
        RETURNING fence";
    KEEP_LEASE = "UPDATE pooling_lease SET leased_until = $3 WHERE city = $1 AND fence = $2 RETURNING fence";
    FIND_FENCE = "SELECT fence FROM pooling_lease WHERE city = $1";
}

/// Takes the lease of a city, unless another holder has it.
pub(super) struct TakeLease {
    pub(super) city: Region,
    /// Unique for a process.
    pub(super) holder: String,
    pub(super) now: Timestamp,
    pub(super) until: Timestamp,
}

impl Act for TakeLease {
    type Output = Option<Fence>;

    async fn run(&self, transaction: &mut Transaction) -> Result<Option<Fence>, StoreError> {
        let Self { city, holder, now, until } = self;
        let taken: Option<(i64,)> = on_tx!(transaction.tx, connection => {
            sqlx::query(ENTER_LEASE).bind(city.as_str()).execute(&mut *connection).await?;
            sqlx::query_as(TAKE_LEASE)
                .bind(city.as_str())
                .bind(holder)
                .bind(now.as_millisecond())
                .bind(until.as_millisecond())
                .fetch_optional(connection)
                .await
        })?;
        Ok(taken.map(|(number,)| Fence { city: *city, number }))
    }
}

/// Keeps a lease until another moment, or gives it back with one that is over. Gives whether it was still held.
pub(super) struct KeepLease {
    pub(super) fence: Fence,
    pub(super) until: Timestamp,
}

impl Act for KeepLease {
    type Output = bool;

    async fn run(&self, transaction: &mut Transaction) -> Result<bool, StoreError> {
        let Fence { city, number } = self.fence;
        let kept: Option<(i64,)> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(KEEP_LEASE)
                .bind(city.as_str())
                .bind(number)
                .bind(self.until.as_millisecond())
                .fetch_optional(connection)
                .await
        })?;
        Ok(kept.is_some())
    }
}

/// Fails with `StoreError::Fenced` unless the fence is the city's latest: what an earlier holder still wants to write is not taken.
pub(super) async fn check(transaction: &mut Transaction, fence: Fence) -> Result<(), StoreError> {
    let latest: Option<(i64,)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(FIND_FENCE).bind(fence.city.as_str()).fetch_optional(connection).await
    })?;
    if latest == Some((fence.number,)) { Ok(()) } else { Err(StoreError::Fenced) }
}
