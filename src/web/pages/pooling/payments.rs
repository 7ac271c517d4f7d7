//! Payments of a batch with states and causes; and what two people decide on those that are owed again (I8, I9).

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::address;
use crate::domain::caller::Role;
use crate::domain::identity::BankAccount;
use crate::domain::payment::{Payee, PaymentId, PaymentState};
use crate::domain::pooling::BatchId;
use crate::web::error::PageError;
use crate::web::forms::{self, Csrf};
use crate::web::parts::{self, Column, Tone};
use crate::web::session::require;
use crate::web::{Session, Web};
use crate::workflows::digest;
use crate::workflows::pooling::PaymentReview;
use crate::workflows::record::payment::{PaymentAct, PaymentFilter, PaymentRecord};

/// Payments on a page.
const PAGE_SIZE: u32 = 50;

pub(super) async fn list(
    web: &Web,
    session: &Session,
    batch: BatchId,
    state: Option<PaymentState>,
    before: Option<PaymentId>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    let within = session.caller.region;
    let filter = PaymentFilter { within, batch_id: Some(batch), state, before, limit: PAGE_SIZE.saturating_add(1) };
    let mut payments = web.gateway.payments(&session.caller, filter).await?;
    let shown = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    let has_more = payments.len() > shown;
    payments.truncate(shown);
    let page = |state: Option<PaymentState>| match state {
        Some(state) => format!("{}?state={}", address(batch), state.code()),
        None => address(batch),
    };
    let here = page(state);
    let joint = if state.is_some() { '&' } else { '?' };
    let next = payments.last().filter(|_| has_more).map(|last| format!("{here}{joint}before={}", last.payment_id));
    let all = (lang.pick("全部", "All"), page(None), None, state.is_none());
    let tabs =
        PaymentState::ALL.into_iter().map(|it| (lang.pick(it.zh(), it.en()), page(Some(it)), None, state == Some(it)));
    Ok(html! {
        (parts::tabs(lang.pick("款项状态", "State of payments"), std::iter::once(all).chain(tabs)))
        @if payments.is_empty() {
            (parts::empty(lang.pick("没有款项", "No payments"),
                lang.pick("资金到账并拨付后生成发放款项。", "Payments are made once the money is there.")))
        } @else {
            (table(session, &payments))
            (parts::pager(lang, before.map(|_| here.as_str()), next.as_deref()))
        }
    })
}

fn table(session: &Session, payments: &[PaymentRecord]) -> Markup {
    let lang = session.lang;
    let columns = [
        Column::text(lang.pick("款项", "Payment")),
        Column::text(lang.pick("付款", "From")),
        Column::text(lang.pick("收款", "To")),
        Column::text(lang.pick("账户", "Account")),
        Column::number(lang.pick("金额（元）", "Amount (yuan)")),
        Column::number(lang.pick("已付（元）", "Paid (yuan)")),
        Column::text(lang.pick("状态", "State")),
        Column::text(lang.pick("原因", "Cause")),
        Column::text(lang.pick("办理", "Decide")),
    ];
    let rows = payments.iter().map(|payment| {
        let payee = match &payment.payee {
            Payee::County(region) => html! { (session.place(*region)) },
            Payee::Enterprise(uscc) => html! { (parts::words(&payment.payee_name)) " " span.mono { (uscc.as_str()) } },
            Payee::Fund(_) => html! { (lang.pick("失业保险基金", "insurance fund")) },
        };
        let cells = vec![
            html! { (lang.pick(payment.kind.zh(), payment.kind.en())) },
            html! { (session.place(payment.payer)) },
            payee,
            html! { span.mono { (payment.account.as_ref().map(BankAccount::masked).unwrap_or_default()) } },
            parts::fen(payment.amount),
            parts::fen(payment.paid),
            parts::badge(tone(payment.state), lang.pick(payment.state.zh(), payment.state.en())),
            html! { @if let Some(cause) = payment.cause { (lang.pick(cause.zh(), cause.en())) } },
            decide(session, payment),
        ];
        (None, cells)
    });
    parts::table(lang.pick("款项", "Payments"), &columns, rows)
}

fn tone(state: PaymentState) -> Tone {
    match state {
        PaymentState::Paid => Tone::Good,
        PaymentState::Owed | PaymentState::InDoubt => Tone::Warn,
        PaymentState::Reviewed | PaymentState::Approved | PaymentState::Instructed => Tone::Busy,
    }
}

/// The role that a decision takes, and its words.
fn role_of(act: PaymentAct) -> (Role, &'static str, &'static str, &'static str) {
    match act {
        PaymentAct::Pass => (Role::ClaimsReview, "pass", "复核", "Review"),
        PaymentAct::Approve => (Role::ClaimsApprove, "approve", "审批", "Approve"),
    }
}

/// What this person may decide on the payment now, or why somebody else must.
fn decide(session: &Session, payment: &PaymentRecord) -> Markup {
    let lang = session.lang;
    let act = match payment.state {
        PaymentState::Owed => PaymentAct::Pass,
        PaymentState::Reviewed => PaymentAct::Approve,
        PaymentState::Approved | PaymentState::Instructed | PaymentState::InDoubt | PaymentState::Paid => {
            return html! { "—" };
        }
    };
    let (role, code, zh, en) = role_of(act);
    if !session.has(role) {
        return html! { span.bar-reason { (lang.pick(format!("待{}", role.zh()), format!("takes {}", role.code()))) } };
    }
    if act == PaymentAct::Approve && payment.reviewed_by.as_ref() == Some(&session.operator) {
        return html! { span.bar-reason { (lang.pick("您已复核，须由另一人审批", "you reviewed it: another person approves")) } };
    }
    html! {
        form.inline method="post" action=(format!("/console/pooling/payments/{}", payment.payment_id)) {
            (parts::csrf(session))
            (parts::request_id())
            (parts::hidden("version", &payment.version.to_string()))
            (parts::hidden("batch", &payment.batch_id.to_string()))
            (parts::hidden("act", code))
            (parts::submit(lang.pick(zh, en), false))
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ReviewForm {
    request_id: String,
    version: i64,
    batch: String,
    act: String,
}

pub(super) async fn review(
    State(web): State<Web>,
    session: Session,
    Path(payment): Path<String>,
    Csrf(form): Csrf<ReviewForm>,
) -> Result<Response, PageError> {
    let payment_id = PaymentId::parse(&payment).ok_or(PageError::NotFound)?;
    let batch = super::batch_id(&form.batch)?;
    let act = [PaymentAct::Pass, PaymentAct::Approve].into_iter().find(|act| role_of(*act).1 == form.act);
    let act = act.ok_or(PageError::NotFound)?;
    let (role, _, zh, en) = role_of(act);
    require(&session, role)?;
    let operator = session.operator.clone();
    let digest = digest::of_payment_review(payment_id, form.version, &operator, act);
    let request_id = forms::request_id(&form.request_id)?;
    let review = PaymentReview { request_id, digest, operator, payment_id, version: form.version, act };
    web.gateway.review_payment(&session.caller, review).await?;
    let done = session.lang.pick(format!("已{zh}"), format!("{en}: done"));
    Ok(web.done(&session, done, &address(batch)))
}
