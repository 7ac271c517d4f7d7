//! The list as a file: the same suspects in the same order, masked, and harmless in a spreadsheet program.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query as Address;
use http::header;
use serde::Deserialize;
use uuid::Uuid;

use super::asked::Query;
use super::table::{own_desks, own_state};
use crate::domain::calendar::cst_date;
use crate::domain::identity::Region;
use crate::tables::export::{Language, row_writer};
use crate::tables::{ExportFormat, Layout, SuspectRow, SuspectRowDesk, SuspectRowSide, TableError};
use crate::web::{PageError, Session, Web};
use crate::workflows::Refusal;
use crate::workflows::record::desk::DeskRecord;
use crate::workflows::record::{SuspectFilter, SuspectRecord, SuspectSide};

/// Suspects in one file: what a person can look through, and what is made well within a page's time.
const EXPORT_MAX: usize = 10_000;
/// Suspects read at once.
const READ_ROWS: u32 = 500;

/// As which file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct As {
    format: String,
}

/// The list that an address asks for, from its first page on. Each read of it is in the audit log before the file leaves.
pub(super) async fn export(
    State(web): State<Web>,
    session: Session,
    Address(kind): Address<As>,
    Address(query): Address<Query>,
) -> Result<Response, PageError> {
    let (format, media) = match kind.format.as_str() {
        "xlsx" => (ExportFormat::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "csv" => (ExportFormat::Csv, "text/csv; charset=utf-8"),
        _ => return Err(PageError::NotFound),
    };
    let asked = query.read().map_err(|_| unreadable())?.with(|_| {});
    let filter = asked.filter(&session.caller, session.operator.as_str()).ok_or_else(unreadable)?;
    let mut bytes = Vec::new();
    write(&web, &session, filter, format, &mut bytes).await?;
    let name = format!("attachment; filename=\"suspects.{}\"", kind.format);
    Ok(([(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, name.as_str())], bytes).into_response())
}

async fn write(
    web: &Web,
    session: &Session,
    mut filter: SuspectFilter,
    format: ExportFormat,
    sink: &mut Vec<u8>,
) -> Result<(), PageError> {
    let language = session.lang.pick(Language::Chinese, Language::English);
    let layout = Layout { language, ..SuspectRow::layout() };
    let mut writer = row_writer(format, sink, layout).map_err(failed)?;
    let mut written = 0;
    filter.limit = READ_ROWS;
    loop {
        let page = web.gateway.suspects(&session.caller, filter.clone()).await?;
        written += page.suspects.len();
        if written > EXPORT_MAX {
            return Err(too_many());
        }
        for record in &page.suspects {
            writer.write_row(&row(session, record).values()).map_err(failed)?;
        }
        match page.next {
            Some(next) => filter.order = next,
            None => break,
        }
    }
    writer.finish().map(drop).map_err(failed)
}

fn row(session: &Session, record: &SuspectRecord) -> SuspectRow {
    let region = session.caller.region;
    let desk = |it: &DeskRecord| SuspectRowDesk {
        assignee: it.desk.assignee.as_ref().map(ToString::to_string).unwrap_or_default(),
        due_on: it.desk.due_at.map(cst_date),
    };
    SuspectRow {
        suspect_id: record.suspect_id.to_string(),
        rule: record.rule,
        state: own_state(record, region),
        opened_on: cst_date(record.opened_at),
        first: record.first.as_ref().map(|first| side(region, first)),
        second: side(region, &record.second),
        stake: record.stake.map(|it| (it.band, it.amount)),
        desks: own_desks(record, region).map(desk).collect(),
    }
}

/// Of a claim elsewhere the province alone.
fn side(seen_from: Region, side: &SuspectSide) -> SuspectRowSide {
    if !seen_from.covers(side.region) {
        return SuspectRowSide { region: side.region.province().to_string(), ..SuspectRowSide::default() };
    }
    let person = side.person.clone();
    let (name_masked, resident_id_masked) = person.map(|it| (it.name, it.resident_id)).unwrap_or_default();
    SuspectRowSide {
        claim_id: side.claim_id.to_string(),
        region: side.region.to_string(),
        uscc: side.enterprise.as_str().to_owned(),
        enterprise_name: side.enterprise_name.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default(),
        name_masked,
        resident_id_masked,
    }
}

fn unreadable() -> PageError {
    PageError::field("query", "筛选条件无法识别", "a filter is not known")
}

fn too_many() -> PageError {
    PageError::field("query", "超过10000件，请缩小筛选范围后再导出", "more than 10,000 suspects: narrow the list first")
}

/// A writer to memory fails for a fault of ours alone.
fn failed(error: TableError) -> PageError {
    let error_id = Uuid::new_v4();
    tracing::error!(%error, %error_id, "export failed");
    PageError::Refused(Refusal::Internal { error_id })
}
