//! 疑点数据: what the ministry sends down, and what was found.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::workflows::Gateway;

pub(super) async fn import(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::ImportSuspectRecordsRequest,
) -> Result<pb::ImportSuspectRecordsResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}

pub(super) async fn list(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::ListSuspectRecordsRequest,
) -> Result<pb::ListSuspectRecordsResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}
