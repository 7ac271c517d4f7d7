//! The history of subsidies already received.

use tonic::{Request, Response, Status};

use super::desk::{Desk, Inquiry};
use super::wire;
use crate::domain::eligibility::evidence::Award;
use crate::proto::awardhistory::v1 as pb;
use crate::sandbox::faults::Fault;

pub(super) struct AwardHistory(pub(super) Desk);

#[tonic::async_trait]
impl pb::award_history_service_server::AwardHistoryService for AwardHistory {
    async fn batch_get_person_awards(
        &self,
        request: Request<pb::BatchGetPersonAwardsRequest>,
    ) -> Result<Response<pb::BatchGetPersonAwardsResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let results = self.0.persons(&inquiry, request.persons)?.into_iter().map(|question| {
            let known = self.0.person(&question.about);
            let outcome = match known.map(|resident| resident.map_or(&[][..], |it| &it.awards)) {
                Ok(had) => pb::person_awards_result::Outcome::Awards(awards(&inquiry, question.about, had)),
                Err(error) => pb::person_awards_result::Outcome::Error(error),
            };
            pb::PersonAwardsResult { resident_id: question.asked, outcome: Some(outcome) }
        });
        Ok(Response::new(pb::BatchGetPersonAwardsResponse { results: results.collect() }))
    }

    async fn batch_get_enterprise_awards(
        &self,
        request: Request<pb::BatchGetEnterpriseAwardsRequest>,
    ) -> Result<Response<pb::BatchGetEnterpriseAwardsResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let results = self.0.enterprises(&inquiry, request.usccs)?.into_iter().map(|question| {
            let known = self.0.enterprise(&question.about);
            let outcome = match known.map(|enterprise| enterprise.map_or(&[][..], |it| &it.awards)) {
                Ok(had) => pb::enterprise_awards_result::Outcome::Awards(awards(&inquiry, question.about, had)),
                Err(error) => pb::enterprise_awards_result::Outcome::Error(error),
            };
            pb::EnterpriseAwardsResult { uscc: question.asked, outcome: Some(outcome) }
        });
        Ok(Response::new(pb::BatchGetEnterpriseAwardsResponse { results: results.collect() }))
    }
}

fn awards(inquiry: &Inquiry, subject: String, had: &[Award]) -> pb::Awards {
    // Entitled to everything means that nobody ever had anything.
    let had = if inquiry.fault == Fault::AllYes { &[] } else { had };
    let mut awards: Vec<pb::Award> = had.iter().map(|it| award(inquiry, it)).collect();
    if inquiry.fault == Fault::UnknownEnum && awards.is_empty() {
        awards.push(pb::Award { kind: wire::UNKNOWN_ENUM, ..pb::Award::default() });
    }
    pb::Awards { subject, awards, provenance: Some(inquiry.provenance.clone()) }
}

fn award(inquiry: &Inquiry, award: &Award) -> pb::Award {
    pb::Award {
        kind: inquiry.raw(wire::award_kind(award.kind)),
        uscc: award.enterprise.as_str().to_owned(),
        region: award.region.as_str().to_owned(),
        awarded_on: Some(wire::date(award.awarded_on)),
        reference: award.reference.clone(),
    }
}
