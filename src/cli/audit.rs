//! `hufu audit`: who did or read what.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use crate::domain::calendar::cst_date_time;
use crate::proto::audit::v1 as pb;
use crate::proto::audit::v1::audit_service_client::AuditServiceClient;

/// As many as the contract gives on one page.
const PAGE_SIZE: i32 = 500;

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// 日志: entries, newest first.
    List(List),
}

/// Entries of the audit log, newest first. Looking is in the log as well.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  hufu audit list --person wang.li --day 2022-10-10\n  \
hufu audit list --subject 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --json")]
pub struct List {
    /// Only what this person did or read: organization/person, or the name alone within the caller's organization.
    #[arg(long, default_value = "", value_name = "PERSON")]
    person: String,
    /// Only what happened to this: the id of a claim, suspect, case, filing, batch, payment, instruction or statement.
    #[arg(long, default_value = "", value_name = "ID")]
    subject: String,
    /// Only of this day in China's time, e.g. 2022-10-10.
    #[arg(long, default_value = "", value_name = "DAY")]
    day: String,
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// At most so many.
    #[arg(long, default_value_t = 500, value_name = "N")]
    limit: usize,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Listed<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    sequence: i64,
    /// In China's time.
    at: String,
    actor: &'a str,
    person: &'a str,
    action: &'a str,
    subject_kind: &'a str,
    subject_id: &'a str,
    region: &'a str,
    state: &'a str,
    detail: &'a str,
}

impl Audit {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::List(command) => command.run().await,
        }
    }
}

impl List {
    async fn run(self) -> Result<Exit, Failure> {
        let mut client = AuditServiceClient::new(self.connection.channel()?);
        let mut request = pb::ListEntriesRequest {
            region: self.region,
            person: self.person,
            subject_id: self.subject,
            day: self.day,
            page_size: i32::try_from(self.limit).unwrap_or(PAGE_SIZE).clamp(1, PAGE_SIZE),
            page_token: String::new(),
        };
        let mut entries = Vec::new();
        while entries.len() < self.limit {
            let page = client.list_entries(request.clone()).await?.into_inner();
            entries.extend(page.entries);
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        entries.truncate(self.limit);
        if self.json {
            let entries = entries.iter().map(entry).collect::<Result<_, _>>()?;
            output::json(&Listed { entries })?;
            return Ok(Exit::Done);
        }
        let mut table = output::table([
            "序号",
            "时间",
            "人员 person",
            "系统 system",
            "事项 action",
            "对象 subject",
            "状态",
            "说明",
        ]);
        for it in &entries {
            let subject = format!("{} {}", it.subject_kind, it.subject_id);
            let (sequence, at) = (it.sequence.to_string(), moment(it)?);
            table.add_row([&sequence, &at, &it.person, &it.actor, &it.action, &subject, &it.state, &it.detail]);
        }
        output::line(table);
        Ok(Exit::Done)
    }
}

fn entry(entry: &pb::AuditEntry) -> Result<Entry<'_>, Failure> {
    Ok(Entry {
        sequence: entry.sequence,
        at: moment(entry)?,
        actor: &entry.actor,
        person: &entry.person,
        action: &entry.action,
        subject_kind: &entry.subject_kind,
        subject_id: &entry.subject_id,
        region: &entry.region,
        state: &entry.state,
        detail: &entry.detail,
    })
}

fn moment(entry: &pb::AuditEntry) -> Result<String, Failure> {
    let at = entry.at.unwrap_or_default();
    let at = jiff::Timestamp::new(at.seconds, at.nanos).map_err(Failure::failed)?;
    Ok(cst_date_time(at).to_string())
}
