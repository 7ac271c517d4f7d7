//! What happened to a suspect and its claims, oldest first, in words for both readers.

use crate::audit::entry::person;
use crate::domain::calendar::{cst_date, cst_midnight};
use crate::domain::caller::Caller;
use crate::domain::identity::{Level, Region};
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::desk::{DismissalReason, NewFact};
use crate::store::record::desk::{DeskEvent, DeskRecord, DossierEvent};
use crate::store::record::dossier::{ClaimStep, DossierBasis, StepKind};

/// Everything that the caller may be told. Of another province's desk: that it judged, and on which day.
pub(super) fn timeline(basis: &DossierBasis, caller: &Caller) -> Vec<DossierEvent> {
    let suspect = &basis.suspect;
    let opened = DossierEvent {
        at: suspect.opened_at,
        side: 0,
        actor: "hufu".to_owned(),
        province: None,
        zh: format!("发现疑点：{}", suspect.rule.zh()),
        en: format!("suspect opened: {}", suspect.rule.en()),
        words: String::new(),
    };
    let mut events = vec![opened];
    for event in &basis.events {
        match is_own(event.province, caller) {
            true => events.push(of_desk(event)),
            false => events.extend(of_other_desk(event)),
        }
    }
    let is_told = |desk: &&DeskRecord| basis.events.iter().any(|event| is_of_judgment(event, desk));
    let untold = suspect.desks.iter().filter(|desk| !is_told(desk));
    events.extend(untold.filter_map(|desk| of_judgment(desk, is_own(desk.province, caller))));
    events.extend(basis.steps.iter().map(of_step));
    events.sort_by_key(|event| event.at);
    events
}

/// Whether the desk is the caller's own, or below the caller.
pub(super) fn is_own(province: Region, caller: &Caller) -> bool {
    caller.region.level() == Level::Ministry || caller.region.province() == province
}

fn is_of_judgment(event: &DeskEvent, desk: &DeskRecord) -> bool {
    let judged = desk.judgment.as_ref();
    event.province == desk.province && judged.is_some_and(|it| it.at == event.at)
}

fn of_desk(event: &DeskEvent) -> DossierEvent {
    let (zh, en) = step_words(&event.step);
    let detail = match event.step.as_str() {
        "dismissed" => DismissalReason::from_code(&event.detail).map(|it| (it.zh().to_owned(), it.en().to_owned())),
        "reopened" => NewFact::from_code(&event.detail).map(|it| (it.zh().to_owned(), it.en().to_owned())),
        _ => Some(event.detail.clone()).filter(|it| !it.is_empty()).map(|it| (it.clone(), it)),
    };
    let (zh, en) = match detail {
        Some((detail_zh, detail_en)) => (format!("{zh}：{detail_zh}"), format!("{en}: {detail_en}")),
        None => (zh.to_owned(), en.to_owned()),
    };
    let actor = event.person.clone().unwrap_or_else(|| "hufu/desk".to_owned());
    DossierEvent { at: event.at, side: 0, actor, province: None, zh, en, words: event.words.clone() }
}

fn of_other_desk(event: &DeskEvent) -> Option<DossierEvent> {
    let is_told = matches!(event.step.as_str(), "confirmed" | "dismissed" | "reopened");
    let (zh, en) = step_words(&event.step);
    is_told.then(|| elsewhere(event.province, event.at, zh, en))
}

fn elsewhere(province: Region, at: jiff::Timestamp, zh: &str, en: &str) -> DossierEvent {
    DossierEvent {
        at: cst_midnight(cst_date(at)),
        side: 0,
        actor: province.province_name_zh().to_owned(),
        province: Some(province),
        zh: zh.to_owned(),
        en: en.to_owned(),
        words: String::new(),
    }
}

/// A judgment of which no step was kept.
fn of_judgment(desk: &DeskRecord, is_own: bool) -> Option<DossierEvent> {
    let judged = desk.judgment.as_ref()?;
    let step = if desk.desk.state == SuspectState::Confirmed { "confirmed" } else { "dismissed" };
    let (zh, en) = step_words(step);
    if !is_own {
        return Some(elsewhere(desk.province, judged.at, zh, en));
    }
    Some(DossierEvent {
        at: judged.at,
        side: 0,
        actor: judged.by.clone(),
        province: None,
        zh: zh.to_owned(),
        en: en.to_owned(),
        words: judged.words.clone(),
    })
}

fn step_words(step: &str) -> (&str, &str) {
    match step {
        "assigned" => ("分派", "assigned"),
        "taken-up" => ("接办核实", "taken up"),
        "confirmed" => ("核实属实", "found true"),
        "dismissed" => ("核实不属实", "found untrue"),
        "reopened" => ("重新核实", "opened again"),
        "commented" => ("记录情况", "noted"),
        "escalated" => ("逾期升级督办", "escalated: past its deadline"),
        other => (other, other),
    }
}

fn of_step(step: &ClaimStep) -> DossierEvent {
    let ClaimStep { side, at, actor, what } = step;
    match what {
        StepKind::Claim { action, state, detail } => {
            let (zh, en) = claim_words(action);
            let person = person(action, detail);
            let words = match action.as_str() {
                "claim-withdrawn" => detail.as_str(),
                "claim-sent-back" => detail.split_once("reason=").map(|(_, words)| words).unwrap_or_default(),
                _ => "",
            };
            DossierEvent {
                at: *at,
                side: *side,
                actor: person.unwrap_or(actor).to_owned(),
                province: None,
                zh: format!("{zh}（{}）", state.zh()),
                en: format!("{en} ({})", state.code()),
                words: words.to_owned(),
            }
        }
        StepKind::Case { step, text } => {
            let (zh, en) = case_words(step);
            DossierEvent {
                at: *at,
                side: *side,
                actor: actor.clone(),
                province: None,
                zh: zh.to_owned(),
                en: en.to_owned(),
                words: text.clone(),
            }
        }
    }
}

fn claim_words(action: &str) -> (&str, &str) {
    match action {
        "claim-submitted" => ("受理申领", "claim received"),
        "claim-assessed" => ("核定", "assessed"),
        "claim-withdrawn" => ("撤回", "withdrawn"),
        "claim-promoted" => ("递补，重新核定", "next in line: assessed again"),
        "claim-reopened" => ("重新核定", "assessed again"),
        "claim-reviewed" => ("初审通过", "passed review"),
        "claim-approved" => ("审批通过", "approved"),
        "claim-sent-back" => ("退回重新核定", "sent back"),
        "claim-filed" => ("报送", "filed"),
        "claim-pooled" => ("汇总", "pooled"),
        "claim-left-out" => ("移出批次", "left out of the batch"),
        "claim-funded" => ("资金到账", "funded"),
        "claim-instructed" => ("发出支付指令", "payment instructed"),
        "claim-payment-moved" => ("支付结果", "payment answered"),
        other => (other, other),
    }
}

fn case_words(step: &str) -> (&str, &str) {
    match step {
        "draft" => ("追回：立案", "clawback: drafted"),
        "approve" => ("追回：批准并告知", "clawback: approved, notice out"),
        "record-reply" => ("追回：陈述申辩", "clawback: reply recorded"),
        "no-reply" => ("追回：逾期未陈述", "clawback: no reply"),
        "demand" => ("追回：责令限期退回", "clawback: demanded"),
        "repay" => ("追回：退回款项", "clawback: repaid"),
        "set-off" => ("追回：抵扣", "clawback: set off"),
        "refer" => ("追回：移送追责", "clawback: referred"),
        "propose-waiver" => ("追回：拟核销", "clawback: waiver proposed"),
        "approve-waiver" => ("追回：批准核销", "clawback: waived"),
        "drop" => ("追回：撤销", "clawback: dropped"),
        other => (other, other),
    }
}
