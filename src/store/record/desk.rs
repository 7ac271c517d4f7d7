//! The fraud-review desk: what is done with suspects, how lists are asked for, and what a suspect is judged by.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Actor, RequestKey, SuspectRecord};
use crate::domain::claim::ClaimId;
use crate::domain::eligibility::evidence::Owner;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::desk::{Desk, DeskRefusal, DeskStep, DismissalReason};
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectId, SuspectRule, SuspectState};

/// A province's desk as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskRecord {
    pub province: Region,
    pub desk: Desk,
    /// 1 before its first step; one more with each.
    pub version: i64,
    /// Present once judged.
    pub judgment: Option<Judgment>,
}

/// How a desk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgment {
    /// Absent where it was found true.
    pub reason: Option<DismissalReason>,
    pub words: String,
    /// `organization/person`.
    pub by: String,
    pub at: Timestamp,
}

/// What a person does, and where.
#[derive(Clone, Debug)]
pub struct DeskWork {
    pub actor: Actor,
    pub operator: OperatorId,
    /// Whether the person gives suspects to the team.
    pub leads: bool,
    /// What the caller sees: a suspect with no claim here is as good as none.
    pub within: Region,
    /// Whose desk; `None` where the caller's region tells.
    pub province: Option<Region>,
    pub step: DeskStep,
    /// In the person's words, without personal data; empty where the step asks for none.
    pub words: String,
    pub at: Timestamp,
}

/// A step at one desk.
#[derive(Clone, Debug)]
pub struct DeskAct {
    pub request: RequestKey,
    pub suspect_id: SuspectId,
    /// The version that the person saw; `None` asks for no comparison.
    pub version: Option<i64>,
    pub work: DeskWork,
}

/// The same step at many desks, under one request.
#[derive(Clone, Debug)]
pub struct DeskActs {
    pub request: RequestKey,
    /// Each once; all of one rule.
    pub suspects: Vec<SuspectId>,
    pub work: DeskWork,
}

/// What became of a step at many desks.
#[derive(Clone, Debug)]
pub enum DeskActsOutcome {
    /// Of each, in their order.
    Done(Vec<DeskOutcome>),
    RequestIdReused,
}

/// What became of a step.
#[derive(Clone, Debug)]
pub enum DeskOutcome {
    Done(SuspectRecord),
    /// Done earlier under the same request.
    Repeated(SuspectRecord),
    RequestIdReused,
    NotDone(NotDone),
}

/// Why a step was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// There is no such suspect, or none for the caller.
    NotFound,
    /// The caller's region spans both of its provinces, and none was named.
    ProvinceNotNamed,
    /// The desk is at another version than the person saw.
    Changed,
    Refused(DeskRefusal),
    /// A clawback case rests on the judgment.
    HasCase,
    /// Not of the rule of the first one; only of many.
    OtherRule,
}

/// One step as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskEvent {
    pub province: Region,
    pub version: i64,
    pub at: Timestamp,
    /// `organization/person`; absent for the node's own steps.
    pub person: Option<String>,
    /// As [`DeskStep::code`].
    pub step: String,
    /// The assignee, the reason or the new fact, as the step has it.
    pub detail: String,
    pub words: String,
}

/// In which order suspects are listed, and where to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuspectOrder {
    /// Newest first; only those opened before this one.
    Newest { before: Option<i64> },
    /// Highest risk first; only those after this (risk, sequence).
    Risk { after: Option<(i64, i64)> },
}

impl SuspectOrder {
    /// Where a list goes on, in one word, as addresses and calls have it; nothing at its beginning.
    pub fn place(self) -> Option<String> {
        match self {
            Self::Newest { before } => before.map(|it| it.to_string()),
            Self::Risk { after } => after.map(|(risk, sequence)| format!("{risk}.{sequence}")),
        }
    }

    /// The same order from such a place on; `None` for a word that this order never gave out.
    pub fn from_place(self, place: &str) -> Option<Self> {
        let number = |text: &str| text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok())?;
        match self {
            Self::Newest { .. } => Some(Self::Newest { before: Some(number(place)?) }),
            Self::Risk { .. } => {
                let (risk, sequence) = place.split_once('.')?;
                Some(Self::Risk { after: Some((number(risk)?, number(sequence)?)) })
            }
        }
    }

    /// The same order from its beginning.
    pub fn from_start(self) -> Self {
        match self {
            Self::Newest { .. } => Self::Newest { before: None },
            Self::Risk { .. } => Self::Risk { after: None },
        }
    }
}

/// What a list of suspects is searched for. Names and numbers are compared by keyed index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuspectSearch {
    /// Whatever the words fit: an enterprise's name or part of it, a code, an id, a person's full name or number.
    Text(String),
}

/// The longest text that is searched for.
pub const SEARCH_CHARACTERS_MAX: usize = 64;

/// A page of suspects.
#[derive(Clone, Debug, Default)]
pub struct SuspectPage {
    pub suspects: Vec<SuspectRecord>,
    /// Where the next page begins, in the order that was asked for; `None` at the end.
    pub next: Option<SuspectOrder>,
    /// The text fits so many enterprises that it means none: nothing was looked for.
    pub is_too_broad: bool,
}

/// The desk of a region in numbers.
#[derive(Clone, Debug, Default)]
pub struct DeskOverview {
    pub tallies: Vec<Tally>,
    pub precisions: Vec<Precision>,
    /// The last 26, oldest first.
    pub weeks: Vec<Week>,
    /// Both provinces have closed, yet both claims are still paid.
    pub alarms: Vec<SuspectRecord>,
    /// Past their deadline, most urgent first.
    pub overdue: Vec<SuspectRecord>,
}

/// So many suspects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    pub rule: SuspectRule,
    pub state: SuspectState,
    pub band: Band,
    pub suspects: u64,
    pub amount: Fen,
}

/// How well a rule hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precision {
    pub rule: SuspectRule,
    pub confirmed: u64,
    pub dismissed: BTreeMap<DismissalReason, u64>,
}

impl Precision {
    /// Dismissals in which the rule was wrong.
    pub fn false_matches(&self) -> u64 {
        self.dismissed.iter().filter(|(reason, _)| reason.is_false_match()).map(|(_, count)| count).sum()
    }

    /// Found true of all that the rule was right or wrong about, in thousandths; `None` before the first judgment.
    pub fn permille(&self) -> Option<u64> {
        let judged = self.confirmed.saturating_add(self.false_matches());
        self.confirmed.saturating_mul(1_000).checked_div(judged)
    }
}

/// What happened in a week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    pub monday: Date,
    pub opened: u64,
    pub confirmed: u64,
    pub dismissed: u64,
}

/// What a suspect is judged by.
#[derive(Clone, Debug)]
pub struct Dossier {
    pub suspect: SuspectRecord,
    pub fields: Vec<DossierField>,
    pub answers: Vec<DossierAnswer>,
    /// Evidence by evidence, strongest for it first.
    pub weights: Vec<DossierWeight>,
    /// Oldest first.
    pub events: Vec<DossierEvent>,
    pub nodes: Vec<DossierNode>,
    /// From node id to node id.
    pub links: Vec<(String, String)>,
    pub next_zh: String,
    pub next_en: String,
}

/// One field of both claims, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierField {
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    pub first: String,
    pub second: String,
    /// Compared unmasked.
    pub differs: bool,
}

/// What a registry answered about one of the claims, in words, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierAnswer {
    /// 1 or 2.
    pub side: u8,
    pub registry: Owner,
    pub asked_at: Option<Timestamp>,
    pub zh: String,
    pub en: String,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierWeight {
    pub code: &'static str,
    pub zh: String,
    pub en: String,
    /// Hundredths of a bit; below 0 it speaks against the suspicion.
    pub points: i32,
}

/// Something that happened to the suspect (side 0) or to one of its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierEvent {
    pub at: Timestamp,
    pub side: u8,
    pub actor: String,
    /// Where it happened at the desk of a province outside the reader's: that alone is known of who did it.
    pub province: Option<Region>,
    pub zh: String,
    pub en: String,
    pub words: String,
}

/// A node of the neighborhood, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierNode {
    pub id: String,
    pub kind: NodeKind,
    /// What to show; a name is the same in both languages.
    pub zh: String,
    pub en: String,
    /// The other suspect that it is.
    pub suspect: Option<SuspectId>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    Suspect,
    Claim,
    Enterprise,
    Person,
    Account,
    Phone,
}

impl NodeKind {
    pub fn code(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Claim => "claim",
            Self::Enterprise => "enterprise",
            Self::Person => "person",
            Self::Account => "account",
            Self::Phone => "phone",
        }
    }
}

/// Why a person is looked at in the open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmaskReason {
    CompareDocument,
    AskRegistry,
    Contact,
    Referral,
}

impl UnmaskReason {
    pub const ALL: [Self; 4] = [Self::CompareDocument, Self::AskRegistry, Self::Contact, Self::Referral];

    /// The word in the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::CompareDocument => "compare-document",
            Self::AskRegistry => "ask-registry",
            Self::Contact => "contact",
            Self::Referral => "referral",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::CompareDocument => "核对证明材料",
            Self::AskRegistry => "向登记机构核实",
            Self::Contact => "联系企业或本人",
            Self::Referral => "移送追究责任",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::CompareDocument => "to compare with a document",
            Self::AskRegistry => "to ask a registry",
            Self::Contact => "to contact the enterprise or person",
            Self::Referral => "to hand over for prosecution",
        }
    }
}

/// A look at one person in the open.
#[derive(Clone, Debug)]
pub struct Unmask {
    pub actor: Actor,
    pub operator: OperatorId,
    pub suspect_id: SuspectId,
    pub claim_id: ClaimId,
    pub reason: UnmaskReason,
    pub words: String,
    pub at: Timestamp,
}

/// What a person is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Unmasked {
    pub name: String,
    pub resident_id: String,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq)]
pub enum UnmaskOutcome {
    Shown(Unmasked),
    /// No such suspect, or no such claim of it within the region.
    NotFound,
    /// The suspect is about an enterprise, or names no one person.
    NoPerson,
    /// The person has looked at as many people as one may within a day.
    QuotaReached,
}

/// A person's saved view of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    pub name: String,
    /// The query part of the list's address.
    pub query: String,
}

/// What became of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveViewOutcome {
    Saved,
    Forgotten,
    /// The person has as many as there may be, and none of this name.
    TooMany,
}

/// Which entries of the audit log to list, newest first.
#[derive(Clone, Debug)]
pub struct AuditFilter {
    /// Only entries whose region this covers.
    pub within: Region,
    /// `organization/person`.
    pub person: Option<String>,
    pub subject: Option<uuid::Uuid>,
    /// In China's time.
    pub day: Option<Date>,
    /// Only entries before this sequence.
    pub before: Option<i64>,
    pub limit: u32,
}

/// An entry of the audit log, as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    pub sequence: i64,
    pub at: Timestamp,
    pub actor: String,
    /// `organization/person`, where the entry says so.
    pub person: Option<String>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: Option<uuid::Uuid>,
    pub region: String,
    pub state: Option<String>,
    pub detail: String,
}

/// A part of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<AuditRecord>,
    /// The sequence before which to go on; none at the end. Where few entries fit, a page may hold fewer than were asked for, or none,
    /// and there is more all the same.
    pub next: Option<i64>,
}

/// Up to which late desk a round has come: its deadline in milliseconds, and its suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateUpTo {
    pub due_at: i64,
    pub sequence: i64,
}

impl LateUpTo {
    /// Where a round begins.
    pub const NONE: Self = Self { due_at: i64::MIN, sequence: i64::MIN };
}

/// What a batch of a round came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalated {
    /// Where the round goes on; `None` where nothing is left.
    pub next: Option<LateUpTo>,
    /// Suspects of which a row cannot be read. They stay late, and hold up none of the others.
    pub unreadable: Vec<i64>,
}
