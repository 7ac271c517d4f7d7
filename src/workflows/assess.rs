//! Finishes claims that wait: gather, decide, record. A claim whose facts are unknown waits on and is asked about again with
//! growing pauses (I5).

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::gather::{Ask, Needs};
use super::{Gateway, Refusal};
use crate::connectors::Purpose;
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::eligibility::assess::assess;
use crate::domain::eligibility::verdict::Verdict;
use crate::store::record::{Actor, AssessmentOutcome, AssessmentRecord, Decision, DueClaim};

/// How fast claims are taken up and asked about again.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Claims taken up together: one question to each registry for all of them.
    pub batch: u32,
    /// How long a batch may be worked on before another replica may take it up; longer than a registry's total deadline.
    pub lease: Duration,
    /// The pause before an unanswered claim is asked about again; doubles with each attempt.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            batch: 500,
            lease: Duration::from_secs(60),
            first_pause: Duration::from_secs(2),
            longest_pause: Duration::from_secs(600),
        }
    }
}

/// What a round of assessing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub taken_up: usize,
    pub decided: usize,
    pub waiting: usize,
    /// Changed meanwhile: withdrawn, or assessed by another replica.
    pub stale: usize,
}

impl Gateway {
    /// Leases at most one batch of the claims whose turn it is.
    pub async fn lease_due(&self) -> Result<Vec<DueClaim>, Refusal> {
        let now = self.inner.clock.now();
        let lease_until = now + SignedDuration::try_from(self.inner.pace.lease).unwrap_or(SignedDuration::ZERO);
        Ok(self.inner.store.lease_due(now, self.inner.pace.batch, lease_until).await?)
    }

    /// Assesses claims that were leased and records what was decided.
    pub async fn assess_leased(&self, due: Vec<DueClaim>) -> Result<Round, Refusal> {
        let needs = Needs::of(&self.asks(&due), self.inner.clock.now());
        let gathered = self.gather(needs, Purpose::AssessClaim).await?;
        let records: Vec<_> = due
            .iter()
            .filter_map(|claim| self.ask_of(claim).map(|ask| (claim, ask)))
            .map(|(claim, ask)| {
                let evidence = gathered.evidence(ask);
                let assessment = assess(ask.claim, ask.sheet, &evidence);
                let state = state_after(&assessment.verdict);
                let decided_at = evidence.decided_at;
                AssessmentRecord {
                    claim_id: claim.record.claim.claim_id,
                    version: claim.record.version,
                    state,
                    next_attempt_at: (state == ClaimState::Assessing)
                        .then(|| self.next_attempt(claim.record.claim.claim_id, claim.attempts, decided_at)),
                    decision: Decision { verdict: assessment.verdict, sheet_version: ask.sheet.version, decided_at },
                    evidence,
                    findings: assessment.findings,
                }
            })
            .collect();
        self.record(records).await
    }

    async fn record(&self, records: Vec<AssessmentRecord>) -> Result<Round, Refusal> {
        let waiting: Vec<_> = records.iter().map(|record| record.state == ClaimState::Assessing).collect();
        let mut round = Round { taken_up: records.len(), ..Round::default() };
        let mut causes: BTreeMap<(&'static str, &'static str), u64> = BTreeMap::new();
        for record in &records {
            if let Verdict::Unknown { missing } = &record.decision.verdict {
                for fact in missing {
                    *causes.entry((fact.owner.code(), fact.cause.code())).or_default() += 1;
                }
            }
        }
        for ((owner, cause), facts) in causes {
            metrics::counter!("hufu_missing_facts_total", "owner" => owner, "cause" => cause).increment(facts);
        }
        let outcomes = self.inner.store.record_assessments(records, assessor(), self.inner.clock.now()).await?;
        for (outcome, waits) in outcomes.into_iter().zip(waiting) {
            match outcome {
                AssessmentOutcome::Stale => round.stale += 1,
                AssessmentOutcome::Recorded if waits => round.waiting += 1,
                AssessmentOutcome::Recorded => round.decided += 1,
            }
        }
        Ok(round)
    }

    fn asks<'a>(&'a self, due: &'a [DueClaim]) -> Vec<Ask<'a>> {
        due.iter().filter_map(|claim| self.ask_of(claim)).collect()
    }

    /// A claim whose sheet this node no longer has is left for later, and said so: never decided under another sheet.
    fn ask_of<'a>(&'a self, due: &'a DueClaim) -> Option<Ask<'a>> {
        let claim = &due.record.claim;
        let sheet = self.inner.catalog.get(&claim.sheet_id);
        if sheet.is_none() {
            tracing::error!(claim_id = %claim.claim_id, sheet_id = claim.sheet_id, "claim waits for a sheet that is not loaded");
        }
        sheet.map(|sheet| Ask { claim, sheet, units_taken: &due.units_taken })
    }

    /// Doubling pauses up to the longest, each shifted by up to a quarter so that claims do not come back all at once.
    fn next_attempt(&self, claim_id: ClaimId, attempts: u32, now: Timestamp) -> Timestamp {
        let pace = &self.inner.pace;
        let doubled = pace.first_pause.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1).min(20)));
        let pause = doubled.min(pace.longest_pause);
        // The id's last byte is random, and the same for the same claim: a replay pauses alike.
        let shift = pause / 1024 * u32::from(claim_id.0.as_bytes()[15]);
        now + SignedDuration::try_from(pause + shift).unwrap_or(SignedDuration::MAX)
    }
}

/// How the audit log names the node when it decides.
pub(super) fn assessor() -> Actor {
    Actor("hufu/assessor".to_owned())
}

/// The state that follows from a verdict.
pub fn state_after(verdict: &Verdict) -> ClaimState {
    match verdict {
        Verdict::Entitled { .. } => ClaimState::Assessed,
        Verdict::NotEntitled { .. } => ClaimState::Refused,
        Verdict::Held { .. } => ClaimState::Held,
        Verdict::Unknown { .. } => ClaimState::Assessing,
    }
}
