//! What narrows the list: a form whose answers stand in the address, and ready-made narrowings with their counts.

use maud::{Markup, html};

use super::asked::{ANY, Asked, LIST, PAGE_SIZES};
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::web::lang::Lang;
use crate::web::parts::{tabs, words};
use crate::workflows::record::desk::{DeskOverview, SavedView, SuspectOrder, Tally};

/// The form. Without a script it is sent by its button; with one, as soon as something is chosen.
pub(in crate::web) fn form(lang: Lang, asked: &Asked) -> Markup {
    let newest = matches!(asked.order, SuspectOrder::Newest { .. });
    let region = asked.region.as_ref().map(|region| region.as_str()).unwrap_or_default();
    html! {
        form.filters role="search" method="get" action=(LIST) data-send-on-change {
            label.field.field-search {
                span { (lang.pick("查找", "Search")) }
                input type="search" name="text" value=(asked.text) maxlength="64" autocomplete="off"
                    placeholder=(lang.pick("企业名称、信用代码、申请或疑点编号、姓名", "enterprise, code, claim, suspect, full name"));
            }
            (choice(lang.pick("规则", "Rule"), "rule", asked.rule.map(SuspectRule::code), lang.pick("全部规则", "all rules"),
                SuspectRule::ALL.map(|it| (it.code(), lang.pick(it.zh(), it.en())))))
            (choice(lang.pick("资金", "Money"), "band", asked.band.map(Band::code), lang.pick("全部", "all"),
                [Band::Stoppable, Band::Recoverable, Band::Nothing].map(|it| (it.code(), lang.pick(it.zh(), it.en())))))
            (states(lang, asked))
            (choice(lang.pick("承办", "Whose"), "assignee", Some(asked.assignee.as_str()).filter(|it| !it.is_empty()),
                lang.pick("所有人", "everybody's"), whose(lang, asked)))
            label.field {
                span { (lang.pick("排序", "Order")) }
                select name="order" {
                    option value="" selected[!newest] { (lang.pick("风险优先", "by risk")) }
                    option value="newest" selected[newest] { (lang.pick("最新发现", "newest")) }
                }
            }
            label.field.field-short {
                span { (lang.pick("区划", "Region")) }
                input name="region" value=(region) maxlength="6" autocomplete="off" placeholder=(lang.pick("如 371502", "e.g. 371502"));
            }
            label.field.field-short {
                span { (lang.pick("每页", "A page")) }
                select name="size" {
                    @for size in PAGE_SIZES { option value=(size) selected[size == asked.size] { (size) } }
                }
            }
            button.button type="submit" { (lang.pick("筛选", "Apply")) }
            @if asked.is_narrowed() { a.button.button-quiet href=(LIST) { (lang.pick("清除", "Clear")) } }
        }
    }
}

/// A chosen value that is none of the usual ones stays chosen.
fn whose<'a>(lang: Lang, asked: &'a Asked) -> Vec<(&'a str, &'a str)> {
    let mut choices = vec![("me", lang.pick("我承办的", "mine"))];
    if !matches!(asked.assignee.as_str(), "" | "me") {
        choices.push((&asked.assignee, &asked.assignee));
    }
    choices
}

fn choice<'a>(
    label: &str,
    name: &str,
    chosen: Option<&str>,
    all: &str,
    choices: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Markup {
    html! {
        label.field {
            span { (label) }
            select name=(name) {
                option value="" selected[chosen.is_none()] { (all) }
                @for (code, words) in choices { option value=(code) selected[chosen == Some(code)] { (words) } }
            }
        }
    }
}

/// One state in the form; an address may name several, which then stay.
fn states(lang: Lang, asked: &Asked) -> Markup {
    let one = match asked.states.as_slice() {
        [one] => Some(one.code()),
        _ if asked.any_state => Some(ANY),
        _ => None,
    };
    let all = [(ANY, lang.pick("全部状态", "any state"))];
    let each = SuspectState::ALL.map(|it| (it.code(), lang.pick(it.zh(), it.en())));
    choice(lang.pick("状态", "State"), "state", one, lang.pick("未办结", "not closed"), all.into_iter().chain(each))
}

/// A ready-made narrowing.
struct Quick {
    label: String,
    count: Option<u64>,
    asked: Asked,
}

/// Links to what is looked at most, each with how many there are.
pub(in crate::web) fn quick(lang: Lang, asked: &Asked, desk: &DeskOverview) -> Markup {
    let bare = Asked { size: asked.size, region: asked.region, ..nothing() };
    let at_work = |tally: &&Tally| SuspectState::AT_WORK.contains(&tally.state);
    let count = |is_it: &dyn Fn(&Tally) -> bool| -> u64 {
        desk.tallies.iter().filter(at_work).filter(|tally| is_it(tally)).map(|tally| tally.suspects).sum()
    };
    let of_band = |band: Band| Quick {
        label: lang.pick(band.zh(), band.en()).to_owned(),
        count: Some(count(&|tally| tally.band == band)),
        asked: bare.with(|it| it.band = Some(band)),
    };
    let of_state = |state: SuspectState| Quick {
        label: lang.pick(state.zh(), state.en()).to_owned(),
        count: Some(count(&|tally| tally.state == state)),
        asked: bare.with(|it| it.states = vec![state]),
    };
    let all = Quick {
        label: lang.pick("全部未办结", "All not closed").to_owned(),
        count: Some(count(&|_| true)),
        asked: bare.clone(),
    };
    let mine = Quick {
        label: lang.pick("我承办的", "Mine").to_owned(),
        count: None,
        asked: bare.with(|it| it.assignee = "me".to_owned()),
    };
    let links = [
        all,
        of_band(Band::Stoppable),
        of_band(Band::Recoverable),
        mine,
        of_state(SuspectState::Open),
        of_state(SuspectState::Investigating),
    ];
    let here = asked.query();
    let rows: Vec<_> = links.map(|it| (it.label, it.asked.address(), it.count, it.asked.query() == here)).into();
    tabs(lang.pick("常用筛选", "Ready-made filters"), rows.iter().map(|(label, to, count, is_here)| (label.as_str(), to.clone(), *count, *is_here)))
}

fn nothing() -> Asked {
    Asked {
        text: String::new(),
        rule: None,
        states: Vec::new(),
        any_state: false,
        band: None,
        assignee: String::new(),
        region: None,
        order: SuspectOrder::Risk { after: None },
        size: 0,
    }
}

/// A person's own views, and the form that keeps this one. `hidden` is what every form carries.
pub(in crate::web) fn saved(lang: Lang, asked: &Asked, views: &[SavedView], hidden: &Markup) -> Markup {
    html! {
        details.saved {
            summary { (lang.pick("已存视图", "Saved views")) " " span.tab-count { (views.len()) } }
            ul {
                @for view in views {
                    li {
                        a href=(format!("{LIST}?{}", view.query)) { (words(&view.name)) }
                        form method="post" action="/console/suspects/views" {
                            (hidden)
                            input type="hidden" name="name" value=(view.name);
                            input type="hidden" name="forget" value="true";
                            button.button-quiet type="submit" aria-label=(format!("{} {}", lang.pick("删除视图", "Forget"), view.name)) { "×" }
                        }
                    }
                }
            }
            form.save-view method="post" action="/console/suspects/views" {
                (hidden)
                input type="hidden" name="query" value=(asked.query());
                label.field {
                    span { (lang.pick("把现在的筛选存为", "Keep this list as")) }
                    input name="name" required maxlength="40" autocomplete="off";
                }
                button.button type="submit" { (lang.pick("保存", "Keep")) }
            }
        }
    }
}
