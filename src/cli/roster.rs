//! Turns the rows of a roster into claims: a graduate a row, or an enterprise's rows together.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::domain::identity::{Region, Uscc};
use crate::proto::claims::v1 as pb;
use crate::proto::common::v1::Date as PbDate;
use crate::tables::roster::{RosterPerson, RosterRow};

/// What is the same for all claims of one import.
#[derive(Clone)]
pub struct Terms {
    pub sheet_id: String,
    pub route: pb::ClaimRoute,
    /// Where the file names no enterprise.
    pub enterprise: Option<Uscc>,
    /// Where a row names no region of its own.
    pub region: Option<Region>,
    /// Regions by the names that offices write.
    pub region_names: BTreeMap<String, Region>,
}

/// A claim made from rows of a roster.
#[derive(Clone)]
pub struct RosterClaim {
    /// The rows it was made from, as the office sees them; the first one names the claim.
    pub rows: Vec<u32>,
    pub submission: pb::ClaimSubmission,
}

/// One claim for each row, or for a workforce one for each enterprise. A row whose region is nowhere to be found is left to the
/// node, which says so.
pub fn claims_of(rows: &[RosterRow], terms: &Terms, workforce: bool) -> Vec<RosterClaim> {
    if !workforce {
        return rows.iter().map(|row| graduate_claim(row, terms)).collect();
    }
    let mut by_enterprise: BTreeMap<&Uscc, Vec<&RosterRow>> = BTreeMap::new();
    for row in rows {
        by_enterprise.entry(&row.enterprise).or_default().push(row);
    }
    let mut claims: Vec<_> = by_enterprise.into_values().map(|rows| workforce_claim(&rows, terms)).collect();
    claims.sort_by_key(|claim| claim.rows.first().copied());
    claims
}

fn graduate_claim(row: &RosterRow, terms: &Terms) -> RosterClaim {
    let graduate = pb::Graduate {
        person: row.person.as_ref().map(person),
        graduated_on: row.graduated_on.map(date),
        contract_from: row.contract_from.map(date),
        contract_until: row.contract_until.map(date),
        dispatch: row.host.as_ref().map(|host| pb::DispatchPapers {
            host_uscc: host.as_str().to_owned(),
            dispatch_agreement: row.dispatch_agreement.clone().unwrap_or_default(),
            sharing_agreement: row.sharing_agreement.clone().unwrap_or_default(),
        }),
    };
    RosterClaim {
        rows: vec![row.number],
        submission: submission(row, terms, pb::claim_submission::Subject::Graduate(graduate)),
    }
}

fn workforce_claim(rows: &[&RosterRow], terms: &Terms) -> RosterClaim {
    let roster = rows
        .iter()
        .filter_map(|row| {
            let side = match &row.host {
                Some(host) if *host == row.enterprise => pb::DispatchSide::Host,
                Some(_) | None => pb::DispatchSide::Agency,
            };
            row.person.as_ref().map(|found| pb::Worker { person: Some(person(found)), side: side.into() })
        })
        .collect();
    let claimed_headcount = rows.iter().find_map(|row| row.headcount).and_then(|count| i32::try_from(count).ok());
    let subject = pb::claim_submission::Subject::Workforce(pb::Workforce { claimed_headcount, roster });
    let first = rows.first().copied();
    RosterClaim {
        rows: rows.iter().map(|row| row.number).collect(),
        submission: first.map(|row| submission(row, terms, subject)).unwrap_or_default(),
    }
}

fn submission(row: &RosterRow, terms: &Terms, subject: pb::claim_submission::Subject) -> pb::ClaimSubmission {
    let region = row.region.or(terms.region).map(|region| region.to_string()).unwrap_or_default();
    pb::ClaimSubmission {
        sheet_id: terms.sheet_id.clone(),
        route: terms.route.into(),
        uscc: row.enterprise.as_str().to_owned(),
        enterprise_name: row.enterprise_name.as_ref().map(ToString::to_string).unwrap_or_default(),
        region,
        account: row.account.as_ref().map(|account| account.as_str().to_owned()).unwrap_or_default(),
        subject: Some(subject),
    }
}

fn person(person: &RosterPerson) -> pb::Person {
    pb::Person {
        name: person.name.as_str().to_owned(),
        resident_id: person.resident_id.as_str().to_owned(),
        phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
    }
}

/// A day as the contract writes it.
pub fn date(date: Date) -> PbDate {
    PbDate { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}
