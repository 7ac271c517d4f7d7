//! Assessments: decisions, each recorded only if its claim is still at the version that was assessed.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::bulk::Rows;
use super::claims::{self, Change, Standing};
use super::codec;
use super::pool::on_tx;
use super::record::{Actor, AssessmentOutcome, AssessmentRecord};
use super::release::release;
use super::seal::{Place, Sealer};
use super::sql::{bulk_statements, statements};
use super::suspects::{self, Known, Opening};
use super::transaction::Transaction;
use crate::audit::entry::Action;
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::eligibility::evidence::Evidence;
use crate::domain::eligibility::verdict::Verdict;
use crate::domain::suspect::SuspectRule;

statements! {
    FIND_DECISION = "SELECT sealed FROM decision WHERE claim_id = $1 AND version = $2";
}

bulk_statements! {
    /// A claim that somebody made due meanwhile stays due.
    KEEP_ASSESSING(claim_id: Bytes, version: Integer, next_attempt_at: Integer, at: Integer) = "
        UPDATE claim SET
            next_attempt_at = CASE
                WHEN claim.next_attempt_at <= input.at THEN claim.next_attempt_at
                ELSE COALESCE(input.next_attempt_at, claim.next_attempt_at) END
        FROM {input}
        WHERE claim.claim_id = input.claim_id AND claim.version = input.version";
    ENTER_DECISIONS(
        claim_id: Bytes, version: Integer, state: Text, sheet_version: Integer, decided_at: Integer, sealed: Bytes,
    ) = "
        INSERT INTO decision (claim_id, version, state, sheet_id, sheet_version, decided_at, sealed)
        SELECT input.claim_id, input.version, input.state, claim.sheet_id, input.sheet_version, input.decided_at,
            input.sealed
        FROM {input} CROSS JOIN claim WHERE claim.claim_id = input.claim_id";
}

/// All that a decision was made from and what it was, for replay (I13).
#[derive(Serialize, Deserialize)]
struct Replay<'a> {
    evidence: Cow<'a, Evidence>,
    verdict: Cow<'a, Verdict>,
}

/// Assessments of one caller with everything done that needs no transaction.
pub(super) struct Assessments {
    records: Vec<Assessed>,
    actor: Actor,
    at: Timestamp,
}

struct Assessed {
    claim_id: ClaimId,
    version: i64,
    state: ClaimState,
    sheet_version: u32,
    decided_at: Timestamp,
    findings: Vec<SuspectRule>,
    next_attempt_at: Option<Timestamp>,
    /// For the claim's row.
    decision: Vec<u8>,
    /// For a row of its own; absent while nothing is decided.
    replay: Option<Vec<u8>>,
}

impl Assessments {
    pub(super) fn new(
        records: Vec<AssessmentRecord>,
        actor: Actor,
        at: Timestamp,
        sealer: &Sealer,
    ) -> Result<Self, StoreError> {
        let records = records.into_iter().map(|record| Assessed::new(record, sealer)).collect::<Result<_, _>>()?;
        Ok(Self { records, actor, at: codec::kept(at) })
    }

    /// How many rows they are going to be.
    pub(super) fn weight(&self) -> usize {
        self.records.len()
    }

    /// The claims that were assessed, each with the version it was assessed at.
    pub(super) fn claims(&self) -> impl Iterator<Item = (ClaimId, i64)> {
        self.records.iter().map(|it| (it.claim_id, it.version))
    }
}

impl Assessed {
    fn new(record: AssessmentRecord, sealer: &Sealer) -> Result<Self, StoreError> {
        let AssessmentRecord { claim_id, version, state, decision, evidence, findings, next_attempt_at } = record;
        let replay = match decision.verdict {
            Verdict::Unknown { .. } => None,
            Verdict::Entitled { .. } | Verdict::NotEntitled { .. } | Verdict::Held { .. } => {
                let (evidence, verdict) = (Cow::Borrowed(&evidence), Cow::Borrowed(&decision.verdict));
                let replay = Replay { evidence, verdict };
                Some(sealer.seal_json(Place::Decision, &decision_row(claim_id, version + 1), &replay)?)
            }
        };
        Ok(Self {
            decision: claims::seal_decision(sealer, claim_id, &decision)?,
            sheet_version: decision.sheet_version,
            decided_at: decision.decided_at,
            claim_id,
            version,
            state,
            findings,
            next_attempt_at,
            replay,
        })
    }

    /// Whether it stays in assessment: then only what is missing and the next attempt are noted, which is no change of state.
    fn is_waiting(&self) -> bool {
        self.state == ClaimState::Assessing
    }
}

/// What a decision's blob is bound to.
fn decision_row(claim_id: ClaimId, version: i64) -> Vec<u8> {
    [claim_id.0.as_bytes().as_slice(), &version.to_be_bytes()].concat()
}

/// What the decision was made from that took a claim to a version, and what it was; `None` where no decision did.
pub(super) async fn decided(
    transaction: &mut Transaction,
    claim_id: ClaimId,
    version: i64,
) -> Result<Option<(Evidence, Verdict)>, StoreError> {
    let sealed: Option<(Vec<u8>,)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(FIND_DECISION)
            .bind(claim_id.0.as_bytes().as_slice())
            .bind(version)
            .fetch_optional(connection)
            .await
    })?;
    sealed.map(|(sealed,)| open_decision(&transaction.sealer, claim_id, version, sealed)).transpose()
}

/// Opens what a decision was made from and what it was.
pub(super) fn open_decision(
    sealer: &Sealer,
    claim_id: ClaimId,
    version: i64,
    sealed: Vec<u8>,
) -> Result<(Evidence, Verdict), StoreError> {
    let replay: Replay<'static> = sealer.open_json(Place::Decision, &decision_row(claim_id, version), sealed)?;
    Ok((replay.evidence.into_owned(), replay.verdict.into_owned()))
}

pub(super) async fn record(
    transaction: &mut Transaction,
    assessments: &Assessments,
) -> Result<Vec<AssessmentOutcome>, StoreError> {
    let Assessments { records, actor, at } = assessments;
    let mut standings = claims::standings(transaction, records.iter().map(|it| it.claim_id).collect()).await?;
    let mut fresh: Vec<(&Assessed, Standing)> = Vec::with_capacity(records.len());
    let mut outcomes = Vec::with_capacity(records.len());
    for record in records {
        // Taken out: a second assessment of the same claim in one call is as stale as if it had come later.
        match standings.remove(&record.claim_id) {
            Some(standing) if standing.version == record.version => {
                fresh.push((record, standing));
                outcomes.push(AssessmentOutcome::Recorded);
            }
            Some(_) | None => outcomes.push(AssessmentOutcome::Stale),
        }
    }
    keep_assessing(transaction, &fresh, *at).await?;
    decide(transaction, &fresh, actor, *at).await?;
    open_findings(transaction, &fresh, actor, *at).await?;
    let refused = fresh.iter().filter(|(record, _)| record.state == ClaimState::Refused).map(|(it, _)| it.claim_id);
    release(transaction, refused.collect(), actor, *at).await?;
    Ok(outcomes)
}

async fn keep_assessing(
    transaction: &mut Transaction,
    fresh: &[(&Assessed, Standing)],
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&KEEP_ASSESSING, transaction.backend());
    let waiting = || fresh.iter().map(|(record, _)| *record).filter(|record| record.is_waiting());
    for record in waiting() {
        rows.bytes(record.claim_id.0.as_bytes().as_slice())
            .integer(record.version)
            .integer(record.next_attempt_at.map(Timestamp::as_millisecond))
            .integer(at.as_millisecond());
    }
    transaction.tx.execute(rows).await?;
    claims::keep_decisions(transaction, waiting().map(|it| (it.claim_id, it.decision.as_slice()))).await
}

async fn decide(
    transaction: &mut Transaction,
    fresh: &[(&Assessed, Standing)],
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut decisions = Rows::new(&ENTER_DECISIONS, transaction.backend());
    let mut changes = Vec::with_capacity(fresh.len());
    for (record, standing) in fresh.iter().filter(|(record, _)| !record.is_waiting()) {
        changes.push(Change {
            claim_id: record.claim_id,
            region: standing.region,
            version: record.version,
            state: record.state,
            decision: Some(record.decision.clone()),
            next_attempt_at: None,
            action: Action::ClaimAssessed,
            detail: String::new(),
        });
        if let Some(replay) = &record.replay {
            decisions
                .bytes(record.claim_id.0.as_bytes().as_slice())
                .integer(record.version + 1)
                .text(record.state.code())
                .integer(i64::from(record.sheet_version))
                .integer(record.decided_at.as_millisecond())
                .bytes(replay.as_slice());
        }
    }
    claims::change(transaction, changes, actor, at).await?;
    transaction.tx.execute(decisions).await.map(drop)
}

async fn open_findings(
    transaction: &mut Transaction,
    fresh: &[(&Assessed, Standing)],
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let suspicious = || fresh.iter().filter(|(record, _)| !record.findings.is_empty());
    let mut known = Known::default();
    known.load(transaction, suspicious().map(|(record, _)| record.claim_id).collect()).await?;
    let openings = suspicious().flat_map(|(record, _)| {
        record.findings.iter().map(|rule| Opening {
            rule: *rule,
            first: None,
            second: (record.claim_id, None),
            actor: actor.clone(),
            at,
        })
    });
    suspects::open(transaction, &known, openings.collect()).await
}
