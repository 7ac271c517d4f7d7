//! `hufu suspects outcomes`: what was found on the ministry's records, as a file to be sent back up.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::connection::Connection;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::domain::calendar::cst_date;
use crate::domain::money::Fen;
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::desk::DismissalReason;
use crate::domain::suspect::record::{RecordKind, RecordResult, Unmatched};
use crate::proto::suspects::v1 as pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use crate::tables::RecordOutcomeRow;
use crate::tables::export::{ExportFormat, row_writer};

/// As many as the contract gives on one page.
const PAGE_SIZE: i32 = 500;
/// A page of records with some suspects each, of some hundred bytes.
const MESSAGE_MAX: usize = 16 * 1024 * 1024;

/// 核实结果: writes what was found on the ministry's records to .xlsx, .csv or .jsonl; persons are masked.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu suspects outcomes --out 核实结果.xlsx --region 371500")]
pub struct Outcomes {
    /// Where to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// Print one JSON object with the counts.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Default, Serialize)]
struct Written {
    records: u64,
    by_result: BTreeMap<&'static str, u64>,
}

impl Outcomes {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let unwritable = |error: &dyn std::fmt::Display| Failure::settings(format!("{}: {error}", self.out.display()));
        let format = ExportFormat::from_file_name(&self.out.to_string_lossy())
            .ok_or_else(|| unwritable(&"must end in .xlsx, .csv or .jsonl"))?;
        let mut client = SuspectServiceClient::new(self.connection.channel()?).max_decoding_message_size(MESSAGE_MAX);
        let mut request = pb::ListSuspectRecordsRequest {
            region: self.region.clone(),
            page_size: PAGE_SIZE,
            page_token: String::new(),
        };
        // Nothing is made before the node has answered.
        let mut page = client.list_suspect_records(request.clone()).await?.into_inner();
        let sink = BufWriter::new(File::create(&self.out).map_err(|error| unwritable(&error))?);
        let mut rows = row_writer(format, sink, RecordOutcomeRow::layout()).map_err(|error| unwritable(&error))?;
        let mut written = Written::default();
        loop {
            for finding in page.findings {
                let row = row(finding)?;
                rows.write_row(&row.values()).map_err(|error| unwritable(&error))?;
                written.records += 1;
                *written.by_result.entry(row.result.code()).or_default() += 1;
            }
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
            page = client.list_suspect_records(request.clone()).await?.into_inner();
        }
        rows.finish().map_err(|error| unwritable(&error))?;
        if self.json {
            output::json(&written)?;
        } else {
            let counts: Vec<_> = written.by_result.iter().map(|(result, count)| format!("{result} {count}")).collect();
            output::line(format!("{} 条（{}）→ {}", written.records, counts.join("，"), self.out.display()));
        }
        Ok(Exit::Done)
    }
}

fn row(finding: pb::SuspectRecordFinding) -> Result<RecordOutcomeRow, Failure> {
    let kind = match finding.kind() {
        pb::SuspectRecordKind::FalseIdentity => RecordKind::FalseIdentity,
        pb::SuspectRecordKind::CrossProvince => RecordKind::CrossProvince,
        pb::SuspectRecordKind::DoubleClaim => RecordKind::DoubleClaim,
        pb::SuspectRecordKind::Unspecified => return Err(Failure::failed("the node sent a record of no kind")),
    };
    let received = finding.received_at.unwrap_or_default();
    let received = jiff::Timestamp::new(received.seconds, received.nanos).map_err(Failure::failed)?;
    let (mut persons, mut enterprises) = (Vec::new(), Vec::new());
    for side in finding.suspects.iter().flat_map(|it| it.first.iter().chain(&it.second)).filter(|it| !it.outside) {
        if !side.resident_id_masked.is_empty() {
            once(&mut persons, format!("{} {}", side.person_name_masked, side.resident_id_masked));
        }
        once(&mut enterprises, format!("{} {}", side.uscc, side.enterprise_name).trim_end().to_owned());
    }
    let (mut reasons, mut words) = (Vec::new(), Vec::new());
    if let Some(unmatched) = Unmatched::from_code(&finding.unmatched) {
        reasons.push(unmatched.zh().to_owned());
    }
    if let Some(at) = finding.matched_at {
        let at = jiff::Timestamp::new(at.seconds, at.nanos).map_err(Failure::failed)?;
        reasons.push(format!("{}起与后来的申领相符", cst_date(at)));
    }
    for desk in finding.suspects.iter().flat_map(|it| &it.desks) {
        if let Some(reason) = dismissal(desk.dismissal()) {
            once(&mut reasons, reason.zh().to_owned());
        }
        if !desk.words.is_empty() {
            once(&mut words, desk.words.clone());
        }
    }
    Ok(RecordOutcomeRow {
        number: finding.record_number,
        kind,
        result: RecordResult::of(finding.suspects.iter().map(|it| state(it.state()))),
        reasons,
        words,
        persons,
        enterprises,
        suspects: finding.suspects.iter().map(|it| it.suspect_id.clone()).collect(),
        paid: Fen::new(finding.paid_fen),
        recovered: Fen::new(finding.recovered_fen),
        outstanding: Fen::new(finding.outstanding_fen),
        received_on: cst_date(received),
    })
}

fn once(texts: &mut Vec<String>, text: String) {
    if !texts.contains(&text) {
        texts.push(text);
    }
}

fn state(state: pb::SuspectState) -> SuspectState {
    match state {
        pb::SuspectState::Unspecified | pb::SuspectState::Open => SuspectState::Open,
        pb::SuspectState::Assigned => SuspectState::Assigned,
        pb::SuspectState::Investigating => SuspectState::Investigating,
        pb::SuspectState::Confirmed => SuspectState::Confirmed,
        pb::SuspectState::Dismissed => SuspectState::Dismissed,
    }
}

fn dismissal(reason: pb::DismissalReason) -> Option<DismissalReason> {
    match reason {
        pb::DismissalReason::Unspecified => None,
        pb::DismissalReason::DifferentPerson => Some(DismissalReason::DifferentPerson),
        pb::DismissalReason::RegistryError => Some(DismissalReason::RegistryError),
        pb::DismissalReason::EntryError => Some(DismissalReason::EntryError),
        pb::DismissalReason::ClaimGone => Some(DismissalReason::ClaimGone),
        pb::DismissalReason::PolicyAllows => Some(DismissalReason::PolicyAllows),
        pb::DismissalReason::PutRight => Some(DismissalReason::PutRight),
    }
}
