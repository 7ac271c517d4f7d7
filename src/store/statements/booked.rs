//! What became of instructions: money that left the account or came back to it, and transfers that came in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::matching::{Fit, Fits, id_of};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::payment::{BankReport, Cause, InstructionId, Payee, PaymentKind};
use crate::domain::statement::{Direction, StatementLine};
use crate::store::StoreError;
use crate::store::instructions::{self, Known};
use crate::store::record::Actor;
use crate::store::record::payment::{Report, ReportOutcome};
use crate::store::transaction::Transaction;

/// What a statement shows of one instruction, line after line as far as they can be believed.
struct Shown {
    known: Known,
    /// On this statement.
    debited: Fen,
    credited: Fen,
    cause: Option<Cause>,
    lines: Vec<usize>,
}

impl Shown {
    fn new(known: Known) -> Self {
        Self { known, debited: Fen::ZERO, credited: Fen::ZERO, cause: None, lines: Vec::new() }
    }

    /// Adds a line, unless nobody can believe it: then it is left for a person to look at.
    fn add(&mut self, index: usize, line: &StatementLine) -> Result<(), StoreError> {
        let (debited, credited) = match line.direction {
            Direction::Debit => (self.debited.checked_add(line.amount), Some(self.credited)),
            Direction::Credit => (Some(self.debited), self.credited.checked_add(line.amount)),
        };
        let (debited, credited) = debited.zip(credited).ok_or(StoreError::Corrupt("amount of an instruction"))?;
        let cause = line.return_cause.or(self.cause);
        let report = self.report(debited, credited, cause)?;
        if let Ok(settlement) = self.known.progress.after(report) {
            self.known.progress = settlement.after;
            (self.debited, self.credited, self.cause) = (debited, credited, cause);
            self.lines.push(index);
        }
        Ok(())
    }

    /// What all statements show, this one with such sums.
    fn report(&self, debited: Fen, credited: Fen, cause: Option<Cause>) -> Result<BankReport, StoreError> {
        let debited = self.known.debited.checked_add(debited);
        let credited = self.known.credited.checked_add(credited);
        let (debited, credited) = debited.zip(credited).ok_or(StoreError::Corrupt("amount of an instruction"))?;
        Ok(BankReport::Booked { debited, credited, cause })
    }
}

/// Posts the lines that name an instruction of this account, and fits those that a transfer to it brought in.
pub(super) async fn post(
    transaction: &mut Transaction,
    region: Region,
    named: &BTreeSet<Uuid>,
    fits: &mut Fits<'_>,
    (actor, at): (&Actor, Timestamp),
) -> Result<(), StoreError> {
    let ids: Vec<InstructionId> = named.iter().copied().map(InstructionId).collect();
    let known = instructions::find(transaction, &ids).await?;
    if known.is_empty() {
        return Ok(());
    }
    receive(region, &known, fits);
    let paid_from_here = known.into_iter().filter(|(_, known)| known.payer == region);
    let mut shown: BTreeMap<InstructionId, Shown> = paid_from_here.map(|(id, known)| (id, Shown::new(known))).collect();
    // What went out first: never more comes back than that, however the bank orders its lines.
    for direction in [Direction::Debit, Direction::Credit] {
        for (index, line) in fits.open(direction) {
            let of_line = id_of(line).and_then(|id| shown.get_mut(&InstructionId(id)));
            if let Some(shown) = of_line {
                shown.add(index, line)?;
            }
        }
    }
    shown.retain(|_, shown| !shown.lines.is_empty());
    settle(transaction, &shown, fits, (actor, at)).await
}

/// Credits of an instruction that paid this account.
fn receive(region: Region, known: &HashMap<InstructionId, Known>, fits: &mut Fits<'_>) {
    for (index, line) in fits.open(Direction::Credit) {
        let id = id_of(line).map(InstructionId);
        let is_payee = |id: &InstructionId| {
            let of_line = known.get(id);
            of_line.is_some_and(|it| it.kind == PaymentKind::Transfer && it.payee == Payee::County(region))
        };
        if let Some(id) = id.filter(is_payee) {
            fits.decide(index, Fit::TransferReceived(id));
        }
    }
}

/// Posts what was shown, all of an instruction at once.
async fn settle(
    transaction: &mut Transaction,
    shown: &BTreeMap<InstructionId, Shown>,
    fits: &mut Fits<'_>,
    (actor, at): (&Actor, Timestamp),
) -> Result<(), StoreError> {
    let report =
        |(id, shown): (&InstructionId, &Shown)| Ok((*id, shown.report(shown.debited, shown.credited, shown.cause)?));
    let reports: Vec<Report> = shown.iter().map(report).collect::<Result<_, StoreError>>()?;
    let outcomes = instructions::settle(transaction, &reports, actor, at).await?;
    let mut noted = Vec::with_capacity(shown.len());
    for ((id, shown), outcome) in shown.iter().zip(outcomes) {
        match outcome {
            ReportOutcome::Settled(_) => {
                noted.push((*id, shown.debited, shown.credited));
                shown.lines.iter().for_each(|index| fits.decide(*index, Fit::Instruction(*id)));
            }
            ReportOutcome::Implausible(_) | ReportOutcome::NotFound => {}
        }
    }
    instructions::note_statements(transaction, &noted).await.map(drop)
}
