//! The student-credential registry (学信网): who holds which diploma (一(二), 二(一)2).

use std::collections::BTreeMap;

use tonic::transport::Channel;

use super::Upstream;
use super::batch::{Asking, Reply, missing};
use super::convert::{self, Read};
use super::settings::{ANSWER_BYTES_MAX, QUESTION_BYTES_MAX};
use crate::domain::eligibility::evidence::{Answer, CredentialRecord, Diploma, InstitutionKind, MissingCause};
use crate::domain::identity::ResidentId;
use crate::proto::common::v1::PersonKey;
use crate::proto::credential::v1 as pb;
use pb::credential_service_client::CredentialServiceClient;

#[derive(Clone)]
pub(super) struct Credential {
    upstream: Upstream,
    client: CredentialServiceClient<Channel>,
}

impl Credential {
    pub(super) fn new(upstream: Upstream, channel: Channel) -> Self {
        let client = CredentialServiceClient::new(channel)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(QUESTION_BYTES_MAX);
        Self { upstream, client }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(super) async fn diplomas(
        &self,
        asked: BTreeMap<ResidentId, PersonKey>,
        asking: Asking<'_>,
    ) -> BTreeMap<ResidentId, Answer<CredentialRecord>> {
        let question = |context, persons| pb::BatchGetDiplomasRequest { context: Some(context), persons };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.batch_get_diplomas(request).await }
        };
        let read =
            |response: pb::BatchGetDiplomasResponse| response.results.into_iter().map(|it| reply(it, asking)).collect();
        self.upstream.ask("BatchGetDiplomas", asking, asked, question, send, read).await
    }
}

fn reply(result: pb::DiplomasResult, asking: Asking<'_>) -> Reply<CredentialRecord> {
    use pb::diplomas_result::Outcome;
    let answer = match result.outcome {
        Some(Outcome::Record(it)) => convert::dated(record(&result.resident_id, it), asking.now),
        Some(Outcome::Error(error)) => missing(convert::item_error(&error)),
        None => missing(MissingCause::Unrecognized),
    };
    (result.resident_id, answer)
}

fn record(asked: &str, record: pb::CredentialRecord) -> Read<convert::Sourced<CredentialRecord>> {
    convert::same(asked, &record.resident_id)?;
    let name = convert::person_name(record.name.as_deref())?;
    let diplomas = record.diplomas.into_iter().map(diploma).collect::<Read<Vec<_>>>()?;
    // A number that is not known can hold nothing.
    if name.is_none() && !diplomas.is_empty() {
        return Err(MissingCause::Unrecognized);
    }
    let diplomas = convert::ordered(diplomas, |it| {
        (
            it.graduated_on,
            it.institution.clone(),
            it.certificate_number.clone(),
            it.institution_kind,
            it.certificate_issued,
        )
    });
    Ok((CredentialRecord { name, diplomas }, record.provenance))
}

fn diploma(diploma: pb::Diploma) -> Read<Diploma> {
    // Of an unknown kind, a diploma counts neither for nor against: the person's record has to wait.
    let institution_kind = match pb::InstitutionKind::try_from(diploma.institution_kind) {
        Ok(pb::InstitutionKind::Regular) => InstitutionKind::Regular,
        Ok(pb::InstitutionKind::Adult) => InstitutionKind::Adult,
        Ok(pb::InstitutionKind::SelfStudy) => InstitutionKind::SelfStudy,
        Ok(pb::InstitutionKind::Online) => InstitutionKind::Online,
        Ok(pb::InstitutionKind::Foreign) => InstitutionKind::Foreign,
        Ok(pb::InstitutionKind::Vocational) => InstitutionKind::Vocational,
        Ok(pb::InstitutionKind::Unspecified) | Err(_) => return Err(MissingCause::Unrecognized),
    };
    Ok(Diploma {
        institution: convert::text(diploma.institution)?,
        institution_kind,
        graduated_on: convert::date(diploma.graduated_on)?,
        certificate_issued: diploma.certificate_issued,
        certificate_number: convert::text_or_empty(diploma.certificate_number)?,
    })
}
