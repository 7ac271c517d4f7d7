//! How the values of a sheet read: in the words of the sheet and English, and in Chinese.

use super::predicate::{Atom, Predicate, Test};
use super::terms::{AccountHead, Effect, OnceBy, Unit, Word};
use crate::domain::claim::{ClaimRoute, SubsidyKind};
use crate::domain::eligibility::evidence::AwardKind;
use crate::domain::eligibility::fact::Fact;
use crate::domain::eligibility::verdict::PayeeAccountKind;

/// The same in English, or the sheet's own words, and in Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) en: String,
    pub(super) zh: String,
}

impl Words {
    /// What reads alike in both: a number, a day, a code.
    pub(super) fn same(text: impl ToString) -> Self {
        let text = text.to_string();
        Self { en: text.clone(), zh: text }
    }

    pub(super) fn of((en, zh): (&str, &str)) -> Self {
        Self { en: en.to_owned(), zh: zh.to_owned() }
    }

    pub(super) fn list(parts: impl IntoIterator<Item = Self>, (en, zh): (&str, &str)) -> Self {
        let (all_en, all_zh): (Vec<_>, Vec<_>) = parts.into_iter().map(|it| (it.en, it.zh)).unzip();
        Self { en: all_en.join(en), zh: all_zh.join(zh) }
    }
}

/// Between the parts of a list.
pub(super) const COMMAS: (&str, &str) = (", ", "、");
/// Between parts whose order matters.
pub(super) const THEN: (&str, &str) = (", then ", "，其次");

impl Word for SubsidyKind {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::JobExpansion => ("job-expansion", "一次性扩岗补助"),
            Self::RetentionTraining => ("retention-training", "一次性留工培训补助"),
        }
    }
}

impl Word for AwardKind {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::JobExpansion => ("job-expansion", "一次性扩岗补助"),
            Self::HiringSubsidy => ("hiring-subsidy", "一次性吸纳就业补贴"),
            Self::RetentionTraining => ("retention-training", "一次性留工培训补助"),
        }
    }
}

impl Word for PayeeAccountKind {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::Corporate => ("corporate", "对公账户"),
            Self::Contribution => ("contribution", "缴纳社会保险费账户"),
        }
    }
}

impl Word for ClaimRoute {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::Automatic => ("automatic", "免申即享"),
            Self::SelfApplied => ("self-applied", "自主申请"),
        }
    }
}

impl Word for Unit {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::Graduate => ("graduate", "每名毕业生"),
            Self::Worker => ("worker", "每名职工"),
        }
    }
}

impl Word for OnceBy {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::Person => ("person", "每人一次"),
            Self::Enterprise => ("enterprise", "每户一次"),
        }
    }
}

impl Word for AccountHead {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::OtherExpenditure => ("other-expenditure", "失业保险基金“其他支出”科目"),
        }
    }
}

impl Word for Effect {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::Refuse => ("refuse", "不予发放"),
            Self::Hold => ("hold", "暂缓，待补正或核实"),
        }
    }
}

/// What must hold, as a sentence.
pub(super) fn requirement(predicate: &Predicate) -> Words {
    match predicate {
        // A `when` of the sheet became: not when, or required.
        Predicate::Any(parts) => match parts.as_slice() {
            [Predicate::Not(when), required] => {
                let (when, required) = (requirement(when), requirement(required));
                Words {
                    en: format!("if {}: {}", when.en, required.en),
                    zh: format!("{}的，须{}", when.zh, required.zh),
                }
            }
            _ => joined(parts, (" or ", "，或")),
        },
        Predicate::All(parts) => joined(parts, (" and ", "，且")),
        Predicate::Not(part) => {
            let part = requirement(part);
            Words { en: format!("not ({})", part.en), zh: format!("并非（{}）", part.zh) }
        }
        Predicate::Atom(atom) => test(atom),
    }
}

fn joined(parts: &[Predicate], between: (&str, &str)) -> Words {
    let of = |part: &Predicate| {
        let words = requirement(part);
        match part {
            Predicate::All(_) | Predicate::Any(_) => {
                Words { en: format!("({})", words.en), zh: format!("（{}）", words.zh) }
            }
            Predicate::Not(_) | Predicate::Atom(_) => words,
        }
    };
    Words::list(parts.iter().map(of), between)
}

fn test(Atom { fact, test }: &Atom) -> Words {
    let code = fact.code();
    let zh = fact_zh(*fact);
    match test {
        Test::Is(true) => Words { en: code.to_owned(), zh: zh.to_owned() },
        Test::Is(false) => Words { en: format!("not {code}"), zh: format!("不属“{zh}”") },
        Test::In(words) => {
            let words = Words::list(words.iter().map(|word| Words::of((word, word_zh(word)))), COMMAS);
            Words { en: format!("{code} is {}", words.en), zh: format!("{zh}为{}", words.zh) }
        }
        Test::Dates { from, until } => {
            bounds((code, zh), from.as_ref(), until.as_ref(), [("from", "不早于"), ("until", "不晚于")])
        }
        Test::Counts { at_least, at_most } => {
            bounds((code, zh), at_least.as_ref(), at_most.as_ref(), [("at least", "不少于"), ("at most", "不多于")])
        }
        Test::SectorIn(codes) => {
            let codes = Words::list(codes.iter().map(Words::same), COMMAS);
            Words { en: format!("{code} begins with {}", codes.en), zh: format!("{zh}以{}开头", codes.zh) }
        }
    }
}

fn bounds<T: ToString>(
    (code, fact): (&str, &str),
    from: Option<&T>,
    until: Option<&T>,
    [(least_en, least_zh), (most_en, most_zh)]: [(&str, &str); 2],
) -> Words {
    let bound = |value: Option<&T>, en: &str, zh: &str| {
        value.map(ToString::to_string).map(|value| Words { en: format!("{en} {value}"), zh: format!("{zh}{value}") })
    };
    let both = [bound(from, least_en, least_zh), bound(until, most_en, most_zh)];
    let both = Words::list(both.into_iter().flatten(), (" ", "、"));
    Words { en: format!("{code} {}", both.en), zh: format!("{fact}{}", both.zh) }
}

fn fact_zh(fact: Fact) -> &'static str {
    match fact {
        Fact::SubmittedOn => "申请日期",
        Fact::HiredOn => "招用日期",
        Fact::ContractSigned => "已签订劳动合同",
        Fact::EmploymentRegistered => "已办理就业登记",
        Fact::DiplomaHeld => "学信网有毕业证书信息",
        Fact::GraduatedOn => "毕业日期",
        Fact::InstitutionKind => "院校类别",
        Fact::CertificateIssued => "已取得毕业证书",
        Fact::MonthsPaid => "本企业缴费月数",
        Fact::Standing => "缴费状态",
        Fact::Dispatched => "被派遣至用工单位",
        Fact::DispatchAgreementNamed => "填有派遣协议",
        Fact::SharingAgreementNamed => "填有补助分配协议",
        Fact::RosterGraduationDate => "花名册填有毕业时间",
        Fact::RosterContractStart => "花名册填有劳动合同起始时间",
        Fact::RosterPhone => "花名册填有联系电话",
        Fact::EntityType => "单位类型",
        Fact::Sector => "行业代码",
        Fact::DispatchAgency => "劳务派遣企业",
        Fact::Zone => "所在县出现中高风险区域或静态管理",
        Fact::Heads => "可计入人数",
        Fact::AlreadyAwarded => "已享受补助",
        Fact::CredentialNameDiffers => "学信网姓名不一致",
        Fact::InsuranceNameDiffers => "参保登记姓名不一致",
        Fact::PayeeAccount => "可发放账户",
        Fact::WorkerContributions => "职工缴费记录",
    }
}

/// A word of a fact's closed list; one without Chinese stands as it is.
fn word_zh(word: &str) -> &str {
    match word {
        "regular" => "普通高等学校",
        "adult" => "成人高校",
        "self-study" => "自学考试",
        "online" => "网络教育",
        "foreign" => "境外院校",
        "vocational" => "中等职业学校",
        "current" => "正常缴费",
        "suspended" => "暂停缴费",
        "ended" => "终止参保",
        "enterprise" => "企业",
        "social-organization" => "社会团体",
        "foundation" => "基金会",
        "social-service-institution" => "社会服务机构",
        "law-firm" => "律师事务所",
        "accounting-firm" => "会计师事务所",
        "individual-business" => "个体经济组织",
        "public-institution" => "事业单位",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::eligibility::fact::FactKind;

    #[test]
    fn each_word_of_a_closed_list_has_its_chinese() {
        for fact in Fact::ALL {
            if let FactKind::Word(words) = fact.kind() {
                words.iter().for_each(|word| assert_ne!(word_zh(word), *word, "{}", fact.code()));
            }
        }
    }

    #[test]
    fn what_must_hold_reads_as_a_sentence() {
        let atom = |fact, test| Predicate::Atom(Atom { fact, test });
        let flag = |fact| atom(fact, Test::Is(true));
        let check = |predicate: Predicate, en: &str, zh: &str| assert_eq!(requirement(&predicate), Words::of((en, zh)));
        let months = atom(Fact::MonthsPaid, Test::Counts { at_least: Some(1), at_most: None });
        check(months.clone(), "months-paid at least 1", "本企业缴费月数不少于1");
        let standing = atom(Fact::Standing, Test::In(["current".to_owned()].into()));
        let when = Predicate::Any(vec![Predicate::Not(Box::new(months)), standing]);
        let zh = "本企业缴费月数不少于1的，须缴费状态为正常缴费";
        check(when, "if months-paid at least 1: standing is current", zh);
        let either = Predicate::Any(vec![flag(Fact::ContractSigned), flag(Fact::EmploymentRegistered)]);
        let both = Predicate::All(vec![either, atom(Fact::DispatchAgency, Test::Is(false))]);
        let zh = "（已签订劳动合同，或已办理就业登记），且不属“劳务派遣企业”";
        check(both, "(contract-signed or employment-registered) and not dispatch-agency", zh);
    }
}
