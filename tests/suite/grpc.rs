//! The gateway over real sockets: what the systems of provinces, cities and counties see of it.

mod audit;
mod bad_input;
mod clawback;
mod desk;
mod dossiers;
mod doubles;
mod ledger;
mod lists;
mod outages;
mod pooling;
mod privacy;
mod race;
mod replicas;
mod reports;
mod reviews;
mod rights;
mod rosters;
mod sheets;
mod streams;
mod surface;
mod suspect_records;
mod withdrawals;
mod worked_cases;

use hufu::proto::policy::v1 as policy;
use hufu::proto::suspects::v1 as suspects;
use jiff::civil::date;
use tonic::Status;
use tonic_types::StatusExt;

use crate::support::{Caller, fresh_request_id, wire};

/// Declares a risk area that makes a county a zone from March 2022 on.
async fn declare_risk_area(caller: &Caller, region: &str) {
    let request = risk_area(region);
    caller.policy().declare_risk_area(request).await.unwrap();
}

fn risk_area(region: &str) -> policy::DeclareRiskAreaRequest {
    let declaration = policy::Declaration {
        region: region.to_owned(),
        kind: policy::DeclarationKind::RiskArea.into(),
        from: Some(wire::day(date(2022, 3, 14))),
        until: Some(wire::day(date(2022, 4, 8))),
        declared_at: None,
    };
    policy::DeclareRiskAreaRequest { request_id: fresh_request_id(), declaration: Some(declaration) }
}

/// The refusal that an answer must be.
#[track_caller]
fn refusal<T>(answer: Result<T, Status>) -> Status {
    answer.err().expect("a refusal")
}

/// Code and reason of the refusal that an answer must be.
#[track_caller]
fn refused<T>(answer: Result<T, Status>) -> String {
    let refusal = refusal(answer);
    format!("{:?} {}", refusal.code(), reason_of(&refusal))
}

/// Its stable reason code.
#[track_caller]
fn reason_of(refusal: &Status) -> String {
    refusal.get_error_details().error_info().expect("an ErrorInfo").reason.clone()
}

async fn suspect(caller: &Caller, suspect_id: &str) -> Result<suspects::Suspect, Status> {
    let request = suspects::GetSuspectRequest { suspect_id: suspect_id.to_owned() };
    Ok(caller.suspect_desk().get_suspect(request).await?.into_inner().suspect.unwrap())
}
