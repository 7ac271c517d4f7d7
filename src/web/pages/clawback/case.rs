//! One case: its money, the steps that may be taken now and by whom, its papers, what was done.

use axum::extract::{Path, State};
use http::StatusCode;
use jiff::civil::Date;
use maud::{Markup, html};

use super::{address, ageing, case_id, next, state_words, tone};
use crate::domain::calendar::cst_date;
use crate::domain::clawback::{CaseState, CaseStep};
use crate::domain::money::Fen;
use crate::domain::rights::{require, role_for};
use crate::web::error::{PageError, Violation};
use crate::web::layout::{self, Nav};
use crate::web::pages::help;
use crate::web::parts;
use crate::web::{Session, Web};
use crate::workflows::clawback::CaseFile;
use crate::workflows::record::clawback::{CaseEvent, CaseRecord};

/// What was typed into a form that was not taken, to be shown again.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) step: String,
    pub(super) text: String,
    pub(super) amount: String,
    pub(super) bank_reference: String,
    pub(super) violations: Vec<Violation>,
}

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Path(case): Path<String>,
) -> Result<Markup, PageError> {
    render(&web, &session, &case, &Tried::default()).await
}

/// The page again, with what is wrong in a form of it.
pub(super) async fn again(
    web: &Web,
    session: &Session,
    case: &str,
    tried: &Tried,
) -> Result<(StatusCode, Markup), PageError> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(web, session, case, tried).await?))
}

async fn render(web: &Web, session: &Session, case: &str, tried: &Tried) -> Result<Markup, PageError> {
    let file = web.gateway.case(&session.caller, case_id(case)?).await?;
    let today = cst_date(web.gateway.now());
    let lang = session.lang;
    let case = &file.case;
    let (how, age) = ageing(lang, case, today);
    let body = html! {
        (help::panel(session, Nav::Clawback))
        p.lead {
            (parts::badge(tone(case.state), state_words(session, case.state)))
            @if !case.state.is_closed() { " " (parts::badge(how, &age)) " " span.case-next { (next(lang, case.state)) } }
        }
        div.halves {
            div {
                (parts::card(lang.pick("案情", "The case"), facts(session, case)))
                (parts::card(lang.pick("款项", "The money"), money(session, case)))
                (papers(session, &file))
            }
            div {
                (actions(session, case, today, tried))
                (parts::card(lang.pick("办理经过", "What was done"), timeline(session, &file.events)))
            }
        }
    };
    let title = lang.pick(format!("追回案件 {}", case.case_number), format!("Clawback case {}", case.case_number));
    Ok(layout::page(session, Nav::Clawback, &title, body))
}

fn facts(session: &Session, case: &CaseRecord) -> Markup {
    let lang = session.lang;
    let suspect = html! {
        @if session.may("hufu.suspects.v1.SuspectService/GetSuspect") {
            a href=(format!("/console/suspects/{}", case.suspect_id)) { (lang.pick(case.rule.zh(), case.rule.en())) }
        } @else { (lang.pick(case.rule.zh(), case.rule.en())) }
    };
    parts::facts([
        (lang.pick("原因", "Cause"), suspect),
        (
            lang.pick("依据", "Clause"),
            html! { "六(三)" @if case.rule.clause() != "六(三)" { "、" (case.rule.clause()) } },
        ),
        (lang.pick("地区", "Place"), html! { (session.place(case.region)) }),
        (lang.pick("企业", "Enterprise"), html! { span.mono { (case.enterprise.as_str()) } }),
        (lang.pick("申领", "Claim"), parts::id(&case.claim_id.to_string())),
        (lang.pick("事实", "Facts"), parts::words(&case.facts)),
        (lang.pick("核实", "Confirmed by"), html! { (case.hands.confirmed_by) }),
        (lang.pick("起草", "Drafted by"), html! { (case.hands.drafted_by) " " (parts::instant(case.drafted_at)) }),
    ])
}

fn money(session: &Session, case: &CaseRecord) -> Markup {
    let lang = session.lang;
    let money = case.money;
    let due = html! { @if let Some(due) = case.due_on { (parts::day(due)) } @else { "—" } };
    let mut rows = vec![
        (lang.pick("应退回", "To come back"), parts::yuan(lang, money.amount)),
        (lang.pick("已退回", "Repaid"), parts::yuan(lang, money.repaid)),
        (lang.pick("已抵扣", "Set off"), parts::yuan(lang, money.set_off)),
    ];
    if money.waived > Fen::ZERO {
        rows.push((lang.pick("已核销", "Waived"), parts::yuan(lang, money.waived)));
    }
    rows.push((lang.pick("尚欠", "Outstanding"), html! { strong { (parts::yuan(lang, money.outstanding())) } }));
    let due_words = match case.state {
        CaseState::Noticed | CaseState::Heard => lang.pick("陈述申辩期限", "Reply until"),
        CaseState::Drafted
        | CaseState::Demanded
        | CaseState::Repaying
        | CaseState::Settled
        | CaseState::Referred
        | CaseState::WaiverProposed
        | CaseState::Waived
        | CaseState::Dropped => lang.pick("期限", "Due"),
    };
    rows.push((due_words, due));
    parts::facts(rows)
}

fn papers(session: &Session, file: &CaseFile) -> Markup {
    let lang = session.lang;
    let papers = [
        (file.notice.is_some(), "notice", "告知书", "Notice"),
        (file.demand.is_some(), "demand", "限期退回通知书", "Demand"),
    ];
    if papers.iter().all(|(is_there, ..)| !is_there) {
        return html! {};
    }
    parts::card(
        lang.pick("文书", "Papers"),
        html! {
            ul.papers {
                @for (is_there, name, zh, en) in papers {
                    @if is_there {
                        li { a.button href=(format!("{}/papers/{name}", address(file.case.case_id))) { (lang.pick(zh, en)) } }
                    }
                }
            }
        },
    )
}

fn actions(session: &Session, case: &CaseRecord, today: Date, tried: &Tried) -> Markup {
    let lang = session.lang;
    if case.state.is_closed() {
        return html! {};
    }
    let offers: Vec<_> = case.state.steps().map(|step| (step, barred(session, case, step, today))).collect();
    let open: Vec<_> = offers.iter().filter(|(_, bar)| bar.is_none()).map(|(step, _)| *step).collect();
    html! {
        (parts::card(lang.pick("下一步", "Next step"), html! {
            @if open.is_empty() {
                ul.barred { @for (step, bar) in &offers { li { strong { (lang.pick(step.zh(), step.en())) } (bar_words(bar.as_deref())) } } }
            } @else {
                (step_form(session, case, &offers, &open, tried))
            }
        }))
        @if case.state.is_demanded() && session.may("hufu.clawback.v1.ClawbackService/RecordRepayment") {
            (parts::card(lang.pick("登记退回", "Record a repayment"), repayment_form(session, case, tried)))
        }
    }
}

/// Why this person cannot take a step now, in words; `None` where they can.
fn barred(session: &Session, case: &CaseRecord, step: CaseStep, today: Date) -> Option<String> {
    let lang = session.lang;
    let role = role_for(step);
    if require(&session.caller, &[role]).is_err() {
        let (zh, en) = (format!("须有“{}”权限的人员办理", role.zh()), format!("takes the role {}", role.code()));
        return Some(lang.pick(zh, en));
    }
    if let Some(earlier) = case.hands.bar(session.operator.as_str(), step) {
        let zh = format!("{}，须由另一人办理", earlier.zh());
        return Some(lang.pick(zh, format!("{}: another person must do this", earlier.en())));
    }
    match (step, case.due_on) {
        (CaseStep::NoReply, Some(due)) if today <= due => {
            Some(lang.pick(format!("陈述申辩期限至{due}"), format!("a reply may come until {due}")))
        }
        _ => None,
    }
}

fn bar_words(bar: Option<&str>) -> Markup {
    html! { @if let Some(bar) = bar { span.bar-reason { (bar) } } }
}

fn step_form(
    session: &Session,
    case: &CaseRecord,
    offers: &[(CaseStep, Option<String>)],
    open: &[CaseStep],
    tried: &Tried,
) -> Markup {
    let lang = session.lang;
    let chosen = |step: CaseStep| tried.step == step.code() || (tried.step.is_empty() && open == [step]);
    html! {
        form.steps method="post" action=(format!("{}/steps", address(case.case_id))) {
            (parts::csrf(session))
            (parts::request_id())
            (parts::hidden("version", &case.version.to_string()))
            fieldset {
                legend { (lang.pick("办理事项", "Step")) }
                @for (step, bar) in offers {
                    label.choice.barred[bar.is_some()] {
                        input type="radio" name="step" value=(step.code()) required disabled[bar.is_some()]
                            checked[bar.is_none() && chosen(*step)];
                        span { (lang.pick(step.zh(), step.en())) (bar_words(bar.as_deref())) }
                    }
                }
            }
            @if open.contains(&CaseStep::Demand) {
                (parts::check_box(
                    lang.pick("尚应付该企业的其他补助先行抵扣", "set off what the enterprise is still owed"), "set_off", "on", false))
            }
            (parts::text_area(
                lang.pick("说明（陈述申辩内容；移送、核销、撤销的理由必填）", "Words (the reply; reasons to refer, waive or drop)"),
                "text", &tried.text, session.wrong(&tried.violations, "text")))
            p.hint { (lang.pick("不得填写身份证号、电话等个人信息。", "No identity numbers or phones.")) }
            (parts::submit(lang.pick("办理", "Take this step"), true))
        }
    }
}

fn repayment_form(session: &Session, case: &CaseRecord, tried: &Tried) -> Markup {
    let lang = session.lang;
    html! {
        form method="post" action=(format!("{}/repayments", address(case.case_id))) {
            (parts::csrf(session))
            (parts::request_id())
            (parts::field(lang.pick("金额（元）", "Amount (yuan)"), "amount", "text", &tried.amount,
                session.wrong(&tried.violations, "amount")))
            (parts::field(lang.pick("银行流水号", "Bank reference"), "bank_reference", "text", &tried.bank_reference,
                session.wrong(&tried.violations, "bank_reference")))
            (parts::submit(lang.pick("登记", "Record"), false))
        }
    }
}

fn timeline(session: &Session, events: &[CaseEvent]) -> Markup {
    let lang = session.lang;
    let words = |code: &str| match code {
        "draft" => lang.pick("起草", "drafted").to_owned(),
        "repay" => lang.pick("退回", "repaid").to_owned(),
        "set-off" => lang.pick("抵扣", "set off").to_owned(),
        code => {
            CaseStep::from_code(code).map_or_else(|| code.to_owned(), |step| lang.pick(step.zh(), step.en()).to_owned())
        }
    };
    html! {
        ol.timeline {
            @for event in events {
                li {
                    p.timeline-head {
                        strong { (words(&event.step)) }
                        @if let Some(amount) = event.amount { " " (parts::yuan(lang, amount)) }
                    }
                    p.timeline-by { (parts::instant(event.at)) " · " (event.person) }
                    @if !event.text.is_empty() { p.timeline-words { (parts::words(&event.text)) } }
                }
            }
        }
    }
}
