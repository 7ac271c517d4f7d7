//! SuspectService.

mod dossier;
mod overview;
mod records;
mod steps;
mod views;

use std::sync::Arc;
use std::vec;

use futures::{Stream, stream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Request, Response, Status};

use super::auth::admitted;
use super::convert::violation::Violations;
use super::convert::{field, lists, suspect};
use super::streams::{Answers, until_shutdown};
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::rights::narrow;
use crate::proto::suspects::v1 as pb;
use crate::workflows::record::SuspectRecord;
use crate::workflows::{Gateway, Refusal};

/// Suspects of one message: some 150 KiB.
const MESSAGE_ROWS: usize = 500;
/// Suspects read at once. Each read is an entry of the audit log, which is a commit: ten messages share one.
const READ_ROWS: u32 = 5_000;

/// The handlers.
#[derive(Clone)]
pub(super) struct Suspects {
    pub(super) gateway: Gateway,
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl pb::suspect_service_server::SuspectService for Suspects {
    type PullSuspectsStream = Answers<pb::PullSuspectsResponse>;

    async fn pull_suspects(
        &self,
        request: Request<pb::PullSuspectsRequest>,
    ) -> Result<Response<Self::PullSuspectsStream>, Status> {
        let caller = admitted(&request)?;
        let pb::PullSuspectsRequest { resume_token, region } = request.into_inner();
        let mut violations = Violations::default();
        let region = field::region(&region, &mut violations);
        let after = field::token(&resume_token, "resume_token", field::sequence, &mut violations);
        violations.or(Some(()))?;
        let within = narrow(&caller, region)?;
        let pull = Pull::new(self.gateway.clone(), caller, within, after.unwrap_or_default());
        Ok(Response::new(until_shutdown(pull.messages(), self.shutdown.clone())))
    }

    async fn list_suspects(
        &self,
        request: Request<pb::ListSuspectsRequest>,
    ) -> Result<Response<pb::ListSuspectsResponse>, Status> {
        let caller = admitted(&request)?;
        let filter = lists::filter(&caller, request.into_inner())?;
        let page = self.gateway.suspects(&caller, filter).await?;
        Ok(Response::new(lists::page(page, caller.region)))
    }

    async fn get_suspect(
        &self,
        request: Request<pb::GetSuspectRequest>,
    ) -> Result<Response<pb::GetSuspectResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let suspect_id = field::suspect_id(&request.into_inner().suspect_id, "suspect_id", &mut violations);
        let record = self.gateway.suspect(&caller, violations.or(suspect_id)?).await?;
        Ok(Response::new(pb::GetSuspectResponse { suspect: Some(suspect::suspect(record, caller.region)) }))
    }

    async fn decide_suspect(
        &self,
        request: Request<pb::DecideSuspectRequest>,
    ) -> Result<Response<pb::DecideSuspectResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(steps::decide(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn decide_suspects(
        &self,
        request: Request<pb::DecideSuspectsRequest>,
    ) -> Result<Response<pb::DecideSuspectsResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(steps::decide_many(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn assign_suspect(
        &self,
        request: Request<pb::AssignSuspectRequest>,
    ) -> Result<Response<pb::AssignSuspectResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(steps::assign(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn take_up_suspect(
        &self,
        request: Request<pb::TakeUpSuspectRequest>,
    ) -> Result<Response<pb::TakeUpSuspectResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(steps::take_up(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn comment_suspect(
        &self,
        request: Request<pb::CommentSuspectRequest>,
    ) -> Result<Response<pb::CommentSuspectResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(steps::comment(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn reopen_suspect(
        &self,
        request: Request<pb::ReopenSuspectRequest>,
    ) -> Result<Response<pb::ReopenSuspectResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(steps::reopen(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn get_dossier(
        &self,
        request: Request<pb::GetDossierRequest>,
    ) -> Result<Response<pb::GetDossierResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(dossier::get(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn unmask_person(
        &self,
        request: Request<pb::UnmaskPersonRequest>,
    ) -> Result<Response<pb::UnmaskPersonResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(dossier::unmask(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn get_desk(&self, request: Request<pb::GetDeskRequest>) -> Result<Response<pb::GetDeskResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(overview::get(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn import_suspect_records(
        &self,
        request: Request<pb::ImportSuspectRecordsRequest>,
    ) -> Result<Response<pb::ImportSuspectRecordsResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(records::import(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn list_suspect_records(
        &self,
        request: Request<pb::ListSuspectRecordsRequest>,
    ) -> Result<Response<pb::ListSuspectRecordsResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(records::list(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn save_view(&self, request: Request<pb::SaveViewRequest>) -> Result<Response<pb::SaveViewResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(views::save(&self.gateway, &caller, request.into_inner()).await?))
    }

    async fn list_views(
        &self,
        request: Request<pb::ListViewsRequest>,
    ) -> Result<Response<pb::ListViewsResponse>, Status> {
        let caller = admitted(&request)?;
        Ok(Response::new(views::list(&self.gateway, &caller, request.into_inner()).await?))
    }
}

type Reading = AbortOnDropHandle<Result<Vec<SuspectRecord>, Refusal>>;

/// A pull under way: one page is given out while the next is read.
struct Pull {
    gateway: Gateway,
    caller: Arc<Caller>,
    within: Region,
    rows: vec::IntoIter<SuspectRecord>,
    /// The page after these rows; `None` when they are the last.
    next: Option<Reading>,
}

impl Pull {
    fn new(gateway: Gateway, caller: Arc<Caller>, within: Region, after: i64) -> Self {
        let mut pull = Self { gateway, caller, within, rows: Vec::new().into_iter(), next: None };
        pull.next = Some(pull.read(after));
        pull
    }

    fn messages(self) -> impl Stream<Item = Result<pb::PullSuspectsResponse, Status>> + Send + 'static {
        stream::try_unfold(self, |mut pull| async move { Ok(pull.message().await?.map(|message| (message, pull))) })
    }

    async fn message(&mut self) -> Result<Option<pb::PullSuspectsResponse>, Refusal> {
        if self.rows.len() == 0 {
            self.turn_page().await?;
        }
        let rows: Vec<SuspectRecord> = self.rows.by_ref().take(MESSAGE_ROWS).collect();
        let Some(last) = rows.last().map(|row| row.sequence) else { return Ok(None) };
        let suspects = rows.into_iter().map(|row| suspect::suspect(row, self.caller.region)).collect();
        Ok(Some(pb::PullSuspectsResponse { suspects, resume_token: last.to_string() }))
    }

    async fn turn_page(&mut self) -> Result<(), Refusal> {
        let Some(reading) = self.next.take() else { return Ok(()) };
        let rows = match reading.await {
            Ok(rows) => rows?,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Only a runtime that is shutting down cancels it.
            Err(_) => return Err(Refusal::Unavailable),
        };
        let is_full = u32::try_from(rows.len()).is_ok_and(|count| count >= READ_ROWS);
        self.next = rows.last().filter(|_| is_full).map(|last| self.read(last.sequence));
        self.rows = rows.into_iter();
        Ok(())
    }

    fn read(&self, after: i64) -> Reading {
        let (gateway, caller, within) = (self.gateway.clone(), Arc::clone(&self.caller), self.within);
        let page = async move { gateway.pull_suspects(&caller, within, after, READ_ROWS).await };
        AbortOnDropHandle::new(tokio::spawn(page))
    }
}
