//! Who did or read what: by person, subject, day and region; and who looked (I10).

use hufu::domain::caller::Role;
use hufu::proto::audit::v1 as pb;
use hufu::proto::claims::v1::Claim;

use super::privacy::Secrets;
use super::refused;
use crate::support::people::{firm, graduate};
use crate::support::reviews::Pass;
use crate::support::{Caller, Harness, on_both_databases};
use prost::Message;

/// The story's day, and the one after it.
const TODAY: &str = "2022-10-10";
const TOMORROW: &str = "2022-10-11";

async fn page(caller: &Caller, request: pb::ListEntriesRequest) -> pb::ListEntriesResponse {
    caller.audit().list_entries(request).await.unwrap().into_inner()
}

fn of(person: &str) -> pb::ListEntriesRequest {
    pb::ListEntriesRequest { person: person.to_owned(), ..Default::default() }
}

/// What entries say, oldest first, without the looking itself.
fn actions(page: &pb::ListEntriesResponse) -> Vec<&str> {
    let done = page.entries.iter().rev().filter(|it| it.action != "audit-read");
    done.map(|it| it.action.as_str()).collect()
}

async fn entitled(hufu: &Harness, county: &Caller) -> (Claim, Secrets) {
    let employer = firm("甲公司").known_to(hufu);
    let wang = graduate("王小明").hired_by(&employer).known_to(hufu);
    let secrets = Secrets::of(&wang, employer.corporate_account.as_ref().unwrap());
    (wang.claim().submit(county).await, secrets)
}

async fn a_persons_reads_and_acts_are_found_by_name(hufu: &Harness) {
    let county = hufu.office("371502");
    let (claim, secrets) = entitled(hufu, &county).await;
    // A login of one person, and a system that asserts the person.
    let person = hufu.caller_named("hufu://371502/office-371502/console?role=claims.read&person=wang.li");
    person.claim(&claim.claim_id).await.unwrap();
    county.decide(&claim, "wang.li", Pass).await.unwrap();

    let found = page(&county, of("wang.li")).await;
    secrets.check("ListEntries", &found.encode_to_vec());
    assert_eq!(actions(&found), ["claims-read", "claim-reviewed"]);
    let read = found.entries.last().unwrap();
    assert_eq!((read.person.as_str(), read.actor.as_str()), ("office-371502/wang.li", "office-371502/console"));
    assert_eq!((read.subject_kind.as_str(), read.subject_id.as_str()), ("claim", claim.claim_id.as_str()));
    assert_eq!(
        (read.region.as_str(), read.detail.as_str()),
        ("371502", "purpose=get-claim count=1 person=office-371502/wang.li")
    );
    assert!(page(&county, of("office-371502/wang.li")).await.entries.iter().all(|it| found.entries.contains(it)));
    for nobody in ["li.na", "office-371500/wang.li"] {
        assert_eq!(page(&county, of(nobody)).await.entries.len(), 0, "{nobody}");
    }
    // Another place is told nothing; the one above is.
    for (elsewhere, count) in [("371521", 0), ("410000", 0), ("370000", 2)] {
        assert_eq!(
            page(&hufu.office(elsewhere), of("office-371502/wang.li")).await.entries.len(),
            count,
            "{elsewhere}"
        );
    }
}

async fn a_subject_a_day_and_a_page_narrow_the_log(hufu: &Harness) {
    let county = hufu.office("371502");
    let (claim, _) = entitled(hufu, &county).await;
    let subject = pb::ListEntriesRequest { subject_id: claim.claim_id.clone(), ..Default::default() };
    let found = page(&county, subject.clone()).await;
    assert_eq!(actions(&found)[..2], ["claim-submitted", "claim-assessed"]);
    assert!(found.entries.iter().all(|it| it.subject_id == claim.claim_id && it.sequence > 0));
    let on = |day: &str| pb::ListEntriesRequest { day: day.to_owned(), ..subject.clone() };
    assert_eq!(page(&county, on(TODAY)).await.entries.len(), found.entries.len());
    assert_eq!(page(&county, on(TOMORROW)).await.entries.len(), 0);
    let day = pb::ListEntriesRequest { day: TODAY.to_owned(), page_size: 1, ..Default::default() };
    let newest = page(&county, day.clone()).await;
    let next = pb::ListEntriesRequest { page_token: newest.next_page_token.clone(), ..day };
    let older = page(&county, next).await;
    assert!(newest.entries[0].sequence > older.entries[0].sequence, "newest first, page by page");
    assert_eq!(newest.entries[0].action, "audit-read", "who looked is in the log");
    let invalid = pb::ListEntriesRequest { day: "10.10.2022".to_owned(), ..Default::default() };
    assert_eq!(refused(county.audit().list_entries(invalid).await), "InvalidArgument FIELDS_INVALID");
}

async fn the_log_takes_its_role(hufu: &Harness) {
    let every_other: Vec<Role> = Role::ALL.into_iter().filter(|role| *role != Role::AuditRead).collect();
    let caller = hufu.caller("371502", &every_other);
    let request = pb::ListEntriesRequest::default();
    assert_eq!(refused(caller.audit().list_entries(request.clone()).await), "PermissionDenied ROLE_MISSING");
    let outside = pb::ListEntriesRequest { region: "371521".to_owned(), ..request };
    let auditor = hufu.caller("371502", &[Role::AuditRead]);
    assert_eq!(refused(auditor.audit().list_entries(outside).await), "PermissionDenied REGION_OUTSIDE_CALLER");
}

on_both_databases![
    a_persons_reads_and_acts_are_found_by_name,
    a_subject_a_day_and_a_page_narrow_the_log,
    the_log_takes_its_role,
];
