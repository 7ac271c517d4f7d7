//! AuditService.

use tonic::{Request, Response, Status};

use super::auth::admitted;
use super::convert::audit;
use crate::proto::audit::v1 as pb;
use crate::workflows::Gateway;

/// The handlers.
#[derive(Clone)]
pub(super) struct Audit {
    pub(super) gateway: Gateway,
}

#[tonic::async_trait]
impl pb::audit_service_server::AuditService for Audit {
    async fn list_entries(
        &self,
        request: Request<pb::ListEntriesRequest>,
    ) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let caller = admitted(&request)?;
        let filter = audit::filter(&caller, request.into_inner())?;
        Ok(Response::new(audit::page(self.gateway.audit_entries(&caller, filter).await?)))
    }
}
