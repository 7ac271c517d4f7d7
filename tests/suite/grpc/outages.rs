//! Worked case 20: a registry that does not answer, or not as it should, makes a claim wait, and the claim finishes by itself (I5).

use std::time::Duration;

use hufu::config::Settings;
use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::claims::v1::Claim;
use tokio::time::Instant;

use crate::support::claims::{state, verdict};
use crate::support::people::{Graduate, firm, graduate};
use crate::support::registries::Fault;
use crate::support::{Caller, Database, Harness, eventually, on_both_databases};

const ENTITLED: &str = "150000 fen to the corporate account";

/// A graduate who meets everything, and a county to claim.
fn story(hufu: &Harness) -> (Graduate, Caller) {
    let firm = firm("鲁西软件").known_to(hufu);
    (graduate("王小明").hired_by(&firm).known_to(hufu), hufu.office("371502"))
}

/// The claim once it says what it waits for.
async fn waiting(caller: &Caller, claim_id: &str, expected: &str) -> Claim {
    eventually(&format!("the claim {expected}"), async || {
        let claim = caller.claim(claim_id).await.unwrap();
        assert_eq!(state(&claim), "assessing", "decided without an answer: {}", verdict(&claim));
        (verdict(&claim) == expected).then_some(claim)
    })
    .await
}

/// One registry misbehaves, the claim waits and says why; the registry is mended, the claim finishes.
async fn check(hufu: &Harness, owner: Owner, fault: Fault, expected: &str) {
    let (graduate, county) = story(hufu);
    hufu.registries.disturb(owner, fault);
    let receipt = graduate.claim().receipt(&county).await.unwrap();
    waiting(&county, &receipt.claim_id, expected).await;
    hufu.registries.mend(owner);
    assert_eq!(verdict(&county.decided(&receipt.claim_id).await), ENTITLED);
    assert_eq!(county.suspects().await.len(), 0, "an outage accuses nobody");
}

async fn a_tax_registry_that_is_down_is_waited_for(hufu: &Harness) {
    check(hufu, Owner::TaxRegistry, Fault::Down, "waits for payee-account of tax-registry (unavailable)").await;
}

async fn a_claim_left_out_of_an_answer_is_asked_about_again(hufu: &Harness) {
    let (graduate, _) = story(hufu);
    let left_out = Fault::LeavesOut(graduate.resident_id.as_str().to_owned());
    check(hufu, Owner::AwardHistory, left_out, "waits for already-awarded of award-history (not-answered)").await;
}

async fn an_answer_about_somebody_else_is_none(hufu: &Harness) {
    let awarded = graduate("别人").hired_by(&firm("别处")).known_to(hufu);
    let for_another = Fault::AnswersFor(awarded.resident_id.as_str().to_owned());
    check(hufu, Owner::AwardHistory, for_another, "waits for already-awarded of award-history (answered-for-another)")
        .await;
}

async fn a_slow_registry_holds_up_no_receipt(hufu: &Harness) {
    let (graduate, county) = story(hufu);
    hufu.registries.disturb(Owner::Credential, Fault::Slow(Duration::from_millis(2_500)));
    let begun = Instant::now();
    let receipt = graduate.claim().receipt(&county).await.unwrap();
    assert!(begun.elapsed() < Duration::from_millis(2_000), "the receipt took {:?}", begun.elapsed());
    assert_eq!(state(&receipt), "assessing");
    assert_eq!(verdict(&county.decided(&receipt.claim_id).await), ENTITLED);
}

/// An institution of a kind that this version of the contract does not know speaks neither for nor against.
async fn an_unknown_kind_of_institution_is_no_verdict(hufu: &Harness) {
    let (graduate, county) = story(hufu);
    let of_the_future = graduate.clone().with_diploma_of(77).known_to(hufu);
    let receipt = of_the_future.claim().receipt(&county).await.unwrap();
    eventually("the claim waits for the credential registry", async || {
        let claim = county.claim(&receipt.claim_id).await.unwrap();
        assert_eq!(state(&claim), "assessing");
        verdict(&claim).contains("of credential (unrecognized)").then_some(())
    })
    .await;
    graduate.known_to(hufu);
    assert_eq!(verdict(&county.decided(&receipt.claim_id).await), ENTITLED);
}

/// The others of a roster do not wait for the one whose record is missing.
async fn one_missing_record_delays_one_claim(hufu: &Harness) {
    let (waits, county) = story(hufu);
    let goes_on = graduate("李小红").hired_by(&waits.employer).known_to(hufu);
    hufu.registries.disturb(Owner::Insurance, Fault::LeavesOut(waits.resident_id.as_str().to_owned()));
    let receipt = waits.claim().receipt(&county).await.unwrap();
    assert_eq!(verdict(&goes_on.claim().submit(&county).await), ENTITLED);
    assert_eq!(state(&county.claim(&receipt.claim_id).await.unwrap()), "assessing");
    hufu.registries.mend(Owner::Insurance);
    assert_eq!(verdict(&county.decided(&receipt.claim_id).await), ENTITLED);
}

/// While a claim waits it keeps its slot: whoever comes second is held even though nothing is decided yet.
async fn a_waiting_claim_keeps_its_slot(hufu: &Harness) {
    let (graduate, county) = story(hufu);
    let other = firm("乙公司").known_to(hufu);
    hufu.registries.disturb(Owner::TaxRegistry, Fault::Down);
    let first = graduate.claim().receipt(&county).await.unwrap();
    let second = graduate.claim().by(&other).receipt(&county).await.unwrap();
    assert_eq!(verdict(&second), "held: PERSON_TWO_ENTERPRISES 五(二)");
    let asked = hufu.registries.questions(Owner::TaxRegistry);
    eventually("the registry is asked again", async || {
        (hufu.registries.questions(Owner::TaxRegistry) > asked).then_some(())
    })
    .await;
    hufu.registries.mend(Owner::TaxRegistry);
    assert_eq!(verdict(&county.decided(&first.claim_id).await), ENTITLED);
    assert_eq!(state(&county.claim(&second.claim_id).await.unwrap()), "held");
}

/// Slower than the node waits for an answer is as good as down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_too_slow_is_waited_for() {
    let hasty = |settings: &mut Settings| {
        settings.upstream.get_mut(&Owner::Employment).unwrap().attempt_timeout_ms = Some(300);
    };
    Harness::tell_with(Database::Sqlite, hasty, async |hufu| {
        let (graduate, county) = story(hufu);
        hufu.registries.disturb(Owner::Employment, Fault::Slow(Duration::from_secs(5)));
        let receipt = graduate.claim().receipt(&county).await.unwrap();
        eventually("the claim waits for the employment system", async || {
            let claim = county.claim(&receipt.claim_id).await.unwrap();
            verdict(&claim).contains("of employment (unavailable)").then_some(())
        })
        .await;
        hufu.registries.mend(Owner::Employment);
        assert_eq!(verdict(&county.decided(&receipt.claim_id).await), ENTITLED);
    })
    .await;
}

on_both_databases![
    a_tax_registry_that_is_down_is_waited_for,
    a_claim_left_out_of_an_answer_is_asked_about_again,
    an_answer_about_somebody_else_is_none,
    a_slow_registry_holds_up_no_receipt,
    an_unknown_kind_of_institution_is_no_verdict,
    one_missing_record_delays_one_claim,
    a_waiting_claim_keeps_its_slot,
];
