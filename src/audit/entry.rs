//! One audit entry. It holds no personal data: who acted, what happened to what, and where that stands since.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::identity::Region;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    ClaimSubmitted,
    ClaimAssessed,
    ClaimWithdrawn,
    /// A slot came free, and the claim that waited for it is assessed.
    ClaimPromoted,
    /// A slot within the claim changed hands, and the claim is assessed again.
    ClaimReopened,
    ClaimsRead,
    SuspectOpened,
    SuspectsRead,
    /// A person's name and number were shown in the open.
    PersonUnmasked,
    DeclarationEntered,
    ClaimReviewed,
    ClaimApproved,
    ClaimSentBack,
    ClaimFiled,
    ClaimPooled,
    /// Out of the batch: another answer of the registries, or no money for it.
    ClaimLeftOut,
    ClaimFunded,
    ClaimInstructed,
    /// The payment with it is paid, in doubt, or came back.
    ClaimPaymentMoved,
    FilingMoved,
    BatchMoved,
    PaymentMoved,
    PaymentReviewed,
    PaymentApproved,
    InstructionMoved,
    StatementPosted,
    ArrivalPosted,
    CaseMoved,
    SuspectAssigned,
    SuspectTakenUp,
    SuspectCommented,
    SuspectJudged,
    /// Because of a new fact.
    SuspectReopened,
    /// Nobody acted in time.
    SuspectEscalated,
    MoneyRead,
    /// A link that lets a person into the console was made.
    ConsoleLinkMade,
    ConsoleEntered,
    ConsoleLeft,
    /// A record of the ministry's came in (疑点数据).
    RecordReceived,
    /// A claim that came later fits it.
    RecordMatched,
    RecordsRead,
    AuditRead,
}

impl Action {
    /// The stable word in the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::ClaimSubmitted => "claim-submitted",
            Self::ClaimAssessed => "claim-assessed",
            Self::ClaimWithdrawn => "claim-withdrawn",
            Self::ClaimPromoted => "claim-promoted",
            Self::ClaimReopened => "claim-reopened",
            Self::ClaimsRead => "claims-read",
            Self::SuspectOpened => "suspect-opened",
            Self::SuspectsRead => "suspects-read",
            Self::PersonUnmasked => "person-unmasked",
            Self::DeclarationEntered => "declaration-entered",
            Self::ClaimReviewed => "claim-reviewed",
            Self::ClaimApproved => "claim-approved",
            Self::ClaimSentBack => "claim-sent-back",
            Self::ClaimFiled => "claim-filed",
            Self::ClaimPooled => "claim-pooled",
            Self::ClaimLeftOut => "claim-left-out",
            Self::ClaimFunded => "claim-funded",
            Self::ClaimInstructed => "claim-instructed",
            Self::ClaimPaymentMoved => "claim-payment-moved",
            Self::FilingMoved => "filing-moved",
            Self::BatchMoved => "batch-moved",
            Self::PaymentMoved => "payment-moved",
            Self::PaymentReviewed => "payment-reviewed",
            Self::PaymentApproved => "payment-approved",
            Self::InstructionMoved => "instruction-moved",
            Self::StatementPosted => "statement-posted",
            Self::ArrivalPosted => "arrival-posted",
            Self::CaseMoved => "case-moved",
            Self::SuspectAssigned => "suspect-assigned",
            Self::SuspectTakenUp => "suspect-taken-up",
            Self::SuspectCommented => "suspect-commented",
            Self::SuspectJudged => "suspect-judged",
            Self::SuspectReopened => "suspect-reopened",
            Self::SuspectEscalated => "suspect-escalated",
            Self::MoneyRead => "money-read",
            Self::ConsoleLinkMade => "console-link-made",
            Self::ConsoleEntered => "console-entered",
            Self::ConsoleLeft => "console-left",
            Self::RecordReceived => "record-received",
            Self::RecordMatched => "record-matched",
            Self::RecordsRead => "records-read",
            Self::AuditRead => "audit-read",
        }
    }
}

/// What it happened to. A read of several names their region alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Claim(Uuid),
    Claims,
    Suspect(Uuid),
    Suspects,
    Declaration(Uuid),
    Filing(Uuid),
    Batch(Uuid),
    Payment(Uuid),
    Instruction(Uuid),
    Statement(Uuid),
    Case(Uuid),
    /// Several of the money's path.
    Money,
    /// The console, which persons enter and leave.
    Console,
    /// The ministry's records, known to the log by their place in it alone.
    Records,
    /// The log itself.
    Audit,
}

impl Subject {
    /// The stable word in the log.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Claim(_) => "claim",
            Self::Claims => "claims",
            Self::Suspect(_) => "suspect",
            Self::Suspects => "suspects",
            Self::Declaration(_) => "declaration",
            Self::Filing(_) => "filing",
            Self::Batch(_) => "batch",
            Self::Payment(_) => "payment",
            Self::Instruction(_) => "instruction",
            Self::Statement(_) => "statement",
            Self::Case(_) => "case",
            Self::Money => "money",
            Self::Console => "console",
            Self::Records => "records",
            Self::Audit => "audit",
        }
    }

    /// Which one.
    pub fn id(&self) -> Option<&Uuid> {
        match self {
            Self::Claim(id)
            | Self::Suspect(id)
            | Self::Declaration(id)
            | Self::Filing(id)
            | Self::Batch(id)
            | Self::Payment(id)
            | Self::Instruction(id)
            | Self::Statement(id)
            | Self::Case(id) => Some(id),
            Self::Claims | Self::Suspects | Self::Money | Self::Console | Self::Records | Self::Audit => None,
        }
    }
}

/// An entry before it has a place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at: Timestamp,
    /// `organization/system`, or `hufu/<job>` for the node itself.
    pub actor: String,
    pub action: Action,
    pub subject: Subject,
    /// Where the subject belongs, or how far a read reached.
    pub region: Region,
    /// Where the subject stands since; present in changes of state alone.
    pub state: Option<&'static str>,
    pub version: Option<i64>,
    /// More on what happened, without personal data.
    pub detail: String,
}

/// How a detail names the person who acted or read: `person=organization/person`, a word among others.
const PERSON: &str = "person=";

impl Entry {
    /// The person who acted or read, where the entry says so: `organization/person`.
    pub fn person(&self) -> Option<&str> {
        person(self.action.code(), &self.detail)
    }

    /// The fields as they are kept and hashed.
    pub fn fields(&self) -> Fields<'_> {
        Fields {
            at: self.at.as_millisecond(),
            actor: &self.actor,
            action: self.action.code(),
            subject_kind: self.subject.kind(),
            subject_id: self.subject.id().map(|id| id.as_bytes().as_slice()),
            region: self.region.as_str(),
            state: self.state,
            version: self.version,
            detail: &self.detail,
        }
    }
}

/// The person whom a kept entry names.
///
/// The detail of a withdrawal is in the words of whoever withdrew: nothing in them names a person, whatever they look like.
pub fn person<'a>(action: &str, detail: &'a str) -> Option<&'a str> {
    if action == Action::ClaimWithdrawn.code() {
        return None;
    }
    let named = detail.split_ascii_whitespace().find_map(|word| word.strip_prefix(PERSON))?;
    named.split_once('/').filter(|(organization, person)| !organization.is_empty() && !person.is_empty())?;
    Some(named)
}

/// An entry as plain fields: those of a tampered row can be hashed too, whatever they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields<'a> {
    /// Unix milliseconds.
    pub at: i64,
    pub actor: &'a str,
    pub action: &'a str,
    pub subject_kind: &'a str,
    pub subject_id: Option<&'a [u8]>,
    pub region: &'a str,
    pub state: Option<&'a str>,
    pub version: Option<i64>,
    pub detail: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_by_one_word_of_the_detail() {
        let check =
            |action: Action, detail: &str, expected| assert_eq!(person(action.code(), detail), expected, "{detail}");
        check(Action::SuspectJudged, "person=lc/wang.li", Some("lc/wang.li"));
        check(Action::CaseMoved, "step=approve person=lc/wang.li", Some("lc/wang.li"));
        check(Action::ClaimsRead, "purpose=get-claim count=1 person=lc/li.na", Some("lc/li.na"));
        check(Action::ClaimsRead, "purpose=get-claim count=1", None);
        check(Action::CaseMoved, "step=person=lc/wang.li", None);
        check(Action::SuspectJudged, "person=", None);
        check(Action::SuspectJudged, "person=/wang.li", None);
        check(Action::ClaimWithdrawn, "person=lc/wang.li", None);
    }
}
