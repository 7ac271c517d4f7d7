//! The calls of the fraud-review desk, of the audit log and of the console, as the table of rights tries them.

use hufu::proto::audit::v1 as audit;
use hufu::proto::console::v1 as console;
use hufu::proto::suspects::v1 as suspects;
use tonic::Status;

use super::{COUNTY, GRANTED, Records};
use crate::support::{Caller, fresh_request_id};

pub(super) async fn look_into(rpc: &str, caller: &Caller, records: &Records) -> Result<&'static str, Status> {
    let region = || COUNTY.to_owned();
    let suspect_id = records.suspect_id.clone();
    let mut desk = caller.suspect_desk();
    match rpc {
        "SuspectService/PullSuspects" => {
            let request = suspects::PullSuspectsRequest { resume_token: String::new(), region: region() };
            desk.pull_suspects(request).await?.into_inner().message().await.map(drop)?;
        }
        "SuspectService/ListSuspects" => {
            let request = suspects::ListSuspectsRequest { region: region(), ..Default::default() };
            desk.list_suspects(request).await.map(drop)?;
        }
        "SuspectService/GetSuspect" => {
            let request = suspects::GetSuspectRequest { suspect_id };
            desk.get_suspect(request).await.map(drop)?;
        }
        "SuspectService/DecideSuspect" => {
            caller.judge(&suspect_id, "wang.li", suspects::SuspectDecision::Confirm).await.map(drop)?;
        }
        "SuspectService/GetDossier" => {
            desk.get_dossier(suspects::GetDossierRequest { suspect_id, blind: false }).await.map(drop)?;
        }
        "SuspectService/UnmaskPerson" => {
            let request = suspects::UnmaskPersonRequest {
                suspect_id,
                claim_id: records.paid_id.clone(),
                person: "wang.li".to_owned(),
                reason: suspects::UnmaskReason::CompareDocument.into(),
                words: "核对合同原件".to_owned(),
            };
            desk.unmask_person(request).await.map(drop)?;
        }
        "SuspectService/GetDesk" => {
            desk.get_desk(suspects::GetDeskRequest { region: region() }).await.map(drop)?;
        }
        "SuspectService/ImportSuspectRecords" => {
            let records = vec![suspects::SuspectRecord {
                record_number: "部-1".to_owned(),
                kind: suspects::SuspectRecordKind::DoubleClaim.into(),
                uscc: "91371500000000001X".to_owned(),
                ..Default::default()
            }];
            let request_id = fresh_request_id();
            let request = suspects::ImportSuspectRecordsRequest { request_id, region: region(), records };
            desk.import_suspect_records(request).await.map(drop)?;
        }
        "SuspectService/ListSuspectRecords" => {
            let request = suspects::ListSuspectRecordsRequest { region: region(), ..Default::default() };
            desk.list_suspect_records(request).await.map(drop)?;
        }
        "SuspectService/SaveView" => {
            let (person, name, query) = ("wang.li".to_owned(), "本周".to_owned(), "order=risk".to_owned());
            desk.save_view(suspects::SaveViewRequest { person, name, query }).await.map(drop)?;
        }
        "SuspectService/ListViews" => {
            desk.list_views(suspects::ListViewsRequest { person: "wang.li".to_owned() }).await.map(drop)?;
        }
        _ => return work_at_the_desk(rpc, caller, suspect_id).await,
    }
    Ok(GRANTED)
}

async fn work_at_the_desk(rpc: &str, caller: &Caller, suspect_id: String) -> Result<&'static str, Status> {
    let (request_id, person) = (fresh_request_id(), "wang.li".to_owned());
    let mut desk = caller.suspect_desk();
    match rpc {
        "SuspectService/DecideSuspects" => {
            let request = suspects::DecideSuspectsRequest {
                request_id,
                suspect_ids: vec![suspect_id],
                person,
                decision: suspects::SuspectDecision::Confirm.into(),
                reason: "合同与参保记录相符".to_owned(),
                ..Default::default()
            };
            let outcomes = desk.decide_suspects(request).await?.into_inner().outcomes;
            if outcomes[0].error_code == "NOT_FOUND" {
                return Ok("refused NOT_FOUND");
            }
        }
        "SuspectService/AssignSuspect" => {
            let assignee = "li.na".to_owned();
            let request =
                suspects::AssignSuspectRequest { request_id, suspect_id, person, assignee, ..Default::default() };
            desk.assign_suspect(request).await.map(drop)?;
        }
        "SuspectService/TakeUpSuspect" => {
            let request = suspects::TakeUpSuspectRequest { request_id, suspect_id, person, ..Default::default() };
            desk.take_up_suspect(request).await.map(drop)?;
        }
        "SuspectService/CommentSuspect" => {
            let (text, province) = ("已向学信网发函".to_owned(), String::new());
            let request = suspects::CommentSuspectRequest { request_id, suspect_id, person, text, province };
            desk.comment_suspect(request).await.map(drop)?;
        }
        "SuspectService/ReopenSuspect" => {
            let (fact, text) = (suspects::NewFact::Report.into(), "来信反映".to_owned());
            let request =
                suspects::ReopenSuspectRequest { request_id, suspect_id, person, fact, text, ..Default::default() };
            desk.reopen_suspect(request).await.map(drop)?;
        }
        _ => panic!("{rpc} is not tried"),
    }
    Ok(GRANTED)
}

pub(super) async fn look_behind_the_console(rpc: &str, caller: &Caller) -> Result<&'static str, Status> {
    match rpc {
        "AuditService/ListEntries" => {
            let mut client = audit::audit_service_client::AuditServiceClient::new(caller.channel.clone());
            let request = audit::ListEntriesRequest { region: COUNTY.to_owned(), ..Default::default() };
            client.list_entries(request).await.map(drop)?;
        }
        "ConsoleService/CreateLink" => {
            let mut client = console::console_service_client::ConsoleServiceClient::new(caller.channel.clone());
            let request = console::CreateLinkRequest {
                person: "wang.li".to_owned(),
                region: COUNTY.to_owned(),
                // All of its own.
                roles: Vec::new(),
            };
            client.create_link(request).await.map(drop)?;
        }
        _ => panic!("{rpc} is not tried"),
    }
    Ok(GRANTED)
}
