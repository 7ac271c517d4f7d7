//! A claim: what an enterprise asks for, what state it is in, and which moves between states are allowed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};

/// A claim's name: made by the node at receipt, ordered by time (UUID version 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimId(pub Uuid);

impl ClaimId {
    /// Reads the hyphenated form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl std::fmt::Display for ClaimId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The two subsidies of the notice (一(一), 一(二)). What they pay and ask for is in their sheet, never here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubsidyKind {
    /// 一次性扩岗补助: a graduate hired.
    JobExpansion,
    /// 一次性留工培训补助: a contributing worker kept.
    RetentionTraining,
}

/// How a claim came to be (二(一)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimRoute {
    /// 免申即享: nobody applied, the data say who is entitled.
    Automatic,
    /// 自主申请: the enterprise applied.
    SelfApplied,
}

/// A natural person as a claim names them. Every field is personal data (I11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: PersonName,
    pub resident_id: ResidentId,
    pub phone: Option<Phone>,
}

/// The papers of a labour dispatch (五(二)): who hosts the worker, and the agreements' numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchPapers {
    pub host: Uscc,
    pub dispatch_agreement: Option<String>,
    pub sharing_agreement: Option<String>,
}

/// One graduate hired, the unit of job expansion (一(二)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graduate {
    pub person: Person,
    /// As the roster says; only compared, the credential registry decides.
    pub graduated_on: Option<Date>,
    pub contract_from: Option<Date>,
    /// Absent in a contract without a fixed term.
    pub contract_until: Option<Date>,
    /// Present when the claimant is a dispatch agency that sent the graduate to a host.
    pub dispatch: Option<DispatchPapers>,
}

/// On which side of a labour dispatch a rostered worker is counted (五(一)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DispatchSide {
    /// The claimant is the dispatch agency and counts the worker as its own staff (自用职工).
    Agency,
    /// The claimant is the host employer and funds the worker's contributions (用工企业实际出资).
    Host,
}

/// A worker on a dispatch roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    pub person: Person,
    pub side: DispatchSide,
}

/// The workers an enterprise kept, the unit of retention training (一(一)).
///
/// The headcount that is paid comes from the insurance database for the reference month, not from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workforce {
    /// What the enterprise says; only compared.
    pub claimed_headcount: Option<u32>,
    /// Workers on either side of a dispatch, by name; empty for everybody else.
    pub roster: Vec<Worker>,
}

/// Whom the claim is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    Graduate(Graduate),
    Workforce(Workforce),
}

impl Subject {
    /// The subsidy such a subject can be claimed under.
    pub fn subsidy(&self) -> SubsidyKind {
        match self {
            Self::Graduate(_) => SubsidyKind::JobExpansion,
            Self::Workforce(_) => SubsidyKind::RetentionTraining,
        }
    }

    /// The persons named, in the order in which evidence about them is kept.
    pub fn persons(&self) -> Vec<&Person> {
        match self {
            Self::Graduate(graduate) => vec![&graduate.person],
            Self::Workforce(workforce) => workforce.roster.iter().map(|worker| &worker.person).collect(),
        }
    }
}

/// What was asked for, as acknowledged. It never changes; states and decisions are kept beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub claim_id: ClaimId,
    /// The sheet it is decided under, e.g. `job-expansion-2022`.
    pub sheet_id: String,
    pub route: ClaimRoute,
    pub enterprise: Uscc,
    pub enterprise_name: Option<EnterpriseName>,
    /// 参保地: the county (or unit, or city for municipal-level enterprises) whose agency handles the claim.
    pub region: Region,
    /// The account the claim names. It is compared with the tax department's and never paid (I9).
    pub account: Option<BankAccount>,
    pub subject: Subject,
    /// When the node received it; the day of application is this instant's day in China Standard Time.
    pub received_at: Timestamp,
}

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimState {
    /// Acknowledged, holding its slot; the registries are being asked. A claim whose facts are unknown stays here (I5).
    Assessing,
    /// Entitled; waits for review.
    Assessed,
    /// Not entitled, with reasons (I6).
    Refused,
    /// Must not be paid before somebody judges it: a double, an exclusion, an account that is not the tax department's.
    Held,
    /// Taken back by who submitted it.
    Withdrawn,
    /// Passed by the first reviewer; waits for another person's approval (I8).
    Reviewed,
    /// Approved by two people; waits for the county's filing.
    Approved,
    /// In a county filing.
    Filed,
    /// In a pooling batch of the city.
    Pooled,
    /// The money for it has arrived.
    Funded,
    /// A payment instruction with it is made.
    Instructed,
    /// Nobody knows yet whether the instruction had its effect.
    InDoubt,
    /// The payment came back, failed, or needs a new approval: still owed.
    Returned,
    /// Paid.
    Paid,
}

impl ClaimState {
    /// In the order of a claim's life.
    pub const ALL: [Self; 14] = [
        Self::Assessing,
        Self::Assessed,
        Self::Refused,
        Self::Held,
        Self::Withdrawn,
        Self::Reviewed,
        Self::Approved,
        Self::Filed,
        Self::Pooled,
        Self::Funded,
        Self::Instructed,
        Self::InDoubt,
        Self::Returned,
        Self::Paid,
    ];

    /// The stable word kept in the store and shown in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Assessing => "assessing",
            Self::Assessed => "assessed",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::Withdrawn => "withdrawn",
            Self::Reviewed => "reviewed",
            Self::Approved => "approved",
            Self::Filed => "filed",
            Self::Pooled => "pooled",
            Self::Funded => "funded",
            Self::Instructed => "instructed",
            Self::InDoubt => "in-doubt",
            Self::Returned => "returned",
            Self::Paid => "paid",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// What officials see.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Assessing => "核定中",
            Self::Assessed => "已核定",
            Self::Refused => "不予支持",
            Self::Held => "暂缓",
            Self::Withdrawn => "已撤回",
            Self::Reviewed => "已初审",
            Self::Approved => "已审批",
            Self::Filed => "已报送",
            Self::Pooled => "已汇总",
            Self::Funded => "资金已到账",
            Self::Instructed => "支付中",
            Self::InDoubt => "支付结果待查",
            Self::Returned => "退回待付",
            Self::Paid => "已发放",
        }
    }

    /// Whether money is on its way for the claim, or was paid. One that is held, refused or not decided yet has none coming.
    pub fn pays(self) -> bool {
        match self {
            Self::Assessed
            | Self::Reviewed
            | Self::Approved
            | Self::Filed
            | Self::Pooled
            | Self::Funded
            | Self::Instructed
            | Self::InDoubt
            | Self::Returned
            | Self::Paid => true,
            Self::Assessing | Self::Refused | Self::Held | Self::Withdrawn => false,
        }
    }

    /// Whether the claim can still be taken back: before it is filed, once.
    pub fn can_withdraw(self) -> bool {
        match self {
            Self::Assessing | Self::Assessed | Self::Refused | Self::Held | Self::Reviewed | Self::Approved => true,
            Self::Withdrawn => false,
            Self::Filed
            | Self::Pooled
            | Self::Funded
            | Self::Instructed
            | Self::InDoubt
            | Self::Returned
            | Self::Paid => false,
        }
    }

    /// Whether a slot that changes hands sends the claim back to assessment at once. One that is filed or further is asked about again
    /// when it is pooled, and when it is instructed.
    pub fn can_reopen(self) -> bool {
        match self {
            Self::Assessing | Self::Assessed | Self::Held | Self::Reviewed | Self::Approved => true,
            Self::Refused
            | Self::Withdrawn
            | Self::Filed
            | Self::Pooled
            | Self::Funded
            | Self::Instructed
            | Self::InDoubt
            | Self::Returned
            | Self::Paid => false,
        }
    }

    /// Whether two people's approval stands behind the state.
    pub fn is_approved(self) -> bool {
        match self {
            Self::Assessing | Self::Assessed | Self::Refused | Self::Held | Self::Withdrawn | Self::Reviewed => false,
            Self::Approved
            | Self::Filed
            | Self::Pooled
            | Self::Funded
            | Self::Instructed
            | Self::InDoubt
            | Self::Returned
            | Self::Paid => true,
        }
    }
}
