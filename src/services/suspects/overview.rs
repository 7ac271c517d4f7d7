//! The desk in numbers.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::workflows::Gateway;

pub(super) async fn get(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::GetDeskRequest,
) -> Result<pb::GetDeskResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}
