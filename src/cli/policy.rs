//! `hufu policy`: the sheets a node decides by, and what differs between two of them.

use clap::{Args, Subcommand};
use serde::Serialize;
use tonic::transport::Channel;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use crate::proto::policy::v1 as pb;
use crate::proto::policy::v1::policy_service_client::PolicyServiceClient;

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Shows a sheet, every value with its clause.
    Show(Show),
    /// 对比: what differs between two sheets.
    Diff(Diff),
}

/// Shows a sheet.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu policy show job-expansion-2022")]
pub struct Show {
    sheet_id: String,
    #[command(flatten)]
    common: Common,
}

/// Shows what differs between two sheets.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hufu policy diff job-expansion-2022 retention-training-2022\n\nExit code 1: something differs."
)]
pub struct Diff {
    /// The older sheet.
    left: String,
    /// The newer sheet.
    right: String,
    #[command(flatten)]
    common: Common,
}

/// How it is printed, and where the node is.
#[derive(Debug, Args)]
pub struct Common {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Common {
    fn client(&self) -> Result<PolicyServiceClient<Channel>, Failure> {
        Ok(PolicyServiceClient::new(self.connection.channel()?))
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    sheet_id: &'a str,
    version: i32,
    values: Vec<Value<'a>>,
}

#[derive(Serialize)]
struct Value<'a> {
    name: &'a str,
    #[serde(flatten)]
    said: Said<'a>,
}

#[derive(Serialize)]
struct Compared<'a> {
    left: &'a str,
    right: &'a str,
    differences: Vec<Differing<'a>>,
}

#[derive(Serialize)]
struct Differing<'a> {
    name: &'a str,
    label_zh: &'a str,
    left: Option<Said<'a>>,
    right: Option<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    clause: &'a str,
    value: &'a str,
    value_zh: &'a str,
}

impl<'a> From<&'a pb::Said> for Said<'a> {
    fn from(said: &'a pb::Said) -> Self {
        Self { clause: &said.clause, value: &said.en, value_zh: &said.zh }
    }
}

impl<'a> From<&'a pb::SheetDifference> for Differing<'a> {
    fn from(it: &'a pb::SheetDifference) -> Self {
        let [left, right] = [&it.left, &it.right].map(|said| said.as_ref().map(Said::from));
        Self { name: &it.name, label_zh: &it.label_zh, left, right }
    }
}

impl Policy {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Show(command) => command.run().await,
            Self::Diff(command) => command.run().await,
        }
    }
}

impl Show {
    async fn run(self) -> Result<Exit, Failure> {
        let request = pb::GetSheetRequest { sheet_id: self.sheet_id };
        let found = self.common.client()?.get_sheet(request).await?.into_inner();
        let summary = found.summary.unwrap_or_default();
        let said = |value: &pb::SheetValue| value.said.clone().unwrap_or_default();
        if self.common.json {
            let said: Vec<pb::Said> = found.values.iter().map(said).collect();
            let values =
                found.values.iter().zip(&said).map(|(value, said)| Value { name: &value.name, said: said.into() });
            let values = values.collect();
            output::json(&Shown { sheet_id: &summary.sheet_id, version: summary.version, values })?;
            return Ok(Exit::Done);
        }
        output::line(format!("{} {}（版本{}）", summary.source, summary.title_zh, summary.version));
        let mut table = output::table(["值", "内容", "依据", "名称"]);
        for value in &found.values {
            let said = said(value);
            table.add_row([&value.label_zh, &said.zh, &said.clause, &value.name]);
        }
        output::line(table);
        Ok(Exit::Done)
    }
}

impl Diff {
    async fn run(self) -> Result<Exit, Failure> {
        let version = |sheet_id: &str| Some(pb::SheetVersion { sheet_id: sheet_id.to_owned(), version: 0 });
        let request = pb::CompareSheetsRequest { left: version(&self.left), right: version(&self.right) };
        let found = self.common.client()?.compare_sheets(request).await?.into_inner();
        if self.common.json {
            let differences = found.differences.iter().map(Differing::from).collect();
            output::json(&Compared { left: &self.left, right: &self.right, differences })?;
        } else if found.differences.is_empty() {
            output::line("两份政策表内容一致");
        } else {
            let mut table = output::table(["值", self.left.as_str(), self.right.as_str(), "名称"]);
            for it in &found.differences {
                let said = |said: Option<&pb::Said>| {
                    said.map_or_else(|| "—".to_owned(), |said| format!("{}\n{}", said.zh, said.clause))
                };
                table.add_row([it.label_zh.clone(), said(it.left.as_ref()), said(it.right.as_ref()), it.name.clone()]);
            }
            output::line(table);
        }
        Ok(if found.differences.is_empty() { Exit::Done } else { Exit::Attention })
    }
}
