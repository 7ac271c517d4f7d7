//! Set-off (六(三)): what an enterprise owes back is kept from what it is still to get.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::obligation::Payment;
use super::orders;
use crate::domain::clawback::CaseStep;
use crate::domain::identity::{Region, Uscc};
use crate::domain::ledger::Hop;
use crate::domain::money::Fen;
use crate::domain::payment::{Parts, Payee, covered};
use crate::store::StoreError;
use crate::store::cases::kept::{self, Case};
use crate::store::codec;
use crate::store::record::Actor;
use crate::store::record::clawback::CaseEvent;
use crate::store::transaction::Transaction;

/// Who keeps money back: nobody decides it anew, the demand said so.
const PERSON: &str = "hufu/pooling";
const STEP: &str = "set-off";

/// The open cases of some enterprises, the oldest demand first.
pub(super) struct Cases(BTreeMap<Uscc, Vec<Case>>);

impl Cases {
    pub(super) async fn load(
        transaction: &mut Transaction,
        city: Region,
        enterprises: BTreeSet<&Uscc>,
    ) -> Result<Self, StoreError> {
        let mut cases: BTreeMap<Uscc, Vec<Case>> = BTreeMap::new();
        for case in kept::load_to_set_off(transaction, city, enterprises).await? {
            cases.entry(case.record.enterprise.clone()).or_default().push(case);
        }
        Ok(Self(cases))
    }

    /// Keeps what is outstanding from a payment, and gives what is left of its parts.
    pub(super) fn set_off(&mut self, payment: &mut Payment, parts: Parts, at: Timestamp) -> Result<Parts, StoreError> {
        let corrupt = || StoreError::Corrupt("amount");
        let mut left = parts;
        let Payee::Enterprise(enterprise) = payment.payee.clone() else { return Ok(left) };
        for case in self.0.get_mut(&enterprise).into_iter().flatten() {
            let keep = case.record.money.outstanding().min(orders::sum(&left)?);
            if keep <= Fen::ZERO {
                continue;
            }
            let kept = covered(&left, keep).ok_or_else(corrupt)?;
            post(case, payment, &kept, at);
            let rest =
                left.iter().zip(kept).map(|((subsidy, amount), (_, kept))| Some((*subsidy, amount.checked_sub(kept)?)));
            let rest: Parts = rest.collect::<Option<_>>().ok_or_else(corrupt)?;
            left = rest.into_iter().filter(|(_, amount)| *amount > Fen::ZERO).collect();
            reduce(case, payment, keep, at)?;
            payment.set_off = payment.set_off.checked_add(keep).ok_or_else(corrupt)?;
        }
        Ok(left)
    }

    /// Saves the cases that something was kept for.
    pub(super) async fn save(
        self,
        transaction: &mut Transaction,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let cases: Vec<Case> = self.0.into_values().flatten().collect();
        kept::save(transaction, &cases, actor, at).await
    }
}

/// Posts what is kept, in the slices that the payment would have been paid from.
fn post(case: &mut Case, payment: &Payment, kept: &Parts, at: Timestamp) {
    let case_id = case.record.case_id;
    let legs = Hop::SetOff { enterprise: case.record.enterprise.clone() }.legs();
    for (subsidy, amount) in kept.iter().filter(|(_, amount)| *amount > Fen::ZERO) {
        let name = format!("{}/{case_id}/{}", payment.payment_id, codec::subsidy_code(*subsidy));
        case.entries.push(legs.entry(name, payment.slice(*subsidy, at), *amount, Some(case_id.0)));
    }
}

/// Takes what is kept off what the case is still about.
fn reduce(case: &mut Case, payment: &Payment, amount: Fen, at: Timestamp) -> Result<(), StoreError> {
    let record = &mut case.record;
    record.money = record.money.keep(amount).map_err(|_| StoreError::Corrupt("amount of a case"))?;
    let step = CaseStep::Repay { remaining: record.money.outstanding() };
    let after = record.state.after(step).map_err(|_| StoreError::Corrupt("state of a case"))?;
    let (person, step) = (PERSON.to_owned(), STEP.to_owned());
    let text = format!("从应发补助中抵扣，付款编号{}", payment.payment_id);
    case.moved(after, CaseEvent { at, person, step, text, amount: Some(amount) });
    Ok(())
}
