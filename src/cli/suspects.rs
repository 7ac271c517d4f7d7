//! `hufu suspects`: suspects into a file, going on where the last pull ended; and what people do with them.

pub mod steps;

mod desk;
mod list;
mod sheet;
mod show;
mod unmask;

pub(super) mod import;
mod outcomes;

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use crate::proto::suspects::v1 as pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use crate::tables::SuspectRow;
use crate::tables::export::{CsvWriter, ExportFormat, JsonLinesWriter, RowWriter, row_writer};

#[derive(Debug, Subcommand)]
pub enum Suspects {
    /// Pulls suspects to a file.
    Pull(Pull),
    /// 疑点清单: lists suspects, narrowed and in an order.
    List(list::List),
    /// 疑点统计: shows the desk in numbers.
    Desk(desk::Desk),
    /// 分派: gives a suspect to a person.
    Assign(steps::Assign),
    /// 承办: a person takes a suspect up and looks into it.
    TakeUp(steps::TakeUp),
    /// 记录: writes down what a person found on the way.
    Comment(steps::Comment),
    /// 核实: records what a person found a suspect to be.
    Judge(steps::Judge),
    /// 批量核实: the same for many alike suspects, each with a record of its own.
    JudgeMany(steps::JudgeMany),
    /// 重新核实: opens a judged suspect again, because of a new fact.
    Reopen(steps::Reopen),
    /// 疑点档案: shows what a suspect is judged by.
    Show(show::Show),
    /// 查看完整身份: shows one person in the open, for a reason.
    Unmask(unmask::Unmask),
    /// 疑点数据: takes what the ministry sent down.
    Import(import::Import),
    /// 核实结果: writes what was found on the ministry's records.
    Outcomes(outcomes::Outcomes),
}

/// Pulls suspects to a file: .csv, .xlsx or .jsonl.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hufu suspects pull --out suspects.xlsx\n  hufu suspects pull --out suspects.csv --resume suspects.token\n\n\
With --resume, the place reached is kept in that file; pulling again appends (CSV, JSON lines) or writes only what is new (XLSX)."
)]
pub struct Pull {
    /// Where to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// Keeps the place reached, to go on from there next time.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Print one JSON object with the counts.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Pulled {
    suspects: u64,
    resume_token: String,
}

impl Suspects {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Pull(command) => command.run().await,
            Self::List(command) => command.run().await,
            Self::Desk(command) => command.run().await,
            Self::Assign(command) => command.run().await,
            Self::TakeUp(command) => command.run().await,
            Self::Comment(command) => command.run().await,
            Self::Judge(command) => command.run().await,
            Self::Show(command) => command.run().await,
            Self::Unmask(command) => command.run().await,
            Self::JudgeMany(command) => command.run().await,
            Self::Reopen(command) => command.run().await,
            Self::Import(command) => command.run().await,
            Self::Outcomes(command) => command.run().await,
        }
    }
}

impl Pull {
    async fn run(self) -> Result<Exit, Failure> {
        let command = self;
        let reached = match &command.resume {
            Some(file) if file.exists() => Reached::read(&super::connection::read_text(file)?),
            Some(_) | None => Reached::default(),
        };
        let token = reached.token.clone();
        let mut client =
            SuspectServiceClient::new(command.connection.channel()?).max_decoding_message_size(MESSAGE_MAX);
        let request = pb::PullSuspectsRequest { resume_token: token.clone(), region: command.region.clone() };
        let mut stream = client.pull_suspects(request).await?.into_inner();
        let target = Target::of(&command.out, &reached)?;
        let mut rows = target.open()?;
        let bar = output::progress("suspects");
        let mut pulled = Pulled { suspects: 0, resume_token: token };
        while let Some(message) = stream.message().await? {
            for suspect in &message.suspects {
                rows.write_row(&sheet::row(suspect)?.values()).map_err(Failure::failed)?;
                pulled.suspects += 1;
            }
            bar.set_position(pulled.suspects);
            pulled.resume_token = message.resume_token;
        }
        rows.finish().map_err(Failure::failed)?;
        bar.finish_and_clear();
        let length = target.finish()?;
        // Only now is everything up to the token in the file.
        if let Some(file) = &command.resume {
            keep(file, &Reached { token: pulled.resume_token.clone(), length: Some(length) })?;
        }
        if command.json {
            output::json(&pulled)?;
        } else {
            output::line(format!("{} 条疑点数据 → {}", pulled.suspects, command.out.display()));
        }
        Ok(Exit::Done)
    }
}

/// A message holds at most 500 suspects of some hundred bytes each.
const MESSAGE_MAX: usize = 4 * 1024 * 1024;

/// How far earlier pulls have come.
#[derive(Debug, Default, PartialEq, Eq)]
struct Reached {
    token: String,
    /// How long the file was then: what stands behind it is of a pull that did not come to its end.
    length: Option<u64>,
}

impl Reached {
    fn read(text: &str) -> Self {
        let mut lines = text.lines().map(str::trim);
        let token = lines.next().unwrap_or_default().to_owned();
        Self { token, length: lines.next().and_then(|line| line.parse().ok()) }
    }
}

/// The file that rows go to.
struct Target {
    out: PathBuf,
    format: ExportFormat,
    /// Rows are added behind so many bytes.
    keeps: Option<u64>,
}

impl Target {
    fn of(out: &Path, reached: &Reached) -> Result<Self, Failure> {
        let format = ExportFormat::from_file_name(&out.to_string_lossy())
            .ok_or_else(|| Failure::settings(format!("{}: must end in .xlsx, .csv or .jsonl", out.display())))?;
        let length = out.metadata().ok().map(|it| it.len());
        let appends = !reached.token.is_empty() && format != ExportFormat::Xlsx;
        let keeps = length.filter(|_| appends).map(|length| reached.length.unwrap_or(length));
        if keeps > length {
            let why = "is shorter than at the last pull; without --resume everything is pulled again";
            return Err(Failure::settings(format!("{}: {why}", out.display())));
        }
        Ok(Self { out: out.to_owned(), format, keeps })
    }

    /// A spreadsheet is written beside the file, which stands until there is another.
    fn path(&self) -> PathBuf {
        if self.format == ExportFormat::Xlsx { self.out.with_extension("xlsx.next") } else { self.out.clone() }
    }

    fn open(&self) -> Result<Box<dyn RowWriter + Send>, Failure> {
        let Some(length) = self.keeps else {
            let sink = File::create(self.path()).map(BufWriter::new).map_err(|error| self.unwritable(&error))?;
            return row_writer(self.format, sink, SuspectRow::layout()).map_err(|error| self.unwritable(&error));
        };
        let file = OpenOptions::new().append(true).open(&self.out).map_err(|error| self.unwritable(&error))?;
        file.set_len(length).map_err(|error| self.unwritable(&error))?;
        let sink = BufWriter::new(file);
        Ok(match self.format {
            ExportFormat::JsonLines => Box::new(JsonLinesWriter::new(sink, SuspectRow::layout())),
            ExportFormat::Csv | ExportFormat::Xlsx => Box::new(CsvWriter::resume(sink, SuspectRow::layout())),
        })
    }

    /// Gives how long the file now is.
    fn finish(&self) -> Result<u64, Failure> {
        if self.path() != self.out {
            std::fs::rename(self.path(), &self.out).map_err(|error| self.unwritable(&error))?;
        }
        self.out.metadata().map(|it| it.len()).map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &dyn std::fmt::Display) -> Failure {
        Failure::settings(format!("{}: {error}", self.out.display()))
    }
}

/// Replaces the file as a whole, so that a kill leaves the old place or the new one.
fn keep(file: &Path, reached: &Reached) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| Failure::settings(format!("{}: {error}", file.display()));
    let next = file.with_extension("next");
    let mut sink = File::create(&next).map_err(unwritable)?;
    let length = reached.length.map(|it| format!("\n{it}")).unwrap_or_default();
    let text = format!("{}{length}", reached.token);
    sink.write_all(text.as_bytes()).and_then(|()| sink.sync_all()).map_err(unwritable)?;
    std::fs::rename(&next, file).map_err(unwritable)
}
