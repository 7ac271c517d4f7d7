//! Nobody's browser takes the whole console: pages under way are counted by session, and none is under way for long.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::stream;
use http::{Method, StatusCode};
use hufu::domain::caller::Role;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::rights::Browser;
use crate::support::{Database, Harness};

/// What one session may have under way (`workflows::console::sessions`).
const PAGES_AT_ONCE: usize = 8;
/// A page's time (`ConsoleSettings`).
const PAGE_DEADLINE: Duration = Duration::from_secs(10);
/// Asked for at once by one session.
const ASKED: usize = 12;
/// What a page that is turned away takes at most, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(8);

/// A form that never ends: the page that reads it is under way until its deadline.
fn endless() -> Body {
    Body::from_stream(stream::pending::<Result<Bytes, Infallible>>())
}

/// One session asks for more pages than it may, each of which takes for ever: those too many are turned away at once, the others are
/// ended by the deadline, and nobody else waits for any of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_session_takes_no_more_than_its_places_and_no_page_for_ever() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let greedy = Browser::enter(hufu, "370000", "wang.min", &Role::ALL).await;
        let other = Browser::enter(hufu, "370000", "gao.jun", &Role::ALL).await;
        let begun = Instant::now();
        let mut pages = JoinSet::new();
        for _ in 0..ASKED {
            let browser = greedy.clone();
            pages.spawn(async move { browser.send_body(Method::POST, "/console/language", endless()).await });
        }
        for _ in PAGES_AT_ONCE..ASKED {
            let turned_away = timeout(AT_ONCE, pages.join_next()).await.expect("who is too many is told at once");
            let answer = turned_away.unwrap().unwrap();
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
            assert!(answer.text.contains("系统繁忙"), "{}", answer.text);
        }
        assert_eq!(greedy.get("/console/help").await.status, StatusCode::TOO_MANY_REQUESTS, "all its places are taken");
        assert_eq!(other.get("/console/help").await.status, StatusCode::OK, "another person has places of their own");
        assert!(begun.elapsed() < PAGE_DEADLINE, "all of that while the pages were under way");

        for _ in 0..PAGES_AT_ONCE {
            let answer = pages.join_next().await.unwrap().unwrap();
            assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
            assert!(answer.text.contains("处理超时"), "{}", answer.text);
        }
        let took = begun.elapsed();
        assert!(took >= PAGE_DEADLINE && took < PAGE_DEADLINE * 2, "ended by the deadline, not {took:?} later");
        assert_eq!(greedy.get("/console/help").await.status, StatusCode::OK, "the places are free again");
    })
    .await;
}

/// More forms of strangers than the node has places for persons, none of which ever ends: strangers wait for each other alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_take_no_place_from_who_is_logged_in() {
    const CONNECTIONS: usize = 6;
    const FORMS: usize = 50;
    Harness::tell(Database::Sqlite, async |hufu| {
        let person = Browser::enter(hufu, "370000", "wang.min", &Role::ALL).await;
        let begun = Instant::now();
        let mut forms = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let stranger = Browser::new(hufu);
            for _ in 0..FORMS {
                let browser = stranger.clone();
                forms.spawn(async move { browser.send_body(Method::POST, "/console/enter", endless()).await });
            }
        }
        let turned_away =
            timeout(AT_ONCE, forms.join_next()).await.expect("strangers are told when there are too many");
        assert_eq!(turned_away.unwrap().unwrap().status, StatusCode::TOO_MANY_REQUESTS);
        // All that were not turned away are under way by now, or soon are.
        for _ in 0..20 {
            assert_eq!(person.get("/console/help").await.status, StatusCode::OK);
        }
        assert!(begun.elapsed() < PAGE_DEADLINE, "all of that while the forms were under way");
    })
    .await;
}
