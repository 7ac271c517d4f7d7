//! The employment system: employment registrations and employment contracts (一(二), 二(一)2).

use std::collections::BTreeMap;

use tonic::transport::Channel;

use super::Upstream;
use super::batch::{Asking, Reply, missing};
use super::convert::{self, Read};
use super::settings::{ANSWER_BYTES_MAX, QUESTION_BYTES_MAX};
use crate::domain::eligibility::evidence::{
    Answer, EmploymentContract, EmploymentRecord, EmploymentRegistration, MissingCause,
};
use crate::domain::identity::ResidentId;
use crate::proto::common::v1::PersonKey;
use crate::proto::employment::v1 as pb;
use pb::employment_service_client::EmploymentServiceClient;

#[derive(Clone)]
pub(super) struct Employment {
    upstream: Upstream,
    client: EmploymentServiceClient<Channel>,
}

impl Employment {
    pub(super) fn new(upstream: Upstream, channel: Channel) -> Self {
        let client = EmploymentServiceClient::new(channel)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(QUESTION_BYTES_MAX);
        Self { upstream, client }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(super) async fn records(
        &self,
        asked: BTreeMap<ResidentId, PersonKey>,
        asking: Asking<'_>,
    ) -> BTreeMap<ResidentId, Answer<EmploymentRecord>> {
        let question = |context, persons| pb::BatchGetEmploymentRequest { context: Some(context), persons };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.batch_get_employment(request).await }
        };
        let read = |response: pb::BatchGetEmploymentResponse| {
            response.results.into_iter().map(|it| reply(it, asking)).collect()
        };
        self.upstream.ask("BatchGetEmployment", asking, asked, question, send, read).await
    }
}

fn reply(result: pb::EmploymentResult, asking: Asking<'_>) -> Reply<EmploymentRecord> {
    use pb::employment_result::Outcome;
    let answer = match result.outcome {
        Some(Outcome::Record(it)) => convert::dated(record(&result.resident_id, it), asking.now),
        Some(Outcome::Error(error)) => missing(convert::item_error(&error)),
        None => missing(MissingCause::Unrecognized),
    };
    (result.resident_id, answer)
}

fn record(asked: &str, record: pb::EmploymentRecord) -> Read<convert::Sourced<EmploymentRecord>> {
    convert::same(asked, &record.resident_id)?;
    let registrations = record.registrations.into_iter().map(registration).collect::<Read<Vec<_>>>()?;
    let contracts = record.contracts.into_iter().map(contract).collect::<Read<Vec<_>>>()?;
    let record_read = EmploymentRecord {
        registrations: convert::ordered(registrations, |it| (it.registered_on, it.enterprise.clone())),
        contracts: convert::ordered(contracts, |it| (it.from, it.enterprise.clone(), it.until, it.signed)),
    };
    Ok((record_read, record.provenance))
}

fn registration(registration: pb::EmploymentRegistration) -> Read<EmploymentRegistration> {
    Ok(EmploymentRegistration {
        enterprise: convert::uscc(&registration.uscc)?,
        registered_on: convert::date(registration.registered_on)?,
    })
}

fn contract(contract: pb::EmploymentContract) -> Read<EmploymentContract> {
    let (from, until) = convert::period(contract.from, contract.until)?;
    Ok(EmploymentContract { enterprise: convert::uscc(&contract.uscc)?, from, until, signed: contract.signed })
}
