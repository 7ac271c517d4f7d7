//! Thirty days ahead: how many claims must be paid by which day (二(一)2), and how many are past it.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

use crate::web::lang::Lang;
use crate::web::pages::suspects::marks::days_between;
use crate::workflows::record::radar::RadarDay;
use crate::workflows::today::{RADAR_DAYS, Radar};

/// The picture, in its own units.
const WIDTH: f32 = 720.0;
const HEIGHT: f32 = 120.0;
const BOTTOM: f32 = 22.0;
const TOP: f32 = 18.0;
/// So near that somebody must see to it.
const NEAR_DAYS: i32 = 7;
/// A bar that stands for something can be seen.
const BAR_MIN: f32 = 3.0;

/// Claims by the days that are left; what is past its day stands at -1.
fn by_days_left(today: Date, due: &[RadarDay]) -> BTreeMap<i32, u64> {
    let left = |day: &RadarDay| day.due_on.map_or(-1, |due_on| days_between(today, due_on));
    due.iter().map(|day| (left(day), day.claims)).collect()
}

/// The chart with its words.
pub(super) fn radar(lang: Lang, radar: &Radar) -> Markup {
    let today = radar.today;
    let claims = by_days_left(today, &radar.days);
    let sum = |from: i32, to: i32| -> u64 { claims.range(from..=to).map(|(_, count)| count).sum() };
    let (over, near, later) = (sum(-1, -1), sum(0, NEAR_DAYS), sum(NEAR_DAYS + 1, i32::MAX));
    html! {
        p.radar-words {
            @if over + near + later == 0 { (lang.pick("30天内没有到期的申领。", "No claim has its last day within 30 days.")) }
            @else {
                span.due-over[over > 0].due { (lang.pick("已逾期 ", "past their day: ")) strong { (over) } } " · "
                span.due-near[near > 0].due { (lang.pick("7天内 ", "within 7 days: ")) strong { (near) } } " · "
                span.due { (lang.pick("30天内 ", "within 30 days: ")) strong { (over + near + later) } }
            }
        }
        @if over + near + later > 0 { (picture(lang, today, &claims)) }
    }
}

fn picture(lang: Lang, today: Date, claims: &BTreeMap<i32, u64>) -> Markup {
    let top = claims.values().copied().max().unwrap_or(1).max(1);
    let ground = HEIGHT - BOTTOM;
    // What is past its day has two columns' room, for its label.
    let columns = RADAR_DAYS as f32 + 3.0;
    let step = WIDTH / columns;
    let height = |count: u64| (count as f32 / top as f32 * (ground - TOP)).max(BAR_MIN);
    html! {
        svg.radar viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(lang.pick("30天到期雷达", "Last days within 30 days")) {
            line.grid x1="0" x2=(WIDTH) y1=(ground) y2=(ground) {}
            rect.near-band x=(step * 2.0) y=(ground) width=(step * (NEAR_DAYS as f32 + 1.0)) height="3" {}
            @for (days, count) in claims {
                @let x = if *days < 0 { step * 0.5 } else { step * (*days as f32 + 2.0) };
                g.day {
                    title { (said(lang, today, *days, *count)) }
                    rect.bar.(class(*days)) x=(x + step * 0.16) y=(ground - height(*count)) width=(step * 0.68) height=(height(*count)) rx="1.5" {}
                    text.tick x=(x + step / 2.0) y=(ground - height(*count) - 4.0) text-anchor="middle" { (count) }
                }
            }
            text.tick x=(step) y=(HEIGHT - 4.0) text-anchor="middle" { (lang.pick("逾期", "past")) }
            @for days in [0, 7, 14, 21, 28] {
                text.tick x=(step * (days as f32 + 2.5)) y=(HEIGHT - 4.0) text-anchor="middle" { (day(lang, today, days)) }
            }
        }
    }
}

fn class(days: i32) -> &'static str {
    match days {
        ..=-1 => "bar-over",
        0..=NEAR_DAYS => "bar-near",
        _ => "bar-later",
    }
}

fn day(lang: Lang, today: Date, days: i32) -> String {
    match days {
        0 => lang.pick("今天", "today").to_owned(),
        _ => today.checked_add(days.days()).unwrap_or(today).strftime("%m-%d").to_string(),
    }
}

fn said(lang: Lang, today: Date, days: i32, count: u64) -> String {
    if days < 0 {
        return format!("{}: {count}", lang.pick("已逾期", "past their last day"));
    }
    let day = today.checked_add(days.days()).unwrap_or(today);
    format!("{day}: {count}{}", lang.pick("件", " claims"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Fen;
    use jiff::civil::date;

    #[test]
    fn what_is_past_its_day_stands_before_today() {
        let due = |due_on, claims| RadarDay { due_on, claims, amount: Fen::ZERO };
        let all = [due(None, 3), due(Some(date(2022, 10, 10)), 4), due(Some(date(2022, 11, 9)), 5)];
        let found = by_days_left(date(2022, 10, 10), &all);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [(-1, 3), (0, 4), (30, 5)]);
    }
}
