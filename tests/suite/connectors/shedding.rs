//! Many calls at once: the limit, and what is turned away.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use hufu::connectors::Limits;
use hufu::domain::eligibility::evidence::MissingCause;
use hufu::proto::credential::v1 as pb;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use super::batches::results;
use super::fake::Fake;
use super::{PATIENCE, calm, cause, inquiry, now, persons};

#[tokio::test]
async fn calls_above_the_limit_are_turned_away_at_once() {
    let (fake, registries) = Fake::with(&Limits { max_concurrent: 2, ..calm() }).await;
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    fake.diplomas.does(move |request, _| {
        let held = Arc::clone(&held);
        async move {
            let _permit = held.acquire().await;
            Ok(pb::BatchGetDiplomasResponse { results: results(&request) })
        }
    });
    let ask = || {
        let registries = registries.clone();
        tokio::spawn(async move {
            let answers = registries.credentials(&persons(1), &inquiry(), now()).await;
            cause(answers.values().next().unwrap())
        })
    };
    let taken = [ask(), ask()];
    timeout(PATIENCE, async {
        while fake.diplomas.calls() < 2 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    let start = Instant::now();
    for turned_away in join_all((0..10).map(|_| ask())).await {
        assert_eq!(turned_away.unwrap(), Some(MissingCause::Unavailable));
    }
    assert!(start.elapsed() < PATIENCE / 4, "turned away, not queued: {:?}", start.elapsed());
    assert_eq!(fake.diplomas.calls(), 2);
    gate.add_permits(100);
    for answered in join_all(taken).await {
        assert_eq!(answered.unwrap(), None);
    }
    // What was held is free again.
    assert_eq!(ask().await.unwrap(), None);
}

/// A large question takes a few calls at a time, and so does not turn itself away.
#[tokio::test]
async fn one_large_question_stays_within_the_limit() {
    let (fake, registries) = Fake::with(&Limits { max_concurrent: 2, ..calm() }).await;
    fake.diplomas.does(|request, _| async move {
        sleep(Duration::from_millis(20)).await;
        Ok(pb::BatchGetDiplomasResponse { results: results(&request) })
    });
    let answers = registries.credentials(&persons(5_000), &inquiry(), now()).await;
    assert!(answers.len() == 5_000 && answers.values().all(|it| cause(it).is_none()));
    assert_eq!(fake.diplomas.calls(), 10);
}
