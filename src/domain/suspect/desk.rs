//! How a suspect is worked on: each province that it concerns has a desk of its own, and every desk ends in writing (六(三), I7).

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;

/// Days until somebody has taken a suspect up. The notice says "at once" (及时核实) and sets no days: these are ours.
pub const TAKE_UP_DAYS: i64 = 3;
/// Days from then until it is judged.
pub const JUDGE_DAYS: i64 = 10;
/// Days that each level has, once a deadline was missed, before the suspect goes one further up.
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

    /// What somebody sees who looks at several desks at once: the one that is least far.
    pub fn least_far(states: impl Iterator<Item = Self>) -> Option<Self> {
        states.min()
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

/// What a person does with a desk. What the node does when nobody acts in time is [`Desk::escalated`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskStep {
    Assign { assignee: OperatorId },
    TakeUp,
    Confirm,
    Dismiss(DismissalReason),
    Reopen(NewFact),
    Comment,
}

/// The node's own step, in the record and the log.
pub const ESCALATED: &str = "escalated";

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
        }
    }

    /// The assignee, the reason or the new fact, as the step has it.
    pub fn detail(&self) -> &str {
        match self {
            Self::Assign { assignee } => assignee.as_str(),
            Self::Dismiss(reason) => reason.code(),
            Self::Reopen(fact) => fact.code(),
            Self::TakeUp | Self::Confirm | Self::Comment => "",
        }
    }
}

/// Who takes a step.
#[derive(Clone, Copy, Debug)]
pub struct Hand<'a> {
    pub person: &'a OperatorId,
    /// Whether the person gives suspects to the team: others may only take what is nobody's.
    pub leads: bool,
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
    /// When it must have gone on; `None` once closed. It stays in the past on a desk that is as high as it can go.
    pub due_at: Option<Timestamp>,
    /// How often it was not: 0 to [`ESCALATION_MAX`].
    pub escalation: u8,
    /// When it was to be judged, as counted when it was first taken up: it keeps that day whoever has it.
    pub judge_by: Option<Timestamp>,
}

impl Desk {
    /// A suspect nobody has looked at.
    pub fn opened(at: Timestamp) -> Self {
        let due_at = Some(in_days(at, TAKE_UP_DAYS));
        Self { state: SuspectState::Open, assignee: None, due_at, escalation: 0, judge_by: None }
    }

    /// The desk after a person's step, or why it cannot be taken.
    pub fn after(&self, step: &DeskStep, by: Hand<'_>, at: Timestamp) -> Result<Self, DeskRefusal> {
        match (step, self.state.is_closed()) {
            (DeskStep::Comment, _) => Ok(self.clone()),
            (DeskStep::Reopen(_), true) => Ok(Self::opened(at)),
            (DeskStep::Reopen(_), false) => Err(DeskRefusal::NotJudged),
            (DeskStep::Assign { .. } | DeskStep::TakeUp | DeskStep::Confirm | DeskStep::Dismiss(_), true) => {
                Err(DeskRefusal::AlreadyJudged)
            }
            (DeskStep::Assign { assignee }, false) => self.assigned(assignee, by, at),
            (DeskStep::TakeUp, false) => self.taken_up(by, at),
            (DeskStep::Confirm, false) => self.closed(SuspectState::Confirmed, by),
            (DeskStep::Dismiss(_), false) => self.closed(SuspectState::Dismissed, by),
        }
    }

    /// The desk one level further up, where its deadline has passed and there is a level.
    pub fn escalated(&self, at: Timestamp) -> Option<Self> {
        let is_late = self.due_at.is_some_and(|due_at| due_at <= at);
        let escalation = self.escalation.saturating_add(1);
        let due_at = Some(in_days(at, ESCALATION_DAYS));
        (is_late && escalation <= ESCALATION_MAX).then(|| Self { due_at, escalation, ..self.clone() })
    }

    /// Giving it from one to another gains no time.
    fn assigned(&self, assignee: &OperatorId, by: Hand<'_>, at: Timestamp) -> Result<Self, DeskRefusal> {
        if !by.leads && (assignee != by.person || !self.is_free_for(by.person)) {
            return Err(DeskRefusal::AssignedToAnother);
        }
        if self.assignee.as_ref() == Some(assignee) {
            return Ok(self.clone());
        }
        let take_up = in_days(at, TAKE_UP_DAYS);
        Ok(Self {
            state: SuspectState::Assigned,
            assignee: Some(assignee.clone()),
            due_at: Some(self.due_at.map_or(take_up, |due_at| due_at.min(take_up))),
            ..self.clone()
        })
    }

    /// Nor does taking it up twice, or after somebody else did.
    fn taken_up(&self, by: Hand<'_>, at: Timestamp) -> Result<Self, DeskRefusal> {
        if !self.is_free_for(by.person) {
            return Err(DeskRefusal::AssignedToAnother);
        }
        if self.state == SuspectState::Investigating {
            return Ok(self.clone());
        }
        let judge_by = self.judge_by.unwrap_or_else(|| in_days(at, JUDGE_DAYS));
        Ok(Self {
            state: SuspectState::Investigating,
            assignee: Some(by.person.clone()),
            // Past that day it has gone up, and has the days that that gave it.
            due_at: if judge_by > at { Some(judge_by) } else { self.due_at },
            judge_by: Some(judge_by),
            ..self.clone()
        })
    }

    fn closed(&self, state: SuspectState, by: Hand<'_>) -> Result<Self, DeskRefusal> {
        if !self.is_free_for(by.person) {
            return Err(DeskRefusal::AssignedToAnother);
        }
        Ok(Self { state, due_at: None, ..self.clone() })
    }

    fn is_free_for(&self, person: &OperatorId) -> bool {
        self.assignee.as_ref().is_none_or(|assignee| assignee == person)
    }
}

/// Why a caller has no desk to act at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDesk {
    /// The suspect is not the caller's to see, or does not concern the province that was named.
    NotFound,
    /// It concerns two provinces that the caller's region spans, and none was named.
    ProvinceNotNamed,
}

/// The province at whose desk a caller acts on a suspect with claims in these places: its own; one that spans provinces names it.
pub fn desk_for(places: &[Region], caller: Region, named: Option<Region>) -> Result<Region, NoDesk> {
    let seen: BTreeSet<Region> =
        places.iter().filter(|place| caller.covers(**place)).map(|place| place.province()).collect();
    let mut meant = seen.iter().filter(|province| named.is_none_or(|named| named == **province));
    match (meant.next(), meant.next()) {
        (Some(province), None) => Ok(*province),
        (Some(_), Some(_)) => Err(NoDesk::ProvinceNotNamed),
        (None, _) => Err(NoDesk::NotFound),
    }
}

/// Beyond what the calendar holds, the instant itself.
fn in_days(at: Timestamp, days: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(at)
}
