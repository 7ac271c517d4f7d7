//! What `hufu pool` prints: tables for people, Chinese first, and the same as JSON.

use comfy_table::Table;
use serde_json::{Value, json};

use crate::cli::output;
use crate::domain::money::Fen;
use crate::domain::payment::{PaymentKind, PaymentState};
use crate::domain::pooling::{BatchState, FilingState};
use crate::proto::common::v1 as common;
use crate::proto::pooling::v1 as pb;

pub(super) fn steps_table(steps: &[pb::Step]) -> Table {
    let mut table = output::table(["", "说明", "笔数 count", "金额 yuan", "事项 step"]);
    for step in steps {
        let mark = if step.needs_attention { "!" } else { "✓" };
        table.add_row([mark, &step.message_zh, &step.count.to_string(), &yuan(step.amount_fen), &step.code]);
    }
    table
}

pub(super) fn step_json(step: &pb::Step) -> Value {
    json!({
        "code": step.code,
        "message_zh": step.message_zh,
        "message_en": step.message_en,
        "needs_attention": step.needs_attention,
        "count": step.count,
        "amount_fen": step.amount_fen,
    })
}

/// Prints where a city stands.
pub(super) fn status(status: &pb::PoolingStatus) {
    if status.open_batches.is_empty() {
        output::line("没有在办批次");
    } else {
        let mut table = output::table([
            "批次 batch",
            "月份",
            "状态 state",
            "笔数",
            "申请 yuan",
            "核准",
            "到账",
            "停办原因 stopped",
        ]);
        for batch in &status.open_batches {
            let totals = batch.total.unwrap_or_default();
            table.add_row([
                batch.batch_id.clone(),
                format!("{}第{}批", month_text(batch.month), batch.number),
                batch_state(batch.state()).map_or_else(|| "未知".to_owned(), |state| state.zh().to_owned()),
                totals.claims.to_string(),
                yuan(totals.amount_fen),
                yuan(batch.granted_fen),
                yuan(batch.arrived_fen),
                batch.stopped_zh.clone(),
            ]);
        }
        output::line(table);
    }
    let mut table = output::table(["", ""]);
    table.add_row(["本月已发放 paid out", if status.paid_out_this_month { "是" } else { "否" }]);
    table.add_row(["本月未报送 not filed", &status.not_filed.join(" ")]);
    table.add_row(["待重新审批 owed", &status.owed.to_string()]);
    table.add_row(["结果待查 in doubt", &status.in_doubt.to_string()]);
    output::line(table);
    if !status.due.is_empty() {
        let mut table = output::table(["最后期限 due", "地区 region", "状态 state", "笔数 claims"]);
        for due in &status.due {
            table.add_row([&date_text(due.due_on), &due.region, &due.state, &due.claims.to_string()]);
        }
        output::line(table);
    }
    if !status.attention.is_empty() {
        output::line(steps_table(&status.attention));
    }
}

pub(super) fn status_json(status: &pb::PoolingStatus) -> Value {
    let due = |it: &pb::DueClaims| json!({ "due_on": date_text(it.due_on), "state": it.state, "region": it.region, "claims": it.claims });
    json!({
        "city": status.city,
        "open_batches": status.open_batches.iter().map(batch_json).collect::<Vec<_>>(),
        "not_filed": status.not_filed,
        "paid_out_this_month": status.paid_out_this_month,
        "due": status.due.iter().map(due).collect::<Vec<_>>(),
        "owed": status.owed,
        "in_doubt": status.in_doubt,
        "attention": status.attention.iter().map(step_json).collect::<Vec<_>>(),
    })
}

fn batch_json(batch: &pb::Batch) -> Value {
    json!({
        "batch_id": batch.batch_id,
        "month": month_text(batch.month),
        "number": batch.number,
        "state": batch_state(batch.state()).map(BatchState::code),
        "total": totals_json(batch.total),
        "granted_fen": batch.granted_fen,
        "arrived_fen": batch.arrived_fen,
        "stopped": batch.stopped,
    })
}

/// Prints what a run would do.
pub(super) fn plan(plan: &pb::PlanPoolingResponse) {
    let mut table = output::table(["地区 region", "补助 subsidy", "企业", "人数 people", "笔数 claims", "金额 yuan"]);
    for line in &plan.lines {
        table.add_row([
            format!("{} {}", line.region_name, line.region),
            subsidy_zh(&line.subsidy).to_owned(),
            line.enterprises.to_string(),
            line.people.to_string(),
            line.claims.to_string(),
            yuan(line.amount_fen),
        ]);
    }
    let total = plan.total.unwrap_or_default();
    table.add_row([
        "合计".to_owned(),
        String::new(),
        String::new(),
        String::new(),
        total.claims.to_string(),
        yuan(total.amount_fen),
    ]);
    output::line(table);
    if plan.not_pooled.is_empty() {
        return;
    }
    output::line("不纳入本批：");
    let mut table = output::table(["地区 region", "原因", "笔数 claims", "金额 yuan", "reason"]);
    for it in &plan.not_pooled {
        let totals = it.totals.unwrap_or_default();
        table.add_row([&it.region, &it.message_zh, &totals.claims.to_string(), &yuan(totals.amount_fen), &it.reason]);
    }
    output::line(table);
}

pub(super) fn plan_json(plan: &pb::PlanPoolingResponse) -> Value {
    let line = |it: &pb::BatchLine| {
        json!({
            "region": it.region,
            "subsidy": it.subsidy,
            "enterprises": it.enterprises,
            "people": it.people,
            "claims": it.claims,
            "amount_fen": it.amount_fen,
        })
    };
    let not_pooled = |it: &pb::NotPooled| json!({ "reason": it.reason, "region": it.region, "message_zh": it.message_zh, "totals": totals_json(it.totals) });
    json!({
        "lines": plan.lines.iter().map(line).collect::<Vec<_>>(),
        "total": totals_json(plan.total),
        "not_pooled": plan.not_pooled.iter().map(not_pooled).collect::<Vec<_>>(),
    })
}

pub(super) fn filings_table(filings: &[pb::Filing]) -> Table {
    let mut table = output::table([
        "报送编号 filing",
        "地区 region",
        "月份",
        "状态 state",
        "笔数 claims",
        "金额 yuan",
        "已汇总",
        "报送人 by",
    ]);
    for filing in filings {
        let sealed = filing.sealed.unwrap_or_default();
        let pooled = filing.pooled.map(|it| it.claims.to_string()).unwrap_or_default();
        table.add_row([
            filing.filing_id.clone(),
            filing.region.clone(),
            format!("{}第{}次", month_text(filing.month), filing.number),
            filing_state(filing.state()).map_or_else(|| "未知".to_owned(), |state| state.zh().to_owned()),
            sealed.claims.to_string(),
            yuan(sealed.amount_fen),
            pooled,
            filing.filed_by.clone(),
        ]);
    }
    table
}

pub(super) fn filing_json(filing: &pb::Filing) -> Value {
    json!({
        "filing_id": filing.filing_id,
        "region": filing.region,
        "month": month_text(filing.month),
        "number": filing.number,
        "state": filing_state(filing.state()).map(FilingState::code),
        "sealed": totals_json(filing.sealed),
        "content_hash": data_encoding::HEXLOWER.encode(&filing.content_hash),
        "filed_by": filing.filed_by,
        "batch_id": filing.batch_id,
        "pooled": filing.pooled.map(|it| totals_json(Some(it))),
    })
}

pub(super) fn payments_table(payments: &[pb::Payment]) -> Table {
    let mut table = output::table([
        "款项编号 payment",
        "类别 kind",
        "付款地 payer",
        "收款方 payee",
        "状态 state",
        "金额 yuan",
        "已付 paid",
        "账户",
        "原因 cause",
    ]);
    for payment in payments {
        table.add_row([
            payment.payment_id.clone(),
            payment_kind(payment.kind()).map_or_else(|| "未知".to_owned(), |kind| kind.zh().to_owned()),
            payment.payer.clone(),
            payment.payee.clone(),
            payment_state(payment.state()).map_or_else(|| "未知".to_owned(), |state| state.zh().to_owned()),
            yuan(payment.amount_fen),
            yuan(payment.paid_fen),
            payment.account_masked.clone(),
            payment.cause_zh.clone(),
        ]);
    }
    table
}

pub(super) fn payment_json(payment: &pb::Payment) -> Value {
    json!({
        "payment_id": payment.payment_id,
        "batch_id": payment.batch_id,
        "kind": payment_kind(payment.kind()).map(PaymentKind::code),
        "payer": payment.payer,
        "payee": payment.payee,
        "state": payment_state(payment.state()).map(PaymentState::code),
        "amount_fen": payment.amount_fen,
        "paid_fen": payment.paid_fen,
        "set_off_fen": payment.set_off_fen,
        "account": payment.account_masked,
        "cause": payment.cause,
        "attempts": payment.attempts,
        "claims": payment.claims,
        "version": payment.version,
    })
}

/// What a subsidy is called; one that this version does not know is shown as it is.
fn subsidy_zh(code: &str) -> &str {
    match code {
        "job-expansion" => "一次性扩岗补助",
        "retention-training" => "一次性留工培训补助",
        other => other,
    }
}

fn totals_json(totals: Option<pb::ControlTotals>) -> Value {
    let pb::ControlTotals { claims, amount_fen } = totals.unwrap_or_default();
    json!({ "claims": claims, "amount_fen": amount_fen })
}

fn yuan(fen: i64) -> String {
    Fen::new(fen).yuan_text()
}

fn month_text(month: Option<common::Month>) -> String {
    month.map(|month| format!("{:04}-{:02}", month.year, month.month)).unwrap_or_default()
}

fn date_text(date: Option<common::Date>) -> String {
    date.map(|date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)).unwrap_or_default()
}

/// The state that a list is asked for.
pub(super) fn payment_state_asked(state: PaymentState) -> pb::PaymentState {
    match state {
        PaymentState::Owed => pb::PaymentState::Owed,
        PaymentState::Reviewed => pb::PaymentState::Reviewed,
        PaymentState::Approved => pb::PaymentState::Approved,
        PaymentState::Instructed => pb::PaymentState::Instructed,
        PaymentState::InDoubt => pb::PaymentState::InDoubt,
        PaymentState::Paid => pb::PaymentState::Paid,
    }
}

/// `None` where this version does not know it.
fn payment_state(state: pb::PaymentState) -> Option<PaymentState> {
    PaymentState::ALL.into_iter().find(|it| payment_state_asked(*it) == state)
}

fn payment_kind(kind: pb::PaymentKind) -> Option<PaymentKind> {
    match kind {
        pb::PaymentKind::Unspecified => None,
        pb::PaymentKind::Transfer => Some(PaymentKind::Transfer),
        pb::PaymentKind::Payout => Some(PaymentKind::Payout),
        pb::PaymentKind::Return => Some(PaymentKind::Return),
    }
}

fn filing_state(state: pb::FilingState) -> Option<FilingState> {
    match state {
        pb::FilingState::Unspecified => None,
        pb::FilingState::Sealed => Some(FilingState::Sealed),
        pb::FilingState::Pooled => Some(FilingState::Pooled),
        pb::FilingState::Rejected => Some(FilingState::Rejected),
    }
}

fn batch_state(state: pb::BatchState) -> Option<BatchState> {
    match state {
        pb::BatchState::Unspecified => None,
        pb::BatchState::Gathering => Some(BatchState::Gathering),
        pb::BatchState::Sealed => Some(BatchState::Sealed),
        pb::BatchState::Asked => Some(BatchState::Asked),
        pb::BatchState::Granted => Some(BatchState::Granted),
        pb::BatchState::Funded => Some(BatchState::Funded),
        pb::BatchState::Transferring => Some(BatchState::Transferring),
        pb::BatchState::Paying => Some(BatchState::Paying),
        pb::BatchState::Closed => Some(BatchState::Closed),
        pb::BatchState::Refused => Some(BatchState::Refused),
    }
}
