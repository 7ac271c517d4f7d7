//! Filings on their way into the city's batch.

use hufu::domain::claim::{ClaimId, ClaimState};
use hufu::domain::eligibility::verdict::Verdict;
use hufu::domain::identity::Region;
use hufu::domain::pooling::{BatchState, FilingState, Stop};
use hufu::domain::suspect::SuspectRule;
use hufu::store::record::AssessmentRecord;
use hufu::store::record::pooling::{
    BatchFilter, BatchStep, Fence, FileOutcome, MoveBatch, MoveOutcome, PoolFiling, PoolOutcome,
};
use hufu::store::record::review::ReviewAct;
use hufu::store::{Store, StoreError};

use super::harness::*;
use super::on_both;
use super::path::*;

/// What the registries say now of a claim that is filed.
async fn asked_again(store: &Store, id: ClaimId, verdict: Verdict) -> AssessmentRecord {
    assessment(&look(store, id).await, verdict)
}

fn not_entitled() -> Verdict {
    Verdict::NotEntitled { reasons: vec![reason("NO_CONTRACT")] }
}

const LEFT_OUT: &str = "SELECT reason || ' ' || region || ' ' || amount_fen FROM left_out ORDER BY reason, claim_id";

on_both! {
    async fn one_batch_of_a_city_gathers_at_a_time(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let batch = gathering(&store, fence).await;
        assert_eq!((batch.state, batch.number, batch.total), (BatchState::Gathering, 1, totals(0, 0)));
        assert_eq!((batch.city, batch.month), (city(), month()));
        let same = store.gathering_batch(fence, month().next(), pooler(), next_at()).await.unwrap();
        assert_eq!(same, batch);
        approved(&store, 0, 1, "371502").await;
        let batch = pooled(&store, fence, &["371502"]).await;
        stepped(&store, fence, &batch, BatchStep::Seal).await;
        let second = gathering(&store, fence).await;
        assert_eq!((second.number, second.month), (2, month()));
        assert_ne!(second.batch_id, batch.batch_id);
        assert!(database.refuses("UPDATE batch SET number = 1").await);
        store.close().await;
    }

    async fn a_filing_goes_into_a_batch_once_and_whole(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let claims = approved(&store, 0, 3, "371502").await;
        let batch = gathering(&store, fence).await;
        let filing = filed(&store, "371502").await;
        let pooling = pooling(fence, &batch, &filing);
        assert_eq!(store.pool_filing(pooling.clone()).await.unwrap(), PoolOutcome::Pooled(totals(3, 450_000)));
        assert_eq!(states(&store, &ids(&claims)).await, [ClaimState::Pooled; 3]);
        let kept = store.filing(filing.filing_id).await.unwrap().unwrap();
        let expected = (FilingState::Pooled, Some(batch.batch_id), Some(totals(3, 450_000)));
        assert_eq!((kept.state, kept.batch_id, kept.pooled), expected);
        let before = store.latest_sequence().await.unwrap();
        assert_eq!(store.pool_filing(pooling).await.unwrap(), PoolOutcome::Stale);
        assert_eq!(store.latest_sequence().await.unwrap(), before);
        approved(&store, 10, 2, "371500").await;
        assert_eq!(pooled(&store, fence, &["371500"]).await.total, totals(5, 750_000));
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_filing_that_is_not_what_was_sealed_is_rejected(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let claims = approved(&store, 0, 2, "371502").await;
        let batch = gathering(&store, fence).await;
        let mut number = 0;
        for (tampering, found) in [
            ("UPDATE approval SET amount_fen = amount_fen + 1 WHERE enterprise LIKE '%1_'", totals(2, 300_001)),
            ("UPDATE approval SET approval_hash = evidence_hash", totals(2, 300_001)),
            ("UPDATE claim SET state = 'held' WHERE enterprise LIKE '%1_'", totals(1, 150_000)),
        ] {
            let filing = filed(&store, "371502").await;
            database.execute(tampering).await;
            let outcome = store.pool_filing(pooling(fence, &batch, &filing)).await.unwrap();
            assert_eq!(outcome, PoolOutcome::Rejected { sealed: filing.sealed, found }, "{tampering}");
            let kept = store.filing(filing.filing_id).await.unwrap().unwrap();
            assert_eq!((kept.state, kept.batch_id, kept.pooled), (FilingState::Rejected, None, None));
            assert_eq!(store.pool_filing(pooling(fence, &batch, &filing)).await.unwrap(), PoolOutcome::Stale);
            number += 1;
            assert_eq!(filing.number, number);
        }
        assert_eq!(states(&store, &ids(&claims)).await.iter().filter(|it| **it == ClaimState::Approved).count(), 1);
        assert_eq!(store.batch(batch.batch_id).await.unwrap().unwrap().total, totals(0, 0));
        store.close().await;
    }

    async fn what_the_registries_say_now_decides_who_goes_into_the_batch(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let claims = ids(&approved(&store, 0, 5, "371502").await);
        let next_in_line = submit(&store, Draft::graduate(1, 7)).await;
        let filing = filed(&store, "371502").await;
        let batch = gathering(&store, fence).await;
        let mut suspicious = asked_again(&store, claims[2], held("ACCOUNT_DIFFERS")).await;
        suspicious.findings = vec![SuspectRule::AccountNotTaxRegistry];
        let changed = vec![
            asked_again(&store, claims[0], entitled_to(150_000, 99)).await,
            asked_again(&store, claims[1], not_entitled()).await,
            suspicious,
        ];
        let asked = PoolFiling { changed, waiting: vec![claims[3]], ..pooling(fence, &batch, &filing) };
        assert_eq!(store.pool_filing(asked).await.unwrap(), PoolOutcome::Pooled(totals(1, 150_000)));
        let (assessed, refused) = (ClaimState::Assessed, ClaimState::Refused);
        let expected = [assessed, refused, ClaimState::Held, ClaimState::Approved, ClaimState::Pooled];
        assert_eq!(states(&store, &claims).await, expected);
        // Recorded as any assessment is: the decision with its evidence, the suspect, the slot that came free.
        assert_eq!(database.count("SELECT COUNT(*) FROM decision WHERE version = 6").await, 3);
        assert_eq!(look(&store, claims[0]).await.decision.unwrap().verdict, entitled_to(150_000, 99));
        assert_eq!(suspects(&store).await.last().unwrap().rule, SuspectRule::AccountNotTaxRegistry);
        assert_eq!(state(&store, next_in_line.claim.claim_id).await, ClaimState::Assessing);
        assert_eq!(database.count("SELECT COUNT(*) FROM approval").await, 2);
        let left_out = ["changed", "changed", "changed", "unanswered"].map(|it| format!("{it} 371502 150000"));
        assert_eq!(database.texts(LEFT_OUT).await, left_out);
        // Who waited goes into the next filing, and is no longer left out of the batch that it is in.
        let again = filed(&store, "371502").await;
        assert_eq!(again.sealed, totals(1, 150_000));
        let outcome = store.pool_filing(pooling(fence, &batch, &again)).await.unwrap();
        assert_eq!(outcome, PoolOutcome::Pooled(totals(1, 150_000)));
        assert_eq!(database.texts(LEFT_OUT).await, left_out[..3]);
        assert_eq!(store.batch(batch.batch_id).await.unwrap().unwrap().total, totals(2, 300_000));
        // What was changed needs two people again.
        let seen = look(&store, claims[0]).await;
        reviewed(&store, &seen, "wang.li", ReviewAct::Pass).await;
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_filing_whose_claims_moved_meanwhile_is_read_again(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let claims = ids(&approved(&store, 0, 2, "371502").await);
        let elsewhere = ids(&approved(&store, 10, 1, "371503").await);
        let (filing, batch) = (filed(&store, "371502").await, gathering(&store, fence).await);
        let mut old = asked_again(&store, claims[0], not_entitled()).await;
        old.version -= 1;
        let whole = pooling(fence, &batch, &filing);
        let mut stale = vec![
            PoolFiling { changed: vec![old], ..whole.clone() },
            PoolFiling { waiting: elsewhere.clone(), ..whole.clone() },
            PoolFiling { changed: vec![asked_again(&store, elsewhere[0], not_entitled()).await], ..whole.clone() },
        ];
        let before = store.latest_sequence().await.unwrap();
        for pooling in stale.drain(..) {
            assert_eq!(store.pool_filing(pooling).await.unwrap(), PoolOutcome::Stale);
        }
        assert_eq!(store.latest_sequence().await.unwrap(), before);
        assert_eq!(database.count("SELECT COUNT(*) FROM left_out").await, 0);
        assert_eq!(states(&store, &claims).await, [ClaimState::Filed; 2]);
        // Of a claim that is still asked about, nothing is known to have changed: it waits.
        let unknown = asked_again(&store, claims[0], unknown()).await;
        let outcome = store.pool_filing(PoolFiling { changed: vec![unknown], ..whole }).await.unwrap();
        assert_eq!(outcome, PoolOutcome::Pooled(totals(1, 150_000)));
        assert_eq!(states(&store, &claims).await, [ClaimState::Approved, ClaimState::Pooled]);
        store.close().await;
    }

    /// A holder whose lease passed on to another writes nothing, whatever it tries.
    async fn an_old_fence_takes_no_step(database: &Database) {
        let store = database.open().await;
        let old = fence(&store).await;
        let claims = approved(&store, 0, 1, "371502").await;
        let (filing, batch) = (filed(&store, "371502").await, gathering(&store, old).await);
        let later = store.take_lease(city(), "another".to_owned(), at(900_001), at(999_999)).await.unwrap().unwrap();
        assert!(later.number > old.number);
        let before = store.latest_sequence().await.unwrap();
        let fences = [old, Fence { number: later.number + 1, ..later }, Fence { city: region("370100"), number: later.number }];
        for fence in fences {
            let steps = [
                BatchStep::Seal,
                BatchStep::Asked { reference: "F-1".to_owned() },
                BatchStep::Refused { document_number: "1".to_owned(), reason: String::new() },
                BatchStep::Fund,
                BatchStep::Stop(Some(Stop::ApplicationDiffers)),
                BatchStep::Close,
            ];
            for step in steps {
                let (actor, batch_id) = (pooler(), batch.batch_id);
                let moved = store.move_batch(MoveBatch { fence, actor, batch_id, step, at: next_at() }).await;
                assert!(matches!(moved, Err(StoreError::Fenced)), "{moved:?}");
            }
            let gathered = store.gathering_batch(fence, month(), pooler(), next_at()).await;
            assert!(matches!(gathered, Err(StoreError::Fenced)), "{gathered:?}");
            let outcome = store.pool_filing(pooling(fence, &batch, &filing)).await;
            assert!(matches!(outcome, Err(StoreError::Fenced)), "{outcome:?}");
        }
        assert_eq!(store.latest_sequence().await.unwrap(), before);
        assert_eq!(store.batch(batch.batch_id).await.unwrap().unwrap(), batch);
        assert_eq!(states(&store, &ids(&claims)).await, [ClaimState::Filed]);
        assert_eq!(store.pool_filing(pooling(later, &batch, &filing)).await.unwrap(), PoolOutcome::Pooled(totals(1, 150_000)));
        store.close().await;
    }

    async fn the_lease_of_one_city_takes_no_step_of_another(database: &Database) {
        let store = database.open().await;
        let own = fence(&store).await;
        let other = store.take_lease(region("370100"), "test".to_owned(), at(900), at(900_000)).await.unwrap().unwrap();
        approved(&store, 0, 1, "371502").await;
        let (filing, batch) = (filed(&store, "371502").await, gathering(&store, own).await);
        let before = store.latest_sequence().await.unwrap();
        assert_eq!(step(&store, other, &batch, BatchStep::Seal).await, MoveOutcome::Stale);
        assert_eq!(store.pool_filing(pooling(other, &batch, &filing)).await.unwrap(), PoolOutcome::Stale);
        assert_eq!(store.latest_sequence().await.unwrap(), before);
        let of_other = gathering(&store, other).await;
        assert_eq!(of_other.city, region("370100"));
        assert_eq!(store.pool_filing(pooling(other, &of_other, &filing)).await.unwrap(), PoolOutcome::Stale);
        store.close().await;
    }

    /// Many at once: each claim is in one filing, and each filing in the batch once.
    async fn filings_and_poolings_at_once_take_each_claim_once(database: &Database) {
        let (store, other) = (database.open().await, database.open().await);
        let fence = fence(&store).await;
        approved(&store, 0, 20, "371502").await;
        let filings = (0..6).map(|turn| if turn % 2 == 0 { &store } else { &other }.file_claims(filing_of("371502")));
        let filings = futures::future::join_all(filings).await;
        let is_nothing = |it: &FileOutcome| matches!(it, FileOutcome::NothingToFile);
        let filings: Vec<FileOutcome> = filings.into_iter().map(|it| it.unwrap()).collect();
        assert_eq!(filings.iter().filter(|it| is_nothing(it)).count(), 5);
        let filed: Vec<_> = filings.into_iter().filter_map(|outcome| {
            if let FileOutcome::Filed { filing, .. } = outcome { Some(filing) } else { None }
        }).collect();
        assert_eq!((filed.len(), filed[0].sealed.claims), (1, 20));
        let batch = gathering(&store, fence).await;
        let poolings = (0..6).map(|turn| {
            if turn % 2 == 0 { &store } else { &other }.pool_filing(pooling(fence, &batch, &filed[0]))
        });
        let pooled = futures::future::join_all(poolings).await;
        assert_eq!(pooled.iter().filter(|it| matches!(it, Ok(PoolOutcome::Pooled(_)))).count(), 1);
        assert_eq!(pooled.iter().filter(|it| matches!(it, Ok(PoolOutcome::Stale))).count(), 5);
        assert_eq!(store.batch(batch.batch_id).await.unwrap().unwrap().total, totals(20, 3_000_000));
        store.close().await;
        other.close().await;
    }

    async fn batches_are_listed_newest_first_and_open_ones_alone(database: &Database) {
        let store = database.open().await;
        let fence = fence(&store).await;
        let mut batches = Vec::new();
        for _ in 0..3 {
            let batch = gathering(&store, fence).await;
            // Nothing was filed: there is nothing to be asked for.
            batches.push(stepped(&store, fence, &batch, BatchStep::Seal).await);
        }
        assert!(batches.iter().all(|it| it.state == BatchState::Closed && it.content_hash.is_none()));
        batches.push(gathering(&store, fence).await);
        let list = async |within: Region, open_only, before: Option<usize>, limit| {
            let before = before.map(|it: usize| batches[it].batch_id);
            let page = store.batches(&BatchFilter { within, open_only, before, limit }).await.unwrap();
            page.iter().map(|it| batches.iter().position(|known| known == it).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(list(city(), false, None, 10).await, [3, 2, 1, 0]);
        assert_eq!(list(region("370000"), false, Some(3), 2).await, [2, 1]);
        assert_eq!(list(Region::MINISTRY, true, None, 10).await, [3]);
        assert!(list(region("370100"), false, None, 10).await.is_empty());
        store.close().await;
    }
}
