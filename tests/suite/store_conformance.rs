//! One suite over both databases: what the store promises, it promises on SQLite and on PostgreSQL.

pub(crate) mod harness;

mod assessing;
mod audit_entries;
mod batch_pages;
mod batches;
mod books;
mod broken_rows;
mod cases;
mod desk;
mod filings;
mod funding;
mod guarding;
mod lists;
mod overview;
mod paid;
mod paid_as_approved;
mod path;
mod payments;
mod payments_fixture;
mod reading;
mod record_retry;
mod requests;
mod reviews;
mod seen_from;
mod settling;
mod slots;
mod statements;
mod stories;
mod suspect_records;
mod weigh;

use harness::{Backend, Database};

/// Runs a test on a database of its own, which is gone afterwards.
fn on<F: Future<Output = Database>>(backend: Backend, test: impl FnOnce(Database) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::new(backend).await;
        test(database).await.remove().await;
    });
}

/// Makes of each test two: one on SQLite, one on PostgreSQL.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($database:ident: &Database) $body:block)*) => {
        $(
            mod $name {
                #[allow(unused_imports, reason = "a test may need nothing but its database")]
                use super::*;
                use crate::store_conformance::harness::{Backend, Database};
                use crate::store_conformance::on;

                $(#[$doc])*
                async fn test($database: Database) -> Database {
                    { let $database = &$database; $body }
                    $database
                }

                #[test]
                fn on_sqlite() {
                    on(Backend::Sqlite, test);
                }

                #[test]
                fn on_postgres() {
                    on(Backend::Postgres, test);
                }
            }
        )*
    };
}

use on_both;
