//! The student-credential registry.

use futures::stream::BoxStream;
use jiff::civil::date;
use tonic::{Request, Response, Status};

use super::desk::{Desk, Inquiry, Outcome, Question};
use super::wire;
use crate::domain::eligibility::evidence::{Diploma, InstitutionKind};
use crate::proto::credential::v1 as pb;
use crate::sandbox::faults::Fault;
use crate::sandbox::population::Resident;

pub(super) struct Credential(pub(super) Desk);

#[tonic::async_trait]
impl pb::credential_service_server::CredentialService for Credential {
    async fn batch_get_diplomas(
        &self,
        request: Request<pb::BatchGetDiplomasRequest>,
    ) -> Result<Response<pb::BatchGetDiplomasResponse>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let results = self.0.persons(&inquiry, request.persons)?.into_iter().map(|question| {
            let outcome = match self.answer(&inquiry, &question) {
                Ok(record) => pb::diplomas_result::Outcome::Record(record),
                Err(error) => pb::diplomas_result::Outcome::Error(error),
            };
            pb::DiplomasResult { resident_id: question.asked, outcome: Some(outcome) }
        });
        Ok(Response::new(pb::BatchGetDiplomasResponse { results: results.collect() }))
    }

    type StreamGraduatesStream = BoxStream<'static, Result<pb::StreamGraduatesResponse, Status>>;

    async fn stream_graduates(
        &self,
        request: Request<pb::StreamGraduatesRequest>,
    ) -> Result<Response<Self::StreamGraduatesStream>, Status> {
        let request = request.into_inner();
        let inquiry = self.0.open(request.context).await?;
        let in_year = |it: &&Resident| {
            it.diplomas.iter().any(|diploma| i32::from(diploma.graduated_on.year()) == request.graduation_year)
        };
        let residents: Vec<&Resident> = self.0.world.residents.iter().filter(in_year).collect();
        let mut records: Vec<pb::CredentialRecord> = residents.iter().map(|it| record(&inquiry, it)).collect();
        if inquiry.is_for_another() {
            for (record, other) in records.iter_mut().zip(residents.iter().skip(1)) {
                record.name = Some(other.credential_name.as_str().to_owned());
            }
        }
        Ok(inquiry.chunks(records, |records, complete| pb::StreamGraduatesResponse { records, complete }))
    }
}

impl Credential {
    fn answer(&self, inquiry: &Inquiry, question: &Question) -> Outcome<pb::CredentialRecord> {
        let resident = self.0.person(&question.about)?;
        if inquiry.fault == Fault::AllYes {
            let invented = Diploma {
                institution: "聊城大学".to_owned(),
                institution_kind: InstitutionKind::Regular,
                graduated_on: date(2022, 6, 30),
                certificate_issued: true,
                certificate_number: "104475202205000001".to_owned(),
            };
            return Ok(pb::CredentialRecord {
                resident_id: question.about.clone(),
                name: Some(question.name.clone()),
                diplomas: vec![diploma(inquiry, &invented)],
                provenance: Some(inquiry.provenance.clone()),
            });
        }
        Ok(resident.map_or_else(
            || pb::CredentialRecord {
                resident_id: question.about.clone(),
                name: None,
                diplomas: Vec::new(),
                provenance: Some(inquiry.provenance.clone()),
            },
            |resident| record(inquiry, resident),
        ))
    }
}

fn record(inquiry: &Inquiry, resident: &Resident) -> pb::CredentialRecord {
    // The registry knows those who hold a diploma, not everybody.
    let is_known = !resident.diplomas.is_empty();
    pb::CredentialRecord {
        resident_id: resident.resident_id.as_str().to_owned(),
        name: is_known.then(|| resident.credential_name.as_str().to_owned()),
        diplomas: resident.diplomas.iter().map(|it| diploma(inquiry, it)).collect(),
        provenance: Some(inquiry.provenance.clone()),
    }
}

fn diploma(inquiry: &Inquiry, diploma: &Diploma) -> pb::Diploma {
    pb::Diploma {
        institution: diploma.institution.clone(),
        institution_kind: inquiry.raw(wire::institution_kind(diploma.institution_kind)),
        graduated_on: Some(wire::date(diploma.graduated_on)),
        certificate_issued: diploma.certificate_issued,
        certificate_number: diploma.certificate_number.clone(),
    }
}
