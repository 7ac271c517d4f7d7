//! The list of suspects: what matters most first, narrowed by its address.

pub(in crate::web) mod alarms;
pub(in crate::web) mod asked;
pub(in crate::web) mod blind;
mod bulk;
mod export;
mod filters;
mod find;
pub(in crate::web) mod marks;
pub(in crate::web) mod table;
mod views;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_extra::extract::Query as Address;
use http::StatusCode;
use maud::{Markup, html};

use self::alarms::alarms;
use self::asked::{Asked, LIST, PAGE_SIZES, Query, Unreadable};
use self::blind::{Blind, switch};
use self::table::Look;
use crate::domain::caller::Role;
use crate::web::{Nav, PageError, Session, Web, layout, parts};
use crate::workflows::Refusal;
use crate::workflows::precondition::Precondition;
use crate::workflows::record::SuspectRecord;
use crate::workflows::record::desk::{SavedView, SuspectPage, Tally};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route(LIST, get(list))
        .route("/console/suspects/find", post(find::find))
        .route("/console/suspects/export", get(export::export))
        .route("/console/suspects/views", post(views::keep))
        .route(blind::SWITCH, post(blind::turn))
        .route("/console/suspects/bulk", post(bulk::confirm))
        .route("/console/suspects/bulk/decide", post(bulk::decide))
}

/// The list that an address asks for.
async fn list(
    State(web): State<Web>,
    session: Session,
    blind: Blind,
    Address(query): Address<Query>,
) -> Result<Response, PageError> {
    let asked = match query.read() {
        Ok(asked) => asked,
        Err(unreadable) => return Ok(unreadable_address(&session, unreadable)),
    };
    let filter = asked.filter(&session.caller, session.operator.as_str());
    let Some(filter) = filter else { return Ok(unreadable_address(&session, Unreadable::Region)) };
    let (page_of, too_broad) = match web.gateway.suspects(&session.caller, filter).await {
        Ok(page_of) => (page_of, false),
        Err(Refusal::Precondition(Precondition::SearchTooBroad)) => (SuspectPage::default(), true),
        Err(refusal) => return Err(refusal.into()),
    };
    let within = asked.region.unwrap_or(session.caller.region);
    let alarms = web.gateway.alarms(&session.caller, within).await?;
    let tallies = web.gateway.desk_tallies(&session.caller, within).await?;
    let views = web.gateway.views(&session.caller, &session.operator).await?;
    let next = page_of.next.map(|next| asked.address_from(next));
    let records = page_of.suspects;
    let found = Found { records, next, too_broad, alarms, tallies, views };
    Ok(page(&web, &session, &asked, blind, &found).into_response())
}

/// What is shown of the list.
struct Found {
    records: Vec<SuspectRecord>,
    /// The address of the next page.
    next: Option<String>,
    /// The search fits so many that it was not made.
    too_broad: bool,
    alarms: Vec<SuspectRecord>,
    tallies: Vec<Tally>,
    views: Vec<SavedView>,
}

fn page(web: &Web, session: &Session, asked: &Asked, blind: Blind, found: &Found) -> Markup {
    let lang = session.lang;
    let hidden = parts::csrf(session);
    layout::page(
        session,
        Nav::Suspects,
        lang.pick("疑点", "Suspects"),
        html! {
            (alarms(session, &found.alarms))
            // With a script the page changes in its place, and what has the focus keeps it; the address and the history are as without.
            div hx-boost="true" {
                (filters::quick(lang, asked, &found.tallies))
                (filters::form(session, asked))
            }
            div.list-tools {
                (filters::saved(lang, asked, &found.views, &hidden))
                (find::form(session, None))
                (exports(session, asked))
                (switch(session, blind, None))
            }
            (results(web, session, asked, blind, found))
        },
    )
}

/// The part of the page that changes with the filters.
fn results(web: &Web, session: &Session, asked: &Asked, blind: Blind, found: &Found) -> Markup {
    let lang = session.lang;
    // Alike suspects are judged alike: of one rule, which the list must be narrowed to.
    let selectable = asked.rule.is_some() && session.has(Role::SuspectsJudge);
    let look = Look { session, now: web.gateway.now(), blind: blind.0, selectable };
    html! {
        section #suspect-list {
            @if found.records.is_empty() { (empty(session, asked, found.too_broad)) }
            @else {
                @if selectable {
                    form method="post" action="/console/suspects/bulk" {
                        (parts::csrf(session))
                        (table::rows(look, &found.records))
                        div.bulk-bar {
                            button type="submit" { (lang.pick("对所选疑点一并作出结论", "Judge the selected ones alike")) }
                        }
                    }
                } @else { (table::rows(look, &found.records)) }
                div hx-boost="true" {
                    (sizes(session, asked))
                    @let first = asked.address();
                    (parts::pager(lang, asked.goes_on().then_some(first.as_str()), found.next.as_deref()))
                }
            }
        }
    }
}

/// How many stand on a page.
fn sizes(session: &Session, asked: &Asked) -> Markup {
    html! {
        p.sizes {
            (session.lang.pick("每页 ", "On a page: "))
            @for size in PAGE_SIZES {
                a href=(asked.with(|it| it.size = size).address()) aria-current=[(size == asked.size).then_some("true")] { (size) } " "
            }
        }
    }
}

/// Nothing fits, or there is nothing at all: the two are told apart.
fn empty(session: &Session, asked: &Asked, too_broad: bool) -> Markup {
    let lang = session.lang;
    html! {
        @if too_broad {
            (parts::empty(lang.pick("符合的企业过多", "Too many enterprises fit"), lang.pick("请输入更完整的名称或统一社会信用代码。", "Type more of the name, or the unified social credit code.")))
        } @else if asked.is_narrowed() {
            (parts::empty(lang.pick("没有符合条件的疑点", "No suspect fits"), lang.pick("放宽筛选，或从头看起。", "Widen the filters, or begin anew.")))
            p.center { a.button href=(LIST) { (lang.pick("清除筛选", "Clear the filters")) } }
        } @else {
            (parts::empty(lang.pick("没有待办的疑点", "Nothing waits to be judged"), lang.pick("新的疑点一经发现就会出现在这里。", "New suspects appear here as soon as they are found.")))
            p.center { a href=(format!("{LIST}?state=any")) { (lang.pick("查看已办结的疑点", "See closed ones")) } }
        }
    }
}

fn exports(session: &Session, asked: &Asked) -> Markup {
    let lang = session.lang;
    let address = |format: &str| {
        let query = asked.query();
        let joined = if query.is_empty() { String::new() } else { format!("&{query}") };
        format!("/console/suspects/export?format={format}{joined}")
    };
    html! {
        span.exports {
            (lang.pick("导出（已遮掩）：", "Export (masked): "))
            a href=(address("xlsx")) download { "XLSX" } " " a href=(address("csv")) download { "CSV" }
        }
    }
}

/// An address that says something unknown: nothing is shown rather than more than was asked.
fn unreadable_address(session: &Session, unreadable: Unreadable) -> Response {
    let lang = session.lang;
    let title = lang.pick("筛选条件无法识别", "A filter is not known");
    let which = match unreadable {
        Unreadable::Text => lang.pick("查找文字（1至64个字）", "the text (1 to 64 characters)"),
        Unreadable::Rule => lang.pick("规则", "the rule"),
        Unreadable::State => lang.pick("状态", "the state"),
        Unreadable::Band => lang.pick("资金", "the money"),
        Unreadable::Region => lang.pick("区划（须在您的辖区内）", "the region (which must be within yours)"),
        Unreadable::Order => lang.pick("排序", "the order"),
        Unreadable::Size => lang.pick("每页件数", "the page size"),
        Unreadable::After => lang.pick("页码", "the page"),
    };
    let body = html! {
        section.card.narrow {
            p { (lang.pick("不认识的是：", "What is not known: ")) (which) }
            p { a.button href=(LIST) { (lang.pick("回到疑点", "Back to suspects")) } }
        }
    };
    (StatusCode::BAD_REQUEST, layout::page(session, Nav::Suspects, title, body)).into_response()
}
