//! What is believed of statements and of finance's answers, and what logs say of either.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hufu::connectors::{Applied, Limits};
use hufu::domain::calendar::Month;
use hufu::domain::claim::SubsidyKind;
use hufu::domain::eligibility::evidence::{MissingCause, Owner};
use hufu::domain::identity::Region;
use hufu::domain::money::Fen;
use hufu::domain::payment::Cause;
use hufu::domain::pooling::{
    BatchId, BatchLine, ControlTotals, FundingApplication, FundingDecision, Grant, GrantedLine,
};
use hufu::domain::statement::{Direction, Statement, StatementLine, Totals};
use hufu::proto::bank::v1 as bank;
use hufu::proto::finance::v1 as finance;
use jiff::civil::date;
use tonic::Status;
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

use super::treasury::{Money, account, eager, id, order};
use super::{PATIENCE, wire, wire_month};

const UNAVAILABLE: MissingCause = MissingCause::Unavailable;
const UNRECOGNIZED: MissingCause = MissingCause::Unrecognized;

fn line(reference: &str, direction: impl Into<i32>) -> bank::StatementLine {
    bank::StatementLine {
        bank_reference: reference.to_owned(),
        booked_on: wire(date(2022, 10, 10)),
        direction: direction.into(),
        amount_fen: 100,
        end_to_end_id: id(1).to_string(),
        return_reason: 0,
        remittance: "一次性\n扩岗补助".to_owned(),
    }
}

fn totals() -> bank::StatementTotals {
    bank::StatementTotals {
        account: account().as_str().to_owned(),
        number: 3,
        opening_fen: 500,
        closing_fen: 500,
        lines: 2,
        credit_fen: 100,
        debit_fen: 100,
        issued_at: None,
    }
}

/// A statement in two messages.
fn parts() -> Vec<bank::GetStatementResponse> {
    let returned = bank::StatementLine {
        return_reason: bank::FailureReason::AccountClosed.into(),
        ..line("b", bank::Direction::Credit)
    };
    vec![
        bank::GetStatementResponse { lines: vec![line("a", bank::Direction::Debit)], totals: None },
        bank::GetStatementResponse { lines: vec![returned], totals: Some(totals()) },
    ]
}

/// What is made of a statement that comes in these messages.
async fn statement(
    edit: impl Fn(&mut Vec<bank::GetStatementResponse>) + Send + Sync + 'static,
) -> Result<Option<Statement>, MissingCause> {
    let (money, treasury) = Money::with(&eager()).await;
    money.statement.answers(move |request, _| {
        assert!(request.number == 3 && request.account == account().as_str());
        let mut parts = parts();
        edit(&mut parts);
        Ok(parts.into_iter().map(Ok).collect())
    });
    let answer = treasury.statement(&account(), 3).await;
    answer.map_err(|error| {
        assert_eq!(error.owner, Owner::Bank);
        error.cause
    })
}

#[tokio::test]
async fn a_statement_is_put_together_from_its_messages() {
    let read = |reference: &str, direction, return_cause| StatementLine {
        bank_reference: reference.to_owned(),
        booked_on: date(2022, 10, 10),
        direction,
        amount: Fen::new(100),
        end_to_end_id: Some(id(1).to_string()),
        return_cause,
        remittance: "一次性 扩岗补助".to_owned(),
    };
    let expected = Statement {
        account: account(),
        number: 3,
        opening: Fen::new(500),
        closing: Fen::new(500),
        declared: Totals { lines: 2, credit: Fen::new(100), debit: Fen::new(100) },
        lines: vec![read("a", Direction::Debit, None), read("b", Direction::Credit, Some(Cause::AccountClosed))],
    };
    assert_eq!(statement(|_| {}).await, Ok(Some(expected)));
    let strange = statement(|it| {
        it[0].lines[0].end_to_end_id = "还款\t1".to_owned();
        it[1].lines[0].return_reason = 99;
        it[1].lines[0].end_to_end_id.clear();
    });
    let lines = strange.await.unwrap().unwrap().lines;
    let seen: Vec<_> = lines.iter().map(|it| (it.end_to_end_id.as_deref(), it.return_cause)).collect();
    assert_eq!(seen, [(None, None), (None, Some(Cause::Other))]);
}

#[tokio::test]
async fn a_statement_that_is_cut_or_about_another_is_none() {
    type Edit = fn(&mut Vec<bank::GetStatementResponse>);
    let cases: [(Edit, MissingCause); 10] = [
        (|it| it.truncate(1), MissingCause::NotAnswered),
        (|it| it.clear(), MissingCause::NotAnswered),
        (|it| it[1].totals.as_mut().unwrap().account = "3715000087654321".to_owned(), MissingCause::AnsweredForAnother),
        (|it| it[1].totals.as_mut().unwrap().number = 2, MissingCause::AnsweredForAnother),
        (|it| it[1].totals.as_mut().unwrap().lines = -1, UNRECOGNIZED),
        (|it| it.swap(0, 1), UNRECOGNIZED),
        (|it| it[0].lines[0].direction = 99, UNRECOGNIZED),
        (|it| it[0].lines[0].direction = 0, UNRECOGNIZED),
        (|it| it[0].lines[0].bank_reference.clear(), UNRECOGNIZED),
        (|it| it[0].lines[0].booked_on = None, UNRECOGNIZED),
    ];
    for (index, (edit, expected)) in cases.into_iter().enumerate() {
        assert_eq!(statement(edit).await, Err(expected), "{index}");
    }
}

/// What does not add up is the domain's to refuse, with both figures.
#[tokio::test]
async fn wrong_totals_are_handed_on_and_do_not_verify() {
    let wrong = statement(|it| it[1].totals.as_mut().unwrap().credit_fen = 99).await.unwrap().unwrap();
    assert_eq!(wrong.verify().unwrap_err().code(), "STATEMENT_CREDITS_DIFFER");
    assert!(statement(|_| {}).await.unwrap().unwrap().verify().is_ok());
}

#[tokio::test]
async fn a_statement_is_read_within_bounds() {
    let chunk = || bank::GetStatementResponse {
        lines: (0..1_000).map(|it| line(&it.to_string(), bank::Direction::Debit)).collect(),
        totals: None,
    };
    let endless = statement(move |it| *it = (0..=200).map(|_| chunk()).collect());
    assert_eq!(endless.await, Err(UNRECOGNIZED));

    let (money, treasury) = Money::with(&eager()).await;
    money.statement.answers(|_, number| match number {
        1 => Err(Status::unavailable("a restart")),
        2 => Ok(vec![Ok(parts().remove(0)), Err(Status::unavailable("cut"))]),
        3 => Ok(parts().into_iter().map(Ok).collect()),
        _ => Err(Status::not_found("not issued")),
    });
    assert!(treasury.statement(&account(), 3).await.unwrap().is_some(), "a read is tried again");
    assert_eq!((treasury.statement(&account(), 3).await, money.statement.calls()), (Ok(None), 4));

    let hasty = Limits { attempt_timeout: Duration::from_millis(100), attempts_max: 1, ..eager() };
    let (money, treasury) = Money::with(&hasty).await;
    money.statement.does(|_, _| async {
        tokio::time::sleep(PATIENCE).await;
        Ok(Vec::new())
    });
    assert_eq!(treasury.statement(&account(), 3).await.unwrap_err().cause, UNAVAILABLE);
}

fn batch() -> BatchId {
    BatchId(Uuid::from_u128(9))
}

fn application() -> FundingApplication {
    let line = |region, subsidy, fen| BatchLine {
        region: Region::parse(region).unwrap(),
        subsidy,
        enterprises: 1,
        people: 2,
        claims: 2,
        amount: Fen::new(fen),
    };
    FundingApplication {
        batch_id: batch(),
        city: Region::parse("371500").unwrap(),
        month: Month::new(2022, 10).unwrap(),
        number: 1,
        lines: vec![
            line("371502", SubsidyKind::JobExpansion, 300_000),
            line("371502", SubsidyKind::RetentionTraining, 100_000),
        ],
        total: ControlTotals { claims: 4, amount: Fen::new(400_000) },
        content_hash: [7; 32],
    }
}

#[tokio::test]
async fn an_application_is_known_by_its_id_and_tried_again() {
    let (money, treasury) = Money::with(&eager()).await;
    money.apply.answers(|request, number| {
        let it = request.application.unwrap();
        assert!(it.application_id == "00000000000000000000000000000009" && it.city == "371500");
        assert!(it.municipal_account == account().as_str() && it.account_head == "失业保险基金·其他支出");
        assert!(it.month == wire_month(10) && it.number == 1 && it.total_fen == 400_000 && it.content_hash == [7; 32]);
        let lines: Vec<_> = it.lines.iter().map(|it| (it.subsidy.as_str(), it.people, it.amount_fen)).collect();
        assert_eq!(lines, [("job-expansion", 2, 300_000), ("retention-training", 2, 100_000)]);
        let taken = |reference: &str| {
            Ok(finance::SubmitFundingApplicationResponse { reference: reference.to_owned(), received_at: None })
        };
        match number {
            1 => Err(Status::unavailable("a restart")),
            2 => taken("聊财社〔2022〕1号"),
            3 => Err(Status::already_exists("another")),
            4 => Err(Status::invalid_argument("no")),
            _ => taken(""),
        }
    });
    let apply = async || treasury.apply(&application(), &account()).await.map_err(|it| (it.owner, it.cause));
    assert_eq!(apply().await, Ok(Applied::Taken { reference: "聊财社〔2022〕1号".to_owned() }));
    assert_eq!(apply().await, Ok(Applied::ContentDiffers));
    assert_eq!(apply().await, Err((Owner::Finance, UNAVAILABLE)));
    assert_eq!(apply().await, Err((Owner::Finance, UNRECOGNIZED)));
}

fn granted() -> finance::GetFundingDecisionResponse {
    finance::GetFundingDecisionResponse {
        outcome: finance::FundingOutcome::Part.into(),
        lines: vec![
            finance::GrantedLine { region: "371502".to_owned(), subsidy: "job-expansion".to_owned(), granted_fen: 7 },
            finance::GrantedLine {
                region: "371502".to_owned(),
                subsidy: "retention-training".to_owned(),
                granted_fen: 0,
            },
        ],
        granted_fen: 7,
        document_number: "聊财社〔2022〕2号".to_owned(),
        reason: "资金不足".to_owned(),
        decided_on: wire(date(2022, 10, 11)),
    }
}

/// What is made of a decision.
async fn decision(
    edit: impl Fn(&mut finance::GetFundingDecisionResponse) + Send + Sync + 'static,
) -> Result<FundingDecision, MissingCause> {
    let (money, treasury) = Money::with(&eager()).await;
    money.decision.answers(move |request, _| {
        assert_eq!(request.application_id, "00000000000000000000000000000009");
        let mut response = granted();
        edit(&mut response);
        Ok(response)
    });
    treasury.decision(batch()).await.map_err(|it| it.cause)
}

#[tokio::test]
async fn a_decision_is_believed_only_when_it_can_be_read_whole() {
    let line = |subsidy, fen| GrantedLine { region: Region::parse("371502").unwrap(), subsidy, granted: Fen::new(fen) };
    let grant = Grant {
        lines: vec![line(SubsidyKind::JobExpansion, 7), line(SubsidyKind::RetentionTraining, 0)],
        document_number: "聊财社〔2022〕2号".to_owned(),
        reason: "资金不足".to_owned(),
        decided_on: date(2022, 10, 11),
    };
    assert_eq!(decision(|_| {}).await, Ok(FundingDecision::Granted(grant)));
    let pending = finance::FundingOutcome::Pending;
    assert_eq!(decision(move |it| it.outcome = pending.into()).await, Ok(FundingDecision::Pending));
    let refused = FundingDecision::Refused {
        document_number: "聊财社〔2022〕2号".to_owned(),
        reason: "资金不足".to_owned(),
    };
    assert_eq!(decision(|it| it.outcome = finance::FundingOutcome::Refused.into()).await, Ok(refused));
    type Edit = fn(&mut finance::GetFundingDecisionResponse);
    let unreadable: [Edit; 9] = [
        |it| it.outcome = 0,
        |it| it.outcome = 99,
        |it| it.decided_on = None,
        |it| it.lines.clear(),
        |it| it.lines[0].subsidy = "hiring".to_owned(),
        |it| it.lines[0].region = "000000".to_owned(),
        |it| it.lines[0].granted_fen = 8,
        |it| it.granted_fen = 8,
        |it| it.document_number.clear(),
    ];
    for (index, edit) in unreadable.into_iter().enumerate() {
        assert_eq!(decision(edit).await, Err(UNRECOGNIZED), "{index}");
    }
}

#[tokio::test]
async fn an_application_that_finance_never_had_is_not_known() {
    let (money, treasury) = Money::with(&eager()).await;
    money.decision.answers(|_, number| match number {
        1 => Err(Status::not_found("never had it")),
        _ => Err(Status::internal("broken")),
    });
    assert_eq!(treasury.decision(batch()).await, Ok(FundingDecision::NotKnown));
    assert_eq!(treasury.decision(batch()).await.unwrap_err().cause, UNAVAILABLE);
}

#[tokio::test]
async fn arrivals_are_summed_and_one_told_twice_is_one() {
    let arrivals = async |list: &[(&str, i64)]| {
        let list: Vec<finance::Arrival> = list
            .iter()
            .map(|(id, fen)| finance::Arrival { arrival_id: (*id).to_owned(), amount_fen: *fen, moved_at: None })
            .collect();
        let (money, treasury) = Money::with(&eager()).await;
        money.arrivals.answers(move |_, _| Ok(finance::ListArrivalsResponse { arrivals: list.clone() }));
        treasury.arrivals(batch()).await.map(Fen::get).map_err(|it| it.cause)
    };
    assert_eq!(arrivals(&[]).await, Ok(0));
    assert_eq!(arrivals(&[("a", 70), ("b", 40), ("a", 70), ("c", -10)]).await, Ok(100));
    for broken in [&[("a", 70), ("a", 71)][..], &[("", 70)], &[("a", -1)], &[("a", i64::MAX), ("b", 1)]] {
        assert_eq!(arrivals(broken).await, Err(UNRECOGNIZED), "{broken:?}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The bank quotes accounts and names in its errors, and answers about strangers; nothing of that is repeated (I11).
#[tokio::test]
async fn no_account_and_no_name_reaches_the_log() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter("hufu=trace").with_writer(log.clone()).with_ansi(false).finish();
    // While there is only one, a test on another thread that meets an event first asks its own (none), and turns it off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber);
    let (money, treasury) = Money::with(&eager()).await;
    money.send.answers(|request, number| {
        let it = &request.instructions[0];
        if number == 1 {
            return Err(Status::internal(format!("{} {}", it.payee_account, it.payee_name)));
        }
        let stranger = bank::SendResult { instruction_id: it.payee_account.clone(), outcome: None };
        Ok(bank::SendInstructionsResponse { results: vec![stranger] })
    });
    money.statement.answers(|request, _| Err(Status::internal(request.account)));
    treasury.send(vec![order(1)]).await;
    treasury.send(vec![order(2)]).await;
    let error = treasury.statement(&account(), 1).await.unwrap_err();
    drop(guard);
    let mut log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    log.push_str(&format!("{error} {error:?}"));
    for expected in
        ["upstream=\"bank\"", "rpc=\"SendInstructions\"", "code=\"INTERNAL\"", "strangers=1", "rpc=\"GetStatement\""]
    {
        assert!(log.contains(expected), "{expected} is not in the log:\n{log}");
    }
    let order = order(1);
    for secret in [order.payer_account.as_str(), order.payee_account.as_str(), order.payee_name.as_str()] {
        assert!(!log.contains(secret), "{} characters of an account or name are repeated", secret.chars().count());
    }
}
