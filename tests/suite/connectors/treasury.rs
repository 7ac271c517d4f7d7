//! Finance and the bank, scripted: orders go out once, and what is not a plain answer moves nothing.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use hufu::connectors::{ConnectorError, Limits, Treasury, UpstreamSettings};
use hufu::domain::eligibility::evidence::{MissingCause, Owner};
use hufu::domain::identity::BankAccount;
use hufu::domain::money::Fen;
use hufu::domain::payment::{BankReport, Cause, InstructionId, Order};
use hufu::domain::pooling::{BatchId, FundingDecision};
use hufu::proto::bank::v1 as bank;
use hufu::proto::common::v1 as common;
use hufu::proto::finance::v1 as finance;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use super::PATIENCE;
use super::fake::Rpc;

/// A part of a statement, or the error that cuts it.
type Part = Result<bank::GetStatementResponse, Status>;

/// Both contracts as one scripted server.
#[derive(Default)]
pub(super) struct Money {
    pub(super) send: Rpc<bank::SendInstructionsRequest, bank::SendInstructionsResponse>,
    pub(super) inquire: Rpc<bank::InquireInstructionsRequest, bank::InquireInstructionsResponse>,
    pub(super) statement: Rpc<bank::GetStatementRequest, Vec<Part>>,
    pub(super) notices: Rpc<bank::ListNoticesRequest, bank::ListNoticesResponse>,
    pub(super) apply: Rpc<finance::SubmitFundingApplicationRequest, finance::SubmitFundingApplicationResponse>,
    pub(super) decision: Rpc<finance::GetFundingDecisionRequest, finance::GetFundingDecisionResponse>,
    pub(super) arrivals: Rpc<finance::ListArrivalsRequest, finance::ListArrivalsResponse>,
}

#[tonic::async_trait]
impl bank::bank_service_server::BankService for Money {
    async fn send_instructions(
        &self,
        request: Request<bank::SendInstructionsRequest>,
    ) -> Result<Response<bank::SendInstructionsResponse>, Status> {
        self.send.handle(request).await
    }

    async fn inquire_instructions(
        &self,
        request: Request<bank::InquireInstructionsRequest>,
    ) -> Result<Response<bank::InquireInstructionsResponse>, Status> {
        self.inquire.handle(request).await
    }

    type GetStatementStream = BoxStream<'static, Part>;

    async fn get_statement(
        &self,
        request: Request<bank::GetStatementRequest>,
    ) -> Result<Response<Self::GetStatementStream>, Status> {
        let parts = self.statement.handle(request).await?.into_inner();
        Ok(Response::new(stream::iter(parts).boxed()))
    }

    async fn list_notices(
        &self,
        request: Request<bank::ListNoticesRequest>,
    ) -> Result<Response<bank::ListNoticesResponse>, Status> {
        self.notices.handle(request).await
    }
}

#[tonic::async_trait]
impl finance::finance_service_server::FinanceService for Money {
    async fn submit_funding_application(
        &self,
        request: Request<finance::SubmitFundingApplicationRequest>,
    ) -> Result<Response<finance::SubmitFundingApplicationResponse>, Status> {
        self.apply.handle(request).await
    }

    async fn get_funding_decision(
        &self,
        request: Request<finance::GetFundingDecisionRequest>,
    ) -> Result<Response<finance::GetFundingDecisionResponse>, Status> {
        self.decision.handle(request).await
    }

    async fn list_arrivals(
        &self,
        request: Request<finance::ListArrivalsRequest>,
    ) -> Result<Response<finance::ListArrivalsResponse>, Status> {
        self.arrivals.handle(request).await
    }
}

impl Money {
    /// A fake behind a plain socket, and clients of it.
    pub(super) async fn with(limits: &Limits) -> (Arc<Self>, Treasury) {
        let money = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = Server::builder()
            .add_service(bank::bank_service_server::BankServiceServer::from_arc(Arc::clone(&money)))
            .add_service(finance::finance_service_server::FinanceServiceServer::from_arc(Arc::clone(&money)))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(served);
        (money, treasury(&format!("http://{address}"), limits))
    }
}

fn treasury(uri: &str, limits: &Limits) -> Treasury {
    let upstream = || UpstreamSettings { uri: uri.to_owned(), tls: None, limits: limits.clone() };
    let settings: BTreeMap<_, _> = Owner::MONEY.into_iter().map(|owner| (owner, upstream())).collect();
    Treasury::connect(&settings, "hufu-test".to_owned()).unwrap().unwrap()
}

/// Retries as often as they may, so that a test sees what is not retried.
pub(super) fn eager() -> Limits {
    Limits {
        total_deadline: PATIENCE,
        attempt_timeout: PATIENCE,
        backoff_first: Duration::from_millis(5),
        backoff_max: Duration::from_millis(10),
        retry_reserve_per_second: 1_000,
        breaker_calls_min: usize::MAX,
        ..Limits::default()
    }
}

pub(super) fn id(number: u128) -> InstructionId {
    InstructionId(Uuid::from_u128(number))
}

pub(super) fn account() -> BankAccount {
    BankAccount::parse("3715000012345678").unwrap()
}

pub(super) fn order(number: u128) -> Order {
    Order {
        instruction_id: id(number),
        payer_account: account(),
        payee_account: BankAccount::parse("3715000087654321").unwrap(),
        payee_name: "聊城某某有限公司".to_owned(),
        amount: Fen::new(150_000),
        purpose: "一次性扩岗补助".to_owned(),
    }
}

fn accepted(id: &str) -> bank::SendResult {
    let outcome = bank::send_result::Outcome::Accepted(bank::Accepted { bank_reference: "B1".to_owned() });
    bank::SendResult { instruction_id: id.to_owned(), outcome: Some(outcome) }
}

fn all_accepted(request: &bank::SendInstructionsRequest) -> bank::SendInstructionsResponse {
    let results = request.instructions.iter().map(|it| accepted(&it.instruction_id)).collect();
    bank::SendInstructionsResponse { results }
}

fn refused(reason: impl Into<i32>) -> Option<bank::send_result::Outcome> {
    let refused = bank::Refused { reason: reason.into(), message: String::new() };
    Some(bank::send_result::Outcome::Refused(refused))
}

#[tokio::test]
async fn money_needs_both_finance_and_the_bank() {
    let upstream = || UpstreamSettings { uri: "http://127.0.0.1:1".to_owned(), tls: None, limits: Limits::default() };
    let connect = |owners: &[Owner]| {
        let settings = owners.iter().map(|owner| (*owner, upstream())).collect();
        Treasury::connect(&settings, "hufu-test".to_owned()).map(|it| it.is_some())
    };
    assert!(matches!(connect(&[]), Ok(false)));
    assert!(matches!(connect(&Owner::MONEY), Ok(true)));
    assert!(matches!(connect(&[Owner::Finance]), Err(ConnectorError::NotConfigured(Owner::Bank))));
    assert!(matches!(connect(&[Owner::Bank]), Err(ConnectorError::NotConfigured(Owner::Finance))));
}

#[tokio::test]
async fn an_order_arrives_as_it_was_made() {
    let (money, treasury) = Money::with(&eager()).await;
    money.send.answers(|request, _| Ok(all_accepted(&request)));
    let reports = treasury.send(vec![order(7)]).await;
    assert_eq!(reports, BTreeMap::from([(id(7), BankReport::Accepted)]));
    let sent = money.send.seen(|_, request| {
        let it = &request.instructions[0];
        assert!(request.sending_system == "hufu-test" && it.payer_account == "3715000012345678");
        assert!(it.payee_account == "3715000087654321" && it.payee_name == "聊城某某有限公司");
        (it.instruction_id.clone(), it.amount_fen, it.purpose.clone())
    });
    assert_eq!(sent, [("00000000000000000000000000000007".to_owned(), 150_000, "一次性扩岗补助".to_owned())]);
}

#[tokio::test]
async fn many_orders_go_in_parts_and_each_once() {
    let (money, treasury) = Money::with(&Limits { max_concurrent: 2, ..eager() }).await;
    money.send.answers(|request, _| Ok(all_accepted(&request)));
    let orders = (0..1_201).chain([5, 5]).map(order).collect();
    let reports = treasury.send(orders).await;
    assert!(reports.len() == 1_201 && reports.values().all(|it| *it == BankReport::Accepted));
    let mut sizes = money.send.seen(|_, request| request.instructions.len());
    sizes.sort_unstable();
    assert_eq!(sizes, [201, 500, 500]);
    assert!(treasury.send(Vec::new()).await.is_empty());
    assert_eq!(money.send.calls(), 3);
}

/// Sends one order to a bank that does this; the report, and how often the bank was called.
async fn sent<F, Fut>(limits: &Limits, does: F) -> (BankReport, usize)
where
    F: Fn(bank::SendInstructionsRequest) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<bank::SendInstructionsResponse, Status>> + Send + 'static,
{
    let (money, treasury) = Money::with(limits).await;
    money.send.does(move |request, _| does(request));
    let reports = treasury.send(vec![order(1)]).await;
    assert_eq!(reports.len(), 1);
    (reports[&id(1)], money.send.calls())
}

#[tokio::test]
async fn a_failed_call_leaves_the_order_in_doubt_and_is_never_repeated() {
    for code in [
        Code::Unavailable,
        Code::ResourceExhausted,
        Code::DeadlineExceeded,
        Code::Aborted,
        Code::Internal,
        Code::InvalidArgument,
        Code::AlreadyExists,
        Code::Unauthenticated,
        Code::Cancelled,
    ] {
        let answer = sent(&eager(), move |_| async move { Err(Status::new(code, "")) }).await;
        assert_eq!(answer, (BankReport::Unanswered, 1), "{code:?}");
    }
    let hasty = Limits { attempt_timeout: Duration::from_millis(200), ..eager() };
    let slow = sent(&hasty, |request| async move {
        tokio::time::sleep(PATIENCE).await;
        Ok(all_accepted(&request))
    });
    assert_eq!(slow.await, (BankReport::Unanswered, 1), "a timeout");
}

#[tokio::test]
async fn a_cut_connection_leaves_the_order_in_doubt_and_is_not_dialed_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let treasury = treasury(&format!("http://{}", listener.local_addr().unwrap()), &eager());
    let counting = tokio::spawn(async move {
        let mut connections = 0;
        while let Ok(Ok((mut stream, _))) = tokio::time::timeout(Duration::from_secs(1), listener.accept()).await {
            connections += 1;
            // Some of the request has arrived when the peer is gone.
            let _ = stream.read(&mut [0; 64]).await;
        }
        connections
    });
    assert_eq!(treasury.send(vec![order(1)]).await[&id(1)], BankReport::Unanswered);
    assert_eq!(counting.await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_refused_here_is_in_doubt_too() {
    let limits = Limits { breaker_calls_min: 3, breaker_open_for: PATIENCE, ..eager() };
    let (money, treasury) = Money::with(&limits).await;
    money.send.answers(|_, _| Err(Status::unavailable("")));
    for _ in 0..6 {
        assert_eq!(treasury.send(vec![order(1)]).await[&id(1)], BankReport::Unanswered);
    }
    assert_eq!(money.send.calls(), 3);
    money.decision.answers(|_, _| Err(Status::not_found("")));
    assert_eq!(
        treasury.decision(BatchId(Uuid::nil())).await,
        Ok(FundingDecision::NotKnown),
        "finance is asked all the same"
    );
}

#[tokio::test]
async fn only_a_plain_refusal_says_that_nothing_was_booked() {
    use bank::FailureReason as Reason;
    let answer = async |result: bank::SendResult| {
        let respond = move |_: bank::SendInstructionsRequest| {
            std::future::ready(Ok(bank::SendInstructionsResponse { results: vec![result.clone()] }))
        };
        let (report, calls) = sent(&eager(), respond).await;
        assert_eq!(calls, 1);
        report
    };
    let item = |outcome| bank::SendResult { instruction_id: id(1).to_string(), outcome };
    for (reason, cause) in [
        (Reason::AccountClosed, Cause::AccountClosed),
        (Reason::NameMismatch, Cause::NameMismatch),
        (Reason::WrongNumber, Cause::WrongNumber),
        (Reason::AccountBlocked, Cause::AccountBlocked),
        (Reason::InsufficientFunds, Cause::InsufficientFunds),
        (Reason::Other, Cause::Other),
    ] {
        assert_eq!(answer(item(refused(reason))).await, BankReport::Failed(cause), "{cause:?}");
    }
    let error = common::ItemError { code: common::ItemErrorCode::Invalid.into(), message: String::new() };
    let doubtful = [
        item(refused(Reason::InstructionIdReused)),
        item(refused(Reason::Unspecified)),
        item(refused(99)),
        item(Some(bank::send_result::Outcome::Error(error))),
        item(None),
        accepted(&id(2).to_string()),
        accepted(&id(1).0.to_string()),
        accepted(""),
    ];
    for (index, result) in doubtful.into_iter().enumerate() {
        assert_eq!(answer(result).await, BankReport::Unanswered, "{index}");
    }
}

#[tokio::test]
async fn an_order_left_out_or_answered_twice_differently_is_in_doubt() {
    let (money, treasury) = Money::with(&eager()).await;
    money.send.answers(|request, _| {
        let ids: Vec<&str> = request.instructions.iter().map(|it| it.instruction_id.as_str()).collect();
        let other =
            bank::SendResult { instruction_id: ids[1].to_owned(), outcome: refused(bank::FailureReason::Other) };
        let results = vec![accepted(ids[2]), accepted(ids[1]), other, accepted(ids[2])];
        Ok(bank::SendInstructionsResponse { results })
    });
    let reports = treasury.send(vec![order(0), order(1), order(2)]).await;
    let expected = [BankReport::Unanswered, BankReport::Unanswered, BankReport::Accepted];
    assert_eq!(reports.into_values().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn an_inquiry_is_repeated_and_believed_only_where_it_adds_up() {
    use bank::InstructionState as State;
    let (money, treasury) = Money::with(&eager()).await;
    let closed = i32::from(bank::FailureReason::AccountClosed);
    let reused = i32::from(bank::FailureReason::InstructionIdReused);
    let returned = |settled, returned, cause| BankReport::Returned {
        settled: Fen::new(settled),
        returned: Fen::new(returned),
        cause,
    };
    let cases: Vec<(i32, i64, i64, i32, BankReport)> = vec![
        (State::NotKnown.into(), 0, 0, 0, BankReport::NotKnown),
        (State::Accepted.into(), 0, 0, 0, BankReport::Accepted),
        (State::Accepted.into(), 5, 0, 0, BankReport::Accepted),
        (State::Settled.into(), 150_000, 0, 0, BankReport::Settled(Fen::new(150_000))),
        (State::Failed.into(), 0, 0, closed, BankReport::Failed(Cause::AccountClosed)),
        (State::Failed.into(), 0, 0, 99, BankReport::Failed(Cause::Other)),
        (State::Returned.into(), 9, 9, closed, returned(9, 9, Cause::AccountClosed)),
        (State::Returned.into(), 9, 4, 0, returned(9, 4, Cause::Other)),
        (State::NotKnown.into(), 1, 0, 0, BankReport::Unanswered),
        (State::Accepted.into(), -1, 0, 0, BankReport::Unanswered),
        (State::Settled.into(), 0, 0, 0, BankReport::Unanswered),
        (State::Settled.into(), -5, 0, 0, BankReport::Unanswered),
        (State::Settled.into(), 5, 5, 0, BankReport::Unanswered),
        (State::Failed.into(), 5, 0, closed, BankReport::Unanswered),
        (State::Failed.into(), 0, 0, reused, BankReport::Unanswered),
        (State::Returned.into(), 4, 5, closed, BankReport::Unanswered),
        (State::Returned.into(), 5, -5, closed, BankReport::Unanswered),
        (State::Returned.into(), 5, 0, closed, BankReport::Unanswered),
        (State::Unspecified.into(), 5, 0, 0, BankReport::Unanswered),
        (99, 5, 0, 0, BankReport::Unanswered),
    ];
    let scripted = cases.clone();
    money.inquire.answers(move |request, number| {
        if number < 3 {
            return Err(Status::unavailable("a restart"));
        }
        // The last one asked about is left out.
        let asked = request.instruction_ids.iter().zip(&scripted);
        let results = asked.map(|(id, (state, settled_fen, returned_fen, reason, _))| bank::InquiryResult {
            instruction_id: id.clone(),
            state: *state,
            settled_fen: *settled_fen,
            returned_fen: *returned_fen,
            reason: *reason,
            booked_at: None,
        });
        Ok(bank::InquireInstructionsResponse { results: results.collect() })
    });
    let ids: Vec<InstructionId> = (0..=cases.len() as u128).map(id).collect();
    let reports = treasury.inquire(&ids).await;
    assert_eq!(money.inquire.calls(), 3, "a read is tried again");
    for (number, (_, _, _, _, expected)) in cases.iter().enumerate() {
        assert_eq!(reports[&id(number as u128)], *expected, "case {number}");
    }
    assert_eq!(reports[ids.last().unwrap()], BankReport::Unanswered);
    assert_eq!(reports.len(), ids.len());
}

#[tokio::test]
async fn notices_name_instructions_and_go_on_from_a_token() {
    let (money, treasury) = Money::with(&eager()).await;
    money.notices.answers(|request, _| {
        let notice = |of: &str| bank::Notice { notice_id: "n".to_owned(), instruction_id: of.to_owned(), at: None };
        let (notices, next) = match request.after.as_str() {
            "" => (
                vec![notice(&id(2).to_string()), notice("x"), notice(&id(1).to_string()), notice(&id(2).to_string())],
                "4",
            ),
            "4" => (Vec::new(), ""),
            _ => (vec![notice(&id(3).to_string())], ""),
        };
        Ok(bank::ListNoticesResponse { notices, next: next.to_owned() })
    });
    assert_eq!(treasury.notices("").await, Ok((vec![id(2), id(1)], "4".to_owned())));
    assert_eq!(treasury.notices("4").await, Ok((Vec::new(), "4".to_owned())), "the place is kept");
    let lost = treasury.notices("lost").await.unwrap_err();
    assert_eq!((lost.owner, lost.cause), (Owner::Bank, MissingCause::Unrecognized));
}
