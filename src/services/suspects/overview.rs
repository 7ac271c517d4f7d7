//! The desk in numbers.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::domain::rights::narrow;
use crate::proto::suspects::v1 as pb;
use crate::services::convert::violation::Violations;
use crate::services::convert::{field, lists};
use crate::workflows::Gateway;

pub(super) async fn get(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::GetDeskRequest,
) -> Result<pb::GetDeskResponse, Status> {
    let mut violations = Violations::default();
    let region = field::region(&request.region, &mut violations);
    violations.or(Some(()))?;
    let overview = gateway.desk(caller, narrow(caller, region)?).await?;
    Ok(lists::overview(overview, caller.region))
}
