//! Finance and the bank together: what a node that moves money talks to. Orders go out once and never again by themselves (I4).

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::bank::Bank;
use super::finance::Finance;
use super::settings::{ConnectorError, RegistrySettings};
use super::stack::{Call, CallError, Health, Rpc};
use super::upstream;
use crate::domain::eligibility::evidence::{MissingCause, Owner};
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::{BankReport, InstructionId, Order};
use crate::domain::pooling::{BatchId, FundingApplication, FundingDecision};
use crate::domain::statement::Statement;

/// Who was asked, and why there is no answer that can be relied upon. Nothing changes on it; it is asked again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", owner.code(), cause.code())]
pub struct Unanswered {
    pub owner: Owner,
    pub cause: MissingCause,
}

/// What finance did with an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It has it, now or since earlier, under its own reference.
    Taken { reference: String },
    /// It has another application under the same id: a person must ask.
    ContentDiffers,
}

/// The clients of finance and the bank. Clones share their connections, limits and breakers.
#[derive(Clone)]
pub struct Treasury {
    finance: Finance,
    bank: Bank,
}

impl Treasury {
    /// Prepares both clients; `None` when neither is configured, and refused when one is without the other. Nothing is dialed before
    /// the first call.
    ///
    /// Must be called within a Tokio runtime, which carries the connections.
    pub fn connect(settings: &RegistrySettings, system: String) -> Result<Option<Self>, ConnectorError> {
        if Owner::MONEY.iter().all(|owner| !settings.contains_key(owner)) {
            return Ok(None);
        }
        let system: Arc<str> = system.into();
        let (finance, finance_channel) = upstream(settings, Owner::Finance, &system)?;
        let (bank, bank_channel) = upstream(settings, Owner::Bank, &system)?;
        Ok(Some(Self { finance: Finance::new(finance, finance_channel), bank: Bank::new(bank, bank_channel) }))
    }

    /// Sends orders to the bank, each in one attempt; one report for each id, and of two orders with one id only the first is sent.
    ///
    /// Whatever is not a plain answer leaves the order unanswered, even where nothing may have been sent: only an inquiry says for
    /// sure that the bank has never had it.
    pub async fn send(&self, orders: Vec<Order>) -> BTreeMap<InstructionId, BankReport> {
        self.bank.send(orders).await
    }

    /// Asks the bank what became of instructions; one report for each id.
    pub async fn inquire(&self, ids: &[InstructionId]) -> BTreeMap<InstructionId, BankReport> {
        self.bank.inquire(ids).await
    }

    /// One statement of an account; `None` until it is issued. Whether its lines come to its totals is [`Statement::verify`]'s to say.
    pub async fn statement(&self, account: &BankAccount, number: u32) -> Result<Option<Statement>, Unanswered> {
        self.bank.statement(account, number).await
    }

    /// Instructions of which something became since `after`, oldest first, and what to go on after. A notice alone says nothing of
    /// money: it is a reason to inquire.
    pub async fn notices(&self, after: &str) -> Result<(Vec<InstructionId>, String), Unanswered> {
        self.bank.notices(after).await
    }

    /// Hands a funding application to finance. It is known by its id, so that sending it again does no harm.
    pub async fn apply(
        &self,
        application: &FundingApplication,
        municipal_account: &BankAccount,
    ) -> Result<Applied, Unanswered> {
        self.finance.apply(application, municipal_account).await
    }

    /// Whether finance and the bank are being asked at present.
    pub fn health(&self) -> [Health; 2] {
        [self.finance.upstream(), self.bank.upstream()].map(|it| it.stack.health())
    }

    /// What finance decided on a batch.
    pub async fn decision(&self, batch: BatchId) -> Result<FundingDecision, Unanswered> {
        self.finance.decision(batch).await
    }

    /// What finance says it moved for a batch in all. Only a statement proves that it is there.
    pub async fn arrivals(&self, batch: BatchId) -> Result<Fen, Unanswered> {
        self.finance.arrivals(batch).await
    }
}

impl Unanswered {
    pub(super) fn new(owner: Owner, cause: MissingCause) -> Self {
        Self { owner, cause }
    }

    /// A call that failed is no answer, whatever its code.
    pub(super) fn failed(owner: Owner, _: CallError) -> Self {
        Self::new(owner, MissingCause::Unavailable)
    }
}

/// One call to finance or the bank. These contracts carry no inquiry; the id only spreads retries.
pub(super) fn call(rpc: &'static str) -> Call {
    Call { rpc: Rpc(rpc), inquiry_id: Uuid::new_v4().to_string() }
}
