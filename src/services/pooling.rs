//! PoolingService.

use tokio::task::JoinHandle;
use tonic::{Request, Response, Status};

use super::auth::admitted;
use super::convert::violation::Violations;
use super::convert::{field, pooling, statement};
use super::papers;
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::payment::PaymentId;
use crate::domain::pooling::{BatchId, FilingId};
use crate::domain::rights::{narrow, require};
use crate::proto::pooling::v1 as pb;
use crate::tables::read_statement;
use crate::workflows::pooling::{BatchView, StepDone};
use crate::workflows::record::payment::PaymentFilter;
use crate::workflows::record::pooling::{BatchFilter, FilingFilter};
use crate::workflows::{Gateway, Refusal};

/// The handlers.
#[derive(Clone)]
pub(super) struct Pooling {
    pub(super) gateway: Gateway,
}

#[tonic::async_trait]
impl pb::pooling_service_server::PoolingService for Pooling {
    async fn file_claims(
        &self,
        request: Request<pb::FileClaimsRequest>,
    ) -> Result<Response<pb::FileClaimsResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let filing = pooling::new_filing(&caller, request.into_inner(), &mut violations);
        let filing = violations.or(filing)?;
        narrow(&caller, Some(filing.region))?;
        let (filing, left) = self.gateway.file_claims(&caller, filing).await?;
        let left = i64::try_from(left).unwrap_or(i64::MAX);
        Ok(Response::new(pb::FileClaimsResponse { filing: Some(pooling::filing(filing)), left }))
    }

    async fn list_filings(
        &self,
        request: Request<pb::ListFilingsRequest>,
    ) -> Result<Response<pb::ListFilingsResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::ListFilingsRequest { region, month, page_size, page_token } = request.into_inner();
        let mut violations = Violations::default();
        let region = field::region(&region, &mut violations);
        let month = pooling::month_asked(month, &mut violations);
        let page_size = field::page_size(page_size, &mut violations);
        let before = field::token(&page_token, "page_token", FilingId::parse, &mut violations);
        let page_size = violations.or(page_size)?;
        let (within, limit) = (narrow(&caller, region)?, page_size.saturating_add(1));
        let filter = FilingFilter { within, month, state: None, before, limit };
        let found = self.gateway.filings(&caller, filter).await?;
        let (found, next_page_token) = page(found, page_size, |it| it.filing_id.to_string());
        let filings = found.into_iter().map(pooling::filing).collect();
        Ok(Response::new(pb::ListFilingsResponse { filings, next_page_token }))
    }

    async fn run_pooling(
        &self,
        request: Request<pb::RunPoolingRequest>,
    ) -> Result<Response<pb::RunPoolingResponse>, Status> {
        let caller = admitted(&request)?;
        let city = the_city(&caller, &request.into_inner().city)?;
        let gateway = self.gateway.clone();
        // A task of its own: when the caller goes away the run goes on, and gives the lease back at its end. Dropped in the middle it
        // would do no harm either, but the city would wait until the lease runs out.
        let run = tokio::spawn(async move { gateway.run_pooling(&caller, city).await });
        let report = joined(run).await??;
        count(&report.steps);
        Ok(Response::new(pooling::run(report, &|region| self.gateway.place_name(region))))
    }

    async fn plan_pooling(
        &self,
        request: Request<pb::PlanPoolingRequest>,
    ) -> Result<Response<pb::PlanPoolingResponse>, Status> {
        let caller = admitted(&request)?;
        let city = the_city(&caller, &request.into_inner().city)?;
        let plan = self.gateway.plan_pooling(&caller, city).await?;
        Ok(Response::new(pooling::plan(plan, &|region| self.gateway.place_name(region))))
    }

    async fn get_pooling_status(
        &self,
        request: Request<pb::GetPoolingStatusRequest>,
    ) -> Result<Response<pb::GetPoolingStatusResponse>, Status> {
        let caller = admitted(&request)?;
        let city = the_city(&caller, &request.into_inner().city)?;
        let status = self.gateway.pooling_status(&caller, city).await?;
        let status = pooling::status(status, &|region| self.gateway.place_name(region));
        Ok(Response::new(pb::GetPoolingStatusResponse { status: Some(status) }))
    }

    async fn list_batches(
        &self,
        request: Request<pb::ListBatchesRequest>,
    ) -> Result<Response<pb::ListBatchesResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::ListBatchesRequest { region, page_size, page_token } = request.into_inner();
        let mut violations = Violations::default();
        let region = field::region(&region, &mut violations);
        let page_size = field::page_size(page_size, &mut violations);
        let before = field::token(&page_token, "page_token", BatchId::parse, &mut violations);
        let page_size = violations.or(page_size)?;
        let (within, limit) = (narrow(&caller, region)?, page_size.saturating_add(1));
        let found = self.gateway.batches(&caller, BatchFilter { within, open_only: false, before, limit }).await?;
        let (found, next_page_token) = page(found, page_size, |it| it.batch_id.to_string());
        let names = |region| self.gateway.place_name(region);
        let batches = found.into_iter().map(|it| pooling::batch(it, &names)).collect();
        Ok(Response::new(pb::ListBatchesResponse { batches, next_page_token }))
    }

    async fn get_batch(&self, request: Request<pb::GetBatchRequest>) -> Result<Response<pb::GetBatchResponse>, Status> {
        let caller = admitted(&request)?;
        let view = self.gateway.batch(&caller, the_batch(&request.into_inner().batch_id)?).await?;
        let (application_html, application_xlsx) = papers::application(&self.gateway, &view);
        let BatchView { batch, lines, hops } = view;
        let names = |region| self.gateway.place_name(region);
        Ok(Response::new(pb::GetBatchResponse {
            batch: Some(pooling::batch(batch, &names)),
            lines: lines.into_iter().map(|it| pooling::line(it, &names)).collect(),
            hops: hops.into_iter().map(pooling::hop).collect(),
            application_html,
            application_xlsx,
        }))
    }

    async fn list_payments(
        &self,
        request: Request<pb::ListPaymentsRequest>,
    ) -> Result<Response<pb::ListPaymentsResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::ListPaymentsRequest { region, batch_id, state, page_size, page_token } = request.into_inner();
        let mut violations = Violations::default();
        let region = field::region(&region, &mut violations);
        let batch_id = pooling::batch_asked(&batch_id, &mut violations);
        let state = pooling::state_asked(state, &mut violations);
        let page_size = field::page_size(page_size, &mut violations);
        let before = field::token(&page_token, "page_token", PaymentId::parse, &mut violations);
        let page_size = violations.or(page_size)?;
        let (within, limit) = (narrow(&caller, region)?, page_size.saturating_add(1));
        let found = self.gateway.payments(&caller, PaymentFilter { within, batch_id, state, before, limit }).await?;
        let (found, next_page_token) = page(found, page_size, |it| it.payment_id.to_string());
        let payments = found.into_iter().map(pooling::payment).collect();
        Ok(Response::new(pb::ListPaymentsResponse { payments, next_page_token }))
    }

    async fn review_payment(
        &self,
        request: Request<pb::ReviewPaymentRequest>,
    ) -> Result<Response<pb::ReviewPaymentResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let review = pooling::review(&caller, request.into_inner(), &mut violations);
        let review = violations.or(review)?;
        require(&caller, &[pooling::role_of(review.act)])?;
        let (payment, hash) = self.gateway.review_payment(&caller, review).await?;
        let (payment, approval_hash) = (Some(pooling::payment(payment)), hash.to_hex());
        Ok(Response::new(pb::ReviewPaymentResponse { payment, approval_hash }))
    }

    async fn import_statement(
        &self,
        request: Request<pb::ImportStatementRequest>,
    ) -> Result<Response<pb::ImportStatementResponse>, Status> {
        let caller = admitted(&request)?;
        // The file's name is the sender's own, to find it again by; nothing is decided on it, and nothing repeats it.
        let pb::ImportStatementRequest { region, file, file_name: _ } = request.into_inner();
        let mut violations = Violations::default();
        let region = pooling::statement_file(&region, &file, &mut violations);
        let region = narrow(&caller, Some(violations.or(region)?))?;
        // Reading takes long enough to keep others waiting.
        let read = joined(tokio::task::spawn_blocking(move || read_statement(&file))).await?;
        let read = read.map_err(|error| statement::refused(&error))?;
        let posted = self.gateway.import_statement(&caller, region, read).await?;
        Ok(Response::new(pooling::posted(posted)))
    }

    async fn export_instructions(
        &self,
        request: Request<pb::ExportInstructionsRequest>,
    ) -> Result<Response<pb::ExportInstructionsResponse>, Status> {
        let caller = admitted(&request)?;
        let batch = the_batch(&request.into_inner().batch_id)?;
        let instructions = self.gateway.instructions(&caller, batch).await?;
        let gateway = self.gateway.clone();
        let files = tokio::task::spawn_blocking(move || {
            papers::instruction_files(|place| papers::holder_of(&gateway, place), instructions)
        });
        Ok(Response::new(joined(files).await??))
    }
}

/// The city that a request is about, within the caller's region.
fn the_city(caller: &Caller, text: &str) -> Result<Region, Status> {
    let mut violations = Violations::default();
    let city = pooling::the_region(text, "city", &mut violations);
    Ok(narrow(caller, Some(violations.or(city)?))?)
}

fn the_batch(text: &str) -> Result<BatchId, Violations> {
    let mut violations = Violations::default();
    let batch = field::batch_id(text, "batch_id", &mut violations);
    violations.or(batch)
}

/// As many records as were asked for, of which one more was read to see whether there is another page; and the next page's token.
fn page<T>(mut found: Vec<T>, page_size: u32, id: impl Fn(&T) -> String) -> (Vec<T>, String) {
    let total = found.len();
    found.truncate(usize::try_from(page_size).unwrap_or(usize::MAX));
    let last = found.last().filter(|_| found.len() < total);
    let token = last.map(id).unwrap_or_default();
    (found, token)
}

/// What a task came to. A panic goes on to the door, which answers it.
async fn joined<T>(task: JoinHandle<T>) -> Result<T, Refusal> {
    task.await.map_err(|error| {
        if error.is_panic() {
            std::panic::resume_unwind(error.into_panic());
        }
        // Only a runtime that is shutting down cancels it.
        Refusal::Unavailable
    })
}

/// Counts what a run did, as the timer does.
fn count(steps: &[StepDone]) {
    for step in steps {
        metrics::counter!("hufu_pooling_steps_total", "code" => step.code).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whether_there_is_another() {
        let check = |found: Vec<u32>, expected: (&[u32], &str)| {
            let (shown, token) = page(found, 2, u32::to_string);
            assert_eq!((shown.as_slice(), token.as_str()), expected);
        };
        check(vec![], (&[], ""));
        check(vec![9, 8], (&[9, 8], ""));
        check(vec![9, 8, 7], (&[9, 8], "8"));
    }
}
