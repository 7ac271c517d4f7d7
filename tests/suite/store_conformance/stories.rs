//! Any sequence of submitting, withdrawing, repeating and refusing leaves the slots in order.

use hufu::domain::claim::{ClaimState, DispatchSide};
use hufu::domain::eligibility::verdict::Verdict;
use proptest::prelude::*;

use super::harness::*;
use super::on;

/// A step of the story below, by small numbers so that steps meet.
#[derive(Clone, Copy, Debug)]
enum Step {
    Submit { person: u16, enterprise: u32 },
    Repeat { claim: usize },
    Withdraw { claim: usize },
    Refuse { claim: usize },
    Workforce { enterprise: u32, workers: [(u16, bool); 2] },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_u16, 0..3_u32).prop_map(|(person, enterprise)| Step::Submit { person, enterprise }),
        1 => (0..20_usize).prop_map(|claim| Step::Repeat { claim }),
        3 => (0..20_usize).prop_map(|claim| Step::Withdraw { claim }),
        1 => (0..20_usize).prop_map(|claim| Step::Refuse { claim }),
        3 => (0..3_u32, any::<[(bool, bool); 2]>()).prop_map(|(enterprise, workers)| Step::Workforce {
            enterprise,
            workers: workers.map(|(which, host)| (10 + u16::from(which), host)),
        }),
    ]
}

/// Carries steps out, several at a time, and checks the slots after each round.
async fn tell(database: &Database, steps: &[Step]) {
    let store = database.open().await;
    let mut drafts: Vec<Draft> = Vec::new();
    for round in steps.chunks(4) {
        let known = drafts.clone();
        let mut new = Vec::new();
        let mut acts: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
        for step in round {
            let pick = |claim: usize| known.get(claim % known.len().max(1)).cloned();
            let store = store.clone();
            let mut submitting = |draft: Draft| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
                new.push(draft.clone());
                let store = store.clone();
                Box::pin(async move { drop(store.submit(draft.submission()).await.unwrap()) })
            };
            match *step {
                Step::Submit { person, enterprise } => acts.push(submitting(Draft::graduate(person, enterprise))),
                Step::Workforce { enterprise, workers } => {
                    let side = |host| if host { DispatchSide::Host } else { DispatchSide::Agency };
                    let roster = workers.map(|(number, host)| (number, side(host)));
                    acts.push(submitting(Draft::workforce(enterprise, &roster)));
                }
                Step::Repeat { claim } => acts.extend(pick(claim).map(&mut submitting)),
                Step::Withdraw { claim } => {
                    if let Some(draft) = pick(claim) {
                        acts.push(Box::pin(async move { drop(try_withdraw(&store, draft.id()).await.unwrap()) }));
                    }
                }
                Step::Refuse { claim } => {
                    if let Some(draft) = pick(claim) {
                        let refused = Verdict::NotEntitled { reasons: vec![reason("NO")] };
                        acts.push(Box::pin(async move {
                            let record = look(&store, draft.id()).await;
                            if record.state == ClaimState::Assessing {
                                assess(&store, assessment(&record, refused)).await;
                            }
                        }));
                    }
                }
            }
        }
        futures::future::join_all(acts).await;
        drafts.extend(new);
        check_slots(database).await;
    }
    store.verify_audit().await.unwrap();
    store.close().await;
}

/// Nobody holds a slot who is out of the race, nobody waits where nobody holds, and every claim that is in the race has or awaits its
/// slot. That a slot has one holder is the UNIQUE constraint's.
async fn check_slots(database: &Database) {
    let gone = "SELECT COUNT(*) FROM slot JOIN claim ON claim.claim_id = slot.claim_id
        WHERE claim.state IN ('withdrawn', 'refused')";
    assert_eq!(database.count(gone).await, 0, "a claim that is over holds a slot");
    let waits_in_vain = "SELECT COUNT(*) FROM slot_waiting WHERE NOT EXISTS (
        SELECT 1 FROM slot WHERE slot.exclusion_group = slot_waiting.exclusion_group
            AND slot.key_index = slot_waiting.key_index)";
    assert_eq!(database.count(waits_in_vain).await, 0, "somebody waits for a slot that is free");
    let assessing_without = "SELECT COUNT(*) FROM claim WHERE state = 'assessing' AND NOT EXISTS (
        SELECT 1 FROM slot WHERE slot.claim_id = claim.claim_id AND slot.unit = -1)";
    assert_eq!(database.count(assessing_without).await, 0, "a claim is assessed that does not hold its slot");
    let held_without = "SELECT COUNT(*) FROM claim WHERE state = 'held' AND NOT EXISTS (
        SELECT 1 FROM slot_waiting WHERE slot_waiting.claim_id = claim.claim_id AND slot_waiting.unit = -1)";
    assert_eq!(database.count(held_without).await, 0, "a claim is held that waits for nothing");
    let agency_before_host = "SELECT COUNT(*) FROM slot JOIN slot_waiting
            ON slot.exclusion_group = slot_waiting.exclusion_group AND slot.key_index = slot_waiting.key_index
        WHERE slot_waiting.precedence < slot.precedence AND slot_waiting.claim_id <> slot.claim_id";
    assert_eq!(database.count(agency_before_host).await, 0, "a host waits behind an agency");
}

mod any_story_leaves_slots_in_order {
    use super::*;

    fn any_story(backend: Backend, cases: u32) {
        let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        proptest!(config, |(steps in prop::collection::vec(step(), 1..24))| {
            on(backend, async |database| { tell(&database, &steps).await; database });
        });
    }

    #[test]
    fn on_sqlite() {
        any_story(Backend::Sqlite, 24);
    }

    #[test]
    fn on_postgres() {
        any_story(Backend::Postgres, 12);
    }
}
