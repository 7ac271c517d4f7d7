//! What is due, what is stuck, where the money is.

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};

use crate::web::Web;
use crate::web::layout::{self, Nav};
use crate::web::parts;
use crate::web::session::Session;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/console/today", get(page))
}

async fn page(session: Session) -> Markup {
    let lang = session.lang;
    let body = html! {
        (parts::empty(lang.pick("暂无内容", "Nothing yet"), lang.pick("本页将在有数据后显示。", "This page fills as soon as there is something to show.")))
    };
    layout::page(&session, Nav::Today, lang.pick("今日", "Today"), body)
}
