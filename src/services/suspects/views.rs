//! Saved views of the list.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::services::convert::violation::Violations;
use crate::services::convert::{field, lists};
use crate::workflows::Gateway;

pub(super) async fn save(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::SaveViewRequest,
) -> Result<pb::SaveViewResponse, Status> {
    let (person, name, query) = lists::view(caller, &request)?;
    gateway.save_view(caller, person, name, query).await?;
    Ok(pb::SaveViewResponse {})
}

pub(super) async fn list(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::ListViewsRequest,
) -> Result<pb::ListViewsResponse, Status> {
    let mut violations = Violations::default();
    let person = field::operator(caller, &request.person, &mut violations);
    let views = gateway.views(caller, &violations.or(person)?).await?;
    Ok(lists::views(views))
}
