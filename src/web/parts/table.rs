//! Tables: dense, readable, walked by the keyboard; on a phone each row becomes a card.

use maud::{Markup, html};

/// A column: its heading, and whether it holds figures, which stand right.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    pub heading: &'a str,
    pub is_number: bool,
}

impl<'a> Column<'a> {
    pub fn text(heading: &'a str) -> Self {
        Self { heading, is_number: false }
    }

    pub fn number(heading: &'a str) -> Self {
        Self { heading, is_number: true }
    }
}

/// A table. `caption` says what it is, for whoever hears it read. Each row: where Enter leads, if anywhere, and its cells.
pub fn table(
    caption: &str,
    columns: &[Column<'_>],
    rows: impl IntoIterator<Item = (Option<String>, Vec<Markup>)>,
) -> Markup {
    html! {
        div.table-frame tabindex="0" role="region" aria-label=(caption) {
            table {
                caption.unseen { (caption) }
                thead { tr { @for it in columns { th.number[it.is_number] scope="col" { (it.heading) } } } }
                tbody {
                    @for (address, cells) in rows {
                        tr data-href=[address] {
                            @for (it, cell) in columns.iter().zip(cells) {
                                td.number[it.is_number] data-label=(it.heading) { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}
