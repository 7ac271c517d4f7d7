//! What differs between two sheets, value by value, the clauses beside.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::{address, clause};
use crate::domain::policy::diff::{Difference, DifferenceKind};
use crate::domain::policy::value::{Part, Said};
use crate::web::error::PageError;
use crate::web::layout::{self, Nav};
use crate::web::pages::help;
use crate::web::parts::{self, Column, Tone};
use crate::web::{Session, Web};
use crate::workflows::compare::Compared;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    left: String,
    #[serde(default)]
    right: String,
}

/// Chooses the two.
pub(super) fn form(session: &Session, web: &Web, left: &str, right: &str) -> Markup {
    let lang = session.lang;
    let sheets: Vec<_> = web
        .gateway
        .sheets()
        .iter()
        .map(|sheet| (sheet.id.as_str(), lang.pick(sheet.zh.as_str(), sheet.en.as_str())))
        .collect();
    // Where nothing is chosen yet, two different ones are offered.
    let other = sheets.get(1).map_or("", |(id, _)| id);
    let right = if right.is_empty() { other } else { right };
    html! {
        form.filters method="get" action="/console/policy/compare" {
            (parts::select(lang.pick("原表", "From"), "left", &sheets, left))
            (parts::select(lang.pick("新表", "To"), "right", &sheets, right))
            (parts::submit(lang.pick("对比", "Compare"), false))
        }
    }
}

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    let compared = web.gateway.compare_sheets((&asked.left, None), (&asked.right, None))?;
    let body = html! {
        (help::panel(&session, Nav::Policy))
        (form(&session, &web, &asked.left, &asked.right))
        (differences(&session, &compared))
    };
    Ok(layout::page(&session, Nav::Policy, lang.pick("政策表对比", "Two sheets compared"), body))
}

fn differences(session: &Session, compared: &Compared<'_>) -> Markup {
    let lang = session.lang;
    let Compared { left, right, differences } = compared;
    let name = |it: &crate::domain::policy::sheet::Sheet| lang.pick(it.zh.clone(), it.en.clone());
    if differences.is_empty() {
        return parts::empty(
            lang.pick("内容一致", "No difference"),
            lang.pick("两份政策表逐项相同。", "Both say the same, value by value."),
        );
    }
    let count = |kind| differences.iter().filter(|it| it.kind() == kind).count();
    let (left_name, right_name) = (name(left), name(right));
    html! {
        p.lead {
            a href=(address(left)) { (left_name) } " → " a href=(address(right)) { (right_name) } " "
            @for kind in [DifferenceKind::Changed, DifferenceKind::Added, DifferenceKind::Removed] {
                @if count(kind) > 0 { span.num { (badge(session, kind)) " " (count(kind)) " " } }
            }
        }
        @for part in Part::ALL {
            @let of_part: Vec<&Difference> = differences.iter().filter(|it| it.part == part).collect();
            @if !of_part.is_empty() {
                (parts::card(lang.pick(part.zh(), part.en()), table(session, part, &of_part, &left_name, &right_name)))
            }
        }
    }
}

fn table(session: &Session, part: Part, differences: &[&Difference], left: &str, right: &str) -> Markup {
    let lang = session.lang;
    let columns = [
        Column::text(lang.pick("项目", "Value")),
        Column::text(lang.pick("变化", "Change")),
        Column::text(left),
        Column::text(right),
    ];
    let rows = differences.iter().filter(|it| speaks_for_all(differences, it)).map(|it| {
        let cells = vec![
            html! { span title=(it.name) { (lang.pick(&it.zh, &it.en)) } },
            badge(session, it.kind()),
            said(session, it.left.as_ref()),
            said(session, it.right.as_ref()),
        ];
        (None, cells)
    });
    parts::table(lang.pick(part.zh(), part.en()), &columns, rows)
}

/// Of a condition, a reason or a sector that only one sheet has, one value says it: what it asks for, its words, its codes.
fn speaks_for_all(differences: &[&Difference], difference: &Difference) -> bool {
    let thing = |name: &str| name.rsplit_once('.').map(|(thing, _)| thing.to_owned());
    let kind = difference.kind();
    let is_whole = kind != DifferenceKind::Changed
        && matches!(difference.part, Part::Condition | Part::Reason | Part::Sector)
        && differences.iter().filter(|it| thing(&it.name) == thing(&difference.name)).all(|it| it.kind() == kind);
    let field = difference.name.rsplit_once('.').map_or("", |(_, field)| field);
    let speaker = match difference.part {
        Part::Condition => "require",
        Part::Sector => "codes",
        Part::Head | Part::Money | Part::Question | Part::Reason => "zh",
    };
    !is_whole || field == speaker
}

fn badge(session: &Session, kind: DifferenceKind) -> Markup {
    let tone = match kind {
        DifferenceKind::Changed => Tone::Warn,
        DifferenceKind::Added => Tone::Good,
        DifferenceKind::Removed => Tone::Plain,
    };
    parts::badge(tone, session.lang.pick(kind.zh(), kind.en()))
}

fn said(session: &Session, said: Option<&Said>) -> Markup {
    let lang = session.lang;
    html! {
        @if let Some(said) = said {
            span.said { (lang.pick(&said.zh, &said.en)) } " " (clause(lang, &said.clause))
        } @else { "—" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::diff::diff;
    use crate::domain::policy::sheet::{Catalog, Sheet};

    #[test]
    fn what_one_sheet_lacks_is_one_row_and_what_differs_is_a_row_each() {
        let catalog = Catalog::shipped().unwrap();
        let graduates = catalog.get("job-expansion-2022").unwrap();
        let text = graduates.text.replace("effect = \"hold\"", "effect = \"refuse\"");
        let fewer = text.replace("code = \"NO_DIPLOMA\"", "code = \"NO_DIPLOMA_2\"");
        let other = Sheet::parse(&fewer, "other").unwrap();
        let all = diff(graduates, &other);
        let of_part: Vec<&Difference> = all.iter().filter(|it| it.part == Part::Condition).collect();
        let shown: Vec<_> =
            of_part.iter().filter(|it| speaks_for_all(&of_part, it)).map(|it| (it.name.as_str(), it.kind())).collect();
        let of = |name: &str| shown.iter().filter(|(it, _)| it.starts_with(name)).collect::<Vec<_>>();
        assert_eq!(of("condition.NO_DIPLOMA."), [&("condition.NO_DIPLOMA.require", DifferenceKind::Removed)]);
        assert_eq!(of("condition.NO_DIPLOMA_2."), [&("condition.NO_DIPLOMA_2.require", DifferenceKind::Added)]);
        assert!(shown.contains(&("condition.ROSTER_INCOMPLETE.effect", DifferenceKind::Changed)), "{shown:?}");
    }
}
