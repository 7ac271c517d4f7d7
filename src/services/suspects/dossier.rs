//! What a suspect is judged by, and a person in the open.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::services::convert::dossier::{self, UnmaskAsked};
use crate::workflows::Gateway;

pub(super) async fn get(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::GetDossierRequest,
) -> Result<pb::GetDossierResponse, Status> {
    let (suspect_id, blind) = dossier::asked(&request)?;
    let found = gateway.dossier(caller, suspect_id, blind).await?;
    Ok(dossier::dossier(found, caller.region))
}

pub(super) async fn unmask(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::UnmaskPersonRequest,
) -> Result<pb::UnmaskPersonResponse, Status> {
    let UnmaskAsked { operator, suspect_id, claim_id, reason, words } = dossier::unmask(caller, &request)?;
    let unmasked = gateway.unmask(caller, operator, suspect_id, claim_id, reason, words).await?;
    Ok(dossier::unmasked(unmasked))
}
