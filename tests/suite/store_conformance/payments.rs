//! Transfers, payouts, set-off and returns: what is instructed, what is owed, and what nobody may do.

use hufu::domain::claim::ClaimState;
use hufu::domain::clawback::CaseId;
use hufu::domain::identity::Region;
use hufu::domain::ledger::Hop;
use hufu::domain::money::Fen;
use hufu::domain::payment::{BankReport, Cause, Payee, PaymentKind, PaymentState};
use hufu::domain::suspect::SuspectRule;
use hufu::store::StoreError;
use hufu::store::record::payment::{InstructOutcome, Reinstruct, TransferOutcome};
use hufu::store::record::pooling::Fence;
use uuid::Uuid;

use super::harness::*;
use super::on_both;
use super::payments_fixture::*;

const ONE: InstructOutcomeKind = InstructOutcomeKind::Instructed;

/// An outcome without the id that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InstructOutcomeKind {
    Instructed,
    Owed(Cause),
    SetOff,
    Nothing,
    Stale,
}

fn kinds(outcomes: &[InstructOutcome]) -> Vec<InstructOutcomeKind> {
    let kind = |it: &InstructOutcome| match it {
        InstructOutcome::Instructed(_) => InstructOutcomeKind::Instructed,
        InstructOutcome::Owed(_, cause) => InstructOutcomeKind::Owed(*cause),
        InstructOutcome::SetOff(_) => InstructOutcomeKind::SetOff,
        InstructOutcome::Nothing => InstructOutcomeKind::Nothing,
        InstructOutcome::Stale => InstructOutcomeKind::Stale,
    };
    outcomes.iter().map(kind).collect()
}

/// A demanded case of an enterprise in the county, against which is set off.
async fn demand(world: &World<'_>, person: u16, number: u32, fen: i64, demanded_at: i64) -> CaseId {
    let (database, store) = (world.database, &world.store);
    let record = submit(store, Draft::graduate(person, number)).await;
    let mut finding = assessment(&record, held("ACCOUNT_DIFFERS"));
    finding.findings = vec![SuspectRule::AccountNotTaxRegistry];
    assess(store, finding).await;
    let suspect = suspects(store).await.pop().unwrap();
    let (place, case_id) = (region(COUNTY), CaseId(Uuid::now_v7()));
    let hop = Hop::Demanded { place, enterprise: enterprise(number) };
    world.post(hop, place, record.claim.subject.subsidy(), fen).await;
    let sql = format!(
        "INSERT INTO clawback_case (case_id, case_number, suspect_id, claim_id, batch_id, region, city, enterprise,
            subsidy, rule, state, amount_fen, repaid_fen, set_off_fen, waived_fen, set_off, facts, confirmed_by,
            drafted_by, drafted_at, demanded_at, changed_at, version)
         VALUES ({case}, 'ZH-{case_id}', {suspect}, {claim}, {batch}, '{COUNTY}', '{CITY}', '{enterprise}',
            'job-expansion', 'account_not_tax_registry', 'demanded', {fen}, 0, 0, 0, 1, '', 'a', 'b', 0, {demanded_at}, 0, 4)",
        case = bytes(database, case_id.0.as_bytes()),
        suspect = bytes(database, suspect.suspect_id.0.as_bytes()),
        claim = bytes(database, record.claim.claim_id.0.as_bytes()),
        batch = bytes(database, world.batch.0.as_bytes()),
        enterprise = enterprise(number).as_str(),
    );
    try_sql(database, sql).await.unwrap();
    case_id
}

on_both! {
    /// 三: what is a county's goes to the county first, what is the city's own does not wait for it.
    async fn counties_get_their_money_and_the_batch_pays_after_the_last(database: &Database) {
        let claims = [(1, 1, CITY), (2, 2, COUNTY), (3, 2, COUNTY), (0, 3, OTHER_COUNTY)];
        let world = World::new(database, &claims).await;
        let mut without = world.transfer();
        without.accounts.expenditure.remove(&region(COUNTY));
        let outcome = world.store.make_transfers(without).await.unwrap();
        assert_eq!(outcome, TransferOutcome::NoAccount(vec![region(COUNTY)]));
        assert_eq!(world.transfers().await, TransferOutcome::Made(2));
        assert_books(database).await;
        assert_eq!(world.transfers().await, TransferOutcome::Stale);
        let made: Vec<_> = world.payments(PaymentKind::Transfer).await.into_iter().rev()
            .map(|it| (it.payee, it.amount.get(), it.state)).collect();
        let instructed = PaymentState::Instructed;
        assert_eq!(made, [
            (Payee::County(region(COUNTY)), 2 * CLAIM_FEN, instructed),
            (Payee::County(region(OTHER_COUNTY)), CLAIM_FEN, instructed),
        ]);
        let places = async || world.payable().await.iter().map(|it| it.place).collect::<Vec<Region>>();
        assert_eq!(places().await, [region(CITY)]);
        let sent = world.send(|it| if it.order.amount.get() == CLAIM_FEN {
            BankReport::Unanswered
        } else {
            BankReport::Settled(it.order.amount)
        }).await;
        assert_eq!(sent.len(), 2);
        assert_eq!(world.batch_state().await, "transferring");
        assert_eq!(places().await, [region(CITY), region(COUNTY)]);
        let late = sent.iter().find(|it| it.order.amount.get() == CLAIM_FEN).unwrap();
        world.report(vec![(late.order.instruction_id, BankReport::Settled(late.order.amount))]).await;
        assert_eq!(world.batch_state().await, "paying");
        let payable = world.payable().await;
        let claims: Vec<_> = payable.iter().map(|it| (it.enterprise.clone(), it.claims.len())).collect();
        assert_eq!(claims, [(enterprise(1), 1), (enterprise(2), 2), (enterprise(3), 1)]);
        let page = world.store.payable(world.batch, Some((region(CITY), enterprise(1))), 1, &access("pay")).await;
        assert_eq!(page.unwrap()[0].enterprise, enterprise(2));
        world.store.close().await;
    }

    async fn a_batch_of_the_city_alone_pays_at_once(database: &Database) {
        let world = World::new(database, &[(1, 1, CITY)]).await;
        assert_eq!(world.transfers().await, TransferOutcome::Made(0));
        assert_eq!(world.batch_state().await, "paying");
        assert_eq!(kinds(&world.instruct_all().await), [ONE]);
        world.store.close().await;
    }

    /// I9: only to the approved account; anything else is owed until two people say otherwise.
    async fn only_what_was_approved_is_instructed(database: &Database) {
        let claims: Vec<Wanted> = (1..=5).map(|number| (u16::try_from(number).unwrap(), number, COUNTY)).collect();
        let world = World::new(database, &claims).await;
        world.paying().await;
        let mut payouts = world.payouts(Some(approved_account())).await;
        payouts[1].account = Some(account(77));
        payouts[2].account = None;
        payouts[3].pay.clear();
        let left = look(&world.store, world.claims[&(4, 4)]).await;
        payouts[3].changed.push(assessment(&left, held("NOW_DOUBTFUL")));
        let of_another = payouts[0].pay[0].clone();
        payouts[4].pay.push(of_another);
        let outcomes = kinds(&world.instruct(payouts.clone()).await);
        let owed = InstructOutcomeKind::Owed;
        let (nothing, stale) = (InstructOutcomeKind::Nothing, InstructOutcomeKind::Stale);
        assert_eq!(outcomes, [ONE, owed(Cause::AccountChanged), owed(Cause::NoAccount), nothing, stale]);
        assert_eq!(world.claim_state(1, 1).await, ClaimState::Instructed);
        assert_eq!(world.claim_state(2, 2).await, ClaimState::Returned);
        assert_eq!(world.claim_state(4, 4).await, ClaimState::Held);
        assert_eq!(world.claim_state(5, 5).await, ClaimState::Funded);
        assert_eq!(world.payout(2).await.account, Some(account(77)));
        assert_eq!(database.count("SELECT COUNT(*) FROM left_out WHERE reason = 'changed'").await, 1);
        assert_eq!(database.count("SELECT COUNT(*) FROM ledger_entry WHERE event = 'no-longer-owed'").await, 1);
        assert_eq!(database.count("SELECT COUNT(*) FROM instruction WHERE state = 'made'").await, 1);
        let again = kinds(&world.instruct(payouts).await);
        assert_eq!(again, [stale; 5]);
        assert_eq!(world.returns().await, 1, "what is no longer owed goes back");
        let back = world.payments(PaymentKind::Return).await.remove(0);
        assert_eq!((back.amount.get(), back.payer), (CLAIM_FEN, region(COUNTY)));
        assert_eq!(world.returns().await, 0);
        world.send(|it| BankReport::Settled(it.order.amount)).await;
        assert_eq!(world.returns().await, 0, "the rest is owed");
        world.store.verify_audit().await.unwrap();
        world.store.close().await;
    }

    /// I9: what was compared counts while it is what there is, and nothing else is paid to anybody.
    async fn what_is_paid_is_what_was_compared_and_approved(database: &Database) {
        let world = World::new(database, &[(1, 1, CITY), (2, 2, CITY), (3, 3, CITY)]).await;
        world.transfers().await;
        let tamper = async |number, sql: &str| {
            let sql = format!("{sql} WHERE enterprise = '{}'", enterprise(number).as_str());
            try_sql(database, sql).await.unwrap();
        };
        tamper(3, "UPDATE approval SET units = units + 1").await;
        let payouts = world.payouts(Some(approved_account())).await;
        tamper(1, "UPDATE claim SET version = version + 1").await;
        tamper(2, "UPDATE approval SET approval_hash = evidence_hash").await;
        let (stale, owed) = (InstructOutcomeKind::Stale, InstructOutcomeKind::Owed(Cause::AccountChanged));
        assert_eq!(kinds(&world.instruct(payouts).await), [stale, stale, owed]);
        let again = world.payouts(Some(approved_account())).await;
        assert_eq!(kinds(&world.instruct(again).await), [ONE, owed], "read again, and compared again");
        world.store.close().await;
    }

    /// A decision that waits, or one on another version, would leave a claim on the path with a verdict that nobody approved.
    async fn a_claim_leaves_the_path_only_by_a_decision_on_what_it_is(database: &Database) {
        let world = World::new(database, &[(1, 1, CITY), (2, 2, CITY)]).await;
        world.transfers().await;
        let mut payouts = world.payouts(Some(approved_account())).await;
        for (payout, number) in payouts.iter_mut().zip([1, 2]) {
            let claim = look(&world.store, payout.pay.remove(0).claim_id()).await;
            payout.changed.push(assessment(&claim, if number == 1 { unknown() } else { held("X") }));
        }
        payouts[1].changed[0].version -= 1;
        assert_eq!(kinds(&world.instruct(payouts).await), [InstructOutcomeKind::Stale; 2]);
        assert_eq!(world.claim_state(1, 1).await, ClaimState::Funded);
        world.store.close().await;
    }

    /// 六(三): the oldest demand first, never more than is outstanding, and what is kept goes back to the fund.
    async fn what_an_enterprise_owes_back_is_kept_from_its_payout(database: &Database) {
        let claims = [(1, 1, COUNTY), (2, 1, COUNTY), (0, 2, COUNTY), (4, 3, COUNTY)];
        let world = World::new(database, &claims).await;
        demand(&world, 11, 1, 100_000, 20).await;
        demand(&world, 12, 1, 50_000, 10).await;
        demand(&world, 13, 2, 250_000, 30).await;
        world.paying().await;
        let outcomes = kinds(&world.instruct_all().await);
        assert_eq!(outcomes, [ONE, InstructOutcomeKind::SetOff, ONE]);
        let (first, second) = (world.payout(1).await, world.payout(2).await);
        assert_eq!((first.amount.get(), first.set_off.get()), (2 * CLAIM_FEN, 150_000));
        assert_eq!((second.set_off.get(), second.state), (CLAIM_FEN, PaymentState::Paid));
        assert_eq!(world.claim_state(0, 2).await, ClaimState::Paid);
        let cases = texts(database, "SELECT state || ' ' || set_off_fen FROM clawback_case ORDER BY demanded_at").await;
        assert_eq!(cases, ["settled 50000", "settled 100000", "repaying 150000"]);
        assert_eq!(database.count("SELECT COUNT(*) FROM clawback_event WHERE step = 'set-off'").await, 3);
        let sent = world.send(|it| BankReport::Settled(it.order.amount)).await;
        let mut amounts: Vec<i64> = sent.iter().map(|it| it.order.amount.get()).collect();
        amounts.sort_unstable();
        assert_eq!(amounts, [CLAIM_FEN, CLAIM_FEN]);
        assert_eq!(world.payment_state(1).await, PaymentState::Paid);
        assert_eq!(world.returns().await, 1);
        assert_eq!(world.payments(PaymentKind::Return).await[0].amount.get(), 150_000 + CLAIM_FEN);
        world.send(|it| BankReport::Settled(it.order.amount)).await;
        world.store.close().await;
    }

    /// What finance granted beyond whole claims stands with the city, and goes back for the county it was granted for.
    async fn what_is_left_over_goes_back_once(database: &Database) {
        let world = World::new(database, &[(1, 1, COUNTY)]).await;
        let city = region(CITY);
        let subsidy = hufu::domain::claim::SubsidyKind::JobExpansion;
        world.post(Hop::Assigned { city }, region(COUNTY), subsidy, 70).await;
        world.post(Hop::Assigned { city }, city, subsidy, 30).await;
        assert_eq!(world.returns().await, 0, "the batch does not pay yet");
        world.paying().await;
        assert_eq!(world.returns().await, 2);
        let back: Vec<_> = world.payments(PaymentKind::Return).await.into_iter().rev()
            .map(|it| (it.payer, it.payee, it.amount.get())).collect();
        assert_eq!(back, [(city, Payee::Fund(city), 30), (city, Payee::Fund(city), 70)]);
        world.send(|_| BankReport::Failed(Cause::AccountBlocked)).await;
        assert_eq!(world.returns().await, 0, "what failed is owed, and waits for two people");
        let failed = world.payments(PaymentKind::Return).await;
        assert!(failed.iter().all(|it| it.state == PaymentState::Owed));
        world.store.close().await;
    }

    /// Whoever lost the lease writes nothing any more.
    async fn an_old_fence_is_refused(database: &Database) {
        let world = World::new(database, &[(1, 1, CITY)]).await;
        world.transfers().await;
        let payouts = world.payouts(Some(approved_account())).await;
        let old = world.fence;
        let taken = world.store.take_lease(old.city, "two".to_owned(), at(9_001), at(9_900)).await.unwrap();
        assert!(taken.is_some_and(|it: Fence| it.number > old.number));
        fn fenced<T: std::fmt::Debug>(outcome: Result<T, StoreError>) {
            assert!(matches!(outcome, Err(StoreError::Fenced)), "{outcome:?}");
        }
        let accounts = || world.accounts.clone();
        let again = Reinstruct {
            payment_id: hufu::domain::payment::PaymentId(Uuid::nil()),
            account: None,
            payee_name: String::new(),
        };
        fenced(world.store.make_transfers(world.transfer()).await);
        fenced(world.store.instruct(world.to_instruct(payouts)).await);
        fenced(world.store.reinstruct(old, actor(), accounts(), vec![again], at(9_002)).await);
        fenced(world.store.make_returns(old, actor(), world.batch, accounts(), at(9_002)).await);
        fenced(world.store.start_sending(old, 10, actor(), at(9_002)).await.map(|it| it.len()));
        assert_eq!(database.count("SELECT COUNT(*) FROM payment").await, 0);
        world.store.close().await;
    }

    /// A batch never pays from money that it does not have, whatever its claims say.
    async fn no_account_goes_below_zero(database: &Database) {
        let world = World::new(database, &[(1, 1, CITY), (2, 2, COUNTY)]).await;
        let back = Hop::Unassigned { city: region(CITY) };
        world.post(back, region(CITY), hufu::domain::claim::SubsidyKind::JobExpansion, 1).await;
        world.transfers().await;
        let payouts = world.payouts(Some(approved_account())).await;
        let refused = world.store.instruct(world.to_instruct(payouts)).await;
        assert!(matches!(refused, Err(StoreError::Overdrawn)), "{refused:?}");
        assert_eq!(world.claim_state(1, 1).await, ClaimState::Funded);
        world.store.close().await;
    }

    async fn a_second_instruction_beside_an_open_one_is_refused_by_the_database(database: &Database) {
        let world = World::new(database, &[(1, 1, CITY)]).await;
        world.transfers().await;
        world.instruct_all().await;
        let copy = |id: &str, state: &str| format!(
            "INSERT INTO instruction (instruction_id, payment_id, attempt, city, payer, state, amount_fen, paid_fen,
                returned_fen, debited_fen, credited_fen, made_at, changed_at, sealed)
             SELECT {id}, payment_id, 2, city, payer, '{state}', amount_fen, 0, 0, 0, 0, 0, 0, sealed FROM instruction",
            id = bytes(database, id.as_bytes()),
        );
        for state in ["made", "sending", "accepted", "in-doubt"] {
            assert!(try_sql(database, copy("0123456789abcdef", state)).await.is_err(), "{state}");
        }
        try_sql(database, copy("0123456789abcdef", "failed")).await.unwrap();
        assert_eq!(world.payment_state(1).await, PaymentState::Instructed);
        assert_eq!(world.payout(1).await.paid, Fen::ZERO);
        world.store.close().await;
    }
}
