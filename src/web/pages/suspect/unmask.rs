//! One person in the open: asked for with a reason, written down before it is answered, and shown once.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::html;
use serde::Deserialize;

use super::actions::unmask_fields;
use super::typed::{fault, words};
use crate::domain::claim::ClaimId;
use crate::domain::suspect::SuspectId;
use crate::web::error::Violation;
use crate::web::pages::suspects::asked::LIST;
use crate::web::{Csrf, Nav, PageError, Session, Web, layout, parts};
use crate::workflows::record::desk::{UnmaskReason, Unmasked};

/// The form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    claim: String,
    reason: String,
    words: String,
}

/// Shows a person, or says what the reason lacks. The answer is kept by no cache and stands in no address.
pub(super) async fn unmask(
    State(web): State<Web>,
    session: Session,
    Path(id): Path<String>,
    Csrf(asked): Csrf<Asked>,
) -> Result<Response, PageError> {
    let suspect_id = SuspectId::parse(&id).ok_or(PageError::NotFound)?;
    let claim_id = ClaimId::parse(&asked.claim).ok_or(PageError::NotFound)?;
    let mut faults = Vec::new();
    let reason = UnmaskReason::from_code(&asked.reason);
    if reason.is_none() {
        faults.push(fault("reason", "请选择查看理由", "choose a reason"));
    }
    let words = words(&asked.words, true).map_err(|fault| faults.push(fault)).ok();
    let (Some(reason), Some(words)) = (reason, words) else {
        return Ok(again(&session, suspect_id, &asked, &faults));
    };
    let operator = session.operator.clone();
    let shown = web.gateway.unmask(&session.caller, operator, suspect_id, claim_id, reason, words).await?;
    Ok(in_the_open(&session, suspect_id, &shown))
}

fn again(session: &Session, suspect_id: SuspectId, asked: &Asked, faults: &[Violation]) -> Response {
    let lang = session.lang;
    let title = lang.pick("须写明查看理由", "A reason is needed");
    let body = html! {
        nav.trail { a href=(format!("{LIST}/{suspect_id}")) { (lang.pick("回到疑点", "Back to the suspect")) } }
        section.card.narrow {
            p.faint { (lang.pick("没有显示任何人的信息。", "Nobody was shown.")) }
            form.act method="post" action=(format!("{LIST}/{suspect_id}/unmask")) autocomplete="off" {
                (parts::csrf(session))
                (parts::hidden("claim", &asked.claim))
                (unmask_fields(lang, "unmask", (&asked.reason, &asked.words), faults))
            }
        }
    };
    (StatusCode::UNPROCESSABLE_ENTITY, layout::page(session, Nav::Suspects, title, body)).into_response()
}

fn in_the_open(session: &Session, suspect_id: SuspectId, shown: &Unmasked) -> Response {
    let lang = session.lang;
    let title = lang.pick("人员信息（仅此一次）", "The person (this once)");
    let body = html! {
        nav.trail { a href=(format!("{LIST}/{suspect_id}")) { (lang.pick("回到疑点", "Back to the suspect")) } }
        section.card.narrow.in-the-open {
            dl.facts {
                div.fact { dt { (lang.pick("姓名", "Name")) } dd { (parts::words(&shown.name)) } }
                div.fact { dt { (lang.pick("公民身份号码", "Resident identity number")) } dd.mono { (shown.resident_id) } }
            }
            p.faint { (lang.pick("此次查看已记入审计。离开或刷新本页后须重新写明理由。", "This look is in the audit log. Leave or reload, and a reason is asked for again.")) }
        }
    };
    layout::page(session, Nav::Suspects, title, body).into_response()
}
