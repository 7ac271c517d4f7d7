//! What is shown where there is nothing to show: empty, loading, not allowed, failed.

use maud::{Markup, html};

use crate::web::lang::Lang;

/// There is nothing (yet), and that is fine: say what would be here, and what one can do.
pub fn empty(heading: &str, words: &str) -> Markup {
    html! {
        div.empty {
            svg.empty-mark viewBox="0 0 64 40" width="64" height="40" aria-hidden="true" {
                rect x="1" y="1" width="62" height="38" rx="4" {}
                line x1="12" y1="14" x2="52" y2="14" {}
                line x1="12" y1="22" x2="44" y2="22" {}
                line x1="12" y1="30" x2="30" y2="30" {}
            }
            p.empty-heading { (heading) }
            p { (words) }
        }
    }
}

/// What a section of the page holds until htmx has fetched the section anew. Without scripts, the link opens it as a page.
pub fn loading(lang: Lang, address: &str) -> Markup {
    html! {
        div.loading hx-get=(address) hx-trigger="load" hx-target="closest section" hx-swap="outerHTML" {
            span.loading-bars aria-hidden="true" { span {} span {} span {} }
            p role="status" { span.loading-words { (lang.pick("正在读取…", "Loading…")) } " " a href=(address) { (lang.pick("单独打开", "Open by itself")) } }
        }
    }
}

/// Fetches a section of the page again; without scripts, opens it as a page.
pub fn refresh(lang: Lang, address: &str) -> Markup {
    html! {
        p.refresh { a href=(address) hx-get=(address) hx-target="closest section" hx-swap="outerHTML" { (lang.pick("刷新", "Refresh")) } }
    }
}

/// A part of a page that this person may not see.
pub fn denied(lang: Lang) -> Markup {
    html! { p.denied { (lang.pick("您没有查看此部分的权限。", "You may not see this part.")) } }
}

/// Something that needs attention before anything else on the page.
pub fn warning(words: Markup) -> Markup {
    html! { div.alert role="alert" { (words) } }
}

/// A page that says why there is none. `is_ours`: the fault is the node's.
pub fn notice_page(is_ours: bool, heading: &str, body: Markup) -> Markup {
    html! { section.notice-page.ours[is_ours] aria-label=(heading) { (body) } }
}
