//! What a county files, once and as it was approved.

use hufu::domain::approval::ApprovalHash;
use hufu::domain::claim::{ClaimId, ClaimState, DispatchSide};
use hufu::domain::money::Fen;
use hufu::domain::pooling::{FILING_CLAIMS_MAX, FilingState};
use hufu::store::record::pooling::{FileClaims, FileOutcome, FilingFilter, OnPath};
use hufu::store::record::review::ReviewAct;
use jiff::civil::date;
use ring::digest::{Context, SHA256};

use super::harness::*;
use super::on_both;
use super::path::*;

/// The content hash as its description says it is.
fn content_hash(mut claims: Vec<(ClaimId, Fen, ApprovalHash)>) -> Vec<u8> {
    claims.sort_unstable_by_key(|it| it.0);
    let mut context = Context::new(&SHA256);
    context.update(&[1]);
    for (id, amount, approval) in claims {
        context.update(id.0.as_bytes());
        context.update(&amount.get().to_be_bytes());
        context.update(&approval.0);
    }
    context.finish().as_ref().to_vec()
}

fn filter(within: &str) -> FilingFilter {
    FilingFilter { within: region(within), month: None, state: None, before: None, limit: 100 }
}

on_both! {
    async fn a_county_files_what_is_approved_there_and_nothing_else(database: &Database) {
        let store = database.open().await;
        let claims = approved(&store, 0, 5, "371502").await;
        approved(&store, 20, 1, "371503").await;
        let municipal = approved(&store, 30, 2, "371500").await;
        let waiting = assessed(&store, Draft::graduate(40, 1), entitled()).await;
        let half = reviewed(&store, &waiting, "wang.li", ReviewAct::Pass).await;
        let filing = filed(&store, "371502").await;
        assert_eq!((filing.sealed, filing.number, filing.state), (totals(5, 750_000), 1, FilingState::Sealed));
        assert_eq!((filing.filed_by.as_str(), filing.batch_id, filing.pooled), ("lc-hrss/li.na", None, None));
        let path = store.filed_claims(filing.filing_id, None, 100, &access("pool")).await.unwrap();
        let mut expected = ids(&claims);
        expected.sort_unstable();
        assert_eq!(path.iter().map(|it| it.path.claim_id).collect::<Vec<_>>(), expected);
        let content = path.iter().map(|it| (it.path.claim_id, it.path.amount, it.approval)).collect();
        assert_eq!(filing.content_hash.to_vec(), content_hash(content));
        for OnPath { path, record, units_taken, .. } in &path {
            assert_eq!(*record, look(&store, path.claim_id).await);
            assert_eq!((record.state, record.version, path.region), (ClaimState::Filed, 5, region("371502")));
            assert_eq!((path.units, path.due_on, path.amount), (1, record.due_on, Fen::new(150_000)));
            assert!(units_taken.is_empty() && path.enterprise == record.claim.enterprise);
        }
        assert_eq!(state(&store, half.claim.claim_id).await, ClaimState::Reviewed);
        assert_eq!(store.filing(filing.filing_id).await.unwrap().as_ref(), Some(&filing));
        let again = store.file_claims(filing_of("371502")).await.unwrap();
        assert!(matches!(again, FileOutcome::NothingToFile));
        let of_city = filed(&store, "371500").await;
        assert_eq!(of_city.sealed, totals(2, 300_000));
        assert_eq!(states(&store, &ids(&municipal)).await, [ClaimState::Filed; 2]);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_request_to_file_is_done_once(database: &Database) {
        let store = database.open().await;
        approved(&store, 0, 2, "371502").await;
        let filing = filing_of("371502");
        let FileOutcome::Filed { filing: first, .. } = store.file_claims(filing.clone()).await.unwrap() else { panic!() };
        approved(&store, 10, 1, "371502").await;
        let repeated = store.file_claims(filing.clone()).await.unwrap();
        assert!(matches!(repeated, FileOutcome::Repeated(it) if it == first));
        let other = FileClaims { request: request(&filing.request.request_id, 2), ..filing };
        assert!(matches!(store.file_claims(other).await.unwrap(), FileOutcome::RequestIdReused));
        let second = filed(&store, "371502").await;
        assert_eq!((second.sealed.claims, second.number), (1, 2));
        store.close().await;
    }

    async fn a_county_that_expects_other_totals_files_nothing(database: &Database) {
        let store = database.open().await;
        let claims = approved(&store, 0, 2, "371502").await;
        let before = store.latest_sequence().await.unwrap();
        for expected in [totals(3, 300_000), totals(2, 300_001)] {
            let filing = FileClaims { expected: Some(expected), ..filing_of("371502") };
            let outcome = store.file_claims(filing).await.unwrap();
            assert!(matches!(outcome, FileOutcome::TotalsDiffer { found } if found == totals(2, 300_000)));
        }
        assert_eq!(store.latest_sequence().await.unwrap(), before);
        assert_eq!(states(&store, &ids(&claims)).await, [ClaimState::Approved; 2]);
        assert_eq!(database.count("SELECT COUNT(*) FROM filing").await, 0);
        let filing = FileClaims { expected: Some(totals(2, 300_000)), ..filing_of("371502") };
        assert!(matches!(store.file_claims(filing).await.unwrap(), FileOutcome::Filed { left: 0, .. }));
        store.close().await;
    }

    /// More than fit are counted; whoever is due first goes first, and a claim without a last day goes last.
    async fn what_does_not_fit_is_left_and_the_earliest_due_goes_first(database: &Database) {
        let store = database.open().await;
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
        // As many as one filing takes have a last day.
        copy(database, 4, FILING_CLAIMS_MAX - 4).await;
        let outcome = store.file_claims(filing_of("371502")).await.unwrap();
        let FileOutcome::Filed { filing, left } = outcome else { panic!("not filed: {outcome:?}") };
        assert_eq!((filing.sealed.claims, left), (10_000, 1));
        let in_order = [&[ClaimState::Approved][..], &[ClaimState::Filed; 4]].concat();
        assert_eq!(states(&store, &ids).await, in_order);
        let filing = filed(&store, "371502").await;
        assert_eq!((filing.sealed.claims, filing.number), (1, 2));
        store.close().await;
    }

    async fn a_worker_whom_another_claim_holds_is_named_with_the_filed_claim(database: &Database) {
        let store = database.open().await;
        let roster = [(1, DispatchSide::Agency), (2, DispatchSide::Agency)];
        let claim = approve(&store, Draft::workforce(1, &roster), entitled()).await;
        let filing = filed(&store, "371502").await;
        let page = async || store.filed_claims(filing.filing_id, None, 10, &access("pool")).await.unwrap();
        assert!(page().await[0].units_taken.is_empty());
        submit(&store, Draft::workforce(2, &[(2, DispatchSide::Host)])).await;
        let before = store.latest_sequence().await.unwrap();
        assert_eq!(page().await[0].units_taken, [1]);
        assert_eq!(store.latest_sequence().await.unwrap(), before + 1);
        let read = "SELECT COUNT(*) FROM audit_entry WHERE action = 'claims-read' AND detail = 'purpose=pool count=1'";
        assert_eq!(database.count(read).await, 2);
        // A filed claim is asked about again when it is pooled, and not before.
        assert_eq!(state(&store, claim.claim.claim_id).await, ClaimState::Filed);
        store.close().await;
    }

    async fn filings_are_listed_by_place_month_and_state(database: &Database) {
        let store = database.open().await;
        let mut filings = Vec::new();
        for (number, code) in (0..).zip(["371502", "371503", "371500", "370102", "371502"]) {
            approved(&store, number, 1, code).await;
            filings.push(filed(&store, code).await);
        }
        let list = async |filter: FilingFilter| {
            let page = store.filings(&filter).await.unwrap();
            page.iter().map(|it| filings.iter().position(|known| known == it).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(list(filter("371500")).await, [4, 2, 1, 0]);
        assert_eq!(list(filter("371502")).await, [4, 0]);
        assert_eq!(list(filter("370000")).await, [4, 3, 2, 1, 0]);
        assert_eq!(list(FilingFilter { before: Some(filings[3].filing_id), limit: 2, ..filter("370000") }).await, [2, 1]);
        assert_eq!(list(FilingFilter { month: Some(month()), ..filter("370100") }).await, [3]);
        assert!(list(FilingFilter { month: Some(month().next()), ..filter("000000") }).await.is_empty());
        assert!(list(FilingFilter { state: Some(FilingState::Pooled), ..filter("000000") }).await.is_empty());
        assert_eq!(filings.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 1, 1, 1, 2]);
        store.close().await;
    }
}
