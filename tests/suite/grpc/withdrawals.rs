//! Claims taken back or refused let go of their slots, and repeated requests change nothing.

use std::time::Duration;

use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::claims::v1 as pb;
use tonic::{Code, Status};

use super::{reason_of, refusal, risk_area};
use crate::support::claims::{state, verdict};
use crate::support::people::{firm, graduate};
use crate::support::registries::Fault;
use crate::support::{Caller, Harness, eventually, on_both_databases};

const ENTITLED: &str = "150000 fen to the corporate account";

/// The claim once it is entitled.
async fn entitled(caller: &Caller, claim_id: &str) -> pb::Claim {
    eventually("the claim is entitled", async || {
        let now = caller.claim(claim_id).await.unwrap();
        (verdict(&now) == ENTITLED).then_some(now)
    })
    .await
}

/// The one that waited longest comes first.
async fn the_slot_goes_to_the_next_in_line(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b, c) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu), firm("丙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).also_hired_by([&b, &c]).known_to(hufu);
    let first = wang.claim().submit(&county).await;
    let second = wang.claim().by(&b).submit(&county).await;
    let third = wang.claim().by(&c).submit(&county).await;
    assert_eq!([&first, &second, &third].map(state), ["assessed", "held", "held"]);
    county.withdraw(&first.claim_id).await.unwrap();
    entitled(&county, &second.claim_id).await;
    assert_eq!(state(&county.claim(&third.claim_id).await.unwrap()), "held");
    county.withdraw(&second.claim_id).await.unwrap();
    entitled(&county, &third.claim_id).await;
    // Suspects are history: what was suspect then stays on the list.
    assert_eq!(county.suspects().await.len(), 2);
}

/// Who waits may go as well, and is passed over.
async fn who_is_taken_back_waits_no_longer(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b, c) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu), firm("丙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).also_hired_by([&b, &c]).known_to(hufu);
    let first = wang.claim().submit(&county).await;
    let second = wang.claim().by(&b).submit(&county).await;
    let third = wang.claim().by(&c).submit(&county).await;
    county.withdraw(&second.claim_id).await.unwrap();
    county.withdraw(&first.claim_id).await.unwrap();
    entitled(&county, &third.claim_id).await;
    assert_eq!(state(&county.claim(&second.claim_id).await.unwrap()), "withdrawn");
}

/// Whoever is not entitled keeps nobody else from being.
async fn a_refused_claim_lets_go_of_its_slot(hufu: &Harness) {
    let county = hufu.office("371502");
    let (impostor, employer) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&employer).known_to(hufu);
    let first = wang.claim().by(&impostor).submit(&county).await;
    assert!(verdict(&first).starts_with("not entitled: NO_EMPLOYMENT_CONTRACT 一(二)"), "{}", verdict(&first));
    let second = wang.claim().submit(&county).await;
    assert_eq!(verdict(&second), ENTITLED);
    assert_eq!(county.suspects().await.len(), 0, "one entitled claim is no double");
}

/// Taken back while the registries are still being asked: their answer comes too late for it.
async fn a_claim_is_taken_back_while_it_is_assessed(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).also_hired_by([&b]).known_to(hufu);
    hufu.registries.disturb(Owner::Insurance, Fault::Slow(Duration::from_secs(1)));
    let first = wang.claim().receipt(&county).await.unwrap();
    let second = wang.claim().by(&b).receipt(&county).await.unwrap();
    eventually("the insurance database is asked", async || {
        (hufu.registries.questions(Owner::Insurance) > 0).then_some(())
    })
    .await;
    county.withdraw(&first.claim_id).await.unwrap();
    entitled(&county, &second.claim_id).await;
    assert_eq!(state(&county.claim(&first.claim_id).await.unwrap()), "withdrawn");
}

fn withdrawal(request_id: &str, claim_id: &str, reason: &str) -> pb::WithdrawClaimRequest {
    pb::WithdrawClaimRequest {
        request_id: request_id.to_owned(),
        claim_id: claim_id.to_owned(),
        reason: reason.to_owned(),
    }
}

#[track_caller]
fn check_reused<T>(answer: Result<T, Status>) {
    let refused = refusal(answer);
    assert_eq!((refused.code(), reason_of(&refused).as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
}

async fn a_repeated_withdrawal_is_the_same_withdrawal(hufu: &Harness) {
    let county = hufu.office("371502");
    let firm = firm("甲公司").known_to(hufu);
    let claim = graduate("王小明").hired_by(&firm).known_to(hufu).claim().requested_as("submit-0001");
    let claim_id = claim.submit(&county).await.claim_id;
    let other_id = graduate("李小红").hired_by(&firm).known_to(hufu).claim().submit(&county).await.claim_id;
    let withdraw = async |request| Ok::<_, Status>(county.claims().withdraw_claim(request).await?.into_inner());

    let first = withdraw(withdrawal("withdraw-0001", &claim_id, "企业申请有误")).await.unwrap();
    let again = withdraw(withdrawal("withdraw-0001", &claim_id, "企业申请有误")).await.unwrap();
    assert!(first == again, "the answer changed");
    check_reused(withdraw(withdrawal("withdraw-0001", &claim_id, "另有原因")).await);
    check_reused(withdraw(withdrawal("withdraw-0001", &other_id, "企业申请有误")).await);
    check_reused(withdraw(withdrawal("submit-0001", &other_id, "企业申请有误")).await);
    assert_eq!(state(&county.claim(&other_id).await.unwrap()), "assessed", "a refused withdrawal took it back");
    // The submission sent again is still that claim, as it now stands.
    assert_eq!(state(&claim.receipt(&county).await.unwrap()), "withdrawn");
}

async fn a_repeated_declaration_is_the_same_declaration(hufu: &Harness) {
    let county = hufu.office("371502");
    let request = risk_area("371502");
    let declare = async |request| Ok::<_, Status>(county.policy().declare_risk_area(request).await?.into_inner());
    let first = declare(request.clone()).await.unwrap();
    let again = declare(request.clone()).await.unwrap();
    assert!(first == again, "the answer changed");
    let mut other = request;
    other.declaration.as_mut().unwrap().until = None;
    check_reused(declare(other).await);
    let all = hufu::proto::policy::v1::ListRiskAreasRequest { region: "371502".to_owned() };
    let listed = county.policy().list_risk_areas(all).await.unwrap().into_inner();
    assert!(listed.declarations == [first.declaration.unwrap()], "{} declarations", listed.declarations.len());
}

on_both_databases![
    a_claim_is_taken_back_while_it_is_assessed,
    the_slot_goes_to_the_next_in_line,
    who_is_taken_back_waits_no_longer,
    a_refused_claim_lets_go_of_its_slot,
    a_repeated_withdrawal_is_the_same_withdrawal,
    a_repeated_declaration_is_the_same_declaration,
];
