//! Policy sheets: each value with its clause, and what differs between two sheets.

mod compare;
mod sheet;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};

use crate::domain::policy::sheet::Sheet;
use crate::domain::policy::terms::OPEN_PARAMETER;
use crate::web::error::PageError;
use crate::web::lang::Lang;
use crate::web::layout::{self, Nav};
use crate::web::pages::help;
use crate::web::parts::{self, Column};
use crate::web::{Session, Web};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/console/policy", get(page))
        .route("/console/policy/compare", get(compare::page))
        .route("/console/policy/sheets/{sheet}", get(sheet::page))
}

fn address(sheet: &Sheet) -> String {
    format!("/console/policy/sheets/{}", sheet.id)
}

/// A clause as a label; what the notice leaves open is told apart.
fn clause(lang: Lang, clause: &str) -> Markup {
    html! {
        @if clause == OPEN_PARAMETER {
            span.clause.open { (lang.pick(OPEN_PARAMETER, "parameter: the notice is silent")) }
        } @else if !clause.is_empty() {
            span.clause { (clause) }
        }
    }
}

async fn page(State(web): State<Web>, session: Session) -> Result<Markup, PageError> {
    let lang = session.lang;
    let columns = [
        Column::text(lang.pick("政策表", "Sheet")),
        Column::number(lang.pick("版本", "Version")),
        Column::text(lang.pick("文号", "Source")),
        Column::text(lang.pick("实施期限", "Window")),
        Column::text(lang.pick("申请期限", "Applications until")),
        Column::number(lang.pick("标准（元）", "Rate (yuan)")),
    ];
    let sheets = web.gateway.sheets();
    let rows = sheets.iter().map(|sheet| {
        let window = sheet.window.value;
        let cells = vec![
            html! { a href=(address(sheet)) { (lang.pick(&sheet.zh, &sheet.en)) } },
            html! { span.num { (sheet.version) } },
            html! { (sheet.source) },
            html! { (parts::day(window.from)) " – " (parts::day(window.until)) },
            parts::day(sheet.application_deadline.value),
            parts::fen(sheet.rate.value.amount),
        ];
        (Some(address(sheet)), cells)
    });
    let body = html! {
        (help::panel(&session, Nav::Policy))
        (parts::card(lang.pick("政策表", "Sheets"), parts::table(lang.pick("政策表", "Sheets"), &columns, rows)))
        (parts::card(lang.pick("对比两份政策表", "Compare two sheets"), compare::form(&session, &web, "", "")))
    };
    Ok(layout::page(&session, Nav::Policy, lang.pick("政策", "Policy"), body))
}
