//! `hufu import`: a roster as the office keeps it, submitted over one stream; every row gets an answer.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use data_encoding::HEXLOWER;
use indicatif::ProgressBar;
use ring::digest::{SHA256, digest};
use serde::Serialize;
use tokio::sync::mpsc;
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
    /// A region's code by the name that the rows write, e.g. 东昌府区=371502; may be given several times.
    #[arg(long = "region-name", value_name = "NAME=CODE", value_parser = region_name)]
    region_names: Vec<(String, Region)>,
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

fn region_name(text: &str) -> Result<(String, Region), String> {
    let (name, code) = text.split_once('=').ok_or("write NAME=CODE")?;
    Ok((name.to_owned(), Region::parse(code).map_err(|error| error.to_string())?))
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
        let terms = Terms {
            sheet_id: self.sheet.clone(),
            route: self.route.into(),
            enterprise: self.uscc.as_deref().map(Uscc::parse).transpose().map_err(Failure::settings)?,
            region: self.region.as_deref().map(Region::parse).transpose().map_err(Failure::settings)?,
            region_names: self.region_names.iter().cloned().collect(),
        };
        let file = RosterFile::read(&self.file)?;
        let batch = self.batch.clone().unwrap_or_else(|| default_batch(&file.name));
        let client = ClaimServiceClient::new(self.connection.channel()?);
        let bar = output::progress("submitted");
        let submitted = submit(client.clone(), &file, &terms, &batch, &bar).await?;
        bar.finish_and_clear();
        let bar = output::progress("decided");
        let answers = submitted.follow(client, Duration::from_secs(self.wait), &bar).await?;
        bar.finish_and_clear();
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

/// A roster that was submitted: what was refused at the door, and the claims that wait for verdicts.
pub struct Submitted {
    file: String,
    answers: Vec<RowAnswer>,
    claims: HashMap<String, (Vec<u32>, pb::Claim)>,
    /// The place in the order of changes from which on nothing of these claims is missed.
    since: String,
}

/// Reads a roster and submits what can be read.
pub async fn submit(
    mut client: ClaimServiceClient<Channel>,
    file: &RosterFile,
    terms: &Terms,
    batch: &str,
    bar: &ProgressBar,
) -> Result<Submitted, Failure> {
    let workforce = terms.sheet_id.starts_with("retention-training");
    let options = Options {
        enterprise: terms.enterprise.clone(),
        region: terms.region,
        region_names: terms.region_names.clone(),
        ..Options::new(if workforce { RosterKind::Workforce } else { RosterKind::Graduates })
    };
    let roster = read_roster(&file.bytes, &file.name, &options)
        .map_err(|error| Failure::settings(format!("{}: {} ({error})", file.name, error.zh())))?;
    let since = client.watch_claims(pb::WatchClaimsRequest::default()).await?.into_inner().message().await?;
    let mut submitted = Submitted {
        file: file.name.clone(),
        answers: roster.problems.iter().map(answer_to_problem).collect(),
        claims: HashMap::new(),
        since: since.unwrap_or_default().resume_token,
    };
    submitted.send(client, &claims_of(&roster.rows, terms, workforce), batch, bar).await?;
    Ok(submitted)
}

impl Submitted {
    /// Submits claims over one stream and takes every answer.
    async fn send(
        &mut self,
        mut client: ClaimServiceClient<Channel>,
        claims: &[RosterClaim],
        batch: &str,
        bar: &ProgressBar,
    ) -> Result<(), Failure> {
        let (sender, receiver) = mpsc::channel(IN_FLIGHT);
        let requests: Vec<_> = claims
            .iter()
            .map(|claim| pb::SubmitClaimsRequest {
                request_id: request_id(batch, claim),
                claim: Some(claim.submission.clone()),
            })
            .collect();
        let mut rows: HashMap<_, _> = requests
            .iter()
            .zip(claims)
            .map(|(request, claim)| (request.request_id.clone(), claim.rows.clone()))
            .collect();
        tokio::spawn(async move {
            for request in requests {
                if sender.send(request).await.is_err() {
                    return;
                }
            }
        });
        let mut stream = client.submit_claims(ReceiverStream::new(receiver)).await?.into_inner();
        while let Some(response) = stream.message().await? {
            let Some(rows) = rows.remove(&response.request_id) else { continue };
            bar.inc(1);
            match response.outcome {
                Some(pb::submit_claims_response::Outcome::Claim(receipt)) => {
                    self.claims.insert(receipt.claim_id.clone(), (rows, receipt));
                }
                Some(pb::submit_claims_response::Outcome::Refusal(refusal)) => {
                    self.answers.extend(rows.iter().map(|row| answer_to_refusal(*row, &refusal)));
                }
                None => return Err(Failure::failed("the node sent an answer without an outcome")),
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let missing = rows.len();
        Err(Failure::failed(format!("{missing} claims got no answer; import the same file again: nothing is repeated")))
    }

    /// Brings the claims up to date until all are decided or the time is up.
    pub async fn follow(
        mut self,
        mut client: ClaimServiceClient<Channel>,
        wait: Duration,
        bar: &ProgressBar,
    ) -> Result<Answers, Failure> {
        let is_open = |claim: &pb::Claim| claim.state() == pb::ClaimState::Assessing;
        let mut open = self.claims.values().filter(|(_, claim)| is_open(claim)).count();
        bar.inc((self.claims.len() - open) as u64);
        let request = pb::WatchClaimsRequest { resume_token: self.since.clone(), region: String::new() };
        let mut changes = client.watch_claims(request).await?.into_inner();
        let deadline = tokio::time::Instant::now() + wait;
        while open > 0 {
            let Ok(message) = tokio::time::timeout_at(deadline, changes.message()).await else { break };
            let Some(message) = message? else { break };
            let Some(changed) = message.claim else { continue };
            if let Some((_, claim)) = self.claims.get_mut(&changed.claim_id)
                && changed.version > claim.version
            {
                if is_open(claim) && !is_open(&changed) {
                    open -= 1;
                    bar.inc(1);
                } else if !is_open(claim) && is_open(&changed) {
                    open += 1;
                }
                *claim = changed;
            }
        }
        Ok(self.answers())
    }

    fn answers(self) -> Answers {
        let mut answers = self.answers;
        for (rows, claim) in self.claims.into_values() {
            answers.extend(rows.iter().map(|row| answer_to_claim(*row, &claim)));
        }
        answers.sort_by_key(|answer| answer.row);
        let mut by_state = BTreeMap::new();
        for answer in &answers {
            *by_state.entry(answer.state).or_default() += 1;
        }
        Answers { file: self.file, rows: answers.len(), by_state, answers }
    }
}

/// Names a claim for the node: the same for the same batch and row.
fn request_id(batch: &str, claim: &RosterClaim) -> String {
    format!("{batch}-{:06}", claim.rows.first().copied().unwrap_or_default())
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
