//! What people do with suspects: assigned, taken up, commented, judged one by one or many at once, opened again.

use std::io::Read;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args};
use serde::Serialize;

use crate::cli::connection::{Connection, read_text};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::desk::{DismissalReason, NewFact};
use crate::proto::suspects::v1 as pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;

/// As many as the contract takes in one request.
const AT_ONCE: usize = 200;

/// Which suspect, and who acts.
#[derive(Debug, Args)]
struct Which {
    suspect_id: String,
    /// Who acts: the staff number or name in your organization's systems.
    #[arg(long, value_name = "PERSON")]
    person: String,
    /// For which province; needed only where your region spans both of a suspect's.
    #[arg(long, default_value = "", value_name = "CODE")]
    province: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// 分派: gives a suspect to a person.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
#[command(
    after_help = "Example:\n  hufu suspects assign 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --person chief --to wang.li"
)]
pub struct Assign {
    #[command(flatten)]
    which: Which,
    /// To whom, of the same organization.
    #[arg(long, value_name = "PERSON")]
    to: String,
    /// The version that you saw; without it, the suspect as it stands now.
    #[arg(long, default_value_t, value_name = "N")]
    version: i64,
}

/// 承办: a person takes a suspect up.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
#[command(after_help = "Example:\n  hufu suspects take-up 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --person wang.li")]
pub struct TakeUp {
    #[command(flatten)]
    which: Which,
    /// The version that you saw; without it, the suspect as it stands now.
    #[arg(long, default_value_t, value_name = "N")]
    version: i64,
}

/// 记录: writes down what a person found on the way.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hufu suspects comment 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --person wang.li --text 已向学信网发函"
)]
pub struct Comment {
    #[command(flatten)]
    which: Which,
    /// What was found; no personal data.
    #[arg(long, value_name = "WORDS")]
    text: String,
}

/// What a person finds, and on what evidence.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("finding").required(true))]
struct Finding {
    /// 属实: it is true.
    #[arg(long, group = "finding")]
    confirm: bool,
    /// 不属实: it is not.
    #[arg(long, group = "finding", requires = "because")]
    dismiss: bool,
    /// With --dismiss: why it is not.
    #[arg(long, value_name = "CODE", conflicts_with = "confirm", value_parser = dismissal_codes())]
    because: Option<String>,
    /// On what evidence; no personal data.
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

/// 核实: records what a person found a suspect to be.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
#[command(
    after_help = "Examples:\n  hufu suspects judge 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --person wang.li --confirm --reason 合同与参保记录相符\n  \
hufu suspects judge 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --person wang.li --dismiss --because different-person --reason 同名不同人"
)]
pub struct Judge {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    finding: Finding,
    /// The version that you saw; without it, the suspect as it stands now.
    #[arg(long, default_value_t, value_name = "N")]
    version: i64,
}

/// 批量核实: judges many suspects of one rule alike, each with a record of its own.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true))]
#[command(
    after_help = "Examples:\n  hufu suspects judge-many --from ids.txt --person wang.li --dismiss --because registry-error --reason 学信网已更正\n\n\
Exit code 1: some were not judged; they are listed with the reason, and hold up none of the others."
)]
pub struct JudgeMany {
    #[arg(group = "which", value_name = "SUSPECT_ID")]
    suspect_ids: Vec<String>,
    /// A file with an id on each line; `-` reads standard input.
    #[arg(long, group = "which", value_name = "FILE")]
    from: Option<PathBuf>,
    /// Who judges: the staff number or name in your organization's systems.
    #[arg(long, value_name = "PERSON")]
    person: String,
    #[command(flatten)]
    finding: Finding,
    /// For which province; needed only where your region spans both of a suspect's.
    #[arg(long, default_value = "", value_name = "CODE")]
    province: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// 重新核实: opens a judged suspect again.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
#[command(
    after_help = "Example:\n  hufu suspects reopen 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --person wang.li --fact other-province --text 外省来函"
)]
pub struct Reopen {
    #[command(flatten)]
    which: Which,
    /// What is new.
    #[arg(long, value_name = "CODE", value_parser = fact_codes())]
    fact: String,
    /// The fact in words; no personal data.
    #[arg(long, value_name = "WORDS")]
    text: String,
    /// The version that you saw; without it, the suspect as it stands now.
    #[arg(long, default_value_t, value_name = "N")]
    version: i64,
}

/// A suspect after a step.
#[derive(Serialize)]
struct Shown<'a> {
    suspect_id: &'a str,
    rule: &'a str,
    state: &'static str,
    desks: Vec<ShownDesk<'a>>,
}

#[derive(Serialize)]
struct ShownDesk<'a> {
    province: &'a str,
    state: &'static str,
    /// 0 at the desk of another province.
    version: i64,
    assignee: &'a str,
    escalation: i32,
}

/// What became of many.
#[derive(Default, Serialize)]
struct Judgments {
    judged: usize,
    refused: Vec<NotJudged>,
}

#[derive(Serialize)]
struct NotJudged {
    suspect_id: String,
    reason: String,
    message: String,
}

impl Assign {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let Self { which, to, version } = self;
        let mut client = SuspectServiceClient::new(which.connection.channel()?);
        let request = pb::AssignSuspectRequest {
            request_id: request_id(),
            suspect_id: which.suspect_id,
            person: which.person,
            assignee: to,
            province: which.province,
            version,
        };
        show(client.assign_suspect(request).await?.into_inner().suspect, which.json)
    }
}

impl TakeUp {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let Self { which, version } = self;
        let mut client = SuspectServiceClient::new(which.connection.channel()?);
        let request = pb::TakeUpSuspectRequest {
            request_id: request_id(),
            suspect_id: which.suspect_id,
            person: which.person,
            province: which.province,
            version,
        };
        show(client.take_up_suspect(request).await?.into_inner().suspect, which.json)
    }
}

impl Comment {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let Self { which, text } = self;
        let mut client = SuspectServiceClient::new(which.connection.channel()?);
        let request = pb::CommentSuspectRequest {
            request_id: request_id(),
            suspect_id: which.suspect_id,
            person: which.person,
            text,
            province: which.province,
        };
        show(client.comment_suspect(request).await?.into_inner().suspect, which.json)
    }
}

impl Judge {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let Self { which, finding, version } = self;
        let mut client = SuspectServiceClient::new(which.connection.channel()?);
        let request = pb::DecideSuspectRequest {
            request_id: request_id(),
            suspect_id: which.suspect_id,
            person: which.person,
            decision: finding.decision().into(),
            dismissal: finding.dismissal().into(),
            reason: finding.reason,
            province: which.province,
            version,
        };
        show(client.decide_suspect(request).await?.into_inner().suspect, which.json)
    }
}

impl JudgeMany {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let Self { suspect_ids, from, person, finding, province, json, connection } = self;
        let ids = [suspect_ids, listed(from)?].concat();
        let mut client = SuspectServiceClient::new(connection.channel()?);
        let mut judgments = Judgments::default();
        for suspect_ids in ids.chunks(AT_ONCE) {
            let request = pb::DecideSuspectsRequest {
                request_id: request_id(),
                suspect_ids: suspect_ids.to_vec(),
                person: person.clone(),
                decision: finding.decision().into(),
                dismissal: finding.dismissal().into(),
                reason: finding.reason.clone(),
                province: province.clone(),
            };
            for outcome in client.decide_suspects(request).await?.into_inner().outcomes {
                let pb::SuspectOutcome { suspect_id, suspect, error_code, error_zh, error_en: _ } = outcome;
                if suspect.is_some() {
                    judgments.judged += 1;
                } else {
                    judgments.refused.push(NotJudged { suspect_id, reason: error_code, message: error_zh });
                }
            }
        }
        judgments.tell(json)
    }
}

impl Reopen {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let Self { which, fact, text, version } = self;
        let mut client = SuspectServiceClient::new(which.connection.channel()?);
        let request = pb::ReopenSuspectRequest {
            request_id: request_id(),
            suspect_id: which.suspect_id,
            person: which.person,
            fact: new_fact(&fact).into(),
            text,
            province: which.province,
            version,
        };
        show(client.reopen_suspect(request).await?.into_inner().suspect, which.json)
    }
}

impl Finding {
    fn decision(&self) -> pb::SuspectDecision {
        if self.confirm { pb::SuspectDecision::Confirm } else { pb::SuspectDecision::Dismiss }
    }

    fn dismissal(&self) -> pb::DismissalReason {
        match self.because.as_deref().and_then(DismissalReason::from_code) {
            None => pb::DismissalReason::Unspecified,
            Some(DismissalReason::DifferentPerson) => pb::DismissalReason::DifferentPerson,
            Some(DismissalReason::RegistryError) => pb::DismissalReason::RegistryError,
            Some(DismissalReason::EntryError) => pb::DismissalReason::EntryError,
            Some(DismissalReason::ClaimGone) => pb::DismissalReason::ClaimGone,
            Some(DismissalReason::PolicyAllows) => pb::DismissalReason::PolicyAllows,
            Some(DismissalReason::PutRight) => pb::DismissalReason::PutRight,
        }
    }
}

impl Judgments {
    fn tell(self, json: bool) -> Result<Exit, Failure> {
        if json {
            output::json(&self)?;
        } else {
            output::line(format!("核实 {} 条，未核实 {} 条", self.judged, self.refused.len()));
            for NotJudged { suspect_id, reason, message } in &self.refused {
                output::line(format!("  {suspect_id} {message} {reason}"));
            }
        }
        Ok(if self.refused.is_empty() { Exit::Done } else { Exit::Attention })
    }
}

fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn dismissal_codes() -> PossibleValuesParser {
    PossibleValuesParser::new(DismissalReason::ALL.map(DismissalReason::code))
}

fn fact_codes() -> PossibleValuesParser {
    PossibleValuesParser::new(NewFact::ALL.map(NewFact::code))
}

fn new_fact(code: &str) -> pb::NewFact {
    match NewFact::from_code(code) {
        None => pb::NewFact::Unspecified,
        Some(NewFact::RegistryChanged) => pb::NewFact::RegistryChanged,
        Some(NewFact::OtherProvince) => pb::NewFact::OtherProvince,
        Some(NewFact::MinistryRecord) => pb::NewFact::MinistryRecord,
        Some(NewFact::Report) => pb::NewFact::Report,
        Some(NewFact::Document) => pb::NewFact::Document,
    }
}

/// The ids of a file, one a line; blank lines are none.
fn listed(from: Option<PathBuf>) -> Result<Vec<String>, Failure> {
    let text = match from {
        None => return Ok(Vec::new()),
        Some(file) if file.as_os_str() == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(Failure::settings)?;
            text
        }
        Some(file) => read_text(&file)?,
    };
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// What a desk's state is called.
fn state(state: pb::SuspectState) -> SuspectState {
    match state {
        pb::SuspectState::Confirmed => SuspectState::Confirmed,
        pb::SuspectState::Dismissed => SuspectState::Dismissed,
        pb::SuspectState::Assigned => SuspectState::Assigned,
        pb::SuspectState::Investigating => SuspectState::Investigating,
        pb::SuspectState::Open | pb::SuspectState::Unspecified => SuspectState::Open,
    }
}

fn show(suspect: Option<pb::Suspect>, json: bool) -> Result<Exit, Failure> {
    let suspect = suspect.unwrap_or_default();
    let stands = state(suspect.state());
    if json {
        let desk = |desk: &'_ pb::SuspectDesk| state(desk.state()).code();
        let desks = suspect.desks.iter().map(|it| ShownDesk {
            province: &it.province,
            state: desk(it),
            version: it.version,
            assignee: &it.assignee,
            escalation: it.escalation,
        });
        output::json(&Shown {
            suspect_id: &suspect.suspect_id,
            rule: &suspect.rule,
            state: stands.code(),
            desks: desks.collect(),
        })?;
    } else {
        let (id, what) = (&suspect.suspect_id, &suspect.message_zh);
        output::line(format!("{id} {what}：{} {}", stands.zh(), stands.code()));
        for desk in suspect.desks.iter().filter(|desk| !desk.assignee.is_empty()) {
            output::line(format!("  {} 承办人 {}", desk.province, desk.assignee));
        }
    }
    Ok(Exit::Done)
}
