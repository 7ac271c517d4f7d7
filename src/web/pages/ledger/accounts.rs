//! Accounts with their balances.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::{account, framed};
use crate::domain::ledger::{Account, AccountKind};
use crate::web::error::PageError;
use crate::web::pages::slice::AskedSlice;
use crate::web::parts::{self, Column};
use crate::web::{Session, Web};
use crate::workflows::record::ledger::AccountFilter;

/// Accounts on a page.
const PAGE_SIZE: u32 = 50;
const HERE: &str = "/console/ledger/accounts";

#[derive(Deserialize)]
pub(super) struct Asked {
    /// A kind's code; empty for all.
    #[serde(default)]
    kind: String,
    /// The last account of the page before, as `kind/owner`.
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
    let kind = AccountKind::from_code(&asked.kind);
    let after = read_account(&asked.after);
    let is_first = after.is_none();
    let slice = within.read(&session)?;
    let filter = AccountFilter { slice, kind, after, limit: PAGE_SIZE.saturating_add(1) };
    let mut found = web.gateway.ledger_accounts(&session.caller, filter).await?;
    let shown = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    let has_more = found.len() > shown;
    found.truncate(shown);
    let first = within.address(HERE, &[("kind", &asked.kind)]);
    let next = found
        .last()
        .filter(|_| has_more)
        .map(|(last, _)| within.address(HERE, &[("kind", &asked.kind), ("after", &last.to_string())]));
    let all = lang.pick("全部", "all");
    let kinds: Vec<_> =
        std::iter::once(("", all)).chain(AccountKind::ALL.map(|it| (it.code(), lang.pick(it.zh(), it.en())))).collect();
    let columns = [
        Column::text(lang.pick("科目", "Account")),
        Column::number(lang.pick("借方（元）", "Debits (yuan)")),
        Column::number(lang.pick("贷方（元）", "Credits (yuan)")),
        Column::number(lang.pick("余额（元）", "Balance (yuan)")),
    ];
    let rows = found.iter().map(|(it, balance)| {
        let left = balance.on(it.kind.normal_side()).map(parts::fen);
        let cells = vec![
            account(&session, &within, it),
            parts::fen(balance.debit),
            parts::fen(balance.credit),
            left.unwrap_or_else(|| html! { "—" }),
        ];
        (None, cells)
    });
    let content = html! {
        @if found.is_empty() {
            (super::trial::nothing(&session))
        } @else {
            (parts::table(lang.pick("科目余额", "Accounts"), &columns, rows))
            (parts::pager(lang, Some(first.as_str()).filter(|_| !is_first), next.as_deref()))
        }
    };
    let more = parts::select(lang.pick("科目", "Kind"), "kind", &kinds, &asked.kind);
    Ok(framed(&session, HERE, &within, more, content))
}

/// Reads `kind/owner`.
pub(super) fn read_account(text: &str) -> Option<Account> {
    let (kind, owner) = text.split_once('/')?;
    let is_owner = (1..=18).contains(&owner.len()) && owner.bytes().all(|it| it.is_ascii_alphanumeric());
    let kind = AccountKind::from_code(kind)?;
    is_owner.then(|| Account { kind, owner: owner.to_owned() })
}
