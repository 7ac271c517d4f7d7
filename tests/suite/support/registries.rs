//! The five registries, played over real sockets: they know what a test tells them, and misbehave when told to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::common::v1 as common;
use hufu::proto::{awardhistory, credential, employment, insurance, taxregistry};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Status;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

use super::people::{Firm, Graduate};

/// How a registry misbehaves.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Every question fails.
    Down,
    /// Every answer takes this long.
    Slow(Duration),
    /// Answers, but leaves this key out of every batch.
    LeavesOut(String),
    /// Answers every question with this key's record.
    AnswersFor(String),
}

/// The registries. A clone is another handle to the same ones.
#[derive(Clone, Default)]
pub(crate) struct Registries {
    known: Arc<Mutex<Known>>,
}

/// Records by resident identity number or credit code.
#[derive(Default)]
pub(super) struct Known {
    pub(super) accounts: BTreeMap<String, taxregistry::v1::EnterpriseAccounts>,
    pub(super) enrollments: BTreeMap<String, insurance::v1::Enrollment>,
    pub(super) headcounts: BTreeMap<String, insurance::v1::Headcounts>,
    pub(super) credentials: BTreeMap<String, credential::v1::CredentialRecord>,
    pub(super) contributions: BTreeMap<String, insurance::v1::ContributionRecord>,
    pub(super) employment: BTreeMap<String, employment::v1::EmploymentRecord>,
    pub(super) awards: BTreeMap<String, awardhistory::v1::Awards>,
    /// The instant that all say their data are of.
    as_of: Timestamp,
    faults: BTreeMap<Owner, Fault>,
    questions: BTreeMap<Owner, usize>,
}

impl Registries {
    /// Serves all five at one address over mTLS, until the runtime ends.
    pub(crate) async fn serve(&self, identity: Identity, client_ca: Certificate) -> SocketAddr {
        let tls = ServerTlsConfig::new().identity(identity).client_ca_root(client_ca);
        self.serve_from(Server::builder().tls_config(tls).unwrap()).await
    }

    /// The same without TLS.
    pub(crate) async fn serve_plain(&self) -> SocketAddr {
        self.serve_from(Server::builder()).await
    }

    async fn serve_from(&self, mut server: Server) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = server
            .add_service(taxregistry::v1::tax_registry_service_server::TaxRegistryServiceServer::new(self.clone()))
            .add_service(credential::v1::credential_service_server::CredentialServiceServer::new(self.clone()))
            .add_service(insurance::v1::insurance_service_server::InsuranceServiceServer::new(self.clone()))
            .add_service(employment::v1::employment_service_server::EmploymentServiceServer::new(self.clone()))
            .add_service(awardhistory::v1::award_history_service_server::AwardHistoryServiceServer::new(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        address
    }

    /// Dates all answers from now on.
    pub(crate) fn date_answers(&self, as_of: Timestamp) {
        self.known().as_of = as_of;
    }

    /// Makes a registry misbehave from now on.
    pub(crate) fn disturb(&self, owner: Owner, fault: Fault) {
        self.known().faults.insert(owner, fault);
    }

    /// Makes a registry answer as it should again.
    pub(crate) fn mend(&self, owner: Owner) {
        self.known().faults.remove(&owner);
    }

    /// How many questions a registry was asked so far.
    pub(crate) fn questions(&self, owner: Owner) -> usize {
        self.known().questions.get(&owner).copied().unwrap_or_default()
    }

    /// Knows an enterprise, or knows it otherwise from now on.
    pub(crate) fn enter_firm(&self, firm: &Firm) {
        firm.enter(&mut self.known());
    }

    /// Knows a person, or knows them otherwise from now on.
    pub(crate) fn enter_graduate(&self, graduate: &Graduate) {
        graduate.enter(&mut self.known());
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// Looks a batch of keys up, as honestly as the registry's fault lets it: each key with the record given for it.
    pub(super) async fn look_up<R>(
        &self,
        owner: Owner,
        keys: Vec<String>,
        record: impl Fn(&Known, &str) -> R,
    ) -> Result<Vec<(String, R)>, Status> {
        let fault = {
            let mut known = self.known();
            *known.questions.entry(owner).or_default() += 1;
            known.faults.get(&owner).cloned()
        };
        if let Some(Fault::Slow(pause)) = fault {
            tokio::time::sleep(pause).await;
        }
        let known = self.known();
        let honest = |key: String| {
            let found = record(&known, &key);
            (key, found)
        };
        Ok(match fault {
            Some(Fault::Down) => return Err(Status::unavailable("closed for maintenance")),
            Some(Fault::LeavesOut(out)) => keys.into_iter().filter(|key| *key != out).map(honest).collect(),
            Some(Fault::AnswersFor(other)) => keys.into_iter().map(|key| (key, record(&known, &other))).collect(),
            Some(Fault::Slow(_)) | None => keys.into_iter().map(honest).collect(),
        })
    }
}

impl Known {
    /// Where every answer comes from.
    pub(super) fn provenance(&self) -> Option<common::Provenance> {
        let as_of = prost_types::Timestamp { seconds: self.as_of.as_second(), nanos: 0 };
        Some(common::Provenance { as_of: Some(as_of), reference: "fake-registry/1".to_owned() })
    }
}
