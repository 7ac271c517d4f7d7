//! A case to be drafted from a confirmed suspect: which paid claim, how much, and the facts for the notice.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

use super::address;
use super::steps::positive_yuan;
use crate::domain::caller::Role;
use crate::domain::claim::{ClaimId, ClaimState};
use crate::domain::suspect::SuspectId;
use crate::domain::written;
use crate::web::error::{PageError, Violation};
use crate::web::forms::{self, Csrf};
use crate::web::layout::{self, Nav};
use crate::web::parts;
use crate::web::session::require;
use crate::web::{Session, Web};
use crate::workflows::clawback::DraftRequest;
use crate::workflows::digest;
use crate::workflows::record::{SuspectRecord, SuspectSide};

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    suspect: String,
    /// The claim that is chosen beforehand.
    #[serde(default)]
    claim: String,
}

#[derive(Default, Deserialize)]
pub(super) struct DraftForm {
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    suspect: String,
    #[serde(default)]
    claim: String,
    /// Empty for all that was paid.
    #[serde(default)]
    amount: String,
    #[serde(default)]
    facts: String,
}

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let form = DraftForm { suspect: asked.suspect, claim: asked.claim, ..DraftForm::default() };
    render(&web, &session, &form, &[]).await
}

pub(super) async fn submit(
    State(web): State<Web>,
    session: Session,
    Csrf(form): Csrf<DraftForm>,
) -> Result<Response, PageError> {
    let suspect_id = SuspectId::parse(&form.suspect).ok_or(PageError::NotFound)?;
    let mut violations = Vec::new();
    let mut note =
        |field: &'static str, zh: &str, en: String| violations.push(Violation { field, zh: zh.to_owned(), en });
    let claim_id = ClaimId::parse(&form.claim);
    if claim_id.is_none() {
        note("claim", "请选择要追回的申领", "Choose the claim.".to_owned());
    }
    let facts = written::paragraph(&form.facts).map_err(|error| note("facts", error.zh(), error.to_string())).ok();
    let facts = facts.filter(|facts| !facts.is_empty());
    if facts.is_none() && form.facts.trim().is_empty() {
        note("facts", "请写明事实，将写入告知书", "State the facts: they go into the notice.".to_owned());
    }
    let amount = match form.amount.trim() {
        "" => Some(None),
        text => positive_yuan(text).map(Some).map_err(|wrong| violations.push(wrong)).ok(),
    };
    let Some(((claim_id, facts), amount)) = claim_id.zip(facts).zip(amount) else {
        let again = render(&web, &session, &form, &violations).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    };
    let operator = session.operator.clone();
    let digest = digest::of_draft(suspect_id, claim_id, amount, &operator, &facts);
    let request_id = forms::request_id(&form.request_id)?;
    let request = DraftRequest { request_id, digest, operator, suspect_id, claim_id, amount, facts };
    let case = web.gateway.draft_case(&session.caller, request).await?;
    let done = session.lang.pick("已起草，待另一人批准", "Drafted. Another person must approve it.");
    Ok(web.done(&session, done, &address(case.case_id)))
}

async fn render(web: &Web, session: &Session, form: &DraftForm, violations: &[Violation]) -> Result<Markup, PageError> {
    let lang = session.lang;
    let id = SuspectId::parse(&form.suspect).ok_or(PageError::NotFound)?;
    // What is shown of the suspect is what a reader of suspects may see.
    require(session, Role::SuspectsRead)?;
    let suspect = web.gateway.suspect(&session.caller, id).await?;
    let paid = paid_sides(session, &suspect);
    let body = html! {
        p.lead {
            a href=(format!("/console/suspects/{id}")) { (lang.pick(suspect.rule.zh(), suspect.rule.en())) }
            " · " (lang.pick("依据", "clause ")) (suspect.rule.clause())
        }
        @if paid.is_empty() {
            (parts::empty(
                lang.pick("没有可追回的申领", "Nothing to claw back"),
                lang.pick("本辖区内没有已发放的申领。", "No claim of your region was paid.")))
        } @else {
            (parts::card(lang.pick("起草追回案件", "Draft a clawback case"), html! {
                form method="post" action="/console/clawback" {
                    (parts::csrf(session))
                    (parts::request_id())
                    (parts::hidden("suspect", &form.suspect))
                    fieldset {
                        legend { (lang.pick("追回哪一笔", "Which claim")) }
                        @for side in &paid { (choice(session, side, &form.claim, paid.len() == 1)) }
                        @if let Some(wrong) = session.wrong(violations, "claim") { p.field-error { (wrong) } }
                    }
                    (parts::field(lang.pick("金额（元），留空为全部已发放金额", "Amount (yuan); empty for all that was paid"),
                        "amount", "text", &form.amount, session.wrong(violations, "amount")))
                    (parts::text_area(lang.pick("事实（写入告知书，500字以内）", "Facts, for the notice (500 characters)"),
                        "facts", &form.facts, session.wrong(violations, "facts")))
                    p.hint { (lang.pick("不得填写身份证号、电话等个人信息。批准须由另一人作出。",
                        "No identity numbers or phones. Another person approves.")) }
                    (parts::submit(lang.pick("提交审批", "Submit for approval"), true))
                }
            }))
        }
    };
    Ok(layout::page(session, Nav::Clawback, lang.pick("起草追回案件", "Draft a clawback case"), body))
}

/// Sides of the person's own region whose money was paid.
fn paid_sides<'a>(session: &Session, suspect: &'a SuspectRecord) -> Vec<&'a SuspectSide> {
    let sides = suspect.first.iter().chain([&suspect.second]);
    sides.filter(|side| session.caller.region.covers(side.region) && side.state == ClaimState::Paid).collect()
}

fn choice(session: &Session, side: &SuspectSide, chosen: &str, is_only: bool) -> Markup {
    let id = side.claim_id.to_string();
    let name = side.enterprise_name.as_ref().map(|name| name.as_str());
    html! {
        label.choice {
            input type="radio" name="claim" value=(id) required checked[is_only || chosen == id];
            span {
                @if let Some(name) = name { (parts::words(name)) " " }
                span.mono { (side.enterprise.as_str()) }
                " · " (session.place(side.region)) " · " (parts::instant(side.received_at))
            }
        }
    }
}
