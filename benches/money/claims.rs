//! Approved claims to be paid: submitted and assessed through the store, some reviewed through it, the others as a review leaves them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use hufu::clock::Clock;
use hufu::domain::approval::ApprovedClaim;
use hufu::domain::calendar::cst_date;
use hufu::domain::claim::{Claim, ClaimId, ClaimRoute, ClaimState, Graduate, Person, Subject};
use hufu::domain::eligibility::evidence::{EnterpriseEvidence, Evidence, PersonEvidence};
use hufu::domain::eligibility::verdict::{Payee, PayeeAccountKind, Verdict};
use hufu::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};
use hufu::domain::money::Fen;
use hufu::domain::operator::OperatorId;
use hufu::domain::slot::slots_of;
use hufu::store::Store;
use hufu::store::record::review::{Review, ReviewAct, ReviewOutcome};
use hufu::store::record::{
    Actor, AssessmentOutcome, AssessmentRecord, Decision, RequestKey, Submission, SubmitOutcome,
};
use jiff::{Span, Timestamp};
use ring::{hkdf, hmac};
use uuid::Uuid;

use super::database::Database;

/// 1,500 yuan each.
pub(crate) const CLAIM_FEN: i64 = 150_000;
pub(crate) const CITY: &str = "371500";
const CLAIMS_OF_A_FIRM: usize = 20;
const COUNTIES: usize = 10;
/// Callers at once: as many as a transaction takes.
const CALLERS: usize = 512;
/// Assessments recorded at once.
const ASSESSED_AT_ONCE: usize = 500;
/// Claims that two people review one by one. Of all of them it would take minutes: each review is its own few statements.
const REVIEWED: usize = 2_000;
const ENTERED_AT_ONCE: usize = 500;

/// How many claims, and whose.
#[derive(Clone, Copy)]
pub(crate) struct Town {
    pub(crate) claims: usize,
    pub(crate) firms: usize,
    pub(crate) counties: usize,
}

impl Town {
    pub(crate) fn new(claims: usize) -> Self {
        Self { claims, firms: claims / CLAIMS_OF_A_FIRM, counties: COUNTIES }
    }

    pub(crate) fn city() -> Region {
        Region::parse(CITY).expect("a region")
    }

    pub(crate) fn county(number: usize) -> Region {
        Region::parse(&format!("3715{:02}", number + 2)).expect("a region")
    }

    pub(crate) fn regions(self) -> impl Iterator<Item = Region> {
        (0..self.counties).map(Self::county)
    }

    /// Each county has as many firms as every other.
    fn county_of(self, index: usize) -> Region {
        Self::county(self.firm(index) * self.counties / self.firms)
    }

    /// Claims of a firm come one after another county-wide, not in a row.
    fn firm(self, index: usize) -> usize {
        index % self.firms
    }

    fn firm_code(self, index: usize) -> Uscc {
        Uscc::from_body(&format!("91371500MA{:07}", self.firm(index))).expect("a possible code")
    }

    fn account(self, index: usize) -> BankAccount {
        BankAccount::parse(&format!("6222{:012}", self.firm(index))).expect("an account")
    }
}

pub(crate) fn now() -> Timestamp {
    Clock::System.now()
}

fn person(index: usize) -> Person {
    let birth = jiff::civil::date(1996, 1, 1).saturating_add(Span::new().days((index / 999) as i64));
    Person {
        name: PersonName::parse("欧阳明月").expect("a name"),
        resident_id: ResidentId::from_parts("371502", birth, (index % 999 + 1) as u16).expect("a possible number"),
        phone: Phone::parse(&format!("138{index:08}")).ok(),
    }
}

fn request(kind: &str, index: usize) -> RequestKey {
    RequestKey { caller: "bench/bench".to_owned(), request_id: format!("{kind}-{index:08}"), digest: [0; 32] }
}

fn submission(town: Town, index: usize) -> Submission {
    let received_at = now();
    let person = person(index);
    let graduate = Graduate { person, graduated_on: None, contract_from: None, contract_until: None, dispatch: None };
    let claim = Claim {
        claim_id: ClaimId(Uuid::now_v7()),
        sheet_id: "job-expansion-2022".to_owned(),
        route: ClaimRoute::SelfApplied,
        enterprise: town.firm_code(index),
        enterprise_name: EnterpriseName::parse("聊城某某科技有限公司").ok(),
        region: town.county_of(index),
        account: Some(town.account(index)),
        subject: Subject::Graduate(graduate),
        received_at,
    };
    Submission {
        request: request("submit", index),
        actor: Actor("bench/bench".to_owned()),
        slots: slots_of(&claim, "graduate-award"),
        collision_reasons: Arc::default(),
        due_on: Some(cst_date(received_at).saturating_add(Span::new().days(30))),
        asked: Fen::new(CLAIM_FEN),
        sheet_version: 1,
        claim,
    }
}

fn assessment(town: Town, index: usize, claim_id: ClaimId) -> AssessmentRecord {
    let at = now();
    let payee = Payee { kind: PayeeAccountKind::Corporate, account: town.account(index) };
    let verdict = Verdict::Entitled { amount: Fen::new(CLAIM_FEN), units: 1, payee, uncounted: Vec::new() };
    AssessmentRecord {
        claim_id,
        version: 1,
        state: ClaimState::Assessed,
        decision: Decision { verdict, sheet_version: 1, decided_at: at },
        evidence: Evidence {
            enterprise: EnterpriseEvidence::not_asked(),
            persons: vec![PersonEvidence::not_asked()],
            declarations: Vec::new(),
            units_taken: Vec::new(),
            decided_at: at,
        },
        findings: Vec::new(),
        next_attempt_at: None,
    }
}

/// Makes all claims approved and gives how long it took.
pub(crate) async fn make(store: &Store, database: &Database, town: &Town, key: &Path) -> String {
    let started = Instant::now();
    let ids = Arc::new(submit(store, *town).await);
    let submitted = town.claims as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    assess(store, *town, &ids).await;
    let assessed = town.claims as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    let reviewed = REVIEWED.min(town.claims);
    review(store, &ids, reviewed).await;
    let rate = 2.0 * reviewed as f64 / started.elapsed().as_secs_f64();
    enter_approvals(database, *town, &ids, reviewed, key).await;
    format!(
        "submitted {submitted:.0}/s, assessed {assessed:.0}/s, {reviewed} reviewed by two people at {rate:.0} reviews/s, \
         the approvals of the others entered by SQL with the hash that a review computes"
    )
}

/// Runs one task for each index, so many at once.
async fn at_once<F, O>(
    count: usize,
    callers: usize,
    run: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Vec<(usize, O)>
where
    F: Future<Output = O> + Send,
    O: Send + 'static,
{
    let (next, run) = (Arc::new(AtomicUsize::new(0)), Arc::new(run));
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (next, run) = (Arc::clone(&next), Arc::clone(&run));
            tokio::spawn(async move {
                let mut done = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return done;
                    }
                    done.push((index, run(index).await));
                }
            })
        })
        .collect();
    let mut done = Vec::with_capacity(count);
    for task in tasks {
        done.extend(task.await.expect("a caller"));
    }
    done.sort_unstable_by_key(|(index, _)| *index);
    done
}

async fn submit(store: &Store, town: Town) -> Vec<ClaimId> {
    let store = store.clone();
    let submitted = at_once(town.claims, CALLERS, move |index| {
        let store = store.clone();
        async move {
            match store.submit(submission(town, index)).await.expect("a commit") {
                SubmitOutcome::Recorded(record) if record.state == ClaimState::Assessing => record.claim.claim_id,
                other @ (SubmitOutcome::Recorded(_) | SubmitOutcome::Repeated(_) | SubmitOutcome::RequestIdReused) => {
                    panic!("not recorded: {other:?}")
                }
            }
        }
    });
    submitted.await.into_iter().map(|(_, id)| id).collect()
}

async fn assess(store: &Store, town: Town, ids: &Arc<Vec<ClaimId>>) {
    let (store, ids) = (store.clone(), Arc::clone(ids));
    let chunks = town.claims.div_ceil(ASSESSED_AT_ONCE);
    at_once(chunks, 4, move |chunk| {
        let from = chunk * ASSESSED_AT_ONCE;
        let some = ids[from..].iter().take(ASSESSED_AT_ONCE).enumerate();
        let records = some.map(|(at, id)| assessment(town, from + at, *id)).collect();
        let store = store.clone();
        async move {
            let actor = Actor("hufu/assessor".to_owned());
            let outcomes = store.record_assessments(records, actor, now()).await.expect("a commit");
            assert!(outcomes.iter().all(|it| *it == AssessmentOutcome::Recorded));
        }
    })
    .await;
}

pub(crate) fn person_of(name: &str) -> OperatorId {
    OperatorId::new("lc-hrss", name).expect("a person")
}

async fn review(store: &Store, ids: &Arc<Vec<ClaimId>>, count: usize) {
    for (name, act, version) in [("wang.li", ReviewAct::Pass, 2), ("zhao.min", ReviewAct::Approve, 3)] {
        let (store, ids) = (store.clone(), Arc::clone(ids));
        at_once(count, CALLERS, move |index| {
            let (store, claim_id, act) = (store.clone(), ids[index], act.clone());
            let review = Review {
                request: request(name, index),
                actor: Actor("bench/desk".to_owned()),
                operator: person_of(name),
                claim_id,
                version,
                act,
                at: now(),
            };
            async move {
                let outcome = store.review(review).await.expect("a commit");
                assert!(matches!(outcome, ReviewOutcome::Done(_)), "not reviewed: {outcome:?}");
            }
        })
        .await;
    }
}

/// The key under which the store hashes approvals.
fn approval_key(key: &Path) -> hmac::Key {
    let text = std::fs::read_to_string(key).expect("the key file");
    let master = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).expect("a key");
    let master = hkdf::Salt::new(hkdf::HKDF_SHA256, b"hufu/store/v1").extract(&master);
    let info: [&[u8]; 1] = [b"look-up index"];
    hmac::Key::from(master.expand(&info, hmac::HMAC_SHA256).expect("a key"))
}

/// Leaves the rest as two reviews leave it. Paying opens each claim and compares the hash: a wrong one is not paid.
async fn enter_approvals(database: &Database, town: Town, ids: &[ClaimId], reviewed: usize, key: &Path) {
    let key = approval_key(key);
    let evidence = [7; 32];
    let mut beside = database.connect().await;
    beside.run("BEGIN").await;
    let rest: Vec<(usize, ClaimId)> = ids.iter().copied().enumerate().skip(reviewed).collect();
    for some in rest.chunks(ENTERED_AT_ONCE) {
        let row = |(index, claim_id): &(usize, ClaimId)| {
            let person = person(*index);
            let payee = Payee { kind: PayeeAccountKind::Corporate, account: town.account(*index) };
            let approved = ApprovedClaim {
                claim_id: *claim_id,
                payee: &payee,
                amount: Fen::new(CLAIM_FEN),
                units: 1,
                persons: vec![&person.resident_id],
                evidence: &evidence,
            };
            let hash = hmac::sign(&key, &[b"approval\0".as_slice(), &approved.encode()].concat());
            format!(
                "({}, {}, {}, '{}', '{}')",
                database.bytes(claim_id.0.as_bytes()),
                database.bytes(&evidence),
                database.bytes(hash.as_ref()),
                person_of("wang.li").as_str(),
                person_of("zhao.min").as_str(),
            )
        };
        let rows: Vec<String> = some.iter().map(row).collect();
        beside
            .run(format!(
                "WITH entered (claim_id, evidence_hash, approval_hash, first, second) AS (VALUES {})
                 INSERT INTO approval (claim_id, decision_version, reviewed_by, reviewed_at, approved_by, approved_at,
                     evidence_hash, approval_hash, region, city, subsidy, enterprise, amount_fen, units, due_on,
                     received_sequence)
                 SELECT claim.claim_id, 2, first, changed_at, second, changed_at, evidence_hash, approval_hash, region,
                     city, subsidy, enterprise, {CLAIM_FEN}, 1, due_on, received_sequence
                 FROM entered CROSS JOIN claim WHERE claim.claim_id = entered.claim_id",
                rows.join(",")
            ))
            .await;
    }
    beside.run("UPDATE claim SET state = 'approved', version = 4 WHERE state = 'assessed'").await;
    beside.run("COMMIT").await;
}
