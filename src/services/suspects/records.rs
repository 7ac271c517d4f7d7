//! 疑点数据: what the ministry sends down, and what was found.

use tonic::Status;

use crate::domain::caller::Caller;
use crate::proto::suspects::v1 as pb;
use crate::services::convert::suspect_records;
use crate::workflows::Gateway;

pub(super) async fn import(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::ImportSuspectRecordsRequest,
) -> Result<pb::ImportSuspectRecordsResponse, Status> {
    let (request, lines) = suspect_records::request(caller, request)?.split();
    let outcomes = gateway.import_suspect_records(caller, request).await?;
    Ok(suspect_records::answer(lines, outcomes))
}

pub(super) async fn list(
    gateway: &Gateway,
    caller: &Caller,
    request: pb::ListSuspectRecordsRequest,
) -> Result<pb::ListSuspectRecordsResponse, Status> {
    let (filter, shown) = suspect_records::filter(caller, request)?;
    let findings = gateway.suspect_records(caller, filter).await?;
    Ok(suspect_records::page(findings, shown, caller.region))
}
