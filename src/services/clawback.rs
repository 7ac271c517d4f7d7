//! ClawbackService.

use tonic::{Request, Response, Status};

use super::auth::admitted;
use super::convert::violation::Violations;
use super::convert::{clawback, field};
use crate::domain::caller::Caller;
use crate::domain::clawback::CaseId;
use crate::domain::rights::narrow;
use crate::proto::clawback::v1 as pb;
use crate::workflows::Gateway;
use crate::workflows::record::clawback::CaseFilter;

/// The handlers.
#[derive(Clone)]
pub(super) struct Clawback {
    pub(super) gateway: Gateway,
}

#[tonic::async_trait]
impl pb::clawback_service_server::ClawbackService for Clawback {
    async fn draft_case(
        &self,
        request: Request<pb::DraftCaseRequest>,
    ) -> Result<Response<pb::DraftCaseResponse>, Status> {
        let caller = admitted(&request)?;
        let case = self.gateway.draft_case(&caller, clawback::draft(&caller, request.into_inner())?).await?;
        Ok(Response::new(pb::DraftCaseResponse { case: Some(clawback::case(case)) }))
    }

    async fn advance_case(
        &self,
        request: Request<pb::AdvanceCaseRequest>,
    ) -> Result<Response<pb::AdvanceCaseResponse>, Status> {
        let caller = admitted(&request)?;
        let case = self.gateway.advance_case(&caller, clawback::step(&caller, request.into_inner())?).await?;
        Ok(Response::new(pb::AdvanceCaseResponse { case: Some(clawback::case(case)) }))
    }

    async fn record_repayment(
        &self,
        request: Request<pb::RecordRepaymentRequest>,
    ) -> Result<Response<pb::RecordRepaymentResponse>, Status> {
        let caller = admitted(&request)?;
        let repayment = clawback::repayment(&caller, request.into_inner())?;
        let case = self.gateway.record_repayment(&caller, repayment).await?;
        Ok(Response::new(pb::RecordRepaymentResponse { case: Some(clawback::case(case)) }))
    }

    async fn get_case(&self, request: Request<pb::GetCaseRequest>) -> Result<Response<pb::GetCaseResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let case_id = field::case_id(&request.into_inner().case_id, "case_id", &mut violations);
        let file = self.gateway.case(&caller, violations.or(case_id)?).await?;
        Ok(Response::new(clawback::file(file)))
    }

    async fn list_cases(
        &self,
        request: Request<pb::ListCasesRequest>,
    ) -> Result<Response<pb::ListCasesResponse>, Status> {
        let caller = admitted(&request)?;
        let (filter, page_size) = filter(&caller, request.into_inner())?;
        let mut records = self.gateway.cases(&caller, filter).await?;
        let total = records.len();
        records.truncate(usize::try_from(page_size).unwrap_or(usize::MAX));
        let last = records.last().filter(|_| records.len() < total);
        let next_page_token = last.map(|last| last.case_id.to_string()).unwrap_or_default();
        let cases = records.into_iter().map(clawback::case).collect();
        Ok(Response::new(pb::ListCasesResponse { cases, next_page_token }))
    }

    async fn get_recovery(
        &self,
        request: Request<pb::GetRecoveryRequest>,
    ) -> Result<Response<pb::GetRecoveryResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let region = field::region(&request.into_inner().region, &mut violations);
        violations.or(Some(()))?;
        let lines = self.gateway.recovery(&caller, narrow(&caller, region)?).await?;
        Ok(Response::new(pb::GetRecoveryResponse { lines: lines.into_iter().map(clawback::recovery).collect() }))
    }
}

fn filter(caller: &Caller, request: pb::ListCasesRequest) -> Result<(CaseFilter, u32), Status> {
    let pb::ListCasesRequest { region, state, page_size, page_token } = request;
    let mut violations = Violations::default();
    let region = field::region(&region, &mut violations);
    let state = clawback::state_asked(state, &mut violations);
    let page_size = field::page_size(page_size, &mut violations);
    let before = field::token(&page_token, "page_token", CaseId::parse, &mut violations);
    let page_size = violations.or(page_size)?;
    // One more than is shown tells whether there is another page.
    let limit = page_size.saturating_add(1);
    Ok((CaseFilter { within: narrow(caller, region)?, state, before, limit }, page_size))
}
