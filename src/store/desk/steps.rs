//! What people do at desks: one step, or the same one at many, each request once.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::kept::{self, Taken};
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::identity::Region;
use crate::domain::suspect::SuspectId;
use crate::domain::suspect::desk::{DeskStep, Hand, NoDesk, desk_for};
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::record::SuspectRecord;
use crate::store::record::desk::{DeskAct, DeskActs, DeskActsOutcome, DeskOutcome, DeskWork, Judgment, NotDone};
use crate::store::requests::{self, KeyedRequest, NewRequest, RequestKind};
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;
use crate::store::{Store, StoreError, codec, suspects};

bulk_statements! {
    /// Those that are not over.
    FIND_CASES(sequence: Integer) = "
        SELECT suspect.sequence, clawback_case.region
        FROM {input} CROSS JOIN suspect CROSS JOIN clawback_case
        WHERE suspect.sequence = input.sequence
            AND clawback_case.claim_id IN (suspect.first_claim, suspect.second_claim)
            AND clawback_case.suspect_id = suspect.suspect_id
            AND clawback_case.state NOT IN ('settled', 'waived', 'dropped')";
    /// What one request did: nobody takes the same step at the same desk twice at one moment.
    FIND_DONE(sequence: Integer, province: Text, at: Integer, person: Text, step: Text) = "
        SELECT done.sequence, done.province
        FROM {input} CROSS JOIN suspect_event AS done
        WHERE done.sequence = input.sequence AND done.province = input.province AND done.at = input.at
            AND done.person = input.person AND done.step = input.step";
}

impl Store {
    /// Takes a step at one desk.
    pub async fn desk_act(&self, act: DeskAct) -> Result<DeskOutcome, StoreError> {
        self.act(One(act)).await
    }

    /// Takes the same step at many desks: one that cannot be taken holds up none of the others.
    pub async fn desk_acts(&self, acts: DeskActs) -> Result<DeskActsOutcome, StoreError> {
        self.act(Many(acts)).await
    }
}

struct One(DeskAct);

struct Many(DeskActs);

/// Suspects on whose confirmation in a province an open case rests.
type Cases = HashSet<(i64, Region)>;

impl Act for One {
    type Output = DeskOutcome;

    async fn run(&self, transaction: &mut Transaction) -> Result<DeskOutcome, StoreError> {
        let DeskAct { request, suspect_id, version, work } = &self.0;
        let (key, kind) = (KeyedRequest::new(request, &transaction.sealer), kind(&work.step));
        let seen = requests::find_one(transaction, key).await?;
        let is_other = |it: &requests::Seen| !it.is_same(key, kind) || it.subject_id != suspect_id.0.as_bytes();
        if seen.as_ref().is_some_and(is_other) {
            return Ok(DeskOutcome::RequestIdReused);
        }
        let at = codec::kept(work.at);
        let Some(mut suspect) = suspects::find(transaction, *suspect_id).await? else {
            return Ok(DeskOutcome::NotDone(NotDone::NotFound));
        };
        let province = match work.province_of(&suspect) {
            Ok(province) => province,
            Err(why) => return Ok(DeskOutcome::NotDone(why)),
        };
        if seen.is_some() {
            let region = suspect.read_at(work.within).unwrap_or(work.within);
            transaction.append(&read_again(work, Subject::Suspect(suspect_id.0), region, at));
            return Ok(DeskOutcome::Repeated(suspect));
        }
        let cases = find_cases(transaction, &work.step, std::slice::from_ref(&suspect)).await?;
        if let Err(why) = work.take(&mut suspect, province, *version, &cases) {
            return Ok(DeskOutcome::NotDone(why));
        }
        let new = NewRequest { key, kind, subject_id: suspect_id.0, at: at.as_millisecond() };
        requests::enter(transaction, vec![new]).await?;
        let taken = [Taken { suspect, province }];
        kept::save(transaction, &taken, work, at).await?;
        let [Taken { suspect, .. }] = taken;
        Ok(DeskOutcome::Done(suspect))
    }
}

impl Act for Many {
    type Output = DeskActsOutcome;

    fn weight(&self) -> usize {
        self.0.suspects.len()
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<DeskActsOutcome, StoreError> {
        let DeskActs { request, suspects: ids, work } = &self.0;
        let (key, kind) = (KeyedRequest::new(request, &transaction.sealer), RequestKind::DeskSteps);
        let seen = requests::find_one(transaction, key).await?;
        if seen.as_ref().is_some_and(|it| !it.is_same(key, kind)) {
            return Ok(DeskActsOutcome::RequestIdReused);
        }
        let records = suspects::named(transaction, ids).await?;
        let cases = find_cases(transaction, &work.step, &records).await?;
        let done = match &seen {
            Some(seen) => Some(find_done(transaction, &records, work, seen.at).await?),
            None => None,
        };
        let at = codec::kept(work.at);
        let mut taken = Vec::new();
        let outcomes = each(ids, records, work, &cases, done.as_ref(), &mut taken);
        if done.is_some() {
            transaction.append(&read_again(work, Subject::Suspects, work.within, at));
            return Ok(DeskActsOutcome::Done(outcomes));
        }
        // Entered even where nothing could be done: asked again, nothing is done either.
        let subject_id = ids.first().map(|id| id.0).unwrap_or_default();
        requests::enter(transaction, vec![NewRequest { key, kind, subject_id, at: at.as_millisecond() }]).await?;
        kept::save(transaction, &taken, work, at).await?;
        Ok(DeskActsOutcome::Done(outcomes))
    }
}

/// Takes the step at each desk in turn, unless the same request was here before: then `done` says what it did.
fn each(
    ids: &[SuspectId],
    records: Vec<SuspectRecord>,
    work: &DeskWork,
    cases: &Cases,
    done: Option<&HashSet<(i64, Region)>>,
    taken: &mut Vec<Taken>,
) -> Vec<DeskOutcome> {
    let mut found: HashMap<SuspectId, SuspectRecord> = records.into_iter().map(|it| (it.suspect_id, it)).collect();
    let mut rule = None;
    let mut outcomes = Vec::with_capacity(ids.len());
    for id in ids {
        let outcome = (|| {
            let mut suspect = found.remove(id).ok_or(NotDone::NotFound)?;
            let province = work.province_of(&suspect)?;
            if *rule.get_or_insert(suspect.rule) != suspect.rule {
                return Err(NotDone::OtherRule);
            }
            if done.is_some_and(|done| done.contains(&(suspect.sequence, province))) {
                return Ok(DeskOutcome::Repeated(suspect));
            }
            work.take(&mut suspect, province, None, cases)?;
            if done.is_some() {
                // It could not be done then. That it could be now is another request's to say.
                return Err(NotDone::Changed);
            }
            taken.push(Taken { suspect: suspect.clone(), province });
            Ok(DeskOutcome::Done(suspect))
        })();
        outcomes.push(outcome.unwrap_or_else(DeskOutcome::NotDone));
    }
    outcomes
}

impl DeskWork {
    /// Whose desk it is, of a suspect that the caller may see.
    fn province_of(&self, suspect: &SuspectRecord) -> Result<Region, NotDone> {
        let places: Vec<Region> = suspect.sides().map(|side| side.region).collect();
        desk_for(&places, self.within, self.province).map_err(|error| match error {
            NoDesk::NotFound => NotDone::NotFound,
            NoDesk::ProvinceNotNamed => NotDone::ProvinceNotNamed,
        })
    }

    /// Takes the step at a province's desk, or says why not.
    fn take(
        &self,
        suspect: &mut SuspectRecord,
        province: Region,
        version: Option<i64>,
        cases: &Cases,
    ) -> Result<(), NotDone> {
        let at = codec::kept(self.at);
        let desk = suspect.desks.iter_mut().find(|desk| desk.province == province).ok_or(NotDone::NotFound)?;
        if version.is_some_and(|version| version != desk.version) {
            return Err(NotDone::Changed);
        }
        let by = Hand { person: &self.operator, leads: self.leads };
        let after = desk.desk.after(&self.step, by, at).map_err(NotDone::Refused)?;
        if cases.contains(&(suspect.sequence, province)) {
            return Err(NotDone::HasCase);
        }
        let judged =
            |reason| Some(Judgment { reason, words: self.words.clone(), by: self.operator.as_str().to_owned(), at });
        match &self.step {
            DeskStep::Confirm => desk.judgment = judged(None),
            DeskStep::Dismiss(reason) => desk.judgment = judged(Some(*reason)),
            DeskStep::Reopen(_) => desk.judgment = None,
            DeskStep::Assign { .. } | DeskStep::TakeUp | DeskStep::Comment => {}
        }
        desk.desk = after;
        desk.version = desk.version.saturating_add(1);
        suspect.state = kept::overall(suspect);
        Ok(())
    }
}

fn kind(step: &DeskStep) -> RequestKind {
    match step {
        DeskStep::Confirm | DeskStep::Dismiss(_) => RequestKind::JudgeSuspect,
        DeskStep::Assign { .. } | DeskStep::TakeUp | DeskStep::Reopen(_) | DeskStep::Comment => RequestKind::DeskStep,
    }
}

/// Only what is opened again can take the ground from under a case.
async fn find_cases(
    transaction: &mut Transaction,
    step: &DeskStep,
    suspects: &[SuspectRecord],
) -> Result<Cases, StoreError> {
    if !matches!(step, DeskStep::Reopen(_)) {
        return Ok(Cases::new());
    }
    let mut rows = Rows::new(&FIND_CASES, transaction.backend());
    for suspect in suspects {
        rows.integer(suspect.sequence);
    }
    let found: Vec<(i64, String)> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(|(sequence, place)| Ok((sequence, codec::region(&place)?.province()))).collect()
}

/// At which desks the request did what it asks for.
async fn find_done(
    transaction: &mut Transaction,
    suspects: &[SuspectRecord],
    work: &DeskWork,
    at: i64,
) -> Result<HashSet<(i64, Region)>, StoreError> {
    let mut rows = Rows::new(&FIND_DONE, transaction.backend());
    for suspect in suspects {
        for desk in &suspect.desks {
            rows.integer(suspect.sequence).text(desk.province.as_str()).integer(at);
            rows.text(work.operator.as_str()).text(work.step.code());
        }
    }
    let found: Vec<(i64, String)> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(|(sequence, province)| Ok((sequence, codec::region(&province)?))).collect()
}

/// A repeated request is answered with the suspect as it stands, which is a read.
fn read_again(work: &DeskWork, subject: Subject, region: Region, at: Timestamp) -> Entry {
    Entry {
        at,
        actor: work.actor.0.clone(),
        action: Action::SuspectsRead,
        subject,
        region,
        state: None,
        version: None,
        detail: requests::repeated_by(&work.operator),
    }
}
