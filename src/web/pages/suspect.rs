//! One suspect: everything to judge it by, and what can be done with it.

mod actions;
mod head;
mod neighborhood;
mod rings;
mod sides;
mod timeline;
pub(in crate::web) mod typed;
mod unmask;
mod waterfall;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use self::actions::Forms;
use self::typed::{Act, Read, Typed};
use crate::domain::caller::Role;
use crate::domain::rights::ASSIGNERS;
use crate::domain::suspect::SuspectId;
use crate::domain::suspect::desk::{DeskStep, JUDGE_DAYS};
use crate::web::error::Violation;
use crate::web::forms;
use crate::web::pages::suspects::asked::LIST;
use crate::web::pages::suspects::blind::{Blind, switch};
use crate::web::pages::suspects::table::{own_desk, own_desks};
use crate::web::{Csrf, Nav, PageError, Session, Web, layout, parts, require};
use crate::workflows::Refusal;
use crate::workflows::desk::steps::DeskRequest;
use crate::workflows::digest::{self, DeskRequestKind};
use crate::workflows::precondition::Precondition;
use crate::workflows::record::desk::Dossier;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/console/suspects/{id}", get(show).post(act))
        .route("/console/suspects/{id}/unmask", post(unmask::unmask))
}

/// The suspect with what surrounds it.
async fn show(
    State(web): State<Web>,
    session: Session,
    Path(id): Path<String>,
    blind: Blind,
) -> Result<Markup, PageError> {
    let dossier = dossier(&web, &session, &id, blind).await?;
    Ok(page(&web, &session, &dossier, &Sent::nothing(blind)))
}

async fn dossier(web: &Web, session: &Session, id: &str, blind: Blind) -> Result<Dossier, PageError> {
    let suspect_id = SuspectId::parse(id).ok_or(PageError::NotFound)?;
    Ok(web.gateway.dossier(&session.caller, suspect_id, blind.0).await?)
}

/// Takes a step at the desk. What cannot be taken comes back with what was typed and why; what was taken leads back to the suspect.
async fn act(
    State(web): State<Web>,
    session: Session,
    Path(id): Path<String>,
    blind: Blind,
    Csrf(typed): Csrf<Typed>,
) -> Result<Response, PageError> {
    let suspect_id = SuspectId::parse(&id).ok_or(PageError::NotFound)?;
    match typed.act {
        Act::Unsaid => return Err(PageError::field("act", "没有说明要办理什么", "it is not said what is to be done")),
        Act::Assign => crate::domain::rights::require(&session.caller, &ASSIGNERS)?,
        Act::Judge | Act::TakeUp | Act::Comment | Act::Reopen => require(&session, Role::SuspectsJudge)?,
    }
    let read = match typed.read(&session.caller, &session.operator) {
        Ok(read) => read,
        Err(faults) => {
            let sent = Sent { typed: &typed, faults: &faults, refused: None, blind };
            return again(&web, &session, &id, StatusCode::UNPROCESSABLE_ENTITY, &sent).await;
        }
    };
    let done = said(&session, &read.step);
    match web.gateway.desk_act(&session.caller, request(&session, suspect_id, &typed, read)?).await {
        Ok(_) => Ok(web.done(&session, done, &format!("{LIST}/{suspect_id}"))),
        Err(Refusal::Precondition(refused)) => {
            let sent = Sent { typed: &typed, faults: &[], refused: Some(&refused), blind };
            again(&web, &session, &id, StatusCode::CONFLICT, &sent).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn request(session: &Session, suspect_id: SuspectId, typed: &Typed, read: Read) -> Result<DeskRequest, PageError> {
    let Read { step, words, province } = read;
    // Words alone are never stale: a comment is written down whatever happened since the page was opened.
    let version = typed.version.filter(|version| *version > 0 && step != DeskStep::Comment);
    let operator = session.operator.clone();
    let kind = DeskRequestKind::One;
    let digest = digest::of_desk_step(kind, &[suspect_id], &operator, (&step, &words), province, version);
    let request_id = forms::request_id(&typed.request_id)?;
    Ok(DeskRequest { request_id, digest, suspect_id, operator, province, version, step, words })
}

/// What is said once it is done.
fn said(session: &Session, step: &DeskStep) -> String {
    let lang = session.lang;
    match step {
        DeskStep::Assign { .. } => lang.pick("已分派", "Given."),
        DeskStep::TakeUp => {
            return lang.pick(
                format!("已由您承办，请在{JUDGE_DAYS}天内作出结论"),
                format!("It is yours: judge it within {JUDGE_DAYS} days."),
            );
        }
        DeskStep::Confirm => lang.pick("已作出结论：属实", "Judged: it is true."),
        DeskStep::Dismiss(_) => lang.pick("已作出结论：不属实", "Judged: it is not true."),
        DeskStep::Reopen(_) => lang.pick("已重新核实", "Opened again."),
        DeskStep::Comment => lang.pick("已记录", "Written down."),
    }
    .to_owned()
}

/// What was sent to the page, where it is shown again.
struct Sent<'a> {
    typed: &'a Typed,
    faults: &'a [Violation],
    refused: Option<&'a Precondition>,
    blind: Blind,
}

impl Sent<'static> {
    fn nothing(blind: Blind) -> Self {
        static NOTHING: std::sync::LazyLock<Typed> = std::sync::LazyLock::new(Typed::default);
        Self { typed: &NOTHING, faults: &[], refused: None, blind }
    }
}

/// The page as it now is, with what was typed.
async fn again(
    web: &Web,
    session: &Session,
    id: &str,
    status: StatusCode,
    sent: &Sent<'_>,
) -> Result<Response, PageError> {
    let dossier = dossier(web, session, id, sent.blind).await?;
    Ok((status, page(web, session, &dossier, sent)).into_response())
}

fn page(web: &Web, session: &Session, dossier: &Dossier, sent: &Sent<'_>) -> Markup {
    let suspect = &dossier.suspect;
    let now = web.gateway.now();
    layout::page(
        session,
        Nav::Suspects,
        session.lang.pick(suspect.rule.zh(), suspect.rule.en()),
        html! {
            (head::head(session, suspect, now))
            (notice(session, dossier, sent))
            div.suspect-page {
                div.suspect-main { (evidence(web, session, dossier, sent.blind)) }
                aside.suspect-side { (work(session, dossier, sent, now)) }
            }
        },
    )
}

/// What it is judged by.
fn evidence(web: &Web, session: &Session, dossier: &Dossier, blind: Blind) -> Markup {
    let lang = session.lang;
    html! {
        (section("sides", lang.pick("申领对照", "The claims side by side"), sides::side_by_side(web, session, dossier)))
        (weight(session, dossier, blind))
        (section("answers", lang.pick("登记机构答复", "What the registries answered"), sides::answers(lang, dossier)))
        (section("neighborhood", lang.pick("关联", "What it is connected with"), neighborhood::neighborhood(lang, dossier)))
        (section("timeline", lang.pick("经过", "What happened"), timeline::timeline(lang, dossier)))
    }
}

fn section(id: &str, heading: &str, body: Markup) -> Markup {
    html! { section.card aria-labelledby=(id) { h2 #(id) { (heading) } (body) } }
}

/// What the law asks next, what this person can do, and where each province's desk stands.
fn work(session: &Session, dossier: &Dossier, sent: &Sent<'_>, now: Timestamp) -> Markup {
    let (lang, seen_from) = (session.lang, session.caller.region);
    let suspect = &dossier.suspect;
    html! {
        section.card.next aria-labelledby="next" {
            h2 #next { (lang.pick("依法下一步", "What the law asks next")) }
            p { (lang.pick(&dossier.next_zh, &dossier.next_en)) }
        }
        @if let Some(desk) = own_desk(suspect, seen_from) {
            @let forms = Forms {
                lang,
                caller: &session.caller,
                person: &session.operator,
                suspect,
                desk,
                asks_province: own_desks(suspect, seen_from).count() > 1,
                guard: parts::csrf(session),
                request_id: Uuid::new_v4().to_string(),
                seen: now.as_millisecond(),
                typed: sent.typed,
                faults: sent.faults,
            };
            section.card.work-card aria-labelledby="actions" {
                h2 #actions { (lang.pick("办理", "Work on it")) }
                (actions::actions(&forms))
                (actions::unmask(&forms))
            }
        }
        (head::desks(lang, suspect, seen_from))
    }
}

/// The waterfall; in blind mode the gateway leaves it out until the person's own desk is judged.
fn weight(session: &Session, dossier: &Dossier, blind: Blind) -> Markup {
    let lang = session.lang;
    html! {
        section.card aria-labelledby="weight" {
            div.panel-head {
                h2 #weight { (lang.pick("证据分量", "What speaks for it, what against")) }
                (switch(session, blind, Some(dossier.suspect.suspect_id)))
            }
            @if blind.0 && dossier.weights.is_empty() {
                p.faint { (lang.pick("盲审：作出结论之前不显示分量。", "Blind mode: the weight is shown once you have judged.")) }
            } @else { (waterfall::waterfall(lang, &dossier.weights)) }
        }
    }
}

/// Why a step was not taken; where the suspect moved meanwhile, what happened since the person saw it.
fn notice(session: &Session, dossier: &Dossier, sent: &Sent<'_>) -> Markup {
    let lang = session.lang;
    let Some(refused) = sent.refused else { return html! {} };
    let since = sent.typed.seen.and_then(|seen| Timestamp::from_millisecond(seen).ok());
    html! {
        div.alert role="alert" {
            strong { (PageError::Refused(Refusal::Precondition(refused.clone())).words(lang).1) }
            @if let (Precondition::SuspectChanged, Some(since)) = (refused, since) {
                p { (lang.pick("您查看之后：", "Since you looked:")) }
                (timeline::since(lang, dossier, since))
            }
        }
    }
}
