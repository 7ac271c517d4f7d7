//! The finance bureau: takes funding applications, decides, and moves the money into the municipal expenditure account (二(二), 三).

use tonic::Code;
use tonic::transport::Channel;

use super::Upstream;
use super::convert::{self, Read};
use super::settings::{ORDER_BYTES_MAX, REPORT_BYTES_MAX};
use super::stack::CallError;
use super::treasury::{Applied, Unanswered, call};
use crate::domain::claim::SubsidyKind;
use crate::domain::eligibility::evidence::{MissingCause, Owner};
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::policy::sheet::AccountHead;
use crate::domain::pooling::{BatchId, BatchLine, FundingApplication, FundingDecision, Grant, GrantedLine};
use crate::proto::finance::v1 as pb;
use pb::finance_service_client::FinanceServiceClient;

const UNRECOGNIZED: MissingCause = MissingCause::Unrecognized;

#[derive(Clone)]
pub(super) struct Finance {
    upstream: Upstream,
    client: FinanceServiceClient<Channel>,
}

impl Finance {
    pub(super) fn new(upstream: Upstream, channel: Channel) -> Self {
        let client = FinanceServiceClient::new(channel)
            .max_decoding_message_size(REPORT_BYTES_MAX)
            .max_encoding_message_size(ORDER_BYTES_MAX);
        Self { upstream, client }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    pub(super) async fn apply(
        &self,
        application: &FundingApplication,
        municipal_account: &BankAccount,
    ) -> Result<Applied, Unanswered> {
        let application = Some(wire_application(application, municipal_account));
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.submit_funding_application(request).await }
        };
        let request = pb::SubmitFundingApplicationRequest { application };
        match self.upstream.stack.call(call("SubmitFundingApplication"), request, send).await {
            Ok(response) => convert::text(response.reference).map(|reference| Applied::Taken { reference }).map_err(of),
            Err(CallError::Failed { code: Code::AlreadyExists, .. }) => Ok(Applied::ContentDiffers),
            Err(error) => Err(Unanswered::failed(Owner::Finance, error)),
        }
    }

    pub(super) async fn decision(&self, batch: BatchId) -> Result<FundingDecision, Unanswered> {
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.get_funding_decision(request).await }
        };
        let request = pb::GetFundingDecisionRequest { application_id: application_id(batch) };
        match self.upstream.stack.call(call("GetFundingDecision"), request, send).await {
            Ok(response) => decision(response).map_err(of),
            Err(CallError::Failed { code: Code::NotFound, .. }) => Ok(FundingDecision::NotKnown),
            Err(error) => Err(Unanswered::failed(Owner::Finance, error)),
        }
    }

    pub(super) async fn arrivals(&self, batch: BatchId) -> Result<Fen, Unanswered> {
        let client = self.client.clone();
        let send = move |request| {
            let mut client = client.clone();
            async move { client.list_arrivals(request).await }
        };
        let request = pb::ListArrivalsRequest { application_id: application_id(batch) };
        let response = self.upstream.stack.call(call("ListArrivals"), request, send).await;
        let response = response.map_err(|error| Unanswered::failed(Owner::Finance, error))?;
        arrived(response.arrivals).map_err(of)
    }
}

fn of(cause: MissingCause) -> Unanswered {
    Unanswered::new(Owner::Finance, cause)
}

/// The id of a batch's application: it comes back with the money, in a field of 35 places.
fn application_id(batch: BatchId) -> String {
    batch.0.simple().to_string()
}

fn wire_application(application: &FundingApplication, municipal_account: &BankAccount) -> pb::FundingApplication {
    pb::FundingApplication {
        application_id: application_id(application.batch_id),
        city: application.city.as_str().to_owned(),
        month: Some(convert::wire_month(application.month)),
        number: count(application.number),
        account_head: AccountHead::OtherExpenditure.zh().to_owned(),
        lines: application.lines.iter().map(wire_line).collect(),
        total_fen: application.total.amount.get(),
        municipal_account: municipal_account.as_str().to_owned(),
        content_hash: application.content_hash.to_vec(),
    }
}

fn wire_line(line: &BatchLine) -> pb::FundingLine {
    pb::FundingLine {
        region: line.region.as_str().to_owned(),
        subsidy: subsidy_code(line.subsidy).to_owned(),
        enterprises: count(line.enterprises),
        people: count(line.people),
        amount_fen: line.amount.get(),
    }
}

/// Far above any number of batches, enterprises or people of a city.
fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn subsidy_code(subsidy: SubsidyKind) -> &'static str {
    match subsidy {
        SubsidyKind::JobExpansion => "job-expansion",
        SubsidyKind::RetentionTraining => "retention-training",
    }
}

fn subsidy(code: &str) -> Read<SubsidyKind> {
    let known = [SubsidyKind::JobExpansion, SubsidyKind::RetentionTraining];
    known.into_iter().find(|it| subsidy_code(*it) == code).ok_or(UNRECOGNIZED)
}

fn decision(response: pb::GetFundingDecisionResponse) -> Read<FundingDecision> {
    match pb::FundingOutcome::try_from(response.outcome) {
        Ok(pb::FundingOutcome::Pending) => Ok(FundingDecision::Pending),
        Ok(pb::FundingOutcome::Whole | pb::FundingOutcome::Part) => grant(response).map(FundingDecision::Granted),
        Ok(pb::FundingOutcome::Refused) => Ok(FundingDecision::Refused {
            document_number: convert::text_or_empty(response.document_number)?,
            reason: convert::remark(&response.reason),
        }),
        Ok(pb::FundingOutcome::Unspecified) | Err(_) => Err(UNRECOGNIZED),
    }
}

fn grant(response: pb::GetFundingDecisionResponse) -> Read<Grant> {
    let lines = response.lines.into_iter().map(granted_line).collect::<Read<Vec<_>>>()?;
    let sum = Fen::checked_sum(lines.iter().map(|it| it.granted)).ok_or(UNRECOGNIZED)?;
    // A sum that differs from its lines says that one of the two is not what was decided.
    if lines.is_empty() || sum.get() != response.granted_fen {
        return Err(UNRECOGNIZED);
    }
    Ok(Grant {
        lines,
        document_number: convert::text(response.document_number)?,
        reason: convert::remark(&response.reason),
        decided_on: convert::date(response.decided_on)?,
    })
}

fn granted_line(line: pb::GrantedLine) -> Read<GrantedLine> {
    Ok(GrantedLine {
        region: convert::region(&line.region)?,
        subsidy: subsidy(&line.subsidy)?,
        granted: Fen::new(line.granted_fen),
    })
}

/// The sum of what was moved. An arrival that is told twice is one.
fn arrived(arrivals: Vec<pb::Arrival>) -> Read<Fen> {
    let read = |it: pb::Arrival| Ok((convert::text(it.arrival_id)?, Fen::new(it.amount_fen)));
    let arrivals = arrivals.into_iter().map(read).collect::<Read<Vec<_>>>()?;
    let arrivals = convert::distinct(arrivals, |it| it.0.clone())?;
    let sum = Fen::checked_sum(arrivals.into_iter().map(|it| it.1));
    // More taken back than was ever moved is no sum of arrivals.
    sum.filter(|it| *it >= Fen::ZERO).ok_or(UNRECOGNIZED)
}
