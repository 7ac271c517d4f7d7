//! The bank that keeps the expenditure accounts.

use std::collections::BTreeSet;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tonic::{Request, Response, Status};

use super::counter::{Counter, ended};
use super::desk::{BATCH_MAX, CHUNK_MAX, invalid};
use super::wire;
use crate::domain::calendar::cst_date;
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::{Cause, InstructionId};
use crate::proto::bank::v1 as pb;
use crate::proto::common::v1 as common;
use crate::sandbox::faults::{BankMode, BankRule};
use crate::sandbox::vault::{Answer, BookingKind, Instruction, Issued, Stage, Terms};

/// Characters of a purpose, as the contract says.
const PURPOSE_MAX: usize = 60;
/// Notices looked at for one answer: told twice, they are as many as the contract allows.
const NOTICES_MAX: usize = BATCH_MAX / 2;

pub(super) struct Bank(pub(super) Counter);

#[tonic::async_trait]
impl pb::bank_service_server::BankService for Bank {
    async fn send_instructions(
        &self,
        request: Request<pb::SendInstructionsRequest>,
    ) -> Result<Response<pb::SendInstructionsResponse>, Status> {
        let instructions = request.into_inner().instructions;
        let visit = self.0.open().await?;
        each_once(instructions.iter().map(|it| it.instruction_id.as_str()))?;
        let (mut results, mut terms) = (Vec::new(), Vec::new());
        for instruction in instructions {
            match read(&instruction) {
                Ok(it) => terms.push(it),
                Err(error) => {
                    let outcome = Some(pb::send_result::Outcome::Error(error));
                    results.push(pb::SendResult { instruction_id: instruction.instruction_id, outcome });
                }
            }
        }
        // From here on it has happened, whether the caller still waits or not.
        let answers = self.0.vault.send(terms).map_err(ended)?;
        if answers.iter().any(|it| it.1 == Answer::Silence) {
            return Err(self.0.say_nothing().await);
        }
        results.extend(answers.into_iter().map(|(id, answer)| send_result(id, answer)));
        results.retain(|it| !visit.leaves_out(&it.instruction_id));
        Ok(Response::new(pb::SendInstructionsResponse { results }))
    }

    async fn inquire_instructions(
        &self,
        request: Request<pb::InquireInstructionsRequest>,
    ) -> Result<Response<pb::InquireInstructionsResponse>, Status> {
        let ids = request.into_inner().instruction_ids;
        let visit = self.0.open().await?;
        each_once(ids.iter().map(String::as_str))?;
        let results = ids.into_iter().filter(|id| !visit.leaves_out(id)).map(|id| {
            let known = InstructionId::parse(&id).and_then(|id| self.0.vault.instruction(id));
            inquiry_result(id, known)
        });
        Ok(Response::new(pb::InquireInstructionsResponse { results: results.collect() }))
    }

    type GetStatementStream = BoxStream<'static, Result<pb::GetStatementResponse, Status>>;

    async fn get_statement(
        &self,
        request: Request<pb::GetStatementRequest>,
    ) -> Result<Response<Self::GetStatementStream>, Status> {
        let request = request.into_inner();
        let visit = self.0.open().await?;
        let account = BankAccount::parse(&request.account).map_err(|error| Status::invalid_argument(error.code()))?;
        let number = usize::try_from(request.number).ok().filter(|it| *it > 0);
        let number = number.ok_or_else(|| Status::invalid_argument("number: below 1"))?;
        let issued = self.0.vault.statement(&account, number).map_err(ended)?;
        let mut issued = issued.ok_or_else(|| Status::not_found("not issued"))?;
        let is_spoilt = |mode| self.is_spoilt(mode, &account, request.number);
        if is_spoilt(BankMode::StatementRepeated)
            && let Some(before) = self.0.vault.statement(&account, number.saturating_sub(1)).map_err(ended)?
        {
            issued = before;
        }
        let mut totals = totals(&account, request.number, &issued);
        if is_spoilt(BankMode::StatementWrongTotal) {
            totals.credit_fen = totals.credit_fen.saturating_add(1);
        }
        let missing = usize::from(is_spoilt(BankMode::StatementMissingLine));
        let lines: Vec<pb::StatementLine> = issued.lines.iter().skip(missing).map(line).collect();
        let (kept, totals) = match visit.left_out {
            Some(share) => (lines.len() - share.of(lines.len()), None),
            None => (lines.len(), Some(totals)),
        };
        let chunks = lines[..kept].chunks(CHUNK_MAX);
        let parts = chunks.map(|lines| pb::GetStatementResponse { lines: lines.to_vec(), totals: None });
        let mut parts: Vec<pb::GetStatementResponse> = parts.collect();
        // A statement whose only line is left out still ends with its totals.
        if parts.is_empty() {
            parts.push(pb::GetStatementResponse { lines: Vec::new(), totals: None });
        }
        if let Some(last) = parts.last_mut() {
            last.totals = totals;
        }
        Ok(Response::new(stream::iter(parts.into_iter().map(Ok)).boxed()))
    }

    async fn list_notices(
        &self,
        request: Request<pb::ListNoticesRequest>,
    ) -> Result<Response<pb::ListNoticesResponse>, Status> {
        let after = request.into_inner().after;
        self.0.open().await?;
        let after: usize = if after.is_empty() {
            0
        } else {
            after.parse().map_err(|_| Status::invalid_argument("after: no token of ours"))?
        };
        let told = self.0.vault.notices(after, NOTICES_MAX);
        let next = after.saturating_add(told.len()).to_string();
        let rules = self.0.faults.bank();
        let mut notices = Vec::new();
        for ((id, at), number) in told.into_iter().zip(after..) {
            let notice =
                |notice_id| pb::Notice { notice_id, instruction_id: id.to_string(), at: Some(wire::instant(at)) };
            notices.push(notice(format!("N{number:010}")));
            if self.is_told_twice(&rules, id) {
                notices.push(notice(format!("N{number:010}-2")));
            }
        }
        Ok(Response::new(pb::ListNoticesResponse { notices, next }))
    }
}

impl Bank {
    fn is_spoilt(&self, mode: BankMode, account: &BankAccount, number: i64) -> bool {
        let seed = self.0.vault.seed();
        self.0.faults.bank().iter().any(|it| it.mode == mode && it.is_for_statement(seed, account, number))
    }

    fn is_told_twice(&self, rules: &[BankRule], id: InstructionId) -> bool {
        let Some(known) = self.0.vault.instruction(id) else { return false };
        let seed = self.0.vault.seed();
        rules.iter().any(|it| it.mode == BankMode::DuplicateNotice && it.is_for(seed, id, &known.terms.payee))
    }
}

/// No more than the contract allows, and none twice.
fn each_once<'a>(ids: impl ExactSizeIterator<Item = &'a str>) -> Result<(), Status> {
    let count = ids.len();
    if count > BATCH_MAX {
        return Err(Status::invalid_argument(format!("instructions: more than {BATCH_MAX}")));
    }
    if ids.collect::<BTreeSet<_>>().len() != count {
        return Err(Status::invalid_argument("instructions: an id appears twice"));
    }
    Ok(())
}

fn read(instruction: &pb::Instruction) -> Result<Terms, common::ItemError> {
    let id =
        InstructionId::parse(&instruction.instruction_id).filter(|id| id.to_string() == instruction.instruction_id);
    if instruction.amount_fen <= 0 {
        return Err(invalid("amount_fen: not above 0"));
    }
    if instruction.purpose.chars().nth(PURPOSE_MAX).is_some() {
        return Err(invalid("purpose: too long"));
    }
    Ok(Terms {
        id: id.ok_or_else(|| invalid("instruction_id: not 32 hexadecimal digits"))?,
        payer: BankAccount::parse(&instruction.payer_account).map_err(|error| invalid(error.code()))?,
        payee: BankAccount::parse(&instruction.payee_account).map_err(|error| invalid(error.code()))?,
        payee_name: instruction.payee_name.clone(),
        amount: Fen::new(instruction.amount_fen),
        purpose: instruction.purpose.clone(),
    })
}

fn send_result(id: InstructionId, answer: Answer) -> pb::SendResult {
    let outcome = match answer {
        Answer::Accepted { reference } => {
            Some(pb::send_result::Outcome::Accepted(pb::Accepted { bank_reference: reference }))
        }
        Answer::Refused(cause) => Some(pb::send_result::Outcome::Refused(pb::Refused {
            reason: wire::failure_reason(cause).into(),
            message: cause.code().to_owned(),
        })),
        Answer::Silence => None,
    };
    pb::SendResult { instruction_id: id.to_string(), outcome }
}

fn inquiry_result(instruction_id: String, known: Option<Instruction>) -> pb::InquiryResult {
    let Some(known) = known else {
        let state = pb::InstructionState::NotKnown.into();
        return pb::InquiryResult { instruction_id, state, ..pb::InquiryResult::default() };
    };
    let state = match known.stage {
        Stage::Held => pb::InstructionState::Accepted,
        // That it will come back, the bank does not know yet.
        Stage::Settled | Stage::ReturnDue => pb::InstructionState::Settled,
        Stage::Returned => pb::InstructionState::Returned,
        Stage::Failed | Stage::Refused => pb::InstructionState::Failed,
    };
    pb::InquiryResult {
        instruction_id,
        state: state.into(),
        settled_fen: known.settled.get(),
        returned_fen: known.returned.get(),
        reason: reason(known.cause),
        booked_at: known.booked_at.map(wire::instant),
    }
}

fn totals(account: &BankAccount, number: i64, issued: &Issued) -> pb::StatementTotals {
    let sum = |is_credit: bool| {
        let amounts = issued.lines.iter().map(|it| it.1.get()).filter(|it| (*it > 0) == is_credit);
        amounts.fold(0_i64, |sum, amount| sum.saturating_add(amount.saturating_abs()))
    };
    pb::StatementTotals {
        account: account.as_str().to_owned(),
        number,
        opening_fen: issued.opening.get(),
        closing_fen: issued.closing.get(),
        lines: i64::try_from(issued.lines.len()).unwrap_or(i64::MAX),
        credit_fen: sum(true),
        debit_fen: sum(false),
        issued_at: Some(wire::instant(issued.at)),
    }
}

fn line((booking, amount): &(crate::sandbox::vault::Booking, Fen)) -> pb::StatementLine {
    let direction = if *amount > Fen::ZERO { pb::Direction::Credit } else { pb::Direction::Debit };
    let return_reason = match booking.kind {
        BookingKind::Return => reason(Some(booking.cause.unwrap_or(Cause::Other))),
        BookingKind::Payment | BookingKind::Funding | BookingKind::Outside => reason(None),
    };
    pb::StatementLine {
        bank_reference: format!("B{:010}", booking.number),
        booked_on: Some(wire::date(cst_date(booking.at))),
        direction: direction.into(),
        amount_fen: booking.amount.get(),
        end_to_end_id: booking.end_to_end_id.clone(),
        return_reason,
        remittance: [booking.payer_name.as_str(), booking.remittance.as_str()].join(" ").trim().to_owned(),
    }
}

fn reason(cause: Option<Cause>) -> i32 {
    cause.map_or(pb::FailureReason::Unspecified, wire::failure_reason).into()
}
