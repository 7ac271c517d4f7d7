//! What the played finance bureau does with funding applications, mode by mode.

use hufu::connectors::Applied;
use hufu::domain::calendar::Month;
use hufu::domain::claim::SubsidyKind;
use hufu::domain::identity::Region;
use hufu::domain::money::Fen;
use hufu::domain::pooling::{
    BatchId, BatchLine, ControlTotals, FundingApplication, FundingDecision, Grant, check_grant,
};
use hufu::sandbox::population::STORY_DAY;
use hufu::sandbox::{FinanceMode, SandboxSettings};
use uuid::Uuid;

use super::money::{Played, account, city, fen, share};

/// 900.01 yuan and 100 yuan.
const LINES: [i64; 2] = [90_001, 10_000];

fn batch(number: u128) -> BatchId {
    BatchId(Uuid::from_u128(number))
}

fn application(number: u128) -> FundingApplication {
    let line = |region, amount| BatchLine {
        region: Region::parse(region).unwrap(),
        subsidy: SubsidyKind::JobExpansion,
        enterprises: 1,
        people: 1,
        claims: 1,
        amount: fen(amount),
    };
    FundingApplication {
        batch_id: batch(number),
        city: Region::parse("371500").unwrap(),
        month: Month::new(2022, 10).unwrap(),
        number: 1,
        lines: vec![line("371502", LINES[0]), line("371503", LINES[1])],
        total: ControlTotals { claims: 2, amount: fen(LINES[0] + LINES[1]) },
        content_hash: [1; 32],
    }
}

async fn start() -> Played {
    Played::with(SandboxSettings::default()).await
}

async fn apply(played: &Played, number: u128) -> Option<Applied> {
    played.treasury.apply(&application(number), &city()).await.ok()
}

async fn granted(played: &Played, number: u128) -> Grant {
    let decision = played.treasury.decision(batch(number)).await.unwrap();
    let FundingDecision::Granted(grant) = decision else { panic!("{decision:?}") };
    grant
}

/// What finance says it moved, and what there is.
async fn arrived(played: &Played, number: u128) -> (i64, i64) {
    let says = played.treasury.arrivals(batch(number)).await.unwrap();
    (says.get(), played.vault().balance(&city()).get())
}

#[tokio::test]
async fn finance_that_is_well_grants_all_and_moves_it_once() {
    let played = start().await;
    assert_eq!(played.treasury.decision(batch(1)).await, Ok(FundingDecision::NotKnown));
    assert!(played.treasury.arrivals(batch(1)).await.is_err());
    let first = apply(&played, 1).await.unwrap();
    assert!(matches!(&first, Applied::Taken { reference } if !reference.is_empty()));
    assert_eq!(apply(&played, 1).await, Some(first), "the same application");
    let mut other = application(1);
    other.content_hash = [2; 32];
    assert_eq!(played.treasury.apply(&other, &city()).await, Ok(Applied::ContentDiffers));
    assert_eq!(played.treasury.apply(&application(1), &account(5)).await, Ok(Applied::ContentDiffers));
    let grant = granted(&played, 1).await;
    assert_eq!((grant.decided_on, grant.reason.as_str()), (STORY_DAY, ""));
    assert_eq!(check_grant(&application(1).lines, &grant), Ok(fen(100_001)));
    assert_eq!(arrived(&played, 1).await, (100_001, 100_001));
    let lines = played.statement(1).await.unwrap().lines;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].end_to_end_id.as_deref(), Some("00000000000000000000000000000001"));
    let mut wrong = application(2);
    wrong.total.amount = Fen::ZERO;
    assert!(played.treasury.apply(&wrong, &city()).await.is_err());
    played.end().await;
}

#[tokio::test]
async fn a_grant_in_part_is_rounded_down_by_line() {
    let played = start().await;
    played.running.faults.set_finance([FinanceMode::Part(share(600))]);
    apply(&played, 1).await.unwrap();
    let grant = granted(&played, 1).await;
    let amounts: Vec<i64> = grant.lines.iter().map(|it| it.granted.get()).collect();
    assert_eq!((amounts, grant.reason.is_empty()), (vec![54_000, 6_000], false));
    assert_eq!(check_grant(&application(1).lines, &grant), Ok(fen(60_000)));
    assert_eq!(arrived(&played, 1).await, (60_000, 60_000));
    // What is decided stays so.
    played.running.faults.set_finance([]);
    assert_eq!(granted(&played, 1).await, grant);
    played.end().await;
}

#[tokio::test]
async fn a_pending_application_is_decided_when_finance_is_ready() {
    let played = start().await;
    played.running.faults.set_finance([FinanceMode::Pending]);
    apply(&played, 1).await.unwrap();
    assert_eq!(played.treasury.decision(batch(1)).await, Ok(FundingDecision::Pending));
    assert_eq!(arrived(&played, 1).await, (0, 0));
    played.running.faults.set_finance([]);
    assert_eq!(granted(&played, 1).await.lines.len(), 2);
    assert_eq!(arrived(&played, 1).await, (100_001, 100_001));
    played.end().await;
}

#[tokio::test]
async fn a_refused_application_moves_nothing() {
    let played = start().await;
    played.running.faults.set_finance([FinanceMode::Refuse]);
    apply(&played, 1).await.unwrap();
    let decision = played.treasury.decision(batch(1)).await.unwrap();
    let FundingDecision::Refused { document_number, reason } = decision else { panic!("{decision:?}") };
    assert!(!document_number.is_empty() && !reason.is_empty());
    assert_eq!(arrived(&played, 1).await, (0, 0));
    played.end().await;
}

#[tokio::test]
async fn a_timeout_holds_until_it_is_switched_off_and_money_moves_once() {
    for (mode, is_known) in [(FinanceMode::TimeoutBefore, false), (FinanceMode::TimeoutAfter, true)] {
        let played = start().await;
        played.running.faults.set_finance([mode]);
        for _ in 0..2 {
            assert_eq!(apply(&played, 1).await, None, "{mode:?}");
        }
        let decision = played.treasury.decision(batch(1)).await.unwrap();
        assert_eq!(decision != FundingDecision::NotKnown, is_known, "{mode:?}");
        played.running.faults.set_finance([]);
        assert!(apply(&played, 1).await.is_some(), "{mode:?}");
        assert_eq!(arrived(&played, 1).await, (100_001, 100_001), "{mode:?}");
        played.end().await;
    }
}

#[tokio::test]
async fn less_or_more_than_granted_is_put_right_later() {
    for (mode, first) in [(FinanceMode::Less(share(100)), 90_001), (FinanceMode::More(share(100)), 110_001)] {
        let played = start().await;
        played.running.faults.set_finance([mode]);
        apply(&played, 1).await.unwrap();
        assert_eq!(check_grant(&application(1).lines, &granted(&played, 1).await), Ok(fen(100_001)), "{mode:?}");
        assert_eq!(arrived(&played, 1).await, (first, first), "{mode:?}");
        played.vault().move_rest(batch(1)).unwrap();
        assert_eq!(arrived(&played, 1).await, (100_001, 100_001), "{mode:?}");
        played.vault().move_rest(batch(1)).unwrap();
        played.vault().move_money(batch(2), fen(5)).unwrap();
        assert_eq!(played.vault().journal().len(), 2, "nothing more is moved, and nothing for no application");
        played.vault().move_money(batch(1), fen(-1)).unwrap();
        assert_eq!(arrived(&played, 1).await, (100_000, 100_000), "{mode:?}");
        played.end().await;
    }
}

#[tokio::test]
async fn the_money_may_come_in_two_arrivals() {
    let played = start().await;
    played.running.faults.set_finance([FinanceMode::Twice]);
    apply(&played, 1).await.unwrap();
    assert_eq!(arrived(&played, 1).await, (100_001, 100_001));
    let amounts: Vec<i64> = played.statement(1).await.unwrap().lines.iter().map(|it| it.amount.get()).collect();
    assert_eq!(amounts, [50_000, 50_001]);
    played.end().await;
}

#[tokio::test]
async fn what_finance_decided_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Some(folder.path().join("journal"));
    let settings = || SandboxSettings { journal: journal.clone(), ..SandboxSettings::default() };
    let played = Played::with(settings()).await;
    played.running.faults.set_finance([FinanceMode::Part(share(500)), FinanceMode::Less(share(500))]);
    let taken = apply(&played, 1).await;
    let grant = granted(&played, 1).await;
    played.running.faults.set_finance([FinanceMode::Pending]);
    apply(&played, 2).await.unwrap();
    played.running.shutdown().await;

    let played = Played::with(settings()).await;
    assert_eq!(apply(&played, 1).await, taken);
    assert_eq!(granted(&played, 1).await, grant);
    assert_eq!(arrived(&played, 1).await, (25_000, 25_000));
    assert_eq!(granted(&played, 2).await.lines.len(), 2, "decided now");
    played.end().await;
}
