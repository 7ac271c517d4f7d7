//! Money by county and subsidy: a bar for each place, its parts told apart by color and by words.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::svg;
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::ledger::flow::Paid;
use crate::domain::money::Fen;
use crate::web::lang::Lang;

/// Places drawn at most, the largest first; what is over is one bar of its own.
const PLACES_MAX: usize = 20;
/// Heights and widths of the picture, which scales with its box.
const WIDTH: u64 = 720;
const ROW: u64 = 30;
const BAR: u64 = 16;
const LEFT: u64 = 150;
/// Room for the amount behind a bar.
const RIGHT: u64 = 140;

const SUBSIDIES: [(SubsidyKind, &str, &str, &str); 2] = [
    (SubsidyKind::JobExpansion, "s1", "一次性扩岗补助", "job expansion"),
    (SubsidyKind::RetentionTraining, "s2", "一次性留工培训补助", "retention training"),
];

/// One bar.
struct Bar {
    words: String,
    /// As [`SUBSIDIES`].
    amounts: [Fen; 2],
}

impl Bar {
    fn total(&self) -> Fen {
        Fen::checked_sum(self.amounts).unwrap_or_default()
    }
}

/// What is with enterprises, by place and subsidy. `name` says what a place is called.
pub fn money_chart(lang: Lang, paid: &[Paid], name: impl Fn(Region) -> String) -> Markup {
    let bars = bars(lang, paid, &name);
    let max = bars.iter().map(|it| positive(it.total())).max().unwrap_or_default();
    let height = ROW * u64::try_from(bars.len()).unwrap_or_default();
    let title = lang.pick("各地企业实有补助（元）", "Subsidies with enterprises, by place (yuan)");
    html! {
        figure.chart.money-chart {
            figcaption {
                (title)
                span.legend { @for (_, class, zh, en) in SUBSIDIES { span.key { span.swatch.(class) {} (lang.pick(zh, en)) } } }
            }
            div.flow-frame tabindex="0" role="region" aria-label=(title) {
            svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(summary(lang, title, &bars)) {
                @for (bar, y) in bars.iter().zip((0..).step_by(usize::try_from(ROW).unwrap_or(1))) { (row(lang, bar, y, max)) }
            }
            }
        }
    }
}

fn row(lang: Lang, bar: &Bar, y: u64, max: u64) -> Markup {
    let [first, second] = bar.amounts.map(positive);
    let room = WIDTH - LEFT - RIGHT;
    // Both edges are taken from zero, so that rounding never adds up.
    let edges = [0, svg::coordinate(first, max, room), svg::coordinate(first.saturating_add(second), max, room)];
    let parts = SUBSIDIES.iter().zip(edges.windows(2)).zip(bar.amounts);
    html! {
        text.axis x=(LEFT - 10) y=(y + 20) text-anchor="end" { (bar.words) }
        @for (((_, class, zh, en), edge), amount) in parts {
            rect.(*class) x=(LEFT + edge[0]) y=(y + (ROW - BAR) / 2) width=(edge[1] - edge[0]) height=(BAR) {
                title { (bar.words) " " (lang.pick(*zh, *en)) " " (amount) }
            }
        }
        text.flow-amount x=(LEFT + edges[2] + 8) y=(y + 20) { (bar.total()) }
    }
}

fn bars(lang: Lang, paid: &[Paid], name: &impl Fn(Region) -> String) -> Vec<Bar> {
    let mut by_place: BTreeMap<Region, [Fen; 2]> = BTreeMap::new();
    for it in paid {
        let amounts = by_place.entry(it.place).or_default();
        for ((subsidy, ..), sum) in SUBSIDIES.iter().zip(amounts) {
            if *subsidy == it.subsidy {
                *sum = sum.checked_add(it.amount).unwrap_or(*sum);
            }
        }
    }
    let mut bars: Vec<Bar> = by_place.into_iter().map(|(place, amounts)| Bar { words: name(place), amounts }).collect();
    bars.sort_by_key(|it| std::cmp::Reverse(it.total()));
    let over = bars.split_off(bars.len().min(PLACES_MAX));
    if !over.is_empty() {
        let sum = |at: usize| Fen::checked_sum(over.iter().map(|it| it.amounts[at])).unwrap_or_default();
        let words = lang.pick(format!("其余{}处", over.len()), format!("{} others", over.len()));
        bars.push(Bar { words, amounts: [sum(0), sum(1)] });
    }
    bars
}

fn summary(lang: Lang, title: &str, bars: &[Bar]) -> String {
    let all = bars.iter().map(|it| format!("{} {}", it.words, it.total()));
    format!("{title}{}{}", lang.pick("：", ": "), all.collect::<Vec<_>>().join(lang.pick("，", ", ")))
}

fn positive(amount: Fen) -> u64 {
    u64::try_from(amount.get()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_summed_up_largest_first_and_none_is_lost() {
        let paid = |number: u32, subsidy, fen| Paid {
            place: Region::parse(&format!("3715{number:02}")).unwrap(),
            subsidy,
            amount: Fen::new(fen),
        };
        let mut all: Vec<Paid> =
            (1..=25).map(|it| paid(it, SubsidyKind::JobExpansion, 150_000 * i64::from(it))).collect();
        all.push(paid(1, SubsidyKind::RetentionTraining, 9_000_000));
        let bars = bars(Lang::Zh, &all, &|place| place.to_string());
        assert_eq!(bars.len(), PLACES_MAX + 1);
        assert_eq!((bars[0].words.as_str(), bars[0].amounts), ("371501", [Fen::new(150_000), Fen::new(9_000_000)]));
        assert_eq!(bars[PLACES_MAX].words, "其余5处");
        let total = Fen::checked_sum(bars.iter().map(Bar::total));
        assert_eq!(total, Fen::checked_sum(all.iter().map(|it| it.amount)));
        let drawn = money_chart(Lang::En, &all, |place| place.to_string()).0;
        assert!(!drawn.contains("style="), "{drawn}");
        assert!(money_chart(Lang::Zh, &[], |place| place.to_string()).0.contains("<svg"));
    }
}
