//! Where a city stands, and its batches.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::{address, name, tone};
use crate::domain::identity::Region;
use crate::domain::pooling::BatchId;
use crate::domain::statement::Direction;
use crate::web::error::PageError;
use crate::web::layout::{self, Nav};
use crate::web::pages::help;
use crate::web::parts::{self, Column, Tone};
use crate::web::{Session, Web};
use crate::workflows::pooling::PoolingStatus;
use crate::workflows::record::payment::UnmatchedLine;
use crate::workflows::record::pooling::{BatchFilter, BatchRecord};

/// Batches on a page.
const PAGE_SIZE: u32 = 30;
/// Days shown of claims that are near their last one.
const DUE_MAX: usize = 12;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The city whose standing is shown; empty for the first of the person's own.
    #[serde(default)]
    city: String,
    /// The last batch of the page before.
    #[serde(default)]
    before: String,
}

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    let cities = web.gateway.cities_within(session.caller.region);
    let city = Region::parse(&asked.city).ok().filter(|it| cities.contains(it)).or_else(|| cities.first().copied());
    let standing = match city.filter(|_| session.may("hufu.pooling.v1.PoolingService/GetPoolingStatus")) {
        Some(city) => Some(web.gateway.pooling_status(&session.caller, city).await?),
        None => None,
    };
    let within = city.unwrap_or(session.caller.region);
    let before = BatchId::parse(&asked.before);
    let filter = BatchFilter { within, open_only: false, before, limit: PAGE_SIZE.saturating_add(1) };
    let batches = web.gateway.batches(&session.caller, filter).await?;
    let body = html! {
        (help::panel(&session, Nav::Pooling))
        @if cities.len() > 1 {
            (parts::tabs(lang.pick("城市", "Cities"), names(&session, &cities).iter().map(|(it, words)| {
                (words.as_str(), format!("/console/pooling?city={it}"), None, Some(*it) == city)
            })))
        }
        @if let Some(standing) = &standing { (status(&session, standing)) }
        (parts::card(lang.pick("批次", "Batches"), list(&session, within, before, batches)))
    };
    Ok(layout::page(&session, Nav::Pooling, lang.pick("汇总拨付", "Pooling"), body))
}

/// Figures at a glance.
fn stats<'a>(rows: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    html! { dl.stats { @for (name, value) in rows { div.stat { dt { (name) } dd { (value) } } } } }
}

fn names(session: &Session, cities: &[Region]) -> Vec<(Region, String)> {
    cities.iter().map(|city| (*city, session.place(*city))).collect()
}

fn status(session: &Session, status: &PoolingStatus) -> Markup {
    let lang = session.lang;
    let paid_out = if status.paid_out_this_month {
        parts::badge(Tone::Good, lang.pick("本月已发放", "paid out this month"))
    } else {
        parts::badge(Tone::Warn, lang.pick("本月尚未发放", "no payout yet this month"))
    };
    let not_filed: Vec<String> = status.not_filed.iter().map(|it| session.place(*it)).collect();
    html! {
        (parts::card(&session.place(status.city), html! {
            (stats([
                (lang.pick("本月发放", "This month"), paid_out),
                (lang.pick("未报送", "Not filed"), html! { @if not_filed.is_empty() { "—" } @else { (not_filed.join(lang.pick("、", ", "))) } }),
                (lang.pick("待审批款项", "Payments that wait for people"), parts::count(status.owed)),
                (lang.pick("结果待查", "In doubt"), parts::count(status.in_doubt)),
            ]))
            @if !status.attention.is_empty() {
                ul.attention {
                    @for step in &status.attention {
                        li { (parts::badge(Tone::Warn, lang.pick("需处理", "look"))) " " (lang.pick(&step.zh, &step.en)) }
                    }
                }
            }
        }))
        @if !status.due.is_empty() { (parts::card(lang.pick("临近期限的申领", "Claims near their last day"), due(session, status))) }
        @if !status.unmatched.is_empty() {
            (parts::card(lang.pick("对不上的银行流水", "Statement lines that fit nothing"), unmatched(session, &status.unmatched)))
        }
    }
}

fn due(session: &Session, status: &PoolingStatus) -> Markup {
    let lang = session.lang;
    let columns = [
        Column::text(lang.pick("期限", "Last day")),
        Column::text(lang.pick("地区", "Place")),
        Column::text(lang.pick("状态", "State")),
        Column::number(lang.pick("笔数", "Claims")),
    ];
    let rows = status.due.iter().take(DUE_MAX).map(|due| {
        let state = lang.pick(due.state.zh(), due.state.code());
        let cells = vec![
            parts::day(due.due_on),
            html! { (session.place(due.region)) },
            html! { (state) },
            parts::count(due.claims),
        ];
        (None, cells)
    });
    parts::table(lang.pick("临近期限的申领", "Claims near their last day"), &columns, rows)
}

fn unmatched(session: &Session, lines: &[UnmatchedLine]) -> Markup {
    let lang = session.lang;
    let columns = [
        Column::text(lang.pick("记账日期", "Booked on")),
        Column::text(lang.pick("支出户", "Account of")),
        Column::text(lang.pick("银行流水号", "Bank reference")),
        Column::text(lang.pick("方向", "Direction")),
        Column::number(lang.pick("金额（元）", "Amount (yuan)")),
    ];
    let rows = lines.iter().map(|line| {
        let direction = match line.direction {
            Direction::Credit => lang.pick("收入", "in"),
            Direction::Debit => lang.pick("支出", "out"),
        };
        let cells = vec![
            parts::day(line.booked_on),
            html! { (session.place(line.region)) },
            html! { span.mono { (parts::words(&line.bank_reference)) } },
            html! { (direction) },
            parts::fen(line.amount),
        ];
        (None, cells)
    });
    parts::table(lang.pick("对不上的银行流水", "Statement lines that fit nothing"), &columns, rows)
}

fn list(session: &Session, within: Region, before: Option<BatchId>, mut batches: Vec<BatchRecord>) -> Markup {
    let lang = session.lang;
    if batches.is_empty() {
        return parts::empty(
            lang.pick("还没有批次", "No batch yet"),
            lang.pick(
                "县（市、区）报送后，市级汇总时建立批次；县级可在台账查看本地资金。",
                "A batch begins when the city pools what counties filed; counties see their money in the ledger.",
            ),
        );
    }
    let shown = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    let has_more = batches.len() > shown;
    batches.truncate(shown);
    let page = format!("/console/pooling?city={within}");
    let next = batches.last().filter(|_| has_more).map(|last| format!("{page}&before={}", last.batch_id));
    let columns = [
        Column::text(lang.pick("批次", "Batch")),
        Column::text(lang.pick("状态", "State")),
        Column::number(lang.pick("笔数", "Claims")),
        Column::number(lang.pick("申请（元）", "Asked (yuan)")),
        Column::number(lang.pick("核准（元）", "Granted (yuan)")),
        Column::number(lang.pick("到账（元）", "Arrived (yuan)")),
        Column::text(lang.pick("变动时间", "Changed")),
        Column::text(lang.pick("停因", "Stands still because")),
    ];
    let rows = batches.iter().map(|batch| {
        let stopped = batch.stopped.as_ref().map(|stop| lang.pick(stop.zh(), stop.en()));
        let cells = vec![
            html! { a href=(address(batch.batch_id)) { (name(lang, batch)) } },
            parts::badge(tone(batch), lang.pick(batch.state.zh(), batch.state.en())),
            parts::count(batch.total.claims),
            parts::fen(batch.total.amount),
            parts::fen(batch.granted),
            parts::fen(batch.arrived),
            parts::instant(batch.changed_at),
            html! { (stopped.unwrap_or_default()) },
        ];
        (Some(address(batch.batch_id)), cells)
    });
    html! {
        (parts::table(lang.pick("批次", "Batches"), &columns, rows))
        (parts::pager(lang, before.map(|_| page.as_str()), next.as_deref()))
    }
}
