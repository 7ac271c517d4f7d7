//! One batch: its control totals hop by hop, its lines, its application, its payments.

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::{address, batch_id, name, payments, tone};
use crate::domain::money::Fen;
use crate::domain::payment::{PaymentId, PaymentState};
use crate::web::error::PageError;
use crate::web::layout::{self, Nav};
use crate::web::pages::help;
use crate::web::pages::slice::subsidy_words;
use crate::web::parts::{self, Column, Tone};
use crate::web::{Session, Web};
use crate::workflows::pooling::BatchView;
use crate::workflows::record::pooling::{BatchLineRecord, HopTotal};

#[derive(Deserialize)]
pub(super) struct Asked {
    /// Of payments: a state's code.
    #[serde(default)]
    state: String,
    /// The last payment of the page before.
    #[serde(default)]
    before: String,
}

/// Hops whose totals are each what the hop before came to, unless something was left out on the way; by count and amount.
const CHAIN: [&str; 6] = ["filed", "pooled", "asked", "granted", "arrived", "funded"];
/// Of these the store counts other things than claims: entries, or accounts.
const COUNTS_OTHER_THINGS: [&str; 1] = ["arrived"];

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Path(batch): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    let id = batch_id(&batch)?;
    let view = web.gateway.batch(&session.caller, id).await?;
    let state = PaymentState::from_code(&asked.state);
    let before = PaymentId::parse(&asked.before);
    let payments = payments::list(&web, &session, id, state, before).await?;
    let BatchView { batch, lines, hops } = &view;
    let has_paper = web.gateway.funding_paper(&view).is_some();
    let body = html! {
        (help::panel(&session, Nav::Pooling))
        p.lead {
            (parts::badge(tone(batch), lang.pick(batch.state.zh(), batch.state.en())))
            @if let Some(stop) = &batch.stopped { " " span.case-next { (lang.pick(stop.zh(), stop.en())) } }
        }
        @if has_paper {
            p.tools {
                a.button href=(format!("{}/application/html", address(id))) download { (lang.pick("资金申请（网页）", "Application (page)")) }
                a.button href=(format!("{}/application/xlsx", address(id))) download { (lang.pick("资金申请（表格）", "Application (workbook)")) }
                a.button href=(format!("/console/ledger?batch={id}")) { (lang.pick("本批台账", "Its ledger")) }
            }
        }
        (parts::card(lang.pick("各环节控制总数", "Control totals, hop by hop"), hop_totals(&session, hops)))
        (parts::card(lang.pick("明细", "Lines"), line_table(&session, lines)))
        (parts::card(lang.pick("款项", "Payments"), payments))
    };
    let place = session.place(batch.city);
    let title = format!("{place} {}", name(lang, batch));
    Ok(layout::page(&session, Nav::Pooling, &title, body))
}

/// What a hop differs by from the one before; `None` where it stands at the beginning, or nothing is compared.
fn difference(before: Option<&HopTotal>, hop: &HopTotal) -> Option<(i64, Fen)> {
    let before = before?;
    let counted = |it: &HopTotal| i64::try_from(it.count).unwrap_or(i64::MAX);
    let is_counted_alike = [before, hop].iter().all(|it| !COUNTS_OTHER_THINGS.contains(&it.hop));
    let count = if is_counted_alike { counted(hop).saturating_sub(counted(before)) } else { 0 };
    Some((count, hop.amount.checked_sub(before.amount)?))
}

fn hop_totals(session: &Session, hops: &[HopTotal]) -> Markup {
    let lang = session.lang;
    let columns = [
        Column::text(lang.pick("环节", "Hop")),
        Column::number(lang.pick("数量", "Count")),
        Column::number(lang.pick("金额（元）", "Amount (yuan)")),
        Column::text(lang.pick("与上一环节", "Against the hop before")),
    ];
    // A hop that is still to come has nothing yet, which is no difference.
    let is_to_come = |hop: &HopTotal| hop.count == 0 && hop.amount == Fen::ZERO;
    let mut before = None;
    let mut rows = Vec::with_capacity(hops.len());
    for hop in hops {
        let is_compared = CHAIN.contains(&hop.hop) && !is_to_come(hop);
        let against = difference(before.filter(|_| is_compared), hop);
        let words = match against {
            None => html! { "—" },
            Some((0, Fen::ZERO)) => parts::badge(Tone::Good, lang.pick("一致", "agrees")),
            Some((count, amount)) => {
                let zh = format!("差 {count:+} 笔，{amount} 元");
                parts::badge(Tone::Warn, &lang.pick(zh, format!("{count:+}, {amount} yuan")))
            }
        };
        rows.push((
            None,
            vec![html! { (lang.pick(hop.zh(), hop.en())) }, parts::count(hop.count), parts::fen(hop.amount), words],
        ));
        if is_compared {
            before = Some(hop);
        }
    }
    parts::table(lang.pick("各环节控制总数", "Control totals, hop by hop"), &columns, rows)
}

fn line_table(session: &Session, lines: &[BatchLineRecord]) -> Markup {
    let lang = session.lang;
    if lines.is_empty() {
        let (zh, en) = ("批次封存后列出各县明细。", "Lines are made when the batch is sealed.");
        return parts::empty(lang.pick("尚无明细", "No lines yet"), lang.pick(zh, en));
    }
    let columns = [
        Column::text(lang.pick("地区", "Place")),
        Column::text(lang.pick("补助", "Subsidy")),
        Column::number(lang.pick("企业", "Enterprises")),
        Column::number(lang.pick("人数", "People")),
        Column::number(lang.pick("笔数", "Claims")),
        Column::number(lang.pick("申请（元）", "Asked (yuan)")),
        Column::number(lang.pick("核准（元）", "Granted (yuan)")),
    ];
    let rows = lines.iter().map(|record| {
        let line = &record.line;
        let is_short = record.granted.is_some_and(|granted| granted != line.amount);
        let cells = vec![
            html! { (session.place(line.region)) },
            html! { (subsidy_words(lang, line.subsidy)) },
            parts::count(line.enterprises.into()),
            parts::count(line.people.into()),
            parts::count(line.claims.into()),
            parts::fen(line.amount),
            html! {
                @if let Some(granted) = record.granted { (parts::fen(granted)) } @else { "—" }
                @if is_short { " " (parts::badge(Tone::Warn, lang.pick("少于申请", "less"))) }
            },
        ];
        (None, cells)
    });
    parts::table(lang.pick("明细", "Lines"), &columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(hop: &'static str, count: u64, fen: i64) -> HopTotal {
        HopTotal { hop, count, amount: Fen::new(fen) }
    }

    #[test]
    fn a_hop_is_compared_with_the_one_before() {
        let check = |before: Option<HopTotal>, now: HopTotal, expected: Option<(i64, i64)>| {
            let found = difference(before.as_ref(), &now).map(|(count, amount)| (count, amount.get()));
            assert_eq!(found, expected, "{now:?}");
        };
        check(None, hop("filed", 2, 300), None);
        check(Some(hop("filed", 2, 300)), hop("pooled", 2, 300), Some((0, 0)));
        check(Some(hop("filed", 2, 300)), hop("pooled", 1, 150), Some((-1, -150)));
        // Arrivals are counted, not claims.
        check(Some(hop("granted", 2, 300)), hop("arrived", 1, 300), Some((0, 0)));
        check(Some(hop("arrived", 1, 300)), hop("funded", 2, 300), Some((0, 0)));
        check(Some(hop("arrived", 1, 299)), hop("funded", 2, 300), Some((0, 1)));
    }
}
