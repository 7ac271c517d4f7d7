//! Filings, batches and payments: requests in, every fault found; records out, accounts masked.

use super::field::{batch_id, missing, operator, parsed, payment_id, request_id, unknown_value};
use super::record::{count, date, timestamp};
use super::statement;
use super::violation::Violations;
use crate::domain::calendar::Month;
use crate::domain::caller::{Caller, Role};
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::payment::{PaymentKind, PaymentState};
use crate::domain::pooling::{BatchId, BatchLine, BatchState, ControlTotals, FilingState};
use crate::proto::common::v1 as common;
use crate::proto::pooling::v1 as pb;
use crate::workflows::digest;
use crate::workflows::pooling::{
    FileRequest, NotPooled, PaymentReview, Plan, PoolingStatus, RunReport, StatementPosted, StepDone,
};
use crate::workflows::record::payment::{PaymentAct, PaymentRecord, UnmatchedLine};
use crate::workflows::record::pooling::{BatchLineRecord, BatchRecord, DueTotal, FilingRecord, HopTotal};

/// What a region is called, or its code.
pub(in crate::services) type Names<'a> = &'a dyn Fn(Region) -> String;

/// The one region that a request is about.
pub(in crate::services) fn the_region(text: &str, path: &str, violations: &mut Violations) -> Option<Region> {
    parsed(Region::parse(text), path, violations)
}

/// Reads a county's wish to file. `None` only where a violation was noted.
pub(in crate::services) fn new_filing(
    caller: &Caller,
    request: pb::FileClaimsRequest,
    violations: &mut Violations,
) -> Option<FileRequest> {
    let pb::FileClaimsRequest { request_id: id, region, person, expected } = request;
    let request_id = request_id(id, violations);
    let region = the_region(&region, "region", violations);
    let operator = operator(caller, &person, violations);
    let expected = match expected {
        None => Some(None),
        Some(totals) => expected_totals(totals, violations).map(Some),
    };
    let (request_id, region, operator, expected) = (request_id?, region?, operator?, expected?);
    let digest = digest::of_filing(region, &operator, expected);
    Some(FileRequest { request_id, digest, region, operator, expected })
}

fn expected_totals(totals: pb::ControlTotals, violations: &mut Violations) -> Option<ControlTotals> {
    let pb::ControlTotals { claims, amount_fen } = totals;
    let (en, zh) = ("a total is not below zero", "控制总数不得为负");
    let counted = u64::try_from(claims).ok();
    if counted.is_none() {
        violations.add("expected.claims", "TOTAL_NEGATIVE", en, zh);
    }
    if amount_fen < 0 {
        violations.add("expected.amount_fen", "TOTAL_NEGATIVE", en, zh);
    }
    Some(ControlTotals { claims: counted?, amount: Fen::new(amount_fen) })
}

/// Reads a decision on a payment. `None` only where a violation was noted.
pub(in crate::services) fn review(
    caller: &Caller,
    request: pb::ReviewPaymentRequest,
    violations: &mut Violations,
) -> Option<PaymentReview> {
    let act = match request.decision() {
        pb::PaymentDecision::Pass => Some(PaymentAct::Pass),
        pb::PaymentDecision::Approve => Some(PaymentAct::Approve),
        pb::PaymentDecision::Unspecified => {
            unknown_value(request.decision, "decision", violations);
            None
        }
    };
    let pb::ReviewPaymentRequest { request_id: id, payment_id: payment, version, person, decision: _ } = request;
    let request_id = request_id(id, violations);
    let payment_id = payment_id(&payment, "payment_id", violations);
    if version <= 0 {
        violations.add("version", "VERSION_MISSING", "version is not one that was seen", "须填写查看时的版本号");
    }
    let operator = operator(caller, &person, violations);
    let (request_id, payment_id, operator, act) = (request_id?, payment_id?, operator?, act?);
    let digest = digest::of_payment_review(payment_id, version, &operator, act);
    Some(PaymentReview { request_id, digest, operator, payment_id, version, act })
}

/// The role that a decision takes.
pub(in crate::services) fn role_of(act: PaymentAct) -> Role {
    match act {
        PaymentAct::Pass => Role::ClaimsReview,
        PaymentAct::Approve => Role::ClaimsApprove,
    }
}

/// A statement's file with the region it is of. `None` only where a violation was noted.
pub(in crate::services) fn statement_file(region: &str, file: &[u8], violations: &mut Violations) -> Option<Region> {
    if file.is_empty() {
        missing("file", violations);
    }
    statement::bounded(file, violations);
    the_region(region, "region", violations)
}

/// The month that a list is narrowed to; absent is all.
pub(in crate::services) fn month_asked(month: Option<common::Month>, violations: &mut Violations) -> Option<Month> {
    let common::Month { year, month } = month?;
    let read = i16::try_from(year).ok().zip(i8::try_from(month).ok());
    let read = read.filter(|_| (1900..=2199).contains(&year)).and_then(|(year, month)| Month::new(year, month));
    if read.is_none() {
        let en = "month is not one of the years 1900 to 2199";
        violations.add("month", "MONTH_IMPOSSIBLE", en, "月份不存在或不在1900至2199年之间");
    }
    read
}

/// The batch that a list is narrowed to; empty is all.
pub(in crate::services) fn batch_asked(text: &str, violations: &mut Violations) -> Option<BatchId> {
    if text.is_empty() { None } else { batch_id(text, "batch_id", violations) }
}

/// The state that a list is narrowed to; unspecified is all.
pub(in crate::services) fn state_asked(value: i32, violations: &mut Violations) -> Option<PaymentState> {
    let asked = pb::PaymentState::try_from(value);
    if asked.is_err() {
        unknown_value(value, "state", violations);
    }
    asked.ok().and_then(|asked| PaymentState::ALL.into_iter().find(|it| payment_state(*it) == asked))
}

/// A filing.
pub(in crate::services) fn filing(record: FilingRecord) -> pb::Filing {
    pb::Filing {
        filing_id: record.filing_id.to_string(),
        region: record.region.to_string(),
        month: Some(month(record.month)),
        number: count(record.number),
        state: match record.state {
            FilingState::Sealed => pb::FilingState::Sealed,
            FilingState::Pooled => pb::FilingState::Pooled,
            FilingState::Rejected => pb::FilingState::Rejected,
        }
        .into(),
        sealed: Some(totals(record.sealed)),
        content_hash: record.content_hash.to_vec(),
        filed_by: record.filed_by.as_str().to_owned(),
        filed_at: Some(timestamp(record.filed_at)),
        batch_id: record.batch_id.map(|id| id.to_string()).unwrap_or_default(),
        pooled: record.pooled.map(totals),
    }
}

/// What a run did.
pub(in crate::services) fn run(report: RunReport, names: Names<'_>) -> pb::RunPoolingResponse {
    let RunReport { steps, status: stands } = report;
    pb::RunPoolingResponse { steps: steps.into_iter().map(step).collect(), status: Some(status(stands, names)) }
}

/// What a run would do.
pub(in crate::services) fn plan(plan: Plan, names: Names<'_>) -> pb::PlanPoolingResponse {
    let Plan { lines, total, not_pooled } = plan;
    let lines = lines.into_iter().map(|it| line(BatchLineRecord { line: it, granted: None }, names)).collect();
    pb::PlanPoolingResponse {
        lines,
        total: Some(totals(total)),
        not_pooled: not_pooled.into_iter().map(not_in_it).collect(),
    }
}

fn not_in_it(found: NotPooled) -> pb::NotPooled {
    let NotPooled { reason, zh, region, totals: sum } = found;
    pb::NotPooled { reason, message_zh: zh, region: region.to_string(), totals: Some(totals(sum)) }
}

/// Where a city stands.
pub(in crate::services) fn status(status: PoolingStatus, names: Names<'_>) -> pb::PoolingStatus {
    let PoolingStatus { city, open_batches, not_filed, paid_out_this_month, due, owed, in_doubt, .. } = status;
    pb::PoolingStatus {
        city: city.to_string(),
        open_batches: open_batches.into_iter().map(|it| batch(it, names)).collect(),
        not_filed: not_filed.iter().map(Region::to_string).collect(),
        paid_out_this_month,
        due: due.into_iter().map(due_claims).collect(),
        owed: whole(owed),
        in_doubt: whole(in_doubt),
        attention: status.attention.into_iter().map(step).collect(),
        unmatched: status.unmatched.into_iter().map(unmatched).collect(),
    }
}

fn due_claims(due: DueTotal) -> pb::DueClaims {
    pb::DueClaims {
        due_on: Some(date(due.due_on)),
        state: due.state.code().to_owned(),
        region: due.region.to_string(),
        claims: whole(due.claims),
    }
}

/// A batch.
pub(in crate::services) fn batch(record: BatchRecord, names: Names<'_>) -> pb::Batch {
    pb::Batch {
        batch_id: record.batch_id.to_string(),
        city: record.city.to_string(),
        month: Some(month(record.month)),
        number: count(record.number),
        state: match record.state {
            BatchState::Gathering => pb::BatchState::Gathering,
            BatchState::Sealed => pb::BatchState::Sealed,
            BatchState::Asked => pb::BatchState::Asked,
            BatchState::Granted => pb::BatchState::Granted,
            BatchState::Funded => pb::BatchState::Funded,
            BatchState::Transferring => pb::BatchState::Transferring,
            BatchState::Paying => pb::BatchState::Paying,
            BatchState::Closed => pb::BatchState::Closed,
            BatchState::Refused => pb::BatchState::Refused,
        }
        .into(),
        total: Some(totals(record.total)),
        granted_fen: record.granted.get(),
        arrived_fen: record.arrived.get(),
        content_hash: record.content_hash.map(Vec::from).unwrap_or_default(),
        stopped: record.stopped.as_ref().map(|stop| stop.code().to_owned()).unwrap_or_default(),
        stopped_zh: record.stopped.as_ref().map(|stop| stop.zh()).unwrap_or_default(),
        opened_at: Some(timestamp(record.opened_at)),
        changed_at: Some(timestamp(record.changed_at)),
        city_name: names(record.city),
    }
}

/// A line of a batch, or of what one would be.
pub(in crate::services) fn line(record: BatchLineRecord, names: Names<'_>) -> pb::BatchLine {
    let BatchLine { region, subsidy, enterprises, people, claims, amount } = record.line;
    pb::BatchLine {
        region: region.to_string(),
        subsidy: subsidy_code(subsidy).to_owned(),
        enterprises: count(enterprises),
        people: count(people),
        claims: count(claims),
        amount_fen: amount.get(),
        granted_fen: record.granted.unwrap_or_default().get(),
        region_name: names(region),
    }
}

/// What a hop comes to.
pub(in crate::services) fn hop(total: HopTotal) -> pb::Hop {
    let name_zh = total.zh().to_owned();
    let HopTotal { hop, count, amount } = total;
    pb::Hop { hop: hop.to_owned(), name_zh, count: whole(count), amount_fen: amount.get() }
}

/// A payment, its account masked.
pub(in crate::services) fn payment(record: PaymentRecord) -> pb::Payment {
    pb::Payment {
        payment_id: record.payment_id.to_string(),
        batch_id: record.batch_id.to_string(),
        kind: match record.kind {
            PaymentKind::Transfer => pb::PaymentKind::Transfer,
            PaymentKind::Payout => pb::PaymentKind::Payout,
            PaymentKind::Return => pb::PaymentKind::Return,
        }
        .into(),
        payer: record.payer.to_string(),
        payee: record.payee.as_str().to_owned(),
        state: payment_state(record.state).into(),
        amount_fen: record.amount.get(),
        paid_fen: record.paid.get(),
        set_off_fen: record.set_off.get(),
        account_masked: record.account.map(|account| account.masked()).unwrap_or_default(),
        cause: record.cause.map(|cause| cause.code().to_owned()).unwrap_or_default(),
        cause_zh: record.cause.map(|cause| cause.zh().to_owned()).unwrap_or_default(),
        attempts: count(record.attempts),
        version: record.version,
        claims: count(record.claims),
        changed_at: Some(timestamp(record.changed_at)),
    }
}

fn payment_state(state: PaymentState) -> pb::PaymentState {
    match state {
        PaymentState::Owed => pb::PaymentState::Owed,
        PaymentState::Reviewed => pb::PaymentState::Reviewed,
        PaymentState::Approved => pb::PaymentState::Approved,
        PaymentState::Instructed => pb::PaymentState::Instructed,
        PaymentState::InDoubt => pb::PaymentState::InDoubt,
        PaymentState::Paid => pb::PaymentState::Paid,
    }
}

/// What became of a statement. The bank's reference is all that a person needs to find a line again.
pub(in crate::services) fn posted(posted: StatementPosted) -> pb::ImportStatementResponse {
    let StatementPosted { number, repeated, lines, unmatched: lines_unmatched } = posted;
    pb::ImportStatementResponse {
        number: i64::from(number),
        repeated,
        lines: whole(lines),
        unmatched: lines_unmatched.into_iter().map(unmatched).collect(),
    }
}

/// A statement line that fits nothing.
fn unmatched(line: UnmatchedLine) -> pb::Step {
    pb::Step {
        code: "STATEMENT_UNMATCHED".to_owned(),
        message_zh: format!("{}流水{}，{}元，无法对应", line.booked_on, line.bank_reference, line.amount),
        message_en: format!("{} {}: {} yuan fit nothing", line.booked_on, line.bank_reference, line.amount),
        needs_attention: true,
        count: 1,
        amount_fen: line.amount.get(),
    }
}

fn step(step: StepDone) -> pb::Step {
    let StepDone { code, zh, en, needs_attention, count, amount } = step;
    pb::Step {
        code: code.to_owned(),
        message_zh: zh,
        message_en: en,
        needs_attention,
        count: whole(count),
        amount_fen: amount.get(),
    }
}

fn totals(totals: ControlTotals) -> pb::ControlTotals {
    pb::ControlTotals { claims: whole(totals.claims), amount_fen: totals.amount.get() }
}

fn month(month: Month) -> common::Month {
    common::Month { year: month.year().into(), month: month.month().into() }
}

/// A count as the wire has it.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn subsidy_code(subsidy: SubsidyKind) -> &'static str {
    match subsidy {
        SubsidyKind::JobExpansion => "job-expansion",
        SubsidyKind::RetentionTraining => "retention-training",
    }
}

#[cfg(test)]
mod tests;
