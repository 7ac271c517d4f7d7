//! What people do at the desk: assign, take up, comment, judge one or many, open again.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::services::convert::{desk, suspect};
use crate::workflows::Gateway;
use crate::workflows::desk::steps::DeskRequest;

pub(super) async fn decide(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::DecideSuspectRequest,
) -> Result<pb::DecideSuspectResponse, Status> {
    let suspect = act(gateway, caller, desk::decision(caller, request)?).await?;
    Ok(pb::DecideSuspectResponse { suspect: Some(suspect) })
}

pub(super) async fn decide_many(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::DecideSuspectsRequest,
) -> Result<pb::DecideSuspectsResponse, Status> {
    let outcomes = gateway.desk_acts(caller, desk::decisions(caller, request)?).await?;
    Ok(pb::DecideSuspectsResponse { outcomes: outcomes.into_iter().map(|it| desk::outcome(caller, it)).collect() })
}

pub(super) async fn assign(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::AssignSuspectRequest,
) -> Result<pb::AssignSuspectResponse, Status> {
    let suspect = act(gateway, caller, desk::assignment(caller, request)?).await?;
    Ok(pb::AssignSuspectResponse { suspect: Some(suspect) })
}

pub(super) async fn take_up(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::TakeUpSuspectRequest,
) -> Result<pb::TakeUpSuspectResponse, Status> {
    let suspect = act(gateway, caller, desk::taking_up(caller, request)?).await?;
    Ok(pb::TakeUpSuspectResponse { suspect: Some(suspect) })
}

pub(super) async fn comment(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::CommentSuspectRequest,
) -> Result<pb::CommentSuspectResponse, Status> {
    let suspect = act(gateway, caller, desk::comment(caller, request)?).await?;
    Ok(pb::CommentSuspectResponse { suspect: Some(suspect) })
}

pub(super) async fn reopen(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::ReopenSuspectRequest,
) -> Result<pb::ReopenSuspectResponse, Status> {
    let suspect = act(gateway, caller, desk::reopening(caller, request)?).await?;
    Ok(pb::ReopenSuspectResponse { suspect: Some(suspect) })
}

/// The suspect after a step, as the caller sees it.
async fn act(gateway: &Gateway, caller: &Caller, request: DeskRequest) -> Result<pb::Suspect, Status> {
    Ok(suspect::suspect(gateway.desk_act(caller, request).await?, caller.region))
}
