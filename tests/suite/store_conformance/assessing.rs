//! Claims on their way to a decision.

use std::collections::BTreeSet;

use hufu::domain::claim::{ClaimId, ClaimState};
use hufu::domain::eligibility::evidence::{Declaration, DeclarationKind};
use hufu::domain::slot::slots_of;
use hufu::domain::suspect::SuspectRule;
use hufu::store::record::{Actor, AssessmentOutcome, DeclarationEntry, DeclareOutcome};

use super::harness::*;
use super::on_both;

on_both! {
    async fn a_stale_assessment_records_nothing(database: &Database) {
        let store = database.open().await;
        let draft = Draft::graduate(1, 1);
        let id = draft.id();
        let seen = submit(&store, draft).await;
        withdraw(&store, id).await;
        let entries = store.latest_sequence().await.unwrap();
        assert_eq!(assess(&store, assessment(&seen, entitled())).await, AssessmentOutcome::Stale);
        assert_eq!(state(&store, id).await, ClaimState::Withdrawn);
        assert_eq!(database.count("SELECT COUNT(*) FROM decision").await, 0);
        // The read above is all that was written down.
        assert_eq!(store.latest_sequence().await.unwrap(), entries + 1);
        store.close().await;
    }

    async fn an_unknown_waits_without_a_change_of_state(database: &Database) {
        let store = database.open().await;
        let draft = Draft::graduate(1, 1);
        let id = draft.id();
        submit(&store, draft).await;
        let due = lease_all(&store).await;
        assert_eq!((due.len(), due[0].attempts), (1, 0));
        assert_eq!(assess(&store, assessment(&due[0].record, unknown())).await, AssessmentOutcome::Recorded);
        let waiting = look(&store, id).await;
        assert_eq!((waiting.state, waiting.version), (ClaimState::Assessing, 1));
        assert_eq!(waiting.decision.unwrap().verdict, unknown());
        assert_eq!(store.next_due_at().await.unwrap(), Some(at(500)));
        assert!(store.lease_due(at(499), 10, at(600)).await.unwrap().is_empty());
        let due = store.lease_due(at(500), 10, at(600)).await.unwrap();
        assert_eq!(due[0].attempts, 1);
        assess(&store, assessment(&due[0].record, entitled())).await;
        assert_eq!(state(&store, id).await, ClaimState::Assessed);
        assert_eq!(store.next_due_at().await.unwrap(), None);
        store.close().await;
    }

    async fn a_claim_is_leased_to_one_and_given_again_when_the_lease_ends(database: &Database) {
        let (one, other) = (database.open().await, database.open().await);
        let submits = (0..100).map(|number| submit(&one, Draft::graduate(number, 1)));
        futures::future::join_all(submits).await;
        let leases = (0..20).map(|turn| if turn % 2 == 0 { &one } else { &other });
        let leases = leases.map(|store| store.lease_due(at(200), 7, at(260)));
        let leased: Vec<ClaimId> = futures::future::join_all(leases)
            .await
            .into_iter()
            .flat_map(|lease| lease.unwrap())
            .map(|due| due.record.claim.claim_id)
            .collect();
        assert_eq!(leased.len(), 100);
        assert_eq!(leased.iter().collect::<BTreeSet<_>>().len(), 100);
        assert!(other.lease_due(at(259), 100, at(300)).await.unwrap().is_empty());
        assert_eq!(other.lease_due(at(260), 1_000, at(300)).await.unwrap().len(), 100);
        one.close().await;
        other.close().await;
    }

    async fn a_finding_opens_one_suspect_and_keeps_the_slot(database: &Database) {
        let store = database.open().await;
        let draft = Draft::graduate(1, 1);
        let (id, slot) = (draft.id(), slots_of(&draft.claim, group(&draft.claim)).remove(0));
        let record = submit(&store, draft).await;
        let mut finding = assessment(&record, held("ACCOUNT_DIFFERS"));
        finding.findings = vec![SuspectRule::AccountNotTaxRegistry, SuspectRule::PersonIdentityDisagrees];
        assess(&store, finding.clone()).await;
        finding.version = 2;
        assess(&store, finding).await;
        assert_eq!(store.slot_holder(&slot).await.unwrap(), Some(id));
        let found = suspects(&store).await;
        let rules: Vec<_> = found.iter().map(|it| (it.rule, it.second.person.is_some(), it.second.state)).collect();
        let expected = [
            (SuspectRule::AccountNotTaxRegistry, false, ClaimState::Held),
            (SuspectRule::PersonIdentityDisagrees, true, ClaimState::Held),
        ];
        assert_eq!(rules, expected);
        let one = store.suspect(found[0].suspect_id, region("000000"), &access("test")).await.unwrap().unwrap();
        assert_eq!(one, found[0]);
        store.close().await;
    }

    async fn a_declaration_makes_the_waiting_claims_of_its_city_due(database: &Database) {
        let store = database.open().await;
        for draft in [Draft::workforce(1, &[]), Draft::workforce(2, &[]).in_region("370102"), Draft::graduate(1, 3)] {
            submit(&store, draft).await;
        }
        for due in lease_all(&store).await {
            assess(&store, assessment(&due.record, unknown())).await;
        }
        let declaration = Declaration {
            region: region("371503"),
            kind: DeclarationKind::StaticManagement,
            from: jiff::civil::date(2022, 3, 1),
            until: Some(jiff::civil::date(2022, 3, 9)),
        };
        let entry = DeclarationEntry {
            request: request("declare-1", 1),
            actor: Actor("3715/epidemic".to_owned()),
            declaration: declaration.clone(),
            at: at(300),
        };
        assert_eq!(store.declare(entry.clone()).await.unwrap(), DeclareOutcome::Entered(at(300)));
        let again = DeclarationEntry { at: at(400), ..entry.clone() };
        assert_eq!(store.declare(again).await.unwrap(), DeclareOutcome::Entered(at(300)));
        let other = DeclarationEntry { request: request("declare-1", 2), ..entry };
        assert_eq!(store.declare(other).await.unwrap(), DeclareOutcome::RequestIdReused);
        assert_eq!(store.declarations(region("371500")).await.unwrap(), [(declaration, at(300))]);
        assert!(store.declarations(region("370100")).await.unwrap().is_empty());
        let due = store.lease_due(at(301), 10, at(360)).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].record.claim.enterprise, enterprise(1));
        store.close().await;
    }
}
