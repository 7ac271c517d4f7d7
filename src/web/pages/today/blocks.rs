//! The blocks of the first page that are lists and figures.

use jiff::Timestamp;
use maud::{Markup, html};

use super::rules::{amount, at_work};
use crate::domain::calendar::cst_date_time;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::suspect::stake::Band;
use crate::web::lang::Lang;
use crate::web::pages::suspects::asked::LIST;
use crate::web::pages::suspects::{marks, table};
use crate::web::{Session, parts};
use crate::workflows::pooling::{PoolingStatus, StepDone};
use crate::workflows::record::SuspectRecord;
use crate::workflows::record::desk::DeskOverview;
use crate::workflows::record::pooling::BatchRecord;
use crate::workflows::today::{Upstream, UpstreamState};

/// Rows of a list on this page: what is more stands on its own page.
const ROWS: usize = 6;

/// The figures at the top: what can be stopped, what can be got back, what waits, what is late.
pub(super) fn figures(lang: Lang, desk: &DeskOverview) -> Markup {
    let of = |band: Band| {
        let tallies = || desk.tallies.iter().filter(|it| at_work(it)).filter(move |it| it.band == band);
        (amount(tallies()), tallies().map(|it| it.suspects).sum::<u64>())
    };
    let (stoppable, to_stop) = of(Band::Stoppable);
    let (recoverable, to_get_back) = of(Band::Recoverable);
    let waiting: u64 = desk.tallies.iter().filter(|it| at_work(it)).map(|it| it.suspects).sum();
    html! {
        ul.figures {
            (money(lang, lang.pick("可拦截", "Can be stopped"), "figure-stoppable", stoppable, to_stop, "band=stoppable"))
            (money(lang, lang.pick("可追回", "Can be got back"), "figure-recoverable", recoverable, to_get_back, "band=recoverable"))
            li.figure {
                a href=(LIST) {
                    span.figure-label { (lang.pick("未办结疑点", "Suspects not closed")) }
                    span.figure-number { (waiting) }
                }
            }
            li.figure.figure-late[!desk.overdue.is_empty()] {
                a href="#overdue" {
                    span.figure-label { (lang.pick("逾期未办", "Overdue")) }
                    span.figure-number { (desk.overdue.len()) @if desk.overdue.len() >= 100 { "+" } }
                }
            }
        }
    }
}

fn money(lang: Lang, label: &str, class: &str, amount: Fen, suspects: u64, query: &str) -> Markup {
    html! {
        li.figure.(class) {
            a href=(format!("{LIST}?{query}")) {
                span.figure-label { (label) }
                span.figure-number { (parts::yuan(lang, amount)) }
                span.under { (suspects) (lang.pick("件疑点", " suspects")) }
            }
        }
    }
}

/// What should have gone on by now, most urgent first.
pub(super) fn overdue(session: &Session, records: &[SuspectRecord], now: Timestamp) -> Markup {
    let lang = session.lang;
    if records.is_empty() {
        return html! { p.faint { (lang.pick("没有逾期的疑点。", "Nothing is overdue.")) } };
    }
    html! {
        ul.due-list {
            @for record in records.iter().take(ROWS) {
                li data-row {
                    a href=(format!("{LIST}/{}", record.suspect_id)) { (lang.pick(record.rule.zh(), record.rule.en())) }
                    span.due-facts {
                        (marks::stake_band(lang, record.stake.as_ref()))
                        @if let Some(amount) = record.amount_told(session.caller.region) { (marks::amount(lang, amount)) }
                        @if let Some(desk) = table::own_desk(record, session.caller.region) { (marks::due(lang, desk, now)) }
                    }
                }
            }
        }
        @if records.len() > ROWS { p { a href=(LIST) { (lang.pick("全部疑点", "All suspects")) } } }
    }
}

/// What stands still until a person acts.
pub(super) fn stuck(session: &Session, cities: &[PoolingStatus]) -> Markup {
    let lang = session.lang;
    let waiting: Vec<(Region, &StepDone)> =
        cities.iter().flat_map(|status| status.attention.iter().map(|step| (status.city, step))).collect();
    if waiting.is_empty() {
        return html! { p.faint { (lang.pick("资金拨付没有停滞。", "Nothing stands still on the money's path.")) } };
    }
    html! {
        ul.stuck {
            @for (city, step) in waiting {
                li {
                    span.place { (session.place(city)) }
                    span { (lang.pick(&step.zh, &step.en)) }
                    code.faint { (step.code) }
                }
            }
        }
    }
}

/// Batches that are not closed.
pub(super) fn batches(session: &Session, cities: &[PoolingStatus]) -> Markup {
    let lang = session.lang;
    let open: Vec<&BatchRecord> = cities.iter().flat_map(|status| &status.open_batches).collect();
    if open.is_empty() {
        return html! { p.faint { (lang.pick("没有在办的汇总批次。", "No batch is under way.")) } };
    }
    html! {
        div.table-frame tabindex="0" role="region" aria-label=(lang.pick("在办批次", "Batches under way")) {
            table {
                thead {
                    tr {
                        th scope="col" { (lang.pick("批次", "Batch")) }
                        th scope="col" { (lang.pick("状态", "State")) }
                        th.number scope="col" { (lang.pick("笔数", "Claims")) }
                        th.number scope="col" { (lang.pick("金额（元）", "Amount (yuan)")) }
                    }
                }
                tbody {
                    @for batch in open {
                        tr {
                            th scope="row" {
                                a href=(format!("/console/pooling/{}", batch.batch_id)) { (session.place(batch.city)) " " (batch.month) "-" (batch.number) }
                            }
                            td {
                                (match lang { Lang::Zh => batch.state.zh(), Lang::En => batch.state.code() })
                                @if batch.stopped.is_some() { " " span.stopped { (lang.pick("已停", "stopped")) } }
                            }
                            td.number { (batch.total.claims) }
                            td.number { (batch.total.amount.yuan_text()) }
                        }
                    }
                }
            }
        }
    }
}

/// Whether the other bureaus' systems are being asked.
pub(super) fn upstreams(lang: Lang, upstreams: &[Upstream]) -> Markup {
    html! {
        ul.upstreams {
            @for it in upstreams {
                @let (code, words) = match it.state {
                    UpstreamState::Asked => ("asked", lang.pick("正常", "in order")),
                    UpstreamState::Tried => ("tried", lang.pick("正在试探恢复", "being tried")),
                    UpstreamState::LeftAlone => ("left-alone", lang.pick("无答复，暂停查询", "does not answer")),
                };
                li data-upstream=(code) {
                    span { (lang.pick(it.owner.zh(), it.owner.en())) }
                    span.upstream-state title=(since(lang, it)) { (words) }
                }
            }
        }
    }
}

/// Since when it has stood so, and when it last answered.
fn since(lang: Lang, upstream: &Upstream) -> String {
    let clock = |at| cst_date_time(at).strftime("%m-%d %H:%M").to_string();
    let since = clock(upstream.since);
    match (lang, upstream.answered_at.map(clock)) {
        (Lang::Zh, Some(answered)) => format!("自{since}起；最近答复 {answered}"),
        (Lang::Zh, None) => format!("自{since}起；尚无答复"),
        (Lang::En, Some(answered)) => format!("since {since}; last answer {answered}"),
        (Lang::En, None) => format!("since {since}; no answer yet"),
    }
}
