//! What the bank says, in every order, and paying again by two people.

use hufu::domain::claim::ClaimState;
use hufu::domain::money::Fen;
use hufu::domain::payment::{
    BankReport, Cause, Implausible, InstructionId, InstructionState, PaymentKind, PaymentState,
};
use hufu::store::StoreError;
use hufu::store::record::payment::*;
use uuid::Uuid;

use super::harness::*;
use super::on_both;
use super::payments_fixture::*;

const HALF: Fen = Fen::new(CLAIM_FEN / 2);
const WHOLE: Fen = Fen::new(CLAIM_FEN);

/// One payout of the city that is being sent.
async fn sending(database: &Database) -> (World<'_>, InstructionId) {
    let world = World::new(database, &[(1, 1, CITY)]).await;
    world.transfers().await;
    world.instruct_all().await;
    let sent = world.store.start_sending(world.fence, 10, actor(), at(1_100)).await.unwrap();
    assert_eq!((sent.len(), sent[0].state, sent[0].attempt), (1, InstructionState::Sending, 1));
    assert_eq!(sent[0].order.payee_account, approved_account());
    assert_eq!(sent[0].order.payer_account, account(1));
    (world, sent[0].order.instruction_id)
}

async fn standing(world: &World<'_>) -> (PaymentState, ClaimState, i64) {
    let payment = world.payout(1).await;
    (payment.state, world.claim_state(1, 1).await, payment.paid.get())
}

fn settled(states: &[InstructionState]) -> Vec<ReportOutcome> {
    states.iter().copied().map(ReportOutcome::Settled).collect()
}

async fn review(world: &World<'_>, review: ReviewPayment) -> ReviewPaymentOutcome {
    let outcome = world.store.review_payment(review).await.unwrap();
    assert_books(world.database).await;
    outcome
}

/// Two people approve what is owed to enterprise 1, to an account.
async fn approve(world: &World<'_>, to: u32) -> PaymentRecord {
    let owed = world.payout(1).await;
    let passed = review(world, world.review(&owed, "one", PaymentAct::Pass, to)).await;
    let ReviewPaymentOutcome::Done(passed, _) = passed else { panic!("{passed:?}") };
    let approved = review(world, world.review(&passed, "two", PaymentAct::Approve, to)).await;
    let ReviewPaymentOutcome::Done(approved, _) = approved else { panic!("{approved:?}") };
    assert_eq!(approved.state, PaymentState::Approved);
    approved
}

on_both! {
    /// I4: reports come late, twice and in any order; what is known already changes nothing.
    async fn a_report_that_comes_twice_is_posted_once(database: &Database) {
        use InstructionState::{Accepted, InDoubt, Made, Paid};
        let (world, id) = sending(database).await;
        let outcomes = world.report(vec![(id, BankReport::Unanswered)]).await;
        assert_eq!(outcomes, settled(&[InDoubt]));
        assert_eq!(standing(&world).await, (PaymentState::InDoubt, ClaimState::InDoubt, 0));
        assert!(world.store.start_sending(world.fence, 10, actor(), at(1_100)).await.unwrap().is_empty());
        world.report(vec![(id, BankReport::NotKnown)]).await;
        assert_eq!(standing(&world).await, (PaymentState::Instructed, ClaimState::Instructed, 0));
        let again = world.store.start_sending(world.fence, 10, actor(), at(1_100)).await.unwrap();
        assert_eq!(again[0].order.instruction_id, id, "sent again under the same id");
        let stranger = InstructionId(Uuid::nil());
        let outcomes = world.report(vec![
            (id, BankReport::Unanswered),
            (id, BankReport::Accepted),
            (id, BankReport::Booked { debited: HALF, credited: Fen::ZERO, cause: None }),
            (stranger, BankReport::Accepted),
            (id, BankReport::Settled(WHOLE)),
            (id, BankReport::Settled(WHOLE)),
            (id, BankReport::Accepted),
            (id, BankReport::Settled(Fen::new(CLAIM_FEN + 1))),
        ]).await;
        let mut expected = settled(&[InDoubt, Accepted, InDoubt, Made, Paid, Paid, Paid]);
        expected[3] = ReportOutcome::NotFound;
        expected.push(ReportOutcome::Implausible(Implausible::MoreThanInstructed));
        assert_eq!(outcomes, expected);
        assert_eq!(standing(&world).await, (PaymentState::Paid, ClaimState::Paid, CLAIM_FEN));
        assert_eq!(database.count("SELECT COUNT(*) FROM ledger_entry WHERE event = 'booked'").await, 2);
        world.report(vec![(id, BankReport::Settled(WHOLE))]).await;
        assert_eq!(database.count("SELECT COUNT(*) FROM ledger_entry WHERE event = 'booked'").await, 2);
        let paid = world.store.instructions(region(CITY), &[Paid, Made], None, 10).await.unwrap();
        assert_eq!((paid.len(), paid[0].paid), (1, WHOLE));
        assert!(world.store.instructions(region(CITY), &[Paid], Some(id), 10).await.unwrap().is_empty());
        assert_eq!(world.store.instructions_of(world.batch, 10).await.unwrap().len(), 1);
        world.store.verify_audit().await.unwrap();
        world.store.close().await;
    }

    /// What two people approve of a payment, what moves with it and what is paid by it are the same claims: every one that is linked to
    /// it. One that stands elsewhere stops the report, and nothing of it is posted.
    async fn the_claims_of_a_payment_move_together_or_not_at_all(database: &Database) {
        let world = World::new(database, &[(1, 1, CITY), (2, 1, CITY), (3, 2, CITY)]).await;
        world.transfers().await;
        world.instruct_all().await;
        let payout = world.payout(1).await;
        assert_eq!((payout.claims, payout.amount.get()), (2, 2 * CLAIM_FEN));
        let sent = world.store.start_sending(world.fence, 10, actor(), at(1_100)).await.unwrap();
        let id = sent.iter().find(|it| it.payment_id == payout.payment_id).unwrap().order.instruction_id;
        let stray = bytes(database, world.claims[&(2, 1)].0.as_bytes());
        let stand = async |state: &str| {
            try_sql(database, format!("UPDATE claim SET state = '{state}' WHERE claim_id = {stray}")).await.unwrap();
        };
        let (back, cause) = (2 * CLAIM_FEN, Cause::AccountClosed);
        for report in [
            BankReport::Unanswered,
            BankReport::Settled(Fen::new(back)),
            BankReport::Returned { settled: Fen::new(back), returned: Fen::new(back), cause },
        ] {
            stand("funded").await;
            let refused = world.store.report(vec![(id, report)], actor(), at(1_200)).await;
            assert!(matches!(refused, Err(StoreError::Contended)), "{refused:?}");
            assert_eq!(standing(&world).await, (PaymentState::Instructed, ClaimState::Instructed, 0));
            stand("instructed").await;
        }
        assert_eq!(database.count("SELECT COUNT(*) FROM ledger_entry WHERE event = 'booked'").await, 0);
        world.report(vec![(id, BankReport::Settled(Fen::new(back)))]).await;
        assert_eq!(standing(&world).await, (PaymentState::Paid, ClaimState::Paid, back));
        assert_eq!(world.claim_state(2, 1).await, ClaimState::Paid);
        assert_eq!(world.claim_state(3, 2).await, ClaimState::Instructed);
        world.store.close().await;
    }

    /// A returned payment stays owed; a new instruction needs two people, and then is paid to the account they approved.
    async fn what_came_back_is_paid_again_by_two_people_alone(database: &Database) {
        let (world, id) = sending(database).await;
        let cause = Cause::AccountClosed;
        world.report(vec![(id, BankReport::Returned { settled: WHOLE, returned: WHOLE, cause })]).await;
        assert_eq!(standing(&world).await, (PaymentState::Owed, ClaimState::Returned, 0));
        let owed = world.payout(1).await;
        assert_eq!(owed.cause, Some(cause));
        assert_eq!(world.reinstruct(&owed, Some(account(5))).await, InstructOutcome::Stale);
        let approved = approve(&world, 5).await;
        let outcome = world.reinstruct(&approved, Some(account(5))).await;
        assert_eq!(outcome, InstructOutcome::Instructed(owed.payment_id));
        assert_eq!(world.reinstruct(&approved, Some(account(5))).await, InstructOutcome::Stale);
        let sent = world.send(|it| BankReport::Settled(it.order.amount)).await;
        assert_eq!((sent[0].attempt, sent[0].order.amount), (2, WHOLE));
        assert_eq!(sent[0].order.payee_account, account(5));
        assert_eq!(standing(&world).await, (PaymentState::Paid, ClaimState::Paid, CLAIM_FEN));
        // The first comes back no second time, and the second one late.
        world.report(vec![(id, BankReport::Returned { settled: WHOLE, returned: WHOLE, cause })]).await;
        assert_eq!(standing(&world).await.0, PaymentState::Paid);
        let late = BankReport::Returned { settled: WHOLE, returned: HALF, cause: Cause::NameMismatch };
        world.report(vec![(sent[0].order.instruction_id, late)]).await;
        assert_eq!(standing(&world).await, (PaymentState::Owed, ClaimState::Returned, HALF.get()));
        let last = world.payout(1).await;
        assert_eq!((last.cause, last.reviewed_by, last.approved_by), (Some(Cause::NameMismatch), None, None));
        world.store.close().await;
    }

    /// What a county paid on before its transfer came back is missing there until the transfer is made again: that must not be refused
    /// because of it, and what the county has no money for waits. The books are looked at once they are whole.
    async fn a_transfer_that_comes_back_after_the_county_paid_is_made_again(database: &Database) {
        let world = World::new(database, &[(1, 1, COUNTY), (2, 2, COUNTY)]).await;
        world.transfers().await;
        let sent = world.send(|it| BankReport::Settled(it.order.amount)).await.remove(0);
        world.instruct_all().await;
        let (cause, both) = (Cause::NameMismatch, sent.order.amount);
        let payout = world.store.start_sending(world.fence, 1, actor(), at(1_100)).await.unwrap().remove(0);
        let failed = (payout.order.instruction_id, BankReport::Failed(cause));
        let late = (sent.order.instruction_id, BankReport::Returned { settled: both, returned: both, cause });
        world.store.report(vec![failed, late], actor(), at(1_200)).await.unwrap();
        let mut again = Vec::new();
        for (id, to) in [(payout.payment_id, account(5)), (sent.payment_id, sent.order.payee_account)] {
            for (person, act) in [("one", PaymentAct::Pass), ("two", PaymentAct::Approve)] {
                let payment = world.store.payment(id).await.unwrap().unwrap();
                let review = ReviewPayment { account: to.clone(), ..world.review(&payment, person, act, 0) };
                let outcome = world.store.review_payment(review).await.unwrap();
                assert!(matches!(outcome, ReviewPaymentOutcome::Done(..)), "{outcome:?}");
            }
            again.push(Reinstruct { payment_id: id, account: Some(to), payee_name: "户名".to_owned() });
        }
        let (waits, made) = (InstructOutcome::Stale, |at: usize| InstructOutcome::Instructed(again[at].payment_id));
        let reinstruct = async || {
            let (accounts, payments) = (world.accounts.clone(), again.clone());
            world.store.reinstruct(world.fence, actor(), accounts, payments, at(1_400)).await.unwrap()
        };
        assert_eq!(reinstruct().await, [waits.clone(), made(1)]);
        let sent = world.store.start_sending(world.fence, 10, actor(), at(1_450)).await.unwrap();
        let settled = sent.iter().map(|it| (it.order.instruction_id, BankReport::Settled(it.order.amount)));
        world.store.report(settled.collect(), actor(), at(1_500)).await.unwrap();
        assert_books(database).await;
        assert_eq!(reinstruct().await, [made(0), waits]);
        world.send(|it| BankReport::Settled(it.order.amount)).await;
        let payments = world.payments(PaymentKind::Payout).await.into_iter().chain(world.payments(PaymentKind::Transfer).await);
        assert!(payments.into_iter().all(|it| it.state == PaymentState::Paid), "all is paid");
        world.store.close().await;
    }

    async fn what_is_paid_in_part_stays_owed_for_the_rest(database: &Database) {
        let (world, id) = sending(database).await;
        world.report(vec![(id, BankReport::Settled(HALF))]).await;
        assert_eq!(standing(&world).await, (PaymentState::Owed, ClaimState::Returned, HALF.get()));
        assert_eq!(world.payout(1).await.cause, Some(Cause::PaidInPart));
        assert_eq!(world.returns().await, 0, "the rest is owed, and not left over");
        let approved = approve(&world, 0).await;
        world.reinstruct(&approved, Some(approved_account())).await;
        // What came of the first comes back while the second is under way.
        let back = BankReport::Returned { settled: HALF, returned: HALF, cause: Cause::WrongNumber };
        world.report(vec![(id, back)]).await;
        assert_eq!(standing(&world).await, (PaymentState::Instructed, ClaimState::Instructed, 0));
        let sent = world.send(|it| BankReport::Settled(it.order.amount)).await;
        assert_eq!(sent[0].order.amount.get(), CLAIM_FEN - HALF.get());
        assert_eq!(standing(&world).await, (PaymentState::Owed, ClaimState::Returned, CLAIM_FEN - HALF.get()));
        let approved = approve(&world, 0).await;
        world.reinstruct(&approved, Some(approved_account())).await;
        let sent = world.send(|it| BankReport::Settled(it.order.amount)).await;
        assert_eq!((sent[0].attempt, sent[0].order.amount), (3, HALF));
        assert_eq!(standing(&world).await, (PaymentState::Paid, ClaimState::Paid, CLAIM_FEN));
        world.store.close().await;
    }

    /// Two people approved an amount: where another one is owed since, they approved nothing. A report that says nothing new voids nothing.
    async fn an_approval_is_void_once_another_amount_is_owed(database: &Database) {
        let (world, id) = sending(database).await;
        world.report(vec![(id, BankReport::Settled(HALF))]).await;
        approve(&world, 0).await;
        world.report(vec![(id, BankReport::Settled(HALF)), (id, BankReport::Unanswered)]).await;
        assert_eq!(standing(&world).await.0, PaymentState::Approved);
        let late = BankReport::Returned { settled: HALF, returned: Fen::new(1), cause: Cause::AccountClosed };
        world.report(vec![(id, late)]).await;
        let owed = world.payout(1).await;
        assert_eq!((owed.state, owed.reviewed_by, owed.approved_by), (PaymentState::Owed, None, None));
        assert_eq!(owed.cause, Some(Cause::AccountClosed));
        world.store.close().await;
    }

    async fn what_failed_is_free_again_and_still_owed(database: &Database) {
        let (world, id) = sending(database).await;
        world.report(vec![(id, BankReport::Failed(Cause::AccountBlocked))]).await;
        assert_eq!(standing(&world).await, (PaymentState::Owed, ClaimState::Returned, 0));
        let booked = world.report(vec![(id, BankReport::Settled(WHOLE))]).await;
        assert_eq!(booked, [ReportOutcome::Implausible(Implausible::BookedAfterFailure)]);
        assert_eq!(world.returns().await, 0);
        let approved = approve(&world, 0).await;
        // The tax department names another account meanwhile, or none: the approval does not hold for it.
        let id = approved.payment_id;
        let other = world.reinstruct(&approved, Some(account(6))).await;
        assert_eq!(other, InstructOutcome::Owed(id, Cause::AccountChanged));
        let approved = approve(&world, 6).await;
        assert_eq!(world.reinstruct(&approved, None).await, InstructOutcome::Owed(id, Cause::NoAccount));
        let owed = world.payout(1).await;
        assert_eq!((owed.state, owed.account, owed.reviewed_by), (PaymentState::Owed, None, None));
        assert_eq!(database.count("SELECT COUNT(*) FROM instruction").await, 1);
        world.store.close().await;
    }

    /// A transfer is repaired like a payout, and the county waits for it.
    async fn a_failed_transfer_is_made_again(database: &Database) {
        let world = World::new(database, &[(1, 1, COUNTY)]).await;
        world.transfers().await;
        world.send(|_| BankReport::Failed(Cause::Other)).await;
        assert_eq!(world.batch_state().await, "transferring");
        let owed = world.payments(PaymentKind::Transfer).await.remove(0);
        let passed = review(&world, world.review(&owed, "one", PaymentAct::Pass, 2)).await;
        let ReviewPaymentOutcome::Done(passed, _) = passed else { panic!("{passed:?}") };
        review(&world, world.review(&passed, "two", PaymentAct::Approve, 2)).await;
        assert_eq!(world.reinstruct(&owed, Some(account(2))).await, InstructOutcome::Instructed(owed.payment_id));
        world.send(|it| BankReport::Settled(it.order.amount)).await;
        assert_eq!(world.batch_state().await, "paying");
        assert_eq!(world.payable().await.len(), 1);
        world.store.close().await;
    }

    /// I8, I9.
    async fn a_payment_is_approved_by_two_people_for_one_account(database: &Database) {
        let (world, id) = sending(database).await;
        let early = world.review(&world.payout(1).await, "one", PaymentAct::Pass, 0);
        let early = review(&world, early).await;
        assert!(matches!(early, ReviewPaymentOutcome::NotReviewable(PaymentState::Instructed)), "{early:?}");
        world.report(vec![(id, BankReport::Failed(Cause::WrongNumber))]).await;
        let owed = world.payout(1).await;
        let pass = world.review(&owed, "one", PaymentAct::Pass, 4);
        let ReviewPaymentOutcome::Done(passed, hash) = review(&world, pass.clone()).await else { panic!() };
        assert_eq!((passed.state, passed.account.clone()), (PaymentState::Reviewed, Some(account(4))));
        let repeated = review(&world, pass.clone()).await;
        assert!(matches!(repeated, ReviewPaymentOutcome::Repeated(it, same) if it == passed && same == hash));
        let mut reused = pass;
        reused.request.digest = [2; 32];
        assert!(matches!(review(&world, reused).await, ReviewPaymentOutcome::RequestIdReused));
        let mut stranger = world.review(&passed, "two", PaymentAct::Approve, 4);
        stranger.payment_id.0 = Uuid::nil();
        assert!(matches!(review(&world, stranger).await, ReviewPaymentOutcome::NotFound));
        let old = review(&world, world.review(&owed, "two", PaymentAct::Approve, 4)).await;
        assert!(matches!(old, ReviewPaymentOutcome::Changed));
        let own = review(&world, world.review(&passed, "ONE", PaymentAct::Approve, 4)).await;
        assert!(matches!(own, ReviewPaymentOutcome::SamePerson));
        for sql in [
            "UPDATE payment SET approved_by = reviewed_by",
            "UPDATE payment SET state = 'approved'",
            "UPDATE payment SET reviewed_by = NULL, approved_by = 'lc-hrss/two'",
        ] {
            assert!(try_sql(database, format!("{sql} WHERE kind = 'payout'")).await.is_err(), "{sql}");
        }
        let other = review(&world, world.review(&passed, "two", PaymentAct::Approve, 5)).await;
        assert!(matches!(other, ReviewPaymentOutcome::Changed));
        let back = world.payout(1).await;
        assert_eq!((back.state, back.reviewed_by), (PaymentState::Owed, None));
        world.store.close().await;
    }
}
