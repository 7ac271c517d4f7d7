//! Statements are posted whole or not at all, once and in their order; each line is what it fits, or is told (I3, I4).

use hufu::domain::clawback::CaseState;
use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::money::Fen;
use hufu::domain::payment::Cause;
use hufu::domain::pooling::BatchId;
use hufu::domain::statement::{Direction, Statement, StatementFault, StatementLine, Totals};
use hufu::store::Store;
use hufu::store::record::Actor;
use hufu::store::record::payment::{PostStatement, StatementOutcome};
use jiff::civil::date;
use uuid::Uuid;

use super::cases;
use super::harness::*;
use super::on_both;
use super::paid::{CITY, COUNTY, PAID, Story, row};

/// A credit above 0, a debit below.
fn line(reference: &str, fen: i64, id: Option<Uuid>) -> StatementLine {
    StatementLine {
        bank_reference: reference.to_owned(),
        booked_on: date(2022, 10, 10),
        direction: if fen > 0 { Direction::Credit } else { Direction::Debit },
        amount: Fen::new(fen.abs()),
        end_to_end_id: id.map(|id| id.simple().to_string()),
        return_cause: None,
        remittance: String::new(),
    }
}

fn remitted(reference: &str, fen: i64, remittance: &str) -> StatementLine {
    StatementLine { remittance: remittance.to_owned(), ..line(reference, fen, None) }
}

fn posting(place: &str, number: u32, opening: i64, lines: Vec<StatementLine>) -> PostStatement {
    let sum = |direction| {
        let of_direction = lines.iter().filter(|line| line.direction == direction);
        Fen::checked_sum(of_direction.map(|line| line.amount)).unwrap()
    };
    let (credit, debit) = (sum(Direction::Credit), sum(Direction::Debit));
    let statement = Statement {
        account: BankAccount::parse("6222000000001234").unwrap(),
        number,
        opening: Fen::new(opening),
        closing: Fen::new(opening + credit.get() - debit.get()),
        declared: Totals { lines: u64::try_from(lines.len()).unwrap(), credit, debit },
        lines,
    };
    PostStatement { actor: Actor("hufu/statements".to_owned()), region: region(place), statement, at: at(700) }
}

/// Posts, expects it to be taken, and gives the references that fit nothing.
async fn post(store: &Store, posting: PostStatement) -> Vec<String> {
    let outcome = store.post_statement(posting).await.unwrap();
    let StatementOutcome::Posted { unmatched, .. } = outcome else { panic!("not posted: {outcome:?}") };
    unmatched.into_iter().map(|line| line.bank_reference).collect()
}

async fn refusal(store: &Store, posting: PostStatement) -> StatementFault {
    let outcome = store.post_statement(posting).await.unwrap();
    let StatementOutcome::Refused(fault) = outcome else { panic!("not refused: {outcome:?}") };
    fault
}

async fn agrees(store: &Store) {
    assert_eq!(store.check_ledger(Region::MINISTRY).await.unwrap().differences, []);
}

/// Takes the payout of a story back to where the bank has its instruction and nothing is booked.
async fn reopen_payout(database: &Database) {
    database.run("DELETE FROM ledger_entry WHERE sequence = 8").await;
    database.run("UPDATE ledger_head SET sequence = 7").await;
    database.run("UPDATE instruction SET state = 'accepted', paid_fen = 0 WHERE payer = '371502'").await;
    database.run("UPDATE payment SET state = 'instructed', paid_fen = 0 WHERE kind = 'payout'").await;
    database.run("UPDATE claim SET state = 'instructed' WHERE state = 'paid'").await;
}

async fn enter_batch(database: &Database, city: &str, number: i64, state: &str) -> BatchId {
    let id = Uuid::now_v7();
    let row = row! {
        batch_id: id, city: city, month: "2022-11", number: number, state: state, claims: 0, amount_fen: 0,
        granted_fen: 0, arrived_fen: 0, funded_claims: 0, opened_at: 0, changed_at: 0,
    };
    database.insert("batch", row).await;
    BatchId(id)
}

on_both! {
    async fn statements_come_in_their_order_and_once(database: &Database) {
        let store = database.open().await;
        let lines = || vec![line("a", 100, None), line("b", -40, None)];
        let first = posting(CITY, 1, 30, lines());
        let mut short = first.clone();
        short.statement.declared.lines = 3;
        assert_eq!(refusal(&store, short).await, StatementFault::LineCount { declared: 3, found: 2 });
        let early = posting(CITY, 2, 30, lines());
        assert_eq!(refusal(&store, early).await, StatementFault::OutOfOrder { expected: 1, found: 2 });
        assert_eq!(store.last_statement(region(CITY)).await.unwrap(), None);
        let outcome = store.post_statement(first.clone()).await.unwrap();
        let StatementOutcome::Posted { lines: count, unmatched } = outcome else { panic!("not posted: {outcome:?}") };
        assert_eq!((count, unmatched.len()), (2, 2));
        assert_eq!((unmatched[1].region, unmatched[1].amount), (region(CITY), Fen::new(40)));
        assert_eq!((unmatched[1].direction, unmatched[1].booked_on), (Direction::Debit, date(2022, 10, 10)));
        assert_eq!(store.post_statement(first).await.unwrap(), StatementOutcome::Repeated);
        let other = posting(CITY, 1, 30, vec![line("a", 100, None), remitted("b", -40, "x")]);
        assert_eq!(refusal(&store, other).await, StatementFault::OtherContent);
        assert_eq!(refusal(&store, posting(CITY, 3, 90, vec![])).await, StatementFault::OutOfOrder { expected: 2, found: 3 });
        let opening = StatementFault::Opening { expected: Fen::new(90), found: Fen::new(91) };
        assert_eq!(refusal(&store, posting(CITY, 2, 91, vec![])).await, opening);
        let again = posting(CITY, 2, 90, vec![line("c", 1, None), line("b", -1, None)]);
        assert_eq!(refusal(&store, again).await, StatementFault::RepeatedReference { line: 2 });
        assert_eq!(database.count("SELECT COUNT(*) FROM statement_line").await, 2);
        assert!(post(&store, posting(CITY, 2, 90, vec![])).await.is_empty());
        assert_eq!(store.last_statement(region(CITY)).await.unwrap(), Some((2, Fen::new(90))));
        assert_eq!(store.last_statement(region(COUNTY)).await.unwrap(), None);
        let entries = "SELECT COUNT(*) FROM audit_entry WHERE action = 'statement-posted' AND region = '371500'";
        assert_eq!(database.count(entries).await, 2);
        store.verify_audit().await.unwrap();
        agrees(&store).await;
        store.close().await;
    }

    async fn money_of_a_batch_arrives_and_is_taken_back(database: &Database) {
        let store = database.open().await;
        let asked = enter_batch(database, CITY, 1, "asked").await;
        let funded = enter_batch(database, CITY, 2, "funded").await;
        let elsewhere = enter_batch(database, "370200", 1, "granted").await;
        // Finance was faster than its answer, or the node ended before it was recorded.
        let sealed = enter_batch(database, CITY, 3, "sealed").await;
        let gathering = enter_batch(database, CITY, 4, "gathering").await;
        let lines = vec![
            line("back", -40, Some(asked.0)),
            line("in", 100, Some(asked.0)),
            line("too-much-back", -61, Some(asked.0)),
            line("late", 7, Some(funded.0)),
            line("stray", 8, Some(elsewhere.0)),
            line("early", 3, Some(sealed.0)),
            line("too-early", 4, Some(gathering.0)),
            line("unknown", 9, Some(Uuid::nil())),
        ];
        let unmatched = post(&store, posting(CITY, 1, 1_000, lines)).await;
        assert_eq!(unmatched, ["too-much-back", "late", "stray", "too-early", "unknown"]);
        assert_eq!(database.count("SELECT CAST(SUM(arrived_fen) AS BIGINT) FROM batch").await, 63);
        agrees(&store).await;
        database.run("UPDATE batch SET state = 'granted' WHERE state = 'asked'").await;
        assert!(post(&store, posting(CITY, 2, 1_030, vec![line("rest", 5, Some(asked.0))])).await.is_empty());
        assert_eq!(database.count("SELECT CAST(SUM(arrived_fen) AS BIGINT) FROM batch").await, 68);
        let arrivals = "SELECT COUNT(*) FROM audit_entry WHERE action = 'arrival-posted' AND subject_kind = 'batch'";
        assert_eq!(database.count(arrivals).await, 4);
        let lines = "SELECT COUNT(*) FROM statement_line WHERE fits = 'arrival'
            AND about = (SELECT batch_id FROM batch WHERE arrived_fen = 65)";
        assert_eq!(database.count(lines).await, 3);
        agrees(&store).await;
        store.close().await;
    }

    /// Once the first claims are funded, money of the batch is no longer awaited.
    async fn money_that_comes_while_claims_are_funded_is_told(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        database.run("UPDATE batch SET state = 'granted'").await;
        let unmatched = post(&store, posting(CITY, 1, 0, vec![line("late", 5, Some(story.batch.0))])).await;
        assert_eq!(unmatched, ["late"]);
        store.close().await;
    }

    async fn a_statement_settles_what_the_bank_never_answered(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        reopen_payout(database).await;
        agrees(&store).await;
        let (payout, transfer) = (Some(story.payout_instruction), Some(story.transfer_instruction));
        let lines = vec![
            line("received", PAID, transfer),
            line("half", -50_000, payout),
            line("too-much", -PAID, payout),
            line("not-ours", -1, transfer),
        ];
        let unmatched = post(&store, posting(COUNTY, 1, 0, lines)).await;
        assert_eq!(unmatched, ["too-much", "not-ours"]);
        let half = "SELECT COUNT(*) FROM instruction WHERE state = 'in-doubt' AND paid_fen = 50000 AND debited_fen = 50000";
        assert_eq!(database.count(half).await, 1);
        agrees(&store).await;
        // The rest is booked, and then all of it comes back; the bank writes that the other way round.
        let mut back = line("back", PAID, payout);
        back.return_cause = Some(Cause::AccountClosed);
        let closing = PAID - 50_000 - PAID - 1;
        let lines = vec![back, line("rest", -100_000, payout), line("once-more", 1, payout)];
        let unmatched = post(&store, posting(COUNTY, 2, closing, lines)).await;
        assert_eq!(unmatched, ["once-more"]);
        let returned = "SELECT COUNT(*) FROM instruction WHERE state = 'returned' AND credited_fen = 150000
            AND returned_fen = 150000 AND cause = 'account-closed'";
        assert_eq!(database.count(returned).await, 1);
        let owed = "SELECT COUNT(*) FROM payment WHERE kind = 'payout' AND state = 'owed' AND cause = 'account-closed'";
        assert_eq!(database.count(owed).await, 1);
        let fits = "SELECT COUNT(*) FROM statement_line WHERE fits = 'instruction'";
        assert_eq!(database.count(fits).await, 3);
        assert_eq!(database.count("SELECT COUNT(*) FROM statement_line WHERE fits = 'transfer-received'").await, 1);
        agrees(&store).await;
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    /// What an inquiry posted is not posted again by the statement.
    async fn a_statement_of_what_is_known_posts_nothing(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let entries = database.count("SELECT COUNT(*) FROM ledger_entry").await;
        let lines = vec![line("out", -PAID, Some(story.transfer_instruction))];
        assert!(post(&store, posting(CITY, 1, PAID, lines)).await.is_empty());
        assert_eq!(database.count("SELECT COUNT(*) FROM ledger_entry").await, entries);
        assert_eq!(database.count("SELECT debited_fen FROM instruction WHERE payer = '371500'").await, PAID);
        store.close().await;
    }

    async fn a_credit_that_names_a_case_repays_it(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let case = cases::demanded(&store, &story).await;
        let by_hand = cases::repay(&store, &case, 10, "by-hand").await;
        cases::repay(&store, &by_hand, 20, "other-amount").await;
        let number = case.case_number.as_str();
        let lines = vec![
            line("by-hand", 10, None),
            remitted("other-amount", 21, number),
            remitted("first", 50_000, &format!("退回补助{number}")),
            remitted("too-much", PAID, number),
            remitted("rest", PAID - 50_030, number),
            remitted("over", 1, number),
            remitted("out", -1, number),
            remitted("no-case", 1, "ZH-371502-2022-000099"),
        ];
        let unmatched = post(&store, posting(COUNTY, 1, 0, lines)).await;
        assert_eq!(unmatched, ["other-amount", "too-much", "over", "out", "no-case"]);
        let (settled, steps) = store.case(case.case_id).await.unwrap().unwrap();
        assert_eq!((settled.state, settled.money.repaid), (CaseState::Settled, Fen::new(PAID)));
        let last = steps.last().unwrap();
        assert_eq!((last.step.as_str(), last.person.as_str(), last.text.as_str()), ("repay", "hufu/statements", "rest"));
        let fits = "SELECT COUNT(*) FROM statement_line WHERE fits = 'repayment'
            AND about = (SELECT case_id FROM clawback_case)";
        assert_eq!(database.count(fits).await, 3);
        assert_eq!(database.count("SELECT COUNT(*) FROM repayment").await, 4);
        // What a person recorded with another amount than the bank shows stays a difference until somebody looks.
        let check = store.check_ledger(Region::MINISTRY).await.unwrap();
        let found: Vec<_> = check.differences.iter().map(|it| (it.code, it.expected.get() - it.found.get())).collect();
        assert_eq!(found, [("BANK_DIFFERS_FROM_LEDGER", 20)]);
        store.close().await;
    }

    async fn many_lines_are_posted_at_once(database: &Database) {
        let store = database.open().await;
        let batch = enter_batch(database, CITY, 1, "granted").await;
        let lines: Vec<_> = (0..5_000)
            .map(|number| line(&format!("r{number}"), 1 + number % 7, (number % 2 == 0).then_some(batch.0)))
            .collect();
        let unmatched = post(&store, posting(CITY, 1, 0, lines)).await;
        assert_eq!(unmatched.len(), 2_500);
        agrees(&store).await;
        store.close().await;
    }
}
