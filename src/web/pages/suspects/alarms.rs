//! Both provinces have closed, yet both still pay: before all else, on the first page and on the list.

use maud::{Markup, html};

use super::asked::LIST;
use super::marks;
use crate::web::{Session, parts};
use crate::workflows::record::SuspectRecord;

/// Suspects named at once; the count says how many there are.
const ROWS: usize = 6;

pub(in crate::web) fn alarms(session: &Session, alarms: &[SuspectRecord]) -> Markup {
    let lang = session.lang;
    if alarms.is_empty() {
        return html! {};
    }
    html! {
        section.alarm role="alert" aria-labelledby="alarms" {
            h2 #alarms { (lang.pick("警报：两省均已办结，两份申领却都在发放或已经发放", "Alarm: both provinces have closed, yet both claims are or were paid")) }
            ul.suspect-links {
                @for record in alarms.iter().take(ROWS) {
                    li data-row {
                        a href=(format!("{LIST}/{}", record.suspect_id)) { (lang.pick(record.rule.zh(), record.rule.en())) " " (parts::id(&record.suspect_id.to_string())) }
                        @if let Some(amount) = record.amount_told(session.caller.region) { (marks::amount(lang, amount)) }
                    }
                }
            }
            @if alarms.len() > ROWS { p { (lang.pick("共", "in all ")) (alarms.len()) (lang.pick("件", "")) } }
        }
    }
}
