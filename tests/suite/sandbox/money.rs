//! A played bank and finance bureau, and a node's clients of them: what the tests of payments and funding share, and what holds
//! for the vault as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use hufu::connectors::{Limits, Treasury, UpstreamSettings};
use hufu::domain::eligibility::evidence::Owner;
use hufu::domain::identity::BankAccount;
use hufu::domain::money::Fen;
use hufu::domain::payment::{BankReport, Cause, InstructionId, Order};
use hufu::domain::statement::{Direction, Statement};
use hufu::sandbox::vault::{BookingKind, Place, Stage};
use hufu::sandbox::{BankMode, Fault, Running, Sandbox, SandboxSettings, Share, Upstream, Vault};
use uuid::Uuid;

use super::{small_world, start};

pub(super) fn account(number: u32) -> BankAccount {
    BankAccount::parse(&format!("37150{number:011}")).unwrap()
}

/// The municipal expenditure account.
pub(super) fn city() -> BankAccount {
    account(1)
}

/// Some money to begin with.
pub(super) const FUNDED: Fen = Fen::new(100_000_000);

pub(super) fn fen(fen: i64) -> Fen {
    Fen::new(fen)
}

pub(super) fn id(number: u128) -> InstructionId {
    InstructionId(Uuid::from_u128(number))
}

pub(super) fn share(permille: u16) -> Share {
    Share::permille(permille).unwrap()
}

/// An order from the city to an enterprise of the world that has a corporate account.
pub(super) fn order(number: u128, enterprise: usize, amount: i64) -> Order {
    let world = small_world();
    let payee = world.enterprises.iter().filter(|it| it.is_plain()).nth(enterprise).unwrap();
    Order {
        instruction_id: id(number),
        payer_account: city(),
        payee_account: payee.corporate.as_ref().unwrap().number.clone(),
        payee_name: payee.name.as_str().to_owned(),
        amount: fen(amount),
        purpose: "一次性扩岗补助".to_owned(),
    }
}

/// A sandbox, and a node's clients of it. The city has money.
pub(super) struct Played {
    pub(super) running: Running,
    pub(super) treasury: Treasury,
}

impl Played {
    pub(super) async fn start() -> Self {
        let played = Self::with(SandboxSettings::default()).await;
        played.vault().credit("聊城市财政局", &city(), FUNDED, "", "").unwrap();
        played
    }

    /// As the settings say; what is not answered is given up at once.
    pub(super) async fn with(settings: SandboxSettings) -> Self {
        let accounts = vec![(city(), "聊城市人力资源和社会保障局".to_owned())];
        let running = start(SandboxSettings { accounts, silence: Duration::ZERO, ..settings }).await;
        let treasury = treasury(&running, Duration::from_secs(20));
        Self { running, treasury }
    }

    pub(super) fn vault(&self) -> &Vault {
        self.running.vault()
    }

    pub(super) async fn send(&self, order: &Order) -> BankReport {
        self.treasury.send(vec![order.clone()]).await[&order.instruction_id]
    }

    pub(super) async fn inquire(&self, order: &Order) -> BankReport {
        self.treasury.inquire(&[order.instruction_id]).await[&order.instruction_id]
    }

    pub(super) async fn statement(&self, number: u32) -> Option<Statement> {
        self.treasury.statement(&city(), number).await.unwrap()
    }

    /// Nothing was made or lost, and every statement agrees with its account.
    pub(super) async fn end(self) {
        let vault = self.vault();
        assert_eq!(vault.total(), vault.came_in());
        let payers: BTreeSet<BankAccount> = vault.instructions().into_iter().map(|it| it.terms.payer).collect();
        for payer in payers.into_iter().chain([city()]) {
            let mut closing = Fen::ZERO;
            // A statement lets time pass, so that there may be one more.
            for number in 1.. {
                let issued = self.treasury.statement(&payer, number).await.unwrap();
                let again = self.treasury.statement(&payer, number).await.unwrap();
                let Some(statement) = issued.or_else(|| again.clone()) else { break };
                assert_eq!(statement.verify(), Ok(statement.declared));
                assert_eq!((statement.opening, Some(&statement)), (closing, again.as_ref()), "statement {number}");
                closing = statement.closing;
            }
            assert_eq!(closing, self.vault().balance(&payer));
        }
        assert_eq!(self.vault().total(), self.vault().came_in());
        self.running.shutdown().await;
    }
}

fn treasury(running: &Running, patience: Duration) -> Treasury {
    let limits = Limits {
        total_deadline: patience,
        attempt_timeout: patience,
        attempts_max: 1,
        breaker_calls_min: usize::MAX,
        ..Limits::default()
    };
    let upstream = |upstream| UpstreamSettings {
        uri: format!("http://{}", running.addr(upstream)),
        tls: None,
        limits: limits.clone(),
    };
    let settings =
        BTreeMap::from([(Owner::Finance, upstream(Upstream::Finance)), (Owner::Bank, upstream(Upstream::Bank))]);
    Treasury::connect(&settings, "hufu-test".to_owned()).unwrap().unwrap()
}

#[tokio::test]
async fn down_refusing_and_slow_hold_for_bank_and_finance() {
    for fault in [Fault::Down, Fault::Refusing, Fault::Slow(Duration::from_secs(5))] {
        let played = Played::start().await;
        let hasty = treasury(&played.running, Duration::from_millis(300));
        for upstream in [Upstream::Bank, Upstream::Finance] {
            played.running.faults.set(upstream, fault);
        }
        let order = order(1, 0, 100);
        assert_eq!(hasty.send(vec![order.clone()]).await[&id(1)], BankReport::Unanswered, "{fault:?}");
        assert!(hasty.notices("").await.is_err() && hasty.statement(&city(), 1).await.is_err(), "{fault:?}");
        assert!(hasty.arrivals(hufu::domain::pooling::BatchId(Uuid::nil())).await.is_err(), "{fault:?}");
        for upstream in [Upstream::Bank, Upstream::Finance] {
            played.running.faults.set(upstream, Fault::Healthy);
        }
        assert_eq!(played.send(&order).await, BankReport::Accepted, "{fault:?}");
        played.end().await;
    }
}

#[tokio::test]
async fn a_partial_bank_leaves_results_out_and_cuts_statements() {
    let played = Played::start().await;
    played.running.faults.set(Upstream::Bank, Fault::Partial(share(500)));
    let orders: Vec<Order> = (0..200).map(|it| order(it, 0, 100)).collect();
    let sent = played.treasury.send(orders.clone()).await;
    let accepted = sent.values().filter(|it| **it == BankReport::Accepted).count();
    assert!((50..150).contains(&accepted), "{accepted}");
    assert!(sent.values().all(|it| matches!(it, BankReport::Accepted | BankReport::Unanswered)));
    assert!(played.treasury.statement(&city(), 1).await.is_err());
    // Whoever asks again is answered in the end: other questions have other gaps.
    let mut open: BTreeSet<InstructionId> = orders.iter().map(|it| it.instruction_id).collect();
    for _ in 0..40 {
        let asked: Vec<InstructionId> = open.iter().copied().collect();
        let reports = played.treasury.inquire(&asked).await;
        open.retain(|id| reports[id] == BankReport::Unanswered);
    }
    assert!(open.is_empty());
    assert_eq!(played.vault().paid_to(&orders[0].payee_account), fen(20_000));
    played.running.faults.set(Upstream::Bank, Fault::Healthy);
    played.end().await;
}

/// Every mode at once, for a share of many orders that are sent until they are answered.
#[tokio::test]
async fn money_is_conserved_whatever_the_bank_does() {
    use BankMode::*;
    let played = Played::start().await;
    let modes = [
        Refuse,
        TimeoutBefore,
        TimeoutAfter,
        AcceptThenFail,
        ReturnClosed,
        ReturnName,
        ReturnNumber,
        LateReturn,
        PartPayment,
        Hold,
        DuplicateNotice,
    ];
    played.running.faults.set_bank(modes.map(|mode| mode.for_share(share(100))));
    let orders: Vec<Order> = (0..400).map(|it| order(it, (it % 10) as usize, 100 + (it % 7) as i64)).collect();
    for part in orders.chunks(5) {
        for _ in 0..12 {
            played.treasury.send(part.to_vec()).await;
        }
    }
    let reports = played.treasury.inquire(&orders.iter().map(|it| it.instruction_id).collect::<Vec<_>>()).await;
    assert!(reports.values().all(|it| !matches!(it, BankReport::Unanswered | BankReport::NotKnown)));
    let vault = played.vault();
    let stages = |stage| vault.instructions().iter().filter(|it| it.stage == stage).count();
    for stage in [Stage::Refused, Stage::Held, Stage::Settled, Stage::ReturnDue, Stage::Returned, Stage::Failed] {
        assert!(stages(stage) > 5, "{stage:?}: {}", stages(stage));
    }
    let journal = vault.journal();
    for instruction in vault.instructions() {
        let terms = &instruction.terms;
        let booked = journal.iter().filter(|it| it.end_to_end_id == terms.id.to_string());
        let (out, back): (Vec<_>, Vec<_>) = booked.partition(|it| it.kind == BookingKind::Payment);
        assert!(out.len() <= 1 && back.len() <= 1 && out.len() >= back.len());
        assert!(out.iter().all(|it| it.from == Place::Account(city()) && it.amount <= terms.amount));
    }
    assert_eq!(vault.total(), FUNDED);
    played.running.faults.set_bank([]);
    vault.pass_time().unwrap();
    assert_eq!((stages_of(vault, Stage::Held), stages_of(vault, Stage::ReturnDue)), (0, 0));
    played.end().await;
}

fn stages_of(vault: &Vault, stage: Stage) -> usize {
    vault.instructions().iter().filter(|it| it.stage == stage).count()
}

async fn with_journal(path: &Path) -> Played {
    Played::with(SandboxSettings { journal: Some(path.to_owned()), ..SandboxSettings::default() }).await
}

#[tokio::test]
async fn what_the_bank_knows_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.jsonl");
    let played = with_journal(&path).await;
    played.vault().credit("聊城市财政局", &city(), FUNDED, "", "").unwrap();
    let rules = [
        BankMode::ReturnClosed.for_instruction(id(2)),
        BankMode::Refuse.for_instruction(id(3)),
        BankMode::LateReturn.for_instruction(id(4)),
        BankMode::Hold.for_instruction(id(5)),
        BankMode::AcceptThenFail.for_instruction(id(6)),
    ];
    played.running.faults.set_bank(rules);
    let orders: Vec<Order> = (1..=6).map(|it| order(it, it as usize, 100 * it as i64)).collect();
    played.treasury.send(orders.clone()).await;
    let first = played.statement(1).await.unwrap();
    played.vault().close(&orders[0].payee_account).unwrap();
    let ids: Vec<InstructionId> = orders.iter().map(|it| it.instruction_id).collect();
    let known = played.treasury.inquire(&ids).await;
    let notices = played.treasury.notices("").await.unwrap();
    let (journal, instructions) = (played.vault().journal(), played.vault().instructions());
    assert_eq!(Vault::read_journal(&path).unwrap(), journal);

    let busy =
        Sandbox::start(small_world(), SandboxSettings { journal: Some(path.clone()), ..SandboxSettings::default() });
    assert!(busy.await.is_err(), "a journal has one sandbox");
    // Ended without ceremony, in the middle of a line that nobody was told of.
    drop(played);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], b"[{\"booked\":{\"number\":99"].concat()).unwrap();

    let played = with_journal(&path).await;
    assert_eq!(played.vault().journal(), journal);
    assert_eq!(played.vault().instructions(), instructions);
    assert_eq!(played.treasury.inquire(&ids).await, known);
    assert_eq!(played.treasury.notices("").await.unwrap(), notices);
    assert_eq!(played.statement(1).await, Some(first));
    assert_eq!(played.send(&orders[0]).await, BankReport::Accepted, "known already, and no second effect");
    assert_eq!(played.send(&order(7, 1, 5)).await, BankReport::Accepted);
    let closed = BankReport::Returned { settled: fen(5), returned: fen(5), cause: Cause::AccountClosed };
    assert_eq!(played.inquire(&order(7, 1, 5)).await, closed, "the account is still closed");
    assert_eq!(played.vault().paid_to(&orders[0].payee_account), fen(100));
    played.end().await;
    let bookings = Vault::read_journal(&path).unwrap();
    assert!(bookings.iter().zip(1..).all(|(booking, number)| booking.number == number));
}

#[tokio::test]
async fn a_journal_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.jsonl");
    std::fs::write(&path, "not a journal\n").unwrap();
    let settings = SandboxSettings { journal: Some(path.clone()), ..SandboxSettings::default() };
    assert!(Sandbox::start(small_world(), settings).await.is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a journal\n");
}

/// A call that is left without an answer does not hold up the end.
#[tokio::test]
async fn silence_ends_with_the_sandbox() {
    let running = start(SandboxSettings::default()).await;
    running.faults.set_bank([BankMode::TimeoutAfter.for_all()]);
    running.vault().credit("聊城市财政局", &city(), FUNDED, "", "").unwrap();
    let patient = treasury(&running, Duration::from_secs(50));
    let sent = tokio::spawn(async move { patient.send(vec![order(1, 0, 100)]).await });
    while running.vault().instructions().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!sent.is_finished(), "no answer");
    let started = tokio::time::Instant::now();
    running.shutdown().await;
    assert_eq!(sent.await.unwrap()[&id(1)], BankReport::Unanswered);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn money_from_outside_is_on_the_statement() {
    let played = Played::start().await;
    played.vault().credit("聊城某某有限公司", &city(), fen(1_500), "退回", "多领退回").unwrap();
    let lines = played.statement(1).await.unwrap().lines;
    let seen: Vec<_> = lines.iter().map(|it| (it.direction, it.amount, it.end_to_end_id.as_deref())).collect();
    assert_eq!(seen, [(Direction::Credit, FUNDED, None), (Direction::Credit, fen(1_500), Some("退回"))]);
    assert_eq!(lines[1].remittance, "聊城某某有限公司 多领退回");
    played.end().await;
}
