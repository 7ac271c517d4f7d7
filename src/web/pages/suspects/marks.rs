//! The small signs that all suspect pages share: band, state, weight, deadline. Each says in shape and words what it says in color.

use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use maud::{Markup, html};

use crate::domain::calendar::{cst_date, cst_date_time};
use crate::domain::claim::ClaimState;
use crate::domain::money::Fen;
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::stake::{Band, Stake};
use crate::web::lang::Lang;
use crate::web::parts::{Tone, badge, bar, day, yuan};
use crate::workflows::record::desk::DeskRecord;

/// So many days before a deadline it is near.
const NEAR_DAYS: i32 = 2;

/// What can still be done about the money.
pub(in crate::web) fn band(lang: Lang, band: Band) -> Markup {
    let tone = match band {
        Band::Stoppable => Tone::Bad,
        Band::Recoverable => Tone::Warn,
        Band::Nothing => Tone::Plain,
    };
    badge(tone, lang.pick(band.zh(), band.en()))
}

/// A suspect's band; a word of its own while it was not weighed yet.
pub(in crate::web) fn stake_band(lang: Lang, stake: Option<&Stake>) -> Markup {
    match stake {
        Some(stake) => band(lang, stake.band),
        None => badge(Tone::Busy, lang.pick("评估中", "being weighed")),
    }
}

/// Where a desk stands: a circle that fills.
pub(in crate::web) fn state(lang: Lang, state: SuspectState) -> Markup {
    let filled = match state {
        SuspectState::Open => "",
        SuspectState::Assigned => "M6 1.5A4.5 4.5 0 0 1 10.5 6H6z",
        SuspectState::Investigating => "M6 1.5a4.5 4.5 0 0 1 0 9z",
        SuspectState::Confirmed => "M6 1.5a4.5 4.5 0 0 1 0 9a4.5 4.5 0 0 1 0-9z",
        SuspectState::Dismissed => "M3.2 2.3l6.5 6.5-.9.9L2.3 3.2z",
    };
    html! {
        span.desk-state data-state=(state.code()) {
            svg.sign viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" {
                circle.ring cx="6" cy="6" r="4.5" {}
                @if !filled.is_empty() { path.fill d=(filled) {} }
            }
            (lang.pick(state.zh(), state.en()))
        }
    }
}

/// Where a claim stands.
pub(in crate::web) fn claim_state(lang: Lang, state: ClaimState) -> String {
    match lang {
        Lang::Zh => state.zh().to_owned(),
        Lang::En => state.code().replace('-', " "),
    }
}

/// How much the evidence weighs, as a bar with its percentage.
pub(in crate::web) fn weight(weight: u16) -> Markup {
    bar(u64::from(weight), &format!("{}%", weight / 10))
}

/// An amount with its unit.
pub(in crate::web) fn amount(lang: Lang, amount: Fen) -> Markup {
    html! { span.amount { (yuan(lang, amount)) } }
}

/// By when a desk must go on, how near that is, and how often it was missed.
pub(in crate::web) fn due(lang: Lang, desk: &DeskRecord, now: Timestamp) -> Markup {
    let Some(due_at) = desk.desk.due_at else {
        return match desk.desk.state.is_closed() {
            true => html! { span.faint { (lang.pick("已办结", "closed")) } },
            false => html! { (escalation(lang, desk.desk.escalation)) },
        };
    };
    let days = days_between(cst_date(now), cst_date(due_at));
    let (class, words) = match days {
        ..=-1 => ("due due-over", lang.pick("逾期", "overdue by").to_owned() + &in_days(lang, -days)),
        0 => ("due due-near", lang.pick("今日到期", "due today").to_owned()),
        1..=NEAR_DAYS => ("due due-near", lang.pick("还剩", "due in").to_owned() + &in_days(lang, days)),
        _ => ("due", lang.pick("还剩", "due in").to_owned() + &in_days(lang, days)),
    };
    html! {
        time class=(class) datetime=(due_at) title=(cst_date_time(due_at).strftime("%Y-%m-%d %H:%M")) { (words) }
        (escalation(lang, desk.desk.escalation))
    }
}

/// How often a deadline was missed: one chevron each, and in words who has it before them now.
fn escalation(lang: Lang, level: u8) -> Markup {
    let words = match level {
        0 => return html! {},
        1 => lang.pick("已提醒县级负责人", "raised to the county"),
        2 => lang.pick("已上报市级", "raised to the city"),
        _ => lang.pick("已上报省级", "raised to the province"),
    };
    html! { " " span.escalation title=(words) { span aria-hidden="true" { ("▲".repeat(usize::from(level))) } span.unseen { (words) } } }
}

fn in_days(lang: Lang, days: i32) -> String {
    match lang {
        Lang::Zh => format!("{days}天"),
        Lang::En if days == 1 => " 1 day".to_owned(),
        Lang::En => format!(" {days} days"),
    }
}

/// Days from one day to another; negative backwards.
pub(in crate::web) fn days_between(from: Date, to: Date) -> i32 {
    from.until((Unit::Day, to)).map(|span| span.get_days()).unwrap_or_default()
}

/// The day of a moment, in China.
pub(in crate::web) fn day_of(at: Timestamp) -> Markup {
    day(cst_date(at))
}
