//! What matters most, first: alarms, what is due, what stands still, where the money is. What a person may not see is left out.

mod blocks;
mod radar;
mod rules;
mod weeks;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use jiff::civil::Date;
use maud::{Markup, html};

use crate::domain::identity::{Level, Region};
use crate::web::pages::suspects::alarms::alarms;
use crate::web::{Nav, PageError, Session, Web, layout, parts};
use crate::workflows::Refusal;
use crate::workflows::pooling::PoolingStatus;
use crate::workflows::record::desk::DeskOverview;
use crate::workflows::record::ledger::SliceFilter;
use crate::workflows::record::pooling::DueTotal;

const DESK: &str = "hufu.suspects.v1.SuspectService/GetDesk";
const FLOW: &str = "hufu.ledger.v1.LedgerService/GetFlow";
const POOLING: &str = "hufu.pooling.v1.PoolingService/GetPoolingStatus";
/// Cities whose path is shown: a province has some twenty, and whoever sees more looks at one of them.
const CITIES_MAX: usize = 24;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/console/today", get(page))
}

async fn page(State(web): State<Web>, session: Session) -> Result<Markup, PageError> {
    let lang = session.lang;
    let desk = match session.may(DESK) {
        true => Some(web.gateway.desk(&session.caller, session.caller.region).await?),
        false => None,
    };
    let money = match session.may(POOLING) {
        true => Some(money(&web, &session).await?),
        false => None,
    };
    let flow = match session.may(FLOW) {
        true => Some(web.gateway.fund_flow(&session.caller, all_of(session.caller.region)).await?),
        false => None,
    };
    let body = html! {
        @if let Some(desk) = &desk { (first(&session, desk)) }
        div.today {
            @if let Some(desk) = &desk {
                (card("overdue", lang.pick("逾期未办", "Overdue"), blocks::overdue(&session, &desk.overdue, web.gateway.now())))
            }
            @if let Some(money) = &money {
                (card("stuck", lang.pick("停滞与待办", "What stands still"), blocks::stuck(&session, &money.cities)))
                (card("radar", lang.pick("30天到期雷达", "Thirty days ahead"), radar::radar(lang, money.today, &money.due)))
                (card("batches", lang.pick("在办批次", "Batches under way"), blocks::batches(&session, &money.cities)))
            }
            @if let Some(desk) = &desk {
                (wide("rules", lang.pick("各规则疑点与准确率", "Suspects by rule, and how well each rule hits"), rules::rules(lang, desk)))
                (card("weeks", lang.pick("发现与办结", "Found and judged"), weeks::weeks(lang, &desk.weeks)))
            }
            (card("upstreams", lang.pick("登记机构系统", "The registries' systems"), blocks::upstreams(lang, &web.gateway.upstreams())))
            @if let Some(flow) = &flow {
                @let place = |region| session.place(region);
                @if let Some(drawn) = flow.flow.as_ref().filter(|it| !it.cities.is_empty()) { (wide("flow", lang.pick("基金流向", "Where the fund's money is"), parts::flow(lang, drawn, place))) }
                @if !flow.paid.is_empty() { (wide("paid", lang.pick("各地补助", "Subsidies by place"), parts::money_chart(lang, &flow.paid, place))) }
            }
        }
        @if desk.is_none() && money.is_none() { (parts::denied(lang)) }
    };
    Ok(layout::page(&session, Nav::Today, lang.pick("今日", "Today"), body))
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
struct Money {
    cities: Vec<PoolingStatus>,
    today: Date,
    due: Vec<DueTotal>,
}

async fn money(web: &Web, session: &Session) -> Result<Money, Refusal> {
    let within = session.caller.region;
    let mut cities = Vec::new();
    for city in path_cities(web, within).into_iter().take(CITIES_MAX) {
        cities.push(web.gateway.pooling_status(&session.caller, city).await?);
    }
    let (today, due) = web.gateway.radar(&session.caller, within).await?;
    Ok(Money { cities, today, due })
}

/// A county has no path of its own.
fn path_cities(web: &Web, within: Region) -> Vec<Region> {
    match within.level() {
        Level::County => Vec::new(),
        Level::Ministry | Level::Province | Level::Municipal => web.gateway.cities_within(within),
    }
}
