//! A person's contributions and standings.

use super::Span;
use crate::connectors::convert::{self, Read, Sourced};
use crate::domain::eligibility::evidence::{ContributionMonth, ContributionRecord, MissingCause, Standing};
use crate::domain::identity::Uscc;
use crate::proto::insurance::v1 as pb;

pub(super) fn record(asked: &str, record: pb::ContributionRecord, span: Span) -> Read<Sourced<ContributionRecord>> {
    convert::same(asked, &record.resident_id)?;
    let name = convert::person_name(record.name.as_deref())?;
    let months = record.contributions.into_iter().map(|it| contribution(&it, span)).collect::<Read<Vec<_>>>()?;
    let standings = record.standings.into_iter().map(|it| standing(&it)).collect::<Read<Vec<_>>>()?;
    // A number that is not known can hold nothing.
    if name.is_none() && !(months.is_empty() && standings.is_empty()) {
        return Err(MissingCause::Unrecognized);
    }
    let record_read = ContributionRecord {
        name,
        months: convert::distinct(months, |it| (it.month, it.enrolled_by.clone()))?,
        standings: convert::distinct(standings, |(enterprise, _)| enterprise.clone())?,
    };
    Ok((record_read, record.provenance))
}

fn contribution(contribution: &pb::Contribution, span: Span) -> Read<ContributionMonth> {
    let enrolled_by = convert::uscc(&contribution.enrolled_by_uscc)?;
    let funded_by = match contribution.funded_by_uscc.as_str() {
        "" => enrolled_by.clone(),
        uscc => convert::uscc(uscc)?,
    };
    Ok(ContributionMonth {
        month: convert::month(contribution.month, span)?,
        enrolled_by,
        funded_by,
        paid: contribution.paid,
    })
}

fn standing(standing: &pb::EnrollmentStanding) -> Read<(Uscc, Standing)> {
    let kind = match pb::Standing::try_from(standing.standing) {
        Ok(pb::Standing::Current) => Standing::Current,
        Ok(pb::Standing::Suspended) => Standing::Suspended,
        Ok(pb::Standing::Ended) => Standing::Ended,
        Ok(pb::Standing::Unspecified) | Err(_) => return Err(MissingCause::Unrecognized),
    };
    Ok((convert::uscc(&standing.uscc)?, kind))
}
