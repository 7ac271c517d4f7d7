//! How a suspect is worked on: each province that it concerns has a desk of its own, and every desk ends in writing (六(三), I7).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::operator::OperatorId;

/// Days until somebody has taken a suspect up. The notice says "at once" (及时核实) and sets no days: these are ours.
pub const TAKE_UP_DAYS: i64 = 3;
/// Days from then until it is judged.
pub const JUDGE_DAYS: i64 = 10;
/// Days past its deadline after which a suspect goes one level further up.
pub const ESCALATION_DAYS: i64 = 5;
/// The highest level: county, city, province.
pub const ESCALATION_MAX: u8 = 3;

/// Where a desk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuspectState {
    /// Nobody has it.
    Open,
    /// It was given to a person, who has not taken it up yet.
    Assigned,
    /// A person looks into it.
    Investigating,
    /// A person found it true on evidence; a clawback may be drafted.
    Confirmed,
    /// A person found it untrue.
    Dismissed,
}

impl SuspectState {
    pub const ALL: [Self; 5] = [Self::Open, Self::Assigned, Self::Investigating, Self::Confirmed, Self::Dismissed];
    /// Those that ask for work.
    pub const AT_WORK: [Self; 3] = [Self::Open, Self::Assigned, Self::Investigating];

    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::Investigating => "investigating",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Open => "待分派",
            Self::Assigned => "已分派",
            Self::Investigating => "核实中",
            Self::Confirmed => "属实",
            Self::Dismissed => "不属实",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned => "assigned",
            Self::Investigating => "investigating",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
        }
    }

    pub fn is_closed(self) -> bool {
        matches!(self, Self::Confirmed | Self::Dismissed)
    }
}

/// Why a suspect was found untrue: a closed list, so that a rule's false matches can be counted by their cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DismissalReason {
    /// 不是同一人: two persons alike.
    DifferentPerson,
    /// 登记有误: a registry's record was wrong.
    RegistryError,
    /// 录入有误: the claim was typed wrong, and nothing was gained by it.
    EntryError,
    /// 申领已撤回或未发放: nothing is left to be paid.
    ClaimGone,
    /// 政策允许: the notice allows what looked doubled.
    PolicyAllows,
    /// 已自行更正: the enterprise put it right by itself.
    PutRight,
}

impl DismissalReason {
    pub const ALL: [Self; 6] = [
        Self::DifferentPerson,
        Self::RegistryError,
        Self::EntryError,
        Self::ClaimGone,
        Self::PolicyAllows,
        Self::PutRight,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::DifferentPerson => "different-person",
            Self::RegistryError => "registry-error",
            Self::EntryError => "entry-error",
            Self::ClaimGone => "claim-gone",
            Self::PolicyAllows => "policy-allows",
            Self::PutRight => "put-right",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::DifferentPerson => "不是同一人",
            Self::RegistryError => "登记机构记录有误",
            Self::EntryError => "申报录入有误",
            Self::ClaimGone => "申领已撤回或未发放",
            Self::PolicyAllows => "政策允许",
            Self::PutRight => "企业已自行更正",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::DifferentPerson => "not the same person",
            Self::RegistryError => "a registry's record was wrong",
            Self::EntryError => "typed wrong in the claim",
            Self::ClaimGone => "withdrawn or not to be paid",
            Self::PolicyAllows => "the policy allows it",
            Self::PutRight => "put right by the enterprise",
        }
    }

    /// Whether the rule was wrong to raise it: what counts against its precision. A claim that went away, or was put right, was rightly
    /// looked at.
    pub fn is_false_match(self) -> bool {
        match self {
            Self::DifferentPerson | Self::RegistryError | Self::EntryError | Self::PolicyAllows => true,
            Self::ClaimGone | Self::PutRight => false,
        }
    }
}

/// What is new since a suspect was closed: without it none is opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewFact {
    RegistryChanged,
    OtherProvince,
    MinistryRecord,
    Report,
    Document,
}

impl NewFact {
    pub const ALL: [Self; 5] =
        [Self::RegistryChanged, Self::OtherProvince, Self::MinistryRecord, Self::Report, Self::Document];

    pub fn code(self) -> &'static str {
        match self {
            Self::RegistryChanged => "registry-changed",
            Self::OtherProvince => "other-province",
            Self::MinistryRecord => "ministry-record",
            Self::Report => "report",
            Self::Document => "document",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::RegistryChanged => "登记信息有变化",
            Self::OtherProvince => "外省核实结果",
            Self::MinistryRecord => "部级下发疑点",
            Self::Report => "举报",
            Self::Document => "新证明材料",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::RegistryChanged => "a registry's record changed",
            Self::OtherProvince => "the other province's finding",
            Self::MinistryRecord => "the ministry's list",
            Self::Report => "a report",
            Self::Document => "a new document",
        }
    }
}

/// What a person, or the node's clock, does with a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskStep {
    Assign {
        assignee: OperatorId,
    },
    TakeUp,
    Confirm,
    Dismiss(DismissalReason),
    Reopen(NewFact),
    Comment,
    /// Nobody acted in time: one level further up. The node's own step.
    Escalate,
}

impl DeskStep {
    /// The word in the record and the log.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "assigned",
            Self::TakeUp => "taken-up",
            Self::Confirm => "confirmed",
            Self::Dismiss(_) => "dismissed",
            Self::Reopen(_) => "reopened",
            Self::Comment => "commented",
            Self::Escalate => "escalated",
        }
    }
}

/// Why a step was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskRefusal {
    /// It is judged: only a new fact opens it again.
    AlreadyJudged,
    /// It is not judged: there is nothing to open again.
    NotJudged,
    /// It is another person's: who leads the team may give it to somebody else.
    AssignedToAnother,
}

/// A desk as far as its steps go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    pub state: SuspectState,
    pub assignee: Option<OperatorId>,
    /// When it must have gone on; `None` once closed.
    pub due_at: Option<Timestamp>,
    /// How often it was not: 0 to [`ESCALATION_MAX`].
    pub escalation: u8,
}

impl Desk {
    /// A suspect nobody has looked at.
    pub fn opened(at: Timestamp) -> Self {
        Self { state: SuspectState::Open, assignee: None, due_at: Some(in_days(at, TAKE_UP_DAYS)), escalation: 0 }
    }

    /// The desk after a step, or why it cannot be taken.
    pub fn after(&self, step: &DeskStep, person: Option<&OperatorId>, at: Timestamp) -> Result<Self, DeskRefusal> {
        let is_mine = self.assignee.is_none() || self.assignee.as_ref() == person;
        let closed = self.state.is_closed();
        match step {
            DeskStep::Comment => Ok(self.clone()),
            DeskStep::Reopen(_) if !closed => Err(DeskRefusal::NotJudged),
            DeskStep::Reopen(_) => Ok(Self::opened(at)),
            _ if closed => Err(DeskRefusal::AlreadyJudged),
            DeskStep::Assign { assignee } => Ok(Self {
                state: SuspectState::Assigned,
                assignee: Some(assignee.clone()),
                due_at: Some(in_days(at, TAKE_UP_DAYS)),
                escalation: self.escalation,
            }),
            DeskStep::Escalate => Ok(Self {
                due_at: Some(in_days(at, ESCALATION_DAYS))
                    .filter(|_| self.escalation.saturating_add(1) < ESCALATION_MAX),
                escalation: self.escalation.saturating_add(1).min(ESCALATION_MAX),
                ..self.clone()
            }),
            _ if !is_mine => Err(DeskRefusal::AssignedToAnother),
            DeskStep::TakeUp => Ok(Self {
                state: SuspectState::Investigating,
                assignee: person.cloned(),
                due_at: Some(in_days(at, JUDGE_DAYS)),
                escalation: self.escalation,
            }),
            DeskStep::Confirm => Ok(self.closed(SuspectState::Confirmed)),
            DeskStep::Dismiss(_) => Ok(self.closed(SuspectState::Dismissed)),
        }
    }

    fn closed(&self, state: SuspectState) -> Self {
        Self { state, due_at: None, ..self.clone() }
    }
}

/// Beyond what the calendar holds, the instant itself.
fn in_days(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(at)
}
