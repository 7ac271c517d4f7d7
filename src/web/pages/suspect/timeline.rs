//! What happened to a suspect and its claims, in order.

use jiff::Timestamp;
use maud::{Markup, html};

use super::sides::side_letter;
use crate::web::lang::Lang;
use crate::web::parts;
use crate::workflows::record::desk::{Dossier, DossierEvent};

/// All of it, oldest first.
pub(super) fn timeline(lang: Lang, dossier: &Dossier) -> Markup {
    html! { ol.story { @for event in &dossier.events { (entry(lang, event)) } } }
}

/// What happened to the suspect itself after a moment: what a person whose page was old did not see.
pub(super) fn since(lang: Lang, dossier: &Dossier, seen: Timestamp) -> Markup {
    let later: Vec<_> = dossier.events.iter().filter(|event| event.side == 0 && event.at > seen).collect();
    html! { @if !later.is_empty() { ol.story { @for event in later { (entry(lang, event)) } } } }
}

fn entry(lang: Lang, event: &DossierEvent) -> Markup {
    let DossierEvent { at, side, actor, province, zh, en, words } = event;
    let actor = province.map_or(actor.as_str(), |province| lang.province(province));
    html! {
        li.story-entry data-side=(side) {
            span.side-tag data-side=(side) aria-hidden="true" { (side_letter(lang, *side)) }
            div {
                p.what {
                    @if *side > 0 { span.unseen { (lang.pick("申领", "claim ")) (side_letter(lang, *side)) "：" } }
                    (parts::words(lang.pick(zh, en)))
                }
                @if !words.is_empty() { blockquote { (parts::words(words)) } }
                p.under { (parts::instant(*at)) " · " (parts::words(actor)) }
            }
        }
    }
}
