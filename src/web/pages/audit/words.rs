//! The log's words in the page's language. A word that has none is shown as it stands in the log.

use crate::domain::claim::ClaimState;
use crate::domain::clawback::CaseState;
use crate::domain::payment::{InstructionState, PaymentState};
use crate::domain::pooling::{BatchState, FilingState};
use crate::domain::suspect::SuspectState;
use crate::web::lang::Lang;

/// What was done.
pub(super) fn action(lang: Lang, code: &str) -> String {
    let zh = match code {
        "claim-submitted" => "提交申请",
        "claim-assessed" => "核定申请",
        "claim-withdrawn" => "撤回申请",
        "claim-promoted" => "递补申请",
        "claim-reopened" => "重启申请",
        "claims-read" => "查看申请",
        "suspect-opened" => "发现疑点",
        "suspects-read" => "查看疑点",
        "person-unmasked" => "查看完整身份",
        "declaration-entered" => "登记风险区域",
        "claim-reviewed" => "复核申请",
        "claim-approved" => "审批申请",
        "claim-sent-back" => "退回申请",
        "claim-filed" => "报送申请",
        "claim-pooled" => "汇总申请",
        "claim-left-out" => "未纳入汇总",
        "claim-funded" => "资金落实",
        "claim-instructed" => "发出支付指令",
        "claim-payment-moved" => "申请支付变动",
        "filing-moved" => "报送变动",
        "batch-moved" => "批次变动",
        "payment-moved" => "款项变动",
        "payment-reviewed" => "复核款项",
        "payment-approved" => "审批款项",
        "instruction-moved" => "指令变动",
        "statement-posted" => "对账单入账",
        "arrival-posted" => "资金到账",
        "case-moved" => "追回案件变动",
        "suspect-assigned" => "分派疑点",
        "suspect-taken-up" => "开始核实",
        "suspect-commented" => "疑点备注",
        "suspect-judged" => "疑点结论",
        "suspect-reopened" => "重启疑点",
        "suspect-escalated" => "疑点逾期上报",
        "money-read" => "查看资金",
        "console-link-made" => "生成登录链接",
        "console-entered" => "登录",
        "console-left" => "退出",
        "record-received" => "接收部级疑点数据",
        "record-matched" => "部级疑点数据匹配到申请",
        "records-read" => "查看部级疑点数据",
        "audit-read" => "查看审计",
        other => other,
    };
    lang.pick(zh.to_owned(), code.replace('-', " "))
}

/// What it was done to.
pub(super) fn subject(lang: Lang, kind: &str) -> String {
    let zh = match kind {
        "claim" | "claims" => "申请",
        "suspect" | "suspects" => "疑点",
        "declaration" => "风险区域登记",
        "filing" => "报送",
        "batch" => "批次",
        "payment" => "款项",
        "instruction" => "支付指令",
        "statement" => "对账单",
        "case" => "追回案件",
        "money" => "资金",
        "console" => "核查台",
        "records" => "部级疑点数据",
        "audit" => "审计",
        other => other,
    };
    lang.pick(zh.to_owned(), kind.to_owned())
}

/// Where the subject stands after it.
pub(super) fn state(lang: Lang, kind: &str, code: &str) -> String {
    let zh = match kind {
        "claim" => ClaimState::from_code(code).map(ClaimState::zh),
        "case" => CaseState::from_code(code).map(CaseState::zh),
        "batch" => BatchState::from_code(code).map(BatchState::zh),
        "payment" => PaymentState::from_code(code).map(PaymentState::zh),
        "instruction" => InstructionState::from_code(code).map(instruction),
        "filing" => FilingState::from_code(code).map(FilingState::zh),
        "suspect" => SuspectState::from_code(code).map(SuspectState::zh),
        "statement" if code == "posted" => Some("已入账"),
        "declaration" if code == "entered" => Some("已登记"),
        _ => None,
    };
    lang.pick(zh.unwrap_or(code).to_owned(), code.replace('-', " "))
}

fn instruction(state: InstructionState) -> &'static str {
    match state {
        InstructionState::Made => "已生成",
        InstructionState::Sending => "发送中",
        InstructionState::Accepted => "银行已受理",
        InstructionState::InDoubt => "结果待查",
        InstructionState::Paid => "已支付",
        InstructionState::PaidInPart => "部分支付",
        InstructionState::Failed => "未支付",
        InstructionState::Returned => "已退回",
    }
}

/// The words of a code; the code itself where there are none.
pub(super) fn named(lang: Lang, code: &str, known: Option<(&str, &str)>) -> String {
    known.map_or(code, |(zh, en)| lang.pick(zh, en)).to_owned()
}
