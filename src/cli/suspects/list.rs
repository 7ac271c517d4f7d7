//! `hufu suspects list`: a page of suspects, narrowed and in an order, on the screen or in a file.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::sheet;
use crate::cli::connection::Connection;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::domain::money::Fen;
use crate::proto::suspects::v1 as pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use crate::tables::SuspectRow;
use crate::tables::export::{ExportFormat, row_writer};

/// As many as the contract gives on one page.
const PAGE_SIZE: i32 = 500;

/// Lists suspects: what can still be stopped first, unless another order is asked for.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hufu suspects list --state open --state assigned --band stoppable\n  hufu suspects list --text 聊城电子 --json\n  hufu suspects list --assignee wang.li --out 我的疑点.xlsx"
)]
pub struct List {
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// Only this rule, e.g. person_two_provinces.
    #[arg(long, default_value = "", value_name = "RULE")]
    rule: String,
    /// Only these states; may be given more than once.
    #[arg(long = "state", value_enum, value_name = "STATE")]
    states: Vec<State>,
    /// Only where this can be done about the money.
    #[arg(long, value_enum, value_name = "BAND")]
    band: Option<Band>,
    /// Only those of this person.
    #[arg(long, default_value = "", value_name = "PERSON")]
    assignee: String,
    /// An enterprise's name or part of it, a unified social credit code, an id, or a person's full name. A number typed here stays in the
    /// shell's history: give `-` to have the text read from the standard input.
    #[arg(long, default_value = "", value_name = "TEXT")]
    text: String,
    /// In which order.
    #[arg(long, value_enum, default_value_t = Order::Risk)]
    order: Order,
    /// At most so many; with --out all there are.
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    limit: u32,
    /// Write all that fit to .xlsx, .csv or .jsonl instead; persons are masked.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    out: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Open,
    Assigned,
    Investigating,
    Confirmed,
    Dismissed,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Band {
    Nothing,
    Recoverable,
    Stoppable,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    /// What can be stopped first, then what can be got back.
    Risk,
    /// Newest first.
    Newest,
}

#[derive(Serialize)]
struct Listed<'a> {
    suspects: Vec<ListedSuspect<'a>>,
}

#[derive(Serialize)]
struct ListedSuspect<'a> {
    suspect_id: &'a str,
    rule: &'a str,
    state: &'static str,
    band: Option<&'static str>,
    amount_fen: Option<i64>,
    weight: Option<i32>,
    first_uscc: Option<&'a str>,
    second_uscc: &'a str,
    person: &'a str,
}

impl List {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let text = if self.text == "-" { typed()? } else { self.text.clone() };
        let limit = if self.out.is_some() { u32::MAX } else { self.limit };
        let mut request = pb::ListSuspectsRequest {
            region: self.region.clone(),
            rule: self.rule.clone(),
            page_size: i32::try_from(limit).unwrap_or(PAGE_SIZE).clamp(1, PAGE_SIZE),
            page_token: String::new(),
            states: self.states.iter().map(|it| state(*it).into()).collect(),
            band: self.band.map_or(pb::SuspectBand::Unspecified, band).into(),
            assignee: self.assignee.clone(),
            text,
            order: match self.order {
                Order::Risk => pb::SuspectOrder::Risk,
                Order::Newest => pb::SuspectOrder::Newest,
            }
            .into(),
        };
        let mut client =
            SuspectServiceClient::new(self.connection.channel()?).max_decoding_message_size(super::MESSAGE_MAX);
        // Nothing is made before the node has answered.
        let mut page = client.list_suspects(request.clone()).await?.into_inner();
        let mut sink = self.out.as_ref().map(|out| Sink::open(out)).transpose()?;
        let mut shown = Vec::new();
        loop {
            for suspect in page.suspects {
                match &mut sink {
                    Some(sink) => sink.write(&suspect)?,
                    None => shown.push(suspect),
                }
            }
            let is_enough = u32::try_from(shown.len()).is_ok_and(|count| count >= limit);
            if page.next_page_token.is_empty() || is_enough {
                break;
            }
            request.page_token = page.next_page_token;
            page = client.list_suspects(request.clone()).await?.into_inner();
        }
        shown.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        if let Some(sink) = sink {
            let written = sink.finish()?;
            output::line(format!("{written} 条疑点数据"));
        } else if self.json {
            output::json(&Listed { suspects: shown.iter().map(listed).collect() })?;
        } else {
            output::line(table(&shown));
        }
        Ok(Exit::Done)
    }
}

/// One line from the standard input.
fn typed() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Failure::settings)?;
    Ok(line.trim().to_owned())
}

/// A file that the list goes to.
struct Sink {
    rows: Box<dyn crate::tables::RowWriter + Send>,
    name: String,
}

impl Sink {
    fn open(out: &std::path::Path) -> Result<Self, Failure> {
        let name = out.display().to_string();
        let unwritable = |error: &dyn std::fmt::Display| Failure::settings(format!("{name}: {error}"));
        let format = ExportFormat::from_file_name(&out.to_string_lossy())
            .ok_or_else(|| unwritable(&"must end in .xlsx, .csv or .jsonl"))?;
        let file = BufWriter::new(File::create(out).map_err(|error| unwritable(&error))?);
        let rows = row_writer(format, file, SuspectRow::layout()).map_err(|error| unwritable(&error))?;
        Ok(Self { rows, name })
    }

    fn write(&mut self, suspect: &pb::Suspect) -> Result<(), Failure> {
        let Self { rows, name } = self;
        rows.write_row(&sheet::row(suspect)?.values()).map_err(|error| Failure::settings(format!("{name}: {error}")))
    }

    fn finish(self) -> Result<u64, Failure> {
        let Self { rows, name } = self;
        rows.finish().map_err(|error| Failure::settings(format!("{name}: {error}")))
    }
}

fn table(suspects: &[pb::Suspect]) -> comfy_table::Table {
    let mut table = output::table(["疑点", "规则", "状态", "资金", "涉及（元）", "企业", "人员"]);
    for suspect in suspects {
        let second = suspect.second.clone().unwrap_or_default();
        let name = if second.enterprise_name.is_empty() { &second.uscc } else { &second.enterprise_name };
        let stake = suspect.stake.as_ref();
        table.add_row([
            suspect.suspect_id.clone(),
            suspect.message_zh.clone(),
            sheet::state(suspect.state()).zh().to_owned(),
            stake.map(|it| sheet::band(it.band()).zh().to_owned()).unwrap_or_default(),
            sheet::amount(suspect).map(Fen::yuan_text).unwrap_or_default(),
            name.clone(),
            second.person_name_masked.clone(),
        ]);
    }
    table
}

fn listed(suspect: &pb::Suspect) -> ListedSuspect<'_> {
    let second = suspect.second.as_ref();
    let stake = suspect.stake.as_ref();
    ListedSuspect {
        suspect_id: &suspect.suspect_id,
        rule: &suspect.rule,
        state: sheet::state(suspect.state()).code(),
        band: stake.map(|it| sheet::band(it.band()).code()),
        amount_fen: sheet::amount(suspect).map(Fen::get),
        weight: stake.map(|it| it.weight),
        first_uscc: suspect.first.as_ref().map(|it| it.uscc.as_str()),
        second_uscc: second.map(|it| it.uscc.as_str()).unwrap_or_default(),
        person: second.map(|it| it.person_name_masked.as_str()).unwrap_or_default(),
    }
}

fn state(state: State) -> pb::SuspectState {
    match state {
        State::Open => pb::SuspectState::Open,
        State::Assigned => pb::SuspectState::Assigned,
        State::Investigating => pb::SuspectState::Investigating,
        State::Confirmed => pb::SuspectState::Confirmed,
        State::Dismissed => pb::SuspectState::Dismissed,
    }
}

fn band(band: Band) -> pb::SuspectBand {
    match band {
        Band::Nothing => pb::SuspectBand::Nothing,
        Band::Recoverable => pb::SuspectBand::Recoverable,
        Band::Stoppable => pb::SuspectBand::Stoppable,
    }
}
