//! What was asked once is done once, and what cannot be done is refused.

use hufu::domain::claim::ClaimState;
use hufu::domain::identity::Region;
use hufu::domain::slot::slots_of;
use hufu::store::record::{SubmitOutcome, WithdrawOutcome};
use hufu::store::{Store, StoreError};

use super::harness::*;
use super::{on, on_both};

on_both! {
    async fn a_claim_is_read_back_as_it_was_acknowledged(database: &Database) {
        let store = database.open().await;
        let draft = Draft::graduate(1, 1);
        let (id, claim) = (draft.id(), draft.claim.clone());
        let record = submit(&store, draft).await;
        assert_eq!((record.state, record.version, record.decision.clone()), (ClaimState::Assessing, 1, None));
        assert_eq!(record.claim, claim);
        assert_eq!(look(&store, id).await, record);
        store.close().await;
        assert_eq!(look(&database.open().await, id).await, record);
    }

    async fn a_repeated_request_is_answered_and_a_reused_id_refused(database: &Database) {
        let store = database.open().await;
        let first = submit(&store, Draft::graduate(1, 1).request("request-1", 1)).await;
        let again = Draft::graduate(1, 1).request("request-1", 1);
        let repeated = store.submit(again.submission()).await.unwrap();
        assert!(matches!(repeated, SubmitOutcome::Repeated(record) if record == first));
        let other = Draft::graduate(2, 1).request("request-1", 2);
        let (other_slot, other_id) = (slots_of(&other.claim, group(&other.claim)).remove(0), other.id());
        assert!(matches!(store.submit(other.submission()).await.unwrap(), SubmitOutcome::RequestIdReused));
        assert_eq!(store.claim(other_id, Region::MINISTRY, &access("test")).await.unwrap(), None);
        assert_eq!(store.slot_holder(&other_slot).await.unwrap(), None);
        assert!(suspects(&store).await.is_empty());
        store.close().await;
    }

    async fn requests_repeated_within_one_commit_are_one_claim(database: &Database) {
        let store = database.open().await;
        let drafts = (0..50).map(|_| Draft::graduate(1, 1).request("request-1", 1).submission());
        let outcomes = futures::future::join_all(drafts.map(|it| store.submit(it))).await;
        let recorded = outcomes.iter().filter(|it| matches!(it, Ok(SubmitOutcome::Recorded(_)))).count();
        let repeated = outcomes.iter().filter(|it| matches!(it, Ok(SubmitOutcome::Repeated(_)))).count();
        assert_eq!((recorded, repeated), (1, 49));
        store.close().await;
    }

    async fn a_withdrawal_is_done_once(database: &Database) {
        let store = database.open().await;
        let draft = Draft::graduate(1, 1);
        let id = draft.id();
        assert!(matches!(try_withdraw(&store, id).await.unwrap(), WithdrawOutcome::NotFound));
        submit(&store, draft).await;
        let first = withdraw(&store, id).await;
        assert!(matches!(try_withdraw(&store, id).await.unwrap(), WithdrawOutcome::Repeated(it) if it == first));
        let mut again = withdrawal(id);
        again.request = request("another-request", 1);
        assert!(matches!(store.withdraw(again.clone()).await.unwrap(), WithdrawOutcome::AlreadyWithdrawn));
        submit(&store, Draft::graduate(2, 1).request("another-request", 1)).await;
        assert!(matches!(store.withdraw(again).await.unwrap(), WithdrawOutcome::RequestIdReused));
        store.close().await;
    }

    /// One request that the database refuses must not take down those that shared its commit.
    async fn who_is_at_fault_fails_alone(database: &Database) {
        let store = database.open().await;
        let taken = Draft::graduate(1, 1);
        submit(&store, taken.clone()).await;
        // The same claim under another request: its id is there already.
        let mut drafts: Vec<Draft> = (10..40).map(|number| Draft::graduate(number, 1)).collect();
        drafts.insert(15, taken.request("another", 2));
        let outcomes = futures::future::join_all(drafts.into_iter().map(|it| store.submit(it.submission()))).await;
        assert_eq!(outcomes.iter().filter(|it| it.is_err()).count(), 1);
        assert!(outcomes[15].is_err());
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_full_queue_refuses_at_once_and_a_closed_store_for_good(database: &Database) {
        let mut settings = database.settings();
        (settings.queue_length, settings.max_batch) = (4, 2);
        let store = Store::open(settings, database.keys()).await.unwrap();
        let submits = (0..200).map(|number| store.submit(Draft::graduate(number, 1).submission()));
        let outcomes = futures::future::join_all(submits).await;
        let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert!(!refused.is_empty() && refused.len() < 200, "{} refused", refused.len());
        assert!(refused.iter().all(|error| error.is_overloaded() && error.is_retryable()));
        let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let counts = store.counts_by_state(Region::MINISTRY).await.unwrap();
        assert_eq!(usize::try_from(counts[&ClaimState::Assessing]).unwrap(), kept);
        store.close().await;
        let closed = store.submit(Draft::graduate(900, 1).submission()).await.unwrap_err();
        assert!(matches!(closed, StoreError::Closed) && !closed.is_retryable());
    }
}

/// What was under way may be refused, for a retry; what comes after finds a new session.
#[test]
fn a_session_that_the_server_ends_is_replaced() {
    on(Backend::Postgres, async |database| {
        let store = database.open().await;
        submit(&store, Draft::graduate(1, 1)).await;
        database
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await;
        let submission = Draft::graduate(2, 1).submission();
        let outcome = match store.submit(submission.clone()).await {
            Err(error) if error.is_retryable() => store.submit(submission).await,
            outcome => outcome,
        };
        assert!(matches!(outcome, Ok(SubmitOutcome::Recorded(_))), "{outcome:?}");
        assert_eq!(store.verify_audit().await.unwrap(), 2);
        store.close().await;
        database
    });
}
