//! What people do at the desk: assign, take up, comment, judge one or many, open again.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::workflows::Gateway;

pub(super) async fn decide_many(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::DecideSuspectsRequest,
) -> Result<pb::DecideSuspectsResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}

pub(super) async fn assign(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::AssignSuspectRequest,
) -> Result<pb::AssignSuspectResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}

pub(super) async fn take_up(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::TakeUpSuspectRequest,
) -> Result<pb::TakeUpSuspectResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}

pub(super) async fn comment(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::CommentSuspectRequest,
) -> Result<pb::CommentSuspectResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}

pub(super) async fn reopen(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::ReopenSuspectRequest,
) -> Result<pb::ReopenSuspectResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}
