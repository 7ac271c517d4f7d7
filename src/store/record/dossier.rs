//! What a dossier is made of, in the open: nothing of it leaves the workflow unmasked.

use jiff::Timestamp;

use super::SuspectRecord;
use super::desk::{DeskEvent, NodeKind};
use super::weigh::ToWeigh;
use crate::domain::claim::ClaimState;
use crate::domain::suspect::{SuspectId, SuspectRule};

/// Everything that is kept about one suspect.
#[derive(Clone, Debug)]
pub struct DossierBasis {
    pub suspect: SuspectRecord,
    pub weighed: ToWeigh,
    pub events: Vec<DeskEvent>,
    pub steps: Vec<ClaimStep>,
    pub neighbors: Vec<Neighbor>,
}

/// A step of one of the claims, or of a case about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimStep {
    /// 1 or 2.
    pub side: u8,
    pub at: Timestamp,
    pub actor: String,
    pub what: StepKind,
}

/// What kind of step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The audit log's word for it, where the claim stands since, and the log's detail.
    Claim { action: String, state: ClaimState, detail: String },
    /// A clawback case's step, with its words.
    Case { step: String, text: String },
}

/// Another suspect that shares something with this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbor {
    pub suspect_id: SuspectId,
    pub rule: SuspectRule,
    pub opened_at: Timestamp,
    /// What is shared: each with the side of this suspect that has it.
    pub shares: Vec<(u8, NodeKind)>,
}
