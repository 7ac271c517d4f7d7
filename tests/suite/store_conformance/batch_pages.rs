//! Batches of several pages: sealed, compared, granted in part and refused as if they were read whole.

use std::cmp::Reverse;

use hufu::domain::money::Fen;
use hufu::domain::pooling::{BatchState, FILING_CLAIMS_MAX, Stop};
use hufu::store::Store;
use hufu::store::record::pooling::{
    BatchRecord, BatchStep, Fence, FileOutcome, FilingFilter, MoveOutcome, OnPath, PoolOutcome,
};
use hufu::store::record::review::ReviewAct;
use jiff::civil::date;
use ring::digest::{Context, SHA256};

use super::harness::*;
use super::on_both;
use super::path::*;

/// What a batch is sealed with, as its description says.
fn content_hash(mut claims: Vec<OnPath>) -> [u8; 32] {
    claims.sort_by_key(|it| (it.path.region, it.path.enterprise.clone(), it.path.claim_id));
    let mut context = Context::new(&SHA256);
    context.update(&[2]);
    for it in claims {
        context.update(it.path.claim_id.0.as_bytes());
        context.update(&it.path.amount.get().to_be_bytes());
        context.update(&it.approval.0);
    }
    context.finish().as_ref().try_into().unwrap()
}

/// More claims than two pages hold, of two enterprises of a county, asked for.
async fn large(database: &Database, store: &Store, fence: Fence) -> BatchRecord {
    approved(store, 1, 2, "371502").await;
    copy(database, 1, 6_499).await;
    copy(database, 2, 5_499).await;
    file_all(store, fence).await
}

/// Files all that is approved in the county, and has finance asked for it.
async fn file_all(store: &Store, fence: Fence) -> BatchRecord {
    let batch = gathering(store, fence).await;
    while let FileOutcome::Filed { filing, .. } = store.file_claims(filing_of("371502")).await.unwrap() {
        assert!(filing.sealed.claims <= u64::from(FILING_CLAIMS_MAX));
        let pooled = store.pool_filing(pooling(fence, &batch, &filing)).await.unwrap();
        assert_eq!(pooled, PoolOutcome::Pooled(filing.sealed));
    }
    asked(store, fence, &batch).await
}

const STATES: &str = "SELECT state || ' ' || COUNT(*) FROM claim GROUP BY state ORDER BY state";

on_both! {
    async fn a_batch_is_sealed_with_the_hash_of_its_claims_by_place_and_enterprise(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        approved(&store, 0, 3, "371503").await;
        approved(&store, 10, 4, "371502").await;
        let batch = pooled(&store, fence, &["371503", "371502"]).await;
        let batch = asked(&store, fence, &batch).await;
        let filter = FilingFilter { within: region("371500"), month: None, state: None, before: None, limit: 10 };
        let mut claims = Vec::new();
        for filing in store.filings(&filter).await.unwrap() {
            claims.extend(store.filed_claims(filing.filing_id, None, 10, &access("pool")).await.unwrap());
        }
        assert_eq!(claims.len(), 7);
        assert_eq!(batch.content_hash, Some(content_hash(claims)));
        store.close().await;
    }

    /// I3: also where the difference is on the last page, and the sum is the same.
    async fn a_large_batch_that_changed_anywhere_is_not_granted(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = large(database, &store, fence).await;
        assert_eq!(batch.total, totals(12_000, 12_000 * 150_000));
        let lines = store.batch_lines(batch.batch_id).await.unwrap();
        let figures: Vec<_> = lines.iter().map(|it| (it.line.enterprises, it.line.people, it.line.claims)).collect();
        assert_eq!(figures, [(2, 12_000, 12_000)]);
        let whole = grant(&store, &batch, |_, asked| asked).await;
        let tamper = |order: &str, fen: i64| {
            sqlx::AssertSqlSafe(format!(
                "UPDATE approval SET amount_fen = amount_fen + {fen} WHERE claim_id = (
                     SELECT claim_id FROM approval ORDER BY region {order}, enterprise {order}, claim_id {order} LIMIT 1)"
            ))
        };
        database.execute(tamper("ASC", 1)).await;
        database.execute(tamper("DESC", -1)).await;
        let stop = Stop::TotalsDiffer { expected: batch.total, found: batch.total };
        let outcome = step(&store, fence, &batch, BatchStep::Granted(whole.clone())).await;
        assert_eq!(outcome, MoveOutcome::Refused(stop));
        database.execute(tamper("ASC", -1)).await;
        database.execute(tamper("DESC", 1)).await;
        assert_eq!(stepped(&store, fence, &batch, BatchStep::Granted(whole)).await.state, BatchState::Granted);
        assert_eq!(database.texts(STATES).await, ["pooled 12000"]);
        store.close().await;
    }

    /// And what was left out is filed again and refused as a whole.
    async fn a_large_batch_leaves_out_what_is_not_granted_page_by_page(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = large(database, &store, fence).await;
        let part = grant(&store, &batch, |_, _| Fen::new(7_000 * 150_000 + 149_999)).await;
        let entries = database.count("SELECT COUNT(*) FROM audit_entry").await;
        stepped(&store, fence, &batch, BatchStep::Granted(part)).await;
        assert_eq!(database.texts(STATES).await, ["approved 5000", "pooled 7000"]);
        let written = database.count("SELECT COUNT(*) FROM audit_entry").await - entries;
        assert_eq!(written, 5_001, "one for each that left, and one for the batch");
        let out = "SELECT COUNT(*) FROM left_out WHERE reason = 'not-granted' AND amount_fen = 150000";
        assert_eq!(database.count(out).await, 5_000);
        let passed_over = "
            SELECT COUNT(*) FROM approval AS stays CROSS JOIN approval AS leaves
            WHERE stays.batch_id IS NOT NULL AND leaves.batch_id IS NULL
                AND stays.received_sequence = (SELECT MAX(received_sequence) FROM approval WHERE batch_id IS NOT NULL)
                AND leaves.received_sequence < stays.received_sequence";
        assert_eq!(database.count(passed_over).await, 0, "nobody who was later stays");
        let again = file_all(&store, fence).await;
        assert_eq!(again.total, totals(5_000, 5_000 * 150_000));
        let refused = BatchStep::Refused { document_number: "7".to_owned(), reason: "预算不足".to_owned() };
        assert_eq!(stepped(&store, fence, &again, refused).await.state, BatchState::Refused);
        assert_eq!(database.texts(STATES).await, ["approved 5000", "pooled 7000"]);
        assert_eq!(database.count("SELECT COUNT(*) FROM left_out WHERE reason = 'refused'").await, 5_000);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    /// Finance grants less: the earliest due are covered, then the earliest received, and a claim without a last day comes last.
    async fn a_grant_in_part_covers_the_earliest_due_first(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        // In the order of receipt.
        let days = [None, Some(9), Some(8), Some(9), Some(20)];
        let mut ids = Vec::new();
        for (number, day) in (0..).zip(days) {
            let mut submission = Draft::graduate(number, u32::from(number)).submission();
            submission.due_on = day.map(|day| date(2022, 11, day));
            let id = submission.claim.claim_id;
            store.submit(submission).await.unwrap();
            assess(&store, assessment(&look(&store, id).await, entitled())).await;
            let seen = reviewed(&store, &look(&store, id).await, "wang.li", ReviewAct::Pass).await;
            reviewed(&store, &seen, "zhao.min", ReviewAct::Approve).await;
            ids.push(id);
        }
        let mut covered: Vec<usize> = Vec::new();
        for granted in [450_000, 150_000] {
            let batch = asked(&store, fence, &pooled(&store, fence, &["371502"]).await).await;
            let part = grant(&store, &batch, |_, _| Fen::new(granted)).await;
            stepped(&store, fence, &batch, BatchStep::Granted(part)).await;
            let states = states(&store, &ids).await;
            covered = (0..).zip(states).filter(|(_, it)| it.code() == "pooled").map(|(at, _)| at).collect();
            assert_eq!(covered.len(), if granted == 450_000 { 3 } else { 4 });
            assert!(covered.contains(&1) && covered.contains(&2) && covered.contains(&3));
        }
        covered.sort_by_key(|it| Reverse(*it));
        assert_eq!(covered, [4, 3, 2, 1], "the one without a last day is left");
        store.close().await;
    }
}
