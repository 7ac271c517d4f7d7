//! Role by page by action, over the socket: what a page allows is what the call allows that does the same, and what is not in the table
//! is denied.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode, header};
use hufu::domain::caller::Role;
use hufu::domain::rights::{Needs as CallNeeds, RIGHTS};
use hufu::web::rights::{Needs, ROWS, Row, Verb};
use tower::{Service, ServiceExt};

use crate::support::{Caller, Database, Harness, on_both_databases};

/// What is open to everybody, by name: a page is not opened to the world by the way.
const OPEN: [(Verb, &str); 8] = [
    (Verb::Get, "/"),
    (Verb::Get, "/console"),
    (Verb::Get, "/console/assets/{hash}/{name}"),
    (Verb::Get, "/console/login"),
    (Verb::Post, "/console/login"),
    (Verb::Get, "/console/enter"),
    (Verb::Post, "/console/enter"),
    (Verb::Post, "/console/language"),
];
/// What is open to whoever is logged in, whatever their roles.
const LOGGED_IN: [(Verb, &str); 3] =
    [(Verb::Post, "/console/logout"), (Verb::Get, "/console/today"), (Verb::Get, "/console/help")];
/// More than any page.
const PAGE_BYTES: usize = 8 * 1_024 * 1_024;
/// An id that nothing has.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// A person's browser, without the pictures.
#[derive(Clone)]
pub(crate) struct Browser {
    stranger: Caller,
    cookie: String,
    pub(crate) csrf: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    /// Nobody's.
    pub(crate) fn new(hufu: &Harness) -> Self {
        Self { stranger: hufu.stranger(), cookie: String::new(), csrf: String::new() }
    }

    /// Somebody's who came in by a link.
    pub(crate) async fn enter(hufu: &Harness, region: &str, person: &str, roles: &[Role]) -> Self {
        let link = hufu.office(region).console_link(person, roles).await.unwrap();
        let mut browser = Self::new(hufu);
        let token = link.split_once('?').unwrap().1.to_owned();
        let entered = browser.send(Method::POST, "/console/enter", token).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
        let cookie = entered.headers[header::SET_COOKIE].to_str().unwrap();
        for word in ["__Host-hufu=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        let page = browser.get("/console/help").await.text;
        browser.csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.chars().take(43).collect();
        browser
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, String::new()).await
    }

    /// Sends a form, with the token of the session.
    pub(crate) async fn post(&self, path: &str, fields: &str) -> Answer {
        self.send(Method::POST, path, format!("csrf={}&{fields}", self.csrf)).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: String) -> Answer {
        self.send_body(method, path, Body::from(body)).await
    }

    pub(crate) async fn send_body(&self, method: Method, path: &str, body: Body) -> Answer {
        self.send_as(method, path, body, &[]).await
    }

    async fn send_as(&self, method: Method, path: &str, body: Body, headers: &[(&str, &str)]) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(tonic::body::Body::new(body)).unwrap();
        let answered = self.stranger.channel.clone().ready().await.unwrap().call(request).await.unwrap();
        let (parts, body) = answered.into_parts();
        let bytes = to_bytes(Body::new(body), PAGE_BYTES).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Asks as htmx does: for a part of a page, or in the place of a link.
    pub(crate) async fn get_by_htmx(&self, path: &str, in_place_of_a_link: bool) -> Answer {
        let headers = [("hx-request", "true"), ("hx-boosted", "true")];
        let headers = if in_place_of_a_link { &headers[..] } else { &headers[..1] };
        self.send_as(Method::GET, path, Body::empty(), headers).await
    }

    async fn ask(&self, row: &Row) -> Answer {
        let path: Vec<&str> = row.path.split('/').map(|it| if it.starts_with('{') { NOTHING } else { it }).collect();
        match row.method {
            Verb::Get => self.get(&path.join("/")).await,
            Verb::Post => self.post(&path.join("/"), "").await,
        }
    }
}

/// Who may make a call, as the table of calls has it.
fn may_call(rpc: &str, role: Role) -> bool {
    let right = RIGHTS.iter().find(|right| right.rpc == rpc).unwrap_or_else(|| panic!("no such call: {rpc}"));
    match right.needs {
        CallNeeds::Certificate => true,
        CallNeeds::Role(needed) => needed == role,
        CallNeeds::AnyOf(needed) => needed.contains(&role),
    }
}

fn may(row: &Row, role: Role) -> bool {
    match row.needs {
        Needs::Nothing | Needs::Session => true,
        Needs::Call(rpc) => may_call(rpc, role),
        Needs::OneOf(rpcs) => rpcs.iter().any(|rpc| may_call(rpc, role)),
    }
}

#[test]
fn what_is_open_is_open_by_name_and_nothing_stands_twice() {
    let open: Vec<_> =
        ROWS.iter().filter(|row| row.needs == Needs::Nothing).map(|row| (row.method, row.path)).collect();
    assert_eq!(open, OPEN);
    let rows = ROWS.iter().filter(|row| row.needs == Needs::Session).map(|row| (row.method, row.path));
    assert_eq!(rows.collect::<Vec<_>>(), LOGGED_IN);
    let names: BTreeSet<_> = ROWS.iter().map(|row| (row.method == Verb::Post, row.path)).collect();
    assert_eq!(names.len(), ROWS.len());
    assert!(ROWS.iter().all(|row| row.path == "/" || row.path.starts_with("/console")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_page_and_each_action_takes_the_role_of_its_call() {
    Harness::tell(Database::Sqlite, async |hufu| {
        for role in Role::ALL {
            let browser = Browser::enter(hufu, "370000", "wang.min", &[role]).await;
            // Logging out comes last, and ends the session.
            let rows = ROWS.iter().filter(|row| row.needs != Needs::Nothing && row.path != "/console/logout");
            for row in rows {
                let answer = browser.ask(row).await;
                let name = format!("{:?} {} with {role:?}: {}", row.method, row.path, answer.status);
                let is_refused = answer.status == StatusCode::FORBIDDEN;
                // Where the form decides which of several calls it is, an empty one may be the other's.
                let depends = row.method == Verb::Post && matches!(row.needs, Needs::OneOf(_));
                assert!(is_refused != may(row, role) || (is_refused && depends), "{name}\n{}", answer.text);
                assert!(!answer.status.is_server_error(), "{name}\n{}", answer.text);
                guarded(&answer, &name);
            }
            let gone = browser.post("/console/logout", "").await;
            assert_eq!(gone.status, StatusCode::SEE_OTHER);
            assert_eq!(browser.get("/console/help").await.status, StatusCode::SEE_OTHER);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_finds_the_login_and_nothing_else() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let stranger = Browser::new(hufu);
        for row in ROWS.iter().filter(|row| row.needs != Needs::Nothing) {
            let answer = stranger.ask(row).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", row.path);
            assert!(answer.headers[header::LOCATION].to_str().unwrap().starts_with("/console/login"), "{}", row.path);
            assert!(answer.text.is_empty());
            guarded(&answer, row.path);
        }
        let hidden = stranger.get("/console/no/such/page").await;
        assert_eq!(hidden.status, StatusCode::SEE_OTHER, "nobody learns what there is");
        assert_eq!(stranger.get("/console/enter?token=made-up").await.status, StatusCode::GONE);

        let person = Browser::enter(hufu, "370000", "wang.min", &Role::ALL).await;
        for (method, path) in [
            (Method::GET, "/console/no/such/page"),
            (Method::POST, "/console/today"),
            (Method::DELETE, "/console/today"),
            (Method::GET, "/console/logout"),
            (Method::GET, "/console/assets/0/console.css"),
        ] {
            let answer = person.send(method.clone(), path, String::new()).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
            assert!(answer.text.contains("<h1>没有此页面或记录</h1>"), "{method} {path}: {}", answer.text);
            guarded(&answer, path);
        }
    })
    .await;
}

/// A form is taken from a page of ours and from this session alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_form_changes_nothing() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let person = Browser::enter(hufu, "370000", "wang.min", &Role::ALL).await;
        let other = Browser::enter(hufu, "370000", "gao.jun", &Role::ALL).await;
        for body in [String::new(), "csrf=".to_owned(), format!("csrf={}", other.csrf), "%%%".to_owned()] {
            let answer = person.send(Method::POST, "/console/logout", body.clone()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{body}");
        }
        let long = format!("csrf={}&words={}", person.csrf, "x".repeat(70_000));
        assert_eq!(person.send(Method::POST, "/console/logout", long).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(person.get("/console/help").await.status, StatusCode::OK, "still there");
    })
    .await;
}

/// Whoever comes in again in the same browser is out of the session before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_has_one_session() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let browser = Browser::enter(hufu, "370000", "wang.min", &Role::ALL).await;
        let link = hufu.office("370000").console_link("gao.jun", &[]).await.unwrap();
        let token = link.split_once('?').unwrap().1.to_owned();
        let entered = browser.send(Method::POST, "/console/enter", token).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER);
        assert_eq!(browser.get("/console/help").await.status, StatusCode::SEE_OTHER, "the former session is over");
    })
    .await;
}

/// Who was given a link, came in and left is in the log, by person; no secret is.
async fn coming_and_going_is_written_down(hufu: &Harness) {
    let browser = Browser::enter(hufu, "370000", "wang.min", &Role::ALL).await;
    let token = browser.cookie.split_once('=').unwrap().1.to_owned();
    assert_eq!(browser.post("/console/logout", "").await.status, StatusCode::SEE_OTHER);
    let entries = hufu.office("370000").audit_entries().await;
    let found: Vec<_> = entries
        .iter()
        .filter(|entry| entry.action.starts_with("console-"))
        .map(|entry| [&entry.action, &entry.actor, &entry.person, &entry.region, &entry.detail].map(String::as_str))
        .collect();
    let (office, person) = ("office-370000", "office-370000/wang.min");
    let console = format!("{office}/console");
    let (given, came) = (format!("for={person}"), format!("person={person} by=link"));
    let (left, desk) = (format!("person={person}"), format!("{office}/desk"));
    let expected = [
        ["console-left", &console, person, "370000", &left],
        ["console-entered", &console, person, "370000", &came],
        ["console-link-made", &desk, "", "370000", &given],
    ];
    assert_eq!(found, expected);
    assert!(entries.iter().all(|entry| !entry.detail.contains(&token)));
}

on_both_databases!(coming_and_going_is_written_down);

/// Whoever tries links is let go on trying ten times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_tries_too_many_links_waits() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let stranger = Browser::new(hufu);
        for _ in 0..10 {
            let answer = stranger.send(Method::POST, "/console/enter", "token=made-up".to_owned()).await;
            assert_eq!(answer.status, StatusCode::GONE);
        }
        let answer = stranger.send(Method::POST, "/console/enter", "token=made-up".to_owned()).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        guarded(&answer, "too many");
    })
    .await;
}

/// What every answer says to the browser.
fn guarded(answer: &Answer, what: &str) {
    let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    let policy = header("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
    {
        assert!(policy.split("; ").any(|it| it == part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("data:") && !policy.contains('*'), "{what}: {policy}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(header("cache-control"), "no-store", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    for inline in ["style=", "<style", "javascript:", " onclick", " onload"] {
        assert!(!answer.text.contains(inline), "{what}: {inline}");
    }
}
