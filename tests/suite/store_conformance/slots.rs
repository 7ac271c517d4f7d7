//! What is held once (I2): who gets a slot, who waits for it, and who gets it next.

use std::collections::BTreeMap;

use hufu::domain::claim::{ClaimId, ClaimState, DispatchSide};
use hufu::domain::eligibility::verdict::Verdict;
use hufu::domain::slot::slots_of;
use hufu::domain::suspect::SuspectRule;
use hufu::store::record::{AssessmentOutcome, DueClaim};

use super::harness::*;
use super::on_both;

on_both! {
    /// I2: one holder, whoever is faster; all others beside it, held, each with the holder named first.
    async fn two_hundred_at_once_for_one_graduate_give_one_holder(database: &Database) {
        let (one, other) = (database.open().await, database.open().await);
        let drafts: Vec<Draft> = (0..200).map(|enterprise| Draft::graduate(1, enterprise)).collect();
        let slot = slots_of(&drafts[0].claim, group(&drafts[0].claim)).remove(0);
        let stores = [&one, &other].into_iter().cycle();
        let submits = drafts.iter().zip(stores).map(|(draft, store)| submit(store, draft.clone()));
        let records = futures::future::join_all(submits).await;
        let holders: Vec<ClaimId> = records
            .iter()
            .filter(|record| record.state == ClaimState::Assessing)
            .map(|record| record.claim.claim_id)
            .collect();
        assert_eq!(holders.len(), 1);
        assert_eq!(one.slot_holder(&slot).await.unwrap(), Some(holders[0]));
        let expected = held("PERSON_TWO_ENTERPRISES");
        for record in records.iter().filter(|record| record.claim.claim_id != holders[0]) {
            assert_eq!(record.state, ClaimState::Held);
            assert_eq!(record.decision.as_ref().map(|decision| &decision.verdict), Some(&expected));
            assert_eq!(&look(&other, record.claim.claim_id).await, record);
        }
        let suspects = suspects(&one).await;
        assert_eq!(suspects.len(), 199);
        for (index, suspect) in suspects.iter().enumerate() {
            assert_eq!(suspect.sequence, i64::try_from(index).unwrap() + 1);
            assert_eq!(suspect.rule, SuspectRule::PersonTwoEnterprises);
            assert_eq!(suspect.first.as_ref().unwrap().claim_id, holders[0]);
            assert_eq!(suspect.second.person.as_ref().unwrap().name, "欧***");
        }
        one.verify_audit().await.unwrap();
        one.close().await;
        other.close().await;
    }

    async fn each_kind_of_double_is_named_after_its_rule(database: &Database) {
        let store = database.open().await;
        submit(&store, Draft::graduate(1, 1)).await;
        submit(&store, Draft::graduate(1, 1)).await;
        submit(&store, Draft::graduate(1, 2)).await;
        submit(&store, Draft::graduate(1, 3).in_region("410102")).await;
        submit(&store, Draft::workforce(4, &[])).await;
        submit(&store, Draft::workforce(4, &[])).await;
        let found = suspects(&store).await;
        let rules: Vec<SuspectRule> = found.iter().map(|it| it.rule).collect();
        let expected = [
            SuspectRule::PersonResubmitted,
            SuspectRule::PersonTwoEnterprises,
            SuspectRule::PersonTwoProvinces,
            SuspectRule::EnterpriseTwice,
        ];
        assert_eq!(rules, expected);
        assert!(found[3].second.person.is_none());
        store.close().await;
    }

    async fn a_withdrawal_promotes_the_next_in_line(database: &Database) {
        let store = database.open().await;
        let drafts: Vec<Draft> = (0..3).map(|enterprise| Draft::graduate(1, enterprise)).collect();
        let ids: Vec<ClaimId> = drafts.iter().map(Draft::id).collect();
        let slot = slots_of(&drafts[0].claim, group(&drafts[0].claim)).remove(0);
        for draft in drafts {
            submit(&store, draft).await;
        }
        let mut changed = store.changed();
        let withdrawn = withdraw(&store, ids[0]).await;
        assert_eq!((withdrawn.state, withdrawn.version), (ClaimState::Withdrawn, 2));
        assert!(changed.has_changed().unwrap());
        assert_eq!(changed.borrow_and_update().cast_signed(), store.latest_sequence().await.unwrap());
        let promoted = look(&store, ids[1]).await;
        assert_eq!((promoted.state, promoted.version, promoted.decision), (ClaimState::Assessing, 2, None));
        assert_eq!(store.slot_holder(&slot).await.unwrap(), Some(ids[1]));
        assert_eq!(store.standing(ids[1]).await.unwrap(), Some((ClaimState::Assessing, 2)));
        assert_eq!(state(&store, ids[2]).await, ClaimState::Held);
        // Who waits may leave, too, and is passed over.
        withdraw(&store, ids[2]).await;
        withdraw(&store, ids[1]).await;
        assert_eq!(store.slot_holder(&slot).await.unwrap(), None);
        store.close().await;
    }

    async fn a_refusal_frees_the_slot_and_keeps_the_decision(database: &Database) {
        let store = database.open().await;
        let (first, second) = (Draft::graduate(1, 1), Draft::graduate(1, 2));
        let (first_id, second_id) = (first.id(), second.id());
        let record = submit(&store, first).await;
        submit(&store, second).await;
        let refused = Verdict::NotEntitled { reasons: vec![reason("GRADUATED_OUTSIDE_WINDOW")] };
        let outcome = assess(&store, assessment(&record, refused.clone())).await;
        assert_eq!(outcome, AssessmentOutcome::Recorded);
        let record = look(&store, first_id).await;
        assert_eq!((record.state, record.version), (ClaimState::Refused, 2));
        assert_eq!(record.decision.unwrap().verdict, refused);
        assert_eq!(database.count("SELECT COUNT(*) FROM decision").await, 1);
        assert_eq!(state(&store, second_id).await, ClaimState::Assessing);
        store.close().await;
    }

    /// 五(一), worked case 6: the host that really funds stands, the agency counts one worker less, both are shown.
    async fn a_funding_host_takes_a_worker_over(database: &Database) {
        let store = database.open().await;
        let agency = Draft::workforce(1, &[(1, DispatchSide::Agency), (2, DispatchSide::Agency)]);
        let host = Draft::workforce(2, &[(2, DispatchSide::Host)]);
        let (agency_id, host_id) = (agency.id(), host.id());
        submit(&store, agency).await;
        let due = lease_all(&store).await;
        assess(&store, assessment(&due[0].record, entitled())).await;
        submit(&store, host).await;
        let agency = look(&store, agency_id).await;
        assert_eq!((agency.state, agency.version), (ClaimState::Assessing, 3));
        let units: BTreeMap<ClaimId, Vec<usize>> =
            lease_all(&store).await.into_iter().map(|due| (due.record.claim.claim_id, due.units_taken)).collect();
        assert_eq!(units, BTreeMap::from([(agency_id, vec![1]), (host_id, vec![])]));
        let found = suspects(&store).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rule, SuspectRule::WorkerBothSides);
        assert_eq!(found[0].first.as_ref().unwrap().claim_id, agency_id);
        assert_eq!(found[0].second.claim_id, host_id);
        assert_eq!(found[0].second.person.as_ref().unwrap().resident_id, resident_id(2).masked());
        // The host leaves: the worker is the agency's again.
        withdraw(&store, host_id).await;
        let due = lease_all(&store).await;
        assert_eq!((due.len(), due[0].record.version, due[0].units_taken.len()), (1, 4, 0));
        store.close().await;
    }

    async fn an_agency_finds_a_funded_worker_taken_and_keeps_the_others(database: &Database) {
        let store = database.open().await;
        let host = Draft::workforce(1, &[(1, DispatchSide::Host)]);
        let second_host = Draft::workforce(2, &[(1, DispatchSide::Host)]);
        let agency = Draft::workforce(3, &[(5, DispatchSide::Agency), (1, DispatchSide::Agency)]);
        let ids = [host.id(), second_host.id(), agency.id()];
        let host = submit(&store, host).await;
        for draft in [agency, second_host] {
            assert_eq!(submit(&store, draft).await.state, ClaimState::Assessing);
        }
        let taken = |due: Vec<DueClaim>| -> BTreeMap<ClaimId, Vec<usize>> {
            due.into_iter().map(|due| (due.record.claim.claim_id, due.units_taken)).collect()
        };
        let due = taken(lease_all(&store).await);
        assert_eq!(due, BTreeMap::from([(ids[0], vec![]), (ids[1], vec![0]), (ids[2], vec![1])]));
        assert_eq!(suspects(&store).await.len(), 2);
        // The worker goes to the other host, although the agency has waited for longer.
        let refused = Verdict::NotEntitled { reasons: vec![reason("NOT_ENROLLED")] };
        assess(&store, assessment(&host, refused)).await;
        let due = taken(lease_all(&store).await);
        assert_eq!(due, BTreeMap::from([(ids[1], vec![])]));
        store.close().await;
    }

    async fn a_held_claim_takes_its_workers_once_it_gets_its_slot(database: &Database) {
        let store = database.open().await;
        let first = Draft::workforce(1, &[(1, DispatchSide::Agency)]);
        let second = Draft::workforce(1, &[(1, DispatchSide::Agency), (2, DispatchSide::Agency), (3, DispatchSide::Host)]);
        let other = Draft::workforce(2, &[(2, DispatchSide::Agency), (3, DispatchSide::Agency)]);
        let (first_id, second_id, other_id) = (first.id(), second.id(), other.id());
        submit(&store, first).await;
        assert_eq!(submit(&store, second).await.state, ClaimState::Held);
        submit(&store, other).await;
        assert_eq!(suspects(&store).await.len(), 1);
        lease_all(&store).await;
        withdraw(&store, first_id).await;
        let due: BTreeMap<ClaimId, Vec<usize>> =
            lease_all(&store).await.into_iter().map(|due| (due.record.claim.claim_id, due.units_taken)).collect();
        // Worker 2 stays with who counted it; worker 3 goes to who funds it.
        assert_eq!(due, BTreeMap::from([(second_id, vec![1]), (other_id, vec![1])]));
        let rules: Vec<SuspectRule> = suspects(&store).await.into_iter().map(|it| it.rule).collect();
        let both = SuspectRule::WorkerBothSides;
        assert_eq!(rules, [SuspectRule::EnterpriseTwice, both, both]);
        store.close().await;
    }

    async fn a_worker_twice_on_one_roster_is_counted_once(database: &Database) {
        let store = database.open().await;
        submit(&store, Draft::workforce(1, &[(1, DispatchSide::Agency), (1, DispatchSide::Agency)])).await;
        assert_eq!(lease_all(&store).await[0].units_taken, [1]);
        assert!(suspects(&store).await.is_empty());
        store.close().await;
    }
}
