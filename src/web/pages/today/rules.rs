//! Suspects by rule: how many wait, what is at stake, and how well the rule hits. A rule's false matches are shown, never hidden.

use maud::{Markup, html};

use crate::domain::money::Fen;
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::web::lang::Lang;
use crate::web::pages::suspects::asked::LIST;
use crate::workflows::record::desk::{DeskOverview, Precision, Tally};

/// One rule in numbers.
struct Row<'a> {
    rule: SuspectRule,
    waiting: u64,
    stoppable: Fen,
    recoverable: Fen,
    precision: Option<&'a Precision>,
}

fn rows(desk: &DeskOverview) -> Vec<Row<'_>> {
    let of = |rule: SuspectRule| {
        let waiting: Vec<&Tally> = desk.tallies.iter().filter(|it| it.rule == rule && at_work(it)).collect();
        let sum = |band| amount(waiting.iter().copied().filter(|it| it.band == band));
        Row {
            rule,
            waiting: waiting.iter().map(|it| it.suspects).sum(),
            stoppable: sum(Band::Stoppable),
            recoverable: sum(Band::Recoverable),
            precision: desk.precisions.iter().find(|it| it.rule == rule),
        }
    };
    let mut rows: Vec<Row<'_>> = SuspectRule::ALL.into_iter().map(of).collect();
    rows.retain(|row| row.waiting > 0 || row.precision.is_some_and(|it| it.permille().is_some()));
    rows.sort_by_key(|row| std::cmp::Reverse((row.stoppable, row.recoverable, row.waiting)));
    rows
}

pub(super) fn at_work(tally: &Tally) -> bool {
    SuspectState::AT_WORK.contains(&tally.state)
}

/// Capped where it overflows: more money than there is.
pub(super) fn amount<'a>(tallies: impl IntoIterator<Item = &'a Tally>) -> Fen {
    Fen::checked_sum(tallies.into_iter().map(|it| it.amount)).unwrap_or(Fen::new(i64::MAX))
}

/// The table.
pub(super) fn rules(lang: Lang, desk: &DeskOverview) -> Markup {
    let rows = rows(desk);
    if rows.is_empty() {
        return html! { p.faint { (lang.pick("目前没有疑点。", "There are no suspects.")) } };
    }
    html! {
        div.table-frame tabindex="0" role="region" aria-label=(lang.pick("各规则疑点", "Suspects by rule")) {
            table.rules {
                thead {
                    tr {
                        th scope="col" { (lang.pick("规则", "Rule")) }
                        th.number scope="col" { (lang.pick("未办结", "Waiting")) }
                        th.number scope="col" { (lang.pick("可拦截（元）", "Can be stopped (yuan)")) }
                        th.number scope="col" { (lang.pick("可追回（元）", "Can be got back (yuan)")) }
                        th.number scope="col" { (lang.pick("准确率", "Precision")) }
                    }
                }
                tbody { @for row in &rows { (row_of(lang, row)) } }
            }
        }
    }
}

fn row_of(lang: Lang, row: &Row<'_>) -> Markup {
    let Row { rule, waiting, stoppable, recoverable, precision } = row;
    html! {
        tr {
            th scope="row" {
                a href=(format!("{LIST}?rule={}", rule.code())) { (lang.pick(rule.zh(), rule.en())) }
                span.faint { " " (rule.clause()) }
            }
            td.number { (waiting) }
            td.number { (money(*stoppable)) }
            td.number { (money(*recoverable)) }
            td.number { (precise(lang, *precision)) }
        }
    }
}

fn money(amount: Fen) -> Markup {
    html! { @if amount == Fen::ZERO { span.faint { "—" } } @else { (amount.yuan_text()) } }
}

/// In percent, with how many judgments it rests on.
fn precise(lang: Lang, precision: Option<&Precision>) -> Markup {
    let Some((precision, permille)) = precision.and_then(|it| Some((it, it.permille()?))) else {
        return html! { span.faint { (lang.pick("尚无结论", "none judged")) } };
    };
    let (hits, wrong) = (precision.confirmed, precision.false_matches());
    let said = match lang {
        Lang::Zh => format!("属实{hits}，误报{wrong}"),
        Lang::En => format!("{hits} true, {wrong} false"),
    };
    html! {
        span.precision {
            (permille / 10) "." (permille % 10) "%"
            span.faint { " " (said) }
        }
    }
}
