//! `hufu pool`: the municipal pooling job at the command line and in cron, from a county's filing to the bank's statement.

mod papers;
mod report;
mod show;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;
use tonic::transport::Channel;
use uuid::Uuid;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use super::pages::{PAGE_SIZE, pages};
use crate::domain::calendar::Month;
use crate::domain::identity::Region;
use crate::domain::payment::{PaymentId, PaymentState};
use crate::domain::pooling::BatchId;
use crate::proto::common::v1 as common;
use crate::proto::pooling::v1 as pb;
use crate::proto::pooling::v1::pooling_service_client::PoolingServiceClient;

type Client = PoolingServiceClient<Channel>;

/// As large as the node lets files of instructions be, with what is around them.
const MESSAGE_MAX: usize = 40 * 1024 * 1024;
/// As large as the node takes a statement's file.
const STATEMENT_MAX: u64 = 4 * 1024 * 1024;
/// A list that is longer is narrowed first.
const ROWS_MAX: usize = 10_000;

#[derive(Debug, Subcommand)]
pub enum Pool {
    /// Files a county's approved claims.
    File(FileClaims),
    /// Takes a city as far along the path as it can go now. Safe to repeat.
    Run(OfCity),
    /// Shows where a city stands: batches, who has not filed, what is stuck or nearly late.
    Status(OfCity),
    /// Shows what a run would pool, and why the rest is not; changes nothing.
    Plan(OfCity),
    /// Writes the pooling report of a city as XLSX.
    Report(Report),
    /// Writes the funding application of a batch as XLSX or as a page to print (.html).
    Application(Application),
    /// Writes the instructions of a batch as ISO 20022 pain.001, for a bank that takes files.
    Instructions(Instructions),
    /// Lists payments.
    Payments(Payments),
    /// Passes or approves a payment that is owed.
    Review(Review),
    /// Posts a statement from a file: CSV or ISO 20022 camt.053.
    Statement(Statement),
    /// Lists county filings.
    Filings(Filings),
}

/// How the answer is printed, and who is asked.
#[derive(Debug, Args)]
struct Asking {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Asking {
    fn client(&self) -> Result<Client, Failure> {
        Ok(Client::new(self.connection.channel()?).max_decoding_message_size(MESSAGE_MAX))
    }
}

/// Files a county's approved claims.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hufu pool file --region 371502 --person wang.li --expect-claims 12 --expect-fen 1800000\n\n\
With both expectations, nothing is filed unless it comes to exactly that."
)]
pub struct FileClaims {
    /// The county or unit; a city for its municipal-level enterprises.
    #[arg(long, value_name = "CODE", value_parser = Region::parse)]
    region: Region,
    /// Who files: the staff number that the office's systems use.
    #[arg(long, value_name = "ID")]
    person: String,
    /// How many claims are expected.
    #[arg(long, value_name = "NUMBER", requires = "expect_fen", value_parser = clap::value_parser!(i64).range(0..))]
    expect_claims: Option<i64>,
    /// How much is expected, in fen.
    #[arg(long, value_name = "FEN", requires = "expect_claims", value_parser = clap::value_parser!(i64).range(0..))]
    expect_fen: Option<i64>,
    #[command(flatten)]
    asking: Asking,
}

/// A city.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu pool run --city 371500\n\nExit code 1: something needs attention.")]
pub struct OfCity {
    /// The city.
    #[arg(long, value_name = "CODE", value_parser = Region::parse)]
    city: Region,
    #[command(flatten)]
    asking: Asking,
}

/// Writes the pooling report of a city.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu pool report --city 371500 --month 2022-10 --out report.xlsx")]
pub struct Report {
    /// The city.
    #[arg(long, value_name = "CODE", value_parser = Region::parse)]
    city: Region,
    /// Only batches of this month, e.g. 2022-10.
    #[arg(long, value_name = "MONTH", value_parser = Month::parse)]
    month: Option<Month>,
    /// Where to write: .xlsx.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// Writes the funding application of a batch.
#[derive(Debug, Args)]
pub struct Application {
    #[arg(value_parser = batch_id)]
    batch: BatchId,
    /// Where to write: .xlsx or .html.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// Writes the instructions of a batch that are not settled.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu pool instructions 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --out pain001.xml\n\n\
Where several accounts pay, each has a file of its own: pain001-371500.xml, pain001-371502.xml, …")]
pub struct Instructions {
    #[arg(value_parser = batch_id)]
    batch: BatchId,
    /// Where to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// Lists payments, newest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu pool payments --state owed")]
pub struct Payments {
    /// A region within the caller's.
    #[arg(long, value_name = "CODE", value_parser = Region::parse)]
    region: Option<Region>,
    /// Only of this batch.
    #[arg(long, value_name = "ID", value_parser = batch_id)]
    batch: Option<BatchId>,
    /// owed, reviewed, approved, instructed, in-doubt or paid.
    #[arg(long, value_name = "STATE", value_parser = payment_state)]
    state: Option<PaymentState>,
    #[command(flatten)]
    asking: Asking,
}

/// Passes or approves a payment that is owed.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("decision").required(true).args(["pass", "approve"])))]
#[command(after_help = "Example:\n  hufu pool review 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --person wang.li --pass\n\n\
Two people: one passes, another approves. Without --version the payment is decided on as it stands now.")]
pub struct Review {
    #[arg(value_parser = payment_id)]
    payment: PaymentId,
    /// Who decides: the staff number that the office's systems use.
    #[arg(long, value_name = "ID")]
    person: String,
    /// First person.
    #[arg(long)]
    pass: bool,
    /// Second person.
    #[arg(long)]
    approve: bool,
    /// The version that the person saw.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    version: Option<i64>,
    #[command(flatten)]
    asking: Asking,
}

/// Posts a statement from a file.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1: posted, and some lines fit nothing.")]
pub struct Statement {
    /// CSV or camt.053, at most 4 MiB.
    file: PathBuf,
    /// Whose expenditure account it is of: the city, or the county.
    #[arg(long, value_name = "CODE", value_parser = Region::parse)]
    region: Region,
    #[command(flatten)]
    asking: Asking,
}

/// Lists county filings, newest first.
#[derive(Debug, Args)]
pub struct Filings {
    /// A region within the caller's.
    #[arg(long, value_name = "CODE", value_parser = Region::parse)]
    region: Option<Region>,
    /// Only of this month, e.g. 2022-10.
    #[arg(long, value_name = "MONTH", value_parser = Month::parse)]
    month: Option<Month>,
    #[command(flatten)]
    asking: Asking,
}

impl Pool {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::File(command) => command.run().await,
            Self::Run(command) => command.carry_out().await,
            Self::Status(command) => command.status().await,
            Self::Plan(command) => command.plan().await,
            Self::Report(command) => command.run().await,
            Self::Application(command) => command.run().await,
            Self::Instructions(command) => command.run().await,
            Self::Payments(command) => command.run().await,
            Self::Review(command) => command.run().await,
            Self::Statement(command) => command.run().await,
            Self::Filings(command) => command.run().await,
        }
    }
}

impl FileClaims {
    async fn run(self) -> Result<Exit, Failure> {
        let expected = self.expect_claims.zip(self.expect_fen);
        let request = pb::FileClaimsRequest {
            request_id: fresh_request_id(),
            region: self.region.to_string(),
            person: self.person,
            expected: expected.map(|(claims, amount_fen)| pb::ControlTotals { claims, amount_fen }),
        };
        let answer = self.asking.client()?.file_claims(request).await?.into_inner();
        let filing = answer.filing.ok_or_else(|| incomplete("filing"))?;
        if self.asking.json {
            output::json(&json!({ "filing": show::filing_json(&filing), "left": answer.left }))?;
        } else {
            output::line(show::filings_table(std::slice::from_ref(&filing)));
            if answer.left > 0 {
                output::line(format!("还有 {} 笔已审批申请未能纳入，请再次报送", answer.left));
            }
        }
        Ok(if answer.left > 0 { Exit::Attention } else { Exit::Done })
    }
}

impl OfCity {
    async fn carry_out(self) -> Result<Exit, Failure> {
        let request = pb::RunPoolingRequest { city: self.city.to_string() };
        let answer = self.asking.client()?.run_pooling(request).await?.into_inner();
        let status = answer.status.ok_or_else(|| incomplete("status"))?;
        if self.asking.json {
            let steps: Vec<_> = answer.steps.iter().map(show::step_json).collect();
            output::json(&json!({ "steps": steps, "status": show::status_json(&status) }))?;
        } else if answer.steps.is_empty() {
            output::line("没有可办理的事项");
        } else {
            output::line(show::steps_table(&answer.steps));
        }
        Ok(attention(&answer.steps))
    }

    async fn status(self) -> Result<Exit, Failure> {
        let request = pb::GetPoolingStatusRequest { city: self.city.to_string() };
        let answer = self.asking.client()?.get_pooling_status(request).await?.into_inner();
        let status = answer.status.ok_or_else(|| incomplete("status"))?;
        if self.asking.json {
            output::json(&show::status_json(&status))?;
        } else {
            show::status(&status);
        }
        Ok(attention(&status.attention))
    }

    async fn plan(self) -> Result<Exit, Failure> {
        let request = pb::PlanPoolingRequest { city: self.city.to_string() };
        let answer = self.asking.client()?.plan_pooling(request).await?.into_inner();
        if self.asking.json {
            output::json(&show::plan_json(&answer))?;
        } else {
            show::plan(&answer);
        }
        Ok(Exit::Done)
    }
}

impl Payments {
    async fn run(self) -> Result<Exit, Failure> {
        let request = pb::ListPaymentsRequest {
            region: self.region.map(|region| region.to_string()).unwrap_or_default(),
            batch_id: self.batch.map(|batch| batch.to_string()).unwrap_or_default(),
            state: self.state.map_or(pb::PaymentState::Unspecified, show::payment_state_asked).into(),
            ..pb::ListPaymentsRequest::default()
        };
        let payments = payments(&mut self.asking.client()?, request).await?;
        if self.asking.json {
            let payments: Vec<_> = payments.iter().map(show::payment_json).collect();
            output::json(&json!({ "payments": payments }))?;
        } else {
            output::line(show::payments_table(&payments));
        }
        Ok(Exit::Done)
    }
}

impl Review {
    async fn run(self) -> Result<Exit, Failure> {
        let mut client = self.asking.client()?;
        let (decision, from) = if self.approve {
            (pb::PaymentDecision::Approve, pb::PaymentState::Reviewed)
        } else {
            (pb::PaymentDecision::Pass, pb::PaymentState::Owed)
        };
        let version = match self.version {
            Some(version) => version,
            None => version_of(&mut client, self.payment, from).await?,
        };
        let request = pb::ReviewPaymentRequest {
            request_id: fresh_request_id(),
            payment_id: self.payment.to_string(),
            version,
            person: self.person,
            decision: decision.into(),
        };
        let answer = client.review_payment(request).await?.into_inner();
        let payment = answer.payment.ok_or_else(|| incomplete("payment"))?;
        if self.asking.json {
            let payment = show::payment_json(&payment);
            output::json(&json!({ "payment": payment, "approval_hash": answer.approval_hash }))?;
        } else {
            output::line(show::payments_table(std::slice::from_ref(&payment)));
        }
        Ok(Exit::Done)
    }
}

impl Statement {
    async fn run(self) -> Result<Exit, Failure> {
        let unreadable = |why: &dyn std::fmt::Display| Failure::settings(format!("{}: {why}", self.file.display()));
        let bytes = std::fs::metadata(&self.file).map_err(|error| unreadable(&error))?.len();
        if bytes > STATEMENT_MAX {
            return Err(unreadable(&"larger than 4 MiB; ask the bank to cut it in two"));
        }
        let file = std::fs::read(&self.file).map_err(|error| unreadable(&error))?;
        let file_name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let request = pb::ImportStatementRequest { region: self.region.to_string(), file, file_name };
        let answer = self.asking.client()?.import_statement(request).await?.into_inner();
        if self.asking.json {
            let unmatched: Vec<_> = answer.unmatched.iter().map(show::step_json).collect();
            let (number, repeated, lines) = (answer.number, answer.repeated, answer.lines);
            output::json(&json!({ "number": number, "repeated": repeated, "lines": lines, "unmatched": unmatched }))?;
        } else if answer.repeated {
            output::line(format!("第 {} 号对账单此前已入账，未重复入账", answer.number));
        } else {
            output::line(format!("第 {} 号对账单入账 {} 笔", answer.number, answer.lines));
            if !answer.unmatched.is_empty() {
                output::line(show::steps_table(&answer.unmatched));
            }
        }
        Ok(attention(&answer.unmatched))
    }
}

impl Filings {
    async fn run(self) -> Result<Exit, Failure> {
        let mut client = self.asking.client()?;
        let filings = pages(ROWS_MAX, async |page_token| {
            let region = self.region.map(|region| region.to_string()).unwrap_or_default();
            let month = self.month.map(month);
            let request = pb::ListFilingsRequest { region, month, page_size: PAGE_SIZE, page_token };
            let page = client.list_filings(request).await?.into_inner();
            Ok((page.filings, page.next_page_token))
        });
        let filings = filings.await?;
        if self.asking.json {
            let filings: Vec<_> = filings.iter().map(show::filing_json).collect();
            output::json(&json!({ "filings": filings }))?;
        } else {
            output::line(show::filings_table(&filings));
        }
        Ok(Exit::Done)
    }
}

/// All pages of a list of payments.
async fn payments(client: &mut Client, request: pb::ListPaymentsRequest) -> Result<Vec<pb::Payment>, Failure> {
    let payments = pages(ROWS_MAX, async |page_token| {
        let request = pb::ListPaymentsRequest { page_size: PAGE_SIZE, page_token, ..request.clone() };
        let page = client.list_payments(request).await?.into_inner();
        Ok((page.payments, page.next_page_token))
    });
    Ok(payments.await?)
}

/// The version of a payment as it stands now, which the person who runs the command is taken to have seen.
async fn version_of(client: &mut Client, id: PaymentId, state: pb::PaymentState) -> Result<i64, Failure> {
    let request = pb::ListPaymentsRequest { state: state.into(), ..Default::default() };
    let found = payments(client, request).await?;
    let found = found.iter().find(|payment| payment.payment_id == id.to_string());
    found.map(|payment| payment.version).ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            "没有待作此审批的该笔款项 (no such payment waits for this decision; see hufu pool payments)",
        )
    })
}

fn attention(steps: &[pb::Step]) -> Exit {
    if steps.iter().any(|step| step.needs_attention) { Exit::Attention } else { Exit::Done }
}

/// A person who repeats a command means it anew: what was done already is refused by its state.
fn fresh_request_id() -> String {
    Uuid::now_v7().to_string()
}

fn incomplete(what: &str) -> Failure {
    Failure::failed(format!("the node answered without a {what}"))
}

fn month(month: Month) -> common::Month {
    common::Month { year: month.year().into(), month: month.month().into() }
}

fn batch_id(text: &str) -> Result<BatchId, &'static str> {
    BatchId::parse(text).ok_or("not the id of a batch")
}

fn payment_id(text: &str) -> Result<PaymentId, &'static str> {
    PaymentId::parse(text).ok_or("not the id of a payment")
}

fn payment_state(text: &str) -> Result<PaymentState, String> {
    PaymentState::from_code(text).ok_or_else(|| {
        let codes: Vec<_> = PaymentState::ALL.into_iter().map(PaymentState::code).collect();
        format!("not one of {}", codes.join(", "))
    })
}

#[cfg(test)]
mod tests;
