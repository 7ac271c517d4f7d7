//! LedgerService.

use tonic::{Request, Response, Status};

use super::auth::admitted;
use super::convert::violation::Violations;
use super::convert::{field, ledger};
use crate::domain::rights::narrow;
use crate::proto::ledger::v1 as pb;
use crate::workflows::Gateway;
use crate::workflows::record::ledger::{AccountFilter, EntryFilter};

/// The handlers.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) gateway: Gateway,
}

#[tonic::async_trait]
impl pb::ledger_service_server::LedgerService for Ledger {
    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::ListAccountsRequest { slice, kind, page_size, page_token } = request.into_inner();
        let mut violations = Violations::default();
        let kind = ledger::kind_asked(&kind, &mut violations);
        let shown = field::page_size(page_size, &mut violations).unwrap_or_default();
        let after = field::token(&page_token, "page_token", ledger::account_of, &mut violations);
        let slice = ledger::slice(&caller, slice, violations)?;
        // One more than is shown tells whether there is another page.
        let filter = AccountFilter { slice, kind, after, limit: shown.saturating_add(1) };
        let mut found = self.gateway.ledger_accounts(&caller, filter).await?;
        let total = found.len();
        found.truncate(usize::try_from(shown).unwrap_or(usize::MAX));
        let last = found.last().filter(|_| found.len() < total);
        let next_page_token = last.map(|(account, _)| account.to_string()).unwrap_or_default();
        let accounts = found.into_iter().map(ledger::account).collect();
        Ok(Response::new(pb::ListAccountsResponse { accounts, next_page_token }))
    }

    async fn list_entries(
        &self,
        request: Request<pb::ListEntriesRequest>,
    ) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let caller = admitted(&request)?;
        let pb::ListEntriesRequest { slice, account, page_size, page_token } = request.into_inner();
        let mut violations = Violations::default();
        let account = ledger::account_asked(&account, &mut violations);
        let shown = field::page_size(page_size, &mut violations).unwrap_or_default();
        let after = field::token(&page_token, "page_token", field::sequence, &mut violations);
        let slice = ledger::slice(&caller, slice, violations)?;
        let filter = EntryFilter { slice, account, after: after.unwrap_or_default(), limit: shown.saturating_add(1) };
        let mut found = self.gateway.ledger_entries(&caller, filter).await?;
        let total = found.len();
        found.truncate(usize::try_from(shown).unwrap_or(usize::MAX));
        let last = found.last().filter(|_| found.len() < total);
        let next_page_token = last.map(|last| last.sequence.to_string()).unwrap_or_default();
        let entries = found.into_iter().map(ledger::entry).collect();
        Ok(Response::new(pb::ListEntriesResponse { entries, next_page_token }))
    }

    async fn get_trial_balance(
        &self,
        request: Request<pb::GetTrialBalanceRequest>,
    ) -> Result<Response<pb::GetTrialBalanceResponse>, Status> {
        let caller = admitted(&request)?;
        let slice = ledger::slice(&caller, request.into_inner().slice, Violations::default())?;
        let sums = self.gateway.trial_balance(&caller, slice).await?;
        Ok(Response::new(ledger::trial(sums)))
    }

    async fn get_flow(&self, request: Request<pb::GetFlowRequest>) -> Result<Response<pb::GetFlowResponse>, Status> {
        let caller = admitted(&request)?;
        let slice = ledger::slice(&caller, request.into_inner().slice, Violations::default())?;
        let found = self.gateway.fund_flow(&caller, slice).await?;
        Ok(Response::new(ledger::flow(found)?))
    }

    async fn check_ledger(
        &self,
        request: Request<pb::CheckLedgerRequest>,
    ) -> Result<Response<pb::CheckLedgerResponse>, Status> {
        let caller = admitted(&request)?;
        let mut violations = Violations::default();
        let region = field::region(&request.into_inner().region, &mut violations);
        violations.or(Some(()))?;
        let checked = self.gateway.check_ledger(&caller, narrow(&caller, region)?).await?;
        Ok(Response::new(ledger::check(checked)))
    }
}
