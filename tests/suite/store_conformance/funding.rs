//! A batch from finance's decision to the last fen.

use std::collections::BTreeMap;

use hufu::domain::calendar::Month;
use hufu::domain::claim::{ClaimState, SubsidyKind};
use hufu::domain::identity::Region;
use hufu::domain::ledger::{Account, AccountKind, Entry, Event, Slice, TrialBalance};
use hufu::domain::money::Fen;
use hufu::domain::pooling::{BatchState, FILING_CLAIMS_MAX, Grant, Stop};
use hufu::store::Store;
use hufu::store::record::pooling::{BatchRecord, BatchStep, Fence, FileOutcome, MoveOutcome, PoolOutcome};
use uuid::Uuid;

use super::harness::*;
use super::on_both;
use super::path::*;

/// The ledger as it is kept, read without the store.
async fn ledger(database: &Database, batch: &BatchRecord) -> Vec<Entry> {
    let rows = database
        .texts(
            "SELECT entry_key || '|' || event || '|' || place || '|' || COALESCE(subsidy, '') || '|' || month || '|' || debit_kind
                 || '|' || debit_owner || '|' || credit_kind || '|' || credit_owner || '|' || amount_fen
             FROM ledger_entry ORDER BY sequence",
        )
        .await;
    let entry = |row: String| {
        let fields: Vec<&str> = row.split('|').collect();
        let account =
            |kind: &str, owner: &str| Account { kind: AccountKind::from_code(kind).unwrap(), owner: owner.into() };
        let slice = Slice {
            batch: batch.batch_id,
            place: region(fields[2]),
            subsidy: (!fields[3].is_empty()).then_some(SubsidyKind::JobExpansion),
            month: Month::parse(fields[4]).unwrap(),
        };
        Entry {
            key: fields[0].to_owned(),
            event: Event::from_code(fields[1]).unwrap(),
            slice,
            debit: account(fields[5], fields[6]),
            credit: account(fields[7], fields[8]),
            amount: Fen::new(fields[9].parse().unwrap()),
            about: None::<Uuid>,
        }
    };
    rows.into_iter().map(entry).collect()
}

/// What every kind of account comes to; those at nothing are left out.
async fn balances(database: &Database, batch: &BatchRecord) -> BTreeMap<AccountKind, i64> {
    let entries = ledger(database, batch).await;
    let trial = TrialBalance::of(&entries).unwrap();
    assert_eq!(trial.difference(), Some(Fen::ZERO));
    assert!(trial.overdrawn().is_empty(), "{:?}", trial.overdrawn());
    let totals = AccountKind::ALL.map(|kind| (kind, trial.total(kind).unwrap().get()));
    totals.into_iter().filter(|(_, fen)| *fen != 0).collect()
}

/// Each hop of a batch that comes to something.
async fn hops(store: &Store, batch: &BatchRecord) -> Vec<String> {
    let hops = store.hops(batch.batch_id).await.unwrap();
    assert_eq!(hops.len(), 14);
    let hops = hops.into_iter().filter(|it| it.count != 0 || it.amount != Fen::ZERO);
    hops.map(|it| format!("{} {} {}", it.hop, it.count, it.amount.get())).collect()
}

/// Three claims of a county, two of another and one of the city's own, asked for.
async fn asked_for(store: &Store, fence: Fence) -> BatchRecord {
    approved(store, 0, 3, "371502").await;
    approved(store, 10, 2, "371503").await;
    approved(store, 20, 1, "371500").await;
    let batch = pooled(store, fence, &["371502", "371503", "371500"]).await;
    asked(store, fence, &batch).await
}

fn whole(_: Region, asked: Fen) -> Fen {
    asked
}

const STATES: &str =
    "SELECT region || ' ' || state || ' ' || COUNT(*) FROM claim GROUP BY region, state ORDER BY region, state";
const LEFT_OUT: &str =
    "SELECT reason || ' ' || region || ' ' || COUNT(*) FROM left_out GROUP BY reason, region ORDER BY region";

on_both! {
    async fn a_batch_is_sealed_with_lines_and_asked_for_once(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = asked_for(&store, fence).await;
        assert_eq!((batch.state, batch.total), (BatchState::Asked, totals(6, 900_000)));
        assert!(batch.content_hash.is_some() && batch.stopped.is_none());
        let lines = store.batch_lines(batch.batch_id).await.unwrap();
        let figures: Vec<_> = lines.iter().map(|it| {
            let line = it.line;
            (line.region, line.enterprises, line.people, line.claims, line.amount.get(), it.granted)
        }).collect();
        let expected = [
            (region("371500"), 1, 1, 1, 150_000, None),
            (region("371502"), 2, 3, 3, 450_000, None),
            (region("371503"), 2, 2, 2, 300_000, None),
        ];
        assert_eq!(figures, expected);
        for again in [BatchStep::Seal, BatchStep::Asked { reference: "F-2".to_owned() }, BatchStep::Fund, BatchStep::Close] {
            assert_eq!(step(&store, fence, &batch, again).await, MoveOutcome::Stale);
        }
        assert_eq!(database.texts("SELECT reference FROM batch").await, ["F-1"]);
        assert_eq!(hops(&store, &batch).await, ["filed 6 900000", "pooled 6 900000", "asked 6 900000"]);
        store.close().await;
    }

    async fn a_batch_whose_hops_differ_is_not_sealed(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        approved(&store, 0, 2, "371502").await;
        let batch = pooled(&store, fence, &["371502"]).await;
        database.execute("UPDATE approval SET amount_fen = amount_fen + 1 WHERE enterprise LIKE '%1_'").await;
        let stop = Stop::TotalsDiffer { expected: totals(2, 300_000), found: totals(2, 300_001) };
        assert_eq!(step(&store, fence, &batch, BatchStep::Seal).await, MoveOutcome::Refused(stop.clone()));
        let stopped = store.batch(batch.batch_id).await.unwrap().unwrap();
        assert_eq!((stopped.state, stopped.stopped), (BatchState::Gathering, Some(stop.clone())));
        let before = store.latest_sequence().await.unwrap();
        assert_eq!(step(&store, fence, &batch, BatchStep::Seal).await, MoveOutcome::Refused(stop));
        assert_eq!(store.latest_sequence().await.unwrap(), before, "what stands already is not written again");
        database.execute("UPDATE approval SET amount_fen = 150000").await;
        assert_eq!(stepped(&store, fence, &batch, BatchStep::Seal).await.stopped, None);
        store.close().await;
    }

    async fn a_grant_in_part_funds_whole_claims_and_the_rest_waits(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = asked_for(&store, fence).await;
        let part = |place: Region, asked: Fen| if place == region("371502") { Fen::new(310_000) } else { asked };
        let grant = grant(&store, &batch, part).await;
        let granted = stepped(&store, fence, &batch, BatchStep::Granted(grant.clone())).await;
        assert_eq!((granted.state, granted.granted, granted.total), (BatchState::Granted, Fen::new(760_000), batch.total));
        let expected = ["371500 pooled 1", "371502 approved 1", "371502 pooled 2", "371503 pooled 2"];
        assert_eq!(database.texts(STATES).await, expected);
        assert_eq!(database.texts(LEFT_OUT).await, ["not-granted 371502 1"]);
        let kept: Grant = serde_json::from_str(&database.texts("SELECT decision FROM batch").await[0]).unwrap();
        assert_eq!(kept, grant);
        assert_eq!(step(&store, fence, &batch, BatchStep::Granted(grant)).await, MoveOutcome::Stale);
        arrive(database).await;
        let funded = stepped(&store, fence, &batch, BatchStep::Fund).await;
        assert_eq!(funded.state, BatchState::Funded);
        // 100 yuan are too little for another claim, and stay with the city until they are given back.
        let expected = [
            (AccountKind::Fund, 760_000),
            (AccountKind::Municipal, 760_000),
            (AccountKind::Expense, 750_000),
            (AccountKind::Payable, 750_000),
        ];
        assert_eq!(balances(database, &batch).await, BTreeMap::from(expected));
        let expected = [
            "filed 6 900000", "pooled 6 900000", "asked 6 900000", "granted 5 760000", "arrived 1 760000",
            "funded 5 750000", "owed 2 750000", "unspent 1 760000",
        ];
        assert_eq!(hops(&store, &batch).await, expected);
        assert_eq!(filed(&store, "371502").await.sealed, totals(1, 150_000));
        store.close().await;
    }

    async fn a_refused_batch_gives_all_its_claims_back(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = asked_for(&store, fence).await;
        let refused = BatchStep::Refused { document_number: "7".to_owned(), reason: "预算不足".to_owned() };
        let moved = stepped(&store, fence, &batch, refused.clone()).await;
        assert_eq!((moved.state, moved.granted), (BatchState::Refused, Fen::ZERO));
        assert_eq!(database.texts(STATES).await, ["371500 approved 1", "371502 approved 3", "371503 approved 2"]);
        assert_eq!(database.texts(LEFT_OUT).await, ["refused 371500 1", "refused 371502 3", "refused 371503 2"]);
        assert_eq!(step(&store, fence, &batch, refused).await, MoveOutcome::Stale);
        assert_eq!(step(&store, fence, &batch, BatchStep::Stop(None)).await, MoveOutcome::Stale);
        let again = pooled(&store, fence, &["371502", "371503", "371500"]).await;
        assert_eq!((again.number, again.total), (2, totals(6, 900_000)));
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_grant_that_does_not_fit_stops_the_batch(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = asked_for(&store, fence).await;
        let more = grant(&store, &batch, |_, asked| asked.checked_add(Fen::new(1)).unwrap()).await;
        let mut fewer = grant(&store, &batch, whole).await;
        fewer.lines.pop();
        for grant in [more, fewer] {
            let outcome = step(&store, fence, &batch, BatchStep::Granted(grant)).await;
            assert_eq!(outcome, MoveOutcome::Refused(Stop::GrantDoesNotFit));
            let stopped = store.batch(batch.batch_id).await.unwrap().unwrap();
            assert_eq!((stopped.state, stopped.stopped), (BatchState::Asked, Some(Stop::GrantDoesNotFit)));
        }
        let fits = grant(&store, &batch, whole).await;
        assert_eq!(stepped(&store, fence, &batch, BatchStep::Granted(fits)).await.stopped, None);
        store.close().await;
    }

    async fn a_batch_that_changed_since_it_was_asked_for_is_not_granted(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = asked_for(&store, fence).await;
        database.execute("UPDATE approval SET approval_hash = evidence_hash WHERE region = '371500'").await;
        let grant = grant(&store, &batch, whole).await;
        let stop = Stop::TotalsDiffer { expected: batch.total, found: batch.total };
        assert_eq!(step(&store, fence, &batch, BatchStep::Granted(grant)).await, MoveOutcome::Refused(stop));
        store.close().await;
    }

    /// I3: less or more than was granted funds nobody.
    async fn nobody_is_funded_before_what_was_granted_is_there_to_the_fen(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = asked_for(&store, fence).await;
        let granted = grant(&store, &batch, whole).await;
        stepped(&store, fence, &batch, BatchStep::Granted(granted)).await;
        for (arriving, arrived) in
            [("UPDATE batch SET arrived_fen = 899999", 899_999), ("UPDATE batch SET arrived_fen = 900001", 900_001)]
        {
            database.execute(arriving).await;
            let stop = Stop::ArrivalDiffers { granted: Fen::new(900_000), arrived: Fen::new(arrived) };
            assert_eq!(step(&store, fence, &batch, BatchStep::Fund).await, MoveOutcome::Refused(stop.clone()));
            let stopped = store.batch(batch.batch_id).await.unwrap().unwrap();
            assert_eq!((stopped.state, stopped.stopped), (BatchState::Granted, Some(stop)));
        }
        assert!(ledger(database, &batch).await.is_empty());
        database.execute("UPDATE batch SET arrived_fen = 0").await;
        arrive(database).await;
        let funded = stepped(&store, fence, &batch, BatchStep::Fund).await;
        assert_eq!((funded.state, funded.stopped), (BatchState::Funded, None));
        assert_eq!(database.texts(STATES).await, ["371500 funded 1", "371502 funded 3", "371503 funded 2"]);
        let expected = [AccountKind::Fund, AccountKind::Municipal, AccountKind::Expense, AccountKind::Payable];
        assert_eq!(balances(database, &batch).await, expected.into_iter().map(|it| (it, 900_000)).collect());
        // Each place has its own slice, which balances by itself; the city's has the arrival besides.
        for (place, count) in [("371500", 6), ("371502", 3), ("371503", 3)] {
            let entries = ledger(database, &batch).await;
            let of_place: Vec<&Entry> = entries.iter().filter(|it| it.slice.place == region(place)).collect();
            let trial = TrialBalance::of(of_place.iter().copied()).unwrap();
            assert_eq!((of_place.len(), trial.difference()), (count, Some(Fen::ZERO)), "{place}");
        }
        assert_eq!(step(&store, fence, &batch, BatchStep::Fund).await, MoveOutcome::Stale);
        store.close().await;
    }

    /// More than one transaction takes: several filings, several steps to fund, and each claim owed once.
    async fn a_large_batch_is_funded_in_several_transactions(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        approved(&store, 1, 2, "371502").await;
        copy(database, 1, 12_000).await;
        copy(database, 2, 8_500).await;
        let batch = gathering(&store, fence).await;
        let mut left = Vec::new();
        while let FileOutcome::Filed { filing, left: others } = store.file_claims(filing_of("371502")).await.unwrap() {
            assert_eq!(store.pool_filing(pooling(fence, &batch, &filing)).await.unwrap(), PoolOutcome::Pooled(filing.sealed));
            left.push(others);
        }
        let count = 20_502 - u64::from(FILING_CLAIMS_MAX);
        assert_eq!(left, [count, count - u64::from(FILING_CLAIMS_MAX), 0]);
        asked(&store, fence, &batch).await;
        let whole = grant(&store, &batch, whole).await;
        stepped(&store, fence, &batch, BatchStep::Granted(whole)).await;
        arrive(database).await;
        let mut steps = Vec::new();
        loop {
            match step(&store, fence, &batch, BatchStep::Fund).await {
                MoveOutcome::More(_) => steps.push(database.count("SELECT funded_claims FROM batch").await),
                MoveOutcome::Moved(batch) => break assert_eq!(batch.state, BatchState::Funded),
                other @ (MoveOutcome::Stale | MoveOutcome::Refused(_)) => panic!("{other:?}"),
            }
        }
        assert_eq!(steps, [10_000, 20_000]);
        assert_eq!(database.texts(STATES).await, ["371502 funded 20502"]);
        let all = 20_502 * 150_000;
        let expected = [AccountKind::Fund, AccountKind::Municipal, AccountKind::Expense, AccountKind::Payable];
        assert_eq!(balances(database, &batch).await, expected.into_iter().map(|it| (it, all)).collect());
        let owed = "SELECT COUNT(*) FROM ledger_entry WHERE event = 'owed'";
        assert_eq!(database.count(owed).await, 4, "an enterprise has one entry a transaction");
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_batch_stands_still_until_it_is_told_to_go_on(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = asked_for(&store, fence).await;
        let stop = Stop::ArrivalDiffers { granted: Fen::new(2), arrived: Fen::new(1) };
        let stopped = stepped(&store, fence, &batch, BatchStep::Stop(Some(stop.clone()))).await;
        assert_eq!((stopped.state, stopped.stopped), (BatchState::Asked, Some(stop)));
        assert_eq!(stepped(&store, fence, &batch, BatchStep::Stop(None)).await.stopped, None);
        let before = store.latest_sequence().await.unwrap();
        stepped(&store, fence, &batch, BatchStep::Stop(None)).await;
        assert_eq!(store.latest_sequence().await.unwrap(), before);
        store.close().await;
    }

    /// I3: closed is closed to the fen.
    async fn a_batch_is_closed_when_no_fen_of_it_is_left_anywhere(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let claims = approved(&store, 1, 1, "371500").await;
        let batch = pooled(&store, fence, &["371500"]).await;
        let batch = funded(database, &store, fence, &batch).await;
        let refused = async |why: &str| {
            assert_eq!(step(&store, fence, &batch, BatchStep::Close).await, MoveOutcome::Stale, "{why}");
        };
        refused("it is not paying").await;
        database.execute("UPDATE batch SET state = 'paying'").await;
        refused("its claim is not paid").await;
        database.execute("UPDATE claim SET state = 'paid'").await;
        refused("its money is where it was").await;
        database.execute(PAID_TO_ONE_FEN).await;
        refused("one fen is left").await;
        database.execute(LAST_FEN).await;
        database.execute(OWED_PAYMENT).await;
        refused("a payment is owed").await;
        database.execute("UPDATE payment SET state = 'paid'").await;
        database.execute("UPDATE approval SET amount_fen = amount_fen + 1").await;
        let stop = Stop::TotalsDiffer { expected: totals(1, 150_001), found: totals(1, 150_000) };
        assert_eq!(step(&store, fence, &batch, BatchStep::Close).await, MoveOutcome::Refused(stop));
        database.execute("UPDATE approval SET amount_fen = amount_fen - 1").await;
        let closed = stepped(&store, fence, &batch, BatchStep::Close).await;
        assert_eq!((closed.state, closed.stopped), (BatchState::Closed, None));
        assert_eq!(states(&store, &ids(&claims)).await, [ClaimState::Paid]);
        refused("it is closed").await;
        store.close().await;
    }
}

const PAID_TO_ONE_FEN: &str = "
    INSERT INTO ledger_entry (
         sequence, entry_key, at, event, batch_id, city, place, subsidy, month, debit_kind, debit_owner, credit_kind,
         credit_owner, amount_fen)
     SELECT sequence + 1, 'paid', at, 'booked', batch_id, city, place, subsidy, month, 'payable', credit_owner,
         'municipal', city, amount_fen - 1
     FROM ledger_entry WHERE event = 'owed'";
const LAST_FEN: &str = "
    INSERT INTO ledger_entry (
         sequence, entry_key, at, event, batch_id, city, place, subsidy, month, debit_kind, debit_owner, credit_kind,
         credit_owner, amount_fen)
     SELECT sequence + 2, 'last', at, 'booked', batch_id, city, place, subsidy, month, 'payable', credit_owner,
         'municipal', city, 1
     FROM ledger_entry WHERE event = 'owed'";
const OWED_PAYMENT: &str = "
    INSERT INTO payment (
        payment_id, batch_id, kind, number, payer, city, place, payee, state, amount_fen, paid_fen, set_off_fen, attempts, claims,
        version, changed_at, sealed)
    SELECT batch_id, batch_id, 'payout', 1, city, city, city, 'nobody', 'owed', 1, 0, 0, 1, 1, 1, 1, batch_id FROM batch";
