//! The funding application of a batch as a file: a page that loads nothing, and a workbook.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use uuid::Uuid;

use super::batch_id;
use crate::tables::{FundingReport, FundingReportError, funding_html, write_funding_xlsx};
use crate::web::error::PageError;
use crate::web::{Session, Web};
use crate::workflows::Refusal;

const HTML: &str = "text/html; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) async fn download(
    State(web): State<Web>,
    session: Session,
    Path((batch, format)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let view = web.gateway.batch(&session.caller, batch_id(&batch)?).await?;
    let paper = web.gateway.funding_paper(&view).ok_or(PageError::NotFound)?;
    let report = FundingReport {
        application: &paper.application,
        city_name: &paper.city_name,
        region_names: &|region| paper.names.get(&region).cloned().unwrap_or_default(),
        source: &paper.source,
        prepared_on: paper.prepared_on,
    };
    let (kind, content) = match format.as_str() {
        "html" => (HTML, funding_html(&report).map_err(failed)?.into_bytes()),
        "xlsx" => {
            let mut workbook = Vec::new();
            write_funding_xlsx(&report, &mut workbook).map_err(failed)?;
            (XLSX, workbook)
        }
        _ => return Err(PageError::NotFound),
    };
    // A file to be kept, never a page of ours: its own styles are none of the console's.
    let name = format!("funding-{}-{:02}.{format}", view.batch.month, view.batch.number);
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], content).into_response())
}

/// A paper whose table does not come to its total is not given out.
fn failed(error: FundingReportError) -> PageError {
    let error_id = Uuid::new_v4();
    tracing::error!(%error_id, code = error.code(), "no paper for a batch");
    PageError::from(Refusal::Internal { error_id })
}
