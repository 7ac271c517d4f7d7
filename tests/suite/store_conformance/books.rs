//! The ledger as it is read: by place, batch, subsidy and month, page after page; and every way in which it may not agree.

use hufu::domain::calendar::Month;
use hufu::domain::claim::SubsidyKind;
use hufu::domain::identity::Region;
use hufu::domain::ledger::{Account, AccountKind, Balance, TrialBalance};
use hufu::domain::money::Fen;
use hufu::domain::pooling::BatchId;
use hufu::store::record::ledger::{AccountFilter, EntryFilter, EntryRecord, LedgerCheck, SliceFilter};
use hufu::store::{Store, StoreError};
use uuid::Uuid;

use super::cases;
use super::harness::*;
use super::on_both;
use super::paid::{CITY, COUNTY, It, PAID, Story, row};

const ALL: SliceFilter = SliceFilter { within: Region::MINISTRY, batch: None, subsidy: None, month: None };

async fn entries(store: &Store, slice: SliceFilter) -> Vec<EntryRecord> {
    store.ledger_entries(&EntryFilter { slice, account: None, after: 0, limit: 100 }).await.unwrap()
}

/// The trial balance of a slice is that over its entries.
async fn check_slice(store: &Store, slice: SliceFilter, count: usize) {
    let entries = entries(store, slice).await;
    assert_eq!(entries.len(), count, "{slice:?}");
    let expected = TrialBalance::of(entries.iter().map(|it| &it.entry)).unwrap();
    assert_eq!(store.trial_balance(slice).await.unwrap(), expected, "{slice:?}");
    assert_eq!(expected.difference(), Some(Fen::ZERO));
}

async fn check(store: &Store) -> LedgerCheck {
    store.check_ledger(Region::MINISTRY).await.unwrap()
}

fn amounts(check: &LedgerCheck) -> Vec<(&'static str, i64, i64)> {
    check.differences.iter().map(|it| (it.code, it.expected.get(), it.found.get())).collect()
}

/// Breaks something behind the store's back, and expects exactly one kind of difference of these amounts.
async fn check_broken(database: &Database, sql: &str, code: &str, amounts: (i64, i64)) {
    let store = database.open().await;
    assert_eq!(check(&store).await.differences, [], "before: {sql}");
    database.run(sql).await;
    let differences = check(&store).await.differences;
    store.close().await;
    let found: Vec<_> = differences.iter().map(|it| (it.code, it.expected.get(), it.found.get())).collect();
    assert_eq!(found, [(code, amounts.0, amounts.1)], "{sql}\n{differences:#?}");
    assert!(!differences[0].zh.is_empty() && differences[0].en.is_ascii(), "{differences:?}");
}

/// An entry at the end of the ledger.
async fn post(database: &Database, story: &Story, event: &str, debit: (&str, &str), credit: (&str, &str), fen: i64) {
    let place = if event == "arrived" { CITY } else { COUNTY };
    post_at(database, story, place, (event, debit, credit), fen).await;
}

type Posting<'a> = (&'a str, (&'a str, &'a str), (&'a str, &'a str));

async fn post_at(database: &Database, story: &Story, place: &str, (event, debit, credit): Posting<'_>, fen: i64) {
    let sequence = database.count("SELECT sequence FROM ledger_head").await + 1;
    let (key, batch) = (format!("by-hand/{sequence}"), story.batch.0);
    let row = row! {
        sequence: sequence, entry_key: key.as_str(), at: 0, event: event, batch_id: batch, city: CITY, place: place,
        month: "2022-11", debit_kind: debit.0, debit_owner: debit.1, credit_kind: credit.0, credit_owner: credit.1,
        amount_fen: fen,
    };
    database.insert("ledger_entry", row).await;
    database.run(format!("UPDATE ledger_head SET sequence = {sequence}")).await;
}

async fn enter_statement(database: &Database, place: &str, number: i64, opening: i64, closing: i64) -> Uuid {
    let id = Uuid::now_v7();
    let row = row! {
        statement_id: id, region: place, number: number, opening_fen: opening, closing_fen: closing, lines: 0,
        credit_fen: 0, debit_fen: 0, content_hash: id, posted_at: 0,
    };
    database.insert("statement", row).await;
    id
}

async fn enter_line(database: &Database, id: Uuid, place: &str, direction: &str, fits: It, fen: i64) {
    let reference = Uuid::new_v4().to_string();
    let row: &[(&str, It)] = &[
        ("region", place.into()),
        ("bank_reference", reference.as_str().into()),
        ("statement_id", id.into()),
        ("line", 1.into()),
        ("booked_on", "2022-10-10".into()),
        ("direction", direction.into()),
        ("amount_fen", fen.into()),
        ("fits", fits),
    ];
    database.insert("statement_line", row).await;
}

on_both! {
    async fn a_slice_is_what_its_entries_come_to(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        post(database, &story, "arrived", ("municipal", CITY), ("unassigned", CITY), 7).await;
        check_slice(&store, ALL, 9).await;
        check_slice(&store, SliceFilter { within: region("370000"), ..ALL }, 9).await;
        check_slice(&store, SliceFilter { within: region(CITY), ..ALL }, 9).await;
        check_slice(&store, SliceFilter { within: region(COUNTY), ..ALL }, 6).await;
        check_slice(&store, SliceFilter { within: region("371503"), ..ALL }, 0).await;
        check_slice(&store, SliceFilter { within: region("440000"), ..ALL }, 0).await;
        check_slice(&store, SliceFilter { batch: Some(story.batch), ..ALL }, 9).await;
        check_slice(&store, SliceFilter { batch: Some(BatchId(Uuid::nil())), ..ALL }, 0).await;
        let both = SliceFilter { batch: Some(story.batch), within: region(COUNTY), ..ALL };
        check_slice(&store, both, 6).await;
        check_slice(&store, SliceFilter { subsidy: Some(SubsidyKind::JobExpansion), ..ALL }, 6).await;
        check_slice(&store, SliceFilter { subsidy: Some(SubsidyKind::RetentionTraining), ..ALL }, 0).await;
        check_slice(&store, SliceFilter { month: Month::new(2022, 11), ..ALL }, 1).await;
        store.close().await;
    }

    async fn accounts_and_entries_come_page_after_page(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        let trial = store.trial_balance(ALL).await.unwrap();
        let mut filter = AccountFilter { slice: ALL, kind: None, after: None, limit: 3 };
        let mut accounts = Vec::new();
        loop {
            let page = store.ledger_accounts(&filter).await.unwrap();
            let Some((last, _)) = page.last() else { break };
            filter.after = Some(last.clone());
            accounts.extend(page);
        }
        assert_eq!(accounts, trial.0.into_iter().collect::<Vec<_>>(), "by kind and owner, each once");
        let cash = AccountFilter { kind: Some(AccountKind::County), after: None, ..filter };
        let balance = Balance { debit: Fen::new(PAID), credit: Fen::new(PAID) };
        assert_eq!(store.ledger_accounts(&cash).await.unwrap(), [(Account::cash(story.county()), balance)]);
        let mut filter = EntryFilter { slice: ALL, account: None, after: 0, limit: 3 };
        let mut sequences = Vec::new();
        loop {
            let page = store.ledger_entries(&filter).await.unwrap();
            let Some(last) = page.last() else { break };
            filter.after = last.sequence;
            sequences.extend(page.into_iter().map(|it| it.sequence));
        }
        assert_eq!(sequences, (1..=8).collect::<Vec<i64>>());
        let account = Some(Account::of_enterprise(AccountKind::Payable, &story.enterprise));
        let filter = EntryFilter { slice: ALL, account, after: 0, limit: 10 };
        let found: Vec<_> = store.ledger_entries(&filter).await.unwrap().iter().map(|it| it.sequence).collect();
        assert_eq!(found, [4, 8]);
        store.close().await;
    }

    async fn a_sum_that_no_column_holds_is_corrupt(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        for _ in 0..2 {
            post(database, &story, "arrived", ("municipal", CITY), ("unassigned", CITY), i64::MAX).await;
        }
        let sum = store.trial_balance(ALL).await.unwrap_err();
        assert!(matches!(sum, StoreError::Corrupt("sum")), "{sum}");
        let sum = store.check_ledger(Region::MINISTRY).await.unwrap_err();
        assert!(matches!(sum, StoreError::Corrupt("sum")), "{sum}");
        store.close().await;
    }

    async fn what_agrees_to_the_fen_is_said_to(database: &Database) {
        let store = database.open().await;
        assert_eq!(check(&store).await, LedgerCheck { entries: 0, differences: Vec::new() });
        let story = Story::new(database, &store).await;
        let case = cases::demanded(&store, &story).await;
        cases::repay(&store, &case, 10, "r-1").await;
        assert_eq!(check(&store).await, LedgerCheck { entries: 10, differences: Vec::new() });
        let county = store.check_ledger(region(COUNTY)).await.unwrap();
        assert_eq!(county, LedgerCheck { entries: 8, differences: Vec::new() });
        let elsewhere = store.check_ledger(region("440000")).await.unwrap();
        assert_eq!(elsewhere, LedgerCheck { entries: 0, differences: Vec::new() });
        store.close().await;
    }

    async fn a_gap_in_the_ledger_shows(database: &Database) {
        Story::new(database, &database.open().await).await;
        check_broken(database, "UPDATE ledger_head SET sequence = 9", "LEDGER_HAS_GAPS", (0, 0)).await;
    }

    async fn an_account_on_its_wrong_side_shows(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        post(database, &story, "demanded", ("fund", CITY), ("municipal", CITY), PAID + 5).await;
        let found: Vec<_> = check(&store).await.differences.iter().map(|it| (it.code, it.found.get())).collect();
        assert_eq!(found, [("ACCOUNT_ON_WRONG_SIDE", -5), ("ACCOUNT_ON_WRONG_SIDE", -PAID - 5)]);
        store.close().await;
    }

    async fn payable_against_claims_and_payouts_shows(database: &Database) {
        let story = Story::new(database, &database.open().await).await;
        post(database, &story, "owed", ("expense", COUNTY), ("payable", story.enterprise.as_str()), 40).await;
        let store = database.open().await;
        let code = "PAYABLE_DIFFERS_FROM_CLAIMS";
        let found = amounts(&check(&store).await);
        assert_eq!(found, [(code, 0, 40)]);
        // A funded claim is owed, and so is what a payout has not paid.
        database.run(format!("UPDATE approval SET payment_id = NULL, amount_fen = 40 WHERE claim_id = {}", database.id(story.claim.0))).await;
        database.run("UPDATE claim SET state = 'funded' WHERE state = 'paid'").await;
        database.run("UPDATE payment SET state = 'owed' WHERE kind = 'payout'").await;
        database.run("UPDATE filing SET pooled_fen = 40").await;
        database.run("UPDATE batch_line SET amount_fen = 40").await;
        assert_eq!(check(&store).await.differences, []);
        database.run("UPDATE payment SET amount_fen = amount_fen + 3 WHERE kind = 'payout'").await;
        let found = amounts(&check(&store).await);
        assert_eq!(found, [(code, 43, 40)]);
        store.close().await;
    }

    async fn in_transit_against_instructions_shows(database: &Database) {
        Story::new(database, &database.open().await).await;
        let sql = format!("UPDATE instruction SET state = 'in-doubt', paid_fen = {} WHERE payer = '{COUNTY}'", PAID - 9);
        check_broken(database, &sql, "IN_TRANSIT_DIFFERS_FROM_INSTRUCTIONS", (9, 0)).await;
    }

    async fn a_paid_payout_against_its_claims_shows(database: &Database) {
        Story::new(database, &database.open().await).await;
        let sql = "UPDATE claim SET state = 'returned' WHERE state = 'paid'";
        check_broken(database, sql, "PAID_DIFFERS_FROM_CLAIMS", (PAID, 0)).await;
    }

    async fn receivable_against_cases_shows(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        cases::demanded(&store, &story).await;
        let sql = "UPDATE clawback_case SET waived_fen = 20";
        check_broken(database, sql, "RECEIVABLE_DIFFERS_FROM_CASES", (PAID - 20, PAID)).await;
    }

    /// What is kept from a payout in another county of the city is no difference in either county, nor in the city.
    async fn a_set_off_elsewhere_in_the_city_is_no_difference(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        cases::demanded(&store, &story).await;
        let firm = story.enterprise.as_str();
        let owed = ("owed", ("expense", "371503"), ("payable", firm));
        post_at(database, &story, "371503", owed, 20).await;
        let set_off = ("set-off", ("payable", firm), ("receivable", firm));
        post_at(database, &story, "371503", set_off, 20).await;
        database.run("UPDATE clawback_case SET set_off_fen = 20").await;
        for within in [COUNTY, "371503", CITY, "000000"] {
            assert_eq!(store.check_ledger(region(within)).await.unwrap().differences, [], "{within}");
        }
        store.close().await;
    }

    async fn arrivals_against_batches_show(database: &Database) {
        Story::new(database, &database.open().await).await;
        let sql = format!("UPDATE batch SET granted_fen = {0}, arrived_fen = {0}", PAID - 1);
        check_broken(database, &sql, "ARRIVED_DIFFERS_FROM_BATCH", (PAID - 1, PAID)).await;
        let sql = format!("UPDATE batch SET granted_fen = {PAID}, arrived_fen = {}", PAID + 2);
        database.run(format!("UPDATE batch SET granted_fen = {PAID}, arrived_fen = {PAID}")).await;
        check_broken(database, &sql, "ARRIVED_DIFFERS_FROM_BATCH", (2, 0)).await;
    }

    async fn control_totals_that_differ_show(database: &Database) {
        let story = Story::new(database, &database.open().await).await;
        let code = "CONTROL_TOTALS_DIFFER";
        check_broken(database, "UPDATE batch_line SET amount_fen = amount_fen - 8", code, (PAID, PAID - 8)).await;
        database.run("UPDATE batch_line SET amount_fen = amount_fen + 8").await;
        check_broken(database, "UPDATE batch_line SET claims = 2", code, (PAID, PAID)).await;
        database.run("UPDATE batch_line SET claims = 1").await;
        let store = database.open().await;
        let left_out = async |reason: &str, fen: i64| {
            let claim = Uuid::now_v7();
            let row = row! { batch_id: story.batch.0, claim_id: claim, at: 0, region: COUNTY, reason: reason, amount_fen: fen };
            database.insert("left_out", row).await;
        };
        // What no registry answered for never was in the batch; what changed may have been.
        left_out("unanswered", 3).await;
        left_out("changed", 8).await;
        assert_eq!(check(&store).await.differences, []);
        left_out("not-granted", 8).await;
        assert_eq!(amounts(&check(&store).await), [(code, PAID, PAID + 8)]);
        database.run(format!("UPDATE filing SET pooled_claims = 3, pooled_fen = {}", PAID + 16)).await;
        database.run(format!("UPDATE batch_line SET claims = 3, amount_fen = {}", PAID + 16)).await;
        assert_eq!(check(&store).await.differences, []);
        store.close().await;
    }

    /// A filing that waits for the city is compared with its claims.
    async fn a_sealed_filing_against_its_claims_shows(database: &Database) {
        let story = Story::new(database, &database.open().await).await;
        let filing = story.claim.0;
        let row = row! {
            filing_id: filing, region: COUNTY, city: CITY, month: "2022-11", number: 1, state: "sealed", claims: 0,
            amount_fen: 0, content_hash: filing, filed_by: "lc/a", filed_at: 0,
        };
        database.insert("filing", row).await;
        let sql = "UPDATE filing SET amount_fen = 6 WHERE state = 'sealed'";
        check_broken(database, sql, "CONTROL_TOTALS_DIFFER", (6, 0)).await;
    }

    async fn the_bank_against_the_ledger_shows(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        // The account held 30 fen from before; nothing of the story is on its statement yet.
        let first = enter_statement(database, COUNTY, 1, 30, 30).await;
        assert_eq!(check(&store).await.differences, []);
        // The statement shows the transfer, half of the payout, and a line that fits nothing.
        let second = enter_statement(database, COUNTY, 2, 30, 30 + PAID - PAID / 2 - 4).await;
        enter_line(database, first, COUNTY, "credit", "transfer-received".into(), PAID).await;
        enter_line(database, second, COUNTY, "debit", "instruction".into(), PAID / 2).await;
        enter_line(database, second, COUNTY, "debit", It::Null, 4).await;
        database.run(format!("UPDATE instruction SET debited_fen = {} WHERE payer = '{COUNTY}'", PAID / 2)).await;
        assert_eq!(check(&store).await.differences, []);
        // A repayment that a person recorded is on no statement yet.
        let case = cases::demanded(&store, &story).await;
        cases::repay(&store, &case, 10, "r-1").await;
        assert_eq!(check(&store).await.differences, []);
        store.close().await;
        let sql = "UPDATE statement SET closing_fen = closing_fen - 11 WHERE number = 2";
        let closing = 30 + PAID - PAID / 2 - 4;
        check_broken(database, sql, "BANK_DIFFERS_FROM_LEDGER", (closing, closing - 11)).await;
    }
}
