//! A submission before and after its transaction: what can be done on the caller's own task is done there.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::StoreError;
use super::claims::{self, ClaimIndexes};
use super::codec;
use super::record::{Actor, ClaimRecord, Decision, Submission, SubmitOutcome};
use super::requests::KeyedRequest;
use super::seal::{Place, Sealer};
use super::slots::KeyedSlot;
use crate::domain::claim::{Claim, ClaimId, ClaimState};
use crate::domain::eligibility::verdict::{Reason, Verdict};
use crate::domain::money::Fen;
use crate::domain::suspect::SuspectRule;

/// A submission with everything done that needs no transaction.
pub(super) struct Prepared {
    pub(super) request: KeyedRequest,
    pub(super) actor: Actor,
    pub(super) claim: Arc<Claim>,
    pub(super) slots: Vec<KeyedSlot>,
    reasons: Arc<BTreeMap<SuspectRule, Reason>>,
    pub(super) due_on: Option<String>,
    asked: Fen,
    pub(super) sheet_version: u32,
    pub(super) indexes: ClaimIndexes,
    pub(super) sealed: Vec<u8>,
}

impl Prepared {
    pub(super) fn new(submission: Submission, sealer: &Sealer) -> Result<Self, StoreError> {
        let Submission { request, actor, mut claim, slots, collision_reasons, due_on, asked, sheet_version } =
            submission;
        claim.received_at = codec::kept(claim.received_at);
        Ok(Self {
            sealed: sealer.seal_json(Place::Claim, claim.claim_id.0.as_bytes(), &claim)?,
            indexes: ClaimIndexes::of(&claim, sealer),
            slots: slots.iter().map(|slot| KeyedSlot::new(slot, sealer)).collect(),
            claim: Arc::new(claim),
            reasons: collision_reasons,
            due_on: due_on.map(|date| date.to_string()),
            asked,
            request: KeyedRequest::new(&request, sealer),
            actor,
            sheet_version,
        })
    }

    /// How many rows it is going to be.
    pub(super) fn weight(&self) -> usize {
        1 + self.slots.len()
    }

    pub(super) fn id(&self) -> ClaimId {
        self.claim.claim_id
    }

    /// The decision on a claim that found its slot taken.
    pub(super) fn held(&self, rules: &[SuspectRule]) -> Decision {
        let mut reasons: Vec<Reason> = rules.iter().map(|rule| self.reason(*rule)).collect();
        reasons.dedup();
        Decision {
            verdict: Verdict::Held { reasons, amount: self.asked },
            sheet_version: self.sheet_version,
            decided_at: self.claim.received_at,
        }
    }

    /// The sheet's words, or the rule's own where the sheet has none.
    fn reason(&self, rule: SuspectRule) -> Reason {
        self.reasons.get(&rule).cloned().unwrap_or_else(|| Reason {
            code: rule.code().to_uppercase(),
            clause: rule.clause().to_owned(),
            zh: rule.zh().to_owned(),
            en: rule.en().to_owned(),
        })
    }
}

/// What became of a submission, before it is put together with its claim again on the caller's task.
pub(super) enum Submitted {
    Recorded(Option<Decision>),
    Repeated(Box<ClaimRecord>),
    RequestIdReused,
}

impl Submitted {
    pub(super) fn outcome(self, claim: Arc<Claim>, due_on: Option<Date>) -> SubmitOutcome {
        match self {
            Self::Recorded(decision) => SubmitOutcome::Recorded(ClaimRecord {
                state: if decision.is_some() { ClaimState::Held } else { ClaimState::Assessing },
                version: claims::FIRST_VERSION,
                decision,
                changed_at: claim.received_at,
                due_on,
                claim: Arc::unwrap_or_clone(claim),
            }),
            Self::Repeated(record) => SubmitOutcome::Repeated(*record),
            Self::RequestIdReused => SubmitOutcome::RequestIdReused,
        }
    }
}
