//! One sheet: every value with the clause beside it.

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::clause;
use crate::domain::policy::sheet::Sheet;
use crate::domain::policy::value::{Part, SheetValue, values};
use crate::web::error::PageError;
use crate::web::lang::Lang;
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
            @let of_part: Vec<&SheetValue> = all.iter().filter(|it| it.part == part && is_shown(lang, it)).collect();
            @if !of_part.is_empty() {
                @let shown = match part {
                    Part::Condition => conditions(&session, sheet),
                    Part::Head | Part::Money | Part::Question | Part::Sector | Part::Reason => table(&session, part, &of_part),
                };
                div #(anchor(part)) { (parts::card(lang.pick(part.zh(), part.en()), shown)) }
            }
        }
    };
    Ok(layout::page(&session, Nav::Policy, lang.pick(&sheet.zh, &sheet.en), body))
}

/// Of the other reasons, and the names of sectors, the words of the page's language say all.
fn is_shown(lang: Lang, value: &SheetValue) -> bool {
    match value.part {
        Part::Reason => value.name.ends_with(lang.pick(".zh", ".en")),
        Part::Sector => value.name.ends_with(".codes"),
        Part::Head | Part::Money | Part::Question | Part::Condition => true,
    }
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

/// A condition is one row: what it asks for, and what becomes of a claim that does not meet it.
fn conditions(session: &Session, sheet: &Sheet) -> Markup {
    let lang = session.lang;
    let columns = [
        Column::text(lang.pick("理由", "Reason given")),
        Column::text(lang.pick("须", "Requires")),
        Column::text(lang.pick("不符合时", "Otherwise")),
        Column::text(lang.pick("经办模式", "Routes")),
        Column::text(lang.pick("依据", "Clause")),
    ];
    let all = values(sheet);
    let said = |code: &str, field: &str| {
        let name = format!("condition.{code}.{field}");
        let found = all.iter().find(|it| it.name == name);
        found.map(|it| lang.pick(it.said.zh.clone(), it.said.en.clone())).unwrap_or_default()
    };
    let rows = sheet.conditions.iter().map(|it| {
        let reason = &it.reason;
        let cells = vec![
            html! { span title=(reason.code) { (lang.pick(&reason.zh, &reason.en)) } },
            html! { (said(&reason.code, "require")) },
            html! { (said(&reason.code, "effect")) },
            html! { (said(&reason.code, "routes")) },
            clause(lang, &reason.clause),
        ];
        (None, cells)
    });
    parts::table(lang.pick(Part::Condition.zh(), Part::Condition.en()), &columns, rows)
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
