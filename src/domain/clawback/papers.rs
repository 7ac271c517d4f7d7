//! The papers of a clawback case, as the enterprise gets them. No person is named in one, and no account: the money goes back to where it
//! came from, under the number of the case.

use jiff::civil::Date;

use crate::domain::calendar::due_date;
use crate::domain::claim::ClaimId;
use crate::domain::identity::Uscc;
use crate::domain::money::Fen;
use crate::domain::suspect::SuspectRule;

/// Calendar days for a reply, counted from the day after the notice. 六(三) sets none.
pub const REPLY_DAYS: u32 = 5;
/// Calendar days for the repayment, counted from the day after the demand. 六(三) says 及时, and sets none.
pub const REPAYMENT_DAYS: u32 = 15;

/// The clause that every clawback rests on.
const CLAUSE: &str = "六(三)";

/// What both papers of a case say.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    pub case_number: &'a str,
    /// The place that paid, by name.
    pub place: &'a str,
    pub enterprise: &'a Uscc,
    pub enterprise_name: Option<&'a str>,
    /// In Chinese.
    pub subsidy: &'a str,
    /// The number of the subsidy's notice; empty where it is not known.
    pub source: &'a str,
    pub claim_id: ClaimId,
    pub rule: SuspectRule,
    /// In the words of who drafted the case.
    pub facts: &'a str,
    /// To be got back.
    pub amount: Fen,
    /// Whether what the enterprise is still owed is kept against it.
    pub set_off: bool,
}

impl Paper<'_> {
    /// 告知书: the facts and the clause, and the right to reply before anything is decided (I7).
    pub fn notice(&self, dated: Date) -> String {
        let Self { case_number, subsidy, claim_id, facts, amount, .. } = self;
        let (addressee, agency, basis, rule) = (self.addressee(), self.agency(), self.basis(), self.rule.zh());
        let (last, dated) = (day(due_date(dated, REPLY_DAYS)), day(dated));
        [
            "追回补助资金告知书".to_owned(),
            format!("案件编号：{case_number}"),
            format!("{addressee}："),
            format!("　　你单位申领的{subsidy}（申请编号{claim_id}）已经发放。经核实，该笔补助存在不符合条件的情形。现将拟追回的有关事项告知如下："),
            format!("　　一、事实：{facts}"),
            format!("　　二、依据：{basis}，情形为“{rule}”。"),
            format!("　　三、拟作处理：责令你单位退回补助资金人民币{amount}元。"),
            format!("　　四、陈述申辩：你单位有权进行陈述、申辩。请于{last}前（含当日）向{agency}提出书面或者口头意见，并可提交证据；逾期未提出的，视为放弃。不因陈述、申辩加重处理。"),
            "　　本告知书不是处理决定，在听取意见或者期限届满之前不要求退回。".to_owned(),
            agency,
            dated,
        ]
        .join("\n")
    }

    /// 限期退回通知书: how much, by when, to where, under which number, and what follows otherwise.
    pub fn demand(&self, dated: Date) -> String {
        let Self { case_number, place, subsidy, claim_id, amount, .. } = self;
        let (addressee, agency, basis, rule) = (self.addressee(), self.agency(), self.basis(), self.rule.zh());
        let (last, dated, clause) = (day(due_date(dated, REPAYMENT_DAYS)), day(dated), self.cited(CLAUSE));
        let mut lines = vec![
            "限期退回补助资金通知书".to_owned(),
            format!("案件编号：{case_number}"),
            format!("{addressee}："),
            format!(
                "　　你单位申领的{subsidy}（申请编号{claim_id}）不符合条件（{rule}），已履行陈述申辩程序。依据{basis}，通知如下："
            ),
            format!("　　一、退回金额：人民币{amount}元。"),
            format!("　　二、退回期限：{last}前（含当日）。"),
            format!("　　三、退回方式：转账退回发放该笔补助的{place}原支出户，汇款附言须注明案件编号“{case_number}”。"),
        ];
        if self.set_off {
            lines.push("　　尚应付你单位的其他补助，先行抵扣上述应退款项；抵扣后不足的部分仍应退回。".to_owned());
        }
        lines.push(format!("　　四、逾期不退回的，依据{clause}追究相应责任，并依法移送有关部门处理。"));
        lines.extend([agency, dated]);
        lines.join("\n")
    }

    fn addressee(&self) -> String {
        match self.enterprise_name {
            Some(name) => format!("{name}（统一社会信用代码{}）", self.enterprise.as_str()),
            None => format!("统一社会信用代码{}的单位", self.enterprise.as_str()),
        }
    }

    /// The clause on clawback, and the one that the rule rests on where it is another.
    fn basis(&self) -> String {
        match self.rule.clause() {
            CLAUSE => self.cited(CLAUSE),
            own => self.cited(&format!("{CLAUSE}、{own}")),
        }
    }

    fn cited(&self, clauses: &str) -> String {
        match self.source {
            "" => format!("通知{clauses}"),
            source => format!("《{source}》{clauses}"),
        }
    }

    fn agency(&self) -> String {
        format!("{}失业保险经办机构", self.place)
    }
}

fn day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATED: Date = Date::constant(2022, 10, 28);

    fn paper(enterprise: &Uscc) -> Paper<'_> {
        Paper {
            case_number: "ZH-371502-2022-000001",
            place: "东昌府区",
            enterprise,
            enterprise_name: Some("某某公司"),
            subsidy: "一次性扩岗补助（2022年）",
            source: "聊人社字〔2022〕32号",
            claim_id: ClaimId(uuid::Uuid::nil()),
            rule: SuspectRule::PersonTwoEnterprises,
            facts: "该毕业生已由另一企业申领。",
            amount: Fen::new(150_000),
            set_off: false,
        }
    }

    fn firm() -> Uscc {
        Uscc::parse("91350100M000100Y43").unwrap()
    }

    #[test]
    fn a_notice_names_facts_clauses_and_the_right_to_reply() {
        let expected = "追回补助资金告知书
案件编号：ZH-371502-2022-000001
某某公司（统一社会信用代码91350100M000100Y43）：
　　你单位申领的一次性扩岗补助（2022年）（申请编号00000000-0000-0000-0000-000000000000）已经发放。经核实，该笔补助存在不符合条件的情形。现将拟追回的有关事项告知如下：
　　一、事实：该毕业生已由另一企业申领。
　　二、依据：《聊人社字〔2022〕32号》六(三)、五(二)，情形为“同一毕业生被两户企业申领”。
　　三、拟作处理：责令你单位退回补助资金人民币1,500.00元。
　　四、陈述申辩：你单位有权进行陈述、申辩。请于2022年11月2日前（含当日）向东昌府区失业保险经办机构提出书面或者口头意见，并可提交证据；逾期未提出的，视为放弃。不因陈述、申辩加重处理。
　　本告知书不是处理决定，在听取意见或者期限届满之前不要求退回。
东昌府区失业保险经办机构
2022年10月28日";
        assert_eq!(paper(&firm()).notice(DATED), expected);
    }

    #[test]
    fn a_demand_names_amount_day_way_and_consequences() {
        let expected = "限期退回补助资金通知书
案件编号：ZH-371502-2022-000001
某某公司（统一社会信用代码91350100M000100Y43）：
　　你单位申领的一次性扩岗补助（2022年）（申请编号00000000-0000-0000-0000-000000000000）不符合条件（同一毕业生跨省重复申领），已履行陈述申辩程序。依据《聊人社字〔2022〕32号》六(三)，通知如下：
　　一、退回金额：人民币1,500.00元。
　　二、退回期限：2022年11月12日前（含当日）。
　　三、退回方式：转账退回发放该笔补助的东昌府区原支出户，汇款附言须注明案件编号“ZH-371502-2022-000001”。
　　四、逾期不退回的，依据《聊人社字〔2022〕32号》六(三)追究相应责任，并依法移送有关部门处理。
东昌府区失业保险经办机构
2022年10月28日";
        let rule = SuspectRule::PersonTwoProvinces;
        assert_eq!(Paper { rule, ..paper(&firm()) }.demand(DATED), expected);
    }

    #[test]
    fn what_is_not_known_is_left_out_and_set_off_is_said() {
        let firm = firm();
        let unknown = Paper { enterprise_name: None, source: "", set_off: true, ..paper(&firm) };
        let demand = unknown.demand(DATED);
        assert!(demand.contains("\n统一社会信用代码91350100M000100Y43的单位：\n"), "{demand}");
        assert!(demand.contains("依据通知六(三)、五(二)，"), "{demand}");
        assert!(demand.contains("\n　　尚应付你单位的其他补助，先行抵扣"), "{demand}");
        assert!(!paper(&firm).demand(DATED).contains("抵扣"));
    }
}
