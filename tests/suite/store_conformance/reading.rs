//! What is read, where it is resumed, and who sees it.

use std::collections::BTreeSet;

use hufu::domain::claim::ClaimState;
use hufu::domain::suspect::SuspectRule;
use hufu::store::record::desk::SuspectOrder;
use hufu::store::record::{ClaimFilter, SuspectFilter};

use super::harness::*;
use super::on_both;

on_both! {
    /// A watcher that reads while others write sees every change once and in order.
    async fn the_change_feed_has_no_gaps_under_concurrency(database: &Database) {
        let store = database.open().await;
        let writers = (0..8_u16).map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..40 {
                    let county = if number % 2 == 0 { "371502" } else { "410102" };
                    submit(&store, Draft::graduate(writer * 100 + number, 1).in_region(county)).await;
                }
            })
        });
        let all = futures::future::join_all(writers);
        let (mut seen, mut position) = (Vec::new(), 0);
        let mut changed = store.changed();
        let watch = async {
            while seen.len() < 160 {
                let (changes, scanned) =
                    store.changes_after(position, region("371500"), 7, &access("watch")).await.unwrap();
                assert!(changes.iter().all(|change| change.sequence > position && change.sequence <= scanned));
                position = scanned;
                seen.extend(changes);
                if position == store.latest_sequence().await.unwrap() {
                    drop(tokio::time::timeout(std::time::Duration::from_millis(50), changed.changed()).await);
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), async { tokio::join!(all, watch) }).await.unwrap();
        assert!(seen.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
        assert!(seen.iter().all(|change| change.record.claim.region == region("371502")));
        assert_eq!(seen.iter().map(|it| it.record.claim.claim_id).collect::<BTreeSet<_>>().len(), 160);
        let entries = store.verify_audit().await.unwrap();
        assert_eq!(entries.cast_signed(), store.latest_sequence().await.unwrap());
        store.close().await;
    }

    async fn a_pull_is_resumed_without_a_suspect_twice_or_left_out(database: &Database) {
        let store = database.open().await;
        for number in 0..30 {
            let county = if number % 3 == 0 { "410102" } else { "371502" };
            submit(&store, Draft::graduate(number, 1)).await;
            submit(&store, Draft::graduate(number, 2).in_region(county)).await;
        }
        let pull = async |within: &str| {
            let (mut pulled, mut after) = (Vec::new(), 0);
            loop {
                let page = store.suspects_after(after, region(within), 7, &access("pull")).await.unwrap();
                let Some(last) = page.last() else { return pulled };
                after = last.sequence;
                pulled.extend(page.into_iter().map(|suspect| suspect.sequence));
            }
        };
        assert_eq!(pull("370000").await, (1..=30).collect::<Vec<_>>());
        assert_eq!(pull("371502").await.len(), 30);
        assert_eq!(pull("410100").await, (1..=30).filter(|it| it % 3 == 1).collect::<Vec<_>>());
        assert!(pull("371503").await.is_empty());
        let filter = SuspectFilter {
            rule: Some(SuspectRule::PersonTwoProvinces),
            order: SuspectOrder::Newest { before: Some(28) },
            ..SuspectFilter::newest(region("000000"), 3)
        };
        let page = store.suspects(&filter, &access("list")).await.unwrap();
        assert_eq!(page.iter().map(|it| it.sequence).collect::<Vec<_>>(), [25, 22, 19]);
        store.close().await;
    }

    async fn claims_are_listed_by_place_state_and_enterprise(database: &Database) {
        let store = database.open().await;
        let mut ids = Vec::new();
        for number in 0..12 {
            let county = ["371502", "371503", "370102", "410102"][usize::from(number % 4)];
            let draft = Draft::graduate(number, u32::from(number % 3)).in_region(county);
            ids.push(draft.id());
            submit(&store, draft).await;
        }
        withdraw(&store, ids[0]).await;
        let list = async |within: &str, state, enterprise, before, limit| {
            let filter = ClaimFilter { within: region(within), state, enterprise, before, limit };
            let page = store.claims(&filter, &access("list")).await.unwrap();
            page.iter().map(|it| ids.iter().position(|id| *id == it.claim.claim_id).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(list("371502", None, None, None, 10).await, [8, 4, 0]);
        assert_eq!(list("371500", None, None, None, 4).await, [9, 8, 5, 4]);
        assert_eq!(list("371500", None, None, Some(ids[4]), 4).await, [1, 0]);
        assert_eq!(list("370000", Some(ClaimState::Withdrawn), None, None, 10).await, [0]);
        assert_eq!(list("000000", None, None, None, 3).await, [11, 10, 9]);
        assert_eq!(list("370000", None, Some(enterprise(1)), None, 10).await, [10, 4, 1]);
        let counts = store.counts_by_state(region("370000")).await.unwrap();
        assert_eq!((counts[&ClaimState::Assessing], counts[&ClaimState::Withdrawn], counts[&ClaimState::Held]), (8, 1, 0));
        store.close().await;
    }
}
