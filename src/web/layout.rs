//! What every page has around it: head, header, navigation, the words that a step left, footer.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets::address;
use super::lang::Lang;
use super::parts;
use super::rights::row;
use super::session::Session;

/// The sections, in the order of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nav {
    Today,
    Suspects,
    Clawback,
    Pooling,
    Ledger,
    Policy,
    Audit,
    Help,
    /// A page of no section.
    None,
}

impl Nav {
    pub(super) const ALL: [Self; 8] = [
        Self::Today,
        Self::Suspects,
        Self::Clawback,
        Self::Pooling,
        Self::Ledger,
        Self::Policy,
        Self::Audit,
        Self::Help,
    ];

    /// Chinese, English, address, and the key that goes there after `g`.
    pub(super) fn about(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Today => ("今日", "Today", "/console/today", "t"),
            Self::Suspects => ("疑点", "Suspects", "/console/suspects", "s"),
            Self::Clawback => ("追回", "Clawback", "/console/clawback", "c"),
            Self::Pooling => ("汇总拨付", "Pooling", "/console/pooling", "p"),
            Self::Ledger => ("台账", "Ledger", "/console/ledger", "l"),
            Self::Policy => ("政策", "Policy", "/console/policy", "o"),
            Self::Audit => ("审计", "Audit", "/console/audit", "a"),
            Self::Help => ("帮助", "Help", "/console/help", "h"),
            Self::None => ("", "", "/console", ""),
        }
    }
}

/// A page for somebody who is logged in. `body` is what stands in `<main>` below the heading, which is `title`.
pub fn page(session: &Session, nav: Nav, title: &str, body: Markup) -> Markup {
    let lang = session.lang;
    let header = html! {
        header.top {
            div.bar-inner {
                a.brand href="/console" { (brand(lang)) }
                (menu(session, nav))
                (who(session))
            }
        }
    };
    let main = html! {
        @if let Some(note) = &session.note {
            p.note role="status" { (note) }
        }
        h1 { (title) }
        (body)
    };
    whole(lang, title, &session.here, Some(header), main)
}

/// A part of a page, where one was asked for; else a page of its own.
pub fn part(session: &Session, nav: Nav, title: &str, part: Markup) -> Markup {
    if session.wants_part { part } else { page(session, nav, title, part) }
}

/// A page for somebody who is not.
pub(super) fn plain(lang: Lang, title: &str, here: &str, body: Markup) -> Markup {
    whole(
        lang,
        title,
        here,
        None,
        html! { div.gate { div.gate-head { (brand(lang)) } h1.gate-title { (title) } (body) } },
    )
}

fn whole(lang: Lang, title: &str, here: &str, header: Option<Markup>, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="format-detection" content="telephone=no";
                meta name="htmx-config" content=(HTMX);
                title { (title) " · " (lang.pick("虎符", "Hufu")) }
                link rel="icon" type="image/svg+xml" href=(address("mark.svg"));
                link rel="stylesheet" href=(address("console.css"));
                link rel="stylesheet" href=(address("console-suspects.css"));
                link rel="stylesheet" href=(address("pages.css"));
                script src=(address("htmx.min.js")) defer {}
                script src=(address("console.js")) defer {}
            }
            body.(if header.is_some() { "in" } else { "out" }) {
                a.skip href="#main" { (lang.pick("跳到正文", "Skip to content")) }
                @if let Some(header) = &header { (header) }
                main #main tabindex="-1" { (main) }
                footer.bottom {
                    div.bar-inner {
                        span { (lang.pick("虎符 · 失业保险补贴反欺诈核查", "Hufu · fraud review of unemployment-insurance subsidies")) }
                        @if header.is_some() {
                            button.quiet type="button" data-keys { (lang.pick("快捷键", "Keys")) " " kbd aria-hidden="true" { "?" } }
                        }
                        (languages(lang, here))
                    }
                }
                @if header.is_some() { (shortcuts(lang)) }
            }
        }
    }
}

/// What htmx may: no styles of its own, no evaluation, this node alone. It writes addresses into the history, but keeps no page: whoever
/// goes back is shown the page anew. A refusal is shown where the answer would have been.
const HTMX: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"allowScriptTags":false,
"historyEnabled":true,"historyCacheSize":0,"refreshOnHistoryMiss":true,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},
{"code":"[45]..","swap":true,"error":false}]}"#;

fn brand(lang: Lang) -> Markup {
    html! {
        span.mark aria-hidden="true" { (PreEscaped(include_str!("assets/mark-inline.svg"))) }
        span.brand-words { strong { (lang.pick("虎符", "Hufu")) } span { (lang.pick("反欺诈核查台", "Fraud-review desk")) } }
    }
}

/// The sections that the person may open. A phone folds them away without a script.
fn menu(session: &Session, nav: Nav) -> Markup {
    let lang = session.lang;
    let may_open =
        |path: &str| row(&http::Method::GET, path).is_some_and(|row| row.needs.allow(&session.caller).is_ok());
    let links = html! {
        ul {
            @for it in Nav::ALL {
                @let (zh, en, path, key) = it.about();
                @if may_open(path) {
                    li { a href=(path) data-key=(key) aria-current=[(it == nav).then_some("page")] { (lang.pick(zh, en)) } }
                }
            }
        }
    };
    html! {
        nav.menu aria-label=(lang.pick("主导航", "Sections")) { (links) }
        details.folded {
            summary { (lang.pick("菜单", "Menu")) }
            nav aria-label=(lang.pick("主导航", "Sections")) { (links) }
        }
    }
}

fn who(session: &Session) -> Markup {
    let lang = session.lang;
    html! {
        div.who {
            span.who-words { strong { (session.person()) } span { (session.place(session.caller.region)) } }
            form method="post" action="/console/logout" {
                (parts::csrf(session))
                button.quiet type="submit" { (lang.pick("退出", "Log out")) }
            }
        }
    }
}

fn languages(lang: Lang, here: &str) -> Markup {
    let (other, name) = lang.pick((Lang::En, "English"), (Lang::Zh, "中文"));
    html! {
        form.language method="post" action="/console/language" {
            (parts::hidden("back", here))
            button.quiet type="submit" name="to" value=(other.code()) lang=(other.tag()) { (name) }
        }
    }
}

/// The keys, for whoever presses `?`.
fn shortcuts(lang: Lang) -> Markup {
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { (lang.pick("键盘快捷键", "Keyboard")) }
            dl.keys {
                @for (key, zh, en) in KEYS { div { dt { kbd { (key) } } dd { (lang.pick(zh, en)) } } }
                @for it in Nav::ALL {
                    @let (zh, en, _, key) = it.about();
                    div { dt { kbd { "g" } " " kbd { (key) } } dd { (lang.pick(zh, en)) } }
                }
            }
            form method="dialog" { button.quiet type="submit" { (lang.pick("关闭", "Close")) } }
        }
    }
}

const KEYS: [(&str, &str, &str); 6] = [
    ("j", "下一行", "next row"),
    ("k", "上一行", "previous row"),
    ("Enter", "打开所选行", "open the row"),
    ("n", "下一页", "next page"),
    ("/", "搜索", "search"),
    ("?", "显示快捷键", "show these keys"),
];
