//! Simple charts as inline SVG: whole numbers in, shapes with classes and presentation attributes out. Each has a title and a table's worth
//! of words beside it, so that nothing is told by a picture alone.

use maud::{Markup, html};

use crate::web::lang::Lang;

/// How wide and high a chart is drawn; it scales with its box.
const WIDTH: u64 = 640;
const HEIGHT: u64 = 200;
/// Room for the labels at the left, below and above.
const LEFT: u64 = 56;
const BELOW: u64 = 24;
const ABOVE: u64 = 12;
/// Labels below at most, so that they do not run into each other.
const LABELS_MAX: usize = 13;

/// A series: its words, its class (`s1` to `s5`, colors that are told apart), and a value for each place.
pub struct Series<'a> {
    pub words: &'a str,
    pub class: &'a str,
    pub values: Vec<u64>,
}

/// A share of a length, rounded down: `value / max * length`.
pub fn coordinate(value: u64, max: u64, length: u64) -> u64 {
    if max == 0 {
        return 0;
    }
    let exact = u128::from(value) * u128::from(length) / u128::from(max);
    u64::try_from(exact).unwrap_or(length).min(length)
}

/// Bars side by side at each place.
pub fn bars(lang: Lang, title: &str, labels: &[String], series: &[Series<'_>]) -> Markup {
    let max = nice(series.iter().flat_map(|it| it.values.iter().copied()).max().unwrap_or_default());
    let group = group_width(labels.len());
    let bar = (group * 7 / 10 / count(series.len())).max(1);
    chart(
        (lang, title),
        labels,
        series,
        max,
        html! {
            @for (at, one) in series.iter().enumerate() {
                @for (place, value) in one.values.iter().enumerate() {
                    @let height = coordinate(*value, max, plot_height());
                    @let x = LEFT + group * number(place) + group * 3 / 20 + bar * number(at);
                    rect.(one.class) x=(x) y=(floor() - height) width=(bar) height=(height) {
                        title { (labels.get(place).map_or("", String::as_str)) " " (one.words) " " (value) }
                    }
                }
            }
        },
    )
}

/// Axes, labels and legend around what a chart draws.
fn chart((lang, title): (Lang, &str), labels: &[String], series: &[Series<'_>], max: u64, drawn: Markup) -> Markup {
    let every = labels.len().div_ceil(LABELS_MAX).max(1);
    let group = group_width(labels.len());
    html! {
        figure.chart {
            figcaption { (title)
                @if series.len() > 1 { span.legend { @for it in series { span.key { span.swatch.(it.class) {} (it.words) } } } }
            }
            // On a phone it is not drawn smaller than it can be read, but moved, by the keyboard as well.
            div.chart-frame tabindex="0" role="region" aria-label=(title) {
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(title) preserveAspectRatio="xMidYMid meet" {
                    @for step in 0..=4_u64 {
                        @let y = floor() - plot_height() * step / 4;
                        line.grid-line x1=(LEFT) y1=(y) x2=(WIDTH) y2=(y) {}
                        text.axis x=(LEFT - 8) y=(y + 4) text-anchor="end" { (short(lang, max * step / 4)) }
                    }
                    (drawn)
                    @for (place, label) in labels.iter().enumerate().step_by(every) {
                        text.axis x=(LEFT + group * number(place) + group / 2) y=(HEIGHT - 6) text-anchor="middle" { (label) }
                    }
                }
            }
        }
    }
}

fn plot_height() -> u64 {
    HEIGHT - BELOW - ABOVE
}

/// Where zero is drawn.
fn floor() -> u64 {
    HEIGHT - BELOW
}

fn group_width(places: usize) -> u64 {
    (WIDTH - LEFT) / count(places)
}

fn number(place: usize) -> u64 {
    u64::try_from(place).unwrap_or(u64::MAX)
}

fn count(things: usize) -> u64 {
    number(things).max(1)
}

/// The next round number that four steps divide.
fn nice(max: u64) -> u64 {
    let mut unit = 4_u64;
    loop {
        for times in [1, 2, 5] {
            let round = unit.saturating_mul(times);
            if round >= max || round == u64::MAX {
                return round;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// A number beside an axis.
fn short(lang: Lang, value: u64) -> String {
    let units = lang.pick([(100_000_000, "亿"), (10_000, "万")], [(1_000_000, "m"), (1_000, "k")]);
    // As large a unit as leaves the number whole, where there is one: axes have steps of quarters.
    match units.into_iter().find(|(unit, _)| value >= *unit && value.is_multiple_of(*unit)) {
        Some((unit, word)) => format!("{}{word}", value / unit),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_and_within_their_length() {
        let check = |value, max, expected| assert_eq!(coordinate(value, max, 120), expected, "{value}/{max}");
        check(0, 0, 0);
        check(5, 0, 0);
        check(1, 2, 60);
        check(1_000, 1_000, 120);
        check(u64::MAX, u64::MAX, 120);
        check(u64::MAX, 1, 120);
    }

    #[test]
    fn axes_end_at_round_numbers() {
        let check = |max, expected| assert_eq!(nice(max), expected, "{max}");
        check(0, 4);
        check(4, 4);
        check(5, 8);
        check(19, 20);
        check(21, 40);
        check(1_000_000, 2_000_000);
        check(u64::MAX, u64::MAX);
    }

    #[test]
    fn an_axis_is_read_in_the_language_of_its_page() {
        let check = |value, zh: &str, en: &str| assert_eq!([short(Lang::Zh, value), short(Lang::En, value)], [zh, en]);
        check(0, "0", "0");
        check(750, "750", "750");
        check(5_000, "5000", "5k");
        check(15_000, "15000", "15k");
        check(20_000, "2万", "20k");
        check(300_000_000, "3亿", "300m");
    }

    #[test]
    fn charts_have_no_style_and_a_title_each() {
        let labels: Vec<String> = (1..=26).map(|week| week.to_string()).collect();
        let series = [
            Series { words: "发现", class: "s1", values: (0..26).collect() },
            Series { words: "属实", class: "s2", values: vec![1; 26] },
        ];
        let drawn = bars(Lang::Zh, "每周", &labels, &series).0;
        assert!(!drawn.contains("style="), "{drawn}");
        assert!(drawn.contains("aria-label=\"每周\""));
        assert!(bars(Lang::Zh, "空", &[], &[]).0.contains("<svg"));
    }
}
