//! `hufu clawback`: cases from a confirmed suspect to the last fen (六(三)).

use clap::{Args, Subcommand};
use serde::Serialize;
use tonic::transport::Channel;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use super::pages::{PAGE_SIZE, pages};
use crate::domain::clawback::CaseState;
use crate::domain::money::Fen;
use crate::proto::clawback::v1 as pb;
use crate::proto::clawback::v1::clawback_service_client::ClawbackServiceClient;

#[derive(Debug, Subcommand)]
pub enum Clawback {
    /// 立案: drafts a case from a confirmed suspect, for a claim of it that is paid.
    Draft(Draft),
    /// 批准: another person approves the draft; the notice goes out.
    Approve(Step),
    /// 陈述申辩: records the enterprise's reply.
    Reply(Said),
    /// 逾期未陈述: the time for a reply has passed without one.
    NoReply(Step),
    /// 责令限期退回: the demand goes out.
    Demand(Demand),
    /// 移送追责: handed over for liability.
    Refer(Said),
    /// 拟核销: proposes to give up the rest.
    ProposeWaiver(Said),
    /// 批准核销: another person approves it.
    ApproveWaiver(Said),
    /// 撤销: another person than who drafted it drops the case before any demand.
    Drop(Said),
    /// 登记退回: records a repayment that arrived.
    Repaid(Repaid),
    /// Shows a case with its steps and papers.
    Show(Show),
    /// Lists cases, newest first.
    List(List),
    /// 追回率: ageing and recovery by cause.
    Recovery(Recovery),
}

/// Drafts a case.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hufu clawback draft --suspect S --claim C --person wang.li --facts 该毕业生已由另一企业申领"
)]
pub struct Draft {
    /// The confirmed suspect.
    #[arg(long, value_name = "SUSPECT")]
    suspect: String,
    /// The claim of it that must be paid back.
    #[arg(long, value_name = "CLAIM")]
    claim: String,
    /// How much, in fen; without it all that was paid.
    #[arg(long, value_name = "FEN")]
    amount_fen: Option<i64>,
    /// Who drafts: the staff number or name in your organization's systems.
    #[arg(long, value_name = "PERSON")]
    person: String,
    /// The facts, for the notice; no personal data.
    #[arg(long, value_name = "WORDS")]
    facts: String,
    #[command(flatten)]
    common: Common,
}

/// Takes a case one step further.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
pub struct Step {
    case_id: String,
    /// Who acts: the staff number or name in your organization's systems.
    #[arg(long, value_name = "PERSON")]
    person: String,
    /// The version that you saw; without it, the case as it stands now (which needs `money.read`).
    #[arg(long, value_name = "N")]
    version: Option<i64>,
    #[command(flatten)]
    common: Common,
}

/// A step with words.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
pub struct Said {
    #[command(flatten)]
    step: Step,
    /// The reply, or the reason; no personal data.
    #[arg(long, visible_alias = "reason", value_name = "WORDS")]
    text: String,
}

/// Demands the money back.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
pub struct Demand {
    #[command(flatten)]
    step: Step,
    /// Keep what the enterprise is still owed against it.
    #[arg(long)]
    set_off: bool,
}

/// Records a repayment.
#[derive(Debug, Args)]
pub struct Repaid {
    case_id: String,
    /// How much, in fen.
    #[arg(long, value_name = "FEN")]
    amount_fen: i64,
    /// The bank's reference of the credit.
    #[arg(long, value_name = "REFERENCE")]
    reference: String,
    /// Who records.
    #[arg(long, value_name = "PERSON")]
    person: String,
    #[command(flatten)]
    common: Common,
}

/// Shows a case.
#[derive(Debug, Args)]
pub struct Show {
    case_id: String,
    #[command(flatten)]
    common: Common,
}

/// Lists cases.
#[derive(Debug, Args)]
pub struct List {
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// Only in this state, e.g. demanded.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 500, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    common: Common,
}

/// Ageing and recovery.
#[derive(Debug, Args)]
pub struct Recovery {
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
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

type Client = ClawbackServiceClient<Channel>;

impl Common {
    fn client(&self) -> Result<Client, Failure> {
        Ok(ClawbackServiceClient::new(self.connection.channel()?))
    }

    /// Prints a case in one line.
    fn show(&self, case: Option<pb::Case>) -> Result<Exit, Failure> {
        let case = case.ok_or_else(|| Failure::failed("the node answered without a case"))?;
        if self.json {
            output::json(&Shown::of(&case))?;
        } else {
            output::line(in_words(&case));
        }
        Ok(Exit::Done)
    }
}

/// A case as scripts see it.
#[derive(Serialize)]
struct Shown<'a> {
    case_id: &'a str,
    case_number: &'a str,
    suspect_id: &'a str,
    claim_id: &'a str,
    region: &'a str,
    uscc: &'a str,
    rule: &'a str,
    state: &'static str,
    amount_fen: i64,
    repaid_fen: i64,
    set_off_fen: i64,
    waived_fen: i64,
    outstanding_fen: i64,
    due_on: Option<String>,
    version: i64,
}

impl<'a> Shown<'a> {
    fn of(case: &'a pb::Case) -> Self {
        Self {
            case_id: &case.case_id,
            case_number: &case.case_number,
            suspect_id: &case.suspect_id,
            claim_id: &case.claim_id,
            region: &case.region,
            uscc: &case.uscc,
            rule: &case.rule,
            state: state_of(case).map_or("unknown", CaseState::code),
            amount_fen: case.amount_fen,
            repaid_fen: case.repaid_fen,
            set_off_fen: case.set_off_fen,
            waived_fen: case.waived_fen,
            outstanding_fen: case.outstanding_fen,
            due_on: due_on(case),
            version: case.version,
        }
    }
}

/// A whole case.
#[derive(Serialize)]
struct File<'a> {
    #[serde(flatten)]
    case: Shown<'a>,
    steps: Vec<Taken<'a>>,
    notice: &'a str,
    demand: &'a str,
}

#[derive(Serialize)]
struct Taken<'a> {
    at: String,
    person: &'a str,
    step: &'a str,
    text: &'a str,
    amount_fen: i64,
}

#[derive(Serialize)]
struct Listed<'a> {
    cases: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Recovered {
    lines: Vec<RecoveredLine>,
}

#[derive(Serialize)]
struct RecoveredLine {
    rule: String,
    cases: i64,
    demanded_fen: i64,
    recovered_fen: i64,
    waived_fen: i64,
    outstanding_fen: [i64; 3],
}

impl Clawback {
    pub async fn run(self) -> Result<Exit, Failure> {
        use pb::CaseStep as It;
        match self {
            Self::Draft(command) => command.run().await,
            Self::Approve(step) => step.take(It::Approve, String::new(), false).await,
            Self::Reply(said) => said.step.take(It::RecordReply, said.text, false).await,
            Self::NoReply(step) => step.take(It::NoReply, String::new(), false).await,
            Self::Demand(demand) => demand.step.take(It::Demand, String::new(), demand.set_off).await,
            Self::Refer(said) => said.step.take(It::Refer, said.text, false).await,
            Self::ProposeWaiver(said) => said.step.take(It::ProposeWaiver, said.text, false).await,
            Self::ApproveWaiver(said) => said.step.take(It::ApproveWaiver, said.text, false).await,
            Self::Drop(said) => said.step.take(It::Drop, said.text, false).await,
            Self::Repaid(command) => command.run().await,
            Self::Show(command) => command.run().await,
            Self::List(command) => command.run().await,
            Self::Recovery(command) => command.run().await,
        }
    }
}

impl Draft {
    async fn run(self) -> Result<Exit, Failure> {
        let request = pb::DraftCaseRequest {
            request_id: request_id(),
            suspect_id: self.suspect,
            claim_id: self.claim,
            amount_fen: self.amount_fen.unwrap_or_default(),
            person: self.person,
            facts: self.facts,
        };
        let answer = self.common.client()?.draft_case(request).await?.into_inner();
        self.common.show(answer.case)
    }
}

impl Step {
    async fn take(self, step: pb::CaseStep, text: String, set_off: bool) -> Result<Exit, Failure> {
        let mut client = self.common.client()?;
        let version = match self.version {
            Some(version) => version,
            None => {
                let request = pb::GetCaseRequest { case_id: self.case_id.clone() };
                client.get_case(request).await?.into_inner().case.unwrap_or_default().version
            }
        };
        let request = pb::AdvanceCaseRequest {
            request_id: request_id(),
            case_id: self.case_id,
            version,
            person: self.person,
            step: step.into(),
            text,
            set_off,
        };
        let answer = client.advance_case(request).await?.into_inner();
        self.common.show(answer.case)
    }
}

impl Repaid {
    async fn run(self) -> Result<Exit, Failure> {
        let request = pb::RecordRepaymentRequest {
            request_id: request_id(),
            case_id: self.case_id,
            amount_fen: self.amount_fen,
            bank_reference: self.reference,
            person: self.person,
        };
        let answer = self.common.client()?.record_repayment(request).await?.into_inner();
        self.common.show(answer.case)
    }
}

impl Show {
    async fn run(self) -> Result<Exit, Failure> {
        let request = pb::GetCaseRequest { case_id: self.case_id };
        let answer = self.common.client()?.get_case(request).await?.into_inner();
        let case = answer.case.ok_or_else(|| Failure::failed("the node answered without a case"))?;
        let steps = answer.events.iter().map(taken).collect::<Result<Vec<_>, _>>()?;
        if self.common.json {
            let (notice, demand) = (answer.notice_zh.as_str(), answer.demand_zh.as_str());
            output::json(&File { case: Shown::of(&case), steps, notice, demand })?;
            return Ok(Exit::Done);
        }
        output::line(in_words(&case));
        let mut table = output::table(["时间 at", "步骤 step", "经办 person", "金额 yuan", "说明"]);
        for it in &steps {
            let amount = if it.amount_fen == 0 { String::new() } else { Fen::new(it.amount_fen).yuan_text() };
            table.add_row([&it.at, it.step, it.person, &amount, it.text]);
        }
        output::line(table);
        for paper in [&answer.notice_zh, &answer.demand_zh].into_iter().filter(|paper| !paper.is_empty()) {
            output::line(format!("\n{paper}"));
        }
        Ok(Exit::Done)
    }
}

impl List {
    async fn run(self) -> Result<Exit, Failure> {
        let state = match self.state.as_deref() {
            None => pb::CaseState::Unspecified,
            Some(code) => {
                wire_state(code).ok_or_else(|| Failure::settings(format!("--state {code}: no such state")))?
            }
        };
        let mut client = self.common.client()?;
        let cases = pages(self.limit, async |page_token| {
            let (region, state) = (self.region.clone(), state.into());
            let request = pb::ListCasesRequest { region, state, page_size: PAGE_SIZE, page_token };
            let page = client.list_cases(request).await?.into_inner();
            Ok((page.cases, page.next_page_token))
        });
        let cases = cases.await?;
        if self.common.json {
            output::json(&Listed { cases: cases.iter().map(Shown::of).collect() })?;
            return Ok(Exit::Done);
        }
        let mut table =
            output::table(["案件编号 case", "状态 state", "企业 enterprise", "尚欠 yuan", "期限 due", "编号 id"]);
        for case in &cases {
            let state = state_of(case).map_or("未知", CaseState::zh);
            let outstanding = Fen::new(case.outstanding_fen).yuan_text();
            let due = due_on(case).unwrap_or_default();
            table.add_row([&case.case_number, state, &case.uscc, &outstanding, &due, &case.case_id]);
        }
        output::line(table);
        Ok(Exit::Done)
    }
}

impl Recovery {
    async fn run(self) -> Result<Exit, Failure> {
        let request = pb::GetRecoveryRequest { region: self.region };
        let answer = self.common.client()?.get_recovery(request).await?.into_inner();
        if self.common.json {
            let line = |it: pb::RecoveryLine| RecoveredLine {
                rule: it.rule,
                cases: it.cases,
                demanded_fen: it.demanded_fen,
                recovered_fen: it.recovered_fen,
                waived_fen: it.waived_fen,
                outstanding_fen: [
                    it.outstanding_to_30_days_fen,
                    it.outstanding_to_90_days_fen,
                    it.outstanding_longer_fen,
                ],
            };
            output::json(&Recovered { lines: answer.lines.into_iter().map(line).collect() })?;
            return Ok(Exit::Done);
        }
        let mut table = output::table([
            "原因 cause",
            "案件",
            "责令退回",
            "已追回",
            "追回率",
            "核销",
            "欠<30天",
            "欠30-90天",
            "欠>90天",
        ]);
        let yuan = |fen| Fen::new(fen).yuan_text();
        for it in &answer.lines {
            table.add_row([
                it.rule_zh.clone(),
                it.cases.to_string(),
                yuan(it.demanded_fen),
                yuan(it.recovered_fen),
                percent(it.recovered_fen, it.demanded_fen),
                yuan(it.waived_fen),
                yuan(it.outstanding_to_30_days_fen),
                yuan(it.outstanding_to_90_days_fen),
                yuan(it.outstanding_longer_fen),
            ]);
        }
        output::line(table);
        Ok(Exit::Done)
    }
}

fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A share in whole percent, rounded down: all of it, or less than all of it.
fn percent(part: i64, whole: i64) -> String {
    let share = i128::from(part).checked_mul(100).and_then(|it| it.checked_div(i128::from(whole)));
    share.map(|it| format!("{it}%")).unwrap_or_default()
}

fn in_words(case: &pb::Case) -> String {
    let state = state_of(case).map_or("未知", CaseState::zh);
    let (amount, outstanding) = (Fen::new(case.amount_fen), Fen::new(case.outstanding_fen));
    let due = due_on(case).map(|day| format!("，期限{day}")).unwrap_or_default();
    format!("{} {}：{state}，应退{amount}元，尚欠{outstanding}元{due}", case.case_number, case.case_id)
}

fn due_on(case: &pb::Case) -> Option<String> {
    case.due_on.as_ref().map(|day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day))
}

fn taken(event: &pb::CaseEvent) -> Result<Taken<'_>, Failure> {
    let at = event.at.unwrap_or_default();
    let at = jiff::Timestamp::new(at.seconds, at.nanos).map_err(Failure::failed)?;
    let at = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).strftime("%Y-%m-%d %H:%M:%S").to_string();
    Ok(Taken { at, person: &event.person, step: &event.step, text: &event.text, amount_fen: event.amount_fen })
}

/// Where a case stands; `None` is a state that this version does not know.
fn state_of(case: &pb::Case) -> Option<CaseState> {
    Some(match case.state() {
        pb::CaseState::Unspecified => return None,
        pb::CaseState::Drafted => CaseState::Drafted,
        pb::CaseState::Noticed => CaseState::Noticed,
        pb::CaseState::Heard => CaseState::Heard,
        pb::CaseState::Demanded => CaseState::Demanded,
        pb::CaseState::Repaying => CaseState::Repaying,
        pb::CaseState::Settled => CaseState::Settled,
        pb::CaseState::Referred => CaseState::Referred,
        pb::CaseState::WaiverProposed => CaseState::WaiverProposed,
        pb::CaseState::Waived => CaseState::Waived,
        pb::CaseState::Dropped => CaseState::Dropped,
    })
}

fn wire_state(code: &str) -> Option<pb::CaseState> {
    let wanted = CaseState::from_code(code)?;
    let all = (1..).map_while(|it| pb::CaseState::try_from(it).ok());
    all.into_iter().find(|it| state_of(&pb::Case { state: (*it).into(), ..pb::Case::default() }) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    #[command(version, propagate_version = true)]
    struct Line {
        #[command(subcommand)]
        clawback: Clawback,
    }

    #[test]
    fn each_step_has_its_command() {
        let check = |words: &str, expected: bool| {
            let line = Line::try_parse_from(std::iter::once("clawback").chain(words.split_whitespace()));
            assert_eq!(line.is_ok(), expected, "{words}: {:?}", line.err().map(|it| it.to_string()));
        };
        check("draft --suspect S --claim C --person p --facts 事实", true);
        check("draft --suspect S --person p --facts 事实", false);
        check("approve X --person p --version 1", true);
        check("approve X", false);
        check("reply X --person p --text 陈述", true);
        check("reply X --person p", false);
        check("no-reply X --person p", true);
        check("demand X --person p --set-off", true);
        for step in ["refer", "propose-waiver", "approve-waiver", "drop"] {
            check(&format!("{step} X --person p --reason 理由"), true);
            check(&format!("{step} X --person p"), false);
        }
        check("repaid X --amount-fen 100 --reference B1 --person p", true);
        check("show X --json", true);
        check("list --state demanded", true);
        check("recovery --region 371500", true);
    }

    #[test]
    fn a_state_by_its_word_is_that_state() {
        for state in CaseState::ALL {
            let wire = wire_state(state.code()).unwrap();
            assert_eq!(state_of(&pb::Case { state: wire.into(), ..pb::Case::default() }), Some(state));
        }
        assert!(wire_state("nowhere").is_none());
    }

    #[test]
    fn a_share_is_all_or_less_than_all() {
        assert_eq!(percent(99_999, 100_000), "99%");
        assert_eq!(percent(100_000, 100_000), "100%");
        assert_eq!(percent(0, 0), "");
    }
}
