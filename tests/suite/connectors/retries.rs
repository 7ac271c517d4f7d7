//! One call after another: what is tried again, when, and when no longer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use hufu::connectors::{BreakerState, Limits, Registries};
use hufu::domain::eligibility::evidence::{MissingCause, Owner};
use hufu::proto::credential::v1 as pb;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};

use super::batches::results;
use super::fake::Fake;
use super::{PATIENCE, breaker, cause, inquiry, now, persons, registries, uscc};

/// A breaker that never opens, retries that are always allowed, and pauses that do not slow the test.
fn eager() -> Limits {
    Limits {
        total_deadline: PATIENCE,
        attempt_timeout: PATIENCE,
        attempts_max: 3,
        backoff_first: Duration::from_millis(10),
        backoff_max: Duration::from_millis(20),
        retry_reserve_per_second: 1_000,
        breaker_calls_min: usize::MAX,
        ..Limits::default()
    }
}

/// Asks about one person; why the answer is missing, if it is, and how long it took.
async fn ask(registries: &Registries) -> (Option<MissingCause>, Duration) {
    let start = Instant::now();
    let answers = registries.credentials(&persons(1), &inquiry(), now()).await;
    (cause(answers.values().next().unwrap()), start.elapsed())
}

fn truth(request: &pb::BatchGetDiplomasRequest) -> Result<pb::BatchGetDiplomasResponse, Status> {
    Ok(pb::BatchGetDiplomasResponse { results: results(request) })
}

#[tokio::test]
async fn an_upstream_that_is_down_leaves_its_answers_missing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let registries = registries(&format!("http://{address}"), None, &eager()).unwrap();
    let (cause, elapsed) = ask(&registries).await;
    assert_eq!(cause, Some(MissingCause::Unavailable));
    assert!(elapsed < PATIENCE, "refused connections are no reason to wait: {elapsed:?}");
}

#[tokio::test]
async fn an_upstream_that_comes_up_later_is_found() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let registries = registries(&format!("http://{address}"), None, &eager()).unwrap();
    assert_eq!(ask(&registries).await.0, Some(MissingCause::Unavailable));
    let fake = Arc::new(Fake::default());
    fake.diplomas.answers(|request, _| truth(&request));
    fake.serve_at(TcpListener::bind(address).await.unwrap(), tonic::transport::Server::builder());
    assert_eq!(ask(&registries).await.0, None);
}

/// What a broken peer does with a connection.
type Does = fn(TcpStream) -> BoxFuture<'static, ()>;

/// A broken peer, which counts its connections.
async fn broken_peer(does: Does) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(does(stream));
        }
    });
    (uri, accepted)
}

#[tokio::test]
async fn a_peer_that_is_no_registry_leaves_its_answers_missing() {
    let limits = Limits {
        total_deadline: Duration::from_secs(5),
        attempt_timeout: Duration::from_millis(500),
        attempts_max: 2,
        ..eager()
    };
    let silent = |stream| {
        async move {
            sleep(PATIENCE).await;
            drop::<TcpStream>(stream)
        }
        .boxed()
    };
    let hangs_up = |stream| async move { drop::<TcpStream>(stream) }.boxed();
    let speaks_http_1 = |mut stream: TcpStream| {
        async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            sleep(PATIENCE).await;
        }
        .boxed()
    };
    let peers: [(&str, Does, usize); 3] =
        [("silent", silent, 1), ("hangs up", hangs_up, 2), ("speaks HTTP/1.1", speaks_http_1, 2)];
    for (name, does, connections_min) in peers {
        let (uri, accepted) = broken_peer(does).await;
        let (cause, elapsed) = ask(&registries(&uri, None, &limits).unwrap()).await;
        assert_eq!(cause, Some(MissingCause::Unavailable), "{name}");
        assert!(elapsed <= limits.total_deadline, "{name}: {elapsed:?}");
        // What breaks on the way is tried again.
        assert!(accepted.load(Ordering::Relaxed) >= connections_min, "{name}");
    }
}

/// Each attempt is cut off, tried again, and the whole ends when it was promised to.
#[tokio::test]
async fn the_total_deadline_holds_over_all_attempts() {
    let total_deadline = Duration::from_millis(2_000);
    let attempt_timeout = Duration::from_millis(300);
    let (fake, registries) =
        Fake::with(&Limits { total_deadline, attempt_timeout, attempts_max: 100, ..eager() }).await;
    fake.diplomas.does(|request, _| async move {
        sleep(PATIENCE).await;
        truth(&request)
    });
    let (cause, elapsed) = ask(&registries).await;
    assert_eq!(cause, Some(MissingCause::Unavailable));
    assert!(elapsed <= total_deadline.mul_f32(1.2), "{elapsed:?}");
    assert!((2..=7).contains(&fake.diplomas.calls()), "{} attempts of 300 ms in 2 s", fake.diplomas.calls());
    // The upstream knows how long an attempt is waited for.
    let timeouts = fake.diplomas.seen(|metadata, _| metadata.get("grpc-timeout").is_some());
    assert!(timeouts.into_iter().all(|it| it));
}

#[tokio::test]
async fn a_read_is_tried_again_unchanged_until_it_succeeds() {
    let (fake, registries) = Fake::with(&eager()).await;
    fake.diplomas.answers(|request, number| match number {
        1 => Err(Status::unavailable("not yet")),
        2 => Err(Status::resource_exhausted("not yet")),
        _ => truth(&request),
    });
    assert_eq!(ask(&registries).await.0, None);
    let ids = fake.diplomas.seen(|_, request| request.context.clone().unwrap().inquiry_id);
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|it| *it == ids[0]), "a repeated question keeps its id");
}

#[tokio::test]
async fn only_what_may_pass_is_tried_again() {
    for code in (0..=16).map(Code::from).filter(|it| *it != Code::Ok) {
        let (fake, registries) = Fake::with(&eager()).await;
        fake.diplomas.answers(move |_, _| Err(Status::new(code, "refused")));
        assert_eq!(ask(&registries).await.0, Some(MissingCause::Unavailable), "{code:?}");
        let is_passing = matches!(
            code,
            Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled
        );
        assert_eq!(fake.diplomas.calls(), if is_passing { 3 } else { 1 }, "{code:?}");
    }
}

/// Asks an upstream that refuses once with this pushback; how many calls reached it, and how long the answer took.
async fn pushed_back(ms: &'static str) -> (usize, Duration) {
    let (fake, registries) = Fake::with(&Limits { total_deadline: Duration::from_secs(5), ..eager() }).await;
    fake.diplomas.answers(move |request, number| {
        if number > 1 {
            return truth(&request);
        }
        let mut status = Status::unavailable("later");
        status.metadata_mut().insert("grpc-retry-pushback-ms", ms.parse().unwrap());
        Err(status)
    });
    let (_, elapsed) = ask(&registries).await;
    (fake.diplomas.calls(), elapsed)
}

#[tokio::test]
async fn the_upstream_says_when_to_try_again() {
    let (calls, elapsed) = pushed_back("500").await;
    assert_eq!(calls, 2);
    assert!(elapsed >= Duration::from_millis(500), "{elapsed:?}");
    // Never, unreadable, and later than anybody waits.
    for ms in ["-1", "soon", "3600000"] {
        let (calls, elapsed) = pushed_back(ms).await;
        assert_eq!(calls, 1, "{ms}");
        assert!(elapsed < Duration::from_secs(5), "{ms}: {elapsed:?}");
    }
}

/// An outage adds the reserve to the load, not a multiple of it.
#[tokio::test]
async fn the_retry_budget_runs_out() {
    let reserve_of_ten_seconds = 10;
    let (fake, registries) = Fake::with(&Limits { retry_reserve_per_second: 1, retry_percent: 20, ..eager() }).await;
    fake.diplomas.answers(|_, _| Err(Status::unavailable("down")));
    for _ in 0..40 {
        assert_eq!(ask(&registries).await.0, Some(MissingCause::Unavailable));
    }
    // On a slow machine the ten seconds may pass once.
    let retries = fake.diplomas.calls() - 40;
    assert!((reserve_of_ten_seconds..=2 * reserve_of_ten_seconds).contains(&retries), "{retries} of 80 retries");
}

/// Without a reserve, a retry is paid for by calls that succeeded: five for one at a fifth.
#[tokio::test]
async fn successes_fill_the_retry_budget() {
    let (fake, registries) = Fake::with(&Limits { retry_reserve_per_second: 0, retry_percent: 20, ..eager() }).await;
    let down = |_, _| Err(Status::unavailable("down"));
    fake.diplomas.answers(down);
    ask(&registries).await;
    assert_eq!(fake.diplomas.calls(), 1);
    fake.diplomas.answers(|request, _| truth(&request));
    for _ in 0..5 {
        assert_eq!(ask(&registries).await.0, None);
    }
    fake.diplomas.answers(down);
    ask(&registries).await;
    assert_eq!(fake.diplomas.calls(), 1 + 5 + 2);
}

fn breaking() -> Limits {
    Limits {
        attempts_max: 1,
        breaker_calls_min: 5,
        breaker_failure_percent: 50,
        breaker_window: PATIENCE,
        breaker_open_for: Duration::from_millis(1_000),
        ..eager()
    }
}

#[tokio::test]
async fn a_failing_upstream_is_left_alone_and_asked_again_by_one() {
    let (fake, registries) = Fake::with(&breaking()).await;
    fake.diplomas.answers(|_, _| Err(Status::unavailable("down")));
    for _ in 0..5 {
        ask(&registries).await;
    }
    assert_eq!(breaker(&registries, Owner::Credential), BreakerState::Open);
    assert_eq!(breaker(&registries, Owner::Insurance), BreakerState::Closed, "each upstream has a breaker of its own");
    let opened = Instant::now();
    let mut refused = 0;
    while opened.elapsed() < Duration::from_millis(250) {
        assert_eq!(ask(&registries).await.0, Some(MissingCause::Unavailable));
        refused += 1;
    }
    assert!(refused > 5 && fake.diplomas.calls() == 5, "{refused} refused, {} reached it", fake.diplomas.calls());
    // One probe fails and opens it again; another succeeds and closes it.
    sleep(Duration::from_millis(1_100)).await;
    ask(&registries).await;
    assert_eq!((breaker(&registries, Owner::Credential), fake.diplomas.calls()), (BreakerState::Open, 6));
    fake.diplomas.answers(|request, _| truth(&request));
    sleep(Duration::from_millis(1_100)).await;
    assert_eq!(ask(&registries).await.0, None);
    assert_eq!(breaker(&registries, Owner::Credential), BreakerState::Closed);
}

#[tokio::test]
async fn one_breaker_guards_all_rpcs_of_an_upstream() {
    let (fake, registries) = Fake::with(&breaking()).await;
    fake.person_awards.answers(|_, _| Err(Status::unavailable("down")));
    for _ in 0..5 {
        registries.person_awards(&persons(1), &inquiry(), now()).await;
    }
    let answers = registries.enterprise_awards(&[uscc(1)], &inquiry(), now()).await;
    assert_eq!(cause(&answers[&uscc(1)]), Some(MissingCause::Unavailable));
    assert_eq!((fake.person_awards.calls(), fake.enterprise_awards.calls()), (5, 0));
}

/// It has answered well for long: a bad spell must still open the breaker, so old successes are forgotten with the window.
#[tokio::test]
async fn a_good_past_does_not_hide_a_bad_present() {
    let limits = Limits { breaker_window: Duration::from_millis(500), ..breaking() };
    let (fake, registries) = Fake::with(&limits).await;
    fake.diplomas.answers(|request, _| truth(&request));
    for _ in 0..50 {
        assert_eq!(ask(&registries).await.0, None);
    }
    sleep(Duration::from_millis(700)).await;
    fake.diplomas.answers(|_, _| Err(Status::unavailable("down")));
    let start = Instant::now();
    while breaker(&registries, Owner::Credential) == BreakerState::Closed && start.elapsed() < PATIENCE {
        ask(&registries).await;
    }
    assert_eq!(breaker(&registries, Owner::Credential), BreakerState::Open);
}

#[tokio::test]
async fn a_refused_question_does_not_open_the_breaker() {
    for code in [Code::InvalidArgument, Code::NotFound, Code::PermissionDenied, Code::Aborted, Code::OutOfRange] {
        let (fake, registries) = Fake::with(&breaking()).await;
        fake.diplomas.answers(move |_, _| Err(Status::new(code, "refused")));
        for _ in 0..12 {
            ask(&registries).await;
        }
        assert_eq!((fake.diplomas.calls(), breaker(&registries, Owner::Credential)), (12, BreakerState::Closed));
    }
}
