//! The list as a file: the same suspects in the same order, masked, and harmless in a spreadsheet program.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query as Address;
use http::header;
use serde::Deserialize;
use uuid::Uuid;

use super::asked::Query;
use super::table::{own_desk, person_of};
use crate::domain::calendar::cst_date;
use crate::tables::export::{Language, row_writer};
use crate::tables::{ExportFormat, Heading, Layout, TableError, Value};
use crate::web::{PageError, Session, Web};
use crate::workflows::Refusal;
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
    let mut writer = row_writer(format, sink, layout(session)).map_err(failed)?;
    let mut written = 0;
    filter.limit = READ_ROWS;
    loop {
        let page = web.gateway.suspects(&session.caller, filter.clone()).await?;
        written += page.suspects.len();
        if written > EXPORT_MAX {
            return Err(too_many());
        }
        for record in &page.suspects {
            writer.write_row(&row(session, record)).map_err(failed)?;
        }
        match page.next {
            Some(next) => filter.order = next,
            None => break,
        }
    }
    writer.finish().map(drop).map_err(failed)
}

fn layout(session: &Session) -> Layout {
    let headings = [
        Heading::new("疑点编号", "suspect_id").wide(38),
        Heading::new("规则", "rule").wide(32),
        Heading::new("条款", "clause").wide(8),
        Heading::new("状态", "state").wide(10),
        Heading::new("资金", "money").wide(10),
        Heading::new("涉及金额（元）", "amount").wide(14),
        Heading::new("证据分量（千分）", "weight").wide(12),
        Heading::new("发现日期", "found_on").wide(12),
        Heading::new("期限", "due_on").wide(12),
        Heading::new("承办人", "assignee").wide(16),
        Heading::new("甲申请地区", "first_region").wide(14),
        Heading::new("甲企业", "first_enterprise").wide(36),
        Heading::new("甲统一社会信用代码", "first_uscc").wide(22),
        Heading::new("乙申请地区", "second_region").wide(14),
        Heading::new("乙企业", "second_enterprise").wide(36),
        Heading::new("乙统一社会信用代码", "second_uscc").wide(22),
        Heading::new("姓名（遮掩）", "person_masked").wide(14),
        Heading::new("证件号码（遮掩）", "resident_id_masked").wide(22),
    ];
    let language = session.lang.pick(Language::Chinese, Language::English);
    Layout { language, ..Layout::new(headings) }
}

/// In the order of the headings.
fn row(session: &Session, record: &SuspectRecord) -> Vec<Value> {
    let (lang, region) = (session.lang, session.caller.region);
    let desk = own_desk(record, region).map(|it| &it.desk);
    let person = record.first.iter().chain([&record.second]).find_map(|side| side.person.as_ref());
    let stake = record.stake;
    let mut row = vec![
        Value::Text(record.suspect_id.to_string()),
        lang.pick(record.rule.zh(), record.rule.en()).into(),
        record.rule.clause().into(),
        lang.pick(record.state.zh(), record.state.en()).into(),
        Value::optional(stake.map(|it| lang.pick(it.band.zh(), it.band.en()))),
        stake.map_or(Value::Empty, |it| Value::Money(it.amount)),
        stake.map_or(Value::Empty, |it| Value::Integer(it.weight.into())),
        Value::Date(cst_date(record.opened_at)),
        desk.and_then(|it| it.due_at).map_or(Value::Empty, |at| Value::Date(cst_date(at))),
        Value::optional(desk.and_then(|it| it.assignee.as_ref()).map(|it| person_of(it.as_str()))),
    ];
    row.extend(side(session, record.first.as_ref()));
    row.extend(side(session, Some(&record.second)));
    row.push(Value::optional(person.map(|it| it.name.as_str())));
    row.push(Value::optional(person.map(|it| it.resident_id.as_str())));
    row
}

/// Place, name and code; of a claim elsewhere the province alone.
fn side(session: &Session, side: Option<&SuspectSide>) -> [Value; 3] {
    match side {
        None => [Value::Empty, Value::Empty, Value::Empty],
        Some(side) if session.caller.region.covers(side.region) => [
            Value::Text(session.place(side.region)),
            Value::optional(side.enterprise_name.as_ref().map(|it| it.as_str())),
            side.enterprise.as_str().into(),
        ],
        Some(side) => [side.region.province_name_zh().into(), Value::Empty, Value::Empty],
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
