//! 疑点数据: the ministry's records as they are sent, and what was found on them.

use super::super::status::Fault;
use super::record::timestamp;
use super::violation::Violations;
use super::{field, suspect};
use crate::domain::calendar::cst_date;
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::rights::narrow;
use crate::domain::suspect::record::{MinistryRecord, RawRecord, RecordFault, RecordKind};
use crate::proto::suspects::v1 as pb;
use crate::workflows::digest::{self, SentRecord};
use crate::workflows::record::suspect_records::{RECORDS_MAX, RecordFilter, RecordFinding, RecordOutcome};
use crate::workflows::suspect_records::ImportRequest;

/// A record that cannot be read.
const RECORD_INVALID: &str = "RECORD_INVALID";

/// What was sent: the records that can be read, and for every record its number and why it cannot.
pub(in crate::services) struct Sent {
    pub(in crate::services) request: ImportRequest,
    lines: Vec<(String, Option<RecordFault>)>,
}

/// Reads an import. A record that cannot be read holds up none of the others.
pub(in crate::services) fn request(caller: &Caller, sent: pb::ImportSuspectRecordsRequest) -> Result<Sent, Fault> {
    let pb::ImportSuspectRecordsRequest { request_id, region, records } = sent;
    let mut violations = Violations::default();
    let request_id = field::request_id(request_id, &mut violations);
    if region.trim().is_empty() {
        field::missing("region", &mut violations);
    }
    let region = field::region(&region, &mut violations);
    if records.is_empty() {
        field::missing("records", &mut violations);
    }
    if records.len() > RECORDS_MAX {
        let en = format!("more than {RECORDS_MAX} records");
        violations.add("records", "RECORDS_TOO_MANY", en, "一次最多1000条");
    }
    let (request_id, region) = violations.or(request_id.zip(region))?;
    let region = narrow(caller, Some(region))?;
    let digest = digest::of_records(region, records.iter().map(as_sent));
    let (mut read, mut lines) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
    for record in records {
        let fault = match self::record(&record, region) {
            Ok(record) => {
                read.push(record);
                None
            }
            Err(fault) => Some(fault),
        };
        lines.push((record.record_number, fault));
    }
    Ok(Sent { request: ImportRequest { request_id, digest, region, records: read }, lines })
}

fn record(record: &pb::SuspectRecord, sent_to: Region) -> Result<MinistryRecord, RecordFault> {
    let kind = match record.kind() {
        pb::SuspectRecordKind::FalseIdentity => Some(RecordKind::FalseIdentity),
        pb::SuspectRecordKind::CrossProvince => Some(RecordKind::CrossProvince),
        pb::SuspectRecordKind::DoubleClaim => Some(RecordKind::DoubleClaim),
        pb::SuspectRecordKind::Unspecified => None,
    };
    let pb::SuspectRecord { record_number, kind: _, resident_id, name, uscc, subsidy, other_province, words } = record;
    let number = record_number.as_str();
    MinistryRecord::read(RawRecord { number, kind, resident_id, name, uscc, subsidy, other_province, words }, sent_to)
}

/// A record as the digest of its request takes it.
fn as_sent(record: &pb::SuspectRecord) -> SentRecord<'_> {
    let pb::SuspectRecord { record_number, kind, resident_id, name, uscc, subsidy, other_province, words } = record;
    SentRecord { number: record_number, kind: *kind, resident_id, name, uscc, subsidy, other_province, words }
}

/// The answers in the order in which the records were sent.
pub(in crate::services) fn answer(
    lines: Vec<(String, Option<RecordFault>)>,
    outcomes: Vec<RecordOutcome>,
) -> pb::ImportSuspectRecordsResponse {
    let mut outcomes = outcomes.into_iter();
    let answer = |(number, fault): (String, Option<RecordFault>)| match fault {
        Some(RecordFault { field, zh, en }) => pb::SuspectRecordOutcome {
            record_number: number,
            unmatched: RECORD_INVALID.to_owned(),
            field: field.to_owned(),
            message_zh: zh.to_owned(),
            message_en: en,
            ..pb::SuspectRecordOutcome::default()
        },
        // There is one for each record that could be read.
        None => outcome(number, outcomes.next().unwrap_or_default()),
    };
    pb::ImportSuspectRecordsResponse { outcomes: lines.into_iter().map(answer).collect() }
}

impl Sent {
    /// Takes the request and what is left for the answer apart.
    pub(in crate::services) fn split(self) -> (ImportRequest, Vec<(String, Option<RecordFault>)>) {
        (self.request, self.lines)
    }
}

fn outcome(record_number: String, outcome: RecordOutcome) -> pb::SuspectRecordOutcome {
    let RecordOutcome { suspects, judged, unmatched, matched_at } = outcome;
    let (message_zh, message_en) = match (unmatched, matched_at) {
        (Some(unmatched), _) => (unmatched.zh().to_owned(), unmatched.en().to_owned()),
        (None, _) if !judged.is_empty() => (
            "部分疑点已有核实结论，如认定为新事实请由经办人员重新打开".to_owned(),
            "some of the suspects are judged already; a person reopens them where the record is a new fact".to_owned(),
        ),
        (None, Some(at)) => {
            let day = cst_date(at);
            (
                format!("下发时没有相符的申领，{day}起与后来的申领相符"),
                format!("matched since {day}, by a claim that came later"),
            )
        }
        (None, None) => (String::new(), String::new()),
    };
    pb::SuspectRecordOutcome {
        record_number,
        suspect_ids: suspects.into_iter().map(|id| id.to_string()).collect(),
        unmatched: unmatched.map(|it| it.code().to_owned()).unwrap_or_default(),
        field: String::new(),
        message_zh,
        message_en,
        matched_at: matched_at.map(timestamp),
        judged_suspect_ids: judged.into_iter().map(|id| id.to_string()).collect(),
    }
}

/// Reads which records are asked for; one more than is shown tells whether there is another page.
pub(in crate::services) fn filter(
    caller: &Caller,
    request: pb::ListSuspectRecordsRequest,
) -> Result<(RecordFilter, u32), Fault> {
    let pb::ListSuspectRecordsRequest { region, page_size, page_token } = request;
    let mut violations = Violations::default();
    let region = field::region(&region, &mut violations);
    let shown = field::page_size(page_size, &mut violations);
    let after = field::token(&page_token, "page_token", field::sequence, &mut violations);
    let shown = violations.or(shown)?;
    let within = narrow(caller, region)?;
    Ok((RecordFilter { within, after: after.unwrap_or_default(), limit: shown.saturating_add(1) }, shown))
}

/// A page of findings, as a caller of this region sees them.
pub(in crate::services) fn page(
    mut findings: Vec<RecordFinding>,
    shown: u32,
    seen_from: Region,
) -> pb::ListSuspectRecordsResponse {
    let total = findings.len();
    findings.truncate(usize::try_from(shown).unwrap_or(usize::MAX));
    let last = findings.last().filter(|_| findings.len() < total);
    let next_page_token = last.map(|last| last.sequence.to_string()).unwrap_or_default();
    let findings = findings.into_iter().map(|it| finding(it, seen_from)).collect();
    pb::ListSuspectRecordsResponse { findings, next_page_token }
}

fn finding(finding: RecordFinding, seen_from: Region) -> pb::SuspectRecordFinding {
    let RecordFinding { sequence: _, number, kind, received_at, unmatched, matched_at, suspects, money } = finding;
    pb::SuspectRecordFinding {
        record_number: number,
        kind: match kind {
            RecordKind::FalseIdentity => pb::SuspectRecordKind::FalseIdentity,
            RecordKind::CrossProvince => pb::SuspectRecordKind::CrossProvince,
            RecordKind::DoubleClaim => pb::SuspectRecordKind::DoubleClaim,
        }
        .into(),
        received_at: Some(timestamp(received_at)),
        unmatched: unmatched.map(|it| it.code().to_owned()).unwrap_or_default(),
        suspects: suspects.into_iter().map(|it| suspect::suspect(it, seen_from)).collect(),
        paid_fen: money.paid.get(),
        recovered_fen: money.recovered.get(),
        outstanding_fen: money.outstanding.get(),
        matched_at: matched_at.map(timestamp),
    }
}
