//! Suspects are judged, and cases go from the draft to the last fen, each step by who may take it (六(三), I7, I8).

use hufu::domain::clawback::{CaseId, CaseState, CaseStep};
use hufu::domain::identity::Region;
use hufu::domain::ledger::{Account, AccountKind, Event};
use hufu::domain::money::Fen;
use hufu::domain::operator::OperatorId;
use hufu::domain::suspect::{SuspectId, SuspectRule, SuspectState};
use hufu::store::Store;
use hufu::store::record::clawback::{
    AdvanceCase, CaseFilter, CaseOutcome, CaseRecord, DraftCase, DraftOutcome, RecordRepayment, RecoveryLine,
    RepaymentOutcome,
};
use hufu::store::record::ledger::{EntryFilter, EntryRecord, SliceFilter};
use hufu::store::record::{Actor, RequestKey};
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::desk::{judge, states};
use super::harness::*;
use super::on_both;
use super::paid::{COUNTY, PAID, Story, row};

const DUE: Date = date(2022, 10, 20);

pub(super) fn person(name: &str) -> OperatorId {
    OperatorId::new("lc", name).unwrap()
}

pub(super) fn fresh() -> RequestKey {
    request(&Uuid::new_v4().to_string(), 1)
}

pub(super) fn actor() -> Actor {
    Actor("371502/desk".to_owned())
}

pub(super) fn draft(story: &Story) -> DraftCase {
    DraftCase {
        request: fresh(),
        actor: actor(),
        operator: person("drafter"),
        suspect_id: story.suspect,
        claim_id: story.claim,
        amount: None,
        facts: "重复享受".to_owned(),
        at: at(400),
    }
}

pub(super) fn step(case: &CaseRecord, who: &str, step: CaseStep) -> AdvanceCase {
    AdvanceCase {
        request: fresh(),
        actor: actor(),
        operator: person(who),
        case_id: case.case_id,
        version: case.version,
        step,
        text: "附件".to_owned(),
        set_off: step == CaseStep::Demand,
        due_on: Some(DUE),
        at: at(500),
    }
}

fn repayment(case: &CaseRecord, fen: i64, reference: &str) -> RecordRepayment {
    RecordRepayment {
        request: fresh(),
        actor: actor(),
        operator: person("cashier"),
        case_id: case.case_id,
        amount: Fen::new(fen),
        bank_reference: reference.to_owned(),
        at: at(600),
    }
}

pub(super) async fn drafted(store: &Store, draft: DraftCase) -> CaseRecord {
    let outcome = store.draft_case(draft).await.unwrap();
    let DraftOutcome::Drafted(case) = outcome else { panic!("not drafted: {outcome:?}") };
    case
}

pub(super) async fn advance(store: &Store, advance: AdvanceCase) -> CaseRecord {
    let outcome = store.advance_case(advance).await.unwrap();
    let CaseOutcome::Done(case) = outcome else { panic!("not done: {outcome:?}") };
    case
}

/// A demanded case of a story whose suspect is confirmed.
pub(super) async fn demanded(store: &Store, story: &Story) -> CaseRecord {
    judge(store, story.suspect, true).await;
    let mut case = drafted(store, draft(story)).await;
    for it in [CaseStep::Approve, CaseStep::RecordReply, CaseStep::Demand] {
        case = advance(store, step(&case, "chief", it)).await;
    }
    case
}

/// Records a repayment by hand.
pub(super) async fn repay(store: &Store, case: &CaseRecord, fen: i64, reference: &str) -> CaseRecord {
    let outcome = store.record_repayment(repayment(case, fen, reference)).await.unwrap();
    let RepaymentOutcome::Recorded(case) = outcome else { panic!("not recorded: {outcome:?}") };
    case
}

/// The ledger's entries about a case.
async fn entries(store: &Store, case: CaseId) -> Vec<EntryRecord> {
    let slice = SliceFilter { within: Region::MINISTRY, batch: None, subsidy: None, month: None };
    let filter = EntryFilter { slice, account: None, after: 0, limit: 100 };
    let entries = store.ledger_entries(&filter).await.unwrap();
    entries.into_iter().filter(|it| it.entry.about == Some(case.0)).collect()
}

on_both! {
    async fn a_dismissed_suspect_bears_no_case(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let outcome = store.draft_case(draft(&story)).await.unwrap();
        assert!(matches!(outcome, DraftOutcome::SuspectNotConfirmed));
        judge(&store, story.suspect, false).await;
        assert_eq!(states(&store).await, [SuspectState::Dismissed; 3]);
        let outcome = store.draft_case(draft(&story)).await.unwrap();
        assert!(matches!(outcome, DraftOutcome::SuspectNotConfirmed));
        store.close().await;
    }

    async fn a_case_rests_on_a_confirmed_suspect_and_a_paid_claim(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        judge(&store, story.suspect, true).await;
        let unknown = DraftCase { suspect_id: SuspectId(Uuid::now_v7()), ..draft(&story) };
        assert!(matches!(store.draft_case(unknown).await.unwrap(), DraftOutcome::NotFound));
        let stranger = Draft::graduate(7, 7);
        let elsewhere = DraftCase { claim_id: stranger.id(), ..draft(&story) };
        submit(&store, stranger).await;
        assert!(matches!(store.draft_case(elsewhere).await.unwrap(), DraftOutcome::NotFound));
        let unpaid = DraftCase { claim_id: story.other, ..draft(&story) };
        assert!(matches!(store.draft_case(unpaid).await.unwrap(), DraftOutcome::ClaimNotPaid));
        let more = DraftCase { amount: Some(Fen::new(PAID + 1)), ..draft(&story) };
        let outcome = store.draft_case(more).await.unwrap();
        assert!(matches!(outcome, DraftOutcome::ExceedsPaid { paid } if paid == Fen::new(PAID)));
        let first = draft(&story);
        let case = drafted(&store, first.clone()).await;
        assert_eq!(case.case_number, "ZH-371502-2022-000001");
        assert_eq!((case.state, case.version, case.money.amount), (CaseState::Drafted, 1, Fen::new(PAID)));
        assert_eq!((case.region, case.rule), (story.county(), SuspectRule::PersonTwoEnterprises));
        assert_eq!(case.enterprise, story.enterprise);
        let outcome = store.draft_case(first.clone()).await.unwrap();
        assert!(matches!(outcome, DraftOutcome::Repeated(it) if it == case));
        let reused = DraftCase { request: request(&first.request.request_id, 2), ..first };
        assert!(matches!(store.draft_case(reused).await.unwrap(), DraftOutcome::RequestIdReused));
        assert!(matches!(store.draft_case(draft(&story)).await.unwrap(), DraftOutcome::ClaimHasCase));
        store.close().await;
    }

    async fn a_case_goes_from_the_draft_to_the_last_fen(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        judge(&store, story.suspect, true).await;
        let case = drafted(&store, draft(&story)).await;
        let early = store.record_repayment(repayment(&case, 1, "r-0")).await.unwrap();
        assert!(matches!(early, RepaymentOutcome::NotDemanded(CaseState::Drafted)));
        let unknown = AdvanceCase { case_id: CaseId(Uuid::now_v7()), ..step(&case, "chief", CaseStep::Approve) };
        assert!(matches!(store.advance_case(unknown).await.unwrap(), CaseOutcome::NotFound));
        for who in ["drafter", "judge"] {
            let outcome = store.advance_case(step(&case, who, CaseStep::Approve)).await.unwrap();
            assert!(matches!(outcome, CaseOutcome::SamePerson), "{who}");
        }
        let outcome = store.advance_case(step(&case, "chief", CaseStep::Demand)).await.unwrap();
        assert!(matches!(outcome, CaseOutcome::NotAllowed(CaseState::Drafted)), "no demand before notice and reply");
        let approve = step(&case, "chief", CaseStep::Approve);
        let noticed = advance(&store, approve.clone()).await;
        assert_eq!((noticed.state, noticed.due_on, noticed.version), (CaseState::Noticed, Some(DUE), 2));
        let outcome = store.advance_case(approve.clone()).await.unwrap();
        assert!(matches!(outcome, CaseOutcome::Repeated(it) if it == noticed));
        let reused = AdvanceCase { request: request(&approve.request.request_id, 2), ..approve };
        assert!(matches!(store.advance_case(reused).await.unwrap(), CaseOutcome::RequestIdReused));
        let stale = step(&case, "chief", CaseStep::RecordReply);
        assert!(matches!(store.advance_case(stale).await.unwrap(), CaseOutcome::Changed));
        let silent = step(&noticed, "chief", CaseStep::NoReply);
        let last_day = AdvanceCase { at: "2022-10-20T15:59:59Z".parse().unwrap(), ..silent.clone() };
        let outcome = store.advance_case(last_day).await.unwrap();
        assert!(matches!(outcome, CaseOutcome::ReplyStillDue(due_on) if due_on == DUE));
        let after = AdvanceCase { request: fresh(), at: "2022-10-20T16:00:00Z".parse().unwrap(), ..silent };
        let heard = advance(&store, after).await;
        let demanded = advance(&store, step(&heard, "drafter", CaseStep::Demand)).await;
        assert!(demanded.set_off);
        let too_much = store.record_repayment(repayment(&demanded, PAID + 1, "r-1")).await.unwrap();
        assert!(matches!(too_much, RepaymentOutcome::ExceedsOutstanding { outstanding } if outstanding.get() == PAID));
        let first = repayment(&demanded, 60_000, "r-1");
        let outcome = store.record_repayment(first.clone()).await.unwrap();
        let RepaymentOutcome::Recorded(repaying) = outcome else { panic!("not recorded: {outcome:?}") };
        assert_eq!((repaying.state, repaying.money.outstanding()), (CaseState::Repaying, Fen::new(90_000)));
        let outcome = store.record_repayment(first.clone()).await.unwrap();
        assert!(matches!(outcome, RepaymentOutcome::Repeated(it) if it == repaying));
        let reused = RecordRepayment { request: request(&first.request.request_id, 2), ..first };
        assert!(matches!(store.record_repayment(reused).await.unwrap(), RepaymentOutcome::RequestIdReused));
        let unknown = RecordRepayment { case_id: CaseId(Uuid::now_v7()), ..repayment(&case, 1, "r-2") };
        assert!(matches!(store.record_repayment(unknown).await.unwrap(), RepaymentOutcome::NotFound));
        let again = store.record_repayment(repayment(&repaying, 90_000, "r-1")).await.unwrap();
        assert!(matches!(again, RepaymentOutcome::ReferenceReused));
        let settled = repay(&store, &repaying, 90_000, "r-2").await;
        assert_eq!(settled.state, CaseState::Settled);
        let posted: Vec<_> = entries(&store, case.case_id).await;
        let events: Vec<_> = posted.iter().map(|it| (it.entry.event, it.entry.amount.get())).collect();
        assert_eq!(events, [(Event::Demanded, PAID), (Event::Repaid, 60_000), (Event::Repaid, 90_000)]);
        assert!(posted.iter().all(|it| it.entry.slice.batch == story.batch && it.entry.slice.place == story.county()));
        assert_eq!(posted[1].entry.debit, Account::cash(story.county()));
        let (kept, steps) = store.case(case.case_id).await.unwrap().unwrap();
        assert_eq!(kept, settled);
        let steps: Vec<_> = steps.iter().map(|it| (it.step.as_str(), it.person.as_str())).collect();
        let expected = [("draft", "drafter"), ("approve", "chief"), ("no-reply", "chief"), ("demand", "drafter"),
            ("repay", "cashier"), ("repay", "cashier")].map(|(step, who)| (step, format!("lc/{who}")));
        assert_eq!(steps, expected.iter().map(|(step, who)| (*step, who.as_str())).collect::<Vec<_>>());
        let check = store.check_ledger(Region::MINISTRY).await.unwrap();
        assert_eq!(check.differences, []);
        // All of it came back: nothing is left to be got back by another case.
        let outcome = store.draft_case(draft(&story)).await.unwrap();
        assert!(matches!(outcome, DraftOutcome::ExceedsPaid { paid: Fen::ZERO }));
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn two_people_give_up_what_is_not_got_back(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let case = demanded(&store, &story).await;
        let case = repay(&store, &case, 50_000, "r-1").await;
        let referred = advance(&store, step(&case, "chief", CaseStep::Refer)).await;
        let proposed = advance(&store, step(&referred, "chief", CaseStep::ProposeWaiver)).await;
        let outcome = store.advance_case(step(&proposed, "chief", CaseStep::ApproveWaiver)).await.unwrap();
        assert!(matches!(outcome, CaseOutcome::SamePerson));
        let waived = advance(&store, step(&proposed, "drafter", CaseStep::ApproveWaiver)).await;
        assert_eq!((waived.state, waived.money.waived), (CaseState::Waived, Fen::new(100_000)));
        let last = entries(&store, case.case_id).await.pop().unwrap().entry;
        assert_eq!((last.event, last.amount), (Event::Waived, Fen::new(100_000)));
        assert_eq!(last.debit, Account::of_place(AccountKind::Expense, story.county()));
        assert_eq!(store.check_ledger(Region::MINISTRY).await.unwrap().differences, []);
        let late = store.record_repayment(repayment(&waived, 1, "r-2")).await.unwrap();
        assert!(matches!(late, RepaymentOutcome::NotDemanded(CaseState::Waived)));
        store.close().await;
    }

    async fn a_dropped_case_makes_room_for_another(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        judge(&store, story.suspect, true).await;
        let case = drafted(&store, DraftCase { amount: Some(Fen::new(100)), ..draft(&story) }).await;
        let outcome = store.advance_case(step(&case, "drafter", CaseStep::Drop)).await.unwrap();
        assert!(matches!(outcome, CaseOutcome::SamePerson));
        let dropped = advance(&store, step(&case, "chief", CaseStep::Drop)).await;
        assert_eq!(dropped.state, CaseState::Dropped);
        let next = drafted(&store, DraftCase { at: at(401), ..draft(&story) }).await;
        assert_eq!((next.case_number.as_str(), next.money.amount), ("ZH-371502-2022-000002", Fen::new(PAID)));
        let outcome = store.advance_case(AdvanceCase { due_on: None, ..step(&next, "chief", CaseStep::Approve) }).await;
        let CaseOutcome::Done(next) = outcome.unwrap() else { panic!("not approved") };
        let outcome = store.advance_case(step(&next, "chief", CaseStep::NoReply)).await.unwrap();
        assert!(matches!(outcome, CaseOutcome::NotAllowed(CaseState::Noticed)), "no last day has passed");
        let by_hand = AdvanceCase { step: CaseStep::Repay { remaining: Fen::ZERO }, ..step(&next, "chief", CaseStep::Drop) };
        assert!(matches!(store.advance_case(by_hand).await.unwrap(), CaseOutcome::NotAllowed(_)));
        let filter = CaseFilter { within: region("371500"), state: None, before: None, limit: 10 };
        let listed = store.cases(&filter).await.unwrap();
        assert_eq!(listed, [next.clone(), dropped.clone()]);
        let page = CaseFilter { before: Some(next.case_id), ..filter.clone() };
        assert_eq!(store.cases(&page).await.unwrap(), std::slice::from_ref(&dropped));
        let open = CaseFilter { state: Some(CaseState::Dropped), ..filter.clone() };
        assert_eq!(store.cases(&open).await.unwrap(), [dropped]);
        assert!(store.cases(&CaseFilter { within: region("371503"), ..filter }).await.unwrap().is_empty());
        assert_eq!(store.case(CaseId(Uuid::now_v7())).await.unwrap(), None);
        store.close().await;
    }

    /// I8: the database itself refuses what the code would not do.
    async fn four_eyes_stand_in_the_schema(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let case = demanded(&store, &story).await;
        for change in [
            "approved_by = drafted_by",
            "approved_by = confirmed_by",
            "waiver_by = 'lc/a', waived_by = 'lc/a'",
            "waived_by = 'lc/a'",
            "repaid_fen = amount_fen, waived_fen = 1",
        ] {
            let refused = database.try_run(format!("UPDATE clawback_case SET {change}")).await;
            assert!(matches!(refused, Err(sqlx::Error::Database(_))), "{change}");
        }
        let second = format!(
            "INSERT INTO clawback_case (case_id, case_number, suspect_id, claim_id, batch_id, region, city, enterprise,
                subsidy, rule, state, amount_fen, repaid_fen, set_off_fen, waived_fen, set_off, facts, confirmed_by,
                drafted_by, drafted_at, changed_at, version)
             SELECT {}, 'ZH-2', suspect_id, claim_id, batch_id, region, city, enterprise, subsidy, rule, 'drafted',
                amount_fen, 0, 0, 0, 0, facts, confirmed_by, drafted_by, drafted_at, changed_at, 1 FROM clawback_case",
            database.id(Uuid::now_v7())
        );
        assert!(matches!(database.try_run(second.clone()).await, Err(sqlx::Error::Database(_))));
        database.run("UPDATE clawback_case SET state = 'dropped'").await;
        database.run(second).await;
        assert!(store.case(case.case_id).await.unwrap().is_some());
        store.close().await;
    }

    async fn a_repayment_takes_the_line_that_shows_it(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let case = demanded(&store, &story).await;
        let statement = Uuid::now_v7();
        let row = row! {
            statement_id: statement, region: COUNTY, number: 1, opening_fen: 0, closing_fen: 0, lines: 3,
            credit_fen: 0, debit_fen: 0, content_hash: statement, posted_at: 0,
        };
        database.insert("statement", row).await;
        for (line, reference, direction, fen) in [(1, "in", "credit", 700), (2, "out", "debit", 700)] {
            let row = row! {
                region: COUNTY, bank_reference: reference, statement_id: statement, line: line, booked_on: "2022-10-10",
                direction: direction, amount_fen: fen,
            };
            database.insert("statement_line", row).await;
        }
        for (fen, reference) in [(700, "out"), (699, "in")] {
            let outcome = store.record_repayment(repayment(&case, fen, reference)).await.unwrap();
            assert!(matches!(outcome, RepaymentOutcome::ReferenceReused), "{reference}");
        }
        repay(&store, &case, 700, "in").await;
        let fitting = "SELECT COUNT(*) FROM statement_line WHERE bank_reference = 'in' AND fits = 'repayment'
            AND about = (SELECT case_id FROM clawback_case)";
        assert_eq!(database.count(fitting).await, 1);
        store.close().await;
    }

    async fn what_came_back_is_told_by_cause_and_age(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let case = demanded(&store, &story).await;
        repay(&store, &case, 50_000, "r-1").await;
        // The demand is of 2022-10-10 in China.
        let check = async |today: Date, outstanding: [i64; 3]| {
            let lines = store.recovery(region("370000"), today).await.unwrap();
            let expected = RecoveryLine {
                rule: SuspectRule::PersonTwoEnterprises,
                cases: 1,
                demanded: Fen::new(PAID),
                recovered: Fen::new(50_000),
                waived: Fen::ZERO,
                outstanding: outstanding.map(Fen::new),
            };
            assert_eq!(lines, [expected], "{today}");
        };
        check(date(2022, 10, 10), [100_000, 0, 0]).await;
        check(date(2022, 11, 8), [100_000, 0, 0]).await;
        check(date(2022, 11, 9), [0, 100_000, 0]).await;
        check(date(2023, 1, 8), [0, 100_000, 0]).await;
        check(date(2023, 1, 9), [0, 0, 100_000]).await;
        assert!(store.recovery(region("440000"), date(2022, 10, 10)).await.unwrap().is_empty());
        store.close().await;
    }
}
