//! The facts that a sheet may speak of: their names, types and owners, and what is known of them for one claim.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::evidence::{Answer, EntityType, InstitutionKind, MissingCause, Owner, Standing};
use super::verdict::MissingFact;
use crate::domain::claim::SubsidyKind;

/// A fact. Closed: a sheet that names another is refused, so two sheets can always be compared fact by fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// The day of application, in China Standard Time.
    SubmittedOn,
    HiredOn,
    ContractSigned,
    EmploymentRegistered,
    /// Whether the credential registry has any diploma of the person.
    DiplomaHeld,
    GraduatedOn,
    InstitutionKind,
    CertificateIssued,
    /// Months that this enterprise has paid contributions for.
    MonthsPaid,
    Standing,
    /// Whether the graduate is sent to a host, as the claim says.
    Dispatched,
    DispatchAgreementNamed,
    SharingAgreementNamed,
    RosterGraduationDate,
    RosterContractStart,
    RosterPhone,
    EntityType,
    Sector,
    DispatchAgency,
    /// Whether the deciding county had a risk area or a long enough static management.
    Zone,
    /// The people who could be counted: the counted ones and those held for judgment.
    Heads,
    /// Whether the person, or the enterprise, already had this subsidy or one that excludes it.
    AlreadyAwarded,
    CredentialNameDiffers,
    InsuranceNameDiffers,
    /// The tax department's accounts; no predicate reads them.
    PayeeAccount,
    /// One rostered worker's contributions; no predicate reads them.
    WorkerContributions,
}

/// What values a fact has, hence which tests a sheet may put to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    Date,
    Flag,
    Count,
    /// A GB/T 4754 code, tested by prefix.
    Sector,
    /// One word of a closed list.
    Word(&'static [&'static str]),
    /// Not for predicates: the engine alone reads it.
    Opaque,
}

/// What a claim must be about for the fact to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Any,
    Graduate,
    Workforce,
}

struct Spec {
    code: &'static str,
    owner: Owner,
    kind: FactKind,
    about: About,
}

const INSTITUTION_KINDS: &[&str] = &["regular", "adult", "self-study", "online", "foreign", "vocational"];
const STANDINGS: &[&str] = &["current", "suspended", "ended"];
const ENTITY_TYPES: &[&str] = &[
    "enterprise",
    "social-organization",
    "foundation",
    "social-service-institution",
    "law-firm",
    "accounting-firm",
    "individual-business",
    "public-institution",
];

impl Fact {
    pub const ALL: [Self; 26] = [
        Self::SubmittedOn,
        Self::HiredOn,
        Self::ContractSigned,
        Self::EmploymentRegistered,
        Self::DiplomaHeld,
        Self::GraduatedOn,
        Self::InstitutionKind,
        Self::CertificateIssued,
        Self::MonthsPaid,
        Self::Standing,
        Self::Dispatched,
        Self::DispatchAgreementNamed,
        Self::SharingAgreementNamed,
        Self::RosterGraduationDate,
        Self::RosterContractStart,
        Self::RosterPhone,
        Self::EntityType,
        Self::Sector,
        Self::DispatchAgency,
        Self::Zone,
        Self::Heads,
        Self::AlreadyAwarded,
        Self::CredentialNameDiffers,
        Self::InsuranceNameDiffers,
        Self::PayeeAccount,
        Self::WorkerContributions,
    ];

    /// The name used in sheets and in answers that say what is missing.
    pub fn code(self) -> &'static str {
        self.spec().code
    }

    /// Who is asked for it.
    pub fn owner(self) -> Owner {
        self.spec().owner
    }

    pub fn kind(self) -> FactKind {
        self.spec().kind
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.code() == code)
    }

    /// Whether claims under this subsidy have the fact at all.
    pub fn exists_for(self, subsidy: SubsidyKind) -> bool {
        match (self.spec().about, subsidy) {
            (About::Any, _)
            | (About::Graduate, SubsidyKind::JobExpansion)
            | (About::Workforce, SubsidyKind::RetentionTraining) => true,
            (About::Graduate, SubsidyKind::RetentionTraining) | (About::Workforce, SubsidyKind::JobExpansion) => false,
        }
    }

    /// The entry that tells the caller what is missing.
    pub fn missing(self, cause: MissingCause) -> MissingFact {
        MissingFact { fact: self.code().to_owned(), owner: self.owner(), cause }
    }

    /// The one table of names, owners and types.
    fn spec(self) -> Spec {
        use About::{Any, Graduate, Workforce};
        use FactKind::{Count, Date, Flag, Opaque, Sector, Word};
        use Owner::{AwardHistory, Claimant, Credential, Employment, Insurance, TaxRegistry};
        let (code, owner, kind, about) = match self {
            Self::SubmittedOn => ("submitted-on", Claimant, Date, Any),
            Self::HiredOn => ("hired-on", Employment, Date, Graduate),
            Self::ContractSigned => ("contract-signed", Employment, Flag, Graduate),
            Self::EmploymentRegistered => ("employment-registered", Employment, Flag, Graduate),
            Self::DiplomaHeld => ("diploma-held", Credential, Flag, Graduate),
            Self::GraduatedOn => ("graduated-on", Credential, Date, Graduate),
            Self::InstitutionKind => ("institution-kind", Credential, Word(INSTITUTION_KINDS), Graduate),
            Self::CertificateIssued => ("certificate-issued", Credential, Flag, Graduate),
            Self::MonthsPaid => ("months-paid", Insurance, Count, Graduate),
            Self::Standing => ("standing", Insurance, Word(STANDINGS), Graduate),
            Self::Dispatched => ("dispatched", Claimant, Flag, Graduate),
            Self::DispatchAgreementNamed => ("dispatch-agreement-named", Claimant, Flag, Graduate),
            Self::SharingAgreementNamed => ("sharing-agreement-named", Claimant, Flag, Graduate),
            Self::RosterGraduationDate => ("roster-graduation-date", Claimant, Flag, Graduate),
            Self::RosterContractStart => ("roster-contract-start", Claimant, Flag, Graduate),
            Self::RosterPhone => ("roster-phone", Claimant, Flag, Graduate),
            Self::EntityType => ("entity-type", Insurance, Word(ENTITY_TYPES), Any),
            Self::Sector => ("sector", Insurance, Sector, Any),
            Self::DispatchAgency => ("dispatch-agency", Insurance, Flag, Any),
            // The county that decides is in the enrollment; the declarations are this node's own records.
            Self::Zone => ("zone", Insurance, Flag, Workforce),
            Self::Heads => ("heads", Insurance, Count, Workforce),
            Self::AlreadyAwarded => ("already-awarded", AwardHistory, Opaque, Any),
            Self::CredentialNameDiffers => ("credential-name-differs", Credential, Opaque, Graduate),
            Self::InsuranceNameDiffers => ("insurance-name-differs", Insurance, Opaque, Graduate),
            Self::PayeeAccount => ("payee-account", TaxRegistry, Opaque, Any),
            Self::WorkerContributions => ("worker-contributions", Insurance, Opaque, Workforce),
        };
        Spec { code, owner, kind, about }
    }
}

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    Date(Date),
    Flag(bool),
    Count(u32),
    Sector(String),
    Word(&'static str),
    /// Asked, answered, and not there: a graduation date of somebody without a diploma. It passes no test.
    Absent,
}

/// What is known of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactState {
    Known(FactValue),
    Missing(MissingCause),
}

impl FactState {
    pub fn flag(value: bool) -> Self {
        Self::Known(FactValue::Flag(value))
    }

    pub fn count(value: u32) -> Self {
        Self::Known(FactValue::Count(value))
    }

    pub fn word(value: &'static str) -> Self {
        Self::Known(FactValue::Word(value))
    }

    /// A date, or the knowledge that there is none.
    pub fn date(value: Option<Date>) -> Self {
        Self::Known(value.map_or(FactValue::Absent, FactValue::Date))
    }

    /// A fact drawn from an answer; the answer's cause when there is none.
    pub fn from_answer<T>(answer: &Answer<T>, draw: impl FnOnce(&T) -> Self) -> Self {
        match answer {
            Answer::Known { value, .. } => draw(value),
            Answer::Missing(cause) => Self::Missing(*cause),
        }
    }

    /// Whether it is known to be true.
    pub fn is_true(&self) -> bool {
        *self == Self::flag(true)
    }
}

/// What is known of each fact of one claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<Fact, FactState>);

impl Facts {
    pub fn set(&mut self, fact: Fact, state: FactState) {
        self.0.insert(fact, state);
    }

    /// What is known of a fact; nobody having asked is an answer too.
    pub fn get(&self, fact: Fact) -> &FactState {
        self.0.get(&fact).unwrap_or(&FactState::Missing(MissingCause::NotAsked))
    }

    /// Why a fact could not be judged. A known value that decides nothing, such as a sector code too short, was not recognized.
    pub fn missing(&self, fact: Fact) -> MissingFact {
        match self.get(fact) {
            FactState::Known(_) => fact.missing(MissingCause::Unrecognized),
            FactState::Missing(cause) => fact.missing(*cause),
        }
    }
}

/// The sheet's word for a kind of institution.
pub fn institution_word(kind: InstitutionKind) -> &'static str {
    match kind {
        InstitutionKind::Regular => "regular",
        InstitutionKind::Adult => "adult",
        InstitutionKind::SelfStudy => "self-study",
        InstitutionKind::Online => "online",
        InstitutionKind::Foreign => "foreign",
        InstitutionKind::Vocational => "vocational",
    }
}

/// The sheet's word for a standing.
pub fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Current => "current",
        Standing::Suspended => "suspended",
        Standing::Ended => "ended",
    }
}

/// The sheet's word for a type of insured unit.
pub fn entity_word(entity: EntityType) -> &'static str {
    match entity {
        EntityType::Enterprise => "enterprise",
        EntityType::SocialOrganization => "social-organization",
        EntityType::Foundation => "foundation",
        EntityType::SocialServiceInstitution => "social-service-institution",
        EntityType::LawFirm => "law-firm",
        EntityType::AccountingFirm => "accounting-firm",
        EntityType::IndividualBusiness => "individual-business",
        EntityType::PublicInstitution => "public-institution",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(value: impl serde::Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
    }

    /// A sheet's words are the ones that evidence is stored with.
    #[test]
    fn words_are_those_of_the_evidence() {
        let institutions = [
            InstitutionKind::Regular,
            InstitutionKind::Adult,
            InstitutionKind::SelfStudy,
            InstitutionKind::Online,
            InstitutionKind::Foreign,
            InstitutionKind::Vocational,
        ];
        assert_eq!(institutions.map(word), institutions.map(institution_word));
        assert_eq!(institutions.map(institution_word), INSTITUTION_KINDS);
        let standings = [Standing::Current, Standing::Suspended, Standing::Ended];
        assert_eq!(standings.map(word), standings.map(standing_word));
        assert_eq!(standings.map(standing_word), STANDINGS);
        let entities = [
            EntityType::Enterprise,
            EntityType::SocialOrganization,
            EntityType::Foundation,
            EntityType::SocialServiceInstitution,
            EntityType::LawFirm,
            EntityType::AccountingFirm,
            EntityType::IndividualBusiness,
            EntityType::PublicInstitution,
        ];
        assert_eq!(entities.map(word), entities.map(entity_word));
        assert_eq!(entities.map(entity_word), ENTITY_TYPES);
    }

    #[test]
    fn every_fact_has_a_name_of_its_own() {
        for fact in Fact::ALL {
            assert_eq!(Fact::from_code(fact.code()), Some(fact));
        }
    }
}
