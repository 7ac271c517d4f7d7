//! Cases as they are kept: loaded, taken further, and saved with their events, ledger entries and audit entries at once.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::audit::entry::{Action, Entry as AuditEntry, Subject};
use crate::domain::calendar::{Month, cst_date};
use crate::domain::claim::SubsidyKind;
use crate::domain::clawback::hands::Hands;
use crate::domain::clawback::{CaseId, CaseMoney, CaseState};
use crate::domain::identity::{Region, Uscc};
use crate::domain::ledger::{Entry, Hop, Slice};
use crate::domain::money::Fen;
use crate::domain::pooling::BatchId;
use crate::domain::suspect::{SuspectId, SuspectRule};
use crate::store::bulk::Rows;
use crate::store::record::Actor;
use crate::store::record::clawback::{CaseEvent, CaseRecord};
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec, ledger};

bulk_statements! {
    ENTER_CASES(
        case_id: Bytes, case_number: Text, suspect_id: Bytes, claim_id: Bytes, batch_id: Bytes, region: Text, city: Text,
        enterprise: Text, subsidy: Text, rule: Text, state: Text, amount_fen: Integer, set_off: Integer, facts: Text,
        confirmed_by: Text, drafted_by: Text, drafted_at: Integer, changed_at: Integer, version: Integer,
    ) = "
        INSERT INTO clawback_case ({columns}, repaid_fen, set_off_fen, waived_fen)
        SELECT {columns}, 0, 0, 0 FROM {input}";
    CHANGE_CASES(
        case_id: Bytes, seen: Integer, version: Integer, state: Text, repaid_fen: Integer, set_off_fen: Integer,
        waived_fen: Integer, set_off: Integer, due_on: Text, approved_by: Text, waiver_by: Text, waived_by: Text,
        demanded_at: Integer, changed_at: Integer,
    ) = "
        UPDATE clawback_case SET
            version = input.version, state = input.state, repaid_fen = input.repaid_fen,
            set_off_fen = input.set_off_fen, waived_fen = input.waived_fen, set_off = input.set_off,
            due_on = input.due_on, approved_by = input.approved_by, waiver_by = input.waiver_by,
            waived_by = input.waived_by, demanded_at = input.demanded_at, changed_at = input.changed_at
        FROM {input}
        WHERE clawback_case.case_id = input.case_id AND clawback_case.version = input.seen";
    ENTER_EVENTS(
        case_id: Bytes, version: Integer, at: Integer, person: Text, step: Text, text: Text, amount_fen: Integer,
    ) = "INSERT INTO clawback_event ({columns}) SELECT {columns} FROM {input}";
    FIND_CASES(case_id: Bytes) = "
        SELECT clawback_case.* FROM {input} CROSS JOIN clawback_case WHERE clawback_case.case_id = input.case_id";
    FIND_CASE_NUMBERS(case_number: Text) = "
        SELECT clawback_case.* FROM {input} CROSS JOIN clawback_case
        WHERE clawback_case.case_number = input.case_number";
    /// Of a city alone: what another city paid out is not its fund's.
    FIND_CASES_TO_SET_OFF(enterprise: Text, city: Text) = "
        SELECT clawback_case.* FROM {input} CROSS JOIN clawback_case
        WHERE clawback_case.enterprise = input.enterprise AND clawback_case.city = input.city
            AND clawback_case.set_off = 1 AND clawback_case.state IN ('demanded', 'repaying', 'referred')
        ORDER BY clawback_case.demanded_at, clawback_case.case_id";
}

/// A case's row.
#[derive(sqlx::FromRow)]
pub(super) struct CaseRow {
    case_id: Vec<u8>,
    case_number: String,
    suspect_id: Vec<u8>,
    claim_id: Vec<u8>,
    batch_id: Vec<u8>,
    region: String,
    enterprise: String,
    subsidy: String,
    rule: String,
    state: String,
    amount_fen: i64,
    repaid_fen: i64,
    set_off_fen: i64,
    waived_fen: i64,
    set_off: i64,
    due_on: Option<String>,
    facts: String,
    confirmed_by: String,
    drafted_by: String,
    approved_by: Option<String>,
    waiver_by: Option<String>,
    waived_by: Option<String>,
    drafted_at: i64,
    demanded_at: Option<i64>,
    changed_at: i64,
    version: i64,
}

impl CaseRow {
    pub(super) fn open(self) -> Result<Case, StoreError> {
        let record = CaseRecord {
            case_id: CaseId(codec::uuid(&self.case_id)?),
            case_number: self.case_number,
            suspect_id: SuspectId(codec::uuid(&self.suspect_id)?),
            claim_id: codec::claim_id(&self.claim_id)?,
            region: codec::region(&self.region)?,
            enterprise: codec::uscc(&self.enterprise)?,
            rule: rule(&self.rule)?,
            state: CaseState::from_code(&self.state).ok_or(StoreError::Corrupt("state of a case"))?,
            money: CaseMoney {
                amount: Fen::new(self.amount_fen),
                repaid: Fen::new(self.repaid_fen),
                set_off: Fen::new(self.set_off_fen),
                waived: Fen::new(self.waived_fen),
            },
            set_off: self.set_off != 0,
            due_on: self.due_on.as_deref().map(codec::date).transpose()?,
            facts: self.facts,
            hands: Hands { confirmed_by: self.confirmed_by, drafted_by: self.drafted_by, waiver_by: self.waiver_by },
            version: self.version,
            drafted_at: codec::timestamp(self.drafted_at)?,
            changed_at: codec::timestamp(self.changed_at)?,
        };
        Ok(Case {
            record,
            batch: BatchId(codec::uuid(&self.batch_id)?),
            subsidy: codec::subsidy(&self.subsidy)?,
            approved_by: self.approved_by,
            waived_by: self.waived_by,
            demanded_at: self.demanded_at.map(codec::timestamp).transpose()?,
            seen: Some(self.version),
            events: Vec::new(),
            entries: Vec::new(),
        })
    }
}

pub(super) fn rule(code: &str) -> Result<SuspectRule, StoreError> {
    SuspectRule::from_code(code).ok_or(StoreError::Corrupt("rule"))
}

/// A case within a transaction: where it stands, and what happened to it since it was loaded.
pub(in crate::store) struct Case {
    pub(in crate::store) record: CaseRecord,
    pub(super) batch: BatchId,
    pub(super) subsidy: SubsidyKind,
    pub(super) approved_by: Option<String>,
    pub(super) waived_by: Option<String>,
    pub(super) demanded_at: Option<Timestamp>,
    /// The version of its row; none before it has one.
    pub(super) seen: Option<i64>,
    pub(super) events: Vec<(i64, CaseState, CaseEvent)>,
    pub(in crate::store) entries: Vec<Entry>,
}

impl Case {
    /// Takes the case to a state. The event says who did what, and when.
    pub(in crate::store) fn moved(&mut self, state: CaseState, event: CaseEvent) {
        self.record.state = state;
        self.record.version += 1;
        self.record.changed_at = event.at;
        self.events.push((self.record.version, state, event));
    }

    /// Posts a hop of its money under a name, in the slice that the claim was paid from.
    pub(super) fn post(&mut self, hop: Hop, name: &str, amount: Fen, at: Timestamp) {
        let slice = Slice {
            batch: self.batch,
            place: self.record.region,
            subsidy: Some(self.subsidy),
            month: Month::of(cst_date(at)),
        };
        self.entries.push(hop.legs().entry(name, slice, amount, Some(self.record.case_id.0)));
    }

    fn is_changed(&self) -> bool {
        !self.events.is_empty()
    }
}

/// Cases by name, of those that there are.
pub(super) async fn load(transaction: &mut Transaction, ids: &[CaseId]) -> Result<Vec<Case>, StoreError> {
    let mut rows = Rows::new(&FIND_CASES, transaction.backend());
    for id in ids {
        rows.bytes(id.0.as_bytes().as_slice());
    }
    let found: Vec<CaseRow> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(CaseRow::open).collect()
}

/// Cases by the number that papers and remittances name them by, of those that there are. The numbers are each there once.
pub(in crate::store) async fn load_numbered(
    transaction: &mut Transaction,
    numbers: impl IntoIterator<Item = &str>,
) -> Result<Vec<Case>, StoreError> {
    let mut rows = Rows::new(&FIND_CASE_NUMBERS, transaction.backend());
    for number in numbers {
        rows.text(number);
    }
    let found: Vec<CaseRow> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(CaseRow::open).collect()
}

/// Cases of enterprises whose demand says that it is set off, and that are still open; the oldest demand first.
pub(in crate::store) async fn load_to_set_off(
    transaction: &mut Transaction,
    city: Region,
    enterprises: BTreeSet<&Uscc>,
) -> Result<Vec<Case>, StoreError> {
    let mut rows = Rows::new(&FIND_CASES_TO_SET_OFF, transaction.backend());
    for enterprise in enterprises {
        rows.text(enterprise.as_str()).text(city.as_str());
    }
    let found: Vec<CaseRow> = transaction.tx.fetch(rows).await?;
    found.into_iter().map(CaseRow::open).collect()
}

/// One case as it stands.
pub(super) async fn record(transaction: &mut Transaction, id: CaseId) -> Result<CaseRecord, StoreError> {
    let case = load(transaction, &[id]).await?.pop();
    case.map(|case| case.record).ok_or(StoreError::Corrupt("reference to a case"))
}

/// Saves what happened to cases, and writes each step down.
pub(in crate::store) async fn save(
    transaction: &mut Transaction,
    cases: &[Case],
    actor: &Actor,
    at: Timestamp,
) -> Result<(), StoreError> {
    let backend = transaction.backend();
    let (mut new, mut changed) = (Rows::new(&ENTER_CASES, backend), Rows::new(&CHANGE_CASES, backend));
    let mut events = Rows::new(&ENTER_EVENTS, backend);
    let mut entries = Vec::new();
    for case in cases.iter().filter(|case| case.is_changed()) {
        match case.seen {
            None => enter_row(&mut new, case),
            Some(seen) => change_row(&mut changed, case, seen),
        }
        for (version, state, event) in &case.events {
            events
                .bytes(case.record.case_id.0.as_bytes().as_slice())
                .integer(*version)
                .integer(event.at.as_millisecond())
                .text(event.person.as_str())
                .text(event.step.as_str())
                .text(event.text.as_str())
                .integer(event.amount.map(Fen::get));
            transaction.append(&AuditEntry {
                at: event.at,
                actor: actor.0.clone(),
                action: Action::CaseMoved,
                subject: Subject::Case(case.record.case_id.0),
                region: case.record.region,
                state: Some(state.code()),
                version: Some(*version),
                detail: format!("step={} person={}", event.step, event.person),
            });
        }
        entries.extend(case.entries.iter().cloned());
    }
    let expected = changed.count();
    transaction.tx.execute(new).await?;
    if transaction.tx.execute(changed).await? != expected {
        return Err(StoreError::Contended);
    }
    transaction.tx.execute(events).await?;
    ledger::post(transaction, &entries, at).await
}

fn enter_row(rows: &mut Rows, case: &Case) {
    let record = &case.record;
    rows.bytes(record.case_id.0.as_bytes().as_slice())
        .text(record.case_number.as_str())
        .bytes(record.suspect_id.0.as_bytes().as_slice())
        .bytes(record.claim_id.0.as_bytes().as_slice())
        .bytes(case.batch.0.as_bytes().as_slice())
        .text(record.region.as_str())
        .text(record.region.city().as_str())
        .text(record.enterprise.as_str())
        .text(codec::subsidy_code(case.subsidy))
        .text(record.rule.code())
        .text(record.state.code())
        .integer(record.money.amount.get())
        .integer(i64::from(record.set_off))
        .text(record.facts.as_str())
        .text(record.hands.confirmed_by.as_str())
        .text(record.hands.drafted_by.as_str())
        .integer(record.drafted_at.as_millisecond())
        .integer(record.changed_at.as_millisecond())
        .integer(record.version);
}

fn change_row(rows: &mut Rows, case: &Case, seen: i64) {
    let record = &case.record;
    rows.bytes(record.case_id.0.as_bytes().as_slice())
        .integer(seen)
        .integer(record.version)
        .text(record.state.code())
        .integer(record.money.repaid.get())
        .integer(record.money.set_off.get())
        .integer(record.money.waived.get())
        .integer(i64::from(record.set_off))
        .text(record.due_on.map(|date| date.to_string()).as_deref())
        .text(case.approved_by.as_deref())
        .text(record.hands.waiver_by.as_deref())
        .text(case.waived_by.as_deref())
        .integer(case.demanded_at.map(Timestamp::as_millisecond))
        .integer(record.changed_at.as_millisecond());
}
