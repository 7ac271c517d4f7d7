//! Killed at any moment, the node keeps what it acknowledged (I1) and never gives a slot twice (I2).
//!
//! Clients write down outside the node what they asked and what they were told. The node is killed again and again while they
//! call; in the end, what it shows is compared with what they wrote down.

mod journal;
mod load;
mod oracle;
mod oracle_tests;
mod request;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use hufu::proto::claims::v1 as pb;
use hufu::proto::claims::v1::claim_service_client::ClaimServiceClient;
use hufu::proto::claims::v1::submit_claims_response::Outcome;
use hufu::proto::suspects::v1 as suspects;
use hufu::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tonic::transport::Channel;

use crate::process::{ALL_ROLES, Engine, NodeProcess};
use journal::{Entry, read_all};
use load::{Client, Tally};
use oracle::{Observed, violations};

/// Moments, people and kinds of calls follow from it; how far the node got in that time does not.
const SEED: u64 = 0x2022_0032;
/// Kills under load, at least; those during recovery come on top.
const KILLS: usize = 50;
/// A slow machine is killed more often, until this much was acknowledged: kills of an idle node would prove nothing.
const ACKNOWLEDGED: usize = 500;
/// However slow it is.
const KILLS_MAX: usize = 4 * KILLS;
/// After this many kills under load, the next start is killed before the node serves.
const RECOVERY_EVERY: usize = 8;
/// From serving to the kill.
const LIFE_MS: std::ops::RangeInclusive<u64> = 50..=400;
/// From the start of the process to a kill during recovery.
const RECOVERY_MS: std::ops::RangeInclusive<u64> = 1..=120;
/// The provinces of the clients, one each.
const CLIENTS: [&str; 8] = ["3715", "3715", "3715", "3715", "3715", "3715", "4101", "4101"];
const PAGE: i32 = 500;
/// Reads under way at once when everything is compared.
const READS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_kills_lose_nothing_on_sqlite() {
    survive_kills(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_kills_lose_nothing_on_postgres() {
    survive_kills(Engine::Postgres).await;
}

async fn survive_kills(engine: Engine) {
    let start = Instant::now();
    let journals = tempfile::tempdir().unwrap();
    let mut node = NodeProcess::prepare(engine, |_| {}).await;
    let (mut clients, kills) = under_load(&mut node, journals.path()).await;
    let killed = start.elapsed();

    let settling = clients.iter_mut().map(Client::settle);
    futures::future::join_all(settling).await;
    let total = clients.iter().map(|client| client.tally).fold(Tally::default(), Tally::plus);
    let entries = read_all(journals.path());
    let observed = observe(&node, &entries).await;
    let mut found = violations(&entries, &observed);
    found.extend(audit_violations(&mut node).await);
    let held = observed.listed.iter().filter(|claim| claim.state() == pb::ClaimState::Held).count();
    // Past the test's capture: these figures are the point of the test.
    let _ = writeln!(
        std::io::stderr(),
        "crash, {engine:?}: {kills} kills, {} acknowledged ({held} held, {} suspects), {} taken back, {} cut off, \
         seed {SEED:#x}, {killed:.1?} of {:.1?}",
        total.acknowledged,
        observed.suspects.len(),
        total.withdrawn,
        total.cut,
        start.elapsed(),
    );
    assert!(found.is_empty(), "seed {SEED:#x}, after {kills} kills:\n{}", found.join("\n"));
    // Kills that hit nothing would prove nothing.
    assert!(total.cut >= KILLS, "only {} requests were cut off by {kills} kills", total.cut);
    let is_enough = total.acknowledged >= ACKNOWLEDGED && total.withdrawn >= KILLS / 5 && held >= KILLS / 5;
    assert!(is_enough, "too little load: {total:?}, {held} held");
}

/// Lets the clients call while the node is killed and started again; in the end it is up.
async fn under_load(node: &mut NodeProcess, journals: &Path) -> (Vec<Client>, usize) {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let (up, is_up) = watch::channel(false);
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..)
        .zip(CLIENTS)
        .map(|(number, province)| {
            let channel = node.caller(&format!("{province}00"), &format!("client-{number}"), ALL_ROLES);
            let client = Client::new(number, province, channel, journals, SEED);
            tokio::spawn(client.counting(&acknowledged).run(is_up.clone()))
        })
        .collect();
    let mut kills = 0;
    let is_enough = || acknowledged.load(Ordering::Relaxed) >= ACKNOWLEDGED;
    for round in (1..=KILLS_MAX).take_while(|round| *round <= KILLS || !is_enough()) {
        node.start().await;
        up.send_replace(true);
        sleep(Duration::from_millis(random.random_range(LIFE_MS))).await;
        node.kill().await;
        up.send_replace(false);
        kills += 1;
        if round % RECOVERY_EVERY == 0 {
            node.spawn();
            sleep(Duration::from_millis(random.random_range(RECOVERY_MS))).await;
            node.kill().await;
            kills += 1;
        }
    }
    drop(up);
    node.start().await;
    let clients = futures::future::join_all(clients).await.into_iter().map(Result::unwrap).collect();
    (clients, kills)
}

/// Asks the node for everything: each request once more, each claim by its id, all pages of both lists.
async fn observe(node: &NodeProcess, entries: &[Entry]) -> Observed {
    let ministry = node.caller("000000", "auditor", ALL_ROLES);
    let claims = ClaimServiceClient::new(ministry.clone()).max_decoding_message_size(16 << 20);
    let known = entries.iter().filter_map(|entry| {
        if let Entry::Acknowledged { receipt, .. } = entry { Some(receipt.claim_id.clone()) } else { None }
    });
    let fetched = futures::stream::iter(known.collect::<Vec<_>>())
        .map(|claim_id| {
            let mut claims = claims.clone();
            async move {
                let request = pb::GetClaimRequest { claim_id: claim_id.clone() };
                let claim = claims.get_claim(request).await.ok().and_then(|answer| answer.into_inner().claim);
                (claim_id, claim)
            }
        })
        .buffer_unordered(READS)
        .collect()
        .await;
    Observed {
        repeated: repeat(node, entries).await,
        fetched,
        listed: all_claims(claims).await,
        suspects: all_suspects(ministry).await,
    }
}

/// Sends every request once more, as the client that made it, over one stream for each client.
async fn repeat(node: &NodeProcess, entries: &[Entry]) -> BTreeMap<String, String> {
    let mut repeated = BTreeMap::new();
    for (number, province) in CLIENTS.into_iter().enumerate() {
        let of_client = format!("claim-{number}-");
        let messages: BTreeMap<_, _> = entries
            .iter()
            .filter_map(|entry| {
                let Entry::Submitting { request_id, asked } = entry else { return None };
                let claim = Some(asked.submission());
                let message = pb::SubmitClaimsRequest { request_id: request_id.clone(), claim };
                request_id.starts_with(&of_client).then_some((request_id, message))
            })
            .collect();
        let messages: Vec<_> = messages.into_values().collect();
        let channel = node.caller(&format!("{province}00"), &format!("client-{number}"), ALL_ROLES);
        let answers = ClaimServiceClient::new(channel).submit_claims(futures::stream::iter(messages)).await.unwrap();
        let answers: Vec<_> = answers.into_inner().try_collect().await.unwrap();
        repeated.extend(answers.into_iter().map(|answer| match answer.outcome {
            Some(Outcome::Claim(claim)) => (answer.request_id, claim.claim_id),
            Some(Outcome::Refusal(refusal)) => (answer.request_id, format!("refused: {}", refusal.reason)),
            None => (answer.request_id, "an empty answer".to_owned()),
        }));
    }
    repeated
}

async fn all_claims(mut client: ClaimServiceClient<Channel>) -> Vec<pb::Claim> {
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListClaimsRequest { page_size: PAGE, page_token, ..Default::default() };
        let page = client.list_claims(request).await.unwrap().into_inner();
        all.extend(page.claims);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

async fn all_suspects(channel: Channel) -> Vec<suspects::Suspect> {
    let mut client = SuspectServiceClient::new(channel).max_decoding_message_size(16 << 20);
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = suspects::ListSuspectsRequest { page_size: PAGE, page_token, ..Default::default() };
        let page = client.list_suspects(request).await.unwrap().into_inner();
        all.extend(page.suspects);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

/// Stops the node and has `hufu doctor` verify the audit chain.
pub(crate) async fn audit_violations(node: &mut NodeProcess) -> Option<String> {
    let exited = node.terminate().await;
    if !exited.status.success() {
        return Some(format!("the node did not stop as it should: {exited:?}"));
    }
    let settings = node.config_file().display().to_string();
    let output = node.run(&["doctor", "--json", "--config", &settings]).await;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let database = report["checks"].as_array().unwrap().iter().find(|check| check["what"] == "database");
    match database {
        Some(check) if check["health"] == "well" => None,
        other => Some(format!("the audit chain does not verify: {other:?}")),
    }
}
