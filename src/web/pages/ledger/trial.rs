//! The trial balance of a part of the ledger.

use axum::extract::{Query, State};
use maud::{Markup, html};

use super::framed;
use crate::domain::ledger::Side;
use crate::domain::money::Fen;
use crate::web::error::PageError;
use crate::web::lang::Lang;
use crate::web::pages::slice::AskedSlice;
use crate::web::parts::{self, Column, Tone};
use crate::web::{Session, Web};
use crate::workflows::ledger::TrialSums;

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Query(asked): Query<AskedSlice>,
) -> Result<Markup, PageError> {
    let sums = web.gateway.trial_balance(&session.caller, asked.read(&session)?).await?;
    Ok(framed(&session, "/console/ledger", &asked, html! {}, balance(&session, &asked, &sums)))
}

fn balance(session: &Session, asked: &AskedSlice, sums: &TrialSums) -> Markup {
    let lang = session.lang;
    if sums.kinds.is_empty() {
        return nothing(session);
    }
    let columns = [
        Column::text(lang.pick("科目", "Account")),
        Column::number(lang.pick("借方（元）", "Debits (yuan)")),
        Column::number(lang.pick("贷方（元）", "Credits (yuan)")),
        Column::text(lang.pick("方向", "Side")),
        Column::number(lang.pick("余额（元）", "Balance (yuan)")),
    ];
    let rows = sums.kinds.iter().map(|(kind, balance)| {
        let address = asked.address("/console/ledger/accounts", &[("kind", kind.code())]);
        let left = balance.on(kind.normal_side());
        let cells = vec![
            html! { a href=(address) { (lang.pick(kind.zh(), kind.en())) } },
            parts::fen(balance.debit),
            parts::fen(balance.credit),
            html! { (side(lang, left, kind.normal_side())) },
            html! {
                @match left {
                    Some(left) if left >= Fen::ZERO => { (parts::fen(left)) }
                    Some(left) => { (parts::fen(left)) " " (parts::badge(Tone::Bad, lang.pick("余额方向有误", "wrong side"))) }
                    None => { "—" }
                }
            },
        ];
        (Some(address), cells)
    });
    let difference = sums.total.debit.checked_sub(sums.total.credit);
    html! {
        (parts::card(lang.pick("试算平衡", "Trial balance"), html! {
            p.trial-sum {
                span { (lang.pick("借方合计 ", "debits ")) strong { (parts::yuan(lang, sums.total.debit)) } }
                span { (lang.pick("贷方合计 ", "credits ")) strong { (parts::yuan(lang, sums.total.credit)) } }
                span #difference {
                    (lang.pick("差额 ", "difference "))
                    @match difference {
                        Some(Fen::ZERO) => { strong { (parts::yuan(lang, Fen::ZERO)) } " " (parts::badge(Tone::Good, lang.pick("平衡", "balanced"))) }
                        Some(other) => { strong { (parts::yuan(lang, other)) } " " (parts::badge(Tone::Bad, lang.pick("不平衡", "not balanced"))) }
                        None => { "—" }
                    }
                }
            }
            (parts::table(lang.pick("各类科目合计", "Accounts by kind"), &columns, rows))
        }))
    }
}

/// On which side a balance stands, as books write it.
fn side(lang: Lang, left: Option<Fen>, normal: Side) -> &'static str {
    match (left, normal) {
        (Some(Fen::ZERO) | None, _) => lang.pick("平", "even"),
        (Some(_), Side::Debit) => lang.pick("借", "debit"),
        (Some(_), Side::Credit) => lang.pick("贷", "credit"),
    }
}

pub(super) fn nothing(session: &Session) -> Markup {
    let lang = session.lang;
    parts::empty(
        lang.pick("没有分录", "No entries"),
        lang.pick("所选范围内还没有资金变动。", "No money has moved in the part that you chose."),
    )
}
