//! The bank that keeps the expenditure accounts: orders out, and what became of them back (二(二)).
//!
//! A refusal is only believed where it cannot hide a booking: whatever else goes wrong leaves the order in doubt (I4).

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use tonic::Code;
use tonic::transport::Channel;

use super::Upstream;
use super::batch::KEYS_MAX;
use super::convert::{self, Read};
use super::settings::{ORDER_BYTES_MAX, REPORT_BYTES_MAX};
use super::stack::{CallError, Effort};
use super::treasury::{Unanswered, call};
use crate::domain::eligibility::evidence::{MissingCause, Owner};
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::{BankReport, Cause, InstructionId, Order};
use crate::domain::statement::Statement;
use crate::proto::bank::v1 as pb;
use pb::bank_service_client::BankServiceClient;

mod statement;

/// Calls of one batch in flight: few, so that one large batch does not take the bank's whole concurrency limit.
const CALLS_IN_FLIGHT: usize = 4;

#[derive(Clone)]
pub(super) struct Bank {
    upstream: Upstream,
    client: BankServiceClient<Channel>,
}

type Reports = BTreeMap<InstructionId, BankReport>;
/// One result of a batch: the id as echoed, and what it says.
type Reply = (String, BankReport);

impl Bank {
    pub(super) fn new(upstream: Upstream, channel: Channel) -> Self {
        let client = BankServiceClient::new(channel)
            .max_decoding_message_size(REPORT_BYTES_MAX)
            .max_encoding_message_size(ORDER_BYTES_MAX);
        Self { upstream, client }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(super) async fn send(&self, orders: Vec<Order>) -> Reports {
        let mut once: BTreeMap<InstructionId, Order> = BTreeMap::new();
        for order in orders {
            once.entry(order.instruction_id).or_insert(order);
        }
        let orders: Vec<Order> = once.into_values().collect();
        let calls = orders.chunks(KEYS_MAX).map(|part| {
            let ids = part.iter().map(|it| it.instruction_id).collect();
            let request = pb::SendInstructionsRequest {
                sending_system: self.upstream.asking_system.as_ref().to_owned(),
                instructions: part.iter().map(wire_order).collect(),
            };
            self.send_part(ids, request).boxed()
        });
        self.all(calls.collect()).await
    }

    /// One call, one attempt.
    async fn send_part(&self, ids: Vec<InstructionId>, request: pb::SendInstructionsRequest) -> Reports {
        const RPC: &str = "SendInstructions";
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.send_instructions(request).await }
        };
        let sent = self.upstream.stack.call_with(Effort::Once, call(RPC), request, send).await;
        let replies = sent.map(|it| it.results.into_iter().map(send_reply).collect());
        self.settled(RPC, ids, replies)
    }

    pub(super) async fn inquire(&self, ids: &[InstructionId]) -> Reports {
        let once: BTreeSet<InstructionId> = ids.iter().copied().collect();
        let once: Vec<InstructionId> = once.into_iter().collect();
        let calls = once.chunks(KEYS_MAX).map(|part| self.inquire_part(part.to_vec()).boxed());
        self.all(calls.collect()).await
    }

    async fn inquire_part(&self, ids: Vec<InstructionId>) -> Reports {
        const RPC: &str = "InquireInstructions";
        let request = pb::InquireInstructionsRequest {
            asking_system: self.upstream.asking_system.as_ref().to_owned(),
            instruction_ids: ids.iter().map(ToString::to_string).collect(),
        };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.inquire_instructions(request).await }
        };
        let answered = self.upstream.stack.call(call(RPC), request, send).await;
        let replies = answered.map(|it| it.results.into_iter().map(inquiry_reply).collect());
        self.settled(RPC, ids, replies)
    }

    pub(super) async fn statement(&self, account: &BankAccount, number: u32) -> Result<Option<Statement>, Unanswered> {
        let request = pb::GetStatementRequest {
            asking_system: self.upstream.asking_system.as_ref().to_owned(),
            account: account.as_str().to_owned(),
            number: i64::from(number),
        };
        let (client, patience) = (self.client.clone(), self.upstream.stack.attempt_timeout());
        let send = move |request| statement::collect(client.clone(), request, patience);
        match self.upstream.stack.call_with(Effort::Long, call("GetStatement"), request, send).await {
            Ok(parts) => statement::read(parts, account, number).map(Some).map_err(of),
            Err(CallError::Failed { code: Code::NotFound, .. }) => Ok(None),
            Err(error) => Err(Unanswered::failed(Owner::Bank, error)),
        }
    }

    pub(super) async fn notices(&self, after: &str) -> Result<(Vec<InstructionId>, String), Unanswered> {
        const RPC: &str = "ListNotices";
        let request = pb::ListNoticesRequest {
            asking_system: self.upstream.asking_system.as_ref().to_owned(),
            after: after.to_owned(),
        };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.list_notices(request).await }
        };
        let answered = self.upstream.stack.call(call(RPC), request, send).await;
        let response = answered.map_err(|error| Unanswered::failed(Owner::Bank, error))?;
        let told = response.notices.len();
        let mut seen = BTreeSet::new();
        let ids = response.notices.iter().filter_map(|it| instruction_id(&it.instruction_id));
        let ids: Vec<InstructionId> = ids.filter(|id| seen.insert(*id)).collect();
        if told > 0 && ids.is_empty() {
            tracing::warn!(upstream = Owner::Bank.code(), rpc = RPC, told, "notices about no instruction of ours");
        }
        let next = convert::text_or_empty(response.next).map_err(of)?;
        match (next.is_empty(), told) {
            (false, _) => Ok((ids, next)),
            (true, 0) => Ok((ids, after.to_owned())),
            // Without a token the same notices would come for ever.
            (true, _) => Err(of(MissingCause::Unrecognized)),
        }
    }

    /// Runs the calls of one batch, a few at a time.
    async fn all(&self, calls: Vec<BoxFuture<'_, Reports>>) -> Reports {
        let mut reports = Reports::new();
        let mut ended = stream::iter(calls).buffer_unordered(CALLS_IN_FLIGHT.min(self.upstream.stack.max_concurrent()));
        while let Some(part) = ended.next().await {
            reports.extend(part);
        }
        reports
    }

    /// Gives each id of one call its report.
    fn settled(&self, rpc: &'static str, ids: Vec<InstructionId>, replies: Result<Vec<Reply>, CallError>) -> Reports {
        let (reports, strangers) = settle(&ids, replies.unwrap_or_default());
        if strangers > 0 {
            tracing::warn!(upstream = Owner::Bank.code(), rpc, strangers, "upstream answered what nobody asked");
        }
        reports
    }
}

fn of(cause: MissingCause) -> Unanswered {
    Unanswered::new(Owner::Bank, cause)
}

/// Matches replies with ids: what is left out, or answered twice and differently, is unanswered.
fn settle(ids: &[InstructionId], replies: Vec<Reply>) -> (Reports, usize) {
    let mut settled: BTreeMap<String, Option<BankReport>> = ids.iter().map(|id| (id.to_string(), None)).collect();
    let mut strangers: usize = 0;
    for (id, report) in replies {
        match settled.get_mut(&id) {
            Some(slot @ None) => *slot = Some(report),
            Some(Some(first)) if *first == report => {}
            Some(slot) => *slot = Some(BankReport::Unanswered),
            None => strangers = strangers.saturating_add(1),
        }
    }
    let report = |id: &InstructionId| settled.get(&id.to_string()).copied().flatten().unwrap_or(BankReport::Unanswered);
    (ids.iter().map(|id| (*id, report(id))).collect(), strangers)
}

fn wire_order(order: &Order) -> pb::Instruction {
    pb::Instruction {
        instruction_id: order.instruction_id.to_string(),
        payer_account: order.payer_account.as_str().to_owned(),
        payee_account: order.payee_account.as_str().to_owned(),
        payee_name: order.payee_name.clone(),
        amount_fen: order.amount.get(),
        purpose: order.purpose.clone(),
    }
}

/// An id in the one form in which it is sent.
fn instruction_id(text: &str) -> Option<InstructionId> {
    InstructionId::parse(text).filter(|id| id.to_string() == text)
}

fn send_reply(result: pb::SendResult) -> Reply {
    use pb::send_result::Outcome;
    let report = match result.outcome {
        Some(Outcome::Accepted(_)) => BankReport::Accepted,
        Some(Outcome::Refused(refused)) => match reason(refused.reason) {
            // The id was taken before: what came of that, only an inquiry says.
            Some(Cause::InstructionIdReused) | None => BankReport::Unanswered,
            Some(cause) => BankReport::Failed(cause),
        },
        Some(Outcome::Error(_)) | None => BankReport::Unanswered,
    };
    (result.instruction_id, report)
}

fn inquiry_reply(result: pb::InquiryResult) -> Reply {
    (result.instruction_id.clone(), became(&result).unwrap_or(BankReport::Unanswered))
}

/// What became of an instruction; `None` where state and amounts contradict each other.
fn became(result: &pb::InquiryResult) -> Option<BankReport> {
    let (settled, returned) = (Fen::new(result.settled_fen), Fen::new(result.returned_fen));
    let is_untouched = settled == Fen::ZERO && returned == Fen::ZERO;
    let is_possible = Fen::ZERO <= returned && returned <= settled;
    // Here the state says what happened; a reason that this version does not know only leaves open why.
    let cause = reason(result.reason).unwrap_or(Cause::Other);
    match pb::InstructionState::try_from(result.state) {
        Ok(pb::InstructionState::NotKnown) => is_untouched.then_some(BankReport::NotKnown),
        Ok(pb::InstructionState::Accepted) => is_possible.then_some(BankReport::Accepted),
        Ok(pb::InstructionState::Settled) => {
            (settled > Fen::ZERO && returned == Fen::ZERO).then_some(BankReport::Settled(settled))
        }
        Ok(pb::InstructionState::Failed) => {
            (is_untouched && cause != Cause::InstructionIdReused).then_some(BankReport::Failed(cause))
        }
        Ok(pb::InstructionState::Returned) => {
            (is_possible && returned > Fen::ZERO).then_some(BankReport::Returned { settled, returned, cause })
        }
        Ok(pb::InstructionState::Unspecified) | Err(_) => None,
    }
}

/// Why a payment was not made; `None` where it is not said, or said in a word of a later version.
fn reason(reason: i32) -> Option<Cause> {
    match pb::FailureReason::try_from(reason) {
        Ok(pb::FailureReason::AccountClosed) => Some(Cause::AccountClosed),
        Ok(pb::FailureReason::NameMismatch) => Some(Cause::NameMismatch),
        Ok(pb::FailureReason::WrongNumber) => Some(Cause::WrongNumber),
        Ok(pb::FailureReason::AccountBlocked) => Some(Cause::AccountBlocked),
        Ok(pb::FailureReason::InsufficientFunds) => Some(Cause::InsufficientFunds),
        Ok(pb::FailureReason::InstructionIdReused) => Some(Cause::InstructionIdReused),
        Ok(pb::FailureReason::Other) => Some(Cause::Other),
        Ok(pb::FailureReason::Unspecified) | Err(_) => None,
    }
}

/// A count that cannot be below zero.
fn count(number: i64) -> Read<u64> {
    u64::try_from(number).map_err(|_| MissingCause::Unrecognized)
}
