//! The tax department's registry of bank accounts.

use jiff::civil::{Date, date};
use tonic::{Request, Response, Status};

use super::desk::{self, Desk, Inquiry, Outcome};
use super::wire;
use crate::proto::taxregistry::v1 as pb;
use crate::sandbox::faults::Fault;
use crate::sandbox::population::{Account, Enterprise};

pub(super) struct TaxRegistry(pub(super) Desk);

#[tonic::async_trait]
impl pb::tax_registry_service_server::TaxRegistryService for TaxRegistry {
    async fn get_enterprise_accounts(
        &self,
        request: Request<pb::GetEnterpriseAccountsRequest>,
    ) -> Result<Response<pb::GetEnterpriseAccountsResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let on = wire::required_date("on", request.on)?;
        let mut questions = self.0.enterprises(&inquiry, vec![request.uscc])?;
        // A partial answer has nothing to leave out but the accounts themselves.
        let Some(question) = questions.pop() else {
            return Ok(Response::new(pb::GetEnterpriseAccountsResponse { accounts: None }));
        };
        let enterprise = self.0.enterprise(&question.about);
        match enterprise.map_err(|error| Status::invalid_argument(format!("uscc: {}", error.message)))? {
            Some(enterprise) => {
                let accounts = Some(self.accounts(&inquiry, enterprise, on));
                Ok(Response::new(pb::GetEnterpriseAccountsResponse { accounts }))
            }
            None => Err(Status::not_found("the registry does not know this enterprise")),
        }
    }

    async fn batch_get_enterprise_accounts(
        &self,
        request: Request<pb::BatchGetEnterpriseAccountsRequest>,
    ) -> Result<Response<pb::BatchGetEnterpriseAccountsResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let on = wire::required_date("on", request.on)?;
        let answer = |about: &str| -> Outcome<pb::EnterpriseAccounts> {
            if inquiry.fault == Fault::UnknownEnum {
                return Err(desk::unknown_item_error());
            }
            let enterprise = self.0.enterprise(about)?.ok_or_else(|| desk::invalid("enterprise not registered"))?;
            Ok(self.accounts(&inquiry, enterprise, on))
        };
        let results = self.0.enterprises(&inquiry, request.usccs)?.into_iter().map(|question| {
            let outcome = match answer(&question.about) {
                Ok(accounts) => pb::enterprise_accounts_result::Outcome::Accounts(accounts),
                Err(error) => pb::enterprise_accounts_result::Outcome::Error(error),
            };
            pb::EnterpriseAccountsResult { uscc: question.asked, outcome: Some(outcome) }
        });
        Ok(Response::new(pb::BatchGetEnterpriseAccountsResponse { results: results.collect() }))
    }
}

impl TaxRegistry {
    fn accounts(&self, inquiry: &Inquiry, enterprise: &Enterprise, on: Date) -> pb::EnterpriseAccounts {
        let in_force = |account: &Option<Account>| {
            account.as_ref().filter(|account| account.effective_from <= on).map(|account| pb::BankAccount {
                number: account.number.as_str().to_owned(),
                bank_name: account.bank.clone(),
                effective_from: Some(wire::date(account.effective_from)),
                effective_until: None,
            })
        };
        let mut corporate = match self.0.corrections.corporate(&enterprise.uscc) {
            None => in_force(&enterprise.corporate),
            Some(corrected) => corrected.map(|number| pb::BankAccount {
                number: number.as_str().to_owned(),
                bank_name: "中国银行".to_owned(),
                effective_from: Some(wire::date(on)),
                effective_until: None,
            }),
        };
        if inquiry.fault == Fault::AllYes {
            corporate.get_or_insert_with(|| pb::BankAccount {
                number: "6220000000000000001".to_owned(),
                bank_name: "中国银行".to_owned(),
                effective_from: Some(wire::date(date(2020, 1, 1))),
                effective_until: None,
            });
        }
        pb::EnterpriseAccounts {
            uscc: enterprise.uscc.as_str().to_owned(),
            name: enterprise.name.as_str().to_owned(),
            corporate,
            contribution: in_force(&enterprise.contribution),
            provenance: Some(inquiry.provenance.clone()),
        }
    }
}
