//! The claims side by side, field by field, and what the registries answered about each.

use maud::{Markup, html};

use crate::domain::identity::Region;
use crate::web::lang::Lang;
use crate::web::pages::suspects::marks;
use crate::web::{Session, Web, parts};
use crate::workflows::record::desk::{Dossier, DossierAnswer, DossierField};
use crate::workflows::record::{SuspectRecord, SuspectSide};

/// A side of the suspect with the ordinal it goes by on the page.
struct Side<'a> {
    ordinal: u8,
    side: &'a SuspectSide,
}

fn sides(suspect: &SuspectRecord) -> Vec<Side<'_>> {
    let all = suspect.first.iter().chain([&suspect.second]);
    (1..).zip(all).map(|(ordinal, side)| Side { ordinal, side }).collect()
}

/// What a claim goes by on the page: the first one was there first.
pub(super) fn called(lang: Lang, ordinal: u8, has_two: bool) -> &'static str {
    match (ordinal, has_two) {
        (_, false) => lang.pick("申领", "Claim"),
        (1, true) => lang.pick("申领甲（先）", "Claim A (first)"),
        _ => lang.pick("申领乙（后）", "Claim B (later)"),
    }
}

/// The table of both claims. Of a claim elsewhere only its province and day are shown.
pub(super) fn side_by_side(web: &Web, session: &Session, dossier: &Dossier) -> Markup {
    let lang = session.lang;
    let sides = sides(&dossier.suspect);
    let has_two = sides.len() > 1;
    let is_seen = sides.iter().all(|it| session.caller.region.covers(it.side.region));
    let fields = dossier.fields.iter().filter(|field| !(field.first.is_empty() && field.second.is_empty()));
    let differing = dossier.fields.iter().filter(|field| is_seen && has_two && field.differs).count();
    html! {
        @if has_two {
            p.differences {
                @if !is_seen { (lang.pick("外省申领的内容不予显示，不能逐项对照。", "The claim elsewhere is not shown, so that nothing can be compared.")) }
                @else if differing == 0 { (lang.pick("各项均一致。", "All fields agree.")) }
                @else {
                    span.unlike aria-hidden="true" { "≠" } " "
                    (match lang {
                        Lang::Zh => format!("{differing}项不一致，已标出。"),
                        Lang::En => format!("{differing} fields differ, marked below."),
                    })
                }
            }
        }
        div.table-frame tabindex="0" role="region" aria-label=(lang.pick("申领对照", "The claims side by side")) {
            table.sides data-sides=(sides.len()) {
                thead {
                    tr {
                        th scope="col" { span.unseen { (lang.pick("项目", "Field")) } }
                        @for it in &sides { th scope="col" { (side_head(session, it, has_two)) } }
                    }
                }
                tbody { @for field in fields { (field_row(web, session, field, (has_two, is_seen))) } }
            }
        }
    }
}

fn side_head(session: &Session, it: &Side<'_>, has_two: bool) -> Markup {
    let lang = session.lang;
    let Side { ordinal, side } = it;
    html! {
        span.side-name data-side=(ordinal) { (called(lang, *ordinal, has_two)) }
        @if session.caller.region.covers(side.region) {
            span.side-state { (session.place(side.region)) " · " (marks::claim_state(lang, side.state)) }
            span.under { (parts::instant(side.received_at)) (lang.pick(" 收到", " received")) }
        } @else {
            span.side-state { (lang.province(side.region)) }
            span.under { (lang.pick("外省申领，只显示省份和收到日期 ", "outside your region: only province and day ")) (marks::day_of(side.received_at)) }
        }
    }
}

/// On a phone a field is a card: its name, and below it each claim's value with the claim it belongs to.
fn field_row(web: &Web, session: &Session, field: &DossierField, (has_two, is_seen): (bool, bool)) -> Markup {
    let lang = session.lang;
    let DossierField { name, zh, en, first, second, differs } = field;
    let differs = *differs && has_two && is_seen;
    html! {
        tr.differs[differs] {
            th scope="row" {
                (lang.pick(zh, en))
                @if differs { " " span.unlike title=(lang.pick("不一致", "differs")) { span aria-hidden="true" { "≠" } span.unseen { (lang.pick("不一致", "differs")) } } }
            }
            @if has_two { td data-label=(side_letter(lang, 1)) { (said(web, session, name, first)) } }
            td data-label=[has_two.then(|| side_letter(lang, 2))] { (said(web, session, name, second)) }
        }
    }
}

/// A value as officials call it: a place and a policy sheet by their names, a route in the page's language.
fn said(web: &Web, session: &Session, field: &str, text: &str) -> Markup {
    let lang = session.lang;
    match (field, Region::parse(text)) {
        ("region", Ok(region)) => {
            let name = session.place(region);
            html! { (name) @if name != text { " " span.place { (region) } } }
        }
        ("sheet", _) => match web.gateway.sheets().iter().find(|sheet| sheet.id == text) {
            Some(sheet) => html! { span title=(text) { (lang.pick(&sheet.zh, &sheet.en)) } },
            None => value(text),
        },
        // The log and the calls have both languages in one text.
        ("route" | "worker_side", _) => value(text.split_once(' ').map_or(text, |(zh, en)| lang.pick(zh, en))),
        _ => value(text),
    }
}

fn value(text: &str) -> Markup {
    html! { @if text.is_empty() { span.faint { "—" } } @else { (parts::words(text)) } }
}

/// What the registries answered, with the moment that they were asked.
pub(super) fn answers(lang: Lang, dossier: &Dossier) -> Markup {
    let has_two = dossier.suspect.first.is_some();
    if dossier.answers.is_empty() {
        return html! { p.faint { (lang.pick("尚无登记机构答复。", "No registry has answered yet.")) } };
    }
    html! {
        div.table-frame tabindex="0" role="region" aria-label=(lang.pick("登记机构答复", "The registries' answers")) {
            table.answers {
                thead {
                    tr {
                        th scope="col" { (lang.pick("登记机构", "Registry")) }
                        @if has_two { th scope="col" { (lang.pick("关于", "About")) } }
                        th scope="col" { (lang.pick("答复", "Answer")) }
                        th scope="col" { (lang.pick("查询时间", "Asked at")) }
                    }
                }
                tbody { @for answer in &dossier.answers { (answer_row(lang, answer, has_two)) } }
            }
        }
    }
}

fn answer_row(lang: Lang, answer: &DossierAnswer, has_two: bool) -> Markup {
    let DossierAnswer { side, registry, asked_at, zh, en } = answer;
    html! {
        tr {
            th scope="row" { (lang.pick(registry.zh(), registry.en())) }
            @if has_two { td.about { span.side-tag data-side=(side) { (side_letter(lang, *side)) } } }
            td.answer { (parts::words(lang.pick(zh, en))) }
            td.when { @match asked_at { Some(at) => (parts::instant(*at)), None => span.faint { "—" } } }
        }
    }
}

/// The letter of a claim in tags.
pub(super) fn side_letter(lang: Lang, side: u8) -> &'static str {
    match side {
        1 => lang.pick("甲", "A"),
        2 => lang.pick("乙", "B"),
        _ => lang.pick("疑", "S"),
    }
}
