//! Two people take a claim to its approval, on evidence that is fresh; a suspect is judged by a person (I7, I8).

use hufu::domain::caller::Role;
use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::claims::v1 as pb;
use hufu::proto::insurance::v1::Standing;
use hufu::proto::pooling::v1::FileClaimsRequest;
use hufu::proto::suspects::v1 as suspects;
use prost::Message;

use super::privacy::Secrets;
use super::{refused, suspect};
use crate::support::claims::{state, verdict};
use crate::support::people::{firm, graduate};
use crate::support::registries::Fault;
use crate::support::reviews::{Approve, Pass, SendBack, review};
use crate::support::suspects::unweighed;
use crate::support::{Caller, Database, Harness, eventually, fresh_request_id, on_both_databases};

const ENTITLED: &str = "150000 fen to the corporate account";
/// The day after the stories begin.
const NEXT_DAY: &str = "2022-10-11T09:00:00+08:00";

const CHANGED: &str = "FailedPrecondition CLAIM_CHANGED";
const NOT_REVIEWABLE: &str = "FailedPrecondition CLAIM_NOT_REVIEWABLE";
const SAME_PERSON: &str = "FailedPrecondition SAME_PERSON";
const EVIDENCE_CHANGED: &str = "FailedPrecondition EVIDENCE_CHANGED";
const ROLE_MISSING: &str = "PermissionDenied ROLE_MISSING";
const REUSED: &str = "AlreadyExists REQUEST_ID_REUSED";

/// An entitled claim of somebody.
async fn entitled(hufu: &Harness, office: &Caller, name: &str) -> pb::Claim {
    let employer = firm(&format!("{name}的公司")).known_to(hufu);
    let claim = graduate(name).hired_by(&employer).known_to(hufu).claim().submit(office).await;
    assert_eq!(verdict(&claim), ENTITLED);
    claim
}

async fn two_people_take_a_claim_to_its_approval(hufu: &Harness) {
    let county = hufu.office("371502");
    let roles = Role::ALL.map(|role| format!("role={}", role.code())).join("&");
    let other_system = hufu.caller_named(&format!("hufu://371502/office-371502/mobile?{roles}"));
    let claim = entitled(hufu, &county, "王小明").await;
    assert_eq!(refused(county.decide(&claim, "li.na", Approve).await), NOT_REVIEWABLE);

    let passed = county.send_review(review(&claim, "wang.li", Pass)).await.unwrap();
    let first = passed.claim.unwrap();
    assert_eq!((state(&first), first.version), ("reviewed", claim.version + 1));
    assert!(passed.approval_hash.len() == 64 && passed.approval_hash.bytes().all(|it| it.is_ascii_hexdigit()));
    assert_eq!(refused(county.decide(&first, "wang.li", Approve).await), SAME_PERSON);
    assert_eq!(refused(other_system.decide(&first, "WANG.LI", Approve).await), SAME_PERSON);
    assert_eq!(refused(county.decide(&first, "li.na", Pass).await), NOT_REVIEWABLE);
    assert_eq!(refused(county.decide(&claim, "li.na", Approve).await), CHANGED);
    assert_eq!(state(&county.claim(&claim.claim_id).await.unwrap()), "reviewed", "a refused decision changed it");

    let approved = county.send_review(review(&first, "li.na", Approve)).await.unwrap();
    assert_eq!(state(approved.claim.as_ref().unwrap()), "approved");
    assert_eq!(approved.approval_hash, passed.approval_hash, "another thing was approved than was passed");
    assert_eq!(verdict(&approved.claim.unwrap()), ENTITLED);
}

async fn what_is_sent_back_is_assessed_and_reviewed_anew(hufu: &Harness) {
    let county = hufu.office("371502");
    let claim = entitled(hufu, &county, "王小明").await;
    let approved = county.approve(&claim).await;
    let sent_back = county.send_review(review(&approved, "li.na", SendBack)).await.unwrap();
    assert_eq!((state(&sent_back.claim.unwrap()), sent_back.approval_hash.as_str()), ("assessing", ""));
    let again = county.decided(&claim.claim_id).await;
    assert_eq!((state(&again), verdict(&again).as_str()), ("assessed", ENTITLED));
    assert_eq!(refused(county.decide(&approved, "li.na", Approve).await), CHANGED);
    let passed = county.decide(&again, "li.na", Pass).await.unwrap();
    assert_eq!(state(&passed), "reviewed", "who approved it before may pass it now");
    let nothing_said = pb::ReviewClaimRequest { comment: " ".to_owned(), ..review(&passed, "li.na", SendBack) };
    assert_eq!(refused(county.send_review(nothing_said).await), "InvalidArgument FIELDS_INVALID");
}

async fn a_repeated_review_is_the_same_review(hufu: &Harness) {
    let county = hufu.office("371502");
    let claim = entitled(hufu, &county, "王小明").await;
    let pass = review(&claim, "wang.li", Pass);
    let first = county.send_review(pass.clone()).await.unwrap();
    let again = county.send_review(pass.clone()).await.unwrap();
    assert!(first == again, "the answer changed");
    for other in [
        pb::ReviewClaimRequest { person: "li.na".to_owned(), ..pass.clone() },
        pb::ReviewClaimRequest { decision: Approve.into(), ..pass.clone() },
        pb::ReviewClaimRequest { version: claim.version + 1, ..pass.clone() },
        pb::ReviewClaimRequest { comment: "同意".to_owned(), ..pass.clone() },
    ] {
        assert_eq!(refused(county.send_review(other).await), REUSED);
    }
    county.decide(&first.claim.unwrap(), "li.na", Approve).await.unwrap();
    let late = county.send_review(pass).await.unwrap();
    assert_eq!(state(&late.claim.unwrap()), "approved", "answered with the claim as it stands");
}

async fn each_decision_takes_its_role_and_its_region(hufu: &Harness) {
    let county = hufu.office("371502");
    let claim = entitled(hufu, &county, "王小明").await;
    let only = |region: &str, role| hufu.caller(region, &[role]);
    assert_eq!(refused(only("371502", Role::ClaimsApprove).decide(&claim, "p", Pass).await), ROLE_MISSING);
    assert_eq!(refused(only("371502", Role::ClaimsRead).decide(&claim, "p", Pass).await), ROLE_MISSING);
    for region in ["371521", "410000", "370100"] {
        assert_eq!(refused(hufu.office(region).decide(&claim, "p", Pass).await), "NotFound NOT_FOUND", "{region}");
    }
    let reviewer = only("371502", Role::ClaimsReview);
    let passed = reviewer.decide(&claim, "wang.li", Pass).await.unwrap();
    assert_eq!(refused(reviewer.decide(&passed, "li.na", Approve).await), ROLE_MISSING);
    // The city is another organization, and so li.na another person than the county's.
    let approved = only("371500", Role::ClaimsApprove).decide(&passed, "wang.li", Approve).await.unwrap();
    assert_eq!(state(&approved), "approved");
    let held = only("371502", Role::ClaimsApprove).decide(&approved, "li.na", SendBack).await.unwrap();
    assert_eq!(state(&held), "assessing");
}

async fn what_is_not_entitled_is_not_reviewed(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    wang.claim().submit(&county).await;
    let held = wang.claim().by(&b).submit(&county).await;
    for decision in [Pass, Approve, SendBack] {
        assert_eq!(refused(county.decide(&held, "wang.li", decision).await), NOT_REVIEWABLE);
    }
}

async fn a_filed_claim_is_neither_taken_back_nor_reviewed(hufu: &Harness) {
    let county = hufu.office("371502");
    let approved = county.approve(&entitled(hufu, &county, "王小明").await).await;
    let filing = FileClaimsRequest {
        request_id: fresh_request_id(),
        region: "371502".to_owned(),
        person: "wang.li".to_owned(),
        expected: None,
    };
    county.pooling().file_claims(filing).await.unwrap();
    let filed = county.claim(&approved.claim_id).await.unwrap();
    assert_eq!(state(&filed), "filed");
    assert_eq!(refused(county.withdraw(&filed.claim_id).await), "FailedPrecondition CLAIM_ALREADY_FILED");
    assert_eq!(refused(county.decide(&filed, "li.na", SendBack).await), NOT_REVIEWABLE);
}

async fn what_people_decide_shows_no_personal_data(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    let secrets = Secrets::of(&wang, a.corporate_account.as_ref().unwrap());
    let claim = wang.claim().submit(&county).await;
    wang.claim().by(&b).submit(&county).await;
    let passed = county.send_review(review(&claim, "wang.li", Pass)).await.unwrap();
    secrets.check("ReviewClaim", &passed.encode_to_vec());
    let suspect_id = county.only_suspect().await.suspect_id;
    let judged = county.judge(&suspect_id, "wang.li", suspects::SuspectDecision::Confirm).await.unwrap();
    secrets.check("DecideSuspect", &judged.encode_to_vec());
}

async fn a_suspect_is_judged_once_by_a_person(hufu: &Harness) {
    let (county, henan) = (hufu.office("371502"), hufu.office("410902"));
    let (at_home, away) = (firm("甲公司").known_to(hufu), firm("濮阳软件").in_region("410902").known_to(hufu));
    let wang = graduate("王小明").hired_by(&at_home).also_hired_by([&away]).known_to(hufu);
    wang.claim().submit(&county).await;
    wang.claim().by(&away).submit(&henan).await;
    let suspect_id = county.only_suspect().await.suspect_id;
    let confirm = suspects::DecideSuspectRequest {
        request_id: fresh_request_id(),
        suspect_id: suspect_id.clone(),
        person: "wang.li".to_owned(),
        decision: suspects::SuspectDecision::Confirm.into(),
        reason: "合同与参保记录相符".to_owned(),
        ..suspects::DecideSuspectRequest::default()
    };
    let judge = async |office: &Caller, request| {
        let judged = office.suspect_desk().decide_suspect(request).await?.into_inner().suspect;
        Ok::<_, tonic::Status>(unweighed(&judged.unwrap()))
    };
    let reader = hufu.caller("371502", &[Role::SuspectsRead]);
    assert_eq!(refused(judge(&reader, confirm.clone()).await), ROLE_MISSING);
    assert_eq!(refused(judge(&hufu.office("371521"), confirm.clone()).await), "NotFound NOT_FOUND");

    let judged = judge(&county, confirm.clone()).await.unwrap();
    assert!(judged.state() == suspects::SuspectState::Confirmed);
    let [here, there] = [&judged.first, &judged.second].map(|side| side.as_ref().unwrap());
    assert!(
        !here.outside && there.outside && there.claim_id.is_empty(),
        "the other province is told as little as before"
    );
    assert!(judge(&county, confirm.clone()).await.unwrap() == judged, "the answer changed");
    let other = suspects::DecideSuspectRequest { reason: "另有证据".to_owned(), ..confirm };
    assert_eq!(refused(judge(&county, other).await), REUSED);
    let dismiss = county.judge(&suspect_id, "li.na", suspects::SuspectDecision::Dismiss).await;
    assert_eq!(refused(dismiss), "FailedPrecondition SUSPECT_ALREADY_JUDGED");
    let seen = suspect(&henan, &suspect_id).await.unwrap();
    assert!(seen.state() == suspects::SuspectState::Open, "the other province judges for itself");
}

/// When a story was last decided, on the wire.
fn decided_at(claim: &pb::Claim) -> i64 {
    claim.verdict.as_ref().unwrap().decided_at.unwrap().seconds
}

/// Good standing is of the day: what was decided yesterday is asked about again before it is passed or approved.
async fn yesterdays_evidence_is_asked_for_again(database: Database) {
    let hufu = Harness::start(database).await;
    let county = hufu.office("371502");
    let (to_pass, to_approve) = (entitled(&hufu, &county, "王小明").await, entitled(&hufu, &county, "李小红").await);
    let asked = hufu.registries.questions(Owner::Insurance);
    let passed = county.send_review(review(&to_approve, "wang.li", Pass)).await.unwrap();
    assert_eq!(hufu.registries.questions(Owner::Insurance), asked, "what is fresh is not asked for again");

    let hufu = hufu.restart_on(NEXT_DAY).await;
    let county = hufu.office("371502");
    let now = county.decide(&to_pass, "wang.li", Pass).await.unwrap();
    assert_eq!((state(&now), now.version), ("reviewed", to_pass.version + 2), "decided anew, then passed");
    assert!(decided_at(&now) - decided_at(&to_pass) > 20 * 3_600);
    let once = hufu.registries.questions(Owner::Insurance);
    assert!(once > asked);
    let approved = county.decide(&now, "li.na", Approve).await.unwrap();
    assert_eq!((state(&approved), hufu.registries.questions(Owner::Insurance)), ("approved", once));

    let approved = county.send_review(review(passed.claim.as_ref().unwrap(), "li.na", Approve)).await.unwrap();
    assert!(hufu.registries.questions(Owner::Insurance) > once);
    assert_eq!(approved.approval_hash, passed.approval_hash, "what was passed is what is approved");
    assert_eq!(state(&approved.claim.unwrap()), "approved");
    hufu.end().await;
}

/// A registry that does not answer says nothing: the claim stays as it was (I5).
async fn an_outage_changes_nothing(database: Database) {
    let hufu = Harness::start(database).await;
    let county = hufu.office("371502");
    let claim = entitled(&hufu, &county, "王小明").await;
    let hufu = hufu.restart_on(NEXT_DAY).await;
    let county = hufu.office("371502");
    hufu.registries.disturb(Owner::Insurance, Fault::Down);
    let pass = review(&claim, "wang.li", Pass);
    assert_eq!(refused(county.send_review(pass.clone()).await), "Unavailable EVIDENCE_UNAVAILABLE");
    assert!(county.claim(&claim.claim_id).await.unwrap() == claim, "the claim changed");
    hufu.registries.mend(Owner::Insurance);
    // The same request may succeed later, once the breaker lets questions through again.
    let passed = eventually("the registry is asked again", async || county.send_review(pass.clone()).await.ok()).await;
    assert_eq!(state(&passed.claim.unwrap()), "reviewed");
    hufu.end().await;
}

/// What the registries say now counts: the claim is decided anew, and whatever was passed is void.
async fn another_answer_voids_what_was_passed(database: Database) {
    let hufu = Harness::start(database).await;
    let county = hufu.office("371502");
    let (a, b) = (firm("甲公司").known_to(&hufu), firm("乙公司").known_to(&hufu));
    let (wang, li) = (graduate("王小明").hired_by(&a).known_to(&hufu), graduate("李小红").hired_by(&b).known_to(&hufu));
    let lapsed = wang.claim().submit(&county).await;
    let lapsed = county.decide(&lapsed, "wang.li", Pass).await.unwrap();
    let moved = li.claim().submit(&county).await;

    let hufu = hufu.restart_on(NEXT_DAY).await;
    let county = hufu.office("371502");
    wang.with_standing(Standing::Suspended).known_to(&hufu);
    assert_eq!(refused(county.decide(&lapsed, "li.na", Approve).await), EVIDENCE_CHANGED);
    let now = county.claim(&lapsed.claim_id).await.unwrap();
    assert_eq!(verdict(&now), "held: NOT_IN_GOOD_STANDING 一(二)");
    assert_eq!((state(&now), refused(county.decide(&lapsed, "li.na", Approve).await).as_str()), ("held", CHANGED));
    assert_eq!(refused(county.decide(&now, "li.na", Approve).await), NOT_REVIEWABLE);

    // Another account of the enterprise: entitled still, but not to what the person saw.
    let mut elsewhere = b.clone();
    elsewhere.corporate_account = Some("37001000000000017".to_owned());
    elsewhere.known_to(&hufu);
    assert_eq!(refused(county.decide(&moved, "wang.li", Pass).await), EVIDENCE_CHANGED);
    let now = county.claim(&moved.claim_id).await.unwrap();
    assert_eq!((state(&now), verdict(&now).as_str()), ("assessed", ENTITLED));
    assert_eq!(state(&county.decide(&now, "wang.li", Pass).await.unwrap()), "reviewed");
    hufu.end().await;
}

/// Stories that take more than one day.
macro_rules! over_days {
    ($($story:ident),+ $(,)?) => { $(
        mod $story {
            use crate::support::Database;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$story(Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$story(Database::Postgres).await;
            }
        }
    )+ };
}

over_days![yesterdays_evidence_is_asked_for_again, an_outage_changes_nothing, another_answer_voids_what_was_passed];

on_both_databases![
    two_people_take_a_claim_to_its_approval,
    what_is_sent_back_is_assessed_and_reviewed_anew,
    a_repeated_review_is_the_same_review,
    each_decision_takes_its_role_and_its_region,
    what_is_not_entitled_is_not_reviewed,
    a_filed_claim_is_neither_taken_back_nor_reviewed,
    what_people_decide_shows_no_personal_data,
    a_suspect_is_judged_once_by_a_person,
];
