//! Suspects of one person: what is looked for is posted, so that neither a name nor a number stands in an address, and never said again.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::asked::{ANY, LIST, PAGE_MAX, Query, Unreadable};
use super::blind::Blind;
use super::filters;
use super::table::{self, Look};
use super::unreadable_address;
use crate::web::{Csrf, Nav, PageError, Session, Web, layout, parts};
use crate::workflows::Refusal;
use crate::workflows::precondition::Precondition;
use crate::workflows::record::desk::SuspectPage;

/// What is looked for, and by what it is narrowed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sought {
    text: String,
    rule: String,
    region: String,
}

/// The form; opened with what it was narrowed by where it is to be sent again.
pub(super) fn form(session: &Session, sought: Option<&Sought>) -> Markup {
    let lang = session.lang;
    let (rule, region) = sought.map(|it| (it.rule.as_str(), it.region.as_str())).unwrap_or_default();
    html! {
        details.find-person open[sought.is_some()] {
            summary { (lang.pick("按姓名或证件号码查人", "Find a person")) }
            form.row-form method="post" action="/console/suspects/find" autocomplete="off" {
                (parts::csrf(session))
                div.field {
                    label for="person-text" { (lang.pick("姓名全称或公民身份号码", "Full name or identity number")) }
                    input #person-text name="text" required maxlength="64" autocomplete="off";
                }
                div.field {
                    label for="person-rule" { (lang.pick("规则", "Rule")) }
                    select #person-rule name="rule" { (options(&filters::rules(lang), rule)) }
                }
                @if session.places().len() > 1 {
                    div.field {
                        label for="person-region" { (lang.pick("地区", "Region")) }
                        select #person-region name="region" {
                            @let places = filters::places(session);
                            (options(&places.iter().map(|(code, name)| (code.as_str(), name.as_str())).collect::<Vec<_>>(), region))
                        }
                    }
                }
                button type="submit" { (lang.pick("查找", "Find")) }
            }
        }
    }
}

fn options(choices: &[parts::Choice<'_>], chosen: &str) -> Markup {
    html! { @for (value, words) in choices { option value=(value) selected[*value == chosen] { (words) } } }
}

/// Suspects of one person, as many as a page has; what is more is found by narrowing, for no address could lead to a second page.
pub(super) async fn find(
    State(web): State<Web>,
    session: Session,
    blind: Blind,
    Csrf(sought): Csrf<Sought>,
) -> Result<Response, PageError> {
    let lang = session.lang;
    let query = Query {
        text: sought.text.clone(),
        rule: sought.rule.clone(),
        region: sought.region.clone(),
        state: vec![ANY.to_owned()],
        size: PAGE_MAX.to_string(),
        ..Query::default()
    };
    let asked = match query.read() {
        Ok(asked) if asked.text.is_empty() => return Ok(unreadable_address(&session, Unreadable::Text)),
        Ok(asked) => asked,
        Err(unreadable) => return Ok(unreadable_address(&session, unreadable)),
    };
    let filter = asked.filter(&session.caller, session.operator.as_str());
    let Some(filter) = filter else { return Ok(unreadable_address(&session, Unreadable::Region)) };
    let (found, too_broad) = match web.gateway.suspects(&session.caller, filter).await {
        Ok(found) => (found, false),
        Err(Refusal::Precondition(Precondition::SearchTooBroad)) => (SuspectPage::default(), true),
        Err(refusal) => return Err(refusal.into()),
    };
    let look = Look { session: &session, now: web.gateway.now(), blind: blind.0, selectable: false };
    let body = html! {
        nav.trail { a href=(LIST) { (lang.pick("疑点", "Suspects")) } }
        @if too_broad || found.next.is_some() { (not_all(&session)) (form(&session, Some(&sought))) }
        section #suspect-list {
            @if !found.suspects.is_empty() { (table::rows(look, &found.suspects)) }
            @else if !too_broad { (parts::empty(lang.pick("没有找到", "Nothing was found"), lang.pick("请核对姓名全称或号码。", "Check the full name or number."))) }
        }
    };
    let title = lang.pick("按人员查找", "Suspects of a person");
    Ok(layout::page(&session, Nav::Suspects, title, body).into_response())
}

fn not_all(session: &Session) -> Markup {
    let words = session.lang.pick(
        format!("符合的疑点超过{PAGE_MAX}件，没有全部列出。请按规则或地区缩小范围，或改用公民身份号码查找。"),
        format!("More than {PAGE_MAX} suspects fit, not all of which are listed: narrow by rule or region, or look for the number."),
    );
    parts::warning(html! { (words) })
}
