//! Saved views of the list.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::workflows::Gateway;

pub(super) async fn save(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::SaveViewRequest,
) -> Result<pb::SaveViewResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}

pub(super) async fn list(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::ListViewsRequest,
) -> Result<pb::ListViewsResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}
