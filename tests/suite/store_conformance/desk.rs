//! What people do at the desk: each province for itself, each request once, each step in the log (六(三), I7, I10).

use hufu::domain::claim::ClaimId;
use hufu::domain::clawback::CaseStep;
use hufu::domain::suspect::desk::{DeskRefusal, DeskStep, DismissalReason, ESCALATION_MAX, NewFact};
use hufu::domain::suspect::{SuspectId, SuspectRule, SuspectState};
use hufu::store::Store;
use hufu::store::record::clawback::DraftOutcome;
use hufu::store::record::desk::{
    DeskAct, DeskActs, DeskActsOutcome, DeskOutcome, DeskRecord, DeskWork, LateUpTo, NotDone,
};
use hufu::store::record::{AssessmentRecord, SuspectFilter, SuspectRecord};
use jiff::Timestamp;
use uuid::Uuid;

use super::cases::{actor, advance, demanded, draft, drafted, fresh, person, step};
use super::harness::*;
use super::on_both;
use super::paid::Story;

const DAY: i64 = 86_400;
const SHANDONG: &str = "370000";
const HENAN: &str = "410000";
const WORDS: &str = "合同与参保记录";

/// What somebody in a place does with a suspect.
fn work(place: &str, who: &str, step: DeskStep) -> DeskWork {
    DeskWork {
        actor: actor(),
        operator: person(who),
        leads: false,
        within: region(place),
        province: None,
        step,
        words: WORDS.to_owned(),
        at: at(300),
    }
}

fn act(suspect_id: SuspectId, work: DeskWork) -> DeskAct {
    DeskAct { request: fresh(), suspect_id, version: None, work }
}

fn assign(assignee: &str) -> DeskStep {
    DeskStep::Assign { assignee: person(assignee) }
}

const DISMISS: DeskStep = DeskStep::Dismiss(DismissalReason::RegistryError);

/// Takes a step, and expects it to be taken.
async fn done(store: &Store, suspect_id: SuspectId, work: DeskWork) -> SuspectRecord {
    let outcome = store.desk_act(act(suspect_id, work)).await.unwrap();
    let DeskOutcome::Done(record) = outcome else { panic!("not done: {outcome:?}") };
    record
}

/// Takes a step, and expects it not to be.
async fn not_done(store: &Store, suspect_id: SuspectId, work: DeskWork) -> NotDone {
    let outcome = store.desk_act(act(suspect_id, work)).await.unwrap();
    let DeskOutcome::NotDone(why) = outcome else { panic!("done: {outcome:?}") };
    why
}

/// Has a person of the county find a suspect true, or not.
pub(super) async fn judge(store: &Store, suspect_id: SuspectId, confirmed: bool) {
    let step = if confirmed { DeskStep::Confirm } else { DISMISS };
    done(store, suspect_id, work("371502", "judge", step)).await;
}

/// Where the only suspect stands for the ministry, however it is asked for.
pub(super) async fn states(store: &Store) -> [SuspectState; 3] {
    let one = look_at(store, suspects(store).await[0].suspect_id).await;
    [seen_from(store, "000000").await, suspects(store).await[0].state, one.state]
}

/// Where the only suspect stands for a place.
async fn seen_from(store: &Store, place: &str) -> SuspectState {
    let filter = SuspectFilter::newest(region(place), 10);
    store.suspects(&filter, &access("test")).await.unwrap().remove(0).state
}

async fn look_at(store: &Store, suspect_id: SuspectId) -> SuspectRecord {
    store.suspect(suspect_id, region("000000"), &access("test")).await.unwrap().unwrap()
}

fn desk<'a>(suspect: &'a SuspectRecord, province: &str) -> &'a DeskRecord {
    suspect.desks.iter().find(|desk| desk.province == region(province)).unwrap()
}

/// A graduate claimed in two provinces: the claims and the suspect.
async fn across_provinces(store: &Store, number: u16) -> ([ClaimId; 2], SuspectId) {
    let here = Draft::graduate(number, u32::from(number) * 2);
    let there = Draft::graduate(number, u32::from(number) * 2 + 1).in_region("410902");
    let claims = [here.id(), there.id()];
    submit(store, here).await;
    submit(store, there).await;
    (claims, suspects(store).await.pop().unwrap().suspect_id)
}

/// A graduate claimed by two enterprises of one county.
async fn in_one_county(store: &Store, number: u16) -> SuspectId {
    submit(store, Draft::graduate(number, u32::from(number) * 2)).await;
    submit(store, Draft::graduate(number, u32::from(number) * 2 + 1)).await;
    suspects(store).await.pop().unwrap().suspect_id
}

fn judged_many(suspects: &[SuspectId], request_id: &str, digest: u8) -> DeskActs {
    let work = work("371502", "wang", DISMISS);
    DeskActs { request: request(request_id, digest), suspects: suspects.to_vec(), work }
}

/// Judges many, and gives a word for each.
async fn words_of_many(store: &Store, acts: DeskActs) -> Vec<String> {
    let outcome = store.desk_acts(acts).await.unwrap();
    let DeskActsOutcome::Done(outcomes) = outcome else { panic!("not done: {outcome:?}") };
    let word = |outcome: DeskOutcome| match outcome {
        DeskOutcome::Done(record) => format!("done {}", record.state.code()),
        DeskOutcome::Repeated(record) => format!("repeated {}", record.state.code()),
        DeskOutcome::NotDone(why) => format!("{why:?}"),
        DeskOutcome::RequestIdReused => "reused".to_owned(),
    };
    outcomes.into_iter().map(word).collect()
}

/// Escalates until nothing is left; gives the suspects that could not be read.
pub(super) async fn escalate(store: &Store, at: Timestamp, limit: u32) -> Vec<i64> {
    let (mut after, mut unreadable) = (Some(LateUpTo::NONE), Vec::new());
    while let Some(place) = after {
        let escalated = store.escalate_desks(at, place, limit).await.unwrap();
        unreadable.extend(escalated.unreadable);
        after = escalated.next;
    }
    unreadable
}

/// Escalates until nothing is left, and gives the levels of the only suspect's desks.
async fn levels(store: &Store, at: Timestamp) -> Vec<u8> {
    escalate(store, at, 1).await;
    suspects(store).await[0].desks.iter().map(|it| it.desk.escalation).collect()
}

/// Looks again at everything that was closed twice.
async fn review_alarms(store: &Store) {
    let mut after = Some(0);
    while let Some(sequence) = after {
        after = store.review_alarms(sequence, 1).await.unwrap();
    }
}

async fn alarms(store: &Store, within: &str) -> usize {
    store.desk_overview(region(within), &access("test")).await.unwrap().alarms.len()
}

async fn set_state(database: &Database, claim: ClaimId, state: &str) {
    database.run(format!("UPDATE claim SET state = '{state}' WHERE claim_id = {}", database.id(claim.0))).await;
}

on_both! {
    async fn two_provinces_find_each_for_itself(database: &Database) {
        let store = database.open().await;
        let (_, suspect) = across_provinces(&store, 1).await;
        let record = look_at(&store, suspect).await;
        assert_eq!(record.rule, SuspectRule::PersonTwoProvinces);
        assert_eq!(record.desks.iter().map(|it| (it.desk.state, it.version)).collect::<Vec<_>>(),
            [(SuspectState::Open, 1); 2]);

        let confirmed = done(&store, suspect, work("371500", "wang", DeskStep::Confirm)).await;
        assert_eq!(confirmed, look_at(&store, suspect).await, "what is answered is what is kept");
        let judgment = desk(&confirmed, SHANDONG).judgment.clone().unwrap();
        assert_eq!((judgment.by.as_str(), judgment.words.as_str(), judgment.reason), ("lc/wang", WORDS, None));
        assert_eq!(desk(&confirmed, HENAN), desk(&record, HENAN), "the other province is left alone");
        assert_eq!(seen_from(&store, SHANDONG).await, SuspectState::Confirmed);
        assert_eq!(seen_from(&store, "371502").await, SuspectState::Confirmed);
        assert_eq!(seen_from(&store, "410902").await, SuspectState::Open);
        assert_eq!(states(&store).await, [SuspectState::Open; 3], "the ministry sees the one that is least far");

        assert_eq!(not_done(&store, suspect, work("000000", "chief", DISMISS)).await, NotDone::ProvinceNotNamed);
        let stranger = work("371521", "wang", DISMISS);
        assert_eq!(not_done(&store, suspect, stranger).await, NotDone::NotFound);
        let for_them = DeskWork { province: Some(region(HENAN)), ..work("371502", "wang", DISMISS) };
        assert_eq!(not_done(&store, suspect, for_them).await, NotDone::NotFound);
        let named = DeskWork { province: Some(region(HENAN)), ..work("000000", "chief", DISMISS) };
        let dismissed = done(&store, suspect, named).await;
        assert_eq!(desk(&dismissed, HENAN).judgment.as_ref().unwrap().reason, Some(DismissalReason::RegistryError));
        assert_eq!(seen_from(&store, "410902").await, SuspectState::Dismissed);
        assert_eq!(states(&store).await, [SuspectState::Confirmed; 3]);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_step_is_taken_once_by_each_request(database: &Database) {
        let store = database.open().await;
        let suspect = in_one_county(&store, 1).await;
        let unknown = SuspectId(Uuid::now_v7());
        assert_eq!(not_done(&store, unknown, work("371502", "wang", DeskStep::Confirm)).await, NotDone::NotFound);
        assert_eq!(states(&store).await, [SuspectState::Open; 3]);
        let first = act(suspect, work("371502", "wang", DeskStep::Confirm));
        let DeskOutcome::Done(judged) = store.desk_act(first.clone()).await.unwrap() else { panic!("not done") };
        assert_eq!(states(&store).await, [SuspectState::Confirmed; 3]);
        let outcome = store.desk_act(first.clone()).await.unwrap();
        assert!(matches!(outcome, DeskOutcome::Repeated(it) if it == judged));
        let reads = "SELECT COUNT(*) FROM audit_entry WHERE action = 'suspects-read'
            AND detail = 'purpose=repeated-request person=lc/wang'";
        assert_eq!(database.count(reads).await, 1);
        let other = DeskAct { suspect_id: unknown, ..first.clone() };
        assert!(matches!(store.desk_act(other).await.unwrap(), DeskOutcome::RequestIdReused));
        let other = DeskAct { request: request(&first.request.request_id, 2), ..first };
        assert!(matches!(store.desk_act(other).await.unwrap(), DeskOutcome::RequestIdReused));
        let again = not_done(&store, suspect, work("371502", "wang", DISMISS)).await;
        assert_eq!(again, NotDone::Refused(DeskRefusal::AlreadyJudged));
        let judged = "SELECT COUNT(*) FROM audit_entry WHERE action = 'suspect-judged' AND detail = 'person=lc/wang'
            AND state = 'confirmed' AND version = 2 AND region = '371502'";
        assert_eq!(database.count(judged).await, 1);
        assert_eq!(database.count("SELECT COUNT(*) FROM suspect_event").await, 1);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn of_two_who_saw_the_same_one_is_told_that_it_changed(database: &Database) {
        let store = database.open().await;
        let suspect = in_one_county(&store, 1).await;
        let from = |who: &str| DeskAct { version: Some(1), ..act(suspect, work("371502", who, DeskStep::TakeUp)) };
        let (wang, li) = tokio::join!(store.desk_act(from("wang")), store.desk_act(from("li")));
        let outcomes = [wang.unwrap(), li.unwrap()];
        let count = |is: fn(&DeskOutcome) -> bool| outcomes.iter().filter(|it| is(it)).count();
        assert_eq!(count(|it| matches!(it, DeskOutcome::Done(_))), 1, "{outcomes:?}");
        assert_eq!(count(|it| matches!(it, DeskOutcome::NotDone(NotDone::Changed))), 1, "{outcomes:?}");
        assert_eq!(desk(&look_at(&store, suspect).await, SHANDONG).version, 2);
        store.close().await;
    }

    async fn a_suspect_goes_from_hand_to_hand(database: &Database) {
        let store = database.open().await;
        let suspect = in_one_county(&store, 1).await;
        let leading = |step| DeskWork { leads: true, words: String::new(), ..work("371502", "chief", step) };
        let given = done(&store, suspect, leading(assign("wang"))).await;
        assert_eq!(given.state, SuspectState::Assigned);
        let theirs = "SELECT COUNT(*) FROM suspect_scope WHERE assignee = 'lc/wang' AND state = 'assigned'";
        assert_eq!(database.count(theirs).await, 4, "county, city, province and the ministry");
        assert_eq!(
            not_done(&store, suspect, work("371502", "li", assign("li"))).await,
            NotDone::Refused(DeskRefusal::AssignedToAnother)
        );
        let taken = done(&store, suspect, work("371502", "wang", DeskStep::TakeUp)).await;
        assert_eq!((taken.state, desk(&taken, SHANDONG).version), (SuspectState::Investigating, 3));
        done(&store, suspect, work("371502", "li", DeskStep::Comment)).await;
        let judged = done(&store, suspect, work("371502", "wang", DISMISS)).await;
        assert_eq!((judged.state, desk(&judged, SHANDONG).version), (SuspectState::Dismissed, 5));
        assert_eq!(judged, look_at(&store, suspect).await);

        let events = "SELECT version || ' ' || person || ' ' || step || ' ' || detail || ' ' || words
            FROM suspect_event ORDER BY version";
        assert_eq!(database.texts(events).await, [
            "2 lc/chief assigned lc/wang ".to_owned(),
            format!("3 lc/wang taken-up  {WORDS}"),
            format!("4 lc/li commented  {WORDS}"),
            format!("5 lc/wang dismissed registry-error {WORDS}"),
        ]);
        let logged = "SELECT action || ' ' || detail FROM audit_entry WHERE subject_kind = 'suspect' AND version > 1
            ORDER BY sequence";
        assert_eq!(database.texts(logged).await, [
            "suspect-assigned person=lc/chief assignee=lc/wang",
            "suspect-taken-up person=lc/wang",
            "suspect-commented person=lc/li",
            "suspect-judged person=lc/wang reason=registry-error",
        ]);
        store.close().await;
    }

    async fn many_are_judged_alike_each_for_itself(database: &Database) {
        let store = database.open().await;
        let mut alike = Vec::new();
        for number in 1..=4 {
            alike.push(in_one_county(&store, number).await);
        }
        let (_, other_rule) = across_provinces(&store, 5).await;
        judge(&store, alike[3], true).await;
        let all = [alike[0], alike[1], other_rule, alike[3], SuspectId(Uuid::now_v7()), alike[2]];
        let expected = ["done dismissed", "done dismissed", "OtherRule", "Refused(AlreadyJudged)", "NotFound",
            "done dismissed"];
        assert_eq!(words_of_many(&store, judged_many(&all, "judge-many", 1)).await, expected);
        let entries = "SELECT COUNT(*) FROM audit_entry WHERE action = 'suspect-judged'
            AND detail = 'person=lc/wang reason=registry-error'";
        assert_eq!(database.count(entries).await, 3, "an entry each");
        assert_eq!(database.count("SELECT COUNT(DISTINCT subject_id) FROM audit_entry WHERE action = 'suspect-judged'").await, 4);

        let reopen = work("371502", "li", DeskStep::Reopen(NewFact::Document));
        done(&store, alike[3], reopen).await;
        let again = words_of_many(&store, judged_many(&all, "judge-many", 1)).await;
        assert_eq!(again, ["repeated dismissed", "repeated dismissed", "OtherRule", "Changed", "NotFound",
            "repeated dismissed"], "nothing more is done under the same request");
        assert_eq!(look_at(&store, alike[3]).await.state, SuspectState::Open);
        assert_eq!(database.count(entries).await, 3);
        let outcome = store.desk_acts(judged_many(&all, "judge-many", 2)).await.unwrap();
        assert!(matches!(outcome, DeskActsOutcome::RequestIdReused));
        assert_eq!(database.count("SELECT COUNT(*) FROM audit_entry WHERE detail LIKE '%合同%'").await, 0);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_judgment_is_not_taken_back_under_a_case_that_rests_on_it(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let reopen = || work("371502", "li", DeskStep::Reopen(NewFact::RegistryChanged));
        assert_eq!(not_done(&store, story.suspect, reopen()).await, NotDone::Refused(DeskRefusal::NotJudged));
        judge(&store, story.suspect, true).await;
        let case = drafted(&store, draft(&story)).await;
        assert_eq!(not_done(&store, story.suspect, reopen()).await, NotDone::HasCase);
        advance(&store, step(&case, "chief", CaseStep::Drop)).await;
        let reopened = done(&store, story.suspect, reopen()).await;
        assert_eq!((reopened.state, desk(&reopened, SHANDONG).judgment.clone()), (SuspectState::Open, None));
        assert_eq!(reopened, look_at(&store, story.suspect).await);
        let outcome = store.draft_case(draft(&story)).await.unwrap();
        assert!(matches!(outcome, DraftOutcome::SuspectNotConfirmed));
        judge(&store, story.suspect, false).await;
        let steps = "SELECT step FROM suspect_event ORDER BY version";
        assert_eq!(database.texts(steps).await, ["confirmed", "reopened", "dismissed"], "nothing is forgotten");
        let logged = "SELECT detail FROM audit_entry WHERE action = 'suspect-reopened'";
        assert_eq!(database.texts(logged).await, ["person=lc/li fact=registry-changed"]);
        store.close().await;
    }

    async fn what_nobody_acts_on_goes_up_level_by_level(database: &Database) {
        let store = database.open().await;
        across_provinces(&store, 1).await;
        assert_eq!(levels(&store, at(3 * DAY - 1)).await, [0, 0]);
        assert_eq!(levels(&store, at(3 * DAY)).await, [1, 1]);
        assert_eq!(levels(&store, at(8 * DAY - 1)).await, [1, 1]);
        let entries = "SELECT actor || ' ' || detail FROM audit_entry WHERE action = 'suspect-escalated'";
        assert_eq!(database.texts(entries).await, ["hufu/desk level=1"; 2]);
        // In Shandong somebody takes it up, and has ten days from then on.
        let suspect = suspects(&store).await[0].suspect_id;
        let late = DeskWork { at: at(4 * DAY), ..work("371502", "wang", DeskStep::TakeUp) };
        done(&store, suspect, late).await;
        assert_eq!(levels(&store, at(8 * DAY)).await, [1, 2]);
        assert_eq!(levels(&store, at(14 * DAY)).await, [2, 3]);
        assert_eq!(levels(&store, at(99 * DAY)).await, [ESCALATION_MAX; 2]);
        assert_eq!(levels(&store, at(999 * DAY)).await, [ESCALATION_MAX; 2], "there is no level above");
        let record = look_at(&store, suspect).await;
        assert_eq!(desk(&record, SHANDONG).desk.state, SuspectState::Investigating);
        let done_late = done(&store, suspect, work("371502", "wang", DISMISS)).await;
        assert_eq!(desk(&done_late, SHANDONG).desk.due_at, None);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn two_replicas_escalate_each_desk_once(database: &Database) {
        let (one, other) = (database.open().await, database.open().await);
        for number in 1..=6 {
            in_one_county(&one, number).await;
        }
        let rounds = async |store: &Store| drop(escalate(store, at(3 * DAY), 2).await);
        tokio::join!(rounds(&one), rounds(&other));
        assert_eq!(database.count("SELECT COUNT(*) FROM audit_entry WHERE action = 'suspect-escalated'").await, 6);
        assert_eq!(database.count("SELECT COUNT(*) FROM suspect_desk WHERE escalation = 1").await, 6);
        one.verify_audit().await.unwrap();
        one.close().await;
        other.close().await;
    }

    /// A wrong clock neither stops the others nor is its own suspect forgotten.
    async fn a_suspect_from_the_future_holds_up_nobody(database: &Database) {
        let store = database.open().await;
        let future = Draft::graduate(1, 1);
        let claim = submit(&store, future).await;
        let mut finding: AssessmentRecord = assessment(&claim, held("ACCOUNT"));
        finding.findings = vec![SuspectRule::AccountNotTaxRegistry];
        let outcomes = store.record_assessments(vec![finding], actor(), at(50 * DAY)).await.unwrap();
        assert_eq!(outcomes.len(), 1);
        in_one_county(&store, 2).await;
        let levels = async |days| {
            escalate(&store, at(days * DAY), 10).await;
            let all = suspects(&store).await;
            all.iter().map(|it| it.desks[0].desk.escalation).collect::<Vec<_>>()
        };
        assert_eq!(levels(3).await, [0, 1]);
        assert_eq!(levels(52).await, [0, 2]);
        assert_eq!(levels(53).await, [1, 2]);
        store.close().await;
    }

    async fn both_closed_and_both_paying_is_an_alarm(database: &Database) {
        let store = database.open().await;
        let ([here, there], suspect) = across_provinces(&store, 1).await;
        for claim in [here, there] {
            set_state(database, claim, "reviewed").await;
        }
        done(&store, suspect, work("371502", "wang", DISMISS)).await;
        assert_eq!(alarms(&store, SHANDONG).await, 0, "Henan still looks into it");
        done(&store, suspect, work("410902", "wang", DISMISS)).await;
        for place in [SHANDONG, HENAN, "371502", "000000"] {
            assert_eq!(alarms(&store, place).await, 1, "{place}");
        }
        assert_eq!(alarms(&store, "440000").await, 0);
        set_state(database, there, "held").await;
        assert_eq!(alarms(&store, SHANDONG).await, 0, "one of them has no money coming");
        review_alarms(&store).await;
        let set = "SELECT COUNT(*) FROM suspect_closed_twice WHERE alarm = 1";
        assert_eq!(database.count(set).await, 0);
        set_state(database, there, "paid").await;
        review_alarms(&store).await;
        assert_eq!(alarms(&store, HENAN).await, 1, "it is seen a round later");
        done(&store, suspect, work("410902", "wang", DeskStep::Reopen(NewFact::OtherProvince))).await;
        assert_eq!(alarms(&store, HENAN).await, 0, "somebody looks into it again");
        review_alarms(&store).await;
        done(&store, suspect, work("410902", "wang", DeskStep::Confirm)).await;
        assert_eq!(alarms(&store, HENAN).await, 1);
        store.close().await;
    }

    async fn what_is_claimed_back_is_no_alarm(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let henan = "UPDATE claim SET region = '410902', city = '410900', province = '410000', state = 'paid'";
        database.run(format!("{henan} WHERE claim_id = {}", database.id(story.other.0))).await;
        // As if the other enterprise were in another province: the story is told of one.
        database.run("INSERT INTO suspect_closed_twice (sequence, alarm) VALUES (1, 1)").await;
        database.run("UPDATE suspect SET second_city = '410900'").await;
        assert_eq!(alarms(&store, SHANDONG).await, 1);
        let case = demanded(&store, &story).await;
        assert_eq!(alarms(&store, SHANDONG).await, 0);
        review_alarms(&store).await;
        assert_eq!(alarms(&store, SHANDONG).await, 0);
        let half = format!("UPDATE clawback_case SET amount_fen = amount_fen / 2 WHERE case_id = {}", database.id(case.case_id.0));
        database.run(half).await;
        review_alarms(&store).await;
        assert_eq!(alarms(&store, SHANDONG).await, 1, "half of it still stays there");
        store.close().await;
    }
}
