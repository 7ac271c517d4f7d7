//! The social-insurance database.

use futures::stream::BoxStream;
use tonic::{Request, Response, Status};

use super::desk::{self, Desk, Inquiry, Outcome, Question};
use super::wire;
use crate::domain::calendar::{self, Month};
use crate::domain::identity::{Region, Uscc};
use crate::proto::common::v1 as common;
use crate::proto::insurance::v1 as pb;
use crate::sandbox::faults::Fault;
use crate::sandbox::population::{Enterprise, Job, Resident, booked_until};

/// The headcount of everybody, for a database that says yes to everything.
const GENEROUS_HEADCOUNT: i32 = 500;

pub(super) struct Insurance(pub(super) Desk);

#[tonic::async_trait]
impl pb::insurance_service_server::InsuranceService for Insurance {
    async fn batch_get_contributions(
        &self,
        request: Request<pb::BatchGetContributionsRequest>,
    ) -> Result<Response<pb::BatchGetContributionsResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let months = desk::months(request.from, request.until)?;
        let results = self.0.persons(&inquiry, request.persons)?.into_iter().map(|question| {
            let outcome = match self.contributions(&inquiry, &question, months) {
                Ok(record) => pb::contributions_result::Outcome::Record(record),
                Err(error) => pb::contributions_result::Outcome::Error(error),
            };
            pb::ContributionsResult { resident_id: question.asked, outcome: Some(outcome) }
        });
        Ok(Response::new(pb::BatchGetContributionsResponse { results: results.collect() }))
    }

    async fn batch_get_enrollments(
        &self,
        request: Request<pb::BatchGetEnrollmentsRequest>,
    ) -> Result<Response<pb::BatchGetEnrollmentsResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let results = self.0.enterprises(&inquiry, request.usccs)?.into_iter().map(|question| {
            let outcome = match self.0.enterprise(&question.about) {
                Ok(Some(enterprise)) => pb::enrollment_result::Outcome::Enrollment(enrollment(&inquiry, enterprise)),
                Ok(None) => pb::enrollment_result::Outcome::NotEnrolled(pb::NotEnrolled {
                    provenance: Some(inquiry.provenance.clone()),
                }),
                Err(error) => pb::enrollment_result::Outcome::Error(error),
            };
            pb::EnrollmentResult { uscc: question.asked, outcome: Some(outcome) }
        });
        Ok(Response::new(pb::BatchGetEnrollmentsResponse { results: results.collect() }))
    }

    async fn batch_get_headcounts(
        &self,
        request: Request<pb::BatchGetHeadcountsRequest>,
    ) -> Result<Response<pb::BatchGetHeadcountsResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let months = desk::months(request.from, request.until)?;
        let results = self.0.enterprises(&inquiry, request.usccs)?.into_iter().map(|question| {
            let outcome = match self.headcounts(&inquiry, &question.about, months) {
                Ok(headcounts) => pb::headcounts_result::Outcome::Headcounts(headcounts),
                Err(error) => pb::headcounts_result::Outcome::Error(error),
            };
            pb::HeadcountsResult { uscc: question.asked, outcome: Some(outcome) }
        });
        Ok(Response::new(pb::BatchGetHeadcountsResponse { results: results.collect() }))
    }

    type StreamRosterStream = BoxStream<'static, Result<pb::StreamRosterResponse, Status>>;

    async fn stream_roster(
        &self,
        request: Request<pb::StreamRosterRequest>,
    ) -> Result<Response<Self::StreamRosterStream>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let month = wire::required_month("month", request.month)?;
        let asked = Uscc::parse(&request.uscc).map_err(|error| Status::invalid_argument(format!("uscc: {error}")))?;
        let about = if inquiry.is_for_another() { &self.0.some_enterprise().uscc } else { &asked };
        let entries = self
            .0
            .world
            .roster(about, month)
            .map(|(resident, job)| pb::RosterEntry { person: Some(person(resident)), funded_by_uscc: funder(job) });
        Ok(inquiry.chunks(entries.collect(), |entries, complete| pb::StreamRosterResponse { entries, complete }))
    }

    type StreamNewlyInsuredStream = BoxStream<'static, Result<pb::StreamNewlyInsuredResponse, Status>>;

    async fn stream_newly_insured(
        &self,
        request: Request<pb::StreamNewlyInsuredRequest>,
    ) -> Result<Response<Self::StreamNewlyInsuredStream>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let (from, until) = desk::months(request.from, request.until)?;
        let region = region_of_prefix(&request.region)?;
        let is_asked_for = |enterprise: &&Enterprise| region.covers(enterprise.enrollment_region);
        let mut entries = Vec::new();
        for enterprise in self.0.world.enterprises.iter().filter(is_asked_for) {
            let newly = |(_, job): &(&Resident, &Job)| (from..=until).contains(&job.insured.from);
            entries.extend(self.0.world.staff(&enterprise.uscc).filter(newly).map(|(resident, job)| {
                pb::NewlyInsured {
                    person: Some(person(if inquiry.is_for_another() { self.0.some_person() } else { resident })),
                    uscc: enterprise.uscc.as_str().to_owned(),
                    region: enterprise.enrollment_region.as_str().to_owned(),
                    first_month: Some(wire::month(job.insured.from)),
                }
            }));
        }
        Ok(inquiry.chunks(entries, |entries, complete| pb::StreamNewlyInsuredResponse { entries, complete }))
    }
}

impl Insurance {
    fn contributions(
        &self,
        inquiry: &Inquiry,
        question: &Question,
        (from, until): (Month, Month),
    ) -> Outcome<pb::ContributionRecord> {
        let resident = self.0.person(&question.about)?;
        let jobs = resident.map_or(&[][..], |it| &it.jobs);
        let is_generous = inquiry.fault == Fault::AllYes;
        let booked = from.iter_to(until.min(booked_until()));
        let contributions = booked.flat_map(|month| {
            jobs.iter().filter(move |job| is_generous || job.insured.covers(month)).map(move |job| pb::Contribution {
                month: Some(wire::month(month)),
                enrolled_by_uscc: job.employer.as_str().to_owned(),
                funded_by_uscc: funder(job),
                paid: is_generous || job.insured.is_paid(month),
            })
        });
        let standings = jobs.iter().map(|job| pb::EnrollmentStanding {
            uscc: job.employer.as_str().to_owned(),
            standing: inquiry.raw(if is_generous {
                pb::Standing::Current
            } else {
                wire::standing(job.insured.standing)
            }),
        });
        Ok(pb::ContributionRecord {
            resident_id: question.about.clone(),
            name: if is_generous {
                Some(question.name.clone())
            } else {
                resident.map(|it| it.insurance_name.as_str().to_owned())
            },
            contributions: contributions.collect(),
            standings: standings.collect(),
            provenance: Some(inquiry.provenance.clone()),
        })
    }

    fn headcounts(&self, inquiry: &Inquiry, about: &str, (from, until): (Month, Month)) -> Outcome<pb::Headcounts> {
        if inquiry.fault == Fault::UnknownEnum {
            return Err(desk::unknown_item_error());
        }
        let uscc = Uscc::parse(about).map_err(|error| desk::invalid(error.code()))?;
        let this_month = Month::of(calendar::cst_date(self.0.clock.now()));
        let months = from.iter_to(until.min(this_month)).map(|month| {
            let count = self.0.world.headcount(&uscc, month);
            let wired = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
            let (contributing, funded_by_hosts) = if inquiry.fault == Fault::AllYes {
                (GENEROUS_HEADCOUNT, 0)
            } else {
                (wired(count.contributing), wired(count.funded_by_hosts))
            };
            pb::Headcount { month: Some(wire::month(month)), contributing, funded_by_hosts }
        });
        let months = months.collect();
        Ok(pb::Headcounts { uscc: about.to_owned(), months, provenance: Some(inquiry.provenance.clone()) })
    }
}

fn enrollment(inquiry: &Inquiry, enterprise: &Enterprise) -> pb::Enrollment {
    let mut sector = enterprise.sector;
    let mut entity_type = inquiry.raw(wire::entity_type(enterprise.entity_type));
    if inquiry.fault == Fault::AllYes {
        // Catering is the first of the five sectors.
        (sector, entity_type) = ("6210", pb::EntityType::Enterprise.into());
    }
    pb::Enrollment {
        uscc: enterprise.uscc.as_str().to_owned(),
        name: enterprise.name.as_str().to_owned(),
        entity_type,
        sector: sector.to_owned(),
        level: inquiry.raw(wire::level(enterprise.level)),
        enrollment_region: enterprise.enrollment_region.as_str().to_owned(),
        place_of_business: enterprise.place_of_business.as_str().to_owned(),
        dispatch_agency: enterprise.is_dispatch_agency(),
        provenance: Some(inquiry.provenance.clone()),
    }
}

fn person(resident: &Resident) -> common::PersonKey {
    common::PersonKey {
        resident_id: resident.resident_id.as_str().to_owned(),
        name: resident.insurance_name.as_str().to_owned(),
    }
}

/// Who funds, left empty where that is the employer.
fn funder(job: &Job) -> String {
    if job.funded_by == job.employer { String::new() } else { job.funded_by.as_str().to_owned() }
}

/// A code of six, or the two or four digits of a province or city.
fn region_of_prefix(prefix: &str) -> Result<Region, Status> {
    let is_prefix = matches!(prefix.len(), 2 | 4);
    let padded = if is_prefix { format!("{prefix:0<6}") } else { prefix.to_owned() };
    Region::parse(&padded).map_err(|error| Status::invalid_argument(format!("region: {error}")))
}
