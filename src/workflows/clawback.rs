//! Clawback cases (六(三)): drafted by one person, approved by another, heard before anything is demanded (I7, I8).

use super::precondition::Precondition;
use super::read::within;
use super::{Gateway, Refusal, actor};
use crate::domain::calendar::{cst_date, due_date};
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimId;
use crate::domain::clawback::papers::{Paper, REPAYMENT_DAYS, REPLY_DAYS};
use crate::domain::clawback::{CaseId, CaseStep};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::SuspectId;
use crate::store::record::clawback::{
    AdvanceCase, CaseEvent, CaseFilter, CaseOutcome, CaseRecord, DraftCase, DraftOutcome, RecordRepayment,
    RecoveryLine, RepaymentOutcome,
};
use crate::store::record::{ClaimRecord, RequestKey};

/// A case to be drafted.
#[derive(Clone, Debug)]
pub struct DraftRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub operator: OperatorId,
    pub suspect_id: SuspectId,
    pub claim_id: ClaimId,
    /// Absent means all that was paid for the claim.
    pub amount: Option<Fen>,
    /// For the notice, in the person's words, without personal data.
    pub facts: String,
}

/// A step of a case.
#[derive(Clone, Debug)]
pub struct StepRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub operator: OperatorId,
    pub case_id: CaseId,
    /// The version that the person saw.
    pub version: i64,
    pub step: CaseStep,
    pub text: String,
    /// With a demand: whether what the enterprise is still owed is kept against it.
    pub set_off: bool,
}

/// A repayment to be recorded.
#[derive(Clone, Debug)]
pub struct RepaymentRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub operator: OperatorId,
    pub case_id: CaseId,
    pub amount: Fen,
    pub bank_reference: String,
}

/// A case with what was done and written in it.
#[derive(Clone, Debug)]
pub struct CaseFile {
    pub case: CaseRecord,
    /// Oldest first.
    pub events: Vec<CaseEvent>,
    /// 告知书, once it is approved.
    pub notice: Option<String>,
    /// 限期退回通知书, once it is demanded.
    pub demand: Option<String>,
}

impl Gateway {
    /// Drafts a case from a confirmed suspect, for one of its claims in the caller's region.
    pub async fn draft_case(&self, caller: &Caller, request: DraftRequest) -> Result<CaseRecord, Refusal> {
        let suspect = self.suspect(caller, request.suspect_id).await?;
        let mut sides = suspect.first.iter().chain([&suspect.second]);
        // The other claim of a suspect may lie in another province: its money is not this caller's to claim back.
        if sides.any(|side| side.claim_id == request.claim_id && !caller.region.covers(side.region)) {
            return Err(Refusal::NotFound);
        }
        let draft = DraftCase {
            request: RequestKey { caller: caller.key(), request_id: request.request_id, digest: request.digest },
            actor: actor(caller),
            operator: request.operator,
            suspect_id: request.suspect_id,
            claim_id: request.claim_id,
            amount: request.amount,
            facts: request.facts,
            at: self.inner.clock.now(),
        };
        match self.inner.store.draft_case(draft).await? {
            DraftOutcome::Drafted(case) | DraftOutcome::Repeated(case) => Ok(case),
            DraftOutcome::NotFound => Err(Refusal::NotFound),
            DraftOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
            DraftOutcome::SuspectNotConfirmed => Err(Precondition::SuspectNotConfirmed.into()),
            DraftOutcome::ClaimNotPaid => Err(Precondition::ClaimNotPaid.into()),
            DraftOutcome::ClaimHasCase => Err(Precondition::ClaimHasCase.into()),
            DraftOutcome::ExceedsPaid { paid } => Err(Precondition::AmountExceedsPaid { paid }.into()),
        }
    }

    /// Takes a case of the caller's region one step further.
    pub async fn advance_case(&self, caller: &Caller, request: StepRequest) -> Result<CaseRecord, Refusal> {
        self.case_seen(caller, request.case_id).await?;
        let now = self.inner.clock.now();
        let days = match request.step {
            CaseStep::Approve => Some(REPLY_DAYS),
            CaseStep::Demand => Some(REPAYMENT_DAYS),
            CaseStep::RecordReply
            | CaseStep::NoReply
            | CaseStep::Repay { .. }
            | CaseStep::Refer
            | CaseStep::ProposeWaiver
            | CaseStep::ApproveWaiver
            | CaseStep::Drop => None,
        };
        let step = AdvanceCase {
            request: RequestKey { caller: caller.key(), request_id: request.request_id, digest: request.digest },
            actor: actor(caller),
            operator: request.operator,
            case_id: request.case_id,
            version: request.version,
            step: request.step,
            text: request.text,
            set_off: request.set_off,
            due_on: days.map(|days| due_date(cst_date(now), days)),
            at: now,
        };
        match self.inner.store.advance_case(step).await? {
            CaseOutcome::Done(case) | CaseOutcome::Repeated(case) => Ok(case),
            CaseOutcome::NotFound => Err(Refusal::NotFound),
            CaseOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
            CaseOutcome::Changed => Err(Precondition::CaseChanged.into()),
            CaseOutcome::NotAllowed(state) => Err(Precondition::StepNotAllowed(state).into()),
            CaseOutcome::SamePerson => Err(Precondition::SamePerson.into()),
            CaseOutcome::ReplyStillDue(day) => Err(Precondition::ReplyStillDue(day).into()),
        }
    }

    /// Records a repayment that arrived for a case of the caller's region.
    pub async fn record_repayment(&self, caller: &Caller, request: RepaymentRequest) -> Result<CaseRecord, Refusal> {
        self.case_seen(caller, request.case_id).await?;
        let repayment = RecordRepayment {
            request: RequestKey { caller: caller.key(), request_id: request.request_id, digest: request.digest },
            actor: actor(caller),
            operator: request.operator,
            case_id: request.case_id,
            amount: request.amount,
            bank_reference: request.bank_reference,
            at: self.inner.clock.now(),
        };
        match self.inner.store.record_repayment(repayment).await? {
            RepaymentOutcome::Recorded(case) | RepaymentOutcome::Repeated(case) => Ok(case),
            RepaymentOutcome::NotFound => Err(Refusal::NotFound),
            RepaymentOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
            RepaymentOutcome::NotDemanded(state) => Err(Precondition::CaseNotDemanded(state).into()),
            RepaymentOutcome::ExceedsOutstanding { outstanding } => {
                Err(Precondition::RepaymentExceedsOutstanding { outstanding }.into())
            }
            RepaymentOutcome::ReferenceReused => Err(Precondition::ReferenceReused.into()),
        }
    }

    /// One case of the caller's region, with its papers.
    pub async fn case(&self, caller: &Caller, case_id: CaseId) -> Result<CaseFile, Refusal> {
        let (case, events) = self.case_seen(caller, case_id).await?;
        let taken = |step: CaseStep| events.iter().find(|it| it.step == step.code()).map(|it| cst_date(it.at));
        let (approved_on, demanded_on) = (taken(CaseStep::Approve), taken(CaseStep::Demand));
        if approved_on.is_none() && demanded_on.is_none() {
            return Ok(CaseFile { case, events, notice: None, demand: None });
        }
        let claim =
            self.inner.store.claim(case.claim_id, caller.region, &self.access(caller, "clawback-papers")).await?;
        let words = Words::of(self, &case, claim.as_ref());
        let paper = Paper {
            case_number: &case.case_number,
            place: &words.place,
            enterprise: &case.enterprise,
            enterprise_name: words.enterprise_name.as_deref(),
            subsidy: &words.subsidy,
            source: &words.source,
            claim_id: case.claim_id,
            rule: case.rule,
            facts: &case.facts,
            amount: case.money.amount,
            set_off: case.set_off,
        };
        let notice = approved_on.map(|on| paper.notice(on));
        let demand = demanded_on.map(|on| paper.demand(on));
        Ok(CaseFile { case, events, notice, demand })
    }

    /// Cases of the caller's region, newest first.
    pub async fn cases(&self, caller: &Caller, filter: CaseFilter) -> Result<Vec<CaseRecord>, Refusal> {
        within(caller, filter.within)?;
        Ok(self.inner.store.cases(&filter).await?)
    }

    /// How much came back within a region of the caller's as of today, by cause.
    pub async fn recovery(&self, caller: &Caller, region: Region) -> Result<Vec<RecoveryLine>, Refusal> {
        within(caller, region)?;
        Ok(self.inner.store.recovery(region, cst_date(self.inner.clock.now())).await?)
    }

    /// A case, unless it lies outside the caller's region: then it is as good as none.
    async fn case_seen(&self, caller: &Caller, case_id: CaseId) -> Result<(CaseRecord, Vec<CaseEvent>), Refusal> {
        let found = self.inner.store.case(case_id).await?;
        found.filter(|(case, _)| caller.region.covers(case.region)).ok_or(Refusal::NotFound)
    }
}

/// What a paper says of a case that the case itself does not keep.
struct Words {
    place: String,
    enterprise_name: Option<String>,
    subsidy: String,
    source: String,
}

impl Words {
    fn of(gateway: &Gateway, case: &CaseRecord, claim: Option<&ClaimRecord>) -> Self {
        let names = gateway.city(case.region.city()).and_then(|city| city.names.get(&case.region));
        let by_code = || format!("{}（{}）", case.region.province_name_zh(), case.region);
        let sheet = claim.and_then(|found| gateway.sheets().get(&found.claim.sheet_id));
        Self {
            place: names.cloned().unwrap_or_else(by_code),
            enterprise_name: claim
                .and_then(|found| found.claim.enterprise_name.as_ref())
                .map(|name| name.as_str().to_owned()),
            subsidy: sheet.map_or_else(|| "补助资金".to_owned(), |sheet| sheet.zh.clone()),
            source: sheet.map(|sheet| sheet.source.clone()).unwrap_or_default(),
        }
    }
}
