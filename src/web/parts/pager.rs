//! On and back through a list. Lists go on from a place, not from a page number: they stay right while rows come in.

use maud::{Markup, html};

use crate::web::lang::Lang;

/// Links to the first page and to the next, where there are such.
pub fn pager(lang: Lang, first: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav.pager aria-label=(lang.pick("翻页", "Pages")) {
                @if let Some(first) = first { a.button href=(first) rel="first" { (lang.pick("回到首页", "First page")) } }
                @if let Some(next) = next { a.button href=(next) rel="next" { (lang.pick("下一页", "Next page")) } }
            }
        }
    }
}
