//! What the registries answered about one side of a suspect, in words that a person can judge by. Nobody's number or name is in them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::weight::Side;
use crate::domain::claim::{Claim, Person, Subject};
use crate::domain::eligibility::evidence::{
    Answer, Award, AwardKind, ContributionRecord, CredentialRecord, EmploymentRecord, EnterpriseEnrollment,
    InstitutionKind, MissingCause, Owner, Standing, TaxAccounts,
};
use crate::domain::identity::{BankAccount, PersonName};

/// One registry's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub registry: Owner,
    /// When the answer was received; absent where there is none.
    pub at: Option<Timestamp>,
    pub zh: String,
    pub en: String,
}

/// Words in both languages.
type Words = (String, String);

/// Awards, diplomas and contracts that are told one by one.
const TOLD_MAX: usize = 4;

/// All that was answered about the enterprise, and about the person where the side is about one.
pub fn answers(side: &Side<'_>) -> Vec<Said> {
    let Some(evidence) = side.evidence else { return Vec::new() };
    let claim = side.claim;
    let enterprise = &evidence.enterprise;
    let mut said = vec![
        told(Owner::TaxRegistry, &enterprise.accounts, |it| accounts(claim, it)),
        told(Owner::Insurance, &enterprise.enrollment, |it| enrollment(claim, it)),
    ];
    if let Subject::Workforce(_) = claim.subject {
        said.push(told(Owner::AwardHistory, &enterprise.awards, |it| awards(claim, it)));
    }
    if let Some((person, answered)) = side.person().zip(side.person_evidence()) {
        said.push(told(Owner::Insurance, &answered.contributions, |it| contributions(claim, person, it)));
        if let Subject::Graduate(_) = claim.subject {
            said.push(told(Owner::Credential, &answered.credential, |it| credential(person, it)));
            said.push(told(Owner::Employment, &answered.employment, |it| employment(claim, it)));
            said.push(told(Owner::AwardHistory, &answered.awards, |it| awards(claim, it)));
        }
    }
    said
}

fn told<T>(registry: Owner, answer: &Answer<T>, words: impl FnOnce(&T) -> Words) -> Said {
    match answer {
        Answer::Known { value, received_at, .. } => {
            let (zh, en) = words(value);
            Said { registry, at: Some(*received_at), zh, en }
        }
        Answer::Missing(cause) => {
            let (zh, en) = missing(*cause);
            Said { registry, at: None, zh: format!("没有答复：{zh}"), en: format!("no answer: {en}") }
        }
    }
}

fn missing(cause: MissingCause) -> (&'static str, &'static str) {
    match cause {
        MissingCause::NotAsked => ("未查询", "not asked"),
        MissingCause::Unavailable => ("对方系统不可用", "unavailable"),
        MissingCause::NotAnswered => ("未返回此条", "this one was left out"),
        MissingCause::AnsweredForAnother => ("答复的不是此人或此企业", "answered for another"),
        MissingCause::Unrecognized => ("答复无法识别", "not understood"),
        MissingCause::Stale => ("数据已过时", "too old"),
    }
}

fn accounts(claim: &Claim, accounts: &TaxAccounts) -> Words {
    let mut words = Told::default();
    let named = [
        ("对公账户", "corporate account", &accounts.corporate),
        ("缴费账户", "contribution account", &accounts.contribution),
    ];
    for (zh, en, account) in named {
        if let Some(account) = account {
            let (same_zh, same_en) = same_account(claim.account.as_ref(), account);
            let shown = account.masked();
            words.add(format!("{zh}{shown}{same_zh}"), format!("{en} {shown}{same_en}"));
        }
    }
    if words.is_empty() {
        words.add("未登记账户", "no account");
    }
    if let Some((registered, claimed)) = accounts.name.as_ref().zip(claim.enterprise_name.as_ref()) {
        match registered == claimed {
            true => words.add("登记名称与申领一致", "registered under the same name"),
            false => words.add(format!("登记名称为“{registered}”"), format!("registered as “{registered}”")),
        }
    }
    words.done()
}

fn same_account(claimed: Option<&BankAccount>, account: &BankAccount) -> (&'static str, &'static str) {
    match claimed {
        Some(claimed) if claimed == account => ("（与申领一致）", " (as claimed)"),
        Some(_) => ("（与申领不一致）", " (not as claimed)"),
        None => ("", ""),
    }
}

fn enrollment(claim: &Claim, it: &EnterpriseEnrollment) -> Words {
    let (zh, en) = if it.enrollment_region == claim.region {
        ("（与申领一致）", " (as claimed)")
    } else {
        ("（与申领不一致）", " (not as claimed)")
    };
    let mut words = Told::default();
    words.add(format!("参保单位“{}”", it.name), format!("enrolled as “{}”", it.name));
    words.add(format!("参保地{}{zh}", it.enrollment_region), format!("in {}{en}", it.enrollment_region));
    words.add(format!("经营地{}", it.place_of_business), format!("does business in {}", it.place_of_business));
    words.done()
}

fn credential(person: &Person, record: &CredentialRecord) -> Words {
    let mut words = Told::default();
    named(record.name.as_ref(), person, &mut words);
    if record.diplomas.is_empty() {
        words.add("无学历记录", "no diploma");
    }
    for diploma in record.diplomas.iter().take(TOLD_MAX) {
        let (kind_zh, kind_en) = institution(diploma.institution_kind);
        let (zh, en) =
            if diploma.certificate_issued { ("已发证书", "certified") } else { ("未发证书", "not certified") };
        let day = diploma.graduated_on;
        words.add(format!("{day}毕业，{kind_zh}，{zh}"), format!("graduated {day}, {kind_en}, {en}"));
    }
    words.done()
}

fn named(registered: Option<&PersonName>, person: &Person, words: &mut Told) {
    match registered {
        None => words.add("查无此身份证号", "does not know the number"),
        Some(name) if *name == person.name => words.add("姓名与申领一致", "the same name"),
        Some(name) => {
            let shown = name.masked();
            words.add(format!("登记姓名为{shown}，与申领不一致"), format!("another name: {shown}"));
        }
    }
}

fn institution(kind: InstitutionKind) -> (&'static str, &'static str) {
    match kind {
        InstitutionKind::Regular => ("普通高等学校", "regular higher education"),
        InstitutionKind::Adult => ("成人高等教育", "adult education"),
        InstitutionKind::SelfStudy => ("自学考试", "self-study"),
        InstitutionKind::Online => ("网络教育", "online education"),
        InstitutionKind::Foreign => ("境外院校", "a foreign institution"),
        InstitutionKind::Vocational => ("中等职业学校", "a vocational school"),
    }
}

fn contributions(claim: &Claim, person: &Person, record: &ContributionRecord) -> Words {
    let mut words = Told::default();
    named(record.name.as_ref(), person, &mut words);
    let paid = || record.months.iter().filter(|it| it.paid);
    let here: BTreeSet<_> = paid().filter(|it| it.enrolled_by == claim.enterprise).map(|it| it.month).collect();
    match (here.first(), here.last()) {
        (Some(from), Some(to)) => words.add(
            format!("在本企业缴费{}个月（{from}至{to}）", here.len()),
            format!("{} months paid for here ({from} to {to})", here.len()),
        ),
        _ => words.add("在本企业没有缴费", "no month paid for here"),
    }
    for (_, standing) in record.standings.iter().filter(|(under, _)| *under == claim.enterprise).take(TOLD_MAX) {
        let (zh, en) = match standing {
            Standing::Current => ("正常缴费", "current"),
            Standing::Suspended => ("暂停缴费", "suspended"),
            Standing::Ended => ("终止参保", "ended"),
        };
        words.add(zh, en);
    }
    let elsewhere: BTreeSet<_> = paid().map(|it| &it.enrolled_by).filter(|it| **it != claim.enterprise).collect();
    if !elsewhere.is_empty() {
        words.add(format!("另在{}户企业缴费", elsewhere.len()), format!("paid for at {} others", elsewhere.len()));
    }
    if paid().any(|it| it.enrolled_by == claim.enterprise && it.funded_by != claim.enterprise) {
        words.add("由其他企业实际出资", "funded by another");
    }
    words.done()
}

fn employment(claim: &Claim, record: &EmploymentRecord) -> Words {
    let mut words = Told::default();
    for it in record.registrations.iter().filter(|it| it.enterprise == claim.enterprise).take(TOLD_MAX) {
        words.add(format!("{}在本企业就业登记", it.registered_on), format!("registered here on {}", it.registered_on));
    }
    for it in record.contracts.iter().filter(|it| it.enterprise == claim.enterprise).take(TOLD_MAX) {
        let (zh, en) = if it.signed { ("已签", "signed") } else { ("未签", "not signed") };
        words.add(format!("劳动合同{}起（{zh}）", it.from), format!("contract from {} ({en})", it.from));
    }
    if words.is_empty() {
        words.add("在本企业没有登记和合同", "no registration and no contract here");
    }
    let registered = record.registrations.iter().map(|it| &it.enterprise);
    let others: BTreeSet<_> = registered
        .chain(record.contracts.iter().map(|it| &it.enterprise))
        .filter(|it| **it != claim.enterprise)
        .collect();
    if !others.is_empty() {
        words.add(format!("另与{}户企业有登记或合同", others.len()), format!("employed with {} others", others.len()));
    }
    words.done()
}

fn awards(claim: &Claim, awards: &[Award]) -> Words {
    let own = claim.claim_id.to_string();
    let mut words = Told::default();
    for award in awards.iter().take(TOLD_MAX) {
        let (zh, en) = match award.kind {
            AwardKind::JobExpansion => ("一次性扩岗补助", "job expansion"),
            AwardKind::HiringSubsidy => ("一次性吸纳就业补贴", "the hiring subsidy"),
            AwardKind::RetentionTraining => ("一次性留工培训补助", "retention training"),
        };
        let (own_zh, own_en) = if award.reference == own { ("（本申领）", " (this claim)") } else { ("", "") };
        let Award { awarded_on, region, .. } = award;
        let province = region.province_name_zh();
        words.add(
            format!("{awarded_on}在{province}享受{zh}{own_zh}"),
            format!("{awarded_on}: had {en} in {}{own_en}", region.province()),
        );
    }
    if words.is_empty() {
        words.add("无享受记录", "no award");
    }
    words.done()
}

/// Clauses in both languages.
#[derive(Default)]
struct Told {
    zh: Vec<String>,
    en: Vec<String>,
}

impl Told {
    fn add(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.zh.push(zh.into());
        self.en.push(en.into());
    }

    fn is_empty(&self) -> bool {
        self.zh.is_empty()
    }

    fn done(self) -> Words {
        (self.zh.join("；"), self.en.join("; "))
    }
}
