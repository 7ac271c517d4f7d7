//! Speaks with the bank: sends what is stored, asks about what is open, and reads its statements. A timeout is in doubt, and only an
//! inquiry or a statement ends that (I4).

use std::collections::BTreeSet;

use super::StepDone;
use super::point::{Point, at};
use super::run::Run;
use crate::domain::money::Fen;
use crate::domain::payment::{BankReport, InstructionId, InstructionState};
use crate::store::record::payment::{PostStatement, Report, ReportOutcome, StatementOutcome};
use crate::workflows::Refusal;

/// Orders in one call to the bank, by contract.
const SEND_AT_ONCE: u32 = 500;
/// Instructions asked about in one call, by contract.
const INQUIRE_AT_ONCE: u32 = 500;
/// Statements of one account read in one run.
const STATEMENTS_MAX: usize = 200;
/// Pages of notices read in one run.
const NOTICE_PAGES_MAX: usize = 40;

/// What may still go either way and was sent, or may have been.
const OPEN: [InstructionState; 3] = [InstructionState::Sending, InstructionState::Accepted, InstructionState::InDoubt];

impl Run<'_> {
    /// Sends every instruction that is made. Each is marked as being sent before it is.
    pub(super) async fn send(&mut self) -> Result<(), Refusal> {
        loop {
            let store = &self.gateway.inner.store;
            let marked = store.start_sending(self.fence, SEND_AT_ONCE, self.actor.clone(), self.now());
            let instructions = at(Point::StartSending, marked).await?;
            if instructions.is_empty() {
                return Ok(());
            }
            let count = instructions.len() as u64;
            let amount = Fen::checked_sum(instructions.iter().map(|it| it.order.amount)).unwrap_or_default();
            let orders = instructions.into_iter().map(|it| it.order).collect();
            let reports = at(Point::Send, self.treasury.send(orders)).await;
            let doubtful = reports.values().filter(|it| **it == BankReport::Unanswered).count() as u64;
            self.record(Point::SendReport, reports.into_iter().collect()).await?;
            self.did(StepDone::sent(count, amount));
            if doubtful > 0 {
                self.note(StepDone::in_doubt(doubtful));
                // What is not known now is asked about in the next run: a bank that does not answer is not hammered.
                return Ok(());
            }
        }
    }

    /// Asks about everything that is open, and about what the bank gave notice of.
    pub(super) async fn inquire(&mut self) -> Result<(), Refusal> {
        let mut settled = 0;
        let mut after = None;
        loop {
            let store = &self.gateway.inner.store;
            let open = store.instructions(self.region, &OPEN, after, INQUIRE_AT_ONCE).await?;
            let Some(last) = open.last() else { break };
            after = Some(last.order.instruction_id);
            let ids: Vec<InstructionId> = open.iter().map(|it| it.order.instruction_id).collect();
            let before: BTreeSet<_> = open.iter().map(|it| (it.order.instruction_id, it.state)).collect();
            settled += self.ask_about(&ids, &before).await?;
        }
        self.follow_notices().await?;
        if settled > 0 {
            self.did(StepDone::inquired(settled));
        }
        Ok(())
    }

    /// Gives how many are elsewhere than before.
    async fn ask_about(
        &mut self,
        ids: &[InstructionId],
        before: &BTreeSet<(InstructionId, InstructionState)>,
    ) -> Result<u64, Refusal> {
        let reports: Vec<Report> = self.treasury.inquire(ids).await.into_iter().collect();
        let asked: Vec<InstructionId> = reports.iter().map(|(id, _)| *id).collect();
        let outcomes = self.record(Point::InquireReport, reports).await?;
        let moved = asked.into_iter().zip(outcomes).filter(|(id, outcome)| match outcome {
            ReportOutcome::Settled(state) => !before.contains(&(*id, *state)),
            ReportOutcome::Implausible(_) | ReportOutcome::NotFound => false,
        });
        Ok(moved.count() as u64)
    }

    /// A notice is a reason to inquire, never more: it may come twice, or be wrong. What it leads to, the rest of the round sees.
    async fn follow_notices(&mut self) -> Result<(), Refusal> {
        let Some(money) = self.gateway.inner.money.as_ref() else { return Ok(()) };
        for _ in 0..NOTICE_PAGES_MAX {
            let after = money.notices.lock().await.clone();
            let (ids, next) = match self.treasury.notices(&after).await {
                Ok(page) => page,
                Err(unanswered) => {
                    self.unanswered(unanswered);
                    break;
                }
            };
            if ids.is_empty() {
                break;
            }
            let ids: BTreeSet<InstructionId> = ids.into_iter().collect();
            let ids: Vec<InstructionId> = ids.into_iter().collect();
            let reports: Vec<Report> = self.treasury.inquire(&ids).await.into_iter().collect();
            self.record(Point::InquireReport, reports).await?;
            *money.notices.lock().await = next;
        }
        Ok(())
    }

    async fn record(&self, point: Point, reports: Vec<Report>) -> Result<Vec<ReportOutcome>, Refusal> {
        Ok(at(point, self.gateway.inner.store.report(reports, self.actor.clone(), self.now())).await?)
    }

    /// Reads the statements of the city's and the counties' accounts, each in its order.
    pub(super) async fn read_statements(&mut self) -> Result<(), Refusal> {
        let city = self.city;
        for (region, account) in &city.accounts.expenditure {
            for _ in 0..STATEMENTS_MAX {
                let last = self.gateway.inner.store.last_statement(*region).await?;
                let number = last.map_or(0, |(number, _)| number).saturating_add(1);
                let statement = match self.treasury.statement(&account.account, number).await {
                    Ok(Some(statement)) => statement,
                    Ok(None) => break,
                    Err(unanswered) => {
                        self.unanswered(unanswered);
                        break;
                    }
                };
                let posting = PostStatement { actor: self.actor.clone(), region: *region, statement, at: self.now() };
                match at(Point::PostStatement, self.gateway.inner.store.post_statement(posting)).await? {
                    StatementOutcome::Posted { lines, unmatched } => {
                        self.did(StepDone::statement(*region, number, lines));
                        if !unmatched.is_empty() {
                            let amount = Fen::checked_sum(unmatched.iter().map(|it| it.amount)).unwrap_or_default();
                            self.note(StepDone::unmatched(*region, unmatched.len() as u64, amount));
                        }
                    }
                    StatementOutcome::Repeated => break,
                    StatementOutcome::Refused(fault) => {
                        self.note(StepDone::statement_refused(*region, &fault));
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}
