//! Brings claims along the money's path, as far as a test wants them.

use std::sync::atomic::{AtomicI64, Ordering};

use hufu::domain::calendar::Month;
use hufu::domain::claim::{ClaimId, ClaimState};
use hufu::domain::eligibility::verdict::{Payee, PayeeAccountKind, Verdict};
use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::money::Fen;
use hufu::domain::operator::OperatorId;
use hufu::domain::pooling::{ControlTotals, Grant, GrantedLine};
use hufu::store::Store;
use hufu::store::record::pooling::{
    BatchRecord, BatchStep, Fence, FileClaims, FileOutcome, FilingRecord, MoveBatch, MoveOutcome, PoolFiling,
    PoolOutcome,
};
use hufu::store::record::review::{Review, ReviewAct, ReviewOutcome};
use hufu::store::record::{Actor, AssessmentOutcome, ClaimRecord};
use jiff::Timestamp;

use super::harness::*;

/// The month of every filing and batch here.
pub(crate) fn month() -> Month {
    Month::parse("2022-10").unwrap()
}

pub(crate) fn city() -> Region {
    region("371500")
}

pub(crate) fn person_of(name: &str) -> OperatorId {
    OperatorId::new("lc-hrss", name).unwrap()
}

pub(crate) fn pooler() -> Actor {
    Actor("hufu/pooling".to_owned())
}

/// A moment after every one before, so that ids made of them are in order.
pub(crate) fn next_at() -> Timestamp {
    static SECOND: AtomicI64 = AtomicI64::new(1_000);
    at(SECOND.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn totals(claims: u64, fen: i64) -> ControlTotals {
    ControlTotals { claims, amount: Fen::new(fen) }
}

/// Entitled to so much, paid to an account of the enterprise's own.
pub(crate) fn entitled_to(fen: i64, enterprise_number: u32) -> Verdict {
    let account = BankAccount::parse(&format!("62220000{enterprise_number:08}")).unwrap();
    let payee = Payee { kind: PayeeAccountKind::Corporate, account };
    Verdict::Entitled { amount: Fen::new(fen), units: 1, payee, uncounted: Vec::new() }
}

/// A review that nobody made before.
pub(crate) fn review(record: &ClaimRecord, person: &str, act: ReviewAct) -> Review {
    let (id, version) = (record.claim.claim_id, record.version);
    Review {
        request: request(&format!("review-{id}-{version}-{person}-{act:?}"), 1),
        actor: Actor("371502/review".to_owned()),
        operator: person_of(person),
        claim_id: id,
        version,
        act,
        at: next_at(),
    }
}

/// Reviews, and expects it to be done.
pub(crate) async fn reviewed(store: &Store, record: &ClaimRecord, person: &str, act: ReviewAct) -> ClaimRecord {
    let outcome = store.review(review(record, person, act)).await.unwrap();
    let ReviewOutcome::Done(reviewed) = outcome else { panic!("not reviewed: {outcome:?}") };
    reviewed.record
}

/// Submits a claim and has it assessed.
pub(crate) async fn assessed(store: &Store, draft: Draft, verdict: Verdict) -> ClaimRecord {
    let record = submit(store, draft).await;
    assert_eq!(assess(store, assessment(&record, verdict)).await, AssessmentOutcome::Recorded);
    look(store, record.claim.claim_id).await
}

/// Submits a claim and brings it to its approval.
pub(crate) async fn approve(store: &Store, draft: Draft, verdict: Verdict) -> ClaimRecord {
    let record = assessed(store, draft, verdict).await;
    let record = reviewed(store, &record, "wang.li", ReviewAct::Pass).await;
    reviewed(store, &record, "zhao.min", ReviewAct::Approve).await
}

/// So many approved claims of graduates in a region, of two enterprises in turn, of 1,500 yuan each. `first` is the number of the first
/// person, who must be another than in every other claim of the test.
pub(crate) async fn approved(store: &Store, first: u16, count: u16, code: &str) -> Vec<ClaimRecord> {
    let claims = (first..first + count).map(|number| {
        let enterprise_number = u32::from(number % 2) + 1;
        approve(
            store,
            Draft::graduate(number, enterprise_number).in_region(code),
            entitled_to(150_000, enterprise_number),
        )
    });
    futures::future::join_all(claims).await
}

/// Copies each approved and unfiled claim of an enterprise so many times, behind the store's back. What the copies say is sealed under
/// the first one's id, so that nobody can read it: for tests that move claims without a look at them.
pub(crate) async fn copy(database: &Database, enterprise_number: u32, copies: u32) {
    let id = match database.backend {
        Backend::Sqlite => "unhex(printf('%032x', approval.received_sequence * 1000000 + i))",
        Backend::Postgres => "decode(lpad(to_hex(approval.received_sequence * 1000000 + i), 32, '0'), 'hex')",
    };
    let numbers =
        format!("WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {copies})");
    let chosen = format!(
        "FROM approval CROSS JOIN claim CROSS JOIN numbers
         WHERE claim.claim_id = approval.claim_id AND approval.enterprise = '{}' AND claim.state = 'approved'
             AND approval.received_sequence < 1000000",
        enterprise(enterprise_number).as_str()
    );
    let claims = format!(
        "INSERT INTO claim (
             claim_id, state, version, attempts, region, city, province, enterprise, subsidy, sheet_id, sheet_version,
             received_sequence, received_at, changed_at, due_on)
         {numbers} SELECT {id}, claim.state, claim.version, 0, claim.region, claim.city, province, claim.enterprise,
             claim.subsidy, sheet_id, sheet_version, 1000000 + i, received_at, changed_at, claim.due_on
         {chosen}"
    );
    let contents = format!(
        "INSERT INTO claim_content (claim_id, decision, sealed)
         {numbers} SELECT {id}, (SELECT decision FROM claim_content WHERE claim_id = claim.claim_id),
             (SELECT sealed FROM claim_content WHERE claim_id = claim.claim_id)
         {chosen}"
    );
    let approvals = format!(
        "INSERT INTO approval (
             claim_id, decision_version, reviewed_by, reviewed_at, approved_by, approved_at, evidence_hash, approval_hash,
             region, city, subsidy, enterprise, amount_fen, units, due_on, received_sequence)
         {numbers} SELECT {id}, decision_version, reviewed_by, reviewed_at, approved_by, approved_at, evidence_hash,
             approval_hash, approval.region, approval.city, approval.subsidy, approval.enterprise, amount_fen, units,
             approval.due_on, 1000000 + i
         {chosen}"
    );
    for sql in [claims, contents, approvals] {
        database.execute(sqlx::AssertSqlSafe(sql)).await;
    }
}

/// A filing under a request that nobody used before.
pub(crate) fn filing_of(code: &str) -> FileClaims {
    let at = next_at();
    FileClaims {
        request: request(&format!("file-{code}-{at}"), 1),
        actor: Actor(format!("{code}/insurance")),
        operator: person_of("li.na"),
        region: region(code),
        month: month(),
        expected: None,
        at,
    }
}

/// Files what is approved in a region.
pub(crate) async fn filed(store: &Store, code: &str) -> FilingRecord {
    let outcome = store.file_claims(filing_of(code)).await.unwrap();
    let FileOutcome::Filed { filing, left: 0 } = outcome else { panic!("not filed: {outcome:?}") };
    filing
}

/// Takes the lease of the city.
pub(crate) async fn fence(store: &Store) -> Fence {
    let taken = store.take_lease(city(), "test".to_owned(), at(900), at(900_000)).await.unwrap();
    taken.expect("nobody else has the lease")
}

pub(crate) async fn gathering(store: &Store, fence: Fence) -> BatchRecord {
    store.gathering_batch(fence, month(), pooler(), next_at()).await.unwrap()
}

/// A filing on its way into a batch as it was filed.
pub(crate) fn pooling(fence: Fence, batch: &BatchRecord, filing: &FilingRecord) -> PoolFiling {
    PoolFiling {
        fence,
        actor: pooler(),
        batch_id: batch.batch_id,
        filing_id: filing.filing_id,
        changed: Vec::new(),
        waiting: Vec::new(),
        at: next_at(),
    }
}

/// Files what is approved in the regions, and takes it into the batch that gathers.
pub(crate) async fn pooled(store: &Store, fence: Fence, codes: &[&str]) -> BatchRecord {
    let batch = gathering(store, fence).await;
    for code in codes {
        let filing = filed(store, code).await;
        let outcome = store.pool_filing(pooling(fence, &batch, &filing)).await.unwrap();
        assert_eq!(outcome, PoolOutcome::Pooled(filing.sealed));
    }
    store.batch(batch.batch_id).await.unwrap().unwrap()
}

pub(crate) async fn step(store: &Store, fence: Fence, batch: &BatchRecord, step: BatchStep) -> MoveOutcome {
    let (actor, batch_id, at) = (pooler(), batch.batch_id, next_at());
    store.move_batch(MoveBatch { fence, actor, batch_id, step, at }).await.unwrap()
}

/// Takes a step, and expects it to be taken.
pub(crate) async fn stepped(store: &Store, fence: Fence, batch: &BatchRecord, next: BatchStep) -> BatchRecord {
    let outcome = step(store, fence, batch, next).await;
    let MoveOutcome::Moved(batch) = outcome else { panic!("not moved: {outcome:?}") };
    batch
}

/// Seals a batch and has finance asked for it.
pub(crate) async fn asked(store: &Store, fence: Fence, batch: &BatchRecord) -> BatchRecord {
    stepped(store, fence, batch, BatchStep::Seal).await;
    stepped(store, fence, batch, BatchStep::Asked { reference: "F-1".to_owned() }).await
}

/// A grant of every line as the function says, by region and amount asked for.
pub(crate) async fn grant(store: &Store, batch: &BatchRecord, granted: impl Fn(Region, Fen) -> Fen) -> Grant {
    let lines = store.batch_lines(batch.batch_id).await.unwrap().into_iter().map(|it| GrantedLine {
        region: it.line.region,
        subsidy: it.line.subsidy,
        granted: granted(it.line.region, it.line.amount),
    });
    Grant {
        lines: lines.collect(),
        document_number: "聊财社〔2022〕1号".to_owned(),
        reason: String::new(),
        decided_on: jiff::civil::date(2022, 10, 12),
    }
}

/// Has money arrive for the batches that are granted, behind the store's back: all of it, with its entry in the ledger.
pub(crate) async fn arrive(database: &Database) {
    database
        .execute(
            "INSERT INTO ledger_entry (
                 sequence, entry_key, at, event, batch_id, city, place, subsidy, month, debit_kind, debit_owner, credit_kind,
                 credit_owner, amount_fen, about)
             SELECT (SELECT sequence + 1 FROM ledger_head), 'arrived/test/' || number, 1665363600000, 'arrived', batch_id, city,
                 city, NULL, month, 'municipal', city, 'unassigned', city, granted_fen, NULL
             FROM batch WHERE state = 'granted' AND granted_fen > arrived_fen",
        )
        .await;
    database.execute("UPDATE ledger_head SET sequence = (SELECT COALESCE(MAX(sequence), 0) FROM ledger_entry)").await;
    database.execute("UPDATE batch SET arrived_fen = granted_fen WHERE state = 'granted'").await;
}

/// Takes a batch that gathers through finance to the money: granted whole, arrived, and its claims funded.
pub(crate) async fn funded(database: &Database, store: &Store, fence: Fence, batch: &BatchRecord) -> BatchRecord {
    asked(store, fence, batch).await;
    let grant = grant(store, batch, |_, asked| asked).await;
    stepped(store, fence, batch, BatchStep::Granted(grant)).await;
    arrive(database).await;
    stepped(store, fence, batch, BatchStep::Fund).await
}

pub(crate) async fn states(store: &Store, ids: &[ClaimId]) -> Vec<ClaimState> {
    let mut states = Vec::with_capacity(ids.len());
    for id in ids {
        states.push(store.standing(*id).await.unwrap().unwrap().0);
    }
    states
}

pub(crate) fn ids(records: &[ClaimRecord]) -> Vec<ClaimId> {
    records.iter().map(|record| record.claim.claim_id).collect()
}
