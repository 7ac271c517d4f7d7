//! The demo's figures: what was asked, what the node found, and whether it is what the story had planted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::Serialize;
use tonic::transport::Channel;

use super::claims::{reason_text, state_of};
use super::demo_money::MoneyStory;
use super::exit::Failure;
use super::import::{Answers, REFUSED_AT_DOOR};
use super::output;
use super::pages::{PAGE_SIZE, pages};
use super::suspects::import;
use crate::domain::claim::ClaimState;
use crate::domain::money::Fen;
use crate::domain::suspect::SuspectRule;
use crate::proto::claims::v1 as pb;
use crate::proto::claims::v1::claim_service_client::ClaimServiceClient;
use crate::proto::suspects::v1 as suspects_pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use crate::sandbox::story::{ExpectedRecords, FoundSuspect, RuleScore, Story, request_id};

/// What the node says at the end, as two provinces see it.
pub struct Outcome {
    claims: Vec<pb::Claim>,
    suspects: BTreeMap<String, suspects_pb::Suspect>,
}

impl Outcome {
    /// Asks both provinces' callers, so that each side of a suspect is seen by one who may.
    pub async fn collect(provinces: [Channel; 2]) -> Result<Self, Failure> {
        let mut claims = Vec::new();
        let mut suspects: BTreeMap<String, suspects_pb::Suspect> = BTreeMap::new();
        for channel in provinces {
            claims.extend(all_claims(ClaimServiceClient::new(channel.clone())).await?);
            let request = suspects_pb::PullSuspectsRequest::default();
            let mut stream = SuspectServiceClient::new(channel).pull_suspects(request).await?.into_inner();
            while let Some(message) = stream.message().await? {
                for suspect in message.suspects {
                    let seen = suspects.entry(suspect.suspect_id.clone()).or_insert_with(|| suspect.clone());
                    seen.first = inside(seen.first.take(), suspect.first);
                    seen.second = inside(seen.second.take(), suspect.second);
                }
            }
        }
        Ok(Self { claims, suspects })
    }
}

/// The view of a side that shows the claim, where one of two does.
fn inside(
    one: Option<suspects_pb::SuspectClaim>,
    other: Option<suspects_pb::SuspectClaim>,
) -> Option<suspects_pb::SuspectClaim> {
    match one {
        Some(side) if !side.outside => Some(side),
        Some(_) | None => other,
    }
}

async fn all_claims(mut client: ClaimServiceClient<Channel>) -> Result<Vec<pb::Claim>, Failure> {
    let claims = pages(usize::MAX, async |page_token| {
        let request = pb::ListClaimsRequest { page_size: PAGE_SIZE, page_token, ..pb::ListClaimsRequest::default() };
        let page = client.list_claims(request).await?.into_inner();
        Ok((page.claims, page.next_page_token))
    });
    Ok(claims.await?)
}

/// The demo's figures, as `--json` prints them.
#[derive(Debug, Serialize)]
pub struct Report {
    claims: ClaimFigures,
    suspects: Vec<RuleFigures>,
    money: MoneyFigures,
    ministry: MinistryFigures,
    seconds: u64,
    claims_per_second: u64,
    #[serde(skip)]
    reasons: BTreeMap<(String, String), usize>,
    #[serde(skip)]
    refused_as_planned: bool,
    #[serde(skip)]
    ministry_as_planned: bool,
    #[serde(skip)]
    story: MoneyStory,
}

#[derive(Debug, Serialize)]
struct ClaimFigures {
    submitted: usize,
    by_state: BTreeMap<&'static str, usize>,
    /// Rows that never became a claim, by reason.
    refused_at_door: BTreeMap<String, usize>,
}

#[derive(Debug, Serialize)]
struct RuleFigures {
    rule: &'static str,
    planted: usize,
    found: usize,
    #[serde(rename = "false")]
    false_flags: usize,
    #[serde(skip)]
    zh: &'static str,
}

/// 疑点数据: what the rows of the ministry's list came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MinistryFigures {
    records: usize,
    /// Linked with suspects.
    matched: usize,
    /// Answered with why no claim fits.
    unmatched: usize,
    /// Answered with what is wrong in the row.
    refused: usize,
    /// Suspects behind which a record stands.
    suspects: usize,
    /// Rows that were not matched, by reason.
    reasons: BTreeMap<String, usize>,
}

impl MinistryFigures {
    pub(super) fn of(answers: &import::Answers) -> Self {
        let count = |outcome: &str| answers.by_outcome.get(outcome).copied().unwrap_or_default();
        let mut reasons = BTreeMap::new();
        for answer in answers.answers.iter().filter(|answer| !answer.reason.is_empty()) {
            *reasons.entry(answer.reason.clone()).or_default() += 1;
        }
        let suspects: BTreeSet<&String> = answers.answers.iter().flat_map(|answer| &answer.suspect_ids).collect();
        Self {
            records: answers.rows,
            matched: count(import::MATCHED),
            unmatched: count(import::UNMATCHED),
            refused: count(import::REFUSED),
            suspects: suspects.len(),
            reasons,
        }
    }

    fn is_as_planned(&self, story: &Story) -> bool {
        let ExpectedRecords { matched, unmatched, refused } = story.ministry.expected;
        (self.matched, self.unmatched, self.refused) == (matched, unmatched, refused)
    }
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct MoneyFigures {
    /// What the node says it would pay or holds.
    asked_fen: i64,
    held_fen: i64,
    paid_fen: i64,
    clawed_back_fen: i64,
    /// What is missing anywhere, as an amount above 0: between what the offices were answered and what the node lists; between what was
    /// drawn from the fund and what enterprises kept; and whatever the check of the ledger found.
    difference_fen: i64,
}

impl Report {
    pub fn of(
        story: &Story,
        answers: &[Answers],
        outcome: &Outcome,
        (ministry, moved): (MinistryFigures, MoneyStory),
        elapsed: Duration,
    ) -> Self {
        let rows = || answers.iter().flat_map(|file| file.answers.iter());
        let mut refused_at_door = BTreeMap::new();
        for answer in rows().filter(|answer| answer.state == REFUSED_AT_DOOR) {
            for reason in &answer.reasons {
                *refused_at_door.entry(reason.clone()).or_default() += 1;
            }
        }
        let mut by_state: BTreeMap<_, usize> = ClaimState::ALL.into_iter().map(|state| (state.code(), 0)).collect();
        let mut reasons = BTreeMap::new();
        for claim in &outcome.claims {
            *by_state.entry(state_of(claim).code()).or_default() += 1;
            if matches!(state_of(claim), ClaimState::Refused | ClaimState::Held) {
                for reason in reason_text(claim).0 {
                    *reasons.entry((state_of(claim).code().to_owned(), reason)).or_default() += 1;
                }
            }
        }
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let submitted = outcome.claims.len();
        Self {
            refused_as_planned: refused_at_door == refusals_planned(story),
            ministry_as_planned: ministry.is_as_planned(story),
            ministry,
            claims: ClaimFigures { submitted, by_state, refused_at_door },
            suspects: judged(story, answers, outcome),
            money: money(answers, outcome, &moved),
            story: moved,
            seconds: milliseconds.div_ceil(1_000),
            claims_per_second: u64::try_from(submitted).unwrap_or(u64::MAX).saturating_mul(1_000) / milliseconds,
            reasons,
        }
    }

    /// Everything planted was found, nobody was flagged wrongly, no row or fen was lost, and nothing waits.
    pub fn is_good(&self) -> bool {
        self.suspects.iter().all(|rule| rule.planted == rule.found && rule.false_flags == 0)
            && self.money.difference_fen == 0
            && self.refused_as_planned
            && self.ministry_as_planned
            && self.story.differences.is_empty()
            && self.story.missed.is_empty()
            && self.claims.by_state.get(ClaimState::Assessing.code()) == Some(&0)
    }

    /// Prints the figures: one JSON object, or tables.
    pub fn show(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            return output::json(self);
        }
        let mut states = output::table(["申请 claims", "", ""]);
        for state in ClaimState::ALL {
            let count = self.claims.by_state.get(state.code()).copied().unwrap_or_default();
            states.add_row([state.zh().to_owned(), state.code().to_owned(), count.to_string()]);
            for ((_, reason), count) in self.reasons.iter().filter(|((of, _), _)| of == state.code()) {
                states.add_row([String::new(), format!("  {reason}"), count.to_string()]);
            }
        }
        for (reason, count) in &self.claims.refused_at_door {
            states.add_row(["表格行退回".to_owned(), format!("  {reason}"), count.to_string()]);
        }
        output::line(states);
        let mut rules = output::table(["疑点规则 suspects", "rule", "planted", "found", "false"]);
        for rule in &self.suspects {
            let [planted, found, false_flags] = [rule.planted, rule.found, rule.false_flags].map(|n| n.to_string());
            rules.add_row([rule.zh, rule.rule, &planted, &found, &false_flags]);
        }
        output::line(rules);
        let mut ministry = output::table(["部级疑点数据 ministry's records", "", ""]);
        let MinistryFigures { records: _, matched, unmatched, refused, suspects: _, reasons } = &self.ministry;
        for (zh, code, count) in [
            ("匹配到疑点", "matched", matched),
            ("无相符申请", "unmatched", unmatched),
            ("表格行退回", "refused", refused),
        ] {
            ministry.add_row([zh, code, &count.to_string()]);
        }
        for (reason, count) in reasons {
            ministry.add_row(["", &format!("  {reason}"), &count.to_string()]);
        }
        output::line(ministry);
        let yuan = |fen| Fen::new(fen).yuan_text();
        let mut money = output::table(["金额（元） money in yuan", ""]);
        money.add_row(["申请 asked".to_owned(), yuan(self.money.asked_fen)]);
        money.add_row(["暂缓 held".to_owned(), yuan(self.money.held_fen)]);
        money.add_row(["已发放 paid".to_owned(), yuan(self.money.paid_fen)]);
        money.add_row(["已追回 clawed back".to_owned(), yuan(self.money.clawed_back_fen)]);
        money.add_row(["差额 difference".to_owned(), yuan(self.money.difference_fen)]);
        output::line(money);
        let mut balance = output::table(["试算平衡（元） trial balance", "", "借 debit", "贷 credit"]);
        for (zh, kind, debit, credit) in &self.story.balance {
            balance.add_row([zh.clone(), kind.clone(), yuan(*debit), yuan(*credit)]);
        }
        output::line(balance);
        self.story.differences.iter().for_each(|it| output::say(format!("不符：{it}")));
        self.story.missed.iter().for_each(|it| output::say(format!("did not happen: {it}")));
        output::line(format!(
            "{} claims in {} s, {} a second, verdicts and an outage included",
            self.claims.submitted, self.seconds, self.claims_per_second
        ));
        Ok(())
    }
}

fn refusals_planned(story: &Story) -> BTreeMap<String, usize> {
    story.expected().refused.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect()
}

fn money(answers: &[Answers], outcome: &Outcome, moved: &MoneyStory) -> MoneyFigures {
    let MoneyStory { paid_fen, clawed_back_fen, drawn_fen, .. } = *moved;
    let mut money = MoneyFigures { paid_fen, clawed_back_fen, ..MoneyFigures::default() };
    for claim in &outcome.claims {
        let (_, _, amount) = reason_text(claim);
        money.asked_fen += amount;
        if state_of(claim) == ClaimState::Held {
            money.held_fen += amount;
        }
    }
    let mut counted = BTreeSet::new();
    let answered: i64 = answers
        .iter()
        .flat_map(|file| &file.answers)
        .filter(|answer| answer.claim_id.as_ref().is_some_and(|claim| counted.insert(claim)))
        .map(|answer| answer.amount_fen)
        .sum();
    let lost = (answered - money.asked_fen).abs();
    money.difference_fen = lost + (drawn_fen - (paid_fen - clawed_back_fen)).abs();
    money
}

fn judged(story: &Story, answers: &[Answers], outcome: &Outcome) -> Vec<RuleFigures> {
    // The first row of a claim names it, in the story as in the import.
    let mut named: HashMap<&str, String> = HashMap::new();
    for file in answers {
        for answer in &file.answers {
            if let Some(claim) = &answer.claim_id {
                named.entry(claim).or_insert_with(|| request_id(&file.file, answer.row));
            }
        }
    }
    let name = |side: &Option<suspects_pb::SuspectClaim>| {
        side.as_ref().and_then(|side| named.get(side.claim_id.as_str()).cloned())
    };
    let found: Vec<_> = outcome
        .suspects
        .values()
        .filter_map(|suspect| {
            let rule = SuspectRule::from_code(&suspect.rule)?;
            Some(FoundSuspect { rule, first: name(&suspect.first), second: name(&suspect.second).unwrap_or_default() })
        })
        .collect();
    let figures = |score: RuleScore| RuleFigures {
        rule: score.rule.code(),
        zh: score.rule.zh(),
        planted: score.planted,
        found: score.found,
        false_flags: score.false_flags,
    };
    story.judge(&found).into_iter().map(figures).collect()
}
