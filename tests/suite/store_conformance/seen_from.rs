//! What a reader learns of a suspect, and is on record for having learned, ends where the reader's region does.

use hufu::domain::claim::ClaimId;
use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::money::Fen;
use hufu::domain::suspect::stake::Band;
use hufu::domain::suspect::{SuspectId, SuspectRule};
use hufu::store::Store;
use hufu::store::record::SuspectFilter;
use hufu::store::record::desk::DossierNode;
use hufu::workflows::{Gateway, Refusal};

use super::harness::*;
use super::on_both;
use super::weigh::{caller, node, weigh_afresh};

const HERE: &str = "371502";
const THERE: &str = "410902";
const MINISTRY: &str = "000000";

/// An enterprise claims a person in a place, on an account that only this enterprise has.
async fn claimed(store: &Store, person: u16, enterprise: u32, place: &str) -> ClaimId {
    let mut draft = Draft::graduate(person, enterprise).in_region(place);
    draft.claim.account = BankAccount::parse(&format!("62170023{enterprise:08}")).ok();
    let id = draft.id();
    submit(store, draft).await;
    id
}

/// A person claimed by two enterprises, the latest suspect.
async fn doubled(store: &Store, person: u16, claims: [(u32, &str); 2]) -> SuspectId {
    for (enterprise, place) in claims {
        claimed(store, person, enterprise, place).await;
    }
    suspects(store).await.pop().unwrap().suspect_id
}

/// Suspects in the picture of one.
async fn neighbors(node: &Gateway, of: SuspectId, seen_from: &str) -> Vec<SuspectId> {
    let dossier = node.dossier(&caller(seen_from), of, false).await.unwrap();
    dossier.nodes.iter().filter_map(|it: &DossierNode| it.suspect).collect()
}

/// Where reads of suspects and claims were written down, in their order.
async fn read_at(database: &Database) -> Vec<String> {
    database
        .texts(
            "SELECT region FROM audit_entry WHERE action IN ('suspects-read', 'claims-read')
        AND subject_kind IN ('suspect', 'claim') ORDER BY sequence",
        )
        .await
}

on_both! {
    async fn a_neighbor_shares_nothing_by_its_claim_elsewhere(database: &Database) {
        let store = database.open().await;
        let own = doubled(&store, 1, [(20, HERE), (21, HERE)]).await;
        // Enterprise 20 claims in the other province what another one claims here …
        let elsewhere = doubled(&store, 2, [(30, HERE), (20, THERE)]).await;
        // … and here what another one claims there.
        let here = doubled(&store, 3, [(20, HERE), (40, THERE)]).await;
        let node = node(&store, at(300));
        weigh_afresh(&node).await;
        assert_eq!(neighbors(&node, own, HERE).await, [here]);
        assert_eq!(neighbors(&node, own, MINISTRY).await, [here, elsewhere]);
        assert_eq!(neighbors(&node, elsewhere, THERE).await, Vec::<SuspectId>::new());
        store.close().await;
    }

    /// However many there are in the rest of the country.
    async fn a_county_has_neighbors_of_its_own(database: &Database) {
        let store = database.open().await;
        let own = doubled(&store, 1, [(20, HERE), (21, HERE)]).await;
        let other = doubled(&store, 2, [(20, HERE), (22, HERE)]).await;
        for number in 3..=20 {
            doubled(&store, number, [(20, THERE), (u32::from(number) + 20, THERE)]).await;
        }
        let node = node(&store, at(300));
        weigh_afresh(&node).await;
        assert_eq!(neighbors(&node, own, HERE).await, [other]);
        store.close().await;
    }

    async fn a_read_is_written_down_where_its_reader_is(database: &Database) {
        let store = database.open().await;
        let suspect = doubled(&store, 1, [(20, HERE), (21, THERE)]).await;
        let node = node(&store, at(300));
        weigh_afresh(&node).await;
        node.dossier(&caller(HERE), suspect, false).await.unwrap();
        node.suspect(&caller("371500"), suspect).await.unwrap();
        node.suspect(&caller("410000"), suspect).await.unwrap();
        assert_eq!(read_at(database).await, [HERE, HERE, THERE]);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn what_is_not_given_is_not_written_down_as_read(database: &Database) {
        let store = database.open().await;
        let suspect = doubled(&store, 1, [(20, HERE), (21, THERE)]).await;
        let claim = suspects(&store).await[0].second.claim_id;
        let node = node(&store, at(300));
        let before = store.latest_sequence().await.unwrap();
        let stranger = caller("440106");
        assert!(matches!(node.suspect(&stranger, suspect).await, Err(Refusal::NotFound)));
        assert!(matches!(node.dossier(&stranger, suspect, false).await, Err(Refusal::NotFound)));
        assert!(matches!(node.claim(&stranger, claim).await, Err(Refusal::NotFound)));
        assert!(matches!(node.claim(&caller(HERE), claim).await, Err(Refusal::NotFound)));
        assert_eq!(store.latest_sequence().await.unwrap(), before);
        store.close().await;
    }

    async fn the_words_of_a_withdrawal_put_nobody_on_the_timeline(database: &Database) {
        let store = database.open().await;
        let suspect = doubled(&store, 1, [(20, HERE), (21, HERE)]).await;
        let mut withdrawal = withdrawal(suspects(&store).await[0].second.claim_id);
        withdrawal.reason = "撤回 person=lc-hrss/wang.li".to_owned();
        store.withdraw(withdrawal).await.unwrap();
        let dossier = node(&store, at(300)).dossier(&caller(HERE), suspect, false).await.unwrap();
        let withdrawn = dossier.events.iter().find(|it| it.words.contains("wang.li")).unwrap();
        assert_eq!(withdrawn.actor, "371502/insurance");
        store.close().await;
    }
}
