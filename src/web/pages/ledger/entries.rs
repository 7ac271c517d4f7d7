//! Entries as they were posted, oldest first.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::accounts::read_account;
use super::{ENTRIES, account, framed};
use crate::web::error::PageError;
use crate::web::pages::slice::{AskedSlice, subsidy_words};
use crate::web::parts::{self, Column};
use crate::web::{Session, Web};
use crate::workflows::record::ledger::{EntryFilter, EntryRecord};

/// Entries on a page.
const PAGE_SIZE: u32 = 50;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// `kind/owner`; empty for all.
    #[serde(default)]
    account: String,
    /// The last entry of the page before.
    #[serde(default)]
    after: String,
}

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Query(within): Query<AskedSlice>,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    let wanted = match asked.account.trim() {
        "" => None,
        text => Some(read_account(text).ok_or_else(|| {
            PageError::field(
                "account",
                "账户应写作“类别/所有者”，如county/371502",
                "An account is a kind and an owner: county/371502.",
            )
        })?),
    };
    let after = asked.after.parse::<i64>().ok().filter(|it| *it > 0).unwrap_or_default();
    let slice = within.read(&session)?;
    let filter = EntryFilter { slice, account: wanted, after, limit: PAGE_SIZE.saturating_add(1) };
    let mut found = web.gateway.ledger_entries(&session.caller, filter).await?;
    let shown = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    let has_more = found.len() > shown;
    found.truncate(shown);
    let first = within.address(ENTRIES, &[("account", &asked.account)]);
    let next = found
        .last()
        .filter(|_| has_more)
        .map(|last| within.address(ENTRIES, &[("account", &asked.account), ("after", &last.sequence.to_string())]));
    let columns = [
        Column::number(lang.pick("序号", "No.")),
        Column::text(lang.pick("时间", "Posted at")),
        Column::text(lang.pick("事项", "Event")),
        Column::text(lang.pick("借", "Debit")),
        Column::text(lang.pick("贷", "Credit")),
        Column::number(lang.pick("金额（元）", "Amount (yuan)")),
        Column::text(lang.pick("地区", "Place")),
        Column::text(lang.pick("补助", "Subsidy")),
    ];
    let rows = found.iter().map(|it| (None, row(&session, &within, it)));
    let content = html! {
        @if found.is_empty() {
            (super::trial::nothing(&session))
        } @else {
            (parts::table(lang.pick("分录", "Entries"), &columns, rows))
            (parts::pager(lang, Some(first.as_str()).filter(|_| after > 0), next.as_deref()))
        }
    };
    let more = parts::field(lang.pick("账户", "Account"), "account", "text", &asked.account, None);
    Ok(framed(&session, ENTRIES, &within, more, content))
}

fn row(session: &Session, asked: &AskedSlice, record: &EntryRecord) -> Vec<Markup> {
    let lang = session.lang;
    let entry = &record.entry;
    vec![
        html! { span.num { (record.sequence) } },
        parts::instant(record.at),
        html! { (lang.pick(entry.event.zh(), entry.event.en())) },
        account(session, asked, &entry.debit),
        account(session, asked, &entry.credit),
        parts::fen(entry.amount),
        html! { (session.place(entry.slice.place)) },
        html! { (entry.slice.subsidy.map(|it| subsidy_words(lang, it)).unwrap_or("—")) },
    ]
}
