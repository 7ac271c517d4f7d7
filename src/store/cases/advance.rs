//! A case taken a step further by a person: what follows from where it stands, and by whom (I7, I8).

use jiff::Timestamp;

use super::kept::{self, Case};
use crate::domain::calendar::cst_date;
use crate::domain::clawback::CaseStep;
use crate::domain::ledger::Hop;
use crate::domain::money::Fen;
use crate::store::act::Act;
use crate::store::record::clawback::{AdvanceCase, CaseEvent, CaseOutcome};
use crate::store::requests::{self, KeyedRequest, NewRequest, RequestKind};
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec};

/// Takes a case one step further.
pub(super) struct Advance(pub(super) AdvanceCase);

impl Act for Advance {
    type Output = CaseOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<CaseOutcome, StoreError> {
        let advance = &self.0;
        let (id, at) = (advance.case_id, codec::kept(advance.at));
        let request = KeyedRequest::new(&advance.request, &transaction.sealer);
        if let Some(seen) = requests::find_one(transaction, request).await? {
            if !seen.is_same(request, RequestKind::AdvanceCase) || seen.subject_id != id.0.as_bytes() {
                return Ok(CaseOutcome::RequestIdReused);
            }
            return Ok(CaseOutcome::Repeated(kept::record(transaction, id).await?));
        }
        let Some(mut case) = kept::load(transaction, &[id]).await?.pop() else { return Ok(CaseOutcome::NotFound) };
        if case.record.version != advance.version {
            return Ok(CaseOutcome::Changed);
        }
        if let Some(refused) = apply(&mut case, advance, at) {
            return Ok(refused);
        }
        let new =
            NewRequest { key: request, kind: RequestKind::AdvanceCase, subject_id: id.0, at: at.as_millisecond() };
        requests::enter(transaction, vec![new]).await?;
        let cases = [case];
        kept::save(transaction, &cases, &advance.actor, at).await?;
        let [case] = cases;
        Ok(CaseOutcome::Done(case.record))
    }
}

/// Takes the step, or says why not.
fn apply(case: &mut Case, advance: &AdvanceCase, at: Timestamp) -> Option<CaseOutcome> {
    let before = case.record.state;
    let refused = Some(CaseOutcome::NotAllowed(before));
    let Ok(after) = before.after(advance.step) else { return refused };
    let person = advance.operator.as_str();
    let mut amount = None;
    if case.record.hands.bar(person, advance.step).is_some() {
        return Some(CaseOutcome::SamePerson);
    }
    match advance.step {
        CaseStep::Approve => {
            case.approved_by = Some(person.to_owned());
            case.record.due_on = advance.due_on;
        }
        CaseStep::NoReply => match case.record.due_on {
            // The last day belongs to whoever may still reply.
            Some(due_on) if cst_date(at) <= due_on => return Some(CaseOutcome::ReplyStillDue(due_on)),
            Some(_) => {}
            // Without a last day no time can have passed.
            None => return refused,
        },
        CaseStep::Demand => amount = Some(demand(case, advance, at)),
        CaseStep::ProposeWaiver => case.record.hands.waiver_by = Some(person.to_owned()),
        CaseStep::ApproveWaiver => {
            case.waived_by = Some(person.to_owned());
            amount = Some(waive(case, at));
        }
        // A repayment is no person's step: it has a way of its own.
        CaseStep::Repay { .. } => return refused,
        CaseStep::RecordReply | CaseStep::Refer | CaseStep::Drop => {}
    }
    let (person, text) = (person.to_owned(), advance.text.clone());
    case.moved(after, CaseEvent { at, person, step: advance.step.code().to_owned(), text, amount });
    None
}

/// The amount becomes receivable.
fn demand(case: &mut Case, advance: &AdvanceCase, at: Timestamp) -> Fen {
    let record = &mut case.record;
    record.set_off = advance.set_off;
    record.due_on = advance.due_on;
    let (amount, name) = (record.money.amount, record.case_id.to_string());
    let hop = Hop::Demanded { place: record.region, enterprise: record.enterprise.clone() };
    case.demanded_at = Some(at);
    case.post(hop, &name, amount, at);
    amount
}

/// What is outstanding is given up.
fn waive(case: &mut Case, at: Timestamp) -> Fen {
    let record = &mut case.record;
    let outstanding = record.money.outstanding();
    // Waived once and in full: nothing was waived before.
    record.money.waived = outstanding;
    let name = record.case_id.to_string();
    let hop = Hop::Waived { place: record.region, enterprise: record.enterprise.clone() };
    case.post(hop, &name, outstanding, at);
    outstanding
}
