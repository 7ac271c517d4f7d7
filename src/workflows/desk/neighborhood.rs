//! What a suspect hangs together with: its claims, who and what they name, and the other suspects that share it. Masked.

use std::collections::BTreeMap;

use crate::domain::calendar::cst_date;
use crate::domain::identity::Region;
use crate::domain::suspect::weight::{Pair, Side};
use crate::store::record::desk::{DossierNode, NodeKind};
use crate::store::record::dossier::DossierBasis;

/// The most nodes of a picture that a person can still read.
const NODES_MAX: usize = 60;

/// The picture as nodes and links.
#[derive(Debug, Default)]
pub(super) struct Neighborhood {
    pub(super) nodes: Vec<DossierNode>,
    pub(super) links: Vec<(String, String)>,
    /// Nodes by what they stand for, in the open: the same thing is one node.
    known: BTreeMap<(NodeKind, String), String>,
}

/// The suspect itself.
const CENTER: &str = "s0";

impl Neighborhood {
    /// As seen from a region: of a claim outside it, nothing but its province.
    pub(super) fn of(basis: &DossierBasis, pair: &Pair<'_>, seen_from: Region) -> Self {
        let mut picture = Self::default();
        let rule = basis.suspect.rule;
        picture.add(CENTER, NodeKind::Suspect, (rule.zh().to_owned(), rule.en().to_owned()));
        let sides = [(1_u8, pair.first.as_ref()), (2, Some(&pair.second))];
        let mut things: BTreeMap<(u8, NodeKind), String> = BTreeMap::new();
        for (number, side) in sides {
            let Some(side) = side else { continue };
            let claim = format!("c{number}");
            if !seen_from.covers(side.claim.region) {
                let province = side.claim.region;
                let zh = format!("{}的申领", province.province_name_zh());
                let en = format!("claim in {}", province.province_name_en());
                picture.add(&claim, NodeKind::Claim, (zh, en));
                picture.link(CENTER, &claim);
                continue;
            }
            let day = cst_date(side.claim.received_at);
            picture.add(&claim, NodeKind::Claim, (format!("{day}受理的申领"), format!("claim received on {day}")));
            picture.link(CENTER, &claim);
            things.insert((number, NodeKind::Claim), claim.clone());
            for (kind, label, whole) in named_by(side, basis.weighed.rule.is_about_a_person()) {
                let node = picture.thing(number, kind, label, whole);
                picture.link(&claim, &node);
                things.insert((number, kind), node);
            }
        }
        for (number, neighbor) in basis.neighbors.iter().enumerate() {
            if picture.nodes.len() >= NODES_MAX {
                break;
            }
            let node = format!("n{number}");
            let (day, rule) = (cst_date(neighbor.opened_at), neighbor.rule);
            let label = (format!("{day} {}", rule.zh()), format!("{day} {}", rule.en()));
            picture.add(&node, NodeKind::Suspect, label);
            if let Some(added) = picture.nodes.last_mut() {
                added.suspect = Some(neighbor.suspect_id);
            }
            for share in &neighbor.shares {
                if let Some(thing) = things.get(share) {
                    picture.link(thing, &node);
                }
            }
        }
        picture
    }

    fn add(&mut self, id: &str, kind: NodeKind, (zh, en): (String, String)) {
        self.nodes.push(DossierNode { id: id.to_owned(), kind, zh, en, suspect: None });
    }

    /// The node of a thing, which may be there already.
    fn thing(&mut self, side: u8, kind: NodeKind, label: String, whole: String) -> String {
        if let Some(id) = self.known.get(&(kind, whole.clone())) {
            return id.clone();
        }
        let id = format!("{}-{side}", kind.code());
        self.add(&id, kind, (label.clone(), label));
        self.known.insert((kind, whole), id.clone());
        id
    }

    /// Each link once.
    fn link(&mut self, from: &str, to: &str) {
        let link = (from.to_owned(), to.to_owned());
        if !self.links.contains(&link) {
            self.links.push(link);
        }
    }
}

/// What a claim names: its kind, what is shown of it, and what it is.
fn named_by(side: &Side<'_>, is_about_a_person: bool) -> Vec<(NodeKind, String, String)> {
    let claim = side.claim;
    let code = claim.enterprise.as_str();
    let name = claim.enterprise_name.as_ref().map_or(code, |name| name.as_str());
    let mut named = vec![(NodeKind::Enterprise, name.to_owned(), code.to_owned())];
    if let Some(account) = &claim.account {
        named.push((NodeKind::Account, account.masked(), account.as_str().to_owned()));
    }
    if let Some(person) = side.person().filter(|_| is_about_a_person) {
        named.push((NodeKind::Person, person.name.masked(), person.resident_id.as_str().to_owned()));
        let phone = person.phone.as_ref();
        named.extend(phone.map(|phone| (NodeKind::Phone, phone.masked(), phone.as_str().to_owned())));
    }
    named
}
