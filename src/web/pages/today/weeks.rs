//! What was found and judged, week by week.

use maud::{Markup, html};

use crate::web::lang::Lang;
use crate::web::parts::svg::{Series, bars};
use crate::web::parts::{Column, count, day, empty, table};
use crate::workflows::record::desk::Week;

/// The chart, and the same as a table.
pub(super) fn weeks(lang: Lang, weeks: &[Week]) -> Markup {
    let total: u64 = weeks.iter().map(|week| week.opened + week.confirmed + week.dismissed).sum();
    if total == 0 {
        let heading = lang.pick("近26周没有疑点", "No suspects in 26 weeks");
        return empty(
            heading,
            lang.pick("发现或办结后，这里按周显示。", "What is found and judged shows here, week by week."),
        );
    }
    let labels: Vec<String> = weeks.iter().map(|week| week.monday.strftime("%m-%d").to_string()).collect();
    let series =
        |words, class, value: fn(&Week) -> u64| Series { words, class, values: weeks.iter().map(value).collect() };
    let all = [
        series(lang.pick("发现", "found"), "s1", |week| week.opened),
        series(lang.pick("属实", "true"), "s2", |week| week.confirmed),
        series(lang.pick("不属实", "untrue"), "s3", |week| week.dismissed),
    ];
    let title = lang.pick("每周发现与办结（近26周）", "Found and judged by week (26 weeks)");
    html! {
        (bars(lang, title, &labels, &all))
        details {
            summary { (lang.pick("以表格查看", "As a table")) }
            (as_table(lang, title, weeks))
        }
    }
}

fn as_table(lang: Lang, title: &str, weeks: &[Week]) -> Markup {
    let columns = [
        Column::text(lang.pick("星期一", "Monday")),
        Column::number(lang.pick("发现", "Found")),
        Column::number(lang.pick("属实", "True")),
        Column::number(lang.pick("不属实", "Untrue")),
    ];
    let row =
        |week: &Week| (None, vec![day(week.monday), count(week.opened), count(week.confirmed), count(week.dismissed)]);
    table(title, &columns, weeks.iter().rev().map(row))
}
