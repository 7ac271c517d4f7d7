//! Where a city stands.

use hufu::domain::calendar::Month;
use hufu::domain::claim::{ClaimState, DispatchSide, SubsidyKind};
use hufu::domain::identity::Region;
use hufu::domain::money::Fen;
use hufu::domain::statement::Direction;
use hufu::store::Store;
use hufu::store::record::pooling::{DueTotal, PoolOutcome};
use hufu::store::record::radar::{RadarDay, RadarKey, RadarPlace, RadarSpan};
use hufu::store::record::review::ReviewAct;
use jiff::civil::date;

use super::harness::*;
use super::on_both;
use super::path::*;

on_both! {
    async fn claims_are_counted_by_county_subsidy_and_state(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        approved(&store, 0, 2, "371502").await;
        filed(&store, "371502").await;
        approved(&store, 10, 3, "371502").await;
        let passed = assessed(&store, Draft::graduate(20, 1).in_region("371503"), entitled()).await;
        reviewed(&store, &passed, "wang.li", ReviewAct::Pass).await;
        submit(&store, Draft::graduate(30, 1).in_region("370102")).await;
        submit(&store, Draft::workforce(5, &[(31, DispatchSide::Agency)])).await;
        submit(&store, Draft::graduate(32, 1).in_region("410102")).await;
        let standing = async |within: &str| {
            let totals = store.standing_totals(region(within)).await.unwrap();
            let line = |it: &hufu::store::record::pooling::StandingTotal| {
                let subsidy = if it.subsidy == SubsidyKind::JobExpansion { "jobs" } else { "training" };
                format!("{} {subsidy} {} {} {}", it.region, it.state.code(), it.totals.claims, it.totals.amount.get())
            };
            totals.iter().map(line).collect::<Vec<_>>()
        };
        let county = [
            "371502 jobs approved 3 450000", "371502 jobs filed 2 300000", "371502 training assessing 1 0",
        ];
        assert_eq!(standing("371502").await, county);
        let city = [&county[..], &["371503 jobs reviewed 1 150000"]].concat();
        assert_eq!(standing("371500").await, city);
        let province = [&["370102 jobs assessing 1 0"][..], &city].concat();
        assert_eq!(standing("370000").await, province);
        assert_eq!(standing("000000").await.len(), province.len() + 1);
        assert!(standing("440000").await.is_empty());
        gathering(&store, fence).await;
        store.close().await;
    }

    async fn a_county_with_approved_claims_that_did_not_file_is_named(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = gathering(&store, fence).await;
        for (number, code) in (0..).zip(["371502", "371503", "371500", "370102"]) {
            approved(&store, number, 1, code).await;
        }
        let missing = async |month: Month| store.not_filed(city(), month).await.unwrap();
        assert_eq!(missing(month()).await, ["371500", "371502", "371503"].map(region));
        filed(&store, "371502").await;
        filed(&store, "371500").await;
        assert_eq!(missing(month()).await, [region("371503")]);
        approved(&store, 10, 1, "371502").await;
        assert_eq!(missing(month()).await, [region("371503")]);
        assert_eq!(missing(month().next()).await, ["371502", "371503"].map(region));
        // One that was rejected is no filing.
        let filing = filed(&store, "371503").await;
        assert!(missing(month()).await.is_empty());
        database.execute("UPDATE approval SET amount_fen = 1 WHERE region = '371503'").await;
        let outcome = store.pool_filing(pooling(fence, &batch, &filing)).await.unwrap();
        assert!(matches!(outcome, PoolOutcome::Rejected { .. }), "{outcome:?}");
        assert_eq!(missing(month()).await, [region("371503")]);
        store.close().await;
    }

    async fn a_month_has_its_payout_once_one_is_booked(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        approved(&store, 0, 1, "371502").await;
        let batch = pooled(&store, fence, &["371502"]).await;
        funded(database, &store, fence, &batch).await;
        let october = async |city: &str| store.has_paid_out(region(city), month()).await.unwrap();
        assert!(!october("371500").await, "owed is not paid");
        database.execute(BOOKED_TO_COUNTY).await;
        assert!(!october("371500").await, "a transfer is no payout");
        database.execute(BOOKED_TO_ENTERPRISE).await;
        assert!(october("371500").await);
        assert!(!october("370100").await);
        assert!(!store.has_paid_out(city(), month().next()).await.unwrap());
        store.close().await;
    }

    async fn unpaid_claims_are_counted_by_their_last_day(database: &Database) {
        let store = database.open().await;
        approved(&store, 0, 2, "371502").await;
        let refused = Draft::graduate(10, 1);
        let id = refused.id();
        submit(&store, refused).await;
        withdraw(&store, id).await;
        submit(&store, Draft::graduate(11, 1).in_region("371503")).await;
        submit(&store, Draft::graduate(12, 1).in_region("370102")).await;
        let mut late = Draft::graduate(13, 1).submission();
        late.due_on = Some(date(2022, 11, 20));
        store.submit(late).await.unwrap();
        let mut without = Draft::graduate(14, 1).submission();
        without.due_on = None;
        store.submit(without).await.unwrap();
        let due = |day, code, state, claims| DueTotal { due_on: date(2022, 11, day), region: region(code), state, claims };
        let first = due(9, "371502", ClaimState::Approved, 2);
        let second = due(9, "371503", ClaimState::Assessing, 1);
        let third = due(20, "371502", ClaimState::Assessing, 1);
        let until = async |within: Region, day| store.due_until(within, date(2022, 11, day)).await.unwrap();
        assert!(until(city(), 8).await.is_empty());
        assert_eq!(until(city(), 9).await, [first.clone(), second.clone()]);
        assert_eq!(until(city(), 20).await, [first.clone(), second, third.clone()]);
        assert_eq!(until(region("371502"), 20).await, [first, third]);
        assert_eq!((until(region("370000"), 30).await.len(), until(Region::MINISTRY, 30).await.len()), (4, 4));
        radar_shows_the_same(&store).await;
        database.execute("UPDATE claim SET state = 'paid'").await;
        assert!(until(city(), 30).await.is_empty());
        assert!(store.radar_days(span(city(), 1)).await.unwrap().is_empty());
        store.close().await;
    }

    async fn lines_of_statements_that_fit_nothing_are_listed_oldest_first(database: &Database) {
        let store = database.open().await;
        database.execute(STATEMENT).await;
        for line in [
            "INSERT INTO statement_line VALUES ('371502', 'b', 'id-0000000000001', 1, '2022-10-12', 'debit', 7, NULL, NULL)",
            "INSERT INTO statement_line VALUES ('371500', 'a', 'id-0000000000001', 2, '2022-10-11', 'credit', 8, NULL, NULL)",
            "INSERT INTO statement_line VALUES ('371500', 'c', 'id-0000000000001', 3, '2022-10-11', 'credit', 9, 'arrival', NULL)",
            "INSERT INTO statement_line VALUES ('370100', 'd', 'id-0000000000001', 4, '2022-10-10', 'credit', 9, NULL, NULL)",
        ] {
            database.execute(line).await;
        }
        let lines = store.unmatched_lines(city(), 10).await.unwrap();
        let figures: Vec<_> = lines.iter().map(|it| (it.region, it.bank_reference.as_str(), it.direction, it.amount)).collect();
        let expected = [
            (region("371500"), "a", Direction::Credit, Fen::new(8)),
            (region("371502"), "b", Direction::Debit, Fen::new(7)),
        ];
        assert_eq!(figures, expected);
        assert_eq!(lines[1].booked_on, date(2022, 10, 12));
        assert_eq!(store.unmatched_lines(city(), 1).await.unwrap(), lines[..1]);
        store.close().await;
    }
}

const BOOKED_TO_COUNTY: &str = "
    INSERT INTO ledger_entry (
        sequence, entry_key, at, event, batch_id, city, place, subsidy, month, debit_kind, debit_owner, credit_kind,
        credit_owner, amount_fen)
    SELECT 1001, 'transfer', at, 'booked', batch_id, city, place, subsidy, month, 'county', place, 'in-transit', city,
        amount_fen
    FROM ledger_entry WHERE event = 'owed'";
const BOOKED_TO_ENTERPRISE: &str = "
    INSERT INTO ledger_entry (
        sequence, entry_key, at, event, batch_id, city, place, subsidy, month, debit_kind, debit_owner, credit_kind,
        credit_owner, amount_fen)
    SELECT 1002, 'payout', at, 'booked', batch_id, city, place, subsidy, '2022-10', 'payable', credit_owner, 'in-transit',
        place, amount_fen
    FROM ledger_entry WHERE event = 'owed'";
const STATEMENT: &str = "
    INSERT INTO statement (
        statement_id, region, number, opening_fen, closing_fen, lines, credit_fen, debit_fen, content_hash, posted_at)
    VALUES ('id-0000000000001', '371500', 1, 0, 0, 4, 0, 0, 'hash', 1)";

/// What falls due until the end of November, as seen on one of its days.
fn span(within: Region, day: i8) -> RadarSpan {
    RadarSpan { within, today: date(2022, 11, day), until: date(2022, 11, 30) }
}

/// By day, with what was approved; and by county and state, in pages.
async fn radar_shows_the_same(store: &Store) {
    let days = async |within, day| store.radar_days(span(within, day)).await.unwrap();
    let day = |due_on, claims, fen| RadarDay { due_on, claims, amount: Fen::new(fen) };
    let (ninth, twentieth) = (Some(date(2022, 11, 9)), Some(date(2022, 11, 20)));
    assert_eq!(days(city(), 9).await, [day(ninth, 3, 300_000), day(twentieth, 1, 0)]);
    assert_eq!(days(city(), 10).await, [day(None, 3, 300_000), day(twentieth, 1, 0)]);
    assert_eq!(days(city(), 21).await, [day(None, 4, 300_000)]);
    assert_eq!(days(region("371503"), 9).await, [day(ninth, 1, 0)]);
    assert_eq!(days(region("370000"), 9).await, [day(ninth, 4, 300_000), day(twentieth, 1, 0)]);
    assert_eq!(days(Region::MINISTRY, 9).await, days(region("370000"), 9).await);
    let place = |day, code, state, claims, fen| RadarPlace {
        key: RadarKey { due_on: date(2022, 11, day), region: region(code), state },
        claims,
        amount: Fen::new(fen),
    };
    let expected = [
        place(9, "370102", ClaimState::Assessing, 1, 0),
        place(9, "371502", ClaimState::Approved, 2, 300_000),
        place(9, "371503", ClaimState::Assessing, 1, 0),
        place(20, "371502", ClaimState::Assessing, 1, 0),
    ];
    let places = async |within, after, limit| store.radar_places(span(within, 10), after, limit).await.unwrap();
    let province = region("370000");
    assert_eq!(places(province, None, 10).await, expected);
    let mut paged = Vec::new();
    while let [place] = places(province, paged.last().map(|it: &RadarPlace| it.key), 1).await[..] {
        paged.push(place);
    }
    assert_eq!(paged, expected);
    assert_eq!(places(city(), None, 10).await, expected[1..]);
    assert_eq!(places(region("371502"), Some(expected[1].key), 10).await, expected[3..]);
}
