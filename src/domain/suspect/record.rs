//! 疑点数据: what the ministry holds against a person or an enterprise, and which claims it is about (六(三)).

use serde::{Deserialize, Serialize};

use super::{SuspectRule, SuspectState};
use crate::domain::claim::{Claim, ClaimId, Subject, SubsidyKind};
use crate::domain::identity::typing::is_invisible;
use crate::domain::identity::{PersonName, Region, ResidentId, Uscc};

/// Letters of the longest number that the ministry gives a record.
const NUMBER_LETTERS_MAX: usize = 64;
/// The ministry's words are a line, not a page.
const WORDS_LETTERS_MAX: usize = 200;

/// What the ministry holds against somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// 身份不实.
    FalseIdentity,
    /// 跨省重复享受.
    CrossProvince,
    /// 重复享受.
    DoubleClaim,
}

impl RecordKind {
    pub const ALL: [Self; 3] = [Self::FalseIdentity, Self::CrossProvince, Self::DoubleClaim];

    /// The stable word kept in the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::FalseIdentity => "false-identity",
            Self::CrossProvince => "cross-province",
            Self::DoubleClaim => "double-claim",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// As the notice calls it.
    pub fn zh(self) -> &'static str {
        match self {
            Self::FalseIdentity => "身份不实",
            Self::CrossProvince => "跨省重复享受",
            Self::DoubleClaim => "重复享受",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::FalseIdentity => "false identity",
            Self::CrossProvince => "claimed in two provinces",
            Self::DoubleClaim => "claimed twice",
        }
    }
}

/// Whom a record is about.
///
/// A record about an enterprise is about what an enterprise claims once: its retention training. Its job-expansion claims are its
/// graduates', many and each for itself; that the enterprise claimed twice says nothing of which of them, and none is accused on it (I7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordSubject {
    Person {
        resident_id: ResidentId,
        name: Option<PersonName>,
        /// Only claims of this enterprise are meant.
        enterprise: Option<Uscc>,
    },
    Enterprise(Uscc),
}

/// One record of the ministry's list, every field read. Personal data (I11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinistryRecord {
    /// The ministry's number for it.
    pub number: String,
    pub kind: RecordKind,
    pub about: RecordSubject,
    /// Only claims of this subsidy are meant.
    pub subsidy: Option<SubsidyKind>,
    pub other_province: Option<Region>,
    /// The ministry's words.
    pub words: String,
}

/// A record as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawRecord<'a> {
    pub number: &'a str,
    /// `None` where it is not said, or not understood.
    pub kind: Option<RecordKind>,
    pub resident_id: &'a str,
    pub name: &'a str,
    pub uscc: &'a str,
    /// `job-expansion`, `retention-training` or nothing.
    pub subsidy: &'a str,
    pub other_province: &'a str,
    pub words: &'a str,
}

/// Why a record cannot be read: the first field at fault. Never repeats what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFault {
    /// As the contract calls the field.
    pub field: &'static str,
    pub zh: &'static str,
    pub en: String,
}

/// Why a record fits no claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unmatched {
    /// No claim of the place names the person.
    PersonUnknown,
    /// No claim of the place that is meant is the enterprise's.
    EnterpriseUnknown,
    /// The claim was refused or withdrawn: nothing is, or will be, paid.
    ClaimNotPaying,
    /// The number is in a claim, under another name.
    NameDisagrees,
    /// The number was used for another record.
    AlreadySent,
}

impl Unmatched {
    pub const ALL: [Self; 5] =
        [Self::PersonUnknown, Self::EnterpriseUnknown, Self::ClaimNotPaying, Self::NameDisagrees, Self::AlreadySent];

    /// The stable reason code.
    pub fn code(self) -> &'static str {
        match self {
            Self::PersonUnknown => "PERSON_UNKNOWN",
            Self::EnterpriseUnknown => "ENTERPRISE_UNKNOWN",
            Self::ClaimNotPaying => "CLAIM_NOT_PAYING",
            Self::NameDisagrees => "NAME_DISAGREES",
            Self::AlreadySent => "ALREADY_SENT",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::PersonUnknown => "本地区没有此人的申领",
            Self::EnterpriseUnknown => "本地区没有该企业的此类申领；扩岗补助按毕业生匹配，须填身份证号",
            Self::ClaimNotPaying => "相关申领未予支持或已撤回，不会发放",
            Self::NameDisagrees => "证件号码有申领，但姓名不一致",
            Self::AlreadySent => "该疑点编号已下发过，内容不同",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::PersonUnknown => "no claim of the place names the person",
            Self::EnterpriseUnknown => {
                "no such claim of the place is the enterprise's; job expansion is matched by person"
            }
            Self::ClaimNotPaying => "the claim was refused or withdrawn, nothing is paid",
            Self::NameDisagrees => "the number is in a claim under another name",
            Self::AlreadySent => "the number was used for a record with other content",
        }
    }
}

/// What was found on a record as a whole, to be sent back up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordResult {
    Unmatched,
    /// Some suspect of it is still looked into.
    Investigating,
    Confirmed,
    Dismissed,
}

impl RecordResult {
    /// What the states of its suspects come to: one that is true makes the record true, and one that is open leaves it open.
    pub fn of(states: impl IntoIterator<Item = SuspectState>) -> Self {
        states.into_iter().fold(Self::Unmatched, |so_far, state| match (so_far, state) {
            (Self::Confirmed, _) | (_, SuspectState::Confirmed) => Self::Confirmed,
            (Self::Investigating, _)
            | (_, SuspectState::Open | SuspectState::Assigned | SuspectState::Investigating) => Self::Investigating,
            (Self::Unmatched | Self::Dismissed, SuspectState::Dismissed) => Self::Dismissed,
        })
    }

    /// What goes back up to the ministry.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Unmatched => "未匹配",
            Self::Investigating => "核实中",
            Self::Confirmed => "属实",
            Self::Dismissed => "不属实",
        }
    }

    /// The stable word for scripts.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unmatched => "unmatched",
            Self::Investigating => "investigating",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
        }
    }
}

impl MinistryRecord {
    /// Reads a record sent down to a place, or says which field is at fault.
    pub fn read(raw: RawRecord<'_>, sent_to: Region) -> Result<Self, RecordFault> {
        let fault = |field, zh, en: &str| RecordFault { field, zh, en: en.to_owned() };
        let number = line(raw.number, NUMBER_LETTERS_MAX).filter(|number| !number.is_empty()).ok_or_else(|| {
            fault("record_number", "疑点编号应为1至64个字符", "number is not 1 to 64 visible characters")
        })?;
        let kind = raw.kind.ok_or_else(|| {
            fault("kind", "疑点类型应为身份不实、跨省重复享受或重复享受", "kind is none that is known")
        })?;
        let subsidy = subsidy(raw.subsidy)
            .map_err(|()| fault("subsidy", "补贴项目应为扩岗补助或留工培训补助", "subsidy is none that is known"))?;
        let about = subject(raw)?;
        if let RecordSubject::Enterprise(_) = &about {
            if kind == RecordKind::FalseIdentity {
                return Err(fault("resident_id", "身份不实须填身份证号", "a false identity is a person's"));
            }
            if subsidy == Some(SubsidyKind::JobExpansion) {
                let zh = "扩岗补助按毕业生享受，须填身份证号";
                return Err(fault("resident_id", zh, "job expansion is claimed for persons"));
            }
        }
        let other_province = other_province(raw.other_province, kind, sent_to)?;
        let words = line(raw.words, WORDS_LETTERS_MAX).ok_or_else(|| {
            fault("words", "说明超过200个字或含有控制字符", "words exceed 200 characters or are not one line")
        })?;
        Ok(Self { number, kind, about, subsidy, other_province, words })
    }

    /// Which rule it opens a suspect under.
    pub fn rule(&self) -> SuspectRule {
        match (&self.about, self.kind) {
            (RecordSubject::Person { .. }, RecordKind::FalseIdentity) => SuspectRule::PersonIdentityDisagrees,
            (RecordSubject::Person { .. }, RecordKind::CrossProvince) => SuspectRule::PersonTwoProvinces,
            (RecordSubject::Person { .. }, RecordKind::DoubleClaim) => SuspectRule::PersonAlreadyAwarded,
            (RecordSubject::Enterprise(_), _) => SuspectRule::EnterpriseTwice,
        }
    }

    /// The claims that it is about, among those that name its person or enterprise: those that hold or wait for a slot, and those that
    /// once did.
    ///
    /// A false identity is about the very name, so there a name that differs speaks for the record. For the other kinds it means that
    /// the ministry and the claim may be about two persons, and no suspect is opened on that.
    pub fn matches(
        &self,
        sent_to: Region,
        live: &[Candidate<'_>],
        past: &[Candidate<'_>],
    ) -> Result<Vec<(ClaimId, Option<usize>)>, Unmatched> {
        let is_here = |it: &&Candidate<'_>| {
            sent_to.covers(it.claim.region) && self.subsidy.is_none_or(|subsidy| it.claim.subject.subsidy() == subsidy)
        };
        let live: Vec<_> = live.iter().filter(is_here).collect();
        let past: Vec<_> = past.iter().filter(is_here).collect();
        let (name, enterprise) = match &self.about {
            RecordSubject::Person { name, enterprise, .. } => (name.as_ref(), enterprise.as_ref()),
            RecordSubject::Enterprise(_) => (None, None),
        };
        if live.is_empty() && past.is_empty() {
            return Err(match &self.about {
                RecordSubject::Person { .. } => Unmatched::PersonUnknown,
                RecordSubject::Enterprise(_) => Unmatched::EnterpriseUnknown,
            });
        }
        let is_meant = |it: &&Candidate<'_>| enterprise.is_none_or(|uscc| it.claim.enterprise == *uscc);
        let meant: Vec<_> = live.iter().copied().filter(is_meant).collect();
        if meant.is_empty() {
            let has_past = past.iter().copied().any(|it| is_meant(&it));
            return Err(if has_past { Unmatched::ClaimNotPaying } else { Unmatched::EnterpriseUnknown });
        }
        let agrees = |it: &&Candidate<'_>| {
            self.kind == RecordKind::FalseIdentity
                || name.is_none_or(|name| it.name().is_none_or(|other| other == name))
        };
        let agreeing: Vec<_> = meant.into_iter().filter(agrees).map(|it| (it.claim.claim_id, it.unit)).collect();
        if agreeing.is_empty() { Err(Unmatched::NameDisagrees) } else { Ok(agreeing) }
    }
}

/// A claim that names the person or enterprise of a record, as a whole or by one rostered worker.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub claim: &'a Claim,
    pub unit: Option<usize>,
}

impl Candidate<'_> {
    /// The name under which the claim has the person.
    fn name(&self) -> Option<&PersonName> {
        match (&self.claim.subject, self.unit) {
            (Subject::Graduate(graduate), _) => Some(&graduate.person.name),
            (Subject::Workforce(workforce), Some(unit)) => workforce.roster.get(unit).map(|it| &it.person.name),
            (Subject::Workforce(_), None) => None,
        }
    }
}

fn subject(raw: RawRecord<'_>) -> Result<RecordSubject, RecordFault> {
    let fault = |field, zh, en: String| RecordFault { field, zh, en };
    let uscc = given(raw.uscc).map(Uscc::parse).transpose();
    let uscc = uscc.map_err(|error| fault("uscc", error.zh(), error.to_string()))?;
    let Some(resident_id) = given(raw.resident_id) else {
        let Some(uscc) = uscc else {
            let en = "record names neither a person nor an enterprise".to_owned();
            return Err(fault("resident_id", "身份证号和统一社会信用代码至少填一项", en));
        };
        return Ok(RecordSubject::Enterprise(uscc));
    };
    let resident_id =
        ResidentId::parse(resident_id).map_err(|error| fault("resident_id", error.zh(), error.to_string()))?;
    let name = given(raw.name).map(PersonName::parse).transpose();
    let name = name.map_err(|error| fault("name", error.zh(), error.to_string()))?;
    Ok(RecordSubject::Person { resident_id, name, enterprise: uscc })
}

fn subsidy(text: &str) -> Result<Option<SubsidyKind>, ()> {
    match text.trim() {
        "" => Ok(None),
        "job-expansion" => Ok(Some(SubsidyKind::JobExpansion)),
        "retention-training" => Ok(Some(SubsidyKind::RetentionTraining)),
        _ => Err(()),
    }
}

/// The province in the other hand: a place of it is taken for it. That of a double claim across provinces is another one.
fn other_province(text: &str, kind: RecordKind, sent_to: Region) -> Result<Option<Region>, RecordFault> {
    const FIELD: &str = "other_province";
    let Some(text) = given(text) else { return Ok(None) };
    let region = Region::parse(text)
        .map_err(|error| RecordFault { field: FIELD, zh: error.zh(), en: error.to_string() })?
        .province();
    let is_same = kind == RecordKind::CrossProvince && sent_to != Region::MINISTRY && region == sent_to.province();
    if is_same || region == Region::MINISTRY {
        let en = "the other province is not another one".to_owned();
        return Err(RecordFault { field: FIELD, zh: "重复享受省份应为外省", en });
    }
    Ok(Some(region))
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// One line of text without invisible characters; none where it is too long.
fn line(text: &str, longest: usize) -> Option<String> {
    let text: String = text.trim().chars().filter(|it| it.is_control() || !is_invisible(*it)).collect();
    let fits = text.chars().nth(longest).is_none() && !text.chars().any(char::is_control);
    fits.then_some(text)
}

#[cfg(test)]
mod tests;
