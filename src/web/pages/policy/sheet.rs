//! One sheet: every value with the clause beside it.

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::clause;
use crate::domain::policy::value::{Part, SheetValue, values};
use crate::web::error::PageError;
use crate::web::layout::{self, Nav};
use crate::web::parts::{self, Column};
use crate::web::{Session, Web};

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Path(id): Path<String>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    let sheet = web.gateway.sheets().get(&id).ok_or(PageError::NotFound)?;
    let all = values(sheet);
    let body = html! {
        p.lead {
            (sheet.source) " · " (lang.pick("版本 ", "version ")) (sheet.version)
            " · " span.mono { (sheet.id) }
        }
        nav.tabs aria-label=(lang.pick("各部分", "Parts")) {
            @for part in Part::ALL {
                @if all.iter().any(|it| it.part == part) {
                    a href=(format!("#{}", anchor(part))) { (lang.pick(part.zh(), part.en())) }
                }
            }
        }
        @for part in Part::ALL {
            @let of_part: Vec<&SheetValue> = all.iter().filter(|it| it.part == part).collect();
            @if !of_part.is_empty() {
                div #(anchor(part)) { (parts::card(lang.pick(part.zh(), part.en()), table(&session, part, &of_part))) }
            }
        }
    };
    Ok(layout::page(&session, Nav::Policy, lang.pick(&sheet.zh, &sheet.en), body))
}

fn anchor(part: Part) -> &'static str {
    match part {
        Part::Head => "head",
        Part::Money => "money",
        Part::Question => "questions",
        Part::Sector => "sectors",
        Part::Condition => "conditions",
        Part::Reason => "reasons",
    }
}

fn table(session: &Session, part: Part, values: &[&SheetValue]) -> Markup {
    let lang = session.lang;
    let columns = [
        Column::text(lang.pick("项目", "Value")),
        Column::text(lang.pick("内容", "Says")),
        Column::text(lang.pick("依据", "Clause")),
    ];
    let rows = values.iter().map(|it| {
        let cells = vec![
            html! { span title=(it.name) { (lang.pick(&it.zh, &it.en)) } },
            html! { (lang.pick(&it.said.zh, &it.said.en)) },
            clause(lang, &it.said.clause),
        ];
        (None, cells)
    });
    parts::table(lang.pick(part.zh(), part.en()), &columns, rows)
}
