//! What the registries answered, when, and what they did not answer. Decisions are made from this and nothing else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::calendar::Month;
use crate::domain::identity::{BankAccount, EnterpriseName, PersonName, Region, Uscc};

/// Who owns a fact, and is asked when it is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// 税务部门.
    TaxRegistry,
    /// 学信网.
    Credential,
    /// 社会保险信息数据库.
    Insurance,
    /// 就业信息系统.
    Employment,
    /// 其他地区或其他补贴的享受记录.
    AwardHistory,
    /// 财政部门.
    Finance,
    /// 开户银行.
    Bank,
    /// The claim itself: something the claimant must supply.
    Claimant,
}

impl Owner {
    /// The registries, of whom facts are asked.
    pub const UPSTREAMS: [Self; 5] =
        [Self::TaxRegistry, Self::Credential, Self::Insurance, Self::Employment, Self::AwardHistory];
    /// Who moves the money, and says what became of it.
    pub const MONEY: [Self; 2] = [Self::Finance, Self::Bank];

    pub fn code(self) -> &'static str {
        match self {
            Self::TaxRegistry => "tax-registry",
            Self::Credential => "credential",
            Self::Insurance => "insurance",
            Self::Employment => "employment",
            Self::AwardHistory => "award-history",
            Self::Finance => "finance",
            Self::Bank => "bank",
            Self::Claimant => "claimant",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::TaxRegistry => "税务部门",
            Self::Credential => "学信网",
            Self::Insurance => "社会保险信息数据库",
            Self::Employment => "就业信息系统",
            Self::AwardHistory => "补贴享受记录库",
            Self::Finance => "财政部门",
            Self::Bank => "开户银行",
            Self::Claimant => "申请单位",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::TaxRegistry => "tax department",
            Self::Credential => "student credentials",
            Self::Insurance => "social insurance",
            Self::Employment => "employment register",
            Self::AwardHistory => "earlier awards",
            Self::Finance => "finance bureau",
            Self::Bank => "bank",
            Self::Claimant => "claimant",
        }
    }
}

/// Why an answer is missing. Each makes the facts in it unknown, and unknown waits (I5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingCause {
    /// Not asked yet.
    NotAsked,
    /// Down, refusing, or too slow.
    Unavailable,
    /// It answered the batch but left this one out.
    NotAnswered,
    /// It answered about somebody or something else.
    AnsweredForAnother,
    /// It answered something this contract version does not know, or impossible values.
    Unrecognized,
    /// Its answer is older than the sheet allows.
    Stale,
}

impl MissingCause {
    /// The stable word shown on the wire and counted in metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAsked => "not-asked",
            Self::Unavailable => "unavailable",
            Self::NotAnswered => "not-answered",
            Self::AnsweredForAnother => "answered-for-another",
            Self::Unrecognized => "unrecognized",
            Self::Stale => "stale",
        }
    }
}

/// An answer with the moment and the source it is from, or the reason that there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer<T> {
    Known {
        value: T,
        /// The instant the source says its data are of.
        as_of: Timestamp,
        /// The instant this node received it.
        received_at: Timestamp,
        /// The source's own reference to this answer, to find it there again.
        reference: String,
    },
    Missing(MissingCause),
}

impl<T> Answer<T> {
    /// The value, where there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Missing(_) => None,
        }
    }
}

/// Kind of institution that issued a diploma (一(二): 普通高等学校).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstitutionKind {
    /// 普通高等学校.
    Regular,
    /// 成人高等教育.
    Adult,
    /// 高等教育自学考试.
    SelfStudy,
    /// 网络教育.
    Online,
    /// 境外院校.
    Foreign,
    /// 中等职业学校 (技工院校 included): known, and not higher education.
    Vocational,
}

/// One diploma, as the credential registry keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diploma {
    pub institution: String,
    pub institution_kind: InstitutionKind,
    pub graduated_on: Date,
    /// Whether the certificate was issued (取得毕业证书), not only study completed.
    pub certificate_issued: bool,
    pub certificate_number: String,
}

/// What the credential registry knows of a person. No diplomas is an answer too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRecord {
    /// The name under this number there; `None` when the registry does not know the number.
    pub name: Option<PersonName>,
    pub diplomas: Vec<Diploma>,
}

/// One month of unemployment-insurance contributions for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContributionMonth {
    pub month: Month,
    /// The enterprise under which the person is enrolled.
    pub enrolled_by: Uscc,
    /// The enterprise that really funds it (实际出资); differs from `enrolled_by` for dispatched workers.
    pub funded_by: Uscc,
    pub paid: bool,
}

/// Whether contributions under one enterprise are current (正常缴费状态).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// 正常缴费.
    Current,
    /// 暂停缴费.
    Suspended,
    /// 终止参保.
    Ended,
}

/// What the insurance database knows of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContributionRecord {
    /// The name under this number there; `None` when the database does not know the number.
    pub name: Option<PersonName>,
    pub months: Vec<ContributionMonth>,
    /// Standing by enterprise, as of the answer.
    pub standings: Vec<(Uscc, Standing)>,
}

/// What the employment system knows of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmploymentRecord {
    pub registrations: Vec<EmploymentRegistration>,
    pub contracts: Vec<EmploymentContract>,
}

/// 就业登记.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmploymentRegistration {
    pub enterprise: Uscc,
    pub registered_on: Date,
}

/// 劳动合同.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmploymentContract {
    pub enterprise: Uscc,
    pub from: Date,
    /// Absent in a contract without a fixed term.
    pub until: Option<Date>,
    pub signed: bool,
}

/// The kinds of award that a history can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AwardKind {
    JobExpansion,
    /// 一次性吸纳就业补贴.
    HiringSubsidy,
    RetentionTraining,
}

/// A subsidy already received elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Award {
    pub kind: AwardKind,
    pub enterprise: Uscc,
    pub region: Region,
    pub awarded_on: Date,
    /// The payer's own name for the award. An award that this node itself caused carries the claim's id here.
    pub reference: String,
}

/// Everything known about one person of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEvidence {
    pub credential: Answer<CredentialRecord>,
    pub contributions: Answer<ContributionRecord>,
    pub employment: Answer<EmploymentRecord>,
    pub awards: Answer<Vec<Award>>,
}

impl PersonEvidence {
    /// Nothing asked yet.
    pub fn not_asked() -> Self {
        Self {
            credential: Answer::Missing(MissingCause::NotAsked),
            contributions: Answer::Missing(MissingCause::NotAsked),
            employment: Answer::Missing(MissingCause::NotAsked),
            awards: Answer::Missing(MissingCause::NotAsked),
        }
    }
}

/// The accounts the tax department names (二(一), 二(二)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxAccounts {
    /// 对公账户.
    pub corporate: Option<BankAccount>,
    /// 缴纳社会保险费账户.
    pub contribution: Option<BankAccount>,
    /// The registered name, which a bank compares with the account's; `None` where the tax department gave none that can be read.
    #[serde(default)]
    pub name: Option<EnterpriseName>,
}

/// What an insured unit is (一(一): 参照实施).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntityType {
    Enterprise,
    /// 社会团体.
    SocialOrganization,
    /// 基金会.
    Foundation,
    /// 社会服务机构.
    SocialServiceInstitution,
    /// 律师事务所.
    LawFirm,
    /// 会计师事务所.
    AccountingFirm,
    /// 以单位形式参保的个体工商户.
    IndividualBusiness,
    /// 机关、事业单位: insured, and named by no clause.
    PublicInstitution,
}

/// Where the enterprise's insurance account is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnrollmentLevel {
    County,
    /// 市本级独立开户.
    Municipal,
}

/// An enterprise as the insurance database enrolls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnterpriseEnrollment {
    pub name: EnterpriseName,
    pub entity_type: EntityType,
    /// GB/T 4754-2017 code, two to four digits (a leading section letter is not kept).
    pub sector: String,
    pub level: EnrollmentLevel,
    /// 参保地.
    pub enrollment_region: Region,
    /// 经营地.
    pub place_of_business: Region,
    /// Licensed for labour dispatch (劳务派遣经营许可).
    pub is_dispatch_agency: bool,
}

/// The people of an enterprise insured against unemployment and paid for in one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headcount {
    /// All enrolled under the enterprise and paid for.
    pub contributing: u32,
    /// Of these, the ones whose contributions a host employer really funds.
    pub funded_by_hosts: u32,
}

/// Everything known about the claiming enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnterpriseEvidence {
    pub accounts: Answer<TaxAccounts>,
    pub enrollment: Answer<EnterpriseEnrollment>,
    /// Headcounts by month; a month that the database answered is present even when it is zero.
    pub headcounts: Answer<BTreeMap<Month, Headcount>>,
    /// Awards of the enterprise itself (retention training elsewhere).
    pub awards: Answer<Vec<Award>>,
}

impl EnterpriseEvidence {
    /// Nothing asked yet.
    pub fn not_asked() -> Self {
        Self {
            accounts: Answer::Missing(MissingCause::NotAsked),
            enrollment: Answer::Missing(MissingCause::NotAsked),
            headcounts: Answer::Missing(MissingCause::NotAsked),
            awards: Answer::Missing(MissingCause::NotAsked),
        }
    }
}

/// What put a county on the list (一(一)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclarationKind {
    /// 中高风险区域 listed, from its first day.
    RiskArea,
    /// 静态管理, first and last day both counted.
    StaticManagement,
}

/// A declaration of a risk area or of static management in one county, as entered by its authority.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Declaration {
    pub region: Region,
    pub kind: DeclarationKind,
    pub from: Date,
    /// The last day; absent while it goes on.
    pub until: Option<Date>,
}

/// All that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub enterprise: EnterpriseEvidence,
    /// In the order of [`crate::domain::claim::Subject::persons`].
    pub persons: Vec<PersonEvidence>,
    /// Declarations of the counties concerned, from this node's own records.
    pub declarations: Vec<Declaration>,
    /// Indices of rostered workers whose slot another claim holds (五(一): never counted on both sides).
    pub units_taken: Vec<usize>,
    /// The instant the decision is made at.
    pub decided_at: Timestamp,
}
