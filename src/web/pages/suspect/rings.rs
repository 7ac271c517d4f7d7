//! Where the nodes of a neighborhood stand: on rings around the suspect, by how many steps away they are, each within the part of the
//! circle of the node that it hangs on. The same nodes stand in the same places however often they are drawn.

use std::collections::{BTreeMap, VecDeque};
use std::f32::consts::{PI, TAU};

use crate::workflows::record::desk::{Dossier, DossierNode, NodeKind};

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

/// Lays a dossier's neighborhood out.
pub(super) fn rings(dossier: &Dossier) -> Rings<'_> {
    let nodes = &dossier.nodes;
    let by_id: BTreeMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let place = |id: &String| by_id.get(id.as_str()).copied();
    let links: Vec<(usize, usize)> =
        dossier.links.iter().filter_map(|(from, to)| Some((place(from)?, place(to)?))).collect();
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
            found.sort_by_key(|it| (nodes[*it].kind, &nodes[*it].label, &nodes[*it].id));
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
