//! One request, by a form and by a call: whoever sends both is answered once.

use http::StatusCode;
use hufu::domain::caller::Role;
use hufu::proto::suspects::v1 as pb;
use tonic_types::StatusExt;

use super::rights::Browser;
use crate::support::people::{firm, graduate};
use crate::support::{Caller, Harness, on_both_databases};

const REQUEST_ID: &str = "0192-one-and-the-same";
const WORDS: &str = "合同与参保记录不符";

/// The system that the console is among the calling systems of its organization.
fn console_of(hufu: &Harness, region: &str) -> Caller {
    let roles: Vec<_> = Role::ALL.iter().map(|role| format!("role={}", role.code())).collect();
    hufu.caller_named(&format!("hufu://{region}/office-{region}/console?{}", roles.join("&")))
}

async fn a_form_and_a_call_are_one_request(hufu: &Harness) {
    let city = hufu.office("371500");
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    wang.claim().submit(&city).await;
    wang.claim().by(&b).submit(&city).await;
    let suspect_id = city.only_suspect().await.suspect_id;
    let browser = Browser::enter(hufu, "371500", "wang.min", &[]).await;
    let form = |finding: &str| {
        let words: String = WORDS.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("act=judge&request_id={REQUEST_ID}&finding={finding}&words={words}")
    };
    let page = format!("/console/suspects/{suspect_id}");
    let judged = browser.post(&page, &form("confirm")).await;
    assert_eq!(judged.status, StatusCode::SEE_OTHER, "{}", judged.text);
    let call = async |caller: &Caller, reason: &str| {
        let request = pb::DecideSuspectRequest {
            request_id: REQUEST_ID.to_owned(),
            suspect_id: suspect_id.clone(),
            person: "wang.min".to_owned(),
            decision: pb::SuspectDecision::Confirm.into(),
            reason: reason.to_owned(),
            ..Default::default()
        };
        caller.suspect_desk().decide_suspect(request).await
    };
    // The same by a call: done already, and answered. Another body under the id is another request, by call as by form.
    let console = console_of(hufu, "371500");
    let again = call(&console, WORDS).await.expect("it is answered").into_inner().suspect.unwrap();
    assert!(again.state() == pb::SuspectState::Confirmed);
    let reason = |refused: tonic::Status| refused.get_error_details().error_info().unwrap().reason.clone();
    assert_eq!(reason(call(&console, "另有依据").await.err().expect("a refusal")), "REQUEST_ID_REUSED");
    assert_eq!(browser.post(&page, &form("confirm")).await.status, StatusCode::SEE_OTHER);
    let entries = city.audit_entries().await;
    let count = |action: &str| entries.iter().filter(|it| it.action == action).count();
    assert_eq!(count("suspect-judged"), 1);
    let repeated: Vec<_> = entries.iter().filter(|it| it.detail.contains("purpose=repeated-request")).collect();
    assert_eq!(repeated.len(), 2);
    assert!(repeated.iter().all(|it| it.person == "office-371500/wang.min"), "who asked again is named");
    // Another system of the organization has ids of its own.
    assert_eq!(reason(call(&city, WORDS).await.err().expect("a refusal")), "SUSPECT_ALREADY_JUDGED");
}

on_both_databases!(a_form_and_a_call_are_one_request);
