//! The social-insurance database: contributions, enrollments and headcounts (二(一), 五(一)).

use std::collections::BTreeMap;

use tonic::transport::Channel;

use super::Upstream;
use super::batch::{Asking, Key, Reply, missing};
use super::convert;
use super::settings::{ANSWER_BYTES_MAX, QUESTION_BYTES_MAX};
use crate::domain::calendar::Month;
use crate::domain::eligibility::evidence::{Answer, ContributionRecord, EnterpriseEnrollment, Headcount, MissingCause};
use crate::domain::identity::{ResidentId, Uscc};
use crate::proto::common::v1::PersonKey;
use crate::proto::insurance::v1 as pb;
use pb::insurance_service_client::InsuranceServiceClient;

mod enterprise;
mod person;

/// The last month may be this many months after the first, by contract.
const MONTHS_AFTER_MAX: usize = 24;

#[derive(Clone)]
pub(super) struct Insurance {
    upstream: Upstream,
    client: InsuranceServiceClient<Channel>,
}

/// First and last month, both included.
type Span = (Month, Month);

impl Insurance {
    pub(super) fn new(upstream: Upstream, channel: Channel) -> Self {
        let client = InsuranceServiceClient::new(channel)
            .max_decoding_message_size(ANSWER_BYTES_MAX)
            .max_encoding_message_size(QUESTION_BYTES_MAX);
        Self { upstream, client }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(super) async fn contributions(
        &self,
        asked: BTreeMap<ResidentId, PersonKey>,
        span: Span,
        asking: Asking<'_>,
    ) -> BTreeMap<ResidentId, Answer<ContributionRecord>> {
        if !is_allowed(span) {
            return not_asked(asked);
        }
        let question = |context, persons| pb::BatchGetContributionsRequest {
            context: Some(context),
            persons,
            from: Some(convert::wire_month(span.0)),
            until: Some(convert::wire_month(span.1)),
        };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.batch_get_contributions(request).await }
        };
        let read = |response: pb::BatchGetContributionsResponse| {
            response.results.into_iter().map(|it| contributions_reply(it, span, asking)).collect()
        };
        self.upstream.ask("BatchGetContributions", asking, asked, question, send, read).await
    }

    pub(super) async fn enrollments(
        &self,
        asked: BTreeMap<Uscc, String>,
        asking: Asking<'_>,
    ) -> BTreeMap<Uscc, Answer<EnterpriseEnrollment>> {
        let question = |context, usccs| pb::BatchGetEnrollmentsRequest { context: Some(context), usccs };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.batch_get_enrollments(request).await }
        };
        let read = |response: pb::BatchGetEnrollmentsResponse| {
            response.results.into_iter().map(|it| enrollment_reply(it, asking)).collect()
        };
        self.upstream.ask("BatchGetEnrollments", asking, asked, question, send, read).await
    }

    pub(super) async fn headcounts(
        &self,
        asked: BTreeMap<Uscc, String>,
        span: Span,
        asking: Asking<'_>,
    ) -> BTreeMap<Uscc, Answer<BTreeMap<Month, Headcount>>> {
        if !is_allowed(span) {
            return not_asked(asked);
        }
        let question = |context, usccs| pb::BatchGetHeadcountsRequest {
            context: Some(context),
            usccs,
            from: Some(convert::wire_month(span.0)),
            until: Some(convert::wire_month(span.1)),
        };
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.batch_get_headcounts(request).await }
        };
        let read = |response: pb::BatchGetHeadcountsResponse| {
            response.results.into_iter().map(|it| headcounts_reply(it, span, asking)).collect()
        };
        self.upstream.ask("BatchGetHeadcounts", asking, asked, question, send, read).await
    }
}

fn is_allowed((from, until): Span) -> bool {
    from <= until && from.iter_to(until).nth(MONTHS_AFTER_MAX + 1).is_none()
}

fn not_asked<K: Key, W, T>(asked: BTreeMap<K, W>) -> BTreeMap<K, Answer<T>> {
    asked.into_keys().map(|key| (key, missing(MissingCause::NotAsked))).collect()
}

fn contributions_reply(result: pb::ContributionsResult, span: Span, asking: Asking<'_>) -> Reply<ContributionRecord> {
    use pb::contributions_result::Outcome;
    let answer = match result.outcome {
        Some(Outcome::Record(it)) => convert::dated(person::record(&result.resident_id, it, span), asking.now),
        Some(Outcome::Error(error)) => missing(convert::item_error(&error)),
        None => missing(MissingCause::Unrecognized),
    };
    (result.resident_id, answer)
}

fn enrollment_reply(result: pb::EnrollmentResult, asking: Asking<'_>) -> Reply<EnterpriseEnrollment> {
    use pb::enrollment_result::Outcome;
    let answer = match result.outcome {
        Some(Outcome::Enrollment(it)) => convert::dated(enterprise::enrollment(&result.uscc, it), asking.now),
        Some(Outcome::Error(error)) => missing(convert::item_error(&error)),
        // The evidence cannot say "not enrolled" yet; until it can, the claim waits rather than being refused on a guess.
        Some(Outcome::NotEnrolled(_)) | None => missing(MissingCause::Unrecognized),
    };
    (result.uscc, answer)
}

fn headcounts_reply(result: pb::HeadcountsResult, span: Span, asking: Asking<'_>) -> Reply<BTreeMap<Month, Headcount>> {
    use pb::headcounts_result::Outcome;
    let answer = match result.outcome {
        Some(Outcome::Headcounts(it)) => convert::dated(enterprise::headcounts(&result.uscc, it, span), asking.now),
        Some(Outcome::Error(error)) => missing(convert::item_error(&error)),
        None => missing(MissingCause::Unrecognized),
    };
    (result.uscc, answer)
}
