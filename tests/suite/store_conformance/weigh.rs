//! Suspects on the scales: weighed once they open, again as their claims move and their days run out, found by what they have, shown
//! masked, and one person in the open only for a reason.

use std::collections::{BTreeMap, BTreeSet};

use hufu::clock::Clock;
use hufu::connectors::{Limits, Registries, RegistrySettings, UpstreamSettings};
use hufu::domain::caller::{Caller, Role};
use hufu::domain::claim::{ClaimId, ClaimState};
use hufu::domain::eligibility::evidence::Owner;
use hufu::domain::money::Fen;
use hufu::domain::operator::OperatorId;
use hufu::domain::payment::BankReport;
use hufu::domain::policy::sheet::Catalog;
use hufu::domain::suspect::stake::{Band, Stake};
use hufu::domain::suspect::{SuspectId, SuspectRule};
use hufu::store::Store;
use hufu::store::record::SuspectRecord;
use hufu::store::record::desk::{NodeKind, UnmaskReason};
use hufu::workflows::assess::Pace;
use hufu::workflows::desk::weigh::Followed;
use hufu::workflows::{Gateway, Refusal};
use jiff::{SignedDuration, Timestamp};

use super::harness::*;
use super::on_both;
use super::paid::{COUNTY, Story};
use super::payments_fixture::World;

/// A node over the store whose registries are away, at an instant.
pub(super) fn node(store: &Store, now: Timestamp) -> Gateway {
    let away = || UpstreamSettings { uri: "http://127.0.0.1:1".into(), tls: None, limits: Limits::default() };
    let registries: RegistrySettings = Owner::UPSTREAMS.into_iter().map(|owner| (owner, away())).collect();
    let registries = Registries::connect(&registries, "hufu-test".into()).unwrap();
    Gateway::new(store.clone(), registries, Catalog::shipped().unwrap(), Clock::Fixed(now), Pace::default())
}

/// Weighs until nothing is left; how many were weighed.
pub(super) async fn weigh(node: &Gateway, followed: &mut Followed) -> usize {
    let mut weighed = 0;
    loop {
        let round = node.weigh_suspects(followed).await.unwrap();
        weighed += round.weighed;
        if !round.has_more {
            return weighed;
        }
    }
}

/// The same by a process that has just begun.
pub(super) async fn weigh_afresh(node: &Gateway) -> usize {
    weigh(node, &mut Followed::default()).await
}

async fn all(store: &Store) -> Vec<SuspectRecord> {
    suspects(store).await
}

async fn only(store: &Store) -> SuspectRecord {
    let [suspect] = all(store).await.try_into().expect("one suspect");
    suspect
}

async fn stake(store: &Store) -> Stake {
    only(store).await.stake.expect("it was weighed")
}

/// Two enterprises claim one graduate: ids of the claim that was there and of the one that came.
pub(super) async fn doubled(store: &Store, person_number: u16) -> [ClaimId; 2] {
    let drafts = [1, 2].map(|number| Draft::graduate(person_number, u32::from(person_number) * 10 + number));
    let ids = drafts.each_ref().map(Draft::id);
    for draft in drafts {
        submit(store, draft).await;
    }
    ids
}

/// What every scope of a suspect says of its risk must be what was weighed.
async fn assert_scopes_follow(database: &Database) {
    const APART: &str = "SELECT COUNT(*) FROM suspect_scope AS scope LEFT JOIN suspect_stake AS stake
        ON stake.sequence = scope.sequence WHERE stake.risk IS NULL OR stake.risk <> scope.risk";
    assert_eq!(database.count(APART).await, 0);
}

pub(super) fn caller(region_code: &str) -> Caller {
    Caller {
        organization: "lc-hrss".into(),
        system: "desk".into(),
        region: region(region_code),
        roles: BTreeSet::from(Role::ALL),
        person: None,
    }
}

fn reviewer(name: &str) -> OperatorId {
    OperatorId::new("lc-hrss", name).unwrap()
}

async fn look_at(node: &Gateway, suspect: SuspectId, claim: ClaimId, who: &str) -> Result<(String, String), Refusal> {
    let (reason, words) = (UnmaskReason::CompareDocument, "与合同原件核对".to_owned());
    let shown = node.unmask(&caller(COUNTY), reviewer(who), suspect, claim, reason, words).await?;
    Ok((shown.name, shown.resident_id))
}

/// Every stake by suspect, to be compared.
async fn stakes(store: &Store) -> BTreeMap<i64, Option<Stake>> {
    all(store).await.into_iter().map(|suspect| (suspect.sequence, suspect.stake)).collect()
}

on_both! {
    async fn a_suspect_is_weighed_after_it_opens(database: &Database) {
        let store = database.open().await;
        let node = node(&store, at(300));
        let mut followed = Followed::default();
        assert_eq!(weigh(&node, &mut followed).await, 0, "nothing is there to be weighed");
        doubled(&store, 1).await;
        assert_eq!(only(&store).await.stake, None);
        assert_eq!(database.count("SELECT COUNT(*) FROM suspect_scope WHERE risk < 9000000000000000").await, 0);
        assert!(weigh(&node, &mut followed).await >= 1);
        let stake = stake(&store).await;
        assert_eq!((stake.band, stake.amount), (Band::Stoppable, Fen::new(150_000)));
        assert!(stake.weight > 900, "the same number, name and phone: {}", stake.weight);
        assert_eq!(stake, Stake::new(Band::Stoppable, Fen::new(150_000), stake.weight, 30));
        assert_scopes_follow(database).await;
        assert_eq!(weigh(&node, &mut followed).await, 0, "and not again");
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn the_band_follows_a_claim_to_its_payment(database: &Database) {
        let store = database.open().await;
        let first = Draft::graduate(1, 5);
        submit(&store, first).await;
        store.close().await;
        // The same graduate by another enterprise, and nobody stopped it.
        let world = World::new(database, &[(1, 1, COUNTY)]).await;
        let (store, mut followed) = (&world.store, Followed::default());
        let node = node(store, at(300));
        let seen = async |followed: &mut Followed| {
            weigh(&node, followed).await;
            assert_scopes_follow(database).await;
            let stake = stake(store).await;
            (stake.band, stake.amount.get())
        };
        assert_eq!(seen(&mut followed).await, (Band::Stoppable, 150_000));
        world.paying().await;
        world.instruct_all().await;
        assert_eq!(seen(&mut followed).await, (Band::Recoverable, 150_000));
        world.send(|it| BankReport::Settled(it.order.amount)).await;
        assert_eq!(world.claim_state(1, 1).await, ClaimState::Paid);
        assert_eq!(seen(&mut followed).await, (Band::Recoverable, 150_000));
        store.close().await;
    }

    async fn what_is_withdrawn_stakes_nothing(database: &Database) {
        let store = database.open().await;
        let node = node(&store, at(300));
        let mut followed = Followed::default();
        let [_, second] = doubled(&store, 1).await;
        let [other_first, _] = doubled(&store, 2).await;
        weigh(&node, &mut followed).await;
        withdraw(&store, second).await;
        withdraw(&store, other_first).await;
        weigh(&node, &mut followed).await;
        for suspect in all(&store).await {
            let stake = suspect.stake.unwrap();
            assert_eq!((stake.band, stake.amount, stake.risk), (Band::Nothing, Fen::ZERO, 0));
        }
        assert_scopes_follow(database).await;
        store.close().await;
    }

    async fn what_comes_back_is_no_longer_at_stake(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        // As if the claim that was paid were the one in dispute.
        database
            .run("UPDATE suspect SET rule = 'person_already_awarded', second_claim = first_claim, first_claim = NULL")
            .await;
        for of_it in ["suspect_scope", "suspect_tally"] {
            let sql = format!("UPDATE {of_it} SET rule = 'person_already_awarded'");
            database.run(sql).await;
        }
        let node = node(&store, at(300));
        let mut followed = Followed::default();
        weigh(&node, &mut followed).await;
        let amount = async || {
            const AMOUNT: &str = "SELECT amount_fen FROM suspect_stake";
            database.count(AMOUNT).await
        };
        assert_eq!(amount().await, 150_000);
        database.run("UPDATE suspect SET first_claim = second_claim").await;
        let case = crate::store_conformance::cases::demanded(&store, &story).await;
        crate::store_conformance::cases::repay(&store, &case, 60_000, "r-1").await;
        database.run("UPDATE suspect SET first_claim = NULL").await;
        assert!(weigh(&node, &mut followed).await > 0, "the case moved");
        assert_eq!(amount().await, 90_000);
        store.close().await;
    }

    async fn a_restart_catches_up(database: &Database) {
        let store = database.open().await;
        let [_, second] = doubled(&store, 1).await;
        weigh_afresh(&node(&store, at(300))).await;
        // Nobody weighs while claims move and suspects open.
        withdraw(&store, second).await;
        doubled(&store, 2).await;
        store.close().await;
        let store = database.open().await;
        assert!(weigh_afresh(&node(&store, at(400))).await >= 2);
        let bands: Vec<Band> = all(&store).await.into_iter().map(|it| it.stake.unwrap().band).collect();
        assert_eq!(bands, [Band::Nothing, Band::Stoppable]);
        assert_scopes_follow(database).await;
        assert_eq!(weigh_afresh(&node(&store, at(401))).await, 0);
        store.close().await;
    }

    async fn a_risk_grows_as_its_days_run_out(database: &Database) {
        let store = database.open().await;
        doubled(&store, 1).await;
        weigh_afresh(&node(&store, at(300))).await;
        let begun = stake(&store).await;
        let on = async |days: i64| {
            let later = at(300) + SignedDuration::from_hours(24 * days);
            let weighed = weigh_afresh(&node(&store, later)).await;
            assert_scopes_follow(database).await;
            (weighed, stake(&store).await.risk)
        };
        assert_eq!(on(0).await, (0, begun.risk));
        // Due on the 9th of November, thirty days away: the last 28 count.
        assert_eq!(on(1).await, (0, begun.risk));
        for days in [2, 3, 20, 30] {
            let expected = Stake::new(Band::Stoppable, begun.amount, begun.weight, 30 - days).risk;
            assert_eq!(on(days).await, (1, expected), "{days} days later");
        }
        assert_eq!(on(31).await.0, 0, "the last day was the last step");
        store.close().await;
    }

    /// More than one batch, opened and moved while two replicas weigh: in the end everything weighs what it would if weighed once.
    async fn two_replicas_do_no_harm(database: &Database) {
        let (one, other) = (database.open().await, database.open().await);
        let nodes = [&one, &other].map(|store| node(store, at(300)));
        let (done, is_done) = tokio::sync::watch::channel(false);
        let weighing = nodes.clone().map(|node| {
            let is_done = is_done.clone();
            tokio::spawn(async move {
                let mut followed = Followed::default();
                while !*is_done.borrow() {
                    node.weigh_suspects(&mut followed).await.unwrap();
                }
            })
        });
        let mut pairs = Vec::new();
        for number in 1..=60 {
            pairs.push(doubled(&one, number).await);
        }
        for [first, second] in pairs.iter().step_by(2) {
            withdraw(&one, *second).await;
            withdraw(&one, *first).await;
        }
        done.send(true).unwrap();
        for task in weighing {
            task.await.unwrap();
        }
        weigh_afresh(&nodes[0]).await;
        let found = stakes(&one).await;
        assert_scopes_follow(database).await;
        database.run("DELETE FROM suspect_stake").await;
        database.run("UPDATE desk_progress SET sequence = 0 WHERE name = 'suspects'").await;
        weigh_afresh(&nodes[1]).await;
        assert_eq!(stakes(&one).await, found);
        let of = |band| found.values().filter(|it| it.is_some_and(|it| it.band == band)).count();
        assert_eq!((of(Band::Nothing), of(Band::Stoppable)), (30, 30));
        one.close().await;
        other.close().await;
    }

    async fn more_suspects_than_one_batch_are_all_weighed(database: &Database) {
        let store = database.open().await;
        let first = Draft::graduate(1, 1);
        let id = first.id();
        submit(&store, first).await;
        for number in 2..=262 {
            submit(&store, Draft::graduate(1, number)).await;
        }
        let node = node(&store, at(300));
        let mut followed = Followed::default();
        assert!(weigh(&node, &mut followed).await >= 261);
        assert_scopes_follow(database).await;
        // All of them belong to the one claim that is taken back now; the next in line gets the slot.
        withdraw(&store, id).await;
        assert!(weigh(&node, &mut followed).await >= 261);
        assert_scopes_follow(database).await;
        let stoppable = "SELECT COUNT(*) FROM suspect_stake WHERE band = 'stoppable'";
        assert_eq!(database.count("SELECT COUNT(*) FROM suspect_stake WHERE band = 'nothing'").await, 261);
        assert_eq!(database.count(stoppable).await, database.count("SELECT COUNT(*) FROM suspect").await - 261);
        assert_eq!(weigh(&node, &mut followed).await, 0);
        store.close().await;
    }

    async fn a_suspect_is_entered_under_keys_alone(database: &Database) {
        let store = database.open().await;
        doubled(&store, 1).await;
        weigh_afresh(&node(&store, at(300))).await;
        // Itself, two claims, two enterprises, a person, a name, an account and a phone.
        assert_eq!(database.count("SELECT COUNT(*) FROM suspect_key").await, 10);
        assert_eq!(database.count("SELECT COUNT(*) FROM suspect_key WHERE length(key_index) = 16").await, 9);
        // 聊城, 城测, 测试, 试有, for each of two enterprises.
        assert_eq!(database.count("SELECT COUNT(*) FROM enterprise_term").await, 8);
        let plain = database.texts("SELECT DISTINCT enterprise FROM enterprise_term ORDER BY enterprise").await;
        let codes: BTreeSet<String> = [11, 12].map(|number| enterprise(number).as_str().to_owned()).into();
        assert_eq!(plain.into_iter().collect::<BTreeSet<_>>(), codes);
        store.close().await;
    }

    async fn suspects_that_share_something_are_neighbors(database: &Database) {
        let store = database.open().await;
        let [first, _] = doubled(&store, 1).await;
        // The same first claim again, by a third enterprise; and somebody else with the same account alone.
        submit(&store, Draft::graduate(1, 33)).await;
        doubled(&store, 2).await;
        let node = node(&store, at(300));
        weigh_afresh(&node).await;
        let found = all(&store).await;
        let dossier = node.dossier(&caller(COUNTY), found[0].suspect_id, false).await.unwrap();
        let others: BTreeSet<SuspectId> = dossier.nodes.iter().filter_map(|node| node.suspect).collect();
        assert_eq!(others, found[1..].iter().map(|it| it.suspect_id).collect());
        let kinds = |suspect: SuspectId| -> BTreeSet<NodeKind> {
            let node = dossier.nodes.iter().find(|node| node.suspect == Some(suspect)).unwrap();
            let from = dossier.links.iter().filter(|(_, to)| *to == node.id).map(|(from, _)| from);
            from.map(|id| dossier.nodes.iter().find(|node| node.id == *id).unwrap().kind).collect()
        };
        let all_shared = [NodeKind::Claim, NodeKind::Enterprise, NodeKind::Person, NodeKind::Account, NodeKind::Phone];
        assert_eq!(kinds(found[1].suspect_id), BTreeSet::from(all_shared), "claim {first}");
        assert_eq!(kinds(found[2].suspect_id), BTreeSet::from([NodeKind::Account]));
        store.close().await;
    }

    async fn a_look_at_a_person_is_written_down_and_counted(database: &Database) {
        let store = database.open().await;
        let [first, second] = doubled(&store, 1).await;
        let suspect = only(&store).await.suspect_id;
        let today = node(&store, at(300));
        let number = resident_id(1);
        let expected = || ("欧阳明月".to_owned(), number.as_str().to_owned());
        assert_eq!(look_at(&today, suspect, first, "wang.li").await.unwrap(), expected());
        let kept = database.texts("SELECT detail FROM audit_entry WHERE action = 'person-unmasked'").await;
        assert_eq!(kept, [format!("person=lc-hrss/wang.li reason=compare-document claim={first} words=与合同原件核对")]);
        for _ in 1..50 {
            assert_eq!(look_at(&today, suspect, second, "wang.li").await.unwrap(), expected());
        }
        assert_eq!(look_at(&today, suspect, second, "wang.li").await, Err(Refusal::UnmaskQuota));
        assert_eq!(look_at(&today, suspect, second, "li.na").await.unwrap(), expected(), "another person's quota");
        let tomorrow = node(&store, at(300) + SignedDuration::from_hours(24));
        assert_eq!(look_at(&tomorrow, suspect, second, "wang.li").await.unwrap(), expected());
        let looks = "SELECT COUNT(*) FROM audit_entry WHERE action = 'person-unmasked'";
        assert_eq!(database.count(looks).await, 52, "a refusal shows nobody");
        let stranger = ClaimId(uuid::Uuid::now_v7());
        assert_eq!(look_at(&today, suspect, stranger, "li.na").await, Err(Refusal::NotFound));
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn of_an_enterprises_suspect_nobody_is_unmasked(database: &Database) {
        let store = database.open().await;
        let claim = submit(&store, Draft::graduate(1, 1)).await;
        let mut found = assessment(&claim, held("ACCOUNT"));
        found.findings = vec![SuspectRule::AccountNotTaxRegistry];
        assess(&store, found).await;
        let suspect = only(&store).await.suspect_id;
        let node = node(&store, at(300));
        let refused = look_at(&node, suspect, claim.claim.claim_id, "wang.li").await;
        let Err(Refusal::Precondition(reason)) = refused else { panic!("shown") };
        assert_eq!(reason.code(), "SUSPECT_NAMES_NO_PERSON");
        store.close().await;
    }
}
