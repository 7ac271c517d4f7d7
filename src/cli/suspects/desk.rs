//! `hufu suspects desk`: the fraud-review desk in numbers.

use clap::Args;
use serde::Serialize;

use super::sheet;
use crate::cli::connection::Connection;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::domain::money::Fen;
use crate::domain::suspect::SuspectRule;
use crate::proto::suspects::v1 as pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;

/// Shows what is open, due and at stake, how well each rule hits, and what rings.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu suspects desk --region 371500")]
pub struct Desk {
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Numbers<'a> {
    tallies: Vec<Tally<'a>>,
    precisions: Vec<Precision<'a>>,
    weeks: Vec<Week<'a>>,
    alarms: Vec<&'a str>,
    overdue: Vec<&'a str>,
}

#[derive(Serialize)]
struct Tally<'a> {
    rule: &'a str,
    state: &'static str,
    band: &'static str,
    suspects: i64,
    amount_fen: i64,
}

#[derive(Serialize)]
struct Precision<'a> {
    rule: &'a str,
    confirmed: i64,
    false_matches: i64,
    other_dismissals: i64,
    /// Absent before the first judgment that tells.
    permille: Option<i64>,
}

#[derive(Serialize)]
struct Week<'a> {
    monday: &'a str,
    opened: i64,
    confirmed: i64,
    dismissed: i64,
}

impl Desk {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let mut client =
            SuspectServiceClient::new(self.connection.channel()?).max_decoding_message_size(super::MESSAGE_MAX);
        let desk = client.get_desk(pb::GetDeskRequest { region: self.region }).await?.into_inner();
        if self.json {
            output::json(&numbers(&desk))?;
        } else {
            in_words(&desk);
        }
        Ok(Exit::Done)
    }
}

fn in_words(desk: &pb::GetDeskResponse) {
    let mut standing = output::table(["规则", "状态", "资金", "件数", "涉及（元）"]);
    for it in &desk.tallies {
        standing.add_row([
            name(&it.rule).to_owned(),
            sheet::state(it.state()).zh().to_owned(),
            sheet::band(it.band()).zh().to_owned(),
            it.suspects.to_string(),
            Fen::new(it.amount_fen).yuan_text(),
        ]);
    }
    output::line(standing);
    let mut hits = output::table(["规则", "属实", "规则误报", "其他不属实", "准确率"]);
    for it in &desk.precisions {
        let rate = permille(it).map_or("—".to_owned(), |it| format!("{}.{}%", it / 10, it % 10));
        let [confirmed, wrong, other] = [it.confirmed, it.false_matches, it.other_dismissals].map(|it| it.to_string());
        hits.add_row([name(&it.rule).to_owned(), confirmed, wrong, other, rate]);
    }
    output::line(hits);
    let mut weeks = output::table(["周一", "发现", "属实", "不属实"]);
    for it in &desk.weeks {
        let [opened, confirmed, dismissed] = [it.opened, it.confirmed, it.dismissed].map(|it| it.to_string());
        weeks.add_row([it.monday.clone(), opened, confirmed, dismissed]);
    }
    output::line(weeks);
    for (word, suspects) in [("逾期", &desk.overdue), ("两省均已办结而仍在发放", &desk.alarms)] {
        output::line(format!("{word}：{} 条", suspects.len()));
        for it in suspects {
            output::line(format!("  {}  {}", it.suspect_id, it.message_zh));
        }
    }
}

fn numbers(desk: &pb::GetDeskResponse) -> Numbers<'_> {
    let tallies = desk.tallies.iter().map(|it| Tally {
        rule: &it.rule,
        state: sheet::state(it.state()).code(),
        band: sheet::band(it.band()).code(),
        suspects: it.suspects,
        amount_fen: it.amount_fen,
    });
    let precisions = desk.precisions.iter().map(|it| Precision {
        rule: &it.rule,
        confirmed: it.confirmed,
        false_matches: it.false_matches,
        other_dismissals: it.other_dismissals,
        permille: permille(it),
    });
    let weeks = desk.weeks.iter().map(|it| Week {
        monday: &it.monday,
        opened: it.opened,
        confirmed: it.confirmed,
        dismissed: it.dismissed,
    });
    Numbers {
        tallies: tallies.collect(),
        precisions: precisions.collect(),
        weeks: weeks.collect(),
        alarms: desk.alarms.iter().map(|it| it.suspect_id.as_str()).collect(),
        overdue: desk.overdue.iter().map(|it| it.suspect_id.as_str()).collect(),
    }
}

fn name(rule: &str) -> &str {
    match SuspectRule::from_code(rule) {
        Some(rule) => rule.zh(),
        None => rule,
    }
}

/// Found true of all that the rule was right or wrong about, in thousandths.
fn permille(precision: &pb::DeskPrecision) -> Option<i64> {
    let judged = precision.confirmed.saturating_add(precision.false_matches);
    precision.confirmed.saturating_mul(1_000).checked_div(judged)
}
