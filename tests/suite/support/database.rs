//! A database of its own for every story, on either of the two.

use std::path::Path;

use hufu::store::{Keys, Store, StoreSettings};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use url::Url;

/// Which database a story runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// A fresh, empty database.
pub(crate) struct TestDatabase {
    url: String,
    /// PostgreSQL's own database, from which this one was made, and its name.
    made_from: Option<(String, String)>,
}

impl TestDatabase {
    pub(crate) async fn create(database: Database, folder: &Path) -> Self {
        Keys::generate().unwrap().write(&folder.join("master.key")).unwrap();
        match database {
            Database::Sqlite => Self { url: format!("sqlite://{}", folder.join("hufu.db").display()), made_from: None },
            Database::Postgres => {
                let server = postgres_server();
                let name = format!("hufu_{}", uuid::Uuid::new_v4().simple());
                execute(&server, format!("CREATE DATABASE {name}")).await;
                let mut url = Url::parse(&server).unwrap();
                url.set_path(&name);
                Self { url: url.into(), made_from: Some((server, name)) }
            }
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// After the node has ended: the audit chain holds from its first entry to its last.
    pub(crate) async fn check_and_remove(self, folder: &Path) {
        let keys = Keys::load(&folder.join("master.key")).unwrap();
        let store = Store::open(StoreSettings::new(&self.url), keys).await.unwrap();
        store.verify_audit().await.unwrap();
        store.close().await;
        if let Some((server, name)) = self.made_from {
            execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn execute(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}

/// A server on which databases may be made.
#[expect(clippy::disallowed_methods, reason = "the test command names the server in the environment")]
fn postgres_server() -> String {
    std::env::var("HUFU_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "HUFU_TEST_POSTGRES is not set: run `scripts/with-postgres cargo test`, or `scripts/test` for everything"
        )
    })
}
