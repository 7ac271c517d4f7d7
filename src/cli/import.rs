//! `hufu import`: a roster as the office keeps it, submitted over one stream; every row gets an answer.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;

use super::claims::{reason_text, state_of};
use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use super::roster::{RosterClaim, Terms, claims_of};
use crate::domain::claim::ClaimState;
use crate::domain::identity::{Region, Uscc};
use crate::proto::claims::v1 as pb;
use crate::proto::claims::v1::claim_service_client::ClaimServiceClient;
use crate::tables::export::{ExportFormat, Heading, Layout, Table, Value};
use crate::tables::roster::{Options, RosterKind, RowProblem, read_roster};

/// Claims sent ahead of their answers: enough to keep the node's batches full, and a bound on memory.
const IN_FLIGHT: usize = 512;

/// Submits a roster.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  hufu import 花名册.xlsx --sheet job-expansion-2022 --region 371502\n  \
hufu import roster.csv --sheet retention-training-2022 --route automatic --region 371502 --out answers.xlsx\n\n\
The same file imported again repeats no claim: each row's request id is made from --batch and the row number.\n\
Exit code 1: some rows were refused; they are listed with row, column and reason.")]
pub struct Import {
    /// The roster: CSV (UTF-8, GB18030, UTF-16) or XLSX.
    file: PathBuf,
    /// The policy sheet to claim under, e.g. job-expansion-2022.
    #[arg(long, value_name = "SHEET")]
    sheet: String,
    /// How the claims came to be.
    #[arg(long, value_enum, default_value_t = Route::SelfApplied)]
    route: Route,
    /// 参保地, where the rows name none: six-digit code, or that of a unit.
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// The claiming enterprise, where the file names none: unified social credit code.
    #[arg(long, value_name = "USCC")]
    uscc: Option<String>,
    /// What request ids begin with; by default made from the file's name.
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
    /// Wait at most this many seconds for verdicts.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    wait: u64,
    /// Also write each row's answer to a sheet: .xlsx, .csv or .jsonl.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// How claims came to be (二(一)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Route {
    /// 免申即享.
    Automatic,
    /// 自主申请.
    SelfApplied,
}

impl From<Route> for pb::ClaimRoute {
    fn from(route: Route) -> Self {
        match route {
            Route::Automatic => Self::Automatic,
            Route::SelfApplied => Self::SelfApplied,
        }
    }
}

/// The answer to one row.
#[derive(Clone, Debug, Serialize)]
pub struct RowAnswer {
    pub row: u32,
    /// `refused-at-door` when the row never became a claim; otherwise the claim's state.
    pub state: &'static str,
    pub claim_id: Option<String>,
    /// Reason codes.
    pub reasons: Vec<String>,
    pub message: String,
    pub amount_fen: i64,
}

/// All answers of one import.
#[derive(Clone, Debug, Serialize)]
pub struct Answers {
    pub file: String,
    pub rows: usize,
    pub by_state: BTreeMap<&'static str, usize>,
    pub answers: Vec<RowAnswer>,
}

/// The state of a row that never became a claim.
pub const REFUSED_AT_DOOR: &str = "refused-at-door";

impl Import {
    pub async fn run(self) -> Result<Exit, Failure> {
        let region = self.region.as_deref().map(Region::parse).transpose().map_err(Failure::settings)?;
        let enterprise = self.uscc.as_deref().map(Uscc::parse).transpose().map_err(Failure::settings)?;
        let file = RosterFile::read(&self.file)?;
        let terms = Terms { sheet_id: self.sheet.clone(), route: self.route.into(), region };
        let batch = self.batch.clone().unwrap_or_else(|| default_batch(&file.name));
        let client = ClaimServiceClient::new(self.connection.channel()?);
        let answers = import(client, &file, enterprise, &terms, &batch, Duration::from_secs(self.wait)).await?;
        if let Some(out) = &self.out {
            write_answers(out, &answers)?;
        }
        if self.json {
            output::json(&answers)?;
        } else {
            show(&answers);
        }
        let refused = answers.by_state.get(REFUSED_AT_DOOR).is_some_and(|count| *count > 0);
        Ok(if refused { Exit::Attention } else { Exit::Done })
    }
}

/// A roster file in memory.
pub struct RosterFile {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl RosterFile {
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|error| Failure::settings(format!("{}: {error}", path.display())))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, bytes })
    }
}

/// Request ids are kept in plain text, so they are made from the file's name and never from what is in it (I11).
pub fn default_batch(file_name: &str) -> String {
    let digest = HEXLOWER.encode(digest(&SHA256, file_name.as_bytes()).as_ref());
    format!("roster-{}", digest.get(..16).unwrap_or_default())
}

/// Reads a roster, submits what can be read, and waits for verdicts.
pub async fn import(
    client: ClaimServiceClient<Channel>,
    file: &RosterFile,
    enterprise: Option<Uscc>,
    terms: &Terms,
    batch: &str,
    wait: Duration,
) -> Result<Answers, Failure> {
    let workforce = terms.sheet_id.starts_with("retention-training");
    let kind = if workforce { RosterKind::Workforce } else { RosterKind::Graduates };
    let options = Options { enterprise, region: terms.region, ..Options::new(kind) };
    let roster = read_roster(&file.bytes, &file.name, &options)
        .map_err(|error| Failure::settings(format!("{}: {} ({error})", file.name, error.zh())))?;
    let claims = claims_of(&roster.rows, terms, workforce);
    let mut answers: Vec<RowAnswer> = roster.problems.iter().map(answer_to_problem).collect();
    answers.extend(submit(client, &claims, batch, wait).await?);
    answers.sort_by_key(|answer| answer.row);
    let mut by_state = BTreeMap::new();
    for answer in &answers {
        *by_state.entry(answer.state).or_default() += 1;
    }
    Ok(Answers { file: file.name.clone(), rows: answers.len(), by_state, answers })
}

fn answer_to_problem(problem: &RowProblem) -> RowAnswer {
    RowAnswer {
        row: problem.row,
        state: REFUSED_AT_DOOR,
        claim_id: None,
        reasons: problem.problems.iter().map(|found| found.code.to_owned()).collect(),
        message: problem.zh(),
        amount_fen: 0,
    }
}

/// Submits claims over one stream, then follows those that wait until they are decided or the time is up.
async fn submit(
    mut client: ClaimServiceClient<Channel>,
    claims: &[RosterClaim],
    batch: &str,
    wait: Duration,
) -> Result<Vec<RowAnswer>, Failure> {
    let changes = Changes::from_now(client.clone()).await?;
    let (sender, receiver) = mpsc::channel(IN_FLIGHT);
    let requests: Vec<_> = claims
        .iter()
        .map(|claim| pb::SubmitClaimsRequest {
            request_id: request_id(batch, claim),
            claim: Some(claim.submission.clone()),
        })
        .collect();
    let rows: HashMap<_, _> = requests.iter().map(|request| request.request_id.clone()).zip(claims).collect();
    tokio::spawn(async move {
        for request in requests {
            if sender.send(request).await.is_err() {
                return;
            }
        }
    });
    let bar = output::progress(claims.len() as u64, "submitted");
    let mut stream = client.submit_claims(ReceiverStream::new(receiver)).await?.into_inner();
    let mut answers = Vec::with_capacity(claims.len());
    let mut claimed = HashMap::new();
    while let Some(response) = stream.next().await {
        let response = response?;
        bar.inc(1);
        let Some(claim) = rows.get(&response.request_id) else { continue };
        match response.outcome {
            Some(pb::submit_claims_response::Outcome::Claim(receipt)) => {
                claimed.insert(receipt.claim_id.clone(), (*claim, receipt));
            }
            Some(pb::submit_claims_response::Outcome::Refusal(refusal)) => {
                answers.extend(claim.rows.iter().map(|row| answer_to_refusal(*row, &refusal)));
            }
            None => return Err(Failure::failed("the node sent an answer without an outcome")),
        }
    }
    bar.finish_and_clear();
    if answers.len() + claimed.len() < claims.len() {
        let missing = claims.len() - answers.len() - claimed.len();
        return Err(Failure::failed(format!(
            "{missing} claims got no answer; import the same file again: nothing is repeated"
        )));
    }
    changes.follow(&mut claimed, wait).await?;
    for (claim, receipt) in claimed.into_values() {
        answers.extend(claim.rows.iter().map(|row| answer_to_claim(*row, &receipt)));
    }
    Ok(answers)
}

/// Names a claim for the node: the same for the same batch and row.
pub fn request_id(batch: &str, claim: &RosterClaim) -> String {
    format!("{batch}-{:06}", claim.rows.first().copied().unwrap_or_default())
}

/// The changes of claims from a moment on.
struct Changes {
    stream: tonic::Streaming<pb::WatchClaimsResponse>,
}

impl Changes {
    async fn from_now(mut client: ClaimServiceClient<Channel>) -> Result<Self, Failure> {
        let mut stream = client.watch_claims(pb::WatchClaimsRequest::default()).await?.into_inner();
        // The first message says from where on we are told; nothing submitted after it is missed.
        stream.message().await?;
        Ok(Self { stream })
    }

    /// Brings the claims up to date until all are decided or the time is up.
    async fn follow(
        mut self,
        claimed: &mut HashMap<String, (&RosterClaim, pb::Claim)>,
        wait: Duration,
    ) -> Result<(), Failure> {
        let is_open = |claim: &pb::Claim| claim.state() == pb::ClaimState::Assessing;
        let mut open = claimed.values().filter(|(_, claim)| is_open(claim)).count();
        let bar = output::progress(claimed.len() as u64, "decided");
        let deadline = tokio::time::Instant::now() + wait;
        while open > 0 {
            bar.set_position((claimed.len() - open) as u64);
            let Ok(message) = tokio::time::timeout_at(deadline, self.stream.message()).await else { break };
            let Some(pb::WatchClaimsResponse { claim: Some(changed), .. }) = message? else { continue };
            if let Some((_, claim)) = claimed.get_mut(&changed.claim_id)
                && changed.version > claim.version
            {
                open = open + usize::from(is_open(&changed)) - usize::from(is_open(claim));
                *claim = changed;
            }
        }
        bar.finish_and_clear();
        Ok(())
    }
}

fn answer_to_refusal(row: u32, refusal: &crate::proto::common::v1::Refusal) -> RowAnswer {
    let mut reasons: Vec<_> = refusal.violations.iter().map(|violation| violation.reason.clone()).collect();
    if reasons.is_empty() {
        reasons.push(refusal.reason.clone());
    }
    let fields = refusal.violations.iter().map(|violation| format!("{}：{}", violation.field, violation.message_zh));
    let message = std::iter::once(refusal.message_zh.clone()).chain(fields).collect::<Vec<_>>().join("；");
    RowAnswer { row, state: REFUSED_AT_DOOR, claim_id: None, reasons, message, amount_fen: 0 }
}

fn answer_to_claim(row: u32, claim: &pb::Claim) -> RowAnswer {
    let (reasons, message, amount_fen) = reason_text(claim);
    RowAnswer {
        row,
        state: state_of(claim).code(),
        claim_id: Some(claim.claim_id.clone()),
        reasons,
        message,
        amount_fen,
    }
}

fn show(answers: &Answers) {
    let mut table = output::table(["行 row", "状态 state", "依据 reasons", "说明"]);
    let settled = [ClaimState::Assessed.code(), ClaimState::Assessing.code()];
    for answer in answers.answers.iter().filter(|answer| !settled.contains(&answer.state)) {
        table.add_row([
            answer.row.to_string(),
            answer.state.to_owned(),
            answer.reasons.join(" "),
            answer.message.clone(),
        ]);
    }
    if !table.is_empty() {
        output::line(table);
    }
    let counts: Vec<_> = answers.by_state.iter().map(|(state, count)| format!("{state} {count}")).collect();
    output::line(format!("{}：{} 行（{}）", answers.file, answers.rows, counts.join("，")));
}

fn write_answers(out: &Path, answers: &Answers) -> Result<(), Failure> {
    let format = ExportFormat::from_file_name(&out.to_string_lossy())
        .ok_or_else(|| Failure::settings(format!("{}: must end in .xlsx, .csv or .jsonl", out.display())))?;
    let layout = Layout::new([
        Heading::new("行", "row"),
        Heading::new("状态", "state"),
        Heading::new("申请编号", "claim_id").wide(38),
        Heading::new("依据", "reasons").wide(40),
        Heading::new("说明", "message").wide(60),
        Heading::new("金额（元）", "amount_yuan"),
    ]);
    let rows = answers.answers.iter().map(|answer| {
        vec![
            Value::Integer(answer.row.into()),
            Value::from(answer.state),
            Value::optional(answer.claim_id.clone()),
            Value::Text(answer.reasons.join(" ")),
            Value::Text(answer.message.clone()),
            Value::Money(crate::domain::money::Fen::new(answer.amount_fen)),
        ]
    });
    let table = Table { layout, rows: rows.collect() };
    let unwritable = |error: &dyn std::fmt::Display| Failure::settings(format!("{}: {error}", out.display()));
    let sink = std::fs::File::create(out).map_err(|error| unwritable(&error))?;
    table.write(format, std::io::BufWriter::new(sink)).map_err(|error| unwritable(&error))?;
    Ok(())
}
