//! Reviews: a claim passed by one person and approved by another (I8, I9).

use jiff::Timestamp;

use super::act::Act;
use super::assessments;
use super::claims::{self, Change, Standing};
use super::codec;
use super::pool::on_tx;
use super::record::ClaimRecord;
use super::record::review::{Review, ReviewAct, ReviewOutcome, Reviewed};
use super::requests::{self, KeyedRequest, NewRequest, RequestKind};
use super::sql::statements;
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::audit::entry::Action;
use crate::domain::approval::{ApprovalHash, ApprovedClaim};
use crate::domain::claim::ClaimState;
use crate::domain::eligibility::verdict::Verdict;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;

statements! {
    ENTER_APPROVAL = "
        INSERT INTO approval (
            claim_id, decision_version, reviewed_by, reviewed_at, evidence_hash, approval_hash, region, city, subsidy,
            enterprise, amount_fen, units, due_on, received_sequence)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    /// The CHECK of the table stands behind it: who passed a claim cannot approve it.
    APPROVE = "UPDATE approval SET approved_by = $2, approved_at = $3 WHERE claim_id = $1";
    FIND_APPROVAL = "
        SELECT decision_version, reviewed_by, evidence_hash, approval_hash, amount_fen, units
        FROM approval WHERE claim_id = $1";
}

/// Digits of an approval's hash in the log: enough to find it, and no more than people compare.
const LOGGED_DIGITS: usize = 16;

impl Store {
    /// Records a person's decision on a claim, with what exactly was approved.
    pub async fn review(&self, review: Review) -> Result<ReviewOutcome, StoreError> {
        self.act(review).await
    }
}

impl Act for Review {
    type Output = ReviewOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<ReviewOutcome, StoreError> {
        let (id, at) = (self.claim_id, codec::kept(self.at));
        let request = KeyedRequest::new(&self.request, &transaction.sealer);
        if let Some(seen) = requests::find_one(transaction, request).await? {
            if !seen.is_same(request, RequestKind::Review) || seen.subject_id != id.0.as_bytes() {
                return Ok(ReviewOutcome::RequestIdReused);
            }
            let reviewed = self.reviewed(transaction).await?;
            let detail = requests::repeated_by(&self.operator);
            transaction.append(&claims::read_entry(&reviewed.record, &self.actor, &detail, at));
            return Ok(ReviewOutcome::Repeated(reviewed));
        }
        let Some(standing) = claims::standings(transaction, vec![id]).await?.remove(&id) else {
            return Ok(ReviewOutcome::NotFound);
        };
        if standing.version != self.version {
            return Ok(ReviewOutcome::Changed);
        }
        let refused = match (&self.act, standing.state) {
            (ReviewAct::Pass, ClaimState::Assessed) => self.pass(transaction, standing, at).await?,
            (ReviewAct::Approve, ClaimState::Reviewed) => self.approve(transaction, standing, at).await?,
            (ReviewAct::SendBack { reason }, ClaimState::Assessed | ClaimState::Reviewed | ClaimState::Approved) => {
                self.send_back(transaction, standing, reason, at).await?
            }
            (ReviewAct::Pass | ReviewAct::Approve | ReviewAct::SendBack { .. }, state) => {
                Some(ReviewOutcome::NotReviewable(state))
            }
        };
        if let Some(refused) = refused {
            return Ok(refused);
        }
        let new = NewRequest { key: request, kind: RequestKind::Review, subject_id: id.0, at: at.as_millisecond() };
        requests::enter(transaction, vec![new]).await?;
        Ok(ReviewOutcome::Done(self.reviewed(transaction).await?))
    }
}

/// What became of a decision where nothing was done.
type Refused = Option<ReviewOutcome>;

impl Review {
    async fn pass(
        &self,
        transaction: &mut Transaction,
        standing: Standing,
        at: Timestamp,
    ) -> Result<Refused, StoreError> {
        let record = self.record(transaction).await?;
        let content = Content::of(transaction, &record, standing.version).await?;
        let claim = &record.claim;
        on_tx!(transaction.tx, connection => {
            sqlx::query(ENTER_APPROVAL)
                .bind(claim.claim_id.0.as_bytes().as_slice())
                .bind(standing.version)
                .bind(self.operator.as_str())
                .bind(at.as_millisecond())
                .bind(content.evidence.as_slice())
                .bind(content.hash.0.as_slice())
                .bind(claim.region.as_str())
                .bind(claim.region.city().as_str())
                .bind(codec::subsidy_code(claim.subject.subsidy()))
                .bind(claim.enterprise.as_str())
                .bind(content.amount.get())
                .bind(i64::from(content.units))
                .bind(record.due_on.map(|date| date.to_string()))
                .bind(standing.received_sequence)
                .execute(connection)
                .await
                .map(drop)
        })?;
        let detail = self.detail(Some(content.hash));
        self.change(transaction, standing, ClaimState::Reviewed, (Action::ClaimReviewed, detail), at).await?;
        Ok(None)
    }

    async fn approve(
        &self,
        transaction: &mut Transaction,
        standing: Standing,
        at: Timestamp,
    ) -> Result<Refused, StoreError> {
        let passed = Passed::find(transaction, self).await?.ok_or(StoreError::Corrupt("approval"))?;
        if passed.by == self.operator {
            return Ok(Some(ReviewOutcome::SamePerson));
        }
        let record = self.record(transaction).await?;
        if Content::of(transaction, &record, passed.decision_version).await? != passed.content {
            return Ok(Some(ReviewOutcome::Changed));
        }
        on_tx!(transaction.tx, connection => {
            sqlx::query(APPROVE)
                .bind(self.claim_id.0.as_bytes().as_slice())
                .bind(self.operator.as_str())
                .bind(at.as_millisecond())
                .execute(connection)
                .await
                .map(drop)
        })?;
        let detail = self.detail(Some(passed.content.hash));
        self.change(transaction, standing, ClaimState::Approved, (Action::ClaimApproved, detail), at).await?;
        Ok(None)
    }

    async fn send_back(
        &self,
        transaction: &mut Transaction,
        standing: Standing,
        reason: &str,
        at: Timestamp,
    ) -> Result<Refused, StoreError> {
        let passed = Passed::find(transaction, self).await?;
        let detail = format!("{} reason={reason}", self.detail(passed.map(|it| it.content.hash)));
        // What was decided is decided anew; and the approval goes with the change of state.
        let standing = Standing { decision: None, ..standing };
        self.change(transaction, standing, ClaimState::Assessing, (Action::ClaimSentBack, detail), at).await?;
        Ok(None)
    }

    async fn change(
        &self,
        transaction: &mut Transaction,
        standing: Standing,
        state: ClaimState,
        (action, detail): (Action, String),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Standing { claim_id, version, region, decision, .. } = standing;
        let next_attempt_at = (state == ClaimState::Assessing).then(|| at.as_millisecond());
        let change = Change { claim_id, region, version, state, decision, next_attempt_at, action, detail };
        claims::change(transaction, vec![change], &self.actor, at).await
    }

    async fn record(&self, transaction: &mut Transaction) -> Result<ClaimRecord, StoreError> {
        let record = claims::records(transaction, vec![self.claim_id]).await?.remove(&self.claim_id);
        record.ok_or(StoreError::Corrupt("reference to a claim"))
    }

    /// The claim as it stands, with its approval.
    async fn reviewed(&self, transaction: &mut Transaction) -> Result<Reviewed, StoreError> {
        let record = self.record(transaction).await?;
        let hash = Passed::find(transaction, self).await?.map(|it| it.content.hash);
        Ok(Reviewed { record, hash })
    }

    /// Who decided, and on what: what the log says besides the system that asked.
    fn detail(&self, hash: Option<ApprovalHash>) -> String {
        let digits = |hash: ApprovalHash| hash.to_hex().chars().take(LOGGED_DIGITS).collect::<String>();
        match hash {
            Some(hash) => format!("person={} approval={}", self.operator, digits(hash)),
            None => format!("person={}", self.operator),
        }
    }
}

/// What is approved of a claim.
#[derive(PartialEq, Eq)]
struct Content {
    evidence: [u8; 32],
    hash: ApprovalHash,
    amount: Fen,
    units: u32,
}

impl Content {
    /// As it is stored now: the claim, and the decision that took it to a version.
    async fn of(transaction: &mut Transaction, record: &ClaimRecord, version: i64) -> Result<Self, StoreError> {
        let broken = || StoreError::Corrupt("decision");
        let claim = &record.claim;
        let (evidence, verdict) =
            assessments::decided(transaction, claim.claim_id, version).await?.ok_or_else(broken)?;
        if record.decision.as_ref().is_none_or(|decision| decision.verdict != verdict) {
            return Err(broken());
        }
        let Verdict::Entitled { amount, units, payee, .. } = &verdict else { return Err(broken()) };
        let evidence = serde_json::to_vec(&evidence).map_err(|_| broken())?;
        let evidence = transaction.sealer.hash_evidence(&evidence);
        let approved = ApprovedClaim {
            claim_id: claim.claim_id,
            payee,
            amount: *amount,
            units: *units,
            persons: claim.subject.persons().into_iter().map(|person| &person.resident_id).collect(),
            evidence: &evidence,
        };
        let hash = transaction.sealer.hash_approval(&approved.encode());
        Ok(Self { evidence, hash, amount: *amount, units: *units })
    }
}

/// What the first person passed.
struct Passed {
    by: OperatorId,
    decision_version: i64,
    content: Content,
}

type PassedRow = (i64, String, Vec<u8>, Vec<u8>, i64, i64);

impl Passed {
    async fn find(transaction: &mut Transaction, review: &Review) -> Result<Option<Self>, StoreError> {
        let row: Option<PassedRow> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(FIND_APPROVAL)
                .bind(review.claim_id.0.as_bytes().as_slice())
                .fetch_optional(connection)
                .await
        })?;
        let Some((decision_version, by, evidence, hash, amount, units)) = row else { return Ok(None) };
        let content = Content {
            evidence: codec::hash(evidence)?,
            hash: ApprovalHash(codec::hash(hash)?),
            amount: Fen::new(amount),
            units: codec::count(units)?,
        };
        Ok(Some(Self { by: OperatorId::kept(&by), decision_version, content }))
    }
}
