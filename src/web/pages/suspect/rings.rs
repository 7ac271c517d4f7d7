//! Where the nodes of a neighborhood stand: on rings around the suspect, by how many steps away they are, each within the part of the
//! circle of the node that it hangs on. The same nodes stand in the same places however often they are drawn.

use std::collections::{BTreeMap, VecDeque};
use std::f32::consts::{PI, TAU};

use crate::workflows::record::desk::{DossierNode, NodeKind};

/// From ring to ring, in the units of the picture.
const RING_STEP: f32 = 92.0;
/// What one node takes of its ring.
const NODE_ARC: f32 = 64.0;
/// Rings are wider than high, as pages and labels are.
const STRETCH: f32 = 1.75;
/// Around the nodes, for their labels.
const MARGIN: (f32, f32) = (76.0, 34.0);

/// A node in its place, the middle of the picture being (0, 0).
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) node: &'a DossierNode,
    pub(super) x: f32,
    pub(super) y: f32,
    /// 0 in the middle.
    pub(super) ring: usize,
}

/// The whole picture.
pub(super) struct Rings<'a> {
    /// In the order of the dossier.
    pub(super) nodes: Vec<Placed<'a>>,
    /// By their places in `nodes`.
    pub(super) links: Vec<(usize, usize)>,
    /// Of each ring from the first on: across and down.
    pub(super) radii: Vec<(f32, f32)>,
}

impl Rings<'_> {
    /// Left, top, width and height of what all nodes with their labels take.
    pub(super) fn frame(&self) -> (f32, f32, f32, f32) {
        let span = |of: fn(&Placed<'_>) -> f32, margin: f32| {
            let least = self.nodes.iter().map(of).fold(0.0_f32, f32::min) - margin;
            let most = self.nodes.iter().map(of).fold(0.0_f32, f32::max) + margin;
            (least, most - least)
        };
        let ((left, width), (top, height)) = (span(|it| it.x, MARGIN.0), span(|it| it.y, MARGIN.1));
        (left, top, width, height)
    }
}

/// The part of the circle that a node and all that hangs on it may take.
#[derive(Clone, Copy)]
struct Sector {
    from: f32,
    width: f32,
}

/// Lays a neighborhood out; links run from node id to node id.
pub(super) fn rings<'a>(nodes: &'a [DossierNode], links: &[(String, String)]) -> Rings<'a> {
    let by_id: BTreeMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let place = |id: &String| by_id.get(id.as_str()).copied();
    let links: Vec<(usize, usize)> = links.iter().filter_map(|(from, to)| Some((place(from)?, place(to)?))).collect();
    let tree = Tree::of(nodes, &links);
    let depth = tree.ring.iter().copied().max().unwrap_or_default();
    let mut radii = Vec::with_capacity(depth);
    let mut radius = 0.0_f32;
    for ring in 1..=depth {
        let crowd = tree.ring.iter().filter(|it| **it == ring).count() as f32;
        radius = (radius + RING_STEP).max(crowd * NODE_ARC / TAU);
        radii.push((radius * STRETCH, radius));
    }
    let sectors = tree.sectors();
    let placed = nodes.iter().zip(&sectors).zip(&tree.ring).map(|((node, sector), ring)| {
        let (across, down) = ring.checked_sub(1).and_then(|at| radii.get(at)).copied().unwrap_or_default();
        let angle = sector.from + sector.width / 2.0;
        Placed { node, x: across * angle.cos(), y: down * angle.sin(), ring: *ring }
    });
    Rings { nodes: placed.collect(), links, radii }
}

/// Who hangs on whom, as seen from the middle.
struct Tree {
    middle: usize,
    ring: Vec<usize>,
    /// In the order in which they stand around the circle.
    children: Vec<Vec<usize>>,
}

impl Tree {
    /// Each node hangs on the first node further in that it is linked with; what is linked with nothing hangs on the middle.
    fn of(nodes: &[DossierNode], links: &[(usize, usize)]) -> Self {
        let is_middle = |node: &DossierNode| node.kind == NodeKind::Suspect && node.suspect.is_none();
        let middle = nodes.iter().position(is_middle).unwrap_or_default();
        let mut ring: Vec<Option<usize>> = vec![None; nodes.len()];
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        let mut next = VecDeque::new();
        if let Some(first) = ring.get_mut(middle) {
            *first = Some(0);
            next.push_back((middle, 0));
        }
        while let Some((at, step)) = next.pop_front() {
            let mut found: Vec<usize> = links.iter().filter_map(|link| other_end(*link, at)).collect();
            found.sort_by_key(|it| (nodes[*it].kind, &nodes[*it].zh, &nodes[*it].id));
            for it in found {
                if ring[it].is_none() {
                    ring[it] = Some(step + 1);
                    children[at].push(it);
                    next.push_back((it, step + 1));
                }
            }
        }
        for (alone, ring) in ring.iter_mut().enumerate().filter(|(_, ring)| ring.is_none()) {
            *ring = Some(1);
            children[middle].push(alone);
        }
        Self { middle, ring: ring.into_iter().map(Option::unwrap_or_default).collect(), children }
    }

    /// Nodes at the outer ends of what hangs on a node; at least itself.
    fn ends(&self, at: usize) -> usize {
        let ends: usize = self.children[at].iter().map(|child| self.ends(*child)).sum();
        ends.max(1)
    }

    /// Each node's part of the circle, shared out by how many ends hang on it; the first one lies to the left.
    fn sectors(&self) -> Vec<Sector> {
        let mut sectors = vec![Sector { from: 0.0, width: TAU }; self.ring.len()];
        let first = self.children.get(self.middle).and_then(|all| all.first()).copied();
        let turn = first.map_or(0.0, |it| TAU * self.ends(it) as f32 / self.ends(self.middle) as f32 / 2.0);
        if let Some(middle) = sectors.get_mut(self.middle) {
            middle.from = PI - turn;
        }
        let mut next = VecDeque::from([self.middle]);
        while let Some(at) = next.pop_front() {
            let Some(Sector { mut from, width }) = sectors.get(at).copied() else { continue };
            let all = self.ends(at) as f32;
            for child in &self.children[at] {
                let own = width * self.ends(*child) as f32 / all;
                sectors[*child] = Sector { from, width: own };
                from += own;
                next.push_back(*child);
            }
        }
        sectors
    }
}

fn other_end((from, to): (usize, usize), at: usize) -> Option<usize> {
    match at {
        _ if from == at => Some(to),
        _ if to == at => Some(from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, kind: NodeKind) -> DossierNode {
        DossierNode { id: id.to_owned(), kind, zh: id.to_owned(), en: id.to_owned(), suspect: None }
    }

    /// The suspect, its two claims, and so many people who hang on the first one.
    fn neighborhood(people: usize) -> (Vec<DossierNode>, Vec<(String, String)>) {
        let mut nodes = vec![node("s", NodeKind::Suspect), node("a", NodeKind::Claim), node("b", NodeKind::Claim)];
        let mut links = vec![link("s", "a"), link("s", "b")];
        for at in 0..people {
            let id = format!("p{at:02}");
            nodes.push(node(&id, NodeKind::Person));
            links.push(link("a", &id));
        }
        (nodes, links)
    }

    fn link(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    /// Where each node stands, by its id, to a tenth.
    fn places(nodes: &[DossierNode], links: &[(String, String)]) -> BTreeMap<String, (i64, i64, usize)> {
        let tenths = |it: f32| (it * 10.0).round() as i64;
        let placed = rings(nodes, links).nodes;
        placed.into_iter().map(|it| (it.node.id.clone(), (tenths(it.x), tenths(it.y), it.ring))).collect()
    }

    #[test]
    fn a_node_stands_on_the_ring_of_its_steps() {
        let (mut nodes, mut links) = neighborhood(2);
        nodes.push(node("alone", NodeKind::Phone));
        // A way round is no way out, and what leads nowhere is no line.
        links.extend([link("p00", "p01"), link("b", "p01"), link("b", "nowhere")]);
        let drawn = rings(&nodes, &links);
        let steps: Vec<_> = drawn.nodes.iter().map(|it| (it.node.id.as_str(), it.ring)).collect();
        assert_eq!(steps, [("s", 0), ("a", 1), ("b", 1), ("p00", 2), ("p01", 2), ("alone", 1)]);
        assert_eq!(drawn.links.len(), links.len() - 1);
        assert_eq!(drawn.radii.len(), 2);
        assert_eq!((drawn.nodes[0].x, drawn.nodes[0].y), (0.0, 0.0));
    }

    #[test]
    fn nobody_stands_on_anybody() {
        for people in [0, 1, 7, 60] {
            let (nodes, links) = neighborhood(people);
            let drawn = rings(&nodes, &links);
            let (left, top, width, height) = drawn.frame();
            for (at, one) in drawn.nodes.iter().enumerate() {
                assert!(one.x > left && one.x < left + width && one.y > top && one.y < top + height, "in the frame");
                for other in &drawn.nodes[at + 1..] {
                    let apart = (one.x - other.x).hypot(one.y - other.y);
                    assert!(apart > 26.0, "{} and {} of {people} are {apart} apart", one.node.id, other.node.id);
                }
            }
        }
    }

    #[test]
    fn the_same_neighborhood_is_drawn_alike() {
        let (nodes, links) = neighborhood(9);
        let (mut turned, mut back) = (nodes.clone(), links.clone());
        turned.reverse();
        back.reverse();
        assert_eq!(places(&nodes, &links), places(&turned, &back));
        assert!(rings(&[], &[]).nodes.is_empty());
    }
}
