//! A database of a test's own, on either engine.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use url::Url;

/// Where the tests find a PostgreSQL server, as a URL with the right to create databases.
const POSTGRES_VARIABLE: &str = "HUFU_TEST_POSTGRES";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A database of its own. Dropped, it is gone.
pub(crate) struct TestDatabase {
    url: String,
    /// The server it is on, and its name there.
    server: Option<(Url, String)>,
}

impl TestDatabase {
    /// Makes a new database; an embedded one lies in a folder.
    pub(crate) async fn create(engine: Engine, folder: &Path) -> Self {
        match engine {
            Engine::Sqlite => {
                Self { url: format!("sqlite://{}", folder.join("data").join("hufu.db").display()), server: None }
            }
            Engine::Postgres => {
                let server = postgres();
                let name = unused_name();
                execute(&server, format!("CREATE DATABASE {name}")).await.unwrap();
                let mut own = server.clone();
                own.set_path(&name);
                Self { url: own.into(), server: Some((server, name)) }
            }
        }
    }

    /// A copy; nobody is connected to the original. An embedded one lies in a folder.
    pub(crate) async fn copy(&self, folder: &Path) -> Self {
        let Some((server, original)) = &self.server else {
            let original = Path::new(self.url.trim_start_matches("sqlite://"));
            let data = folder.join("data");
            fs::create_dir(&data).unwrap();
            // The log that goes with the file as well.
            for file in fs::read_dir(original.parent().unwrap()).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), data.join(file.file_name())).unwrap();
            }
            return Self::create(Engine::Sqlite, folder).await;
        };
        let name = unused_name();
        execute(server, format!("CREATE DATABASE {name} TEMPLATE {original}")).await.unwrap();
        let mut own = server.clone();
        own.set_path(&name);
        Self { url: own.into(), server: Some((server.clone(), name)) }
    }

    /// The same one, for another node; it is gone with the original.
    pub(crate) fn shared(&self) -> Self {
        Self { url: self.url.clone(), server: None }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, name)) = self.server.take() else { return };
        // A runtime of its own: the test's may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")))
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("a test's database was left behind");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the server is named in the environment alone")]
fn postgres() -> Url {
    let url = std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{POSTGRES_VARIABLE} is not set: run the tests as `scripts/with-postgres cargo test --features failpoints`"
        );
    });
    Url::parse(&url).unwrap()
}

fn unused_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("hufu_process_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn execute(server: &Url, statement: String) -> sqlx::Result<()> {
    let mut connection: PgConnection = sqlx::postgres::PgConnectOptions::from_url(server)?.connect().await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await
}
