//! An enterprise's enrollment and headcounts.

use std::collections::BTreeMap;

use super::Span;
use crate::connectors::convert::{self, Read, Sourced};
use crate::domain::calendar::Month;
use crate::domain::eligibility::evidence::{
    EnrollmentLevel, EnterpriseEnrollment, EntityType, Headcount, MissingCause,
};
use crate::domain::identity::EnterpriseName;
use crate::proto::insurance::v1 as pb;

const UNRECOGNIZED: MissingCause = MissingCause::Unrecognized;

pub(super) fn enrollment(asked: &str, record: pb::Enrollment) -> Read<Sourced<EnterpriseEnrollment>> {
    convert::same(asked, &record.uscc)?;
    let enrollment = EnterpriseEnrollment {
        name: EnterpriseName::parse(&record.name).map_err(|_| UNRECOGNIZED)?,
        entity_type: entity_type(record.entity_type)?,
        sector: sector(&record.sector)?,
        level: level(record.level)?,
        enrollment_region: convert::region(&record.enrollment_region)?,
        place_of_business: convert::region(&record.place_of_business)?,
        is_dispatch_agency: record.dispatch_agency,
    };
    Ok((enrollment, record.provenance))
}

pub(super) fn headcounts(asked: &str, record: pb::Headcounts, span: Span) -> Read<Sourced<BTreeMap<Month, Headcount>>> {
    convert::same(asked, &record.uscc)?;
    let months = record.months.into_iter().map(|it| headcount(&it, span)).collect::<Read<Vec<_>>>()?;
    let months = convert::distinct(months, |(month, _)| *month)?;
    Ok((months.into_iter().collect(), record.provenance))
}

fn headcount(headcount: &pb::Headcount, span: Span) -> Read<(Month, Headcount)> {
    let contributing = u32::try_from(headcount.contributing).map_err(|_| UNRECOGNIZED)?;
    let funded_by_hosts = u32::try_from(headcount.funded_by_hosts).map_err(|_| UNRECOGNIZED)?;
    if funded_by_hosts > contributing {
        return Err(UNRECOGNIZED);
    }
    Ok((convert::month(headcount.month, span)?, Headcount { contributing, funded_by_hosts }))
}

fn entity_type(entity_type: i32) -> Read<EntityType> {
    match pb::EntityType::try_from(entity_type) {
        Ok(pb::EntityType::Enterprise) => Ok(EntityType::Enterprise),
        Ok(pb::EntityType::SocialOrganization) => Ok(EntityType::SocialOrganization),
        Ok(pb::EntityType::Foundation) => Ok(EntityType::Foundation),
        Ok(pb::EntityType::SocialServiceInstitution) => Ok(EntityType::SocialServiceInstitution),
        Ok(pb::EntityType::LawFirm) => Ok(EntityType::LawFirm),
        Ok(pb::EntityType::AccountingFirm) => Ok(EntityType::AccountingFirm),
        Ok(pb::EntityType::IndividualBusiness) => Ok(EntityType::IndividualBusiness),
        Ok(pb::EntityType::PublicInstitution) => Ok(EntityType::PublicInstitution),
        Ok(pb::EntityType::Unspecified) | Err(_) => Err(UNRECOGNIZED),
    }
}

fn level(level: i32) -> Read<EnrollmentLevel> {
    match pb::EnrollmentLevel::try_from(level) {
        Ok(pb::EnrollmentLevel::County) => Ok(EnrollmentLevel::County),
        Ok(pb::EnrollmentLevel::Municipal) => Ok(EnrollmentLevel::Municipal),
        Ok(pb::EnrollmentLevel::Unspecified) | Err(_) => Err(UNRECOGNIZED),
    }
}

/// Two to four digits of GB/T 4754-2017; the letter of the section before them is left out.
fn sector(code: &str) -> Read<String> {
    let digits = code.strip_prefix(|it: char| it.is_ascii_uppercase()).unwrap_or(code);
    let is_code = (2..=4).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    if is_code { Ok(digits.to_owned()) } else { Err(UNRECOGNIZED) }
}
