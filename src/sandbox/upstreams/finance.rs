//! The municipal finance bureau.

use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::counter::{Counter, ended};
use super::wire;
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::proto::finance::v1 as pb;
use crate::sandbox::faults::FinanceMode;
use crate::sandbox::vault::{Decision, Submitted};

pub(super) struct Finance(pub(super) Counter);

#[tonic::async_trait]
impl pb::finance_service_server::FinanceService for Finance {
    async fn submit_funding_application(
        &self,
        request: Request<pb::SubmitFundingApplicationRequest>,
    ) -> Result<Response<pb::SubmitFundingApplicationResponse>, Status> {
        self.0.open().await?;
        let application = request.into_inner().application;
        let application = application.ok_or_else(|| Status::invalid_argument("application: not there"))?;
        check(&application)?;
        if self.has_mode(FinanceMode::TimeoutBefore) {
            return Err(self.0.say_nothing().await);
        }
        let submitted = self.0.vault.apply(&application).map_err(ended)?;
        if self.has_mode(FinanceMode::TimeoutAfter) {
            return Err(self.0.say_nothing().await);
        }
        match submitted {
            Submitted::Taken(response) => Ok(Response::new(response)),
            Submitted::ContentDiffers => Err(Status::already_exists("another application has this id")),
        }
    }

    async fn get_funding_decision(
        &self,
        request: Request<pb::GetFundingDecisionRequest>,
    ) -> Result<Response<pb::GetFundingDecisionResponse>, Status> {
        self.0.open().await?;
        let known = self.0.vault.decision(&request.into_inner().application_id).map_err(ended)?;
        let (application, decision) = known.ok_or_else(unknown)?;
        Ok(Response::new(decision.map_or_else(pending, |it| decided(&application, it))))
    }

    async fn list_arrivals(
        &self,
        request: Request<pb::ListArrivalsRequest>,
    ) -> Result<Response<pb::ListArrivalsResponse>, Status> {
        self.0.open().await?;
        let moved = self.0.vault.arrivals(&request.into_inner().application_id).ok_or_else(unknown)?;
        let arrivals = moved.into_iter().map(|(booking, amount)| pb::Arrival {
            arrival_id: format!("F{:010}", booking.number),
            amount_fen: amount.get(),
            moved_at: Some(wire::instant(booking.at)),
        });
        Ok(Response::new(pb::ListArrivalsResponse { arrivals: arrivals.collect() }))
    }
}

impl Finance {
    fn has_mode(&self, mode: FinanceMode) -> bool {
        self.0.faults.finance().contains(&mode)
    }
}

fn unknown() -> Status {
    Status::not_found("never had this application")
}

fn check(application: &pb::FundingApplication) -> Result<(), Status> {
    let is_id = Uuid::try_parse(&application.application_id)
        .is_ok_and(|id| id.simple().to_string() == application.application_id);
    let amounts = application.lines.iter().map(|it| Fen::new(it.amount_fen));
    let sum = Fen::checked_sum(amounts.clone());
    if !is_id {
        return Err(Status::invalid_argument("application_id: not 32 hexadecimal digits"));
    }
    if amounts.clone().count() == 0 || amounts.clone().any(|it| it < Fen::ZERO) {
        return Err(Status::invalid_argument("lines: none, or one below 0"));
    }
    if sum != Some(Fen::new(application.total_fen)) {
        return Err(Status::invalid_argument("total_fen: not the sum of the lines"));
    }
    BankAccount::parse(&application.municipal_account)
        .map(drop)
        .map_err(|error| Status::invalid_argument(format!("municipal_account: {}", error.code())))
}

fn pending() -> pb::GetFundingDecisionResponse {
    let outcome = pb::FundingOutcome::Pending.into();
    pb::GetFundingDecisionResponse { outcome, ..pb::GetFundingDecisionResponse::default() }
}

fn decided(application: &pb::FundingApplication, decision: Decision) -> pb::GetFundingDecisionResponse {
    let Decision { granted, document_number, reason, decided_on } = decision;
    let decided_on = Some(wire::date(decided_on));
    let Some(granted) = granted else {
        let outcome = pb::FundingOutcome::Refused.into();
        let (lines, granted_fen) = (Vec::new(), 0);
        return pb::GetFundingDecisionResponse { outcome, lines, granted_fen, document_number, reason, decided_on };
    };
    let lines = application.lines.iter().zip(&granted).map(|(line, granted)| pb::GrantedLine {
        region: line.region.clone(),
        subsidy: line.subsidy.clone(),
        granted_fen: granted.get(),
    });
    let granted_fen = Fen::checked_sum(granted.iter().copied()).unwrap_or_default().get();
    let is_whole = granted_fen == application.total_fen;
    let outcome = if is_whole { pb::FundingOutcome::Whole } else { pb::FundingOutcome::Part };
    pb::GetFundingDecisionResponse {
        outcome: outcome.into(),
        lines: lines.collect(),
        granted_fen,
        document_number,
        reason: if is_whole { String::new() } else { reason },
        decided_on,
    }
}
