//! Repayments that a statement shows: those recorded by hand before, and those that name the number of a demanded case.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::matching::{Fit, Fits, case_number};
use crate::domain::clawback::CaseId;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::statement::Direction;
use crate::store::bulk::Rows;
use crate::store::cases::kept::{self, Case};
use crate::store::cases::repay;
use crate::store::record::Actor;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec};

bulk_statements! {
    FIND_REPAYMENTS(region: Text, bank_reference: Text) = "
        SELECT repayment.bank_reference, repayment.case_id, repayment.amount_fen FROM {input} CROSS JOIN repayment
        WHERE repayment.region = input.region AND repayment.bank_reference = input.bank_reference";
}

/// Fits credits that a person recorded already. One of another amount is for a person to look at: nothing else is made of it.
pub(super) async fn recorded(
    transaction: &mut Transaction,
    region: Region,
    fits: &mut Fits<'_>,
) -> Result<(), StoreError> {
    let credits = fits.open(Direction::Credit);
    let mut rows = Rows::new(&FIND_REPAYMENTS, transaction.backend());
    for (_, line) in &credits {
        rows.text(region.as_str()).text(line.bank_reference.as_str());
    }
    let found: Vec<(String, Vec<u8>, i64)> = transaction.tx.fetch(rows).await?;
    let found: HashMap<String, (Vec<u8>, i64)> =
        found.into_iter().map(|(reference, case, amount)| (reference, (case, amount))).collect();
    for (index, line) in credits {
        match found.get(&line.bank_reference) {
            Some((case, amount)) if *amount == line.amount.get() => {
                fits.decide(index, Fit::Repayment(CaseId(codec::uuid(case)?)));
            }
            Some(_) => fits.refuse(index),
            None => {}
        }
    }
    Ok(())
}

/// Posts credits whose remittance names a demanded case of the region, as far as so much is outstanding.
pub(super) async fn post(
    transaction: &mut Transaction,
    region: Region,
    fits: &mut Fits<'_>,
    (actor, at): (&Actor, Timestamp),
) -> Result<(), StoreError> {
    let credits = fits.open(Direction::Credit).into_iter();
    let numbered: Vec<_> =
        credits.filter_map(|(index, line)| Some((index, line, case_number(&line.remittance, region)?))).collect();
    let numbers: BTreeSet<&str> = numbered.iter().map(|(_, _, number)| number.as_str()).collect();
    let mut cases = kept::load_numbered(transaction, numbers).await?;
    let mut by_number: HashMap<String, &mut Case> =
        cases.iter_mut().map(|case| (case.record.case_number.clone(), case)).collect();
    let mut repayments: Vec<(&str, CaseId, Fen)> = Vec::new();
    for (index, line, number) in &numbered {
        let Some(case) = by_number.get_mut(number) else { continue };
        if !case.record.state.is_demanded() {
            continue;
        }
        let reference = line.bank_reference.as_str();
        if repay::credit(case, line.amount, reference, &actor.0, at)?.is_ok() {
            let id = case.record.case_id;
            fits.decide(*index, Fit::Repayment(id));
            repayments.push((reference, id, line.amount));
        }
    }
    repay::enter(transaction, region, &repayments, at).await?;
    kept::save(transaction, &cases, actor, at).await
}
