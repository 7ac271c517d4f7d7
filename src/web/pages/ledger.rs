//! The ledger: the trial balance of any part of it, accounts, entries, where the money is, and whether all agrees (I3).

mod accounts;
mod check;
mod entries;
pub(super) mod flow;
mod trial;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};

use crate::domain::identity::Region;
use crate::domain::ledger::Account;
use crate::web::layout::{self, Nav};
use crate::web::pages::help;
use crate::web::pages::slice::AskedSlice;
use crate::web::parts;
use crate::web::{Session, Web};

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/console/ledger", get(trial::page))
        .route("/console/ledger/accounts", get(accounts::page))
        .route("/console/ledger/entries", get(entries::page))
        .route(FLOW, get(flow::page))
        .route("/console/ledger/check", get(check::page))
}

/// The views of the ledger, in the order of their tabs.
const VIEWS: [(&str, &str, &str); 5] = [
    ("/console/ledger", "试算平衡", "Trial balance"),
    ("/console/ledger/accounts", "科目余额", "Accounts"),
    ("/console/ledger/entries", "分录", "Entries"),
    (FLOW, "资金流向", "Flow"),
    ("/console/ledger/check", "对账", "Check"),
];

/// Where a page of the ledger goes on from account to account.
const ENTRIES: &str = "/console/ledger/entries";
/// The picture of all months: no month narrows it.
const FLOW: &str = "/console/ledger/flow";

/// A page of the ledger: help, tabs that keep the slice, the form that narrows it, and what is asked for.
fn framed(session: &Session, here: &str, asked: &AskedSlice, more: Markup, content: Markup) -> Markup {
    let lang = session.lang;
    let tabs =
        VIEWS.into_iter().map(|(path, zh, en)| (lang.pick(zh, en), asked.address(path, &[]), None, path == here));
    let body = html! {
        (help::panel(session, Nav::Ledger))
        (parts::tabs(lang.pick("台账视图", "Views of the ledger"), tabs))
        (asked.form(session, here, here != FLOW, more))
        (content)
    };
    layout::page(session, Nav::Ledger, lang.pick("台账", "Ledger"), body)
}

/// An account in words: whose it is and what it keeps.
fn account(session: &Session, asked: &AskedSlice, account: &Account) -> Markup {
    let kind = session.lang.pick(account.kind.zh(), account.kind.en());
    let address = asked.address(ENTRIES, &[("account", &account.to_string())]);
    html! { a href=(address) { (kind) " " (owner(session, &account.owner)) } }
}

/// A region by its name, an enterprise by its code.
fn owner(session: &Session, owner: &str) -> Markup {
    match Region::parse(owner) {
        Ok(region) => html! { (session.place(region)) },
        Err(_) => html! { span.mono { (owner) } },
    }
}
