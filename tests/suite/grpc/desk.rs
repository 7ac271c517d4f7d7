//! The fraud-review desk over the socket: each province for itself, from hand to hand, many at once (六(三), I7).

use hufu::domain::caller::Role;
use hufu::proto::suspects::v1 as pb;
use prost::Message;
use tonic::Status;

use super::privacy::Secrets;
use super::{refused, suspect};
use crate::support::people::{firm, graduate};
use crate::support::suspects::unweighed;
use crate::support::{Caller, Harness, fresh_request_id, on_both_databases};
use pb::SuspectDecision::{Confirm, Dismiss};
use pb::SuspectState::{Assigned, Confirmed, Dismissed, Investigating, Open};

const ROLE_MISSING: &str = "PermissionDenied ROLE_MISSING";
const OF_ANOTHER: &str = "FailedPrecondition SUSPECT_ASSIGNED_TO_ANOTHER";
const CHANGED: &str = "FailedPrecondition SUSPECT_CHANGED";

/// A graduate claimed by two enterprises of a county: the suspect.
async fn double(hufu: &Harness, county: &Caller, name: &str) -> String {
    let [a, b] = ["甲", "乙"].map(|it| firm(&format!("{name}的{it}公司")).known_to(hufu));
    let person = graduate(name).hired_by(&a).known_to(hufu);
    person.claim().submit(county).await;
    person.claim().by(&b).submit(county).await;
    county.suspects().await.remove(0).suspect_id
}

fn take_up(suspect_id: &str, person: &str) -> pb::TakeUpSuspectRequest {
    pb::TakeUpSuspectRequest {
        request_id: fresh_request_id(),
        suspect_id: suspect_id.to_owned(),
        person: person.to_owned(),
        ..Default::default()
    }
}

fn assign(suspect_id: &str, person: &str, assignee: &str) -> pb::AssignSuspectRequest {
    pb::AssignSuspectRequest {
        request_id: fresh_request_id(),
        suspect_id: suspect_id.to_owned(),
        person: person.to_owned(),
        assignee: assignee.to_owned(),
        ..Default::default()
    }
}

fn comment(suspect_id: &str, person: &str) -> pb::CommentSuspectRequest {
    pb::CommentSuspectRequest {
        request_id: fresh_request_id(),
        suspect_id: suspect_id.to_owned(),
        person: person.to_owned(),
        text: "已向学信网发函".to_owned(),
        province: String::new(),
    }
}

fn reopen(suspect_id: &str, person: &str) -> pb::ReopenSuspectRequest {
    pb::ReopenSuspectRequest {
        request_id: fresh_request_id(),
        suspect_id: suspect_id.to_owned(),
        person: person.to_owned(),
        fact: pb::NewFact::RegistryChanged.into(),
        text: "学信网已更正".to_owned(),
        ..Default::default()
    }
}

impl Caller {
    async fn assign(&self, request: pb::AssignSuspectRequest) -> Result<pb::Suspect, Status> {
        Ok(self.suspect_desk().assign_suspect(request).await?.into_inner().suspect.unwrap())
    }

    async fn take_up(&self, request: pb::TakeUpSuspectRequest) -> Result<pb::Suspect, Status> {
        Ok(self.suspect_desk().take_up_suspect(request).await?.into_inner().suspect.unwrap())
    }

    async fn comment(&self, request: pb::CommentSuspectRequest) -> Result<pb::Suspect, Status> {
        Ok(self.suspect_desk().comment_suspect(request).await?.into_inner().suspect.unwrap())
    }

    async fn reopen(&self, request: pb::ReopenSuspectRequest) -> Result<pb::Suspect, Status> {
        Ok(self.suspect_desk().reopen_suspect(request).await?.into_inner().suspect.unwrap())
    }
}

fn desk<'a>(suspect: &'a pb::Suspect, province: &str) -> &'a pb::SuspectDesk {
    suspect.desks.iter().find(|desk| desk.province == province).unwrap()
}

async fn each_province_has_a_desk_of_its_own(hufu: &Harness) {
    let (shandong, henan, ministry) = (hufu.office("371502"), hufu.office("410902"), hufu.office("000000"));
    let (at_home, away) = (firm("甲公司").known_to(hufu), firm("濮阳软件").in_region("410902").known_to(hufu));
    let wang = graduate("王小明").hired_by(&at_home).also_hired_by([&away]).known_to(hufu);
    wang.claim().submit(&shandong).await;
    wang.claim().by(&away).submit(&henan).await;
    let id = shandong.only_suspect().await.suspect_id;
    assert_eq!(refused(ministry.judge(&id, "chief", Confirm).await), "FailedPrecondition PROVINCE_NOT_NAMED");
    shandong.take_up(take_up(&id, "wang.li")).await.unwrap();
    let judged = shandong.judge(&id, "wang.li", Confirm).await.unwrap();
    assert!(judged.state() == Confirmed && judged.desks.len() == 2);
    let own = desk(&judged, "370000");
    assert_eq!((own.version, own.judged_by.as_str()), (3, "office-371502/wang.li"));
    assert_eq!((own.assignee.as_str(), own.words.as_str()), ("office-371502/wang.li", "合同与参保记录相符"));
    let theirs = pb::SuspectDesk { province: "410000".to_owned(), state: Open.into(), ..Default::default() };
    assert!(*desk(&judged, "410000") == theirs, "of Henan's desk more is shown than where it stands");

    let seen = suspect(&henan, &id).await.unwrap();
    assert!(seen.state() == Open && suspect(&ministry, &id).await.unwrap().state() == Open);
    let other = desk(&seen, "370000");
    let day = own.judged_at.unwrap().seconds;
    // Midnight in China: 16:00 the day before.
    assert_eq!(other.judged_at.unwrap().seconds, day - (day + 8 * 3_600) % 86_400);
    let told = pb::SuspectDesk {
        province: "370000".to_owned(),
        state: Confirmed.into(),
        judged_at: other.judged_at,
        ..Default::default()
    };
    assert!(*other == told, "Henan is told more than where it stands and since which day");

    let dismissed = henan.judge(&id, "wang.li", Dismiss).await.unwrap();
    assert!(dismissed.state() == Dismissed);
    assert!(desk(&dismissed, "410000").dismissal() == pb::DismissalReason::RegistryError);
    assert!(suspect(&shandong, &id).await.unwrap().state() == Confirmed);
    let whole = suspect(&ministry, &id).await.unwrap();
    assert!(whole.state() == Confirmed && whole.desks.iter().all(|desk| !desk.judged_by.is_empty()));
}

async fn a_suspect_goes_from_hand_to_hand(hufu: &Harness) {
    let lead = hufu.caller("371502", &[Role::SuspectsAssign, Role::SuspectsRead]);
    let team = hufu.caller("371502", &[Role::SuspectsJudge, Role::SuspectsRead]);
    let id = double(hufu, &hufu.office("371502"), "王小明").await;
    assert_eq!(refused(team.assign(assign(&id, "wang.li", "li.na")).await), ROLE_MISSING);
    assert_eq!(refused(lead.take_up(take_up(&id, "chief")).await), ROLE_MISSING);
    let given = lead.assign(assign(&id, "chief", "wang.li")).await.unwrap();
    assert!(given.state() == Assigned && desk(&given, "370000").due_at.is_some());
    assert_eq!(refused(team.assign(assign(&id, "li.na", "li.na")).await), OF_ANOTHER);
    assert_eq!(refused(team.take_up(take_up(&id, "li.na")).await), OF_ANOTHER);
    assert_eq!(refused(team.judge(&id, "li.na", Confirm).await), OF_ANOTHER);
    let stale = pb::TakeUpSuspectRequest { version: 1, ..take_up(&id, "wang.li") };
    assert_eq!(refused(team.take_up(stale).await), CHANGED);
    let seen = pb::TakeUpSuspectRequest { version: 2, ..take_up(&id, "wang.li") };
    let taken = team.take_up(seen.clone()).await.unwrap();
    assert!(taken.state() == Investigating);
    assert!(unweighed(&team.take_up(seen.clone()).await.unwrap()) == unweighed(&taken), "the answer changed");
    let other = pb::TakeUpSuspectRequest { version: 3, ..seen };
    assert_eq!(refused(team.take_up(other).await), "AlreadyExists REQUEST_ID_REUSED");
    assert_eq!(refused(team.reopen(reopen(&id, "wang.li")).await), "FailedPrecondition SUSPECT_NOT_JUDGED");
    team.comment(comment(&id, "li.na")).await.unwrap();
    let no_reason = pb::DecideSuspectRequest {
        request_id: fresh_request_id(),
        suspect_id: id.clone(),
        person: "wang.li".to_owned(),
        decision: Dismiss.into(),
        reason: "同名不同人".to_owned(),
        ..Default::default()
    };
    assert_eq!(refused(team.suspect_desk().decide_suspect(no_reason).await), "InvalidArgument FIELDS_INVALID");
    let dismissed = team.judge(&id, "wang.li", Dismiss).await.unwrap();
    assert!(dismissed.state() == Dismissed && desk(&dismissed, "370000").due_at.is_none());
    assert_eq!(refused(team.judge(&id, "wang.li", Confirm).await), "FailedPrecondition SUSPECT_ALREADY_JUDGED");
    let opened = team.reopen(reopen(&id, "li.na")).await.unwrap();
    let own = desk(&opened, "370000");
    assert!(opened.state() == Open && own.judged_by.is_empty() && own.judged_at.is_none());
    let taken = team.assign(assign(&id, "li.na", "li.na")).await.unwrap();
    assert_eq!(desk(&taken, "370000").assignee, "office-371502/li.na", "who judges may take one for oneself");
}

async fn many_are_judged_at_once(hufu: &Harness) {
    let county = hufu.office("371502");
    let [a, b] = [double(hufu, &county, "王小明").await, double(hufu, &county, "李小红").await];
    let c = double(hufu, &county, "张小军").await;
    county.judge(&b, "li.na", Confirm).await.unwrap();
    let strange = uuid::Uuid::now_v7().to_string();
    let request = pb::DecideSuspectsRequest {
        request_id: fresh_request_id(),
        suspect_ids: vec![a.clone(), b.clone(), strange.clone(), c.clone()],
        person: "wang.li".to_owned(),
        decision: Dismiss.into(),
        reason: "学信网已更正".to_owned(),
        dismissal: pb::DismissalReason::RegistryError.into(),
        province: String::new(),
    };
    let judge = async |request| {
        let mut judged = county.suspect_desk().decide_suspects(request).await?.into_inner();
        judged.outcomes.iter_mut().filter_map(|it| it.suspect.as_mut()).for_each(|it| *it = unweighed(it));
        Ok::<_, Status>(judged)
    };
    let judged = judge(request.clone()).await.unwrap();
    let told: Vec<_> = judged.outcomes.iter().map(|it| (it.suspect_id.as_str(), it.error_code.as_str())).collect();
    assert_eq!(told, [(&*a, ""), (&*b, "SUSPECT_ALREADY_JUDGED"), (&*strange, "NOT_FOUND"), (&*c, "")]);
    let [done, not_done] = [&judged.outcomes[0], &judged.outcomes[1]];
    assert!(done.suspect.as_ref().unwrap().state() == Dismissed && not_done.suspect.is_none());
    assert_eq!(not_done.error_zh, "该疑点已作出核实结论");
    assert_eq!(not_done.error_en, "suspect was judged before");
    assert!(judge(request.clone()).await.unwrap() == judged, "the answer changed");
    let other = pb::DecideSuspectsRequest { suspect_ids: vec![a], ..request };
    assert_eq!(refused(judge(other).await), "AlreadyExists REQUEST_ID_REUSED");
}

/// Where a certificate, or a login, is one person's, nobody else acts through it.
async fn one_persons_certificate_is_that_persons(hufu: &Harness) {
    let id = double(hufu, &hufu.office("371502"), "王小明").await;
    let roles = Role::ALL.map(|role| format!("role={}", role.code())).join("&");
    let own = hufu.caller_named(&format!("hufu://371502/office-371502/console?{roles}&person=wang.li"));
    const MISMATCH: &str = "PermissionDenied PERSON_MISMATCH";
    assert_eq!(refused(own.take_up(take_up(&id, "li.na")).await), MISMATCH);
    assert_eq!(refused(own.judge(&id, "li.na", Confirm).await), MISMATCH);
    assert!(suspect(&own, &id).await.unwrap().state() == Open);
    own.take_up(take_up(&id, "wang.li")).await.unwrap();
    let given = own.assign(assign(&id, "wang.li", "li.na")).await.unwrap();
    assert_eq!(desk(&given, "370000").assignee, "office-371502/li.na");
    let request = hufu::proto::pooling::v1::FileClaimsRequest {
        request_id: fresh_request_id(),
        region: "371502".to_owned(),
        person: "li.na".to_owned(),
        expected: None,
    };
    assert_eq!(refused(own.pooling().file_claims(request).await), MISMATCH);
}

async fn what_is_done_at_the_desk_shows_no_personal_data(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    let secrets = Secrets::of(&wang, a.corporate_account.as_ref().unwrap());
    wang.claim().submit(&county).await;
    wang.claim().by(&b).submit(&county).await;
    let id = county.only_suspect().await.suspect_id;
    secrets.check("AssignSuspect", &county.assign(assign(&id, "chief", "wang.li")).await.unwrap().encode_to_vec());
    secrets.check("TakeUpSuspect", &county.take_up(take_up(&id, "wang.li")).await.unwrap().encode_to_vec());
    secrets.check("CommentSuspect", &county.comment(comment(&id, "wang.li")).await.unwrap().encode_to_vec());
    county.judge(&id, "wang.li", Confirm).await.unwrap();
    secrets.check("ReopenSuspect", &county.reopen(reopen(&id, "wang.li")).await.unwrap().encode_to_vec());
    let number = pb::CommentSuspectRequest { text: "电话13800000000".to_owned(), ..comment(&id, "wang.li") };
    assert_eq!(refused(county.comment(number).await), "InvalidArgument FIELDS_INVALID");
}

on_both_databases![
    each_province_has_a_desk_of_its_own,
    a_suspect_goes_from_hand_to_hand,
    many_are_judged_at_once,
    one_persons_certificate_is_that_persons,
    what_is_done_at_the_desk_shows_no_personal_data,
];
