//! Killed again and again while the city runs, people work, and bank and finance do what they should not.

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use hufu::proto::claims::v1::ClaimState;
use hufu::sandbox::{BankMode, BankRule, Fault, FinanceMode, Share, Upstream};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::{Instant, sleep};
use tonic::Code;

use super::office::{Office, People};
use super::oracle::violations;
use super::town::{Rest, Town};
use crate::crash::audit_violations;
use crate::process::Engine;

/// Moments, weather and kinds of work follow from it; how far the node got in that time does not.
const SEED: u64 = 0x2022_0033;
/// Towns of each database, killed side by side.
const TOWNS: u64 = 3;
/// Kills of each town under load; 204 in all, and those during recovery come on top.
const KILLS: usize = 34;
/// After this many kills under load, the next start is killed before the node serves.
const RECOVERY_EVERY: usize = 6;
/// From serving to the kill.
const LIFE_MS: RangeInclusive<u64> = 40..=450;
/// After this many kills the next one waits until a run came to its end, however slow the machine is: a city that never gets to its
/// payments would prove nothing.
const WHOLE_EVERY: usize = 3;
const WHOLE_LIMIT: Duration = Duration::from_secs(10);
/// From the start of the process to a kill during recovery.
const RECOVERY_MS: RangeInclusive<u64> = 1..=100;
/// Claims approved in one go, so that there is always more to pay.
const APPROVED_AT_ONCE: usize = 3;
/// Between two turns of whoever works.
const PAUSE: Duration = Duration::from_millis(5);
/// Rounds of people's work after which all is paid.
const ROUNDS_MAX: usize = 40;

/// What the bank may do with a share of its work.
const BANK: [BankMode; 12] = [
    BankMode::TimeoutBefore,
    BankMode::TimeoutAfter,
    BankMode::AcceptThenFail,
    BankMode::ReturnClosed,
    BankMode::ReturnName,
    BankMode::LateReturn,
    BankMode::PartPayment,
    BankMode::Hold,
    BankMode::Refuse,
    BankMode::DuplicateNotice,
    BankMode::StatementMissingLine,
    BankMode::StatementWrongTotal,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_random_under_load_it_pays_once_on_sqlite() {
    survive_random_kills(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_at_random_under_load_it_pays_once_on_postgres() {
    survive_random_kills(Engine::Postgres).await;
}

/// What became of one town.
#[derive(Debug, Default)]
struct Fate {
    kills: usize,
    /// Runs that were under way when the process was killed.
    cut: usize,
    runs: usize,
    /// Payments that the bank booked before the sky cleared.
    booked: usize,
    found: Vec<String>,
}

async fn survive_random_kills(engine: Engine) {
    let start = Instant::now();
    let assessed = Town::found(engine).await.rest().await;
    let seeds = (0..TOWNS).map(|number| SEED.wrapping_mul(31).wrapping_add(number));
    let lives = seeds.map(|seed| live(&assessed, seed));
    let fates: Vec<Fate> = stream::iter(lives).buffer_unordered(TOWNS as usize).collect().await;
    let sum = |of: fn(&Fate) -> usize| fates.iter().map(of).sum::<usize>();
    let (kills, cut, runs, booked) = (sum(|it| it.kills), sum(|it| it.cut), sum(|it| it.runs), sum(|it| it.booked));
    // Past the test's capture: these figures are the point of the test.
    let _ = writeln!(
        std::io::stderr(),
        "money crash, {engine:?}: {kills} random kills, {cut} of them in a run, {runs} whole runs, {booked} payments \
         booked meanwhile, seed {SEED:#x}, {:.1?}",
        start.elapsed(),
    );
    let found: Vec<&String> = fates.iter().flat_map(|it| &it.found).collect();
    assert!(found.is_empty(), "{engine:?}, seed {SEED:#x}: {found:#?}");
    // Kills of an idle node would prove nothing.
    assert!(kills >= 100 && cut >= kills / 4, "{cut} of {kills} kills hit a run");
    assert!(booked >= 20, "only {booked} payments were booked between the kills");
}

/// One town, killed and started again until the sky clears.
async fn live(assessed: &Rest, seed: u64) -> Fate {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut town = assessed.copy().await;
    let (mut fate, cut, runs) = (Fate::default(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for round in 1..=KILLS {
        town.start().await;
        draw_weather(&town, &mut random);
        let up = Arc::new(AtomicBool::new(true));
        let runner = tokio::spawn(run_while_up(town.office.clone(), up.clone(), cut.clone(), runs.clone()));
        let clerk = tokio::spawn(work_while_up(town.office.clone(), up.clone()));
        if round % WHOLE_EVERY == 0 {
            let (start, before) = (Instant::now(), runs.load(Ordering::SeqCst));
            while runs.load(Ordering::SeqCst) == before && start.elapsed() < WHOLE_LIMIT {
                sleep(PAUSE).await;
            }
        }
        sleep(Duration::from_millis(random.random_range(LIFE_MS))).await;
        up.store(false, Ordering::SeqCst);
        town.node.kill().await;
        fate.found.extend(runner.await.unwrap());
        clerk.await.unwrap();
        fate.kills += 1;
        if round % RECOVERY_EVERY == 0 {
            town.node.spawn();
            sleep(Duration::from_millis(random.random_range(RECOVERY_MS))).await;
            town.node.kill().await;
            fate.kills += 1;
        }
    }
    fate.booked = town.payments_booked();
    town.start().await;
    fate.found.extend(settle(&town).await);
    fate.found.extend(violations(&town).await);
    (fate.cut, fate.runs) = (cut.load(Ordering::SeqCst), runs.load(Ordering::SeqCst));
    fate.found.extend(audit_violations(&mut town.node).await);
    if !fate.found.is_empty() {
        // The next run may not come to it again: what the node said of it is kept.
        let log = String::from_utf8_lossy(&town.node.log()).into_owned();
        fate.found.extend(log.lines().filter(|line| line.contains("ERROR")).map(str::to_owned));
    }
    town.remove().await;
    fate.found.iter_mut().for_each(|it| it.insert_str(0, &format!("town {seed:#x}: ")));
    fate
}

/// Runs the city in a loop until the process is killed. Gives what it was told that it must not be told.
async fn run_while_up(
    office: Office,
    up: Arc<AtomicBool>,
    cut: Arc<AtomicUsize>,
    runs: Arc<AtomicUsize>,
) -> Option<String> {
    while up.load(Ordering::SeqCst) {
        match office.run().await {
            Ok(_) => runs.fetch_add(1, Ordering::SeqCst),
            Err(_) if !up.load(Ordering::SeqCst) => cut.fetch_add(1, Ordering::SeqCst),
            Err(status) => return Some(format!("a run ended with {}: {}", status.code(), status.message())),
        };
        sleep(PAUSE).await;
    }
    None
}

/// People approve some more, file, and look after what came back, until the process is killed. What they are refused, they see again.
async fn work_while_up(office: Office, up: Arc<AtomicBool>) {
    while up.load(Ordering::SeqCst) {
        let _ = approve_some(&office, APPROVED_AT_ONCE).await;
        let _ = office.file_all().await;
        let _ = office.review_owed().await;
        sleep(PAUSE).await;
    }
}

async fn approve_some(office: &Office, count: usize) -> Result<(), tonic::Status> {
    for state in [ClaimState::Reviewed, ClaimState::Assessed] {
        let mut some = office.list(state).await?;
        some.truncate(count);
        office.approve(some).await?;
    }
    Ok(())
}

/// Under a clear sky, people do what is left to them, and the city runs, until all is paid.
async fn settle(town: &Town) -> Option<String> {
    for _ in 0..ROUNDS_MAX {
        town.clear_sky();
        let worked = async {
            approve_some(&town.office, usize::MAX).await?;
            town.office.file_all().await?;
            let status = town.office.run_until_still(People::At).await?;
            let paid = town.office.list(ClaimState::Paid).await?.len();
            Ok::<_, tonic::Status>(status.open_batches.is_empty() && paid == town.dues.len())
        };
        match worked.await {
            Ok(true) => return None,
            Ok(false) => {}
            // What a run voided between two looks is seen again.
            Err(status) if status.code() == Code::FailedPrecondition => {}
            Err(status) => return Some(format!("under a clear sky: {} {}", status.code(), status.message())),
        }
    }
    Some(format!("not all is paid after {ROUNDS_MAX} rounds under a clear sky"))
}

/// Draws what goes wrong in this life.
fn draw_weather(town: &Town, random: &mut ChaCha8Rng) {
    let faults = &town.bureaus.faults;
    let count = random.random_range(0..=3);
    let modes: Vec<BankMode> = BANK.choose_multiple(random, count).copied().collect();
    let rules: Vec<BankRule> = modes.into_iter().map(|mode| mode.for_share(share(random))).collect();
    faults.set_bank(rules);
    let finance = match random.random_range(0..10) {
        0 => Some(FinanceMode::Pending),
        1 => Some(FinanceMode::TimeoutBefore),
        2 => Some(FinanceMode::TimeoutAfter),
        3 => Some(FinanceMode::Twice),
        4 => Some(FinanceMode::Part(share(random))),
        5 => Some(FinanceMode::Refuse),
        6 => Some(FinanceMode::Less(share(random))),
        _ => None,
    };
    faults.set_finance(finance);
    let is_down = random.random_bool(0.1);
    faults.set(Upstream::Bank, if is_down { Fault::Down } else { Fault::Healthy });
}

fn share(random: &mut ChaCha8Rng) -> Share {
    Share::permille(random.random_range(50..=500)).unwrap()
}
