//! ConsoleService: links that let a person into the console of a node that runs for development.

use tonic::{Request, Response, Status};

use super::auth::admitted;
use crate::proto::console::v1 as pb;
use crate::workflows::Gateway;

/// The handlers.
#[derive(Clone)]
pub(super) struct Console {
    pub(super) gateway: Gateway,
}

#[tonic::async_trait]
impl pb::console_service_server::ConsoleService for Console {
    async fn create_link(
        &self,
        request: Request<pb::CreateLinkRequest>,
    ) -> Result<Response<pb::CreateLinkResponse>, Status> {
        let _ = (admitted(&request)?, &self.gateway);
        Err(Status::unimplemented("not built yet"))
    }
}
