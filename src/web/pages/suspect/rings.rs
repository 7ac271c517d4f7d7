//! Where the nodes of a neighborhood stand: on rings around the suspect, by how many steps away they are. The same nodes stand in the
//! same places however often they are drawn.

use std::collections::{BTreeMap, VecDeque};
use std::f32::consts::TAU;

use crate::workflows::record::desk::{Dossier, DossierNode, NodeKind};

/// From ring to ring, in the units of the picture.
const RING_STEP: f32 = 104.0;
/// What one node takes of its ring.
const NODE_ARC: f32 = 58.0;
/// Around the outermost ring, for the labels.
const MARGIN: f32 = 96.0;

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
    pub(super) nodes: Vec<Placed<'a>>,
    /// By their places in `nodes`.
    pub(super) links: Vec<(usize, usize)>,
    /// Of each ring from the first on.
    pub(super) radii: Vec<f32>,
}

impl Rings<'_> {
    /// From the middle to the edge of the picture.
    pub(super) fn reach(&self) -> f32 {
        self.radii.last().copied().unwrap_or_default() + MARGIN
    }
}

/// Lays a dossier's neighborhood out.
pub(super) fn rings(dossier: &Dossier) -> Rings<'_> {
    let nodes = &dossier.nodes;
    let by_id: BTreeMap<&str, usize> = nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let place = |id: &String| by_id.get(id.as_str()).copied();
    let links: Vec<(usize, usize)> =
        dossier.links.iter().filter_map(|(from, to)| Some((place(from)?, place(to)?))).collect();
    let steps = steps_from(middle(nodes), nodes.len(), &links);
    let last = steps.iter().copied().max().unwrap_or_default();
    let mut placed: Vec<Option<Placed<'_>>> = vec![None; nodes.len()];
    let mut angles = vec![0.0_f32; nodes.len()];
    let mut radii: Vec<f32> = Vec::new();
    for ring in 0..=last {
        let members = in_order(nodes, &links, &steps, ring, &angles);
        let radius = match ring {
            0 => 0.0,
            _ => (radii.last().copied().unwrap_or_default() + RING_STEP).max(members.len() as f32 * NODE_ARC / TAU),
        };
        if ring > 0 {
            radii.push(radius);
        }
        for (at, member) in members.iter().copied().enumerate() {
            // The first ring begins at the left, so that two claims stand beside the suspect.
            let angle = TAU * (at as f32 + if ring > 1 { 0.5 } else { 0.0 }) / members.len() as f32 + TAU / 2.0;
            angles[member] = angle % TAU;
            placed[member] =
                Some(Placed { node: &nodes[member], x: radius * angle.cos(), y: radius * angle.sin(), ring });
        }
    }
    Rings { nodes: placed.into_iter().flatten().collect(), links, radii }
}

/// The suspect that the picture is about: the one that leads nowhere else.
fn middle(nodes: &[DossierNode]) -> usize {
    nodes.iter().position(|node| node.kind == NodeKind::Suspect && node.suspect.is_none()).unwrap_or_default()
}

/// How many links away each node is; what is not connected at all goes to the outermost ring.
fn steps_from(middle: usize, count: usize, links: &[(usize, usize)]) -> Vec<usize> {
    let mut steps: Vec<Option<usize>> = vec![None; count];
    let mut next = VecDeque::new();
    if let Some(first) = steps.get_mut(middle) {
        *first = Some(0);
        next.push_back((middle, 0));
    }
    while let Some((at, step)) = next.pop_front() {
        for neighbor in links.iter().filter_map(|link| other_end(*link, at)) {
            if steps[neighbor].is_none() {
                steps[neighbor] = Some(step + 1);
                next.push_back((neighbor, step + 1));
            }
        }
    }
    let outermost = steps.iter().flatten().copied().max().unwrap_or_default().max(1);
    steps.into_iter().map(|step| step.unwrap_or(outermost)).collect()
}

fn other_end((from, to): (usize, usize), at: usize) -> Option<usize> {
    match at {
        _ if from == at => Some(to),
        _ if to == at => Some(from),
        _ => None,
    }
}

/// The nodes of a ring, each near the first node further in that it hangs on; alike ones together.
fn in_order(
    nodes: &[DossierNode],
    links: &[(usize, usize)],
    steps: &[usize],
    ring: usize,
    angles: &[f32],
) -> Vec<usize> {
    let anchor = |at: usize| {
        let inner = links.iter().filter_map(|link| other_end(*link, at)).filter(|end| steps[*end] < ring).min();
        // Angles in thousandths: whole numbers have one order.
        inner.map_or(0, |inner| (angles[inner] * 1_000.0) as i64)
    };
    let mut members: Vec<usize> = (0..nodes.len()).filter(|at| steps[*at] == ring).collect();
    members.sort_by_key(|at| (anchor(*at), nodes[*at].kind, nodes[*at].label.clone(), nodes[*at].id.clone()));
    members
}
