//! Whether the ledger agrees with itself, with claims, payments and cases, and with the bank.

use axum::extract::{Query, State};
use maud::{Markup, html};

use super::framed;
use crate::web::error::PageError;
use crate::web::pages::slice::AskedSlice;
use crate::web::parts::{self, Column, Tone};
use crate::web::{Session, Web};

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Query(asked): Query<AskedSlice>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    // A check is of a region as a whole.
    let within = asked.read(&session)?.within;
    let checked = web.gateway.check_ledger(&session.caller, within).await?;
    let columns = [
        Column::text(lang.pick("项目", "What")),
        Column::number(lang.pick("应为（元）", "Expected (yuan)")),
        Column::number(lang.pick("实为（元）", "Found (yuan)")),
        Column::text(lang.pick("代码", "Code")),
    ];
    let rows = checked.differences.iter().map(|it| {
        let cells = vec![
            html! { (lang.pick(&it.zh, &it.en)) },
            parts::fen(it.expected),
            parts::fen(it.found),
            html! { span.mono { (it.code) } },
        ];
        (None, cells)
    });
    let content = parts::card(
        &session.place(within),
        html! {
            p.lead {
                @if checked.differences.is_empty() {
                    (parts::badge(Tone::Good, lang.pick("全部一致", "all agrees"))) " "
                } @else {
                    (parts::badge(Tone::Bad, lang.pick("有差异", "differences"))) " "
                }
                (lang.pick("已核对分录 ", "entries looked at: ")) (parts::count(checked.entries))
            }
            p.hint { (lang.pick(
                "台账与自身、申领、款项、案件和银行对账单逐项核对。按地区整体核对，不按月份、补助或批次。",
                "The ledger against itself, claims, payments, cases and statements; of the whole region, whatever else is chosen.")) }
            @if !checked.differences.is_empty() { (parts::table(lang.pick("差异", "Differences"), &columns, rows)) }
        },
    );
    Ok(framed(&session, "/console/ledger/check", &asked, html! {}, content))
}
