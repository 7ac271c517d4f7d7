//! PolicyService.

use tonic::{Request, Response, Status};

use super::auth::admitted;
use super::convert::violation::Violations;
use super::convert::{field, policy};
use super::status::Fault;
use crate::domain::rights::narrow;
use crate::proto::policy::v1 as pb;
use crate::workflows::Gateway;
use crate::workflows::digest;

/// The handlers.
#[derive(Clone)]
pub(super) struct Policy {
    pub(super) gateway: Gateway,
}

#[tonic::async_trait]
impl pb::policy_service_server::PolicyService for Policy {
    async fn list_sheets(
        &self,
        _request: Request<pb::ListSheetsRequest>,
    ) -> Result<Response<pb::ListSheetsResponse>, Status> {
        let sheets = self.gateway.sheets().iter().map(policy::summary).collect();
        Ok(Response::new(pb::ListSheetsResponse { sheets }))
    }

    async fn get_sheet(&self, request: Request<pb::GetSheetRequest>) -> Result<Response<pb::GetSheetResponse>, Status> {
        let sheet = self.gateway.sheets().get(&request.into_inner().sheet_id).ok_or_else(Fault::no_such_sheet)?;
        let (summary, values) = (Some(policy::summary(sheet)), policy::values(sheet));
        Ok(Response::new(pb::GetSheetResponse { summary, text: sheet.text.clone(), values }))
    }

    async fn compare_sheets(
        &self,
        request: Request<pb::CompareSheetsRequest>,
    ) -> Result<Response<pb::CompareSheetsResponse>, Status> {
        let pb::CompareSheetsRequest { left, right } = request.into_inner();
        let mut violations = Violations::default();
        let left = policy::version_asked(left, "left", &mut violations);
        let right = policy::version_asked(right, "right", &mut violations);
        let ((left, left_version), (right, right_version)) = violations.or(left.zip(right))?;
        let compared = self.gateway.compare_sheets((&left, left_version), (&right, right_version));
        // Nothing but a sheet can be missing here.
        let compared = compared.map_err(|_| Fault::no_such_sheet())?;
        Ok(Response::new(policy::compared(compared)))
    }

    async fn declare_risk_area(
        &self,
        request: Request<pb::DeclareRiskAreaRequest>,
    ) -> Result<Response<pb::DeclareRiskAreaResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::DeclareRiskAreaRequest { request_id, declaration } = request.into_inner();
        let mut violations = Violations::default();
        let request_id = field::request_id(request_id, &mut violations);
        let declaration = policy::new_declaration(declaration, &mut violations);
        let (request_id, declaration) = violations.or(request_id.zip(declaration))?;
        narrow(&caller, Some(declaration.region))?;
        let digest = digest::of_declaration(&declaration);
        let entered = self.gateway.declare(&caller, request_id, digest, declaration).await?;
        Ok(Response::new(pb::DeclareRiskAreaResponse { declaration: Some(policy::declaration(entered)) }))
    }

    async fn list_risk_areas(
        &self,
        request: Request<pb::ListRiskAreasRequest>,
    ) -> Result<Response<pb::ListRiskAreasResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let region = field::region(&request.into_inner().region, &mut violations);
        violations.or(Some(()))?;
        let entered = self.gateway.declarations(&caller, narrow(&caller, region)?).await?;
        let declarations = entered.into_iter().map(policy::declaration).collect();
        Ok(Response::new(pb::ListRiskAreasResponse { declarations }))
    }
}
