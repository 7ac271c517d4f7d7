//! A suspect of the wire as a row of the sheet.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cli::exit::Failure;
use crate::domain::calendar::cst_date;
use crate::domain::money::Fen;
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::proto::suspects::v1 as pb;
use crate::tables::{SuspectRow, SuspectRowSide};

pub(super) fn row(suspect: &pb::Suspect) -> Result<SuspectRow, Failure> {
    let rule = SuspectRule::from_code(&suspect.rule).ok_or_else(|| Failure::failed("the node knows another rule"))?;
    let first = suspect.first.clone();
    let second = suspect.second.clone().unwrap_or_default();
    let person = match &first {
        Some(first) if second.person_name_masked.is_empty() => first,
        Some(_) | None => &second,
    };
    let assignees: Vec<&str> =
        suspect.desks.iter().map(|it| it.assignee.as_str()).filter(|it| !it.is_empty()).collect();
    let due: Vec<Date> = suspect.desks.iter().filter_map(|it| it.due_at).map(day).collect::<Result<_, _>>()?;
    Ok(SuspectRow {
        suspect_id: suspect.suspect_id.clone(),
        rule,
        state: state(suspect.state()),
        opened_on: day(suspect.opened_at.unwrap_or_default())?,
        name_masked: person.person_name_masked.clone(),
        resident_id_masked: person.resident_id_masked.clone(),
        stake: suspect.stake.as_ref().map(|it| (band(it.band()), Fen::new(it.amount_fen))),
        assignee: assignees.join("；"),
        due_on: due.into_iter().min(),
        first: first.map(side),
        second: side(second),
    })
}

fn side(side: pb::SuspectClaim) -> SuspectRowSide {
    let pb::SuspectClaim { claim_id, region, uscc, enterprise_name, .. } = side;
    SuspectRowSide { claim_id, region, uscc, enterprise_name }
}

fn day(at: prost_types::Timestamp) -> Result<Date, Failure> {
    Timestamp::new(at.seconds, at.nanos).map(cst_date).map_err(Failure::failed)
}

pub(super) fn state(state: pb::SuspectState) -> SuspectState {
    match state {
        pb::SuspectState::Open | pb::SuspectState::Unspecified => SuspectState::Open,
        pb::SuspectState::Assigned => SuspectState::Assigned,
        pb::SuspectState::Investigating => SuspectState::Investigating,
        pb::SuspectState::Confirmed => SuspectState::Confirmed,
        pb::SuspectState::Dismissed => SuspectState::Dismissed,
    }
}

pub(super) fn band(band: pb::SuspectBand) -> Band {
    match band {
        pb::SuspectBand::Nothing | pb::SuspectBand::Unspecified => Band::Nothing,
        pb::SuspectBand::Recoverable => Band::Recoverable,
        pb::SuspectBand::Stoppable => Band::Stoppable,
    }
}
