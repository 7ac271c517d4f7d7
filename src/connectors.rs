//! Clients of the other bureaus' systems: ask in batches, believe nothing that is not exactly an answer to what was asked (I5).
//!
//! Every method is total: each key asked about gets an [`Answer`], `Missing` with its cause where nothing can be relied upon. What
//! is refused and why is in `convert.rs`; how a call is bounded, retried and cut off is in `stack.rs`. [`Treasury`] asks finance and
//! the bank, and alone sends what must never be sent twice.

mod awardhistory;
mod bank;
mod batch;
mod convert;
mod credential;
mod employment;
mod finance;
mod insurance;
mod settings;
mod stack;
mod taxregistry;
mod treasury;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use tonic::transport::Channel;
use uuid::Uuid;

use crate::domain::calendar::Month;
use crate::domain::claim::Person;
use crate::domain::eligibility::evidence::{
    Answer, Award, ContributionRecord, CredentialRecord, EmploymentRecord, EnterpriseEnrollment, Headcount, Owner,
    TaxAccounts,
};
use crate::domain::identity::{ResidentId, Uscc};
use batch::{Asking, enterprises, persons};
use stack::Stack;

pub use crate::transport::client::ClientTls;
pub use settings::{ConnectorError, Limits, RegistrySettings, UpstreamSettings};
pub use stack::{BreakerState, Health};
pub use treasury::{Applied, Treasury, Unanswered};

/// What records are read for; each upstream is told, and may log and refuse on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To assess a claim for a subsidy.
    AssessClaim,
    /// To check a claim without submitting it.
    CheckClaim,
    /// To look into a suspect.
    Investigate,
}

/// Why records are read. A new one for each time that somebody asks: retries within a call keep its id, asking again later does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    pub purpose: Purpose,
    /// The clause that gives the right to ask, e.g. `聊人社字〔2022〕32号 二(一)`.
    pub legal_basis: String,
    pub id: Uuid,
}

/// The five registries. Clones share their connections, limits and breakers.
#[derive(Clone)]
pub struct Registries {
    tax_registry: taxregistry::TaxRegistry,
    credential: credential::Credential,
    insurance: insurance::Insurance,
    employment: employment::Employment,
    award_history: awardhistory::AwardHistory,
}

/// The upstream of an owner, and the connection to it.
fn upstream(
    settings: &RegistrySettings,
    owner: Owner,
    asking_system: &Arc<str>,
) -> Result<(Upstream, Channel), ConnectorError> {
    let settings = settings.get(&owner).ok_or(ConnectorError::NotConfigured(owner))?;
    let channel = settings::channel(owner, settings)?;
    let stack = Stack::new(owner, &settings.limits)?;
    Ok((Upstream { stack, asking_system: Arc::clone(asking_system) }, channel))
}

impl Registries {
    /// Prepares the five clients. Nothing is dialed before the first question, so an upstream that is down fails no start.
    ///
    /// Must be called within a Tokio runtime, which carries the connections.
    pub fn connect(settings: &RegistrySettings, asking_system: String) -> Result<Self, ConnectorError> {
        let asking_system: Arc<str> = asking_system.into();
        let upstream = |owner| upstream(settings, owner, &asking_system);
        let (tax_registry, tax_channel) = upstream(Owner::TaxRegistry)?;
        let (credential, credential_channel) = upstream(Owner::Credential)?;
        let (insurance, insurance_channel) = upstream(Owner::Insurance)?;
        let (employment, employment_channel) = upstream(Owner::Employment)?;
        let (award_history, award_channel) = upstream(Owner::AwardHistory)?;
        Ok(Self {
            tax_registry: taxregistry::TaxRegistry::new(tax_registry, tax_channel),
            credential: credential::Credential::new(credential, credential_channel),
            insurance: insurance::Insurance::new(insurance, insurance_channel),
            employment: employment::Employment::new(employment, employment_channel),
            award_history: awardhistory::AwardHistory::new(award_history, award_channel),
        })
    }

    /// The accounts that the tax department names and that are in force on a day (二(一), 二(二)).
    pub async fn tax_accounts(
        &self,
        usccs: &[Uscc],
        on: Date,
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> BTreeMap<Uscc, Answer<TaxAccounts>> {
        self.tax_registry.accounts(enterprises(usccs), on, Asking { inquiry, now }).await
    }

    /// Diplomas.
    pub async fn credentials(
        &self,
        asked: &[Person],
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> BTreeMap<ResidentId, Answer<CredentialRecord>> {
        self.credential.diplomas(persons(asked), Asking { inquiry, now }).await
    }

    /// Contributions over some months, both included. A span that the contract does not allow is not asked.
    pub async fn contributions(
        &self,
        asked: &[Person],
        from: Month,
        until: Month,
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> BTreeMap<ResidentId, Answer<ContributionRecord>> {
        self.insurance.contributions(persons(asked), (from, until), Asking { inquiry, now }).await
    }

    /// How enterprises are enrolled.
    ///
    /// The definite answer that an enterprise is not enrolled has no place in the evidence yet, and is missing as unrecognized.
    pub async fn enrollments(
        &self,
        usccs: &[Uscc],
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> BTreeMap<Uscc, Answer<EnterpriseEnrollment>> {
        self.insurance.enrollments(enterprises(usccs), Asking { inquiry, now }).await
    }

    /// Headcounts over some months, both included. A span that the contract does not allow is not asked.
    pub async fn headcounts(
        &self,
        usccs: &[Uscc],
        from: Month,
        until: Month,
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> BTreeMap<Uscc, Answer<BTreeMap<Month, Headcount>>> {
        self.insurance.headcounts(enterprises(usccs), (from, until), Asking { inquiry, now }).await
    }

    /// Employment registrations and employment contracts.
    pub async fn employment(
        &self,
        asked: &[Person],
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> BTreeMap<ResidentId, Answer<EmploymentRecord>> {
        self.employment.records(persons(asked), Asking { inquiry, now }).await
    }

    /// Subsidies already received for persons.
    pub async fn person_awards(
        &self,
        asked: &[Person],
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> BTreeMap<ResidentId, Answer<Vec<Award>>> {
        self.award_history.of_persons(persons(asked), Asking { inquiry, now }).await
    }

    /// Subsidies that enterprises already received for themselves.
    pub async fn enterprise_awards(
        &self,
        usccs: &[Uscc],
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> BTreeMap<Uscc, Answer<Vec<Award>>> {
        self.award_history.of_enterprises(enterprises(usccs), Asking { inquiry, now }).await
    }

    /// Whether each upstream is being asked at present, in the order of [`Owner::UPSTREAMS`].
    pub fn health(&self) -> Vec<Health> {
        [
            self.tax_registry.upstream(),
            self.credential.upstream(),
            self.insurance.upstream(),
            self.employment.upstream(),
            self.award_history.upstream(),
        ]
        .map(|it| it.stack.health())
        .to_vec()
    }
}

/// What all questions to one upstream share.
#[derive(Clone)]
struct Upstream {
    stack: Stack,
    asking_system: Arc<str>,
}
