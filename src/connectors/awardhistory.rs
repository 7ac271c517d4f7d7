//! The award history: subsidies already received elsewhere (二(一)2, 五(二), 六(三)).

use std::collections::BTreeMap;

use tonic::transport::Channel;

use super::Upstream;
use super::batch::{Asking, Reply, missing};
use super::convert::{self, Read};
use super::settings::{ANSWER_BYTES_MAX, QUESTION_BYTES_MAX};
use crate::domain::eligibility::evidence::{Answer, Award, AwardKind, MissingCause};
use crate::domain::identity::{ResidentId, Uscc};
use crate::proto::awardhistory::v1 as pb;
use crate::proto::common::v1::PersonKey;
use pb::award_history_service_client::AwardHistoryServiceClient;

#[derive(Clone)]
pub(super) struct AwardHistory {
    upstream: Upstream,
    client: AwardHistoryServiceClient<Channel>,
}

impl AwardHistory {
    pub(super) fn new(upstream: Upstream, channel: Channel) -> Self {
        let client = AwardHistoryServiceClient::new(channel)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(QUESTION_BYTES_MAX);
        Self { upstream, client }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(super) async fn of_persons(
        &self,
        asked: BTreeMap<ResidentId, PersonKey>,
        asking: Asking<'_>,
    ) -> BTreeMap<ResidentId, Answer<Vec<Award>>> {
        let question = |context, persons| pb::BatchGetPersonAwardsRequest { context: Some(context), persons };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.batch_get_person_awards(request).await }
        };
        let read = |response: pb::BatchGetPersonAwardsResponse| {
            response.results.into_iter().map(|it| person_reply(it, asking)).collect()
        };
        self.upstream.ask("BatchGetPersonAwards", asking, asked, question, send, read).await
    }

    pub(super) async fn of_enterprises(
        &self,
        asked: BTreeMap<Uscc, String>,
        asking: Asking<'_>,
    ) -> BTreeMap<Uscc, Answer<Vec<Award>>> {
        let question = |context, usccs| pb::BatchGetEnterpriseAwardsRequest { context: Some(context), usccs };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.batch_get_enterprise_awards(request).await }
        };
        let read = |response: pb::BatchGetEnterpriseAwardsResponse| {
            response.results.into_iter().map(|it| enterprise_reply(it, asking)).collect()
        };
        self.upstream.ask("BatchGetEnterpriseAwards", asking, asked, question, send, read).await
    }
}

fn person_reply(result: pb::PersonAwardsResult, asking: Asking<'_>) -> Reply<Vec<Award>> {
    use pb::person_awards_result::Outcome;
    let answer = match result.outcome {
        Some(Outcome::Awards(it)) => convert::dated(awards(&result.resident_id, it), asking.now),
        Some(Outcome::Error(error)) => missing(convert::item_error(&error)),
        None => missing(MissingCause::Unrecognized),
    };
    (result.resident_id, answer)
}

fn enterprise_reply(result: pb::EnterpriseAwardsResult, asking: Asking<'_>) -> Reply<Vec<Award>> {
    use pb::enterprise_awards_result::Outcome;
    let answer = match result.outcome {
        Some(Outcome::Awards(it)) => convert::dated(own_awards(&result.uscc, it), asking.now),
        Some(Outcome::Error(error)) => missing(convert::item_error(&error)),
        None => missing(MissingCause::Unrecognized),
    };
    (result.uscc, answer)
}

/// The awards of an enterprise for itself: each must have gone to it.
fn own_awards(asked: &str, record: pb::Awards) -> Read<convert::Sourced<Vec<Award>>> {
    let (awards, provenance) = awards(asked, record)?;
    for award in &awards {
        convert::same(asked, award.enterprise.as_str())?;
    }
    Ok((awards, provenance))
}

fn awards(asked: &str, record: pb::Awards) -> Read<convert::Sourced<Vec<Award>>> {
    convert::same(asked, &record.subject)?;
    let awards = record.awards.into_iter().map(award).collect::<Read<Vec<_>>>()?;
    let awards =
        convert::ordered(awards, |it| (it.awarded_on, it.kind, it.enterprise.clone(), it.region, it.reference.clone()));
    Ok((awards, record.provenance))
}

fn award(award: pb::Award) -> Read<Award> {
    let kind = match pb::AwardKind::try_from(award.kind) {
        Ok(pb::AwardKind::JobExpansion) => AwardKind::JobExpansion,
        Ok(pb::AwardKind::HiringSubsidy) => AwardKind::HiringSubsidy,
        Ok(pb::AwardKind::RetentionTraining) => AwardKind::RetentionTraining,
        Ok(pb::AwardKind::Unspecified) | Err(_) => return Err(MissingCause::Unrecognized),
    };
    Ok(Award {
        kind,
        enterprise: convert::uscc(&award.uscc)?,
        region: convert::region(&award.region)?,
        awarded_on: convert::date(award.awarded_on)?,
        // Without it nobody can tell whether a claim of this node caused the award, and the claim would accuse itself.
        reference: convert::text(award.reference)?,
    })
}
