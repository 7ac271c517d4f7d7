//! The upstream contracts over what the played registries know. Whoever is not known has no records, which is an answer.

use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::common::v1::PersonKey;
use hufu::proto::{awardhistory, credential, employment, insurance, taxregistry};
use tonic::{Request, Response, Status};

use super::registries::Registries;

type Answered<T> = Result<Response<T>, Status>;
type Streamed<T> = Answered<tokio_stream::Empty<Result<T, Status>>>;

fn numbers(persons: Vec<PersonKey>) -> Vec<String> {
    persons.into_iter().map(|person| person.resident_id).collect()
}

fn not_played<T>() -> Result<T, Status> {
    Err(Status::unimplemented("not played in tests"))
}

#[tonic::async_trait]
impl taxregistry::v1::tax_registry_service_server::TaxRegistryService for Registries {
    async fn get_enterprise_accounts(
        &self,
        _: Request<taxregistry::v1::GetEnterpriseAccountsRequest>,
    ) -> Answered<taxregistry::v1::GetEnterpriseAccountsResponse> {
        not_played()
    }

    async fn batch_get_enterprise_accounts(
        &self,
        request: Request<taxregistry::v1::BatchGetEnterpriseAccountsRequest>,
    ) -> Answered<taxregistry::v1::BatchGetEnterpriseAccountsResponse> {
        use taxregistry::v1::{EnterpriseAccounts, EnterpriseAccountsResult, enterprise_accounts_result::Outcome};
        let found = self
            .look_up(Owner::TaxRegistry, request.into_inner().usccs, |known, uscc| EnterpriseAccounts {
                provenance: known.provenance(),
                ..known
                    .accounts
                    .get(uscc)
                    .cloned()
                    .unwrap_or_else(|| EnterpriseAccounts { uscc: uscc.to_owned(), ..Default::default() })
            })
            .await?;
        let result = |(uscc, accounts)| EnterpriseAccountsResult { uscc, outcome: Some(Outcome::Accounts(accounts)) };
        let results = found.into_iter().map(result).collect();
        Ok(Response::new(taxregistry::v1::BatchGetEnterpriseAccountsResponse { results }))
    }
}

#[tonic::async_trait]
impl credential::v1::credential_service_server::CredentialService for Registries {
    type StreamGraduatesStream = tokio_stream::Empty<Result<credential::v1::StreamGraduatesResponse, Status>>;

    async fn batch_get_diplomas(
        &self,
        request: Request<credential::v1::BatchGetDiplomasRequest>,
    ) -> Answered<credential::v1::BatchGetDiplomasResponse> {
        use credential::v1::{CredentialRecord, DiplomasResult, diplomas_result::Outcome};
        let found = self
            .look_up(Owner::Credential, numbers(request.into_inner().persons), |known, number| CredentialRecord {
                provenance: known.provenance(),
                ..known
                    .credentials
                    .get(number)
                    .cloned()
                    .unwrap_or_else(|| CredentialRecord { resident_id: number.to_owned(), ..Default::default() })
            })
            .await?;
        let result = |(resident_id, record)| DiplomasResult { resident_id, outcome: Some(Outcome::Record(record)) };
        let results = found.into_iter().map(result).collect();
        Ok(Response::new(credential::v1::BatchGetDiplomasResponse { results }))
    }

    async fn stream_graduates(
        &self,
        _: Request<credential::v1::StreamGraduatesRequest>,
    ) -> Streamed<credential::v1::StreamGraduatesResponse> {
        not_played()
    }
}

#[tonic::async_trait]
impl insurance::v1::insurance_service_server::InsuranceService for Registries {
    type StreamRosterStream = tokio_stream::Empty<Result<insurance::v1::StreamRosterResponse, Status>>;
    type StreamNewlyInsuredStream = tokio_stream::Empty<Result<insurance::v1::StreamNewlyInsuredResponse, Status>>;

    async fn batch_get_contributions(
        &self,
        request: Request<insurance::v1::BatchGetContributionsRequest>,
    ) -> Answered<insurance::v1::BatchGetContributionsResponse> {
        use insurance::v1::{ContributionRecord, ContributionsResult, contributions_result::Outcome};
        let found = self
            .look_up(Owner::Insurance, numbers(request.into_inner().persons), |known, number| ContributionRecord {
                provenance: known.provenance(),
                ..known
                    .contributions
                    .get(number)
                    .cloned()
                    .unwrap_or_else(|| ContributionRecord { resident_id: number.to_owned(), ..Default::default() })
            })
            .await?;
        let result =
            |(resident_id, record)| ContributionsResult { resident_id, outcome: Some(Outcome::Record(record)) };
        let results = found.into_iter().map(result).collect();
        Ok(Response::new(insurance::v1::BatchGetContributionsResponse { results }))
    }

    async fn batch_get_enrollments(
        &self,
        request: Request<insurance::v1::BatchGetEnrollmentsRequest>,
    ) -> Answered<insurance::v1::BatchGetEnrollmentsResponse> {
        use insurance::v1::{Enrollment, EnrollmentResult, NotEnrolled, enrollment_result::Outcome};
        let found = self
            .look_up(Owner::Insurance, request.into_inner().usccs, |known, uscc| {
                let not_enrolled = Outcome::NotEnrolled(NotEnrolled { provenance: known.provenance() });
                let dated = |found| Outcome::Enrollment(Enrollment { provenance: known.provenance(), ..found });
                known.enrollments.get(uscc).cloned().map_or(not_enrolled, dated)
            })
            .await?;
        let result = |(uscc, outcome)| EnrollmentResult { uscc, outcome: Some(outcome) };
        let results = found.into_iter().map(result).collect();
        Ok(Response::new(insurance::v1::BatchGetEnrollmentsResponse { results }))
    }

    async fn batch_get_headcounts(
        &self,
        request: Request<insurance::v1::BatchGetHeadcountsRequest>,
    ) -> Answered<insurance::v1::BatchGetHeadcountsResponse> {
        use insurance::v1::{Headcounts, HeadcountsResult, headcounts_result::Outcome};
        let found = self
            .look_up(Owner::Insurance, request.into_inner().usccs, |known, uscc| Headcounts {
                provenance: known.provenance(),
                ..known
                    .headcounts
                    .get(uscc)
                    .cloned()
                    .unwrap_or_else(|| Headcounts { uscc: uscc.to_owned(), ..Default::default() })
            })
            .await?;
        let result = |(uscc, headcounts)| HeadcountsResult { uscc, outcome: Some(Outcome::Headcounts(headcounts)) };
        let results = found.into_iter().map(result).collect();
        Ok(Response::new(insurance::v1::BatchGetHeadcountsResponse { results }))
    }

    async fn stream_roster(
        &self,
        _: Request<insurance::v1::StreamRosterRequest>,
    ) -> Streamed<insurance::v1::StreamRosterResponse> {
        not_played()
    }

    async fn stream_newly_insured(
        &self,
        _: Request<insurance::v1::StreamNewlyInsuredRequest>,
    ) -> Streamed<insurance::v1::StreamNewlyInsuredResponse> {
        not_played()
    }
}

#[tonic::async_trait]
impl employment::v1::employment_service_server::EmploymentService for Registries {
    async fn batch_get_employment(
        &self,
        request: Request<employment::v1::BatchGetEmploymentRequest>,
    ) -> Answered<employment::v1::BatchGetEmploymentResponse> {
        use employment::v1::{EmploymentRecord, EmploymentResult, employment_result::Outcome};
        let found = self
            .look_up(Owner::Employment, numbers(request.into_inner().persons), |known, number| EmploymentRecord {
                provenance: known.provenance(),
                ..known
                    .employment
                    .get(number)
                    .cloned()
                    .unwrap_or_else(|| EmploymentRecord { resident_id: number.to_owned(), ..Default::default() })
            })
            .await?;
        let result = |(resident_id, record)| EmploymentResult { resident_id, outcome: Some(Outcome::Record(record)) };
        let results = found.into_iter().map(result).collect();
        Ok(Response::new(employment::v1::BatchGetEmploymentResponse { results }))
    }
}

impl Registries {
    async fn awards(&self, keys: Vec<String>) -> Result<Vec<(String, awardhistory::v1::Awards)>, Status> {
        self.look_up(Owner::AwardHistory, keys, |known, subject| awardhistory::v1::Awards {
            provenance: known.provenance(),
            ..known
                .awards
                .get(subject)
                .cloned()
                .unwrap_or_else(|| awardhistory::v1::Awards { subject: subject.to_owned(), ..Default::default() })
        })
        .await
    }
}

#[tonic::async_trait]
impl awardhistory::v1::award_history_service_server::AwardHistoryService for Registries {
    async fn batch_get_person_awards(
        &self,
        request: Request<awardhistory::v1::BatchGetPersonAwardsRequest>,
    ) -> Answered<awardhistory::v1::BatchGetPersonAwardsResponse> {
        use awardhistory::v1::{PersonAwardsResult, person_awards_result::Outcome};
        let found = self.awards(numbers(request.into_inner().persons)).await?;
        let result = |(resident_id, awards)| PersonAwardsResult { resident_id, outcome: Some(Outcome::Awards(awards)) };
        let results = found.into_iter().map(result).collect();
        Ok(Response::new(awardhistory::v1::BatchGetPersonAwardsResponse { results }))
    }

    async fn batch_get_enterprise_awards(
        &self,
        request: Request<awardhistory::v1::BatchGetEnterpriseAwardsRequest>,
    ) -> Answered<awardhistory::v1::BatchGetEnterpriseAwardsResponse> {
        use awardhistory::v1::{EnterpriseAwardsResult, enterprise_awards_result::Outcome};
        let found = self.awards(request.into_inner().usccs).await?;
        let result = |(uscc, awards)| EnterpriseAwardsResult { uscc, outcome: Some(Outcome::Awards(awards)) };
        let results = found.into_iter().map(result).collect();
        Ok(Response::new(awardhistory::v1::BatchGetEnterpriseAwardsResponse { results }))
    }
}
