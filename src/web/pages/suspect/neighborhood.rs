//! What a suspect is connected with, as a picture with links and as a list that says the same.

use jiff::civil::Date;
use maud::{Markup, html};

use super::rings::{Placed, Rings, rings};
use crate::web::lang::Lang;
use crate::web::parts::words;
use crate::workflows::record::desk::{Dossier, DossierNode, NodeKind};

/// Letters of a label in the picture; the whole of it is in its title and in the list.
const LABEL_MAX: usize = 13;
/// Letters shown of what is masked.
const TAIL: usize = 6;
/// A node's half width.
const SIZE: f32 = 13.0;

/// What a kind of node is called.
fn kind(lang: Lang, kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Suspect => lang.pick("疑点", "suspect"),
        NodeKind::Claim => lang.pick("申领", "claim"),
        NodeKind::Enterprise => lang.pick("企业", "enterprise"),
        NodeKind::Person => lang.pick("人员", "person"),
        NodeKind::Account => lang.pick("账户", "account"),
        NodeKind::Phone => lang.pick("电话", "phone"),
    }
}

fn label(lang: Lang, node: &DossierNode) -> &str {
    lang.pick(&node.zh, &node.en)
}

/// The picture, its key, and the list.
pub(super) fn neighborhood(lang: Lang, dossier: &Dossier) -> Markup {
    if dossier.nodes.len() < 2 {
        let none = lang.pick("没有发现与其他企业、人员、账户的关联。", "Nothing else is connected with it.");
        return html! { p.faint { (none) } };
    }
    let rings = rings(&dossier.nodes, &dossier.links);
    html! {
        figure.neighborhood {
            div.picture-frame tabindex="0" role="region" aria-label=(lang.pick("关联图", "The neighborhood as a picture")) { (picture(lang, &rings)) }
            figcaption { (key(lang, &rings)) }
        }
        details.neighborhood-list {
            summary { (lang.pick("以文字列出关联", "The connections in words")) }
            (list(lang, &rings))
        }
    }
}

fn picture(lang: Lang, rings: &Rings<'_>) -> Markup {
    let (left, top, width, height) = rings.frame();
    let view = format!("{left:.0} {top:.0} {width:.0} {height:.0}");
    let label = lang.pick("关联图：企业、人员、账户、电话", "Neighborhood: enterprises, persons, accounts, phones");
    html! {
        svg.rings viewBox=(view) role="group" aria-label=(label) {
            @for (across, down) in &rings.radii { ellipse.orbit cx="0" cy="0" rx=(across) ry=(down) {} }
            @for (from, to) in &rings.links {
                @if let (Some(from), Some(to)) = (rings.nodes.get(*from), rings.nodes.get(*to)) {
                    line.link x1=(from.x) y1=(from.y) x2=(to.x) y2=(to.y) {}
                }
            }
            @for placed in &rings.nodes { (node(lang, placed)) }
        }
    }
}

/// One node; one that is another suspect leads there.
fn node(lang: Lang, placed: &Placed<'_>) -> Markup {
    let Placed { node, x, y, ring } = *placed;
    let label = label(lang, node);
    let said = format!("{}{}{label}", kind(lang, node.kind), lang.pick("：", ": "));
    let short = shortened(label);
    let drawn = html! {
        g.node transform=(format!("translate({x} {y})")) data-kind=(node.kind.code()) data-middle[ring == 0] {
            title { (said) }
            (shape(node.kind))
            text class="node-label" y=(SIZE + 15.0) text-anchor="middle" { (short) }
        }
    };
    match &node.suspect {
        Some(suspect) => html! {
            a.node-link href=(format!("/console/suspects/{suspect}")) aria-label=(format!("{short} {said}")) { (drawn) }
        },
        None => drawn,
    }
}

/// A shape of its own for each kind: color only repeats it.
fn shape(kind: NodeKind) -> Markup {
    match kind {
        NodeKind::Suspect => html! { path.shape d="M0-15L15 0L0 15L-15 0z" {} },
        NodeKind::Claim => html! { path.shape d="M-10-13h14l6 6v20h-20z" {} path.fold d="M4-13v6h6" {} },
        NodeKind::Enterprise => html! { rect.shape x="-13" y="-11" width="26" height="22" rx="2" {} },
        NodeKind::Person => html! { circle.shape r="12" {} },
        NodeKind::Account => html! { path.shape d="M-13 0L-6.5-11.3h13L13 0L6.5 11.3h-13z" {} },
        NodeKind::Phone => html! { rect.shape x="-8" y="-13" width="16" height="26" rx="4" {} },
    }
}

/// The beginning of a name, without the day before it; of what is masked, its end, which alone can be read.
fn shortened(label: &str) -> String {
    let label =
        label.split_once(' ').map_or(label, |(day, rest)| if day.parse::<Date>().is_ok() { rest } else { label });
    let count = label.chars().count();
    match () {
        () if count <= LABEL_MAX => label.to_owned(),
        () if label.starts_with('*') => label.chars().skip(count.saturating_sub(TAIL)).collect::<String>(),
        () => label.chars().take(LABEL_MAX - 1).chain(['…']).collect(),
    }
}

/// The shapes that occur, with their names.
fn key(lang: Lang, rings: &Rings<'_>) -> Markup {
    let mut kinds: Vec<NodeKind> = rings.nodes.iter().map(|placed| placed.node.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    html! {
        ul.key-list {
            @for it in kinds {
                li {
                    svg.rings viewBox="-16 -16 32 32" width="18" height="18" aria-hidden="true" {
                        g.node data-kind=(it.code()) { (shape(it)) }
                    }
                    (kind(lang, it))
                }
            }
        }
    }
}

/// Each node with what it is connected with.
fn list(lang: Lang, rings: &Rings<'_>) -> Markup {
    let neighbors = |at: usize| {
        rings.links.iter().filter_map(move |(from, to)| match at {
            _ if *from == at => rings.nodes.get(*to),
            _ if *to == at => rings.nodes.get(*from),
            _ => None,
        })
    };
    html! {
        ul {
            @for (at, placed) in rings.nodes.iter().enumerate() {
                li {
                    (linked(lang, placed.node)) " — "
                    @for (order, other) in neighbors(at).enumerate() {
                        @if order > 0 { (lang.pick("、", ", ")) }
                        (kind(lang, other.node.kind)) " " (words(label(lang, other.node)))
                    }
                }
            }
        }
    }
}

fn linked(lang: Lang, node: &DossierNode) -> Markup {
    let said = html! { (kind(lang, node.kind)) " " (words(label(lang, node))) };
    match &node.suspect {
        Some(suspect) => html! { a href=(format!("/console/suspects/{suspect}")) { (said) } },
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_keeps_what_can_be_read() {
        let check = |label: &str, expected: &str| assert_eq!(shortened(label), expected);
        check("临清市瑞祥", "临清市瑞祥");
        check("临清市瑞祥建设集团有限责任公司", "临清市瑞祥建设集团有限责…");
        check("2022-10-10 临清市", "临清市");
        check("*************2114", "**2114");
    }
}
