//! Two people before money (I8), and what exactly they approved (I9).

use hufu::domain::approval::ApprovalHash;
use hufu::domain::claim::{ClaimId, ClaimState, DispatchSide};
use hufu::store::Store;
use hufu::store::record::review::{Review, ReviewAct, ReviewOutcome};
use hufu::store::record::{Actor, AssessmentOutcome, ClaimRecord};
use uuid::Uuid;

use super::harness::*;
use super::on_both;
use super::path::*;

/// Reviews, and gives the hash of what was reviewed.
async fn hash_of(store: &Store, review: Review) -> ApprovalHash {
    let outcome = store.review(review).await.unwrap();
    let ReviewOutcome::Done(reviewed) = outcome else { panic!("not reviewed: {outcome:?}") };
    reviewed.hash.expect("a hash")
}

fn send_back() -> ReviewAct {
    ReviewAct::SendBack { reason: "another account".to_owned() }
}

const REVIEWS: &str = "
    SELECT actor || ' ' || detail FROM audit_entry WHERE action IN ('claim-reviewed', 'claim-approved') ORDER BY sequence";
const APPROVALS: &str = "SELECT COUNT(*) FROM approval";

on_both! {
    async fn two_people_approve_a_claim_and_the_log_says_who(database: &Database) {
        let store = database.open().await;
        let seen = assessed(&store, Draft::graduate(1, 1), entitled()).await;
        let id = seen.claim.claim_id;
        let passed = hash_of(&store, review(&seen, "wang.li", ReviewAct::Pass)).await;
        let seen = look(&store, id).await;
        assert_eq!((seen.state, seen.version), (ClaimState::Reviewed, 3));
        let approval = review(&seen, "zhao.min", ReviewAct::Approve);
        assert_eq!(hash_of(&store, approval.clone()).await, passed);
        let approved = look(&store, id).await;
        assert_eq!((approved.state, approved.version), (ClaimState::Approved, 4));
        assert_eq!(approved.decision.as_ref().unwrap().verdict, entitled());
        let repeated = store.review(approval.clone()).await.unwrap();
        assert!(matches!(repeated, ReviewOutcome::Repeated(it) if it.hash == Some(passed) && it.record == approved));
        let other = Review { request: request(&approval.request.request_id, 2), ..approval };
        assert!(matches!(store.review(other).await.unwrap(), ReviewOutcome::RequestIdReused));
        let digits: String = passed.to_hex().chars().take(16).collect();
        let log = database.texts(REVIEWS).await;
        let expected = ["wang.li", "zhao.min"].map(|it| format!("371502/review person=lc-hrss/{it} approval={digits}"));
        assert_eq!(log, expected);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_decision_that_does_not_follow_is_refused(database: &Database) {
        let store = database.open().await;
        let waiting = submit(&store, Draft::graduate(1, 1)).await;
        let check = async |record: &ClaimRecord, act: ReviewAct, expected: &str| {
            let before = store.latest_sequence().await.unwrap();
            let outcome = format!("{:?}", store.review(review(record, "zhao.min", act)).await.unwrap());
            assert_eq!(outcome, expected);
            assert_eq!(store.latest_sequence().await.unwrap(), before);
        };
        check(&waiting, ReviewAct::Pass, "NotReviewable(Assessing)").await;
        check(&waiting, send_back(), "NotReviewable(Assessing)").await;
        let seen = assessed(&store, Draft::graduate(2, 1), entitled()).await;
        check(&seen, ReviewAct::Approve, "NotReviewable(Assessed)").await;
        let passed = reviewed(&store, &seen, "wang.li", ReviewAct::Pass).await;
        check(&passed, ReviewAct::Pass, "NotReviewable(Reviewed)").await;
        check(&seen, ReviewAct::Approve, "Changed").await;
        let mut nobody = seen.clone();
        nobody.claim.claim_id = ClaimId(Uuid::from_u128(7));
        check(&nobody, ReviewAct::Pass, "NotFound").await;
        reviewed(&store, &passed, "zhao.min", ReviewAct::Approve).await;
        filed(&store, "371502").await;
        let filed = look(&store, seen.claim.claim_id).await;
        check(&filed, send_back(), "NotReviewable(Filed)").await;
        store.close().await;
    }

    /// I8: refused by the store, and by the database where somebody goes around the store.
    async fn who_passed_a_claim_cannot_approve_it(database: &Database) {
        let store = database.open().await;
        let seen = assessed(&store, Draft::graduate(1, 1), entitled()).await;
        let passed = reviewed(&store, &seen, "wang.li", ReviewAct::Pass).await;
        // Through another system of the organization, and typed in another way.
        let own = Review { actor: Actor("371502/desk".to_owned()), ..review(&passed, "WANG.li", ReviewAct::Approve) };
        assert!(matches!(store.review(own).await.unwrap(), ReviewOutcome::SamePerson));
        assert_eq!(state(&store, seen.claim.claim_id).await, ClaimState::Reviewed);
        let same = "UPDATE approval SET approved_by = reviewed_by, approved_at = 1";
        assert!(database.refuses(same).await);
        reviewed(&store, &passed, "zhao.min", ReviewAct::Approve).await;
        assert!(database.refuses(same).await);
        assert!(database.refuses("UPDATE approval SET reviewed_by = approved_by").await);
        assert!(database.refuses("UPDATE approval SET approved_by = NULL, filing_id = claim_id").await);
        assessed(&store, Draft::graduate(2, 1), entitled()).await;
        let entered = "
            INSERT INTO approval (
                claim_id, decision_version, reviewed_by, reviewed_at, approved_by, approved_at, evidence_hash, approval_hash,
                region, city, subsidy, enterprise, amount_fen, units, received_sequence)
            SELECT claim.claim_id, 2, 'lc-hrss/wang.li', 1, 'lc-hrss/wang.li', 2, evidence_hash, approval_hash,
                claim.region, claim.city, claim.subsidy, claim.enterprise, amount_fen, units, claim.received_sequence
            FROM approval CROSS JOIN claim WHERE claim.state = 'assessed'";
        assert!(database.refuses(entered).await);
        assert_eq!(database.count(APPROVALS).await, 1);
        store.close().await;
    }

    /// I9: what the second person approves is what the first one passed, or it is not approved.
    async fn what_was_passed_and_is_another_now_is_not_approved(database: &Database) {
        let store = database.open().await;
        for (number, tampering) in (1..).zip([
            "UPDATE approval SET amount_fen = amount_fen + 1 WHERE approved_by IS NULL",
            "UPDATE approval SET units = units + 1 WHERE approved_by IS NULL",
            "UPDATE approval SET approval_hash = evidence_hash WHERE approved_by IS NULL",
            "UPDATE approval SET evidence_hash = approval_hash WHERE approved_by IS NULL",
        ]) {
            let seen = assessed(&store, Draft::graduate(number, 1), entitled()).await;
            let passed = reviewed(&store, &seen, "wang.li", ReviewAct::Pass).await;
            database.execute(tampering).await;
            let outcome = store.review(review(&passed, "zhao.min", ReviewAct::Approve)).await.unwrap();
            assert!(matches!(outcome, ReviewOutcome::Changed), "{tampering}: {outcome:?}");
            reviewed(&store, &passed, "zhao.min", send_back()).await;
        }
        assert_eq!(database.count(APPROVALS).await, 0);
        store.close().await;
    }

    async fn a_claim_sent_back_is_assessed_at_once_and_its_approval_is_void(database: &Database) {
        let store = database.open().await;
        for (number, until) in (1..).zip([ClaimState::Assessed, ClaimState::Reviewed, ClaimState::Approved]) {
            let mut seen = assessed(&store, Draft::graduate(number, 1), entitled()).await;
            for (person, act) in [("wang.li", ReviewAct::Pass), ("zhao.min", ReviewAct::Approve)] {
                if seen.state != until {
                    seen = reviewed(&store, &seen, person, act).await;
                }
            }
            assert_eq!(seen.state, until);
            let back = store.review(review(&seen, "wang.li", send_back())).await.unwrap();
            let ReviewOutcome::Done(back) = back else { panic!("not sent back: {back:?}") };
            assert_eq!((back.record.state, back.record.decision, back.hash), (ClaimState::Assessing, None, None));
            assert_eq!(database.count(APPROVALS).await, 0);
        }
        let due = store.lease_due(next_at(), 10, next_at()).await.unwrap();
        assert_eq!(due.len(), 3);
        let log = "SELECT COUNT(*) FROM audit_entry WHERE action = 'claim-sent-back' AND detail LIKE '%reason=another account'";
        assert_eq!(database.count(log).await, 3);
        store.close().await;
    }

    async fn the_hash_follows_from_the_evidence_and_from_the_verdict(database: &Database) {
        let store = database.open().await;
        let mut hashes = Vec::new();
        let mut seen = submit(&store, Draft::graduate(1, 1)).await;
        for (fen, second) in [(150_000, 210), (150_000, 210), (150_000, 211), (150_001, 210)] {
            let mut assessed = assessment(&seen, entitled_to(fen, 1));
            assessed.evidence.decided_at = at(second);
            assert_eq!(assess(&store, assessed).await, AssessmentOutcome::Recorded);
            seen = look(&store, seen.claim.claim_id).await;
            hashes.push(hash_of(&store, review(&seen, "wang.li", ReviewAct::Pass)).await);
            seen = look(&store, seen.claim.claim_id).await;
            seen = reviewed(&store, &seen, "zhao.min", send_back()).await;
        }
        assert_eq!(hashes[0], hashes[1]);
        hashes.remove(1);
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 3);
        store.close().await;
    }

    /// I9: a change of the claim voids what was approved of it.
    async fn a_change_of_the_claim_voids_its_approval(database: &Database) {
        let store = database.open().await;
        let withdrawn = approve(&store, Draft::graduate(1, 1), entitled()).await;
        let waiting = submit(&store, Draft::graduate(1, 2)).await;
        assert_eq!(database.count(APPROVALS).await, 1);
        withdraw(&store, withdrawn.claim.claim_id).await;
        assert_eq!(database.count(APPROVALS).await, 0);
        assert_eq!(state(&store, waiting.claim.claim_id).await, ClaimState::Assessing);
        // The host that really pays for a worker takes the slot over from an agency whose claim is approved.
        let agency = approve(&store, Draft::workforce(3, &[(9, DispatchSide::Agency)]), entitled()).await;
        assert_eq!(database.count(APPROVALS).await, 1);
        submit(&store, Draft::workforce(4, &[(9, DispatchSide::Host)])).await;
        assert_eq!(state(&store, agency.claim.claim_id).await, ClaimState::Assessing);
        assert_eq!(database.count(APPROVALS).await, 0);
        store.close().await;
    }
}
