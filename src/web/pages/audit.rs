//! The audit log: who read or changed what, by person, subject and day. Looking into it is logged as well.

mod detail;
mod words;

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use crate::domain::calendar;
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::web::error::PageError;
use crate::web::lang::Lang;
use crate::web::layout::{self, Nav};
use crate::web::pages::help;
use crate::web::parts::{self, Column};
use crate::web::{Session, Web};
use crate::workflows::record::desk::{AuditFilter, AuditRecord};

/// Entries on a page.
const PAGE_SIZE: u32 = 50;
const HERE: &str = "/console/audit";

pub(super) fn routes() -> Router<Web> {
    Router::new().route(HERE, get(page))
}

#[derive(Clone, Default, Deserialize)]
struct Asked {
    /// A person of the own organization, or `organization/person`.
    #[serde(default)]
    person: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    before: String,
}

impl Asked {
    fn filter(&self, session: &Session) -> Result<AuditFilter, PageError> {
        let person = match self.person.trim() {
            "" => None,
            text => Some(person_asked(session, text)?),
        };
        let subject = match self.subject.trim() {
            "" => None,
            text => Some(
                Uuid::try_parse(text)
                    .map_err(|_| PageError::field("subject", "没有此编号", "This is no id that the node gave out."))?,
            ),
        };
        let day = match self.day.trim() {
            "" => None,
            text => Some(
                calendar::parse_day(text)
                    .ok_or_else(|| PageError::field("day", "日期应写作2022-10-10", "A day is written 2022-10-10."))?,
            ),
        };
        let before = self.before.parse::<i64>().ok().filter(|it| *it > 0);
        Ok(AuditFilter { within: session.caller.region, person, subject, day, before, limit: PAGE_SIZE })
    }

    fn address(&self, before: Option<i64>) -> String {
        let before = before.map(|it| it.to_string()).unwrap_or_default();
        let pairs = [("person", &self.person), ("subject", &self.subject), ("day", &self.day), ("before", &before)];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        if query.is_empty() { HERE.to_owned() } else { format!("{HERE}?{query}") }
    }
}

/// `organization/person`, where only a person is named of the own organization.
fn person_asked(session: &Session, text: &str) -> Result<String, PageError> {
    let (organization, person) = text.split_once('/').unwrap_or((&session.caller.organization, text));
    let read = OperatorId::new(organization, person);
    let read = read.map_err(|error| PageError::field("person", error.zh(), error.to_string()))?;
    Ok(read.as_str().to_owned())
}

async fn page(State(web): State<Web>, session: Session, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let lang = session.lang;
    let found = web.gateway.audit_entries(&session.caller, asked.filter(&session)?).await?;
    let first = asked.address(None);
    let next = found.next.map(|before| asked.address(Some(before)));
    let body = html! {
        (help::panel(&session, Nav::Audit))
        form.filters method="get" action=(HERE) role="search" aria-label=(lang.pick("筛选", "Filter")) {
            (parts::field(lang.pick("人员", "Person"), "person", "text", &asked.person, None))
            (parts::field(lang.pick("对象编号", "Subject's id"), "subject", "text", &asked.subject, None))
            (parts::field(lang.pick("日期", "Day"), "day", "date", &asked.day, None))
            (parts::submit(lang.pick("查看", "Show"), false))
        }
        @if found.entries.is_empty() {
            (parts::empty(lang.pick("没有记录", "No entries"),
                if next.is_some() { lang.pick("这一段没有符合的记录，可继续向前查找。", "None fits in this part; there is more before it.") }
                else { lang.pick("没有符合条件的审计记录。", "No entry fits.") }))
        } @else { (table(&session, &found.entries)) }
        (parts::pager(lang, Some(first.as_str()).filter(|_| !asked.before.is_empty()), next.as_deref()))
    };
    Ok(layout::page(&session, Nav::Audit, lang.pick("审计", "Audit"), body))
}

fn table(session: &Session, entries: &[AuditRecord]) -> Markup {
    let lang = session.lang;
    let columns = [
        Column::number(lang.pick("序号", "No.")),
        Column::text(lang.pick("时间", "At")),
        Column::text(lang.pick("人员", "Person")),
        Column::text(lang.pick("系统", "System")),
        Column::text(lang.pick("动作", "Action")),
        Column::text(lang.pick("对象", "Subject")),
        Column::text(lang.pick("地区", "Place")),
        Column::text(lang.pick("说明", "Detail")),
    ];
    let rows = entries.iter().map(|entry| {
        let place = Region::parse(&entry.region).map_or_else(|_| entry.region.clone(), |region| session.place(region));
        let cells = vec![
            html! { span.num { (entry.sequence) } },
            parts::instant(entry.at),
            html! { @if let Some(person) = &entry.person { (by_person(session, person)) } @else { "—" } },
            system(session, &entry.actor),
            html! {
                span title=(entry.action) { (words::action(lang, &entry.action)) }
                @if let Some(state) = &entry.state { " → " (words::state(lang, &entry.subject_kind, state)) }
            },
            subject(lang, entry),
            html! { (place) },
            html! { span title=[Some(&entry.detail).filter(|it| !it.is_empty())] { (parts::words(&detail::detail(lang, &entry.action, &entry.detail))) } },
        ];
        (None, cells)
    });
    parts::table(lang.pick("审计记录", "Entries of the audit log"), &columns, rows)
}

/// All of one person. Of the own organization the person's id says enough.
fn by_person(session: &Session, person: &str) -> Markup {
    let asked = Asked { person: person.to_owned(), ..Asked::default() };
    let own = person.split_once('/').filter(|(organization, _)| *organization == session.caller.organization);
    html! { a.breakable href=(asked.address(None)) title=(person) { (own.map_or(person, |(_, name)| name)) } }
}

/// The system that acted, without the own organization's name.
fn system(session: &Session, actor: &str) -> Markup {
    let own = actor.split_once('/').filter(|(organization, _)| *organization == session.caller.organization);
    html! { span.mono.breakable title=(actor) { (own.map_or(actor, |(_, name)| name)) } }
}

/// All about one subject.
fn subject(lang: Lang, entry: &AuditRecord) -> Markup {
    html! {
        (words::subject(lang, &entry.subject_kind))
        @if let Some(id) = entry.subject_id {
            @let asked = Asked { subject: id.to_string(), ..Asked::default() };
            " " a href=(asked.address(None)) { (parts::id(&id.to_string())) }
        }
    }
}
