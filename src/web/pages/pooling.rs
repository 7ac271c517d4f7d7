//! The money's path: where a city stands, its batches, one batch hop by hop, payments and what they wait for (二(二), 三).

mod batch;
mod overview;
mod paper;
mod payments;

use axum::Router;
use axum::routing::{get, post};

use crate::domain::pooling::{BatchId, BatchState};
use crate::web::Web;
use crate::web::error::PageError;
use crate::web::lang::Lang;
use crate::web::parts::Tone;
use crate::workflows::record::pooling::BatchRecord;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/console/pooling", get(overview::page))
        .route("/console/pooling/{batch}", get(batch::page))
        .route("/console/pooling/{batch}/application/{format}", get(paper::download))
        .route("/console/pooling/payments/{payment}", post(payments::review))
}

fn address(id: BatchId) -> String {
    format!("/console/pooling/{id}")
}

fn batch_id(text: &str) -> Result<BatchId, PageError> {
    BatchId::parse(text).ok_or(PageError::NotFound)
}

/// A batch as people speak of it: the second of October.
fn name(lang: Lang, batch: &BatchRecord) -> String {
    lang.pick(format!("{} 第{}批", batch.month, batch.number), format!("{} no. {}", batch.month, batch.number))
}

fn tone(batch: &BatchRecord) -> Tone {
    match batch.state {
        _ if batch.stopped.is_some() => Tone::Warn,
        BatchState::Refused => Tone::Bad,
        BatchState::Closed => Tone::Good,
        BatchState::Gathering
        | BatchState::Sealed
        | BatchState::Asked
        | BatchState::Granted
        | BatchState::Funded
        | BatchState::Transferring
        | BatchState::Paying => Tone::Busy,
    }
}
