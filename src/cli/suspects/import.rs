//! `hufu suspects import`: the ministry's list, matched with claims; every row gets an answer.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tonic::transport::Channel;

use crate::cli::connection::Connection;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::RosterFile;
use crate::cli::output;
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::suspect::record::{MinistryRecord, RecordKind, RecordSubject, Unmatched};
use crate::proto::suspects::v1 as pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use crate::tables::export::{ExportFormat, Heading, Layout, Table, Value};
use crate::tables::{RecordRow, RowProblem, read_records};

/// As many as the contract takes in one call.
const RECORDS_AT_ONCE: usize = 1_000;

/// 疑点数据: takes what the ministry sent down; each record is matched with claims, or answered with why not.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu suspects import 疑点数据.xlsx --region 371500 --out answers.xlsx\n\n\
Columns: 疑点编号, 疑点类型 (身份不实, 跨省重复享受, 重复享受), 身份证号 or 统一社会信用代码, 姓名, 补贴项目, 重复享受省份, 说明.\n\
The same file imported again gives the same answers.\n\
Exit code 1: some rows were refused; they are listed with row, column and reason.")]
pub struct Import {
    /// The list: CSV (UTF-8, GB18030, UTF-16) or XLSX.
    file: PathBuf,
    /// The place that it was sent to: six-digit code. Only claims of this place are matched.
    #[arg(long, value_name = "CODE")]
    region: String,
    /// Also write each row's answer to a sheet: .xlsx, .csv or .jsonl.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// The answer to one row.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct RowAnswer {
    row: u32,
    record_number: String,
    /// `matched`, `unmatched`, or `refused` where the record was not taken.
    outcome: &'static str,
    pub(in crate::cli) suspect_ids: Vec<String>,
    /// Empty where it fits claims.
    pub(in crate::cli) reason: String,
    message: String,
}

/// All answers of one import.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct Answers {
    file: String,
    pub(in crate::cli) rows: usize,
    pub(in crate::cli) by_outcome: BTreeMap<&'static str, usize>,
    pub(in crate::cli) answers: Vec<RowAnswer>,
}

pub(in crate::cli) const MATCHED: &str = "matched";
pub(in crate::cli) const UNMATCHED: &str = "unmatched";
pub(in crate::cli) const REFUSED: &str = "refused";

impl Import {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let region = Region::parse(&self.region).map_err(Failure::settings)?;
        let file = RosterFile::read(&self.file)?;
        let (answers, footers) = import(self.connection.channel()?, &file, region).await?;
        if let Some(out) = &self.out {
            write(out, &answers)?;
        }
        if self.json {
            output::json(&answers)?;
        } else {
            show(&answers, &footers);
        }
        let is_refused = answers.by_outcome.contains_key(REFUSED);
        Ok(if is_refused { Exit::Attention } else { Exit::Done })
    }
}

/// Sends a list, and gives the answers with the rows at its end that are none.
pub(in crate::cli) async fn import(
    channel: Channel,
    file: &RosterFile,
    region: Region,
) -> Result<(Answers, Vec<u32>), Failure> {
    let list = read_records(&file.bytes, &file.name, region)
        .map_err(|error| Failure::settings(format!("{}: {} ({error})", file.name, error.zh())))?;
    let mut client = SuspectServiceClient::new(channel);
    let mut answers: Vec<RowAnswer> = list.problems.iter().map(answer_to_problem).collect();
    let bar = output::progress("records");
    for rows in list.rows.chunks(RECORDS_AT_ONCE) {
        answers.extend(send(&mut client, region, rows).await?);
        bar.inc(rows.len() as u64);
    }
    bar.finish_and_clear();
    answers.sort_by_key(|answer| answer.row);
    let mut by_outcome = BTreeMap::new();
    for answer in &answers {
        *by_outcome.entry(answer.outcome).or_default() += 1;
    }
    let answers = Answers { file: file.name.clone(), rows: answers.len(), by_outcome, answers };
    Ok((answers, list.notes.footer_rows))
}

async fn send(
    client: &mut SuspectServiceClient<Channel>,
    region: Region,
    rows: &[RecordRow],
) -> Result<Vec<RowAnswer>, Failure> {
    let request = pb::ImportSuspectRecordsRequest {
        // The records' own numbers make a second import the same as the first.
        request_id: uuid::Uuid::new_v4().to_string(),
        region: region.to_string(),
        records: rows.iter().map(|row| wire(&row.record)).collect(),
    };
    let outcomes = client.import_suspect_records(request).await?.into_inner().outcomes;
    if outcomes.len() != rows.len() {
        return Err(Failure::failed("the node did not answer every record; import the same file again"));
    }
    Ok(rows.iter().zip(outcomes).map(|(row, outcome)| answer_to_outcome(row.row, outcome)).collect())
}

fn wire(record: &MinistryRecord) -> pb::SuspectRecord {
    let MinistryRecord { number, kind, about, subsidy, other_province, words } = record;
    let kind = match kind {
        RecordKind::FalseIdentity => pb::SuspectRecordKind::FalseIdentity,
        RecordKind::CrossProvince => pb::SuspectRecordKind::CrossProvince,
        RecordKind::DoubleClaim => pb::SuspectRecordKind::DoubleClaim,
    };
    let subsidy = match subsidy {
        None => "",
        Some(SubsidyKind::JobExpansion) => "job-expansion",
        Some(SubsidyKind::RetentionTraining) => "retention-training",
    };
    let (resident_id, name, uscc) = match about {
        RecordSubject::Person { resident_id, name, enterprise } => (
            resident_id.as_str(),
            name.as_ref().map(|it| it.as_str()).unwrap_or_default(),
            enterprise.as_ref().map(|it| it.as_str()).unwrap_or_default(),
        ),
        RecordSubject::Enterprise(uscc) => ("", "", uscc.as_str()),
    };
    pb::SuspectRecord {
        record_number: number.clone(),
        kind: kind.into(),
        resident_id: resident_id.to_owned(),
        name: name.to_owned(),
        uscc: uscc.to_owned(),
        subsidy: subsidy.to_owned(),
        other_province: other_province.map(|region| region.to_string()).unwrap_or_default(),
        words: words.clone(),
    }
}

fn answer_to_problem(problem: &RowProblem) -> RowAnswer {
    let reasons: Vec<_> = problem.problems.iter().map(|it| it.code).collect();
    RowAnswer {
        row: problem.row,
        record_number: String::new(),
        outcome: REFUSED,
        suspect_ids: Vec::new(),
        reason: reasons.join(" "),
        message: problem.zh(),
    }
}

fn answer_to_outcome(row: u32, outcome: pb::SuspectRecordOutcome) -> RowAnswer {
    let pb::SuspectRecordOutcome { record_number, suspect_ids, unmatched, field, message_zh, .. } = outcome;
    let kind = match unmatched.as_str() {
        "" => MATCHED,
        _ if !field.is_empty() || unmatched == Unmatched::AlreadySent.code() => REFUSED,
        _ => UNMATCHED,
    };
    let message = if field.is_empty() { message_zh } else { format!("{field}：{message_zh}") };
    RowAnswer { row, record_number, outcome: kind, suspect_ids, reason: unmatched, message }
}

fn show(answers: &Answers, footers: &[u32]) {
    let mut table = output::table(["行 row", "疑点编号", "结果 outcome", "依据 reason", "说明"]);
    for answer in answers.answers.iter().filter(|answer| !answer.message.is_empty()) {
        let row = answer.row.to_string();
        table.add_row([&row, &answer.record_number, answer.outcome, &answer.reason, &answer.message]);
    }
    if !table.is_empty() {
        output::line(table);
    }
    if !footers.is_empty() {
        let rows: Vec<_> = footers.iter().map(u32::to_string).collect();
        output::line(format!("表尾说明行，未读取：第 {} 行", rows.join("、")));
    }
    let counts: Vec<_> = answers.by_outcome.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
    output::line(format!("{}：{} 行（{}）", answers.file, answers.rows, counts.join("，")));
}

fn write(out: &std::path::Path, answers: &Answers) -> Result<(), Failure> {
    let format = ExportFormat::from_file_name(&out.to_string_lossy())
        .ok_or_else(|| Failure::settings(format!("{}: must end in .xlsx, .csv or .jsonl", out.display())))?;
    let layout = Layout::new([
        Heading::new("行", "row").wide(8),
        Heading::new("疑点编号", "record_number").wide(24),
        Heading::new("结果", "outcome").wide(12),
        Heading::new("依据", "reason"),
        Heading::new("说明", "message").wide(60),
        Heading::new("本系统疑点", "suspect_ids").wide(38),
    ]);
    let rows = answers.answers.iter().map(|answer| {
        vec![
            Value::Integer(answer.row.into()),
            Value::from(answer.record_number.as_str()),
            Value::from(answer.outcome),
            Value::from(answer.reason.as_str()),
            Value::from(answer.message.as_str()),
            Value::Text(answer.suspect_ids.join(" ")),
        ]
    });
    let table = Table { layout, rows: rows.collect() };
    let unwritable = |error: &dyn std::fmt::Display| Failure::settings(format!("{}: {error}", out.display()));
    let sink = std::fs::File::create(out).map_err(|error| unwritable(&error))?;
    table.write(format, std::io::BufWriter::new(sink)).map_err(|error| unwritable(&error))?;
    Ok(())
}
