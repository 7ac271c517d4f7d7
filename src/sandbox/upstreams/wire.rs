//! Domain to wire and back, for the contracts that the sandbox serves.

use jiff::Timestamp;
use jiff::civil::Date;
use tonic::Status;

use crate::domain::calendar::Month;
use crate::domain::eligibility::evidence::{AwardKind, EnrollmentLevel, EntityType, InstitutionKind, Standing};
use crate::domain::payment::Cause;
use crate::proto::awardhistory::v1 as awardhistory;
use crate::proto::bank::v1 as bank;
use crate::proto::common::v1 as common;
use crate::proto::credential::v1 as credential;
use crate::proto::insurance::v1 as insurance;

/// An enum value that no version of the contracts has.
pub(super) const UNKNOWN_ENUM: i32 = 99;

pub(super) fn date(date: Date) -> common::Date {
    common::Date { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}

pub(super) fn month(month: Month) -> common::Month {
    common::Month { year: month.year().into(), month: month.month().into() }
}

pub(super) fn instant(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() }
}

/// A month of a request, which must be there and be one.
pub(super) fn required_month(field: &str, month: Option<common::Month>) -> Result<Month, Status> {
    let read = |month: common::Month| Month::new(month.year.try_into().ok()?, month.month.try_into().ok()?);
    month.and_then(read).ok_or_else(|| Status::invalid_argument(format!("{field}: no month")))
}

/// A date of a request, which must be there and be one.
pub(super) fn required_date(field: &str, date: Option<common::Date>) -> Result<Date, Status> {
    let read = |date: common::Date| {
        Date::new(date.year.try_into().ok()?, date.month.try_into().ok()?, date.day.try_into().ok()?).ok()
    };
    date.and_then(read).ok_or_else(|| Status::invalid_argument(format!("{field}: no date")))
}

pub(super) fn institution_kind(kind: InstitutionKind) -> credential::InstitutionKind {
    match kind {
        InstitutionKind::Regular => credential::InstitutionKind::Regular,
        InstitutionKind::Adult => credential::InstitutionKind::Adult,
        InstitutionKind::SelfStudy => credential::InstitutionKind::SelfStudy,
        InstitutionKind::Online => credential::InstitutionKind::Online,
        InstitutionKind::Foreign => credential::InstitutionKind::Foreign,
        InstitutionKind::Vocational => credential::InstitutionKind::Vocational,
    }
}

pub(super) fn standing(standing: Standing) -> insurance::Standing {
    match standing {
        Standing::Current => insurance::Standing::Current,
        Standing::Suspended => insurance::Standing::Suspended,
        Standing::Ended => insurance::Standing::Ended,
    }
}

pub(super) fn entity_type(entity: EntityType) -> insurance::EntityType {
    match entity {
        EntityType::Enterprise => insurance::EntityType::Enterprise,
        EntityType::SocialOrganization => insurance::EntityType::SocialOrganization,
        EntityType::Foundation => insurance::EntityType::Foundation,
        EntityType::SocialServiceInstitution => insurance::EntityType::SocialServiceInstitution,
        EntityType::LawFirm => insurance::EntityType::LawFirm,
        EntityType::AccountingFirm => insurance::EntityType::AccountingFirm,
        EntityType::IndividualBusiness => insurance::EntityType::IndividualBusiness,
        EntityType::PublicInstitution => insurance::EntityType::PublicInstitution,
    }
}

pub(super) fn level(level: EnrollmentLevel) -> insurance::EnrollmentLevel {
    match level {
        EnrollmentLevel::County => insurance::EnrollmentLevel::County,
        EnrollmentLevel::Municipal => insurance::EnrollmentLevel::Municipal,
    }
}

pub(super) fn failure_reason(cause: Cause) -> bank::FailureReason {
    match cause {
        Cause::AccountClosed => bank::FailureReason::AccountClosed,
        Cause::NameMismatch => bank::FailureReason::NameMismatch,
        Cause::WrongNumber => bank::FailureReason::WrongNumber,
        Cause::AccountBlocked => bank::FailureReason::AccountBlocked,
        Cause::InsufficientFunds => bank::FailureReason::InsufficientFunds,
        Cause::InstructionIdReused => bank::FailureReason::InstructionIdReused,
        // The rest no bank says.
        Cause::Other | Cause::PaidInPart | Cause::AccountChanged | Cause::NoAccount => bank::FailureReason::Other,
    }
}

pub(super) fn award_kind(kind: AwardKind) -> awardhistory::AwardKind {
    match kind {
        AwardKind::JobExpansion => awardhistory::AwardKind::JobExpansion,
        AwardKind::HiringSubsidy => awardhistory::AwardKind::HiringSubsidy,
        AwardKind::RetentionTraining => awardhistory::AwardKind::RetentionTraining,
    }
}
