//! The five contracts as one scripted server: each RPC does what the test tells it, and remembers how often it was called.

use std::future::Future;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use hufu::connectors::{Limits, Registries};
use hufu::proto::awardhistory::v1 as awardhistory;
use hufu::proto::credential::v1 as credential;
use hufu::proto::employment::v1 as employment;
use hufu::proto::insurance::v1 as insurance;
use hufu::proto::taxregistry::v1 as taxregistry;
use tokio::net::TcpListener;
use tokio_stream::Empty;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

type Scripted<Req, Res> = Arc<dyn Fn(Req, usize) -> BoxFuture<'static, Result<Res, Status>> + Send + Sync>;

/// One RPC: what it does, and what has reached it.
pub(super) struct Rpc<Req, Res> {
    script: Mutex<Option<Scripted<Req, Res>>>,
    seen: Mutex<Vec<(MetadataMap, Req)>>,
}

impl<Req, Res> Default for Rpc<Req, Res> {
    fn default() -> Self {
        Self { script: Mutex::default(), seen: Mutex::default() }
    }
}

impl<Req: Clone, Res: Send + 'static> Rpc<Req, Res> {
    /// Sets what is done with a request, given its number, which counts from 1.
    pub(super) fn does<F, Fut>(&self, script: F)
    where
        F: Fn(Req, usize) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Res, Status>> + Send + 'static,
    {
        *self.script.lock().unwrap() = Some(Arc::new(move |request, number| Box::pin(script(request, number))));
    }

    /// Sets what is answered at once.
    pub(super) fn answers(&self, script: impl Fn(Req, usize) -> Result<Res, Status> + Send + Sync + 'static) {
        self.does(move |request, number| std::future::ready(script(request, number)));
    }

    /// How many requests have reached the server.
    pub(super) fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(super) fn seen<T>(&self, look: impl Fn(&MetadataMap, &Req) -> T) -> Vec<T> {
        self.seen.lock().unwrap().iter().map(|(metadata, request)| look(metadata, request)).collect()
    }

    pub(super) async fn handle(&self, request: Request<Req>) -> Result<Response<Res>, Status> {
        let (metadata, _, message) = request.into_parts();
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.push((metadata, message.clone()));
            seen.len()
        };
        let script = self.script.lock().unwrap().clone();
        let script = script.ok_or_else(|| Status::unimplemented("no script"))?;
        script(message, number).await.map(Response::new)
    }
}

/// All RPCs that are asked.
#[derive(Default)]
pub(super) struct Fake {
    pub(super) accounts:
        Rpc<taxregistry::BatchGetEnterpriseAccountsRequest, taxregistry::BatchGetEnterpriseAccountsResponse>,
    pub(super) diplomas: Rpc<credential::BatchGetDiplomasRequest, credential::BatchGetDiplomasResponse>,
    pub(super) contributions: Rpc<insurance::BatchGetContributionsRequest, insurance::BatchGetContributionsResponse>,
    pub(super) enrollments: Rpc<insurance::BatchGetEnrollmentsRequest, insurance::BatchGetEnrollmentsResponse>,
    pub(super) headcounts: Rpc<insurance::BatchGetHeadcountsRequest, insurance::BatchGetHeadcountsResponse>,
    pub(super) employment: Rpc<employment::BatchGetEmploymentRequest, employment::BatchGetEmploymentResponse>,
    pub(super) person_awards:
        Rpc<awardhistory::BatchGetPersonAwardsRequest, awardhistory::BatchGetPersonAwardsResponse>,
    pub(super) enterprise_awards:
        Rpc<awardhistory::BatchGetEnterpriseAwardsRequest, awardhistory::BatchGetEnterpriseAwardsResponse>,
}

impl Fake {
    /// A fake behind a plain socket, and clients of it.
    pub(super) async fn with(limits: &Limits) -> (Arc<Self>, Registries) {
        let fake = Arc::new(Self::default());
        let address = fake.serve(Server::builder()).await;
        let registries = super::registries(&format!("http://{address}"), None, limits).unwrap();
        (fake, registries)
    }

    /// Serves until the test ends.
    pub(super) async fn serve(self: &Arc<Self>, server: Server) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.serve_at(listener, server);
        address
    }

    pub(super) fn serve_at(self: &Arc<Self>, listener: TcpListener, mut server: Server) {
        let routes = Routes::default()
            .add_service(taxregistry::tax_registry_service_server::TaxRegistryServiceServer::from_arc(Arc::clone(self)))
            .add_service(credential::credential_service_server::CredentialServiceServer::from_arc(Arc::clone(self)))
            .add_service(insurance::insurance_service_server::InsuranceServiceServer::from_arc(Arc::clone(self)))
            .add_service(employment::employment_service_server::EmploymentServiceServer::from_arc(Arc::clone(self)))
            .add_service(awardhistory::award_history_service_server::AwardHistoryServiceServer::from_arc(Arc::clone(
                self,
            )));
        let served = server.add_routes(routes).serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(served);
    }
}

/// An RPC of the contracts that nobody here asks.
fn unasked<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("never asked"))
}

#[tonic::async_trait]
impl taxregistry::tax_registry_service_server::TaxRegistryService for Fake {
    async fn get_enterprise_accounts(
        &self,
        _: Request<taxregistry::GetEnterpriseAccountsRequest>,
    ) -> Result<Response<taxregistry::GetEnterpriseAccountsResponse>, Status> {
        unasked()
    }

    async fn batch_get_enterprise_accounts(
        &self,
        request: Request<taxregistry::BatchGetEnterpriseAccountsRequest>,
    ) -> Result<Response<taxregistry::BatchGetEnterpriseAccountsResponse>, Status> {
        self.accounts.handle(request).await
    }
}

#[tonic::async_trait]
impl credential::credential_service_server::CredentialService for Fake {
    async fn batch_get_diplomas(
        &self,
        request: Request<credential::BatchGetDiplomasRequest>,
    ) -> Result<Response<credential::BatchGetDiplomasResponse>, Status> {
        self.diplomas.handle(request).await
    }

    type StreamGraduatesStream = Empty<Result<credential::StreamGraduatesResponse, Status>>;

    async fn stream_graduates(
        &self,
        _: Request<credential::StreamGraduatesRequest>,
    ) -> Result<Response<Self::StreamGraduatesStream>, Status> {
        unasked()
    }
}

#[tonic::async_trait]
impl insurance::insurance_service_server::InsuranceService for Fake {
    async fn batch_get_contributions(
        &self,
        request: Request<insurance::BatchGetContributionsRequest>,
    ) -> Result<Response<insurance::BatchGetContributionsResponse>, Status> {
        self.contributions.handle(request).await
    }

    async fn batch_get_enrollments(
        &self,
        request: Request<insurance::BatchGetEnrollmentsRequest>,
    ) -> Result<Response<insurance::BatchGetEnrollmentsResponse>, Status> {
        self.enrollments.handle(request).await
    }

    async fn batch_get_headcounts(
        &self,
        request: Request<insurance::BatchGetHeadcountsRequest>,
    ) -> Result<Response<insurance::BatchGetHeadcountsResponse>, Status> {
        self.headcounts.handle(request).await
    }

    type StreamRosterStream = Empty<Result<insurance::StreamRosterResponse, Status>>;

    async fn stream_roster(
        &self,
        _: Request<insurance::StreamRosterRequest>,
    ) -> Result<Response<Self::StreamRosterStream>, Status> {
        unasked()
    }

    type StreamNewlyInsuredStream = Empty<Result<insurance::StreamNewlyInsuredResponse, Status>>;

    async fn stream_newly_insured(
        &self,
        _: Request<insurance::StreamNewlyInsuredRequest>,
    ) -> Result<Response<Self::StreamNewlyInsuredStream>, Status> {
        unasked()
    }
}

#[tonic::async_trait]
impl employment::employment_service_server::EmploymentService for Fake {
    async fn batch_get_employment(
        &self,
        request: Request<employment::BatchGetEmploymentRequest>,
    ) -> Result<Response<employment::BatchGetEmploymentResponse>, Status> {
        self.employment.handle(request).await
    }
}

#[tonic::async_trait]
impl awardhistory::award_history_service_server::AwardHistoryService for Fake {
    async fn batch_get_person_awards(
        &self,
        request: Request<awardhistory::BatchGetPersonAwardsRequest>,
    ) -> Result<Response<awardhistory::BatchGetPersonAwardsResponse>, Status> {
        self.person_awards.handle(request).await
    }

    async fn batch_get_enterprise_awards(
        &self,
        request: Request<awardhistory::BatchGetEnterpriseAwardsRequest>,
    ) -> Result<Response<awardhistory::BatchGetEnterpriseAwardsResponse>, Status> {
        self.enterprise_awards.handle(request).await
    }
}
