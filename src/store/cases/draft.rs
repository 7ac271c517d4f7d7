//! A case drafted: one person proposes to get back what was paid for one claim.

use jiff::Timestamp;

use super::kept::{self, Case};
use crate::domain::calendar::cst_date;
use crate::domain::claim::{ClaimId, SubsidyKind};
use crate::domain::clawback::hands::Hands;
use crate::domain::clawback::{CaseId, CaseMoney, CaseState};
use crate::domain::identity::{Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::pooling::BatchId;
use crate::domain::suspect::{SuspectId, SuspectRule, SuspectState};
use crate::store::act::Act;
use crate::store::pool::on_tx;
use crate::store::record::clawback::{CaseEvent, CaseRecord, DraftCase, DraftOutcome};
use crate::store::requests::{self, KeyedRequest, NewRequest, RequestKind};
use crate::store::sql::statements;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec, suspects};

statements! {
    FIND_JUDGED = "
        SELECT suspect.rule, suspect.first_claim, suspect.second_claim, desk.state, desk.judged_by
        FROM suspect CROSS JOIN claim
        LEFT JOIN suspect_desk AS desk ON desk.sequence = suspect.sequence AND desk.province = claim.province
        WHERE suspect.suspect_id = $1 AND claim.claim_id = $2";
    FIND_PAID = "
        SELECT payment.payer, approval.batch_id, approval.enterprise, approval.subsidy, approval.amount_fen
        FROM claim CROSS JOIN approval CROSS JOIN payment
        WHERE claim.claim_id = $1 AND claim.state = 'paid' AND approval.claim_id = claim.claim_id
            AND payment.payment_id = approval.payment_id";
    FIND_EARLIER_CASES = "SELECT state, amount_fen FROM clawback_case WHERE claim_id = $1 AND state <> 'dropped'";
    COUNT_CASE_NUMBERS = "SELECT COUNT(*) FROM clawback_case WHERE region = $1 AND case_number LIKE $2";
}

/// Drafts a case.
pub(super) struct Draft(pub(super) DraftCase);

impl Act for Draft {
    type Output = DraftOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<DraftOutcome, StoreError> {
        let draft = &self.0;
        let at = codec::kept(draft.at);
        let request = KeyedRequest::new(&draft.request, &transaction.sealer);
        if let Some(seen) = requests::find_one(transaction, request).await? {
            if !seen.is_same(request, RequestKind::DraftCase) {
                return Ok(DraftOutcome::RequestIdReused);
            }
            let id = CaseId(codec::uuid(&seen.subject_id)?);
            return Ok(DraftOutcome::Repeated(kept::record(transaction, id).await?));
        }
        let Some(judged) = find_judged(transaction, draft.suspect_id, draft.claim_id).await? else {
            return Ok(DraftOutcome::NotFound);
        };
        if !judged.claims.contains(&draft.claim_id) {
            return Ok(DraftOutcome::NotFound);
        }
        let Some(confirmed_by) = judged.confirmed_by else { return Ok(DraftOutcome::SuspectNotConfirmed) };
        let Some(paid) = find_paid(transaction, draft.claim_id).await? else { return Ok(DraftOutcome::ClaimNotPaid) };
        let Some(earlier) = claimed_back(transaction, draft.claim_id).await? else {
            return Ok(DraftOutcome::ClaimHasCase);
        };
        let left = paid.amount.checked_sub(earlier).ok_or(StoreError::Corrupt("amount of a case"))?;
        let amount = draft.amount.unwrap_or(left);
        if amount > left || amount <= Fen::ZERO {
            return Ok(DraftOutcome::ExceedsPaid { paid: left });
        }
        let id = CaseId(suspects::new_id(at)?);
        let case_number = next_number(transaction, paid.region, at).await?;
        let new = NewRequest { key: request, kind: RequestKind::DraftCase, subject_id: id.0, at: at.as_millisecond() };
        requests::enter(transaction, vec![new]).await?;
        let case = new_case((id, case_number), draft, (judged.rule, confirmed_by), paid, amount, at);
        let cases = [case];
        kept::save(transaction, &cases, &draft.actor, at).await?;
        let [case] = cases;
        Ok(DraftOutcome::Drafted(case.record))
    }
}

fn new_case(
    (case_id, case_number): (CaseId, String),
    draft: &DraftCase,
    (rule, confirmed_by): (SuspectRule, String),
    paid: Paid,
    amount: Fen,
    at: Timestamp,
) -> Case {
    let record = CaseRecord {
        case_id,
        case_number,
        suspect_id: draft.suspect_id,
        claim_id: draft.claim_id,
        region: paid.region,
        enterprise: paid.enterprise,
        rule,
        state: CaseState::Drafted,
        money: CaseMoney { amount, ..CaseMoney::default() },
        set_off: false,
        due_on: None,
        facts: draft.facts.clone(),
        hands: Hands { confirmed_by, drafted_by: draft.operator.as_str().to_owned(), waiver_by: None },
        version: 0,
        drafted_at: at,
        changed_at: at,
    };
    let person = draft.operator.as_str().to_owned();
    let mut case = Case {
        record,
        batch: paid.batch,
        subsidy: paid.subsidy,
        approved_by: None,
        waived_by: None,
        demanded_at: None,
        seen: None,
        events: Vec::new(),
        entries: Vec::new(),
    };
    let event = CaseEvent { at, person, step: "draft".to_owned(), text: draft.facts.clone(), amount: Some(amount) };
    case.moved(CaseState::Drafted, event);
    case
}

/// A suspect as far as a case rests on it: the judgment is that of the province whose claim it is.
struct Judged {
    rule: SuspectRule,
    claims: Vec<ClaimId>,
    /// Who found it true; none while nobody did.
    confirmed_by: Option<String>,
}

type JudgedRow = (String, Option<Vec<u8>>, Vec<u8>, Option<String>, Option<String>);

async fn find_judged(
    transaction: &mut Transaction,
    id: SuspectId,
    claim: ClaimId,
) -> Result<Option<Judged>, StoreError> {
    let row: Option<JudgedRow> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(FIND_JUDGED)
            .bind(id.0.as_bytes().as_slice())
            .bind(claim.0.as_bytes().as_slice())
            .fetch_optional(connection)
            .await
    })?;
    let Some((rule, first, second, state, judged_by)) = row else { return Ok(None) };
    let claims = first.into_iter().chain([second]).map(|id| codec::claim_id(&id)).collect::<Result<_, _>>()?;
    let is_confirmed = state.as_deref() == Some(SuspectState::Confirmed.code());
    Ok(Some(Judged { rule: kept::rule(&rule)?, claims, confirmed_by: judged_by.filter(|_| is_confirmed) }))
}

/// What was paid for a claim, and from where.
struct Paid {
    region: Region,
    batch: BatchId,
    enterprise: Uscc,
    subsidy: SubsidyKind,
    amount: Fen,
}

/// What was paid for a claim; none while it is not.
async fn find_paid(transaction: &mut Transaction, id: ClaimId) -> Result<Option<Paid>, StoreError> {
    let row: Option<(String, Vec<u8>, String, String, i64)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(FIND_PAID).bind(id.0.as_bytes().as_slice()).fetch_optional(connection).await
    })?;
    let Some((payer, batch, enterprise, subsidy, amount)) = row else { return Ok(None) };
    Ok(Some(Paid {
        region: codec::region(&payer)?,
        batch: BatchId(codec::uuid(&batch)?),
        enterprise: codec::uscc(&enterprise)?,
        subsidy: codec::subsidy(&subsidy)?,
        amount: Fen::new(amount),
    }))
}

/// What earlier cases of a claim were about, waived or not: nothing is demanded twice. None while one of them is open.
async fn claimed_back(transaction: &mut Transaction, id: ClaimId) -> Result<Option<Fen>, StoreError> {
    let earlier: Vec<(String, i64)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(FIND_EARLIER_CASES).bind(id.0.as_bytes().as_slice()).fetch_all(connection).await
    })?;
    let is_open = |code: &str| !CaseState::from_code(code).is_some_and(CaseState::is_closed);
    if earlier.iter().any(|(state, _)| is_open(state)) {
        return Ok(None);
    }
    let sum = Fen::checked_sum(earlier.into_iter().map(|(_, amount)| Fen::new(amount)));
    sum.map(Some).ok_or(StoreError::Corrupt("amount of a case"))
}

/// The next number of a region and year. Cases are never deleted and transactions follow one another, so that a count has no gaps.
async fn next_number(transaction: &mut Transaction, region: Region, at: Timestamp) -> Result<String, StoreError> {
    let prefix = format!("ZH-{region}-{}-", cst_date(at).year());
    let (count,): (i64,) = on_tx!(transaction.tx, connection => {
        sqlx::query_as(COUNT_CASE_NUMBERS)
            .bind(region.as_str())
            .bind(format!("{prefix}%"))
            .fetch_one(connection)
            .await
    })?;
    Ok(format!("{prefix}{:06}", count + 1))
}
