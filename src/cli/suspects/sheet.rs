//! A suspect of the wire as a row of the sheet.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cli::exit::Failure;
use crate::domain::calendar::cst_date;
use crate::domain::money::Fen;
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::proto::suspects::v1 as pb;
use crate::tables::{SuspectRow, SuspectRowDesk, SuspectRowSide};

pub(super) fn row(suspect: &pb::Suspect) -> Result<SuspectRow, Failure> {
    let rule = SuspectRule::from_code(&suspect.rule).ok_or_else(|| Failure::failed("the node knows another rule"))?;
    let desk = |it: &pb::SuspectDesk| {
        Ok(SuspectRowDesk { assignee: it.assignee.clone(), due_on: it.due_at.map(day).transpose()? })
    };
    Ok(SuspectRow {
        suspect_id: suspect.suspect_id.clone(),
        rule,
        state: state(suspect.state()),
        opened_on: day(suspect.opened_at.unwrap_or_default())?,
        stake: suspect.stake.as_ref().map(|it| (band(it.band()), Fen::new(it.amount_fen))),
        first: suspect.first.clone().map(side),
        second: side(suspect.second.clone().unwrap_or_default()),
        // Of a desk elsewhere the node tells neither whose it is nor its day.
        desks: suspect.desks.iter().map(desk).collect::<Result<_, Failure>>()?,
    })
}

fn side(side: pb::SuspectClaim) -> SuspectRowSide {
    let pb::SuspectClaim { claim_id, region, uscc, enterprise_name, .. } = side;
    let (name_masked, resident_id_masked) = (side.person_name_masked, side.resident_id_masked);
    SuspectRowSide { claim_id, region, uscc, enterprise_name, name_masked, resident_id_masked }
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
