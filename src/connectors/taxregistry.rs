//! The tax department: the only accounts that a subsidy is ever paid to (二(一)1, 二(二)).

use std::collections::BTreeMap;

use jiff::civil::Date;
use tonic::transport::Channel;

use super::Upstream;
use super::batch::{Asking, Reply, missing};
use super::convert::{self, Read};
use super::settings::{ANSWER_BYTES_MAX, QUESTION_BYTES_MAX};
use crate::domain::eligibility::evidence::{Answer, MissingCause, TaxAccounts};
use crate::domain::identity::{BankAccount, EnterpriseName, Uscc};
use crate::proto::taxregistry::v1 as pb;
use pb::tax_registry_service_client::TaxRegistryServiceClient;

#[derive(Clone)]
pub(super) struct TaxRegistry {
    upstream: Upstream,
    client: TaxRegistryServiceClient<Channel>,
}

impl TaxRegistry {
    pub(super) fn new(upstream: Upstream, channel: Channel) -> Self {
        let client = TaxRegistryServiceClient::new(channel)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(QUESTION_BYTES_MAX);
        Self { upstream, client }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(super) async fn accounts(
        &self,
        asked: BTreeMap<Uscc, String>,
        on: Date,
        asking: Asking<'_>,
    ) -> BTreeMap<Uscc, Answer<TaxAccounts>> {
        let question = |context, usccs| pb::BatchGetEnterpriseAccountsRequest {
            context: Some(context),
            usccs,
            on: Some(convert::wire_date(on)),
        };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.batch_get_enterprise_accounts(request).await }
        };
        let read = |response: pb::BatchGetEnterpriseAccountsResponse| {
            response.results.into_iter().map(|it| reply(it, on, asking)).collect()
        };
        self.upstream.ask("BatchGetEnterpriseAccounts", asking, asked, question, send, read).await
    }
}

fn reply(result: pb::EnterpriseAccountsResult, on: Date, asking: Asking<'_>) -> Reply<TaxAccounts> {
    use pb::enterprise_accounts_result::Outcome;
    let answer = match result.outcome {
        Some(Outcome::Accounts(it)) => convert::dated(accounts(&result.uscc, it, on), asking.now),
        Some(Outcome::Error(error)) => missing(convert::item_error(&error)),
        None => missing(MissingCause::Unrecognized),
    };
    (result.uscc, answer)
}

fn accounts(asked: &str, record: pb::EnterpriseAccounts, on: Date) -> Read<convert::Sourced<TaxAccounts>> {
    convert::same(asked, &record.uscc)?;
    let corporate = record.corporate.map_or(Ok(None), |it| account_in_force(it, on))?;
    let contribution = record.contribution.map_or(Ok(None), |it| account_in_force(it, on))?;
    // Only a payment needs the name: one that cannot be read is no reason to hold up a decision.
    let name = EnterpriseName::parse(&record.name).ok();
    Ok((TaxAccounts { corporate, contribution, name }, record.provenance))
}

/// The account, unless it is expired or not yet in force on the day: then the enterprise has none.
fn account_in_force(account: pb::BankAccount, on: Date) -> Read<Option<BankAccount>> {
    let (from, until) = convert::period(account.effective_from, account.effective_until)?;
    let number = BankAccount::parse(&account.number).map_err(|_| MissingCause::Unrecognized)?;
    let is_in_force = from <= on && until.is_none_or(|it| on <= it);
    Ok(is_in_force.then_some(number))
}
