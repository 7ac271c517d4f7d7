//! `hufu claims review`: one claim, or all that wait, decided by a person.

use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use futures::{StreamExt, stream};
use indicatif::ProgressBar;
use serde::Serialize;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::claims::state_of;
use super::connection::Connection;
use super::exit::{Exit, Failure, reason, words};
use super::output;
use super::pages::{PAGE_SIZE, pages};
use crate::proto::claims::v1 as pb;
use crate::proto::claims::v1::claim_service_client::ClaimServiceClient;

/// Reviews under way at once: enough to keep the node's commits full, and few for a registry that must be asked again.
const IN_FLIGHT: usize = 16;
/// A page of claims with long rosters.
const MESSAGE_MAX: usize = 8 * 1024 * 1024;
/// How often a review is sent again to an overloaded node.
const OVERLOAD_TRIES: usize = 10;
const OVERLOAD_PAUSE: Duration = Duration::from_millis(500);

/// Passes, approves or sends back one claim, or all that wait.
#[derive(Debug, Args)]
#[command(disable_version_flag = true)]
#[command(group = ArgGroup::new("decision").required(true))]
#[command(group = ArgGroup::new("which").required(true))]
#[command(
    after_help = "Examples:\n  hufu claims review 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --person wang.li --pass\n  \
hufu claims review --all --state assessed --person wang.li --pass --region 371502\n  \
hufu claims review --all --state reviewed --person li.na --approve\n\n\
Who passed a claim cannot approve it. Exit code 1: some claims were refused; they are listed with the reason."
)]
pub struct Review {
    #[arg(group = "which")]
    claim_id: Option<String>,
    /// Every claim in --state.
    #[arg(long, group = "which", requires = "state", conflicts_with_all = ["version", "send_back"])]
    all: bool,
    /// Who decides: the staff number or name in your organization's systems.
    #[arg(long, value_name = "PERSON")]
    person: String,
    /// 初审通过: the claim is right.
    #[arg(long, group = "decision")]
    pass: bool,
    /// 审批通过: what another person passed is approved.
    #[arg(long, group = "decision")]
    approve: bool,
    /// 退回重新核定, and why; no personal data.
    #[arg(long, group = "decision", value_name = "REASON")]
    send_back: Option<String>,
    /// The version that you saw; without it, the claim as it stands now.
    #[arg(long, value_name = "N")]
    version: Option<i64>,
    /// With --all: where the claims stand.
    #[arg(long, value_enum, requires = "all")]
    state: Option<Waiting>,
    /// With --all: a region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// With --all: at most so many.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// What waits for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Waiting {
    /// 已核定, for the first person.
    Assessed,
    /// 已初审, for the second.
    Reviewed,
}

impl From<Waiting> for pb::ClaimState {
    fn from(waiting: Waiting) -> Self {
        match waiting {
            Waiting::Assessed => Self::Assessed,
            Waiting::Reviewed => Self::Reviewed,
        }
    }
}

/// What a person decides, on whichever claim.
#[derive(Clone)]
pub struct Wish {
    pub person: String,
    pub decision: pb::ReviewDecision,
    /// Why; mandatory when a claim is sent back.
    pub comment: String,
}

/// A claim that was not reviewed, and why.
#[derive(Clone, Debug, Serialize)]
pub struct NotReviewed {
    pub claim_id: String,
    pub reason: String,
    pub message: String,
}

/// What became of many.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Reviews {
    pub reviewed: usize,
    pub refused: Vec<NotReviewed>,
}

#[derive(Serialize)]
struct Shown<'a> {
    claim_id: &'a str,
    state: &'static str,
    version: i64,
    approval_hash: &'a str,
}

impl Review {
    pub async fn run(self) -> Result<Exit, Failure> {
        let client = ClaimServiceClient::new(self.connection.channel()?).max_decoding_message_size(MESSAGE_MAX);
        let decision = match (self.pass, self.approve) {
            (true, _) => pb::ReviewDecision::Pass,
            (false, true) => pb::ReviewDecision::Approve,
            (false, false) => pb::ReviewDecision::SendBack,
        };
        let comment = self.send_back.clone().unwrap_or_default();
        let wish = Wish { person: self.person.clone(), decision, comment };
        match (&self.claim_id, self.state) {
            (Some(claim_id), _) => self.one(client, claim_id, &wish).await,
            (None, Some(state)) => self.many(client, state, &wish).await,
            (None, None) => Err(Failure::settings("--all needs --state")),
        }
    }

    async fn one(&self, mut client: ClaimServiceClient<Channel>, claim_id: &str, wish: &Wish) -> Result<Exit, Failure> {
        let version = match self.version {
            Some(version) => version,
            None => {
                let request = pb::GetClaimRequest { claim_id: claim_id.to_owned() };
                client.get_claim(request).await?.into_inner().claim.unwrap_or_default().version
            }
        };
        let answer = review(&mut client, claim_id.to_owned(), version, wish).await?;
        let claim = answer.claim.unwrap_or_default();
        let state = state_of(&claim);
        if self.json {
            let (claim_id, approval_hash) = (&claim.claim_id, &answer.approval_hash);
            output::json(&Shown { claim_id, state: state.code(), version: claim.version, approval_hash })?;
        } else {
            output::line(format!("{}：{} {} {}", claim.claim_id, state.zh(), state.code(), answer.approval_hash));
        }
        Ok(Exit::Done)
    }

    async fn many(&self, client: ClaimServiceClient<Channel>, state: Waiting, wish: &Wish) -> Result<Exit, Failure> {
        let bar = output::progress("reviewed");
        let limit = self.limit.unwrap_or(usize::MAX);
        let reviews = review_all(client, (&self.region, state), limit, wish, &bar).await?;
        bar.finish_and_clear();
        if self.json {
            output::json(&reviews)?;
        } else {
            output::line(format!("已审核 {} 件，未通过 {} 件", reviews.reviewed, reviews.refused.len()));
            if !reviews.refused.is_empty() {
                let mut table = output::table(["申请编号 claim", "原因 reason", "说明"]);
                for it in &reviews.refused {
                    table.add_row([&it.claim_id, &it.reason, &it.message]);
                }
                output::line(table);
            }
        }
        Ok(if reviews.refused.is_empty() { Exit::Done } else { Exit::Attention })
    }
}

/// Reviews every claim of a region that waits, each at the version that was listed.
pub async fn review_all(
    client: ClaimServiceClient<Channel>,
    (region, state): (&str, Waiting),
    limit: usize,
    wish: &Wish,
    bar: &ProgressBar,
) -> Result<Reviews, Failure> {
    let claims = waiting(client.clone(), region, state, limit).await?;
    let decided = stream::iter(claims.into_iter().map(|(claim_id, version)| {
        let mut client = client.clone();
        async move {
            let answer = review(&mut client, claim_id.clone(), version, wish).await;
            bar.inc(1);
            answer.map(drop).map_err(|status| (claim_id, status))
        }
    }));
    let mut decided = decided.buffer_unordered(IN_FLIGHT);
    let mut reviews = Reviews::default();
    while let Some(outcome) = decided.next().await {
        match outcome {
            Ok(()) => reviews.reviewed += 1,
            Err((claim_id, status)) => {
                let (reason, message) = (reason(&status), words(&status));
                reviews.refused.push(NotReviewed { claim_id, reason, message });
            }
        }
    }
    reviews.refused.sort_by(|a, b| a.claim_id.cmp(&b.claim_id));
    Ok(reviews)
}

/// The claims that wait, each with its version.
async fn waiting(
    mut client: ClaimServiceClient<Channel>,
    region: &str,
    state: Waiting,
    limit: usize,
) -> Result<Vec<(String, i64)>, Failure> {
    let state = pb::ClaimState::from(state).into();
    let claims = pages(limit, async |page_token| {
        let (region, page_size) = (region.to_owned(), PAGE_SIZE);
        let request = pb::ListClaimsRequest { region, state, page_size, page_token, ..Default::default() };
        let page = client.list_claims(request).await?.into_inner();
        let claims = page.claims.into_iter().map(|claim| (claim.claim_id, claim.version)).collect();
        Ok((claims, page.next_page_token))
    });
    Ok(claims.await?)
}

/// Decides on one claim; an overloaded node is asked again, under the same request id.
async fn review(
    client: &mut ClaimServiceClient<Channel>,
    claim_id: String,
    version: i64,
    wish: &Wish,
) -> Result<pb::ReviewClaimResponse, Status> {
    let request = pb::ReviewClaimRequest {
        request_id: uuid::Uuid::new_v4().to_string(),
        claim_id,
        version,
        person: wish.person.clone(),
        decision: wish.decision.into(),
        comment: wish.comment.clone(),
    };
    let mut tries = 1;
    loop {
        match client.review_claim(request.clone()).await {
            Err(status) if status.code() == Code::ResourceExhausted && tries < OVERLOAD_TRIES => {
                tries += 1;
                tokio::time::sleep(OVERLOAD_PAUSE).await;
            }
            answer => return answer.map(tonic::Response::into_inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        review: Review,
    }

    #[test]
    fn one_claim_or_all_and_one_decision() {
        let check = |words: &str, expected: bool| {
            let line = Line::try_parse_from(std::iter::once("review").chain(words.split_whitespace()));
            assert_eq!(line.is_ok(), expected, "{words}: {:?}", line.err().map(|it| it.to_string()));
        };
        check("C --person p --pass", true);
        check("C --person p --approve --version 3", true);
        check("C --person p --send-back 理由", true);
        check("--all --state assessed --person p --pass --region 371502 --limit 9", true);
        check("--all --state reviewed --person p --approve", true);
        check("--all --person p --pass", false);
        check("C --all --state assessed --person p --pass", false);
        check("C --person p", false);
        check("C --person p --pass --approve", false);
        check("C --pass", false);
        check("--person p --pass", false);
        check("--all --state assessed --person p --send-back 理由", false);
        check("--all --state assessed --person p --pass --version 2", false);
    }
}
