//! Saved views of the list: a person's own, sealed, because a view may search for somebody's name (I11).

use jiff::Timestamp;

use crate::domain::operator::OperatorId;
use crate::domain::suspect::view::{ViewName, ViewQuery};
use crate::store::act::Act;
use crate::store::pool::{on_pool, on_tx};
use crate::store::record::desk::{SaveViewOutcome, SavedView};
use crate::store::seal::Place;
use crate::store::sql::statements;
use crate::store::transaction::Transaction;
use crate::store::{Store, StoreError};

statements! {
    VIEWS = "SELECT name, sealed FROM desk_view WHERE person = $1 ORDER BY name LIMIT 50";
    COUNT_OTHER_VIEWS = "SELECT COUNT(*) FROM desk_view WHERE person = $1 AND name <> $2";
    SAVE_VIEW = "
        INSERT INTO desk_view (person, name, sealed, saved_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (person, name) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at";
    FORGET_VIEW = "DELETE FROM desk_view WHERE person = $1 AND name = $2";
}

/// The most views of a person; as many are read.
const VIEWS_MAX: i64 = 50;

impl Store {
    /// Keeps a view under its name, in place of the one that had it; with no query, forgets it.
    pub async fn save_view(
        &self,
        person: OperatorId,
        name: ViewName,
        query: Option<ViewQuery>,
        at: Timestamp,
    ) -> Result<SaveViewOutcome, StoreError> {
        self.act(SaveView { person, name, query, at }).await
    }

    /// A person's views, by name.
    pub async fn views(&self, person: &OperatorId) -> Result<Vec<SavedView>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(VIEWS).bind(person.as_str()).fetch_all(pool).await
        })?;
        let open = |(name, sealed): (String, Vec<u8>)| {
            let query = self.inner.sealer.open_json(Place::View, &row(person, &name), sealed)?;
            Ok(SavedView { name, query })
        };
        rows.into_iter().map(open).collect()
    }
}

/// What a sealed view is bound to. A person's id has no zero byte in it.
fn row(person: &OperatorId, name: &str) -> Vec<u8> {
    [person.as_str().as_bytes(), &[0], name.as_bytes()].concat()
}

struct SaveView {
    person: OperatorId,
    name: ViewName,
    query: Option<ViewQuery>,
    at: Timestamp,
}

impl Act for SaveView {
    type Output = SaveViewOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<SaveViewOutcome, StoreError> {
        let Self { person, name, query, at } = self;
        let Some(query) = query else {
            on_tx!(transaction.tx, connection => {
                sqlx::query(FORGET_VIEW).bind(person.as_str()).bind(name.as_str()).execute(connection).await?;
            });
            return Ok(SaveViewOutcome::Forgotten);
        };
        let others: i64 = on_tx!(transaction.tx, connection => {
            sqlx::query_scalar(COUNT_OTHER_VIEWS).bind(person.as_str()).bind(name.as_str()).fetch_one(connection).await?
        });
        if others >= VIEWS_MAX {
            return Ok(SaveViewOutcome::TooMany);
        }
        let sealed = transaction.sealer.seal_json(Place::View, &row(person, name.as_str()), &query.as_str())?;
        on_tx!(transaction.tx, connection => {
            sqlx::query(SAVE_VIEW)
                .bind(person.as_str())
                .bind(name.as_str())
                .bind(sealed)
                .bind(at.as_millisecond())
                .execute(connection)
                .await?;
        });
        Ok(SaveViewOutcome::Saved)
    }
}
