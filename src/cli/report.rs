//! `hufu report`: what falls due, and whether the other bureaus' systems answer.

use clap::{Args, Subcommand};
use serde::Serialize;
use tonic::transport::Channel;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use super::pages::{PAGE_SIZE, pages};
use crate::domain::calendar::cst_date_time;
use crate::domain::money::Fen;
use crate::proto::common::v1 as common;
use crate::proto::reports::v1 as pb;
use crate::proto::reports::v1::report_service_client::ReportServiceClient;

#[derive(Debug, Subcommand)]
pub enum Report {
    /// 30天到期雷达: unpaid claims by their last day, those past it first.
    Radar(Radar),
    /// 其他机构系统: whether each registry, finance and the bank are being asked.
    Upstreams(Upstreams),
}

/// Unpaid claims by their last day.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1: some claims are past their last day.")]
pub struct Radar {
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// At most so many lines by county and state.
    #[arg(long, default_value_t = 500, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    common: Common,
}

/// Whether the other bureaus' systems are being asked.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1: some system does not answer.")]
pub struct Upstreams {
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
    fn client(&self) -> Result<ReportServiceClient<Channel>, Failure> {
        Ok(ReportServiceClient::new(self.connection.channel()?))
    }
}

#[derive(Serialize)]
struct Due<'a> {
    today: String,
    until: String,
    days: Vec<DueDay>,
    places: Vec<DuePlace<'a>>,
}

#[derive(Serialize)]
struct DueDay {
    /// Absent for what is past its day.
    due_on: Option<String>,
    claims: i64,
    amount_fen: i64,
}

#[derive(Serialize)]
struct DuePlace<'a> {
    due_on: String,
    region: &'a str,
    state: &'a str,
    claims: i64,
    amount_fen: i64,
}

#[derive(Serialize)]
struct Asked<'a> {
    upstreams: Vec<AskedOne<'a>>,
}

#[derive(Serialize)]
struct AskedOne<'a> {
    upstream: &'a str,
    state: &'a str,
    since: String,
    answered_at: Option<String>,
}

impl Report {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Radar(command) => command.run().await,
            Self::Upstreams(command) => command.run().await,
        }
    }
}

impl Radar {
    async fn run(self) -> Result<Exit, Failure> {
        let mut client = self.common.client()?;
        let mut head = None;
        let places = pages(self.limit, async |page_token| {
            let request = pb::GetRadarRequest { region: self.region.clone(), page_size: PAGE_SIZE, page_token };
            let pb::GetRadarResponse { today, until, days, places, next_page_token } =
                client.get_radar(request).await?.into_inner();
            head.get_or_insert((today, until, days));
            Ok((places, next_page_token))
        });
        let places = places.await?;
        let (today, until, days) = head.unwrap_or_default();
        let is_late = days.iter().any(|day| day.due_on.is_none());
        if self.common.json {
            let days = days.iter().map(due_day).collect();
            let places = places.iter().map(due_place).collect();
            output::json(&Due { today: day(today), until: day(until), days, places })?;
        } else {
            output::line(format!("{}至{}到期、尚未发放的申领", day(today), day(until)));
            let mut table =
                output::table(["最后期限 due", "地区 region", "状态 state", "笔数 claims", "已核准金额 yuan"]);
            for it in &days {
                let due_on = it.due_on.map_or_else(|| "已逾期".to_owned(), |it| day(Some(it)));
                let sum = Fen::new(it.amount_fen).yuan_text();
                table.add_row([due_on.as_str(), "合计", "", &it.claims.to_string(), &sum]);
            }
            for it in places.iter().map(due_place) {
                let sum = Fen::new(it.amount_fen).yuan_text();
                table.add_row([it.due_on.as_str(), it.region, it.state, &it.claims.to_string(), &sum]);
            }
            output::line(table);
        }
        Ok(if is_late { Exit::Attention } else { Exit::Done })
    }
}

impl Upstreams {
    async fn run(self) -> Result<Exit, Failure> {
        let upstreams = self.common.client()?.list_upstreams(pb::ListUpstreamsRequest {}).await?.into_inner().upstreams;
        if self.common.json {
            output::json(&Asked { upstreams: upstreams.iter().map(asked).collect::<Result<_, _>>()? })?;
        } else {
            let mut table = output::table(["系统 upstream", "", "状态 state", "自 since", "最近答复 answered"]);
            for it in &upstreams {
                let AskedOne { upstream, state, since, answered_at } = asked(it)?;
                let answered = answered_at.unwrap_or_else(|| "尚无".to_owned());
                table.add_row([&it.upstream_zh, upstream, state, &since, &answered]);
            }
            output::line(table);
        }
        let all_asked = upstreams.iter().all(|it| it.state() == pb::UpstreamState::Asked);
        Ok(if all_asked { Exit::Done } else { Exit::Attention })
    }
}

fn due_day(it: &pb::RadarDay) -> DueDay {
    let pb::RadarDay { due_on, claims, amount_fen } = it;
    DueDay { due_on: due_on.map(|it| day(Some(it))), claims: *claims, amount_fen: *amount_fen }
}

fn due_place(it: &pb::RadarPlace) -> DuePlace<'_> {
    let pb::RadarPlace { due_on, region, state, claims, amount_fen } = it;
    DuePlace { due_on: day(*due_on), region, state, claims: *claims, amount_fen: *amount_fen }
}

fn asked(it: &pb::Upstream) -> Result<AskedOne<'_>, Failure> {
    let state = match it.state() {
        pb::UpstreamState::Asked => "asked",
        pb::UpstreamState::LeftAlone => "left-alone",
        pb::UpstreamState::Tried => "tried",
        pb::UpstreamState::Unspecified => "unknown",
    };
    let answered_at = it.answered_at.map(moment).transpose()?;
    Ok(AskedOne { upstream: &it.upstream, state, since: moment(it.since.unwrap_or_default())?, answered_at })
}

/// In China's time.
fn moment(at: prost_types::Timestamp) -> Result<String, Failure> {
    let at = jiff::Timestamp::new(at.seconds, at.nanos).map_err(Failure::failed)?;
    Ok(cst_date_time(at).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn day(date: Option<common::Date>) -> String {
    date.map(|it| format!("{:04}-{:02}-{:02}", it.year, it.month, it.day)).unwrap_or_default()
}
