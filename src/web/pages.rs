//! The sections of the console: one file each, with its routes.

mod audit;
mod clawback;
mod help;
mod ledger;
mod policy;
mod pooling;
mod slice;
mod suspect;
mod suspects;
mod today;

use axum::Router;

use super::Web;

/// The first page.
pub(super) const HOME: &str = "/console/today";

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .merge(today::routes())
        .merge(suspects::routes())
        .merge(suspect::routes())
        .merge(clawback::routes())
        .merge(pooling::routes())
        .merge(ledger::routes())
        .merge(policy::routes())
        .merge(audit::routes())
        .merge(help::routes())
}
