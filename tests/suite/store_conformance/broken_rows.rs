//! A row that cannot be read is passed over and told of; the rest of the desk goes on.

use hufu::store::Store;
use hufu::store::record::desk::LateUpTo;
use hufu::workflows::desk::weigh::Followed;

use super::desk::escalate;
use super::harness::*;
use super::on_both;
use super::weigh::{doubled, node, weigh, weigh_afresh};

const DAY: i64 = 86_400;
/// The claim that came second of the oldest suspect is one that nobody can open.
const BREAK_CLAIM: &str = "UPDATE claim_content SET sealed = substr(sealed, 2)
    WHERE claim_id = (SELECT second_claim FROM suspect WHERE sequence = 1)";
const BREAK_SUSPECT: &str = "UPDATE suspect SET sealed = substr(sealed, 2) WHERE sequence = 1";
const BREAK_STAKE: &str = "UPDATE suspect_stake SET band = 'x' WHERE sequence = 1";
const WEIGHED: &str = "SELECT CAST(sequence AS TEXT) FROM suspect_stake ORDER BY sequence";
const RISK: &str = "SELECT CAST(SUM(risk) AS BIGINT) FROM suspect_stake WHERE sequence > 1";
const LEVELS: &str =
    "SELECT CAST(sequence AS TEXT) || ':' || CAST(escalation AS TEXT) FROM suspect_desk ORDER BY sequence";

/// Three suspects, each of a person of its own.
async fn three(store: &Store) {
    for number in 1..=3 {
        doubled(store, number).await;
    }
}

on_both! {
    async fn a_claim_that_cannot_be_opened_holds_up_no_weighing(database: &Database) {
        let store = database.open().await;
        three(&store).await;
        database.execute(BREAK_CLAIM).await;
        let node = node(&store, at(300));
        let mut followed = Followed::default();
        weigh(&node, &mut followed).await;
        assert_eq!(database.texts(WEIGHED).await, ["2", "3"]);
        doubled(&store, 4).await;
        assert!(weigh(&node, &mut followed).await > 0, "and neither does it hold up those that come later");
        assert_eq!(database.texts(WEIGHED).await, ["2", "3", "4"]);
        let second = suspects(&store).await.remove(1);
        withdraw(&store, second.second.claim_id).await;
        // From the place that was kept on, which has the broken one among those that moved.
        assert!(weigh_afresh(&node).await > 0);
        assert_eq!(database.texts("SELECT CAST(sequence AS TEXT) FROM suspect_stake WHERE band = 'nothing'").await, ["2"]);
        store.close().await;
    }

    async fn a_stake_that_cannot_be_read_holds_up_none_whose_days_run_out(database: &Database) {
        let store = database.open().await;
        three(&store).await;
        weigh_afresh(&node(&store, at(300))).await;
        database.execute(BREAK_STAKE).await;
        let risk = database.count(RISK).await;
        let later = node(&store, at(20 * DAY));
        assert_eq!(weigh_afresh(&later).await, 2);
        let now = database.count(RISK).await;
        assert!(now > risk, "more urgent: {risk} {now}");
        assert_eq!(weigh_afresh(&later).await, 0, "and the broken one is not tried again and again");
        store.close().await;
    }

    async fn a_suspect_that_cannot_be_opened_holds_up_no_deadline(database: &Database) {
        let store = database.open().await;
        three(&store).await;
        database.execute(BREAK_SUSPECT).await;
        assert_eq!(escalate(&store, at(3 * DAY), 1).await, [1], "untouched desks");
        assert_eq!(database.texts(LEVELS).await, ["2:1", "3:1"]);
        store.close().await;
    }

    async fn a_desk_that_cannot_be_read_is_passed_over_in_every_round(database: &Database) {
        let store = database.open().await;
        three(&store).await;
        escalate(&store, at(3 * DAY), 10).await;
        assert_eq!(database.texts(LEVELS).await, ["1:1", "2:1", "3:1"]);
        database.execute(BREAK_SUSPECT).await;
        database.execute("UPDATE suspect_desk SET state = 'x' WHERE sequence = 2").await;
        assert_eq!(escalate(&store, at(9 * DAY), 1).await, [1, 2]);
        assert_eq!(database.texts(LEVELS).await, ["1:1", "2:1", "3:2"]);
        let first = store.escalate_desks(at(9 * DAY), LateUpTo::NONE, 10).await.unwrap();
        assert_eq!((first.unreadable, first.next), (vec![1, 2], None), "the next round tells of them again");
        store.close().await;
    }
}
