//! `hufu claims show`: one claim, with its verdict and the clauses it rests on. Reviewing has a file of its own.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use crate::domain::claim::ClaimState;
use crate::domain::eligibility::evidence::Owner;
use crate::domain::money::Fen;
use crate::proto::claims::v1 as pb;
use crate::proto::claims::v1::claim_service_client::ClaimServiceClient;
use crate::proto::claims::v1::verdict::Decision;

#[derive(Debug, Subcommand)]
pub enum Claims {
    /// Shows one claim.
    Show(Show),
    /// 审核: passes, approves or sends back one claim, or all that wait.
    Review(super::review::Review),
}

/// Shows one claim.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu claims show 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01")]
pub struct Show {
    claim_id: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Shown<'a> {
    claim_id: &'a str,
    sheet_id: &'a str,
    uscc: &'a str,
    region: &'a str,
    person: &'a str,
    resident_id: &'a str,
    state: &'static str,
    reasons: Vec<String>,
    message: String,
    amount_fen: i64,
    version: i64,
}

impl Claims {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Show(command) => command.run().await,
            Self::Review(command) => command.run().await,
        }
    }
}

impl Show {
    async fn run(self) -> Result<Exit, Failure> {
        let mut client = ClaimServiceClient::new(self.connection.channel()?);
        let response = client.get_claim(pb::GetClaimRequest { claim_id: self.claim_id }).await?.into_inner();
        let claim = response.claim.ok_or_else(|| Failure::failed("the node answered without a claim"))?;
        let (reasons, message, amount_fen) = reason_text(&claim);
        let shown = Shown {
            claim_id: &claim.claim_id,
            sheet_id: &claim.sheet_id,
            uscc: &claim.uscc,
            region: &claim.region,
            person: &claim.person_name_masked,
            resident_id: &claim.resident_id_masked,
            state: state_of(&claim).code(),
            reasons,
            message,
            amount_fen,
            version: claim.version,
        };
        if self.json {
            output::json(&shown)?;
            return Ok(Exit::Done);
        }
        let mut table = output::table(["", ""]);
        table.add_row(["申请编号 claim", shown.claim_id]);
        table.add_row(["政策 sheet", shown.sheet_id]);
        table.add_row(["企业 enterprise", &format!("{} {}", shown.uscc, claim.enterprise_name)]);
        table.add_row(["参保地 region", shown.region]);
        table.add_row(["人员 person", &format!("{} {}", shown.person, shown.resident_id)]);
        table.add_row(["状态 state", &format!("{} {}", state_of(&claim).zh(), shown.state)]);
        table.add_row(["依据 reasons", &shown.reasons.join(" ")]);
        table.add_row(["说明", &shown.message]);
        table.add_row(["金额 yuan", &Fen::new(shown.amount_fen).yuan_text()]);
        output::line(table);
        Ok(Exit::Done)
    }
}

/// Where a claim stands; what this version does not know counts as still being assessed.
pub fn state_of(claim: &pb::Claim) -> ClaimState {
    match claim.state() {
        pb::ClaimState::Unspecified | pb::ClaimState::Assessing => ClaimState::Assessing,
        pb::ClaimState::Assessed => ClaimState::Assessed,
        pb::ClaimState::Refused => ClaimState::Refused,
        pb::ClaimState::Held => ClaimState::Held,
        pb::ClaimState::Withdrawn => ClaimState::Withdrawn,
        pb::ClaimState::Reviewed => ClaimState::Reviewed,
        pb::ClaimState::Approved => ClaimState::Approved,
        pb::ClaimState::Filed => ClaimState::Filed,
        pb::ClaimState::Pooled => ClaimState::Pooled,
        pb::ClaimState::Funded => ClaimState::Funded,
        pb::ClaimState::Instructed => ClaimState::Instructed,
        pb::ClaimState::InDoubt => ClaimState::InDoubt,
        pb::ClaimState::Returned => ClaimState::Returned,
        pb::ClaimState::Paid => ClaimState::Paid,
    }
}

/// A verdict as reason codes, one Chinese sentence, and the amount in fen (paid or held).
pub fn reason_text(claim: &pb::Claim) -> (Vec<String>, String, i64) {
    match claim.verdict.as_ref().and_then(|verdict| verdict.decision.as_ref()) {
        None => (Vec::new(), String::new(), 0),
        Some(Decision::Entitled(entitled)) => {
            let uncounted = entitled.uncounted.iter().filter_map(|unit| unit.reason.clone()).collect::<Vec<_>>();
            let (codes, text) = cite(&uncounted);
            (codes, text, entitled.amount_fen)
        }
        Some(Decision::NotEntitled(refused)) => {
            let (codes, text) = cite(&refused.reasons);
            (codes, text, 0)
        }
        Some(Decision::Held(held)) => {
            let (codes, text) = cite(&held.reasons);
            (codes, text, held.amount_fen)
        }
        Some(Decision::Undecided(undecided)) => {
            let codes = undecided.missing.iter().map(|fact| format!("{}@{}", fact.fact, fact.owner)).collect();
            let owners: BTreeSet<_> = undecided.missing.iter().map(|fact| owner_zh(&fact.owner)).collect();
            let text = format!("待{}答复，将自动再次查询", owners.into_iter().collect::<Vec<_>>().join("、"));
            (codes, text, 0)
        }
    }
}

/// Who owns a fact, in Chinese; a word this version does not know is shown as it is.
fn owner_zh(code: &str) -> String {
    let mut owners = Owner::UPSTREAMS.into_iter().chain([Owner::Claimant]);
    owners.find(|owner| owner.code() == code).map_or_else(|| code.to_owned(), |owner| owner.zh().to_owned())
}

fn cite(reasons: &[pb::Reason]) -> (Vec<String>, String) {
    let codes = reasons.iter().map(|reason| reason.code.clone()).collect();
    let texts: Vec<_> = reasons.iter().map(|reason| format!("{}（{}）", reason.message_zh, reason.clause)).collect();
    (codes, texts.join("；"))
}
