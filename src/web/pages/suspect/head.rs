//! What is at stake, and how long there is: the top of a suspect's page; and the desks of the provinces that it concerns.

use jiff::Timestamp;
use maud::{Markup, html};

use super::sides::called;
use crate::domain::identity::Region;
use crate::domain::suspect::stake::Band;
use crate::web::lang::Lang;
use crate::web::pages::suspects::marks;
use crate::web::pages::suspects::table::{own_desk, own_state};
use crate::web::{Session, parts};
use crate::workflows::record::SuspectRecord;
use crate::workflows::record::desk::{DeskRecord, Judgment};

/// The top of the page.
pub(super) fn head(session: &Session, suspect: &SuspectRecord, now: Timestamp) -> Markup {
    let lang = session.lang;
    let id = suspect.suspect_id.to_string();
    html! {
        p.lead {
            (lang.pick("聊人社字〔2022〕32号 ", "Notice [2022] No. 32, ")) (suspect.rule.clause()) " · "
            (parts::instant(suspect.opened_at)) (lang.pick(" 发现", " found")) " · " (lang.pick("编号 ", "id ")) (parts::id(&id))
        }
        div.suspect-head {
            dl.facts.facts-head {
                div.fact.fact-money {
                    dt { (lang.pick("涉及资金", "At stake")) }
                    dd {
                        @match &suspect.stake {
                            Some(stake) => { (marks::amount(lang, stake.amount)) " " (marks::band(lang, stake.band)) }
                            None => (marks::stake_band(lang, None)),
                        }
                    }
                    @if let Some(stake) = &suspect.stake { dd.under { (meaning(lang, stake.band)) } }
                }
                div.fact {
                    dt { (lang.pick("状态", "State")) }
                    dd { (marks::state(lang, own_state(suspect, session.caller.region))) }
                }
                @if let Some(desk) = own_desk(suspect, session.caller.region) {
                    div.fact {
                        dt { (lang.pick("期限", "Deadline")) }
                        dd { (marks::due(lang, desk, now)) }
                        @if let Some(due_at) = desk.desk.due_at { dd.under { (parts::instant(due_at)) } }
                    }
                    div.fact {
                        dt { (lang.pick("承办人", "Whose")) }
                        dd { (assignee(lang, desk)) }
                    }
                }
            }
        }
    }
}

fn assignee(lang: Lang, desk: &DeskRecord) -> Markup {
    match &desk.desk.assignee {
        Some(person) => parts::words(person.as_str()),
        None => html! { span.faint { (lang.pick("尚无", "nobody yet")) } },
    }
}

fn meaning(lang: Lang, band: Band) -> &'static str {
    match band {
        Band::Stoppable => lang.pick("尚未发放，可在发放前拦截", "not paid yet: it can still be stopped"),
        Band::Recoverable => lang.pick("已经发放，属实的应依法追回", "paid: where found true it is to be got back"),
        Band::Nothing => lang.pick("没有不应发放的资金", "nothing is paid, or will be, that should not"),
    }
}

/// Each province's desk. Of one outside the region only where it stands, and the day of its judgment.
pub(super) fn desks(lang: Lang, suspect: &SuspectRecord, seen_from: Region) -> Markup {
    html! {
        @if suspect.desks.len() > 1 {
            section.card aria-labelledby="desks" {
                h2 #desks { (lang.pick("两省各自核实", "Each province judges for itself")) }
                ul.desks {
                    @for desk in &suspect.desks {
                        li {
                            span.desk-place { (lang.province(desk.province)) }
                            (marks::state(lang, desk.desk.state))
                            @if let Some(judgment) = &desk.judgment { (judged(lang, desk, judgment, seen_from)) }
                        }
                    }
                }
            }
        } @else if let Some((desk, judgment)) = only_judgment(suspect) {
            section.card aria-labelledby="judgment" {
                h2 #judgment { (lang.pick("核实结论", "Judgment")) }
                (judged(lang, desk, judgment, seen_from))
            }
        }
    }
}

fn only_judgment(suspect: &SuspectRecord) -> Option<(&DeskRecord, &Judgment)> {
    let desk = suspect.desks.first()?;
    desk.judgment.as_ref().map(|judgment| (desk, judgment))
}

fn judged(lang: Lang, desk: &DeskRecord, judgment: &Judgment, seen_from: Region) -> Markup {
    let is_own = seen_from.covers(desk.province) || desk.province.covers(seen_from);
    let Judgment { reason, words, by, at } = judgment;
    html! {
        div.judgment {
            @if is_own {
                @if let Some(reason) = reason { p { (lang.pick(reason.zh(), reason.en())) } }
                @if !words.is_empty() { blockquote { (parts::words(words)) } }
                p.under { (parts::instant(*at)) " · " (parts::words(by)) }
            } @else {
                p.under { (marks::day_of(*at)) (lang.pick(" 作出结论", " judged")) }
            }
        }
    }
}

/// How a claim is called where something is done with one of two.
pub(super) fn claim_called(lang: Lang, suspect: &SuspectRecord, is_first: bool) -> &'static str {
    called(lang, if is_first { 1 } else { 2 }, suspect.first.is_some())
}
