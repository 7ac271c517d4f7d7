//! 疑点数据 that fitted no claim: tried again when a claim comes that names its person or enterprise, and then once.

use hufu::domain::claim::DispatchSide;
use hufu::domain::suspect::record::{MinistryRecord, RecordKind, Unmatched};
use hufu::store::Store;
use hufu::store::record::suspect_records::{RecordFinding, RecordOutcome};
use hufu::workflows::Gateway;
use hufu::workflows::suspect_records::retry::Followed;

use super::harness::*;
use super::on_both;
use super::suspect_records::{about, about_enterprise, import, imported, listed, named, raised, sent};
use super::weigh::node;

/// Tries again until nothing is left; how many were matched.
async fn retry(node: &Gateway, followed: &mut Followed) -> usize {
    let mut matched = 0;
    loop {
        let round = node.retry_records(followed).await.unwrap();
        matched += round.matched;
        if !round.has_more {
            return matched;
        }
    }
}

/// The same by a process that has just begun.
async fn retry_afresh(store: &Store) -> usize {
    retry(&node(store, at(400)), &mut Followed::default()).await
}

async fn reads(database: &Database) -> i64 {
    database.count("SELECT COUNT(*) FROM audit_entry WHERE detail LIKE 'purpose=retry-records%'").await
}

async fn waiting(database: &Database) -> i64 {
    database.count("SELECT COUNT(*) FROM suspect_record_waiting").await
}

/// What a record came to, in short.
fn told(it: &RecordFinding) -> (Option<Unmatched>, usize, bool) {
    (it.unmatched, it.suspects.len(), it.matched_at == Some(at(400)))
}

on_both! {
    async fn a_record_is_matched_once_its_claim_comes(database: &Database) {
        let store = database.open().await;
        let gone = Draft::graduate(4, 1);
        let gone_id = gone.id();
        submit(&store, gone).await;
        withdraw(&store, gone_id).await;
        submit(&store, Draft::graduate(6, 1)).await;
        // The log is followed up to here.
        let node = node(&store, at(400));
        let mut followed = Followed::default();
        retry(&node, &mut followed).await;
        let records = [
            about("YD-1", RecordKind::FalseIdentity, 1),
            about_enterprise("YD-2", 2),
            about("YD-3", RecordKind::DoubleClaim, 3),
            about("YD-4", RecordKind::DoubleClaim, 4),
            about("YD-5", RecordKind::CrossProvince, 5),
            named("李四", about("YD-6", RecordKind::DoubleClaim, 6)),
        ];
        let expected = [
            Err(Unmatched::PersonUnknown),
            Err(Unmatched::EnterpriseUnknown),
            Err(Unmatched::PersonUnknown),
            Err(Unmatched::ClaimNotPaying),
            Err(Unmatched::PersonUnknown),
            Err(Unmatched::NameDisagrees),
        ];
        assert_eq!(imported(&store, &records).await, expected);
        assert_eq!(retry(&node, &mut followed).await, 0);
        assert_eq!((waiting(database).await, reads(database).await), (6, 0), "nothing is read for nothing");

        // A graduate, an enterprise, a worker, and a second claim of somebody who withdrew the first; and one of somebody else.
        submit(&store, Draft::graduate(1, 1)).await;
        submit(&store, Draft::workforce(2, &[(3, DispatchSide::Agency)])).await;
        submit(&store, Draft::graduate(4, 2)).await;
        submit(&store, Draft::graduate(7, 2)).await;
        submit(&store, Draft::graduate(5, 2).in_region("440106")).await;
        assert_eq!(retry(&node, &mut followed).await, 4);
        let found: Vec<_> = listed(&store, "371500").await.iter().map(told).collect();
        let still = |unmatched| (Some(unmatched), 0, false);
        let expected = [
            (None, 1, true),
            (None, 1, true),
            (None, 1, true),
            (None, 1, true),
            still(Unmatched::PersonUnknown),
            still(Unmatched::NameDisagrees),
        ];
        assert_eq!(found, expected, "a claim elsewhere is none of this place");
        assert_eq!((raised(&store).await.len(), waiting(database).await), (4, 2));
        let matched = "SELECT COUNT(*) FROM audit_entry WHERE action = 'record-matched' AND actor = 'hufu/desk'
            AND region = '371500' AND detail LIKE 'kind=% suspects=1 received=%'";
        assert_eq!(database.count(matched).await, 4);

        // Once: neither another claim of theirs, nor a process that begins anew, does it again.
        submit(&store, Draft::graduate(1, 3)).await;
        let before = raised(&store).await.len();
        assert_eq!((retry(&node, &mut followed).await, retry_afresh(&store).await), (0, 0));
        assert_eq!(raised(&store).await.len(), before);
        // Sent again, a record is answered with what it came to.
        let again = import(&store, sent(&records)).await;
        assert_eq!((again[0].unmatched, again[0].suspects.len(), again[0].matched_at), (None, 1, Some(at(400))));
        let unmatched = RecordOutcome { unmatched: Some(Unmatched::PersonUnknown), ..RecordOutcome::default() };
        assert_eq!(again[4], unmatched);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    /// The workers of a roster that is held have no slots; they have once it is held no more.
    async fn a_worker_is_found_when_the_roster_is_no_longer_held(database: &Database) {
        let store = database.open().await;
        let (first, second) = (Draft::workforce(2, &[]), Draft::workforce(2, &[(9, DispatchSide::Agency)]));
        let (first_id, second_id) = (first.id(), second.id());
        submit(&store, first).await;
        submit(&store, second).await;
        let record = [about("YD-1", RecordKind::DoubleClaim, 9)];
        assert_eq!(imported(&store, &record).await, [Err(Unmatched::PersonUnknown)]);
        assert_eq!(retry_afresh(&store).await, 0);
        withdraw(&store, first_id).await;
        assert_eq!(retry_afresh(&store).await, 1);
        let finding = listed(&store, "371500").await.remove(0);
        assert_eq!(finding.suspects[0].second.claim_id, second_id);
        store.close().await;
    }

    /// Records from before they were had wait: those that fit by now are matched, the others wait from then on.
    async fn records_from_before_are_tried_once_and_then_wait(database: &Database) {
        let store = database.open().await;
        let records: Vec<MinistryRecord> =
            (0..130).map(|who| about(&format!("YD-{who}"), RecordKind::DoubleClaim, who)).collect();
        imported(&store, &records).await;
        database.execute("DELETE FROM suspect_record_waiting").await;
        for who in 0..70 {
            submit(&store, Draft::graduate(who, 1)).await;
        }
        assert_eq!(retry_afresh(&store).await, 0, "nobody knows of them");
        database.execute("UPDATE suspect_record SET keyed = 0").await;
        assert_eq!(retry_afresh(&store).await, 70);
        assert_eq!(waiting(database).await, 60);
        let read = reads(database).await;
        assert_eq!((retry_afresh(&store).await, reads(database).await), (0, read), "each once");
        submit(&store, Draft::graduate(129, 1)).await;
        assert_eq!(retry_afresh(&store).await, 1);
        store.close().await;
    }

    /// More than one batch at once, by two replicas: each record is matched once.
    async fn two_replicas_match_each_record_once(database: &Database) {
        let (one, other) = (database.open().await, database.open().await);
        let records: Vec<MinistryRecord> =
            (0..250).map(|who| about(&format!("YD-{who}"), RecordKind::DoubleClaim, who)).collect();
        imported(&one, &records).await;
        for who in 0..250 {
            submit(&one, Draft::graduate(who, 1)).await;
        }
        let (by_one, by_other) = tokio::join!(retry_afresh(&one), retry_afresh(&other));
        assert_eq!(by_one + by_other, 250);
        assert_eq!((raised(&one).await.len(), waiting(database).await), (250, 0));
        one.verify_audit().await.unwrap();
        one.close().await;
        other.close().await;
    }
}
