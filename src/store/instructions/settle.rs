//! What the bank says of instructions, posted: the ledger, the instruction, its payment and its claims move together (I3, I4).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::{FIND_ATTEMPTS, FIND_PARTS, KEEP_PROGRESS, Known, find, instruction_state};
use crate::audit::entry::{Action, Entry as AuditEntry, Subject};
use crate::domain::ledger::{Entry, InstructionEvent};
use crate::domain::money::Fen;
use crate::domain::payment::{
    Cause, InstructionId, InstructionState, Parts, PaymentId, PaymentKind, PaymentState, Progress, Settlement, covered,
};
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::ledger;
use crate::store::payments::batch;
use crate::store::payments::obligation::{self, Payment};
use crate::store::record::Actor;
use crate::store::record::payment::{Report, ReportOutcome};
use crate::store::transaction::Transaction;

/// Posts reports in their order: what each changes goes into the ledger, and instructions, payments and claims follow.
pub(in crate::store) async fn settle(
    transaction: &mut Transaction,
    reports: &[Report],
    actor: &Actor,
    at: Timestamp,
) -> Result<Vec<ReportOutcome>, StoreError> {
    let at = codec::kept(at);
    let mut settling = Settling::load(transaction, reports).await?;
    let outcomes = reports.iter().map(|report| settling.report(report, at)).collect::<Result<_, _>>()?;
    ledger::post(transaction, &settling.entries, at).await?;
    settling.keep_progress(transaction, actor, at).await?;
    settling.move_payments(transaction, actor, at).await?;
    Ok(outcomes)
}

/// Another attempt of a payment, or the same.
struct Attempt {
    state: InstructionState,
    paid: Fen,
    returned: Fen,
}

/// What is known of the instructions that are reported, and what the reports change.
struct Settling {
    known: HashMap<InstructionId, Known>,
    parts: HashMap<InstructionId, Parts>,
    payments: HashMap<PaymentId, Payment>,
    /// Of each payment, every instruction.
    attempts: HashMap<PaymentId, BTreeMap<InstructionId, Attempt>>,
    entries: Vec<Entry>,
    /// Instructions that changed, with the last cause that was given.
    changed: BTreeMap<InstructionId, Option<Cause>>,
    /// Why payments are owed again.
    causes: HashMap<PaymentId, Cause>,
}

impl Settling {
    async fn load(transaction: &mut Transaction, reports: &[Report]) -> Result<Self, StoreError> {
        let ids: BTreeSet<InstructionId> = reports.iter().map(|(id, _)| *id).collect();
        let ids: Vec<InstructionId> = ids.into_iter().collect();
        let known = find(transaction, &ids).await?;
        let parts = parts(transaction, known.keys()).await?;
        let payment_ids: BTreeSet<PaymentId> = known.values().map(|it| it.payment_id).collect();
        let attempts = attempts(transaction, &payment_ids).await?;
        let payments = obligation::find(transaction, payment_ids).await?;
        Ok(Self {
            known,
            parts,
            payments,
            attempts,
            entries: Vec::new(),
            changed: BTreeMap::new(),
            causes: HashMap::new(),
        })
    }

    fn report(&mut self, (id, report): &Report, at: Timestamp) -> Result<ReportOutcome, StoreError> {
        let Some(known) = self.known.get_mut(id) else { return Ok(ReportOutcome::NotFound) };
        let before = known.progress;
        let settlement = match before.after(*report) {
            Ok(settlement) => settlement,
            Err(implausible) => return Ok(ReportOutcome::Implausible(implausible)),
        };
        let after = settlement.after;
        if after == before {
            return Ok(ReportOutcome::Settled(after.state));
        }
        known.progress = after;
        let payment_id = known.payment_id;
        let last = self.changed.entry(*id).or_default();
        *last = settlement.cause.or(*last);
        if let Some(cause) = settlement.cause {
            self.causes.insert(payment_id, cause);
        }
        let attempt = Attempt { state: after.state, paid: after.paid, returned: after.returned };
        self.attempts.entry(payment_id).or_default().insert(*id, attempt);
        self.post(*id, payment_id, before, &settlement, at)?;
        Ok(ReportOutcome::Settled(after.state))
    }

    /// The entries of what was booked, came back and is free again, part by part.
    fn post(
        &mut self,
        id: InstructionId,
        payment_id: PaymentId,
        before: Progress,
        settlement: &Settlement,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let payment = self.payments.get(&payment_id).ok_or(StoreError::Corrupt("reference to a payment"))?;
        let parts = self.parts.get(&id).ok_or(StoreError::Corrupt("reference to an instruction"))?;
        let after = settlement.after;
        let released = if settlement.released > Fen::ZERO { after.amount } else { after.paid };
        let grown = [
            (InstructionEvent::Booked, before.paid, after.paid, format!("/{}", after.paid.get())),
            (InstructionEvent::CameBack, before.returned, after.returned, format!("/{}", after.returned.get())),
            (InstructionEvent::Released, after.paid, released, String::new()),
        ];
        let way = payment.way();
        for (it, from, to, place) in grown {
            let legs = way.legs(it);
            for (subsidy, amount) in growth(parts, from, to).ok_or(StoreError::Corrupt("amount"))? {
                let name = format!("{id}/{}{place}", codec::subsidy_code(subsidy));
                self.entries.push(legs.entry(name, payment.slice(subsidy, at), amount, Some(payment_id.0)));
            }
        }
        Ok(())
    }

    /// Keeps where the instructions stand, and writes it down.
    async fn keep_progress(
        &self,
        transaction: &mut Transaction,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(&KEEP_PROGRESS, transaction.backend());
        for (id, cause) in &self.changed {
            let Some(known) = self.known.get(id) else { continue };
            let Progress { state, paid, returned, amount: _ } = known.progress;
            rows.bytes(id.0.as_bytes().as_slice())
                .text(state.code())
                .integer(paid.get())
                .integer(returned.get())
                .text(cause.map(Cause::code))
                .integer(at.as_millisecond());
            transaction.append(&AuditEntry {
                at,
                actor: actor.0.clone(),
                action: Action::InstructionMoved,
                subject: Subject::Instruction(id.0),
                region: known.payer,
                state: Some(state.code()),
                version: None,
                detail: format!("paid_fen={} returned_fen={}", paid.get(), returned.get()),
            });
        }
        transaction.tx.execute(rows).await.map(drop)
    }

    /// Has payments follow their instructions, claims their payments, and a batch its last transfer.
    async fn move_payments(
        self,
        transaction: &mut Transaction,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Self { payments, attempts, causes, .. } = self;
        let payments: BTreeMap<PaymentId, Payment> = payments.into_iter().collect();
        let mut moved = Vec::new();
        let mut moves = Vec::new();
        for (id, before) in payments {
            let attempts = attempts.get(&id).ok_or(StoreError::Corrupt("reference to an instruction"))?;
            let after = payment_after(&before, attempts, causes.get(&id).copied())?;
            if (after.state, after.paid) != (before.state, before.paid) {
                moves.push((id, before.state, after.state));
                moved.push(after);
            }
        }
        obligation::keep(transaction, &mut moved, Action::PaymentMoved, actor, at).await?;
        obligation::follow(transaction, &moves, actor, at).await?;
        let passed_on = |it: &&Payment| it.kind == PaymentKind::Transfer && it.state == PaymentState::Paid;
        let batches: BTreeSet<_> = moved.iter().filter(passed_on).map(|it| it.batch_id).collect();
        for id in batches {
            batch::begin_paying(transaction, id, actor, at).await?;
        }
        Ok(())
    }
}

/// Where a payment stands after its instructions.
fn payment_after(
    before: &Payment,
    attempts: &BTreeMap<InstructionId, Attempt>,
    cause: Option<Cause>,
) -> Result<Payment, StoreError> {
    let mut net = attempts.values().map(|it| it.paid.checked_sub(it.returned));
    let paid = net.try_fold(Fen::ZERO, |sum, it| sum.checked_add(it?)).ok_or(StoreError::Corrupt("amount"))?;
    let mut after = before.clone();
    after.paid = paid;
    let open = attempts.values().find(|it| it.state.is_open());
    if let Some(open) = open {
        let is_in_doubt = open.state == InstructionState::InDoubt;
        after.state = if is_in_doubt { PaymentState::InDoubt } else { PaymentState::Instructed };
    } else if after.is_met() {
        (after.state, after.cause) = (PaymentState::Paid, None);
    } else if paid != before.paid || payment_is_under_way(before.state) {
        after.owe(cause.or(before.cause).unwrap_or(Cause::Other));
    }
    Ok(after)
}

/// Whether it is something else than owed: what is owed and did not change keeps what was approved of it.
fn payment_is_under_way(state: PaymentState) -> bool {
    match state {
        PaymentState::Instructed | PaymentState::InDoubt | PaymentState::Paid => true,
        PaymentState::Owed | PaymentState::Reviewed | PaymentState::Approved => false,
    }
}

/// By how much each part grew when their sum went from one amount to another; those that did.
fn growth(parts: &Parts, from: Fen, to: Fen) -> Option<Parts> {
    let (before, after) = (covered(parts, from)?, covered(parts, to)?);
    let grown = before.into_iter().zip(after).map(|((subsidy, before), (_, after))| {
        let amount = after.checked_sub(before)?;
        Some((subsidy, amount))
    });
    let grown: Parts = grown.collect::<Option<_>>()?;
    Some(grown.into_iter().filter(|(_, amount)| *amount > Fen::ZERO).collect())
}

/// The parts of instructions, each in the order of the subsidies.
pub(in crate::store) async fn parts(
    transaction: &mut Transaction,
    ids: impl Iterator<Item = &InstructionId>,
) -> Result<HashMap<InstructionId, Parts>, StoreError> {
    let mut rows = Rows::new(&FIND_PARTS, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<(Vec<u8>, String, i64)> = transaction.tx.fetch(rows).await?;
    let mut parts: HashMap<InstructionId, Parts> = HashMap::new();
    for (id, subsidy, amount) in found {
        let part = (codec::subsidy(&subsidy)?, Fen::new(amount));
        parts.entry(InstructionId(codec::uuid(&id)?)).or_default().push(part);
    }
    parts.values_mut().for_each(|it| it.sort_unstable());
    Ok(parts)
}

type AttemptRow = (Vec<u8>, Vec<u8>, String, i64, i64);

async fn attempts(
    transaction: &mut Transaction,
    payments: &BTreeSet<PaymentId>,
) -> Result<HashMap<PaymentId, BTreeMap<InstructionId, Attempt>>, StoreError> {
    let mut rows = Rows::new(&FIND_ATTEMPTS, transaction.backend());
    for id in payments {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<AttemptRow> = transaction.tx.fetch(rows).await?;
    let mut attempts: HashMap<PaymentId, BTreeMap<InstructionId, Attempt>> = HashMap::new();
    for (payment_id, id, state, paid, returned) in found {
        let state = instruction_state(&state)?;
        let attempt = Attempt { state, paid: Fen::new(paid), returned: Fen::new(returned) };
        let of_payment = attempts.entry(PaymentId(codec::uuid(&payment_id)?)).or_default();
        of_payment.insert(InstructionId(codec::uuid(&id)?), attempt);
    }
    Ok(attempts)
}
