//! Payouts (发放): an enterprise's funded claims, paid to the account that the tax department names now, if it is the approved one (I9).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::batch;
use super::obligation::{self, NewPayment, PayTo, Payment, claim_state};
use super::orders::{self, NewOrder};
use super::path::{self, PathState};
use super::set_off::Cases;
use super::{new_ids, payer_account};
use crate::domain::calendar::{Month, cst_date};
use crate::domain::claim::{ClaimId, ClaimState, SubsidyKind};
use crate::domain::identity::{BankAccount, Region};
use crate::domain::ledger::{Entry, Hop, Slice, Way};
use crate::domain::money::Fen;
use crate::domain::payment::{Cause, InstructionId, Parts, Payee, PaymentId, PaymentKind, PaymentState};
use crate::domain::pooling::{BatchState, LeftOut};
use crate::store::StoreError;
use crate::store::act::Act;
use crate::store::assessments::{self, Assessments};
use crate::store::batches;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::lease;
use crate::store::ledger;
use crate::store::path::{Leaving, note_left_out};
use crate::store::pool::on_tx;
use crate::store::record::payment::{Instruct, InstructOutcome, NewPayout};
use crate::store::record::pooling::BatchRecord;
use crate::store::record::{AssessmentOutcome, AssessmentRecord};
use crate::store::seal::Sealer;
use crate::store::sql::{bulk_statements, statements};
use crate::store::transaction::Transaction;

statements! {
    PAID_TRANSFERS = "
        SELECT payee FROM payment WHERE batch_id = $1 AND kind = 'transfer' AND state = 'paid'";
    PAYOUT_NUMBERS = "
        SELECT payer, payee, MAX(number) FROM payment WHERE batch_id = $1 AND kind = 'payout' GROUP BY payer, payee";
}

bulk_statements! {
    LINK_CLAIMS(claim_id: Bytes, payment_id: Bytes) = "
        UPDATE approval SET payment_id = input.payment_id
        FROM {input} WHERE approval.claim_id = input.claim_id AND approval.payment_id IS NULL";
}

impl Act for Instruct {
    type Output = Vec<InstructOutcome>;

    fn weight(&self) -> usize {
        self.payouts.iter().map(|it| it.pay.len() + it.changed.len()).sum::<usize>().max(1)
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<Vec<InstructOutcome>, StoreError> {
        let at = codec::kept(self.at);
        lease::check(transaction, self.fence).await?;
        let batch = batches::find(transaction, self.batch_id).await?;
        let pays = |it: &BatchRecord| matches!(it.state, BatchState::Transferring | BatchState::Paying);
        let Some(batch) = batch.filter(|it| it.city == self.fence.city && pays(it)) else {
            return Ok(vec![InstructOutcome::Stale; self.payouts.len()]);
        };
        let mut planning = Planning::load(transaction, self, &batch).await?;
        let mut new_id = new_ids(at);
        let sealer = transaction.sealer.clone();
        let mut outcomes = Vec::with_capacity(self.payouts.len());
        for payout in &self.payouts {
            outcomes.push(planning.plan(self, &batch, payout, (&sealer, at), &mut new_id)?);
        }
        planning.write(transaction, self, at).await?;
        let payers = self.payouts.iter().map(|it| it.place).collect();
        batch::refuse_overdrawn(transaction, batch.batch_id, &payers).await?;
        Ok(outcomes)
    }
}

/// Payer, payee, and the number of the last payout between them.
type NumberRow = (String, String, i64);

/// One payment that is to be made.
struct Planned {
    payment: Payment,
    order: Option<NewOrder>,
    claims: Vec<ClaimId>,
}

/// What is known before anything is written, and what is going to be written.
struct Planning<'a> {
    claims: HashMap<ClaimId, PathState>,
    /// Places that have their money.
    places: HashSet<Region>,
    numbers: HashMap<(Region, String), u32>,
    cases: Cases,
    planned: Vec<Planned>,
    changed: Vec<&'a AssessmentRecord>,
    left_out: Vec<PathState>,
    entries: Vec<Entry>,
}

impl<'a> Planning<'a> {
    async fn load(transaction: &mut Transaction, act: &Instruct, batch: &BatchRecord) -> Result<Self, StoreError> {
        let enterprises: BTreeSet<_> = act.payouts.iter().map(|it| (it.place, &it.enterprise)).collect();
        let claims = path::find(transaction, batch.batch_id, enterprises.into_iter()).await?;
        let id = batch.batch_id.0.as_bytes().to_vec();
        let (paid, numbers): (Vec<(String,)>, Vec<NumberRow>) = on_tx!(transaction.tx, connection => {
            let paid = sqlx::query_as(PAID_TRANSFERS).bind(&id).fetch_all(&mut *connection).await?;
            (paid, sqlx::query_as(PAYOUT_NUMBERS).bind(&id).fetch_all(connection).await?)
        });
        let counties = paid.iter().map(|(county,)| codec::region(county));
        let places = counties.chain([Ok(batch.city)]).collect::<Result<_, _>>()?;
        let number = |(payer, payee, number): NumberRow| Ok(((codec::region(&payer)?, payee), codec::count(number)?));
        let numbers = numbers.into_iter().map(number).collect::<Result<_, StoreError>>()?;
        let enterprises = act.payouts.iter().map(|it| &it.enterprise).collect();
        let cases = Cases::load(transaction, batch.city, enterprises).await?;
        let (planned, changed, left_out, entries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { claims, places, numbers, cases, planned, changed, left_out, entries })
    }

    /// Decides about one enterprise; nothing is written yet.
    fn plan(
        &mut self,
        act: &Instruct,
        batch: &BatchRecord,
        payout: &'a NewPayout,
        (sealer, at): (&Sealer, Timestamp),
        new_id: &mut impl FnMut() -> uuid::Uuid,
    ) -> Result<InstructOutcome, StoreError> {
        if !self.is_fresh(payout) {
            return Ok(InstructOutcome::Stale);
        }
        // Taken out: a claim that is named twice is stale the second time.
        let taken = |ids: &mut HashMap<ClaimId, PathState>, id| ids.remove(&id);
        let left: Vec<PathState> =
            payout.changed.iter().filter_map(|it| taken(&mut self.claims, it.claim_id)).collect();
        let pay: Vec<PathState> = payout.pay.iter().filter_map(|it| taken(&mut self.claims, it.claim_id)).collect();
        let month = Month::of(cst_date(at));
        let slice = |subsidy| Slice { batch: batch.batch_id, place: payout.place, subsidy: Some(subsidy), month };
        self.leave(payout, left, slice)?;
        if pay.is_empty() {
            return Ok(InstructOutcome::Nothing);
        }
        let parts = parts(&pay)?;
        let number = self.numbers.entry((payout.place, payout.enterprise.as_str().to_owned())).or_default();
        *number += 1;
        let to = PayTo {
            account: payout.account.clone(),
            name: payout.payee_name.clone(),
            purpose: payout.purpose.clone(),
            subsidies: parts.iter().map(|(subsidy, _)| *subsidy).collect(),
        };
        let payee = Payee::Enterprise(payout.enterprise.clone());
        let new = NewPayment {
            payment_id: PaymentId(new_id()),
            batch_id: batch.batch_id,
            number: *number,
            way: Way { kind: PaymentKind::Payout, payer: payout.place, payee },
            place: payout.place,
            amount: orders::sum(&parts)?,
        };
        let mut payment = new.seal(&to, sealer, at)?;
        payment.claims = u32::try_from(pay.len()).unwrap_or(u32::MAX);
        let (order, outcome) = match approved_account(payout) {
            Err(cause) => {
                payment.owe(cause);
                payment.attempts = 0;
                (None, InstructOutcome::Owed(payment.payment_id, cause))
            }
            Ok(account) => {
                let left = self.cases.set_off(&mut payment, parts, at)?;
                let from = payer_account(&act.accounts, payout.place)?;
                order(&mut payment, left, from.account.clone(), account, to, InstructionId(new_id()))
            }
        };
        let claims = pay.into_iter().map(|it| it.claim_id).collect();
        self.planned.push(Planned { payment, order, claims });
        Ok(outcome)
    }

    /// Whether every claim is where the caller saw it.
    fn is_fresh(&self, payout: &NewPayout) -> bool {
        let NewPayout { place, enterprise, pay, changed, .. } = payout;
        let mut ids = HashSet::new();
        let funded = |id: &ClaimId| self.claims.get(id).filter(|it| it.is_payable(*place, enterprise));
        // One that waits would stay on the path with another decision.
        let leaves = |it: &AssessmentRecord| match it.state {
            ClaimState::Assessed | ClaimState::Refused | ClaimState::Held => true,
            ClaimState::Assessing
            | ClaimState::Withdrawn
            | ClaimState::Reviewed
            | ClaimState::Approved
            | ClaimState::Filed
            | ClaimState::Pooled
            | ClaimState::Funded
            | ClaimState::Instructed
            | ClaimState::InDoubt
            | ClaimState::Returned
            | ClaimState::Paid => false,
        };
        let fits =
            |it: &AssessmentRecord| leaves(it) && funded(&it.claim_id).is_some_and(|claim| claim.version == it.version);
        self.places.contains(place)
            && pay
                .iter()
                .all(|it| ids.insert(it.claim_id) && funded(&it.claim_id).is_some_and(|claim| claim.is_as_compared(it)))
            && changed.iter().all(|it| ids.insert(it.claim_id) && fits(it))
    }

    /// Claims that leave the path are no longer owed.
    fn leave(
        &mut self,
        payout: &'a NewPayout,
        left: Vec<PathState>,
        slice: impl Fn(SubsidyKind) -> Slice,
    ) -> Result<(), StoreError> {
        let Some(first) = left.iter().map(|it| it.claim_id).min() else { return Ok(()) };
        let legs = Hop::NoLongerOwed { place: payout.place, enterprise: payout.enterprise.clone() }.legs();
        for (subsidy, amount) in parts(&left)? {
            let slice = slice(subsidy);
            // A claim leaves a batch once.
            let name = format!("{}/{}/{}", slice.batch, first.0, codec::subsidy_code(subsidy));
            self.entries.push(legs.entry(name, slice, amount, None));
        }
        self.changed.extend(&payout.changed);
        self.left_out.extend(left);
        Ok(())
    }

    async fn write(self, transaction: &mut Transaction, act: &Instruct, at: Timestamp) -> Result<(), StoreError> {
        let Self { planned, changed, left_out, entries, cases, .. } = self;
        let actor = &act.actor;
        let records: Vec<AssessmentRecord> = changed.into_iter().cloned().collect();
        let changed = Assessments::new(records, actor.clone(), at, &transaction.sealer)?;
        let recorded = assessments::record(transaction, &changed).await?;
        if recorded.contains(&AssessmentOutcome::Stale) {
            return Err(StoreError::Contended);
        }
        let leaving = left_out.iter().map(|it| Leaving { claim_id: it.claim_id, region: it.region, amount: it.amount });
        note_left_out(transaction, leaving, (act.batch_id, LeftOut::Changed), at).await?;
        let payments: Vec<&Payment> = planned.iter().map(|it| &it.payment).collect();
        obligation::enter(transaction, &payments, actor, at).await?;
        link(transaction, &planned).await?;
        let moves = planned.iter().map(|it| &it.payment);
        let moves = moves.map(|it| (it.payment_id.0, (ClaimState::Funded, claim_state(it.state))));
        obligation::follow_to(transaction, moves, actor, at).await?;
        ledger::post(transaction, &entries, at).await?;
        cases.save(transaction, actor, at).await?;
        let orders = planned.iter().filter_map(|it| Some((&it.payment, it.order.clone()?))).collect();
        orders::make(transaction, orders, actor, at).await
    }
}

/// The account to be paid, when it is the one that every claim was approved for; why not, otherwise.
fn approved_account(payout: &NewPayout) -> Result<BankAccount, Cause> {
    let account = payout.account.as_ref().ok_or(Cause::NoAccount)?;
    let is_approved = payout.pay.iter().all(|it| it.account.as_ref() == Some(account));
    if is_approved { Ok(account.clone()) } else { Err(Cause::AccountChanged) }
}

/// The order of what is left after set-off; nothing where nothing is left.
fn order(
    payment: &mut Payment,
    left: Parts,
    payer_account: BankAccount,
    payee_account: BankAccount,
    to: PayTo,
    instruction_id: InstructionId,
) -> (Option<NewOrder>, InstructOutcome) {
    if left.is_empty() {
        payment.state = PaymentState::Paid;
        payment.attempts = 0;
        return (None, InstructOutcome::SetOff(payment.payment_id));
    }
    let PayTo { name: payee_name, purpose, account: _, subsidies: _ } = to;
    let order = NewOrder { instruction_id, parts: left, payer_account, payee_account, payee_name, purpose };
    (Some(order), InstructOutcome::Instructed(payment.payment_id))
}

/// What claims come to, by subsidy; parts above 0.
fn parts(claims: &[PathState]) -> Result<Parts, StoreError> {
    let mut sums: BTreeMap<SubsidyKind, Fen> = BTreeMap::new();
    for claim in claims {
        let sum = sums.entry(claim.subsidy).or_default();
        *sum = sum.checked_add(claim.amount).ok_or(StoreError::Corrupt("amount"))?;
    }
    Ok(sums.into_iter().filter(|(_, amount)| *amount > Fen::ZERO).collect())
}

/// Has the claims belong to their payments.
async fn link(transaction: &mut Transaction, planned: &[Planned]) -> Result<(), StoreError> {
    let mut rows = Rows::new(&LINK_CLAIMS, transaction.backend());
    for Planned { payment, claims, .. } in planned {
        for id in claims {
            rows.bytes(id.0.as_bytes().as_slice()).bytes(payment.payment_id.0.as_bytes().as_slice());
        }
    }
    let expected = rows.count();
    if transaction.tx.execute(rows).await? == expected { Ok(()) } else { Err(StoreError::Contended) }
}
