//! Facts, cards and tabs.

use maud::{Markup, html};

/// Names with their values.
pub fn facts<'a>(rows: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    html! { dl.facts { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } } }
}

/// A part of a page with its heading.
pub fn card(heading: &str, body: Markup) -> Markup {
    html! { section.card { h2 { (heading) } (body) } }
}

/// Views of the same thing side by side: words, address, how many where that is known, whether it is this one.
pub fn tabs<'a>(label: &str, rows: impl IntoIterator<Item = (&'a str, String, Option<u64>, bool)>) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for (words, address, count, is_here) in rows {
                a href=(address) aria-current=[is_here.then_some("page")] {
                    (words)
                    @if let Some(count) = count { span.tab-count { (count) } }
                }
            }
        }
    }
}
