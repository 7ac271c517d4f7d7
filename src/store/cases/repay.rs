//! Repayments: a credit of the expenditure account repays once, whether a person records it or the statement shows it.

use jiff::Timestamp;

use super::kept::{self, Case};
use crate::domain::clawback::{CaseId, CaseStep, RepaymentRefused};
use crate::domain::identity::Region;
use crate::domain::ledger::Hop;
use crate::domain::money::Fen;
use crate::domain::statement::Direction;
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::pool::on_tx;
use crate::store::record::clawback::{CaseEvent, RecordRepayment, RepaymentOutcome};
use crate::store::requests::{self, KeyedRequest, NewRequest, RequestKind};
use crate::store::sql::{bulk_statements, statements};
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec};

statements! {
    FIND_REPAYMENT = "SELECT amount_fen FROM repayment WHERE region = $1 AND bank_reference = $2";
    FIND_LINE = "
        SELECT direction, amount_fen, fits FROM statement_line WHERE region = $1 AND bank_reference = $2";
    FIT_LINE = "
        UPDATE statement_line SET fits = 'repayment', about = $3 WHERE region = $1 AND bank_reference = $2";
}

bulk_statements! {
    ENTER_REPAYMENTS(region: Text, bank_reference: Text, case_id: Bytes, amount_fen: Integer, at: Integer) =
        "INSERT INTO repayment ({columns}) SELECT {columns} FROM {input}";
}

/// Records a repayment that a person saw.
pub(super) struct Repay(pub(super) RecordRepayment);

impl Act for Repay {
    type Output = RepaymentOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<RepaymentOutcome, StoreError> {
        let repayment = &self.0;
        let (id, at) = (repayment.case_id, codec::kept(repayment.at));
        let request = KeyedRequest::new(&repayment.request, &transaction.sealer);
        if let Some(seen) = requests::find_one(transaction, request).await? {
            if !seen.is_same(request, RequestKind::RecordRepayment) || seen.subject_id != id.0.as_bytes() {
                return Ok(RepaymentOutcome::RequestIdReused);
            }
            return Ok(RepaymentOutcome::Repeated(kept::record(transaction, id).await?));
        }
        let Some(mut case) = kept::load(transaction, &[id]).await?.pop() else {
            return Ok(RepaymentOutcome::NotFound);
        };
        let region = case.record.region;
        let reference = repayment.bank_reference.as_str();
        let Some(line) = free_line(transaction, region, reference, repayment.amount).await? else {
            return Ok(RepaymentOutcome::ReferenceReused);
        };
        if !case.record.state.is_demanded() {
            return Ok(RepaymentOutcome::NotDemanded(case.record.state));
        }
        let person = repayment.operator.as_str();
        if credit(&mut case, repayment.amount, reference, person, at)?.is_err() {
            return Ok(RepaymentOutcome::ExceedsOutstanding { outstanding: case.record.money.outstanding() });
        }
        let new =
            NewRequest { key: request, kind: RequestKind::RecordRepayment, subject_id: id.0, at: at.as_millisecond() };
        requests::enter(transaction, vec![new]).await?;
        if line == Line::Posted {
            fit_line(transaction, region, reference, id).await?;
        }
        enter(transaction, region, &[(reference, id, repayment.amount)], at).await?;
        let cases = [case];
        kept::save(transaction, &cases, &repayment.actor, at).await?;
        let [case] = cases;
        Ok(RepaymentOutcome::Recorded(case.record))
    }
}

/// Credits a case with money that came in. The outer failure is the store's: a state that takes money no longer takes it.
pub(in crate::store) fn credit(
    case: &mut Case,
    amount: Fen,
    reference: &str,
    person: &str,
    at: Timestamp,
) -> Result<Result<(), RepaymentRefused>, StoreError> {
    let record = &mut case.record;
    let money = match record.money.repay(amount) {
        Ok(money) => money,
        Err(refused) => return Ok(Err(refused)),
    };
    let step = CaseStep::Repay { remaining: money.outstanding() };
    let after = record.state.after(step).map_err(|_| StoreError::Corrupt("state of a case"))?;
    record.money = money;
    let hop = Hop::Repaid { place: record.region, enterprise: record.enterprise.clone() };
    let name = format!("{}/{reference}", record.region);
    case.post(hop, &name, amount, at);
    let (person, text) = (person.to_owned(), reference.to_owned());
    case.moved(after, CaseEvent { at, person, step: step.code().to_owned(), text, amount: Some(amount) });
    Ok(Ok(()))
}

/// Enters repayments of a place's account: reference, case and amount.
pub(in crate::store) async fn enter(
    transaction: &mut Transaction,
    region: Region,
    repayments: &[(&str, CaseId, Fen)],
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(&ENTER_REPAYMENTS, transaction.backend());
    for (reference, case, amount) in repayments {
        rows.text(region.as_str())
            .text(*reference)
            .bytes(case.0.as_bytes().as_slice())
            .integer(amount.get())
            .integer(at.as_millisecond());
    }
    transaction.tx.execute(rows).await.map(drop)
}

/// Whether a statement shows the credit already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Posted,
    Awaited,
}

/// Whether a reference may still repay: never used, and where a statement shows it, a credit of this amount that fits nothing else.
async fn free_line(
    transaction: &mut Transaction,
    region: Region,
    reference: &str,
    amount: Fen,
) -> Result<Option<Line>, StoreError> {
    let used: Option<(i64,)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(FIND_REPAYMENT).bind(region.as_str()).bind(reference).fetch_optional(connection).await
    })?;
    if used.is_some() {
        return Ok(None);
    }
    let line: Option<(String, i64, Option<String>)> = on_tx!(transaction.tx, connection => {
        sqlx::query_as(FIND_LINE).bind(region.as_str()).bind(reference).fetch_optional(connection).await
    })?;
    let is_free = |(direction, fen, fits): &(String, i64, Option<String>)| {
        direction == Direction::Credit.code() && *fen == amount.get() && fits.is_none()
    };
    Ok(match line {
        None => Some(Line::Awaited),
        Some(line) if is_free(&line) => Some(Line::Posted),
        Some(_) => None,
    })
}

async fn fit_line(
    transaction: &mut Transaction,
    region: Region,
    reference: &str,
    case: CaseId,
) -> Result<(), StoreError> {
    on_tx!(transaction.tx, connection => {
        sqlx::query(FIT_LINE)
            .bind(region.as_str())
            .bind(reference)
            .bind(case.0.as_bytes().as_slice())
            .execute(connection)
            .await?;
    });
    Ok(())
}
