//! A bar in a line of text or a cell.

use maud::{Markup, html};

use super::svg;

/// A share as a bar, in thousandths, with words for whoever does not see it.
pub fn bar(permille: u64, words: &str) -> Markup {
    let filled = svg::coordinate(permille.min(1_000), 1_000, 120);
    html! {
        span.share {
            svg viewBox="0 0 120 8" width="120" height="8" role="img" aria-label=(words) {
                rect.track x="0" y="0" width="120" height="8" rx="2" {}
                rect.fill x="0" y="0" width=(filled) height="8" rx="2" {}
            }
            span.share-words { (words) }
        }
    }
}
