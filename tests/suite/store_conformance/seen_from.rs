//! What a reader learns of a suspect, and is on record for having learned, ends where the reader's region does.

use hufu::domain::claim::{ClaimId, Subject};
use hufu::domain::identity::{BankAccount, PersonName};
use hufu::domain::money::Fen;
use hufu::domain::suspect::SuspectId;
use hufu::domain::suspect::stake::{Band, Stake};
use hufu::store::Store;
use hufu::store::record::SuspectFilter;
use hufu::store::record::desk::{DossierNode, SuspectSearch};
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

    async fn what_is_at_stake_elsewhere_is_told_by_its_band(database: &Database) {
        let store = database.open().await;
        let suspect = doubled(&store, 1, [(20, HERE), (21, THERE)]).await;
        let node = node(&store, at(300));
        weigh_afresh(&node).await;
        let weighed = suspects(&store).await.remove(0).stake.unwrap();
        assert_eq!((weighed.band, weighed.amount), (Band::Stoppable, Fen::new(150_000)));
        let (lowest, _) = Stake::risks_of(Band::Stoppable);
        for (place, is_told) in [(HERE, false), ("370000", false), (THERE, true), (MINISTRY, true)] {
            let who = caller(place);
            let expected =
                if is_told { weighed } else { Stake { amount: Fen::ZERO, risk: lowest, ..weighed } };
            let mut told = vec![node.suspect(&who, suspect).await.unwrap()];
            told.extend(node.suspects(&who, SuspectFilter::newest(region(place), 10)).await.unwrap().suspects);
            told.extend(node.pull_suspects(&who, region(place), 0, 10).await.unwrap());
            told.push(node.dossier(&who, suspect, false).await.unwrap().suspect);
            for record in &told {
                assert_eq!(record.stake, Some(expected), "{place}");
                assert_eq!(record.amount_told(who.region), is_told.then_some(weighed.amount), "{place}");
            }
            assert_eq!(told.len(), 4);
            let [tally] = &node.desk_tallies(&who, region(place)).await.unwrap()[..] else { panic!("one suspect") };
            assert_eq!((tally.band, tally.suspects, tally.amount), (Band::Stoppable, 1, expected.amount), "{place}");
        }
        store.close().await;
    }

    /// A guess at the name that a claim elsewhere has is answered no more than a guess at its enterprise.
    async fn a_person_is_found_by_the_name_that_the_visible_claim_has(database: &Database) {
        let store = database.open().await;
        for (enterprise, place, name) in [(20, HERE, "欧阳明月"), (21, THERE, "欧阳朋月")] {
            let mut draft = Draft::graduate(1, enterprise).in_region(place);
            let Subject::Graduate(graduate) = &mut draft.claim.subject else { panic!("a graduate") };
            graduate.person.name = PersonName::parse(name).unwrap();
            submit(&store, draft).await;
        }
        let node = node(&store, at(300));
        weigh_afresh(&node).await;
        let found = async |place: &str, name: &str| {
            let search = Some(SuspectSearch::Text(name.to_owned()));
            let filter = SuspectFilter { search, ..SuspectFilter::newest(region(place), 10) };
            node.suspects(&caller(place), filter).await.unwrap().suspects.len()
        };
        for (place, first, second) in [(HERE, 1, 0), (THERE, 0, 1), (MINISTRY, 1, 1)] {
            assert_eq!([found(place, "欧阳明月").await, found(place, "欧阳朋月").await], [first, second], "{place}");
        }
        let number = resident_id(1);
        assert_eq!([found(HERE, number.as_str()).await, found(THERE, number.as_str()).await], [1, 1]);
        store.close().await;
    }
}
