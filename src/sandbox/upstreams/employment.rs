//! The employment system.

use jiff::civil::date;
use tonic::{Request, Response, Status};

use super::desk::{self, Desk, Inquiry, Outcome, Question};
use super::wire;
use crate::proto::employment::v1 as pb;
use crate::sandbox::faults::Fault;
use crate::sandbox::population::Job;

pub(super) struct Employment(pub(super) Desk);

#[tonic::async_trait]
impl pb::employment_service_server::EmploymentService for Employment {
    async fn batch_get_employment(
        &self,
        request: Request<pb::BatchGetEmploymentRequest>,
    ) -> Result<Response<pb::BatchGetEmploymentResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let results = self.0.persons(&inquiry, request.persons)?.into_iter().map(|question| {
            let outcome = match self.answer(&inquiry, &question) {
                Ok(record) => pb::employment_result::Outcome::Record(record),
                Err(error) => pb::employment_result::Outcome::Error(error),
            };
            pb::EmploymentResult { resident_id: question.asked, outcome: Some(outcome) }
        });
        Ok(Response::new(pb::BatchGetEmploymentResponse { results: results.collect() }))
    }
}

impl Employment {
    fn answer(&self, inquiry: &Inquiry, question: &Question) -> Outcome<pb::EmploymentRecord> {
        let jobs = self.0.person(&question.about)?.map_or(&[][..], |resident| &resident.jobs);
        if inquiry.fault == Fault::UnknownEnum {
            return Err(desk::unknown_item_error());
        }
        let (registrations, contracts) = if inquiry.fault == Fault::AllYes {
            jobs.iter().map(entitled).unzip()
        } else {
            (jobs.iter().filter_map(registration).collect(), jobs.iter().filter_map(contract).collect())
        };
        Ok(pb::EmploymentRecord {
            resident_id: question.about.clone(),
            registrations,
            contracts,
            provenance: Some(inquiry.provenance.clone()),
        })
    }
}

fn registration(job: &Job) -> Option<pb::EmploymentRegistration> {
    let registered_on = Some(wire::date(job.registered_on?));
    Some(pb::EmploymentRegistration { uscc: job.employer.as_str().to_owned(), registered_on })
}

fn contract(job: &Job) -> Option<pb::EmploymentContract> {
    let contract = job.contract.as_ref()?;
    Some(pb::EmploymentContract {
        uscc: contract.enterprise.as_str().to_owned(),
        from: Some(wire::date(contract.from)),
        until: contract.until.map(wire::date),
        signed: contract.signed,
    })
}

/// A registration and a contract that leave nothing to wish for.
fn entitled(job: &Job) -> (pb::EmploymentRegistration, pb::EmploymentContract) {
    let uscc = job.employer.as_str().to_owned();
    let day = Some(wire::date(date(2022, 7, 1)));
    let registration = pb::EmploymentRegistration { uscc: uscc.clone(), registered_on: day };
    (registration, pb::EmploymentContract { uscc, from: day, until: None, signed: true })
}
