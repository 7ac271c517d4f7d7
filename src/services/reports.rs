//! ReportService.

use tonic::{Request, Response, Status};

use super::auth::admitted;
use super::convert::violation::Violations;
use super::convert::{field, reports};
use crate::domain::rights::narrow;
use crate::proto::reports::v1 as pb;
use crate::workflows::Gateway;

/// The handlers.
#[derive(Clone)]
pub(super) struct Reports {
    pub(super) gateway: Gateway,
}

#[tonic::async_trait]
impl pb::report_service_server::ReportService for Reports {
    async fn get_radar(&self, request: Request<pb::GetRadarRequest>) -> Result<Response<pb::GetRadarResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::GetRadarRequest { region, page_size, page_token } = request.into_inner();
        let mut violations = Violations::default();
        let region = field::region(&region, &mut violations);
        let shown = field::page_size(page_size, &mut violations);
        let after = field::token(&page_token, "page_token", reports::place_of, &mut violations);
        let shown = violations.or(shown)?;
        let region = narrow(&caller, region)?;
        let radar = self.gateway.radar(&caller, region).await?;
        // One more than is shown tells whether there is another page.
        let places = self.gateway.radar_places(&caller, region, after, shown.saturating_add(1)).await?;
        Ok(Response::new(reports::radar(radar, places, shown)))
    }

    async fn list_upstreams(
        &self,
        request: Request<pb::ListUpstreamsRequest>,
    ) -> Result<Response<pb::ListUpstreamsResponse>, Status> {
        admitted(&request)?;
        let upstreams = self.gateway.upstreams().into_iter().map(reports::upstream).collect();
        Ok(Response::new(pb::ListUpstreamsResponse { upstreams }))
    }
}
