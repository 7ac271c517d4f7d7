//! Coming and going: by a certificate that names a person, by a link that was made for one, and out again.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::header;
use maud::{Markup, html};
use serde::Deserialize;

use super::forms::{Csrf, SameOrigin};
use super::lang::Lang;
use super::session::{COOKIE, Session};
use super::{PageError, Web, layout, parts};
use crate::domain::caller::Caller;
use crate::transport::peer::{Identity, Peer};
use crate::workflows::console::{EntryRefusal, Secret};

pub(super) const PATH: &str = "/console/login";

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route(PATH, get(login).post(by_certificate))
        .route("/console/enter", get(link).post(by_link))
        .route("/console/language", post(language))
        .route("/console/logout", post(logout))
}

/// The login, with the way back to a page.
pub(super) fn address(wanted: &str) -> String {
    format!("{PATH}?{}", url::form_urlencoded::Serializer::new(String::new()).append_pair("next", wanted).finish())
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
struct Language {
    to: String,
    back: String,
}

#[derive(Deserialize)]
struct Nothing {}

/// Who the connection's certificate names, if it names a person.
enum Holder {
    Nobody,
    /// A certificate that names a system, or none as it should.
    NoPerson,
    Person(Caller, String),
}

impl Holder {
    fn of(peer: Option<&Extension<Arc<Peer>>>) -> Self {
        let name = match peer.map(|peer| &peer.identity) {
            Some(Identity::Named(name)) => name,
            Some(Identity::Malformed(_)) => return Self::NoPerson,
            Some(Identity::Anonymous) | None => return Self::Nobody,
        };
        match Caller::named(&name.region, &name.organization, &name.system, &name.roles, name.person.as_deref()) {
            Ok(caller) if caller.person.is_some() => Self::Person(caller, name.to_string()),
            Ok(_) | Err(_) => Self::NoPerson,
        }
    }
}

async fn login(
    State(web): State<Web>,
    lang: Lang,
    peer: Option<Extension<Arc<Peer>>>,
    Query(Next { next }): Query<Next>,
) -> Markup {
    let title = lang.pick("登录", "Log in");
    let holder = Holder::of(peer.as_ref());
    let body = html! {
        @match &holder {
            Holder::Person(caller, _) => {
                p { (lang.pick("您的证书表明您是：", "Your certificate says that you are:")) }
                (identity(&web, lang, caller))
                form method="post" action=(PATH) {
                    (parts::hidden("next", inside(&next)))
                    button.primary type="submit" { (lang.pick("进入核查台", "Enter")) }
                }
            }
            Holder::NoPerson => {
                p { (lang.pick("您的证书属于一个系统，没有标明个人，不能用来登录核查台。", "Your certificate is a system's: it names no person, and opens no console.")) }
                (how(lang))
            }
            Holder::Nobody => { (how(lang)) }
        }
        @if !next.is_empty() {
            p.small { (lang.pick("已经登录？", "Logged in already? ")) a href=(inside(&next)) { (lang.pick("继续打开页面", "Open the page")) } }
        }
    };
    layout::plain(lang, title, PATH, body)
}

fn how(lang: Lang) -> Markup {
    html! {
        p { (lang.pick("请使用本人证书打开本页，或使用为您签发的一次性登录链接。", "Open this page with a certificate of your own, or with a link that was made for you.")) }
        details {
            summary { (lang.pick("如何取得", "How to get one")) }
            p { (lang.pick("证书由本单位管理员签发，导入浏览器后重新打开本页。开发环境中可在命令行取得链接：", "Your administrator issues certificates; import yours into the browser and open this page again. In development, ask for a link in a shell:")) }
            pre.code { "hufu console link --person wang.li" }
        }
    }
}

/// Who somebody is about to be here.
fn identity(web: &Web, lang: Lang, caller: &Caller) -> Markup {
    let person = caller.person.as_ref().map(|it| it.as_str()).unwrap_or_default();
    html! {
        dl.facts {
            div { dt { (lang.pick("人员", "Person")) } dd { (person) } }
            div { dt { (lang.pick("辖区", "Region")) } dd { (web.settings.place(lang, caller.region)) } }
            div { dt { (lang.pick("权限", "Rights")) } dd.tags {
                @for role in &caller.roles { (parts::tag(lang.pick(role.zh(), role.en()))) }
            } }
        }
    }
}

async fn by_certificate(
    State(web): State<Web>,
    peer: Option<Extension<Arc<Peer>>>,
    former: Option<Session>,
    SameOrigin(Next { next }): SameOrigin<Next>,
) -> Result<Response, PageError> {
    let Holder::Person(caller, name) = Holder::of(peer.as_ref()) else { return Err(PageError::NotFound) };
    let id = web.gateway.enter_by_certificate(caller, name).await?;
    end(&web, former).await?;
    Ok(entered(&id, inside(&next)))
}

async fn link(
    State(web): State<Web>,
    lang: Lang,
    peer: Option<Extension<Arc<Peer>>>,
    Query(Token { token }): Query<Token>,
) -> Response {
    let caller = match web.gateway.console_guest(&token, address_of(peer.as_ref())) {
        Ok(caller) => caller,
        Err(refusal) => return refused(lang, refusal),
    };
    let body = html! {
        p { (lang.pick("此链接仅供一次登录使用：", "This link lets one person in, once:")) }
        (identity(&web, lang, &caller))
        form method="post" action="/console/enter" {
            (parts::hidden("token", &token))
            button.primary type="submit" { (lang.pick("进入核查台", "Enter")) }
        }
    };
    // The way back leads to the login: the link's secret is in no other address.
    layout::plain(lang, lang.pick("登录", "Log in"), PATH, body).into_response()
}

async fn by_link(
    State(web): State<Web>,
    lang: Lang,
    peer: Option<Extension<Arc<Peer>>>,
    former: Option<Session>,
    SameOrigin(Token { token }): SameOrigin<Token>,
) -> Result<Response, PageError> {
    let id = match web.gateway.enter_by_link(&token, address_of(peer.as_ref())).await {
        Ok(id) => id,
        Err(refusal) => return Ok(refused(lang, refusal)),
    };
    end(&web, former).await?;
    Ok(entered(&id, "/console"))
}

/// A browser has one session: whoever was in it before is out.
async fn end(web: &Web, former: Option<Session>) -> Result<(), PageError> {
    match former {
        Some(former) => Ok(web.gateway.leave_console(&former.id).await?),
        None => Ok(()),
    }
}

async fn language(SameOrigin(Language { to, back }): SameOrigin<Language>) -> Response {
    let redirect = Redirect::to(inside(&back)).into_response();
    match Lang::from_code(&to) {
        Some(lang) => ([lang.cookie()], redirect).into_response(),
        None => redirect,
    }
}

async fn logout(
    State(web): State<Web>,
    session: Session,
    Csrf(Nothing {}): Csrf<Nothing>,
) -> Result<Response, PageError> {
    web.gateway.leave_console(&session.id).await?;
    let gone = format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
    Ok(([(header::SET_COOKIE, gone)], Redirect::to(PATH)).into_response())
}

fn entered(id: &Secret, to: &str) -> Response {
    // Without an age it goes with the browser; the node ends it long before.
    let cookie = format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict", id.reveal());
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

fn refused(lang: Lang, refusal: EntryRefusal) -> Response {
    let (status, title, words) = match refusal {
        EntryRefusal::Refused(refusal) => return PageError::from(refusal).into_response(),
        EntryRefusal::LinkNotValid => (
            http::StatusCode::GONE,
            lang.pick("链接已失效", "This link is no longer good"),
            lang.pick(
                "登录链接只能使用一次，五分钟内有效。请重新取得链接。",
                "A link is good once, for five minutes. Please ask for another.",
            ),
        ),
        EntryRefusal::TooManyAttempts => (
            http::StatusCode::TOO_MANY_REQUESTS,
            lang.pick("尝试次数过多", "Too many attempts"),
            lang.pick("请五分钟后再试。", "Please wait five minutes."),
        ),
    };
    (status, layout::plain(lang, title, PATH, html! { p { (words) } (how(lang)) })).into_response()
}

/// Where the connection comes from.
fn address_of(peer: Option<&Extension<Arc<Peer>>>) -> IpAddr {
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.address.ip())
}

/// An address of ours, or the console's first page: nobody is sent elsewhere by a link to us.
fn inside(next: &str) -> &str {
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = next.split('?').next().unwrap_or_default();
    let is_ours = path == "/console" || path.starts_with("/console/");
    if is_plain && is_ours && !path.contains("//") && !path.contains("..") { next } else { "/console" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_nowhere_else() {
        for ours in ["/console", "/console/suspects?state=open", "/console/suspects/0192"] {
            assert_eq!(inside(ours), ours);
        }
        for other in [
            "",
            "/",
            "//evil.example/console",
            "https://evil.example",
            "/consoles",
            "/console/../x",
            "/console\\x",
            "/console//x",
            "/console/\r\nx",
        ] {
            assert_eq!(inside(other), "/console", "{other:?}");
        }
    }
}
