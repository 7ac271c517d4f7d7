//! The forms of a case: a step, a repayment. What is wrong in one is shown where it was typed.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::case::{Tried, again};
use super::{address, case_id};
use crate::domain::clawback::CaseStep;
use crate::domain::money::Fen;
use crate::domain::rights::role_for;
use crate::domain::written;
use crate::tables::parse_yuan;
use crate::web::error::{PageError, Violation};
use crate::web::forms::{self, Csrf};
use crate::web::session::require;
use crate::web::{Session, Web};
use crate::workflows::clawback::{RepaymentRequest, StepRequest};
use crate::workflows::digest;

#[derive(Deserialize)]
pub(super) struct StepForm {
    request_id: String,
    version: i64,
    #[serde(default)]
    step: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    set_off: Option<String>,
}

pub(super) async fn advance(
    State(web): State<Web>,
    session: Session,
    Path(case): Path<String>,
    Csrf(form): Csrf<StepForm>,
) -> Result<Response, PageError> {
    let id = case_id(&case)?;
    let StepForm { request_id, version, step, text, set_off } = form;
    let Some(asked) = CaseStep::from_code(&step) else {
        return Err(PageError::field("step", "请选择办理事项", "Choose a step."));
    };
    require(&session, role_for(asked))?;
    let words = match said(asked, &text) {
        Ok(words) => words,
        Err(violation) => {
            let tried = Tried { step, text, violations: vec![violation], ..Tried::default() };
            return Ok(again(&web, &session, &case, &tried).await?.into_response());
        }
    };
    let set_off = set_off.is_some() && asked == CaseStep::Demand;
    let operator = session.operator.clone();
    let digest = digest::of_step(id, version, &operator, asked, &words, set_off);
    let request = StepRequest {
        request_id: forms::request_id(&request_id)?,
        digest,
        operator,
        case_id: id,
        version,
        step: asked,
        text: words,
        set_off,
    };
    web.gateway.advance_case(&session.caller, request).await?;
    let lang = session.lang;
    let done = lang.pick(format!("已办理：{}", asked.zh()), format!("Done: {}", asked.en()));
    Ok(web.done(&session, done, &address(id)))
}

/// The words of a step: bounded, without anybody's number, and there where the step is nothing without them.
fn said(step: CaseStep, text: &str) -> Result<String, Violation> {
    let wrong = |zh: &str, en: String| Violation { field: "text", zh: zh.to_owned(), en };
    let words = written::paragraph(text).map_err(|error| wrong(error.zh(), error.to_string()))?;
    let needs_words = match step {
        CaseStep::RecordReply
        | CaseStep::Refer
        | CaseStep::ProposeWaiver
        | CaseStep::ApproveWaiver
        | CaseStep::Drop => true,
        CaseStep::Approve | CaseStep::NoReply | CaseStep::Demand | CaseStep::Repay { .. } => false,
    };
    if needs_words && words.is_empty() {
        return Err(wrong("此项须写明内容或理由", "this step takes words".to_owned()));
    }
    Ok(words)
}

#[derive(Deserialize)]
pub(super) struct RepaymentForm {
    request_id: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    bank_reference: String,
}

pub(super) async fn repay(
    State(web): State<Web>,
    session: Session,
    Path(case): Path<String>,
    Csrf(form): Csrf<RepaymentForm>,
) -> Result<Response, PageError> {
    let id = case_id(&case)?;
    let RepaymentForm { request_id, amount, bank_reference } = form;
    let mut violations = Vec::new();
    let paid = positive_yuan(&amount).map_err(|wrong| violations.push(wrong)).ok();
    let reference = written::bank_reference(&bank_reference)
        .map_err(|error| {
            violations.push(Violation { field: "bank_reference", zh: error.zh().to_owned(), en: error.to_string() });
        })
        .ok();
    let Some((paid, reference)) = paid.zip(reference) else {
        let tried = Tried { amount, bank_reference, violations, ..Tried::default() };
        return Ok(again(&web, &session, &case, &tried).await?.into_response());
    };
    let operator = session.operator.clone();
    let digest = digest::of_repayment(id, paid, &reference, &operator);
    let request_id = forms::request_id(&request_id)?;
    let request =
        RepaymentRequest { request_id, digest, operator, case_id: id, amount: paid, bank_reference: reference };
    web.gateway.record_repayment(&session.caller, request).await?;
    let done = session.lang.pick(format!("已登记退回{paid}元"), format!("Recorded {paid} yuan."));
    Ok(web.done(&session, done, &address(id)))
}

/// An amount as it is typed: yuan with at most two decimals, above 0.
pub(super) fn positive_yuan(text: &str) -> Result<Fen, Violation> {
    parse_yuan(text.trim()).filter(|amount| *amount > Fen::ZERO).ok_or_else(|| Violation {
        field: "amount",
        zh: "请填写大于0的金额，最多两位小数".to_owned(),
        en: "An amount above 0, with two decimals at most.".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_is_nothing_without_words_asks_for_them() {
        for step in CaseStep::BY_PERSONS {
            let takes_none = matches!(step, CaseStep::Approve | CaseStep::NoReply | CaseStep::Demand);
            assert_eq!(said(step, "  ").is_ok(), takes_none, "{step:?}");
            assert_eq!(said(step, " 理由 ").as_deref(), Ok("理由"));
            assert!(said(step, "电话13800000000").is_err());
        }
    }

    #[test]
    fn an_amount_is_typed_in_yuan() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(positive_yuan(text).ok(), expected.map(Fen::new), "{text}");
        };
        check(" 1,500.00 ", Some(150_000));
        check("0.01", Some(1));
        for text in ["0", "-1", "1.005", "", "一千"] {
            check(text, None);
        }
    }
}
