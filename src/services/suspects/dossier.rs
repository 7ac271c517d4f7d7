//! What a suspect is judged by, and a person in the open.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::workflows::Gateway;

pub(super) async fn get(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::GetDossierRequest,
) -> Result<pb::GetDossierResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}

pub(super) async fn unmask(
    _gateway: &Gateway,
    _caller: &Caller,
    _request: pb::UnmaskPersonRequest,
) -> Result<pb::UnmaskPersonResponse, Status> {
    Err(Status::unimplemented("not built yet"))
}
