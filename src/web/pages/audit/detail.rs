//! The detail of an entry in the page's language. The log keeps `key=code` pairs, and in some entries a person's own words: codes become
//! words here, and what this page does not know is shown as it stands in the log.

use super::words::named;
use crate::domain::clawback::CaseStep;
use crate::domain::money::Fen;
use crate::domain::payment::Cause;
use crate::domain::pooling::LeftOut;
use crate::domain::suspect::SuspectRule;
use crate::domain::suspect::desk::{DismissalReason, NewFact};
use crate::domain::suspect::record::{RecordKind, Unmatched};
use crate::web::lang::Lang;
use crate::workflows::record::desk::UnmaskReason;

/// How an unmasking's entry begins the words of whoever looked; they go on to its end.
const WORDS: &str = " words=";
/// Entries whose detail is nothing but somebody's words.
const IN_OWN_WORDS: [&str; 1] = ["claim-withdrawn"];

/// What the entry says beside its action, in words; the person stands in a column of its own.
pub(super) fn detail(lang: Lang, action: &str, text: &str) -> String {
    if IN_OWN_WORDS.contains(&action) {
        return text.to_owned();
    }
    let (coded, own) = text.split_once(WORDS).map_or((text, None), |(coded, own)| (coded, Some(own)));
    let mut said: Vec<String> = coded.split_ascii_whitespace().filter_map(|word| pair(lang, word)).collect();
    said.extend(own.map(|own| format!("“{own}”")));
    said.join(lang.pick("，", ", "))
}

/// One pair in words; `None` for what the page shows elsewhere.
fn pair(lang: Lang, word: &str) -> Option<String> {
    let Some((key, value)) = word.split_once('=') else { return Some(alone(lang, word).to_owned()) };
    let counted = |zh: &str, unit: &str, en: &str| lang.pick(format!("{zh}{value}{unit}"), format!("{value} {en}"));
    let said = match key {
        "person" => return None,
        "purpose" => purpose(lang, value).to_owned(),
        "for" => lang.pick(format!("给{value}"), format!("for {value}")),
        "assignee" => lang.pick(format!("分派给{value}"), format!("given to {value}")),
        "by" => lang.pick(format!("凭{}", way(lang, value)), format!("by {}", way(lang, value))),
        "step" => step(lang, value),
        "reason" => lang.pick(format!("原因：{}", reason(lang, value)), format!("reason: {}", reason(lang, value))),
        "fact" => named(lang, value, NewFact::from_code(value).map(|it| (it.zh(), it.en()))),
        "cause" => named(lang, value, Cause::from_code(value).map(|it| (it.zh(), it.en()))),
        "kind" => named(lang, value, RecordKind::from_code(value).map(|it| (it.zh(), it.en()))),
        "stop" => stop(lang, value).to_owned(),
        "direction" => direction(lang, value).to_owned(),
        "level" => lang.pick(format!("升至第{value}级"), format!("level {value}")),
        "count" => counted("", "条", "records"),
        "claims" | "covered" => counted("", "笔申领", "claims"),
        "funded" => counted("落实", "笔", "claims funded"),
        "suspects" => counted("", "件疑点", "suspects"),
        "lines" => counted("", "行", "lines"),
        "number" => lang.pick(format!("第{value}号"), format!("no. {value}")),
        "unmatched" => unmatched(lang, value),
        "amount" | "amount_fen" => money(lang, value, "金额", "amount"),
        "granted" => money(lang, value, "核准", "granted"),
        "paid_fen" => money(lang, value, "已付", "paid"),
        "returned_fen" => money(lang, value, "退回", "came back"),
        "claim" => lang.pick(format!("申领 {}", tail(value)), format!("claim {}", tail(value))),
        "batch" => lang.pick(format!("批次 {}", tail(value)), format!("batch {}", tail(value))),
        "filing" => lang.pick(format!("报送 {}", tail(value)), format!("filing {}", tail(value))),
        "approval" => lang.pick(format!("审批凭证 {}", tail(value)), format!("approval {}", tail(value))),
        _ => word.to_owned(),
    };
    Some(said)
}

fn alone(lang: Lang, word: &str) -> &str {
    if let Some(rule) = SuspectRule::ALL.into_iter().find(|it| it.code() == word) {
        return lang.pick(rule.zh(), rule.en());
    }
    match word {
        "risk-area" => lang.pick("中高风险区域", "medium- or high-risk area"),
        "static-management" => lang.pick("静态管理", "static management"),
        "rejected" => lang.pick("未予接收", "rejected"),
        "found" => lang.pick("实有", "found"),
        other => other,
    }
}

/// Why something was read.
fn purpose(lang: Lang, code: &str) -> &str {
    match code {
        "assess" => lang.pick("核定", "to assess"),
        "weigh" => lang.pick("评估证据分量", "to weigh the evidence"),
        "instruct" => lang.pick("编制支付指令", "to make payment instructions"),
        "pool-filing" => lang.pick("汇总前复核", "to check before pooling"),
        "plan-pooling" => lang.pick("预览汇总", "to plan the pooling"),
        "repeated-request" => lang.pick("重复请求，返回原结果", "a repeated request"),
        "repeated-record" => lang.pick("重复的部级记录", "repeated records"),
        "clawback-papers" => lang.pick("制作追回文书", "for the papers of a case"),
        "get-claim" => lang.pick("查看一笔申领", "one claim"),
        "list-claims" => lang.pick("申领列表", "list of claims"),
        "watch-claims" => lang.pick("订阅申领变动", "changes of claims"),
        "get-suspect" => lang.pick("查看一件疑点", "one suspect"),
        "get-dossier" => lang.pick("查看疑点全卷", "a suspect's dossier"),
        "list-suspects" => lang.pick("疑点列表", "list of suspects"),
        "pull-suspects" => lang.pick("下发疑点", "suspects pulled"),
        "list-suspect-records" => lang.pick("部级记录列表", "list of the ministry's records"),
        "list-alarms" => lang.pick("查看警报", "alarms"),
        "get-desk" => lang.pick("核查台总览", "the desk at a glance"),
        "list-audit-entries" => lang.pick("审计记录列表", "list of audit entries"),
        other => other,
    }
}

fn way(lang: Lang, code: &str) -> &str {
    match code {
        "link" => lang.pick("一次性链接", "a one-time link"),
        "certificate" => lang.pick("证书", "a certificate"),
        other => other,
    }
}

/// A step of a clawback case. Drafts and money are steps of the log, but none that persons choose.
fn step(lang: Lang, code: &str) -> String {
    let known = match code {
        "draft" => Some(("起草", "drafted")),
        "repay" => Some(("登记退回", "repaid")),
        "set-off" => Some(("抵扣", "set off")),
        code => CaseStep::from_code(code).map(|it| (it.zh(), it.en())),
    };
    named(lang, code, known)
}

/// Reasons of dismissals, of looks at a person, and of claims that were left out of a batch: their codes are apart.
fn reason(lang: Lang, code: &str) -> String {
    let dismissal = DismissalReason::from_code(code).map(|it| (it.zh(), it.en()));
    let look = || UnmaskReason::from_code(code).map(|it| (it.zh(), it.en()));
    let left_out = || {
        [
            (LeftOut::Changed, "the registries answer otherwise"),
            (LeftOut::Unanswered, "a registry did not answer"),
            (LeftOut::NotGranted, "finance granted less"),
            (LeftOut::Refused, "finance refused"),
        ]
        .into_iter()
        .find(|(it, _)| it.code() == code)
        .map(|(it, en)| (it.zh(), en))
    };
    named(lang, code, dismissal.or_else(look).or_else(left_out))
}

fn stop(lang: Lang, code: &str) -> &str {
    match code {
        "ARRIVAL_DIFFERS" => lang.pick("到账金额与核准不符", "arrival differs from the grant"),
        "APPLICATION_DIFFERS" => lang.pick("财政已有内容不同的申请", "finance has another application"),
        "GRANT_DOES_NOT_FIT" => lang.pick("核准明细与申请不一致", "the grant does not fit"),
        "CONTROL_TOTALS_DIFFER" => lang.pick("控制总数不符", "control totals differ"),
        other => other,
    }
}

fn direction(lang: Lang, code: &str) -> &str {
    match code {
        "credit" => lang.pick("收入", "credit"),
        "debit" => lang.pick("支出", "debit"),
        other => other,
    }
}

/// Of a statement a count of lines, of a record why nothing fits.
fn unmatched(lang: Lang, value: &str) -> String {
    if value.parse::<u64>().is_ok() {
        return lang.pick(format!("{value}行无对应款项"), format!("{value} lines without a payment"));
    }
    named(lang, value, Unmatched::from_code(value).map(|it| (it.zh(), it.en())))
}

/// The log counts in fen, officials in yuan.
fn money(lang: Lang, value: &str, zh: &str, en: &str) -> String {
    match value.parse::<i64>() {
        Ok(fen) => {
            let yuan = Fen::new(fen).yuan_text();
            lang.pick(format!("{zh}{yuan}元"), format!("{en} {yuan} yuan"))
        }
        Err(_) => format!("{} {value}", lang.pick(zh, en)),
    }
}

/// The end of an id, as ids are shown elsewhere.
fn tail(id: &str) -> &str {
    const SHOWN: usize = 8;
    id.len().checked_sub(SHOWN).and_then(|from| id.get(from..)).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_in_words() {
        let check = |action: &str, text: &str, zh: &str, en: &str| {
            assert_eq!(detail(Lang::Zh, action, text), zh);
            assert_eq!(detail(Lang::En, action, text), en);
        };
        check(
            "claims-read",
            "purpose=clawback-papers count=1 person=a/b",
            "制作追回文书，1条",
            "for the papers of a case, 1 records",
        );
        check("case-moved", "step=approve person=a/b", "批准并发出告知书", "approve and send the notice");
        check("case-moved", "step=draft person=a/b", "起草", "drafted");
        check("console-entered", "person=a/b by=link", "凭一次性链接", "by a one-time link");
        check("batch-moved", "granted=150000 claims=1", "核准1,500.00元，1笔申领", "granted 1,500.00 yuan, 1 claims");
        check(
            "statement-posted",
            "number=6 lines=1 unmatched=0",
            "第6号，1行，0行无对应款项",
            "no. 6, 1 lines, 0 lines without a payment",
        );
        check(
            "suspect-judged",
            "person=a/b reason=registry-error",
            "原因：登记机构记录有误",
            "reason: a registry's record was wrong",
        );
        check(
            "claim-left-out",
            "batch=0183bf67-f2f3-72aa-91f8-e2de834e8442 reason=unanswered",
            "批次 834e8442，原因：有关部门未答复，留待下批",
            "batch 834e8442, reason: a registry did not answer",
        );
        check("declaration-entered", "risk-area", "中高风险区域", "medium- or high-risk area");
        check("suspect-opened", "person_two_provinces", "同一毕业生跨省重复申领", SuspectRule::PersonTwoProvinces.en());
        check("money-read", "", "", "");
    }

    #[test]
    fn what_persons_wrote_is_kept_as_they_wrote_it() {
        assert_eq!(detail(Lang::Zh, "claim-withdrawn", "step=approve 企业撤回"), "step=approve 企业撤回");
        let look = "person=a/b reason=contact claim=0183bf67-f2f3-72aa-91f8-e2de834e8442 words=核对 count=1";
        assert!(detail(Lang::Zh, "person-unmasked", look).ends_with("，申领 834e8442，“核对 count=1”"));
        assert_eq!(detail(Lang::Zh, "batch-moved", "unheard=of"), "unheard=of");
    }
}
