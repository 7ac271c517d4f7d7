//! What goes into the store and what comes out: requests, records, outcomes. No SQL here.

pub mod clawback;
pub mod desk;
pub mod dossier;
pub mod ledger;
pub mod payment;
pub mod pooling;
pub mod radar;
pub mod review;
pub mod suspect_records;
pub mod weigh;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::claim::{Claim, ClaimId, ClaimState};
use crate::domain::eligibility::evidence::{Declaration, Evidence};
use crate::domain::eligibility::verdict::{Reason, Verdict};
use crate::domain::identity::{EnterpriseName, Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::slot::SlotRequest;
use crate::domain::suspect::stake::{Band, Stake};
use crate::domain::suspect::{SuspectId, SuspectRule, SuspectState};
use desk::{DeskRecord, SuspectOrder, SuspectSearch};

/// Who acts, as the audit log names them: `organization/system`, or `hufu/<job>` for the node itself. No personal data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor(pub String);

/// What makes a repeated request recognizable (AIP-155). Kept for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The calling system; request ids are unique within it.
    pub caller: String,
    pub request_id: String,
    /// SHA-256 over the canonical request: the same id with another digest is refused.
    pub digest: [u8; 32],
}

/// A claim to be recorded, with the slots it must hold.
#[derive(Clone, Debug)]
pub struct Submission {
    pub request: RequestKey,
    pub actor: Actor,
    pub claim: Claim,
    pub slots: Vec<SlotRequest>,
    /// What a claim is told when it finds its slot taken, by the rule of the collision.
    pub collision_reasons: Arc<BTreeMap<SuspectRule, Reason>>,
    /// The last day on which it must be paid (二(一)2); absent where the sheet sets no clock.
    pub due_on: Option<Date>,
    /// What the claim asks for, as far as it says: the amount that is held with it when its slot is taken.
    pub asked: Fen,
    pub sheet_version: u32,
}

/// What became of a submission.
#[derive(Clone, Debug)]
pub enum SubmitOutcome {
    /// Recorded now.
    Recorded(ClaimRecord),
    /// Recorded earlier under the same request: the claim as it stands.
    Repeated(ClaimRecord),
    /// The request id was used for another request.
    RequestIdReused,
}

/// A claim as the store keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimRecord {
    pub claim: Claim,
    pub state: ClaimState,
    /// One more with each change; a change is made only from the version it was decided on.
    pub version: i64,
    /// The present decision; while a claim waits it is `Verdict::Unknown` with what is missing.
    pub decision: Option<Decision>,
    pub changed_at: Timestamp,
    /// The last day on which it must be paid (二(一)2); absent where the sheet sets no clock.
    pub due_on: Option<Date>,
}

/// A verdict with the sheet version and moment it was decided under.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub verdict: Verdict,
    pub sheet_version: u32,
    pub decided_at: Timestamp,
}

/// A claim whose turn it is to be assessed, leased to whoever got it until the lease ends.
#[derive(Clone, Debug)]
pub struct DueClaim {
    pub record: ClaimRecord,
    /// How often it was asked about in vain.
    pub attempts: u32,
    /// Indices of rostered workers whose slot another claim holds.
    pub units_taken: Vec<usize>,
}

/// A decision to be recorded. What is decided and the state follow from each other; the store checks neither.
#[derive(Clone, Debug)]
pub struct AssessmentRecord {
    pub claim_id: ClaimId,
    /// The version that was assessed: if the claim has changed since, nothing is recorded.
    pub version: i64,
    pub state: ClaimState,
    pub decision: Decision,
    pub evidence: Evidence,
    /// Suspects without a second claim.
    pub findings: Vec<SuspectRule>,
    /// When to ask again, for a claim that stays `Assessing`.
    pub next_attempt_at: Option<Timestamp>,
}

/// What became of an assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssessmentOutcome {
    Recorded,
    /// The claim had changed meanwhile (withdrawn, or assessed by another replica).
    Stale,
}

/// A claim to be taken back.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    pub request: RequestKey,
    pub actor: Actor,
    pub claim_id: ClaimId,
    /// The submitter's words, without personal data; kept in the audit log.
    pub reason: String,
    pub at: Timestamp,
}

/// What became of a withdrawal.
#[derive(Clone, Debug)]
pub enum WithdrawOutcome {
    Withdrawn(ClaimRecord),
    /// Taken back earlier under the same request.
    Repeated(ClaimRecord),
    NotFound,
    AlreadyWithdrawn,
    /// It is in a county filing, or further.
    AlreadyFiled,
    RequestIdReused,
}

/// Which claims to list. All conditions hold together.
#[derive(Clone, Debug)]
pub struct ClaimFilter {
    /// Only claims whose region this covers.
    pub within: Region,
    pub state: Option<ClaimState>,
    pub enterprise: Option<Uscc>,
    /// Only claims older than this one (exclusive): the cursor of the page before.
    pub before: Option<ClaimId>,
    /// Named and bounded by the caller.
    pub limit: u32,
}

/// A change of one claim, at its place in the order of all changes.
#[derive(Clone, Debug)]
pub struct ClaimChange {
    pub sequence: i64,
    pub record: ClaimRecord,
}

/// A suspect as the store keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct SuspectRecord {
    /// Its place in the order in which suspects were opened; without gaps and never given out before a smaller one.
    pub sequence: i64,
    pub suspect_id: SuspectId,
    pub rule: SuspectRule,
    /// As the scope that was asked sees it: its own province's desk, or the one that is least far.
    pub state: SuspectState,
    pub opened_at: Timestamp,
    pub first: Option<SuspectSide>,
    pub second: SuspectSide,
    /// One for each province that it concerns, in their order.
    pub desks: Vec<DeskRecord>,
    /// Absent until it was weighed.
    pub stake: Option<Stake>,
}

impl SuspectRecord {
    pub fn sides(&self) -> impl Iterator<Item = &SuspectSide> {
        self.first.iter().chain([&self.second])
    }

    /// Whether the claim at stake, which is the second one, is a reader's to see: then so is what is at stake.
    pub fn tells_stake(&self, seen_from: Region) -> bool {
        seen_from.covers(self.second.region)
    }

    /// As a reader of a region is told of it: without the money of a claim elsewhere. What its sides show is the reader's edge to say.
    #[must_use]
    pub fn seen_from(self, region: Region) -> Self {
        let stake = if self.tells_stake(region) { self.stake } else { self.stake.map(Stake::without_money) };
        Self { stake, ..self }
    }

    /// Where a reader of a region reads it: the place of the first claim within the region; `None` where there is none.
    pub fn read_at(&self, within: Region) -> Option<Region> {
        self.sides().map(|side| side.region).find(|region| within.covers(*region))
    }
}

/// One side of a suspect, masked.
#[derive(Clone, Debug, PartialEq)]
pub struct SuspectSide {
    pub claim_id: ClaimId,
    pub region: Region,
    pub received_at: Timestamp,
    pub enterprise: Uscc,
    pub enterprise_name: Option<EnterpriseName>,
    /// The person the suspect is about, masked; `None` where it is about an enterprise.
    pub person: Option<MaskedPerson>,
    /// Where the claim stands now.
    pub state: ClaimState,
}

/// A person as lists show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedPerson {
    pub name: String,
    pub resident_id: String,
}

/// Which suspects to list.
#[derive(Clone, Debug)]
pub struct SuspectFilter {
    /// Only suspects with a claim in a region this covers.
    pub within: Region,
    /// Where the reader stands: a search finds nothing by a claim that lies outside.
    pub seen_from: Region,
    pub rule: Option<SuspectRule>,
    /// Empty stands for all.
    pub states: Vec<SuspectState>,
    pub band: Option<Band>,
    /// `organization/person`.
    pub assignee: Option<String>,
    pub search: Option<SuspectSearch>,
    pub order: SuspectOrder,
    pub limit: u32,
}

impl SuspectFilter {
    /// All suspects of a region, newest first.
    pub fn newest(within: Region, limit: u32) -> Self {
        let order = SuspectOrder::Newest { before: None };
        let seen_from = within;
        Self {
            within,
            seen_from,
            rule: None,
            states: Vec::new(),
            band: None,
            assignee: None,
            search: None,
            order,
            limit,
        }
    }
}

/// A declaration to be recorded.
#[derive(Clone, Debug)]
pub struct DeclarationEntry {
    pub request: RequestKey,
    pub actor: Actor,
    pub declaration: Declaration,
    pub at: Timestamp,
}

/// What became of a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclareOutcome {
    /// When it was entered, now or under the same request earlier.
    Entered(Timestamp),
    RequestIdReused,
}
