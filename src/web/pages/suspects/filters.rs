//! What narrows the list: a form whose answers stand in the address, and ready-made narrowings with their counts.

use maud::{Markup, html};

use super::asked::{ANY, Asked, LIST, PAGE_DEFAULT};
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::web::parts::{self, Choice, tabs, words};
use crate::web::{Lang, Session};
use crate::workflows::record::desk::{SavedView, SuspectOrder, Tally};

/// The form. Without a script it is sent by its button; with one, as soon as something is chosen.
pub(in crate::web) fn form(session: &Session, asked: &Asked) -> Markup {
    let lang = session.lang;
    let order = if matches!(asked.order, SuspectOrder::Newest { .. }) { "newest" } else { "" };
    html! {
        form.filters role="search" method="get" action=(LIST) data-at-once {
            div.field.field-search {
                label for="text" { (lang.pick("查找", "Search")) }
                input #text type="search" name="text" value=(asked.text) maxlength="64" autocomplete="off"
                    placeholder=(lang.pick("企业名称、信用代码、申领或疑点编号", "enterprise, code, claim or suspect"));
            }
            (parts::select(lang.pick("规则", "Rule"), "rule", &rules(lang), asked.rule.map(SuspectRule::code).unwrap_or_default()))
            (parts::select(lang.pick("资金", "Money"), "band", &bands(lang), asked.band.map(Band::code).unwrap_or_default()))
            (state(lang, asked))
            (parts::select(lang.pick("承办", "Whose"), "assignee", &whose(lang, asked), &asked.assignee))
            @if session.places().len() > 1 { (region(session, asked)) }
            (parts::select(lang.pick("排序", "Order"), "order",
                &[("", lang.pick("风险优先", "by risk")), ("newest", lang.pick("最新发现", "newest"))], order))
            @if asked.size != PAGE_DEFAULT { (parts::hidden("size", &asked.size.to_string())) }
            div.buttons {
                (parts::submit(lang.pick("筛选", "Apply"), false))
                @if asked.is_narrowed() { a.button href=(LIST) { (lang.pick("清除", "Clear")) } }
            }
        }
    }
}

fn with_all<'a>(all: &'a str, each: impl IntoIterator<Item = Choice<'a>>) -> Vec<Choice<'a>> {
    [("", all)].into_iter().chain(each).collect()
}

pub(super) fn rules(lang: Lang) -> Vec<Choice<'static>> {
    with_all(lang.pick("全部规则", "all rules"), SuspectRule::ALL.map(|it| (it.code(), lang.pick(it.zh(), it.en()))))
}

fn bands(lang: Lang) -> Vec<Choice<'static>> {
    let each = [Band::Stoppable, Band::Recoverable, Band::Nothing];
    with_all(lang.pick("全部", "all"), each.map(|it| (it.code(), lang.pick(it.zh(), it.en()))))
}

/// One state, all, or those at work; several that an address asks for are one choice more, so that they are kept.
fn state(lang: Lang, asked: &Asked) -> Markup {
    let joined =
        |of: fn(&SuspectState) -> &'static str, mark: &str| asked.states.iter().map(of).collect::<Vec<_>>().join(mark);
    let codes = joined(|it| it.code(), ",");
    let words = lang.pick(joined(|it| it.zh(), "、"), joined(|it| it.en(), ", "));
    let several = Some((codes.as_str(), words.as_str())).filter(|_| asked.states.len() > 1);
    let each = SuspectState::ALL.map(|it| (it.code(), lang.pick(it.zh(), it.en())));
    let any = [(ANY, lang.pick("全部状态", "any state"))];
    let choices = with_all(lang.pick("未办结", "not closed"), any.into_iter().chain(each).chain(several));
    let chosen = if asked.any_state { ANY } else { codes.as_str() };
    parts::select(lang.pick("状态", "State"), "state", &choices, chosen)
}

/// A chosen person who is none of the usual ones stays chosen.
fn whose<'a>(lang: Lang, asked: &'a Asked) -> Vec<Choice<'a>> {
    let other = Some(asked.assignee.as_str()).filter(|it| !matches!(*it, "" | "me")).map(|it| (it, it));
    with_all(lang.pick("所有人", "everybody's"), [("me", lang.pick("我承办的", "mine"))].into_iter().chain(other))
}

/// The places within the person's own, by code.
pub(super) fn places(session: &Session) -> Vec<(String, String)> {
    let all = (String::new(), session.lang.pick("全部", "all").to_owned());
    let each = session.places().into_iter().map(|(region, name)| (region.to_string(), name));
    std::iter::once(all).chain(each).collect()
}

fn region(session: &Session, asked: &Asked) -> Markup {
    let places = places(session);
    let choices: Vec<Choice<'_>> = places.iter().map(|(code, name)| (code.as_str(), name.as_str())).collect();
    let chosen = asked.region.map(|region| region.to_string()).unwrap_or_default();
    parts::select(session.lang.pick("地区", "Region"), "region", &choices, &chosen)
}

/// A ready-made narrowing.
struct Quick {
    label: String,
    count: Option<u64>,
    asked: Asked,
}

/// Links to what is looked at most, each with how many there are.
pub(in crate::web) fn quick(lang: Lang, asked: &Asked, tallies: &[Tally]) -> Markup {
    let bare = Asked { size: asked.size, region: asked.region, ..nothing() };
    let at_work = |tally: &&Tally| SuspectState::AT_WORK.contains(&tally.state);
    let count = |is_it: &dyn Fn(&Tally) -> bool| -> u64 {
        tallies.iter().filter(at_work).filter(|tally| is_it(tally)).map(|tally| tally.suspects).sum()
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
    tabs(
        lang.pick("常用筛选", "Ready-made filters"),
        rows.iter().map(|(label, to, count, is_here)| (label.as_str(), to.clone(), *count, *is_here)),
    )
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
                            (parts::hidden("name", &view.name))
                            (parts::hidden("forget", "true"))
                            button.quiet type="submit" aria-label=(format!("{} {}", lang.pick("删除视图", "Forget"), view.name)) { "×" }
                        }
                    }
                }
            }
            form.row-form method="post" action="/console/suspects/views" {
                (hidden)
                (parts::hidden("query", &asked.query()))
                div.field {
                    label for="view-name" { (lang.pick("把现在的筛选存为", "Keep this list as")) }
                    input #view-name name="name" required maxlength="32" autocomplete="off";
                }
                button type="submit" { (lang.pick("保存", "Keep")) }
            }
        }
    }
}
