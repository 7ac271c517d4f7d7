//! The fund's flow as a picture: fund → city → counties → where the money is. Every band is as wide as its fen, bands of one place lie
//! side by side without a gap, so what comes in is what goes out; each carries its fen. The same figures stand in a table below.

mod picture;

use maud::{Markup, html};

use self::picture::Picture;
use super::{Column, fen, table};
use crate::domain::identity::Region;
use crate::domain::ledger::flow::{Ends, Flow};
use crate::domain::money::Fen;
use crate::web::lang::Lang;

/// The picture with its table. `name` says what a place is called.
pub fn flow(lang: Lang, flow: &Flow, name: impl Fn(Region) -> String) -> Markup {
    let (Some(drawn), Some(ends)) = (flow.drawn(), flow.ends()) else { return html! {} };
    let picture = Picture::of(lang, flow, drawn, ends, &name);
    let title = lang.pick("基金流向（元）", "Where the fund's money is (yuan)");
    html! {
        figure.flow {
            div.flow-frame tabindex="0" role="region" aria-label=(title) {
                (picture.drawing(lang, ends))
            }
            details.flow-table {
                summary { (lang.pick("以表格查看", "As a table")) }
                (figures(lang, title, flow, &name))
            }
        }
    }
}

/// Where money is at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Kept,
    ClawedBack,
    Returned,
    Held,
}

impl End {
    const ALL: [Self; 4] = [Self::Kept, Self::Held, Self::ClawedBack, Self::Returned];

    fn of(self, ends: Ends) -> Fen {
        match self {
            Self::Kept => ends.kept,
            Self::ClawedBack => ends.clawed_back,
            Self::Returned => ends.returned,
            Self::Held => ends.held,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::ClawedBack => "clawed",
            Self::Returned => "returned",
            Self::Held => "held",
        }
    }

    fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::Kept => lang.pick("企业", "With enterprises"),
            Self::ClawedBack => lang.pick("已追回", "Clawed back"),
            Self::Returned => lang.pick("缴回基金", "Returned to the fund"),
            Self::Held => lang.pick("支出户（含在途）", "Held or in transit"),
        }
    }
}

fn figures(lang: Lang, title: &str, flow: &Flow, name: &impl Fn(Region) -> String) -> Markup {
    let columns = [
        Column::text(lang.pick("地区", "Place")),
        Column::number(lang.pick("得到", "Got")),
        Column::number(lang.pick("拨给县（市、区）", "Passed on to counties")),
        Column::number(End::Kept.words(lang)),
        Column::number(End::Held.words(lang)),
        Column::number(End::ClawedBack.words(lang)),
        Column::number(End::Returned.words(lang)),
    ];
    let row = |words: String, got: Fen, passed_on: Option<Fen>, ends: Ends| {
        let passed_on = passed_on.map_or_else(|| html! { "—" }, fen);
        let own = End::ALL.into_iter().map(|end| fen(end.of(ends)));
        (None, [html! { (words) }, fen(got), passed_on].into_iter().chain(own).collect())
    };
    let mut rows = Vec::new();
    for city in &flow.cities {
        let passed_on = Fen::checked_sum(city.counties.iter().map(|it| it.passed_on)).unwrap_or_default();
        let own = format!("{}{}", name(city.city), lang.pick("（市本级）", " (city)"));
        rows.push(row(own, city.drawn, Some(passed_on), city.ends));
        rows.extend(city.counties.iter().map(|it| row(name(it.county), it.passed_on, None, it.ends)));
    }
    table(title, &columns, rows)
}
