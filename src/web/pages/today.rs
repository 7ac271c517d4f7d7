//! What matters most, first: alarms, what is due, what stands still, where the money is. What a person may not see is left out.

mod blocks;
mod radar;
mod rules;
mod weeks;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};

use crate::domain::identity::{Level, Region};
use crate::web::pages::ledger::flow;
use crate::web::pages::suspects::alarms::alarms;
use crate::web::{Lang, Nav, PageError, Session, Web, layout, parts};
use crate::workflows::Refusal;
use crate::workflows::pooling::PoolingStatus;
use crate::workflows::record::desk::DeskOverview;
use crate::workflows::record::ledger::SliceFilter;

const DESK: &str = "hufu.suspects.v1.SuspectService/GetDesk";
const FLOW: &str = "hufu.ledger.v1.LedgerService/GetFlow";
const POOLING: &str = "hufu.pooling.v1.PoolingService/GetPoolingStatus";
const RADAR: &str = "hufu.reports.v1.ReportService/GetRadar";
const UPSTREAMS: &str = "hufu.reports.v1.ReportService/ListUpstreams";
/// The parts of the page that are fetched by themselves.
const FLOW_PART: &str = "/console/today/flow";
const UPSTREAMS_PART: &str = "/console/today/upstreams";
/// Cities whose path is shown: a province has some twenty, and whoever sees more looks at one of them.
const CITIES_MAX: usize = 24;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/console/today", get(page))
        .route(FLOW_PART, get(flow_part))
        .route(UPSTREAMS_PART, get(upstreams_part))
}

async fn page(State(web): State<Web>, session: Session) -> Result<Markup, PageError> {
    let lang = session.lang;
    let desk = match session.may(DESK) {
        true => Some(web.gateway.desk(&session.caller, session.caller.region).await?),
        false => None,
    };
    let cities = match session.may(POOLING) {
        true => Some(cities(&web, &session).await?),
        false => None,
    };
    let radar = match session.may(RADAR) {
        true => Some(web.gateway.radar(&session.caller, session.caller.region).await?),
        false => None,
    };
    let body = html! {
        @if let Some(desk) = &desk { (first(&session, desk)) }
        div.today {
            @if let Some(desk) = &desk {
                (card("overdue", lang.pick("逾期未办", "Overdue"), blocks::overdue(&session, &desk.overdue, web.gateway.now())))
            }
            @if let Some(cities) = &cities { (card("stuck", lang.pick("停滞与待办", "What stands still"), blocks::stuck(&session, cities))) }
            @if let Some(radar) = &radar { (card("radar", lang.pick("30天到期雷达", "Thirty days ahead"), radar::radar(lang, radar))) }
            @if let Some(cities) = &cities { (card("batches", lang.pick("在办批次", "Batches under way"), blocks::batches(&session, cities))) }
            @if let Some(desk) = &desk {
                (wide("rules", lang.pick("各规则疑点与准确率", "Suspects by rule, and how well each rule hits"), rules::rules(lang, desk)))
                (card("weeks", lang.pick("发现与办结", "Found and judged"), weeks::weeks(lang, &desk.weeks)))
            }
            @if session.may(UPSTREAMS) { (upstreams(&web, lang)) }
            // The ledger is summed up while the rest is being read already.
            @if session.may(FLOW) { (wide("flow", flow_heading(lang), parts::loading(lang, FLOW_PART))) }
        }
        @if desk.is_none() && cities.is_none() && radar.is_none() { (parts::denied(lang)) }
    };
    Ok(layout::page(&session, Nav::Today, lang.pick("今日", "Today"), body))
}

fn flow_heading(lang: Lang) -> &'static str {
    lang.pick("基金流向", "Where the fund's money is")
}

/// Where the money is: the part that the page fetches once it is there, a page of its own where no script does.
async fn flow_part(State(web): State<Web>, session: Session) -> Result<Markup, PageError> {
    let found = web.gateway.fund_flow(&session.caller, all_of(session.caller.region)).await?;
    let heading = flow_heading(session.lang);
    let part = html! { section.wide #flow aria-label=(heading) { (flow::pictures(&session, &found)) } };
    Ok(layout::part(&session, Nav::Today, heading, part))
}

/// The other bureaus' systems anew, when somebody asks: a page that asked by itself would keep a session from ever ending.
async fn upstreams_part(State(web): State<Web>, session: Session) -> Markup {
    let lang = session.lang;
    layout::part(&session, Nav::Today, upstreams_heading(lang), upstreams(&web, lang))
}

fn upstreams_heading(lang: Lang) -> &'static str {
    lang.pick("其他机构系统", "The other bureaus' systems")
}

fn upstreams(web: &Web, lang: Lang) -> Markup {
    card(
        "upstreams",
        upstreams_heading(lang),
        html! {
            (blocks::upstreams(lang, &web.gateway.upstreams()))
            (parts::refresh(lang, UPSTREAMS_PART))
        },
    )
}

/// The ledger of a region, whole.
fn all_of(within: Region) -> SliceFilter {
    SliceFilter { within, batch: None, subsidy: None, month: None }
}

/// Alarms before all else, then the figures.
fn first(session: &Session, desk: &DeskOverview) -> Markup {
    html! {
        (alarms(session.lang, &desk.alarms))
        (blocks::figures(session.lang, desk))
    }
}

fn card(id: &str, heading: &str, body: Markup) -> Markup {
    html! { section.card #(id) aria-labelledby=(format!("{id}-heading")) { h2 id=(format!("{id}-heading")) { (heading) } (body) } }
}

fn wide(id: &str, heading: &str, body: Markup) -> Markup {
    html! { section.card.wide #(id) aria-labelledby=(format!("{id}-heading")) { h2 id=(format!("{id}-heading")) { (heading) } (body) } }
}

/// What the money's path says of itself.
async fn cities(web: &Web, session: &Session) -> Result<Vec<PoolingStatus>, Refusal> {
    let mut cities = Vec::new();
    for city in path_cities(web, session.caller.region).into_iter().take(CITIES_MAX) {
        cities.push(web.gateway.pooling_status(&session.caller, city).await?);
    }
    Ok(cities)
}

/// A county has no path of its own.
fn path_cities(web: &Web, within: Region) -> Vec<Region> {
    match within.level() {
        Level::County => Vec::new(),
        Level::Ministry | Level::Province | Level::Municipal => web.gateway.cities_within(within),
    }
}
