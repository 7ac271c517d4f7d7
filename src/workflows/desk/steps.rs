//! A person acts on a suspect at the desk of a province: a flag becomes a finding only on evidence, in that person's words (I7).

use crate::domain::caller::{Caller, Role};
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::domain::rights::may_assign;
use crate::domain::suspect::SuspectId;
use crate::domain::suspect::desk::{DeskRefusal, DeskStep};
use crate::store::record::desk::{DeskAct, DeskActs, DeskActsOutcome, DeskOutcome, DeskWork, NotDone};
use crate::store::record::{RequestKey, SuspectRecord};
use crate::workflows::precondition::Precondition;
use crate::workflows::{Gateway, Refusal, actor};

/// The most suspects that one request acts on.
pub const SUSPECTS_MAX: usize = 200;

/// A step at one desk.
#[derive(Clone, Debug)]
pub struct DeskRequest {
    pub request_id: String,
    /// SHA-256 over the canonical request.
    pub digest: [u8; 32],
    pub suspect_id: SuspectId,
    pub operator: OperatorId,
    /// Whose desk; needed where the caller's region spans both provinces of the suspect.
    pub province: Option<Region>,
    /// The version of the desk that the person saw; `None` asks for no comparison.
    pub version: Option<i64>,
    pub step: DeskStep,
    /// In the person's words, without personal data; empty where the step asks for none.
    pub words: String,
}

/// The same step at many desks.
#[derive(Clone, Debug)]
pub struct DesksRequest {
    pub request_id: String,
    pub digest: [u8; 32],
    /// Each once, at most [`SUSPECTS_MAX`]; of one rule.
    pub suspects: Vec<SuspectId>,
    pub operator: OperatorId,
    pub province: Option<Region>,
    pub step: DeskStep,
    pub words: String,
}

impl Gateway {
    /// Takes a person's step, and answers with the suspect as it then stands.
    pub async fn desk_act(&self, caller: &Caller, request: DeskRequest) -> Result<SuspectRecord, Refusal> {
        let DeskRequest { request_id, digest, suspect_id, operator, province, version, step, words } = request;
        let work = self.work(caller, (operator, province), step, words)?;
        let request = RequestKey { caller: caller.key(), request_id, digest };
        let act = DeskAct { request, suspect_id, version, work };
        answer(self.inner.store.desk_act(act).await?, caller)
    }

    /// Takes a person's step at many desks, and says what became of each, in their order: one that cannot be judged holds up none of the
    /// others.
    pub async fn desk_acts(
        &self,
        caller: &Caller,
        request: DesksRequest,
    ) -> Result<Vec<(SuspectId, Result<SuspectRecord, Refusal>)>, Refusal> {
        let DesksRequest { request_id, digest, suspects, operator, province, step, words } = request;
        let work = self.work(caller, (operator, province), step, words)?;
        let request = RequestKey { caller: caller.key(), request_id, digest };
        let acts = DeskActs { request, suspects: suspects.clone(), work };
        match self.inner.store.desk_acts(acts).await? {
            DeskActsOutcome::Done(outcomes) => {
                Ok(suspects.into_iter().zip(outcomes.into_iter().map(|it| answer(it, caller))).collect())
            }
            DeskActsOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
        }
    }

    fn work(
        &self,
        caller: &Caller,
        (operator, province): (OperatorId, Option<Region>),
        step: DeskStep,
        words: String,
    ) -> Result<DeskWork, Refusal> {
        if let DeskStep::Assign { assignee } = &step {
            may_assign(caller, &operator, assignee)?;
        }
        let (actor, at) = (actor(caller), self.inner.clock.now());
        let (leads, within) = (caller.roles.contains(&Role::SuspectsAssign), caller.region);
        Ok(DeskWork { actor, operator, leads, within, province, step, words, at })
    }
}

fn answer(outcome: DeskOutcome, caller: &Caller) -> Result<SuspectRecord, Refusal> {
    match outcome {
        DeskOutcome::Done(record) | DeskOutcome::Repeated(record) => Ok(record.seen_from(caller.region)),
        DeskOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
        DeskOutcome::NotDone(why) => Err(refusal(why)),
    }
}

fn refusal(why: NotDone) -> Refusal {
    let precondition = match why {
        NotDone::NotFound => return Refusal::NotFound,
        NotDone::ProvinceNotNamed => Precondition::ProvinceNotNamed,
        NotDone::Changed => Precondition::SuspectChanged,
        NotDone::Refused(DeskRefusal::AlreadyJudged) => Precondition::SuspectAlreadyJudged,
        NotDone::Refused(DeskRefusal::NotJudged) => Precondition::SuspectNotJudged,
        NotDone::Refused(DeskRefusal::AssignedToAnother) => Precondition::SuspectAssignedToAnother,
        NotDone::HasCase => Precondition::ClaimHasCase,
        NotDone::OtherRule => Precondition::SuspectOfOtherRule,
    };
    precondition.into()
}
