//! Alike suspects judged alike: the selected ones are listed and confirmed, and what became of each is said.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::asked::LIST;
use super::marks;
use super::table::{Look, own_desks, own_state, rows};
use crate::domain::identity::Region;
use crate::domain::suspect::SuspectId;
use crate::domain::suspect::desk::DismissalReason;
use crate::web::error::Violation;
use crate::web::forms;
use crate::web::pages::suspect::typed::{Act, Typed, at, beside};
use crate::web::{Csrf, Nav, PageError, Session, Web, layout, parts};
use crate::workflows::Refusal;
use crate::workflows::desk::steps::{DesksRequest, SUSPECTS_MAX};
use crate::workflows::digest::{self, DeskRequestKind};
use crate::workflows::record::SuspectRecord;

/// Suspects read at once for the list to be confirmed.
const READ_AT_ONCE: usize = 16;

/// The selected suspects.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Selected {
    suspect: Vec<String>,
}

/// The same with what is found of all of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Decided {
    suspect: Vec<String>,
    request_id: String,
    /// Whose desks, where the person sees those of two provinces.
    province: String,
    finding: String,
    reason: String,
    words: String,
}

impl Decided {
    fn typed(&self) -> Typed {
        Typed {
            act: Act::Judge,
            province: self.province.clone(),
            finding: self.finding.clone(),
            reason: self.reason.clone(),
            words: self.words.clone(),
            ..Typed::default()
        }
    }
}

/// Each once, in their order.
fn ids(selected: &[String]) -> Result<Vec<SuspectId>, PageError> {
    let mut ids: Vec<SuspectId> = Vec::with_capacity(selected.len());
    for id in selected {
        let id = SuspectId::parse(id).ok_or(PageError::NotFound)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    match ids.len() {
        0 => Err(PageError::field("suspect", "没有选择疑点", "no suspect was selected")),
        1..=SUSPECTS_MAX => Ok(ids),
        _ => Err(PageError::field("suspect", "一次最多200件", "at most 200 at once")),
    }
}

/// Lists what was selected, with the form that judges it.
pub(super) async fn confirm(
    State(web): State<Web>,
    session: Session,
    Csrf(selected): Csrf<Selected>,
) -> Result<Markup, PageError> {
    let records = records(&web, &session, ids(&selected.suspect)?).await?;
    Ok(form_page(&web, &session, &records, &Decided::default(), &[]))
}

/// Those selected, read with a bound on how many at once; each read is written down.
async fn records(web: &Web, session: &Session, ids: Vec<SuspectId>) -> Result<Vec<SuspectRecord>, PageError> {
    let read = |id| web.gateway.suspect(&session.caller, id);
    Ok(stream::iter(ids).map(read).buffered(READ_AT_ONCE).try_collect().await?)
}

fn form_page(
    web: &Web,
    session: &Session,
    records: &[SuspectRecord],
    decided: &Decided,
    faults: &[Violation],
) -> Markup {
    let lang = session.lang;
    let title = lang.pick("对所选疑点一并作出结论", "Judge the selected ones alike");
    let fault = |field| at(lang, faults, field);
    let look = Look { session, now: web.gateway.now(), blind: true, selectable: false };
    let rule = records.first().map(|record| record.rule);
    let is_alike = records.iter().all(|record| Some(record.rule) == rule);
    let body = html! {
        p.lead {
            (parts::count(records.len() as u64)) (lang.pick("件，逐件记入审计；其中不能办结的，会说明原因，不影响其他各件。",
                " suspects, each with an entry of its own in the audit log. One that cannot be judged says why and holds up none of the others."))
        }
        @if !is_alike {
            (parts::warning(html! { (lang.pick("所选疑点的规则不同，请按规则分别办理。", "They are of different rules: judge each rule by itself.")) }))
        } @else {
            form.card.act method="post" action="/console/suspects/bulk/decide" {
                (parts::csrf(session))
                (parts::hidden("request_id", &request_id(decided)))
                @for record in records { (parts::hidden("suspect", &record.suspect_id.to_string())) }
                fieldset.findings {
                    legend.unseen { (lang.pick("结论", "Finding")) }
                    @for (code, words) in [("confirm", lang.pick("均属实", "All are true")), ("dismiss", lang.pick("均不属实", "None is true"))] {
                        label.finding { input type="radio" name="finding" value=(code) required checked[decided.finding == code]; span { (words) } }
                    }
                }
                (beside("finding-fault", fault("finding")))
                (province(session, records, decided, fault("province")))
                div.reason-of-dismissal {
                    div.field {
                        label for="reason" { (lang.pick("不属实的原因", "Why they are not")) }
                        select #reason name="reason" {
                            option value="" { (lang.pick("请选择", "choose")) }
                            @for it in DismissalReason::ALL { option value=(it.code()) selected[decided.reason == it.code()] { (lang.pick(it.zh(), it.en())) } }
                        }
                    }
                    (beside("reason-fault", fault("reason")))
                }
                (parts::text_area(lang.pick("依据（不写证件号码、电话）", "On what evidence (no numbers of persons)"), "words", &decided.words, fault("words")))
                div.buttons {
                    (parts::submit(lang.pick("一并作出结论", "Judge them"), true))
                    a.button href=(LIST) { (lang.pick("不办了", "Cancel")) }
                }
            }
        }
        (rows(look, records))
    };
    layout::page(session, Nav::Suspects, title, body)
}

/// For which province they are judged: asked of who sees both desks of one.
fn province(session: &Session, records: &[SuspectRecord], decided: &Decided, fault: Option<&str>) -> Markup {
    let lang = session.lang;
    let own = |record| own_desks(record, session.caller.region).map(|desk| desk.province);
    if records.iter().all(|record| own(record).count() < 2) {
        return html! {};
    }
    let provinces: BTreeSet<Region> = records.iter().flat_map(own).collect();
    html! {
        div.field.wrong[fault.is_some()] {
            label for="province" { (lang.pick("代哪一省办理", "For which province")) }
            select #province name="province" required {
                option value="" { (lang.pick("请选择", "choose")) }
                @for it in provinces { option value=(it) selected[decided.province == it.as_str()] { (lang.province(it)) } }
            }
            (beside("province-fault", fault))
        }
    }
}

/// Kept while the form goes to and fro: what was sent once is done once.
fn request_id(decided: &Decided) -> String {
    if decided.request_id.is_empty() { Uuid::new_v4().to_string() } else { decided.request_id.clone() }
}

/// Judges them, and says what became of each.
pub(super) async fn decide(
    State(web): State<Web>,
    session: Session,
    Csrf(decided): Csrf<Decided>,
) -> Result<Response, PageError> {
    let suspects = ids(&decided.suspect)?;
    let read = match decided.typed().read(&session.caller, &session.operator) {
        Ok(read) => read,
        Err(faults) => {
            let records = records(&web, &session, suspects).await?;
            let page = form_page(&web, &session, &records, &decided, &faults);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let operator = session.operator.clone();
    let (kind, province) = (DeskRequestKind::Many, read.province);
    let digest = digest::of_desk_step(kind, &suspects, &operator, (&read.step, &read.words), province, None);
    let request = DesksRequest {
        request_id: forms::request_id(&decided.request_id)?,
        digest,
        suspects,
        operator,
        province,
        step: read.step,
        words: read.words,
    };
    let outcomes = web.gateway.desk_acts(&session.caller, request).await?;
    Ok(results(&session, &outcomes).into_response())
}

fn results(session: &Session, outcomes: &[(SuspectId, Result<SuspectRecord, Refusal>)]) -> Markup {
    let lang = session.lang;
    let done = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    let columns = [
        parts::Column::text(lang.pick("疑点", "Suspect")),
        parts::Column::text(lang.pick("结果", "Outcome")),
        parts::Column::text(lang.pick("说明", "In words")),
    ];
    let row = |(id, outcome): &(SuspectId, Result<SuspectRecord, Refusal>)| {
        let address = format!("{LIST}/{id}");
        let link = html! { a href=(address) { (parts::id(&id.to_string())) } };
        let cells = match outcome {
            Ok(record) => vec![
                link,
                parts::badge(parts::Tone::Good, lang.pick("已办结", "judged")),
                marks::state(lang, own_state(record, session.caller.region)),
            ],
            Err(refusal) => {
                let words = PageError::Refused(refusal.clone()).words(lang).1;
                vec![link, parts::badge(parts::Tone::Warn, lang.pick("未办结", "not judged")), html! { (words) }]
            }
        };
        (Some(address), cells)
    };
    let title = lang.pick("一并办理的结果", "What became of them");
    let body = html! {
        p.lead { (parts::count(done as u64)) " / " (parts::count(outcomes.len() as u64)) (lang.pick(" 件已作出结论。", " were judged.")) }
        (parts::table(title, &columns, outcomes.iter().map(row)))
        p { a.button href=(LIST) { (lang.pick("回到疑点", "Back to suspects")) } }
    };
    layout::page(session, Nav::Suspects, title, body)
}
