//! Saved views of the list: a person's own, sealed with their names, because either may be somebody's name (I11).

use crate::domain::operator::OperatorId;
use crate::domain::suspect::view::{ViewName, ViewQuery};
use crate::store::act::Act;
use crate::store::pool::{on_pool, on_tx};
use crate::store::record::desk::{SaveViewOutcome, SavedView};
use crate::store::seal::{Index, Place, Sealer};
use crate::store::sql::statements;
use crate::store::transaction::Transaction;
use crate::store::{Store, StoreError};

statements! {
    VIEWS = "SELECT name_index, sealed FROM saved_view WHERE person = $1 LIMIT 50";
    COUNT_OTHER_VIEWS = "SELECT COUNT(*) FROM saved_view WHERE person = $1 AND name_index <> $2";
    SAVE_VIEW = "
        INSERT INTO saved_view (person, name_index, sealed) VALUES ($1, $2, $3)
        ON CONFLICT (person, name_index) DO UPDATE SET sealed = excluded.sealed";
    /// One that was saved since under the same name is the newer one.
    BRING_OVER_VIEW = "
        INSERT INTO saved_view (person, name_index, sealed) VALUES ($1, $2, $3) ON CONFLICT (person, name_index) DO NOTHING";
    FORGET_VIEW = "DELETE FROM saved_view WHERE person = $1 AND name_index = $2";
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
    ) -> Result<SaveViewOutcome, StoreError> {
        self.act(SaveView { person, name, query }).await
    }

    /// A person's views, by name.
    pub async fn views(&self, person: &OperatorId) -> Result<Vec<SavedView>, StoreError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(VIEWS).bind(person.as_str()).fetch_all(pool).await
        })?;
        let open = |(index, sealed): (Vec<u8>, Vec<u8>)| {
            let (name, query) = self.inner.sealer.open_json(Place::View, &row(person.as_str(), &index), sealed)?;
            Ok(SavedView { name, query })
        };
        let mut views: Vec<SavedView> = rows.into_iter().map(open).collect::<Result<_, StoreError>>()?;
        views.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(views)
    }
}

/// What a sealed view is bound to. A person's id has no zero byte in it.
fn row(person: &str, name: &[u8]) -> Vec<u8> {
    [person.as_bytes(), &[0], name].concat()
}

fn index_of(name: &str, sealer: &Sealer) -> Index {
    sealer.index_of("desk view", name)
}

/// Seals the name of a view that was kept under it in the open.
pub(in crate::store) async fn bring_over(
    transaction: &mut Transaction,
    person: &str,
    name: &str,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    let query: String = transaction.sealer.open_json(Place::View, &row(person, name.as_bytes()), sealed)?;
    let index = index_of(name, &transaction.sealer);
    let sealed = transaction.sealer.seal_json(Place::View, &row(person, index.as_slice()), &(name, query))?;
    on_tx!(transaction.tx, connection => {
        sqlx::query(BRING_OVER_VIEW).bind(person).bind(index.as_slice()).bind(sealed).execute(connection).await.map(drop)
    })?;
    Ok(())
}

struct SaveView {
    person: OperatorId,
    name: ViewName,
    query: Option<ViewQuery>,
}

impl Act for SaveView {
    type Output = SaveViewOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<SaveViewOutcome, StoreError> {
        let Self { person, name, query } = self;
        let index = index_of(name.as_str(), &transaction.sealer);
        let Some(query) = query else {
            on_tx!(transaction.tx, connection => {
                sqlx::query(FORGET_VIEW).bind(person.as_str()).bind(index.as_slice()).execute(connection).await?;
            });
            return Ok(SaveViewOutcome::Forgotten);
        };
        let others: i64 = on_tx!(transaction.tx, connection => {
            sqlx::query_scalar(COUNT_OTHER_VIEWS).bind(person.as_str()).bind(index.as_slice()).fetch_one(connection).await?
        });
        if others >= VIEWS_MAX {
            return Ok(SaveViewOutcome::TooMany);
        }
        let place = row(person.as_str(), index.as_slice());
        let sealed = transaction.sealer.seal_json(Place::View, &place, &(name.as_str(), query.as_str()))?;
        on_tx!(transaction.tx, connection => {
            sqlx::query(SAVE_VIEW)
                .bind(person.as_str())
                .bind(index.as_slice())
                .bind(sealed)
                .execute(connection)
                .await?;
        });
        Ok(SaveViewOutcome::Saved)
    }
}
