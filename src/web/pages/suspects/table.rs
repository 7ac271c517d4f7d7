//! The rows of the list.

use jiff::Timestamp;
use maud::{Markup, html};

use super::marks;
use crate::domain::identity::Region;
use crate::domain::suspect::SuspectState;
use crate::web::{Lang, Session, parts};
use crate::workflows::record::desk::DeskRecord;
use crate::workflows::record::{SuspectRecord, SuspectSide};

/// How the rows are shown.
#[derive(Clone, Copy)]
pub(in crate::web) struct Look<'a> {
    pub(in crate::web) session: &'a Session,
    pub(in crate::web) now: Timestamp,
    /// The weight is left out, of judged ones as well: a column that some rows lack would tell which.
    pub(in crate::web) blind: bool,
    /// Whether rows can be selected.
    pub(in crate::web) selectable: bool,
}

/// The desks at which a caller's own work is: that of its province; both for who sees both.
pub(in crate::web) fn own_desks(record: &SuspectRecord, seen_from: Region) -> impl Iterator<Item = &DeskRecord> {
    record.desks.iter().filter(move |desk| seen_from.covers(desk.province) || desk.province.covers(seen_from))
}

/// That of them which is least far.
pub(in crate::web) fn own_desk(record: &SuspectRecord, seen_from: Region) -> Option<&DeskRecord> {
    own_desks(record, seen_from).min_by_key(|desk| desk.desk.state)
}

/// Where a suspect stands for a caller: at its own desk.
pub(in crate::web) fn own_state(record: &SuspectRecord, seen_from: Region) -> SuspectState {
    own_desk(record, seen_from).map_or(record.state, |desk| desk.desk.state)
}

/// All rows, as a table that becomes cards where it is narrow.
pub(in crate::web) fn rows(look: Look<'_>, records: &[SuspectRecord]) -> Markup {
    let lang = look.session.lang;
    let caption = lang.pick("疑点", "Suspects");
    html! {
        div.table-frame tabindex="0" role="region" aria-label=(caption) {
            table.suspects {
                caption.unseen { (caption) }
                thead {
                    tr {
                        @if look.selectable { th.select scope="col" { (select_all(lang)) } }
                        th.number scope="col" { (lang.pick("涉及资金", "At stake")) }
                        th scope="col" { (lang.pick("疑点", "Suspect")) }
                        th scope="col" { (lang.pick("企业与人员", "Enterprises and person")) }
                        @if !look.blind { th scope="col" { (lang.pick("证据分量", "Weight")) } }
                        th scope="col" { (lang.pick("办理", "At work")) }
                    }
                }
                tbody { @for record in records { (row(look, record)) } }
            }
        }
    }
}

/// One box for all of the page, where a script can.
fn select_all(lang: Lang) -> Markup {
    html! {
        span.unseen { (lang.pick("选择", "Select")) }
        input type="checkbox" data-all="suspect" aria-label=(lang.pick("选择本页全部", "select all of this page"));
    }
}

fn row(look: Look<'_>, record: &SuspectRecord) -> Markup {
    let lang = look.session.lang;
    let id = record.suspect_id.to_string();
    let address = format!("{}/{id}", super::asked::LIST);
    let desk = own_desk(record, look.session.caller.region);
    let state = own_state(record, look.session.caller.region);
    html! {
        tr data-href=(address) {
            @if look.selectable {
                td.select data-label=(lang.pick("选择", "Select")) {
                    input type="checkbox" name="suspect" value=(id) aria-label=(format!("{} {}", lang.pick("选择", "select"), short(&id)))
                        disabled[state.is_closed()];
                }
            }
            td.number.stake data-label=(lang.pick("涉及资金", "At stake")) {
                @if let Some(amount) = record.amount_told(look.session.caller.region) { (marks::amount(lang, amount)) }
                (marks::stake_band(lang, record.stake.as_ref()))
            }
            td.what data-label=(lang.pick("疑点", "Suspect")) {
                a.row-link href=(address) { (lang.pick(record.rule.zh(), record.rule.en())) }
                span.under { (record.rule.clause()) " · " (marks::day_of(record.opened_at)) (lang.pick(" 发现 · ", " found · ")) (parts::id(&id)) }
            }
            td.parties data-label=(lang.pick("企业与人员", "Enterprises and person")) { (parties(look, record)) }
            @if !look.blind {
                td.weigh data-label=(lang.pick("证据分量", "Weight")) {
                    @if let Some(stake) = &record.stake { (marks::weight(stake.weight)) }
                }
            }
            td.work data-label=(lang.pick("办理", "At work")) {
                (marks::state(lang, state))
                @if let Some(desk) = desk { span.under { (marks::due(lang, desk, look.now)) (assignee(look, desk)) } }
            }
        }
    }
}

fn assignee(look: Look<'_>, desk: &DeskRecord) -> Markup {
    match &desk.desk.assignee {
        Some(person) if *person == look.session.operator => {
            html! { " · " strong { (look.session.lang.pick("我", "me")) } }
        }
        Some(person) => html! { " · " (parts::words(person_of(person.as_str()))) },
        None => html! {},
    }
}

/// A person's own id, without the organization.
pub(in crate::web) fn person_of(operator: &str) -> &str {
    operator.split_once('/').map_or(operator, |(_, person)| person)
}

/// The enterprises with their places, and the person that it is about; of what lies elsewhere the province alone.
fn parties(look: Look<'_>, record: &SuspectRecord) -> Markup {
    let session = look.session;
    let sides: Vec<&SuspectSide> = record.first.iter().chain([&record.second]).collect();
    // The two may name the person differently: of a claim elsewhere that is nobody's to see.
    let seen = sides.iter().filter(|side| session.caller.region.covers(side.region));
    let person = seen.filter_map(|side| side.person.as_ref()).next();
    html! {
        @for side in &sides {
            span.party {
                @if session.caller.region.covers(side.region) {
                    @match &side.enterprise_name {
                        Some(name) => (parts::words(name.as_str())),
                        None => span.mono { (side.enterprise.as_str()) },
                    }
                    " " span.place { (session.place(side.region)) }
                } @else {
                    span.elsewhere { (session.lang.province(side.region)) (session.lang.pick("的申领", " (claim elsewhere)")) }
                }
            }
        }
        @if let Some(person) = person { span.under { (parts::words(&person.name)) " " span.mono { (person.resident_id) } } }
    }
}

/// The end of an id, which tells suspects apart: version 7 begins with the time.
pub(in crate::web) fn short(id: &str) -> String {
    id.rsplit('-').next().unwrap_or(id).to_owned()
}
