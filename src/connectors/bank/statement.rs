//! One statement, out of a stream: bounded, complete, and about the account that was asked for.

use std::time::Duration;

use futures::StreamExt;
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::super::convert::{self, Read};
use super::{count, pb, reason};
use crate::domain::eligibility::evidence::MissingCause;
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::Cause;
use crate::domain::statement::{Direction, LINES_MAX, Statement, StatementLine, Totals};
use pb::bank_service_client::BankServiceClient;

/// A statement as it came.
pub(super) struct Parts {
    lines: Vec<pb::StatementLine>,
    /// Absent when the stream ended before them.
    totals: Option<pb::StatementTotals>,
    /// More lines than a statement may have, or something after the totals.
    is_broken: bool,
}

/// Reads the stream to its end; no message is waited for longer than `patience`.
pub(super) async fn collect(
    mut client: BankServiceClient<Channel>,
    request: Request<pb::GetStatementRequest>,
    patience: Duration,
) -> Result<Response<Parts>, Status> {
    let late = |_| Status::deadline_exceeded("no message in time");
    let mut messages = timeout(patience, client.get_statement(request)).await.map_err(late)??.into_inner();
    let mut parts = Parts { lines: Vec::new(), totals: None, is_broken: false };
    while let Some(message) = timeout(patience, messages.next()).await.map_err(late)? {
        let message = message?;
        let is_too_long = parts.lines.len().saturating_add(message.lines.len()) > LINES_MAX;
        if is_too_long || parts.totals.is_some() {
            parts.is_broken = true;
            break;
        }
        parts.lines.extend(message.lines);
        parts.totals = message.totals;
    }
    Ok(Response::new(parts))
}

pub(super) fn read(parts: Parts, account: &BankAccount, number: u32) -> Read<Statement> {
    if parts.is_broken {
        return Err(MissingCause::Unrecognized);
    }
    let totals = parts.totals.ok_or(MissingCause::NotAnswered)?;
    convert::same(account.as_str(), &totals.account)?;
    if totals.number != i64::from(number) {
        return Err(MissingCause::AnsweredForAnother);
    }
    Ok(Statement {
        account: account.clone(),
        number,
        opening: Fen::new(totals.opening_fen),
        closing: Fen::new(totals.closing_fen),
        declared: Totals {
            lines: count(totals.lines)?,
            credit: Fen::new(totals.credit_fen),
            debit: Fen::new(totals.debit_fen),
        },
        lines: parts.lines.into_iter().map(line).collect::<Read<_>>()?,
    })
}

fn line(line: pb::StatementLine) -> Read<StatementLine> {
    let direction = match pb::Direction::try_from(line.direction) {
        Ok(pb::Direction::Credit) => Direction::Credit,
        Ok(pb::Direction::Debit) => Direction::Debit,
        Ok(pb::Direction::Unspecified) | Err(_) => return Err(MissingCause::Unrecognized),
    };
    let return_cause = match pb::FailureReason::try_from(line.return_reason) {
        Ok(pb::FailureReason::Unspecified) => None,
        // It came back, whatever the word for why.
        known => Some(known.ok().and_then(|it| reason(it.into())).unwrap_or(Cause::Other)),
    };
    Ok(StatementLine {
        bank_reference: convert::text(line.bank_reference)?,
        booked_on: convert::date(line.booked_on)?,
        direction,
        amount: Fen::new(line.amount_fen),
        // A stranger may write anything here; what cannot be an id of ours is none.
        end_to_end_id: convert::text(line.end_to_end_id).ok(),
        return_cause,
        remittance: convert::remark(&line.remittance),
    })
}
