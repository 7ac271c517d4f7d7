//! `hufu suspects show`: what a suspect is judged by, as text.

use clap::Args;
use comfy_table::Table;
use serde::Serialize;

use super::sheet;
use crate::cli::connection::Connection;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::domain::claim::ClaimState;
use crate::domain::money::Fen;
use crate::proto::suspects::v1 as pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;

/// Shows a suspect: the claims side by side, the registries' answers, the weight, what happened, what comes next. Masked.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu suspects show 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01")]
pub struct Show {
    suspect_id: String,
    /// Leave the weight out until the suspect is judged.
    #[arg(long)]
    blind: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Characters of the longest bar of the waterfall.
const BAR_WIDTH: u32 = 30;

impl Show {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let mut client = SuspectServiceClient::new(self.connection.channel()?);
        let request = pb::GetDossierRequest { suspect_id: self.suspect_id, blind: self.blind };
        let dossier = client.get_dossier(request).await?.into_inner();
        if self.json {
            output::json(&Shown::of(&dossier))?;
        } else {
            in_words(&dossier)?;
        }
        Ok(Exit::Done)
    }
}

fn in_words(dossier: &pb::GetDossierResponse) -> Result<(), Failure> {
    let suspect = dossier.suspect.clone().unwrap_or_default();
    output::line(format!("疑点 {}  {}（{}）", suspect.suspect_id, suspect.message_zh, suspect.clause));
    if let Some(stake) = &suspect.stake {
        let amount = sheet::amount(&suspect).map(|it| format!("涉及 {} 元，", it.yuan_text())).unwrap_or_default();
        output::line(format!("{amount}{}", sheet::band(stake.band()).zh()));
    }
    output::line(format!("下一步：{}", dossier.next_step_zh));
    output::line("");
    output::line(fields(dossier));
    if !dossier.answers.is_empty() {
        output::line(answers(dossier)?);
    }
    waterfall(dossier);
    output::line(events(dossier)?);
    let others = dossier.nodes.iter().filter(|node| !node.suspect_id.is_empty());
    for node in others {
        output::line(format!("关联疑点 {}  {}", node.suspect_id, node.label));
    }
    Ok(())
}

fn fields(dossier: &pb::GetDossierResponse) -> Table {
    let mut table = output::table(["项目", "在先申领", "在后申领", "不同"]);
    for field in &dossier.fields {
        let mark = if field.differs { "≠" } else { "" };
        table.add_row([&field.label_zh, &field.first, &field.second, mark]);
    }
    table
}

fn answers(dossier: &pb::GetDossierResponse) -> Result<Table, Failure> {
    let mut table = output::table(["申领", "登记机构", "答复时间", "答复"]);
    for answer in &dossier.answers {
        let registry = match answer.registry.as_str() {
            "tax_registry" => "税务部门",
            "credential" => "学信网",
            "insurance" => "社会保险",
            "employment" => "就业系统",
            "award_history" => "享受记录",
            other => other,
        };
        let at = answer.asked_at.map(time).transpose()?.unwrap_or_default();
        table.add_row([side(answer.side), registry, &at, &answer.answer_zh]);
    }
    Ok(table)
}

/// Each piece of evidence as a bar, and the sum so far.
fn waterfall(dossier: &pb::GetDossierResponse) {
    let strongest = dossier.weights.iter().map(|it| it.points.unsigned_abs()).max().unwrap_or(1).max(1);
    let mut sum = 0_i32;
    for weight in &dossier.weights {
        sum = sum.saturating_add(weight.points);
        let length = (weight.points.unsigned_abs().saturating_mul(BAR_WIDTH) / strongest).max(1);
        let bar = if weight.points < 0 { "░" } else { "█" }.repeat(usize::try_from(length).unwrap_or_default());
        output::line(format!("{:>+5}  累计{:>+5}  {bar} {}", weight.points, sum, weight.label_zh));
    }
    let weight = dossier.suspect.as_ref().and_then(|it| it.stake.as_ref()).map_or(0, |it| it.weight);
    if !dossier.weights.is_empty() && weight > 0 {
        output::line(format!("证据权重 {weight} / 1000"));
    }
}

fn events(dossier: &pb::GetDossierResponse) -> Result<Table, Failure> {
    let mut table = output::table(["时间", "对象", "经办", "事项", "说明"]);
    for event in &dossier.events {
        let at = event.at.map(time).transpose()?.unwrap_or_default();
        table.add_row([&at, side(event.side), &event.actor, &event.what_zh, &event.words]);
    }
    Ok(table)
}

fn side(number: i32) -> &'static str {
    match number {
        1 => "在先申领",
        2 => "在后申领",
        _ => "疑点",
    }
}

/// In China's time.
fn time(at: prost_types::Timestamp) -> Result<String, Failure> {
    let at = jiff::Timestamp::new(at.seconds, at.nanos).map_err(Failure::failed)?;
    Ok(at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A dossier as scripts see it.
#[derive(Serialize)]
struct Shown<'a> {
    suspect_id: &'a str,
    rule: &'a str,
    clause: &'a str,
    claims: Vec<ShownClaim<'a>>,
    stake: Option<ShownStake>,
    fields: Vec<ShownField<'a>>,
    answers: Vec<ShownAnswer<'a>>,
    weights: Vec<ShownWeight<'a>>,
    events: Vec<ShownEvent<'a>>,
    nodes: Vec<ShownNode<'a>>,
    links: Vec<[&'a str; 2]>,
    next_step_zh: &'a str,
    next_step_en: &'a str,
}

#[derive(Serialize)]
struct ShownClaim<'a> {
    side: i32,
    outside: bool,
    claim_id: &'a str,
    region: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct ShownStake {
    band: &'static str,
    /// Absent where the second claim is outside the caller's region.
    amount_fen: Option<i64>,
    weight: i32,
    risk: Option<i64>,
}

#[derive(Serialize)]
struct ShownField<'a> {
    name: &'a str,
    first: &'a str,
    second: &'a str,
    differs: bool,
}

#[derive(Serialize)]
struct ShownAnswer<'a> {
    side: i32,
    registry: &'a str,
    answered_at: Option<String>,
    answer_zh: &'a str,
    answer_en: &'a str,
}

#[derive(Serialize)]
struct ShownWeight<'a> {
    code: &'a str,
    label_zh: &'a str,
    label_en: &'a str,
    points: i32,
}

#[derive(Serialize)]
struct ShownEvent<'a> {
    at: Option<String>,
    side: i32,
    actor: &'a str,
    what_zh: &'a str,
    what_en: &'a str,
    words: &'a str,
}

#[derive(Serialize)]
struct ShownNode<'a> {
    id: &'a str,
    kind: &'a str,
    label: &'a str,
    suspect_id: &'a str,
}

impl<'a> Shown<'a> {
    fn of(dossier: &'a pb::GetDossierResponse) -> Self {
        let suspect = dossier.suspect.as_ref();
        let sides = [(1, suspect.and_then(|it| it.first.as_ref())), (2, suspect.and_then(|it| it.second.as_ref()))];
        let moment = |at: Option<prost_types::Timestamp>| at.and_then(|at| time(at).ok());
        Self {
            suspect_id: suspect.map_or("", |it| it.suspect_id.as_str()),
            rule: suspect.map_or("", |it| it.rule.as_str()),
            clause: suspect.map_or("", |it| it.clause.as_str()),
            claims: sides.into_iter().filter_map(|(number, side)| ShownClaim::of(number, side?)).collect(),
            stake: suspect.and_then(ShownStake::of),
            fields: dossier.fields.iter().map(ShownField::of).collect(),
            answers: dossier
                .answers
                .iter()
                .map(|it| ShownAnswer {
                    side: it.side,
                    registry: &it.registry,
                    answered_at: moment(it.asked_at),
                    answer_zh: &it.answer_zh,
                    answer_en: &it.answer_en,
                })
                .collect(),
            weights: dossier.weights.iter().map(ShownWeight::of).collect(),
            events: dossier
                .events
                .iter()
                .map(|it| ShownEvent {
                    at: moment(it.at),
                    side: it.side,
                    actor: &it.actor,
                    what_zh: &it.what_zh,
                    what_en: &it.what_en,
                    words: &it.words,
                })
                .collect(),
            nodes: dossier.nodes.iter().map(ShownNode::of).collect(),
            links: dossier.links.iter().map(|it| [it.from.as_str(), it.to.as_str()]).collect(),
            next_step_zh: &dossier.next_step_zh,
            next_step_en: &dossier.next_step_en,
        }
    }
}

impl<'a> ShownClaim<'a> {
    fn of(side: i32, claim: &'a pb::SuspectClaim) -> Option<Self> {
        // A contract that is newer than this program may know other states.
        let state = if claim.outside { "" } else { state_of(claim)?.code() };
        Some(Self { side, outside: claim.outside, claim_id: &claim.claim_id, region: &claim.region, state })
    }
}

fn state_of(claim: &pb::SuspectClaim) -> Option<ClaimState> {
    let name = claim.state().as_str_name().strip_prefix("CLAIM_STATE_")?;
    ClaimState::from_code(&name.to_lowercase().replace('_', "-"))
}

impl ShownStake {
    fn of(suspect: &pb::Suspect) -> Option<Self> {
        let stake = suspect.stake.as_ref()?;
        let amount_fen = sheet::amount(suspect).map(Fen::get);
        let risk = amount_fen.map(|_| stake.risk);
        Some(Self { band: sheet::band(stake.band()).code(), amount_fen, weight: stake.weight, risk })
    }
}

impl<'a> ShownField<'a> {
    fn of(it: &'a pb::DossierField) -> Self {
        Self { name: &it.name, first: &it.first, second: &it.second, differs: it.differs }
    }
}

impl<'a> ShownWeight<'a> {
    fn of(it: &'a pb::DossierWeight) -> Self {
        Self { code: &it.code, label_zh: &it.label_zh, label_en: &it.label_en, points: it.points }
    }
}

impl<'a> ShownNode<'a> {
    fn of(it: &'a pb::DossierNode) -> Self {
        Self { id: &it.id, kind: &it.kind, label: &it.label, suspect_id: &it.suspect_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::claims::v1::ClaimState as Wire;

    #[test]
    fn every_state_of_the_contract_has_its_word() {
        for state in ClaimState::ALL {
            let name = format!("CLAIM_STATE_{}", state.code().to_uppercase().replace('-', "_"));
            let wire = Wire::from_str_name(&name).unwrap_or_else(|| panic!("{name}"));
            let claim = pb::SuspectClaim { state: wire.into(), ..pb::SuspectClaim::default() };
            assert_eq!(state_of(&claim), Some(state));
        }
    }
}
